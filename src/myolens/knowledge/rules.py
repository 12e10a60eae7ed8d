"""Conditions on what is known of a person, and what hangs on them: urgency, care, criteria."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from myolens.knowledge.figures import Code, KnowledgeModel, Sourced, Statement, UrgencyLevel


class Condition(KnowledgeModel):
    """A condition over findings, labs, age and duration; all given parts must hold.

    ``present`` and ``absent`` must all hold; of ``any_present`` at least
    ``at_least``; ``any_of`` needs one of its conditions, ``all_of`` all, ``none_of`` none.
    ``lab`` compares with ``below``/``above`` (inclusive) in the lab's own unit.
    ``began_within`` and ``began_before`` (days, inclusive) let a finding of ``present`` or
    ``any_present`` count only if it is known to have begun so lately, or so long ago.
    """

    present: tuple[Code, ...] = ()
    absent: tuple[Code, ...] = ()
    any_present: tuple[Code, ...] = ()
    at_least: int = 1
    began_within: float | None = Field(default=None, gt=0)
    began_before: float | None = Field(default=None, gt=0)
    lab: Code | None = None
    number: Code | None = None
    below: float | None = None
    above: float | None = None
    age_from: float | None = None
    age_to: float | None = None
    sex: Literal["female", "male"] | None = None
    any_of: tuple[Condition, ...] = ()
    all_of: tuple[Condition, ...] = ()
    none_of: tuple[Condition, ...] = ()


class Contraindication(Sourced):
    """When the measure is withheld, and what is said instead."""

    when: Condition
    caution: str


class TriageRule(Sourced):
    """When a condition holds, the case is at least this urgent. Nothing lowers it."""

    id: Code
    level: UrgencyLevel
    when: Condition
    because: str
    action: str
    clinician: str = ""


class CareMeasure(Sourced):
    """Something to do or to avoid, with dose, evidence and when it must not be advised.

    ``opposes`` names the measures that say the opposite and give way to this one. With ``at_most`` it is left
    out where the answer is more urgent.
    """

    code: Code
    name: str
    kind: Literal["do", "avoid", "clinician"]
    horizon: Literal["today", "this_week", "until_review"]
    text: str
    amount: str = ""
    expect: str = ""
    evidence: str
    unless: tuple[Contraindication, ...] = ()
    only_if: Condition | None = None
    opposes: tuple[Code, ...] = ()
    at_most: UrgencyLevel | None = None
    general: bool = False


class CriterionLevel(KnowledgeModel):
    """One outcome of a set of criteria, with the condition that reaches it."""

    name: str
    when: Condition
    meaning: str


class Criterion(Sourced):
    """A published set of diagnostic criteria as conditions.

    The first of ``levels`` whose condition holds is the outcome; with ``needs`` unanswered
    and none holding, the outcome is unknown rather than "not met". A set of criteria is for
    people already suspected by a clinician, never a screening tool.
    """

    code: Code
    name: str
    about: Code
    text: str
    needs: tuple[Code, ...] = Field(min_length=1)
    levels: tuple[CriterionLevel, ...] = Field(min_length=1)
    performance: tuple[Statement, ...] = ()


Condition.model_rebuild()
