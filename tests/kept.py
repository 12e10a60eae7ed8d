"""A person with a diary, an answered interview, and a recording that was reviewed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from tests.small import small_analysis, small_recording

from myolens.case import Finding
from myolens.diary import DayEntry, Diary, MomentEntry
from myolens.diary.answers import keep_interview, start_interview
from myolens.diary.collection import decide, let_count
from myolens.diary.database import transaction
from myolens.diary.interview import Interview
from myolens.diary.models import StoredRecording
from myolens.diary.stored import to_stored

TOLD = Interview(
    age=41, sex="female", complaint="It twitches.", sites=("left:calf",), answers={"weakness": "no"}
)


def add_recording(diary: Diary, name: str = "calf.edf") -> int:
    fasciculations = Finding(
        name="emg_fasciculations", value=6.5, unit="/min", site="calf", source="recording", strength=2.3
    )
    found = replace(small_analysis(), recording=name, muscle="calf", findings=(fasciculations,))
    with transaction(diary.engine) as session:
        row = StoredRecording(
            profile_id=diary.profile_id,
            created=datetime.now(UTC),
            name=name,
            file="f" * 32 + ".edf",
            size=1234,
            state="done",
            message="",
            options={"kind": None, "muscle": "calf", "rate": None},
            analysis=to_stored(small_recording(), found, place=0),
            fingerprint="a" * 64,
        )
        session.add(row)
        session.flush()
        return row.id


def fill(diary: Diary) -> int:
    diary.add(DayEntry(day=date(2026, 1, 5), intensity=4, note="canary"))
    diary.add(MomentEntry(at=datetime(2026, 1, 5, 9, tzinfo=UTC), site="left calf"))
    number = start_interview(diary)
    keep_interview(diary, number, TOLD, answer=TOLD.assessment("a"))
    recording = add_recording(diary)
    decide(diary, recording, 0, "reject")
    decide(diary, recording, 1, "relabel", 7)
    let_count(diary, recording, counted=False)
    return recording
