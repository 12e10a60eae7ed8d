"""Discharge trains on one needle channel: events, templates, then matching with superpositions resolved.

The order is events first, templates second: nothing is assumed about when a unit fires, so a
fasciculation that fired six times is found as readily as a unit under voluntary control. After
LeFever & De Luca 1982 (template matching), McGill, Lateva & Marateb 2005 (EMGLAB: superpositions).
"""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.signal import butter, fftconvolve, find_peaks, oaconvolve, resample_poly, sosfiltfilt
from scipy.spatial.distance import squareform

from myolens.errors import InputError

WORKING_RATE_HZ = 16_000.0
"""Signals are interpolated to at least this rate, so that misalignment costs less than noise."""
SHARPENING_HZ = 200.0
"""High-pass edge of the signal in which events are told apart: slow waves of distant units are flattened."""
THRESHOLD_NOISES = 5.0
"""Events exceed this many robust standard deviations of the quiet stretches."""
HALF_WINDOW_S = 0.004
"""Half the stretch compared between events."""
DEAD_TIME_S = 0.003
"""A unit cannot fire twice within this time: shorter than any doublet, longer than a fibre is refractory."""
LOCK_S = 0.015
"""Parts of one potential lie at most this far apart (the longest potentials with their satellites)."""
SAME_SHAPE = 0.35
"""Two events are one unit below this squared distance, as a share of the larger energy."""
SCALED_LIKENESS = 0.9
"""Least cosine between an event and a template for it to be that template at another size (estimate)."""
BESIDE_S = 0.2
"""… if it lies this close to a discharge of the train: twice the interval of the slowest such discharges."""
MAXIMUM_CLUSTERED = 2500
"""Events that are compared all with all; the others are matched with the templates these give."""


@dataclass(frozen=True, slots=True, eq=False)
class Train:
    """Discharges that look alike.

    Attributes
    ----------
    samples : ndarray of int64
        Instants of the largest deflection of the sharpened signal, in samples of `Trains.rate`, rising.
    template : ndarray of float32
        Median sharpened shape around the instant, `2·half + 1` samples.
    """

    samples: NDArray[np.int64]
    template: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Trains:
    """Everything found on one channel.

    Attributes
    ----------
    rate : float
        Rate of `signal` and of the instants, Hz: the recording's own or an integer multiple.
    signal : ndarray of float32
        The channel at that rate, µV, as recorded less its median.
    noise_uv : float
        Robust standard deviation of the sharpened signal in the quietest stretches.
    trains : tuple of Train
        Most active first.
    singles : ndarray of int64
        Events that belong to no train, in samples of `rate`.
    """

    rate: float
    signal: NDArray[np.float32]
    noise_uv: float
    trains: tuple[Train, ...]
    singles: NDArray[np.int64]


def find_trains(signal_uv: NDArray[np.float32], rate: float, *, minimum_discharges: int = 4) -> Trains:
    """Find the discharge trains on one needle channel.

    Parameters
    ----------
    signal_uv : ndarray, shape (samples,)
        The channel, µV.
    rate : float
        Hz, at least 1000.
    minimum_discharges : int, optional
        Fewer discharges of one shape stay single events.

    Raises
    ------
    InputError
        The rate is below 1000 Hz, or the signal is shorter than half a second or not finite.
    """
    if rate < 1000:
        raise InputError(
            f"a needle channel sampled at {rate:g} Hz cannot show the shape of potentials",
            mend="Record at 10 kHz or more (1 kHz is the least that is read)",
        )
    if signal_uv.size < rate / 2:
        raise InputError("the needle channel is shorter than half a second", mend="Record several seconds")
    if not np.isfinite(signal_uv).all():
        raise InputError("the needle channel holds values that are not numbers")
    factor = max(1, ceil(WORKING_RATE_HZ / rate))
    raw = np.asarray(signal_uv - np.median(signal_uv), np.float32)
    raw = np.asarray(resample_poly(raw, factor, 1), np.float32) if factor > 1 else raw
    working = rate * factor
    sharp = _sharpened(raw, working, rate)
    noise = quiet_noise(sharp, working)
    half = round(HALF_WINDOW_S * working)
    events = _events(sharp, working, THRESHOLD_NOISES * noise, half)
    half = _half_window(events, half)
    templates = _templates(sharp, events, half, minimum_discharges)
    trains, residual = _match(sharp, templates, working, half)
    kept = [train for train in _whole(trains, working) if train.samples.size >= minimum_discharges]
    singles = _unexplained(residual, sharp, trains, working, THRESHOLD_NOISES * noise, half)
    kept, singles = _swelling(sharp, kept, singles, working, half)
    kept.sort(key=lambda train: -train.samples.size)
    return Trains(working, raw, noise, tuple(kept), singles)


