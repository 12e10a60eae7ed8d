"""XDF: streams of the Lab Streaming Layer, each with its own clock.

Source: XDF specification (github.com/sccn/xdf). Streams are synchronised and their jitter removed
by pyxdf; the chunks are checked here first, so that no stated length is believed that the file
cannot hold.
"""

from __future__ import annotations

import io
import logging
import re
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from myolens.readers.clock import steadied
from myolens.readers.delimited import filled
from myolens.readers.naming import kind_of, numbered, unit_notes, unit_of
from myolens.readers.source import Source
from myolens.recording import Annotation, Channel, Recording

LARGEST_FILE = 2 * 1024**3
MOST_CHANNELS = 10_000
_WIDTHS = {"int8": 1, "int16": 2, "int32": 4, "int64": 8, "float32": 4, "double64": 8, "string": 0}


def sniff(source: Source) -> bool:
    """Whether the file begins with XDF's magic letters."""
    return source.head.startswith(b"XDF:")


def read(source: Source) -> Sequence[Recording]:
    """Read every numeric stream that has samples; texts of marker streams become annotations of each.

    Raises
    ------
    InputError
        If no stream has samples, or the first chunk is damaged.
    """
    import pyxdf

    source.checked_bytes(2 * source.size if source.size > LARGEST_FILE else 0, "the file")
    data = source.path.read_bytes()
    end = _sound(source, data)
    level = logging.getLogger("pyxdf").level
    logging.getLogger("pyxdf").setLevel(logging.CRITICAL)
    try:
        streams, _ = pyxdf.load_xdf(io.BytesIO(data[:end]))
    finally:
        logging.getLogger("pyxdf").setLevel(level)
    cut = (f"The file is damaged or cut short after {end} of {len(data)} bytes",) if end < len(data) else ()
    numeric = [s for s in streams if not isinstance(s["time_series"], list) and len(s["time_stamps"]) > 1]
    empty = [_text(s, "name") for s in streams if len(s["time_stamps"]) == 0]
    if not numeric:
        names = ", ".join(_text(s, "name") for s in streams) or "none"
        raise source.refuse(f"has no stream of numbers with samples (streams: {names[:200]})")
    notes = (*cut, *((f"Streams without samples: {', '.join(empty)}",) if empty else ()))
    markers = [
        (float(at), " ".join(str(word) for word in words))
        for s in streams
        if isinstance(s["time_series"], list)
        for at, words in zip(s["time_stamps"], s["time_series"], strict=True)
    ]
    return [_recording(source, stream, markers, notes) for stream in numeric]


def _recording(
    source: Source, stream: Any, markers: Sequence[tuple[float, str]], notes: tuple[str, ...]
) -> Recording:
    times = np.asarray(stream["time_stamps"], float)
    order = np.argsort(times, kind="stable")
    labels = _described(stream, "label", np.asarray(stream["time_series"]).shape[1])
    names = numbered(labels)
    values, repaired = filled(source, np.asarray(stream["time_series"]).T[:, order], names)
    timed = steadied(source, times[order], values)
    origin = float(times[order][0])
    nominal = float(_text(stream, "nominal_srate") or 0)
    said = list(repaired)
    if nominal > 0 and abs(timed.rate / nominal - 1) > 0.01:
        said.append(
            f"The stream states {nominal:g} Hz; its time stamps give {timed.rate:.6g} Hz, which was used"
        )
    units = _described(stream, "unit", timed.values.shape[0])
    types = _described(stream, "type", timed.values.shape[0])
    whole = f"{_text(stream, 'type')} {_text(stream, 'name')}"
    channels = []
    for name, unit, about in zip(names, units, types, strict=True):
        known = unit_of(unit)
        channels.append(Channel(name, known, kind_of(name, known, about=f"{about} {whole}")))
    marks = tuple(
        Annotation(at - origin, 0.0, text)
        for at, text in sorted(markers)
        if 0 <= at - origin <= times.max() - origin
    )
    name = f"Stream {_text(stream, 'name')!r} of type {_text(stream, 'type')!r}"
    return Recording.from_array(
        timed.values, timed.rate, channels, annotations=marks, gaps=timed.gaps, source=source.name,
        notes=(name, *notes, *said, *timed.notes, *unit_notes(channels)),
    )  # fmt: skip


def _text(stream: Any, key: str) -> str:
    value = stream["info"].get(key, [""])[0]
    return value if isinstance(value, str) else ""


def _described(stream: Any, key: str, count: int) -> list[str]:
    """One text per channel from the stream's description, empty where it has none."""
    try:
        listed = stream["info"]["desc"][0]["channels"][0]["channel"]
        found = [channel.get(key, [""])[0] or "" for channel in listed]
    except (KeyError, IndexError, TypeError, AttributeError):
        found = []
    return [str(text) for text in found] if len(found) == count else [""] * count


def _sound(source: Source, data: bytes) -> int:
    """Bytes up to the first chunk that is cut short or contradicts itself."""
    at, layouts = 4, {}
    while at < len(data):
        try:
            length, start = _length(data, at)
            tag = struct.unpack_from("<H", data, start)[0]
            end = start + length
            if length < 2 or end > len(data):
                break
            if tag == 2:
                layouts[data[start + 2 : start + 6]] = _layout(data[start + 6 : end])
            elif tag == 3 and not _fits(data, start + 6, end, *layouts[data[start + 2 : start + 6]]):
                break
        except (struct.error, IndexError, KeyError, ValueError):
            break
        at = end
    if at == 4:
        raise source.refuse("is damaged at its first chunk")
    return at


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Length written at a place, and the place after it."""
    size = data[at]
    if size not in {1, 4, 8}:
        raise ValueError("a length takes 1, 4 or 8 bytes")
    return int.from_bytes(data[at + 1 : at + 1 + size], "little"), at + 1 + size


def _layout(header: bytes) -> tuple[int, int]:
    """Channels and bytes per value of a stream header."""
    if b"<!DOCTYPE" in header or b"<!ENTITY" in header:
        raise ValueError("stream headers have no entities")
    count = re.search(rb"<channel_count>\s*(\d{1,6})\s*</channel_count>", header)
    form = re.search(rb"<channel_format>\s*(\w+)\s*</channel_format>", header)
    if not count or not form or not 0 < int(count[1]) <= MOST_CHANNELS:
        raise ValueError("no usable channel count")
    return int(count[1]), _WIDTHS[form[1].decode()]


def _fits(data: bytes, at: int, end: int, channels: int, width: int) -> bool:
    """Whether a chunk has room for the samples it states: a stamp byte and the values of each."""
    samples, start = _length(data, at)
    return samples * (1 + channels * max(width, 2 if width == 0 else 0)) <= end - start
