"""The diary's pictures: weeks at a glance, and daily intensity."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

import numpy as np

from myolens.assessment.result import ExpectedCourse
from myolens.diary import DayEntry
from myolens.reports.svg import (
    SCREEN,
    Scale,
    area,
    bottom_axis,
    left_axis,
    line,
    picture,
    polyline,
    rectangle,
    text,
)

WEEKS = 13
CELL = 26.0


def calendar_picture(
    days: Sequence[DayEntry], moments: Mapping[date, int], today: date, t: Callable[..., str]
) -> str:
    """The last 13 weeks, a square a day, darker with more twitching; a dot where a moment was tapped."""
    by_day = {entry.day: entry for entry in days}
    monday = today - timedelta(days=today.weekday())
    first = monday - timedelta(weeks=WEEKS - 1)
    body = [
        text(0, 18 + row * CELL + 17, t(f"weekday.{row}"), fill=SCREEN.faint, size=11) for row in range(7)
    ]
    for step in range((today - first).days + 1):
        day = first + timedelta(days=step)
        x, y = 40 + (step // 7) * CELL, 18 + (step % 7) * CELL
        entry = by_day.get(day)
        body.append(rectangle(x, y, CELL - 4, CELL - 4, fill=SCREEN.line, radius=4))
        if entry is not None and entry.intensity is not None:
            share = 0.15 + 0.085 * entry.intensity
            body.append(
                f'<rect x="{x:g}" y="{y:g}" width="{CELL - 4:g}" height="{CELL - 4:g}" rx="4" '
                f'fill="{SCREEN.accent}" opacity="{share:.2f}"/>'
            )
        if moments.get(day):
            body.append(f'<circle cx="{x + 17:g}" cy="{y + 5:g}" r="2.5" fill="{SCREEN.ink}"/>')
        if step % 7 == 0 and (step == 0 or day.day <= 7):
            body.append(text(x, 11, f"{day.day}.{day.month}.", fill=SCREEN.faint, size=10))
    return picture(44 + WEEKS * CELL, 20 + 7 * CELL, body, title=t("diary.calendar"))


def intensity_picture(
    days: Sequence[DayEntry], t: Callable[..., str], expected: tuple[date, ExpectedCourse] | None = None
) -> str:
    """Daily intensity over the time noted, the course expected since an answer below it on the same days.

    Nothing with fewer than three days noted.
    """
    noted = [(entry.day, entry.intensity) for entry in days if entry.intensity is not None]
    if len(noted) < 3:
        return ""
    start = noted[0][0]
    last = (noted[-1][0] - start).days
    if expected is not None:
        last = max(last, (expected[0] - start).days + (expected[1].review_in_days or 28))
    x = Scale(0, max(1, last), 40, 700)
    y = Scale(0, 10, 150, 20)
    body = [*left_axis(y, 40, label=t("diary.intensity.short"), theme=SCREEN, count=5)]
    body += bottom_axis(x, 150, label=t("diary.days_since", day=start.isoformat()), theme=SCREEN)
    for day, intensity in noted:
        place = x((day - start).days)
        body.append(line(place, y(0), place, y(intensity), stroke=SCREEN.accent_soft, width=2))
        body.append(f'<circle cx="{place:g}" cy="{y(intensity):g}" r="2.6" fill="{SCREEN.accent}"/>')
    if expected is None:
        return picture(710, 186, body, title=t("diary.chart"))
    body += _expected(*expected, start, last, x, t)
    return picture(710, 330, body, title=t("diary.chart"), description=expected[1].text)


def _expected(
    answered: date, course: ExpectedCourse, start: date, last: int, x: Scale, t: Callable[..., str]
) -> list[str]:
    """Share expected to be clearly better, day by day since the answer, with its band."""
    y = Scale(0, 100, 314, 212)
    shift = (answered - start).days
    grid = [max(0, -shift), *range(max(1, 1 - shift), max(1, last - shift) + 1)]
    known = [point.day for point in course.points]
    xs = [x(shift + day) for day in grid]

    def curve(values: Sequence[float]) -> list[float]:
        return [y(float(np.interp(day, known, values)) * 100) for day in grid]

    return [
        *left_axis(y, 40, label="", theme=SCREEN, count=3),
        text(40, 203, t("diary.expected"), fill=SCREEN.faint, size=11),
        area(
            xs,
            curve([point.low for point in course.points]),
            curve([point.high for point in course.points]),
            fill=SCREEN.accent_soft,
        ),
        polyline(xs, curve([point.improved for point in course.points]), stroke=SCREEN.accent, width=2),
        line(40, 314, 700, 314, stroke=SCREEN.line),
    ]
