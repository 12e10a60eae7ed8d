"""What helps and what to leave alone, checked against this person before it is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from myolens.assessment.result import CareAdvice, Caution
from myolens.assessment.triage import Facts, grounds, holds, mentioned
from myolens.assessment.words import lowered
from myolens.knowledge.model import (
    CareMeasure,
    Condition,
    Contraindication,
    Knowledge,
    Strength,
    UrgencyLevel,
)

_RELEVANT = 0.15
_RELEVANT_SHARE = 0.3
"""Care of a cause is offered from this probability, and this share of the highest, on (project estimates)."""
_EVERYDAY = frozenset({"benign", "lifestyle"})
_HORIZONS = ("today", "this_week", "until_review")
MOST_IN_A_PHASE = 4
"""Measures for causes in each phase of the plan; general ones and what to avoid are never cut."""
_WEIGHT = {
    Strength.MEASURED: 1.0,
    Strength.GUIDELINE: 1.0,
    Strength.TEXTBOOK: 0.8,
    Strength.ESTIMATE: 0.6,
    Strength.SEED: 0.6,
}
"""How much the evidence for a measure counts beside the probability of its cause (project estimate)."""


@dataclass(frozen=True, slots=True)
class Care:
    """Advice in the order of the plan, and what was withheld or must be checked first."""

    advice: tuple[CareAdvice, ...]
    cautions: tuple[Caution, ...]


def care_plan(
    knowledge: Knowledge,
    facts: Facts,
    probability: Mapping[str, float],
    labels: Mapping[str, str],
    *,
    level: UrgencyLevel,
) -> Care:
    """Choose measures of the probable causes and the general ones, and check each against the case.

    A measure whose contraindication holds is withheld and its caution given instead; one whose
    contraindication has not been asked about is given with the question that must come first.
    What is to be avoided takes the place of what says the opposite, so that no plan contradicts itself.
    In an emergency only what to avoid and what belongs to the clinician is listed: being seen
    comes before care at home, and measures for everyday causes come last.
    """
    fitting: list[tuple[CareMeasure, tuple[str, ...]]] = []
    cautions = []
    for measure, causes in _wanted(knowledge, probability):
        if measure.only_if is not None and not holds(measure.only_if, facts):
            continue
        if measure.at_most is not None and level.rank > measure.at_most.rank:
            continue
        if level is UrgencyLevel.EMERGENCY and measure.kind == "do" and measure.horizon != "today":
            continue
        forbidden = [reason for reason in measure.unless if holds(reason.when, facts)]
        cautions += [_withheld(measure, reason, facts, labels) for reason in forbidden]
        if not forbidden:
            fitting.append((measure, causes))
    opposed = {code for measure, _ in fitting for code in measure.opposes}
    fitting = [each for each in fitting if each[0].code not in opposed]
    last = _everyday(knowledge) if level is UrgencyLevel.EMERGENCY else frozenset()
    chosen = _within_phases(fitting, probability, last)
    for measure, _ in chosen:
        unasked = [reason for reason in measure.unless if _could_hold(reason.when, facts)]
        cautions += [_check_first(measure, reason, facts, labels) for reason in unasked[:1]]
    return Care(tuple(_advice(*each) for each in chosen), tuple(dict.fromkeys(cautions)))


def _everyday(knowledge: Knowledge) -> frozenset[str]:
    return frozenset(code for code, cause in knowledge.causes.items() if cause.group in _EVERYDAY)


def _within_phases(
    fitting: list[tuple[CareMeasure, tuple[str, ...]]],
    probability: Mapping[str, float],
    last: frozenset[str],
) -> list[tuple[CareMeasure, tuple[str, ...]]]:
    """Order the plan by phase and worth, and keep each phase short.

    The worth of a measure is the probability of its likeliest cause times the weight of its evidence;
    measures for the causes in ``last`` alone come after the others.
    """

    def worth(each: tuple[CareMeasure, tuple[str, ...]]) -> tuple[bool, float]:
        measure, causes = each
        value = max((probability[code] for code in causes), default=0.0) * _WEIGHT[measure.strength]
        return not (causes and last.issuperset(causes)), round(value, 9)

    kept = []
    for phase in _HORIZONS:
        room = MOST_IN_A_PHASE
        for measure, causes in sorted(fitting, key=worth, reverse=True):
            if measure.horizon != phase:
                continue
            uncut = measure.general or measure.kind == "avoid"
            if uncut or room:
                kept.append((measure, causes))
                room -= not uncut
    return kept


def _wanted(
    knowledge: Knowledge, probability: Mapping[str, float]
) -> list[tuple[CareMeasure, tuple[str, ...]]]:
    """Measures with the causes they are for, those of the most probable causes first."""
    causes_of: dict[str, list[str]] = {}
    relevant = max(_RELEVANT, _RELEVANT_SHARE * max(probability.values(), default=0.0))
    for code, value in sorted(probability.items(), key=lambda entry: -entry[1]):
        if value >= relevant:
            for named in knowledge.causes[code].care:
                causes_of.setdefault(named, []).append(code)
    for measure in knowledge.care.values():
        if measure.general:
            causes_of.setdefault(measure.code, [])
    return [(knowledge.care[code], tuple(causes)) for code, causes in causes_of.items()]


def _could_hold(condition: Condition, facts: Facts) -> bool:
    """Something the condition asks about has not been answered, and answering yes could make it hold."""
    open_codes = mentioned(condition) - facts.absent - facts.present
    if not open_codes:
        return False
    yes = replace(facts, present=facts.present | open_codes, absent=facts.absent - open_codes)
    return holds(condition, yes)


def _advice(measure: CareMeasure, causes: tuple[str, ...]) -> CareAdvice:
    return CareAdvice(
        care=measure.code,
        name=measure.name,
        kind=measure.kind,
        horizon=measure.horizon,
        text=measure.text,
        amount=measure.amount,
        expect=measure.expect,
        evidence=measure.evidence,
        strength=measure.strength,
        for_causes=causes,
        sources=measure.sources,
    )


def _withheld(
    measure: CareMeasure, reason: Contraindication, facts: Facts, labels: Mapping[str, str]
) -> Caution:
    because = tuple(labels.get(code, code) for code in grounds(reason.when, facts))
    return Caution(text=f"{measure.name}: {reason.caution}", because=because, sources=reason.sources)


def _check_first(
    measure: CareMeasure, reason: Contraindication, facts: Facts, labels: Mapping[str, str]
) -> Caution:
    codes = sorted(mentioned(reason.when) - facts.absent - facts.present)
    asked = [lowered(labels.get(code, code)) for code in codes]
    if measure.kind == "avoid":
        text = (
            f"{measure.name}. Above all if one of these is true of you: {', '.join(asked)}. {reason.caution}"
        )
        return Caution(text=text, because=("not said yet",), sources=reason.sources)
    text = (
        f"{measure.name}: only if none of these is true of you: {', '.join(asked)}. "
        f"Otherwise: {reason.caution}"
    )
    return Caution(text=text, because=("not said yet",), sources=reason.sources)
