"""What a person enters: the day's check-in, a moment of twitching."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Ability = Literal["as_before", "harder", "not_possible"]

ABILITIES = ("buttons", "keys", "stairs", "swallowing")
"""Asked weekly: things a month ago is compared with. Never tests of strength."""

FACTORS = {
    "sleep_hours": ("hours of sleep", "hours"),
    "caffeine_mg": ("caffeine", "mg"),
    "alcohol_units": ("alcohol", "units"),
    "fluids_litres": ("fluids", "litres"),
    "exercise_minutes": ("exercise", "minutes"),
    "stress": ("stress", "of 10"),
}
"""Habits of the check-in with their plain name and unit."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DayEntry(_Entry):
    """One day's check-in; everything but the day may be left out.

    Attributes
    ----------
    day : date
        The day it is about.
    intensity : int or None
        How much twitching, 0 (none) to 10 (could not be worse).
    sleep_hours, caffeine_mg, alcohol_units, fluids_litres, exercise_minutes : float or None
        The day's habits; sleep is that of the night before.
    stress : int or None
        0 to 10.
    medicines : tuple of str
        Taken that day.
    abilities : dict
        For `ABILITIES`: as a month ago, harder, or not possible.
    note : str
        Anything else.
    """

    day: date
    intensity: int | None = Field(default=None, ge=0, le=10)
    sleep_hours: float | None = Field(default=None, ge=0, le=24)
    caffeine_mg: float | None = Field(default=None, ge=0, le=5000)
    alcohol_units: float | None = Field(default=None, ge=0, le=100)
    fluids_litres: float | None = Field(default=None, ge=0, le=20)
    exercise_minutes: float | None = Field(default=None, ge=0, le=1440)
    stress: int | None = Field(default=None, ge=0, le=10)
    medicines: tuple[str, ...] = Field(default=(), max_length=50)
    abilities: dict[str, Ability] = Field(default_factory=dict)
    note: str = Field(default="", max_length=5000)

    @field_validator("abilities")
    @classmethod
    def _known_abilities(cls, value: dict[str, Ability]) -> dict[str, Ability]:
        unknown = sorted(set(value) - set(ABILITIES))
        if unknown:
            raise ValueError(f"unknown ability {unknown[0]!r}; known are {', '.join(ABILITIES)}")
        return value


class MomentEntry(_Entry):
    """Twitching now: when, and where if said."""

    at: datetime
    site: str | None = Field(default=None, max_length=100)
    note: str = Field(default="", max_length=5000)

    @field_validator("at")
    @classmethod
    def _zoned(cls, value: datetime) -> datetime:
        return value.astimezone(UTC)
