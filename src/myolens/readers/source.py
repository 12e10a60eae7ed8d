"""The file being read: opened once, bounded, named by its file name only."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from myolens.errors import InputError

HEAD_BYTES = 65_536
"""Bytes of the beginning that decide the format."""

KEPT_IN_MEMORY = 8 * 1024**2
"""Decoded samples of a file up to this many bytes stay in memory; more go to temporary files."""

LARGEST_UNPACKED = 4 * 1024**3
MOST_UNPACKING = 100
"""What unpacks to more than `LARGEST_UNPACKED` bytes and more than this many times its packed size is
refused: packed EMG shrinks two- to threefold, a file made to fill the disk a thousandfold."""

LARGEST_RATE_HZ = 1e7
"""Faster than any recorder of muscle; a header that says more is broken."""


@dataclass(slots=True)
class Allowance:
    """Bytes of memory that the decoded samples of one file may still take."""

    left: int = KEPT_IN_MEMORY

    def takes(self, size: int) -> bool:
        """Take that many bytes, if they are left."""
        fits = size <= self.left
        self.left -= size if fits else 0
        return fits


@dataclass(frozen=True, slots=True)
class Source:
    """A regular file with its first bytes.

    Attributes
    ----------
    path : Path
        Where it is; never shown, see `name`.
    head : bytes
        The first 64 KiB.
    size : int
        Bytes in the file.
    rate : float or None
        Sampling rate the caller gives for files that do not state one, Hz.
    memory : Allowance
        What may be decoded into memory.
    """

    path: Path
    head: bytes
    size: int
    rate: float | None = None
    memory: Allowance = field(default_factory=Allowance)

    @property
    def name(self) -> str:
        """File name without its folder."""
        return printable(self.path.name)

    @property
    def suffix(self) -> str:
        """Ending of the name, lower case, with its dot."""
        return self.path.suffix.lower()

    def refuse(self, what: str, *, mend: str | None = None) -> InputError:
        """Return the error for this file; the caller raises it."""
        return InputError(printable(what, 600), where=self.name, mend=mend)

    def checked_rate(self, rate: float) -> float:
        """Return the rate if it can be one.

        Raises
        ------
        InputError
            If it is not finite, not positive, or above `LARGEST_RATE_HZ`.
        """
        if not np.isfinite(rate) or not 0 < rate <= LARGEST_RATE_HZ:
            raise self.refuse(f"states a sampling rate of {rate:g} Hz, which cannot be")
        return float(rate)

    def checked_unpacking(self, size: int, packed: int) -> None:
        """Refuse what unpacks to far more than a recording does.

        Parameters
        ----------
        size, packed : int
            Bytes of the samples, and of what they are packed in.

        Raises
        ------
        InputError
            If both limits, `LARGEST_UNPACKED` and `MOST_UNPACKING`, are passed.
        """
        if size > max(LARGEST_UNPACKED, MOST_UNPACKING * packed):
            raise self.refuse(
                f"unpacks to more than {size / 1024**3:.3g} GiB from {packed / 1024**2:.3g} MiB, "
                "which no recording does"
            )

    def companion(self, name: str) -> Path:
        """Path of another file that belongs to this one, in the same folder.

        Raises
        ------
        InputError
            If the name reaches out of the folder or there is no such file.
        """
        plain = name.strip()
        if not plain or plain in {".", ".."} or any(mark in plain for mark in '/\\:\0"') or len(plain) > 255:
            raise self.refuse(f"names {name[:80]!r} as its data file, which is not a plain file name")
        path = self.path.with_name(plain)
        if not path.is_file():
            raise self.refuse(f"needs the file {plain}, which is not beside it")
        return path


def printable(text: str, most: int = 200) -> str:
    """Text without control characters, which could act on a terminal, and not endless."""
    return "".join(mark if mark.isprintable() else "?" for mark in text[:most])


def opened(path: str | Path, *, rate: float | None = None) -> Source:
    """Look at a file without reading more than its head.

    Raises
    ------
    InputError
        If there is no such regular file, it is empty, or it may not be read.
    """
    path = Path(path)
    shown = printable(path.name or str(path))
    try:
        # Non-blocking, so that a pipe without a writer cannot hold us up.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (FileNotFoundError, NotADirectoryError):
        raise InputError("no such file", where=shown) from None
    except PermissionError:
        raise InputError("may not be read", where=shown, mend="Change its permissions") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not valid"
        raise InputError(f"cannot be opened: {str(reason).lower()}", where=shown) from None
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        if stat.S_ISDIR(status.st_mode):
            raise InputError("is a folder", where=shown, mend="Give the recording inside it")
        raise InputError("is not a regular file", where=shown)
    with os.fdopen(handle, "rb") as file:
        if status.st_size == 0:
            raise InputError("is empty", where=shown)
        return Source(path, file.read(HEAD_BYTES), status.st_size, rate)
