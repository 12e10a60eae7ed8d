"""The diary pages: one tap, a half-minute check-in, weeks, trend, triggers, export and import."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup
from starlette.datastructures import UploadFile

from myolens.assessment.result import ExpectedCourse
from myolens.diary import DayEntry, MomentEntry, Trend, TriggerAnalysis
from myolens.diary.answers import newest_course
from myolens.diary.database import transaction
from myolens.diary.entries import ABILITIES, FACTORS
from myolens.diary.exchange import from_csv, from_json, to_csv, to_json
from myolens.diary.implied import lost_abilities
from myolens.diary.models import Profile
from myolens.diary.store import day_entry
from myolens.errors import InputError
from myolens.reports.followed import ChartWords, intensity_picture
from myolens.web.calendar import calendar_picture
from myolens.web.pages import (
    catalogue,
    diary_of,
    engine_of,
    form_of,
    language_of,
    local_address,
    number_field,
    page,
    see_other,
    text_field,
)

router = APIRouter(prefix="/diary")
Translate = Callable[..., str]


@router.get("")
def show(request: Request, day: str = "") -> HTMLResponse:
    """Today, the last weeks, and what they show."""
    chosen = _day(day) if day else date.today()
    diary = diary_of(request)
    days = diary.days()
    entry = next((item for item in days if item.day == chosen), None)
    counts = diary.moments_per_day()
    with transaction(engine_of(request)) as session:
        hide = session.get_one(Profile, diary.profile_id).hide_numbers
    t = _translator(request)
    expected = newest_course(diary)
    asked = [item.day for item in days if item.abilities and item.day < chosen]
    return page(
        request,
        "diary.html",
        day=chosen.isoformat(),
        entry=entry,
        usual=_usual(days, chosen),
        days=days,
        hide=hide,
        moments_today=counts.get(date.today(), 0),
        abilities=ABILITIES,
        ask_abilities=not asked or (chosen - asked[-1]).days >= 7,
        warning=bool(lost_abilities(days)),
        review=_review(expected),
        today=date.today().isoformat(),
        expected=expected,
        shown=_share_of_today(days, expected),
        calendar=Markup(calendar_picture(days, counts, date.today(), t)),
        chart=Markup(intensity_picture(days, expected, words=_chart_words(t))),
        trend_words=_trend_words(diary.trend(), hide, t),
        trigger_lines=_trigger_lines(diary.triggers(), hide, t),
    )


@router.post("/moment")
async def moment(request: Request) -> Response:
    """Note that it is twitching now."""
    form = await form_of(request)
    diary_of(request).add(MomentEntry(at=datetime.now(UTC), site=text_field(form, "site", most=100) or None))
    return see_other("/diary")


@router.post("/moment/undo")
async def undo_moment(request: Request) -> Response:
    """Take the newest moment back."""
    await form_of(request)
    diary_of(request).remove_last_moment()
    return see_other("/diary")


@router.post("/day")
async def check_in(request: Request) -> Response:
    """Keep the day's check-in as the form shows it: what was emptied is removed."""
    form = await form_of(request)
    day = _day(text_field(form, "day"))
    data: dict[str, Any] = {"day": day, "note": text_field(form, "note")}
    for name in ("intensity", "stress"):
        value = number_field(form, name)
        data[name] = int(value) if value is not None and value == int(value) else value
    for name in FACTORS.keys() - {"stress"}:
        data[name] = number_field(form, name)
    data["medicines"] = [part.strip() for part in text_field(form, "medicines").split(";") if part.strip()]
    abilities = {name: text_field(form, f"ability_{name}") for name in ABILITIES if f"ability_{name}" in form}
    if abilities:
        data["abilities"] = {name: answer for name, answer in abilities.items() if answer}
    diary_of(request).add(day_entry(data))
    return see_other("/diary" if day == date.today() else f"/diary?day={day}")


@router.post("/day/remove")
async def remove_day(request: Request) -> Response:
    """Remove a day's check-in."""
    form = await form_of(request)
    diary_of(request).remove_day(_day(text_field(form, "day")))
    return see_other("/diary")


@router.post("/counted")
async def change_counted(request: Request) -> Response:
    """Let the diary count in answers and reports, or leave it out."""
    form = await form_of(request)
    diary = diary_of(request)
    with transaction(engine_of(request)) as session:
        profile = session.get_one(Profile, diary.profile_id)
        profile.diary_counted = text_field(form, "counted", most=3) == "yes"
    return see_other(local_address(text_field(form, "back", most=200), "/diary"))


