"""What to ask next: the answer expected to tell most about the causes, for the least effort.

The expected information of a question is its mutual information with each cause, summed over
the causes, serious ones counting more. It is computed from exact joint draws of the causes:
given a set of causes, the chance of a finding is known in closed form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from myolens.assessment.draws import Booleans
from myolens.assessment.network import Network, nearest_general, produced
from myolens.assessment.result import Question
from myolens.assessment.tables import Array
from myolens.assessment.triage import Facts, fired_rules, holds, level_of, mentioned
from myolens.knowledge.model import FindingDefinition, TriageRule, UrgencyLevel

JOINT_DRAWS = 2000
SERIOUS_WEIGHT = 3.0
"""How much more a bit about a serious cause counts (project estimate)."""
WORTH_ASKING_BITS = 0.01
"""A question whose expected information per unit of effort is below this is not asked."""
MOST_QUESTIONS = 6
ENOUGH_CHANCE = {UrgencyLevel.EMERGENCY: 0.01, UrgencyLevel.URGENT_DAYS: 0.01, UrgencyLevel.SOON_WEEKS: 0.05}
"""An open question that would raise the case to a level matters if a "yes" is at least this likely."""
POINTED_TO = 2.0
"""A less likely danger, down to half of that, is asked about if what was told makes it so many times likelier
than it is without any cause (project estimate)."""
CLEARLY_LIKELIER = 4.0
"""A question that needs a reason is also put where causes make a "yes" so many times likelier (project
estimate)."""

_CERTAIN = 1e-9
_A_QUESTION = 1.0
"""Largest effort of what a person can simply be asked."""


@dataclass(frozen=True, slots=True, eq=False)
class Information:
    """Expected information of every finding.

    Attributes
    ----------
    chance : ndarray, shape (findings,)
        Probability that the finding would be present.
    bits : ndarray, shape (causes, findings)
        Mutual information of finding and cause.
    value : ndarray, shape (findings,)
        Bits summed over causes, serious ones weighted.
    """

    chance: Array
    bits: Array
    value: Array


def information(network: Network, draws: Booleans, facts: Facts) -> Information:
    """Return the expected information of every finding that can be asked or tested for.

    Parameters
    ----------
    network : Network
    draws : ndarray of bool, shape (causes, draws)
        Exact joint draws of the causes.
    facts : Facts
        What is known already; the information of a known finding is 0.
    """
    sets, counts = _different(draws)
    ever = np.flatnonzero(sets.any(axis=0))
    on, weight = sets[:, ever].astype(np.float64), counts / counts.sum()
    numbers = [number for code, number in _askable(network).items() if not answered(code, facts)]
    chance = _chances(network, on, ever, facts, numbers)
    mean = weight @ chance
    share = (weight @ on)[:, None]
    both = (on * weight[:, None]).T @ chance
    given_on = np.divide(both, share, out=np.tile(mean, (len(share), 1)), where=share > 0)
    given_off = np.divide(mean - both, 1 - share, out=np.tile(mean, (len(share), 1)), where=share < 1)
    told = _entropy(mean) - share * _entropy(given_on) - (1 - share) * _entropy(given_off)
    findings = len(network.findings)
    chances, bits = np.zeros(findings), np.zeros((len(network.causes), findings))
    chances[numbers], bits[ever[:, None], numbers] = mean, np.maximum(told, 0)
    causes = network.knowledge.causes.values()
    weights = np.array([SERIOUS_WEIGHT if cause.serious else 1.0 for cause in causes])
    return Information(chances, bits, weights @ bits)


def _different(draws: Booleans) -> tuple[Booleans, NDArray[np.int64]]:
    """Return the different sets of causes among the draws, shape (sets, causes), and their counts."""
    packed = np.ascontiguousarray(np.packbits(draws, axis=0).T)
    rows = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, counts = np.unique(rows, return_index=True, return_counts=True)
    return draws.T[first], counts


@lru_cache(maxsize=2)
def _askable(network: Network) -> dict[str, int]:
    """Findings that can be asked or tested for, with their numbers."""
    tests = network.knowledge.tests.values()
    tested = {result.finding for test in tests for result in test.results}
    findings = network.knowledge.findings
    return {code: place for code, place in network.findings.items() if findings[code].ask or code in tested}


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question whose "yes" would make the case more urgent; ``chance`` is how likely that is."""

    finding: str
    level: UrgencyLevel
    chance: float


