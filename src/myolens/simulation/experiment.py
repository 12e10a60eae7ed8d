"""Run a scenario: who fires when, what each discharge looks like, and what the electrodes record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from myolens.errors import InputError
from myolens.recording import Annotation, Channel, ChannelKind, Recording, Span
from myolens.simulation.discharges import (
    FibrillatingFibre,
    axon_trains,
    fibrillations,
    given_trains,
    merged,
)
from myolens.simulation.electrodes import Needle, place
from myolens.simulation.fibres import speed_after
from myolens.simulation.junction import jitter_us, median_safety, response_course
from myolens.simulation.mechanics import muscle_force_mn, phone_acceleration
from myolens.simulation.motoneurons import DRIVE_STEP_S, Train, excitation_course, voluntary_trains
from myolens.simulation.muscle import Units, fibres_of, generator, motor_units
from myolens.simulation.noise import Artefact, add_noise
from myolens.simulation.parameters import Junction
from myolens.simulation.potentials import (
    PHASES,
    START_MS,
    Component,
    UnitPotential,
    fibre_potential,
    unit_potentials,
)
from myolens.simulation.scenario import Scenario
from myolens.simulation.spontaneous import axon_changed, scenario_junction

QUANTAL_SPREAD = 0.1
"""Variation of one end-plate potential to the next by the number of quanta, at a healthy junction."""
SPEED_STEP = 0.03
"""Fibre speeds after a preceding discharge are rounded to steps of this."""
MOST_VALUES = 1_500_000_000
"""Channels × samples beyond which a scenario is refused (6 GB)."""


@dataclass(frozen=True, slots=True)
class Discharge:
    """One discharge as it truly happened.

    Attributes
    ----------
    time_s : float
        Instant of the largest deflection at the channel where the unit is largest.
    unit : int
        Motor unit, from 1; fibrillating fibres follow the last motor unit.
    channel : str
        Where the unit is largest.
    peak_to_peak_uv : float
        Amplitude of the unit there, without noise.
    origin : str
        ``ectopic``, ``voluntary`` or ``fibrillation``.
    """

    time_s: float
    unit: int
    channel: str
    peak_to_peak_uv: float
    origin: str


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """A recording with the truth behind it.

    Attributes
    ----------
    scenario : Scenario
    recording : Recording
        What the electrodes recorded, float32 in µV.
    truth : tuple of Discharge
        In order of time.
    potentials : dict
        Unit number (from 1) → its potential, samples × channels in µV.
    artefacts : tuple of Artefact
        Disturbances that were put in.
    voluntary : tuple of Span
        When the person moved on purpose.
    force, acceleration : Recording or None
        Force at the tendon (mN) and skin acceleration at a phone (m/s²), where asked for.
    """

    scenario: Scenario
    recording: Recording
    truth: tuple[Discharge, ...]
    potentials: dict[int, NDArray[np.float32]]
    artefacts: tuple[Artefact, ...]
    voluntary: tuple[Span, ...]
    force: Recording | None = None
    acceleration: Recording | None = None

    def fasciculations(self) -> tuple[Discharge, ...]:
        """Discharges that arose by themselves in a motor neuron or its axon."""
        return tuple(d for d in self.truth if d.origin == "ectopic")


@dataclass(frozen=True, slots=True, eq=False)
class _Labelled:
    """Discharges of one unit with where each came from (True: spontaneous)."""

    train: Train
    ectopic: NDArray[np.bool_]


def simulate(scenario: Scenario) -> Simulation:
    """Simulate a recording with known truth.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    Simulation

    Raises
    ------
    InputError
        If the electrodes are not understood or the recording would not fit in memory.
    """
    electrodes = place(scenario)
    samples = round(scenario.seconds * scenario.rate)
    if samples * len(electrodes.channels) > MOST_VALUES:
        raise InputError(
            f"{len(electrodes.channels)} channels × {samples} samples are too many",
            mend="Choose fewer seconds, channels or a lower rate",
        )
    units = motor_units(scenario)
    labelled = discharge_trains(scenario, units)
    trains = [one.train for one in labelled]
    potentials = unit_potentials(scenario, units, electrodes, [train.unit for train in trains])
    fibres: list[FibrillatingFibre] = []
    singles: list[UnitPotential] = []
    if isinstance(electrodes, Needle):
        fibres = fibrillations(scenario)
        singles = [_fibrillation_potential(scenario, units, electrodes, fibre) for fibre in fibres]
    out = np.zeros((samples, len(electrodes.channels)), np.float32)
    everything = [*potentials, *singles]
    times = [*(train.times_s for train in trains), *(fibre.times_s for fibre in fibres)]
    direct = [False] * len(potentials) + [True] * len(singles)
    fired = render(scenario, everything, times, out, direct=direct)
    names = tuple(channel.name for channel in electrodes.channels)
    artefacts = add_noise(scenario, out, names)
    ectopic = [*(one.ectopic for one in labelled), *(None for _ in fibres)]
    truth = _truth(scenario, everything, times, ectopic, fired, names)
    force, acceleration = _mechanics(scenario, units, trains)
    recording = Recording.from_array(
        out.T, scenario.rate, electrodes.channels, source=_source(scenario),
        annotations=(Annotation(0.0, 0.0, "simulated"),),
        notes=("This recording was simulated; nobody's muscle was recorded.",),
    )  # fmt: skip
    return Simulation(
        scenario,
        recording,
        truth,
        {p.unit + 1: p.waveform for p in everything},
        tuple(artefacts),
        voluntary_spans(scenario),
        force,
        acceleration,
    )


def discharge_trains(scenario: Scenario, units: Units) -> list[_Labelled]:
    """Voluntary and spontaneous discharges of every unit that has any."""
    from_axon = scenario.spontaneous == "axon" or (
        scenario.spontaneous == "auto" and bool(axon_changed(scenario))
    )
    spontaneous = (axon_trains if from_axon else given_trains)(scenario, units)
    own = {train.unit: train.times_s for train in spontaneous}
    asked = {train.unit: train.times_s for train in voluntary_trains(scenario, units.alive)}
    labelled = []
    for unit in sorted(own.keys() | asked.keys()):
        parts = [own.get(unit, np.empty(0)), asked.get(unit, np.empty(0))]
        times = merged(parts, scenario.seconds)
        if times.size:
            labelled.append(_Labelled(Train(unit, times), np.isin(times, parts[0])))
    return labelled


def render(
    scenario: Scenario,
    potentials: Sequence[UnitPotential],
    times_s: Sequence[NDArray[np.float64]],
    out: NDArray[np.float32],
    *,
    direct: Sequence[bool] | None = None,
) -> list[NDArray[np.bool_]]:
    """Add every discharge to out[sample, channel]; return which ones reached any fibre.

    Each discharge falls on the nearest quarter sample; components of a unit have jitter,
    block and branch failure of their own, unless the fibre fires directly, without a nerve.
    """
    from myolens.simulation.kernels import add_discharges

    junction = scenario_junction(scenario)
    starts, templates = [], []
    fired: list[NDArray[np.bool_]] = []
    bank: list[Component] = []
    for index, (potential, times) in enumerate(zip(potentials, times_s, strict=True)):
        if direct is not None and direct[index]:
            begins, passed = times[:, None] + START_MS / 1000, np.ones((times.size, 1), bool)
        else:
            begins, passed = _component_starts(scenario, potential, times, junction)
        fired.append(np.asarray(passed.any(axis=1)))
        place = np.rint((begins * scenario.rate) * PHASES).astype(np.int64)
        speeds, which = np.unique(_speeds(scenario, times), return_inverse=True)
        number = len(bank) + which[:, None] * len(potential.components) + np.arange(len(potential.components))
        for speed in speeds:
            quick = potential.components
            bank += quick if speed == 1 else [c.at_speed(float(speed), scenario.rate) for c in quick]
        starts.append((place // PHASES)[passed])
        templates.append((number * PHASES + place % PHASES)[passed])
    if not starts:
        return fired
    buffer, offsets, lengths, leads = _template_bank(bank)
    template = np.concatenate(templates)
    start = np.concatenate(starts) + leads[template]
    # Second by second, and one template after another within it, both stay in the processor's cache.
    order = np.lexsort((template, start // int(scenario.rate)))
    flat = out.reshape(-1)
    add_discharges(flat, out.shape[1], start[order], template[order], buffer, offsets, lengths)
    return fired


@lru_cache(maxsize=8)
def _speed_curve(height: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`speed_after` at gaps up to 0.2 s, beyond which it is 1."""
    gaps_s = np.geomspace(0.0035, 0.2, 200)
    return gaps_s, np.append(speed_after(gaps_s[:-1], height), 1.0)


