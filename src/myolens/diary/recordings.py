"""Recordings kept over time: what was found, what a person decided, and what both come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import numpy as np

from myolens.case import Finding
from myolens.diary.stored import StoredAnalysis
from myolens.emg.analysis import Analysis, Event, Unit
from myolens.emg.counting import DOUBLET_S, Stretches, intervals_s, rate_per_min
from myolens.emg.effort import settled
from myolens.emg.exclusion import analysed
from myolens.emg.findings import HALF_WEIGHT, doubts, implied
from myolens.emg.size import counted, event_times
from myolens.recording import ChannelKind

Verdict = Literal["accept", "reject", "relabel"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about one event: its place in the analysis, and the unit if relabelled."""

    event: int
    verdict: Verdict
    unit: int | None
    at: datetime


@dataclass(frozen=True, slots=True, eq=False)
class KeptRecording:
    """A stored recording with its analysis as reviewed.

    Attributes
    ----------
    id : int
        Its number.
    name, muscle : str, str or None
        As the person named it.
    created : datetime
        When it was added.
    file : str
        Its name in the recordings folder; the file may be missing after an import.
    options : dict
        What was said at the upload (kind, muscle, rate).
    stored : StoredAnalysis
        What was found.
    found, analysis : Analysis
        Before and after the person's decisions.
    decisions : dict
        The newest decision on each event that has one.
    counted : bool
        Whether it counts in answers and reports.
    """

    id: int
    name: str
    created: datetime
    file: str
    options: Mapping[str, Any]
    stored: StoredAnalysis
    found: Analysis
    analysis: Analysis
    decisions: Mapping[int, Decision]
    counted: bool

    @property
    def muscle(self) -> str | None:
        """The muscle as named at the upload."""
        return self.analysis.muscle


def reviewed(analysis: Analysis, decisions: Mapping[int, Decision]) -> Analysis:
    """Return the analysis with a person's decisions: events, units, rate and findings follow them.

    What a person accepted is no longer taken for a possible false alarm. A needle's reading rests on
    more than its events and stays as it is.
    """
    if not decisions:
        return analysis
    events = tuple(
        replace(event, unit=made.unit) if made and made.verdict == "relabel" else event
        for place, event in enumerate(analysis.events)
        if (made := decisions.get(place)) is None or made.verdict != "reject"
    )
    kept = analysed(analysis)
    rate, spread = rate_per_min(event_times(events), kept)
    sizeable = counted(events, kept, analysis.kind)
    units = _units(analysis, events, kept)
    findings, notes = analysis.findings, list(analysis.notes)
    if analysis.kind == ChannelKind.SURFACE_EMG:
        alarms = float(analysis.details.get("detection", {}).get("false_alarms_per_10_min", 1.0))
        open_share = 1 - len(decisions) / max(1, len(analysis.events))
        large_s, every_s = event_times(sizeable.events), event_times(events)
        weighed: dict[str, Any] = {
            "counted": sizeable,
            "expected_false": open_share * alarms * analysis.analysed_seconds / 600,
            "analysed_s": analysis.analysed_seconds,
            "at_rest": settled(large_s, analysis.excluded, analysis.seconds, among_s=every_s),
        }
        findings = implied(
            units=units,
            quality=analysis.quality,
            muscle=analysis.muscle,
            train=analysis.details.get("regular_train") is not None,
            **weighed,
        )
        doubted = doubts(**weighed)
        notes = [note for note in notes if not note.endswith(HALF_WEIGHT)] + [doubted] * bool(doubted)
    return replace(
        analysis,
        events=events,
        units=units,
        rate_per_min=rate,
        findings=findings,
        notes=(*notes, review_words(decisions.values(), len(analysis.events))),
        details=analysis.details
        | {"dispersion": {"index": round(spread.index, 3), "windows": spread.windows}}
        | {"counted": sizeable.to_json()},
    )


def review_words(decisions: Iterable[Decision], found: int) -> str:
    """One sentence on what was decided."""
    made: list[str] = [decision.verdict for decision in decisions]
    names = {"accept": "accepted", "reject": "rejected", "relabel": "given to another unit"}
    parts = [f"{made.count(verdict)} {words}" for verdict, words in names.items() if verdict in made]
    return f"Reviewed by hand: {', '.join(parts)}, of {found} found."


def pooled(analyses: Sequence[Analysis]) -> tuple[Finding, ...]:
    """Findings of several recordings together: what one muscle shows is present, whatever others lack.

    Of the same finding the strongest is kept, with the muscle it was found in.
    """
    found = [finding for analysis in analyses for finding in analysis.findings]
    present = {finding.name for finding in found if finding.present}
    if "emg_fasciculations" in present:
        found = [finding for finding in found if finding.name != "emg_no_fasciculations_found"]
    best: dict[str, Finding] = {}
    for finding in found:
        if not finding.present and finding.name in present:
            continue
        held = best.get(finding.name)
        if held is None or _weight(finding) > _weight(held):
            best[finding.name] = finding
    return tuple(best.values())


def _weight(finding: Finding) -> float:
    return float("inf") if finding.strength is None else abs(finding.strength)


def _units(analysis: Analysis, events: Sequence[Event], kept: Stretches) -> tuple[Unit, ...]:
    """Units counted anew; one that a person made gets its average where the recording is at hand."""
    before = {unit.unit: unit for unit in analysis.units}
    rows = len(analysis.channels)
    units = []
    for number in sorted({event.unit for event in events if event.unit is not None}):
        own = [event for event in events if event.unit == number]
        sizes = np.array([10 ** (event.snr_db / 20) for event in own])
        gaps = intervals_s(np.array([event.time_s for event in own]), kept)
        old = before.get(number)
        units.append(
            Unit(
                unit=number,
                events=len(own),
                rate_per_min=60 * len(own) / analysis.analysed_seconds if analysis.analysed_seconds else 0.0,
                channel=old.channel if old else _usual_channel(own),
                template=old.template if old else np.zeros((rows, 0), np.float32),
                template_rate=old.template_rate if old else analysis.rate,
                amplitude_cv=float(sizes.std(ddof=1) / sizes.mean()) if len(own) > 1 else None,
                median_interval_s=float(np.median(gaps)) if len(gaps) else None,
                doublets=int(np.sum(gaps < DOUBLET_S)),
            )
        )
    return tuple(sorted(units, key=lambda unit: (-unit.events, unit.unit)))


def _usual_channel(events: Sequence[Event]) -> str:
    names = [event.channel for event in events]
    return max(sorted(set(names)), key=names.count)
