"""TMSi Poly5: blocks of interleaved samples, kept on disk.

Layout after the description of the format that TMSi publishes with its Python interface: a header
of 217 bytes, a description of 136 bytes per signal, then blocks with a header of 86 bytes each. In
the 32-bit layout a channel takes two descriptions, "(Lo)" and "(Hi)", and holds float32 values in
the stated unit.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Sequence
from datetime import datetime

import numpy as np

from myolens.readers.naming import kind_of, numbered, unit_notes, unit_of
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
        If the header is cut short or contradicts itself, or samples are not 32-bit.
    """
    if len(source.head) < _HEADER.size:
        raise source.refuse("ends inside its header")
    fields = _HEADER.unpack_from(source.head)
    rate, descriptions, samples = fields[3], fields[6], fields[7]
    blocks, per_block = fields[15], fields[16]
    channels = _channels(source, descriptions)
    if samples <= 0 or blocks <= 0 or per_block == 0:
        raise source.refuse(f"states {samples} samples in {blocks} blocks of {per_block}")
    begin = _HEADER.size + descriptions * _DESCRIPTION_BYTES
    layout = np.dtype([("head", f"V{_BLOCK_HEADER_BYTES}"), ("values", "<f4", (per_block, len(channels)))])
    whole, rest = divmod(source.size - begin, layout.itemsize)
    notes: list[str] = []
    # A last block that is not full may be written short; then its samples cannot be mapped as a block.
    present = min(samples, whole * per_block)
    if present < samples:
        left = max(0, rest - _BLOCK_HEADER_BYTES) // (4 * len(channels))
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


def _channels(source: Source, descriptions: int) -> tuple[Channel, ...]:
    end = _HEADER.size + descriptions * _DESCRIPTION_BYTES
    if not 0 < descriptions <= 4096 or descriptions % 2:
        raise source.refuse(f"states {descriptions} signal descriptions")
    with source.path.open("rb") as file:
        head = file.read(end)
    if len(head) < end:
        raise source.refuse("ends inside its header")
    names, units = [], []
    for place in range(0, descriptions, 2):
        at = _HEADER.size + place * _DESCRIPTION_BYTES
        name = head[at + 1 : at + 1 + min(head[at], 40)].decode("latin-1")
        if not name.startswith("(Lo)"):
            raise source.refuse(
                "holds 16-bit samples, which are not read", mend="Export it as EDF or as 32-bit Poly5"
            )
        names.append(name.removeprefix("(Lo)").strip())
        units.append(unit_of(head[at + 46 : at + 46 + min(head[at + 45], 10)].decode("latin-1")))
    return tuple(
        Channel(name, unit, kind_of(name, unit)) for name, unit in zip(numbered(names), units, strict=True)
    )
