"""C3D: the analogue channels of a motion laboratory file, kept on disk; markers are not signals.

Source: The C3D file format user guide, Motion Lab Systems (c3d.org).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from myolens.readers.naming import kind_of, listed, numbered, unit_notes, unit_of
from myolens.readers.records import InterleavedSignal
from myolens.readers.source import Source
from myolens.recording import Channel, Recording

BLOCK = 512
_INTEL, _DEC, _MIPS = 84, 85, 86
_FLAT_LOOK = 1_000_000


class _Parameter(NamedTuple):
    """Value of one parameter, flat, with its dimensions (first index fastest)."""

    values: bytes
    kind: int
    dimensions: tuple[int, ...]
    order: str

    def numbers(self) -> list[float]:
        code = {1: "b", 2: "h", 4: "f"}.get(self.kind)
        if code is None:
            return []
        count = len(self.values) // struct.calcsize(f"={code}")
        return [float(v) for v in struct.unpack(f"{self.order}{count}{code}", self.values)]

    def texts(self) -> list[str]:
        if self.kind != -1 or not self.dimensions:
            return []
        width = max(1, self.dimensions[0])
        raw = [self.values[i : i + width] for i in range(0, len(self.values), width)]
        return [text.decode("utf-8", "replace").strip(" \0") for text in raw]


def sniff(source: Source) -> bool:
    """Whether the second byte is C3D's key and the parameter section has it too."""
    head = source.head
    if len(head) < BLOCK or head[1] != 0x50 or head[0] < 2:
        return False
    at = BLOCK * (head[0] - 1)
    return at + 4 > len(head) or head[at + 3] in {_INTEL, _DEC, _MIPS}


