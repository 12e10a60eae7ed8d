"""XDF: streams of the Lab Streaming Layer, each with its own clock, read chunk by chunk.

Source: XDF specification (github.com/sccn/xdf). No stated length is believed that the file cannot
hold; reading stops at the first chunk that is cut short or contradicts itself.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from myolens.readers.clock import steadied
from myolens.readers.columns import filled, steps
from myolens.readers.naming import kind_of, numbered, unit_notes, unit_of
from myolens.readers.records import interleaved
from myolens.readers.source import Source
from myolens.readers.spool import BLOCK_BYTES, Spool, blocks, release
from myolens.readers.synchrony import dejitter, is_false, synchronise
from myolens.recording import Annotation, Channel, Recording

MOST_CHANNELS = 10_000
MOST_MARKERS = 200_000
MOST_UNORDERED = 20_000_000
_ROUNDING_S = 1e-6
"""Markers this close to the first or last sample are at that sample."""

_TYPES = {"int8": "i1", "int16": "<i2", "int32": "<i4", "int64": "<i8", "float32": "<f4", "double64": "<f8"}
_STREAM_HEADER, _SAMPLES, _CLOCK_OFFSET, _STREAM_FOOTER = 2, 3, 4, 6

Bytes = NDArray[np.uint8]


class _BrokenError(ValueError):
    """A chunk is cut short or contradicts itself."""


@dataclass(slots=True)
class Stream:
    """What the chunks of one stream said so far; its samples are in `stamps` and `values`."""

    about: ElementTree.Element
    channels: int
    dtype: np.dtype[Any] | None  # None for texts
    nominal_rate: float
    stamps: Spool
    values: Spool | None
    texts: list[str] = field(default_factory=list)
    clock: list[tuple[float, float]] = field(default_factory=list)
    latest: float = 0.0
    stated: int | None = None

    def said(self, key: str) -> str:
        """Text of an element of the header, empty where there is none."""
        return self.about.findtext(key) or ""

    def described(self, key: str) -> list[str]:
        """One text per channel from the description, empty where it has none."""
        found = [channel.findtext(key) or "" for channel in self.about.iterfind("desc/channels[1]/channel")]
        return found if len(found) == self.channels else [""] * self.channels


class Samples(NamedTuple):
    """Samples of a stream.

    Attributes
    ----------
    stream : Stream
        What the file says about it.
    stamps : ndarray, shape (samples,)
        Seconds of the recorder's clock, without jitter.
    values : ndarray, shape (samples, channels), or None
        As stored; None for texts.
    """

    stream: Stream
    stamps: NDArray[np.float64]
    values: NDArray[Any] | None


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
    found, end = synchronised(source)
    numeric = [(s, s.values) for s in found if s.values is not None and s.stamps.size > 1]
    if not numeric:
        names = ", ".join(samples.stream.said("name") for samples in found) or "none"
        raise source.refuse(f"has no stream of numbers with samples (streams: {names[:200]})")
    notes = []
    if end < source.size:
        notes.append(f"The file is damaged or cut short after {end} of {source.size} bytes")
    empty = [samples.stream.said("name") for samples in found if not samples.stamps.size]
    if empty:
        notes.append(f"Streams without samples: {', '.join(empty)}")
    markers = [
        (float(at), text)
        for samples in found
        if samples.values is None
        for at, text in zip(samples.stamps, samples.stream.texts, strict=False)
    ]
    if sum(samples.stamps.size for samples in found if samples.values is None) > len(markers):
        notes.append(f"Only the first {MOST_MARKERS} markers of each stream were read")
    return [_recording(source, samples, values, sorted(markers), notes) for samples, values in numeric]


def synchronised(source: Source) -> tuple[list[Samples], int]:
    """Samples of every stream on one clock, and the bytes up to the first chunk that is not sound."""
    streams, end = _walked(source)
    return [_synchronised(stream) for stream in streams], end


def _recording(
    source: Source,
    samples: Samples,
    values: NDArray[Any],
    markers: Sequence[tuple[float, str]],
    notes: Sequence[str],
) -> Recording:
    stream = samples.stream
    times, values = _ordered(source, samples.stamps, values)
    names = numbered(stream.described("label"))
    said = list(filled(source, values, range(stream.channels), names))
    timed = steadied(source, times, values, timeless=samples.stamps.size - times.size)
    if stream.nominal_rate > 0 and abs(timed.rate / stream.nominal_rate - 1) > 0.01:
        said.append(
            f"The stream states {stream.nominal_rate:g} Hz; its time stamps give {timed.rate:.6g} Hz, "
            "which was used"
        )
    whole = f"{stream.said('type')} {stream.said('name')}"
    channels = []
    for name, unit, about in zip(names, stream.described("unit"), stream.described("type"), strict=True):
        known = unit_of(unit)
        channels.append(Channel(name, known, kind_of(name, known, about=f"{about} {whole}")))
    origin, end = float(times[0]), float(times[-1])
    marks = tuple(
        Annotation(max(0.0, at - origin), 0.0, text)
        for at, text in markers
        if origin - _ROUNDING_S < at < end + _ROUNDING_S
    )
    name = f"Stream {stream.said('name')!r} of type {stream.said('type')!r}"
    return Recording(
        interleaved(timed.values), timed.rate, tuple(channels), marks, timed.gaps, None, source.name,
        (name, *notes, *said, *timed.notes, *unit_notes(channels)),
    )  # fmt: skip


def _ordered(
    source: Source, times: NDArray[np.float64], values: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Samples in the order of their times, without those that have none."""
    if all((part >= 0).all() for part in steps(times)) and np.isfinite(times[[0, -1]]).all():
        return times, values
    if times.size > MOST_UNORDERED:
        raise source.refuse("has a long stream whose time stamps go back and forth")
    order = np.argsort(times, kind="stable")[: int(np.isfinite(times).sum())]
    sorted_values = Spool(source, values.shape[1], values.dtype)
    for start, stop in blocks(order, values[: order.size]):
        sorted_values.append(values[order[start:stop]])
    return times[order], sorted_values.array()


