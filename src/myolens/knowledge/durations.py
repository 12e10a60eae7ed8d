"""How long: "twelve days", "since March", "3 wk", "a year and a half" → days."""

from __future__ import annotations

import calendar
import re
from datetime import date

DAYS = {
    "second": 1 / 86400,
    "minute": 1 / 1440,
    "hour": 1 / 24,
    "day": 1.0,
    "night": 1.0,
    "week": 7.0,
    "fortnight": 14.0,
    "month": 30.4375,
    "year": 365.25,
    "decade": 3652.5,
}
"""Days in each unit of time; months and years are means of the Gregorian calendar."""

SEVERAL = 3.0
"""What "several", "some", "a few" or a bare plural stands for."""

_ABBREVIATIONS = {
    "s": "second", "sec": "second", "min": "minute", "mins": "minute", "h": "hour", "hr": "hour",
    "hrs": "hour", "d": "day", "w": "week", "wk": "week", "wks": "week", "mo": "month", "mth": "month",
    "mths": "month", "mos": "month", "y": "year", "yr": "year", "yrs": "year", "m": "month",
}  # fmt: skip

_SMALL = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30,
    "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100,
    "half": 0.5, "quarter": 0.25, "a": 1, "an": 1, "single": 1, "couple": 2, "pair": 2, "dozen": 12,
    "once": 1, "twice": 2, "thrice": 3,
}  # fmt: skip

_HALF = {"half"}
_VAGUE = {"several", "some", "few", "many", "multiple"}

_MONTHS = tuple(name.lower() for name in calendar.month_name[1:])

_TOKEN = re.compile(r"\d+(?:[.,]\d+)?|½|¼|¾|[a-z]+|[-–/]")
_ISO = re.compile(r"\b(\d{4})-(\d{1,2})(?:-(\d{1,2}))?\b")


def number_from(word: str) -> float | None:
    """Return the number a word or figure stands for ("twelve", "3.5", "½"), or None."""
    word = word.lower()
    if word in ("½", "¼", "¾"):
        return {"½": 0.5, "¼": 0.25, "¾": 0.75}[word]
    if word in _SMALL:
        return float(_SMALL[word])
    try:
        return float(word.replace(",", "."))
    except ValueError:
        return None


def unit_from(word: str) -> str | None:
    """Return the unit of time a word means ("wks" → "week"), or None."""
    word = word.lower().rstrip(".")
    if word in DAYS:
        return word
    if word in _ABBREVIATIONS:
        return _ABBREVIATIONS[word]
    singular = word.removesuffix("s")
    return singular if singular in DAYS else None


def days_from(text: str, *, today: date | None = None) -> float | None:
    """Return how many days a duration is, or None if the text is not one.

    Understands figures and words ("twelve days", "2-3 weeks" as the middle, "a year and a half",
    "several months" as three), abbreviations ("12 d", "3wk"), dates and months
    ("since March", "since 2026-05-01", "since 2019") counted back from `today`,
    and "yesterday", "last week".

    Parameters
    ----------
    text : str
    today : date, optional
        The day from which "since March" counts; such texts are not understood without it.
    """
    text = text.lower().replace("_", " ").strip()
    since = _since_date(text, today)
    if since is not None:
        return since
    tokens = _TOKEN.findall(re.sub(r"(\d)([a-z])", r"\1 \2", text))
    total, found, pending, last_unit = 0.0, False, _Pending(), ""
    for token in tokens:
        unit = unit_from(token)
        if unit is not None:
            count = pending.value(plural=token.endswith("s"))
            total, found, last_unit = total + count * DAYS[unit], True, unit
            pending = _Pending()
        else:
            pending.add(token)
    if found and pending.half and last_unit:
        total += 0.5 * DAYS[last_unit]
    return total if found else None


class _Pending:
    """The number being read before its unit comes."""

    def __init__(self) -> None:
        self.numbers: list[float] = []
        self.range = False
        self.vague = False
        self.half = False

    def add(self, token: str) -> None:
        if token in ("-", "–", "to", "or") and self.numbers:
            self.range = True
        elif token in _VAGUE:
            self.vague = True
        elif token in _HALF:
            self.half = True
        elif (number := number_from(token)) is not None:
            self._number(token, number)

    def _number(self, token: str, number: float) -> None:
        if self.range and self.numbers:
            self.numbers[-1] = (self.numbers[-1] + number) / 2
            self.range = False
        elif token in ("a", "an") and self.numbers:
            return
        elif self.numbers and token in ("hundred", "dozen", "couple", "pair"):
            self.numbers[-1] *= number
        elif self.numbers and self.numbers[-1] >= 20 and number < 10 and token.isalpha():
            self.numbers[-1] += number  # twenty five
        else:
            self.numbers.append(number)

    def value(self, *, plural: bool) -> float:
        if self.vague:
            return SEVERAL
        if self.half and (not self.numbers or self.numbers == [1.0]):
            return 0.5
        if self.numbers:
            return self.numbers[-1] + (0.5 if self.half else 0.0)
        return SEVERAL if plural else 1.0


def _since_date(text: str, today: date | None) -> float | None:
    if text in ("today", "now", "this morning", "acute"):
        return 0.0 if text != "acute" else None
    if "yesterday" in text:
        return 1.0
    if today is None:
        return None
    iso = _ISO.search(text)
    if iso:
        year, month, day = int(iso[1]), int(iso[2]), int(iso[3] or 1)
        return _days_back(year, month, day, today)
    tokens = re.findall(r"[a-z]+|\d+", text)
    for index, token in enumerate(tokens):
        named = next((i for i, name in enumerate(_MONTHS, 1) if _is_month(token, name)), 0)
        if named:
            near = [int(t) for t in tokens[max(0, index - 2) : index + 3] if t.isdigit()]
            said_year = next((n for n in near if 1900 <= n <= today.year), None)
            day_of = next((n for n in near if 1 <= n <= 31), 1)
            if said_year is None:
                said_year = today.year if (named, day_of) <= (today.month, today.day) else today.year - 1
            return _days_back(said_year, named, day_of, today)
    lone_year = re.fullmatch(r"(?:since|from|in)?\s*((?:19|20)\d\d)", text)
    return _days_back(int(lone_year[1]), 1, 1, today) if lone_year else None


def _is_month(token: str, name: str) -> bool:
    return token == name or (len(token) >= 3 and name.startswith(token) and token not in {"may"})


def _days_back(year: int, month: int, day: int, today: date) -> float | None:
    try:
        passed = (today - date(year, month, day)).days
    except ValueError:
        return None
    return float(passed) if passed >= 0 else None
