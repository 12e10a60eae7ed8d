"""Signals that are read block by block from a mapped array: in records, or interleaved."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from myolens.readers.spool import Pages, blocks

_APART = 32


class Run(NamedTuple):
    """Consecutive records without a gap: their first sample on the time line, first record, number."""

    first_sample: int
    first_record: int
    records: int


@dataclass(frozen=True, slots=True, eq=False)
class RecordSignal:
    """Samples stored record by record, within a record channel by channel (EDF, BDF, Intan).

    Attributes
    ----------
    words : ndarray, shape (records, words per record)
        Memory map of the file.
    offsets : tuple of int
        Word at which each channel begins in a record.
    per_record : int
        Samples of each channel in a record.
    runs : tuple of Run
        Where the records lie on the time line; what lies between them reads as zeros.
    shift : int
        Bits below the value in a word, shifted out when read.
    """

    words: NDArray[np.generic]
    offsets: tuple[int, ...]
    per_record: int
    runs: tuple[Run, ...]
    shift: int = 0
    _firsts: tuple[int, ...] = field(init=False, repr=False)
    _pages: Pages = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_firsts", tuple(run.first_sample for run in self.runs))
        object.__setattr__(self, "_pages", Pages(self.words))

    @property
    def shape(self) -> tuple[int, int]:
        """(channels, samples)."""
        last = self.runs[-1] if self.runs else Run(0, 0, 0)
        return (len(self.offsets), last.first_sample + last.records * self.per_record)

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Number type of what `read` gives."""
        return self.words.dtype.newbyteorder("=")

    def read(
        self, start: int, stop: int, channels: Sequence[int] | slice = slice(None)
    ) -> NDArray[np.generic]:
        """Stored values, shape (channels, stop − start)."""
        start, stop, _ = slice(start, stop).indices(self.shape[1])
        stop = max(start, stop)
        chosen = (
            self.offsets[channels] if isinstance(channels, slice) else [self.offsets[i] for i in channels]
        )
        found = max(0, bisect_right(self._firsts, start) - 1)
        if self.runs and stop <= self._end(found):
            return self._within(self.runs[found], start, stop, chosen)
        values: NDArray[Any] = np.zeros((len(chosen), stop - start), self.dtype)
        while found < len(self.runs) and self.runs[found].first_sample < stop:
            run = self.runs[found]
            begin, end = max(start, run.first_sample), min(stop, self._end(found))
            if begin < end:
                values[:, begin - start : end - start] = self._within(run, begin, end, chosen)
            found += 1
        return values

    def _end(self, run: int) -> int:
        return self.runs[run].first_sample + self.runs[run].records * self.per_record

    def _within(self, run: Run, start: int, stop: int, offsets: Sequence[int]) -> NDArray[np.generic]:
        size = self.per_record
        start, stop = start - run.first_sample, stop - run.first_sample
        first, last = start // size, -(-stop // size)
        block: NDArray[Any] = self.words[run.first_record + first : run.first_record + last]
        count, rows = block.shape[0], len(offsets)
        start, stop = start - first * size, stop - first * size
        # Rows a multiple of 4096 bytes apart would push one another out of the cache when read side by side.
        room: NDArray[Any] = np.empty((rows, count * size + _APART), self.dtype)
        values = room[:, : count * size].reshape(rows, count, size)
        if rows and count and all(b - a == size for a, b in pairwise(offsets)):
            wanted = block[:, offsets[0] : offsets[0] + rows * size].reshape(count, rows, size).swapaxes(0, 1)
            end = stop - (count - 1) * size
            values[:, 0, start:] = wanted[:, 0, start:]
            values[:, 1:-1] = wanted[:, 1:-1]
            values[:, -1, :end] = wanted[:, -1, :end]
        else:
            for row, offset in enumerate(offsets):
                values[row] = block[:, offset : offset + size]
        if self.shift:
            np.right_shift(values, self.shift, out=values)
        self._pages.read(block.nbytes)
        return room[:, start:stop]


@dataclass(frozen=True, slots=True, eq=False)
class InterleavedSignal:
    """Samples stored instant by instant, all channels of one instant together.

    Floating-point samples that are not finite read as zero.

    Attributes
    ----------
    frames : ndarray, shape (blocks, instants per block, channels)
        Memory map of the file.
    samples : int
        Instants in use; the last block may hold fewer than the others.
    """

    frames: NDArray[np.generic]
    samples: int
    _pages: Pages = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_pages", Pages(self.frames))

    @property
    def shape(self) -> tuple[int, int]:
        """(channels, samples)."""
        return (self.frames.shape[2], self.samples)

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Number type of what `read` gives."""
        return self.frames.dtype.newbyteorder("=")

    def read(
        self, start: int, stop: int, channels: Sequence[int] | slice = slice(None)
    ) -> NDArray[np.generic]:
        """Stored values, shape (channels, stop − start)."""
        start, stop, _ = slice(start, stop).indices(self.samples)
        stop = max(start, stop)
        per_block = self.frames.shape[1]
        first, last = start // per_block, -(-stop // per_block)
        block = self.frames[first:last].reshape(-1, self.frames.shape[2])
        instants = block[start - first * per_block : stop - first * per_block]
        values = np.array(instants[:, channels].T, self.dtype, order="C")
        if values.dtype.kind == "f":
            values[~np.isfinite(values)] = 0
        self._pages.read(block.nbytes)
        return values


def interleaved(values: NDArray[Any]) -> InterleavedSignal:
    """Signal over a finished array of shape (samples, channels), in memory or mapped."""
    final = values.view()
    final.flags.writeable = False
    return InterleavedSignal(final[None], len(values))


def not_numbers(values: NDArray[Any]) -> tuple[str, ...]:
    """Sentence telling how many values an `InterleavedSignal` reads as zero; none when all are numbers."""
    if values.dtype.kind != "f":
        return ()
    count = sum(int((~np.isfinite(values[start:stop])).sum()) for start, stop in blocks(values))
    return (f"{count} values that are not numbers were set to zero",) if count else ()
