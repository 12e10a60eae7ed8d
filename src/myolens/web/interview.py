"""The interview as it is kept: what was answered, what was skipped, what comes next.

An interview is a stored case whose answer is worked out anew after every step, so that it
can be left and resumed on any step.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from fastapi import HTTPException
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Engine, select

from myolens.assessment import Assessment, assess
from myolens.assessment.result import Question
from myolens.case import Case, Finding, Lab
from myolens.diary.database import transaction
from myolens.diary.models import StoredCase
from myolens.knowledge import load
from myolens.knowledge.model import UrgencyLevel
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
ASKED_APART = frozenset({"twitching_over_2_weeks", "twitching_over_3_months"})
"""What the page on where and since when asks already."""

SAFETY_ROUNDS = 2
"""Rounds of signs of danger (six each) put together on one page, to be ticked."""

ENOUGH_QUESTIONS = 14
"""After so many the result is shown; more can be asked for there."""

Answer = Literal["yes", "no", "unknown"]


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

    def case(self, name: str, recordings: Sequence[str] = ()) -> Case:
        """The case as told so far."""
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
        return Case(
            id=name,
            age=self.age,
            sex=self.sex,
            complaint=self.complaint,
            findings=tuple(findings),
            labs=tuple(Lab(name=code, value=value, unit=unit) for code, (value, unit) in self.labs.items()),
            medicines=self.medicines,
            recordings=tuple(recordings),
        )

    def assessment(self, name: str) -> Assessment:
        """What can be said so far."""
        return assess(self.case(name), today=datetime.now().date())

    def safety_questions(self, name: str) -> tuple[str, ...]:
        """The weightiest open signs of danger that a tick can answer, and those next if all are absent."""
        findings = load().findings
        asked: dict[str, Answer | float] = {}
        for _ in range(SAFETY_ROUNDS):
            told = self.model_copy(update={"answers": self.answers | asked})
            wanted = [q.finding for q in told.assessment(name).questions if q.safety]
            asked |= {
                code: "no" for code in wanted if findings[code].number is None and code not in ASKED_APART
            }
        return tuple(asked)

    def next_question(self, answer: Assessment) -> Question | None:
        """The best question not yet put; None when enough is known for an answer."""
        if len(self.asked) >= ENOUGH_QUESTIONS:
            return None
        apart = ASKED_APART if self.since else frozenset[str]()
        return next((q for q in answer.questions if q.finding not in {*self.asked, *apart}), None)


def stops(answer: Assessment) -> bool:
    """Whether the interview stops here because help is needed now."""
    return answer.urgency.level is UrgencyLevel.EMERGENCY


def start(engine: Engine, profile_id: int) -> int:
    """Begin a new interview; its number."""
    with transaction(engine) as session:
        stored = StoredCase(
            profile_id=profile_id, created=datetime.now(UTC), case=Interview().model_dump(mode="json")
        )
        session.add(stored)
        session.flush()
        return stored.id


def open_interview(engine: Engine, profile_id: int) -> int | None:
    """The newest interview without a result, if there is one."""
    wanted = (
        select(StoredCase.id)
        .where(StoredCase.profile_id == profile_id, StoredCase.assessment.is_(None))
        .order_by(StoredCase.id.desc())
        .limit(1)
    )
    with transaction(engine) as session:
        return session.scalars(wanted).one_or_none()


def finished(engine: Engine, profile_id: int) -> list[tuple[int, datetime, dict[str, Any]]]:
    """Earlier answers, newest first: number, time, assessment."""
    wanted = (
        select(StoredCase)
        .where(StoredCase.profile_id == profile_id, StoredCase.assessment.is_not(None))
        .order_by(StoredCase.id.desc())
        .limit(20)
    )
    with transaction(engine) as session:
        return [(row.id, row.created, row.assessment or {}) for row in session.scalars(wanted)]


def load_interview(engine: Engine, profile_id: int, number: int) -> Interview:
    """One's own interview.

    Raises
    ------
    HTTPException
        404 if there is none of that number among this person's.
    """
    with transaction(engine) as session:
        stored = session.get(StoredCase, number)
        if stored is None or stored.profile_id != profile_id:
            raise HTTPException(404)
        return Interview.model_validate(stored.case)


def kept_answer(engine: Engine, number: int) -> dict[str, Any] | None:
    """The answer shown last for this interview, if there was one."""
    with transaction(engine) as session:
        return session.get_one(StoredCase, number).assessment


def keep(engine: Engine, number: int, interview: Interview, *, answer: Assessment | None = None) -> None:
    """Keep the interview and, once it has one, its answer."""
    with transaction(engine) as session:
        stored = session.get_one(StoredCase, number)
        stored.case = interview.model_dump(mode="json")
        if answer is not None:
            stored.assessment = answer.to_json()
