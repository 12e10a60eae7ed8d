"""Decoded samples kept out of memory: a temporary file without a name, mapped as an array.

Formats that are packed, written as text or stored in pieces cannot be mapped as they are. They are
decoded once, block by block, into such an array; everything after that reads it like any mapped file.
"""

from __future__ import annotations

import errno
import math
import mmap
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from myolens.errors import InputError
from myolens.readers.source import Source

ROOM_LEFT = 512 * 1024**2
"""Bytes that are left free on the disk of the temporary file."""

BLOCK_BYTES = 4 * 1024**2
"""Bytes looked at or written at a time."""

_STAGE_BYTES = 1024**2
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Spool:
    """Rows of numbers, appended block by block until their number is known.

    Parameters
    ----------
    source : Source
        For messages.
    columns : int
        Numbers in a row.
    dtype : dtype
        Their type.
    """

    def __init__(self, source: Source, columns: int, dtype: DTypeLike = np.float64) -> None:
        self.rows = 0
        self._source = source
        self._dtype = np.dtype(dtype)
        self._width = columns * self._dtype.itemsize
        self._stage = np.empty((0, columns), self._dtype)
        self._staged = 0
        self._parts: list[NDArray[Any]] = []
        self._file: IO[bytes] | None = None

    def append(self, block: NDArray[Any]) -> None:
        """Add rows, shape (rows, columns).

        Raises
        ------
        InputError
            If the disk has no room for them.
        """
        while len(block):
            if not len(self._stage):
                # Small at first, for a file may have many streams of a few samples.
                size = min(_STAGE_BYTES, max(4096, self.rows * self._width))
                self._stage = np.empty((max(1, size // self._width), block.shape[1]), self._dtype)
            taken = block[: len(self._stage) - self._staged]
            self._stage[self._staged : self._staged + len(taken)] = taken
            self._staged += len(taken)
            self.rows += len(taken)
            block = block[len(taken) :]
            if self._staged == len(self._stage):
                self._put_away()

    def array(self) -> NDArray[Any]:
        """All rows, shape (rows, columns); nothing can be appended afterwards."""
        if self._file is None:
            return np.concatenate([*self._parts, self._stage[: self._staged]])
        self._put_away()
        with self._file as file, _told(self._source, self.rows * self._width):
            file.flush()
            return _mapped(file, (self.rows, self._stage.shape[1]), self._dtype)

    def _put_away(self) -> None:
        """Move the staged rows to memory while they are few, else to the file."""
        if self._file is None and self._source.memory.takes(self._staged * self._width):
            self._parts.append(self._stage[: self._staged])
        else:
            with _told(self._source, self.rows * self._width):
                if self._file is None:
                    self._file = _temporary()
                parts = [*self._parts, self._stage[: self._staged]]
                _check_room(sum(part.nbytes for part in parts))
                for part in parts:
                    self._file.write(part.data)
            self._parts.clear()
        self._stage, self._staged = self._stage[:0], 0


def allocated(source: Source, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Array of zeros to decode into, whose room on the disk is taken at once.

    Raises
    ------
    InputError
        If the disk has no room for it.
    """
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    if source.memory.takes(size):
        return np.zeros(shape, dtype)
    with _told(source, size), _temporary() as file:
        _check_room(size)
        _take_room(file, size)
        return _mapped(file, shape, dtype)


def blocks(*arrays: NDArray[Any]) -> Iterator[tuple[int, int]]:
    """(start, stop) of consecutive blocks of rows; after each, the pages of mapped arrays are given back.

    Parameters
    ----------
    arrays : ndarray
        Arrays of equally many rows.
    """
    rows = len(arrays[0])
    # A column of a table touches the pages of whole rows.
    widest = max(max(a.strides[0], a.itemsize * math.prod(a.shape[1:])) for a in arrays)
    step = max(1, BLOCK_BYTES // max(1, widest))
    for start in range(0, rows, step):
        yield start, min(rows, start + step)
        for array in arrays:
            release(array)


def release(array: NDArray[Any]) -> None:
    """Let the system have back the pages of a mapped array; what was written to them is kept."""
    base: object = array
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)


class Pages:
    """Pages of a mapped array, given back whenever so many bytes of it have been read.

    To give them back after every short read would take longer than the reading.
    """

    def __init__(self, array: NDArray[Any]) -> None:
        self._array = array
        self._read = 0

    def read(self, size: int) -> None:
        """Note that so many bytes were read."""
        self._read += size
        if self._read >= BLOCK_BYTES:
            self._read = 0
            release(self._array)


def folder() -> Path:
    """Where temporary files go: TMPDIR where it is set, else the place for large ones.

    /tmp is in memory on many systems; /var/tmp is on disk (Filesystem Hierarchy Standard 3.0, §5.15).
    """
    if not any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP")):
        large = Path("/var/tmp")  # noqa: S108 - files there are made without a name, or by mkstemp
        if large.is_dir() and os.access(large, os.W_OK | os.X_OK):
            return large
    return Path(tempfile.gettempdir())


def _temporary() -> IO[bytes]:
    # Mode 0600, and without a name: whatever ends the process, the system takes the room back.
    return tempfile.TemporaryFile(dir=folder(), prefix="myolens-")


def _take_room(file: IO[bytes], size: int) -> None:
    """Make a file that long; where the system can, its room on the disk is taken too.

    Otherwise writing through the map to a disk that became full would end the process.
    """
    try:
        os.posix_fallocate(file.fileno(), 0, size)
    except (AttributeError, OSError) as error:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            raise
        file.truncate(size)


def _mapped(file: IO[bytes], shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Map a file of samples; the map outlives the closing of the file."""
    return np.asarray(np.memmap(file, dtype, "r+", shape=shape))


def _check_room(size: int) -> None:
    if shutil.disk_usage(folder()).free < size + ROOM_LEFT:
        raise OSError(errno.ENOSPC, "no room")


class _told:  # noqa: N801 - a context manager reads like a function
    """Turns a full disk into an `InputError` that says how much room is needed."""

    def __init__(self, source: Source, size: int) -> None:
        self.source, self.size = source, size

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            raise no_room(self.source, self.size) from error


def no_room(source: Source, size: int) -> InputError:
    """Return the error for samples that do not fit on the disk."""
    free = max(0, shutil.disk_usage(folder()).free - ROOM_LEFT)
    return source.refuse(
        f"takes at least {_amount(size)} of disk space while it is read, and {_amount(free)} can be used",
        mend="Free space where temporary files are kept, or let TMPDIR name a folder on another disk",
    )


def _amount(size: int) -> str:
    return f"{size / 1024**3:.3g} GiB" if size >= 1024**3 else f"{size / 1024**2:.3g} MiB"
