"""A duration or an amount told within a name: "vomiting for three days", "alcohol 40 units a week"."""

from __future__ import annotations

import re
from datetime import date

from myolens.case import Finding
from myolens.knowledge.durations import days_from, number_from
from myolens.knowledge.lexicon import Lexicon
from myolens.knowledge.quantities import Quantity, quantity_from
from myolens.knowledge.text import words
from myolens.knowledge.wording import BARE_FAMILY, CUT, STARTED, STOPPED

_SPAN = r"(?:hour|day|week|fortnight|month|year|decade)s?"
_NUMBER = r"(?:[\d.,½-]+|(?:[a-z]+(?: of)?))"
_WHEN = re.compile(
    rf"""^(?P<name>.+?)[\s,]+(?P<when>
      (?:for|since|over|within|during|in)\s(?:the\s)?(?:(?:last|past|about|nearly|almost)\s)*
      (?:a\s)?(?:{_NUMBER}\s)?{_SPAN}(?:\sand\sa\shalf)?
      |(?:the\s)?(?:last|past)\s(?:{_NUMBER}\s)?(?:{_SPAN}|night)
      |(?:a\s)?{_NUMBER}\s{_SPAN}\s(?:ago|back|now)
      |[\d.,½-]+\s?{_SPAN}
      |since\s[a-z]+(?:\s\d{{4}})?|since\s\d{{4}}
      |yesterday)$""",
    re.IGNORECASE | re.VERBOSE,
)
_AGE = re.compile(
    r"\s(?:at (?:the )?age (?:of )?\d+|aged \d+|as a (?:child|baby|teenager)|in childhood|in (?:19|20)\d\d)$",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several|half|couple|dozen)\b|"
    r"\b(?:a|per|each|every) (?:day|night|week|month)\b",
    re.IGNORECASE,
)
_BEFORE_NAME = re.compile(r"^(?:(?:of|at|on|in|the|my|a) )+")


def apart(finding: Finding, names: Lexicon, *, today: date | None = None) -> Finding:
    """Return a finding with what its name says of amount or duration put where it belongs.

    A name that would not be known without these words is left alone, and so is the code of a finding.
    """
    text = " ".join(finding.name.replace("_", " ").split())
    if finding.present is False and BARE_FAMILY.fullmatch(text.lower()):
        return finding.model_copy(update={"name": f"no {text}", "present": True})
    if finding.value is None and _AMOUNT.search(text):
        finding = _with_amount(finding, text, names)
    # "twitching over 2 weeks" is a finding of its own
    itself = text.lower().replace(" ", "_") in names.knowledge.findings
    if finding.value is None and not finding.since and not itself and (told := _WHEN.match(text)):
        timed = days_from(told["when"], today=today) is not None
        if timed and names.finding(told["name"], kind=finding.kind):
            return finding.model_copy(update={"name": told["name"], "since": told["when"]})
    if _AGE.search(text) and (meaning := names.finding(_AGE.sub("", text), kind=finding.kind)):
        kinds = {names.knowledge.findings[code].kind for code, _ in meaning.findings}
        if kinds <= {"history", "family"}:  # a symptom in childhood is not one of today
            return finding.model_copy(update={"name": _AGE.sub("", text)})
    return finding


def told_of_class(finding: Finding, names: Lexicon) -> str | None:
    """Return the class of medicines that was stopped, cut or changed ("sleeping pills stopped")."""
    told = words(finding.name)
    left = [word for word in told if word not in STOPPED | CUT | STARTED]
    meaning = names.finding(" ".join(left)) if left and len(left) < len(told) else None
    code = meaning.findings[0][0] if meaning and meaning.findings[0][1] else ""
    known = names.knowledge.findings.get(code)
    return code if known is not None and known.kind == "medicine" else None


def _counts(token: str) -> bool:
    return token[0].isdigit() or number_from(token) is not None


def _with_amount(finding: Finding, text: str, names: Lexicon) -> Finding:
    """Read portions ("six coffees a day"), or a number before or after the name of what is counted."""
    counted = {code: f.number for code, f in names.knowledge.findings.items() if f.number is not None}
    for code, number in counted.items():
        read = quantity_from(text, None, number) if number.portions else None
        if isinstance(read, Quantity) and read.portion is not None:
            return finding.model_copy(update={"name": code, "value": text})
    tokens = text.split()
    for at in range(1, len(tokens)):
        for one, other in ((tokens[:at], tokens[at:]), (tokens[at:], tokens[:at])):
            if any(_counts(token) for token in one):
                continue
            meaning = names.finding(_BEFORE_NAME.sub("", " ".join(one)), kind=finding.kind)
            code, amount = meaning.findings[0][0] if meaning else "", " ".join(other)
            if code in counted and isinstance(quantity_from(amount, None, counted[code]), Quantity):
                return finding.model_copy(update={"name": code, "value": amount})
    return finding