def quiet_noise(sharp: NDArray[np.float32], rate: float) -> float:
    """Return the robust standard deviation of the quietest tenth of the 20 ms stretches.

    The tenth percentile of such estimates lies below the true level, by a factor that is
    measured on white noise of the same length, so that a silent channel is unbiased.
    """
    length = max(8, round(0.02 * rate))
    count = sharp.size // length
    levels = np.median(np.abs(sharp[: count * length].reshape(count, length)), axis=1) / 0.6745
    normal = np.random.default_rng(0).standard_normal((400, length))
    bias = np.percentile(np.median(np.abs(normal), axis=1) / 0.6745, 10)
    return float(max(np.percentile(levels, 10) / bias, 1e-3))


def _sharpened(raw: NDArray[np.float32], working: float, rate: float) -> NDArray[np.float32]:
    high = min(5000.0, 0.45 * rate)
    sections = butter(2, [min(SHARPENING_HZ, 0.3 * high), high], "bandpass", fs=working, output="sos")
    return np.asarray(sosfiltfilt(sections, raw), np.float32)


def _events(sharp: NDArray[np.float32], rate: float, height: float, half: int) -> NDArray[np.int64]:
    peaks, _ = find_peaks(np.abs(sharp), height=height, distance=max(1, round(DEAD_TIME_S * rate)))
    inside = (peaks >= half) & (peaks < sharp.size - half)
    return np.asarray(peaks[inside], np.int64)


