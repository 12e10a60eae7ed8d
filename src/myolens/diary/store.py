"""The diary of one person: entries in, trends and triggers out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from types import TracebackType
from typing import Any, Literal, Self

from pydantic import ValidationError
from sqlalchemy import Engine, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from myolens.diary.database import open_database, remove_backups, transaction
from myolens.diary.entries import FACTORS, DayEntry, MomentEntry
from myolens.diary.models import CheckIn, Moment, Profile
from myolens.diary.trends import Trend, trend_of
from myolens.diary.triggers import TriggerAnalysis, find_triggers
from myolens.errors import InputError, first_problem

DAY_FIELDS = tuple(name for name in DayEntry.model_fields if name != "day")


class Diary:
    """What one person noted over time, kept in a database on their own machine.

    Parameters
    ----------
    profile : str
        Whose diary; made when first used.
    database : str, Engine or None
        SQLAlchemy URL or an open engine; None means the file in the user's data folder.

    Examples
    --------
    >>> with Diary(database="sqlite://") as diary:
    ...     diary.add(DayEntry(day=date(2026, 1, 5), intensity=3, caffeine_mg=200))
    ...     len(diary.days())
    1
    """

    def __init__(self, profile: str = "me", *, database: str | Engine | None = None) -> None:
        self._owns_engine = not isinstance(database, Engine)
        self.engine = database if isinstance(database, Engine) else open_database(database)
        self.profile_id = _profile(self.engine, profile)
        self.profile = profile

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the database go."""
        if self._owns_engine:
            self.engine.dispose()

    def add(self, entry: DayEntry | MomentEntry) -> None:
        """Keep an entry; when this returns it is on disk. A second check-in of a day adds to the first.

        Fields left out of a second check-in keep what the first one said.
        """
        self.add_all([entry])

    def add_all(self, entries: Sequence[DayEntry | MomentEntry]) -> None:
        """Keep several entries, all or none."""
        with transaction(self.engine) as session:
            self.add_within(session, entries)

    def add_within(self, session: Session, entries: Sequence[DayEntry | MomentEntry]) -> None:
        """Keep several entries as part of a greater transaction."""
        for entry in entries:
            if isinstance(entry, MomentEntry):
                session.add(Moment(profile_id=self.profile_id, at=entry.at, site=entry.site, note=entry.note))
            else:
                _upsert_day(session, self.profile_id, entry)

    def days(self, first: date | None = None, last: date | None = None) -> tuple[DayEntry, ...]:
        """Check-ins in order of their day."""
        wanted = select(CheckIn).where(CheckIn.profile_id == self.profile_id).order_by(CheckIn.day)
        if first is not None:
            wanted = wanted.where(CheckIn.day >= first)
        if last is not None:
            wanted = wanted.where(CheckIn.day <= last)
        with transaction(self.engine) as session:
            return tuple(_day_entry(row) for row in session.scalars(wanted))

    def moments(self) -> tuple[MomentEntry, ...]:
        """Moments of twitching in order of time."""
        wanted = select(Moment).where(Moment.profile_id == self.profile_id).order_by(Moment.at, Moment.id)
        with transaction(self.engine) as session:
            return tuple(
                MomentEntry(at=row.at, site=row.site, note=row.note) for row in session.scalars(wanted)
            )

    def remove_day(self, day: date) -> bool:
        """Remove a day's check-in; whether there was one."""
        with transaction(self.engine) as session:
            found = session.scalars(
                select(CheckIn).where(CheckIn.profile_id == self.profile_id, CheckIn.day == day)
            ).one_or_none()
            if found is not None:
                session.delete(found)
            return found is not None

    def remove_last_moment(self) -> bool:
        """Take the newest moment back; whether there was one."""
        with transaction(self.engine) as session:
            newest = session.scalars(
                select(Moment).where(Moment.profile_id == self.profile_id).order_by(Moment.id.desc()).limit(1)
            ).one_or_none()
            if newest is not None:
                session.delete(newest)
            return newest is not None

    def triggers(self, *, outcome: Literal["intensity", "moments"] = "intensity") -> TriggerAnalysis:
        """Which habits go with more twitching, over all days noted; see `find_triggers`."""
        days = self.days()
        if not days:
            return TriggerAnalysis(0, (), tuple((words, "no entry yet") for words, _unit in FACTORS.values()))
        calendar = _calendar(days[0].day, days[-1].day)
        by_day = {entry.day: entry for entry in days}
        values: list[float | None]
        if outcome == "moments":
            counts = self.moments_per_day()
            values = [float(counts.get(day, 0)) if day in by_day else None for day in calendar]
        else:
            values = [_number(by_day.get(day), "intensity") for day in calendar]
        factors = tuple(
            (words, tuple(_number(by_day.get(day), name) for day in calendar))
            for name, (words, _unit) in FACTORS.items()
        )
        return _triggers(tuple(values), factors, "count" if outcome == "moments" else "intensity")

    def moments_per_day(self) -> dict[date, int]:
        """Number of moments on each (local) day that has any."""
        counts: dict[date, int] = {}
        for moment in self.moments():
            day = moment.at.astimezone().date()
            counts[day] = counts.get(day, 0) + 1
        return counts

    def trend(self) -> Trend:
        """Whether twitching is rising or falling over the weeks, with its uncertainty."""
        return trend_of(
            [(entry.day, entry.intensity) for entry in self.days() if entry.intensity is not None]
        )

    def forget_everything(self) -> None:
        """Delete the profile with all that belongs to it, and overwrite what SQLite kept of it.

        Copies made before a change of the database hold what everybody had then, and are deleted too.
        Uploaded files are the business of whoever keeps them.
        """
        with transaction(self.engine) as session:
            session.execute(delete(Profile).where(Profile.id == self.profile_id))
        _triggers.cache_clear()
        if self.engine.dialect.name == "sqlite":
            remove_backups(self.engine)
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def day_entry(data: dict[str, Any], *, where: str | None = None) -> DayEntry:
    """Check plain data as a day's check-in.

    Raises
    ------
    InputError
        With the field and what it may hold.
    """
    try:
        return DayEntry.model_validate(data)
    except ValidationError as error:
        problem = first_problem(error.errors(), whole="entry")
        raise InputError(problem.replace("_", " "), where=where, mend="Correct this field") from None


