"""Findings proposed from free text, for the person to confirm; works offline, decides nothing.

Clauses are read from left to right. The longest run of words that names a finding is
taken; words before it in the same clause say whether it is denied, doubted, a
relative's or long past.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from myolens.case import Finding
from myolens.knowledge.context import Token, context
from myolens.knowledge.durations import days_from
from myolens.knowledge.everyday import TOO_SHORT, Clause, in_context, is_quality
from myolens.knowledge.fears import HEALTH_ANXIETY, fears
from myolens.knowledge.lexicon import Lexicon, lexicon
from myolens.knowledge.model import Knowledge
from myolens.knowledge.quantities import Quantity, quantity_from
from myolens.knowledge.text import words
from myolens.knowledge.vocabulary import DURATION
from myolens.knowledge.wording import ARTICLES, stems


@dataclass(frozen=True)
class Proposal:
    """A finding that a text seems to tell.

    Attributes
    ----------
    code, name : str
        The finding.
    present : bool or None
        False where the text denies it, None where it is doubted or asked.
    words : str
        The words of the text from which it was read.
    start, end : int
        Their place in the text.
    about : {'self', 'family'}
        A relative's finding is proposed as a family finding only where there is one.
    past : bool
        True where the text puts it in the past.
    value, unit : float or None, str or None
        A number in the base unit.
    medicine : str or None
        The medicine, where the text names one.
    """

    code: str
    name: str
    present: bool | None
    words: str
    start: int
    end: int
    about: Literal["self", "family"] = "self"
    past: bool = False
    value: float | None = None
    unit: str | None = None
    medicine: str | None = None

    @property
    def finding(self) -> Finding:
        """The proposal as a finding of a case, once it is confirmed."""
        kind = "family_history" if self.about == "family" else None
        name = self.medicine or self.code
        return Finding(name=name, present=self.present, value=self.value, unit=self.unit, kind=kind)


_CLAUSE = re.compile(
    r"[.!?;:\n]+|\b(?:but|however|although|though|except|whereas|while|unlike)\b", re.IGNORECASE
)
_RAW = re.compile(r"[A-Za-zÀ-ÿ0-9][A-Za-zÀ-ÿ0-9'’`/%-]*")
_PAST = (
    "used to", "as a child", "in the past", "years ago", "previously", "in childhood", "long ago",
    "as a teenager", "when i was young",
)  # fmt: skip
_LINKING = ARTICLES | stems(
    """left right muscle both keep start around be under just feel feels go goes become became look
    appear appeared seen noticed inside over above within each one my all"""
)
"""Words that may stand between a part of the body and what is wrong with it."""
_LONGEST = 9


def propose(text: str, knowledge: Knowledge, *, today: date | None = None) -> tuple[Proposal, ...]:
    """Return the findings a free text seems to tell, in the order of the text, each with its words.

    Parameters
    ----------
    text : str
        A person's own words.
    knowledge : Knowledge
    today : date, optional
        The day from which "since March" counts.
    """
    names = lexicon(knowledge)
    found: list[Proposal] = []
    for start, clause, asked in _clauses(text):
        found += _read_clause(clause, start, names, asked=asked)
        found += _numbers(clause, start, knowledge, today)
    return _unique(found)


def _clauses(text: str) -> list[tuple[int, str, bool]]:
    clauses, start = [], 0
    for match in _CLAUSE.finditer(text):
        clauses.append((start, text[start : match.start()], "?" in match[0]))
        start = match.end() if not match[0][0].isalpha() else match.start()
        if match[0][0].isalpha():
            start = match.end()
    clauses.append((start, text[start:], False))
    return [clause for clause in clauses if clause[1].strip()]


def _tokens(clause: str) -> list[Token]:
    tokens = []
    for match in _RAW.finditer(clause):
        raw = re.sub(r"['’`]", "", match[0].lower())
        for piece in re.finditer(r"[^\-/]+", raw):
            parts = words(piece[0])
            if parts:
                comma = clause[match.end() : match.end() + 1] in (",", "(", ")")
                tokens.append(Token(" ".join(parts), piece[0], match.start(), match.end(), comma))
    return tokens


def _read_clause(clause: str, offset: int, names: Lexicon, *, asked: bool) -> list[Proposal]:
    tokens = _tokens(clause)
    lowered = clause.lower()
    past = any(phrase in lowered for phrase in _PAST)
    found, taken = _fears(clause, offset, tokens, names, past=past, asked=asked)
    talk = Clause(clause)
    index = 0
    while index < len(tokens):
        step = 1
        for length in range(min(_LONGEST, len(tokens) - index), 0, -1):
            run = tokens[index : index + length]
            before = tokens[:index]
            if any(_over(run, place) for place in taken):
                continue
            read = _read_run(run, names) or _read_relative(run, before, names)
            if read and not _otherwise(read, run, tokens, talk, names):
                place = (offset + run[0].start, offset + run[-1].end)
                said = clause[run[0].start : run[-1].end]
                found += _proposals(read, before, names, said, place, past=past, asked=asked)
                step = length
                break
        index += step
    return found


def _over(run: list[Token], place: tuple[int, int]) -> bool:
    return run[0].start < place[1] and run[-1].end > place[0]


def _fears(
    clause: str, offset: int, tokens: list[Token], names: Lexicon, *, past: bool, asked: bool
) -> tuple[list[Proposal], tuple[tuple[int, int], ...]]:
    """Return a person's fear of a disease, and the places of diseases that are only feared or read about."""
    told, taken = fears(clause)
    found = []
    for fear in told:
        before = [token for token in tokens if token.end <= fear.word]
        denied, doubted, relative = context(before)
        if relative is None and HEALTH_ANXIETY in names.knowledge.findings:
            present = None if doubted or asked else fear.unending or not (denied or fear.over)
            place = (offset + fear.start, offset + fear.end)
            name = names.knowledge.findings[HEALTH_ANXIETY].name
            said = clause[fear.start : fear.end]
            found.append(Proposal(HEALTH_ANXIETY, name, present, said, *place, past=past))
    return found, taken


