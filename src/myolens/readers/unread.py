"""Files that are known and not read: each with the one sentence that says what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NoReturn

from myolens.readers import hdf5, table
from myolens.readers.source import Source
from myolens.recording import Recording

_VIDEO = ("is a video, and Myolens reads recordings of sensors", "Give the EMG or motion recording")
_PICTURE = ("is a picture, not a recording", "Ask for the recording itself, as EDF or CSV")
_PACKED = ("is a packed file", "Unpack it and give the recording inside")
_R = ("is an R data file", "Write the table from R with write.csv")

_MAGIC: tuple[tuple[int, bytes, tuple[str, str]], ...] = (
    (4, b"ftyp", _VIDEO),
    (0, b"\x1a\x45\xdf\xa3", _VIDEO),
    (8, b"AVI LIST", _VIDEO),
    (0, b"\x89PNG", _PICTURE),
    (0, b"\xff\xd8\xff", _PICTURE),
    (0, b"GIF8", _PICTURE),
    (0, b"%PDF", ("is a PDF document, not a recording", "Ask for the recording itself, as EDF or CSV")),
    (128, b"DICM", ("is a DICOM file, which is not read", "Export the signals as EDF or CSV")),
    (0, b"RDX", _R),
    (0, b"RDA", _R),
    (0, b"PK\x03\x04", _PACKED),
    (0, b"7z\xbc\xaf", _PACKED),
    (0, b"Rar!", _PACKED),
    (0, b"SQLite format 3", ("is a database, not a recording", "Export the recording as EDF or CSV")),
)
_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
_SUFFIXES = {
    ".hpf": ("is a file of Delsys EMGworks, which is not read", "Export it as CSV"),
    ".otb4": ("is a file of OTBiolab, which is not read", "In OTBiolab, export it as MAT, EDF or CSV"),
    ".gdf": ("is a GDF file, which is not read", "Convert it to EDF or BDF"),
}


def sniff(source: Source) -> bool:
    """Whether the file is one of those named here."""
    return _reason(source) is not None


def read(source: Source) -> Sequence[Recording]:
    """Refuse the file.

    Raises
    ------
    InputError
        Always, with what the file is and what to do.
    """
    _refuse(source)


def _refuse(source: Source) -> NoReturn:
    what, mend = _reason(source) or ("is of no format Myolens reads", "Export it as EDF or CSV")
    raise source.refuse(what, mend=mend)


def _reason(source: Source) -> tuple[str, str] | None:
    for at, magic, reason in _MAGIC:
        if source.head[at : at + len(magic)] == magic:
            return reason
    if source.head.startswith(_COMPRESSED):
        return _R if source.suffix in {".rda", ".rdata", ".rds"} else _PACKED
    if source.suffix in _SUFFIXES and not hdf5.is_container(source) and not table.is_text(source):
        return _SUFFIXES[source.suffix]
    start = source.head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if re.search(rb"^@(problemName|data)\b", source.head, re.MULTILINE | re.IGNORECASE):
        return "is a collection of labelled cases (.ts), not one recording", "Write each case as a CSV file"
    if (
        start.startswith((b"{", b"["))
        and table.is_text(source)
        and source.suffix not in {".csv", ".txt", ".tsv"}
    ):
        return "is JSON, which describes something and holds no recording", "Give the recording it belongs to"
    if start[:5].lower() in {b"<?xml", b"<!doc", b"<html"}:
        return "is XML or a web page, not a recording", "Give the recording as EDF or CSV"
    return None