@lru_cache(maxsize=8)
def _triggers(
    outcome: tuple[float | None, ...],
    factors: tuple[tuple[str, tuple[float | None, ...]], ...],
    family: Literal["intensity", "count"],
) -> TriggerAnalysis:
    """The same diary is asked about on every page of an interview."""
    return find_triggers(outcome, dict(factors), family=family)


def _profile(engine: Engine, name: str) -> int:
    name = name.strip()
    if not 0 < len(name) <= 100:
        raise InputError("a profile needs a name of 1 to 100 characters")
    wanted = select(Profile.id).where(Profile.name == name)
    with transaction(engine) as session:
        found = session.scalars(wanted).one_or_none()
    if found is not None:
        return found
    try:
        with transaction(engine) as session:
            profile = Profile(name=name, created=datetime.now(UTC), hide_numbers=False, language="en")
            session.add(profile)
            session.flush()
            return profile.id
    except IntegrityError:  # made by another process in between
        with transaction(engine) as session:
            return session.scalars(wanted).one()


def _upsert_day(session: Session, profile_id: int, entry: DayEntry) -> None:
    row = session.scalars(
        select(CheckIn).where(CheckIn.profile_id == profile_id, CheckIn.day == entry.day)
    ).one_or_none()
    if row is None:
        row = CheckIn(profile_id=profile_id, day=entry.day, medicines=[], abilities={}, note="")
        session.add(row)
    for name in entry.model_fields_set & set(DAY_FIELDS):
        value = getattr(entry, name)
        setattr(row, name, list(value) if name == "medicines" else value)
    row.written = datetime.now(UTC)


def _day_entry(row: CheckIn) -> DayEntry:
    values = {name: getattr(row, name) for name in DAY_FIELDS}
    given = {name: value for name, value in values.items() if value not in (None, [], {}, "")}
    return DayEntry(day=row.day, **given)


def _calendar(first: date, last: date) -> Sequence[date]:
    return [first + timedelta(days=step) for step in range((last - first).days + 1)]


def _number(entry: DayEntry | None, name: str) -> float | None:
    value = getattr(entry, name) if entry is not None else None
    return None if value is None else float(value)
