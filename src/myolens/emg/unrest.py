"""A muscle that is not wholly relaxed: units that fire on and on, one by one or too many to be told apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myolens.emg.counting import Stretches
from myolens.emg.detection import SIDELOBE_REACH_S
from myolens.emg.exclusion import inside, merged
from myolens.emg.matching import Discharges
from myolens.emg.waveforms import Waveforms

LEAST_HEIGHT = 8.0
"""Height from which deflections count: Gaussian noise reaches it once in six seconds on four channels, and
once in a minute on one; real rest, of which the tail is heavier, less than twice a second."""

_FEWEST_IN_PART, _PARTS, _PART_S = 10, 5, 2.0
_INTERVALS, _SHORTEST_S, _LONGEST_S, _LONGEST_OF_UNIT_S = 10, 0.05, 0.3, 0.4
_EVEN, _MISSED, _DOUBLE = 0.3, 3, 1.5
_INTERVALS_OF_RUN, _LONGEST_OF_RUN_S = 4, 0.35
_JOIN_S, _MARGIN_S = 2.0, 0.5
_FEW_CHANNELS = 4
_BESIDE_S, _FEWEST_APART, _PAD_S = 1.0, 2, 0.2


def unrest(waves: Waveforms, weak: Waveforms, discharges: Discharges, channels: int) -> Stretches:
    """Regular trains and, on up to four channels, unceasing activity, with half a second on either side.

    Trains are looked for among all discharges, as one unit may be sorted into two, and in each unit, as two
    that fire together are uneven. A unit may fire a little more slowly than what is told by rhythm alone:
    among the discharges of one shape chance makes fewer trains. Many channels show many units of a muscle,
    and noise itself reaches the height that counts.

    Parameters
    ----------
    waves : Waveforms
        Events that may be of muscle, above the threshold and recalled, in order of time.
    weak : Waveforms
        Candidates below the threshold.
    discharges : Discharges
        What the events were sorted into.
    channels : int
    """
    times_s = waves.sample / waves.recording_rate
    found = regular_trains(times_s)
    for unit in np.unique(discharges.unit[discharges.unit >= 0]):
        own_s = np.sort(discharges.sample[discharges.unit == unit]) / waves.recording_rate
        found += regular_trains(own_s, longest_s=_LONGEST_OF_UNIT_S)
    if channels <= _FEW_CHANNELS:
        small = weak.height >= LEAST_HEIGHT
        found = [*found, *unceasing(times_s, weak.sample[small] / weak.recording_rate)]
    return [(a - _MARGIN_S, b + _MARGIN_S) for a, b in merged(found, gap_s=_JOIN_S)]


def of_efforts(discharges: Discharges, rate: float, efforts: Stretches) -> Stretches:
    """Discharges beside efforts, and those of units that hardly discharge anywhere else, with a margin.

    A muscle comes to rest by and by, and gets ready before it works: units fire singly then that are
    silent at rest. So a discharge less than a second from an effort is to be of a unit that discharges
    twice or more farther away.

    Parameters
    ----------
    discharges : Discharges
        Outside the efforts.
    rate : float
        Of the recording, Hz.
    efforts : list of (float, float)
        Voluntary activity, s.
    """
    times_s = discharges.sample / rate
    near = inside(times_s, [(a - _BESIDE_S, b + _BESIDE_S) for a, b in efforts])
    left_out = near & (discharges.unit < 0)
    for unit in np.unique(discharges.unit[near & (discharges.unit >= 0)]):
        own = discharges.unit == unit
        if np.count_nonzero(own & ~near) < _FEWEST_APART:
            left_out |= own
    return [(float(t) - _PAD_S, float(t) + _PAD_S) for t in times_s[left_out]]


def unceasing(discharge_s: NDArray[np.float64], small_s: NDArray[np.float64]) -> Stretches:
    """Stretches with five deflections a second or more for ten seconds, discharges and smaller ones.

    Where units fire all the time, the noise level is that of their own activity, most of their potentials
    stay below the threshold, and those above it look like single discharges. Among the highest rates of
    fasciculation recorded is 160 a minute, of which 50 in ten seconds come by chance less than once in 25 000
    such windows (Poisson); two units held just above their lowest rate make as many. Each two of the
    ten seconds are to hold ten, as a short effort makes many deflections, and none beside it.

    Parameters
    ----------
    discharge_s : ndarray
        Events above the threshold that may be of muscle, ascending.
    small_s : ndarray
        Deflections below it of `LEAST_HEIGHT` or more, ascending; one within 36 ms of a discharge or of
        another is part of it.
    """
    times = _apart(discharge_s, small_s)
    edges = np.searchsorted(times, times[:, None] + _PART_S * np.arange(_PARTS + 1))
    counts = np.diff(edges, axis=1)
    found = np.flatnonzero(counts.min(axis=1) >= _FEWEST_IN_PART)
    return merged(((float(times[k]), float(times[edges[k, -1] - 1])) for k in found), gap_s=_JOIN_S)


def regular_trains(times_s: NDArray[np.float64], *, longest_s: float = _LONGEST_S) -> Stretches:
    """Stretches in which eleven discharges or more follow one another evenly.

    Ten successive intervals of 50–300 ms with a coefficient of variation of 0.3 at most, as units fire at
    will (0.1–0.3: Clamann, Biophys J 1969;9:1233); up to three of them may be twice as long, for a
    discharge that was missed. Irregular discharges at 160 a minute do so about once in ten minutes, at 90 a
    minute once in hours, up to 400 ms twice as often (simulated Poisson processes).

    Parameters
    ----------
    times_s : ndarray
        Discharges, ascending.
    longest_s : float
        Longest interval.
    """
    return merged(_even(times_s, _INTERVALS, longest_s, _MISSED), gap_s=_JOIN_S)


def short_runs(times_s: NDArray[np.float64]) -> Stretches:
    """Stretches in which five discharges or more follow one another evenly, none missed.

    Four intervals of 50–350 ms, as evenly as in a train. At the least effort units of limb muscles fire at
    intervals of 132 ± 32 ms (Petajan & Philip, Electroencephalogr Clin Neurophysiol 1969;27:66), those of a
    hand muscle 8.4 ± 1.3 times a second (Milner-Brown et al., J Physiol 1973;230:371); the longer ones allow
    for their variation. So few come by chance too, where discharges are many: they are no reason to leave
    anything out, but the muscle may not be at rest.

    Parameters
    ----------
    times_s : ndarray
        Discharges, ascending.
    """
    return merged(_even(times_s, _INTERVALS_OF_RUN, _LONGEST_OF_RUN_S, 0))


def _even(times_s: NDArray[np.float64], intervals: int, longest_s: float, missed: int) -> Stretches:
    """First and last discharge of so many even intervals, up to some of them twice as long."""
    if len(times_s) <= intervals:
        return []
    gaps = np.lib.stride_tricks.sliding_window_view(np.diff(times_s), intervals)
    double = gaps > _DOUBLE * np.median(gaps, axis=1, keepdims=True)
    double &= missed > 0
    single = np.where(double, gaps / 2, gaps)
    even = (single.min(axis=1) >= _SHORTEST_S) & (single.max(axis=1) <= longest_s)
    even &= (double.sum(axis=1) <= missed) & (single.std(axis=1) <= _EVEN * single.mean(axis=1))
    return [(float(times_s[k]), float(times_s[k + intervals])) for k in np.flatnonzero(even)]


def _apart(discharge_s: NDArray[np.float64], small_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """All discharges, and of the smaller deflections those that are no part of another one."""
    after = np.searchsorted(discharge_s, small_s)
    padded = np.concatenate([[-np.inf], discharge_s, [np.inf]])
    beside = np.minimum(small_s - padded[after], padded[after + 1] - small_s) <= SIDELOBE_REACH_S
    kept: list[float] = []
    for t in small_s[~beside].tolist():
        if not kept or t - kept[-1] > SIDELOBE_REACH_S:
            kept.append(t)
    return np.sort(np.concatenate([discharge_s, kept]))
