"""The report as one HTML file: no network, printable, zoomable."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from myolens.assessment.result import Assessment, CareAdvice, CauseResult, CheckedFor
from myolens.assessment.words import capital, of_hundred, per_hundred
from myolens.case import Case, Finding
from myolens.diary.interview import PLACES
from myolens.emg.analysis import Analysis
from myolens.emg.size import Counted, counted_of
from myolens.knowledge.model import UrgencyLevel
from myolens.reports import figures, needle
from myolens.reports.body import body_picture
from myolens.reports.cited import SHOWN_EVIDENCE, cited_sources, named_sources, told_and_open
from myolens.reports.examined import Examined
from myolens.reports.followed import (
    Followed,
    ability_rows,
    intensity_picture,
    medicine_rows,
    span_sentence,
    trend_sentence,
    trigger_rows,
)
from myolens.reports.summary import (
    RECORDING_COLUMNS,
    Compared,
    comparison_sentence,
    lab_row,
    summary_of,
)
from myolens.reports.svg import SCREEN, Theme
from myolens.reports.tables import tables_of
from myolens.reports.traces import traces_of

SHOWN_CAUSES = 5
"""Never more than five causes on a page a doctor reads."""

SHOWN_FROM = 0.05
"""A cause below 5 in 100 is not put among the likely ones."""

SHOWN_CHECKED = 6
FEARED_MOST = "motor_neuron_disease"
"""Searched for at night by nearly everyone with a twitch, so it is always answered first."""

DRAWN_UNITS = 8

LEVEL_NAMES = {
    UrgencyLevel.EMERGENCY: "Now",
    UrgencyLevel.URGENT_DAYS: "Within days",
    UrgencyLevel.SOON_WEEKS: "Within weeks",
    UrgencyLevel.ROUTINE: "Routine appointment",
    UrgencyLevel.SELF_CARE: "Self-care",
}
SETTING_NAMES = {
    "community": "people in the community",
    "primary_care": "people in primary care",
    "neurology_clinic": "people in a neurology clinic",
}
DISCLAIMER = (
    "Open research and self-tracking software, not approved as a medical device by any authority. "
    "It estimates what could explain muscle twitching from what was entered and recorded; it can be wrong "
    "and cannot examine anyone. With new weakness, or trouble swallowing, speaking or breathing, do not use "
    "it: get help now."
)
HORIZON_NAMES = {"today": "Today", "this_week": "This week", "until_review": "Until the review"}


def report(
    assessment: Assessment | None = None,
    case: Case | None = None,
    examined: Sequence[Examined] = (),
    *,
    followed: Followed | None = None,
    compared: Sequence[Compared] = (),
    failures: Sequence[str] = (),
    today: date | None = None,
) -> str:
    """Write the report of an assessment, of recordings, or of both: a summary page first, then the details.

    Parameters
    ----------
    assessment, case : Assessment and Case, optional
        Left out for a report on recordings alone.
    examined : sequence of Examined
        Recordings with their analyses, in the order shown.
    followed : Followed, optional
        What a diary showed.
    compared : sequence of Compared
        Recordings of one muscle beside each other.
    failures : sequence of str
        Sentences about recordings that could not be used.
    today : date, optional
        Date printed; the current day when None.

    Returns
    -------
    str
        One self-contained HTML document.
    """
    from myolens import __version__

    checked = checked_in_order(assessment) if assessment else ()
    likely = likely_causes(assessment) if assessment else ()
    shown_sources = cited_sources(assessment, likely, checked) if assessment else {}
    told, open_cautions = told_and_open(assessment.cautions if assessment else ())
    summary = None
    if assessment and case:
        summary = summary_of(assessment, case, likely, checked, examined, followed, compared)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            title="Muscle twitching: what was found" if assessment else "Recording report",
            subtitle=subtitle(case, today or date.today()),
            case=case,
            assessment=assessment,
            likely=likely,
            summary=summary,
            body=Markup(body_of(case)) if case else "",
            recording_columns=RECORDING_COLUMNS,
            followed=_followed_part(followed) if followed else None,
            compared=[comparison_sentence(pair) for pair in compared],
            checked_first=checked[:SHOWN_CHECKED],
            checked_rest=checked[SHOWN_CHECKED:],
            plan=plan_of(assessment.care) if assessment else (),
            cautions=told,
            make_sure=open_cautions,
            shown_evidence=SHOWN_EVIDENCE,
            recordings=[_recording_part(item) for item in examined],
            failures=tuple(failures),
            sources=shown_sources,
            numbers={id: place for place, id in enumerate(shown_sources, start=1)},
            level_names=LEVEL_NAMES,
            setting_names=SETTING_NAMES,
            bar=lambda cause: Markup(figures.probability_bar(cause)),
            evidence=lambda cause: Markup(figures.evidence_bars(cause)),
            course=lambda course: Markup(figures.course_curve(course)),
            capital=capital,
            of_hundred=of_hundred,
            per_hundred=per_hundred,
            lab_row=lab_row,
            css=_asset("report.css"),
            viewer=_asset("viewer.js"),
            version=__version__,
            disclaimer=DISCLAIMER,
            today=(today or date.today()).isoformat(),
        )
    )


def likely_causes(assessment: Assessment) -> tuple[CauseResult, ...]:
    """Return the causes to name: those that lead, then the next from 5 in 100 on, five at most.

    Where nothing on the list explains what was told only those that lead are named, and none where too
    little was told: a calm cause must not stand under a warning.
    """
    leading = assessment.fit.leading
    apart = {item.cause for item in assessment.checked_for}
    further = assessment.fit.state in ("fits", "open")
    likely = [
        cause
        for cause in assessment.causes
        if cause.cause in leading
        or (further and cause.probability >= SHOWN_FROM and cause.cause not in apart)
    ]
    return tuple(likely[:SHOWN_CAUSES])


def checked_in_order(assessment: Assessment) -> tuple[CheckedFor, ...]:
    """Return the serious conditions looked for: the one people fear most first, then the likelier ones."""
    return tuple(sorted(assessment.checked_for, key=lambda item: item.cause != FEARED_MOST))


def body_of(case: Case, *, theme: Theme = SCREEN) -> str:
    """The body with the places of twitching marked, empty where none was told."""
    places = {spot for finding in case.findings if (spot := _spot(finding))}
    if not places:
        return ""
    words = ", ".join(sorted(place.replace(":", " ").replace("_", " ") for place in places))
    return body_picture(places, words=f"Where it twitches: {words}", theme=theme)


def _spot(finding: Finding) -> str | None:
    """The place on the picture that a finding of twitching names, if it is one."""
    if not finding.present or not finding.site or not finding.name.startswith("twitching"):
        return None
    side, _, rest = finding.site.strip().lower().partition(" ")
    place = f"{side}:{rest.replace(' ', '_')}" if side in {"left", "right"} else finding.site.strip().lower()
    return place if place in PLACES else None


def recording_sentence(analysis: Analysis) -> str:
    """Say in one sentence what was counted, in how much time, with the interval."""
    reading = needle.reading_of(analysis)
    if reading is not None:
        return needle.sentence(reading)
    seconds = analysis.analysed_seconds
    length = f"{seconds / 60:.1f} minutes" if seconds >= 60 else f"{seconds:.0f} seconds"
    if analysis.rate_per_min is None:
        return "Nothing could be counted in this recording; the reasons are under quality."
    rate, counts = analysis.rate_per_min, counted_of(analysis)
    count = len(analysis.events)
    what, plural = ("twitch", "es") if counts.as_twitches else ("discharge", "s")
    units = ""
    if analysis.units:
        units = f" from {len(analysis.units)} motor unit{'s' if len(analysis.units) > 1 else ''}"
    return (
        f"{count} {what}{'' if count == 1 else plural}{units} in {length} that could be used: "
        f"{rate.value:.1f} per minute ({rate.level:.0%} interval {rate.low:.1f} to {rate.high:.1f})."
        f"{_large_words(counts)}"
    )


def _large_words(counts: Counted) -> str:
    """Say how many discharges are large enough to be counted as twitches, where some are not."""
    if not counts.smaller or counts.rate_per_min is None:
        return ""
    size = f"{counts.least_uv:.0f} µV, the size from which twitches are counted"
    if not counts.events:
        return f" None reaches {size}; muscles of people without any trouble have smaller ones too."
    rate, large = counts.rate_per_min, len(counts.events)
    return (
        f" {large} reach{'es' if large == 1 else ''} {size}: {rate.value:.1f} per minute "
        f"({rate.low:.1f} to {rate.high:.1f}); muscles of people without any trouble have smaller ones too."
    )


def subtitle(case: Case | None, today: date) -> str:
    """Who and when, in one line."""
    parts = []
    if case:
        parts.append(case.id)
        if case.age is not None:
            parts.append(f"{case.age:g} years")
        if case.sex:
            parts.append(case.sex)
    parts.append(f"{today.day} {today:%B %Y}")
    return " · ".join(parts)


def plan_of(care: Sequence[CareAdvice]) -> list[tuple[str, list[CareAdvice]]]:
    """Measures under the headings a person acts by, in order of time; empty headings left out."""
    parts = [
        (name, [item for item in care if item.kind == "do" and item.horizon == horizon])
        for horizon, name in HORIZON_NAMES.items()
    ]
    parts.append(("Better left", [item for item in care if item.kind == "avoid"]))
    parts.append(("For your doctor to consider", [item for item in care if item.kind == "clinician"]))
    return [(name, items) for name, items in parts if items]


def _recording_part(item: Examined) -> dict[str, Any]:
    analysis = item.analysis
    traces = traces_of(item.recording, analysis) if item.recording is not None else ()
    rejected = item.decided.rejected if item.decided else ()
    embedded = {
        "seconds": analysis.seconds,
        "traces": [trace.embedded() for trace in traces],
        "events": [
            {"t": round(event.time_s, 5), "u": event.unit, "label": _event_label(event)}
            for event in analysis.events
        ],
        "rejected": [round(event.time_s, 5) for event in rejected],
        "excluded": [{"a": span.start_s, "b": span.end_s} for span in analysis.excluded],
    }
    drawn = analysis.units[:DRAWN_UNITS]
    grids = [figures.unit_on_grid(unit, analysis) for unit in drawn]
    reading = needle.reading_of(analysis)
    return {
        "analysis": analysis,
        "sentence": recording_sentence(analysis),
        "numbers": recording_numbers(analysis),
        "embedded": _script_safe(embedded) if traces else "",
        "overview": Markup(figures.trace_overview(traces, analysis, rejected=rejected)),
        "decided": item.decided,
        "when": item.when,
        "shapes": [Markup(shape) for unit in drawn if (shape := figures.unit_shape(unit, analysis))],
        "more_units": len(analysis.units) > len(drawn),
        "grids": [Markup(grid) for grid in grids if grid],
        "raster": Markup(figures.raster(analysis)) if analysis.events else "",
        "histogram": Markup(figures.interval_histogram(analysis)),
        "map": Markup(figures.grid_map(analysis)) if analysis.events else "",
        "excluded_seconds": f"{analysis.seconds - analysis.analysed_seconds:.1f}",
        "needle": reading,
        "tables": tables_of(analysis),
        "sources": named_sources(analysis),
    }


def _followed_part(told: Followed) -> dict[str, Any]:
    return {
        "span": span_sentence(told),
        "trend": trend_sentence(told.trend),
        "chart": Markup(intensity_picture(told.days, told.expected)),
        "expected": told.expected[0].isoformat() if told.expected else None,
        "triggers": trigger_rows(told.triggers),
        "abilities": ability_rows(told.days),
        "medicines": medicine_rows(told.days),
        "notes": [[entry.day.isoformat(), entry.note] for entry in told.days if entry.note],
    }


def _event_label(event: Any) -> str:
    unit = f"unit {event.unit}" if event.unit is not None else "no unit"
    size = "" if event.peak_to_peak_uv is None else f", {event.peak_to_peak_uv:.0f} µV"
    return f"{unit}{size} on {event.channel}"


def recording_numbers(analysis: Analysis) -> list[tuple[str, str]]:
    """The figures of a recording worth printing large, each with its label."""
    reading = needle.reading_of(analysis)
    if reading is not None:
        return needle.numbers(reading)
    counts, quality = counted_of(analysis), analysis.quality
    rate, large = analysis.rate_per_min, counts.rate_per_min
    twitch, plural = ("twitch", "twitches") if counts.as_twitches else ("discharge", "discharges")
    cells = []
    if rate is not None:
        words = f"{twitch} rate, 95 % interval {rate.low:.1f}–{rate.high:.1f}"
        cells.append((f"{rate.value:.1f}/min", words))
    cells.append((str(len(analysis.events)), f"{plural} found"))
    if counts.smaller and large is not None:
        words = f"of {counts.least_uv:.0f} µV or more, counted as twitches ({large.low:.1f}–{large.high:.1f})"
        cells.append((f"{large.value:.1f}/min", words))
    cells.append((str(len(analysis.units)), "motor units"))
    used = f"{analysis.analysed_seconds:.0f} of {analysis.seconds:.0f} s"
    cells.append((used, "used"))
    if quality.noise_uv is not None:
        cells.append((f"{quality.noise_uv:.1f} µV", "noise level"))
    if quality.detectable_uv is not None:
        cells.append((f"{quality.detectable_uv:.0f} µV", "smallest potential surely found"))
    return cells


def _script_safe(data: object) -> Markup:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("myolens.reports", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        trim_blocks=False,
        lstrip_blocks=True,
    )


@cache
def _asset(name: str) -> Markup:
    text = resources.files("myolens.reports").joinpath("templates", name).read_text(encoding="utf-8")
    return Markup(text)  # our own file
