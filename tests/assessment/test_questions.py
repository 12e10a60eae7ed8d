"""What is asked next."""

from __future__ import annotations

import numpy as np
import pytest

from myolens.assessment.evidence import Told, combined
from myolens.assessment.network import ABSENT, PRESENT, compiled
from myolens.assessment.posterior import judge, probabilities_with
from myolens.assessment.questions import (
    MOST_QUESTIONS,
    WORTH_ASKING_BITS,
    information,
    next_questions,
    open_safety,
)
from myolens.assessment.workup import test_advice as advice_on_tests
from myolens.knowledge.loading import load
from myolens.knowledge.model import UrgencyLevel

NETWORK = compiled(load())
WHO = {"setting": "primary_care", "age": 45, "sex": "male"}


def told(*codes: str):
    statements = [Told(code.lstrip("-"), not code.startswith("-")) for code in codes]
    return combined(NETWORK, statements, numbers={}, labs={}, age=45, sex="male")


def known(*codes: str):
    both = told(*codes)
    judgement = judge(NETWORK, both.observed, **WHO)
    return both, judgement, information(NETWORK, judgement.draws(20_000), both.facts)


def entropy(p: float) -> float:
    return 0.0 if p in (0, 1) else float(-p * np.log2(p) - (1 - p) * np.log2(1 - p))


@pytest.mark.parametrize("code", ["numbness_thumb_index", "hyperreflexia", "anxiety", "fatigue"])
def test_information_from_draws_is_that_of_exact_inference(code: str) -> None:
    """Mutual information by conditioning on the answer, each answer's posterior solved exactly."""
    both, judgement, informed = known("twitching_arms", "neck_pain")
    (yes,) = probabilities_with(NETWORK, both.observed, [{code: PRESENT}], **WHO)
    chance = informed.chance[NETWORK.findings[code]]
    for cause in ("cervical_radiculopathy", "stress_anxiety", "caffeine_stimulant", "cervical_myelopathy"):
        number = NETWORK.causes[cause]
        prior, after = float(judgement.probability[number]), float(yes[number])
        no = (prior - chance * after) / (1 - chance)
        exact = entropy(prior) - chance * entropy(after) - (1 - chance) * entropy(no)
        assert informed.bits[number, NETWORK.findings[code]] == pytest.approx(exact, abs=0.006)


def test_safety_comes_first_then_the_most_telling_and_never_too_many() -> None:
    both, _, informed = known("twitching_arms")
    open_questions = open_safety(NETWORK, both.facts, informed)
    questions = next_questions(NETWORK, both.facts, open_questions, informed, UrgencyLevel.ROUTINE)
    safety = [question.safety for question in questions]
    assert safety == sorted(safety, reverse=True)
    assert sum(safety) <= MOST_QUESTIONS
    assert len(questions) <= 2 * MOST_QUESTIONS
    values = [question.bits / question.cost for question in questions if not question.safety]
    assert values == sorted(values, reverse=True)
    assert all(value >= WORTH_ASKING_BITS for value in values)


def test_what_is_answered_is_not_asked_again() -> None:
    both, _, informed = known("twitching_arms", "-weakness", "anxiety")
    questions = next_questions(
        NETWORK, both.facts, open_safety(NETWORK, both.facts, informed), informed, UrgencyLevel.ROUTINE
    )
    asked = {question.finding for question in questions}
    assert not asked & (both.facts.present | both.facts.absent)
    assert not {code for code in asked if "weakness" in NETWORK.knowledge.findings[code].implies}


def test_an_open_safety_question_is_one_whose_yes_would_raise_the_level() -> None:
    both, _, informed = known("twitching_arms")
    found = {question.finding: question.level for question in open_safety(NETWORK, both.facts, informed)}
    assert found["breathless_at_rest"] is UrgencyLevel.EMERGENCY
    emergency, _, informed = known("breathless_at_rest")
    assert open_safety(NETWORK, emergency.facts, informed) == []


def test_in_an_emergency_nothing_but_safety_is_asked() -> None:
    both, _, informed = known("breathless_at_rest")
    assert next_questions(NETWORK, both.facts, [], informed, UrgencyLevel.EMERGENCY) == ()


def test_results_told_by_the_tables_at_hand_equal_those_of_tables_of_their_own() -> None:
    both, judgement, _ = known("twitching_legs", "muscle_cramps", "takes_ppi", "-weakness", "fatigue")
    codes = [code for code in NETWORK.findings if code not in both.observed]
    extras = [{code: PRESENT} for code in codes[::9]] + [{code: ABSENT} for code in codes[::17]]
    shared = probabilities_with(NETWORK, both.observed, extras, **WHO, like=judgement)
    alone = probabilities_with(NETWORK, both.observed, extras, **WHO)
    np.testing.assert_allclose(shared, alone, rtol=1e-9, atol=1e-12)


def test_tests_say_what_each_result_would_mean_for_this_person() -> None:
    both, judgement, informed = known("twitching_legs", "muscle_cramps", "takes_ppi")
    tests = advice_on_tests(
        NETWORK,
        judgement,
        both.observed,
        both.facts,
        informed,
        setting="primary_care",
        level=UrgencyLevel.ROUTINE,
    )
    assert tests
    assert any("For you" in meaning for test in tests for _, meaning in test.results)
    magnesium = [test for test in tests if test.test == "magnesium_test"]
    assert magnesium
    assert "low blood magnesium" in magnesium[0].results[0][1]
