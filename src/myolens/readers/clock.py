"""From a column of times to a steady rate, saying what was uneven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from myolens.readers.columns import gathered, median, steps
from myolens.readers.source import Source
from myolens.readers.spool import Spool, allocated, blocks, release
from myolens.recording import Span

EVEN_WITHIN = 0.1
"""Times that stay within this fraction of an interval of a steady grid are taken as even."""

GAP_INTERVALS = 5.0
"""An interval this many times the usual one is a gap: nothing was recorded in it."""

LONGEST_STRETCH = 20.0
"""With gaps, a recording may become at most this many times longer than its samples."""

_GRID_VALUES = 262_144
_NOT_INCREASING = "has a time column that does not increase, so there is no sampling rate"


@dataclass(frozen=True, slots=True, eq=False)
class Timed:
    """Values on a steady grid.

    Attributes
    ----------
    values : ndarray of float32, shape (samples, channels)
        As given, or interpolated where the times were uneven; zeros in the gaps.
    rate : float
        Samples per second.
    gaps : tuple of Span
        Where nothing was recorded.
    notes : tuple of str
        Achieved rate, jitter, what was done.
    """

    values: NDArray[np.float32]
    rate: float
    gaps: tuple[Span, ...] = ()
    notes: tuple[str, ...] = ()


class _Steps(NamedTuple):
    """What is known of the intervals between the times."""

    least: float
    tick: float  # the least that is not zero
    longest: float
    repeated: float  # share of intervals of zero
    deviation: float  # standard deviation


def clocked(
    source: Source, times: NDArray[np.float64], table: NDArray[Any], columns: Sequence[int], scale: float
) -> tuple[NDArray[np.float64], NDArray[Any], int]:
    """Rows that have a time: seconds from the earliest one, their values, and how many have none.

    Parameters
    ----------
    source : Source
        For messages.
    times : ndarray of float64, shape (rows,)
        In a unit of `scale` seconds; NaN where there is none.
    table : ndarray, shape (rows, columns)
        Where the values are.
    columns : sequence of int
        The columns that are taken.
    """
    least = min((float(np.nanmin(times[a:b], initial=np.inf)) for a, b in blocks(times)), default=0.0)
    seconds, values = Spool(source, 1), Spool(source, len(columns), table.dtype)
    for start, stop in blocks(table, times):
        instants = (times[start:stop] - least) * scale
        known = np.isfinite(instants)
        seconds.append(instants[known][:, None])
        values.append(table[start:stop][:, columns][known])
    return seconds.array()[:, 0], values.array(), len(times) - seconds.rows


def steadied(source: Source, times: NDArray[np.float64], values: NDArray[Any], *, timeless: int = 0) -> Timed:
    """Put values that were taken at given times on a steady grid.

    Times that are even already are kept as they are. Others are interpolated linearly to the
    median rate, and the gaps between them named.

    Parameters
    ----------
    source : Source
        For messages.
    times : ndarray of float64, shape (rows,)
        Seconds, all finite.
    values : ndarray, shape (rows, channels)
        One column per channel.
    timeless : int
        Rows without a time that were left out before, for the notes.

    Raises
    ------
    InputError
        If fewer than two times increase, or their gaps dwarf what was recorded.
    """
    count = times.size
    span = float(times[-1] - times[0]) if count > 1 else 0.0
    if count < 2 or not np.isfinite(span) or span <= 0:
        raise source.refuse(_NOT_INCREASING)
    notes = [f"{timeless} rows without a time were left out"] if timeless else []
    rate = (count - 1) / span
    intervals = _steps(times)
    if _is_even(times, intervals, rate):
        rate = source.checked_rate(_rounded(rate, count))
        if np.isfinite(rate) and intervals.deviation * rate > 1e-3:
            jitter = 100 * intervals.deviation * rate
            notes.append(
                f"The times keep to {rate:.6g} Hz; their interval varies by {jitter:.2g} %, and was left so"
            )
        return Timed(gathered(source, values, range(values.shape[1]), count), rate, (), tuple(notes))
    if intervals.least <= 0:
        times, values = _forward(source, times, values)
        notes.append(f"{count - times.size} rows whose time does not increase were left out")
        if times.size < 2:
            raise source.refuse(_NOT_INCREASING)
    return _interpolated(source, times, values, notes)


def _steps(times: NDArray[np.float64]) -> _Steps:
    least = tick = np.inf
    longest, zeros, squares = -np.inf, 0, 0.0
    mean = float(times[-1] - times[0]) / (times.size - 1)
    for part in steps(times):
        least = min(least, float(part.min(initial=np.inf)))
        longest = max(longest, float(part.max(initial=-np.inf)))
        tick = min(tick, float(part[part > 0].min(initial=np.inf)))
        zeros += int((part == 0).sum())
        squares += float(((part - mean) ** 2).sum())
    return _Steps(least, tick, longest, zeros / (times.size - 1), float(np.sqrt(squares / (times.size - 1))))


def _is_even(times: NDArray[np.float64], intervals: _Steps, rate: float) -> bool:
    """Whether the times lie on a grid, allowing for the last digit they were written with."""
    away = max(
        float(np.abs(times[a:b] - (times[0] + np.arange(a, b) / rate)).max()) for a, b in blocks(times)
    )
    if away <= EVEN_WITHIN / rate:
        return True
    # Several samples share one written time: the clock ticks more slowly than the samples come.
    return bool(intervals.repeated > 0.1 and intervals.least >= 0 and away <= 1.01 * intervals.tick)


def _rounded(rate: float, count: int) -> float:
    """Whole number of Hz when that moves the last sample by less than a tenth of an interval."""
    whole = round(rate)
    return float(whole) if whole > 0 and abs(whole / rate - 1) * count < EVEN_WITHIN else rate


def _forward(
    source: Source, times: NDArray[np.float64], values: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Only the rows that are later than every row before them."""
    later, kept = Spool(source, 1), Spool(source, values.shape[1], values.dtype)
    latest = -np.inf
    for start, stop in blocks(values, times):
        part = times[start:stop]
        before = np.maximum.accumulate(np.concatenate([[latest], part]))
        ahead = part > before[:-1]
        later.append(part[ahead][:, None])
        kept.append(values[start:stop][ahead])
        latest = before[-1]
    return later.array()[:, 0], kept.array()


