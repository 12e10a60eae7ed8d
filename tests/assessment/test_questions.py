"""What is asked next."""

from __future__ import annotations

import numpy as np
import pytest

from myolens.assessment import assess
from myolens.assessment.evidence import Told, combined
from myolens.assessment.network import ABSENT, PRESENT, compiled
from myolens.assessment.posterior import judge, probabilities_with
from myolens.assessment.questions import (
    ENOUGH_CHANCE,
    MOST_QUESTIONS,
    WORTH_ASKING_BITS,
    information,
    next_questions,
    open_safety,
)
from myolens.assessment.triage import fired_rules, level_of
from myolens.assessment.workup import test_advice as advice_on_tests
from myolens.case import Case, Finding
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


def put(*codes: str) -> list[str]:
    """What is put next to somebody who told this."""
    both, _, informed = known(*codes)
    level = level_of(fired_rules(NETWORK.knowledge, both.facts, {}))
    open_questions = open_safety(NETWORK, both.facts, informed)
    return [each.finding for each in next_questions(NETWORK, both.facts, open_questions, informed, level)]


@pytest.mark.parametrize("code", ["twitching_eyelid", "twitching_calf", "hand_weakness", "muscle_cramps"])
def test_thoughts_of_suicide_are_not_asked_about_without_a_reason(code: str) -> None:
    both, _, informed = known(code)
    assert "suicidal_thoughts" not in {each.finding for each in open_safety(NETWORK, both.facts, informed)}
    assert "suicidal_thoughts" not in put(code)


def test_thoughts_of_suicide_are_asked_about_once_there_is_a_reason() -> None:
    reason = NETWORK.knowledge.findings["suicidal_thoughts"].ask_if
    assert reason is not None
    assert {"low_mood", "anxiety", "takes_antiseizure", "heavy_alcohol_use"} <= {*reason.any_present}
    for code in (*reason.any_present, "panic_attacks", "health_anxiety", "stress"):
        both = told("twitching_eyelid", code)
        if level_of(fired_rules(NETWORK.knowledge, both.facts, {})).rank < UrgencyLevel.URGENT_DAYS.rank:
            assert "suicidal_thoughts" in put("twitching_eyelid", code), code


def test_a_rare_danger_to_which_nothing_points_is_not_put() -> None:
    """A thin weak hand: once the near dangers are denied, questions tell its causes apart."""
    denied = (
        *("foot_drop", "leg_weakness", "arm_weakness", "breathlessness", "dysphagia", "twitching_tongue"),
        *("dysarthria", "nasal_speech", "neck_weakness", "kidney_disease", "facial_weakness", "choking"),
        *("weakness_rapidly_worsening", "weakness_sudden", "vomiting_or_diarrhoea", "tetany", "chest_pain"),
        *("confusion", "weakness_one_sided_body", "weakness_severe", "wrist_drop"),
    )
    given = ("hand_weakness", "wasting_hand", "weakness_progressive", *(f"-{code}" for code in denied))
    asked = put(*given)
    assert not {"seizure", "eating_disorder", "suicidal_thoughts", "medicine_overdose"} & set(asked)
    assert {"hand_numbness", "slow_over_years"} & set(asked)
    both, _, informed = known(*given)
    for question in open_safety(NETWORK, both.facts, informed):
        if question.finding in asked:
            assert question.chance >= ENOUGH_CHANCE.get(question.level, 0) / 2


def test_a_fit_is_asked_about_where_what_was_told_points_to_it() -> None:
    assert "seizure" in put("jerks", "twitching_face", "-weakness", "-confusion")


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


@pytest.mark.parametrize("code", ["twitching_over_2_weeks", "twitching_over_3_months"])
def test_no_to_how_long_it_has_lasted_does_not_deny_the_twitching(code: str) -> None:
    """A milestone not reached yet is no evidence against any cause, and no contradiction."""
    lid = Finding(name="twitching_eyelid")
    before = assess(Case(age=35, findings=(lid,)), knowledge=NETWORK.knowledge)
    after = assess(
        Case(age=35, findings=(lid, Finding(name=code, present=False))), knowledge=NETWORK.knowledge
    )
    assert after.contradictions == ()
    chance = {each.cause: each.probability for each in after.causes}
    assert chance["eyelid_myokymia"] == pytest.approx(
        next(each.probability for each in before.causes if each.cause == "eyelid_myokymia"), abs=0.02
    )
