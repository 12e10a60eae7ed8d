"""One time in one box: the headline and the rules it follows from name the same."""

from __future__ import annotations

import pytest

from myolens.assessment import assess
from myolens.assessment.words import HEADLINES, STATED_TIMES, TIMES, days_of, headline
from myolens.case import Case, Finding, Lab
from myolens.knowledge.loading import load
from myolens.knowledge.model import TriageRule, UrgencyLevel

KNOWLEDGE = load()
DAYS = {
    HEADLINES[UrgencyLevel.EMERGENCY]: 0,
    HEADLINES[UrgencyLevel.URGENT_DAYS]: 2,
    HEADLINES[UrgencyLevel.SOON_WEEKS]: 14,
    HEADLINES[UrgencyLevel.ROUTINE]: 42,
    f"{HEADLINES[UrgencyLevel.SELF_CARE]}.": 365,
    **{text: days for stated in STATED_TIMES.values() for days, text in stated},
}
TWO_WEEKS = "Within two weeks: see a doctor."
FOUR_WEEKS = "Within four weeks: see your doctor."


def stated(level: UrgencyLevel, *actions: str) -> str:
    return headline(level, enough=True, review="", actions=actions)


@pytest.mark.parametrize("rule", KNOWLEDGE.triage, ids=lambda rule: rule.id)
def test_the_time_of_every_rule_fits_its_headline(rule: TriageRule) -> None:
    assert any(rule.action.startswith((f"{start}:", f"{start},")) for start in TIMES), "no time told"
    assert days_of(rule.action) == DAYS[stated(rule.level, rule.action)]


def test_a_critical_value_is_never_more_pressing_than_its_headline() -> None:
    limits = [limit for lab in KNOWLEDGE.labs.values() for limit in lab.critical]
    for limit in limits:
        days = days_of(limit.text)
        if days is not None:
            assert DAYS[stated(limit.level, limit.text)] <= days, limit.text


def test_of_several_times_the_earliest_is_the_headline() -> None:
    soon = UrgencyLevel.SOON_WEEKS
    assert "four weeks" in stated(soon, FOUR_WEEKS)
    assert "two weeks" in stated(soon, FOUR_WEEKS, TWO_WEEKS)
    assert "two weeks" in stated(soon, FOUR_WEEKS, "Within weeks: see a neurologist.")
    days = UrgencyLevel.URGENT_DAYS
    assert stated(days, "Within days: see a neurologist.", "Today: speak to a doctor.").startswith("Today")


def test_two_weeks_of_twitching_alone_have_one_date() -> None:
    told = (Finding(name="twitching calf"),)
    case = Case(age=50, findings=told, duration_of_twitching="1 month")
    urgency = assess(case, knowledge=KNOWLEDGE).urgency
    soon = {rule.id for rule in urgency.rules if rule.level is UrgencyLevel.SOON_WEEKS}
    assert soon == {"age_45", "two_weeks"}
    assert "four weeks" in urgency.headline
    assert "two weeks" not in urgency.headline


def test_a_value_that_needs_a_repeat_the_same_day_says_today() -> None:
    urgency = assess(
        Case(age=50, labs=(Lab(name="potassium", value=6.1, unit="mmol/L"),)), knowledge=KNOWLEDGE
    ).urgency
    assert urgency.headline == "Today: speak to a doctor."
