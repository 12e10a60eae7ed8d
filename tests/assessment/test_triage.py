"""Urgency: rules are floors, nothing lowers them, unanswered questions fire nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myolens.assessment.triage import (
    PROBABLE_SERIOUS,
    Facts,
    fired_rules,
    grounds,
    holds,
    level_of,
    with_probable,
)
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