def _otherwise(
    read: list[tuple[str, bool, str | None]],
    run: list[Token],
    tokens: list[Token],
    talk: Clause,
    names: Lexicon,
) -> bool:
    """Return whether the words of a finding mean something else here ("I can run", "shake hands")."""
    kept = [token.word for token in run if token.word not in ARTICLES]
    whole = " ".join(kept)
    known = names.findings.get(whole) or names.opposites.get(whole) or names.medicines.get(whole)
    if len(kept) == 1 and is_quality(whole) and not run[-1].comma and run[-1] is not tokens[-1]:
        families = {names.family_words.get((token.word,)) for token in tokens} - {None}
        return not (families & {"twitching", "rippling"} if "twitching" in read[0][0] else families)
    return talk.means_otherwise([whole] if known else kept, run[0].start, run[-1].end)


def _read_run(run: list[Token], names: Lexicon) -> list[tuple[str, bool, str | None]]:
    """Return the findings a run of words names: code, whether it says present, medicine."""
    if run[0].word in ARTICLES or run[-1].word in ARTICLES or any(token.comma for token in run[:-1]):
        return []
    kept = [token.word for token in run if token.word not in ARTICLES]
    text = " ".join(kept)
    full = " ".join(token.word for token in run)
    if len(kept) == 1 and text in TOO_SHORT and not in_context(text):
        return []
    for candidate in (full, text):
        if code := names.findings.get(candidate):
            return [(code, True, None)]
        if code := names.opposites.get(candidate):
            return [(code, False, None)]
    if code := names.medicines.get(text):
        implied = names.knowledge.medicines[code].implies
        return [(finding, True, code) for finding in implied[:1]]
    return [(code, True, None) for code in _composed(run, names)]


def _read_relative(
    run: list[Token], before: list[Token], names: Lexicon
) -> list[tuple[str, bool, str | None]]:
    """Return a relative's illness that is no finding of one's own, such as motor neuron disease."""
    text = " ".join(token.word for token in run if token.word not in ARTICLES)
    code = names.family_findings.get(text)
    return [(code, True, None)] if code and context(before)[2] == "blood" else []


def _composed(run: list[Token], names: Lexicon) -> list[str]:
    """Return findings named by a family word near a site: "fasciculations in my calf", "my calf twitches"."""
    if len(run) < 2:
        return []
    tokens = tuple(token.word for token in run)
    family, rest = names.take(tokens, names.family_words)
    if family is None:
        return []
    rest = tuple(token for token in rest if token not in _LINKING)
    codes: list[str] = []
    while rest:
        site, rest = names.take(rest, names.sites)
        if site is None:
            return []
        codes += names.for_site(family, site)
    edges = {run[0].word, run[-1].word}
    spoken = {word for table in (names.family_words, names.sites) for key in table for word in key}
    return list(dict.fromkeys(codes)) if edges <= spoken | {"left", "right"} else []


