"""Samples of WFDB records, decoded block by block by the wfdb library, segment after segment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from myolens.readers.source import Source
from myolens.readers.spool import allocated, blocks, release

BITS = {
    "8": 8, "16": 16, "24": 24, "32": 32, "61": 16, "80": 8, "160": 16, "212": 12,
    "310": 32 / 3, "311": 32 / 3,
}  # fmt: skip
"""Bits a sample takes in each format that is not compressed."""

BLOCK_SAMPLES = 500_000
_DIFFERENCES = "8"


class Part(NamedTuple):
    """The signals with one number of samples in a frame."""

    per_frame: int
    rows: tuple[int, ...]
    values: NDArray[np.float32]  # samples × signals, physical; NaN where nothing was recorded


class Record(NamedTuple):
    """A record whose segments, if it has any, were put together."""

    frame_rate: float
    names: tuple[str, ...]
    units: tuple[str, ...]
    parts: tuple[Part, ...]
    comments: tuple[str, ...]
    start: datetime | None


class _Segment(NamedTuple):
    """Header of a segment, and where it lies; None where nothing was recorded."""

    header: Any
    path: Path
    first: int  # frame of the whole record
    frames: int


def decoded(source: Source, path: Path, packed: int) -> Record:
    """Decode a record whose header was checked.

    Parameters
    ----------
    source : Source
        For messages.
    path : Path
        The header.
    packed : int
        Bytes of all its signal files.

    Raises
    ------
    InputError
        If the segments do not fit each other, or unpack to more than a recording can.
    """
    whole = _header(path)
    segments = list(_segments(source, whole, path))
    model = _model(source, whole, path)
    names = tuple(str(name or "") for name in model.sig_name)
    counts = [int(n or 1) for n in model.samps_per_frame]
    frames = max((segment.first + segment.frames for segment in segments), default=0)
    source.checked_unpacking(4 * frames * sum(counts), packed)
    parts = []
    for per_frame in dict.fromkeys(counts):
        rows = tuple(row for row, count in enumerate(counts) if count == per_frame)
        parts.append(Part(per_frame, rows, allocated(source, (frames * per_frame, len(rows)), np.float32)))
    units: dict[int, str] = {}
    by_name = getattr(whole, "layout", None) == "variable"
    for segment in segments:
        taken = _columns(source, segment, names, counts, by_name=by_name)
        for row, signal in taken.items():
            unit = str(segment.header.units[signal] or "")
            if units.setdefault(row, unit) != unit:
                raise source.refuse(f"has {names[row][:40]!r} in {units[row]} and in {unit}")
        for part in parts:
            _nothing(part, segment, [taken.get(row) for row in part.rows])
        _decode(segment, parts, taken)
    start = whole.base_datetime if isinstance(whole.base_datetime, datetime) else None
    stated = tuple(units.get(row, "") for row in range(len(names)))
    return Record(float(whole.fs), names, stated, tuple(parts), tuple(whole.comments or ()), start)


def _header(path: Path) -> Any:
    import wfdb

    return wfdb.rdheader(str(path.with_suffix("").absolute()))


def _model(source: Source, whole: Any, path: Path) -> Any:
    """The header that describes the signals: of the record, its layout, or its first segment."""
    names = getattr(whole, "seg_name", None)
    model = whole if names is None else _header(path.with_name(f"{names[0]}.hea"))
    if not model.sig_name:
        raise source.refuse("describes no samples")
    return model


def _segments(source: Source, whole: Any, path: Path) -> Iterator[_Segment]:
    if getattr(whole, "seg_name", None) is None:
        yield _Segment(whole, path, 0, _frames(whole, path))
        return
    first = 0
    known: dict[str, Any] = {"~": None}
    for number, (name, frames) in enumerate(zip(whole.seg_name, whole.seg_len, strict=True)):
        if number == 0 and whole.layout == "variable":
            continue
        where = path.with_name(f"{name}.hea")
        if name not in known:
            known[name] = _header(where)
        header = known[name]
        if header is not None and _frames(header, where) < frames:
            raise source.refuse(f"has a segment, {name}, that is shorter than the {frames} frames stated")
        yield _Segment(header, where, first, int(frames))
        first += int(frames)


def _frames(header: Any, path: Path) -> int:
    """Frames of a record, from the size of its file where the header does not tell."""
    if header.sig_len is not None:
        return int(header.sig_len)
    size = path.with_name(header.file_name[0]).stat().st_size - int(header.byte_offset[0] or 0)
    bits = sum(
        BITS[form] * int(count or 1)
        for name, form, count in zip(header.file_name, header.fmt, header.samps_per_frame, strict=True)
        if name == header.file_name[0]
    )
    return int(size * 8 / bits)


def _columns(
    source: Source, segment: _Segment, names: Sequence[str], counts: Sequence[int], *, by_name: bool
) -> dict[int, int]:
    """Row of the record → signal of the segment."""
    if segment.header is None:
        return {}
    there = [str(name or "") for name in segment.header.sig_name or ()]
    if by_name:
        taken = {row: there.index(name) for row, name in enumerate(names) if name in there}
    else:
        taken = {row: row for row in range(len(names))}
    for row, signal in taken.items():
        if signal >= len(there) or int(segment.header.samps_per_frame[signal] or 1) != counts[row]:
            raise source.refuse(f"has a segment, {segment.path.stem}, that does not fit its other segments")
    return taken


def _nothing(part: Part, segment: _Segment, signals: Sequence[int | None]) -> None:
    """Mark as not recorded what the segment does not hold: missing signals, and the end of skewed ones."""
    begin, end = segment.first * part.per_frame, (segment.first + segment.frames) * part.per_frame
    for column, signal in enumerate(signals):
        skew = 0 if signal is None else int(segment.header.skew[signal] or 0)
        empty = end - begin if signal is None else min(end - begin, skew * part.per_frame)
        values = part.values[end - empty : end, column]
        for start, stop in blocks(values) if empty else ():
            values[start:stop] = np.nan


def _decode(segment: _Segment, parts: Sequence[Part], taken: dict[int, int]) -> None:
    """Write the samples of a segment to where they belong, their skew undone."""
    if not taken:
        return
    for at, signals in _physical(segment):
        for part in parts:
            for column, row in enumerate(part.rows):
                if row not in taken:
                    continue
                values = signals[taken[row]]
                shifted = (at - int(segment.header.skew[taken[row]] or 0)) * part.per_frame
                begin = max(0, shifted)
                values = values[begin - shifted :]
                begin += segment.first * part.per_frame
                part.values[begin : begin + values.size, column] = values
            release(part.values)


def _physical(segment: _Segment) -> Iterator[tuple[int, list[NDArray[np.float64]]]]:
    """First frame and physical values of consecutive stretches, as stored, before skew is undone."""
    import wfdb

    header, name = segment.header, str(segment.path.with_suffix("").absolute())
    step = max(1, BLOCK_SAMPLES // sum(int(n or 1) for n in header.samps_per_frame))
    latest = [float(value or 0) for value in header.init_value]
    for start in range(0, segment.frames, step):
        stop = min(segment.frames, start + step)
        block: Any = wfdb.rdrecord(name, sampfrom=start, sampto=stop, smooth_frames=False, ignore_skew=True)
        for signal, form in enumerate(header.fmt):
            if form == _DIFFERENCES:
                gain, baseline = header.adc_gain[signal], header.baseline[signal]
                stored = np.rint(block.e_p_signal[signal] * gain + baseline)
                # The library begins every block with the initial value.
                stored += latest[signal] - float(header.init_value[signal] or 0)
                latest[signal] = float(stored[-1])
                block.e_p_signal[signal] = (stored - baseline) / gain
        yield start, block.e_p_signal
