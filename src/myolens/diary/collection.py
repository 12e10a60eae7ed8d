"""The recordings of one person, read from the database once and held while they are looked at."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select

from myolens.diary.database import transaction
from myolens.diary.models import EventReview, StoredRecording
from myolens.diary.recordings import Decision, KeptRecording, reviewed
from myolens.diary.store import Diary
from myolens.diary.stored import from_stored, stored_analysis
from myolens.emg import Comparison, compare
from myolens.errors import InputError
from myolens.readers import read
from myolens.recording import ChannelKind, Recording

MOST_HELD = 12
"""Analyses held in memory; one of a long recording takes some megabytes."""

Stamp = tuple[int, datetime] | None
"""Number and moment of the newest decision: a deleted one's number may be given again."""

_COLUMNS = (
    StoredRecording.id,
    StoredRecording.name,
    StoredRecording.created,
    StoredRecording.file,
    StoredRecording.options,
    StoredRecording.counted,
)
_held: OrderedDict[tuple[str, int, datetime], tuple[Stamp, KeptRecording]] = OrderedDict()


def kept_recordings(diary: Diary) -> tuple[KeptRecording, ...]:
    """Every analysed recording, in the order in which they were added."""
    wanted = (
        select(*_COLUMNS)
        .where(StoredRecording.profile_id == diary.profile_id, StoredRecording.state == "done")
        .order_by(StoredRecording.created, StoredRecording.id)
    )
    with transaction(diary.engine) as session:
        rows = session.execute(wanted).all()
    return tuple(_kept(diary, row) for row in rows)


def kept_recording(diary: Diary, number: int) -> KeptRecording | None:
    """One's own analysed recording of that number, None if there is none."""
    wanted = select(*_COLUMNS).where(
        StoredRecording.profile_id == diary.profile_id,
        StoredRecording.state == "done",
        StoredRecording.id == number,
    )
    with transaction(diary.engine) as session:
        row = session.execute(wanted).one_or_none()
    return None if row is None else _kept(diary, row)


def decide(diary: Diary, number: int, event: int, verdict: str, unit: int | None = None) -> None:
    """Keep a decision on an event.

    Raises
    ------
    InputError
        If there is no such recording, event, verdict or unit.
    """
    kept = kept_recording(diary, number)
    if kept is None or not 0 <= event < len(kept.found.events):
        raise InputError("no such event", where="event")
    if verdict not in {"accept", "reject", "relabel"}:
        raise InputError(f"{verdict[:40]!r} is not a verdict", where="verdict")
    if verdict == "relabel" and (unit is None or not 1 <= unit <= 999):
        raise InputError("a unit is a number from 1 to 999", where="unit")
    with transaction(diary.engine) as session:
        session.add(
            EventReview(
                recording_id=number,
                event=event,
                verdict=verdict,
                unit=unit if verdict == "relabel" else None,
                at=datetime.now(UTC),
            )
        )


def undo_decision(diary: Diary, number: int) -> int | None:
    """Take the newest decision on a recording back; the event it was about, None if there was none."""
    if kept_recording(diary, number) is None:
        return None
    newest = (
        select(EventReview).where(EventReview.recording_id == number).order_by(EventReview.id.desc()).limit(1)
    )
    with transaction(diary.engine) as session:
        row = session.scalars(newest).one_or_none()
        if row is None:
            return None
        session.delete(row)
        return row.event


def let_count(diary: Diary, number: int, *, counted: bool) -> None:
    """Let a recording count in answers and reports, or leave it out."""
    with transaction(diary.engine) as session:
        row = session.get(StoredRecording, number)
        if row is not None and row.profile_id == diary.profile_id:
            row.counted = counted


def comparisons(
    recordings: Sequence[KeptRecording],
) -> list[tuple[KeptRecording, KeptRecording, Comparison]]:
    """The last recording of every muscle beside the first of it, of those with as many electrodes if any."""
    by_muscle: dict[tuple[str, str], list[KeptRecording]] = {}
    for item in recordings:
        if item.muscle and item.analysis.analysed_seconds > 0:
            by_muscle.setdefault((item.muscle.strip().casefold(), item.analysis.kind), []).append(item)
    pairs = []
    for *earlier, last in by_muscle.values():
        alike = [item for item in earlier if len(item.analysis.channels) == len(last.analysis.channels)]
        pairs += [(first, last) for first in (alike or earlier)[:1]]
    return [(first, last, compare(first.analysis, last.analysis)) for first, last in pairs]


def forget_held() -> None:
    """Let go of every analysis held in memory."""
    _held.clear()
    _opened.cache_clear()


def open_recording(kept: KeptRecording, folder: Path) -> Recording | None:
    """The recording itself from its file, None where the file is not there."""
    file = folder / kept.file
    if not kept.file or not file.is_file():
        return None
    return _opened(
        str(file), kept.stored.place, kept.options.get("kind"), kept.options.get("rate"), kept.name
    )


@lru_cache(maxsize=4)
def _opened(file: str, place: int, kind: str | None, rate: float | None, name: str) -> Recording:
    found = read(Path(file), kind=ChannelKind(kind) if kind else None, rate=rate)[place]
    return replace(found, source=name)


def _kept(diary: Diary, row: Row[Any]) -> KeptRecording:
    key = (str(diary.engine.url), row.id, row.created)
    with transaction(diary.engine) as session:
        of_this = select(EventReview).where(EventReview.recording_id == row.id).order_by(EventReview.id)
        last = session.scalars(of_this.order_by(None).order_by(EventReview.id.desc()).limit(1)).one_or_none()
        newest = None if last is None else (last.id, last.at)
        before = _held.get(key)
        if before is not None and before[0] == newest:
            _held.move_to_end(key)
            return replace(before[1], counted=row.counted)
        if before is None:
            raw = session.scalar(select(StoredRecording.analysis).where(StoredRecording.id == row.id))
        decisions = {
            made.event: Decision(made.event, made.verdict, made.unit, made.at)  # type: ignore[arg-type]
            for made in session.scalars(of_this)
        }
    if before is None:
        stored = stored_analysis(raw, where=row.name)
        found = from_stored(stored)
    else:
        stored, found = before[1].stored, before[1].found
    decided = {place: made for place, made in decisions.items() if place < len(found.events)}
    kept = KeptRecording(
        id=row.id,
        name=row.name,
        created=row.created,
        file=row.file,
        options=row.options,
        stored=stored,
        found=found,
        analysis=reviewed(found, decided),
        decisions=decided,
        counted=row.counted,
    )
    _held[key] = (newest, kept)
    while len(_held) > MOST_HELD:
        _held.popitem(last=False)
    return kept
