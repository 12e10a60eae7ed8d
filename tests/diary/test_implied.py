"""What a diary adds to an answer, and what it leaves alone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from myolens.case import Finding
from myolens.diary import DayEntry, Trigger, TriggerAnalysis
from myolens.diary.implied import ABILITY_FINDINGS, diary_findings, diary_medicines
from myolens.diary.interview import Beside, Interview
from myolens.knowledge import load

TODAY = date(2026, 3, 1)
NO_TRIGGERS = TriggerAnalysis(0, (), ())


def noted(days: int, start: int = 0, **values) -> list[DayEntry]:
    return [DayEntry(day=TODAY - timedelta(days=start + step), **values) for step in range(days)][::-1]


def values_of(days: list[DayEntry], triggers: TriggerAnalysis = NO_TRIGGERS) -> dict[str, float | None]:
    return {f.name: f.value for f in diary_findings(days, triggers, today=TODAY)}


def test_a_week_of_coffee_is_a_usual_amount_and_less_is_not() -> None:
    assert values_of(noted(7, caffeine_mg=400)) == {"caffeine_intake": 400.0}
    assert values_of(noted(6, caffeine_mg=400)) == {}


def test_last_season_s_habits_say_nothing_of_today() -> None:
    assert values_of(noted(20, start=28, caffeine_mg=400)) == {}


def test_habits_come_in_the_units_the_knowledge_base_asks_for() -> None:
    found = values_of(noted(10, alcohol_units=2, exercise_minutes=30, sleep_hours=5))
    assert found == {"alcohol_intake": 14.0, "exercise_hours": 3.5, "sleep_hours": 5.0}
    for finding in diary_findings(noted(10, alcohol_units=2, sleep_hours=5), NO_TRIGGERS, today=TODAY):
        assert finding.unit == load().findings[finding.name].number.unit


@pytest.mark.parametrize("answer", ["harder", "not_possible"])
def test_an_ability_lost_is_said_until_it_is_back(answer: str) -> None:
    lost = noted(1, start=8, abilities={"swallowing": answer, "stairs": "as_before"})
    assert values_of(lost) == {"dysphagia": None}
    back = noted(1, abilities={"swallowing": "as_before"})
    assert values_of(lost + back) == {}


def test_only_a_trigger_that_shows_is_said() -> None:
    def trigger(factor: str, verdict: str) -> Trigger:
        return Trigger(factor, 1.0, 0.3, 0.1, 0.5, 0.99, verdict, None)

    found = TriggerAnalysis(
        60, (trigger("caffeine", "likely trigger"), trigger("stress", "cannot tell yet")), ()
    )
    assert values_of(noted(1), found) == {"worse_with_caffeine": None}


def test_everything_a_diary_can_say_is_known_to_the_knowledge_base() -> None:
    assert set(ABILITY_FINDINGS.values()) <= set(load().findings)


def test_the_interview_is_believed_over_the_diary_except_where_something_was_lost() -> None:
    told = Interview(answers={"caffeine_intake": 100.0, "dysphagia": "no"})
    besides = Beside(
        (
            Finding(name="caffeine_intake", value=500, unit="mg/day", source="diary"),
            Finding(name="sleep_hours", value=5, unit="h/day", source="diary"),
            Finding(name="dysphagia", source="diary"),
        ),
        medicines=("Salbutamol", "magnesium"),
    )
    case = told.model_copy(update={"medicines": ("salbutamol",)}).case("me", besides)
    assert [f.value for f in case.findings if f.name == "caffeine_intake"] == [100.0]
    assert [f.source for f in case.findings if f.name == "sleep_hours"] == ["diary"]
    assert {(f.source, f.present) for f in case.findings if f.name == "dysphagia"} == {
        ("story", False),
        ("diary", True),
    }
    assert case.medicines == ("salbutamol", "magnesium")


def test_a_loss_in_the_diary_is_never_hidden_by_an_earlier_no() -> None:
    told = Interview(age=50, answers={"dysphagia": "no"})
    calm = told.assessment("a").urgency.level.rank
    lost = told.assessment("a", Beside((Finding(name="dysphagia", source="diary"),))).urgency.level.rank
    assert lost > calm


def test_medicines_of_the_last_weeks_are_named_once() -> None:
    days = noted(3, start=2, medicines=("Magnesium", "ASS")) + noted(1, medicines=("magnesium",))
    assert diary_medicines(days, today=TODAY) == ("Magnesium", "ASS")
