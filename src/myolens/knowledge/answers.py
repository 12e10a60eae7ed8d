"""What the words of an answer say: there or not, how surely, which way a blood result lies."""

from __future__ import annotations

from myolens.case import Finding
from myolens.knowledge.text import key, words
from myolens.knowledge.wording import LAB_WORDS, NO, NOT_KNOWN, SLIGHT, LabWord

SLIGHTLY = 2.5
"""Log likelihood ratio of something called mild or slight: about one in twelve has what others would
call normal (project estimate). It still counts as a fact where urgency is decided."""


def presence(finding: Finding) -> bool | None:
    """Return what the field `present` and a worded value say together."""
    if isinstance(finding.value, str):
        word = key(finding.value)
        if word in NOT_KNOWN:
            return None
        if word in NO:
            return finding.present is False
    return finding.present


def degree(finding: Finding) -> float | None:
    """Return the strength of a finding, soft where it was called slight."""
    told = set(words(finding.name)) | set(words(finding.value) if isinstance(finding.value, str) else ())
    return SLIGHTLY if finding.strength is None and told & SLIGHT else finding.strength


def lab_word(value: float | str | None) -> LabWord | None:
    """Return which way a worded blood result lies, or None for a number or other words."""
    if not isinstance(value, str) or any(character.isdigit() for character in value):
        return None
    return next((LAB_WORDS[token] for token in words(value) if token in LAB_WORDS), None)
