"""The muscle fibre as a source of current: its action potential, speed and end effects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

INTRACELLULAR_S_PER_M = 1.01
"""Conductivity of the sarcoplasm (Nandedkar & Stålberg 1983)."""
AMPLITUDE_MV = 96.0
RESTING_MV = -90.0
STEEPNESS_PER_MM = 1.0
SOURCE_LENGTH_MM = 14.0
"""Beyond this the membrane is back at rest (to 0.2 % of the peak)."""
REFRACTORY_MS, RECOVERY_HEIGHT, RECOVERY_RISE_MS, RECOVERY_FALL_MS = 3.5, 0.22, 3.0, 20.0
TRAVEL_MS = 8.0
"""An impulse takes so long to the middle of half a fibre of 60 mm."""


def membrane_potential_mv(z_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intracellular potential z mm behind the front of the wave (Rosenfalck 1969).

    ``V = 96 s³ exp(−s) − 90`` mV with s = z · 1/mm; −90 mV ahead of the front.
    """
    s = np.maximum(STEEPNESS_PER_MM * z_mm, 0)
    return AMPLITUDE_MV * s**3 * np.exp(-s) + RESTING_MV


@dataclass(frozen=True, slots=True, eq=False)
class Poles:
    """Point sources that move together as one wave.

    Attributes
    ----------
    behind_mm : ndarray, shape (poles,)
        Distance behind the front.
    strength : ndarray, shape (poles,)
        ∫V″dz of each, mV/mm; they sum to zero, and so does their first moment, because the
        membrane is at rest before and after the wave.
    """

    behind_mm: NDArray[np.float64]
    strength: NDArray[np.float64]


def wave_poles(count: int) -> Poles:
    """Return the source of one wave as `count` poles.

    The membrane current per length is σ_i π(d²/4) V″(z) (line-source model, Rosenfalck
    1969). V is taken as straight between nodes, so each node carries the change of slope there;
    with V at rest at both ends the net current and the dipole moment vanish exactly. Nodes lie
    closer together where the front is steep.
    """
    nodes = SOURCE_LENGTH_MM * np.linspace(0, 1, count) ** 1.5
    potential = membrane_potential_mv(nodes)
    potential[-1] = RESTING_MV
    slopes = np.concatenate([[0.0], np.diff(potential) / np.diff(nodes), [0.0]])
    return Poles(nodes, np.diff(slopes))


def fibre_speed_m_per_s(
    diameter_um: NDArray[np.float64] | float, *, temperature_c: float = 35.0
) -> NDArray[np.float64]:
    """Conduction velocity of a muscle fibre.

    ``2.2 + (d − 22)·3.0/63`` m/s for diameters of 22–85 µm (Nandedkar & Stålberg 1983),
    held outside; 0.15 m/s less per °C below 35 °C.
    """
    diameter = np.clip(np.asarray(diameter_um, dtype=np.float64), 22, 85)
    speed = 2.2 + (diameter - 22) * 3.0 / 63 + 0.15 * (temperature_c - 35.0)
    return np.maximum(speed, 0.5)


def recovered_speed(gap_ms: NDArray[np.float64], height: float) -> NDArray[np.float64]:
    """Conduction velocity so long after a preceding impulse, as a multiple of the rested one.

    ``1 + h (1 − e^{−t/τ₁}) e^{−t/τ₂}`` with t the gap beyond the refractory period of 3.5 ms, τ₁ = 3 ms and
    τ₂ = 20 ms: equal to the first near the refractory period, 10 to 20 % faster at 6 to 10 ms (Buchthal
    & Engbaek 1963, human fibres stimulated in pairs). Both time constants are estimates.
    """
    beyond = np.maximum(gap_ms - REFRACTORY_MS, 0.0)
    return 1 + height * (1 - np.exp(-beyond / RECOVERY_RISE_MS)) * np.exp(-beyond / RECOVERY_FALL_MS)


def speed_after(
    interval_s: NDArray[np.float64], height: float = RECOVERY_HEIGHT, *, travel_ms: float = TRAVEL_MS
) -> NDArray[np.float64]:
    """Mean velocity of a second impulse along the fibre, as a multiple of the first one's.

    The second impulse gains on the first, the gap between them closes, and so does the gain: each stretch is
    run at `recovered_speed` of the gap there, which never falls below the refractory period.

    Parameters
    ----------
    interval_s : ndarray
        Time since the preceding discharge, at the end plate.
    height : float
        h; 0 leaves the velocity as it is.
    travel_ms : float
        Time the first impulse takes from the end plate to where the second is watched.
    """
    start = np.minimum(1000 * np.asarray(interval_s, dtype=np.float64), 1e6)
    gap, step = start.copy(), travel_ms / 16
    for _ in range(16):
        gap += step * (1 / recovered_speed(gap, height) - 1)
    return np.asarray(travel_ms / (travel_ms + gap - start))


def source_strength_ua(diameter_um: NDArray[np.float64]) -> NDArray[np.float64]:
    """Factor from `Poles.strength` (mV/mm) to current in µA: σ_i π d²/4.

    1 S/m · µm² · mV/mm = 1e-12 S·m · 1 V/m = 1e-12 A = 1e-6 µA.
    """
    area_um2 = np.pi * diameter_um**2 / 4
    return np.asarray(INTRACELLULAR_S_PER_M * area_um2 * 1e-6)


@dataclass(frozen=True, slots=True, eq=False)
class Fibres:
    """Fibres of one motor unit; arrays of one length.

    Attributes
    ----------
    x_mm, y_mm : position across and depth below the surface of the muscle.
    endplate_mm : position of the end plate along z.
    proximal_mm, distal_mm : distances from the end plate to the two ends.
    diameter_um, speed_m_per_s
    delay_ms : from the axon's branching point to the start at the end plate.
    safety : median end-plate potential over threshold, relative to the muscle's median.
    branch : number of the axon branch.
    """

    x_mm: NDArray[np.float64]
    y_mm: NDArray[np.float64]
    endplate_mm: NDArray[np.float64]
    proximal_mm: NDArray[np.float64]
    distal_mm: NDArray[np.float64]
    diameter_um: NDArray[np.float64]
    speed_m_per_s: NDArray[np.float64]
    delay_ms: NDArray[np.float64]
    safety: NDArray[np.float64]
    branch: NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.x_mm.size)

    def take(self, chosen: NDArray[np.int64]) -> Fibres:
        """Return only the chosen fibres."""
        return Fibres(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))
