"""Delsys Trigno CSV exports: a line of description per signal, then a time column for each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from myolens.readers import delimited, table
from myolens.readers.naming import kind_of, unit_of
from myolens.readers.source import Source
from myolens.recording import Recording

_LABEL = re.compile(
    r'"?Label: (?P<label>.+?) Sampling frequency: (?P<rate>\S+) Number of points: (?P<points>\d+)'
    r" start: (?P<start>\S+) Unit: (?P<unit>.*?) Domain Unit: (?P<domain>\S+)"
)


def sniff(source: Source) -> bool:
    """Whether the first line describes a signal as Delsys writes it."""
    return table.is_text(source) and _LABEL.match(table.decoded(source, source.head[:400])) is not None


def read(source: Source) -> Sequence[Recording]:
    """Read one recording per sampling rate.

    Raises
    ------
    InputError
        If the table under the descriptions is missing or broken.
    """
    described = {}
    for line in table.decoded(source, source.head).split("\n"):
        found = _LABEL.match(line)
        if found is None:
            break
        described[" ".join(found["label"].split())] = found
    recordings = []
    for recording in delimited.read(source):
        rate, points = recording.rate, 0
        channels = []
        for channel in recording.channels:
            about = described.get(channel.name)
            if about is None:
                channels.append(channel)
                continue
            unit = unit_of(about["unit"])
            channels.append(replace(channel, unit=unit, kind=kind_of(channel.name, unit)))
            points = max(points, int(about["points"]))
            stated = float(about["rate"])
            # The header's rate has more digits than the rounded times.
            rate = stated if stated > 0 and abs(stated / recording.rate - 1) < 1e-4 else rate
        notes = [note for note in recording.notes if "state the unit" not in note or not described]
        if points > recording.samples:
            notes.append(f"The header promises {points} samples; the file holds {recording.samples}")
        recordings.append(
            replace(recording, rate=source.checked_rate(rate), channels=tuple(channels), notes=tuple(notes))
        )
    return recordings
