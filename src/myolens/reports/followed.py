"""What a diary showed, as a report says it: days, course, own triggers, what became harder, medicines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from myolens.assessment.result import ExpectedCourse
from myolens.diary import DayEntry, Diary, Trend, TriggerAnalysis
from myolens.reports.svg import (
    SCREEN,
    Scale,
    Theme,
    area,
    bottom_axis,
    left_axis,
    line,
    picture,
    polyline,
    text,
)

FEWEST_DRAWN = 3
ABILITY_NAMES = {
    "buttons": "buttons",
    "keys": "turning a key",
    "stairs": "stairs",
    "swallowing": "swallowing",
}
ABILITY_ANSWERS = {"as_before": "as a month ago", "harder": "harder", "not_possible": "not possible"}
TREND_WORDS = {
    "falling": "Twitching is easing",
    "rising": "Twitching is increasing",
    "steady": "Twitching is about the same",
    "unknown": "No direction can be told yet",
}


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """A diary as a report needs it.

    Attributes
    ----------
    days : tuple of DayEntry
        In order of time.
    moments : mapping of date to int
        Moments tapped.
    trend, triggers : Trend, TriggerAnalysis
        What they show.
    expected : (date, ExpectedCourse) or None
        The course expected since an answer.
    """

    days: tuple[DayEntry, ...]
    moments: Mapping[date, int]
    trend: Trend
    triggers: TriggerAnalysis
    expected: tuple[date, ExpectedCourse] | None = None


@dataclass(frozen=True, slots=True)
class ChartWords:
    """Words on the picture of a diary."""

    title: str = "Twitching by day"
    intensity: str = "Twitching, 0 to 10"
    days_since: str = "days since {day}"
    expected: str = "expected: clearly better, of 100"


def followed(diary: Diary, expected: tuple[date, ExpectedCourse] | None = None) -> Followed | None:
    """Read a diary for a report; None where nothing was noted."""
    days, moments = diary.days(), diary.moments_per_day()
    if not days and not moments:
        return None
    return Followed(days, moments, diary.trend(), diary.triggers(), expected)


def span_sentence(told: Followed) -> str:
    """How much was noted, and when."""
    noted = [entry.day for entry in told.days] + list(told.moments)
    first, last = min(noted), max(noted)
    taps = sum(told.moments.values())
    words = f"{len(told.days)} of {(last - first).days + 1} days noted, {first} to {last}"
    if taps:
        words += f"; {taps} moment{'s' * (taps > 1)} of twitching tapped"
    if told.trend.mean is not None:
        words += f"; mean intensity {told.trend.mean:.1f} of 10"
    return words + "."


def trend_sentence(trend: Trend) -> str:
    """Whether it is rising or falling, with the interval."""
    if trend.change_per_month is None or trend.low is None or trend.high is None:
        days = f"{trend.days} day{'s' * (trend.days != 1)}"
        return f"{days} with an intensity: too few, or too close together, to show a direction."
    numbers = f"{trend.change_per_month:+.1f} points of 10 per month"
    interval = f"95 % interval {trend.low:+.1f} to {trend.high:+.1f}"
    return f"{TREND_WORDS[trend.direction]}: {numbers} ({interval}).".replace("-", "−")


def trigger_rows(triggers: TriggerAnalysis) -> list[list[str]]:
    """Habit, verdict, change per usual step with its interval, and what is missing."""
    rows = [
        [
            trigger.factor,
            trigger.verdict,
            f"{trigger.change:+.0%} ({trigger.low:+.0%} to {trigger.high:+.0%})".replace("-", "−"),
            f"about {trigger.days_needed} more days" if trigger.days_needed is not None else "",
        ]
        for trigger in triggers.triggers
    ]
    return rows + [[name, "not analysed", "", why] for name, why in triggers.left_out]


def telling_triggers(triggers: TriggerAnalysis) -> str:
    """The habits that show an effect, in one sentence."""
    shown = [t for t in triggers.triggers if t.verdict.startswith("likely")]
    if not shown:
        return "No habit shows an effect on the twitching yet."
    parts = [
        f"{t.factor} ({t.verdict}, {t.change:+.0%} per usual step, "
        f"95 % interval {t.low:+.0%} to {t.high:+.0%})"
        for t in shown
    ]
    return f"Own triggers: {'; '.join(parts)}.".replace("-", "−")


def ability_rows(days: Sequence[DayEntry]) -> list[list[str]]:
    """Weekly answers on what can still be done, newest first: day, what is as a month ago, what is not."""
    rows = []
    for entry in reversed([entry for entry in days if entry.abilities]):
        same, other = [], []
        for name, answer in entry.abilities.items():
            if answer == "as_before":
                same.append(ABILITY_NAMES[name])
            else:
                other.append(f"{ABILITY_NAMES[name]}: {ABILITY_ANSWERS[answer]}")
        rows.append([entry.day.isoformat(), ", ".join(same), "; ".join(other)])
    return rows


def ability_sentence(days: Sequence[DayEntry]) -> str:
    """The newest weekly answer in one sentence."""
    rows = ability_rows(days)
    if not rows:
        return ""
    day, same, other = rows[0]
    if other:
        return f"Compared with a month before ({day}): {other}."
    return f"{same} as a month before ({day}).".capitalize()


def medicine_rows(days: Sequence[DayEntry]) -> list[list[str]]:
    """Medicines noted: name, days, first and last day."""
    taken: dict[str, list[date]] = {}
    names: dict[str, Counter[str]] = {}
    for entry in days:
        for name in entry.medicines:
            taken.setdefault(name.casefold(), []).append(entry.day)
            names.setdefault(name.casefold(), Counter())[name] += 1
    return [
        [names[key].most_common(1)[0][0], str(len(on)), on[0].isoformat(), on[-1].isoformat()]
        for key, on in taken.items()
    ]


def intensity_picture(
    days: Sequence[DayEntry],
    expected: tuple[date, ExpectedCourse] | None = None,
    *,
    words: ChartWords | None = None,
    theme: Theme = SCREEN,
) -> str:
    """Daily intensity over the time noted, the course expected since an answer below it on the same days.

    Nothing with fewer than three days noted.
    """
    words = words or ChartWords()
    noted = [(entry.day, entry.intensity) for entry in days if entry.intensity is not None]
    if len(noted) < FEWEST_DRAWN:
        return ""
    start = noted[0][0]
    last = (noted[-1][0] - start).days
    if expected is not None:
        last = max(last, (expected[0] - start).days + (expected[1].review_in_days or 28))
    x = Scale(0, max(1, last), 40, 700)
    y = Scale(0, 10, 150, 26)
    body = [
        *left_axis(y, 40, label="", theme=theme, count=5),
        text(8, 12, words.intensity, fill=theme.faint, size=11),
    ]
    body += bottom_axis(x, 150, label=words.days_since.format(day=start.isoformat()), theme=theme)
    for day, intensity in noted:
        place = x((day - start).days)
        body.append(line(place, y(0), place, y(intensity), stroke=theme.accent_soft, width=2))
        body.append(f'<circle cx="{place:g}" cy="{y(intensity):g}" r="2.6" fill="{theme.accent}"/>')
    if expected is None or not expected[1].points:
        return picture(710, 186, body, title=words.title)
    body += _expected(*expected, start, last, x, words.expected, theme)
    return picture(710, 330, body, title=words.title, description=expected[1].text)


def _expected(
    answered: date, course: ExpectedCourse, start: date, last: int, x: Scale, label: str, theme: Theme
) -> list[str]:
    """Share expected to be clearly better, day by day since the answer, with its band."""
    y = Scale(0, 100, 314, 212)
    shift = (answered - start).days
    grid = [max(0, -shift), *range(max(1, 1 - shift), max(1, last - shift) + 1)]
    known = [point.day for point in course.points]
    xs = [x(shift + day) for day in grid]

    def curve(values: Sequence[float]) -> list[float]:
        return [y(float(np.interp(day, known, values)) * 100) for day in grid]

    low, high = curve([p.low for p in course.points]), curve([p.high for p in course.points])
    return [
        *left_axis(y, 40, label="", theme=theme, count=3),
        text(8, 203, label, fill=theme.faint, size=11),
        area(xs, low, high, fill=theme.accent_soft),
        polyline(xs, curve([point.improved for point in course.points]), stroke=theme.accent, width=2),
        line(40, 314, 700, 314, stroke=theme.line),
    ]
