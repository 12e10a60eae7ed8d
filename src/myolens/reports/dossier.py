"""Everything stored about a person, put together for one report: answers, recordings, diary."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from myolens.assessment import Assessment
from myolens.case import Case
from myolens.diary import Diary
from myolens.diary.answers import answers_given, beside, diary_counts, interview_of, newest_course
from myolens.diary.collection import comparisons, kept_recordings, open_recording
from myolens.diary.recordings import KeptRecording
from myolens.errors import InputError
from myolens.reports.examined import Examined, examined
from myolens.reports.followed import Followed, followed
from myolens.reports.summary import Compared


@dataclass(frozen=True, slots=True, eq=False)
class Dossier:
    """What a report is made of; see `report` for its parts."""

    assessment: Assessment | None
    case: Case | None
    examined: tuple[Examined, ...]
    followed: Followed | None
    compared: tuple[Compared, ...]
    failures: tuple[str, ...]

    def parts(self) -> dict[str, Any]:
        """The same as the keywords of `report` and `pdf`."""
        return {
            "assessment": self.assessment,
            "case": self.case,
            "examined": self.examined,
            "followed": self.followed,
            "compared": self.compared,
            "failures": self.failures,
        }


def dossier(diary: Diary, number: int | None, *, folder: Path, today: date) -> Dossier:
    """Put together everything stored that the person lets count.

    Parameters
    ----------
    diary : Diary
        Whose.
    number : int or None
        The interview it starts from; None for recordings and diary alone.
    folder : Path
        Where uploaded files lie; a file missing there is said to be missing.
    today : date
        The day of the report.

    Raises
    ------
    InputError
        If this person has no such interview.
    """
    told = None if number is None else interview_of(diary, number)
    if told is None and number is not None:
        raise InputError("there is no such interview", where=str(number))
    every = kept_recordings(diary)
    besides = beside(diary, every, today=today)
    counted = [item for item in every if item.counted]
    opened = [(item, open_recording(item, folder)) for item in counted]
    return Dossier(
        assessment=told.assessment(f"answer-{number}", besides) if told else None,
        case=told.case(diary.profile, besides) if told else None,
        examined=tuple(examined(item, recording) for item, recording in opened),
        followed=followed(diary, newest_course(diary)) if diary_counts(diary) else None,
        compared=tuple(
            Compared(first.muscle or "", _named(first), _named(last), found)
            for first, last, found in comparisons(counted)
        ),
        failures=tuple(
            f"{item.name}: the file is no longer here, so that its trace is not drawn."
            for item, recording in opened
            if recording is None
        ),
    )


def newest_answer(diary: Diary) -> int | None:
    """Number of the interview answered last."""
    given = answers_given(diary, most=1)
    return given[0].number if given else None


def _named(kept: KeptRecording) -> str:
    return f"{kept.name} ({kept.created.astimezone().date()})"
