"""Motor-unit potentials at the electrodes: what one discharge adds to the recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from myolens.errors import InputError
from myolens.simulation.conductor import (
    NEEDLE_AXIAL_S_PER_M,
    NEEDLE_RADIAL_S_PER_M,
    Layers,
    SkinTable,
    skin_table,
)
from myolens.simulation.electrodes import Electrodes, Needle, SurfaceElectrodes
from myolens.simulation.fibres import SOURCE_LENGTH_MM, Fibres, source_strength_ua, wave_poles
from myolens.simulation.junction import blocked_fraction, median_safety
from myolens.simulation.limb import Limb, limb_table
from myolens.simulation.muscle import Units, fibres_of, generator
from myolens.simulation.scenario import Scenario
from myolens.simulation.spontaneous import scenario_junction

SKIN_POLES, NEEDLE_POLES, FAR_POLES = 14, 48, 20
BUNDLES = 40
"""At the skin so many fibres stand for all of a component; the potential then differs by about a tenth."""
NEEDLE_REACH_MM = 7.0
"""Fibres further from the needle's shaft than this are left out; they add a slow wave below 1 µV each."""
NEEDLE_FINE_MM = 1.2
"""Within this distance the size of the core matters and each of its points is computed."""
SINGLE_FIBRES = 8
"""So many fibres nearest to the needle have jitter and block of their own."""
START_MS = -1.0
BONE_MM = 10.0
"""Radius of the bone of a round limb."""
PHASES = 4
"""A discharge falls on one of so many places between two samples."""
SILENT_UV = 0.01
"""What a potential is below this at every channel is left out."""
SAFETY_GROUPS = 6
DEPLETED = 0.7
"""Response left after several impulses; where it would block fibres, safety is followed in groups."""


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """Fibres of a unit that fire or fail together.

    Attributes
    ----------
    phases : ndarray of float32, shape (PHASES, samples, channels)
        µV; the waveform as sampled when the discharge falls on a sample, a quarter after it, and so on.
    lead : int
        Samples from `START_MS` after the discharge to the first one kept.
    safety : float
        Their end-plate potential over threshold, relative to the muscle's median.
    branch : int
        The axon branch.
    members : int
        Number of fibres.
    onset_ms : float
        From the discharge to the start at the end plates, mean of the fibres.
    """

    phases: NDArray[np.float32]
    lead: int
    safety: float
    branch: int
    members: int
    onset_ms: float

    def at_speed(self, factor: float, rate: float) -> Component:
        """The same fibres conducting so many times as fast.

        The wave keeps its shape along the fibre, so the potential is the same function of ``factor · t``,
        with t since the start at the end plates.
        """
        steps = self.phases.shape[1]
        if steps == 0:
            return self
        # sample i of phase p shows the waveform p quarters of a sample earlier
        fine = self.phases[::-1].transpose(1, 0, 2).reshape(PHASES * steps, -1)
        onset = (self.onset_ms - START_MS) * rate / 1000
        lead = max(int(np.floor(onset + (self.lead - 1 - onset) / factor)), 0)
        kept = int(np.ceil(steps / factor)) + 2
        at = lead + np.arange(kept)[None, :] - np.arange(PHASES)[:, None] / PHASES
        place = (onset + factor * (at - onset) - self.lead) * PHASES + PHASES - 1
        low = np.clip(np.floor(place), 0, fine.shape[0] - 2).astype(np.int64)
        share = (place - low)[:, :, None]
        inside = ((place >= 0) & (place <= fine.shape[0] - 1))[:, :, None]
        phases = np.where(inside, (1 - share) * fine[low] + share * fine[low + 1], 0.0)
        return replace(self, phases=np.ascontiguousarray(phases, np.float32), lead=lead)


@dataclass(frozen=True, slots=True, eq=False)
class UnitPotential:
    """The potential of one unit.

    Attributes
    ----------
    unit : int
    waveform : ndarray of float32, shape (samples, channels)
        The whole potential, µV, from `START_MS` after the discharge.
    components : tuple of Component
        Its parts.
    channel : int
        Where its peak-to-peak amplitude is largest.
    peak_to_peak_uv : float
        There.
    peak_delay_s : float
        From the discharge to the largest deflection there.
    """

    unit: int
    waveform: NDArray[np.float32]
    components: tuple[Component, ...]
    channel: int
    peak_to_peak_uv: float
    peak_delay_s: float


def unit_potentials(
    scenario: Scenario, units: Units, electrodes: Electrodes, indices: Sequence[int]
) -> list[UnitPotential]:
    """Compute the potentials of some units at the electrodes."""
    return [_assembled(scenario, electrodes, int(i), fibres_of(scenario, units, int(i))) for i in indices]


def fibre_potential(scenario: Scenario, electrodes: Electrodes, fibres: Fibres, unit: int) -> UnitPotential:
    """Compute the potential of any fibres as if they were one unit."""
    return _assembled(scenario, electrodes, unit, fibres)