def _speeds(scenario: Scenario, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fibre speed at each discharge as a multiple of the rested one, in steps of `SPEED_STEP`."""
    gaps_s, factors = _speed_curve(scenario.muscle.velocity_recovery)
    factor = np.interp(np.diff(times, prepend=-1e9), gaps_s, factors)
    return np.asarray(1 + SPEED_STEP * np.rint((factor - 1) / SPEED_STEP))


def _component_starts(
    scenario: Scenario, potential: UnitPotential, times: NDArray[np.float64], junction: Junction
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Start (s) of each component's waveform at each discharge, and whether it fired."""
    rng = generator(scenario, 15, potential.unit)
    shape = (times.size, len(potential.components))
    members = np.array([c.members for c in potential.components])
    safety = np.array([c.safety for c in potential.components])
    response = response_course(times, junction) * median_safety(junction)
    margin = response[:, None] * safety[None, :]
    varied = margin * (1 + QUANTAL_SPREAD / np.sqrt(members) * rng.standard_normal(shape))
    passed = varied >= 1.0
    if scenario.ectopic.branch_failure > 0:
        branch = np.array([c.branch for c in potential.components])
        fails = rng.uniform(size=(times.size, int(branch.max()) + 1)) < scenario.ectopic.branch_failure
        # A discharge that no branch carried would not be seen at all; one branch always does.
        fails[np.arange(times.size), rng.choice(branch, times.size)] = False
        passed &= ~fails[:, branch]
    jitter = jitter_us(margin) * 1e-6 / np.sqrt(members) * rng.standard_normal(shape)
    return times[:, None] + jitter + START_MS / 1000, passed


def _template_bank(
    components: Sequence[Component],
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Every waveform at every phase, one after another: samples, offsets, lengths and leads."""
    buffer = np.concatenate([c.phases.ravel() for c in components]) if components else np.empty(0, np.float32)
    sizes = np.repeat([c.phases[0].size for c in components], PHASES)
    offsets = np.cumsum(sizes) - sizes
    lengths = np.repeat([c.phases.shape[1] for c in components], PHASES)
    leads = np.repeat([c.lead for c in components], PHASES)
    return buffer, offsets.astype(np.int64), lengths.astype(np.int64), leads.astype(np.int64)


def _truth(
    scenario: Scenario,
    potentials: Sequence[UnitPotential],
    times: Sequence[NDArray[np.float64]],
    ectopic: Sequence[NDArray[np.bool_] | None],
    fired: Sequence[NDArray[np.bool_]],
    names: tuple[str, ...],
) -> tuple[Discharge, ...]:
    found = []
    for potential, at, own, seen in zip(potentials, times, ectopic, fired, strict=True):
        speeds = _speeds(scenario, at)
        onset_s = (
            np.average(
                [c.onset_ms for c in potential.components], weights=[c.members for c in potential.components]
            )
            / 1000
        )
        for index in np.flatnonzero(seen):
            instant = float(at[index] + onset_s + (potential.peak_delay_s - onset_s) / speeds[index])
            if instant >= scenario.seconds:
                continue
            origin = "fibrillation" if own is None else "ectopic" if own[index] else "voluntary"
            found.append(
                Discharge(
                    instant, potential.unit + 1, names[potential.channel], potential.peak_to_peak_uv, origin
                )
            )
    return tuple(sorted(found, key=lambda discharge: discharge.time_s))


def _fibrillation_potential(
    scenario: Scenario, units: Units, needle: Needle, fibre: FibrillatingFibre
) -> UnitPotential:
    """Potential of one denervated fibre within reach; a sharp wave ends beneath the needle."""
    rng = generator(scenario, 16, fibre.number)
    alive = np.flatnonzero(units.fibres > 0)
    model = fibres_of(scenario, units, int(alive[0])).take(np.zeros(1, np.int64))
    core = needle.core_mm.mean(axis=0)
    angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.6)
    stop = 0.05 if fibre.sharp_wave else float(model.distal_mm[0])
    start = float(core[2]) - (12.0 if fibre.sharp_wave else float(rng.uniform(10, 30)))
    diameter = np.array([0.75 * scenario.muscle.diameter_um])
    lone = replace(
        model,
        x_mm=np.array([core[0] + away * np.cos(angle)]),
        y_mm=np.array([core[1] + away * np.sin(angle)]),
        endplate_mm=np.array([start]),
        distal_mm=np.array([float(core[2]) - start + stop]),
        proximal_mm=np.array([40.0]),
        diameter_um=diameter,
        delay_ms=np.zeros(1),
        branch=np.zeros(1, np.int64),
        safety=np.ones(1),
    )
    quiet = replace(scenario, ectopic=replace(scenario.ectopic, branch_failure=0.0))
    return fibre_potential(quiet, needle, lone, len(units) + fibre.number)


def voluntary_spans(scenario: Scenario) -> tuple[Span, ...]:
    """Stretches in which the drive recruits at least one unit."""
    time, excitation = excitation_course(scenario)
    on = np.concatenate([[False], excitation >= 1.0, [False]])
    edges = np.flatnonzero(np.diff(on.astype(np.int8)))
    joined: list[list[float]] = []
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        start, stop = float(time[begin]), float(time[end - 1]) + DRIVE_STEP_S
        if joined and start - joined[-1][1] < 0.25:
            joined[-1][1] = stop
        else:
            joined.append([start, stop])
    return tuple(Span(start, stop, "voluntary activity") for start, stop in joined)


def _mechanics(
    scenario: Scenario, units: Units, trains: Sequence[Train]
) -> tuple[Recording | None, Recording | None]:
    rate, source = scenario.mechanics.rate_hz, _source(scenario)
    force = acceleration = None
    if scenario.force:
        values = muscle_force_mn(scenario, units, trains)[None, :].astype(np.float32)
        force = Recording.from_array(values, rate, [Channel("Force", "mN", ChannelKind.FORCE)], source=source)
    if scenario.phone:
        values = phone_acceleration(scenario, units, trains)[None, :].astype(np.float32)
        channel = Channel("Acceleration Z", "m/s^2", ChannelKind.ACCELERATION)
        acceleration = Recording.from_array(values, rate, [channel], source=source)
    return force, acceleration


def _source(scenario: Scenario) -> str:
    return f"simulated: {scenario.cause}, seed {scenario.seed}"
