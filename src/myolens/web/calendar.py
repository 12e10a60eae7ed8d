"""The diary's weeks at a glance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

from myolens.diary import DayEntry
from myolens.reports.svg import SCREEN, picture, rectangle, text

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
