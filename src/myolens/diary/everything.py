"""Everything kept of a person as one document: answers and recordings beside the entries of `exchange`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from myolens.assessment import Assessment
from myolens.diary.database import transaction
from myolens.diary.interview import Interview
from myolens.diary.models import EventReview, Profile, StoredCase, StoredRecording
from myolens.diary.recordings import Verdict
from myolens.diary.store import Diary
from myolens.diary.stored import stored_analysis
from myolens.errors import InputError, first_problem

MOST_KEPT = 10_000
Model = TypeVar("Model", bound=BaseModel)


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Answer(_Told):
    """An interview, with the answer given to it then."""

    created: AwareDatetime
    told: Interview
    answer: Assessment | None = None


class _Decision(_Told):
    event: int = Field(ge=0)
    verdict: Verdict
    unit: Annotated[int, Field(ge=1, le=999)] | None = None
    at: AwareDatetime


class _Recording(_Told):
    """A recording by name, size and fingerprint, its analysis, and what was decided; not the file itself."""

    created: AwareDatetime
    name: str = Field(min_length=1, max_length=120)
    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^([0-9a-f]{64})?$")
    kind: Literal["surface_emg", "needle_emg"] | None = None
    muscle: str | None = Field(default=None, max_length=60)
    rate: Annotated[float, Field(gt=0)] | None = None
    counted: bool = True
    analysis: dict[str, Any]
    decisions: tuple[_Decision, ...] = ()


def everything(diary: Diary) -> dict[str, Any]:
    """Return answers and recordings as plain data, to be put beside the entries of a diary."""
    owner = diary.profile_id
    with transaction(diary.engine) as session:
        cases = session.scalars(
            select(StoredCase).where(StoredCase.profile_id == owner).order_by(StoredCase.id)
        ).all()
        rows = session.scalars(
            select(StoredRecording)
            .where(StoredRecording.profile_id == owner, StoredRecording.state == "done")
            .order_by(StoredRecording.id)
        ).all()
        recordings = [_recording(session, row) for row in rows]
        counted = session.get_one(Profile, owner).diary_counted
    return {
        "diary_counted": counted,
        "answers": [
            {"created": row.created.isoformat(), "told": row.case, "answer": row.assessment} for row in cases
        ],
        "recordings": recordings,
    }


def read_everything(data: dict[str, Any], *, where: str) -> Callable[[Session, Diary], int]:
    """Check the answers and recordings of an export; what is returned adds them and says how many.

    Raises
    ------
    InputError
        With the first one that cannot be used.
    """
    counted = data.get("diary_counted")
    if counted is not None and not isinstance(counted, bool):
        raise InputError("diary_counted must be true or false", where=where)
    answers = [_checked(_Answer, item, f"{where}: answer {n}") for n, item in _listed(data, "answers", where)]
    recordings = []
    for n, item in _listed(data, "recordings", where):
        told = _checked(_Recording, item, f"{where}: recording {n}")
        stored = stored_analysis(told.analysis, where=f"{where}: recording {n}")
        if any(decision.event >= len(stored.analysis.events) for decision in told.decisions):
            raise InputError("a decision is on an event there is not", where=f"{where}: recording {n}")
        recordings.append(told)

    def add(session: Session, diary: Diary) -> int:
        if counted is not None:
            session.get_one(Profile, diary.profile_id).diary_counted = counted
        return _add_answers(session, diary, answers) + _add_recordings(session, diary, recordings)

    return add


def _recording(session: Session, row: StoredRecording) -> dict[str, Any]:
    decided = session.scalars(
        select(EventReview).where(EventReview.recording_id == row.id).order_by(EventReview.id)
    )
    return {
        "created": row.created.isoformat(),
        "name": row.name,
        "size": row.size,
        "sha256": row.fingerprint,
        **{name: row.options.get(name) for name in ("kind", "muscle", "rate")},
        "counted": row.counted,
        "analysis": row.analysis,
        "decisions": [
            {"event": d.event, "verdict": d.verdict, "unit": d.unit, "at": d.at.isoformat()} for d in decided
        ],
    }


def _listed(data: dict[str, Any], name: str, where: str) -> list[tuple[int, Any]]:
    items = data.get(name, [])
    if not isinstance(items, list) or len(items) > MOST_KEPT:
        raise InputError(f"{name} must be a list of at most {MOST_KEPT}", where=where)
    return list(enumerate(items, start=1))


def _checked(model: type[Model], item: object, where: str) -> Model:
    try:
        return model.model_validate_json(json.dumps(item))
    except ValidationError as error:
        raise InputError(first_problem(error.errors()), where=where) from None


def _add_answers(session: Session, diary: Diary, answers: list[_Answer]) -> int:
    known = _known(session, diary, StoredCase)
    fresh = [told for told in answers if told.created not in known]
    session.add_all(
        StoredCase(
            profile_id=diary.profile_id,
            created=told.created,
            case=told.told.model_dump(mode="json"),
            assessment=told.answer and told.answer.to_json(),
        )
        for told in fresh
    )
    return len(fresh)


def _add_recordings(session: Session, diary: Diary, recordings: list[_Recording]) -> int:
    known = _known(session, diary, StoredRecording)
    fresh = [told for told in recordings if told.created not in known]
    for told in fresh:
        row = StoredRecording(
            profile_id=diary.profile_id,
            created=told.created,
            name=told.name,
            file="",  # names in the folder are never taken from outside
            size=told.size,
            state="done",
            message="",
            options={"kind": told.kind, "muscle": told.muscle, "rate": told.rate},
            analysis=told.analysis,
            fingerprint=told.sha256,
            counted=told.counted,
        )
        session.add(row)
        session.flush()
        session.add_all(
            EventReview(recording_id=row.id, event=d.event, verdict=d.verdict, unit=d.unit, at=d.at)
            for d in told.decisions
        )
    return len(fresh)


def _known(session: Session, diary: Diary, table: type[StoredCase] | type[StoredRecording]) -> set[datetime]:
    """Moments at which this person's were added: one added at the same instant is the same."""
    return set(session.scalars(select(table.created).where(table.profile_id == diary.profile_id)))
