"""Statements that do not fit together: named, the worse counts for urgency, neither for causes."""

from __future__ import annotations

from functools import partial

import pytest

from myolens.assessment import assess as assess_with
from myolens.case import Case, Finding, Lab
from myolens.knowledge.loading import load
from myolens.knowledge.model import UrgencyLevel

KNOWLEDGE = load()
assess = partial(assess_with, knowledge=KNOWLEDGE)


def case_of(given_answers: dict[str, bool], **more: object) -> Case:
    findings = tuple(Finding(name=name, present=present) for name, present in given_answers.items())
    return Case.model_validate({"findings": findings, **more})


def test_a_contradiction_is_reported_counts_as_unknown_and_keeps_the_warning() -> None:
    both = (Finding(name="dysphagia", present=True), Finding(name="dysphagia", present=False))
    result = assess(Case(findings=both))
    plain = assess(Case())
    (contradiction,) = result.contradictions
    assert contradiction.said == ("dysphagia: no", "dysphagia: yes")
    assert contradiction.text in result.limits
    assert any(contradiction.text in paragraph for paragraph in result.explanation)
    assert [c.probability for c in result.causes] == [c.probability for c in plain.causes]
    warned = assess(Case(findings=both[:1]))
    assert result.urgency.level is warned.urgency.level


def test_a_particular_sign_against_a_general_denial_is_a_contradiction() -> None:
    result = assess(Case(findings=(Finding(name="weakness", present=False), Finding(name="foot_drop"))))
    assert [each.said for each in result.contradictions] == [("foot drop: yes", "weakness: no")]
    assert result.urgency.level.rank >= assess(case_of({"foot_drop": True})).urgency.level.rank


def test_felt_and_tested_weakness_may_differ() -> None:
    for felt in (True, False):
        assert assess(case_of({"weakness": felt, "weakness_on_examination": not felt})).contradictions == ()


@pytest.mark.parametrize("order", [1, -1])
def test_the_dangerous_reading_of_a_contradiction_counts_for_urgency_and_neither_for_causes(
    order: int,
) -> None:
    both = (Finding(name="weakness", present=True), Finding(name="weakness", present=False))[::order]
    result = assess(Case(findings=both))
    felt = assess(Case(findings=(Finding(name="weakness"),)))
    assert result.urgency.level is felt.urgency.level
    assert result.urgency.level.rank > assess(case_of({"weakness": False})).urgency.level.rank
    assert [c.probability for c in result.causes] == [c.probability for c in assess(Case()).causes]
    assert result.to_json() == assess(Case(findings=both[::-1])).to_json()


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_values_the_worse_counts_for_urgency_and_both_are_named(order: int) -> None:
    labs = (Lab(name="potassium", value=2.4, unit="mmol/L"), Lab(name="k", value=4.3, unit="mmol/L"))[::order]
    result = assess(Case(labs=labs))
    assert result.urgency.level is UrgencyLevel.EMERGENCY
    (contradiction,) = result.contradictions
    assert contradiction.said == ("2.4 mmol/L", "4.3 mmol/L")

    def low(labs: tuple[Lab, ...]) -> float:
        causes = assess(Case(labs=labs)).causes
        return next(each.probability for each in causes if each.cause == "hypokalaemia")

    smaller, larger = sorted((low(labs[:1]), low(labs[1:])))
    assert smaller < low(labs) < larger


def test_a_value_without_unit_is_read_in_the_only_possible_one_and_said() -> None:
    result = assess(Case(labs=(Lab(name="potassium", value=2.9),)))
    assert any("without a unit" in limit and "2.9 mmol/L" in limit for limit in result.limits)
    asked = assess(Case(labs=(Lab(name="magnesium", value=1.1),)))
    assert any("add the unit" in each.reason for each in asked.unrecognised)
    given = assess(Case(labs=(Lab(name="potassium", value="2.9 mmol/L"),)))
    assert not any("without a unit" in limit for limit in given.limits)


