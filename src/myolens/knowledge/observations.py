"""What can be asked, seen and measured: findings, sites, numbers with their thresholds, blood tests."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from myolens.knowledge.figures import Code, KnowledgeModel, Probability, Severity, Sourced, UrgencyLevel
from myolens.knowledge.rules import Condition


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
    factors: dict[str, float] = Field(default_factory=dict)
    offsets: dict[str, float] = Field(default_factory=dict)
    portions: tuple[Portion, ...] = ()
    minimum: float = 0
    maximum: float
    thresholds: tuple[Threshold, ...] = ()


Effect = Literal["worse", "better", "stops"]


class Circumstance(KnowledgeModel):
    """What makes a complaint come or grow, ease, or stop: "worse after coffee", "relieved by rest".

    Attributes
    ----------
    effect : str
    of : tuple of str
        Names of what has the effect.
    family : code or None
        Family of complaints to which this applies alone.
    """

    effect: Effect
    of: tuple[str, ...]
    family: Code | None = None


class FindingDefinition(KnowledgeModel):
    """One thing that can be asked, seen, measured or told.

    Attributes
    ----------
    leak : Probability
        P(present) in a person who reports twitching and has none of the causes that produce it.
    ask : str
        The question put to a person, empty if it needs an examiner or a test.
    ask_if : Condition or None
        What has to be told before it is asked among the signs of danger, unless a cause makes it clearly
        likelier: a question that needs a reason.
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
    circumstances : tuple of Circumstance
        Ways to say it as an effect and what has it, in any wording.
    single : code or None
        What one such event means, where the finding is that it comes again and again ("a fall").
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
    ask_if: Condition | None = None
    answer: Literal["yes_no", "number"] = "yes_no"
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
    circumstances: tuple[Circumstance, ...] = ()
    single: Code | None = None
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


class Concept(KnowledgeModel):
    """Words of about one meaning, everyday beside medical, which lead to the nearest codes of a name.

    Attributes
    ----------
    words : tuple of str
        Words and runs of words.
    roots : tuple of str
        Parts of words: "cephal-" begins one, "-algia" ends one.
    """

    code: Code
    words: tuple[str, ...]
    roots: tuple[str, ...] = ()


class CriticalValue(Sourced):
    """A lab value that is urgent by itself."""

    direction: Literal["at_or_below", "at_or_above"]
    value: float
    level: UrgencyLevel
    text: str


class GradeScale(Sourced):
    """A number out of so many that tells a grade: "7/10" of pain, "3/5" of strength.

    From ``moderate`` and ``severe`` on a value has that grade; where severe is the smaller of
    the two, less is worse and the full number means absent, else 0 does.
    """

    out_of: int = Field(gt=1)
    moderate: int
    severe: int


class GradedFinding(KnowledgeModel):
    """A finding that is told in grades: mild, moderate, severe.

    Attributes
    ----------
    severity : Severity or None
        Of people in whom it has any cause that does not state its own, or none.
    like : code or None
        Another graded finding whose grades are the same fact ("weak", and "weak on testing"):
        its figures hold here, and told of both, the grade counts once.
    severe_form : code or None
        The finding that says just that it is severe.
    severe_when : tuple of codes
        Particular findings that, told as severe, are its severe form for the rules of urgency.
    scale : GradeScale or None
    """

    finding: Code
    severity: Severity | None = None
    like: Code | None = None
    severe_form: Code | None = None
    severe_when: tuple[Code, ...] = ()
    scale: GradeScale | None = None


class LabGrades(Sourced):
    """Where a result beyond the range becomes moderately and severely low or high; mild lies before."""

    direction: Literal["low", "high"]
    moderate: float
    severe: float


class LabDefinition(KnowledgeModel):
    """A laboratory test: unit, conversions, range, critical values, grades and what values imply."""

    code: Code
    name: str
    synonyms: tuple[str, ...] = ()
    loinc: tuple[str, ...] = ()
    number: Number
    normal_low: float | None = None
    normal_high: float | None = None
    range_sources: tuple[Code, ...]
    critical: tuple[CriticalValue, ...] = ()
    grades: tuple[LabGrades, ...] = ()
    low_finding: Code | None = None
    high_finding: Code | None = None
