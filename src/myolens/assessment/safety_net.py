"""What would make a visit sooner, in signs a person can see, less what the person has told already.

Each sign knows the findings that state it: once one of them is present it is not news, and what is
said instead is its growth, or nothing. That twitching may come and go is said only to people who
told of nothing that speaks against calm.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

from myolens.knowledge.model import UrgencyLevel


@dataclass(frozen=True, slots=True)
class Sign:
    """A warning sign: its words, the findings that state it, and what is said once it is there."""

    text: str
    stated_by: frozenset[str]
    growth: str = ""

    def said(self, present: Set[str]) -> str:
        """Return the words for somebody with these findings, nothing if there is nothing new to say."""
        return self.text if self.stated_by.isdisjoint(present) else self.growth


EMERGENCY_SIGNS = (
    Sign("breathing becomes hard", frozenset({"breathlessness"}), "breathing gets even harder"),
    Sign("swallowing becomes hard", frozenset({"dysphagia"}), "swallowing gets even harder"),
    Sign(
        "you grow weak within hours or days",
        frozenset({"weakness", "weakness_on_examination"}),
        "weakness grows within hours or days",
    ),
)
EMERGENCY_EVENTS = (
    Sign("a fit", frozenset({"seizure"}), "another fit"),
    Sign("confusion", frozenset({"confusion"})),
    Sign("a racing or stumbling heart with faintness", frozenset({"fainting"}), "fainting again"),
)
LOST_ABILITIES = (
    Sign("do up buttons", frozenset({"loss_of_function", "clumsy_hands", "hand_weakness"})),
    Sign("turn a key", frozenset({"loss_of_function", "clumsy_hands", "hand_weakness"})),
    Sign("walk on your heels", frozenset({"loss_of_function", "foot_drop", "leg_weakness"})),
    Sign("climb stairs", frozenset({"loss_of_function", "proximal_weakness", "leg_weakness"})),
    Sign("swallow thin drinks", frozenset({"dysphagia"})),
)
"""What one could do a month ago. The question about lost function names all that hands and legs do."""
SEEN_SIGNS = (
    Sign(
        "a muscle becomes visibly thinner than on the other side",
        frozenset({"muscle_wasting"}),
        "another muscle becomes thinner",
    ),
    Sign("speech becomes slurred", frozenset({"dysarthria"}), "speech becomes harder to understand"),
)
NO_CALM = frozenset(
    {
        *("weakness", "weakness_on_examination", "loss_of_function", "clumsy_hands", "muscle_wasting"),
        *("dysarthria", "dysphagia", "nasal_speech", "breathlessness", "twitching_spreading"),
        *("symptoms_progressive", "abnormal_neurological_examination", "emg_denervation_two_regions"),
    }
)
"""With any of these, that twitching comes and goes is no reason to wait."""
EXPECTED = "Twitching that comes and goes or moves to other muscles is expected and needs no earlier visit."


def safety_net(level: UrgencyLevel, *, review: str, present: Set[str] = frozenset()) -> tuple[str, ...]:
    """Return what would make it sooner, and when to look again.

    ``review`` is when, in words; ``present`` are the findings told, those they imply included.
    """
    if level is UrgencyLevel.EMERGENCY:
        return ("Do not drive yourself, and do not wait for an answer from this program.",)
    lines = [
        f"Call the emergency number if {_either(EMERGENCY_SIGNS, present)}. "
        f"Call it too for {_either(EMERGENCY_EVENTS, present)}.",
        _abilities(present),
        f"Book sooner if {_either(SEEN_SIGNS, present)}.",
    ]
    if level.rank < UrgencyLevel.URGENT_DAYS.rank and NO_CALM.isdisjoint(present):
        lines.append(EXPECTED)
    if review:
        again = "see your doctor" if level is UrgencyLevel.SELF_CARE else "see your doctor again"
        lines.append(f"Look again {review}: if nothing has changed for the better by then, {again}.")
    return tuple(lines)


def _abilities(present: Set[str]) -> str:
    left = [words for sign in LOST_ABILITIES if (words := sign.said(present))]
    if len(left) == len(LOST_ABILITIES):
        start = "Book sooner if you can no longer do something you could do a month ago"
    else:
        start = "Book sooner if you lose anything else that you can still do now"
    return f"{start}: {', '.join(left)}." if left else f"{start}."


def _either(signs: Sequence[Sign], present: Set[str]) -> str:
    words = [said for sign in signs if (said := sign.said(present))]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
