"""Types of the knowledge base: what a cause, finding, lab, medicine, test and source is.

The data are YAML files beside this module (`data/`); `load` in
`myolens.knowledge.loading` checks and returns them as one `Knowledge`.
Nothing here infers anything.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from myolens.knowledge.figures import (
    Code,
    KnowledgeModel,
    Probability,
    Setting,
    Severity,
    Sourced,
    Statement,
    Strength,
    UrgencyLevel,
)
from myolens.knowledge.observations import (
    Concept,
    CriticalValue,
    Family,
    FindingDefinition,
    GradedFinding,
    GradeScale,
    LabDefinition,
    LabGrades,
    NormalDistribution,
    Number,
    Portion,
    Site,
    Threshold,
)
from myolens.knowledge.rules import (
    CareMeasure,
    Condition,
    Contraindication,
    Criterion,
    CriterionLevel,
    TriageRule,
)

__all__ = [
    "AgeSexFactor",
    "ArticleStatement",
    "CareMeasure",
    "Cause",
    "Code",
    "Concept",
    "Condition",
    "Contraindication",
    "Course",
    "Criterion",
    "CriterionLevel",
    "CriticalValue",
    "Effect",
    "Family",
    "FindingDefinition",
    "GradeScale",
    "GradedFinding",
    "Knowledge",
    "KnowledgeModel",
    "LabDefinition",
    "LabGrades",
    "Link",
    "MaximumDose",
    "Mechanism",
    "Medicine",
    "NormalDistribution",
    "Number",
    "Portion",
    "Probability",
    "Risk",
    "Setting",
    "Severity",
    "Site",
    "SourceEntry",
    "Sourced",
    "Statement",
    "Strength",
    "Test",
    "TestResult",
    "Threshold",
    "TriageRule",
    "UrgencyLevel",
]


class Effect(Probability):
    """P(finding present | this cause is at work and no other).

    Includes the finding's leak, so it is what a study of patients reports. It
    enters the noisy-OR as ``q = (value − leak) / (1 − leak)``. ``severity`` is stated where a
    finding that this cause produces is milder or more severe than usual.
    """

    finding: Code
    severity: Severity | None = None


class Risk(Sourced):
    """Something that makes a cause more or less likely beforehand.

    ``ratio`` multiplies the prior odds when the finding is present,
    ``ratio_absent`` when it is known to be absent; unknown changes nothing.
    """

    finding: Code
    ratio: float = Field(gt=0)
    ratio_absent: float = Field(default=1.0, gt=0)
    low: float | None = None
    high: float | None = None


class Link(Probability):
    """P(the other cause follows | this cause is at work), beyond its own base rate."""

    cause: Code


class AgeSexFactor(Sourced):
    """Multiplies the prior odds in an age range and sex."""

    age_from: float = 0
    age_to: float = 125
    sex: Literal["female", "male"] | None = None
    ratio: float = Field(gt=0)


class Course(Sourced):
    """How a cause usually runs, untreated and treated.

    Attributes
    ----------
    half_life_days : float or None
        Time in which half of the people who will improve have improved, with what is
        usually done; None where improvement is not expected.
    low, high : float or None
        Range of the half-life.
    improving : float
        Share of people expected to improve clearly.
    lasting_too_long_days : float
        After so many days with this cause treated or avoided, look again.
    text : str
        In words.
    """

    half_life_days: float | None = Field(default=None, gt=0)
    low: float | None = None
    high: float | None = None
    improving: float = Field(ge=0, le=1)
    lasting_too_long_days: float = Field(gt=0)
    text: str


class Mechanism(Sourced):
    """How the cause makes a muscle twitch (or why it does not)."""

    text: str
    technical: str = ""
    scenario: Code | None = None


class Cause(KnowledgeModel):
    """One cause of twitching, or one look-alike.

    ``same_day`` marks what calls for help on the same day while it lasts, such as a poisoning.
    ``place`` names the findings of the place that defines the cause, the defining one first:
    where other places are told and none of these, that one is taken as probably absent.
    """

    code: Code
    name: str
    plain_name: str
    synonyms: tuple[str, ...] = ()
    group: Literal[
        "benign",
        "lifestyle",
        "electrolyte",
        "drug_toxin",
        "endocrine_nutrition",
        "root_cord",
        "nerve",
        "motor_neuron",
        "junction_muscle",
        "lookalike",
    ]
    serious: bool = False
    same_day: bool = False
    lookalike: bool = False
    icd10: tuple[str, ...] = ()
    summary: Statement
    prior: dict[Setting, Probability]
    age_sex: tuple[AgeSexFactor, ...] = ()
    findings: tuple[Effect, ...] = Field(min_length=1)
    risks: tuple[Risk, ...] = ()
    links: tuple[Link, ...] = ()
    place: tuple[Code, ...] = ()
    where: tuple[Statement, ...] = ()
    worse: tuple[Statement, ...] = ()
    better: tuple[Statement, ...] = ()
    tests: tuple[Code, ...] = ()
    care: tuple[Code, ...] = ()
    course: Course
    mechanism: Mechanism
    corrections: tuple[Statement, ...] = ()


class MaximumDose(Sourced):
    """Usual largest amount a day for an adult; clearly more counts as an overdose."""

    mg_per_day: float = Field(gt=0)


class Medicine(KnowledgeModel):
    """A medicine or class: the findings it stands for and what it forbids in care."""

    code: Code
    name: str
    synonyms: tuple[str, ...] = ()
    classes: tuple[Code, ...] = ()
    implies: tuple[Code, ...] = ()
    sources: tuple[Code, ...] = ()
    maximum: MaximumDose | None = None
    note: Statement | None = None


class TestResult(Sourced):
    """What one result of a test means."""

    result: str
    meaning: str
    finding: Code | None = None
    raises: tuple[Code, ...] = ()
    lowers: tuple[Code, ...] = ()


class Test(KnowledgeModel):
    """A test to ask for, why, and what its results mean."""

    __test__ = False

    code: Code
    name: str
    plain: Statement
    synonyms: tuple[str, ...] = ()
    cost: float = Field(gt=0)
    first_line: bool = False
    results: tuple[TestResult, ...] = Field(min_length=1)


class SourceEntry(KnowledgeModel):
    """A paper, guideline, book or page."""

    id: Code
    citation: str
    kind: Literal["paper", "guideline", "textbook", "database", "web", "popular_article", "project_estimate"]
    doi: str | None = None
    pmid: str | None = None
    url: str | None = None
    note: str = ""


class ArticleStatement(KnowledgeModel):
    """A statement of one of the two popular articles and what the evidence makes of it."""

    id: Code
    article: Literal["A", "B"]
    claim: str
    verdict: Literal["supported", "weakened", "rejected", "corrected"]
    resolution: str
    causes: tuple[Code, ...] = ()
    findings: tuple[Code, ...] = ()
    care: tuple[Code, ...] = ()
    sources: tuple[Code, ...] = Field(min_length=1)


class Knowledge(KnowledgeModel):
    """The whole knowledge base, every reference resolved; mappings are by code, in file order."""

    version: str
    causes: dict[Code, Cause]
    findings: dict[Code, FindingDefinition]
    labs: dict[Code, LabDefinition]
    medicines: dict[Code, Medicine]
    tests: dict[Code, Test]
    triage: tuple[TriageRule, ...]
    care: dict[Code, CareMeasure]
    sources: dict[Code, SourceEntry]
    statements: tuple[ArticleStatement, ...]
    sites: dict[Code, Site] = Field(default_factory=dict)
    criteria: dict[Code, Criterion] = Field(default_factory=dict)
    families: dict[Code, Family] = Field(default_factory=dict)
    concepts: dict[Code, Concept] = Field(default_factory=dict)
    severities: dict[Code, GradedFinding] = Field(default_factory=dict)
