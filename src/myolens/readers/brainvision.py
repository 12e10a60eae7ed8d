"""BrainVision: a text header, a text file of markers and a flat binary file, kept on disk.

Source: BrainVision Core Data Format 1.0 (Brain Products).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from myolens.readers.naming import kind_of, numbered, unit_notes, unit_of
from myolens.readers.records import InterleavedSignal
from myolens.readers.source import Source
from myolens.recording import Annotation, Channel, Recording, Signal

LARGEST_HEADER = 16 * 1024**2
MOST_CHANNELS = 10_000
MOST_MARKERS = 200_000
_TYPES = {"INT_16": "<i2", "UINT_16": "<u2", "INT_32": "<i4", "IEEE_FLOAT_32": "<f4", "IEEE_FLOAT_64": "<f8"}
_FIRST_LINE = re.compile(
    rb"\s*(\xef\xbb\xbf)?Brain ?Vision (Data Exchange|Core Data Format) ?(Header|Marker)? ?File",
    re.IGNORECASE,
)


def sniff(source: Source) -> bool:
    """Whether the first line is that of a BrainVision header or marker file, or a header stands beside."""
    if _FIRST_LINE.match(source.head[:80]):
        return True
    return source.suffix in {".eeg", ".vmrk"} and source.path.with_suffix(".vhdr").is_file()


def read(source: Source) -> Sequence[Recording]:
    """Read the one recording a header describes.

    Raises
    ------
    InputError
        If the header is incomplete, its data file is missing or elsewhere, or the data are text.
    """
    header = source.path if source.suffix == ".vhdr" else source.path.with_suffix(".vhdr")
    if not header.is_file():
        raise source.refuse("needs its header, the .vhdr file, beside it")
    sections = _sections(source, header)
    common = sections.get("common infos", {})
    if common.get("dataformat", "BINARY").upper() != "BINARY":
        raise source.refuse("holds its samples as text", mend="Export it in the binary format, or as EDF")
    count = _whole(source, common.get("numberofchannels", ""), "NumberOfChannels")
    interval_us = _real(source, common.get("samplinginterval", ""), "SamplingInterval")
    if not 0 < count <= MOST_CHANNELS or interval_us <= 0:
        raise source.refuse(f"states {count} channels at an interval of {interval_us:g} us")
    channels, said = _channels(source, sections.get("channel infos", {}), count)
    rate = source.checked_rate(1e6 / interval_us)
    rate = float(round(rate)) if abs(rate - round(rate)) < 1e-9 * rate else rate
    signal, cut = _signal(source, common, sections.get("binary infos", {}), count)
    annotations, start = _markers(source, common.get("markerfile", ""), rate, signal.shape[1])
    notes = (*said, *cut, *unit_notes(channels))
    return [Recording(signal, rate, channels, annotations, (), start, source.name, notes)]


def _signal(
    source: Source, common: Mapping[str, str], binary: Mapping[str, str], count: int
) -> tuple[Signal, tuple[str, ...]]:
    data = source.companion(common.get("datafile", "").replace("$b", source.path.stem))
    kind = binary.get("binaryformat", "").upper()
    if kind not in _TYPES:
        raise source.refuse(f"states the number format {kind[:20]!r}, which is not known")
    dtype = np.dtype(_TYPES[kind])
    size = data.stat().st_size
    samples, rest = divmod(size, count * dtype.itemsize)
    if samples == 0:
        raise source.refuse(f"names the data file {data.name}, which holds no complete sample")
    notes = (f"{data.name} ends inside a sample, {rest} bytes were left out",) if rest else ()
    if common.get("dataorientation", "MULTIPLEXED").upper() == "VECTORIZED":
        rows = np.memmap(data, dtype=dtype, mode="r", shape=(count, samples))
        return InterleavedSignal(np.asarray(rows).T[None], samples), notes
    frames = np.memmap(data, dtype=dtype, mode="r", shape=(1, samples, count))
    return InterleavedSignal(np.asarray(frames), samples), notes


def _channels(
    source: Source, infos: Mapping[str, str], count: int
) -> tuple[tuple[Channel, ...], tuple[str, ...]]:
    names, gains, units, undeclared = [], [], [], []
    for number in range(1, count + 1):
        parts = [part.replace(r"\1", ",").strip() for part in infos.get(f"ch{number}", "").split(",")]
        parts += [""] * (4 - len(parts))
        names.append(parts[0])
        gains.append(_real(source, parts[2] or "1", f"resolution of Ch{number}"))
        # The format's default unit, when the field is left out, is µV.
        units.append(unit_of(parts[3]) if parts[3] else "uV")
        if not parts[3]:
            undeclared.append(parts[0] or f"Ch{number}")
    channels = tuple(
        Channel(name, unit, kind_of(name, unit), gain)
        for name, unit, gain in zip(numbered(names), units, gains, strict=True)
    )
    notes = (f"{len(undeclared)} channels state no unit; the format then means uV",) if undeclared else ()
    return channels, notes


def _markers(
    source: Source, name: str, rate: float, samples: int
) -> tuple[tuple[Annotation, ...], datetime | None]:
    if not name:
        return (), None
    path = source.companion(name.replace("$b", source.path.stem))
    start: datetime | None = None
    found: list[Annotation] = []
    for key, value in _sections(source, path).get("marker infos", {}).items():
        parts = value.split(",")
        if not re.fullmatch(r"mk\d+", key) or len(parts) < 3 or len(found) >= MOST_MARKERS:
            continue
        kind, text = (part.replace(r"\1", ",").strip() for part in parts[:2])
        with contextlib.suppress(ValueError):
            at, length = int(parts[2]) - 1, int(parts[3]) if len(parts) > 3 and parts[3].strip() else 0
            if kind == "New Segment" and start is None and len(parts) > 5 and at == 0:
                start = datetime.strptime(parts[5].strip()[:20], "%Y%m%d%H%M%S%f")
            if 0 <= at < samples:
                words = f"{kind}: {text}" if kind and text else kind or text
                found.append(Annotation(at / rate, max(0, length) / rate, words))
    return tuple(found), start


def _sections(source: Source, path: Path) -> dict[str, dict[str, str]]:
    """Sections of an INI-like file, keys in lower case; free text after [Comment] is skipped."""
    if path.stat().st_size > LARGEST_HEADER:
        raise source.refuse(f"has a text part, {path.name}, of {path.stat().st_size} bytes")
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    sections: dict[str, dict[str, str]] = {}
    current: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("[") and "]" in line:
            title = line[1 : line.index("]")].strip().lower()
            if title == "comment":
                break
            current = sections.setdefault(title, {})
        elif "=" in line and not line.startswith(";"):
            key, value = line.split("=", 1)
            current[key.strip().lower()] = value.strip()
    return sections


def _whole(source: Source, text: str, what: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text):
        raise source.refuse(f"states {text[:20]!r} as its {what}")
    return int(text)


def _real(source: Source, text: str, what: str) -> float:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise source.refuse(f"states {text[:20]!r} as its {what}")
    return value