def test_the_measured_value_wins_over_the_word() -> None:
    said = Case(
        findings=(Finding(name="low_potassium"),), labs=(Lab(name="potassium", value=4.6, unit="mmol/L"),)
    )
    probability = {c.cause: c.probability for c in assess(said).causes}
    prior = {c.cause: c.prior for c in assess(said).causes}
    assert probability["hypokalaemia"] < prior["hypokalaemia"]


def rules(*findings: Finding, **more: object) -> set[str]:
    return {rule.id for rule in assess(Case.model_validate({"findings": findings, **more})).urgency.rules}


@pytest.mark.parametrize("order", [1, -1])
def test_two_numbers_that_cannot_both_hold_are_named_and_either_reaches_the_rules(order: int) -> None:
    calm, hot = (Finding(name="body_temperature", value=value, unit="°C") for value in (36.6, 39.5))
    stiff = Finding(name="neck_stiffness")
    result = assess(Case(findings=(*(calm, hot)[::order], stiff)))
    (contradiction,) = result.contradictions
    assert contradiction.said == ("body temperature: 36.6 °C", "body temperature: 39.5 °C")
    assert contradiction.text in result.limits
    assert rules(hot, stiff) <= {rule.id for rule in result.urgency.rules}
    assert rules(hot, stiff) - rules(calm, stiff)


def test_of_two_habits_the_causes_take_neither_side() -> None:
    few, many = (Finding(name="coffee", value=f"{count} cups a day") for count in (2, 10))

    def stimulant(*findings: Finding) -> float:
        causes = assess(Case(findings=(Finding(name="twitching"), *findings))).causes
        return next(each.probability for each in causes if each.cause == "caffeine_stimulant")

    assert stimulant(few) < stimulant(few, many) < stimulant(many)
    assert stimulant(few, many) == stimulant(many, few)
    (contradiction,) = assess(Case(findings=(few, many))).contradictions
    assert contradiction.said == ("coffee: 190 mg/day", "coffee: 950 mg/day")


@pytest.mark.parametrize(("low", "high"), [(2.6, 6.6), (2.4, 6.2), (2.4, 6.8)])
def test_values_dangerous_in_both_directions_both_count(low: float, high: float) -> None:
    def level(*values: float) -> int:
        labs = tuple(Lab(name="potassium", value=value, unit="mmol/L") for value in values)
        return assess(Case(labs=labs)).urgency.level.rank

    assert level(low, high) == max(level(low), level(high))


def test_two_durations_never_make_a_calming_rule_hold() -> None:
    short, long = (Finding(name="twitching", since=since) for since in ("6 days", "5 years"))
    shown = Finding(name="weakness", present=False)
    both = assess(Case(findings=(short, long, shown))).urgency
    assert both.level.rank >= max(
        assess(Case(findings=(each, shown))).urgency.level.rank for each in (short, long)
    )


def test_grades_that_cannot_both_hold_are_named_and_the_worse_counts_for_urgency() -> None:
    mild, severe = (Finding(name="leg weakness", value=grade) for grade in ("mild", "severe"))
    (contradiction,) = assess(Case(findings=(mild, severe))).contradictions
    assert contradiction.said == ("leg weakness: mild", "leg weakness: severe")
    assert "weakness_severe" in rules(mild, severe)
    labs = tuple(Lab(name="potassium", value=word) for word in ("slightly low", "severely low"))
    (contradiction,) = assess(Case(labs=labs)).contradictions
    assert contradiction.said == ("Potassium severely low", "Potassium slightly low")
    assert assess(Case(labs=labs)).urgency.level is UrgencyLevel.EMERGENCY


def test_evidence_of_a_value_told_twice_names_both() -> None:
    both = tuple(Lab(name="potassium", value=value, unit="mmol/L") for value in (2.9, 4.1))
    result = assess(case_of({"muscle twitching": True}, labs=both))
    labels = {each.label for cause in result.causes for each in cause.evidence}
    assert "Potassium 2.9 mmol/L and 4.1 mmol/L" in labels
    assert "Potassium 4.1 mmol/L" not in labels
