"""Durations as people say them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myolens.knowledge.durations import DAYS, days_from

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("twelve days", 12),
        ("12 d", 12),
        ("3 weeks", 21),
        ("3wk", 21),
        ("a fortnight", 14),
        ("about 3 weeks", 21),
        ("a couple of weeks", 14),
        ("2-3 weeks", 17.5),
        ("two to four days", 3),
        ("a year", 365.25),
        ("a year and a half", 547.875),
        ("half a year", 182.625),
        ("two and a half years", 913.125),
        ("six months", 182.625),
        ("39 months", 39 * 30.4375),
        ("twenty five days", 25),
        ("several months", 3 * 30.4375),
        ("hours", 3 / 24),
        ("1 hour 30 min", 0.0625),
        ("10 minutes", 10 / 1440),
        ("since yesterday", 1),
        ("since March", (TODAY - date(2026, 3, 1)).days),
        ("since December", (TODAY - date(2025, 12, 1)).days),
        ("since 3 May 2026", (TODAY - date(2026, 5, 3)).days),
        ("since 2026-05-01", (TODAY - date(2026, 5, 1)).days),
        ("since 2019", (TODAY - date(2019, 1, 1)).days),
        ("years_ago", 3 * 365.25),
    ],
)
def test_durations(text: str, days: float) -> None:
    assert days_from(text, today=TODAY) == pytest.approx(days)


@pytest.mark.parametrize("text", ["", "soon", "acute", "always", "banana", "since tomorrow", "2026-13-45"])
def test_what_is_no_duration_is_none(text: str) -> None:
    assert days_from(text, today=TODAY) is None


def test_a_calendar_date_needs_to_know_today() -> None:
    assert days_from("since March") is None


def test_a_day_to_come_is_no_duration() -> None:
    assert days_from("since 2030-01-01", today=TODAY) is None


@given(count=st.integers(1, 400), unit=st.sampled_from(sorted(DAYS)))
def test_figure_and_unit_multiply(count: int, unit: str) -> None:
    assert days_from(f"{count} {unit}s") == pytest.approx(count * DAYS[unit])


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    days = days_from(text, today=TODAY)
    assert days is None or days >= 0
