"""Columns of numbers that may be longer than memory: differences, medians, missing values, copies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from myolens.readers.naming import listed
from myolens.readers.source import Source
from myolens.readers.spool import allocated, blocks

MOST_AT_ONCE = 1_000_000
"""Up to this many values are sorted to find their median; more are counted by their bits."""


def steps(column: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Differences between consecutive values, block by block."""
    for start, stop in blocks(column):
        yield np.diff(column[max(0, start - 1) : stop])


def finite(column: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Values that are numbers, block by block."""
    for start, stop in blocks(column):
        part = column[start:stop]
        yield part[np.isfinite(part)]


def median(parts: Callable[[], Iterable[NDArray[Any]]]) -> float:
    """Exact median of the values that each call of `parts` gives, without NaN; NaN of none.

    Long columns are not sorted but narrowed down, sixteen bits of the value at a time.
    """
    count = sum(part.size for part in parts())
    if count <= MOST_AT_ONCE:
        return float(np.median(np.concatenate([np.empty(0), *parts()]))) if count else float("nan")
    low, high = (_nth(parts, place) for place in ((count - 1) // 2, count // 2))
    return low if low == high else (low + high) / 2


def _nth(parts: Callable[[], Iterable[NDArray[Any]]], place: int) -> float:
    """Value at a place of the sorted values."""
    found = np.uint64(0)
    for shift in (48, 32, 16, 0):
        counts = np.zeros(65_536, np.int64)
        for part in parts():
            keys = _ordered(part)
            if shift < 48:
                keys = keys[keys >> np.uint64(shift + 16) == found]
            counts += np.bincount((keys >> np.uint64(shift)) & np.uint64(0xFFFF), minlength=65_536)
        until = np.cumsum(counts)
        chosen = int(np.searchsorted(until, place, side="right"))
        place -= int(until[chosen - 1]) if chosen else 0
        found = found << np.uint64(16) | np.uint64(chosen)
    top = np.uint64(1 << 63)
    bits = np.array([found ^ top if found & top else ~found])
    return float(bits.view(np.float64)[0])


def _ordered(values: NDArray[Any]) -> NDArray[np.uint64]:
    """Whole numbers in the order of the floating-point numbers whose bits they are made of."""
    bits = np.ascontiguousarray(values, np.float64).view(np.uint64)
    top = np.uint64(1 << 63)
    return np.where(bits & top, ~bits, bits | top)


def filled(
    source: Source, table: NDArray[Any], columns: Sequence[int], names: Sequence[str]
) -> tuple[str, ...]:
    """Replace missing values by linear interpolation between their neighbours, in place; say so.

    Parameters
    ----------
    source : Source
        For messages.
    table : ndarray, shape (rows, columns)
        What is changed.
    columns, names : sequence of int, of str
        The columns to look at, and what they are called.

    Raises
    ------
    InputError
        If one of them holds no numbers at all.
    """
    lost = np.zeros(len(columns), np.int64)
    for start, stop in blocks(table):
        lost += (~np.isfinite(table[start:stop][:, columns])).sum(axis=0)
    empty = [name for name, gone in zip(names, lost.tolist(), strict=True) if gone == len(table)]
    if empty and len(table):
        raise source.refuse(f"has no numbers in {listed(empty)}")
    notes = []
    for column, name, gone in zip(columns, names, lost.tolist(), strict=True):
        if gone:
            _interpolate(table[:, column])
            notes.append(f"{gone} of {len(table)} values of {name} are missing and were interpolated")
    return tuple(notes[:8])


def _interpolate(column: NDArray[Any]) -> None:
    """Fill what is missing in a column that holds at least one number."""
    settled, value = 0, float("nan")  # rows before this one are done; the value of the last of them
    for start, stop in blocks(column):
        part = column[start:stop]
        known = np.flatnonzero(np.isfinite(part))
        if not known.size:
            continue
        _bridge(column, settled, start + int(known[0]), value)
        gone = np.flatnonzero(~np.isfinite(part))
        gone = gone[gone < known[-1]]
        part[gone] = np.interp(gone, known, part[known])
        settled, value = start + int(known[-1]) + 1, float(part[known[-1]])
    for start, stop in blocks(column[settled:]):
        column[settled + start : settled + stop] = value


def _bridge(column: NDArray[Any], first: int, end: int, value: float) -> None:
    """Fill the rows first ≤ i < end between a value before them and the known row after them."""
    after = float(column[end])
    for start, stop in blocks(column[first:end]):
        rows = np.arange(first + start, first + stop)
        column[rows] = after if np.isnan(value) else np.interp(rows, [first - 1, end], [value, after])


def gathered(
    source: Source,
    table: NDArray[Any],
    columns: Sequence[int],
    rows: int,
    dtype: DTypeLike = np.float32,
) -> NDArray[Any]:
    """Copy of some columns and the first `rows` rows of a table."""
    taken = allocated(source, (rows, len(columns)), dtype)
    for start, stop in blocks(table[:rows], taken):
        taken[start:stop] = table[start:stop][:, columns]
    return taken


def beside(source: Source, tables: Sequence[NDArray[Any]], rows: int) -> NDArray[Any]:
    """The first `rows` rows of several tables of one type side by side; one alone is not copied."""
    if len(tables) == 1:
        return tables[0][:rows]
    whole = allocated(source, (rows, sum(part.shape[1] for part in tables)), tables[0].dtype)
    at = 0
    for part in tables:
        for start, stop in blocks(part[:rows], whole):
            whole[start:stop, at : at + part.shape[1]] = part[start:stop]
        at += part.shape[1]
    return whole
