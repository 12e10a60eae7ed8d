"""EDF, EDF+, BDF and BDF+: European Data Format and its 24-bit sibling.

Sources: Kemp et al., Electroenceph Clin Neurophysiol 82:391, 1992 (EDF); Kemp and Olivan, Clin
Neurophysiol 114:1755, 2003 (EDF+); BioSemi's description of BDF. The samples stay on disk.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from myolens.readers import bids
from myolens.readers.naming import SLOWEST_EMG_HZ, kind_of, listed, numbered, unit_notes, unit_of
from myolens.readers.records import RecordSignal
from myolens.readers.source import Source
from myolens.readers.timekeeping import Timeline, annotations_of, timeline
from myolens.readers.triggers import status_marks
from myolens.recording import EMG_KINDS, Annotation, Channel, ChannelKind, Recording, Span

MOST_SIGNALS = 10_000
_FIELDS = (
    ("label", 16), ("transducer", 80), ("unit", 8), ("physical_min", 8), ("physical_max", 8),
    ("digital_min", 8), ("digital_max", 8), ("prefiltering", 80), ("samples", 8), ("reserved", 32),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Signal:
    label: str
    transducer: str
    unit: str
    physical: tuple[float, float]
    digital: tuple[float, float]
    samples: int
    offset: int


@dataclass(frozen=True, slots=True)
class _Header:
    width: int
    bytes: int
    reserved: str
    records: int
    record_s: float
    start: datetime | None
    signals: tuple[_Signal, ...]

    @property
    def words(self) -> int:
        return sum(signal.samples for signal in self.signals)


def sniff(source: Source) -> bool:
    """Whether the version field says EDF or BDF."""
    return len(source.head) >= 8 and (source.head[:8] in {b"0       ", b"\xffBIOSEMI"})


def read(source: Source) -> Sequence[Recording]:
    """Read one recording per sampling rate; annotations go with each.

    Raises
    ------
    InputError
        If the header is broken, or there is no signal in the file.
    """
    header = _header(source)
    words, notes = _mapped(source, header)
    marks = [signal for signal in header.signals if _is_marks(signal)]
    texts = [_bytes_of(words, signal) for signal in marks]
    line = timeline(source, texts[0] if texts else None, words.shape[0], header.record_s, header.reserved)
    annotations, more = annotations_of(texts, line.first_onset_s)
    notes += (*line.notes, *more)
    rates = dict.fromkeys(signal.samples for signal in header.signals if not _is_marks(signal))
    if not rates or header.record_s <= 0:
        raise source.refuse(
            f"holds {len(annotations)} annotations and no signal",
            mend="Give the recording that belongs to these annotations",
        )
    return [_recording(source, header, words, per_record, line, annotations, notes) for per_record in rates]


def _header(source: Source) -> _Header:
    head = source.head[:256]
    if len(head) < 256:
        raise source.refuse("ends inside its header")

    def field(begin: int, size: int) -> str:
        return head[begin : begin + size].decode("latin-1").strip(" \0")

    count = _whole(source, field(252, 4), "number of signals")
    if not 0 < count <= MOST_SIGNALS:
        raise source.refuse(f"states {count} signals in its header")
    size = 256 * (count + 1)
    if source.size < size:
        raise source.refuse(f"ends inside its header, which should describe {count} signals")
    with source.path.open("rb") as file:
        rest = file.read(size)[256:]
    columns: dict[str, list[str]] = {}
    at = 0
    for name, width in _FIELDS:
        columns[name] = [
            rest[at + i * width : at + (i + 1) * width].decode("latin-1").strip(" \0") for i in range(count)
        ]
        at += width * count
    signals, offset = [], 0
    for i in range(count):
        samples = _whole(source, columns["samples"][i], f"samples per record of signal {i + 1}")
        if samples < 0:
            raise source.refuse(f"states {samples} samples per record for signal {i + 1}")
        physical = (_number(columns["physical_min"][i]), _number(columns["physical_max"][i]))
        digital = (_number(columns["digital_min"][i]), _number(columns["digital_max"][i]))
        label, transducer, unit = (columns[name][i] for name in ("label", "transducer", "unit"))
        signals.append(_Signal(label, transducer, unit, physical, digital, samples, offset))
        offset += samples
    duration = _number(field(244, 8))
    if not np.isfinite(duration) or duration < 0:
        raise source.refuse(f"states a record duration of {field(244, 8)!r} s")
    wide = head[0] == 0xFF
    start = _start(field(88, 80), field(168, 8), field(176, 8))
    records = _whole(source, field(236, 8), "number of records")
    return _Header(3 if wide else 2, size, field(192, 44), records, duration, start, tuple(signals))


def _mapped(source: Source, header: _Header) -> tuple[NDArray[np.generic], tuple[str, ...]]:
    """The records as a memory map, as many as are complete."""
    per_record = header.words
    if per_record == 0:
        raise source.refuse("states no samples in its records")
    size = per_record * header.width
    present, rest = divmod(source.size - header.bytes, size)
    stated = header.records
    notes: list[str] = []
    if present == 0:
        raise source.refuse("holds no complete data record")
    if stated <= 0:
        notes.append(f"The header does not state how many records there are; {present} were found")
        stated = present
    elif stated > present:
        notes.append(
            f"The file is cut short: {present} of {stated} records are there "
            f"({present * header.record_s:g} s)"
        )
    elif stated < present or rest:
        notes.append(f"The file holds {source.size - header.bytes - stated * size} bytes more than it states")
    used = min(present, stated)
    shape = (used, per_record)
    if header.width == 2:
        words = np.memmap(source.path, dtype="<i2", mode="r", offset=header.bytes, shape=shape)
        return np.asarray(words), tuple(notes)
    # A 24-bit word is the upper part of the 32-bit word that begins one byte before it; the first
    # such byte is the last of the header.
    raw = np.memmap(source.path, np.uint8, "r", offset=header.bytes - 1, shape=(1 + used * size,))
    return np.ndarray(shape, "<i4", buffer=raw, strides=(size, 3)), tuple(notes)


def _recording(
    source: Source,
    header: _Header,
    words: NDArray[np.generic],
    per_record: int,
    line: Timeline,
    annotations: tuple[Annotation, ...],
    notes: tuple[str, ...],
) -> Recording:
    chosen = [s for s in header.signals if s.samples == per_record and not _is_marks(s)]
    if per_record == 0:
        raise source.refuse(f"states no samples for {listed([s.label for s in chosen])}")
    rate = source.checked_rate(per_record / header.record_s)
    runs = line.runs(rate, per_record)
    channels, said = _channels(chosen, rate)
    end = runs[-1].first_sample + runs[-1].records * per_record
    gaps = tuple(
        Span((a.first_sample + a.records * per_record) / rate, b.first_sample / rate, "not recorded")
        for a, b in pairwise(runs)
    )
    shift = 8 if header.width == 3 else 0
    signal = RecordSignal(words, tuple(s.offset for s in chosen), per_record, runs, shift)
    described, beside = bids.described(source, channels)
    marks = [a for a in annotations if a.onset_s <= end / rate]
    for row, chosen_signal in enumerate(chosen):
        if header.width == 3 and chosen_signal.label == "Status":
            more, made = status_marks(signal, row, rate)
            marks += more
            beside += made
    inside = tuple(sorted(marks, key=lambda mark: mark.onset_s))
    start = None if header.start is None else header.start + line.subsecond
    return Recording(
        signal, rate, described, inside, gaps, start, source.name,
        (*notes, *said, *beside, *unit_notes(described)),
    )  # fmt: skip


def _channels(signals: Sequence[_Signal], rate: float) -> tuple[tuple[Channel, ...], tuple[str, ...]]:
    channels, uncalibrated, slow = [], [], []
    for name, signal in zip(numbered(s.label for s in signals), signals, strict=True):
        unit = unit_of(signal.unit.encode("latin-1").decode("utf-8", "replace"))
        unit = unit_of(signal.unit) if unit and "\ufffd" in unit else unit
        (low, high), (least, most) = signal.physical, signal.digital
        gain, offset = 1.0, 0.0
        if np.isfinite([low, high, least, most]).all() and most > least and high != low:
            gain = (high - low) / (most - least)
            offset = low - gain * least
        else:
            unit = None
            uncalibrated.append(name)
        kind = kind_of(name, unit, about=signal.transducer)
        if kind in EMG_KINDS and rate < SLOWEST_EMG_HZ:
            kind = ChannelKind.OTHER
            slow.append(name)
        channels.append(Channel(name, unit, kind, gain, offset))
    notes = []
    if uncalibrated:
        notes.append(f"The header gives no usable calibration for {listed(uncalibrated)}")
    if slow:
        notes.append(f"{listed(slow)} is sampled at {rate:g} Hz: an envelope at best, not EMG")
    return tuple(channels), tuple(notes)


def _is_marks(signal: _Signal) -> bool:
    return signal.label in {"EDF Annotations", "BDF Annotations"}


def _bytes_of(words: NDArray[np.generic], signal: _Signal) -> NDArray[np.uint8]:
    """Annotation bytes, one row per record."""
    part = np.ascontiguousarray(words[:, signal.offset : signal.offset + signal.samples])
    cells = part.view(np.uint8).reshape(*part.shape, part.itemsize)
    return cells[..., part.itemsize == 4 :].reshape(words.shape[0], -1)


def _start(recording: str, date: str, time: str) -> datetime | None:
    """Clock time of the start; the year in full where EDF+ gives it."""
    clock = re.fullmatch(r"(\d\d?)[.:](\d\d?)[.:](\d\d?)", time)
    day = re.fullmatch(r"(\d\d?)[./-](\d\d?)[./-](\d\d)", date)
    if not clock or not day:
        return None
    year = int(day[3]) + (1900 if int(day[3]) >= 85 else 2000)
    full = re.search(r"Startdate \d\d?-[A-Za-z]{3}-(\d{4})", recording)
    with contextlib.suppress(ValueError):
        return datetime(
            int(full[1]) if full else year,
            int(day[2]),
            int(day[1]),
            int(clock[1]),
            int(clock[2]),
            int(clock[3]),
        )
    return None


def _whole(source: Source, text: str, what: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,10}", text):
        raise source.refuse(f"states {text[:20]!r} as its {what}")
    return int(text)


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return float("nan")
