"""How hard a text is to read: the Flesch–Kincaid grade and what else plain language forbids.

Kincaid JP and others. Derivation of new readability formulas for Navy enlisted personnel. Research
Branch Report 8-75, 1975: grade = 0.39 words/sentence + 11.8 syllables/word − 15.59; a reader of
twelve is in grade 6 to 7.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST_SENTENCE = 25
"""Words; GOV.UK content design splits longer ones."""

FORBIDDEN = (
    *("ruled out", "nothing to worry", "no need to worry", "don't worry", "do not worry", "you are fine"),
    *("you do not have", "you don't have", "completely harmless", "certainly harmless", "all clear"),
    *("100 %", "0 of 100", "never serious", "cannot be serious", "excluded for certain"),
    *("deadly", "ominous", "fatal", "lethal", "terminal", "alarming", "catastroph", "sinister", "horrible"),
    *("devastating", "incurable", "terrifying", "time bomb", "doomed"),
)
"""Absolute reassurance and alarm words (rule 6 of the wording rules)."""

_CODE = re.compile(r"\b[a-z0-9]+_[a-z0-9_]+\b|[{}]|\bnan\b")
_DOUBLED = re.compile(r"\.\.|,,|;;|::|[?!:;,]\.|\.[,;:]|\s[.,;:?!]|\(\s|\s\)|\(\)|  ")
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")


def sentences(text: str) -> list[str]:
    """Split at full stops, question marks, exclamation marks, colons and semicolons."""
    plain = re.sub(r"\b(?:e\.g|i\.e|vs|Dr|approx)\.", lambda m: m[0].replace(".", ""), text)
    return [part for part in re.split(r"(?<=[.!?;:])\s+", plain) if _WORD.search(part)]


def words(text: str) -> list[str]:
    return _WORD.findall(text)


def syllables(word: str) -> int:
    """Vowel groups, a silent e and -ed apart."""
    total = 0
    for part in re.split(r"[-'’]", word.lower()):
        if not part:
            continue
        stem = re.sub(r"(?<=[^aeiouyl])e$|(?<=[^aeiouytd])ed$|(?<=[^aeiouysxzhcg])es$", "", part)
        total += max(1, len(re.findall(r"[aeiouy]+", stem)))
    return max(1, total)


def grade(texts: Iterable[str], *, glossary: frozenset[str] = frozenset()) -> float:
    """Flesch–Kincaid grade; words of the glossary count for length, not for syllables."""
    parts = [sentence for text in texts for sentence in sentences(text)]
    every = [word for part in parts for word in words(part)]
    rated = [syllables(word) for word in every if word.lower() not in glossary]
    if not parts or not rated:
        return 0.0
    return 0.39 * len(every) / len(parts) + 11.8 * sum(rated) / len(rated) - 15.59


def faults(text: str) -> list[str]:
    """Return what is wrong with a text whatever its grade."""
    found = [f"code {match!r}" for match in _CODE.findall(text)]
    found += [f"punctuation {match!r}" for match in _DOUBLED.findall(text)]
    low = f" {text.lower()} "
    found += [f"wording {phrase!r}" for phrase in FORBIDDEN if re.search(rf"\b{re.escape(phrase)}", low)]
    for sentence in sentences(text):
        if (count := len(words(sentence))) > LONGEST_SENTENCE:
            found.append(f"sentence of {count} words")
    return found
