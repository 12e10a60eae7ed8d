"""Interviews and their answers as they are kept, so that one can be left and resumed on any step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select

from myolens.assessment import Assessment
from myolens.assessment.result import ExpectedCourse
from myolens.case import Finding
from myolens.diary.database import transaction
from myolens.diary.implied import diary_findings, diary_medicines
from myolens.diary.interview import Beside, Interview
from myolens.diary.models import Profile, StoredCase
from myolens.diary.recordings import KeptRecording, pooled
from myolens.diary.store import Diary

SHOWN_EARLIER = 20


@dataclass(frozen=True, slots=True)
class Earlier:
    """An answer given before."""

    number: int
    created: datetime
    answer: dict[str, Any]


def start_interview(diary: Diary) -> int:
    """Begin a new interview; its number."""
    with transaction(diary.engine) as session:
        stored = StoredCase(
            profile_id=diary.profile_id, created=datetime.now(UTC), case=Interview().model_dump(mode="json")
        )
        session.add(stored)
        session.flush()
        return stored.id


def open_interview(diary: Diary) -> int | None:
    """The newest interview without a result, if there is one."""
    wanted = (
        select(StoredCase.id)
        .where(StoredCase.profile_id == diary.profile_id, StoredCase.assessment.is_(None))
        .order_by(StoredCase.id.desc())
        .limit(1)
    )
    with transaction(diary.engine) as session:
        return session.scalars(wanted).one_or_none()


def answers_given(diary: Diary, *, most: int = SHOWN_EARLIER) -> list[Earlier]:
    """Answers given before, newest first."""
    wanted = (
        select(StoredCase)
        .where(StoredCase.profile_id == diary.profile_id, StoredCase.assessment.is_not(None))
        .order_by(StoredCase.created.desc(), StoredCase.id.desc())
        .limit(most)
    )
    with transaction(diary.engine) as session:
        return [Earlier(row.id, row.created, row.assessment or {}) for row in session.scalars(wanted)]


def interview_of(diary: Diary, number: int) -> Interview | None:
    """One's own interview of that number, None if there is none among this person's."""
    with transaction(diary.engine) as session:
        stored = session.get(StoredCase, number)
        if stored is None or stored.profile_id != diary.profile_id:
            return None
        return Interview.model_validate(stored.case)


def answer_kept(diary: Diary, number: int) -> dict[str, Any] | None:
    """The answer shown last for this interview, if there was one."""
    with transaction(diary.engine) as session:
        return session.get_one(StoredCase, number).assessment


def keep_interview(
    diary: Diary, number: int, interview: Interview, *, answer: Assessment | None = None
) -> None:
    """Keep the interview and, once it has one, its answer."""
    with transaction(diary.engine) as session:
        stored = session.get_one(StoredCase, number)
        stored.case = interview.model_dump(mode="json")
        if answer is not None:
            stored.assessment = answer.to_json()


def diary_counts(diary: Diary) -> bool:
    """Whether the person lets the diary count in answers and reports."""
    with transaction(diary.engine) as session:
        return session.get_one(Profile, diary.profile_id).diary_counted


def beside(diary: Diary, recordings: Sequence[KeptRecording], *, today: date) -> Beside:
    """What counts besides the answers: recordings as reviewed, and the diary, unless left out."""
    counted = [item for item in recordings if item.counted]
    from_recordings = pooled([item.analysis for item in counted])
    from_diary: tuple[Finding, ...] = ()
    medicines: tuple[str, ...] = ()
    if diary_counts(diary):
        days = diary.days()
        from_diary = diary_findings(days, diary.triggers(), today=today) if days else ()
        medicines = diary_medicines(days, today=today)
    return Beside((*from_recordings, *from_diary), medicines, tuple(item.name for item in counted))


def newest_course(diary: Diary) -> tuple[date, ExpectedCourse] | None:
    """The course that the newest answer expects, and the day it was given."""
    given = answers_given(diary, most=1)
    if not given:
        return None
    return given[0].created.astimezone().date(), ExpectedCourse.model_validate(given[0].answer["course"])
