"""Expected improvement, and when it has lasted too long."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myolens.assessment.course import DAYS, expected_course, improved
from myolens.knowledge.loading import load
from myolens.knowledge.model import UrgencyLevel

KNOWLEDGE = load()
PROBABLE = st.dictionaries(st.sampled_from(sorted(KNOWLEDGE.causes)), st.floats(0, 1), min_size=1)


def course(probability: dict[str, float], **more):
    options = {"level": UrgencyLevel.ROUTINE, "lasted_days": None, "today": None, **more}
    return expected_course(KNOWLEDGE, probability, **options)


def test_half_of_those_who_will_improve_have_done_so_at_the_half_life() -> None:
    fatigue = KNOWLEDGE.causes["muscle_fatigue"].course
    assert improved(fatigue, fatigue.half_life_days, fatigue.half_life_days) == pytest.approx(
        fatigue.improving / 2
    )
    assert improved(fatigue, 0, fatigue.half_life_days) == 0


def test_without_a_half_life_no_improvement_is_promised() -> None:
    motor_neuron = KNOWLEDGE.causes["motor_neuron_disease"].course
    assert motor_neuron.half_life_days is None
    assert improved(motor_neuron, 700, None) == 0


@given(PROBABLE)
def test_the_curve_rises_within_its_range(probability: dict[str, float]) -> None:
    points = course(probability).points
    assert [point.day for point in points] == list(DAYS)[: len(points)]
    for point in points:
        assert 0 <= point.low <= point.improved <= point.high <= 1
    assert [point.improved for point in points] == sorted(point.improved for point in points)


@given(PROBABLE, st.one_of(st.none(), st.floats(0, 4000)))
def test_one_looks_again_within_four_weeks(probability: dict[str, float], lasted: float | None) -> None:
    review = course(probability, lasted_days=lasted).review_in_days
    assert review is None or 7 <= review <= (14 if lasted is not None and lasted < 14 else 28)


def test_a_mixture_lies_between_its_causes() -> None:
    def at(probability: dict[str, float]) -> float:
        return next(point.improved for point in course(probability).points if point.day == 28)

    fast, slow = at({"caffeine_stimulant": 0.5}), at({"benign_fasciculation": 0.5})
    assert slow < at({"caffeine_stimulant": 0.5, "benign_fasciculation": 0.5}) < fast


@pytest.mark.parametrize("level", [UrgencyLevel.URGENT_DAYS, UrgencyLevel.EMERGENCY])
def test_no_waiting_time_is_given_to_someone_who_must_be_seen(level: UrgencyLevel) -> None:
    result = course({"caffeine_stimulant": 0.9}, level=level)
    assert result.points == ()
    assert result.review_in_days is None
    assert "be seen first" in result.text


def test_dates_stand_in_words_only_where_a_day_is_given() -> None:
    assert "on 8 March 2026" in course({"caffeine_stimulant": 0.9}, today=date(2026, 3, 1)).text
    assert "in 7 days" in course({"caffeine_stimulant": 0.9}).text


@given(PROBABLE)
def test_a_range_has_two_ends_and_nobody_is_promised_none_or_all(probability: dict[str, float]) -> None:
    text = course(probability).text
    for found in re.finditer(r"\(range (.+?) to (.+?)\)", text):
        assert found[1] != found[2]
    assert not re.search(r"about (0|100)\b", text)
    assert "about fewer" not in text
    assert "about more" not in text
    assert not re.search(r"\b1 are\b", text)
