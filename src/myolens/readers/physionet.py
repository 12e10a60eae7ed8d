"""WFDB records of PhysioNet: a text header (.hea) with signal files, multi-segment records included.

Source: header(5) and signal(5) of the WFDB Applications Guide (physionet.org). The samples are
decoded by the wfdb library; the header is checked here first, so that the library opens nothing
outside the folder and asks for no more memory than the files can fill.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myolens.readers.naming import kind_of, numbered, unit_notes, unit_of
from myolens.readers.source import Source
from myolens.recording import Annotation, Channel, Recording, Span

LARGEST_HEADER = 4 * 1024**2
MOST_SIGNALS = 4096
MOST_SEGMENTS = 100_000
_RECORD = re.compile(
    r"([-\w]+)(?:/(\d+))?[ \t]+(\d+)(?:[ \t]+([\d.eE+-]+)(?:/\S*)?(?:[ \t]+(\d+)(?:[ \t]+.*)?)?)?\s*"
)
_BITS = {
    "8": 8,
    "16": 16,
    "24": 24,
    "32": 32,
    "61": 16,
    "80": 8,
    "160": 16,
    "212": 12,
    "310": 32 / 3,
    "311": 32 / 3,
}
_COMPRESSED = {"508", "516", "524"}
_BYTES_IN_MEMORY = 16
"""Per sample while the library decodes: the stored integer and its physical value."""


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
    import wfdb

    header = source.path.with_suffix(".hea")
    most = _checked(source, header, segments=True)
    source.checked_bytes(most * _BYTES_IN_MEMORY)
    record: Any = wfdb.rdrecord(str(header.with_suffix("").absolute()), physical=True, smooth_frames=False)
    if record.e_p_signal is None:
        raise source.refuse("describes no samples")
    values = [np.asarray(row, np.float32) for row in record.e_p_signal]
    record.e_p_signal = None
    frames = [int(n or 1) for n in record.samps_per_frame]
    annotations = _annotations(source, header)
    return [
        _recording(source, record, values, frames, per_frame, annotations)
        for per_frame in dict.fromkeys(frames)
    ]


def _recording(
    source: Source,
    record: Any,
    stored: Sequence[NDArray[np.float32]],
    frames: Sequence[int],
    per_frame: int,
    annotations: tuple[Annotation, ...],
) -> Recording:
    """Recording of the signals with one number of samples in a frame."""
    rows = [row for row, count in enumerate(frames) if count == per_frame]
    rate = source.checked_rate(float(record.fs) * per_frame)
    names = numbered(str(record.sig_name[row] or "") for row in rows)
    about = " ".join(record.comments or [])
    notes = [f"Comment in the header: {about[:600]}"] if about else []
    channels = []
    for row, name in zip(rows, names, strict=True):
        unit = unit_of(record.units[row])
        # The comment tells needle from surface, not what is EMG.
        known = about if re.search("emg", name, re.IGNORECASE) else ""
        channels.append(Channel(name, unit, kind_of(name, unit, about=known)))
    shortest = min(stored[row].size for row in rows)
    values = np.stack([stored[row][:shortest] for row in rows])
    missing = ~np.isfinite(values)
    values[missing] = 0
    nowhere = np.asarray(missing.all(axis=0))
    gaps = tuple(Span(a / rate, b / rate, "not recorded") for a, b in _stretches(nowhere))
    lost = (missing.sum(axis=1) - nowhere.sum()).tolist()
    notes += [
        f"{n} samples of {name} are not recorded and read as zero"
        for n, name in zip(lost, names, strict=True)
        if n
    ]
    start = record.base_datetime if isinstance(record.base_datetime, datetime) else None
    return Recording.from_array(
        values, rate, channels, annotations=annotations, gaps=gaps, start=start, source=source.name,
        notes=(*notes, *unit_notes(channels)),
    )  # fmt: skip


def _checked(source: Source, header: Path, *, segments: bool) -> int:
    """Number of samples a header asks for, after refusing whatever would leave the folder."""
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
        return _checked_segments(source, header, lines[1:], int(first[2]), signals * length)
    return _checked_signals(source, header, lines[1 : 1 + signals], length)


def _checked_segments(source: Source, header: Path, lines: Sequence[str], count: int, most: int) -> int:
    if not 0 < count <= MOST_SEGMENTS:
        raise source.refuse(f"states {count} segments")
    for line in dict.fromkeys(lines[:count]):
        name = line.split()[0]
        if name != "~":
            path = source.companion(f"{name}.hea")
            most = max(most, most + _checked(source, path, segments=False))
    return most


def _checked_signals(source: Source, header: Path, lines: Sequence[str], length: int) -> int:
    files: dict[str, float] = {}
    per_frame_all, compressed = 0, False
    for line in lines:
        fields = line.split()
        form = (
            re.fullmatch(r"(\d+)(?:x(\d+))?(?::(\d+))?(?:\+(\d+))?", fields[1]) if len(fields) > 1 else None
        )
        if form is None or int(form[2] or 1) not in range(1, 100_001) or int(form[3] or 0) > 1_000_000:
            raise source.refuse(f"describes a signal as {line[:60]!r} ({header.name})")
        if fields[0] == "~" or form[1] == "0":
            continue
        if form[1] not in _BITS and form[1] not in _COMPRESSED:
            raise source.refuse(f"uses the signal format {form[1]}, which is not known")
        compressed |= form[1] in _COMPRESSED
        per_frame = int(form[2] or 1)
        per_frame_all += per_frame
        files[fields[0]] = files.get(fields[0], 0) + per_frame * _BITS.get(form[1], 0) / 8
    for name, bytes_per_frame in files.items():
        size = source.companion(name).stat().st_size
        if bytes_per_frame and length * bytes_per_frame > size + 64:
            raise source.refuse(
                f"states {length} samples, and {name} holds {int(size / bytes_per_frame)}",
                mend="The signal file is cut short or belongs to another header",
            )
        if not length and bytes_per_frame:
            length = int(size / bytes_per_frame)
    # FLAC packs silence without bound, so only the stated length limits it.
    if compressed and not length:
        raise source.refuse("does not state the length of its compressed signals")
    return length * per_frame_all


def _stretches(mask: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


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
