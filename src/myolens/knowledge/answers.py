"""What the words of an answer say: there or not, how surely, which way a blood result lies."""

from __future__ import annotations

from collections.abc import Mapping

from myolens.case import Finding
from myolens.knowledge.grades import MILD, Levels, grade_of, scaled
from myolens.knowledge.model import FindingDefinition, Knowledge
from myolens.knowledge.text import key, words
from myolens.knowledge.wording import LAB_WORDS, NO, NOT_KNOWN, YES, LabWord, stems

SLIGHTLY = 2.5
"""Log likelihood ratio of something called mild or slight: about one in twelve has what others would
call normal (project estimate). It still counts as a fact where urgency is decided."""

_UNDIRECTED = stems("abnormal deranged disturbed")


def presence(finding: Finding) -> bool | None:
    """Return what the field `present` and a worded value say together."""
    if isinstance(finding.value, str):
        word = key(finding.value)
        if word in NOT_KNOWN:
            return None
        if word in NO:
            return finding.present is False
    return finding.present


def grade(finding: Finding, definition: FindingDefinition, knowledge: Knowledge) -> Levels | None:
    """Return the levels that name and value of a finding tell; (0, 0) for "0/10".

    What the finding is called anyway ("severe weakness") grades nothing.
    """
    told = f"{finding.name} {finding.value if isinstance(finding.value, str) else ''}".replace("_", " ")
    graded = knowledge.severities.get(definition.code)
    if graded is not None and graded.scale is not None:
        levels = scaled(told, graded.scale)
        if levels is not None:
            return levels
    own = f"{definition.code} {definition.name}".replace("_", " ")
    return None if grade_of(own) else grade_of(told)


def degree(finding: Finding, levels: Levels | None) -> float | None:
    """Return the strength of a finding, soft where it was called no more than mild."""
    return SLIGHTLY if finding.strength is None and levels == MILD else finding.strength


def lab_word(value: float | str | None) -> LabWord | None:
    """Return which way a worded blood result lies, or None for a number or other words."""
    if not isinstance(value, str) or any(character.isdigit() for character in value):
        return None
    return next((LAB_WORDS[token] for token in words(value) if token in LAB_WORDS), None)


def direction(
    value: float | str | None, word: LabWord | None, states: Mapping[str, str | None]
) -> LabWord | None:
    """Return which way a worded result lies; "abnormal" only where the test has one way to be so.

    ``states`` holds what a low and a high value mean. An abnormal kidney function is a low one, an
    abnormal potassium may be either.
    """
    if word is None or _UNDIRECTED.isdisjoint(words(str(value))):
        return word
    ways: list[LabWord] = [way for way in ("low", "high") if states.get(way)]
    return ways[0] if len(ways) == 1 else None


def vague(finding: Finding) -> bool:
    """Whether the value is a word that says there is some, and not how much: "much mg/day"."""
    plain = stems("yes y true present")
    return isinstance(finding.value, str) and key(finding.value) in YES - (
        plain if not finding.unit else set()
    )


def as_given(finding: Finding) -> str:
    """Name, value and unit as they stand in the case."""
    value = "" if finding.value is None else finding.value
    return f"{finding.name} {value} {finding.unit or ''}".strip()
