"""Tables of what is kept over time: profiles, check-ins, moments, cases, recordings."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    true,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """Moments in UTC that come back with their time zone on every database."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC without a zone."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        return value.astimezone(UTC).replace(tzinfo=None) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give UTC back."""
        return value.replace(tzinfo=UTC) if value is not None else None


class Base(DeclarativeBase):
    """Base of all tables."""


class Profile(Base):
    """One person on this machine."""

    __tablename__ = "profile"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    hide_numbers: Mapped[bool] = mapped_column(Boolean, default=False)
    language: Mapped[str] = mapped_column(String(8), default="en")
    diary_counted: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())


class CheckIn(Base):
    """One day's half-minute entry; a second entry of the day replaces it."""

    __tablename__ = "check_in"
    __table_args__ = (
        UniqueConstraint("profile_id", "day"),
        CheckConstraint("intensity is null or intensity between 0 and 10"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    profile_id: Mapped[int] = mapped_column(ForeignKey("profile.id", ondelete="CASCADE"))
    day: Mapped[date]
    intensity: Mapped[int | None]
    sleep_hours: Mapped[float | None]
    caffeine_mg: Mapped[float | None]
    alcohol_units: Mapped[float | None]
    fluids_litres: Mapped[float | None]
    exercise_minutes: Mapped[float | None]
    stress: Mapped[int | None]
    medicines: Mapped[list[str]] = mapped_column(JSON, default=list)
    abilities: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    note: Mapped[str] = mapped_column(Text, default="")
    written: Mapped[datetime] = mapped_column(UtcDateTime)


class Moment(Base):
    """One tap: twitching now."""

    __tablename__ = "moment"
    __table_args__ = (Index("moment_profile_at", "profile_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    profile_id: Mapped[int] = mapped_column(ForeignKey("profile.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    site: Mapped[str | None] = mapped_column(String(100))
    note: Mapped[str] = mapped_column(Text, default="")


class StoredCase(Base):
    """A case as told and the answer given to it then."""

    __tablename__ = "stored_case"
    __table_args__ = (Index("stored_case_profile", "profile_id", "created"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    profile_id: Mapped[int] = mapped_column(ForeignKey("profile.id", ondelete="CASCADE"))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    case: Mapped[dict[str, Any]] = mapped_column(JSON)
    assessment: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class StoredRecording(Base):
    """An uploaded recording: where its file lies in the data folder and what was found.

    ``fingerprint`` is the SHA-256 of the file (of the main one, where there are several);
    ``counted`` says whether it counts in answers and reports.
    """

    __tablename__ = "stored_recording"
    __table_args__ = (Index("stored_recording_profile", "profile_id", "created"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    profile_id: Mapped[int] = mapped_column(ForeignKey("profile.id", ondelete="CASCADE"))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    name: Mapped[str] = mapped_column(String(255))
    file: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    message: Mapped[str] = mapped_column(Text, default="")
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    analysis: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    fingerprint: Mapped[str] = mapped_column(String(64), default="", server_default="")
    counted: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())


class EventReview(Base):
    """What a person decided about one event of a recording; the newest row of an event counts."""

    __tablename__ = "event_review"
    __table_args__ = (Index("event_review_recording", "recording_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    recording_id: Mapped[int] = mapped_column(ForeignKey("stored_recording.id", ondelete="CASCADE"))
    event: Mapped[int]
    verdict: Mapped[str] = mapped_column(String(16))
    unit: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
