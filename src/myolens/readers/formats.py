"""The formats Myolens reads, and the choice between them: by content first, then by name."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from myolens.errors import InputError
from myolens.readers import (
    archive,
    brainvision,
    c3d,
    delimited,
    delsys,
    edf,
    geneactiv,
    intan,
    matlab,
    opensignals,
    phones,
    physionet,
    poly5,
    unread,
    xdf,
)
from myolens.readers.naming import could_be_emg
from myolens.readers.source import Source, opened, printable
from myolens.recording import EMG_KINDS, ChannelKind, Recording

RATES_ALIKE = 1e-3
"""A given rate that is this close to the file's, relatively, is the same one, rounded."""


class Format(NamedTuple):
    """One file format.

    Attributes
    ----------
    name : str
        As people call it.
    sniff : callable
        Whether a file is of this format, by its first bytes, else by its name; reads no more.
    read : callable
        File → recordings.
    """

    name: str
    sniff: Callable[[Source], bool]
    read: Callable[[Source], Sequence[Recording]]


FORMATS: tuple[Format, ...] = (
    Format("EDF or BDF", edf.sniff, edf.read),
    Format("TMSi Poly5", poly5.sniff, poly5.read),
    Format("Intan RHD", intan.sniff, intan.read),
    Format("BrainVision", brainvision.sniff, brainvision.read),
    Format("C3D", c3d.sniff, c3d.read),
    Format("XDF", xdf.sniff, xdf.read),
    Format("MATLAB", matlab.sniff, matlab.read),
    Format("OTBiolab+ archive", archive.sniff, archive.read),
    Format("OpenSignals", opensignals.sniff, opensignals.read),
    Format("WFDB", physionet.sniff, physionet.read),
    Format("unread", unread.sniff, unread.read),
    Format("GENEActiv", geneactiv.sniff, geneactiv.read),
    Format("Delsys Trigno", delsys.sniff, delsys.read),
    Format("phone", phones.sniff, phones.read),
    Format("delimited text", delimited.sniff, delimited.read),
)
"""In the order they are tried: unmistakable first bytes first, plain tables last."""


def read(
    path: str | Path, *, kind: ChannelKind | str | None = None, rate: float | None = None
) -> tuple[Recording, ...]:
    """Read a recording of any supported format.

    Parameters
    ----------
    path : str or Path
        The file; for formats of several files, the header.
    kind : ChannelKind or str, optional
        What the channels are that could be EMG: those the file calls EMG, or, where it calls none
        so, those whose unit is a voltage or not stated and whose name says nothing else.
    rate : float, optional
        Samples per second, for files that do not state it. Where a file states another one, that
        is used, and the notes say so.

    Returns
    -------
    tuple of Recording
        One per sampling rate or stream, in the order of the file. `Recording.notes` say what the
        reader assumed, repaired or does not know.

    Raises
    ------
    InputError
        If there is no such file, it is of no supported format, broken, or without samples.
    """
    chosen = _kind(kind)
    if rate is not None and not 0 < rate < float("inf"):
        raise InputError(
            f"a sampling rate of {rate} Hz cannot be", mend="Give samples per second, such as 1000"
        )
    source = opened(path, rate=rate)
    found = next((entry for entry in FORMATS if entry.sniff(source)), None)
    if found is None:
        raise source.refuse(
            "is of no format Myolens reads", mend="Export it as EDF, or as CSV with a time column"
        )
    recordings = _read(found, source)
    if not recordings:
        raise source.refuse("holds no recording")
    recordings = _with_rate(recordings, rate)
    return tuple(_with_kind(recording, chosen) for recording in recordings)


def _read(entry: Format, source: Source) -> tuple[Recording, ...]:
    """Read, turning whatever a damaged file does to the reader or its library into one `InputError`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            recordings = tuple(entry.read(source))
    except InputError:
        raise
    except ImportError as error:
        raise source.refuse(
            f"is a {entry.name} file, and the library that reads it is not installed ({error.name})",
            mend="Run: pip install 'myolens[readers]'",
        ) from error
    except MemoryError as error:
        raise source.refuse("asks for more memory than there is; its header may be damaged") from error
    except Exception as error:  # libraries raise anything on damaged files
        reason = printable(" ".join(str(error).split()), 160) or type(error).__name__
        raise source.refuse(f"is damaged, or not the {entry.name} file it seems to be ({reason})") from error
    return tuple(r for r in recordings if r.samples > 0)


def _with_rate(recordings: tuple[Recording, ...], rate: float | None) -> tuple[Recording, ...]:
    """Recordings that say where a rate given by the caller was not used."""
    if rate is None or any(abs(recording.rate / rate - 1) <= RATES_ALIKE for recording in recordings):
        return recordings
    return tuple(
        replace(
            recording,
            notes=(
                *recording.notes,
                f"The file states {recording.rate:.6g} Hz; the {rate:.6g} Hz given with it was not used",
            ),
        )
        for recording in recordings
    )


def _kind(kind: ChannelKind | str | None) -> ChannelKind | None:
    if kind is None:
        return None
    try:
        return ChannelKind(str(kind).strip().lower().replace("-", "_"))
    except ValueError:
        names = ", ".join(k.value for k in ChannelKind)
        raise InputError(f"there is no channel kind {kind!r}", mend=f"Use one of {names}") from None


def _with_kind(recording: Recording, kind: ChannelKind | None) -> Recording:
    if kind is None:
        return recording
    rows = recording.indices(*EMG_KINDS) or tuple(
        row for row, channel in enumerate(recording.channels) if could_be_emg(channel)
    )
    if not rows:
        return recording
    taken = "1 channel was" if len(rows) == 1 else f"{len(rows)} channels were"
    note = f"{taken} taken as {kind.value.replace('_', ' ')}, as asked"
    return replace(recording.with_kind(kind, rows), notes=(*recording.notes, note))
