"""The sentences of the result."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myolens.assessment.words import (
    duration,
    headline,
    listed,
    of_hundred,
    probability_sentence,
    probability_word,
    serious_sentence,
    when,
)
from myolens.knowledge.model import UrgencyLevel


@pytest.mark.parametrize(
    ("probability", "word"),
    [(0.9, "very likely"), (0.7, "likely"), (0.4, "possible"), (0.2, "unlikely"), (0.1, "very unlikely")],
)
def test_words_are_those_people_understand_alike(probability: float, word: str) -> None:
    """Centres of the words in Hashim 2024: 90, 70, 40, 20 and 10 of 100."""
    assert probability_word(probability) == word


def test_both_sides_with_the_same_denominator() -> None:
    assert probability_sentence(0.7, 0.55, 0.82) == (
        "Likely: about 70 of 100 people with answers like yours have it (range 55 to 82). "
        "About 30 of 100 do not."
    )


@given(st.floats(0, 1))
def test_never_none_and_never_all(probability: float) -> None:
    assert of_hundred(probability) not in {"about 0 of 100", "about 100 of 100"}
    assert " 0 in 100" not in serious_sentence(probability)


def test_a_serious_cause_is_never_called_excluded() -> None:
    assert serious_sentence(0.0) == "Fewer than 1 in 100 people with answers like yours."


def test_action_and_time_come_first() -> None:
    assert headline(UrgencyLevel.EMERGENCY, enough=True, review="").startswith("Now: call")
    calm = headline(UrgencyLevel.SELF_CARE, enough=True, review=when(14, date(2026, 3, 1)))
    assert calm == "No urgent sign in your answers: look after it at home, and look again on 15 March 2026."
    assert "Too little is known" in headline(UrgencyLevel.ROUTINE, enough=False, review="")
    assert "Too little is known" not in headline(UrgencyLevel.EMERGENCY, enough=False, review="")


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (1, "1 day"),
        (7, "7 days"),
        (14, "2 weeks"),
        (28, "4 weeks"),
        (91, "3 months"),
        (365, "1 year"),
        (730, "2 years"),
    ],
)
def test_lengths_of_time_as_one_says_them(days: float, text: str) -> None:
    assert duration(days) == text


def test_lists() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(["a", "b", "c", "d"], most=2) == "a, b and 2 more"
