"""How alike two names are: slips of the hand, runs of three letters, words in common."""

from __future__ import annotations

from functools import lru_cache

SAME_WORD = 0.6
"""Names with this share of runs of three letters in common are taken for slips of each other."""


def shared_words(first: frozenset[str], second: frozenset[str]) -> float:
    """Return how many words two names have in common; words with the same beginning count as one."""
    return sum(any(a == b or (len(a) > 5 and len(b) > 5 and a[:6] == b[:6]) for b in second) for a in first)


def likeness(first: str, second: str) -> float:
    """Return the Dice coefficient of the runs of three letters: 1 for the same, 0 for nothing in common."""
    a, b = _trigrams(first), _trigrams(second)
    return 2 * len(a & b) / (len(a) + len(b)) if a or b else 0.0


@lru_cache(maxsize=20_000)
def _trigrams(text: str) -> frozenset[str]:
    padded = f"  {text} "
    return frozenset(padded[i : i + 3] for i in range(len(padded) - 2))


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
