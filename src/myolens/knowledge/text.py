"""Words brought to one form: case, accents, British and American spelling, plurals, filler words."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[a-z]+(?:\d+[a-z]*)?|\d+(?:[.,]\d+)?(?:/\d+)?[a-z]*|[%+]")
_APOSTROPHE = re.compile(r"['’`´]")

_IRREGULAR = {
    "calves": "calf",
    "feet": "foot",
    "teeth": "tooth",
    "men": "man",
    "women": "woman",
    "children": "child",
    "diagnoses": "diagnosis",
    "arose": "arise",
    "fell": "fall",
    "fallen": "fall",
    "is": "be",
    "are": "be",
    "was": "be",
    "were": "be",
    "been": "be",
}

_SPELLING = (
    (re.compile(r"ae"), "e"),  # anaemia, paraesthesia
    (re.compile(r"oe"), "e"),  # diarrhoea, oedema
    (re.compile(r"our(?=$|s$|al|less)"), "or"),  # tumour, behavioural
    (re.compile(r"is(?=(e|ed|es|ing|ation|ations)$)"), "iz"),  # generalised
    (re.compile(r"ys(?=(e|ed|es|ing)$)"), "yz"),  # analyse
    (re.compile(r"(?<=[bt])re$"), "er"),  # fibre, centre, litre
    (re.compile(r"sulph"), "sulf"),
    (re.compile(r"leuc"), "leuk"),
    (re.compile(r"neurone"), "neuron"),
    (re.compile(r"ll(?=(ed|ing|er)$)"), "l"),  # travelled
    (re.compile(r"manuver|maneuver|manoeuver|manevr$"), "maneuver"),
)
"""Both spellings fold to one form; the form itself is never shown."""


def _split(text: str) -> frozenset[str]:
    return frozenset(text.split())


FILLER = _split(
    """a an the of in on at with to for by and or my your his her their its our i he she it they be has
    have had do does did this that these those there from into as so very quite rather some any also
    then than which when while during who whose me him them present presence noted observed reported
    seen found positive evident complaint complain complains complained feel feels feeling symptom
    sign episode problem trouble issue sensation mild moderate severe marked slight minor
    significant"""
)
"""Words that do not change which finding is meant, dropped when nothing matches with them."""


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Return a word without plural ending and in one spelling."""
    word = _IRREGULAR.get(word, word)
    if len(word) > 3 and word[-1] == "s" and word[-2:] not in ("ss", "us", "is"):
        if word.endswith("ies") and len(word) > 4:
            word = word[:-3] + "y"
        elif word.endswith(("ches", "shes", "xes", "sses", "zes")):
            word = word[:-2]
        else:
            word = word[:-1]
    for pattern, replacement in _SPELLING:
        word = pattern.sub(replacement, word)
    return word


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text, lower case, without accents, hyphens and underscores, each stemmed."""
    plain = unicodedata.normalize("NFKD", _APOSTROPHE.sub("", text.replace("µ", "u").replace("μ", "u")))
    ascii_only = plain.encode("ascii", "ignore").decode().lower()
    return tuple(stem(word) for word in _WORD.findall(ascii_only))


def key(text: str) -> str:
    """Return the one form under which a name is looked up."""
    return " ".join(words(text))


def flat(text: str) -> tuple[str, list[int]]:
    """Return a text in lower case with single spaces for all that is no letter or digit, and where each was.

    Commas and brackets stay, as commas; apostrophes are left out, so that "can't" is one word.
    """
    kept: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        if _APOSTROPHE.match(letter):
            continue
        plain = letter.lower()[:1] if letter.isalnum() else "," if letter in ",()" else " "
        if plain != " " or (kept and kept[-1] != " "):
            kept.append(plain)
            places.append(place)
    return "".join(kept), places


def bag(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words that matter, in alphabetical order, so that word order does not."""
    return tuple(sorted(word for word in tokens if word not in _FILLER_STEMS))


_FILLER_STEMS = frozenset(stem(word) for word in FILLER)
