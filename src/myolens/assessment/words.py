"""Sentences of the result: fixed templates, filled with numbers; nothing here is written freely.

Probability words are the ones that lay readers and professionals take to mean the same
(Hashim 2024, PMID 38707974); they always stand beside counts out of 100 people, with the
same denominator and both framings. A serious cause is never called excluded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from myolens.knowledge.model import UrgencyLevel

_WORDS = (
    (0.80, "very likely"),
    (0.60, "likely"),
    (0.30, "possible"),
    (0.15, "unlikely"),
    (0.01, "very unlikely"),
    (0.00, "hardly ever"),
)

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)

HEADLINES = {
    UrgencyLevel.EMERGENCY: "Now: call the emergency number or go to an emergency department.",
    UrgencyLevel.URGENT_DAYS: "Within the next day or two: be seen by a doctor.",
    UrgencyLevel.SOON_WEEKS: "Within the next two weeks: see your doctor.",
    UrgencyLevel.ROUTINE: "In the coming weeks: an ordinary visit to your family doctor.",
    UrgencyLevel.SELF_CARE: "No urgent sign in your answers: look after it at home",
}
_FOUR_WEEKS = "Within the next four weeks: see your doctor."
STATED_TIMES = {
    UrgencyLevel.URGENT_DAYS: ((0, "Today: speak to a doctor."),),
    UrgencyLevel.SOON_WEEKS: ((28, _FOUR_WEEKS),),
}
"""What the headline is where the earliest time that a rule of the level states, in days, is another."""
TIMES = {
    "Now": 0,
    "Today": 0,
    "Within days": 2,
    "Within days to two weeks": 14,
    "Within two weeks": 14,
    "Within weeks": 14,
    "Within four weeks": 28,
    "In the next weeks": 42,
    "At an ordinary visit": 42,
    "At your next ordinary visit": 42,
    "At your next antenatal visit": 42,
    "At home": 365,
}
"""The times with which the action of a rule may begin, and the days they count as."""
_TIMES_WITHIN = {
    "same day": 0,
    "same-day": 0,
    "hospital treatment now": 0,
    "within days": 2,
    "next weeks": 14,
}


def probability_word(probability: float) -> str:
    """Return the fixed word for a probability, by the count out of 100 that stands beside it."""
    shown = round(probability, 2) if probability >= 0.01 else 0.0
    return next(word for floor, word in _WORDS if shown >= floor)


def range_of(low: float, high: float) -> str:
    """Return "55 to 82", or one count where both ends round to the same.

    Examples
    --------
    >>> range_of(0.995, 0.999)
    'more than 99'
    """
    return " to ".join(dict.fromkeys((per_hundred(low), per_hundred(high))))


def capital(text: str) -> str:
    """Return the text beginning with a capital letter."""
    return text[:1].upper() + text[1:]


def of_hundred(probability: float) -> str:
    """Return "about 70 of 100", or "fewer than 1 of 100", or "more than 99 of 100"."""
    if probability < 0.01:
        return "fewer than 1 of 100"
    if probability > 0.99:
        return "more than 99 of 100"
    return f"about {round(100 * probability)} of 100"


def probability_sentence(probability: float, low: float, high: float) -> str:
    """Word, count out of 100 with its range, and the other side.

    Examples
    --------
    >>> probability_sentence(0.7, 0.55, 0.82)
    'Likely: about 70 of 100 people with answers like yours have it (range 55 to 82). About 30 of 100 \
do not.'
    """
    word = probability_word(probability).capitalize()
    start = f"{word}: {of_hundred(probability)} people with answers like yours have it"
    ends = range_of(low, high)
    said = f"{start} (range {ends})." if " to " in ends else f"{start}."
    return said if probability < 0.01 else f"{said} {capital(of_hundred(1 - probability))} do not."


def serious_sentence(probability: float) -> str:
    """Return the sentence for a serious cause that is looked for but not expected."""
    if probability < 0.01:
        return "Fewer than 1 in 100 people with answers like yours."
    return f"About {round(100 * probability)} in 100 people with answers like yours."


def headline(level: UrgencyLevel, *, enough: bool, review: str, actions: Sequence[str] = ()) -> str:
    """Return the action with its time, first thing to read.

    ``review`` is from `when`; ``actions`` are those of the rules that set the level: the headline
    names the earliest of their times.
    """
    if not enough and level is UrgencyLevel.SELF_CARE:
        return (
            "Nothing urgent in what you told so far. Too little is known yet to leave it at that: "
            "the open questions decide whether to see a doctor."
        )
    text = HEADLINES[level]
    earliest = min((day for action in actions if (day := days_of(action)) is not None), default=None)
    for days, instead in STATED_TIMES.get(level, ()):
        if earliest == days:
            text = instead
    if not enough and (level is UrgencyLevel.ROUTINE or text == _FOUR_WEEKS):
        return f"{text} Too little is known yet: the open questions decide if it should be sooner."
    if level is UrgencyLevel.SELF_CARE:
        text += f", and look again {review}." if review else "."
    return text


def days_of(action: str) -> int | None:
    """Return the days in which the action of a rule is to be done, none if it names no time.

    A general time ("within weeks") leaves the time to the level: it counts as that of its headline.

    Examples
    --------
    >>> days_of("Within four weeks: see your doctor."), days_of("A raised value needs rest.")
    (28, None)
    """
    lower = action.lower()
    for start, days in TIMES.items():
        if lower.startswith(f"{start.lower()}:") or lower.startswith(f"{start.lower()},"):
            return days
    return next((days for phrase, days in _TIMES_WITHIN.items() if phrase in lower), None)


def when(days: float | None, today: date | None) -> str:
    """Return "on 3 December 2026", or "in 4 weeks" where today is not given, or nothing."""
    if days is None:
        return ""
    if today is None:
        return f"in {duration(days)}"
    day = today + timedelta(days=round(days))
    return f"on {day.day} {_MONTHS[day.month - 1]} {day.year}"


def duration(days: float) -> str:
    """Return a length of time as a person would say it."""
    for size, name in ((365.25, "year"), (30.4, "month"), (7, "week")):
        if days >= 2 * size or (name == "year" and days >= 300):
            count = max(1, round(days / size))
            return f"{count} {name}{'s' if count > 1 else ''}"
    count = max(1, round(days))
    return f"{count} day{'s' if count > 1 else ''}"


def contradiction(name: str, said: Sequence[str]) -> str:
    """Name two statements that do not fit together, and say what was made of them."""
    quoted = listed(f"“{each}”" for each in said)
    return (
        f"Two answers do not fit together ({lowered(name)}): {quoted}. Please check which is right. "
        "Until then the more serious one counts for how soon you should be seen."
    )


def several_results(name: str, said: Sequence[str]) -> str:
    """Name the results of one blood test that differ; a case has no dates for them."""
    quoted = listed(f"“{each}”" for each in said)
    return (
        f"Different results of one test were given ({lowered(name)}): {quoted}. If they are from different "
        "days, keep only the latest. Until then the more serious one counts for how soon you should be seen."
    )


_PEOPLE = {"Babinski", "Chvostek", "Glasgow", "Hirayama", "Hoffmann", "Horner", "Spurling", "Trousseau"}


def lowered(label: str) -> str:
    """Return a name as it stands inside a sentence; abbreviations and names of people keep their capitals."""
    first = re.split(r"[^A-Za-z]", label, maxsplit=1)[0]
    small = first == "A" or (first[1:].islower() and first not in _PEOPLE)
    return label[:1].lower() + label[1:] if small else label


def listed(items: Iterable[str], *, most: int = 5) -> str:
    """Join items with commas and "and", shortened if long."""
    items = list(items)
    if len(items) > most:
        items = [*items[:most], f"{len(items) - most} more"]
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def per_hundred(probability: float) -> str:
    """Return the count out of 100, never none and never all."""
    if probability < 0.01:
        return "fewer than 1"
    return "more than 99" if probability > 0.99 else str(round(100 * probability))
