"""What the words before a name in its clause say of it: denied, doubted, somebody else's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Token:
    """A word of a clause, brought to one form and as it was written, and whether a comma follows it."""

    word: str
    raw: str
    start: int
    end: int
    comma: bool


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DENIAL = _set(
    """no not without never denies deny denied dont doesnt didnt havent hasnt isnt arent wasnt werent
    nor neither nothing none absent hadnt wont"""
)
_NOT_A_DENIAL = (
    ("not", "only"), ("no", "longer"), ("not", "sure"), ("no", "doubt"), ("not", "just"), ("wont", "stop"),
)  # fmt: skip
_RESUME = _set("i he she they it we now yet still which because then")
_OWN = _set("my his her their")
_DOUBT = _set(
    """maybe perhaps possibly might may could seems seem if unless wonder wondering unsure probably
    whether think thinks suspect should would afraid fear scared"""
)
_RELATIVE = _set(
    """father mother brother sister dad mum mom parent parents uncle aunt grandfather grandmother
    grandma grandpa son daughter cousin husband wife partner friend family fathers mothers brothers
    sisters relative relatives colleague"""
)
_NOT_BLOOD = _set("husband wife partner friend colleague")


def context(before: Sequence[Token]) -> tuple[bool, bool, str | None]:
    """Return whether what follows is denied or doubted, and whose it is."""
    raws = [token.raw for token in before]
    denied = doubted = False
    relative: str | None = None
    for index, raw in enumerate(raws):
        after = raws[index + 1] if index + 1 < len(raws) else ""
        if raw in _DENIAL and (raw, after) not in _NOT_A_DENIAL:
            denied = True
        elif (raw, after) in (("not", "sure"),) or raw in _DOUBT:
            doubted = True
        elif raw in _RESUME or (raw in _OWN and index and before[index - 1].comma):
            denied = False
        if raw in _RELATIVE:
            relative = "other" if raw in _NOT_BLOOD else "blood"
        elif raw == "i":
            relative = None
    return denied, doubted, relative
