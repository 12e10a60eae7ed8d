"""Amounts with units: "2.9 mmol/L", "11.6 mg/dL", "3 espressos a day", "20 units a week"."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from myolens.knowledge.durations import DAYS, number_from, unit_from
from myolens.knowledge.model import Number, Portion
from myolens.knowledge.text import words


@dataclass(frozen=True)
class Quantity:
    """A value in the base unit, the portion it was computed from, and the ends of a range it was told as."""

    value: float
    unit: str
    portion: Portion | None = None
    span: tuple[float, float] | None = None


@dataclass(frozen=True)
class Unreadable:
    """Why a value could not be used."""

    reason: str


_PIECE = re.compile(r"\d+(?:[.,]\d+)?(?:e[-+]?\d+)?|[½¼¾]|[A-Za-z°µμ%][A-Za-z°µμ%0-9^.²³]*|[-–/+<>=≥≤]")
_ADVERBS = {"daily": "day", "nightly": "day", "weekly": "week", "monthly": "month", "hourly": "hour"}
_UNIT_WORDS = {
    "mcg": "ug", "milligrams": "mg", "milligram": "mg", "mgs": "mg", "grams": "g", "gram": "g",
    "micrograms": "ug", "microgram": "ug", "litre": "l", "liter": "l", "litres": "l", "liters": "l",
    "percent": "%", "pct": "%", "bpm": "1/min", "beats/min": "1/min", "beats/minute": "1/min",
    "/min": "1/min",
    "/minute": "1/min", "min-1": "1/min", "celsius": "°c", "degc": "°c", "c": "°c", "fahrenheit": "°f",
    "degf": "°f", "f": "°f", "degreescelsius": "°c", "degreesfahrenheit": "°f", "degreec": "°c",
    "units": "unit", "u": "unit", "mm/hour": "mm/h", "mm/1h": "mm/h",
    "millimoles": "mmol", "millimole": "mmol", "mmols": "mmol",
}  # fmt: skip
_VOLUMES = {"ml", "cl", "dl", "l", "liter", "oz", "ounce", "gallon"}
_MULTIPLES = {"twice": 2.0, "thrice": 3.0, "once": 1.0}


def quantity_from(
    value: float | str, unit: str | None, number: Number, *, about: str = "", guess: bool = False
) -> Quantity | Unreadable:
    """Return a value in the base unit of `number`.

    Parameters
    ----------
    value : float or str
        A number, or a phrase with a number ("3 espressos a day", "2,9 mmol/L").
    unit : str or None
        Unit, or portion with the time it is for ("cups a day", "mg/dL").
    number : Number
        The base unit, the other units and portions, and the possible range.
    about : str, optional
        What it is a number of, which tells a cup of tea from a cup of coffee.
    guess : bool, optional
        For laboratory values: without a unit, accept the one unit that gives a possible
        value, and refuse if both the base unit and the usual mass unit do.

    Returns
    -------
    Quantity or Unreadable
        Unreadable with the reason if there is no number, the unit is unknown, or no
        living person has such a value.
    """
    text = f"{value} {unit or ''}" if isinstance(value, str) else (unit or "")
    read = _read_phrase(text) if isinstance(value, str) else _Phrase(float(value), *_amount_and_time(text))
    if isinstance(value, str) and read.count is None and _portion(read.rest, number) is not None:
        read = _Phrase(1.0, read.rest, read.per)
    if isinstance(value, str) and re.match(r"\s*-\s*\d", value):
        return Unreadable(f"{value!r} is below zero")
    if read.count is None or not math.isfinite(read.count):
        return Unreadable(f"{value!r} holds no number")
    if not read.rest and read.per is None:
        return _without_unit(read.count, number, guess=guess)
    found = _in_base(read, number, about)
    if found is None:
        known = ", ".join([number.unit, *number.factors])
        return Unreadable(f"the unit {(unit or text).strip()!r} is not known here; known: {known}")
    if read.span is not None:
        ends = [_in_base(replace(read, count=count), number, about) or found for count in read.span]
        found = replace(found, span=(ends[0].value, ends[1].value))
    return _possible(found, number)


def _possible(quantity: Quantity, number: Number) -> Quantity | Unreadable:
    slack = 1e-9 * max(1.0, abs(quantity.value))
    if number.minimum - slack <= quantity.value <= number.maximum + slack:
        return replace(quantity, value=min(max(quantity.value, number.minimum), number.maximum))
    return Unreadable(
        f"{quantity.value:g} {quantity.unit} is outside the possible range "
        f"{number.minimum:g} to {number.maximum:g} {number.unit}; check the number and the unit"
    )


def _without_unit(count: float, number: Number, *, guess: bool) -> Quantity | Unreadable:
    base = _possible(Quantity(count, number.unit), number)
    usual = next(iter(number.factors), None)
    if not guess or usual is None:
        return base
    converted = count * number.factors[usual] + number.offsets.get(usual, 0.0)
    other = _possible(Quantity(converted, number.unit), number)
    if isinstance(base, Quantity) and isinstance(other, Quantity) and not math.isclose(count, converted):
        return Unreadable(f"{count:g} without a unit could be {number.unit} or {usual}; add the unit")
    return other if isinstance(base, Unreadable) and isinstance(other, Quantity) else base


_DOSE = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*(mg|milligrams?|g|grams?|mcg|ug|micrograms?)\b\s*(?:/|per|a|each|every|in a)?\s*"
    r"(day|daily|d|24\s*h)\b"
)
_MILLIGRAMS = {"g": 1000.0, "mg": 1.0, "mi": 1.0, "gr": 1000.0, "mc": 0.001, "ug": 0.001, "microgram": 0.001}


def daily_dose(value: float | str | None, unit: str | None) -> float | None:
    """Return a dose of a medicine in mg a day ("9600 mg_per_day", "gabapentin 300 mg daily"), or None."""
    text = f"{value if value is not None else ''} {unit or ''}".lower().replace("_", " ")
    match = _DOSE.search(text)
    if match is None:
        return None
    name = "microgram" if match[2].startswith("microg") else match[2][:2]
    return float(match[1].replace(",", ".")) * _MILLIGRAMS[name]


@dataclass(frozen=True)
class _Phrase:
    count: float | None
    rest: str
    per: str | None
    span: tuple[float, float] | None = None


def _read_phrase(text: str) -> _Phrase:
    """Split "2-3 cups of coffee a day" into the number, what is counted, and the time it is for."""
    pieces = _PIECE.findall(text.replace("_", " "))
    numbers: list[float] = []
    rest: list[str] = []
    join = False
    for piece in pieces:
        number = number_from(piece)
        if piece.lower() in ("a", "an") and (numbers or rest):
            rest.append(piece)
        elif number is not None and (not numbers or join) and not (rest and rest[-1] in ("/", "10^")):
            numbers.append(number * (numbers[-1] if join and piece.lower() == "dozen" else 1))
            join = False
        elif piece in ("-", "–", "to") and numbers and not rest:
            join = True
        elif piece.lower() in _MULTIPLES and not numbers:
            numbers.append(_MULTIPLES[piece.lower()])
        elif piece not in ("<", ">", "=", "≥", "≤", "+", "-", "–"):
            rest.append(piece)
    count = sum(numbers) / len(numbers) if numbers else None
    span = (min(numbers), max(numbers)) if len(numbers) > 1 else None
    return _Phrase(count, *_amount_and_time(" ".join(rest)), span)


def _amount_and_time(unit: str) -> tuple[str, str | None]:
    """Split "cups of coffee a day" into "cups of coffee" and "day"; "mg/dL" has no time."""
    text = re.sub(r"\s*/\s*", "/", unit.replace("_", " ").strip())
    match = re.search(r"(?:\b(?:per|a|an|each|every|in a|in the)\s+|/)([A-Za-z]+)\s*$", text)
    if match and (time := _time(match[1])) is not None:
        return text[: match.start()].strip(), time
    last = text.split(" ")[-1].lower() if text else ""
    if last in _ADVERBS:
        return text[: -len(last)].strip(), _ADVERBS[last]
    return text, None


def _time(word: str) -> str | None:
    unit = unit_from(word) if len(word) > 1 or word in ("d", "h") else None
    if unit is None or word in ("m", "min", "minute"):
        return "min" if word in ("min", "minute") else None
    return {"night": "day"}.get(unit, unit)


def _canonical(unit: str) -> str:
    text = unit.lower().replace("²", "2").replace("³", "3").replace(" per ", "/").replace("_", "")
    text = text.replace("\N{MICRO SIGN}", "u").replace("\N{GREEK SMALL LETTER MU}", "u")
    text = re.sub(r"\s+", "", text).removeprefix("x").rstrip(".")
    text = re.sub(r"(?<=/)(litre|liter)s?$", "l", text)
    return _UNIT_WORDS.get(text, text)


def _in_base(read: _Phrase, number: Number, about: str) -> Quantity | None:
    _, _, base_time = number.unit.partition("/")
    whole = f"{read.rest}/{read.per}" if read.per else read.rest
    for unit, factor in {number.unit: 1.0, **number.factors}.items():
        if _canonical(unit) in (_canonical(whole), _canonical(read.rest) if read.per is None else None):
            return Quantity((read.count or 0.0) * factor + number.offsets.get(unit, 0.0), number.unit)
    per_base = _per_base(read.per, base_time)
    if per_base is None:
        duration = unit_from(read.rest) if read.per is None else None
        if number.unit in DAYS and duration:
            return Quantity((read.count or 0.0) * DAYS[duration] / DAYS[number.unit], number.unit)
        return None
    for unit, factor in {number.unit: 1.0, **number.factors}.items():
        part, _, time = unit.partition("/")
        same = _canonical(part) == _canonical(read.rest) or (
            unit_from(part) is not None and unit_from(part) == unit_from(read.rest)
        )
        if same and (time == base_time or not time):
            return Quantity((read.count or 0.0) * factor * per_base, number.unit)
    portion = _portion(read.rest, number, about)
    if portion is None:
        return None
    return Quantity((read.count or 0.0) * portion.amount * per_base, number.unit, portion)


def _per_base(given: str | None, base: str) -> float | None:
    """Return how many base times' worth one given time is: "a week" for "per day" is one seventh."""
    if base not in DAYS:
        return None
    return 1.0 if given is None else DAYS[base] / DAYS[given] if given in DAYS else None


def _portion(text: str, number: Number, about: str = "") -> Portion | None:
    """Return the portion whose longest name stands in the text; none if it is counted by volume.

    What it is about counts where that makes a longer name: two "cups" of "tea" are cups of tea.
    """
    given = set(words(text)) - {"of"}
    if given & _VOLUMES:
        return None
    plain, named = _longest(given, number), _longest(given | set(words(about)), number)
    best = named if named and plain and named[0] > plain[0] else plain
    return best[1] if best else None


def _longest(given: set[str], number: Number) -> tuple[int, Portion] | None:
    best: tuple[int, Portion] | None = None
    for portion in number.portions:
        for name in (portion.name, *portion.synonyms):
            wanted = set(words(name)) - {"of"}
            if wanted <= given and (best is None or len(wanted) > best[0]):
                best = (len(wanted), portion)
    return best