def _synchronised(stream: Stream) -> Samples:
    stamps = stream.stamps.array()[:, 0]
    values = None if stream.values is None else stream.values.array()
    clock, offset = np.array(stream.clock, float).reshape(-1, 2).T
    # Senders that end while being recorded may add a false sample and a false offset (liblsl issue 246).
    if stream.stated is not None and stamps.size > stream.stated and is_false(clock, offset):
        clock, offset, stamps = clock[:-1], offset[:-1], stamps[: stream.stated]
        values = None if values is None else values[: stream.stated]
    synchronise(stamps, clock, offset)
    may_drop = stream.said("desc/synchronization/can_drop_samples").lower() == "true"
    if stream.nominal_rate > 0 and not may_drop:
        dejitter(stamps, stream.nominal_rate)
    return Samples(stream, stamps, values)


def _walked(source: Source) -> tuple[list[Stream], int]:
    """Streams of the file, and the bytes up to the first chunk that is not sound."""
    data = np.asarray(np.memmap(source.path, np.uint8, "r"))
    streams: dict[int, Stream] = {}
    at, released = 4, 0
    while at < data.size:
        try:
            length, start = _length(data, at)
            if length < 2 or start + length > data.size:
                break
            chunk = data[start : start + length]
            _take(source, streams, int(chunk[:2].view("<u2")[0]), chunk[2:])
        except (_BrokenError, struct.error, IndexError, KeyError):
            break
        at = start + length
        if at - released > BLOCK_BYTES:
            release(data)
            released = at
    if at == 4:
        raise source.refuse("is damaged at its first chunk")
    return list(streams.values()), at


def _take(source: Source, streams: dict[int, Stream], tag: int, content: Bytes) -> None:
    """Add what a chunk says to its stream, as far as it is sound."""
    if tag not in {_STREAM_HEADER, _SAMPLES, _CLOCK_OFFSET, _STREAM_FOOTER}:
        return
    (number,) = struct.unpack("<I", content[:4].tobytes())
    body = content[4:]
    if tag == _STREAM_HEADER:
        streams[number] = _stream(source, body.tobytes())
    elif tag == _SAMPLES:
        _take_samples(streams[number], body)
    elif tag == _CLOCK_OFFSET:
        clock, offset = struct.unpack("<dd", body[:16].tobytes())
        streams[number].clock.append((clock, offset))
    else:
        count = re.search(rb"<sample_count>\s*(\d{1,15})\s*</sample_count>", body.tobytes())
        streams[number].stated = int(count[1]) if count else None


