"""The neuromuscular junction: release, depletion, safety factor, jitter and block."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from myolens.simulation.parameters import Junction

Array = NDArray[np.float64]

CALCIUM_HALF_MM, MAGNESIUM_HALF_MM, RELEASE_POWER = 0.15, 0.4, 3
"""Competition of calcium and magnesium at the release site in people (estimate).

Frog terminals have 1.1 and 2.97 mM and the fourth power (Dodge & Rahamimoff 1967; Jenkinson 1957), mammals
the third to fourth (Hubbard, Jones & Landau 1968). With the frog's figures tetany at 0.6 mM would paralyse,
which it does not; here their ratio is kept and fewer than one junction in twenty is blocked there.
"""
RESTING_CALCIUM_MM, RESTING_MAGNESIUM_MM = 1.2, 0.55
RESERVE = 0.7
"""A healthy ready store does not fall further, one that releases less falls less: mobilisation keeps pace,
and healthy people do not weaken at 30 a second (estimate)."""
FACILITATION_DECAY_S = 0.1
JITTER_FLOOR_US, JITTER_SLOPE_US = 10.0, 20.0
"""SD of latency = 10 + 20/(safety − 1) µs (estimate; gives 23 µs at 2.5, healthy 22–27)."""
BLOCKING_SAFETY = 1.1


def relative_release(
    calcium_mm: Array | float,
    magnesium_mm: Array | float,
    *,
    calcium_half_mm: float = CALCIUM_HALF_MM,
    magnesium_half_mm: float = MAGNESIUM_HALF_MM,
    power: float = RELEASE_POWER,
) -> Array:
    """Quantal content relative to healthy blood.

    ``m ∝ xⁿ, x = (Ca/K₁)/(1 + Ca/K₁ + Mg/K₂)`` (Dodge & Rahamimoff 1967).
    """

    def bound(calcium: Array | float, magnesium: Array | float) -> Array:
        share = np.asarray(calcium) / calcium_half_mm
        return np.asarray(share / (1 + share + np.asarray(magnesium) / magnesium_half_mm))

    healthy = bound(RESTING_CALCIUM_MM, RESTING_MAGNESIUM_MM)
    return np.asarray((bound(calcium_mm, magnesium_mm) / healthy) ** power)


def in_blood(junction: Junction, *, calcium_mm: float, magnesium_mm: float) -> Junction:
    """Return the junction as it releases with this calcium and magnesium."""
    ratio = float(relative_release(calcium_mm, magnesium_mm))
    return replace(junction, release=junction.release * ratio)


def response_course(times_s: Array, junction: Junction) -> Array:
    """End-plate response at each discharge relative to the first of a rested junction.

    Each impulse releases a fraction U of the ready store R, U following the release, and the store refills:
    ``R ← R(1 − U)``,
    ``dR/dt = (1 − R)/τ(t)``, τ = 1.0 + 1.5 e^{−t/1.2 s} s (estimate), not below 0.7; U grows by the
    facilitation per impulse, decaying over 100 ms. A pause of 5 s rests the junction.
    """
    from myolens.simulation.kernels import junction_course

    course: Array = junction_course(
        np.ascontiguousarray(times_s, np.float64),
        min(junction.release_probability * junction.release, 0.95),
        junction.facilitation,
        FACILITATION_DECAY_S,
        1 - (1 - RESERVE) * min(junction.release, 1.0),
    )
    return course


def median_safety(junction: Junction) -> float:
    """Median end-plate potential over threshold, with its receptors and release.

    The end-plate potential saturates towards the reversal potential:
    ``EPP = Q m/(1 + 0.8 Q m/75)`` mV (Martin 1955), here relative to Q = 0.75 mV, m = 40.
    """

    def response(quanta: float) -> float:
        return quanta / (1 + 0.8 * quanta / 75)

    quanta = 0.75 * 40 * junction.quantal_size * junction.release
    return junction.safety_factor * response(quanta) / response(0.75 * 40)


def blocked_fraction(response: Array | float, safety: float, spread: float) -> Array:
    """Share of fibres whose end-plate potential stays below threshold.

    Safety factors are log-normal over fibres: ``Φ[(ln(1/R) − ln SF)/σ]``.
    """
    from scipy.special import ndtr

    level = np.maximum(np.asarray(response, float), 1e-12) * safety
    return np.asarray(ndtr(-np.log(level) / spread))


def compound_response(times_s: Array, junction: Junction) -> Array:
    """Size of the compound muscle potential at each stimulus of a train, relative to the first."""
    safety = median_safety(junction)
    conducted = 1 - blocked_fraction(response_course(times_s, junction), safety, junction.safety_spread)
    return np.asarray(conducted / conducted[0])


def jitter_us(safety: Array | float) -> Array:
    """SD of a fibre's latency; its MCD is 1.13 times that."""
    margin = np.maximum(np.asarray(safety, float), BLOCKING_SAFETY) - 1
    return np.asarray(JITTER_FLOOR_US + JITTER_SLOPE_US / margin)
