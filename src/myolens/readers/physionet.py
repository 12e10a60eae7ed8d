"""WFDB records of PhysioNet: a text header (.hea) with signal files, multi-segment records included.

Source: header(5) and signal(5) of the WFDB Applications Guide (physionet.org). The header is checked
here first, so that the wfdb library, which decodes the samples, opens nothing outside the folder and
asks for no more than the files can fill.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myolens.readers.naming import kind_of, numbered, unit_notes, unit_of
from myolens.readers.records import interleaved
from myolens.readers.segments import BITS, Part, Record, decoded
from myolens.readers.source import Source
from myolens.readers.spool import blocks
from myolens.recording import Annotation, Channel, Recording, Span

LARGEST_HEADER = 4 * 1024**2
MOST_SIGNALS = 4096
MOST_SEGMENTS = 100_000
_RECORD = re.compile(
    r"([-\w]+)(?:/(\d+))?[ \t]+(\d+)(?:[ \t]+([\d.eE+-]+)(?:/\S*)?(?:[ \t]+(\d+)(?:[ \t]+.*)?)?)?\s*"
)
_COMPRESSED = {"508", "516", "524"}


def sniff(source: Source) -> bool:
    """Whether the file is a header by name and first line, or a signal file with its header beside it."""
    if source.suffix == ".hea":
        return True
    return source.suffix == ".dat" and source.path.with_suffix(".hea").is_file()


def read(source: Source) -> Sequence[Recording]:
    """Read one recording per number of samples in a frame; the stated skew is undone.

    Raises
    ------
    InputError
        If the header is not one, names files elsewhere, or the signal files are missing or short.
    """
    header = source.path.with_suffix(".hea")
    packed = _checked(source, header, segments=True)
    record = decoded(source, header, packed)
    annotations = _annotations(source, header)
    return [_recording(source, record, part, annotations) for part in record.parts]


def _recording(source: Source, record: Record, part: Part, annotations: tuple[Annotation, ...]) -> Recording:
    """Recording of the signals with one number of samples in a frame."""
    rate = source.checked_rate(record.frame_rate * part.per_frame)
    names = numbered(record.names[row] for row in part.rows)
    about = " ".join(record.comments)
    channels = []
    for row, name in zip(part.rows, names, strict=True):
        unit = unit_of(record.units[row])
        # The comment tells needle from surface, not what is EMG.
        known = about if re.search("emg", name, re.IGNORECASE) else ""
        channels.append(Channel(name, unit, kind_of(name, unit, about=known)))
    gaps, lost = _missing(part.values, rate)
    notes = [
        *_left_out(record.comments),
        *(
            f"{n} samples of {name} are not recorded and read as zero"
            for n, name in zip(lost, names, strict=True)
            if n
        ),
        *unit_notes(channels),
    ]
    return Recording(
        interleaved(part.values), rate, tuple(channels), annotations, gaps, record.start, source.name,
        tuple(notes),
    )  # fmt: skip


def _missing(values: NDArray[np.float32], rate: float) -> tuple[tuple[Span, ...], list[int]]:
    """Stretches in which no signal was recorded, and the missing samples of each signal outside them."""
    gaps: list[Span] = []
    lost = np.zeros(values.shape[1], np.int64)
    begin = 0  # of the stretch that reaches into the block, if there is one
    inside = False
    for start, stop in blocks(values):
        missing = ~np.isfinite(values[start:stop])
        nowhere = missing.all(axis=1)
        lost += missing.sum(axis=0) - int(nowhere.sum())
        for edge in np.flatnonzero(np.diff(nowhere, prepend=inside)).tolist():
            if inside:
                gaps.append(Span(begin / rate, (start + edge) / rate, "not recorded"))
            begin, inside = start + edge, not inside
    if inside:
        gaps.append(Span(begin / rate, len(values) / rate, "not recorded"))
    return tuple(gaps), lost.tolist()


def _left_out(comments: Sequence[str]) -> tuple[str, ...]:
    """Sentence telling which comments were not carried along: they tell who the person is."""
    if not comments:
        return ()
    named = [name.strip().lower() for line in comments for name in re.findall(r"<([^<>]{1,40})>", line)]
    free = any(not re.match(r"\s*<", line) for line in comments)
    about = ", ".join([*dict.fromkeys(named), *(["free text"] if free else [])])
    return (f"Comments in the header can describe the person and were left out ({about})",)


def _checked(source: Source, header: Path, *, segments: bool) -> int:
    """Bytes of the signal files a header names, after refusing whatever would leave the folder."""
    if not header.is_file() or header.stat().st_size > LARGEST_HEADER:
        raise source.refuse(f"has no usable header {header.name}")
    text = header.read_bytes().decode("utf-8", "replace")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    first = _RECORD.fullmatch(lines[0]) if lines else None
    if not first:
        raise source.refuse(f"does not begin as a WFDB header does ({header.name})")
    signals, length = int(first[3]), int(first[5] or 0)
    source.checked_rate(float(first[4] or 250))
    if not 0 < signals <= MOST_SIGNALS or len(lines) < 1 + (int(first[2]) if first[2] else signals):
        raise source.refuse(f"states {signals} signals and describes {len(lines) - 1} ({header.name})")
    if first[2]:
        if not segments:
            raise source.refuse("has a segment that is itself made of segments")
        return _checked_segments(source, lines[1:], int(first[2]))
    return _checked_signals(source, header, lines[1 : 1 + signals], length)


def _checked_segments(source: Source, lines: Sequence[str], count: int) -> int:
    if not 0 < count <= MOST_SEGMENTS:
        raise source.refuse(f"states {count} segments")
    names = dict.fromkeys(line.split()[0] for line in lines[:count])
    return sum(
        _checked(source, source.companion(f"{name}.hea"), segments=False) for name in names if name != "~"
    )


def _checked_signals(source: Source, header: Path, lines: Sequence[str], length: int) -> int:
    files: dict[str, float] = {}
    compressed = False
    for line in lines:
        fields = line.split()
        form = (
            re.fullmatch(r"(\d+)(?:x(\d+))?(?::(\d+))?(?:\+(\d+))?", fields[1]) if len(fields) > 1 else None
        )
        if form is None or int(form[2] or 1) not in range(1, 100_001) or int(form[3] or 0) > 1_000_000:
            raise source.refuse(f"describes a signal as {line[:60]!r} ({header.name})")
        if fields[0] == "~" or form[1] == "0":
            continue
        if form[1] not in BITS and form[1] not in _COMPRESSED:
            raise source.refuse(f"uses the signal format {form[1]}, which is not known")
        compressed |= form[1] in _COMPRESSED
        files[fields[0]] = files.get(fields[0], 0) + int(form[2] or 1) * BITS.get(form[1], 0) / 8
    packed = 0
    for name, bytes_per_frame in files.items():
        size = source.companion(name).stat().st_size
        packed += size
        if bytes_per_frame and length * bytes_per_frame > size + 64:
            raise source.refuse(
                f"states {length} samples, and {name} holds {int(size / bytes_per_frame)}",
                mend="The signal file is cut short or belongs to another header",
            )
    # FLAC packs silence without bound, so only the stated length limits it.
    if compressed and not length:
        raise source.refuse("does not state the length of its compressed signals")
    return packed


def _annotations(source: Source, header: Path) -> tuple[Annotation, ...]:
    """Beats and other marks of the usual annotation file (.atr) beside the record, if any."""
    path = header.with_suffix(".atr")
    if not path.is_file() or path.stat().st_size > LARGEST_HEADER:
        return ()
    import wfdb

    marks: Any = wfdb.rdann(str(header.with_suffix("").absolute()), "atr")
    rate = float(marks.fs or 0)
    if rate <= 0:
        return ()
    notes = marks.aux_note or [""] * len(marks.sample)
    return tuple(
        Annotation(float(at) / rate, 0.0, f"{symbol} {note}".strip().rstrip("\0"))
        for at, symbol, note in zip(marks.sample, marks.symbol, notes, strict=True)
    )