@router.get("/export.json")
def export_json(request: Request) -> Response:
    """Everything as JSON."""
    content = json.dumps(to_json(diary_of(request)), indent=1, ensure_ascii=False)
    return _download(content, "application/json", "myolens-diary.json")


@router.get("/export.csv")
def export_csv(request: Request) -> Response:
    """The days as CSV."""
    return _download(to_csv(diary_of(request)), "text/csv; charset=utf-8", "myolens-diary.csv")


@router.post("/import")
async def import_file(request: Request) -> Response:
    """Add the entries of an exported file, all or none."""
    form = await form_of(request)
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise InputError("no file was sent", where="file")
    try:
        text = (await file.read()).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("is not UTF-8 text", where=file.filename) from None
    reader = from_csv if (file.filename or "").lower().endswith(".csv") else from_json
    reader(diary_of(request), text, where=file.filename or "import")
    return see_other("/diary")


def _download(content: str, kind: str, name: str) -> Response:
    return Response(
        content, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'}
    )


def _translator(request: Request) -> Translate:
    texts = catalogue(language_of(request))
    return lambda key, **values: texts[key].format(**values)


def _day(words: str) -> date:
    try:
        day = date.fromisoformat(words)
    except ValueError:
        raise InputError(f"{words[:40]!r} is not a day", where="day") from None
    if not date(1990, 1, 1) <= day <= date.today() + timedelta(days=1):
        raise InputError(f"{day} is not a day a diary can hold", where="day")
    return day


def _usual(days: Sequence[DayEntry], chosen: date) -> Mapping[str, float | None]:
    """The last value of each habit, shown as a hint, never filled in."""
    usual: dict[str, float | None] = dict.fromkeys(FACTORS)
    for entry in days:
        if entry.day < chosen:
            for name in FACTORS:
                value = getattr(entry, name)
                usual[name] = usual[name] if value is None else value
    return usual


def _review(expected: tuple[date, ExpectedCourse] | None) -> str | None:
    """Date of the review that the newest answer set."""
    if expected is None or expected[1].review_in_days is None:
        return None
    return (expected[0] + timedelta(days=expected[1].review_in_days)).isoformat()


def _share_of_today(days: Sequence[DayEntry], expected: tuple[date, ExpectedCourse] | None) -> float:
    """Where today lies on the picture of the diary, from 0 to 1: it may reach to the review."""
    review = _review(expected)
    noted = [entry.day for entry in days if entry.intensity is not None]
    if not noted or review is None:
        return 1.0
    whole = (max(noted[-1], date.fromisoformat(review)) - noted[0]).days
    return min(1.0, (date.today() - noted[0]).days / whole) if whole > 0 else 1.0


def _chart_words(t: Translate) -> ChartWords:
    return ChartWords(
        title=t("diary.chart"),
        intensity=t("diary.intensity.short"),
        days_since=t("diary.days_since", day="{day}"),
        expected=t("diary.expected"),
    )


def _trend_words(trend: Trend, hide: bool, t: Translate) -> str:  # noqa: FBT001
    if trend.change_per_month is None or trend.low is None or trend.high is None:
        return t("trend.early", n=trend.days)
    words = t(f"trend.{trend.direction}")
    if hide:
        return words
    return (
        words
        + " "
        + t(
            "trend.numbers",
            change=_signed(f"{trend.change_per_month:+.1f}"),
            low=_signed(f"{trend.low:+.1f}"),
            high=_signed(f"{trend.high:+.1f}"),
        )
    )


def _signed(number: str) -> str:
    """A number with a real minus sign."""
    return number.replace("-", "−")


def _trigger_lines(found: TriggerAnalysis, hide: bool, t: Translate) -> list[str]:  # noqa: FBT001
    lines = []
    keys = {words: name for name, (words, _unit) in FACTORS.items()}
    for trigger in found.triggers:
        line = t(
            "trigger.line",
            factor=t(f"factor.{keys[trigger.factor]}"),
            verdict=t("verdict." + trigger.verdict.replace(" ", "_")),
        )
        if not hide:
            line += " " + t(
                "trigger.numbers",
                change=_signed(f"{trigger.change:+.0%}"),
                low=_signed(f"{trigger.low:+.0%}"),
                high=_signed(f"{trigger.high:+.0%}"),
            )
        if trigger.days_needed is not None:
            line += " " + t("trigger.needed", n=trigger.days_needed)
        lines.append(line)
    return lines or [t("trigger.none")]
