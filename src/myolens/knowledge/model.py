"""Types of the knowledge base: what a cause, finding, lab, medicine, test, rule and source is.

The data are YAML files beside this module (`data/`); `load` in
`myolens.knowledge.loading` checks and returns them as one `Knowledge`.
Nothing here infers anything.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Strength(StrEnum):
    """How well a figure is founded."""

    MEASURED = "measured"
    GUIDELINE = "guideline"
    TEXTBOOK = "textbook"
    ESTIMATE = "estimate"
    SEED = "seed"


class UrgencyLevel(StrEnum):
    """How soon a person should be seen, from the least to the most urgent."""

    SELF_CARE = "self_care"
    ROUTINE = "routine"
    SOON_WEEKS = "soon_weeks"
    URGENT_DAYS = "urgent_days"
    EMERGENCY = "emergency"

    @property
    def rank(self) -> int:
        """0 for self-care up to 4 for emergency."""
        return list(UrgencyLevel).index(self)


Setting = Literal["community", "primary_care", "neurology_clinic"]
Code = str


class KnowledgeModel(BaseModel):
    """Frozen, and strict about unknown fields, so that a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Sourced(KnowledgeModel):
    """Anything that must say where it comes from."""

    strength: Strength
    sources: tuple[Code, ...] = Field(min_length=1)


class Statement(Sourced):
    """One sentence a user may read, with its sources."""

    text: str


class Probability(Sourced):
    """A probability with the range within which experts or studies put it."""

    value: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"{self.low} ≤ {self.value} ≤ {self.high} does not hold")
        return self


class Effect(Probability):
    """P(finding present | this cause is at work and no other).

    Includes the finding's leak, so it is what a study of patients reports. It
    enters the noisy-OR as ``q = (value − leak) / (1 − leak)``.
    """

    finding: Code


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


class NormalDistribution(Sourced):
    """Mean and standard deviation; ``log`` means of the natural logarithm."""

    mean: float
    sd: float = Field(gt=0)
    log: bool = False


class Threshold(Sourced):
    """Turns a number into soft evidence on a yes/no finding.

    The log-likelihood ratio of the value under ``present`` against ``absent`` is
    clipped to ±``limit`` and kept monotone in ``direction``.
    """

    finding: Code
    direction: Literal["below", "above"]
    cutoff: float
    present: NormalDistribution
    absent: NormalDistribution
    limit: float = 6.0
    sex: Literal["female", "male"] | None = None


class Portion(Sourced):
    """An everyday amount, such as a cup of coffee, in the base unit."""

    name: str
    synonyms: tuple[str, ...] = ()
    amount: float = Field(gt=0)


class Number(KnowledgeModel):
    """How a numeric answer is read: its unit, other units and portions, and what it implies.

    A value in another unit becomes ``value * factors[unit] + offsets[unit]`` in ``unit``.
    """

    unit: str
    factors: dict[str, float] = {}
    offsets: dict[str, float] = {}
    portions: tuple[Portion, ...] = ()
    minimum: float = 0
    maximum: float
    thresholds: tuple[Threshold, ...] = ()


class FindingDefinition(KnowledgeModel):
    """One thing that can be asked, seen, measured or told.

    Attributes
    ----------
    leak : Probability
        P(present) in a person who reports twitching and has none of the causes that produce it.
    ask : str
        The question put to a person, empty if it needs an examiner or a test.
    cost : float
        Effort of finding out: 1 a question, 3 an examination, 5 a blood test, 10 a specialist test.
    safety : bool
        Asked first, because its answer can change the urgency.
    implies : tuple of codes
        More general findings that hold whenever this one is present.
    umbrella : bool
        A general finding over unlike ones ("abnormal examination"): once a particular one is
        known it says nothing more, and causes of one are not taken to cause the others.
    result_of : tuple of str
        Tests whose positive, raised or abnormal result means present, and whose negative
        or normal result means absent.
    narrower : tuple of str
        Names of special cases ("hearing loss" of a sign of a cranial nerve): present, they say
        that this is present; absent, they say nothing about it.
    opposites : tuple of str
        Names that say it is absent ("normal strength").
    stopped : code or None
        What it means that the person has stopped this ("stopped diazepam").
    milestone : bool
        Reached only with time ("for more than three months"). Figures come from people who were
        followed for long, so that it is not reached yet is no evidence against any cause.
    family, site : code or None
        Findings of one family ("twitching") differ by body site; a name made of a site and
        a family word ("deltoid fasciculations") finds the nearest site that has a finding.
    """

    code: Code
    name: str
    definition: str
    synonyms: tuple[str, ...] = ()
    kind: Literal[
        "symptom", "sign", "history", "habit", "exposure", "medicine", "family", "lab", "recording", "test"
    ]
    hpo: str | None = None
    ask: str = ""
    why_ask: str = ""
    answer: Literal["yes_no", "number", "choice"] = "yes_no"
    number: Number | None = None
    leak: Probability
    cost: float = Field(default=1, gt=0)
    safety: bool = False
    implies: tuple[Code, ...] = ()
    umbrella: bool = False
    result_of: tuple[str, ...] = ()
    narrower: tuple[str, ...] = ()
    opposites: tuple[str, ...] = ()
    stopped: Code | None = None
    milestone: bool = False
    family: Code | None = None
    site: Code | None = None

    @property
    def every_name(self) -> tuple[str, ...]:
        """Code, name, synonyms and special cases: all that make it present."""
        return (self.code, self.name, *self.synonyms, *self.narrower)


class Site(KnowledgeModel):
    """A part of the body; ``parent`` is the larger part it belongs to."""

    code: Code
    name: str
    synonyms: tuple[str, ...] = ()
    parent: Code | None = None


class Family(KnowledgeModel):
    """Findings of one kind at different sites, such as twitching of the arm, the calf, the tongue.

    Attributes
    ----------
    general : code
        The finding without a site.
    words : tuple of str
        Words that, beside a site, name a finding of the family.
    related : code or None
        Another family to look in when this one has nothing at the site.
    on_examination : code or None
        The finding that also holds when an examiner saw it.
    """

    code: Code
    general: Code
    words: tuple[str, ...]
    related: Code | None = None
    on_examination: Code | None = None


class CriticalValue(Sourced):
    """A lab value that is urgent by itself."""

    direction: Literal["at_or_below", "at_or_above"]
    value: float
    level: UrgencyLevel
    text: str


class LabDefinition(KnowledgeModel):
    """A laboratory test: unit, conversions, range, critical values and what values imply."""

    code: Code
    name: str
    synonyms: tuple[str, ...] = ()
    loinc: tuple[str, ...] = ()
    number: Number
    normal_low: float | None = None
    normal_high: float | None = None
    range_sources: tuple[Code, ...]
    critical: tuple[CriticalValue, ...] = ()
    low_finding: Code | None = None
    high_finding: Code | None = None


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


class TriageRule(Sourced):
    """When a condition holds, the case is at least this urgent. Nothing lowers it."""

    id: Code
    level: UrgencyLevel
    when: Condition
    because: str
    action: str
    clinician: str = ""


class CareMeasure(Sourced):
    """Something to do or to avoid, with dose, evidence and when it must not be advised."""

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
    general: bool = False


class Contraindication(Sourced):
    """When the measure is withheld, and what is said instead."""

    when: Condition
    caution: str


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
    sites: dict[Code, Site] = {}
    criteria: dict[Code, Criterion] = {}
    families: dict[Code, Family] = {}


CareMeasure.model_rebuild()
Condition.model_rebuild()