def read(source: Source) -> Sequence[Recording]:
    """Read all analogue channels as one recording.

    Raises
    ------
    InputError
        If the file holds no analogue channels, was written by a DEC machine, or is damaged.
    """
    order, parameters = _parameters(source)
    points, per_frame, first, last, scale, begin, samples_per_frame, point_rate = _header(source, order)
    channels_used = per_frame // samples_per_frame if samples_per_frame else 0
    if channels_used == 0:
        raise source.refuse("holds marker positions and no analogue channels, so there is no EMG in it")
    values = np.dtype(f"{order}f4" if scale < 0 else f"{order}i2")
    rate = _rate(source, parameters, point_rate, samples_per_frame)
    frame = (4 * points + per_frame) * values.itemsize
    if frame > source.size or begin < 2:
        raise source.refuse("is damaged: one frame would be larger than the file")
    there = (source.size - BLOCK * (begin - 1)) // frame
    stated = _frames(parameters, last - first + 1)
    frames = min(there, stated) if stated > 0 else there
    if frames <= 0:
        raise source.refuse("holds no complete frame")
    layout = np.dtype(
        [
            ("points", f"V{4 * points * values.itemsize}"),
            ("analog", values, (samples_per_frame, channels_used)),
        ]
    )
    mapped = np.memmap(source.path, dtype=layout, mode="r", offset=BLOCK * (begin - 1), shape=(frames,))
    signal = InterleavedSignal(np.asarray(mapped)["analog"], frames * samples_per_frame)
    channels = _channels(parameters, channels_used, values)
    notes = [] if there >= stated else [f"The file is cut short: {there} of {stated} frames are there"]
    flat = [
        channel.name
        for row, channel in enumerate(channels)
        if np.ptp(signal.read(0, _FLAT_LOOK // channels_used, [row])) == 0
    ]
    if flat:
        notes.append(f"{len(flat)} channels do not change, as unused inputs: {listed(flat)}")
    if points:
        notes.append(f"{points} markers in the file are positions, not signals, and were not read")
    notes += unit_notes(channels)
    return [Recording(signal, rate, channels, source=source.name, notes=tuple(notes))]


def _header(source: Source, order: str) -> tuple[int, int, int, int, float, int, int, float]:
    points, per_frame, first, last = struct.unpack_from(f"{order}4H", source.head, 2)
    scale, begin, samples, rate = struct.unpack_from(f"{order}fHHf", source.head, 12)
    if samples and per_frame % samples:
        raise source.refuse(f"states {per_frame} analogue values in {samples} samples of a frame")
    return points, per_frame, first, last, scale, begin, samples, rate


def _parameters(source: Source) -> tuple[str, dict[str, _Parameter]]:
    """Byte order, and parameters by "GROUP:NAME"."""
    at = BLOCK * (source.head[0] - 1)
    with source.path.open("rb") as file:
        file.seek(at)
        start = file.read(4)
        data = start + file.read(BLOCK * start[2] - 4 if len(start) == 4 and start[2] else 255 * BLOCK)
    if len(data) < 8:
        raise source.refuse("ends before its parameters")
    if data[3] not in {_INTEL, _MIPS}:
        raise source.refuse(
            "holds numbers in the format of DEC computers", mend="Export it again as Intel C3D"
        )
    order = "<" if data[3] == _INTEL else ">"
    groups: dict[int, str] = {}
    found: list[tuple[int, str, _Parameter]] = []
    at = 4
    while at + 4 <= len(data):
        size, group = struct.unpack_from("bb", data, at)
        size = abs(size)
        name = data[at + 2 : at + 2 + size].decode("latin-1").upper().strip()
        (step,) = struct.unpack_from(f"{order}H", data, at + 2 + size) if at + 4 + size <= len(data) else (0,)
        if size == 0 or group == 0:
            break
        if group < 0:
            groups[-group] = name
        else:
            body = data[at + 4 + size :]
            if len(body) < 2:
                break
            kind, rank = struct.unpack_from("bB", body)
            shape = tuple(body[2 : 2 + rank])
            count = abs(kind) * int(np.prod([float(n) for n in shape])) if shape else abs(kind)
            found.append((group, name, _Parameter(body[2 + rank : 2 + rank + count], kind, shape, order)))
        if step == 0:
            break
        at += 2 + size + step
    return order, {f"{groups.get(group, '?')}:{name}": parameter for group, name, parameter in found}


def _rate(source: Source, parameters: dict[str, _Parameter], point_rate: float, samples: int) -> float:
    stated = parameters["ANALOG:RATE"].numbers() if "ANALOG:RATE" in parameters else []
    return source.checked_rate(stated[0] if stated and stated[0] > 0 else point_rate * samples)


def _frames(parameters: dict[str, _Parameter], by_header: int) -> int:
    """Number of frames; the header's 16-bit count wraps, so the longer parameter wins where present."""
    for name in ("POINT:FRAMES", "TRIAL:ACTUAL_END_FIELD"):
        numbers = parameters[name].numbers() if name in parameters else []
        if name == "POINT:FRAMES" and numbers and by_header <= 0:
            return int(numbers[0]) % 65536
        if (
            name == "TRIAL:ACTUAL_END_FIELD"
            and len(numbers) >= 2
            and "TRIAL:ACTUAL_START_FIELD" in parameters
        ):
            first = parameters["TRIAL:ACTUAL_START_FIELD"].numbers()
            if len(first) >= 2:
                end, begin = (
                    int(low) % 65536 + 65536 * (int(high) % 65536) for low, high in (numbers[:2], first[:2])
                )
                return max(by_header, end - begin + 1)
    return by_header


def _channels(
    parameters: dict[str, _Parameter], count: int, values: np.dtype[np.generic]
) -> tuple[Channel, ...]:
    def texts(name: str) -> list[str]:
        given = parameters[name].texts() if name in parameters else []
        return (given + [""] * count)[:count]

    def numbers(name: str, missing: float) -> NDArray[np.float64]:
        given = parameters[name].numbers() if name in parameters else []
        return np.array((given + [missing] * count)[:count])

    general = parameters["ANALOG:GEN_SCALE"].numbers() if "ANALOG:GEN_SCALE" in parameters else [1.0]
    gains = numbers("ANALOG:SCALE", 1.0) * (general[0] if general else 1.0)
    zeros = numbers("ANALOG:OFFSET", 0.0)
    gains[~np.isfinite(gains)] = 1.0
    channels = []
    for i, name in enumerate(numbered(texts("ANALOG:LABELS"))):
        unit = unit_of(texts("ANALOG:UNITS")[i])
        channels.append(
            Channel(name, unit, kind_of(name, unit), float(gains[i]), float(-zeros[i] * gains[i]))
        )
    return tuple(channels)
