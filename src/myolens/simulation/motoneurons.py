"""Motor neurons: who is recruited by a drive, how fast each fires, and when.

Fuglevand, Winter & Patla 1993 (J Neurophysiol 70:2470) with the ranges of Potvin &
Fuglevand 2017 (PLoS Comput Biol 13:e1005581).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myolens.simulation.hysteresis import leaving_excitation
from myolens.simulation.muscle import generator
from myolens.simulation.parameters import Pool
from myolens.simulation.scenario import Drive, Scenario

Array = NDArray[np.float64]

DRIVE_STEP_S = 0.002
REFRACTORY_S = 0.02
"""No voluntary interval is shorter, whatever the variation drawn."""
ADAPTATION, ADAPTATION_S = 0.67, 22.0
"""Size and time constant of the fall of discharge rates (Revill & Fuglevand 2011)."""


def recruitment_thresholds(count: int, pool: Pool) -> Array:
    """RTE_i = exp[(i−1) ln R/(n−1)], from 1 to R."""
    return np.asarray(np.exp(np.log(pool.recruitment_range) * np.arange(count) / max(count - 1, 1)))


def peak_rates_hz(thresholds: Array, pool: Pool) -> Array:
    """PFR_i = PFR_1 − fall·(RTE_i − 1)/(R − 1)."""
    return np.asarray(
        pool.peak_rate_hz - pool.peak_rate_fall_hz * (thresholds - 1) / (pool.recruitment_range - 1)
    )


def maximal_excitation(pool: Pool) -> float:
    """Excitation at which the last unit reaches its peak rate."""
    last = pool.peak_rate_hz - pool.peak_rate_fall_hz
    return float(pool.recruitment_range + max(last - pool.minimum_rate_hz, 0) / pool.gain)


def firing_rates_hz(excitation: Array, thresholds: Array, pool: Pool) -> Array:
    """Rates of units (rows) at excitations (columns): g(E − RTE) + MFR, capped; 0 below threshold."""
    above = np.asarray(excitation)[None, :] - thresholds[:, None]
    rate = np.minimum(pool.minimum_rate_hz + pool.gain * above, peak_rates_hz(thresholds, pool)[:, None])
    return np.where(above >= 0, rate, 0.0)


def adaptation_share(thresholds: Array, pool: Pool) -> Array:
    """Share of its rate above recruitment that each unit loses in the end, most in the last recruited."""
    return np.asarray((thresholds - 1) / (pool.recruitment_range - 1) * ADAPTATION)


def adaptation_built(active_s: Array) -> Array:
    """Share of its adaptation a unit has reached after so many seconds of firing: 1 − e^{−t/22 s}."""
    return np.asarray(1 - np.exp(-active_s / ADAPTATION_S))


def adapted_rates_hz(rates_hz: Array, built: Array, share: Array | float, pool: Pool) -> Array:
    """Rates when so much of the adaptation is built: q = share·(FR − MFR + 2)·built is taken off.

    Potvin & Fuglevand 2017; q is never negative.
    """
    return np.asarray(rates_hz - np.maximum(share * built * (rates_hz - pool.minimum_rate_hz + 2), 0))


def drive_at(drive: Drive, time_s: Array, *, rest: float = 0.0) -> Array:
    """Fraction of maximal effort at each time, at least `rest`."""
    times, levels = zip(*drive, strict=True)
    return np.asarray(np.maximum(np.interp(time_s, times, levels), rest), np.float64)


def excitation_course(scenario: Scenario) -> tuple[Array, Array]:
    """Time (s) and excitation of the pool, with common drive and tremor.

    Common drive is Gaussian below 3 Hz (De Luca 1982), tremor a sine with a slowly turning
    phase; both scale with the drive, so a resting pool stays at rest.
    """
    pool = scenario.pool
    time = np.arange(0, scenario.seconds, DRIVE_STEP_S)
    level = drive_at(scenario.drive, time, rest=pool.rest_drive)
    level = np.minimum(1.0, level * scenario.remodelling.early_recruitment)
    rng = generator(scenario, 4)
    common = _low_passed(rng.standard_normal(time.size), 3.0)
    phase = np.cumsum(rng.standard_normal(time.size)) * np.sqrt(DRIVE_STEP_S) * 1.5
    tremor = np.sin(2 * np.pi * pool.tremor_hz * time + phase)
    factor = 1 + pool.common_drive * common + pool.tremor_depth * tremor
    return time, maximal_excitation(pool) * level * np.maximum(factor, 0)


def _low_passed(white: Array, cutoff_hz: float) -> Array:
    from scipy.signal import butter, sosfilt

    sections = butter(2, cutoff_hz, fs=1 / DRIVE_STEP_S, output="sos")
    smooth = sosfilt(sections, white)
    spread = float(np.std(smooth))
    return np.asarray(smooth / spread if spread > 0 else smooth)


@dataclass(frozen=True, slots=True, eq=False)
class Train:
    """Discharge times of one unit, seconds, in order."""

    unit: int
    times_s: Array


def voluntary_trains(scenario: Scenario, alive: NDArray[np.bool_]) -> list[Train]:
    """Discharge times of every living unit that the drive recruits.

    A unit begins when the excitation passes its threshold and leaves off below a lower one: the persistent
    inward current, open by then, stands for the rest (`hysteresis.leaving_excitation`). Intervals vary with
    the given coefficient of variation. With ``pool.fatigue`` rates adapt with the time a unit has fired.
    """
    pool = scenario.pool
    time, excitation = excitation_course(scenario)
    thresholds = recruitment_thresholds(alive.size, pool)
    leaving = leaving_excitation(thresholds, pool.gain, pool.arousal, pool.inhibition)
    adapting = adaptation_share(thresholds, pool)
    trains = []
    highest = float(excitation.max(initial=0.0))
    for unit in np.flatnonzero(alive & (thresholds <= highest)):
        on = _active(excitation, float(thresholds[unit]), float(leaving[unit]))
        above = np.maximum(excitation, thresholds[unit])
        rate = firing_rates_hz(above, thresholds[unit : unit + 1], pool)[0]
        if pool.fatigue:
            rate = adapted_rates_hz(rate, _building(on), float(adapting[unit]), pool)
        times = _renewal(generator(scenario, 5, int(unit)), time, np.where(on, rate, 0.0), pool)
        if times.size:
            trains.append(Train(int(unit), times))
    return trains


def _building(on: NDArray[np.bool_]) -> Array:
    """`adaptation_built` over time; in pauses it decays with the same time constant (estimate)."""
    from scipy.signal import lfilter

    keep = float(np.exp(-DRIVE_STEP_S / ADAPTATION_S))
    return np.asarray(lfilter([1 - keep], [1.0, -keep], on.astype(np.float64)))


def _active(excitation: Array, threshold: float, leaving: float) -> NDArray[np.bool_]:
    """Where a unit fires: from crossing its threshold upwards to falling below the lower one."""
    above = excitation >= threshold
    below = excitation < leaving
    state = np.where(above, 1, np.where(below, 0, -1))
    known = np.where(state >= 0, np.arange(state.size), 0)
    np.maximum.accumulate(known, out=known)
    return np.asarray(state[known] == 1)


def _renewal(rng: np.random.Generator, time: Array, rate: Array, pool: Pool) -> Array:
    """Times at which the integrated rate passes sums of unit-mean intervals."""
    phase = np.concatenate([[0.0], np.cumsum(rate) * DRIVE_STEP_S])
    if phase[-1] <= 0:
        return np.empty(0)
    count = int(phase[-1] * 1.3) + 20
    steps = np.maximum(rng.normal(1.0, pool.interval_cv, count), 0.2)
    goals = np.cumsum(steps) - rng.uniform(0, 1) * steps[0]
    goals = goals[goals < phase[-1]]
    step = np.searchsorted(phase, goals, side="right") - 1
    times = time[step] + (goals - phase[step]) / rate[step]
    keep = np.append(True, np.diff(times) >= REFRACTORY_S) if times.size else np.empty(0, bool)
    return np.asarray(times[keep])
