"""What makes a complaint better or worse: "relieved by rest", "better without coffee", "cold worsens it"."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from myolens.knowledge.model import Knowledge
from myolens.knowledge.observations import Circumstance, Effect
from myolens.knowledge.spelling import trunk
from myolens.knowledge.text import key
from myolens.knowledge.wording import ARTICLES, stems

Words = tuple[str, ...]


def _trunks(text: str) -> frozenset[str]:
    return frozenset(trunk(word) for word in stems(text))


_EFFECTS: dict[str, Effect] = {
    **dict.fromkeys(
        _trunks(
            """worse worsen worsening aggravated exacerbated triggered provoked induced increased increases
            brought set starts appears flares occurs comes evoked elicited"""
        ),
        "worse",
    ),
    **dict.fromkeys(
        _trunks(
            """better relieved relieves relief eased eases easing improves improved improvement helped helps
            soothed fades settles subsides less reduced lessens gone goes resolves"""
        ),
        "better",
    ),
    **dict.fromkeys(_trunks("stops stopped ceases disappears abolished absent"), "stops"),
}
_LIKE: dict[Effect, tuple[Effect, ...]] = {
    "worse": ("worse",),
    "better": ("better",),
    "stops": ("stops", "better"),
}
_LINKS = stems("with by after on in when during while of from following at off up upon and or")
_MOMENTS = stems("after when during while with on upon following by")
_WITHOUT = stems("without avoiding stopping quitting cutting")
_AROUND = ARTICLES - _LINKS | stems(
    """get gets getting becomes is are it they much only always mainly mostly usually often if i am
    me doing having using use drinking too lot lots little bit out more being feeling go away"""
)


class Circumstances:
    """The findings of a knowledge base that say what makes a complaint better or worse."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.triggers: dict[Words, list[tuple[str, Circumstance]]] = {}
        for finding in knowledge.findings.values():
            for circumstance in finding.circumstances:
                for name in circumstance.of:
                    known = self.triggers.setdefault(_plain(key(name).split()), [])
                    known.append((finding.code, circumstance))

    @staticmethod
    def split(tokens: Words) -> Iterator[tuple[Words, Effect, Words]]:
        """Yield each way to take a name apart into a complaint (or none), an effect, and what has it."""
        for at, word in enumerate(tokens):
            effect = _EFFECTS.get(trunk(word))
            before = tuple(word for word in tokens[:at] if word not in _AROUND)
            after = tokens[at + 1 :]
            if effect and after and (after[0] in _LINKS or after[0] in _WITHOUT):
                yield before, _flipped(effect, after), _plain(after)
            elif effect:  # "cold worsens cramps", "coffee triggered"
                yield tuple(word for word in after if word not in _AROUND), effect, _plain(tokens[:at])
            elif word in _MOMENTS and after:
                yield before, "worse", _plain(after)
            elif before and word.endswith("ing"):  # "short of breath climbing stairs"
                yield before, "worse", _plain(tokens[at:])

    def codes(self, words: Words, effect: Effect, families: Collection[str | None]) -> dict[str, bool]:
        """Return the findings of all that is named, or none if a word is left over.

        True stands beside one that is a complaint by itself, such as spasms set off by touch;
        it needs a complaint of its family.
        """
        found: list[tuple[str, Circumstance]] = []
        while words:
            taken = next(
                (
                    (length, known)
                    for length in range(len(words), 0, -1)
                    for known in self.triggers.get(words[:length], ())
                    if known[1].effect in _LIKE[effect] and known[1].family in (None, *families)
                ),
                None,
            )
            if taken is None:
                return {}
            found.append(taken[1])
            words = words[taken[0] :]
        return {code: circumstance.family is not None for code, circumstance in found}


def _flipped(effect: Effect, after: Words) -> Effect:
    """Turn "better without coffee" into worse with coffee."""
    if after[:2] == ("off", "by") or not any(word in _WITHOUT or word == "off" for word in after[:2]):
        return effect
    return "worse" if effect in ("better", "stops") else "better"


def _plain(words: Iterable[str]) -> Words:
    return tuple(trunk(word) for word in words if word not in _AROUND | _LINKS | _WITHOUT)
