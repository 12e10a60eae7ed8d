"""GENEActiv CSV exports: a hundred lines of description, then one row a sample."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from myolens.readers import table
from myolens.readers.columns import filled
from myolens.readers.naming import kind_of, numbered, unit_notes, unit_of
from myolens.readers.records import interleaved
from myolens.readers.source import Source
from myolens.readers.spool import allocated, blocks
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
    notes = filled(source, grid.values, range(1, 1 + len(_NAMES)), _NAMES)
    channels = []
    for name, text in zip(numbered(_NAMES), units, strict=True):
        unit = unit_of(text)
        channels.append(Channel(name, unit, ChannelKind.TRIGGER if name == "button" else kind_of(name, unit)))
    placed, gaps = _placed(source, grid.values, rate)
    first = float(grid.values[0, 0])
    start = datetime.fromtimestamp(first, UTC).replace(tzinfo=None) if np.isfinite(first) else None
    more = (f"{len(gaps)} pauses in the recording hold zeros",) if gaps else ()
    said = (*grid.notes, *notes, *more, *unit_notes(channels))
    return [Recording(interleaved(placed), rate, tuple(channels), (), gaps, start, source.name, said)]


def _placed(
    source: Source, rows: NDArray[np.float64], rate: float
) -> tuple[NDArray[np.float32], tuple[Span, ...]]:
    """Values with zeros where the clock, the first column, jumped ahead by more than a few samples."""
    gaps: list[Span] = []
    pauses: list[tuple[int, int]] = []  # the row after each pause, and the samples lost in it
    for start, stop in blocks(rows):
        taken = np.diff(rows[max(0, start - 1) : stop, 0])
        jumps = np.flatnonzero(taken > 5 / rate)
        skipped = np.round(taken[jumps] * rate).astype(np.int64) - 1
        pauses += zip((jumps + max(0, start - 1) + 1).tolist(), skipped.tolist(), strict=True)
    lost = sum(missing for _, missing in pauses)
    if lost > 20 * len(rows):
        raise source.refuse(
            "has pauses far longer than what was recorded", mend="Export the parts separately"
        )
    placed = allocated(source, (len(rows) + lost, rows.shape[1] - 1), np.float32)
    begin = shift = 0
    for end, missing in (*pauses, (len(rows), 0)):
        for start, stop in blocks(rows[begin:end], placed[begin + shift : end + shift]):
            placed[begin + shift + start : begin + shift + stop] = rows[begin + start : begin + stop, 1:]
        if missing:
            gaps.append(Span((end + shift) / rate, (end + shift + missing) / rate, "no samples in the file"))
        begin, shift = end, shift + missing
    return placed, tuple(gaps)
