"""From a column of times to a steady rate, saying what was uneven."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myolens.readers.source import Source
from myolens.recording import Span

EVEN_WITHIN = 0.1
"""Times that stay within this fraction of an interval of a steady grid are taken as even."""

GAP_INTERVALS = 5.0
"""An interval this many times the usual one is a gap: nothing was recorded in it."""

LONGEST_STRETCH = 20.0
"""With gaps, a recording may become at most this many times longer than its samples."""


@dataclass(frozen=True, slots=True, eq=False)
class Timed:
    """Values on a steady grid.

    Attributes
    ----------
    values : ndarray of float32, shape (channels, samples)
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


def steadied(source: Source, times_s: NDArray[np.float64], values: NDArray[np.floating]) -> Timed:
    """Put values that were taken at given times on a steady grid.

    Times that are even already are kept as they are. Others are interpolated linearly to the
    median rate, and the gaps between them named.

    Parameters
    ----------
    source : Source
        For messages.
    times_s : ndarray of float64, shape (samples,)
        Seconds.
    values : ndarray, shape (channels, samples)
        One row per channel.

    Raises
    ------
    InputError
        If fewer than two times increase, or their gaps dwarf what was recorded.
    """
    known = np.isfinite(times_s)
    times, kept = times_s[known], values[:, known]
    count = times.size
    span = times[-1] - times[0] if count > 1 else 0.0
    if count < 2 or not np.isfinite(span) or span <= 0:
        raise source.refuse("has a time column that does not increase, so there is no sampling rate")
    notes: list[str] = []
    if count < times_s.size:
        notes.append(f"{times_s.size - count} rows without a time were left out")
    steps = np.diff(times)
    rate = (count - 1) / span
    if _is_even(times, steps, rate):
        rate = source.checked_rate(_rounded(rate, count))
        if np.isfinite(rate) and float(np.std(steps)) * rate > 1e-3:
            jitter = 100 * float(np.std(steps)) * rate
            notes.append(
                f"The times keep to {rate:.6g} Hz; their interval varies by {jitter:.2g} %, and was left so"
            )
        return Timed(kept.astype(np.float32), rate, (), tuple(notes))
    forward = np.concatenate([[True], times[1:] > np.maximum.accumulate(times)[:-1]])
    if not forward.all():
        notes.append(f"{int((~forward).sum())} rows whose time does not increase were left out")
        times, kept = times[forward], kept[:, forward]
        steps = np.diff(times)
        if times.size < 2:
            raise source.refuse("has a time column that does not increase, so there is no sampling rate")
    return _interpolated(source, times, steps, kept, notes)


def _is_even(times: NDArray[np.float64], steps: NDArray[np.float64], rate: float) -> bool:
    """Whether the times lie on a grid, allowing for the last digit they were written with."""
    grid = times[0] + np.arange(times.size) / rate
    away = float(np.abs(times - grid).max())
    if away <= EVEN_WITHIN / rate:
        return True
    # Several samples share one written time: the clock ticks more slowly than the samples come.
    repeated = float(np.mean(steps == 0))
    tick = float(steps[steps > 0].min())
    return bool(repeated > 0.1 and steps.min() >= 0 and away <= 1.01 * tick)


def _rounded(rate: float, count: int) -> float:
    """Whole number of Hz when that moves the last sample by less than a tenth of an interval."""
    whole = round(rate)
    return float(whole) if whole > 0 and abs(whole / rate - 1) * count < EVEN_WITHIN else rate


def _interpolated(
    source: Source,
    times: NDArray[np.float64],
    steps: NDArray[np.float64],
    values: NDArray[np.floating],
    notes: list[str],
) -> Timed:
    usual = float(np.median(steps))
    if not np.isfinite(1 / usual):
        raise source.refuse("has a time column whose steps are too small to be a sampling rate")
    rate = source.checked_rate(_rounded(1 / usual, times.size))
    length = (times[-1] - times[0]) * rate
    if length > LONGEST_STRETCH * times.size + 1000:
        raise source.refuse(
            f"has a time column that spans {length / rate:.3g} s for {times.size} rows at {rate:.4g} Hz",
            mend="Remove the rows with wrong times",
        )
    grid = times[0] + np.arange(int(length + 1e-6) + 1) / rate
    even = np.stack([np.interp(grid, times, row) for row in values]).astype(np.float32)
    missing = steps > GAP_INTERVALS * usual
    gaps = []
    for begin, end in zip(times[:-1][missing] - times[0], times[1:][missing] - times[0], strict=True):
        even[:, int(np.floor(begin * rate)) + 1 : int(np.ceil(end * rate))] = 0
        gaps.append(Span(float(begin + 1 / rate), float(end), "no samples in the file"))
    regular = steps[~missing]
    jitter = 100 * float(np.std(regular)) / usual
    achieved = (times.size - 1) / float(times[-1] - times[0])
    notes.append(
        f"Unevenly sampled: {achieved:.4g} samples a second were achieved, the interval varies by "
        f"{jitter:.2g} % (standard deviation) and is {1000 * float(steps.max()):.4g} ms at the longest; "
        f"put on an even grid of {rate:.6g} Hz by linear interpolation"
    )
    if gaps:
        notes.append(
            f"{len(gaps)} gaps of {sum(g.end_s - g.start_s for g in gaps):.3g} s together hold zeros"
        )
    return Timed(even, rate, tuple(gaps), tuple(notes))
