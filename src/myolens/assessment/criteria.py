"""Published diagnostic criteria, computed on what is known."""

from __future__ import annotations

from typing import Literal

from myolens.assessment.result import CriterionResult
from myolens.assessment.triage import Facts, holds
from myolens.knowledge.model import Criterion, Knowledge


def criteria_results(knowledge: Knowledge, facts: Facts) -> tuple[CriterionResult, ...]:
    """Evaluate every set of criteria that something in the case speaks to.

    Criteria are for people already suspected by a clinician: a set of which none of its
    findings is present is not listed.
    """
    return tuple(
        _result(knowledge, criterion, facts)
        for criterion in knowledge.criteria.values()
        if facts.present.intersection(criterion.needs)
        or any(holds(each.when, facts) for each in criterion.levels)
    )


def _result(knowledge: Knowledge, criterion: Criterion, facts: Facts) -> CriterionResult:
    reached = next((level for level in criterion.levels if holds(level.when, facts)), None)
    missing = [code for code in criterion.needs if code not in facts.present and code not in facts.absent]
    state: Literal["met", "not met", "open"]
    if reached is not None:
        state, text = "met", f"{reached.name}: {reached.meaning}"
    elif missing:
        state, text = "open", "Not met on what is known; what is missing could change that."
    else:
        state, text = "not met", "Not met on what is known."
    return CriterionResult(
        criterion=criterion.code,
        name=criterion.name,
        state=state,
        text=text,
        missing=tuple(knowledge.findings[code].name for code in missing),
        about=criterion.about,
        sources=criterion.sources,
    )
