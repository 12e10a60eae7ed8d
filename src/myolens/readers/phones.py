"""Exports of phone applications: Sensor Logger, phyphox, and iOS motion as mhealthtools writes it.

They are tables with a time column; what they leave unsaid is added here, and said in the notes.
Angular rates of both phone systems are in rad/s (Apple, CMRotationRate; Android, SensorEvent).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myolens.readers import delimited, table
from myolens.readers.columns import median
from myolens.readers.naming import listed, unit_notes
from myolens.readers.source import Source
from myolens.recording import Channel, ChannelKind, Recording

STANDARD_GRAVITY = 9.80665
"""m/s², the definition of g (3rd General Conference on Weights and Measures, 1901)."""
_NEAR = 0.15
"""A phone at rest measures gravity within this share: sensor offsets reach a few hundredths of g."""

_BLOCK = 262_144

_FIRST_LINE = re.compile(
    r'"?time"?[,;\t]"?seconds_elapsed"?[,;\t]'
    r'|"?Time \(s\)"?[,;\t]"?(Linear |Absolute )?(Acceleration|Gyroscope|Magnetic)'
    r"|.*\buser_acc_x\b",
    re.IGNORECASE,
)
_BY_NAME = (
    ("linear", ChannelKind.ACCELERATION),
    ("accel", ChannelKind.ACCELERATION),
    ("gravity", ChannelKind.ACCELERATION),
    ("gyro", ChannelKind.GYROSCOPE),
)


def sniff(source: Source) -> bool:
    """Whether the heading is one of these applications'."""
    return table.is_text(source) and _FIRST_LINE.match(table.decoded(source, source.head[:2000])) is not None


def read(source: Source) -> Sequence[Recording]:
    """Read the table and complete kinds and units.

    Raises
    ------
    InputError
        As for any table.
    """
    return [_completed(source, recording) for recording in delimited.read(source)]


def _completed(source: Source, recording: Recording) -> Recording:
    notes = [note for note in recording.notes if "not state the unit" not in note]
    channels = list(recording.channels)
    bare = all(re.fullmatch(r"[xyz]", channel.name, re.IGNORECASE) for channel in channels)
    by_name = next((kind for word, kind in _BY_NAME if word in source.name.lower()), None)
    if bare and by_name:
        channels = [replace(channel, kind=by_name) for channel in channels]
        notes.append(f"The file name tells the sensor: {by_name.value}")
        if by_name is ChannelKind.GYROSCOPE:
            channels = [replace(channel, unit="rad/s") for channel in channels]
            notes.append("Phones give angular rates in rad/s")
    unit, named = _gravity_unit(recording, channels)
    if unit:
        channels = [
            replace(c, unit=unit) if c.kind is ChannelKind.ACCELERATION and c.unit is None else c
            for c in channels
        ]
        notes.append(f"The unit {unit} follows from gravity, which {named} measure")
    return replace(recording, channels=tuple(channels), notes=(*notes, *unit_notes(channels)))


def _gravity_unit(recording: Recording, channels: Sequence[Channel]) -> tuple[str | None, str]:
    """Unit of acceleration in which three axes without one measure gravity, and which axes they are."""
    open_rows = [
        row for row, c in enumerate(channels) if c.kind is ChannelKind.ACCELERATION and c.unit is None
    ]
    stems: dict[str, list[int]] = {}
    for row in open_rows:
        stems.setdefault(re.sub(r"[ _.]?[xyz]$", "", channels[row].name, flags=re.IGNORECASE), []).append(row)
    for rows in stems.values():
        if len(rows) == 3:
            length = median(partial(_lengths, recording, rows))
            for unit, gravity in (("g", 1.0), ("m/s^2", STANDARD_GRAVITY)):
                if abs(length / gravity - 1) < _NEAR:
                    return unit, listed([channels[row].name for row in rows])
    return None, ""


def _lengths(recording: Recording, rows: Sequence[int]) -> Iterator[NDArray[Any]]:
    """Length of the vector that three rows make, block by block."""
    for start, stop in recording.blocks(_BLOCK):
        yield np.sqrt((recording.physical(start, stop, rows).astype(float) ** 2).sum(axis=0))
