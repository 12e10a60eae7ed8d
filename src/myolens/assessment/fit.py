"""How well the list of causes fits what was told: clearly, not yet, not at all, or too early to say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from myolens.assessment.draws import Booleans
from myolens.assessment.network import Network, Weights
from myolens.assessment.result import Fit
from myolens.assessment.triage import Facts, grounds, holds
from myolens.knowledge.model import UrgencyLevel

FEWEST_ANSWERS = 3
"""With fewer answers than this a cause is named only if it is at least likely (project estimate)."""
LIKELY, POSSIBLE, SHOWN = 0.60, 0.30, 0.15
"""Probability words: likely from 60, possible from 30 of 100; below 15 a cause is not led with."""
MOST_LEADING, _MOST_NAMED = 3, 4
_UNEXPLAINED = 0.5
"""A finding is unexplained if more often than not no cause that can produce it is at work."""
_COMMON = 0.25
"""What so many people have without any of the causes needs no explanation (project estimate)."""
_TELLING = frozenset({"symptom", "sign", "lab", "test", "recording"})
_EVERYDAY = frozenset({"benign", "lifestyle"})

_TEXTS = {
    "fits": ("What fits best", ""),
    "open": (
        "What comes nearest",
        "Nothing fits clearly yet. Causes that are not on this list are possible too.",
    ),
    "unexplained": (
        "What we cannot explain",
        "Our list has no cause that explains this well. There may be another one, so let a doctor look.",
    ),
    "not_enough": (
        "Not enough said yet",
        "Not enough has been said yet to tell causes apart. Answer a few questions first.",
    ),
}


def fit_of(
    network: Network,
    facts: Facts,
    observed: Mapping[str, Weights],
    probability: Mapping[str, float],
    drawn: Booleans | None,
    *,
    level: UrgencyLevel,
    answers: int,
) -> Fit:
    """Judge the fit of the causes, and name those that may lead the answer.

    Unexplained is a case for a doctor in which a finding that makes it urgent, or most of what was
    found, is more often than not there without any cause on the list that can produce it, by exact
    joint draws of the causes. So is one that is urgent while only everyday causes come near: they do not
    explain what makes it urgent. An everyday cause then does not lead; it would calm where nothing
    is known. What is called unexplained is named, and none of the causes that lead can produce it;
    where they can produce all of it, the fit is open.
    """
    best = max(probability, key=lambda code: probability[code])
    ranked = sorted(probability, key=lambda code: -probability[code])
    wanting = _unexplained(network, observed, drawn)
    wanting = wanting if _worth_a_look(level) and _matters(network, facts, observed, wanting) else []
    everyday = {code for code in ranked if network.knowledge.causes[code].group in _EVERYDAY}
    if _urgent(level) and best in everyday:
        wanting = list(dict.fromkeys([*wanting, *_alarming(network, facts, observed)]))
    warned = bool(wanting) or (_urgent(level) and best in everyday)
    state: Literal["fits", "open", "unexplained", "not_enough"]
    state = "fits" if probability[best] >= POSSIBLE and not warned else "open"
    names: list[str] = []
    least = POSSIBLE if state == "fits" else SHOWN
    if warned:
        ranked = [code for code in ranked if code not in everyday]
    leading = [code for code in ranked[:MOST_LEADING] if probability[code] >= least]
    if answers == 0 or (answers < FEWEST_ANSWERS and probability[best] < LIKELY and not _urgent(level)):
        state, leading = "not_enough", []
    elif warned:
        shown = {network.causes[code] for code in leading}
        left = [code for code in wanting if shown.isdisjoint(_producers(network, code))]
        names = [network.knowledge.findings[code].name for code in left]
        state = "unexplained" if names else "open"
    heading, text = _TEXTS[state]
    return Fit(
        state=state,
        heading=heading,
        text=text,
        leading=tuple(leading),
        unexplained=tuple(names[:_MOST_NAMED]),
    )


def _worth_a_look(level: UrgencyLevel) -> bool:
    """Below this, that a twitch has no cause on the list is common and no reason to see a doctor."""
    return level.rank >= UrgencyLevel.SOON_WEEKS.rank


def _urgent(level: UrgencyLevel) -> bool:
    return level.rank >= UrgencyLevel.URGENT_DAYS.rank


def _unexplained(network: Network, observed: Mapping[str, Weights], drawn: Booleans | None) -> list[str]:
    """Present findings that more often than not no cause at work can produce."""
    if drawn is None:
        return []
    found = []
    for code in _present(network, observed):
        producers = _producers(network, code)
        if not producers or drawn[producers].any(axis=0).mean() < 1 - _UNEXPLAINED:
            found.append(code)
    return found


def _present(network: Network, observed: Mapping[str, Weights]) -> list[str]:
    """Findings that something would have to produce.

    Exposures and habits need no explanation, nor does what many people have anyway, nor a bare
    number, which speaks through the findings of its thresholds.
    """
    known = network.knowledge.findings
    return [
        code
        for code, weights in observed.items()
        if weights.if_present > weights.if_absent
        and known[code].kind in _TELLING
        and known[code].answer != "number"
        and network.leak[network.findings[code], 0] < _COMMON
        and code not in network.risks
    ]


def _matters(network: Network, facts: Facts, observed: Mapping[str, Weights], unexplained: list[str]) -> bool:
    if not unexplained:
        return False
    present = _present(network, observed)
    if len(present) >= FEWEST_ANSWERS and len(unexplained) > len(present) / 2:
        return True
    missing = set(unexplained)
    return any(telling <= missing for telling in _urgent_grounds(network, facts, set(present)))


def _producers(network: Network, code: str) -> list[int]:
    """Causes, by number, that make a finding likelier than it is without them."""
    finding = network.findings[code]
    leak = network.leak[finding, 0]
    return [cause for cause, chance in network.effects[finding] if chance[0] > leak]


def _alarming(network: Network, facts: Facts, observed: Mapping[str, Weights]) -> list[str]:
    """Findings that make the case urgent and that something would have to produce."""
    present = _present(network, observed)
    telling = set().union(*_urgent_grounds(network, facts, set(present)))
    return [code for code in present if code in telling]


def _urgent_grounds(network: Network, facts: Facts, present: set[str]) -> list[set[str]]:
    """For every urgent rule that holds, what of it needs an explanation, where anything does."""
    return [
        telling
        for rule in network.knowledge.triage
        if _urgent(rule.level) and holds(rule.when, facts)
        if (telling := set(grounds(rule.when, facts)) & present)
    ]
