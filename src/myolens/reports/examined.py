"""A recording with what was found in it, and what a person decided about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from myolens.diary.recordings import Decision, KeptRecording, review_words
from myolens.diary.stored import KEPT_SHAPES
from myolens.emg.analysis import Analysis, Event
from myolens.emg.averages import with_averages
from myolens.recording import Recording

SHOWN_DECISIONS = 200
NO_DATE_YEAR = 1985
"""EDF's first year, which programs write where the date is unknown or was taken out."""


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """What a person decided about the events of a recording.

    Attributes
    ----------
    sentence : str
        How many of what.
    rows : tuple
        Time, decision, unit before and after; of the first `SHOWN_DECISIONS`.
    rejected : tuple of Event
        No longer among the events of the analysis.
    """

    sentence: str
    rows: tuple[tuple[str, str, str, str], ...]
    rejected: tuple[Event, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """A recording with what was found in it.

    ``recording`` is None where the file is no longer there; ``when`` says on which day it was recorded
    or, where the file does not tell, added; ``decided`` what a person decided, None if nothing.
    """

    recording: Recording | None
    analysis: Analysis
    when: str | None = None
    decided: Decided | None = None


def examined(kept: KeptRecording, recording: Recording | None) -> Examined:
    """A stored recording as reviewed, for a report; units made by hand have the average of their events."""
    when = f"added {kept.created.astimezone().date()}"
    if recording is not None and recording.start is not None and recording.start.year > NO_DATE_YEAR:
        when = f"recorded {recording.start.date()}"
    analysis = kept.analysis
    if recording is not None:
        analysis = with_averages(analysis, recording, units=KEPT_SHAPES)
    return Examined(recording, analysis, when, _decided(kept.found, kept.decisions))


def _decided(found: Analysis, decisions: Mapping[int, Decision]) -> Decided | None:
    if not decisions:
        return None
    names = {"accept": "accepted", "reject": "rejected", "relabel": "given to another unit"}
    rows = []
    for place in sorted(decisions):
        event, made = found.events[place], decisions[place]
        after = {"reject": None, "relabel": made.unit}.get(made.verdict, event.unit)
        rows.append((f"{event.time_s:.3f} s", names[made.verdict], _unit(event.unit), _unit(after)))
    return Decided(
        review_words(decisions.values(), len(found.events)),
        tuple(rows[:SHOWN_DECISIONS]),
        tuple(found.events[place] for place, made in decisions.items() if made.verdict == "reject"),
    )


def _unit(unit: int | None) -> str:
    return "–" if unit is None else str(unit)
