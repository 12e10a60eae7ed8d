"""Numbers, grades and onsets told more than once: what adds up, and what cannot both hold."""

from __future__ import annotations

import pytest

from myolens.case import Case, Finding
from myolens.knowledge.loading import load
from myolens.knowledge.recognised import Recognised
from myolens.knowledge.vocabulary import recognise

KNOWLEDGE = load()


def read(*findings: Finding, **more: str) -> Recognised:
    return recognise(Case.model_validate({"findings": findings, **more}), KNOWLEDGE)


def told(name: str, value: str) -> Finding:
    return Finding(name=name, value=value)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (told("coffee", "3 cups a day"), told("coffee", "10 cups a day")),
        (told("sleep", "4 hours"), told("sleep", "8 hours")),
        (told("heart rate", "70"), told("pulse", "130")),
        (told("body_temperature", "36.8 °C"), told("body_temperature", "39 °C")),
        (told("alcohol_intake", "2 units a week"), told("alcohol_intake", "30 units a week")),
        (told("caffeine_intake", "100 mg a day"), told("coffee", "6 cups a day")),
        (Finding(name="weakness", since="3 days"), Finding(name="weakness", since="2 years")),
        (Finding(name="twitching", since="3 weeks"), Finding(name="twitching", since="2 years")),
        (told("weakness", "mild"), told("weakness", "severe")),
        (Finding(name="mild weakness"), Finding(name="severe weakness")),
        (told("pain", "2/10"), told("pain", "9/10")),
    ],
)
def test_what_cannot_both_hold_is_found_in_any_order(first: Finding, second: Finding) -> None:
    for pair in ((first, second), (second, first)):
        (found,) = read(*pair).disagreements
        assert len(found.told) == 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (told("coffee", "3 cups a day"), told("coffee", "3 cups a day")),
        (told("coffee", "3 cups a day"), told("tea", "10 cups a day")),
        (told("coffee", "1-2 cups a day"), told("coffee", "2-4 cups a day")),
        (told("coffee", "2 cups a day"), told("coffee", "3 cups a day")),
        (told("caffeine_intake", "500 mg a day"), told("coffee", "3 cups a day")),
        (told("sleep", "7 hours"), told("sleep", "8 hours")),
        (Finding(name="weakness", since="5 days"), Finding(name="weakness", since="1 week")),
        (Finding(name="eyelid twitching", since="2 days"), Finding(name="calf twitching", since="2 years")),
        (told("weakness", "moderate"), told("weakness", "moderate to severe")),
        (
            Finding(name="mild weakness", site="left arm"),
            Finding(name="weakness", value="severe", site="leg"),
        ),
    ],
)
def test_rounding_ranges_parts_and_places_are_no_contradiction(first: Finding, second: Finding) -> None:
    assert read(first, second).disagreements == ()


def test_portions_of_a_habit_add_up_within_a_stated_total() -> None:
    parts = read(told("coffee", "3 cups a day"), told("tea", "2 cups a day"))
    assert parts.all_numbers["caffeine_intake"] == (3 * 95 + 2 * 40,)
    whole = read(told("caffeine_intake", "500 mg a day"), told("coffee", "3 cups a day"))
    assert whole.all_numbers["caffeine_intake"] == (500,)


def test_the_value_that_says_most_comes_first() -> None:
    assert read(told("coffee", "3 cups a day"), told("coffee", "10 cups a day")).all_numbers == {
        "caffeine_intake": (950, 285)
    }
    assert read(told("sleep", "8 hours"), told("sleep", "4 hours")).all_numbers == {"sleep_hours": (4, 8)}


def test_the_longest_twitch_of_any_place_counts() -> None:
    found = read(
        Finding(name="eyelid twitching", since="2 days"),
        Finding(name="calf twitching", since="60 days"),
        duration_of_twitching="3 weeks",
    )
    assert found.numbers["duration_of_twitching"] == 60
    assert found.disagreements == ()
