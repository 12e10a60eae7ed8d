"""The report as a tagged PDF (PDF/UA-1), set with Typst from the same data as the page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from importlib import resources
from typing import Any

from myolens.assessment.result import Assessment
from myolens.assessment.words import capital
from myolens.case import Case
from myolens.errors import InputError
from myolens.reports import figures, needle
from myolens.reports.cited import named_sources, told_and_open
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
from myolens.reports.page import (
    DISCLAIMER,
    DRAWN_UNITS,
    LEVEL_NAMES,
    SHOWN_CHECKED,
    body_of,
    checked_in_order,
    likely_causes,
    plan_of,
    recording_numbers,
    recording_sentence,
    subtitle,
)
from myolens.reports.summary import (
    RECORDING_COLUMNS,
    Compared,
    comparison_sentence,
    lab_row,
    summary_of,
)
from myolens.reports.svg import PAPER
from myolens.reports.tables import tables_of
from myolens.reports.traces import traces_of

LEVEL_COLOURS = {
    "emergency": "#9b1c1c",
    "urgent_days": "#a04a00",
    "soon_weeks": "#7d6200",
    "routine": "#0f6b66",
    "self_care": "#2f6f4f",
}


def pdf(
    assessment: Assessment | None = None,
    case: Case | None = None,
    examined: Sequence[Examined] = (),
    *,
    followed: Followed | None = None,
    compared: Sequence[Compared] = (),
    failures: Sequence[str] = (),
    today: date | None = None,
) -> bytes:
    """Write the report as a PDF.

    Takes what `myolens.report` takes.

    Raises
    ------
    InputError
        If the ``pdf`` extra is not installed.
    """
    try:
        import typst
    except ImportError:
        raise InputError(
            "PDF needs the typst package", mend="Install it with: pip install 'myolens[pdf]'"
        ) from None
    template = resources.files("myolens.reports").joinpath("templates", "report.typ").read_bytes()
    data = _data(assessment, case, examined, failures, today or date.today())
    data |= {
        "summary": None,
        "followed": _followed(followed) if followed else None,
        "compared": [comparison_sentence(pair) for pair in compared],
        "recording_columns": RECORDING_COLUMNS,
    }
    if assessment and case:
        likely, checked = likely_causes(assessment), checked_in_order(assessment)
        data["summary"] = summary_of(assessment, case, likely, checked, examined, followed, compared) | {
            "body": body_of(case, theme=PAPER)
        }
    inputs = {"data": json.dumps(_printable(data), allow_nan=False)}
    try:
        compiled = typst.compile(template, sys_inputs=inputs, pdf_standards=["ua-1"])
    except typst.TypstError:
        # a script or sign that the embedded fonts lack: the text still prints, without the standard's seal
        compiled = typst.compile(template, sys_inputs=inputs)
    return bytes(compiled)


def _printable(value: Any) -> Any:
    """The same data without control characters and other signs that no font can show."""
    if isinstance(value, str):
        return "".join(sign for sign in value if sign in "\n\t" or sign.isprintable())
    if isinstance(value, list):
        return [_printable(item) for item in value]
    if isinstance(value, dict):
        return {key: _printable(item) for key, item in value.items()}
    return value


def _data(
    assessment: Assessment | None,
    case: Case | None,
    examined: Sequence[Examined],
    failures: Sequence[str],
    today: date,
) -> dict[str, Any]:
    from myolens import __version__

    data: dict[str, Any] = {
        "title": "Muscle twitching: what was found" if assessment else "Recording report",
        "subtitle": subtitle(case, today),
        "complaint": case.complaint if case else "",
        "footer": f"Myolens {__version__}, {today.isoformat()}. Informs, does not diagnose.",
        "disclaimer": DISCLAIMER,
        "recordings": [_recording(item) for item in examined],
        "labs": [lab_row(lab) for lab in case.labs] if case else [],
        "medicines": ", ".join(case.medicines) if case else "",
        "limits": list(failures),
    }
    if assessment is None:
        keys = ("causes", "checked", "questions", "tests", "plan", "cautions", "make_sure", "sources")
        empty: dict[str, Any] = {key: [] for key in keys}
        return data | empty | {"urgency": None, "fit": None, "course": None}
    return data | _assessment(assessment) | {"limits": [*failures, *assessment.limits]}


def _assessment(assessment: Assessment) -> dict[str, Any]:
    numbers: dict[str, int] = {}

    def cites(ids: Sequence[str]) -> list[int]:
        """Number sources as they are first cited; the list at the end holds no others."""
        return sorted({numbers.setdefault(id, len(numbers) + 1) for id in ids if id in assessment.sources})

    urgency, course = assessment.urgency, assessment.course
    told, open_cautions = told_and_open(assessment.cautions)
    parts = {
        "urgency": {
            "level": LEVEL_NAMES[urgency.level],
            "colour": LEVEL_COLOURS[urgency.level],
            "headline": urgency.headline,
            "rules": [
                {"action": r.action, "because": "; ".join(r.because), "cites": cites(r.sources)}
                for r in urgency.rules
            ],
            "safety_net": list(urgency.safety_net),
            "not_asked": [] if urgency.enough else list(urgency.not_asked[:6]),
        },
        "fit": {
            "heading": assessment.fit.heading,
            "text": " ".join(
                [assessment.fit.text, *(f"Not explained: {name}." for name in assessment.fit.unexplained)]
            ),
        },
        "causes": [
            {
                "name": capital(cause.plain_name),
                "clinical": cause.name,
                "words": cause.words,
                "bar": figures.probability_bar(cause, theme=PAPER),
                "bar_words": f"{round(cause.probability * 100)} of 100",
                "cites": cites(cause.sources),
                "evidence": [
                    {
                        "label": item.label + (" absent" if item.present is False else ""),
                        "bits": f"{item.bits:+.1f}".replace("-", "−"),
                    }
                    for item in sorted(cause.evidence, key=lambda item: -abs(item.bits))[:5]
                ],
            }
            for cause in likely_causes(assessment)
        ],
        "checked": [
            {
                "name": capital(item.name),
                "words": item.words,
                "signs": "; ".join(f"{sign}: {state}" for sign, state in item.signs[:5]),
                "cites": cites(item.sources),
            }
            for item in checked_in_order(assessment)[:SHOWN_CHECKED]
        ],
        "questions": [question.text for question in assessment.questions],
        "tests": [
            {"name": test.name, "why": test.why, "results": [list(pair) for pair in test.results]}
            for test in assessment.tests
        ],
        "plan": [
            {
                "heading": heading,
                "measures": [
                    {"name": m.name, "text": f"{m.text} {m.amount}".strip(), "cites": cites(m.sources)}
                    for m in measures
                ],
            }
            for heading, measures in plan_of(assessment.care)
        ],
        "cautions": [{"text": c.text, "because": "; ".join(c.because)} for c in told],
        "make_sure": [c.text for c in open_cautions],
        "course": {
            "text": course.text,
            "svg": figures.course_curve(course, theme=PAPER) if course.points else "",
            "cites": cites(course.sources if course.points else ()),
        },
    }
    cited = [assessment.sources[id] for id in numbers]
    return parts | {"sources": [{"citation": s.citation, "url": s.url} for s in cited]}


def _followed(told: Followed) -> dict[str, Any]:
    return {
        "span": span_sentence(told),
        "trend": trend_sentence(told.trend),
        "chart": intensity_picture(told.days, told.expected, theme=PAPER),
        "expected": told.expected[0].isoformat() if told.expected else "",
        "triggers": trigger_rows(told.triggers),
        "abilities": ability_rows(told.days),
        "medicines": medicine_rows(told.days),
    }


def _recording(item: Examined) -> dict[str, Any]:
    analysis = item.analysis
    reading = needle.reading_of(analysis)
    traces = traces_of(item.recording, analysis) if item.recording is not None else ()
    rejected = item.decided.rejected if item.decided else ()
    return {
        "name": analysis.recording,
        "sentence": recording_sentence(analysis),
        "numbers": [list(pair) for pair in recording_numbers(analysis)],
        "overview": figures.trace_overview(traces, analysis, rejected=rejected, theme=PAPER),
        "decided": item.decided.sentence if item.decided else "",
        "when": item.when or "",
        "overview_words": f"Trace with {len(analysis.events)} discharges marked",
        "shapes": [
            {"svg": shape, "words": f"Average potential of unit {unit.unit}"}
            for unit in analysis.units[:DRAWN_UNITS]
            if (shape := figures.unit_shape(unit, analysis, theme=PAPER))
        ],
        "raster": figures.raster(analysis, theme=PAPER) if analysis.events else "",
        "needle": None if reading is None else list(reading["reasons"]),
        "tables": [asdict(table) for table in tables_of(analysis)],
        "quality": analysis.quality.verdict,
        "problems": list(analysis.quality.problems),
        "notes": list(analysis.notes),
        "sources": named_sources(analysis),
    }
