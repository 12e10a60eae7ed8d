"""How well the list of causes fits: what may lead, when nothing does, and what the evidence is called."""

from __future__ import annotations

from functools import partial

import pytest

from myolens.assessment import assess as assess_with
from myolens.case import Case, Finding
from myolens.knowledge.loading import load
from myolens.knowledge.model import UrgencyLevel

KNOWLEDGE = load()
assess = partial(assess_with, knowledge=KNOWLEDGE)


def case_of(given_answers: dict[str, bool], **more: object) -> Case:
    findings = tuple(Finding(name=name, present=present) for name, present in given_answers.items())
    return Case.model_validate({"findings": findings, **more})


def test_with_nothing_said_no_cause_leads() -> None:
    result = assess(Case())
    assert result.fit.state == "not_enough"
    assert result.fit.leading == ()
    assert not any("Harmless" in line or "harmless" in line for line in result.explanation)


def test_no_everyday_cause_leads_under_a_warning() -> None:
    case = case_of({"chest_pain": True, "sweating": True, "stress": True, "twitching_calf": True}, age=50)
    result = assess(case)
    assert result.urgency.level is UrgencyLevel.EMERGENCY
    assert result.causes[0].cause == "stress_anxiety"
    assert result.fit.state == "unexplained"
    groups = {KNOWLEDGE.causes[code].group for code in result.fit.leading}
    assert not groups & {"benign", "lifestyle"}
    assert not any("What fits best" in line for line in result.explanation)


def test_what_fits_leads_with_causes_that_are_at_least_possible() -> None:
    result = assess(case_of({"twitching_eyelid": True, "stress": True, "weakness": False}, age=30))
    assert result.fit.state == "fits"
    by_code = {cause.cause: cause.probability for cause in result.causes}
    assert all(by_code[code] >= 0.3 for code in result.fit.leading)


def test_a_harmless_pattern_is_not_called_unexplained() -> None:
    """That a twitch has no cause on the list is common; it is no reason to be sent to a doctor."""
    told = [Finding(name="twitching_arms"), Finding(name="caffeine_intake", value=500, unit="mg/day")]
    denied = (
        "weakness",
        "muscle wasting",
        "numbness",
        "trouble swallowing",
        "muscle cramps",
        "twitching has spread",
    )
    told += [Finding(name=name, present=False) for name in denied]
    result = assess(Case(age=41, sex="female", findings=tuple(told)))
    assert result.urgency.level in (UrgencyLevel.SELF_CARE, UrgencyLevel.ROUTINE)
    assert result.fit.state in ("fits", "open")


def test_evidence_is_called_absent_only_where_somebody_said_so() -> None:
    """A number is named by its value; a place left out is not mentioned, not absent."""
    told = (
        Finding(name="twitching_calf"),
        Finding(name="caffeine_intake", value=5, unit="espressos a day"),
        Finding(name="weakness", present=False),
    )
    evidence = [e for c in assess(Case(age=34, findings=told)).causes for e in c.evidence]
    assert {e.label for e in evidence if e.finding == "high_caffeine_intake"} == {"Caffeine 325 mg/day"}
    assert all("not mentioned" in e.label for e in evidence if e.finding == "twitching_eyelid")
    assert {e.finding for e in evidence if e.present is False} <= {"weakness"}


def test_a_bare_number_needs_no_explanation() -> None:
    told = (
        Finding(name="started sertraline", kind="drug"),
        Finding(name="jerks on falling asleep"),
        Finding(name="depression", kind="history"),
    )
    result = assess(Case(age=45, findings=told, duration_of_twitching="1 week"))
    assert "How long it has been twitching" not in result.fit.unexplained


SALTS_LOST = dict.fromkeys(
    (
        *("vomiting", "takes_diuretic", "twitching_calf", "muscle_cramps", "dizziness", "paraesthesia"),
        *("perioral_paraesthesia", "tingling fingers"),
    ),
    True,
)


def test_what_the_causes_shown_can_produce_is_not_called_unexplained() -> None:
    """Lost salts explain tingling around the mouth: several fit, and an everyday cause does not lead."""
    result = assess(case_of(SALTS_LOST, age=54, sex="female"))
    assert result.fit.state == "open"
    assert result.fit.unexplained == ()
    assert set(result.fit.leading) <= {"hypomagnesaemia", "hypokalaemia", "hypocalcaemia"}
    assert result.fit.leading
    assert not any("cannot explain" in line for line in result.explanation)


@pytest.mark.parametrize(
    "told",
    [
        SALTS_LOST,
        {"chest_pain": True, "sweating": True, "stress": True, "twitching_calf": True},
        {"fainting": True, "stress": True, "twitching_eyelid": True},
        {"hallucinations": True, "twitching_calf": True, "wasting_tongue": True, "hair_loss": True},
        {"choking": True, "stress": True, "high_caffeine_intake": True, "twitching_eyelid": True},
        {"takes_lithium": True, "stress": True, "twitching_calf": True, "jerks": True},
    ],
)
def test_unexplained_is_named_and_no_cause_that_leads_can_produce_it(told: dict[str, bool]) -> None:
    result = assess(case_of(told, age=50))
    assert (result.fit.state == "unexplained") == bool(result.fit.unexplained)
    named = {code for code, each in KNOWLEDGE.findings.items() if each.name in result.fit.unexplained}
    for code in result.fit.leading:
        produced = {effect.finding for effect in KNOWLEDGE.causes[code].findings}
        leak = {each: KNOWLEDGE.findings[each].leak.value for each in produced & named}
        effects = {effect.finding: effect.value for effect in KNOWLEDGE.causes[code].findings}
        assert all(effects[each] <= leak[each] for each in leak)
