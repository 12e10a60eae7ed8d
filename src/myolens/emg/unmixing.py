"""Finding units one after another: many starts, acceptance, templates, peeling, refinement.

Blind search alone keeps converging on the largest units. Here each round searches what the
units found so far do not explain; between rounds every unit's potential is estimated by least
squares with all others, its filter is matched to that potential against the covariance of the residual, and
its discharges are picked anew from the signal less the other units. The search thus ends in
templates and whitened matched filters, which resolve superpositions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from myolens.emg.convolutive import (
    REFRACTORY_S,
    Metric,
    Pulses,
    add_discharges,
    lag_counts,
    local_peaks,
    pick_pulses,
    potentials_of,
)
from myolens.emg.extension import Spectra, apply_filters, extended_at

STARTS = 24
"""Filters searched side by side in a round."""
SOFT_STEPS = 3
"""First steps, in which the highest peaks count whatever their level."""
STEPS = 8
"""Fixed-point steps of a search."""
SEARCH_S = 15.0
"""Length of the stretch searched; what is found is then followed over the whole signal."""
LOADING = 0.0003
"""Share of the mean variance added to the covariance."""
ACCEPT_SEPARATION = 0.72
"""Least separation of a unit (`Pulses.separation`; peaks of pure noise reach 0.65)."""
CANDIDATE_SEPARATION = 0.68
"""Trains of the search from here on are tried; refinement decides."""
SAME_TRAIN = 0.3
"""Two trains sharing this part of their discharges at one lag are one unit (usual in the field)."""
REPEAT_S = 0.04
"""Largest such lag: a late part of one potential, found as a train of its own, is a repeat."""
LEAST_DISCHARGES = 20
BEFORE_S, AFTER_S = 0.018, 0.022
"""Extent of a unit's potential around its discharge instant."""


@dataclass(slots=True, eq=False)
class Found:
    """A unit as the search holds it: discharges, how well they stand out, potential (samples × channels)."""

    pulses: Pulses
    age: int = 0
    potential: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), np.float32))


@dataclass(frozen=True, slots=True)
class Rejected:
    """A train that was found and not kept."""

    samples: NDArray[np.int64]
    silhouette: float
    separation: float
    reason: str


def unmix(
    rows: NDArray[np.float32],
    rate: float,
    *,
    taps: int,
    maximum_units: int,
    rounds: int = 12,
    progress: Callable[[float], None] | None = None,
) -> tuple[list[Found], list[Rejected], NDArray[np.float32]]:
    """Separate the units of a band-passed signal.

    Parameters
    ----------
    rows : ndarray of float32, shape (samples, channels)
        Zero mean.
    rate : float
        Hz.
    taps : int
        Samples of each channel a filter sees.
    maximum_units : int
        Stop there.
    rounds : int, optional
        Searches at most; it ends earlier when a round brings nothing new twice.

    Returns
    -------
    found : list of Found
        Best first.
    rejected : list of Rejected
    residual : ndarray of float32
        What the units do not explain.
    """
    rng = np.random.default_rng(20)
    units: list[Found] = []
    rejected: list[Rejected] = []
    residual, idle = rows, 0
    metric = Metric.of(residual, taps, loading=LOADING)
    for turn in range(rounds):
        fresh = _search(residual, rate, metric, taps, rng, turn)
        known = len(units)
        for pulses in fresh:
            _consider(pulses, units, rate, maximum_units)
        new = len(units) - known
        if new:
            residual, metric = _refine(rows, rate, units, rejected, taps)
        if progress:
            progress((turn + 1) / rounds)
        idle = 0 if len(units) > known else idle + 1
        if idle >= 2 or len(units) >= maximum_units:
            break
    for _ in range(2):
        if units:
            residual, metric = _refine(rows, rate, units, rejected, taps)
    units.sort(key=lambda unit: -unit.pulses.separation)
    return units, rejected, residual


