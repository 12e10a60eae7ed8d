"""How soon: vital capacity by its value, old and new weakness, what cannot wait a day."""

from __future__ import annotations

import pytest

from myolens.assessment.answer import assess
from myolens.assessment.triage import (
    PROBABLE_SAME_DAY,
    PROBABLE_SERIOUS,
    Facts,
    fired_rules,
    level_of,
    with_probable,
)
from myolens.case import Case, Finding, Lab
from myolens.knowledge.loading import load
from myolens.knowledge.model import UrgencyLevel

KNOWLEDGE = load()
EMERGENCY, DAYS, WEEKS, ROUTINE = (
    UrgencyLevel.EMERGENCY,
    UrgencyLevel.URGENT_DAYS,
    UrgencyLevel.SOON_WEEKS,
    UrgencyLevel.ROUTINE,
)


def rules_of(*told: Finding | str, absent: tuple[str, ...] = (), age: float = 40) -> dict[str, UrgencyLevel]:
    findings = [Finding(name=each) if isinstance(each, str) else each for each in told]
    findings += [Finding(name=name, present=False) for name in absent]
    fired = assess(Case(age=age, findings=tuple(findings))).urgency.rules
    return {rule.id: rule.level for rule in fired}


def highest(*told: Finding | str, absent: tuple[str, ...] = (), age: float = 40) -> UrgencyLevel:
    return max(rules_of(*told, absent=absent, age=age).values(), key=lambda level: level.rank)


@pytest.mark.parametrize(
    ("told", "level"),
    [
        ((Finding(name="fvc", value=68, unit="%"),), WEEKS),
        (("reduced FVC",), WEEKS),
        ((Finding(name="vital capacity", value="45 % predicted"),), DAYS),
        (("reduced FVC", "breathlessness"), DAYS),
        (("reduced FVC", "insomnia"), DAYS),
        (("reduced FVC", "rapidly worsening weakness"), EMERGENCY),
        (("reduced FVC", "myasthenia gravis"), EMERGENCY),
        (("reduced FVC", "breathless at rest"), EMERGENCY),
        (("respiratory failure",), EMERGENCY),
    ],
)
def test_vital_capacity_is_graded(told: tuple[Finding | str, ...], level: UrgencyLevel) -> None:
    assert highest(*told) is level


def test_a_normal_vital_capacity_asks_for_nothing() -> None:
    rules = rules_of(Finding(name="fvc", value=97, unit="%"))
    assert not any(rule.startswith("breathing_capacity") for rule in rules)


def test_a_vital_capacity_in_litres_is_not_guessed() -> None:
    result = assess(Case(findings=(Finding(name="fvc", value=2.1, unit="L"),)))
    assert [each.kind for each in result.unrecognised] == ["value"]


def test_new_weakness_beside_sciatica_is_urgent_and_old_steady_weakness_is_not() -> None:
    old = Finding(name="leg weakness", since="3 years")
    assert rules_of("sciatica", Finding(name="leg weakness", since="2 weeks"))["sciatica_weak"] is DAYS
    assert rules_of("sciatica", "leg weakness")["sciatica_weak"] is DAYS
    assert "sciatica_weak" not in rules_of("sciatica", old)
    assert "sciatica_weak" in rules_of("sciatica", old, "progressive weakness")


def test_breathlessness_counts_among_the_signs_of_an_insecticide() -> None:
    told = ("facial twitching", "watering eyes", "vomiting", "shortness of breath")
    assert rules_of(*told)["cholinergic_signs"] is EMERGENCY


def test_fever_with_fast_breathing_is_an_emergency() -> None:
    assert rules_of("fever", "tachypnoea")["sepsis_signs"] is EMERGENCY


def test_running_out_of_a_sedative_with_fever_is_an_emergency() -> None:
    told = (Finding(name="ran out of baclofen", kind="drug"), "tremor", "fever")
    assert rules_of(*told)["withdrawal_severe"] is EMERGENCY


@pytest.mark.parametrize(
    ("denied", "age", "level"),
    [
        (("weakness", "getting worse"), 25, ROUTINE),
        (("weakness", "getting worse"), 60, WEEKS),
        (("getting worse",), 25, WEEKS),
        ((), 25, WEEKS),
    ],
)
def test_steady_twitching_of_the_young_with_full_strength_is_no_referral(
    denied: tuple[str, ...], age: float, level: UrgencyLevel
) -> None:
    """NICE NG127: fasciculations are not referred unless with wasting and weakness or rigidity."""
    calf = Finding(name="twitching calf", since="10 weeks")
    assert highest(calf, absent=denied, age=age) is level


@pytest.mark.parametrize("code", ["toxic", "tetanus", "guillain_barre", "sedative_withdrawal"])
def test_what_cannot_wait_asks_for_a_doctor_today_once_more_likely_than_not(code: str) -> None:
    assert KNOWLEDGE.causes[code].same_day
    (surely,) = with_probable(KNOWLEDGE, [], {code: PROBABLE_SAME_DAY})
    (perhaps,) = with_probable(KNOWLEDGE, [], {code: PROBABLE_SERIOUS})
    assert (surely.level, perhaps.level) == (DAYS, WEEKS)
    assert surely.action.startswith("Today")


def test_a_slow_disease_never_asks_for_today_by_probability() -> None:
    (rule,) = with_probable(KNOWLEDGE, [], {"motor_neuron_disease": 0.99})
    assert rule.level is WEEKS


def test_every_cause_that_cannot_wait_is_serious() -> None:
    assert all(cause.serious for cause in KNOWLEDGE.causes.values() if cause.same_day)


def test_unknown_signs_fire_nothing_new() -> None:
    assert level_of(fired_rules(KNOWLEDGE, Facts(age=40), {})) is UrgencyLevel.SELF_CARE


def test_results_of_two_days_are_not_called_a_slip() -> None:
    labs = (Lab(name="potassium", value=2.4, unit="mmol/L"), Lab(name="potassium", value=4.3, unit="mmol/L"))
    result = assess(Case(labs=labs))
    (told,) = result.contradictions
    assert "different days" in told.text
    assert "keep only the latest" in told.text
    assert result.urgency.level is EMERGENCY
    (answers,) = assess(
        Case(findings=(Finding(name="weakness"), Finding(name="weakness", present=False)))
    ).contradictions
    assert "do not fit together" in answers.text