def open_safety(network: Network, facts: Facts, informed: Information | None) -> list[OpenQuestion]:
    """Return the unanswered questions whose "yes" would raise the urgency, the weightiest first.

    Weight is the chance of a "yes" times four for every level it would add up to, so that a
    rare emergency and a common reason for a visit are both asked about early. A question that needs a
    reason is open only where one was told of, or where a cause makes a "yes" clearly likelier.
    """
    now = level_of(fired_rules(network.knowledge, facts, {})).rank
    found = []
    for code, (implied, rules) in _alarming(network).items():
        if answered(code, facts):
            continue
        new = implied - facts.present
        raising = [rule for rule, asked in rules if rule.level.rank > now and not asked.isdisjoint(new)]
        if not raising:
            continue
        yes = replace(facts, present=facts.present | implied)
        highest = next((rule.level for rule in raising if holds(rule.when, yes)), None)
        if highest is not None:
            chance = float(informed.chance[network.findings[code]]) if informed is not None else 0.0
            reason = network.knowledge.findings[code].ask_if
            likelier = chance >= CLEARLY_LIKELIER * network.leak[network.findings[code], 0]
            if reason is not None and not holds(reason, facts) and not likelier:
                continue
            found.append(OpenQuestion(code, highest, round(chance, 9)))
    return sorted(found, key=lambda question: -question.chance * 4.0**question.level.rank)


@lru_cache(maxsize=2)
def _alarming(
    network: Network,
) -> dict[str, tuple[frozenset[str], list[tuple[TriageRule, frozenset[str]]]]]:
    """Questions some rule asks about: what a "yes" makes present, and those rules, the most urgent first.

    With each rule stands all it asks about: it can come to hold only through something that is new.
    """
    rules: dict[str, list[int]] = {}
    ranked = sorted(network.knowledge.triage, key=lambda rule: -rule.level.rank)
    every = [(rule, mentioned(rule.when)) for rule in ranked]
    for place, (_, codes) in enumerate(every):
        for code in codes:
            rules.setdefault(code, []).append(place)
    found = {}
    for code, definition in network.knowledge.findings.items():
        if definition.ask and definition.cost <= _A_QUESTION:
            above = network.above[network.findings[code]]
            implied = frozenset(network.codes[general] for general in above) | {code}
            places = sorted({place for each in implied for place in rules.get(each, ())})
            if places:
                found[code] = implied, [every[place] for place in places]
    return found


def next_questions(
    network: Network,
    facts: Facts,
    safety: Sequence[OpenQuestion],
    informed: Information | None,
    level: UrgencyLevel,
) -> tuple[Question, ...]:
    """Return what to ask the person next, safety questions first, then the most telling.

    In an emergency nothing but safety is asked. A danger to which nothing points and that is too rare to
    turn the answer stays in the list of what was not asked. A question for which a reason was told is among
    the first.
    """
    knowledge = network.knowledge
    reasoned = [question.finding for question in safety if knowledge.findings[question.finding].ask_if]
    others = [
        question.finding
        for question in safety
        if question.finding not in reasoned and (informed is None or _can_matter(network, question))
    ]
    first = [*others[: max(MOST_QUESTIONS - len(reasoned), 0)], *reasoned][:MOST_QUESTIONS]
    questions = [_question(network, knowledge.findings[code], informed, safety=True) for code in first]
    if informed is None or level is UrgencyLevel.EMERGENCY:
        return tuple(questions)
    worth = {}
    for code, definition in knowledge.findings.items():
        if definition.ask and not definition.ask_if and code not in first and not answered(code, facts):
            value = float(informed.value[network.findings[code]]) / definition.cost
            if value >= WORTH_ASKING_BITS:
                worth[code] = value
    best = sorted(worth, key=lambda code: -round(worth[code], 9))[:MOST_QUESTIONS]
    questions += [_question(network, knowledge.findings[code], informed, safety=False) for code in best]
    return tuple(questions)


