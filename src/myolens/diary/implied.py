"""What a diary implies for an answer: usual habits, triggers that show, abilities lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from myolens.case import Finding
from myolens.diary.entries import DayEntry
from myolens.diary.triggers import TriggerAnalysis

RECENT_DAYS = 28
"""Habits are averaged, and abilities looked at, over the last four weeks."""

FEWEST_DAYS = 7
"""A usual amount is stated from a week of entries on (project estimate)."""

HABITS = {
    "caffeine_mg": ("caffeine_intake", 1.0, "mg/day"),
    "alcohol_units": ("alcohol_intake", 7.0, "unit/week"),
    "sleep_hours": ("sleep_hours", 1.0, "h/day"),
    "exercise_minutes": ("exercise_hours", 7 / 60, "h/week"),
}
"""Habit of the check-in → numeric finding, factor and unit."""

ABILITY_FINDINGS = {
    "buttons": "clumsy_hands",
    "keys": "hand_weakness",
    "stairs": "leg_weakness",
    "swallowing": "dysphagia",
}
"""What it means, as felt by the person, that something has become harder than a month ago."""

TRIGGER_FINDINGS = {
    "caffeine": "worse_with_caffeine",
    "exercise": "worse_after_exercise",
    "stress": "worse_with_stress",
}


def diary_findings(
    days: Sequence[DayEntry], triggers: TriggerAnalysis, *, today: date
) -> tuple[Finding, ...]:
    """Findings of a diary up to a day; what it cannot tell is left out, never taken for absent."""
    recent = [entry for entry in days if today - timedelta(days=RECENT_DAYS) < entry.day <= today]
    found = []
    for name, (code, factor, unit) in HABITS.items():
        values = [value for entry in recent if (value := getattr(entry, name)) is not None]
        if len(values) >= FEWEST_DAYS:
            usual = round(sum(values) / len(values) * factor, 1)
            found.append(Finding(name=code, value=usual, unit=unit, source="diary"))
    found += [
        Finding(name=TRIGGER_FINDINGS[trigger.factor], source="diary")
        for trigger in triggers.triggers
        if trigger.verdict == "likely trigger" and trigger.factor in TRIGGER_FINDINGS
    ]
    found += [Finding(name=ABILITY_FINDINGS[ability], source="diary") for ability in lost_abilities(recent)]
    return tuple(found)


def lost_abilities(days: Sequence[DayEntry]) -> tuple[str, ...]:
    """Abilities that the newest weekly answers call harder than a month ago, or no longer possible."""
    answered = [entry for entry in days if entry.abilities]
    if not answered:
        return ()
    return tuple(name for name, answer in answered[-1].abilities.items() if answer != "as_before")


def diary_medicines(days: Sequence[DayEntry], *, today: date) -> tuple[str, ...]:
    """Names of the medicines noted in the last four weeks, in the order in which they first appear."""
    recent = [entry for entry in days if today - timedelta(days=RECENT_DAYS) < entry.day <= today]
    names = {name.casefold(): name for entry in reversed(recent) for name in entry.medicines}
    order = dict.fromkeys(name.casefold() for entry in recent for name in entry.medicines)
    return tuple(names[key] for key in order)
