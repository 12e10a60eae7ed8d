"""Intan RHD2000: records of amplifier, auxiliary, analogue and digital samples, kept on disk.

Source: Intan Technologies, RHD2000 application note "Data file formats" (header versions 1.0-3.x).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from myolens.readers.naming import kind_of, numbered
from myolens.readers.records import RecordSignal, Run
from myolens.readers.source import Source
from myolens.recording import Channel, ChannelKind, Recording

MAGIC = bytes.fromhex("022791c6")
LARGEST_HEADER = 16 * 1024**2
_MICROVOLTS_PER_BIT = 0.195
_AUX_VOLTS_PER_BIT = 37.4e-6
_ADC = {0: (50.354e-6, 0), 1: (152.59e-6, 32768), 13: (312.5e-6, 32768)}
"""Volts per bit and zero of the board's ADC, by board mode."""
_AMPLIFIER, _AUX, _SUPPLY, _BOARD_ADC, _DIGITAL_IN, _DIGITAL_OUT = range(6)


@dataclass(slots=True)
class _Header:
    """What the header says; filled as it is walked."""

    version: tuple[int, int] = (0, 0)
    rate: float = 0.0
    temperatures: int = 0
    board_mode: int = 0
    names: dict[int, list[str]] = field(default_factory=lambda: {kind: [] for kind in range(6)})
    notes: list[str] = field(default_factory=list)


class _Walk:
    """Little-endian fields one after the other, never beyond the bytes there are."""

    def __init__(self, source: Source, data: bytes) -> None:
        self.source, self.data, self.at = source, data, 0

    def take(self, code: str) -> tuple[float, ...]:
        size = struct.calcsize(f"<{code}")
        if self.at + size > len(self.data):
            raise self.source.refuse("ends inside its header")
        values = struct.unpack_from(f"<{code}", self.data, self.at)
        self.at += size
        return values

    def whole(self) -> int:
        return int(self.take("h")[0])

    def text(self) -> str:
        size = int(self.take("I")[0])
        if size == 0xFFFFFFFF:
            return ""
        if size > len(self.data) - self.at:
            raise self.source.refuse("has a text in its header that is longer than the header")
        self.at += size
        return self.data[self.at - size : self.at].decode("utf-16-le", "replace")


def sniff(source: Source) -> bool:
    """Whether the magic number is that of RHD2000 files."""
    return source.head.startswith(MAGIC)


def read(source: Source) -> Sequence[Recording]:
    """Read the amplifier, board and digital channels, and the auxiliary inputs at their lower rate.

    Raises
    ------
    InputError
        If the header is damaged or there is no complete record.
    """
    with source.path.open("rb") as file:
        walk = _Walk(source, file.read(LARGEST_HEADER))
    header = _header(walk)
    size = 128 if header.version[0] >= 2 else 60
    count = {kind: len(names) for kind, names in header.names.items()}
    # Lengths in 16-bit words: the time stamps take two words a sample.
    lengths = [
        2 * size,
        size * count[_AMPLIFIER],
        size // 4 * count[_AUX],
        count[_SUPPLY],
        header.temperatures,
        size * count[_BOARD_ADC],
        size * bool(count[_DIGITAL_IN]),
        size * bool(count[_DIGITAL_OUT]),
    ]
    begins = np.concatenate([[0], np.cumsum(lengths)])
    records = (source.size - walk.at) // (2 * int(begins[-1]))
    if records == 0:
        raise source.refuse(
            "holds no samples",
            mend="If the recording was saved as one file per channel, export it in one file",
        )
    words = np.memmap(source.path, dtype="<u2", mode="r", offset=walk.at, shape=(records, int(begins[-1])))
    if (source.size - walk.at) % (2 * int(begins[-1])):
        header.notes.append("The file ends inside a record, which was left out")
    return list(_recordings(source, header, np.asarray(words), begins, size))


def _header(walk: _Walk) -> _Header:
    walk.take("4x")
    header = _Header(version=(walk.whole(), walk.whole()))
    if not 1 <= header.version[0] <= 3:
        raise walk.source.refuse(f"is of header version {header.version[0]}, and versions 1 to 3 are read")
    header.rate = walk.source.checked_rate(walk.take("f")[0])
    walk.take("hffffffhff")
    comments = [text for text in (walk.text().strip() for _ in range(3)) if text]
    if comments:
        header.notes.append(f"{len(comments)} notes in the file can describe the person and were left out")
    if header.version >= (1, 1):
        header.temperatures = max(0, walk.whole())
    if header.version >= (1, 3):
        header.board_mode = walk.whole()
    if header.version >= (2, 0):
        walk.text()
    for _ in range(walk.whole()):
        walk.text(), walk.text()
        enabled, channels, _amplified = (int(v) for v in walk.take("hhh"))
        for _ in range(channels if enabled else 0):
            native, custom = walk.text(), walk.text()
            kind, used = (int(v) for v in walk.take("4xhh"))
            walk.take("12x2f")
            if used:
                if kind not in header.names:
                    raise walk.source.refuse(f"describes a channel of the unknown type {kind}")
                header.names[kind].append(custom.strip() or native.strip())
    return header


def _recordings(
    source: Source, header: _Header, words: NDArray[np.generic], begins: NDArray[np.int64], size: int
) -> Iterator[Recording]:
    runs = (Run(0, 0, words.shape[0]),)
    names = header.names
    gain, zero = _ADC.get(header.board_mode, (1.0, 0))
    offsets = [int(begins[1]) + size * i for i in range(len(names[_AMPLIFIER]))]
    channels = [
        Channel(n, "uV", kind_of(n, "uV"), _MICROVOLTS_PER_BIT, -32768 * _MICROVOLTS_PER_BIT)
        for n in names[_AMPLIFIER]
    ]
    offsets += [int(begins[5]) + size * i for i in range(len(names[_BOARD_ADC]))]
    unit = "V" if header.board_mode in _ADC else None
    channels += [Channel(n, unit, ChannelKind.OTHER, gain, -zero * gain) for n in names[_BOARD_ADC]]
    for kind, name, place in ((_DIGITAL_IN, "digital in", 6), (_DIGITAL_OUT, "digital out", 7)):
        if names[kind]:
            offsets.append(int(begins[place]))
            channels.append(Channel(name, None, ChannelKind.TRIGGER))
    if channels:
        signal = RecordSignal(words, tuple(offsets), size, runs)
        yield Recording(signal, header.rate, _unique(channels), source=source.name, notes=tuple(header.notes))
    if names[_AUX]:
        offsets = [int(begins[2]) + size // 4 * i for i in range(len(names[_AUX]))]
        aux = [Channel(n, "V", ChannelKind.OTHER, _AUX_VOLTS_PER_BIT) for n in names[_AUX]]
        signal = RecordSignal(words, tuple(offsets), size // 4, runs)
        yield Recording(signal, header.rate / 4, _unique(aux), source=source.name, notes=tuple(header.notes))


def _unique(channels: Sequence[Channel]) -> tuple[Channel, ...]:
    names = numbered(channel.name for channel in channels)
    return tuple(
        Channel(name, c.unit, c.kind, c.gain, c.offset) for name, c in zip(names, channels, strict=True)
    )