def _half_window(events: NDArray[np.int64], half: int) -> int:
    """Shorten the stretch compared where events follow one another fast and evenly (neuromyotonia)."""
    gaps = np.diff(events)
    if gaps.size < 10:
        return half
    middle = float(np.median(gaps))
    even = float(np.median(np.abs(gaps - middle))) < 0.1 * middle
    return max(half // 4, int(0.45 * middle)) if even and middle < 2 * half else half


def _windows(sharp: NDArray[np.float32], events: NDArray[np.int64], half: int) -> NDArray[np.float32]:
    return np.asarray(sharp[events[:, None] + np.arange(-half, half + 1)], np.float32)


def _templates(
    sharp: NDArray[np.float32], events: NDArray[np.int64], half: int, minimum: int
) -> list[NDArray[np.float32]]:
    if events.size < max(2, minimum):
        return []
    if events.size > MAXIMUM_CLUSTERED:
        events = events[np.linspace(0, events.size - 1, MAXIMUM_CLUSTERED).astype(np.int64)]
    shapes = _windows(sharp, events, half)
    energy = np.einsum("ij,ij->i", shapes, shapes)
    distance = energy[:, None] + energy[None, :] - 2 * shapes @ shapes.T
    distance /= np.maximum(energy[:, None], energy[None, :])
    np.fill_diagonal(distance, 0)
    condensed = squareform(np.maximum(distance, 0), checks=False)
    labels = fcluster(linkage(condensed, "average"), SAME_SHAPE, "distance")
    groups = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    groups = sorted((g for g in groups if g.size >= minimum), key=lambda g: (-g.size, g[0]))
    return _distinct([np.median(shapes[g], axis=0).astype(np.float32) for g in groups], half)


def _distinct(templates: list[NDArray[np.float32]], half: int) -> list[NDArray[np.float32]]:
    """Leave out templates that are an earlier (more frequent) one, shifted."""
    kept: list[NDArray[np.float32]] = []
    for template in templates:
        energy = float(template @ template)
        repeats = False
        for other in kept:
            match = float(fftconvolve(template, other[::-1]).max())
            larger = max(energy, float(other @ other))
            repeats |= energy + float(other @ other) - 2 * match < SAME_SHAPE * larger
        if not repeats:
            kept.append(template)
    return kept


def _match(
    sharp: NDArray[np.float32], templates: list[NDArray[np.float32]], rate: float, half: int, rounds: int = 6
) -> tuple[list[Train], NDArray[np.float32]]:
    """Explain the signal by templates, best fit first, subtracting what is explained."""
    residual = sharp.copy()
    found: list[list[int]] = [[] for _ in templates]
    dead = round(DEAD_TIME_S * rate)
    energies = [float(template @ template) for template in templates]
    for _ in range(rounds):
        if not templates:
            break
        best = np.full(sharp.size, -np.inf, np.float32)
        which = np.zeros(sharp.size, np.int32)
        for k, template in enumerate(templates):
            gain = 2 * oaconvolve(residual, template[::-1], "same") - energies[k]
            gain[gain < 0.5 * energies[k]] = -np.inf  # the fitted amplitude is at least 3/4 of the template's
            better = gain > best
            best[better] = gain[better]
            which[better] = k
        finite = np.isfinite(best)
        instants, _ = find_peaks(np.where(finite, best, 0), height=1e-6, distance=2 * half)
        added = 0
        for instant in instants.tolist():
            k = int(which[instant])
            place = bisect(found[k], instant)
            free = all(abs(instant - earlier) > dead for earlier in found[k][max(place - 1, 0) : place + 1])
            if free and half <= instant < sharp.size - half:
                residual[instant - half : instant + half + 1] -= templates[k]
                found[k].insert(place, instant)
                added += 1
        if not added:
            break
    trains = [Train(np.array(f, np.int64), t) for f, t in zip(found, templates, strict=True) if f]
    return trains, residual


def _whole(trains: list[Train], rate: float) -> list[Train]:
    """Leave out later or earlier parts of a larger potential: discharges locked to it at one lag.

    A potential longer than the window compared is met in parts. From the largest down, the
    discharges of smaller trains that sit at one lag (within 0.5 ms, at most `LOCK_S` away) from a
    larger one are taken off, when at least half of either train is so locked.
    """
    ordered = sorted(trains, key=lambda train: -float(np.abs(train.template).max()))
    left = [train.samples for train in ordered]
    width = max(1, round(0.0005 * rate))
    for i in range(len(ordered)):
        pace = np.median(np.diff(left[i])) if left[i].size > 1 else np.inf
        reach = round(min(LOCK_S * rate, 0.4 * pace))  # in a fast discharge the neighbours are locked, too
        for j in range(i + 1, len(ordered)):
            while left[i].size and left[j].size:  # parts before and after the leader are locked at two lags
                locked = locked_to(left[i], left[j], reach, width)
                if locked.sum() < max(3, 0.5 * min(left[i].size, left[j].size)):
                    break
                left[j] = left[j][~locked]
    return [
        Train(samples, train.template)
        for samples, train in zip(left, ordered, strict=True)
        if samples.size >= 0.5 * train.samples.size
    ]


def locked_to(
    leader: NDArray[np.int64], follower: NDArray[np.int64], reach: int, width: int
) -> NDArray[np.bool_]:
    """Discharges of the follower at the lag (± width, at most reach) that most of them share."""
    first = np.searchsorted(leader, follower - reach)
    last = np.searchsorted(leader, follower + reach, "right")
    who = np.repeat(np.arange(follower.size), last - first)
    which = np.arange(who.size) - np.repeat(np.cumsum(last - first) - (last - first), last - first)
    lags = follower[who] - leader[first[who] + which]
    if not lags.size:
        return np.zeros(follower.size, bool)
    counts = np.bincount(lags + reach, minlength=2 * reach + 1)
    near = np.convolve(counts, np.ones(2 * width + 1), "same")
    best = int(np.argmax(near)) - reach
    chosen = np.zeros(follower.size, bool)
    chosen[who[np.abs(lags - best) <= width]] = True
    return chosen


def _swelling(
    sharp: NDArray[np.float32], trains: list[Train], singles: NDArray[np.int64], rate: float, half: int
) -> tuple[list[Train], NDArray[np.int64]]:
    """Give single events that are a train's shape at another size to the train they lie beside.

    A myotonic or neuromyotonic discharge swells and fades beyond the sizes that the template matches.
    """
    left = singles[(singles >= half) & (singles < sharp.size - half)]
    shapes = _windows(sharp, left, half)
    shapes = shapes / np.maximum(np.linalg.norm(shapes, axis=1, keepdims=True), 1e-9)
    grown = []
    for train in trains:
        alike = shapes @ train.template / max(float(np.linalg.norm(train.template)), 1e-9) > SCALED_LIKENESS
        joined = train.samples
        while True:
            gap = np.abs(
                left[:, None]
                - joined[np.searchsorted(joined, left)[:, None].clip(1, joined.size - 1) - [1, 0]]
            )
            beside = alike & (gap.min(axis=1) <= BESIDE_S * rate)
            if not beside.any():
                break
            joined = np.sort(np.concatenate([joined, left[beside]]))
            left, shapes, alike = left[~beside], shapes[~beside], alike[~beside]
        grown.append(Train(joined, train.template))
    return grown, left


def _unexplained(
    residual: NDArray[np.float32],
    sharp: NDArray[np.float32],
    trains: list[Train],
    rate: float,
    height: float,
    half: int,
) -> NDArray[np.int64]:
    """Events of the residual that stand clear of every explained discharge, where misfit could mimic one."""
    left = _events(residual, rate, height, half)
    if not trains or not left.size:
        return left
    explained = np.sort(np.concatenate([train.samples for train in trains]))
    place = np.searchsorted(explained, left)
    before = left - explained[np.maximum(place - 1, 0)]
    after = explained[np.minimum(place, explained.size - 1)] - left
    gap = np.minimum(np.abs(before), np.abs(after))
    large = np.abs(residual[left]) > 0.6 * np.abs(sharp[left])
    return np.asarray(left[(gap > 2 * half) & large], np.int64)