def _assembled(scenario: Scenario, electrodes: Electrodes, unit: int, fibres: Fibres) -> UnitPotential:
    group, safety, branch, members = _groups(scenario, electrodes, fibres)
    if isinstance(electrodes, Needle):
        waves = _at_needle(scenario, electrodes, fibres, group, safety.size)
    else:
        waves = _at_skin(scenario, electrodes, fibres, group, safety.size)
    total = waves.sum(axis=0)
    channel = int(np.argmax(np.ptp(total, axis=0)))
    peak = int(np.argmax(np.abs(total[:, channel])))
    onset = np.bincount(group, fibres.delay_ms, minlength=members.size) / members
    components = tuple(
        Component(*_at_phases(wave), float(s), int(b), int(m), float(o))
        for wave, s, b, m, o in zip(waves, safety, branch, members, onset, strict=True)
    )
    return UnitPotential(
        unit,
        total,
        components,
        channel,
        float(np.ptp(total[:, channel])),
        START_MS / 1000 + peak / scenario.rate,
    )


def _at_phases(wave: NDArray[np.float32]) -> tuple[NDArray[np.float32], int]:
    """Return a waveform at every sub-sample phase, without its silent ends, and what was cut in front."""
    padded = wave.shape[0] + 8
    spectrum = np.fft.rfft(wave, n=padded, axis=0)
    turn = np.exp(-2j * np.pi * np.outer(np.arange(PHASES) / PHASES, np.fft.rfftfreq(padded)))
    phases = np.fft.irfft(spectrum[None, :, :] * turn[:, :, None], n=padded, axis=1)
    heard = np.flatnonzero(np.abs(wave).max(axis=1) > SILENT_UV)
    first, last = (int(heard[0]), int(heard[-1]) + 2) if heard.size else (0, 0)
    return np.ascontiguousarray(phases[:, first:last], np.float32), first