def _interpolated(
    source: Source, times: NDArray[np.float64], values: NDArray[Any], notes: list[str]
) -> Timed:
    usual = median(lambda: steps(times))
    if not np.isfinite(1 / usual):
        raise source.refuse("has a time column whose steps are too small to be a sampling rate")
    rate = source.checked_rate(_rounded(1 / usual, times.size))
    length = float(times[-1] - times[0]) * rate
    if length > LONGEST_STRETCH * times.size + 1000:
        raise source.refuse(
            f"has a time column that spans {length / rate:.3g} s for {times.size} rows at {rate:.4g} Hz",
            mend="Remove the rows with wrong times",
        )
    even = _on_grid(source, times, values, rate, int(length + 1e-6) + 1)
    gaps: list[Span] = []
    regular, total, squares, longest = 0, 0.0, 0.0, 0.0
    for start, stop in blocks(times):
        part = times[max(0, start - 1) : stop]
        taken = np.diff(part)
        missing = taken > GAP_INTERVALS * usual
        begins, ends = part[:-1][missing] - times[0], part[1:][missing] - times[0]
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            _clear(even[int(np.floor(begin * rate)) + 1 : int(np.ceil(end * rate))])
            gaps.append(Span(begin + 1 / rate, end, "no samples in the file"))
        usable = taken[~missing]
        regular += usable.size
        # About the median, so that the sum of squares keeps its digits.
        total += float((usable - usual).sum())
        squares += float(((usable - usual) ** 2).sum())
        longest = max(longest, float(taken.max(initial=0.0)))
    spread = float(np.sqrt(max(0.0, squares / regular - (total / regular) ** 2)))
    achieved = (times.size - 1) / float(times[-1] - times[0])
    notes.append(
        f"Unevenly sampled: {achieved:.4g} samples a second were achieved, the interval varies by "
        f"{100 * spread / usual:.2g} % (standard deviation) and is {1000 * longest:.4g} ms at the longest; "
        f"put on an even grid of {rate:.6g} Hz by linear interpolation"
    )
    if gaps:
        notes.append(
            f"{len(gaps)} gaps of {sum(g.end_s - g.start_s for g in gaps):.3g} s together hold zeros"
        )
    return Timed(even, rate, tuple(gaps), tuple(notes))


def _on_grid(
    source: Source, times: NDArray[np.float64], values: NDArray[Any], rate: float, samples: int
) -> NDArray[np.float32]:
    """Values by linear interpolation at the first time plus whole intervals, shape (samples, channels)."""
    even = allocated(source, (samples, values.shape[1]), np.float32)
    most = max(256, _GRID_VALUES // values.shape[1])
    start = 0
    while start < samples:
        stop = min(samples, start + most)
        while True:
            grid = times[0] + np.arange(start, stop) / rate
            low = max(0, int(np.searchsorted(times, grid[0], side="right")) - 2)
            high = int(np.searchsorted(times, grid[-1], side="left")) + 2
            if high - low <= 4 * most or stop - start == 1:
                break
            stop = start + (stop - start) // 2
        near, known = times[low:high], values[low:high]
        for column in range(values.shape[1]):
            even[start:stop, column] = np.interp(grid, near, known[:, column])
        for array in (times, values, even):
            release(array)
        start = stop
    return even


def _clear(rows: NDArray[Any]) -> None:
    if len(rows):
        for start, stop in blocks(rows):
            rows[start:stop] = 0
