"""A muscle that is not wholly relaxed: units that fire on and on, one by one or too many to be told apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myolens.emg.counting import Stretches
from myolens.emg.detection import SIDELOBE_REACH_S
from myolens.emg.exclusion import merged
from myolens.emg.waveforms import Waveforms

LEAST_HEIGHT = 8.0
"""Height from which deflections count: Gaussian noise reaches it once in six seconds on four channels, and
once in a minute on one; real rest, of which the tail is heavier, less than twice a second."""

_FEWEST_IN_PART, _PARTS, _PART_S = 10, 5, 2.0
_INTERVALS, _SHORTEST_S, _LONGEST_S = 10, 0.05, 0.3
_EVEN, _MISSED, _DOUBLE = 0.3, 3, 1.5
_JOIN_S, _MARGIN_S = 2.0, 0.5
_FEW_CHANNELS = 4


def unrest(waves: Waveforms, weak: Waveforms, channels: int) -> Stretches:
    """Regular trains and, on up to four channels, unceasing activity, with half a second on either side.

    Many channels show many units of a muscle, and noise itself reaches the height that counts.

    Parameters
    ----------
    waves : Waveforms
        Events that may be of muscle, above the threshold and recalled, in order of time.
    weak : Waveforms
        Candidates below the threshold.
    channels : int
    """
    times_s = waves.sample / waves.recording_rate
    found = regular_trains(times_s)
    if channels <= _FEW_CHANNELS:
        small = weak.height >= LEAST_HEIGHT
        found = [*found, *unceasing(times_s, weak.sample[small] / weak.recording_rate)]
    return [(a - _MARGIN_S, b + _MARGIN_S) for a, b in merged(found, gap_s=_JOIN_S)]


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


def regular_trains(times_s: NDArray[np.float64]) -> Stretches:
    """Stretches in which eleven discharges or more follow one another evenly, whatever their unit.

    Ten successive intervals of 50–300 ms with a coefficient of variation of 0.3 at most, as units fire at
    will (0.1–0.3: Clamann, Biophys J 1969;9:1233); up to three of them may be twice as long, for a
    discharge that was missed. Irregular discharges at 160 a minute do so about once in ten minutes, at 90 a
    minute once in hours (simulated Poisson processes).

    Parameters
    ----------
    times_s : ndarray
        Discharges, ascending.
    """
    if len(times_s) <= _INTERVALS:
        return []
    gaps = np.lib.stride_tricks.sliding_window_view(np.diff(times_s), _INTERVALS)
    double = gaps > _DOUBLE * np.median(gaps, axis=1, keepdims=True)
    single = np.where(double, gaps / 2, gaps)
    even = (single.min(axis=1) >= _SHORTEST_S) & (single.max(axis=1) <= _LONGEST_S)
    even &= (double.sum(axis=1) <= _MISSED) & (single.std(axis=1) <= _EVEN * single.mean(axis=1))
    return merged(
        ((float(times_s[k]), float(times_s[k + _INTERVALS])) for k in np.flatnonzero(even)), gap_s=_JOIN_S
    )


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
