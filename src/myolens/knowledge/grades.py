"""Grades told in words: "mild weakness", "pain 7/10", "severely low", "10 times the upper limit".

A grade is a range of levels, from 0 (absent) by 1 (mild) and 2 (moderate) to 3 (severe): "moderate" is
2 to 2, "very" and "marked" are 2 to 3, present without a grade is 1 to 3.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from statistics import NormalDist
from typing import Literal

from myolens.knowledge.model import GradeScale, Knowledge, LabDefinition, Threshold, UrgencyLevel
from myolens.knowledge.text import words
from myolens.knowledge.wording import NEGATIONS, SLIGHT

Levels = tuple[int, int]
Direction = Literal["low", "high"]

ANY_GRADE: Levels = (1, 3)
"""Present, without a grade."""
MILD, MODERATE, MARKED, SEVERE = (1, 1), (2, 2), (2, 3), (3, 3)
NOT_SEVERE: Levels = (0, 2)

_SEVERE = frozenset(
    re.findall(
        r"\w+",
        """severe severely critical critically extreme extremely dangerous dangerously massive massively
        grossly gross profound profoundly undetectable unrecordable panic alarming alarmingly
        excruciating unbearable agonising agonizing agonisingly crippling worst""",
    )
)
_MARKED = frozenset(
    re.findall(
        r"\w+",
        """very marked markedly strong strongly intense intensely greatly significantly substantially
        considerable considerably""",
    )
)
_WORDS: dict[str, Levels] = {
    **dict.fromkeys(SLIGHT | {"minor", "borderline", "marginally"}, MILD),
    **dict.fromkeys(("moderate", "moderately"), MODERATE),
    **dict.fromkeys(_MARKED, MARKED),
    **dict.fromkeys(_SEVERE, SEVERE),
}
_TIMES = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:-?\s?fold\b|x\b|×|times\b)")
_OUT_OF = re.compile(r"\b(\d+(?:[.,]\d+)?)\s*[+-]?\s*(?:/|out of)\s*(\d+)\b")
_ADJECTIVES = ("mild", "moderate", "severe")
_NAMES: dict[Levels, str] = {MILD: "slightly", MODERATE: "moderately", MARKED: "very", SEVERE: "severely"}


def grade_of(text: str) -> Levels | None:
    """Return the levels that the words of a text tell, None if they tell none or deny one.

    Examples
    --------
    >>> grade_of("mild to moderate"), grade_of("very low"), grade_of("not severe")
    ((1, 2), (2, 3), None)
    """
    told = words(text)
    if not NEGATIONS.isdisjoint(told):
        return None
    found = [_WORDS[word] for word in told if word in _WORDS]
    exact = [levels for levels in found if levels != MARKED]  # "very mild" is mild
    return hull(exact or found) if found else None


def scaled(text: str, scale: GradeScale) -> Levels | None:
    """Return the levels of "7/10" or "3 out of 5" on a scale, None if the text has no such number.

    A value that means absent is 0 to 0.
    """
    for value, out_of in _OUT_OF.findall(text.lower()):
        number = float(value.replace(",", "."))
        if int(out_of) != scale.out_of or number > scale.out_of:
            continue
        falling = scale.severe < scale.moderate
        if number == (scale.out_of if falling else 0):
            return 0, 0
        worse = (number <= limit if falling else number >= limit for limit in (scale.moderate, scale.severe))
        level = 1 + sum(worse)
        return level, level
    return None


def hull(several: Iterable[Levels]) -> Levels:
    """Return the range from the least to the greatest level of several."""
    several = list(several)
    return min(low for low, _ in several), max(high for _, high in several)


def named(levels: Levels) -> str:
    """Return a grade of a laboratory result in words: "severely", "slightly to moderately"."""
    if levels in _NAMES:
        return _NAMES[levels]
    return " to ".join(_NAMES[level, level] for level in levels)


def graded_as(levels: Levels) -> str:
    """Return the grade of a finding in words: "severe", "mild or moderate"."""
    return " or ".join(_ADJECTIVES[levels[0] - 1 : levels[1]])


def multiple_of(text: str) -> float | None:
    """Return n of "n times the upper limit", "n × ULN", "n-fold raised"; None if it is no multiple."""
    found = _TIMES.search(text.lower())
    return float(found[1].replace(",", ".")) if found else None


def interval_of(lab: LabDefinition, direction: Direction, levels: Levels) -> tuple[float, float] | None:
    """Return the values a graded result stands for, (from, to) in the unit of the test.

    Where no source grades a test, mild, moderate and severe are the nearest, middle and farthest
    third of the values that the knowledge base gives people with the finding. None for a test
    that has no such finding.
    """
    edges = _edges(lab, direction)
    if edges is None:
        return None
    low, high = sorted((edges[levels[0] - 1], edges[levels[1]]))
    return low, high


def _edges(lab: LabDefinition, direction: Direction) -> tuple[float, float, float, float] | None:
    """Return where mild, moderate and severe begin and where severe ends."""
    number = lab.number
    end = number.minimum if direction == "low" else number.maximum
    begin = lab.normal_low if direction == "low" else lab.normal_high
    stated = next((each for each in lab.grades if each.direction == direction), None)
    passed = _thresholds(lab, direction)
    if stated is not None and begin is not None:
        return begin, stated.moderate, stated.severe, end
    if not passed:
        return None
    begin = passed[0].cutoff if begin is None else begin
    moderate, severe = (_beyond(passed[0], share) for share in (2 / 3, 1 / 3))
    keep = max if direction == "low" else min
    return begin, keep(moderate, end), keep(severe, end), end


def lab_state(code: str, knowledge: Knowledge) -> tuple[LabDefinition, Direction] | None:
    """Return the test and the direction that a finding is the low or high state of, None if of none."""
    sides: tuple[Direction, Direction] = ("low", "high")
    for lab in knowledge.labs.values():
        for direction, state in zip(sides, (lab.low_finding, lab.high_finding), strict=True):
            if state == code:
                return lab, direction
    return None


def _beyond(threshold: Threshold, share: float) -> float:
    """Return the value beyond which this share lies of the people with the finding and past the cut-off."""
    present, cutoff = threshold.present, threshold.cutoff
    normal = NormalDist(present.mean, present.sd)
    place = normal.cdf(math.log(cutoff) if present.log else cutoff)
    at = share * place if threshold.direction == "below" else 1 - share * (1 - place)
    value = normal.inv_cdf(at)
    return math.exp(value) if present.log else value


def _thresholds(lab: LabDefinition, direction: Direction) -> list[Threshold]:
    side = "below" if direction == "low" else "above"
    return [each for each in lab.number.thresholds if each.direction == side]


def limit_for(lab: LabDefinition, direction: Direction, levels: Levels) -> float | None:
    """Return the critical value a graded word stands for in the rules, None if it stands for none.

    A severe result counts as the most urgent critical value of its direction; "very" as the least
    urgent, and so does a moderate one if that value is moderate: a word is not made more exact than it is.
    """
    side = "at_or_below" if direction == "low" else "at_or_above"
    limits = [each for each in lab.critical if each.direction == side]
    if not limits or levels[0] < MODERATE[0]:
        return None
    order = list(UrgencyLevel)
    pick = max if levels == SEVERE else min
    limit = pick(limits, key=lambda each: order.index(each.level)).value
    if levels == MODERATE:
        low, high = interval_of(lab, direction, levels) or (limit, limit)
        return limit if low < limit < high or limit == (high if direction == "low" else low) else None
    return limit


def graded_findings(lab: LabDefinition, direction: Direction, levels: Levels) -> tuple[str, ...]:
    """Return the findings whose thresholds a graded result passes.

    Far from normal passes every one of them; else those that the whole interval has passed.
    """
    passed = _thresholds(lab, direction)
    interval = interval_of(lab, direction, levels)
    if interval is not None and levels not in (MARKED, SEVERE):
        near = interval[1] if direction == "low" else interval[0]
        passed = [
            each for each in passed if (near <= each.cutoff if direction == "low" else near >= each.cutoff)
        ]
    return tuple(dict.fromkeys(each.finding for each in passed))
