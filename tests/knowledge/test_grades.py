"""Laboratory results told in words or multiples."""

from __future__ import annotations

import pytest

from myolens.assessment import assess
from myolens.case import Case, Lab
from myolens.knowledge.grades import (
    MARKED,
    MILD,
    MODERATE,
    SEVERE,
    Levels,
    grade_of,
    limit_for,
    multiple_of,
)
from myolens.knowledge.loading import load


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("severely low", SEVERE),
        ("critically high", SEVERE),
        ("excruciating", SEVERE),
        ("markedly raised", MARKED),
        ("very high", MARKED),
        ("moderately low", MODERATE),
        ("slightly low", MILD),
        ("very mild", MILD),
        ("mild to moderate", (1, 2)),
        ("moderate to severe", MARKED),
        ("not severe", None),
        ("high", None),
    ],
)
def test_words_say_how_far_from_normal(text: str, grade: Levels | None) -> None:
    assert grade_of(text) == grade


@pytest.mark.parametrize(
    ("text", "times"),
    [("10 times the upper limit", 10), ("5 x ULN", 5), ("12-fold raised", 12), ("5.2 x10^9/L", None)],
)
def test_multiples_of_the_upper_limit(text: str, times: float | None) -> None:
    assert multiple_of(text) == times


def test_an_extreme_word_stands_for_the_most_urgent_limit_and_a_marked_one_for_the_least() -> None:
    potassium = load().labs["potassium"]
    assert limit_for(potassium, "low", SEVERE) == 2.5
    assert limit_for(potassium, "low", MARKED) == 2.9
    assert limit_for(potassium, "low", MODERATE) == 2.9
    assert limit_for(potassium, "high", MARKED) == 6.0
    assert limit_for(potassium, "low", MILD) is None
    assert limit_for(load().labs["tsh"], "low", SEVERE) is None


@pytest.mark.parametrize(
    ("name", "value", "unit", "level"),
    [
        ("potassium", "severely low", None, "emergency"),
        ("potassium", "very low", None, "urgent_days"),
        ("potassium", "low", None, "soon_weeks"),
        ("creatine kinase", "extremely high", None, "emergency"),
        ("creatine kinase", "20 times the upper limit", None, "emergency"),
        ("creatine kinase", 12, "x ULN", "urgent_days"),
        ("creatinine", "markedly raised", None, "urgent_days"),
    ],
)
def test_graded_results_reach_the_rules(name: str, value: float | str, unit: str | None, level: str) -> None:
    urgency = assess(Case(labs=(Lab(name=name, value=value, unit=unit),))).urgency
    assert urgency.level.value == level
