"""BrainVision: a text header, a text file of markers, and samples in a flat file or written as text.

Source: BrainVision Core Data Format 1.0 (Brain Products).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from myolens.readers import table
from myolens.readers.columns import gathered
from myolens.readers.naming import kind_of, numbered, unit_notes, unit_of
from myolens.readers.records import InterleavedSignal, interleaved, not_numbers
from myolens.readers.source import Source, opened
from myolens.readers.spool import Spool
from myolens.recording import Annotation, Channel, Recording, Signal

LARGEST_HEADER = 16 * 1024**2
MOST_CHANNELS = 10_000
MOST_MARKERS = 200_000
_CHARACTERS = 500_000
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
        If the header is incomplete, or its data file is missing, elsewhere or damaged.
    """
    header = source.path if source.suffix == ".vhdr" else source.path.with_suffix(".vhdr")
    if not header.is_file():
        raise source.refuse("needs its header, the .vhdr file, beside it")
    sections = _sections(source, header)
    common = sections.get("common infos", {})
    count = _whole(source, common.get("numberofchannels", ""), "NumberOfChannels")
    interval_us = _real(source, common.get("samplinginterval", ""), "SamplingInterval")
    if not 0 < count <= MOST_CHANNELS or interval_us <= 0:
        raise source.refuse(f"states {count} channels at an interval of {interval_us:g} us")
    channels, said = _channels(source, sections.get("channel infos", {}), count)
    rate = source.checked_rate(1e6 / interval_us)
    rate = float(round(rate)) if abs(rate - round(rate)) < 1e-9 * rate else rate
    form = common.get("dataformat", "BINARY").upper()
    if form not in {"BINARY", "ASCII"}:
        raise source.refuse(f"states the data format {form[:20]!r}, which is not known")
    signal, cut = (
        _signal(source, common, sections.get("binary infos", {}), count)
        if form == "BINARY"
        else _written(source, common, sections.get("ascii infos", {}), count)
    )
    annotations, start = _markers(source, common.get("markerfile", ""), rate, signal.shape[1])
    notes = (*said, *cut, *unit_notes(channels))
    return [Recording(signal, rate, channels, annotations, (), start, source.name, notes)]


def _written(
    source: Source, common: Mapping[str, str], about: Mapping[str, str], count: int
) -> tuple[Signal, tuple[str, ...]]:
    """Samples written as numbers: a line per instant, or, vectorised, a line per channel."""
    data = opened(source.companion(common.get("datafile", "").replace("$b", source.path.stem)))
    skip = _whole(source, about.get("skiplines", "0"), "SkipLines")
    left_out = _whole(source, about.get("skipcolumns", "0"), "SkipColumns")
    comma = about.get("decimalsymbol", ".") == ","
    if common.get("dataorientation", "MULTIPLEXED").upper() == "VECTORIZED":
        values = _lines(data, count, skip=skip, leave_out=left_out, decimal_comma=comma)
        return interleaved(values), not_numbers(values)
    words = frozenset(range(left_out))
    shape = table.Layout(
        table.encoding_of(data.head), None, comma, ("",) * skip, left_out + count, words=words
    )
    grid = table.grid(data, shape)
    values = gathered(source, grid.values, range(left_out, left_out + count), len(grid.values), np.float64)
    return interleaved(values), (*grid.notes, *not_numbers(values))


def _lines(
    source: Source, count: int, *, skip: int, leave_out: int, decimal_comma: bool
) -> NDArray[np.float64]:
    """Numbers of a file whose lines are channels, however long they are; shape (samples, lines).

    The first `skip` lines are no channels, the first `leave_out` words of the others no numbers.
    """
    spool = Spool(source, 1)
    lengths: list[int] = []
    for line, words in _words(source, table.encoding_of(source.head)):
        if not skip <= line < skip + count:
            continue
        if line - skip == len(lengths):
            lengths.append(-leave_out)
        numbers = words[max(0, -lengths[-1]) :]
        lengths[-1] += len(words)
        if decimal_comma:
            numbers = [word.replace(",", ".") for word in numbers]
        try:
            spool.append(np.array(numbers, float)[:, None])
        except ValueError:
            raise source.refuse(f"has words in line {line + 1} where numbers were expected") from None
    if len(lengths) != count or len(set(lengths)) != 1 or lengths[0] < 1:
        raise source.refuse(f"holds {len(lengths)} lines, and {count} of equal length were expected")
    return spool.array().reshape(count, -1).T


def _words(source: Source, encoding: str) -> Iterator[tuple[int, list[str]]]:
    """Words of the file with the line they are in; a long line comes in several parts."""
    rest, line = "", 0
    with source.path.open(encoding=encoding, errors="replace") as file:
        while text := file.read(_CHARACTERS):
            *whole, rest = (rest + text).split("\n")
            for part in whole:
                yield line, part.split()
                line += 1
            cut = max(rest.rfind(" "), rest.rfind("\t"), 0)
            yield line, rest[:cut].split()
            rest = rest[cut:]
            if len(rest) > table.LONGEST_LINE:
                raise source.refuse(f"has a word of more than {table.LONGEST_LINE} characters")
    yield line, rest.split()


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