def _search(
    residual: NDArray[np.float32], rate: float, metric: Metric, taps: int, rng: np.random.Generator, turn: int
) -> list[Pulses]:
    """Fixed-point search from many instants of high energy; best first."""
    start, stop = _stretch(residual, rate, turn)
    part = residual[start:stop]
    spectra = Spectra.of(part, taps)
    chosen = [np.array([instant]) for instant in _instants(part, rate, rng)]
    filters = np.empty((0, metric.size), np.float32)
    for step in range(STEPS):
        filters = metric.solve(np.stack([extended_at(part, taps, at).mean(axis=0) for at in chosen]))
        for k, source in enumerate(spectra.apply(filters)):
            unbiased = _without_own(source, chosen[k], metric.length)
            picked = _strongest(unbiased, rate) if step < SOFT_STEPS else pick_pulses(unbiased, rate).samples
            if picked.size >= 3:
                chosen[k] = picked
        if step >= SOFT_STEPS:
            chosen = _different(chosen, rate)
    filters = metric.solve(np.stack([extended_at(part, taps, at).mean(axis=0) for at in chosen]))
    found = [
        pick_pulses(_unseen(source, residual, at + start, metric, taps), rate)
        for source, at in zip(apply_filters(residual, filters), chosen, strict=True)
    ]
    if len(residual) >= 2 * len(part):
        found = [p for p, at in zip(found, chosen, strict=True) if _recurs(p, at)]
    return sorted(found, key=lambda pulses: -pulses.separation)


def _recurs(pulses: Pulses, trained: NDArray[np.int64]) -> bool:
    """Whether the train goes on beyond the stretch it was made of, or stands out beyond doubt within it."""
    return pulses.samples.size >= 1.3 * trained.size or pulses.separation >= 0.85


def _different(trains: list[NDArray[np.int64]], rate: float) -> list[NDArray[np.int64]]:
    """Leave out searches that have run together."""
    kept: list[NDArray[np.int64]] = []
    for train in trains:
        if not any(same_train(train, other, rate) for other in kept):
            kept.append(train)
    return kept


def _without_own(
    source: NDArray[np.float32], samples: NDArray[np.int64], length: float
) -> NDArray[np.float32]:
    """Take off each discharge's contribution to its own filter: it is judged by one that did not see it.

    A filter made of n observations gives each of them its squared Mahalanobis length over n, which is
    about the number of dimensions plus what it shares with the others. Without this correction
    any forty noise vectors in a thousand dimensions look like a unit.
    """
    inside = samples[(samples >= 0) & (samples < source.size)]
    out = source.copy()
    out[inside] -= (length + np.maximum(source[inside], 0)) / np.float32(samples.size)
    return out


