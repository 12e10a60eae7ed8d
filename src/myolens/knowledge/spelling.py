"""How alike two words are: slips of the hand, the same sound, the same trunk, runs of three letters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_SOUNDS = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        ("ph", "f"), ("[td]h", "t"), ("rh", "r"), ("sc(?=[eiy])|c(?=[eiy])", "s"), ("qu|ck|[cqk]h?", "k"),
        ("x", "ks"), ("z", "s"), ("dg|j(?=[aeiouy])|g(?=[eiy])", "g"), ("y", "i"), ("ee|ea|ei|ie", "i"),
        ("ou|oo|au|ow", "u"), ("(?<![kgs])h", ""), (r"(.)\1", r"\1"),
    )
)  # fmt: skip
"""Letters that sound alike in English and the Romance and Germanic forms of Greek and Latin words."""

_ENDINGS = re.compile(
    r"(?:ing|ive|edly|ed|ness|iness|ity|ily|ly|ation|ion|ions|al|ic|ical|ous|y|er|ers|or|ment|ful|e|es|en|ism)$"
)


@lru_cache(maxsize=20_000)
def sound(word: str) -> str:
    """Return a word roughly as it sounds: "disfajia" and "dysphagia" are the same."""
    for pattern, replacement in _SOUNDS:
        word = pattern.sub(replacement, word)
    return word


@lru_cache(maxsize=20_000)
def trunk(word: str) -> str:
    """Return a word without its ending, so that "twitchy" and "twitching" are the same."""
    for _ in range(2):  # "worrying", "worry"
        short = _ENDINGS.sub("", word)
        if len(short) < 4:
            break
        word = short
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "ls" else word


@lru_cache(maxsize=20_000)
def trigrams(text: str) -> frozenset[str]:
    """Return the runs of three letters of a text, its beginning and end among them."""
    padded = f"  {text} "
    return frozenset(padded[i : i + 3] for i in range(len(padded) - 2))


def respelt(word: str, known: Iterable[str], *, most: int = 2) -> str:
    """Return the one known word that a word is a slip of, or the word itself.

    One letter may differ; two in a word of nine letters or more that sounds nearly the same; or any
    if it sounds the same. `known` are the known words that begin with the same sound.
    """
    if len(word) < 5 or not word.isalpha():
        return word
    heard = sound(word)
    distances: dict[str, int] = {}
    for other in known:
        if len(other) < 4 or abs(len(other) - len(word)) > 2:
            continue
        distance = slips(word, other, most if len(word) > 8 else 1)
        if heard == sound(other):
            distance = min(distance, 1)
        elif distance > 1 and (distance > most or slips(heard, sound(other), 1) > 1):
            continue
        distances[other] = distance
    least = min(distances.values(), default=most + 1)
    near = [other for other, distance in distances.items() if distance == least]
    return near[0] if least <= most and len(near) == 1 else word


def slips(first: str, second: str, most: int) -> int:
    """Return how many letters must be added, dropped, changed or swapped; `most` + 1 if more.

    The restricted Damerau-Levenshtein distance.
    """
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, start=1):
        current = [i]
        for j, b in enumerate(second, start=1):
            cost = min(row[j] + 1, current[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == second[j - 2] and first[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        if min(current) > most:
            return most + 1
        before, row = row, current
    return row[-1]
