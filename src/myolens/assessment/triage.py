"""How soon to be seen: rules from guidelines, critical blood values, and nothing that lowers them.

A rule whose condition holds sets a floor; the level is the highest floor. A condition holds
only on what is known: an unanswered question never makes a rule fire. What a probability may
do is raise: a serious cause that is at all probable asks for a doctor within weeks, one that is
more likely than not and cannot wait for a doctor today.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from myolens.assessment.result import FiredRule
from myolens.assessment.words import duration, lowered, of_hundred
from myolens.knowledge.model import Cause, Condition, Knowledge, UrgencyLevel

PROBABLE_SERIOUS = 0.25
"""Probability from which a serious cause by itself asks for a visit within weeks (project estimate)."""
PROBABLE_SAME_DAY = 0.5
"""Probability from which a cause that calls for help on the same day asks for it (project estimate: more
likely than not)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known for sure about one person, by code.

    ``present`` and ``absent`` are closed under implication: a sign in one muscle makes the
    general sign present, and the absence of the general makes the particular absent. Where
    statements contradict each other, ``present`` holds both, so that a warning is not lost.
    ``numbers`` are numeric answers and ``labs`` laboratory values, in the units of the knowledge base.
    ``more`` are further values told of the same number or test, of which any may make a rule hold.
    ``since`` tells for how many days a finding has been there, the newest instance where there are several.
    """

    present: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    numbers: Mapping[str, float] = field(default_factory=dict)
    labs: Mapping[str, float] = field(default_factory=dict)
    age: float | None = None
    sex: str | None = None
    since: Mapping[str, float] = field(default_factory=dict)
    more: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


def holds(condition: Condition, facts: Facts, *, surely: bool = False) -> bool:
    """Tell whether a condition is known to hold.

    Where several values of one number or test were told, it holds if it does with any of them;
    ``surely``, and inside ``none_of``, only if with all.
    """
    if not (facts.present.issuperset(condition.present) and facts.absent.issuperset(condition.absent)):
        return False
    there = _counted(condition, facts)
    if there is not facts.present and not there.issuperset(condition.present):
        return False
    if condition.any_present and sum(code in there for code in condition.any_present) < condition.at_least:
        return False
    if not _within(condition, facts, surely=surely):
        return False
    if condition.age_from is not None and (facts.age is None or facts.age < condition.age_from):
        return False
    if condition.age_to is not None and (facts.age is None or facts.age > condition.age_to):
        return False
    if condition.sex is not None and facts.sex != condition.sex:
        return False
    if condition.any_of and not any(holds(part, facts, surely=surely) for part in condition.any_of):
        return False
    if condition.all_of and not all(holds(part, facts, surely=surely) for part in condition.all_of):
        return False
    excepted = condition.none_of and any(holds(part, facts, surely=not surely) for part in condition.none_of)
    return not excepted


def _within(condition: Condition, facts: Facts, *, surely: bool) -> bool:
    """Tell whether the laboratory value and the number a condition asks for are known and in its limits."""
    for code, known in ((condition.lab, facts.labs), (condition.number, facts.numbers)):
        if code is None:
            continue
        if code not in known:
            return False
        within = [
            (condition.below is None or value <= condition.below)
            and (condition.above is None or value >= condition.above)
            for value in (known[code], *facts.more.get(code, ()))
        ]
        if not (all(within) if surely else any(within)):
            return False
    return True


def _counted(condition: Condition, facts: Facts) -> frozenset[str]:
    """Return what is present and, where the condition asks, known to have begun in its time."""
    latest, earliest = condition.began_within, condition.began_before
    if latest is None and earliest is None:
        return facts.present
    return facts.present.intersection(
        code
        for code, days in facts.since.items()
        if (latest is None or days <= latest) and (earliest is None or days >= earliest)
    )


def grounds(condition: Condition, facts: Facts) -> tuple[str, ...]:
    """Codes of what makes a condition hold: findings, labs, and ``age`` or ``sex``."""
    found: dict[str, None] = dict.fromkeys(condition.present)
    there = _counted(condition, facts)
    found |= dict.fromkeys(code for code in condition.any_present if code in there)
    found |= dict.fromkeys(condition.absent)
    found |= dict.fromkeys(code for code in (condition.lab, condition.number) if code is not None)
    if condition.age_from is not None or condition.age_to is not None:
        found["age"] = None
    if condition.sex is not None:
        found["sex"] = None
    for part in (*condition.all_of, *(part for part in condition.any_of if holds(part, facts))):
        found |= dict.fromkeys(grounds(part, facts))
    return tuple(found)


def mentioned(condition: Condition) -> frozenset[str]:
    """All finding codes a condition asks about, negated ones apart."""
    codes = {*condition.present, *condition.any_present}
    for part in (*condition.any_of, *condition.all_of):
        codes |= mentioned(part)
    return frozenset(codes)


def fired_rules(knowledge: Knowledge, facts: Facts, labels: Mapping[str, str]) -> list[FiredRule]:
    """Return the guideline rules and critical values that hold, the most urgent first."""
    fired = [
        FiredRule(
            id=rule.id,
            level=rule.level,
            because=_reasons(rule.when, facts, labels) or (rule.because,),
            action=rule.action,
            sources=rule.sources,
        )
        for rule in knowledge.triage
        if holds(rule.when, facts, surely=rule.level is UrgencyLevel.SELF_CARE)
    ]
    fired += _critical(knowledge, facts, labels)
    return _sorted(fired)


def _reasons(condition: Condition, facts: Facts, labels: Mapping[str, str]) -> tuple[str, ...]:
    """What makes a condition hold, in words, with how long it has been there where that counts."""
    timed = _timed(condition)
    reasons = []
    for code in grounds(condition, facts):
        reason = labels.get(code, code)
        if code in facts.absent and code not in facts.present:
            reason = f"no {lowered(reason)}"
        if code in timed and code in facts.since:
            reason = f"{reason}, for {duration(facts.since[code])}"
        reasons.append(reason)
    return tuple(reasons)


def _timed(condition: Condition) -> frozenset[str]:
    """Codes of the findings whose onset a condition asks about."""
    limited = condition.began_within is not None or condition.began_before is not None
    codes = {*condition.present, *condition.any_present} if limited else set()
    return frozenset(codes).union(*(_timed(part) for part in (*condition.any_of, *condition.all_of)))


def with_probable(
    knowledge: Knowledge, rules: Iterable[FiredRule], probability: Mapping[str, float]
) -> list[FiredRule]:
    """Add the rule for probable serious causes; a probability can raise the level, never lower it.

    Beside anything that asks for a doctor, the reasons for self-care are left out.
    """
    raised = [
        _probable(knowledge.causes[code], value)
        for code, value in probability.items()
        if knowledge.causes[code].serious and value >= PROBABLE_SERIOUS
    ]
    every = _sorted([*rules, *raised])
    top = level_of(every)
    return [rule for rule in every if rule.level is not UrgencyLevel.SELF_CARE or rule.level is top]


def _probable(cause: Cause, value: float) -> FiredRule:
    """Return the rule that a probable serious cause makes."""
    today = cause.same_day and value >= PROBABLE_SAME_DAY
    return FiredRule(
        id=f"probable_{cause.code}",
        level=UrgencyLevel.URGENT_DAYS if today else UrgencyLevel.SOON_WEEKS,
        because=(f"{cause.plain_name}: {of_hundred(value)} people with answers like these",),
        action=(
            "Today: speak to a doctor, so that this can be checked; if it grows, call the emergency number."
            if today
            else "See a doctor within the next weeks, so that this can be checked."
        ),
        sources=cause.summary.sources,
    )


def level_of(rules: Iterable[FiredRule]) -> UrgencyLevel:
    """Return the highest level of the rules, self-care if there are none."""
    return max((rule.level for rule in rules), key=lambda level: level.rank, default=UrgencyLevel.SELF_CARE)


def _critical(knowledge: Knowledge, facts: Facts, labels: Mapping[str, str]) -> list[FiredRule]:
    fired = []
    for code, value in facts.labs.items():
        definition = knowledge.labs[code]
        met = [
            limit
            for limit in definition.critical
            for told in (value, *facts.more.get(code, ()))
            if (told <= limit.value if limit.direction == "at_or_below" else told >= limit.value)
        ]
        if met:
            limit = max(met, key=lambda each: each.level.rank)
            fired.append(
                FiredRule(
                    id=f"critical_{code}",
                    level=limit.level,
                    because=(labels.get(code, f"{definition.name} {value:g} {definition.number.unit}"),),
                    action=limit.text,
                    sources=limit.sources,
                )
            )
    return fired


def _sorted(rules: Iterable[FiredRule]) -> list[FiredRule]:
    return sorted(rules, key=lambda rule: -rule.level.rank)