def _stretch(residual: NDArray[np.float32], rate: float, turn: int) -> tuple[int, int]:
    length = min(len(residual), round(SEARCH_S * rate))
    places = max(1, len(residual) // length)
    start = (turn % places) * length
    return start, start + length


def _unseen(
    source: NDArray[np.float32],
    residual: NDArray[np.float32],
    samples: NDArray[np.int64],
    metric: Metric,
    taps: int,
) -> NDArray[np.float32]:
    """Take off, exactly, what the noise at each discharge gave its own potential (`_without_own`)."""
    inside = samples[(samples >= 0) & (samples < source.size)]
    if inside.size > 300:
        return source  # the contribution is then below a hundredth of a discharge
    out = source.copy()
    out[inside] -= metric.squared_lengths(extended_at(residual, taps, inside)) / np.float32(samples.size)
    return out


def _strongest(source: NDArray[np.float32], rate: float, count: int = 40) -> NDArray[np.int64]:
    peaks = local_peaks(source, round(REFRACTORY_S * rate))
    if peaks.size <= count:
        return peaks
    return np.sort(peaks[np.argpartition(source[peaks], -count)[-count:]])


def _instants(part: NDArray[np.float32], rate: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Instants where the spatially whitened signal has a peak of energy, high and low ones alike."""
    covariance = part.T @ part / len(part)
    values, vectors = np.linalg.eigh(covariance)
    white = part @ (vectors / np.sqrt(np.maximum(values, values[-1] * 1e-6))).astype(np.float32)
    energy = np.square(white, out=white).sum(axis=1)
    width = max(1, round(0.001 * rate))
    energy = np.convolve(energy, np.ones(width, np.float32) / width, "same")
    peaks = local_peaks(energy.astype(np.float32), round(0.01 * rate))
    peaks = peaks[energy[peaks] > np.percentile(energy[peaks], 40)]
    return np.sort(rng.choice(peaks, min(STARTS, peaks.size), replace=False))


def _consider(pulses: Pulses, units: list[Found], rate: float, maximum_units: int) -> None:
    """Add a train to the units if it stands out and is new."""
    if len(units) >= maximum_units or pulses.samples.size < LEAST_DISCHARGES:
        return
    if pulses.separation < CANDIDATE_SEPARATION:
        return
    if not any(same_train(pulses.samples, unit.pulses.samples, rate) for unit in units):
        units.append(Found(pulses))


def same_train(a: NDArray[np.int64], b: NDArray[np.int64], rate: float) -> bool:
    """Whether the trains share `SAME_TRAIN` of the shorter one's discharges at one lag (± 0.5 ms)."""
    if not a.size or not b.size:
        return False
    counts = lag_counts(a, b, round(REPEAT_S * rate))
    width = max(1, round(0.0005 * rate))
    shared = np.convolve(counts, np.ones(2 * width + 1), "same").max()
    return bool(shared >= SAME_TRAIN * max(a.size, b.size))


def _refine(
    rows: NDArray[np.float32], rate: float, units: list[Found], rejected: list[Rejected], taps: int
) -> tuple[NDArray[np.float32], Metric]:
    """Estimate potentials, match filters to the residual's covariance, pick discharges anew.

    Changes `units` in place; a unit whose discharges no longer stand out moves to `rejected`. Returns the
    new residual and the metric of the one before.
    """
    before, after = round(BEFORE_S * rate), round(AFTER_S * rate)
    trains = [unit.pulses.samples for unit in units]
    potentials = potentials_of(rows, trains, before, after)
    residual = rows.copy()
    for train, potential in zip(trains, potentials, strict=True):
        add_discharges(residual, train, potential, before, -1.0)
    metric = Metric.of(residual, taps, loading=LOADING)
    shift = [_centre(potential, before, taps) for potential in potentials]
    means = [extended_at(p, taps, np.array([before + s]))[0] for p, s in zip(potentials, shift, strict=True)]
    filters = metric.solve(np.stack(means))
    sources = apply_filters(residual, filters)
    kept: list[Found] = []
    for k, unit in enumerate(units):
        response = _response(potentials[k], filters[k], taps)
        add_discharges(sources[k].reshape(-1, 1), trains[k], response, before)
        pulses = pick_pulses(_unseen(sources[k], residual, trains[k] + shift[k], metric, taps), rate)
        samples = pulses.samples - shift[k]
        pulses = replace(pulses, samples=samples[(samples >= 0) & (samples < len(rows))])
        reason = _refusal(pulses, unit.age, kept, rate)
        if reason:
            rejected.append(Rejected(pulses.samples, pulses.silhouette, pulses.separation, reason))
        else:
            kept.append(Found(pulses, unit.age + 1, potentials[k]))
    units[:] = kept
    residual = rows.copy()
    for unit in kept:
        add_discharges(residual, unit.pulses.samples, unit.potential, before, -1.0)
    return residual, metric


def _refusal(pulses: Pulses, age: int, kept: list[Found], rate: float) -> str | None:
    """Why a refined train is not kept; the first refinement is lenient, its potential is still rough."""
    if pulses.samples.size < LEAST_DISCHARGES:
        return "too few discharges stand out"
    if pulses.separation < (CANDIDATE_SEPARATION if age < 1 else ACCEPT_SEPARATION):
        return "its discharges do not stand out when the other units are taken off"
    if any(same_train(pulses.samples, other.pulses.samples, rate) for other in kept):
        return "repeats another unit"
    return None


def _centre(potential: NDArray[np.float32], before: int, taps: int) -> int:
    """Samples after the discharge instant at which the taps cover most of the potential's energy."""
    energy = np.square(potential).sum(axis=1)
    covered = np.convolve(energy, np.ones(taps), "full")[: energy.size]  # energy of the taps ending there
    return int(np.argmax(covered)) - before


def _response(potential: NDArray[np.float32], filter_: NDArray[np.float32], taps: int) -> NDArray[np.float32]:
    """What one discharge gives at the output of a filter, as one column from the potential's first sample."""
    return apply_filters(np.pad(potential, ((0, taps), (0, 0))), filter_[None]).reshape(-1, 1)
