"""Tables of one recording: what the needle saw, how often, and what stimulation showed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myolens.emg.analysis import Analysis
from myolens.reports import needle


@dataclass(frozen=True, slots=True)
class Table:
    """Text in columns.

    Attributes
    ----------
    title : str
    columns : tuple of str
    rows : tuple of tuple of str
    words : bool
        Whether the last column holds sentences, and wants more room.
    sentences : tuple of str
        What it comes to, above the table.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: bool = False
    sentences: tuple[str, ...] = ()


_PERCENT = ("amplitude_decrement_percent", "area_decrement_percent", "increment_percent")


def tables_of(analysis: Analysis) -> tuple[Table, ...]:
    """Tables of an analysis, empty ones left out."""
    found: list[Table] = []
    if (reading := needle.reading_of(analysis)) is not None:
        found += [_activity(reading), _rates(reading), _potentials(reading)]
    stimulation = analysis.details.get("stimulation")
    if isinstance(stimulation, dict):
        found.append(_stimulation(stimulation))
    return tuple(table for table in found if table.rows or table.sentences)


def _activity(reading: dict[str, Any]) -> Table:
    rows = tuple(
        (_words(item["name"]), str(item["confidence"]), str(item["discharges"]), "; ".join(item["reasons"]))
        for item in reading["spontaneous"]
    )
    return Table("Activity at rest", ("Activity", "Confidence", "Discharges", "Why"), rows, words=True)


def _rates(reading: dict[str, Any]) -> Table:
    rows = tuple(
        (_words(name), f"{rate['value']:.1f}", f"{rate['low']:.1f} to {rate['high']:.1f}")
        for name, rate in reading.get("rates_per_min", {}).items()
    )
    return Table("Discharges a minute of rest", ("Activity", "A minute", "95 % interval"), rows)


def _potentials(reading: dict[str, Any]) -> Table:
    rows = tuple((str(place), *row) for place, row in enumerate(needle.rows(reading), start=1))
    return Table("Motor unit potentials", ("Unit", *(label for _key, label, _digits in needle.COLUMNS)), rows)


def _stimulation(found: dict[str, Any]) -> Table:
    rows = tuple(
        (
            f"{train['start_s']:.1f} s",
            f"{train['rate_hz']:.1f}",
            str(train["stimuli"]),
            f"{train['amplitudes_mv'][0]:.2f}",
            *(f"{round(train[name])} %" for name in _PERCENT),
        )
        for train in found["trains"]
    )
    said = [{True: "The response falls.", False: "The response does not fall."}.get(found["abnormal"])]
    said.append("It grows in a fast train." if found["increment"] else None)
    reasons = (f"{reason[:1].upper()}{reason[1:]}." for reason in found["reasons"])
    return Table(
        f"Repetitive stimulation, {found['channel']}",
        ("Train", "Hz", "Stimuli", "First, mV", "Fall, amplitude", "Fall, area", "Growth"),
        rows,
        sentences=(*(sentence for sentence in said if sentence), *reasons),
    )


def _words(name: object) -> str:
    return str(name).replace("_", " ")
