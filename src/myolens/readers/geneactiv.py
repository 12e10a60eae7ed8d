"""GENEActiv CSV exports: a hundred lines of description, then one row a sample."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from myolens.readers import table
from myolens.readers.delimited import filled
from myolens.readers.naming import kind_of, numbered, unit_notes, unit_of
from myolens.readers.source import Source
from myolens.recording import Channel, ChannelKind, Recording, Span

HEADER_LINES = 100
_NAMES = ("acceleration x", "acceleration y", "acceleration z", "light", "button", "temperature")


def sniff(source: Source) -> bool:
    """Whether the first line names the device."""
    return source.head.lstrip(b"\xef\xbb\xbf").startswith(b"Device Type,GENEActiv")


def read(source: Source) -> Sequence[Recording]:
    """Read the one recording at the stated frequency, its pauses as gaps.

    Raises
    ------
    InputError
        If the header states no frequency or the rows are not as the device writes them.
    """
    lines = table.decoded(source, source.head).split("\n")[:HEADER_LINES]
    found = re.search(r"Measurement Frequency,\s*([\d.]+)\s*Hz", "\n".join(lines))
    if found is None or len(lines) < HEADER_LINES:
        raise source.refuse("has no measurement frequency in its header")
    rate = source.checked_rate(float(found[1]))
    shape = table.Layout(
        table.encoding_of(source.head), ",", decimal_comma=False, preamble=tuple(lines),
        columns=1 + len(_NAMES), clocks=frozenset({0}),
    )  # fmt: skip
    grid = table.grid(source, shape)
    units = [re.sub("^Units,?", "", line).strip() for line in lines if line.startswith("Units")]
    units = (units + [""] * len(_NAMES))[: len(_NAMES)]
    values, notes = filled(source, grid.values[1:], _NAMES)
    times = grid.values[0]
    channels = []
    for name, text in zip(numbered(_NAMES), units, strict=True):
        unit = unit_of(text)
        channels.append(Channel(name, unit, ChannelKind.TRIGGER if name == "button" else kind_of(name, unit)))
    placed, gaps = _placed(source, times, values, rate)
    start = (
        datetime.fromtimestamp(float(times[0]), UTC).replace(tzinfo=None) if np.isfinite(times[0]) else None
    )
    more = (f"{len(gaps)} pauses in the recording hold zeros",) if gaps else ()
    recording = Recording.from_array(
        placed.astype(np.float32), rate, channels, gaps=gaps, start=start, source=source.name,
        notes=(*grid.notes, *notes, *more, *unit_notes(channels)),
    )  # fmt: skip
    return [recording]


def _placed(
    source: Source, times: NDArray[np.float64], values: NDArray[np.float64], rate: float
) -> tuple[NDArray[np.float64], tuple[Span, ...]]:
    """Values with zeros where the clock jumped ahead by more than a few samples."""
    steps = np.diff(times)
    jumps = np.flatnonzero(steps > 5 / rate)
    if jumps.size == 0:
        return values, ()
    missing = np.round(steps[jumps] * rate).astype(np.int64) - 1
    if missing.sum() > 20 * times.size:
        raise source.refuse(
            "has pauses far longer than what was recorded", mend="Export the parts separately"
        )
    parts: list[NDArray[np.float64]] = []
    gaps: list[Span] = []
    at = begin = 0
    for jump, lost in zip(jumps.tolist(), missing.tolist(), strict=True):
        parts += [values[:, begin : jump + 1], np.zeros((values.shape[0], lost))]
        at += jump + 1 - begin
        gaps.append(Span(at / rate, (at + lost) / rate, "no samples in the file"))
        at, begin = at + lost, jump + 1
    return np.concatenate([*parts, values[:, begin:]], axis=1), tuple(gaps)
