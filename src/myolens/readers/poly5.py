"""TMSi Poly5: blocks of interleaved samples, kept on disk.

Layout after the description of the format that TMSi publishes with its Python interface: a header
of 217 bytes, a description of 136 bytes per signal, then blocks with a header of 86 bytes each. A
32-bit channel takes two descriptions, "(Lo)" and "(Hi)", and holds float32 values in the stated unit;
a 16-bit channel takes one and holds integers, whose range is stated in the unit and in steps of the
converter (UnitLow, UnitHigh, ADCLow, ADCHigh).
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

from myolens.readers.naming import kind_of, listed, numbered, unit_notes, unit_of
from myolens.readers.records import InterleavedSignal
from myolens.readers.source import Source
from myolens.recording import Channel, Recording

_HEADER = struct.Struct("<31sH81sHHBHi4x7Hi3H64x")
_DESCRIPTION_BYTES = 136
_BLOCK_HEADER_BYTES = 86


def sniff(source: Source) -> bool:
    """Whether the file begins as a Poly5 file does."""
    return source.head.startswith(b"POLY SAMPLE FILE")


def read(source: Source) -> Sequence[Recording]:
    """Read the one recording of the file.

    Raises
    ------
    InputError
        If the header is cut short or contradicts itself, or channels have different widths.
    """
    if len(source.head) < _HEADER.size:
        raise source.refuse("ends inside its header")
    fields = _HEADER.unpack_from(source.head)
    rate, descriptions, samples = fields[3], fields[6], fields[7]
    blocks, per_block = fields[15], fields[16]
    channels, values, said = _channels(source, descriptions)
    if samples <= 0 or blocks <= 0 or per_block == 0:
        raise source.refuse(f"states {samples} samples in {blocks} blocks of {per_block}")
    begin = _HEADER.size + descriptions * _DESCRIPTION_BYTES
    layout = np.dtype([("head", f"V{_BLOCK_HEADER_BYTES}"), ("values", values, (per_block, len(channels)))])
    whole, rest = divmod(source.size - begin, layout.itemsize)
    notes: list[str] = list(said)
    # A last block that is not full may be written short; then its samples cannot be mapped as a block.
    present = min(samples, whole * per_block)
    if present < samples:
        left = max(0, rest - _BLOCK_HEADER_BYTES) // (values.itemsize * len(channels))
        notes.append(
            f"Of {samples} samples {present} lie in complete blocks and were read; {left} more were left out"
        )
    if present <= 0:
        raise source.refuse("holds no complete block of samples")
    mapped = np.memmap(source.path, dtype=layout, mode="r", offset=begin, shape=(whole,))
    signal = InterleavedSignal(np.asarray(mapped)["values"], present)
    flat = [c.name for row, c in enumerate(channels) if not signal.read(0, min(present, 65_536), [row]).any()]
    if flat:
        notes.append(f"Zero throughout its first {min(present, 65_536)} samples: {', '.join(flat)}")
    start = None
    with contextlib.suppress(ValueError):
        start = datetime(*fields[8:11], *fields[12:15])
    return [
        Recording(
            signal,
            source.checked_rate(rate),
            channels,
            (),
            (),
            start,
            source.name,
            (*notes, *unit_notes(channels)),
        )
    ]


def _channels(
    source: Source, descriptions: int
) -> tuple[tuple[Channel, ...], np.dtype[Any], tuple[str, ...]]:
    """Channels, the type of their samples, and what is not known of them."""
    end = _HEADER.size + descriptions * _DESCRIPTION_BYTES
    if not 0 < descriptions <= 4096:
        raise source.refuse(f"states {descriptions} signal descriptions")
    with source.path.open("rb") as file:
        head = file.read(end)
    if len(head) < end:
        raise source.refuse("ends inside its header")
    found = [
        _description(head[at : at + _DESCRIPTION_BYTES])
        for at in range(_HEADER.size, end, _DESCRIPTION_BYTES)
    ]
    wide = [name.startswith("(Lo)") for name, *_ in found]
    if any(wide) and (descriptions % 2 or not all(wide[::2])):
        raise source.refuse("mixes 16-bit and 32-bit channels", mend="Export it as EDF or as 32-bit Poly5")
    taken = found[::2] if any(wide) else found
    channels, uncalibrated = [], []
    for name, (_, unit, ranges) in zip(
        numbered(name.removeprefix("(Lo)").strip() for name, *_ in taken), taken, strict=True
    ):
        scale = (1.0, 0.0) if any(wide) else _calibration(ranges)
        if scale is None:
            uncalibrated.append(name)
            channels.append(Channel(name, None, kind_of(name, None)))
        else:
            channels.append(Channel(name, unit, kind_of(name, unit), *scale))
    said = (f"The header gives no usable calibration for {listed(uncalibrated)}",) if uncalibrated else ()
    return tuple(channels), np.dtype("<f4" if any(wide) else "<i2"), said


def _description(raw: bytes) -> tuple[str, str | None, tuple[float, ...]]:
    """Name, unit and ranges of a signal."""
    name = raw[1 : 1 + min(raw[0], 40)].decode("latin-1")
    unit = unit_of(raw[46 : 46 + min(raw[45], 10)].decode("latin-1"))
    return name, unit, struct.unpack_from("<4f", raw, 56)


def _calibration(ranges: tuple[float, ...]) -> tuple[float, float] | None:
    """Gain and offset from the least and greatest value in the unit and in converter steps."""
    low, high, least, most = ranges
    if not np.isfinite(ranges).all() or most == least or high == low:
        return None
    gain = (high - low) / (most - least)
    return gain, low - gain * least
