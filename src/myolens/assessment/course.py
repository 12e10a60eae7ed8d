"""How it should go: the mixture of the courses of the causes at work, and when to look again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np

from myolens.assessment.result import CoursePoint, ExpectedCourse
from myolens.assessment.words import duration, per_hundred, range_of, when
from myolens.knowledge.model import Cause, Course, Knowledge, UrgencyLevel

DAYS = (0, 1, 2, 3, 5, 7, 10, 14, 21, 28, 42, 60, 90, 120, 180, 270, 365, 545, 730)
_WORTH_MENTIONING = 0.05
_UNPROMISING = 0.3
"""From this share of serious causes that do not improve by themselves there is no forecast (estimate)."""
_TWO_WEEKS, _FOUR_WEEKS = 14, 28


def expected_course(
    knowledge: Knowledge,
    probability: Mapping[str, float],
    *,
    level: UrgencyLevel,
    lasted_days: float | None,
    today: date | None,
) -> ExpectedCourse:
    """Mix the courses of the causes by their probability.

    The share improved by day t is Σ w · improving · (1 − 2^(−t / half-life)), with weights w
    proportional to the probabilities; its range uses the ends of the half-lives' ranges. A
    cause without a half-life is not expected to improve by itself.

    Parameters
    ----------
    knowledge : Knowledge
    probability : mapping of cause code to probability
    level : UrgencyLevel
        From urgent_days on, no waiting time is given: being seen comes first. Nor is one where
        a serious cause that does not improve by itself is probable.
    lasted_days : float or None
        How long the twitching has lasted already.
    today : date or None
        Day from which dates are counted; without it times stay relative.
    """
    counted = {code: value for code, value in probability.items() if value >= _WORTH_MENTIONING}
    if not counted and probability:
        best = max(probability, key=lambda code: probability[code])
        counted = {best: probability[best]}
    causes = {code: knowledge.causes[code] for code in counted}
    urgent = level.rank >= UrgencyLevel.URGENT_DAYS.rank
    total = sum(counted.values())
    unpromising = sum(
        value
        for code, value in counted.items()
        if causes[code].serious and causes[code].course.half_life_days is None
    )
    if urgent or total <= 0 or unpromising >= _UNPROMISING * total:
        text = "How this goes on depends on what the doctor finds; be seen first."
        return ExpectedCourse(
            text=text,
            points=(),
            review_in_days=None,
            too_long_after_days=None,
            per_cause=_per_cause(causes),
            sources=_sources(causes),
        )
    weights = {code: value / total for code, value in counted.items()}
    points = tuple(_point(day, causes, weights) for day in DAYS)
    review = _review_days(points, lasted_days)
    too_long = round(_too_long(causes, weights))
    return ExpectedCourse(
        text=_text(points, review, too_long, today, harmless=_harmless(causes, weights)),
        points=points,
        review_in_days=review,
        too_long_after_days=too_long,
        per_cause=_per_cause(causes),
        sources=_sources(causes),
    )


def improved(course: Course, day: float, half_life_days: float | None) -> float:
    """Share of people with one cause who have clearly improved by a day."""
    if half_life_days is None:
        return 0.0
    return float(course.improving * -np.expm1(-np.log(2) * day / half_life_days))


def _point(day: float, causes: Mapping[str, Cause], weights: Mapping[str, float]) -> CoursePoint:
    value = low = high = 0.0
    for code, weight in weights.items():
        course = causes[code].course
        half_life = course.half_life_days
        value += weight * improved(course, day, half_life)
        low += weight * improved(course, day, course.high or half_life)
        high += weight * improved(course, day, course.low or half_life)
    return CoursePoint(
        day=day, improved=round(value, 4), low=round(min(low, value), 4), high=round(max(high, value), 4)
    )


def _review_days(points: tuple[CoursePoint, ...], lasted_days: float | None) -> int:
    """Look again when half of the expected improvement is due, from one to four weeks on.

    Twitching that is new is looked at again after two weeks at the latest.
    """
    half = 0.5 * points[-1].improved
    due = next((point.day for point in points if half > 0 and point.improved >= half), _FOUR_WEEKS)
    latest = _TWO_WEEKS if lasted_days is not None and lasted_days < _TWO_WEEKS else _FOUR_WEEKS
    return int(min(max(due, 7), latest))


def _too_long(causes: Mapping[str, Cause], weights: Mapping[str, float]) -> float:
    """Weighted median of the days after which each cause has lasted too long."""
    ordered = sorted((causes[code].course.lasting_too_long_days, weight) for code, weight in weights.items())
    reached = 0.0
    for days, weight in ordered:
        reached += weight
        if reached >= 0.5 - 1e-9:
            return days
    return ordered[-1][0]


def _harmless(causes: Mapping[str, Cause], weights: Mapping[str, float]) -> bool:
    best = max(weights, key=lambda code: weights[code])
    return causes[best].group in {"benign", "lifestyle"}


def _text(
    points: tuple[CoursePoint, ...], review: int, too_long: int, today: date | None, *, harmless: bool
) -> str:
    month = next(point for point in points if point.day == _FOUR_WEEKS)
    year = next(point for point in points if point.day == 365)
    better = "is" if month.improved < 0.015 else "are"
    parts = [
        f"Of 100 people like you, {_people(month.improved)} {better} clearly better after 4 weeks"
        f"{_range(month)} and {_people(year.improved)} after a year{_range(year)}."
    ]
    if year.improved < 0.6 and harmless:
        parts.append("In many it stays, with ups and downs.")
    parts.append(f"Look again {when(review, today)}.")
    parts.append(
        f"If it goes on unchanged for {duration(too_long)}, that is longer than expected: see a doctor."
    )
    return " ".join(parts)


def _people(share: float) -> str:
    count = per_hundred(share)
    return f"about {count}" if count.isdigit() else count


def _range(point: CoursePoint) -> str:
    """Return the range in brackets, nothing where both of its ends are one count."""
    ends = range_of(point.low, point.high)
    return f" (range {ends})" if " to " in ends else ""


def _per_cause(causes: Mapping[str, Cause]) -> tuple[tuple[str, str], ...]:
    return tuple((code, cause.course.text) for code, cause in causes.items())


def _sources(causes: Mapping[str, Cause]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(source for cause in causes.values() for source in cause.course.sources))
