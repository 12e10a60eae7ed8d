"""From a name as people write it to codes: exact words, word order, sites, modifiers, small slips.

The lexicon is built once per knowledge base. It knows names only; values, units and
what follows from a finding are the business of `myolens.knowledge.vocabulary`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

from myolens.knowledge.circumstances import Circumstances
from myolens.knowledge.durations import number_from
from myolens.knowledge.meaning import Meaning
from myolens.knowledge.model import FindingDefinition, Knowledge
from myolens.knowledge.neighbours import Neighbours, inverted
from myolens.knowledge.spelling import respelt, sound
from myolens.knowledge.text import bag, key, stem, words
from myolens.knowledge.wording import (
    ARTICLES,
    BARE_FAMILY,
    DEGREES,
    EMPTY,
    FAMILY_HISTORY,
    GRADES,
    HIGH,
    LAB_NOISE,
    LOW,
    MEDICINE_NOISE,
    MODIFIERS,
    MOTIONS,
    NEGATIONS,
    OFTEN,
    ONCE,
    PATHS,
    SIDES,
    UNABLE,
    WEAKNESS_MODIFIERS,
    modifiers,
    sense,
    special_cases,
)

Words = tuple[str, ...]
_VERTEBRA = re.compile(r"[ctls]\d\d?")


@dataclass
class Lexicon:
    """Every name of one knowledge base, ready to be looked up."""

    knowledge: Knowledge
    findings: dict[str, str] = field(default_factory=dict)
    family_findings: dict[str, str] = field(default_factory=dict)
    opposites: dict[str, str] = field(default_factory=dict)
    bags: dict[Words, str] = field(default_factory=dict)
    labs: dict[str, str] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)
    medicines: dict[str, str] = field(default_factory=dict)
    sites: dict[Words, str] = field(default_factory=dict)
    family_words: dict[Words, str] = field(default_factory=dict)
    at_site: dict[tuple[str, str], str] = field(default_factory=dict)
    known_words: frozenset[str] = frozenset()
    special: set[str] = field(default_factory=set)
    runs: dict[Words, str] = field(default_factory=dict)
    senses: dict[frozenset[str], set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        knowledge = self.knowledge
        self.circumstances = Circumstances(knowledge)
        for definition in knowledge.findings.values():
            self._learn(definition)
        for lab in knowledge.labs.values():
            for name in (lab.code, lab.name, *lab.synonyms):
                self.labs.setdefault(key(name), lab.code)
        for medicine in knowledge.medicines.values():
            for name in (medicine.code, medicine.name, *medicine.synonyms):
                self.medicines.setdefault(key(name), medicine.code)
        for site in knowledge.sites.values():
            for name in (site.code, site.name, *site.synonyms):
                self.sites.setdefault(words(name), site.code)
        for family in knowledge.families.values():
            for name in family.words:
                self.family_words.setdefault(words(name), family.code)
        tables: tuple[Iterable[str], ...] = (self.findings, self.opposites, self.labs, self.medicines)
        spoken = {word for table in tables for name in table for word in name.split()}
        spoken |= {word for run in (*self.sites, *self.family_words) for word in run}
        self.runs = {tuple(name.split()): code for name, code in self.findings.items() if len(name) > 3}
        self.known_words = frozenset(spoken | set(MODIFIERS) | set(SIDES) | NEGATIONS | EMPTY)

    def _learn(self, definition: FindingDefinition) -> None:
        table = self.family_findings if definition.kind == "family" else self.findings
        for name in definition.every_name:
            table.setdefault(key(name), definition.code)
            if definition.kind != "family":
                if not set(bag(words(name))) <= LOW | HIGH | EMPTY:  # of "reduced feeling" that is "reduced"
                    self.bags.setdefault(bag(words(name)), definition.code)
                self.senses.setdefault(sense(words(name)), set()).add(definition.code)
        self.special |= {
            key(name)
            for name in (
                *definition.narrower,
                *special_cases(definition.code, definition.synonyms, definition.every_name),
            )
        }
        for name in definition.opposites:
            self.opposites.setdefault(key(name), definition.code)
            self.senses.setdefault(sense(words(name)), set()).add("")  # so that it is not taken for presence
        for name in definition.result_of:
            self.results.setdefault(key(name), definition.code)
        if definition.family and definition.site:
            self.at_site.setdefault((definition.family, definition.site), definition.code)

    def finding(self, name: str, *, kind: str | None = None) -> Meaning | None:
        """Return what a name of a finding means, or None if it is not understood."""
        text = " ".join(words(name))
        raw = re.sub(r"[_\-]+", " ", name.lower()).strip()
        of_relative = " ".join(words(FAMILY_HISTORY.sub("", raw)))
        if kind in ("family_history", "family") and stem(raw.partition(" ")[0]) not in NEGATIONS:
            return self._in_family(text) or self._in_family(of_relative)
        first, _, rest = raw.partition(" ")
        if stem(first) in NEGATIONS and FAMILY_HISTORY.search(rest):
            if BARE_FAMILY.fullmatch(rest):  # nobody in the family has anything
                return Meaning(tuple((code, False) for code in dict.fromkeys(self.family_findings.values())))
            return denied.negated() if (denied := self.finding(rest)) else None
        if FAMILY_HISTORY.search(raw) and key(name) not in self.findings:
            return self._in_family(of_relative)
        tokens = words(name)
        reads = (self._plain, self._changed, self._likewise, self._both, self._repaired, self._within)
        meaning = next((each for read in reads if (each := self._able(read(tokens), tokens))), None)
        if meaning is None:
            return None
        whole = " ".join(tokens[1:]) if tokens[0] in NEGATIONS else text
        graded = not DEGREES.isdisjoint(tokens) and whole not in self.findings
        return self._once(replace(meaning, special=meaning.special or graded), frozenset(raw.split()), kind)

    def _able(self, meaning: Meaning | None, tokens: Words) -> Meaning | None:
        """Refuse to read an activity that has become hard ("trouble climbing") as one that is done."""
        text = " ".join(tokens)
        if not meaning or text in self.findings or (UNABLE.isdisjoint(tokens) and "hard to" not in text):
            return meaning
        kinds = {self.knowledge.findings[code].kind for code, _ in meaning.findings}
        return None if kinds <= {"habit", "exposure"} else meaning

    def _once(self, meaning: Meaning, told: frozenset[str], kind: str | None) -> Meaning:
        """Tell one event ("a minor fall", or a fall in the history) from a complaint that comes again."""
        if told & OFTEN or not (told & ONCE or kind in ("history", "exposure")):
            return meaning
        single = ((self.knowledge.findings[code].single or code, there) for code, there in meaning.findings)
        return replace(meaning, findings=tuple(single))

    def _in_family(self, text: str) -> Meaning | None:
        table = self.family_findings
        wanted = set(bag(tuple(text.split()))) - EMPTY
        alike = (
            code
            for name, code in table.items()
            if wanted and wanted == set(bag(tuple(name.split()))) - EMPTY - {"family"}
        )
        code = table.get(text) or table.get(f"family history of {text}") or next(alike, None)
        return Meaning(((code, True),)) if code else None

    def _plain(self, tokens: Words) -> Meaning | None:
        if not tokens:
            return None
        text = " ".join(tokens)
        if code := self.findings.get(text):
            return Meaning(((code, True),), special=text in self.special)
        if code := self.opposites.get(text):
            return Meaning(((code, False),))
        if tokens[0] in NEGATIONS and len(tokens) > 1:
            rest = tokens[2:] if tokens[1] in ("of", "any") else tokens[1:]
            inner = self._normal(rest) if tokens[0] == "normal" else self._plain(rest)
            if inner:
                return inner.negated()
        if tokens[-1] in ("absent", "negative", "normal", "denied") and len(tokens) > 1:
            inner = self._normal(tokens[:-1]) if tokens[-1] == "normal" else self._plain(tokens[:-1])
            if inner:
                return inner.negated()
        if (code := self.bags.get(bag(tokens))) and bag(tokens):
            return Meaning(((code, True),))
        return (
            self._direction(tokens) or self._sided(tokens) or self._modified(tokens) or self._composed(tokens)
        )

    def _normal(self, tokens: Words) -> Meaning | None:
        """Return what "abnormal ..." would mean, for a name that begins with "normal"."""
        code = self.results.get(" ".join(tokens)) or self.findings.get(" ".join(("abnormal", *tokens)))
        if code:
            return Meaning(((code, True),))
        lab = self.knowledge.labs.get(self.labs.get(" ".join(tokens), ""))
        states = [code for code in (lab.low_finding, lab.high_finding) if code] if lab else []
        return Meaning(tuple((code, True) for code in states)) if states else None

    def _both(self, tokens: Words) -> Meaning | None:
        """Read two names in one: "nausea and vomiting", "twitching worse with stress"."""
        for cut in range(len(tokens) - 1, 0, -1):
            first = self._named(tokens[:cut])
            joined = tokens[cut] in ("and", "with", "or", "after", "from", "following")
            second = self._named(tokens[cut + 1 :] if joined else tokens[cut:])
            if first and second:
                return Meaning((*first, *second), special=tokens[cut] not in ("and", "or"))
        return None

    def _changed(self, tokens: Words) -> Meaning | None:
        """Read what makes a complaint better or worse: "cramps relieved by rest", "better without coffee"."""
        for complaint, effect, circumstance in self.circumstances.split(tokens):
            named = self._named(complaint) if complaint else ()
            if bool(named) == bool(complaint):
                families = {self._family_of(code) for code, _ in named}
                if codes := self.circumstances.codes(circumstance, effect, families):
                    beside = () if any(codes.values()) else named
                    return Meaning((*beside, *((code, True) for code in codes)), special=True)
        return None

    def _likewise(self, tokens: Words) -> Meaning | None:
        """Read a name whose words are those of one known name but for endings or words of the same sense."""
        if len(tokens) > 1 and tokens[0] in NEGATIONS and sense(tokens) not in self.senses:
            inner = self._likewise(tokens[1:])
            return inner.negated() if inner else None
        codes = self.senses.get(sense(tokens), set())
        return Meaning(((next(iter(codes)), True),), special=True) if len(codes) == 1 else None

    def _named(self, tokens: Words) -> tuple[tuple[str, bool], ...]:
        text = " ".join(tokens)
        if code := self.findings.get(text) or self.bags.get(bag(tokens) or ("",)):
            counted = self.knowledge.findings[code].answer == "number"  # says nothing without its number
            return () if counted else ((code, True),)
        if code := self.opposites.get(text):
            return ((code, False),)
        composed = self._composed(tokens)
        return composed.findings if composed else ()

    def _direction(self, tokens: Words) -> Meaning | None:
        """Read "elevated CK" or "magnesium deficiency"."""
        rest = tuple(
            t for t in tokens if t not in LOW | HIGH and t not in ("serum", "level", "blood", "plasma")
        )
        lab = self.knowledge.labs.get(self.labs.get(" ".join(rest), "")) if len(rest) < len(tokens) else None
        if lab is None:
            return None
        low, high = any(t in LOW for t in tokens), any(t in HIGH for t in tokens)
        code = lab.low_finding if low and not high else lab.high_finding if high and not low else None
        return Meaning(((code, True),)) if code else None

    def _sided(self, tokens: Words) -> Meaning | None:
        sides = [SIDES[token] for token in tokens if token in SIDES]
        if not sides:
            return None
        rest = tuple(t for t in tokens if t not in SIDES and t not in ("side", "sided"))
        meaning = self._plain(rest)
        if meaning is None:
            return None
        return replace(meaning, side=sides[0] if len(set(sides)) == 1 else None)

    def _modified(self, tokens: Words) -> Meaning | None:
        """Read an adjective that adds a finding, or words that change nothing."""
        extra = modifiers(tokens)
        if extra and (meaning := self._plain(tuple(t for t in tokens if t not in MODIFIERS))):
            if any(self._family_of(code) == "weakness" for code, _ in meaning.findings):
                extra += [WEAKNESS_MODIFIERS[code] for code in extra if code in WEAKNESS_MODIFIERS]
            findings = (*meaning.findings, *((code, True) for code in extra))
            return replace(meaning, findings=findings, special=True)
        rest = tuple(t for t in tokens if t not in EMPTY and t not in ARTICLES)
        return self._plain(rest) if rest and len(rest) < len(tokens) else None

    def _family_of(self, code: str) -> str | None:
        return self.knowledge.findings[code].family

    def _composed(self, tokens: Words) -> Meaning | None:
        """Read a site beside a family word: "deltoid fasciculations", "weakness of both hands"."""
        family, rest = self.take(tokens, self.family_words)
        if family is None:
            return None
        rest = tuple(t for t in rest if t not in ARTICLES | EMPTY | GRADES | MOTIONS | PATHS)
        sites: list[str] = []
        families = [family]
        while rest:
            site, after = self.take(rest, self.sites)
            if site is None:
                second, after = self.take(rest, self.family_words)
                if second is None:
                    return None
                families.append(second)
                rest = after
                continue
            sites.append(site)
            rest = after
        known = self.knowledge.families
        codes = [known[each].general for each in families if not sites]
        codes += [code for each in families for site in sites for code in self.for_site(each, site)]
        findings = tuple((code, True) for code in dict.fromkeys(codes))
        return Meaning(findings, sites[0] if sites else None)

    def for_site(self, family: str, site: str) -> tuple[str, ...]:
        """Return the findings of a family at the nearest site that has one, from small to large parts."""
        definition = self.knowledge.families[family]
        here: str | None = site
        while here is not None:
            if code := self.at_site.get((family, here)):
                return (code,)
            if definition.related and (code := self.at_site.get((definition.related, here))):
                return (code, definition.general)
            here = self.knowledge.sites[here].parent
        return (definition.general,)

    def site_of(self, text: str) -> tuple[str | None, str | None]:
        """Return the site and the side that a free description of a place names."""
        tokens = words(text)
        site, _ = self.take(tuple(t for t in tokens if t not in SIDES), self.sites)
        return site, next((SIDES[token] for token in tokens if token in SIDES), None)

    @staticmethod
    def take(tokens: Words, table: dict[Words, str]) -> tuple[str | None, Words]:
        """Take the longest run of words found in a table out of the tokens; of equals the first."""
        for length in range(min(len(tokens), 5), 0, -1):
            for start in range(len(tokens) - length + 1):
                if value := table.get(tokens[start : start + length]):
                    return value, tokens[:start] + tokens[start + length :]
        return None, tokens

    def _within(self, tokens: Words) -> Meaning | None:
        """Read a known name with a grade, a place or a time around it ("armpit radiotherapy")."""
        code, rest = self.take(tokens, self.runs)
        site, _ = self.take(rest, self.sites)
        free = GRADES | EMPTY | ARTICLES | DEGREES | SIDES.keys()
        free |= {word for run in self.sites for word in run} if site else set()
        rest = tuple(t for t in rest if t not in free and number_from(t) is None)
        if code is None or not all(_VERTEBRA.fullmatch(token) for token in rest):
            return None
        return Meaning(((code, True),), site, special=True)

    def _repaired(self, tokens: Words) -> Meaning | None:
        """Read a name again with each unknown word replaced by the one known word a slip away."""
        for fixed in (self._rejoined(tokens), self._respelt(tokens)):
            if fixed != tokens and (meaning := self._plain(fixed)):
                return meaning
        return None

    def _rejoined(self, tokens: Words) -> Words:
        """Write as one word, or as two, what is known so: "black out", "footdrop"."""
        for at, word in enumerate(tokens):
            if tokens[at + 1 :] and word + tokens[at + 1] in self.known_words:
                return (*tokens[:at], word + tokens[at + 1], *tokens[at + 2 :])
            if word not in self.known_words:
                for cut in range(3, len(word) - 2):
                    if {word[:cut], word[cut:]} <= self.known_words:
                        return (*tokens[:at], word[:cut], word[cut:], *tokens[at + 1 :])
        return tokens

    def _respelt(self, tokens: Words, *, most: int = 2) -> Words:
        """Replace each unknown word by the one known word it is a slip of."""
        heard, known = self._heard, self.known_words
        return tuple(w if w in known else respelt(w, heard.get(sound(w)[:1], ()), most=most) for w in tokens)

    @cached_property
    def _heard(self) -> dict[str, list[str]]:
        return inverted((word, sound(word)[:1]) for word in self.known_words)

    def medicine(self, name: str) -> str | None:
        """Return the code of a medicine named with or without dose and form, or None."""
        tokens = words(name)
        if code := self.medicines.get(" ".join(tokens)):
            return code
        rest = tuple(t for t in tokens if t not in MEDICINE_NOISE and not t[0].isdigit())
        for length in range(min(len(rest), 4), 0, -1):
            for start in range(len(rest) - length + 1):
                if code := self.medicines.get(" ".join(rest[start : start + length])):
                    return code
        return self.medicines.get(" ".join(self._respelt(rest, most=1)))

    def lab(self, name: str) -> str | None:
        """Return the code of a laboratory test, or None."""
        tokens = words(name)
        rest = tuple(token for token in tokens if token not in LAB_NOISE)
        known = (self.labs.get(" ".join(read)) for read in (tokens, rest, self._respelt(rest, most=1)))
        return next((code for code in known if code), None)

    @cached_property
    def neighbours(self) -> Neighbours:
        """What finds the nearest codes of a name that was not understood."""
        return Neighbours(self.knowledge)


_LEXICONS: dict[int, Lexicon] = {}


def lexicon(knowledge: Knowledge) -> Lexicon:
    """Return the lexicon of a knowledge base, built at the first call."""
    held = _LEXICONS.get(id(knowledge))
    if held is None or held.knowledge is not knowledge:
        if len(_LEXICONS) > 4:
            _LEXICONS.clear()
        held = _LEXICONS[id(knowledge)] = Lexicon(knowledge)
    return held