def _groups(
    scenario: Scenario, electrodes: Electrodes, fibres: Fibres
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Component of each fibre, with the safety, branch and size of each component."""
    key = np.zeros(len(fibres), np.int64)
    if scenario.ectopic.branch_failure > 0:
        key = fibres.branch.copy()
    junction = scenario_junction(scenario)
    if blocked_fraction(DEPLETED, median_safety(junction), junction.safety_spread) > 0.02:
        order = np.argsort(np.argsort(fibres.safety))
        key = key * SAFETY_GROUPS + order * SAFETY_GROUPS // max(len(fibres), 1)
    if isinstance(electrodes, Needle):
        core = electrodes.core_mm.mean(axis=0)
        away = np.hypot(fibres.x_mm - core[0], fibres.y_mm - core[1])
        nearest = np.argsort(away)[:SINGLE_FIBRES]
        key[nearest[away[nearest] < NEEDLE_FINE_MM]] += 1000 * (
            1 + np.arange(np.count_nonzero(away[nearest] < NEEDLE_FINE_MM))
        )
    _, group = np.unique(key, return_inverse=True)
    count = int(group.max()) + 1
    members = np.bincount(group, minlength=count)
    safety = np.exp(np.bincount(group, np.log(fibres.safety), minlength=count) / members)
    branch = np.zeros(count, np.int64)
    branch[group] = fibres.branch
    return group.astype(np.int64), safety, branch, members.astype(np.int64)


def _bundled(
    fibres: Fibres, group: NDArray[np.int64], rng: np.random.Generator
) -> tuple[Fibres, NDArray[np.int64], NDArray[np.float64]]:
    """At most `BUNDLES` fibres per component, standing for all of them, and their source strengths."""
    chosen, strength = [], []
    every = source_strength_ua(fibres.diameter_um)
    for number in range(int(group.max()) + 1):
        members = np.flatnonzero(group == number)
        # One at random from each of equal shares by depth, which decides the amplitude most.
        shares = np.array_split(members[np.argsort(fibres.y_mm[members])], min(BUNDLES, members.size))
        some = np.array([rng.choice(share) for share in shares], np.int64)
        chosen.append(some)
        strength.append(every[some] * every[members].sum() / every[some].sum())
    picked = np.concatenate(chosen)
    return fibres.take(picked), group[picked], np.concatenate(strength)


def _window(scenario: Scenario, fibres: Fibres, behind_mm: float, rate: float) -> int:
    """Samples until the slowest wave has ended."""
    longest = np.maximum(fibres.proximal_mm, fibres.distal_mm) + behind_mm
    end_ms = float(np.max(longest / fibres.speed_m_per_s + fibres.delay_ms))
    return int(np.ceil((min(end_ms, 120.0) - START_MS) * rate / 1000)) + 4


def _at_skin(
    scenario: Scenario,
    electrodes: SurfaceElectrodes,
    fibres: Fibres,
    group: NDArray[np.int64],
    count: int,
) -> NDArray[np.float32]:
    from myolens.simulation.kernels import skin_potentials

    table = _table(scenario, electrodes)
    rng = generator(scenario, 3, len(fibres))
    some, of, strength = _bundled(fibres, group, rng)
    poles = wave_poles(SKIN_POLES)
    fold = max(1, int(np.ceil(4000 / scenario.rate)))
    samples = _window(scenario, fibres, float(poles.behind_mm[-1]), scenario.rate * fold)
    samples = -(-samples // fold) * fold
    columns, column_of = np.unique(electrodes.x_mm, return_inverse=True)
    out = np.zeros((count, samples, electrodes.x_mm.size))
    skin_potentials(
        table.values, table.log_depths, table.step_mm, columns, column_of.astype(np.int64),
        electrodes.z_mm, some.x_mm, some.y_mm, some.endplate_mm, some.proximal_mm, some.distal_mm,
        some.speed_m_per_s, some.delay_ms, strength, of, poles.behind_mm, poles.strength,
        scenario.rate * fold, START_MS, out,
    )  # fmt: skip
    channels = 1000 * (out @ electrodes.montage)
    return _decimated(channels, fold).astype(np.float32)


def _table(scenario: Scenario, electrodes: SurfaceElectrodes) -> SkinTable:
    """Return the kernel of the flat skin, or of a round limb where the muscle has one."""
    muscle = scenario.muscle
    deepest = muscle.depth_mm + muscle.thickness_mm + 1
    if muscle.limb_mm == 0:
        reach = float(np.max(np.abs(electrodes.x_mm)) + muscle.width_mm / 2 + 2)
        return skin_table(Layers(muscle.fat_mm, muscle.skin_mm), electrodes.radius_mm, deepest, reach)
    fat = muscle.limb_mm - muscle.skin_mm
    inside = fat - muscle.fat_mm
    if inside - deepest < BONE_MM:
        raise InputError(
            f"a limb of {muscle.limb_mm:g} mm has no room for this muscle, its fat and a bone",
            where="muscle.limb_mm",
            mend=f"Choose at least {np.ceil(deepest + BONE_MM + muscle.fat_mm + muscle.skin_mm):g}",
        )
    limb = Limb(BONE_MM, inside, fat, muscle.limb_mm)
    return limb_table(limb, electrodes.radius_mm, deepest)


def _decimated(waves: NDArray[np.float64], fold: int) -> NDArray[np.float64]:
    """Keep what is below the new Nyquist frequency, at the new rate."""
    if fold == 1:
        return waves
    from scipy.signal import resample_poly

    return np.asarray(resample_poly(waves, 1, fold, axis=1))


def _at_needle(
    scenario: Scenario, needle: Needle, fibres: Fibres, group: NDArray[np.int64], count: int
) -> NDArray[np.float32]:
    top = needle.shaft_mm[:, 1].min()
    tip = needle.core_mm[:, 1].max()
    beyond = np.maximum(0, np.maximum(top - fibres.y_mm, fibres.y_mm - tip))
    reached = np.hypot(fibres.x_mm, beyond) < NEEDLE_REACH_MM
    core = needle.core_mm.mean(axis=0)
    fine = np.hypot(fibres.x_mm - core[0], fibres.y_mm - core[1]) < NEEDLE_FINE_MM
    out = np.zeros((count, _window(scenario, fibres, SOURCE_LENGTH_MM, scenario.rate)))
    near, far = np.flatnonzero(reached & fine), np.flatnonzero(reached & ~fine)
    _add_to_needle(
        scenario, needle.core_mm, needle.shaft_mm, fibres.take(near), group[near], NEEDLE_POLES, out
    )
    # From further off the core is a point, and half the points of the shaft and a coarser wave do.
    _add_to_needle(
        scenario, core[None, :], needle.shaft_mm[::2], fibres.take(far), group[far], FAR_POLES, out
    )
    return (1000 * out[:, :, None]).astype(np.float32)


def _add_to_needle(
    scenario: Scenario,
    core: NDArray[np.float64],
    shaft: NDArray[np.float64],
    fibres: Fibres,
    group: NDArray[np.int64],
    pole_count: int,
    out: NDArray[np.float64],
) -> None:
    from myolens.simulation.kernels import needle_potentials

    poles = wave_poles(pole_count)
    points = np.concatenate([core, shaft])
    weights = np.concatenate([np.full(len(core), 1 / len(core)), np.full(len(shaft), -1 / len(shaft))])
    needle_potentials(
        points, weights, NEEDLE_AXIAL_S_PER_M / NEEDLE_RADIAL_S_PER_M, NEEDLE_RADIAL_S_PER_M,
        fibres.x_mm, fibres.y_mm, fibres.endplate_mm, fibres.proximal_mm, fibres.distal_mm,
        fibres.diameter_um, fibres.speed_m_per_s, fibres.delay_ms, source_strength_ua(fibres.diameter_um),
        group, poles.behind_mm, poles.strength, scenario.rate, START_MS, out,
    )  # fmt: skip
