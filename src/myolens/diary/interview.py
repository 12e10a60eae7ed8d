"""What a person tells in the interview, and what comes next; nothing is kept here (see `answers`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from myolens.assessment import Assessment, assess
from myolens.assessment.result import Question
from myolens.case import Case, Finding, Lab
from myolens.diary.implied import ABILITY_FINDINGS
from myolens.knowledge import load
from myolens.knowledge.consequences import closure
from myolens.knowledge.proposals import Proposal, propose
from myolens.knowledge.vocabulary import DURATION

STEPS = ("about", "words", "safety", "where", "medicines", "labs", "questions")
"""Order of the pages: `words` only where the story says something; `safety` comes as early as it can."""

SITES: dict[str, str] = {
    "eyelid": "twitching_eyelid",
    "face": "twitching_face",
    "mouth": "twitching_perioral",
    "tongue": "twitching_tongue",
    "neck": "twitching_neck",
    "shoulder": "twitching_shoulder",
    "upper_arm": "twitching_arms",
    "forearm": "twitching_arms",
    "hand": "twitching_hand",
    "thumb": "twitching_thenar",
    "trunk": "twitching_trunk",
    "thigh": "twitching_thigh",
    "calf": "twitching_calf",
    "foot": "twitching_feet",
}
"""Places on the body map and the finding each stands for."""

PAIRED = frozenset(SITES) - {"mouth", "tongue", "neck", "trunk"}
PLACES = frozenset(
    {f"{side}:{site}" for site in PAIRED for side in ("left", "right")} | (SITES.keys() - PAIRED)
)
"""Places as they are told: those there are two of with their side."""
ASKED_APART = frozenset({"twitching_over_2_weeks", "twitching_over_3_months"})
"""What the page on where and since when asks already."""

SAFETY_ROUNDS = 2
MOST_TICKED = 12
"""Rounds of signs of danger (six each) put together on one page, to be ticked, and how many at most."""

ALWAYS_TICKED = ("weakness", "muscle_wasting", "symptoms_progressive")
"""Signs put to everybody with those of danger: whether twitching is harmless turns on them."""

ENOUGH_QUESTIONS = 14
"""After so many the result is shown; more can be asked for there."""
LAST_SAFETY_FIRST = 9
"""After so many, what tells most about the causes goes before rare dangers, however much is open."""

Answer = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class Beside:
    """What counts besides the answers: findings of recordings and of the diary, medicines, file names."""

    findings: tuple[Finding, ...] = ()
    medicines: tuple[str, ...] = ()
    recordings: tuple[str, ...] = ()


NOTHING = Beside()


class Interview(BaseModel):
    """Everything told so far; `case` makes a case of it."""

    model_config = ConfigDict(extra="forbid")

    age: float | None = Field(default=None, ge=0, le=125)
    sex: Literal["female", "male"] | None = None
    complaint: str = Field(default="", max_length=5000)
    since: str = Field(default="", max_length=100)
    sites: tuple[str, ...] = ()
    everywhere: bool = False
    medicines: tuple[str, ...] = Field(default=(), max_length=60)
    labs: dict[str, tuple[float, str]] = Field(default_factory=dict)
    answers: dict[str, Answer | float] = Field(default_factory=dict)
    asked: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    safety: tuple[str, ...] = ()

    @field_validator("answers", "labs", "sites")
    @classmethod
    def _still_known(cls, value: Any, info: ValidationInfo) -> Any:
        """Leave out what the knowledge base does not (or no longer) know, so that old answers still open."""
        if info.field_name == "sites":
            return tuple(site for site in value if site in PLACES)
        known = load().labs if info.field_name == "labs" else load().findings
        return {code: given for code, given in value.items() if code in known}

    def read_words(self) -> tuple[Proposal, ...]:
        """What the story seems to say of the present, one line a finding; used only once confirmed."""
        if not self.complaint.strip():
            return ()
        read = {
            proposal.code: proposal
            for proposal in propose(self.complaint, load(), today=datetime.now().date())
            if proposal.present is not None and not proposal.past
        }
        return tuple(read.values())

    def open_words(self) -> bool:
        """Whether something read from the story is neither confirmed nor refused."""
        return any(p.code not in {*self.confirmed, *self.refused} for p in self.read_words())

    def case(self, name: str, besides: Beside = NOTHING) -> Case:
        """The case as told so far, with what counts besides.

        What was answered here is not taken from the diary too, unless the diary says that something
        has become harder: that is newer, and a warning is never hidden.
        """
        findings = [
            Finding(name=SITES[site.split(":")[-1]], site=site.replace(":", " ").replace("_", " "))
            for site in self.sites
        ]
        if self.everywhere:
            findings.append(Finding(name="twitching_generalised"))
        elif self.sites:  # the map asks for every place, so what was left out is absent
            told = {SITES[site.split(":")[-1]] for site in self.sites} | {*self.confirmed, *self.answers}
            findings += [Finding(name=code, present=False) for code in sorted({*SITES.values()} - told)]
        if self.sites or self.everywhere:
            findings.append(Finding(name="twitching"))
        if self.since:
            findings.append(Finding(name=DURATION, value=self.since))
        given = {finding.name for finding in findings} | self.answers.keys()
        findings += [p.finding for p in self.read_words() if p.code in self.confirmed and p.code not in given]
        for code, answer in self.answers.items():
            if isinstance(answer, str):
                present = {"yes": True, "no": False, "unknown": None}[answer]
                findings.append(Finding(name=code, present=present))
            else:
                findings.append(Finding(name=code, value=answer))
        lost = {*ABILITY_FINDINGS.values()}
        findings += [
            finding
            for finding in besides.findings
            if finding.source != "diary" or finding.name in lost or finding.name not in given
        ]
        named = {medicine.casefold() for medicine in self.medicines}
        further = tuple(name for name in besides.medicines if name.casefold() not in named)
        return Case(
            id=name,
            age=self.age,
            sex=self.sex,
            complaint=self.complaint,
            refused=self.refused,
            findings=tuple(findings),
            labs=tuple(Lab(name=code, value=value, unit=unit) for code, (value, unit) in self.labs.items()),
            medicines=(*self.medicines, *further),
            recordings=besides.recordings,
        )

    def assessment(self, name: str, besides: Beside = NOTHING) -> Assessment:
        """What can be said so far."""
        return assess(self.case(name, besides), today=datetime.now().date())

    def safety_questions(self, name: str, besides: Beside = NOTHING) -> tuple[str, ...]:
        """The open signs everybody is asked, the weightiest of danger, and those next if all are absent."""
        findings = load().findings
        told_of = [item for item in self.assessment(name, besides).understood if item.present is not None]
        here = tuple(item.finding for item in told_of if item.present)
        known = {*closure(here, load()), *(item.finding for item in told_of)}
        asked: dict[str, Answer | float] = {code: "no" for code in ALWAYS_TICKED if code not in known}
        for _ in range(SAFETY_ROUNDS):
            told = self.model_copy(update={"answers": self.answers | asked})
            wanted = [q.finding for q in told.assessment(name, besides).questions if q.safety]
            asked |= {
                code: "no" for code in wanted if findings[code].number is None and code not in ASKED_APART
            }
        return tuple(asked)[:MOST_TICKED]

    def next_question(self, answer: Assessment) -> Question | None:
        """The best question not yet put; None when enough is known for an answer.

        Signs of danger come first while the urgency turns on them; then every other question is one that
        tells most about the causes, or nobody would be asked about sleep, coffee or exercise.
        """
        place = len(self.asked)
        if place >= ENOUGH_QUESTIONS:
            return None
        apart = ASKED_APART if self.since else frozenset[str]()
        left = [q for q in answer.questions if q.finding not in {*self.asked, *apart}]
        telling = place >= LAST_SAFETY_FIRST or (answer.urgency.enough and place % 2 == 0)
        return next((q for q in left if q.safety is not telling), left[0] if left else None)
