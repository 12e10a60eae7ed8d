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
