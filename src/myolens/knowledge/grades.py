"""Laboratory results told without a number: "severely low", "markedly raised", "10 times the upper limit"."""

from __future__ import annotations

import re
from typing import Literal

from myolens.knowledge.model import LabDefinition, UrgencyLevel
from myolens.knowledge.text import words

Grade = Literal["marked", "extreme"]

_EXTREME = frozenset(
    re.findall(
        r"\w+",
        """severe severely critical critically extreme extremely dangerous dangerously massive massively
        grossly gross profound profoundly undetectable unrecordable panic alarming alarmingly""",
    )
)
_MARKED = frozenset(
    re.findall(r"\w+", "very marked markedly strongly greatly significantly substantially considerably")
)
_TIMES = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:-?\s?fold\b|x\b|×|times\b)")


def grade_of(text: str) -> Grade | None:
    """Return how far from normal a worded result lies, None if it does not say.

    "severely", "critically", "extremely" are extreme; "very" and "markedly" are marked.
    """
    told = set(words(text))
    if told & _EXTREME:
        return "extreme"
    return "marked" if told & _MARKED else None


def multiple_of(text: str) -> float | None:
    """Return n of "n times the upper limit", "n × ULN", "n-fold raised"; None if it is no multiple."""
    found = _TIMES.search(text.lower())
    return float(found[1].replace(",", ".")) if found else None


def limit_for(lab: LabDefinition, direction: Literal["low", "high"], grade: Grade) -> float | None:
    """Return the critical value a graded word stands for in the rules, None if the lab has none there.

    An extreme result counts as the most urgent critical value of its direction, a marked one as
    the least urgent: a word is not made more exact than it is.
    """
    side = "at_or_below" if direction == "low" else "at_or_above"
    limits = [each for each in lab.critical if each.direction == side]
    if not limits:
        return None
    order = list(UrgencyLevel)
    pick = max if grade == "extreme" else min
    return pick(limits, key=lambda each: order.index(each.level)).value


def graded_findings(lab: LabDefinition, direction: Literal["low", "high"]) -> tuple[str, ...]:
    """Return the findings of all thresholds in a direction: far from normal passes every one of them."""
    side = "below" if direction == "low" else "above"
    return tuple(dict.fromkeys(each.finding for each in lab.number.thresholds if each.direction == side))
