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
    is known.
    """
    best = max(probability, key=lambda code: probability[code])
    unexplained = _unexplained(network, observed, drawn)
    state: Literal["fits", "open", "unexplained", "not_enough"]
    if answers == 0 or (answers < FEWEST_ANSWERS and probability[best] < LIKELY and not _urgent(level)):
        state = "not_enough"
    elif _worth_a_look(level) and _matters(network, facts, observed, unexplained):
        state = "unexplained"
    else:
        state = "open" if probability[best] < POSSIBLE else "fits"
        if _urgent(level) and network.knowledge.causes[best].group in _EVERYDAY:
            state = "unexplained"
    least = POSSIBLE if state == "fits" else SHOWN
    ranked = sorted(probability, key=lambda code: -probability[code])[:MOST_LEADING]
    leading = [code for code in ranked if probability[code] >= least]
    if state == "not_enough":
        leading = []
    elif state == "unexplained":
        leading = [code for code in leading if network.knowledge.causes[code].group not in _EVERYDAY]
    heading, text = _TEXTS[state]
    names = tuple(network.knowledge.findings[code].name for code in unexplained)
    return Fit(
        state=state,
        heading=heading,
        text=text,
        leading=tuple(leading),
        unexplained=names[:_MOST_NAMED] if state == "unexplained" else (),
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
        finding = network.findings[code]
        leak = network.leak[finding, 0]
        producers = [cause for cause, chance in network.effects[finding] if chance[0] > leak]
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
    for rule in network.knowledge.triage:
        if _urgent(rule.level) and holds(rule.when, facts):
            telling = set(grounds(rule.when, facts)) & set(present)
            if telling and telling <= set(unexplained):
                return True
    return False