def _stream(source: Source, header: bytes) -> Stream:
    if b"<!DOCTYPE" in header or b"<!ENTITY" in header:
        raise _BrokenError("stream headers have no entities")
    about = ElementTree.fromstring(header.decode("utf-8", "replace"))  # noqa: S314 - it has no entities
    count = re.fullmatch(r"\s*(\d{1,6})\s*", about.findtext("channel_count") or "")
    form = (about.findtext("channel_format") or "").strip()
    if not count or not 0 < int(count[1]) <= MOST_CHANNELS or form not in {*_TYPES, "string"}:
        raise _BrokenError("no usable channel count or format")
    channels, rate = int(count[1]), float(about.findtext("nominal_srate") or 0)
    if form == "string":
        return Stream(about, channels, None, rate, Spool(source, 1), None)
    dtype = np.dtype(_TYPES[form])
    values = Spool(source, channels, dtype.newbyteorder("="))
    return Stream(about, channels, dtype, rate, Spool(source, 1), values)


def _take_samples(stream: Stream, body: Bytes) -> None:
    count, at = _length(body, 0)
    width = 2 if stream.dtype is None else stream.dtype.itemsize
    if count * (1 + stream.channels * width) > body.size - at:
        raise _BrokenError("there is no room for so many samples")
    if stream.dtype is None or stream.values is None:
        _take_texts(stream, body, at, count)
        return
    size = stream.channels * stream.dtype.itemsize
    while count:
        # Samples with a time stamp and samples without one come in runs.
        stamped = bool(body[at])
        step = (9 if stamped else 1) + size
        most = min(count, max(1, BLOCK_BYTES // step), (body.size - at) // step)
        if most == 0:
            raise _BrokenError("a sample is cut short")
        flags = body[at : at + most * step : step] != 0
        other = np.flatnonzero(flags != stamped)
        run = int(other[0]) if other.size else most
        rows = body[at : at + run * step].reshape(run, step)
        if stamped:
            stamps = np.ascontiguousarray(rows[:, 1:9]).view("<f8")
        else:
            interval = 1 / stream.nominal_rate if stream.nominal_rate > 0 else 0.0
            stamps = np.cumsum([stream.latest, *[interval] * run])[1:, None]
        stream.latest = float(stamps[-1, 0])
        stream.stamps.append(stamps)
        stream.values.append(np.ascontiguousarray(rows[:, step - size :]).view(stream.dtype))
        at, count = at + run * step, count - run


def _take_texts(stream: Stream, body: Bytes, at: int, count: int) -> None:
    interval = 1 / stream.nominal_rate if stream.nominal_rate > 0 else 0.0
    stamps = np.empty((count, 1))
    for sample in range(count):
        stamped, at = bool(body[at]), at + 1
        if stamped:
            (stream.latest,) = struct.unpack("<d", body[at : at + 8].tobytes())
            at += 8
        else:
            stream.latest += interval
        stamps[sample] = stream.latest
        words = []
        for _ in range(stream.channels):
            length, start = _length(body, at)
            at = start + length
            if at > body.size:
                raise _BrokenError("a text is cut short")
            words.append(body[start:at].tobytes().decode("utf-8", "replace"))
        if len(stream.texts) < MOST_MARKERS:
            stream.texts.append(" ".join(words))
    stream.stamps.append(stamps)


def _length(data: Bytes, at: int) -> tuple[int, int]:
    """Length written at a place, and the place after it."""
    size = int(data[at])
    if size not in {1, 4, 8} or at + 1 + size > data.size:
        raise _BrokenError("a length takes 1, 4 or 8 bytes")
    return int.from_bytes(data[at + 1 : at + 1 + size].tobytes(), "little"), at + 1 + size
