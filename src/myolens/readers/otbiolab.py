"""OTBiolab+ exports to MATLAB: electrode grids, decomposition results, force.

Grid layout: OT Bioelettronica, data sheet of the adhesive matrices GR08MM1305 and GR04MM1305 (13
rows, 5 columns, one corner without electrode, channels numbered to and fro along the columns).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myolens.readers.naming import kind_of, listed, numbered, unit_notes, unit_of
from myolens.readers.records import interleaved, not_numbers
from myolens.readers.source import Source
from myolens.readers.spool import blocks
from myolens.recording import Annotation, Channel, ChannelKind, Recording

_SPACING_MM = {"GR08MM1305": 8.0, "GR04MM1305": 4.0, "HD08MM1305": 8.0, "HD04MM1305": 4.0}
_ROWS = 13
MOST_DISCHARGES = 200_000
_EXPECTED = ("Data", "Time", "Description", "SamplingFrequency")


def is_export(variables: Mapping[str, Any]) -> bool:
    """Whether the variables are those OTBiolab+ writes."""
    return all(name in variables for name in _EXPECTED)


def position_mm(grid: str, electrode: int) -> tuple[float, float] | None:
    """Place of electrode 1-64 on its grid: x along the columns, y along the rows, from the empty corner.

    Examples
    --------
    >>> position_mm("GR08MM1305", 1), position_mm("GR08MM1305", 13), position_mm("GR08MM1305", 25)
    ((0.0, 8.0), (8.0, 96.0), (8.0, 0.0))
    """
    if grid not in _SPACING_MM or not 1 <= electrode <= 5 * _ROWS - 1:
        return None
    column, row = divmod(electrode, _ROWS)
    # The second and fourth column are numbered from the far end back.
    row = _ROWS - 1 - row if column % 2 else row
    return (column * _SPACING_MM[grid], row * _SPACING_MM[grid])


def grid_of(text: str) -> str | None:
    """Code of the electrode grid that a text names, such as ``GR08MM1305``."""
    found = re.search(r"\b[A-Z]{2}\d{2}[A-Z]{2}\d{4}\b", text)
    return found[0] if found else None


def recordings(source: Source, variables: Mapping[str, Any]) -> Sequence[Recording]:
    """Read one recording per matrix of the export.

    Raises
    ------
    InputError
        If the parts of the export do not fit each other.
    """
    parts = _arrays(variables["Data"])
    texts = variables["Description"]
    texts = [texts] if isinstance(texts, str) else texts
    if not parts or not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise source.refuse("looks like an OTBiolab export, and its Data or Description is not as expected")
    rates = [float(value) for part in _arrays(variables["SamplingFrequency"]) for value in part.ravel()]
    if len(rates) not in {1, len(parts)} or sum(_long(part).shape[1] for part in parts) != len(texts):
        raise source.refuse(
            f"describes {len(texts)} columns and holds {sum(_long(part).shape[1] for part in parts)}"
        )
    result, at = [], 0
    for number, part in enumerate(parts):
        values = _long(part)
        rate = source.checked_rate(rates[number if len(rates) > 1 else 0])
        result.append(_recording(source, values, rate, texts[at : at + values.shape[1]]))
        at += values.shape[1]
    return result


def _recording(source: Source, values: NDArray[Any], rate: float, texts: Sequence[str]) -> Recording:
    channels, placed, unplaced = [], 0, set()
    for name, text in zip(numbered(_name(text) for text in texts), texts, strict=True):
        unit = unit_of((re.search(r"\[([^\[\]]*)\]\s*$", text) or ["", ""])[1])
        kind = _kind(text, unit)
        grid = re.search(r"- ([A-Z]{2}\d+[A-Z]{2}\d{4}) \((\d{1,3})\)", text)
        at = position_mm(grid[1], int(grid[2])) if grid and kind is ChannelKind.SURFACE_EMG else None
        placed += at is not None
        if grid and at is None and kind is ChannelKind.SURFACE_EMG:
            unplaced.add(grid[1])
        unit = "%" if unit and unit.replace(" ", "").startswith("%(MVC") else unit
        channels.append(Channel(name, unit, kind, position_mm=at))
    notes = []
    if placed:
        notes.append(
            f"Positions of {placed} electrodes follow the maker's numbering of the grid; which way its cable "
            "pointed is not known"
        )
    if unplaced:
        notes.append(f"The layout of {listed(sorted(unplaced))} is not known, so there are no positions")
    if not any(channel.kind is ChannelKind.SURFACE_EMG for channel in channels):
        notes.append("There is no EMG in this file, only other signals")
    trains = [row for row, text in enumerate(texts) if text.split(" - ")[-1] and _is_train(text)]
    notes += not_numbers(values)
    marks = _discharges(values, trains, rate)
    if trains:
        notes.append(
            f"{len(marks)} discharges of {len(trains)} units that OTBiolab found are in the annotations"
        )
    said = (*notes, *unit_notes([c for c in channels if c.kind is not ChannelKind.OTHER]))
    return Recording(interleaved(values), rate, tuple(channels), marks, (), None, source.name, said)


def _discharges(values: NDArray[Any], trains: Sequence[int], rate: float) -> tuple[Annotation, ...]:
    found: list[list[int]] = [[] for _ in trains]
    for start, stop in blocks(values):
        for samples, train in zip(found, trains, strict=True):
            part = values[start:stop, train]
            fired = np.flatnonzero((part != 0) & np.isfinite(part)) + start
            samples.extend(fired[: MOST_DISCHARGES - len(samples)].tolist())
    marks = [
        Annotation(sample / rate, 0.0, f"unit {unit} discharge")
        for unit, samples in enumerate(found, start=1)
        for sample in samples
    ]
    return tuple(sorted(marks, key=lambda mark: mark.onset_s))


def _is_train(text: str) -> bool:
    return "Decomposition of" in text


def _kind(text: str, unit: str | None) -> ChannelKind:
    if _is_train(text):
        return ChannelKind.TRIGGER
    if "Source for decomposition" in text:
        return ChannelKind.OTHER
    if "MVC" in text or unit in {"N", "Nm", "kg"}:
        return ChannelKind.FORCE
    named = kind_of(text, unit)
    return ChannelKind.SURFACE_EMG if named is ChannelKind.OTHER and unit in {"V", "mV", "uV"} else named


def _name(text: str) -> str:
    return re.sub(r"\s*\[[^\[\]]*\]\s*$", "", text)


def _arrays(value: Any) -> list[NDArray[Any]]:
    """Numeric arrays of a variable that is a cell or a bare array."""
    parts = value if isinstance(value, list) else [value]
    return [part for part in parts if isinstance(part, np.ndarray) and part.ndim == 2 and part.size]


def _long(part: NDArray[Any]) -> NDArray[Any]:
    """Samples × channels, whichever way it was saved."""
    return part if part.shape[0] > part.shape[1] else part.T
