"""Urgency: rules are floors, nothing lowers them, unanswered questions fire nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myolens.assessment.answer import assess
from myolens.assessment.triage import (
    PROBABLE_SERIOUS,
    Facts,
    fired_rules,
    grounds,
    holds,
    level_of,
    with_probable,
)
from myolens.case import Case, Finding
from myolens.knowledge.loading import load
from myolens.knowledge.model import Condition, UrgencyLevel

KNOWLEDGE = load()
ASKED = sorted(KNOWLEDGE.findings)
WARNINGS = sorted(code for code, definition in KNOWLEDGE.findings.items() if definition.safety)


def closed(codes: set[str]) -> frozenset[str]:
    found = set(codes)
    waiting = list(codes)
    while waiting:
        for code in KNOWLEDGE.findings[waiting.pop()].implies:
            if code not in found:
                found.add(code)
                waiting.append(code)
    return frozenset(found)


def test_all_parts_of_a_condition_must_hold() -> None:
    condition = Condition(present=("a",), absent=("b",), any_present=("c", "d", "e"), at_least=2, age_from=45)
    facts = Facts(present=frozenset("acd"), absent=frozenset("b"), age=50)
    assert holds(condition, facts)
    assert not holds(condition, replace(facts, present=frozenset("ac")))
    assert not holds(condition, replace(facts, absent=frozenset()))
    assert not holds(condition, replace(facts, age=44))
    assert not holds(condition, replace(facts, age=None))
    assert grounds(condition, facts) == ("a", "c", "d", "b", "age")


def test_numbers_are_compared_inclusively_and_unknown_ones_never_hold() -> None:
    low = Condition(lab="potassium", below=2.5)
    assert holds(low, Facts(labs={"potassium": 2.5}))
    assert not holds(low, Facts(labs={"potassium": 2.51}))
    assert not holds(low, Facts())
    assert holds(
        Condition(number="duration_of_twitching", above=14), Facts(numbers={"duration_of_twitching": 14})
    )


def test_findings_count_only_if_they_began_in_the_time_asked_for() -> None:
    fresh = Condition(any_present=("a", "b"), at_least=2, began_within=14)
    facts = Facts(present=frozenset("abc"), since={"a": 14, "b": 3})
    assert holds(fresh, facts)
    assert not holds(fresh, replace(facts, since={"a": 14.1, "b": 3}))
    assert not holds(fresh, replace(facts, since={"b": 3}))
    stable = Condition(present=("a",), began_before=365)
    assert holds(stable, replace(facts, since={"a": 365}))
    assert not holds(stable, facts)
    assert not holds(stable, replace(facts, present=frozenset("b"), since={"a": 400}))


@pytest.mark.parametrize(("since", "level"), [("2 days", "emergency"), ("5 years", "soon_weeks")])
def test_when_weakness_began_decides_how_soon(since: str, level: str) -> None:
    """NG127: weakness of the legs within days is seen at once, within years by referral."""
    told = [Finding(name=name, since=since) for name in ("leg weakness", "numb feet")]
    urgency = assess(Case(age=42, findings=(*told, Finding(name="unsteady gait")))).urgency
    assert urgency.level.value == level
    if level == "emergency":
        assert any(reason.endswith("for 2 days") for reason in urgency.rules[0].because)


def test_the_newest_of_several_weak_limbs_counts() -> None:
    old = Finding(name="leg weakness", since="6 years")
    new = Finding(name="arm weakness", since="2 days")
    for findings in ((old, new), (new, old)):
        assert assess(Case(age=42, findings=findings)).urgency.level.rank >= UrgencyLevel.URGENT_DAYS.rank


@pytest.mark.parametrize(
    ("present", "absent", "age", "level"),
    [
        (["eyelid twitching"], [], 28, "self_care"),
        (["calf twitching", "marathon"], ["weakness", "dark urine", "numbness"], 31, "self_care"),
        (
            ["twitching arms"],
            ["weakness", "muscle wasting", "numbness", "trouble swallowing"],
            30,
            "self_care",
        ),
        (["nausea"], [], 30, "routine"),
        (["twitching arms"], [], 30, "routine"),
    ],
)
def test_self_care_needs_a_reason(present: list[str], absent: list[str], age: float, level: str) -> None:
    told = [Finding(name=name) for name in present] + [Finding(name=name, present=False) for name in absent]
    assert assess(Case(age=age, findings=tuple(told))).urgency.level.value == level


def test_names_not_understood_forbid_self_care() -> None:
    told = [Finding(name="eyelid twitching"), Finding(name="zorblax"), Finding(name="qwertification")]
    urgency = assess(Case(age=28, findings=tuple(told))).urgency
    assert urgency.level is UrgencyLevel.ROUTINE
    assert not urgency.enough


@pytest.mark.parametrize(
    ("name", "kind", "level"),
    [
        ("zorblax", None, UrgencyLevel.SELF_CARE),
        ("likes gardening", None, UrgencyLevel.SELF_CARE),
        ("likes gardening", "habit", UrgencyLevel.SELF_CARE),
        ("zorblax", "symptom", UrgencyLevel.ROUTINE),
        ("zorblax", "sign", UrgencyLevel.ROUTINE),
        ("odd sinking of the arm", None, UrgencyLevel.ROUTINE),
    ],
)
def test_one_complaint_not_understood_forbids_self_care(
    name: str, kind: str | None, level: UrgencyLevel
) -> None:
    """A gardener is not sent to the doctor for gardening; somebody with an unknown symptom is."""
    told = (Finding(name="eyelid twitching"), Finding(name=name, kind=kind))
    assert assess(Case(age=28, findings=told)).urgency.level is level


def test_alternatives_and_exceptions() -> None:
    condition = Condition(
        any_of=(Condition(present=("a",)), Condition(present=("b",))), none_of=(Condition(present=("c",)),)
    )
    assert holds(condition, Facts(present=frozenset("b")))
    assert not holds(condition, Facts(present=frozenset("bc")))
    assert not holds(condition, Facts())


def test_nothing_known_fires_nothing() -> None:
    assert fired_rules(KNOWLEDGE, Facts(), {}) == []


@pytest.mark.parametrize(
    ("lab", "value", "level"),
    [
        ("potassium", 2.4, UrgencyLevel.EMERGENCY),
        ("potassium", 6.6, UrgencyLevel.EMERGENCY),
        ("calcium", 1.85, UrgencyLevel.EMERGENCY),
        ("magnesium", 0.38, UrgencyLevel.EMERGENCY),
        ("sodium", 119.0, UrgencyLevel.EMERGENCY),
        ("potassium", 4.2, UrgencyLevel.SELF_CARE),
    ],
)
def test_critical_blood_values_are_urgent_by_themselves(lab: str, value: float, level: UrgencyLevel) -> None:
    assert level_of(fired_rules(KNOWLEDGE, Facts(labs={lab: value}), {})).rank >= level.rank
    if level is UrgencyLevel.SELF_CARE:
        assert fired_rules(KNOWLEDGE, Facts(labs={lab: value}), {}) == []


@settings(max_examples=150, deadline=None)
@given(
    st.sets(st.sampled_from(ASKED), max_size=6),
    st.sets(st.sampled_from(ASKED), max_size=6),
    st.sampled_from(WARNINGS),
    st.one_of(st.none(), st.floats(16, 95)),
)
def test_a_further_warning_sign_never_lowers_the_urgency(
    present: set[str], absent: set[str], warning: str, age: float | None
) -> None:
    there = closed(present)
    facts = Facts(present=there, absent=frozenset(absent) - closed({warning}) - there, age=age)
    more = replace(facts, present=there | closed({warning}))
    before = level_of(fired_rules(KNOWLEDGE, facts, {}))
    assert level_of(fired_rules(KNOWLEDGE, more, {})).rank >= before.rank


@given(st.dictionaries(st.sampled_from(sorted(KNOWLEDGE.causes)), st.floats(0, 1)))
def test_a_probability_only_ever_raises(probability: dict[str, float]) -> None:
    facts = Facts(present=closed({"dysphagia", "choking"}))
    rules = fired_rules(KNOWLEDGE, facts, {})
    raised = with_probable(KNOWLEDGE, rules, probability)
    assert level_of(raised).rank >= level_of(rules).rank
    serious = any(
        value >= PROBABLE_SERIOUS and KNOWLEDGE.causes[code].serious for code, value in probability.items()
    )
    assert (len(raised) > len(rules)) == serious


def test_every_fired_rule_says_why_and_on_what_source() -> None:
    facts = Facts(present=closed(set(WARNINGS)), labs={"potassium": 2.0}, age=60, sex="male")
    for rule in fired_rules(KNOWLEDGE, facts, {}):
        assert rule.because
        assert rule.action
        assert set(rule.sources) <= set(KNOWLEDGE.sources)
