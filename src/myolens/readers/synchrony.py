"""Time stamps of streams brought to one clock, and their jitter removed, in place and block by block.

Clock offsets are fitted with a straight line by the Huber norm, which a few late replies do not move;
a restarted clock begins a new line. Stamps of a stream with a nominal rate are then put on a straight
line between breaks. Source: XDF specification (github.com/sccn/xdf), whose reference reader, pyxdf,
sets the thresholds; it is the oracle of the tests.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from myolens.readers.spool import blocks

_FEW = 10.0
"""A last clock offset this many median intervals, or scaled absolute deviations, away is a false one."""
_RESET_INTERVAL = (5.0, 5.0)
_RESET_OFFSET = (10.0, 1.0)
"""A clock was reset where interval and offset both leap by this many deviations and seconds."""
_EPSILON = float(np.finfo(float).eps)
_HUBER_S = 1e-4
_ROUNDS = 1000
_BREAK_S, _BREAK_SAMPLES = 1.0, 500.0
"""A stream paused where it gave nothing for longer than both."""


def is_false(clock: NDArray[np.float64], offset: NDArray[np.float64]) -> bool:
    """Whether the last clock offset is out of line with the ones before it."""
    if clock.size < 3:
        return False
    intervals = np.diff(clock)
    usual, last = float(np.median(intervals[:-1])), abs(float(intervals[-1]))
    if last > _FEW * usual if usual > 0 else last > 0:
        return True
    middle = float(np.median(offset[:-1]))
    spread = float(np.median(np.abs(offset[:-1] - middle)))
    # 1.4826 makes of the median absolute deviation a standard deviation.
    return spread > _EPSILON and abs(float(offset[-1]) - middle) > _FEW * 1.4826 * spread


def synchronise(stamps: NDArray[np.float64], clock: NDArray[np.float64], offset: NDArray[np.float64]) -> None:
    """Add the clock offset to time stamps.

    Parameters
    ----------
    stamps : ndarray, shape (samples,)
        Seconds of the sender's clock; changed in place to the recorder's.
    clock, offset : ndarray, shape (measurements,)
        When the offset between the two clocks was measured, and what it was, s.
    """
    if not clock.size or not stamps.size:
        return
    resets = _resets(clock, offset)
    begin = 0
    for first, end in pairwise([0, *resets, clock.size]):
        stop = stamps.size if end == clock.size else _until(stamps, begin, clock[end - 1], clock[end])
        constant, slope = _line(clock[first:end], offset[first:end])
        part = stamps[begin:stop]
        for low, high in blocks(part):
            part[low:high] += constant + slope * part[low:high]
        begin = stop


def dejitter(stamps: NDArray[np.float64], nominal_rate: float) -> None:
    """Put the time stamps of each stretch without a break on a straight line, in place."""
    longest = max(_BREAK_S, _BREAK_SAMPLES / nominal_rate)
    breaks = [0]
    for start, stop in blocks(stamps):
        taken = np.abs(np.diff(stamps[max(0, start - 1) : stop]))
        breaks += (np.flatnonzero(taken > longest) + max(0, start - 1) + 1).tolist()
    for first, end in pairwise([*breaks, stamps.size]):
        if end - first > 1:
            _straighten(stamps[first:end])


def _straighten(stamps: NDArray[np.float64]) -> None:
    """Least-squares line through equidistant samples."""
    count, origin = stamps.size, float(stamps[0])
    middle = (count - 1) / 2
    total = moment = 0.0
    for start, stop in blocks(stamps):
        since = stamps[start:stop] - origin
        total += float(since.sum())
        moment += float(((np.arange(start, stop) - middle) * since).sum())
    # The sum of squares of 0 … n−1 about their mean is n(n² − 1)/12.
    interval = moment / (count * (count * count - 1) / 12)
    for start, stop in blocks(stamps):
        stamps[start:stop] = origin + total / count + interval * (np.arange(start, stop) - middle)


def _resets(clock: NDArray[np.float64], offset: NDArray[np.float64]) -> Iterable[int]:
    """Measurements that are the first after a reset of the clock."""
    if clock.size < 2:
        return []
    time, value = np.diff(clock), np.diff(offset)
    leaps = _leaps(time, *_RESET_INTERVAL) & _leaps(value, *_RESET_OFFSET)
    return (np.flatnonzero((time < 0) | leaps) + 1).tolist()


def _leaps(steps: NDArray[np.float64], deviations: float, seconds: float) -> NDArray[np.bool_]:
    away = np.abs(steps - np.median(steps))
    far: NDArray[np.bool_] = away / (float(np.median(away)) + _EPSILON) > deviations
    return far & (away > seconds)


def _until(stamps: NDArray[np.float64], begin: int, before: float, after: float) -> int:
    """First sample from `begin` on that is not closer to the time before a reset than to the one after."""
    part = stamps[begin:]
    for low, high in blocks(part):
        past = np.flatnonzero(np.abs(part[low:high] - before) >= np.abs(part[low:high] - after))
        if past.size:
            return begin + low + int(past[0])
    return stamps.size


def _line(clock: NDArray[np.float64], offset: NDArray[np.float64]) -> tuple[float, float]:
    """Constant and slope of the offset by the Huber norm.

    Alternating direction method of multipliers with a penalty of 1 (Boyd et al., Foundations and
    Trends in Machine Learning 3:1, 2011, §6.1.1).
    """
    if clock.size == 1:
        return float(offset[0]), 0.0
    times, wanted = clock / _HUBER_S, offset / _HUBER_S
    design = np.column_stack([np.ones(clock.size), times - times.min()])
    try:
        lower = np.linalg.cholesky(design.T @ design)
    except np.linalg.LinAlgError:
        return 0.0, 0.0
    found = np.zeros(2)
    split, dual = np.zeros(clock.size), np.zeros(clock.size)
    for _ in range(_ROUNDS):
        found = np.linalg.solve(lower.T, np.linalg.solve(lower, design.T @ (wanted + split - dual)))
        error = design @ found - wanted + dual
        split = error / 2 + np.sign(error) * np.maximum(np.abs(error) - 2, 0) / 2
        dual = error - split
    return float((found[0] - found[1] * times.min()) * _HUBER_S), float(found[1])
