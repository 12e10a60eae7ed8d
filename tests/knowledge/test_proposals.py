"""Findings proposed from free text: denial, doubt, relatives and the past are told apart."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myolens.case import Case
from myolens.knowledge import Proposal, load, propose, recognise

TODAY = date(2026, 11, 22)
KNOWLEDGE = load()


def read(text: str) -> dict[str, Proposal]:
    return {proposal.code: proposal for proposal in propose(text, KNOWLEDGE, today=TODAY)}


def test_a_worried_person_with_a_phone() -> None:
    found = read(
        "My left calf has been twitching for three weeks. I drink 3 espressos a day and sleep only 4 hours. "
        "No weakness, numbness or cramps."
    )
    assert found["twitching_calf"].present
    assert found["duration_of_twitching"].value == pytest.approx(21)
    assert found["caffeine_intake"].value == pytest.approx(195)
    assert found["sleep_hours"].value == pytest.approx(4)
    assert [found[code].present for code in ("weakness", "numbness", "muscle_cramps")] == [
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("text", "code", "present"),
    [
        ("I don't have any weakness but my hand feels numb.", "weakness", False),
        ("I don't have any weakness but my hand feels numb.", "hand_numbness", True),
        ("I have never had a seizure", "seizure", False),
        ("She denies fever, weight loss and night sweats.", "weight_loss", False),
        ("Maybe I have some trouble swallowing", "dysphagia", None),
        ("Do I have weakness?", "weakness", None),
        ("Should I worry if I get weakness", "weakness", None),
        ("The twitches won't stop and I have cramps", "muscle_cramps", True),
        ("Not only cramps, also numbness", "numbness", True),
        ("reflexes are normal", "abnormal_reflexes", False),
        ("fasciculations in both deltoids", "twitching_shoulder", True),
        ("There is twitching of the tongue", "twitching_tongue", True),
        ("I am terrified, with a fear of ALS", "health_anxiety", True),
    ],
)
def test_denial_and_doubt(text: str, code: str, present: bool | None) -> None:
    found = read(text)
    assert code in found, sorted(found)
    assert found[code].present is present


def test_a_relative_is_not_the_person() -> None:
    found = read("My father had ALS and my mother has a tremor. My wife has numbness.")
    assert found["family_mnd"].about == "family"
    assert found["family_tremor"].about == "family"
    assert not {"mnd_known", "tremor", "numbness"} & set(found)


def test_the_past_is_marked() -> None:
    assert read("I used to have asthma as a child")["asthma_copd"].past
    assert not read("I have asthma")["asthma_copd"].past


def test_a_proposal_shows_its_words() -> None:
    text = "Since March my right eyelid twitches. I take Zoloft."
    for proposal in propose(text, KNOWLEDGE, today=TODAY):
        assert text[proposal.start : proposal.end] == proposal.words
    assert read(text)["takes_ssri"].medicine == "sertraline"


def test_nothing_proposed_enters_a_case_by_itself() -> None:
    case = Case(complaint="My tongue twitches and I cannot swallow")
    assert not recognise(case, KNOWLEDGE).findings


def test_a_confirmed_proposal_is_understood() -> None:
    proposals = propose("My calf twitches, no numbness, my father had ALS, 3 coffees a day", KNOWLEDGE)
    found = recognise(Case(findings=tuple(p.finding for p in proposals)), KNOWLEDGE)
    assert not found.unrecognised
    assert {"twitching_calf", "family_mnd"} <= found.present
    assert "numbness" in found.absent
    assert found.numbers["caffeine_intake"] == pytest.approx(285)


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    for proposal in propose(text, KNOWLEDGE, today=TODAY):
        assert proposal.code in KNOWLEDGE.findings
        assert 0 <= proposal.start < proposal.end <= len(text)
