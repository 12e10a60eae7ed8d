"""Spontaneous discharges: when units fire without being asked to.

The statistics are those of fasciculations in people: exponential long intervals with a dead
time of a few milliseconds and occasional doublets near 5 ms (Kleine 2008); runs at the
soma's preferred interval near 80 ms (the same); multiplets that slow down within a burst
(Maddison 2006); grouped, near-periodic discharges in myokymia. Fibrillating fibres fire
regularly at 0.5–15 Hz.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from myolens.simulation.motoneurons import Train
from myolens.simulation.muscle import Units, generator
from myolens.simulation.parameters import Ectopic
from myolens.simulation.scenario import Scenario

Array = NDArray[np.float64]

DEAD_TIME_S = 0.0035
"""Shortest interval of an axonal discharge (Kleine 2008)."""
DOUBLET_SD_S = 0.001
NEURONAL_INTERVAL_S = 0.080
NEURONAL_SHAPE = 6.0
NEURONAL_RUN = 4.0
"""Preferred interval, its gamma shape (Kleine 2008) and mean length of a run (estimate) of neuronal type."""
SHARED_DELAY_S = 0.004
"""Spread of the delay between two units that fire together (de Carvalho 2013: time-locked)."""
FIBRILLATION_HZ = (0.5, 15.0)
FIBRILLATION_CV = 0.06


def event_times(rng: np.random.Generator, ectopic: Ectopic, rate_per_min: float, seconds: float) -> Array:
    """Draw the starts of spontaneous events: gamma renewal with a dead time.

    A shape of 1 is a Poisson process with dead time; larger is more regular.
    """
    if rate_per_min <= 0:
        return np.empty(0)
    mean = 60.0 / rate_per_min
    free = max(mean - DEAD_TIME_S, 0.2 * mean)
    count = int(seconds / mean + 8 * np.sqrt(seconds / mean + 1)) + 12
    shape = ectopic.regularity
    intervals = DEAD_TIME_S + rng.gamma(shape, free / shape, count)
    # The recording begins somewhere within an interval, not at an event.
    first = rng.uniform(0, 1) * intervals[0] if shape > 1 else rng.exponential(free)
    times = first + np.concatenate([[0.0], np.cumsum(intervals[1:])])
    return np.asarray(times[times < seconds])


def discharges_of_event(rng: np.random.Generator, ectopic: Ectopic) -> Array:
    """Draw the times (s) of the discharges of one event, the first at 0."""
    if rng.uniform() < ectopic.neuronal_fraction:
        count = 1 + rng.geometric(1 / NEURONAL_RUN)
        gaps = rng.gamma(NEURONAL_SHAPE, NEURONAL_INTERVAL_S / NEURONAL_SHAPE, count)
        return np.concatenate([[0.0], np.cumsum(np.maximum(gaps, 0.017))])
    if rng.uniform() >= ectopic.doublet_fraction:
        return np.zeros(1)
    more = ectopic.discharges_per_burst - 2
    count = 1 + (0 if more <= 0 else int(rng.poisson(more)))
    first = ectopic.burst_interval_ms / 1000
    planned = first * (1 + ectopic.burst_slowing) ** np.arange(count)
    gaps = planned + rng.normal(0, min(DOUBLET_SD_S, 0.2 * first), count)
    return np.concatenate([[0.0], np.cumsum(np.maximum(gaps, DEAD_TIME_S))])


def given_trains(scenario: Scenario, units: Units) -> list[Train]:
    """Draw the discharges of every site from the rates in ``scenario.ectopic``."""
    ectopic = scenario.ectopic
    chosen = _site_units(scenario, units)
    trains: dict[int, list[Array]] = {}
    for site, unit in enumerate(chosen):
        rng = generator(scenario, 6, site)
        spread = ectopic.rate_spread
        rate = ectopic.rate_per_min * np.exp(rng.normal(-(spread**2) / 2, spread))
        for start in event_times(rng, ectopic, float(rate), scenario.seconds):
            times = start + discharges_of_event(rng, ectopic)
            trains.setdefault(unit, []).append(times)
            if rng.uniform() < ectopic.shared_fraction:
                other = int(rng.choice(np.flatnonzero(units.alive)))
                trains.setdefault(other, []).append(times + abs(rng.normal(0, SHARED_DELAY_S)))
    return [Train(unit, merged(times, scenario.seconds)) for unit, times in sorted(trains.items())]


def axon_trains(scenario: Scenario, units: Units) -> list[Train]:
    """Let the model axon of the scenario decide when each site fires."""
    from myolens.simulation.spontaneous import SITES_WATCHED, axon_discharges

    watched = replace(
        scenario, ectopic=replace(scenario.ectopic, sites=scenario.ectopic.sites or SITES_WATCHED)
    )
    chosen = _site_units(watched, units)
    found = zip(chosen, axon_discharges(scenario, len(chosen)), strict=True)
    return [
        Train(unit, merged([times], scenario.seconds))
        for unit, times in sorted(found, key=lambda pair: pair[0])
        if times.size
    ]


def merged(parts: list[Array], seconds: float) -> Array:
    """One train of several, without discharges closer than the dead time or outside the recording."""
    times = np.sort(np.concatenate(parts))
    times = times[(times >= 0) & (times < seconds)]
    kept: list[float] = []
    for time in times:
        if not kept or time - kept[-1] >= DEAD_TIME_S * 0.999:
            kept.append(float(time))
    return np.array(kept)


def _site_units(scenario: Scenario, units: Units) -> list[int]:
    """Units that have a site; one unit may have only one."""
    rng = generator(scenario, 7)
    alive = np.flatnonzero(units.alive)
    weight = np.exp(3 * scenario.ectopic.size_bias * np.linspace(-0.5, 0.5, len(units)))[alive]
    count = min(round(scenario.ectopic.sites), alive.size)
    return [int(u) for u in rng.choice(alive, count, replace=False, p=weight / weight.sum())]


@dataclass(frozen=True, slots=True)
class FibrillatingFibre:
    """One denervated fibre near the needle."""

    number: int
    rate_hz: float
    sharp_wave: bool
    times_s: Array


def fibrillations(scenario: Scenario) -> list[FibrillatingFibre]:
    """Draw denervated fibres that fire regularly (0.5–15 Hz), each with runs and pauses."""
    found = []
    for number in range(round(scenario.remodelling.fibrillating_fibres)):
        rng = generator(scenario, 8, number)
        low, high = np.log(FIBRILLATION_HZ)
        rate = float(np.exp(rng.uniform(low, high)))
        count = int(scenario.seconds * rate * 1.2) + 10
        # Irregularity within a run is small; the rate drifts slowly over the recording.
        drift = 1 + 0.15 * np.sin(2 * np.pi * (np.arange(count) / (rate * 20) + rng.uniform()))
        times = np.cumsum(np.maximum(rng.normal(1, FIBRILLATION_CV, count), 0.5) * drift / rate)
        times = times - rng.uniform(0, 1 / rate)
        times = times[(times >= 0) & (times < scenario.seconds)]
        sharp = bool(rng.uniform() < scenario.remodelling.sharp_waves)
        found.append(FibrillatingFibre(number, rate, sharp, times))
    return found
