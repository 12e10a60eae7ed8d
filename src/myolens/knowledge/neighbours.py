"""The codes nearest to a name that was not understood: by spelling, by words, by what the words mean.

Nothing found here enters an assessment; it is offered to the person. Built at the first
name that needs it.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

from myolens.knowledge.durations import number_from
from myolens.knowledge.model import Knowledge
from myolens.knowledge.spelling import sound, trigrams, trunk
from myolens.knowledge.text import FILLER, stem, words
from myolens.knowledge.wording import ARTICLES, COMMON, EMPTY, NEUTRAL

SAME_TRUNK, SAME_CONCEPT, SOUNDS_ALIKE = 0.9, 0.75, 0.9
"""How much of a word is met by one of the same trunk, of the same meaning, or of the same sound."""
LEAST_ALIKE, LEAST_ALIKE_MEDICINE = 0.42, 0.65
"""Share of runs of three letters below which two words are not taken for slips of one another; names
of medicines are coined alike and need more."""
LIGHT = 0.25
"""Weight of words that say little, such as "trouble" or "left", beside others."""
FROM_TEXT = 0.35
"""How much the definition and the question add to what the names of a finding give."""
LEAST, CLOSE = 0.15, 0.52
"""Scores (0 to 1) from which a code is listed, and from which it may well be meant. These and the
weights above were set on the names of `tests/knowledge/names.yaml`."""

_LIGHT_WORDS = COMMON | EMPTY | NEUTRAL | {stem(word) for word in FILLER}
_SHORT_ROOT = 4
"""A part of a word this short counts only beside another part ("my-" in "myalgia", not in "mystery")."""

T = TypeVar("T")
Kinds = tuple[Literal["finding", "lab", "medicine", "family", "site"], ...]

_Reading = list[tuple[float, dict[str, float]]]
"""Each unit of a name: its weight, and the units of the vocabulary it may stand for, with how well."""


@dataclass(frozen=True)
class Nearest:
    """The nearest codes, best first, and whether the best may well be meant."""

    codes: tuple[str, ...]
    close: bool = True


@dataclass(frozen=True)
class _Entry:
    """One code with the units of each of its names, and the words of its explanation."""

    kind: str
    code: str
    names: tuple[tuple[str, ...], ...]
    text: frozenset[str]


class Neighbours:
    """Every name of a knowledge base, taken apart so that distant relatives can be found."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.concepts: dict[str, set[str]] = defaultdict(set)
        self.phrases: set[tuple[str, ...]] = set()
        self.roots: dict[str, set[str]] = defaultdict(set)
        for concept in knowledge.concepts.values():
            for name in concept.words:
                parts = words(name)
                self.concepts[" ".join(parts)].add(concept.code)
                self.phrases |= {parts} if len(parts) > 1 else set()
            for root in concept.roots:
                plain = root.strip("-")
                self.roots[root.replace(plain, stem(plain))].add(concept.code)
        self.implied = Counter(code for f in knowledge.findings.values() for code in f.implies)
        self.entries = list(self._entries())
        self.weights = self._rarities()
        self._names = [(at, name) for at, entry in enumerate(self.entries) for name in entry.names]
        self._names_with = inverted((at, units) for at, (_, units) in enumerate(self._names))
        self._texts_with = inverted((at, entry.text) for at, entry in enumerate(self.entries))
        self._by_trunk = inverted((unit, (trunk(unit),)) for unit in self.weights)
        self._by_concept = inverted((unit, self._meant(unit)) for unit in self.weights)
        self._by_letters = inverted((unit, trigrams(sound(unit))) for unit in self.weights)

    def _entries(self) -> Iterator[_Entry]:
        for finding in self.knowledge.findings.values():
            kind = finding.kind if finding.kind in ("family", "medicine", "lab") else "finding"
            text = frozenset(self._units(f"{finding.definition} {finding.ask} {finding.why_ask}"))
            yield _Entry(kind, finding.code, self._named(finding.every_name), text)
        for lab in self.knowledge.labs.values():
            yield _Entry("lab", lab.code, self._named((lab.code, lab.name, *lab.synonyms)), frozenset())
        for site in self.knowledge.sites.values():
            yield _Entry("site", site.code, self._named((site.code, site.name, *site.synonyms)), frozenset())

    def _named(self, names: Iterable[str]) -> tuple[tuple[str, ...], ...]:
        return tuple(dict.fromkeys(self._units(name) for name in names))

    def _units(self, text: str) -> tuple[str, ...]:
        """Split a text into words and the runs of words that belong together, without empty ones."""
        tokens = words(text)
        units: list[str] = []
        at = 0
        while at < len(tokens):
            length = next((n for n in range(4, 1, -1) if tokens[at : at + n] in self.phrases), 1)
            if (unit := " ".join(tokens[at : at + length])) not in ARTICLES:
                units.append(unit)
            at += length
        return tuple(dict.fromkeys(units)) or tokens

    def _rarities(self) -> dict[str, float]:
        """Weigh each unit by how few codes have it in a name (inverse document frequency)."""
        held = Counter(unit for entry in self.entries for unit in {u for name in entry.names for u in name})
        whole = math.log(len(self.entries) + 1)
        return {
            unit: _lightness(unit) * math.log((len(self.entries) + 1) / count) / whole
            for unit, count in held.items()
        }

    def _meant(self, unit: str) -> set[str]:
        return self.concepts.get(unit) or self.concepts.get(trunk(unit), set())

    def _alike(self, unit: str) -> dict[str, float]:
        """Return the units of the vocabulary that a unit may stand for, each with how well it does."""
        found: dict[str, float] = {}
        for near in self._letters(unit):
            found[near] = SOUNDS_ALIKE * _dice(trigrams(sound(unit)), trigrams(sound(near)))
        for concept in self._meant(unit):
            for near in self._by_concept.get(concept, ()):
                found[near] = max(found.get(near, 0.0), SAME_CONCEPT)
        for near in self._by_trunk.get(trunk(unit), ()):
            found[near] = max(found.get(near, 0.0), SAME_TRUNK)
        if unit in self.weights:
            found[unit] = 1.0
        return found

    def _letters(self, unit: str) -> list[str]:
        runs = trigrams(sound(unit))
        shared = Counter(near for run in runs for near in self._by_letters.get(run, ()))
        return [
            near
            for near, count in shared.items()
            if len(unit) > 3 and 2 * count >= LEAST_ALIKE * (len(runs) + len(trigrams(sound(near))))
        ]

    def _readings(self, name: str) -> list[_Reading]:
        """Return the name as its words, and with unknown words taken apart into roots."""
        units = self._units(name)
        plain = [(self._weight(unit), self._alike(unit)) for unit in units]
        apart: _Reading = []
        for unit, read in zip(units, plain, strict=True):
            parts = self._parts(unit) if unit not in self.weights else []
            for concepts in parts:
                near = {n: SAME_CONCEPT for c in concepts for n in self._by_concept.get(c, ())}
                apart.append((read[0], near))
            apart += [] if parts else [read]
        return [plain] if apart == plain else [plain, apart]

    def _weight(self, unit: str) -> float:
        return self.weights.get(unit, _lightness(unit))

    def _parts(self, word: str) -> list[set[str]]:
        """Take a word of Greek or Latin apart: "cephalalgia" is head and pain."""
        lengths = range(len(word) - 1, 1, -1)
        front = next((n for n in lengths if f"{word[:n]}-" in self.roots), 0)
        back = next((n for n in lengths if f"-{word[-n:]}" in self.roots), 0)
        parts = {front: f"{word[:front]}-", back: f"-{word[-back:]}"}
        if front and back and front + back <= len(word) + 1:
            return [self.roots[f"{word[:front]}-"], self.roots[f"-{word[-back:]}"]]
        longest = max(front, back)
        return [self.roots[parts[longest]]] if longest > _SHORT_ROOT else []

    def nearest(self, name: str, *, kinds: Kinds, about: str | None = None, count: int = 3) -> Nearest:
        """Return the codes nearest to a name, best first; never none.

        Parameters
        ----------
        name : str
        kinds : tuple of {'finding', 'lab', 'medicine', 'family', 'site'}
            Where to look.
        about : str, optional
            The kind of finding the writer meant ("sign", "history"); the most general ones of
            it are given where nothing is near.
        count : int
            At most so many codes.
        """
        readings = self._readings(name)
        scores = self._scores(readings, kinds)
        if "medicine" in kinds:
            scores |= self._medicines(name)
        close = max(scores.values(), default=0.0) >= CLOSE
        if not close:
            scores = self._scores([_certain(reading) for reading in readings], kinds)
        best = sorted(scores, key=lambda code: (-round(scores[code], 2), -self.implied[code], code))[:count]
        return Nearest(tuple(best) or self._general(kinds, about)[:count], close)

    def _scores(self, readings: list[_Reading], kinds: Kinds) -> dict[str, float]:
        scores: dict[str, float] = {}
        for reading in readings:
            for code, score in self._scored(reading, kinds):
                if score >= max(LEAST, scores.get(code, 0.0)):
                    scores[code] = score
        return scores

    def _scored(self, reading: _Reading, kinds: Kinds) -> Iterator[tuple[str, float]]:
        """Score each code by its name most like what was written, in both directions; then by its text."""
        asked = sum(weight for weight, _ in reading)
        if not asked:
            return
        best: dict[int, float] = defaultdict(float)
        for name in {held for _, near in reading for unit in near for held in self._names_with.get(unit, ())}:
            owner, units = self._names[name]
            met = sum(
                weight * max((near.get(u, 0.0) for u in units), default=0.0) for weight, near in reading
            )
            given = sum(self.weights[u] for u in units)
            back = sum(self.weights[u] * max(near.get(u, 0.0) for _, near in reading) for u in units)
            covered, told = met / asked, back / given if given else 0.0
            if covered + told > 0:
                best[owner] = max(best[owner], 2 * covered * told / (covered + told))
        explained = {held for _, near in reading for unit in near for held in self._texts_with.get(unit, ())}
        for at in explained | best.keys():
            entry = self.entries[at]
            if entry.kind in kinds:
                text = sum(
                    w * max((near[u] for u in near.keys() & entry.text), default=0.0) for w, near in reading
                )
                yield entry.code, best[at] + FROM_TEXT * text / asked * (1 - best[at])

    def _medicines(self, name: str) -> dict[str, float]:
        """Return medicines spelt nearly the same; what they are for is told by their classes."""
        scores: dict[str, float] = {}
        written = [trigrams(sound(word)) for word in words(name) if len(word) > 4]
        for medicine in self.knowledge.medicines.values():
            names = [trigrams(sound(stem(n.lower()))) for n in (medicine.code, *medicine.synonyms)]
            alike = max((_dice(runs, known) for runs in written for known in names), default=0.0)
            if alike >= LEAST_ALIKE_MEDICINE:
                scores[medicine.code] = alike
        return scores

    def _general(self, kinds: Kinds, about: str | None) -> tuple[str, ...]:
        """Return the most general codes of a kind: those that most others imply, then the commonest."""
        if kinds in (("lab",), ("site",)):
            return tuple(self.knowledge.labs if kinds == ("lab",) else self.knowledge.sites)
        wanted = {"family"} if kinds == ("family",) else {"medicine"} if "finding" not in kinds else {about}
        held = [f for f in self.knowledge.findings.values() if f.kind in wanted]
        held = held or [f for f in self.knowledge.findings.values() if f.kind == "symptom"]
        return tuple(
            f.code for f in sorted(held, key=lambda f: (-self.implied[f.code], -f.leak.value, f.code))
        )


def inverted(keyed: Iterable[tuple[T, Iterable[str]]]) -> dict[str, list[T]]:
    """Return for each key the things that have it."""
    found: dict[str, list[T]] = defaultdict(list)
    for thing, keys in keyed:
        for each in keys:
            found[each].append(thing)
    return dict(found)


def _certain(reading: _Reading) -> _Reading:
    """Leave out what is alike in letters only, and small words, which bring absurd neighbours."""
    return [
        (weight, {unit: alike for unit, alike in near.items() if alike >= SAME_CONCEPT})
        for weight, near in reading
        if weight > LIGHT
    ]


def _lightness(unit: str) -> float:
    return LIGHT if unit in _LIGHT_WORDS or number_from(unit) is not None else 1.0


def _dice(first: frozenset[str], second: frozenset[str]) -> float:
    return 2 * len(first & second) / (len(first) + len(second)) if first or second else 0.0