def _can_matter(network: Network, question: OpenQuestion) -> bool:
    """Tell whether a "yes" is likely enough, or enough likelier by what was told, to be asked about."""
    enough = ENOUGH_CHANCE.get(question.level, 0.0)
    leak = network.leak[network.findings[question.finding], 0]
    pointed_to = question.chance >= POINTED_TO * leak
    return question.chance >= (enough / 2 if pointed_to else enough)


def most_informed_cause(network: Network, informed: Information, code: str) -> str:
    """Return the cause a finding tells most about."""
    return list(network.causes)[int(np.argmax(informed.bits[:, network.findings[code]]))]


def _question(
    network: Network, definition: FindingDefinition, informed: Information | None, *, safety: bool
) -> Question:
    bits = 0.0
    why = definition.why_ask
    if informed is not None:
        bits = float(informed.value[network.findings[definition.code]])
        if not why and not safety:
            cause = network.knowledge.causes[most_informed_cause(network, informed, definition.code)]
            why = f"The answer says most about {cause.plain_name}."
    return Question(
        finding=definition.code,
        text=definition.ask,
        why=why or "The answer can change how soon you should be seen.",
        safety=safety,
        bits=round(bits, 4),
        cost=definition.cost,
        kind=definition.kind,
    )


def answered(code: str, facts: Facts) -> bool:
    """Tell whether a question is settled."""
    return code in facts.present or code in facts.absent or code in facts.numbers


def _entropy(chance: Array) -> Array:
    inside = np.clip(chance, _CERTAIN, 1 - _CERTAIN)
    return np.asarray(-(inside * np.log2(inside) + (1 - inside) * np.log2(1 - inside)))


def _chances(network: Network, on: Array, ever: NDArray[np.int64], facts: Facts, numbers: list[int]) -> Array:
    """Chance of some findings given each drawn set of causes, shape (draws, findings).

    ``on`` tells of the causes ``ever`` whether they are at work. Where a cause makes a finding rarer, or
    a finding is a risk of a cause, the same ratios that the inference uses are applied to its odds.
    """
    present = {network.findings[code] for code in facts.present}
    told = [
        produced(network, (finding,), nearest_general(network, finding, present - {finding}))
        if network.above[finding] & present
        else produced(network, (finding,), None)
        for finding in numbers
    ]
    leak = np.array([how.logarithms[0] for how in told])
    log_stays = np.array([how.logarithms[1] for how in told])[:, ever]
    log_rarer = np.array([how.logarithms[2] for how in told])[:, ever]
    chance: Array = on @ log_stays.T
    np.exp(chance, out=chance)
    odds = leak / (1 - leak)
    for place, finding in enumerate(numbers):
        entries = network.risks.get(network.codes[finding])
        if entries is not None:
            log_ratio = np.zeros(len(network.causes))
            for cause, ratio, ratio_absent in entries:
                log_ratio[cause] = np.log(ratio[0] / ratio_absent[0])
            chance[:, place] /= 1 + odds[place] * np.exp(on @ log_ratio[ever])
            odds[place] = 0
    chance /= 1 + odds
    np.subtract(1, chance, out=chance)
    rarer = np.flatnonzero(log_rarer.any(axis=1))
    chance[:, rarer] *= np.exp(on @ log_rarer[rarer].T)
    np.minimum(chance, 1, out=chance)
    return chance
