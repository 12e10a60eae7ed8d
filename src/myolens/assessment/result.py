"""The answer: urgency, causes with evidence, questions, tests, care and course."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from myolens.knowledge.model import Strength, UrgencyLevel


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class FiredRule(_Model):
    """A triage rule that holds, with the findings it rests on."""

    id: str
    level: UrgencyLevel
    because: tuple[str, ...]
    action: str
    sources: tuple[str, ...]


class Urgency(_Model):
    """How soon to be seen: the highest of the rules that fired.

    ``headline`` is the action with its time first; ``safety_net`` says what would make it
    sooner; ``not_asked`` lists safety questions still open; ``enough`` is False when too
    little is known to say that nothing is urgent.
    """

    level: UrgencyLevel
    rules: tuple[FiredRule, ...]
    headline: str
    safety_net: tuple[str, ...]
    not_asked: tuple[str, ...]
    enough: bool


class Evidence(_Model):
    """What one finding says for (positive bits) or against (negative) one cause."""

    finding: str
    label: str
    present: bool | None
    bits: float
    strength: Strength
    sources: tuple[str, ...]


class CauseResult(_Model):
    """One cause with its probability, interval and evidence.

    ``probability`` is that this cause is at work, alone or with others; causes coexist, so
    the probabilities need not sum to one. ``low`` and ``high`` bound it over the ranges of
    the estimates. ``words`` is the fixed phrase with natural frequencies.
    """

    cause: str
    name: str
    plain_name: str
    probability: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)
    prior: float = Field(ge=0, le=1)
    serious: bool
    lookalike: bool
    words: str
    summary: str
    mechanism: str
    technical: str
    icd10: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    sources: tuple[str, ...]


class Fit(_Model):
    """How well the causes on the list fit what was told, and which of them may lead the answer.

    ``heading`` stands over ``leading`` (codes of causes, most probable first); ``text`` says what
    the state means, and ``unexplained`` names what no listed cause is likely to have produced.
    """

    state: Literal["fits", "open", "unexplained", "not_enough"]
    heading: str
    text: str
    leading: tuple[str, ...]
    unexplained: tuple[str, ...]


class CheckedFor(_Model):
    """A serious cause below the list: the signs looked for, and what is known of each."""

    cause: str
    name: str
    words: str
    signs: tuple[tuple[str, Literal["present", "absent", "not said"]], ...]
    sources: tuple[str, ...]


class Question(_Model):
    """What to ask next, and why."""

    finding: str
    text: str
    why: str
    safety: bool
    bits: float
    cost: float
    kind: str


class TestAdvice(_Model):
    """A test to ask the doctor for, with what each result would mean for this person."""

    __test__ = False

    test: str
    name: str
    why: str
    bits: float
    results: tuple[tuple[str, str], ...]
    sources: tuple[str, ...]


class CareAdvice(_Model):
    """One thing to do, with when, how much, what to expect, and on what evidence."""

    care: str
    name: str
    kind: Literal["do", "avoid", "clinician"]
    horizon: Literal["today", "this_week", "until_review"]
    text: str
    amount: str
    expect: str
    evidence: str
    strength: Strength
    for_causes: tuple[str, ...]
    sources: tuple[str, ...]


class Caution(_Model):
    """Advice withheld or warned about because of something in this case."""

    text: str
    because: tuple[str, ...]
    sources: tuple[str, ...]


class CoursePoint(_Model):
    """Share of people like this who have clearly improved by a day."""

    day: float
    improved: float
    low: float
    high: float


class ExpectedCourse(_Model):
    """How it should go, when to look again, and when it has lasted too long."""

    text: str
    points: tuple[CoursePoint, ...]
    review_in_days: int | None
    too_long_after_days: int | None
    per_cause: tuple[tuple[str, str], ...]
    sources: tuple[str, ...]


class Unrecognised(_Model):
    """A name that was not understood, with the nearest codes, best first.

    ``closeness`` is "far" where nothing known is like the name, so that perhaps none is meant.
    """

    name: str
    kind: Literal["finding", "lab", "medicine", "value"]
    reason: str
    nearest: tuple[str, ...]
    closeness: Literal["near", "far"] = "near"


class Understood(_Model):
    """A finding as it was understood from the case."""

    finding: str
    label: str
    present: bool | None
    value: str | None
    source: str
    given_as: str


class Contradicted(_Model):
    """Two answers that do not fit together: the finding, both statements, and what was made of them."""

    name: str
    said: tuple[str, ...]
    text: str


class CriterionResult(_Model):
    """A published set of diagnostic criteria, computed on what is known.

    ``about`` is the cause it is for. ``state`` is ``met`` at some level, ``not met`` where all
    it asks is known, or ``open`` with what is ``missing``; ``text`` names the level reached.
    """

    criterion: str
    name: str
    about: str
    state: Literal["met", "not met", "open"]
    text: str
    missing: tuple[str, ...]
    sources: tuple[str, ...]


class SourceLine(_Model):
    """A source the user can follow."""

    citation: str
    url: str | None


class Assessment(_Model):
    """Everything that can honestly be said about one case.

    ``explanation`` is for the person, ``clinician`` says the same in technical terms;
    ``criteria`` are published diagnostic criteria as far as they can be computed.
    """

    schema_: Literal["myolens.assessment/1"] = Field(
        default="myolens.assessment/1", serialization_alias="schema"
    )
    id: str
    knowledge_version: str
    setting: str
    urgency: Urgency
    fit: Fit = Fit(state="fits", heading="What fits best", text="", leading=(), unexplained=())
    causes: tuple[CauseResult, ...]
    checked_for: tuple[CheckedFor, ...]
    unrecognised: tuple[Unrecognised, ...]
    understood: tuple[Understood, ...]
    proposed: tuple[Understood, ...] = ()
    questions: tuple[Question, ...]
    tests: tuple[TestAdvice, ...]
    care: tuple[CareAdvice, ...]
    cautions: tuple[Caution, ...]
    course: ExpectedCourse
    criteria: tuple[CriterionResult, ...] = ()
    contradictions: tuple[Contradicted, ...] = ()
    explanation: tuple[str, ...]
    clinician: tuple[str, ...]
    limits: tuple[str, ...]
    sources: dict[str, SourceLine]

    def to_json(self) -> dict[str, Any]:
        """Return the document `myolens assess --json` prints."""
        return self.model_dump(mode="json", by_alias=True)
