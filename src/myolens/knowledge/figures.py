"""What every figure and sentence of the knowledge base carries: sources, strength, range, urgency."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Strength(StrEnum):
    """How well a figure is founded."""

    MEASURED = "measured"
    GUIDELINE = "guideline"
    TEXTBOOK = "textbook"
    ESTIMATE = "estimate"
    SEED = "seed"


class UrgencyLevel(StrEnum):
    """How soon a person should be seen, from the least to the most urgent."""

    SELF_CARE = "self_care"
    ROUTINE = "routine"
    SOON_WEEKS = "soon_weeks"
    URGENT_DAYS = "urgent_days"
    EMERGENCY = "emergency"

    @property
    def rank(self) -> int:
        """0 for self-care up to 4 for emergency."""
        return _RANKS[self]


_RANKS = {level: rank for rank, level in enumerate(UrgencyLevel)}


Setting = Literal["community", "primary_care", "neurology_clinic"]
Code = str


class KnowledgeModel(BaseModel):
    """Frozen, and strict about unknown fields, so that a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Sourced(KnowledgeModel):
    """Anything that must say where it comes from."""

    strength: Strength
    sources: tuple[Code, ...] = Field(min_length=1)


class Statement(Sourced):
    """One sentence a user may read, with its sources."""

    text: str


class Probability(Sourced):
    """A probability with the range within which experts or studies put it."""

    value: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"{self.low} ≤ {self.value} ≤ {self.high} does not hold")
        return self


class Severity(Sourced):
    """How a finding that is present is shared out over the grades people tell; the shares sum to one.

    ``factor`` is how far the odds of a grade may be off, for the intervals.
    """

    mild: float = Field(gt=0, lt=1)
    moderate: float = Field(gt=0, lt=1)
    severe: float = Field(gt=0, lt=1)
    factor: float = Field(default=2.0, ge=1)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if abs(sum(self.shares) - 1) > 1e-9:
            raise ValueError(f"the shares {self.shares} do not sum to 1")
        return self

    @property
    def shares(self) -> tuple[float, float, float]:
        """Mild, moderate, severe."""
        return self.mild, self.moderate, self.severe
