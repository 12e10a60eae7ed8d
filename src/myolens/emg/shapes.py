"""Units: their average potentials, and every discharge with the unit it belongs to."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from myolens.emg.courses import chapters, course, joined
from myolens.emg.matching import Discharges, Matches, match, resolve, untangled, without_composites
from myolens.emg.modes import paired, parted
from myolens.emg.noise import Noise
from myolens.emg.satellites import locked
from myolens.emg.sorting import FEWEST_EVENTS, Features, clusters, features, whole
from myolens.emg.waveforms import BEFORE_S, SEARCH_S, Waveforms

_MOST_AVERAGED = 400
_AGREE_S = 0.002


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """Average potentials of the units, in the order of their numbers.

    Attributes
    ----------
    templates : tuple of ndarray of float32, each of shape (samples, channels)
        µV, from 20 ms before to 25 ms after the largest deflection.
    channel : ndarray of int64
        Channel on which each is largest, relative to its noise.
    peak, peak_to_peak : ndarray of float32
        There, µV.
    level : ndarray of float32, shape (channels,)
        Median noise level.
    rate : float
        Samples per second of the templates.
    """

    templates: tuple[NDArray[np.float32], ...]
    channel: NDArray[np.int64]
    peak: NDArray[np.float32]
    peak_to_peak: NDArray[np.float32]
    level: NDArray[np.float32]
    rate: float


def sort_discharges(waves: Waveforms, noise: Noise) -> tuple[Discharges, Shapes]:
    """Sort the events into units, resolve superpositions, and average each unit; most active first."""
    rate = waves.recording_rate
    none = np.full(len(waves.sample), -1)
    unsorted = Discharges(
        waves.sample, none, np.arange(len(none)), np.ones(len(none), np.float32), np.ones(len(none), bool)
    )
    if len(none) < 2:
        return unsorted, _averages(unsorted, waves, noise, 0)[0]
    feature = features(waves, noise)
    matches = _matched(feature, waves.sample / rate)
    discharges = unsorted
    if matches is not None:
        discharges = resolve(matches, waves.sample, round(rate / feature.rate), rate)
        discharges = discharges.where(~locked(discharges, waves))
        discharges = _numbered(parted(discharges, waves, feature), FEWEST_EVENTS)
    discharges = _numbered(paired(discharges, waves, feature), 2)
    kept = range(int(discharges.unit.max(initial=-1)) + 1)
    shapes, offsets = _averages(discharges, waves, noise, len(kept))
    return _timed(discharges, waves, np.append(offsets, 0)), shapes


def _numbered(discharges: Discharges, fewest: int) -> Discharges:
    """Units of so many discharges or more, the most active first; others are none."""
    counts = np.bincount(discharges.unit[discharges.unit >= 0], minlength=1)
    number = np.full(len(counts) + 1, -1)
    kept = [unit for unit in np.argsort(-counts, kind="stable") if counts[unit] >= fewest]
    number[kept] = np.arange(len(kept))
    return replace(discharges, unit=number[discharges.unit])


def _matched(feature: Features, times_s: NDArray[np.float64]) -> Matches | None:
    """Explain the windows by the units found, then again by what stood alone; None without any unit."""
    chapter = chapters(times_s)
    units = joined(feature, without_composites(feature, clusters(feature), times_s), chapter)
    if not units:
        return None
    courses = np.stack([course(feature, unit.events, unit.place, chapter, whole) for unit in units])
    rough = match(feature, courses, chapter)
    place = rough.shift + feature.home
    alone = (np.bincount(rough.event, minlength=len(times_s))[rough.event] == 1) & rough.fits[rough.event]
    alone &= (place >= 0) & (place < feature.shifts)
    for unit in range(len(units)):
        own = alone & (rough.unit == unit)
        if np.sum(own) >= FEWEST_EVENTS:
            courses[unit] = course(feature, rough.event[own], place[own], chapter, whole)
    return untangled(feature, courses, chapter, match(feature, courses, chapter), times_s * feature.rate)


def _timed(discharges: Discharges, waves: Waveforms, offsets: NDArray[np.int64]) -> Discharges:
    """Discharges at the instant of the largest deflection of their unit's average potential.

    Of two lobes of like size noise decides which is larger in one discharge; where that agrees with the
    average, within 2 ms, the discharge's own instant is the more exact one. Events without a unit keep
    theirs.
    """
    sample = discharges.sample + offsets[discharges.unit]
    own = waves.sample[discharges.event]
    agree = discharges.alone & (np.abs(own - sample) <= _AGREE_S * waves.recording_rate)
    sample = np.where(agree | (discharges.unit < 0), own, sample)
    order = np.argsort(sample, kind="stable")
    return replace(discharges, sample=sample).where(order)


def _averages(
    discharges: Discharges, waves: Waveforms, noise: Noise, units: int
) -> tuple[Shapes, NDArray[np.int64]]:
    """Median windows of the discharges that stand alone, centred on the largest deflection.

    Also returns by how many samples of the recording that lies after the reference of the template.
    """
    level = np.median(noise.level, axis=0)
    centre = round(BEFORE_S * waves.rate)
    reach = max(1, round(SEARCH_S * waves.rate))
    step = round(waves.recording_rate / waves.rate)
    shift = np.round((discharges.sample - waves.sample[discharges.event]) / step).astype(int)
    shapes, channel, peak, span, offsets = [], [], [], [], []
    for unit in range(units):
        members = discharges.unit == unit
        if np.any(members & discharges.alone):
            members &= discharges.alone
        chosen = np.flatnonzero(members)
        chosen = chosen[:: -(-len(chosen) // _MOST_AVERAGED)]
        windows = _moved(waves.windows[discharges.event[chosen]], shift[chosen])
        template = np.median(_aligned(windows, max(1, reach // 6)), axis=0).astype(np.float32)
        part = np.abs(template[centre - reach : centre + reach + 1]) / level
        where, best = np.unravel_index(int(np.argmax(part)), part.shape)
        late = int(where) - reach
        template = _moved(template[None], np.array([late]))[0]
        shapes.append(template)
        channel.append(int(best))
        peak.append(float(part[where, best] * level[best]))
        span.append(float(np.ptp(template[centre - reach : centre + reach + 1, best])))
        offsets.append(late * step)
    return Shapes(
        tuple(shapes),
        np.array(channel, np.int64),
        np.array(peak, np.float32),
        np.array(span, np.float32),
        level,
        waves.rate,
    ), np.array(offsets, np.int64)


def _moved(windows: NDArray[np.float32], by: NDArray[np.int64]) -> NDArray[np.float32]:
    """Windows that begin so many samples later; what lies outside is zero."""
    reach = int(np.abs(by).max(initial=0))
    padded = np.pad(windows, ((0, 0), (reach, reach), (0, 0)))
    place = reach + by[:, None] + np.arange(windows.shape[1])
    return np.asarray(padded[np.arange(len(windows))[:, None], place])


def _aligned(windows: NDArray[np.float32], reach: int) -> NDArray[np.float32]:
    """Windows moved by at most `reach` samples to agree best with their median."""
    template = np.median(windows, axis=0)
    strongest = np.argsort(-np.ptp(template, axis=0), kind="stable")[:8]
    kernel = template[reach : len(template) - reach][:, strongest].ravel()
    products = np.stack(
        [
            windows[:, lag : windows.shape[1] - 2 * reach + lag][:, :, strongest].reshape(len(windows), -1)
            @ kernel
            for lag in range(2 * reach + 1)
        ]
    )
    return _moved(windows, np.argmax(products, axis=0) - reach)