def _proposals(
    read: list[tuple[str, bool, str | None]],
    before: list[Token],
    names: Lexicon,
    said: str,
    place: tuple[int, int],
    *,
    past: bool,
    asked: bool,
) -> list[Proposal]:
    denied, doubted, relative = context(before)
    proposals = []
    for named, positive, medicine in read:
        present = None if doubted or asked else positive != denied
        code, about = (
            (named, "self") if not relative else (_of_relative(named, said, relative, names), "family")
        )
        if code is not None:
            proposals.append(
                Proposal(
                    code,
                    names.knowledge.findings[code].name,
                    present,
                    said,
                    *place,
                    about="family" if about == "family" else "self",
                    past=past,
                    medicine=medicine,
                )
            )
    return proposals


def _of_relative(code: str, said: str, relative: str, names: Lexicon) -> str | None:
    """Return the family finding for what a blood relative has; None if it says nothing here."""
    if relative != "blood":
        return None
    if names.knowledge.findings[code].kind == "family":
        return code
    meaning = names.finding(said, kind="family_history")
    return meaning.findings[0][0] if meaning else None


_DRINKS = re.compile(
    r"((?:\d+(?:[.,]\d+)?(?:\s*(?:-|to)\s*\d+)?|one|two|three|four|five|six|seven|eight|nine|ten|a|an)\s+"
    r"[a-z \-]{3,40}?(?:\s+(?:a|per|each|every)\s+(?:day|week|night|morning)|\s+daily))",
    re.IGNORECASE,
)
_SLEEP = re.compile(
    r"(\d+(?:[.,]\d+)?|[a-z]+)\s+hours?\s+(?:of\s+)?sleep|"
    r"sleep(?:ing)?\s+(?:only\s+|about\s+)?(\d+(?:[.,]\d+)?|[a-z]+)\s+hours?",
    re.IGNORECASE,
)
_LASTING = re.compile(
    r"\b(?:for|since|over the (?:past|last)|during the (?:past|last)|past|last|began|started)\s+"
    r"(?:about |nearly |some |almost |over |more than )?"
    r"([a-z0-9 ½]{0,28}?(?:days?|weeks?|months?|years?|hours?|january|february|march|april|"
    r"may|june|july|august|september|october|november|december)(?:\s+\d{4})?)\b",
    re.IGNORECASE,
)


def _numbers(clause: str, offset: int, knowledge: Knowledge, today: date | None) -> list[Proposal]:
    """Return amounts of drinks, hours of sleep and the duration of twitching told in a clause."""
    found = []
    for match in _DRINKS.finditer(clause):
        for code in ("caffeine_intake", "alcohol_intake"):
            number = knowledge.findings[code].number if code in knowledge.findings else None
            read = quantity_from(match[1], None, number) if number else None
            if isinstance(read, Quantity) and read.portion is not None:
                found.append(_numeric(code, knowledge, read, match, offset))
                break
    for match in _SLEEP.finditer(clause):
        number = knowledge.findings["sleep_hours"].number if "sleep_hours" in knowledge.findings else None
        read = quantity_from(match[1] or match[2], "hours", number) if number else None
        if isinstance(read, Quantity):
            found.append(_numeric("sleep_hours", knowledge, read, match, offset))
    if DURATION in knowledge.findings and re.search(
        r"twitch|fascicul|jump|flicker|quiver|puls", clause, re.IGNORECASE
    ):
        for match in _LASTING.finditer(clause):
            days = days_from(match[0], today=today)
            if days is not None and days > 0:
                found.append(_numeric(DURATION, knowledge, Quantity(days, "day"), match, offset))
    return found


def _numeric(code: str, knowledge: Knowledge, read: Quantity, match: re.Match[str], offset: int) -> Proposal:
    return Proposal(
        code,
        knowledge.findings[code].name,
        present=True,
        words=match[0].strip(),
        start=offset + match.start(),
        end=offset + match.end(),
        value=read.value,
        unit=read.unit,
    )


def _unique(found: list[Proposal]) -> tuple[Proposal, ...]:
    """Keep one proposal a finding: a number before a word, a plain one before a doubt, then the first."""
    best: dict[tuple[str, str], Proposal] = {}
    for proposal in sorted(found, key=lambda p: p.start):
        slot = (proposal.code, proposal.about)
        held = best.get(slot)
        if held is None or (_weight(proposal) > _weight(held)):
            best[slot] = replace(proposal)
    return tuple(sorted(best.values(), key=lambda p: (p.start, p.code)))


def _weight(proposal: Proposal) -> tuple[bool, bool, bool]:
    return (proposal.value is not None, not proposal.past, proposal.present is not None)
