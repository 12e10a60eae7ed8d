"""The knowledge base as arrays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from myolens.assessment.severity import Shares, compiled_severity
from myolens.assessment.tables import Array
from myolens.knowledge.grades import ANY_GRADE, Levels
from myolens.knowledge.model import Cause, Knowledge, Probability, Setting

DRAWS = 200
"""Draws of all estimates from their ranges, from which the intervals are read."""

_SMALLEST = 1e-6
"""Probabilities of the knowledge base are kept this far from 0 and 1, so that nothing is impossible."""
_MOST_CERTAIN_GIVEN_GENERAL = 0.999
_DEFINING = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Causes and findings in the order of the knowledge base, with every estimate as a row of draws.

    Column 0 of every array is the stated value; the others are draws from the stated range,
    a Latin hypercube of a distribution whose median is the value and which is uniform in
    log odds (ratios: in the logarithm) between the value and each end.

    Attributes
    ----------
    causes, findings : dict of code to number
        In file order.
    priors : dict of setting to ndarray, shape (causes, 1 + draws)
    leak : ndarray, shape (findings, 1 + draws)
    effects : list, per finding, of (cause, ndarray of 1 + draws)
        P(finding | cause alone), including what a more particular finding implies.
    risks : dict of finding code to list of (cause, ratio if present, ratio if absent)
    links, link
        As in `Problem`.
    above : list of sets
        Per finding, all more general findings it implies.
    conditional, baseline : dict
        What `produced` and `myolens.assessment.problems.prior_with_links` have returned so far.
    codes : tuple of str
        Finding codes by number.
    umbrellas : frozenset of int
        General findings over unlike ones.
    states : frozenset of str
        Blood findings that are a cause by definition (`_states`).
    severity : dict of int to Shares
        Per finding with grades, its own or those of the general finding it is a form of.
    severe_forms : dict of int to int
        Findings that say just that a graded finding is severe, and that finding.
    """

    knowledge: Knowledge
    causes: dict[str, int]
    findings: dict[str, int]
    priors: dict[Setting, Array]
    leak: Array
    effects: list[list[tuple[int, Array]]]
    risks: dict[str, list[tuple[int, Array, Array]]]
    links: tuple[tuple[int, int], ...]
    link: Array
    above: list[frozenset[int]]
    conditional: dict[tuple[tuple[int, ...], int | None], Produced]
    baseline: dict[bytes, Array]
    codes: tuple[str, ...]
    umbrellas: frozenset[int]
    states: frozenset[str]
    severity: dict[int, Shares]
    severe_forms: dict[int, int]


def compiled(knowledge: Knowledge) -> Network:
    """Return the network of a knowledge base; the latest one is kept."""
    if not _latest or _latest[0].knowledge is not knowledge:
        _latest[:] = [_compiled(knowledge)]
    return _latest[0]


_latest: list[Network] = []


def _compiled(knowledge: Knowledge) -> Network:
    random = np.random.default_rng(20_260_101)
    causes = {code: number for number, code in enumerate(knowledge.causes)}
    findings = {code: number for number, code in enumerate(knowledge.findings)}
    all_causes = list(knowledge.causes.values())
    settings: tuple[Setting, ...] = ("community", "primary_care", "neurology_clinic")
    priors = {}
    ranks = _ranks(random, len(causes))
    for setting in settings:
        rows = [_spread(_prior(cause, setting), rank) for cause, rank in zip(all_causes, ranks, strict=True)]
        priors[setting] = np.array(rows).reshape(len(causes), 1 + DRAWS)
    leak = np.array(
        [
            _spread(definition.leak, rank)
            for definition, rank in zip(
                knowledge.findings.values(), _ranks(random, len(findings)), strict=True
            )
        ]
    ).reshape(len(findings), 1 + DRAWS)
    states = _states(knowledge)
    leak[[findings[code] for code in states]] = _SMALLEST
    above = [_above(knowledge, code, findings) for code in findings]
    effects: list[dict[int, Array]] = [{} for _ in findings]
    risks: dict[str, list[tuple[int, Array, Array]]] = {}
    links: list[tuple[int, int]] = []
    link_rows = []
    for number, cause in enumerate(all_causes):
        # A finding stated as a risk of a cause and as its effect is one fact told twice: the risk counts.
        exposures = {risk.finding for risk in cause.risks}
        for effect, rank in zip(cause.findings, _ranks(random, len(cause.findings)), strict=True):
            if effect.finding not in exposures:
                effects[findings[effect.finding]][number] = _spread(effect, rank)
        for risk, rank in zip(cause.risks, _ranks(random, len(cause.risks)), strict=True):
            ratio = _spread_ratio(risk.ratio, risk.low, risk.high, rank)
            absent = np.full(1 + DRAWS, risk.ratio_absent)
            risks.setdefault(risk.finding, []).append((number, ratio, absent))
        for link, rank in zip(cause.links, _ranks(random, len(cause.links)), strict=True):
            links.append((number, causes[link.cause]))
            link_rows.append(_spread(link, rank))
    _imply_upwards(effects, above)
    return Network(
        knowledge,
        causes,
        findings,
        priors,
        leak,
        [sorted(of.items(), key=lambda entry: entry[0]) for of in effects],
        risks,
        tuple(links),
        np.array(link_rows).reshape(len(links), 1 + DRAWS),
        above,
        {},
        {},
        tuple(findings),
        frozenset(findings[code] for code, each in knowledge.findings.items() if each.umbrella),
        states,
        compiled_severity(knowledge, above, columns=1 + DRAWS),
        {
            findings[graded.severe_form]: findings[code]
            for code, graded in knowledge.severities.items()
            if graded.severe_form is not None
        },
    )


def _states(knowledge: Knowledge) -> frozenset[str]:
    """Findings of blood tests that *are* a disturbed salt: nobody has low potassium without hypokalaemia.

    They are the findings of the low and high side of a laboratory test that one cause alone
    produces, one of the group "electrolyte", and nearly always. Their leak is nothing: what else
    lowers potassium does so by way of that cause.
    """
    sides = {side for lab in knowledge.labs.values() for side in (lab.low_finding, lab.high_finding)}
    producers: dict[str, list[tuple[Cause, float]]] = {}
    for cause in knowledge.causes.values():
        for effect in cause.findings:
            if effect.finding in sides:
                producers.setdefault(effect.finding, []).append((cause, effect.value))
    only = {code: of[0] for code, of in producers.items() if len(of) == 1}
    return frozenset(
        code for code, (cause, value) in only.items() if cause.group == "electrolyte" and value >= _DEFINING
    )


def _prior(cause: Cause, setting: Setting) -> Probability:
    return cause.prior.get(setting) or cause.prior.get("primary_care") or next(iter(cause.prior.values()))


def _imply_upwards(effects: list[dict[int, Array]], above: list[frozenset[int]]) -> None:
    """A cause that produces a particular finding produces the general one at least as often."""
    for finding, of in enumerate([dict(of) for of in effects]):
        for cause, value in of.items():
            for general in above[finding]:
                stated = effects[general].get(cause)
                effects[general][cause] = value if stated is None else np.maximum(stated, value)


def _above(knowledge: Knowledge, code: str, findings: Mapping[str, int]) -> frozenset[int]:
    found: set[str] = set()
    waiting = [code]
    while waiting:
        for general in knowledge.findings[waiting.pop()].implies:
            if general not in found and general != code:
                found.add(general)
                waiting.append(general)
    return frozenset(findings[general] for general in found)


def _ranks(random: np.random.Generator, rows: int) -> Array:
    """One row of stratified numbers in (0, 1) per estimate, each row in an order of its own."""
    places = np.tile((np.arange(DRAWS) + 0.5) / DRAWS, (rows, 1))
    return random.permuted(places, axis=1)


def _between(low: float, value: float, high: float, rank: Array) -> Array:
    return np.where(rank < 0.5, low + (value - low) * 2 * rank, value + (high - value) * (2 * rank - 1))


def _spread(estimate: Probability, rank: Array) -> Array:
    ends = np.clip([estimate.low, estimate.value, estimate.high], _SMALLEST, 1 - _SMALLEST)
    low, value, high = np.log(ends) - np.log1p(-ends)
    drawn = 1 / (1 + np.exp(-_between(low, value, high, rank)))
    return np.concatenate([ends[1:2], drawn])


def _spread_ratio(ratio: float, low: float | None, high: float | None, rank: Array) -> Array:
    bottom, top = min(low or ratio, ratio), max(high or ratio, ratio)
    drawn = np.exp(_between(np.log(bottom), np.log(ratio), np.log(top), rank))
    return np.concatenate([[ratio], drawn])


@dataclass(frozen=True, slots=True)
class Weights:
    """Likelihood of what was observed about one finding, if truly absent and if truly present.

    ``levels`` are the grades it was told to have, any if it was not graded; a finding that is
    present and has a grade outside them is ruled out.
    """

    if_absent: float
    if_present: float
    levels: Levels = ANY_GRADE


PRESENT = Weights(0.0, 1.0)
ABSENT = Weights(1.0, 0.0)


def soft(log_ratio: float, levels: Levels = ANY_GRADE) -> Weights:
    """Turn soft evidence, a natural log likelihood ratio, into `Weights`."""
    if log_ratio >= 0:
        return Weights(float(np.exp(-log_ratio)), 1.0, levels)
    return Weights(1.0, float(np.exp(log_ratio)))


@dataclass(frozen=True, slots=True, eq=False)
class Produced:
    """How causes produce one finding, given what is known of the more general findings.

    Attributes
    ----------
    leak : ndarray, shape (columns,)
    activation : dict of cause to ndarray
        q of the noisy-OR where the cause makes the finding likelier than its leak.
    rarer : dict of cause to ndarray
        P(finding | cause) where the cause makes it rarer; enters as a ratio on that cause.
    logarithms : (float, ndarray of shape (causes,), ndarray of shape (causes,))
        Of the stated values: the leak, log(1 − q) and the log of the ratio of every cause.
    """

    leak: Array
    activation: dict[int, Array]
    rarer: dict[int, Array]
    logarithms: tuple[float, Array, Array]


def produced(network: Network, chain: tuple[int, ...], given: int | None) -> Produced:
    """Return how causes produce a finding, within those who have the general finding ``given`` if any.

    If A implies B and B is known, then P(A | B, cause) = P(A | cause) / P(B | cause): the
    evidence of B is counted once, with B, and A adds only what is particular to it. A cause
    that is not listed for A says nothing beyond B. The chain runs from the finding to more
    general ones that are known to be present only through it; their evidence is told as one.
    """
    known = network.conditional.get((chain, given))
    if known is None:
        known = network.conditional[chain, given] = _produced(network, chain, given)
    return known


def _produced(network: Network, chain: tuple[int, ...], given: int | None) -> Produced:
    leak, values = _particular(network, chain[-1], given)
    for finding, general in zip(reversed(chain[:-1]), reversed(chain[1:]), strict=True):
        share, particular = _particular(network, finding, general)
        causes = values.keys() | particular.keys()
        values = {cause: values.get(cause, leak) * particular.get(cause, share) for cause in sorted(causes)}
        leak = leak * share
    activation, rarer = {}, {}
    log_stays, log_rarer = np.zeros(len(network.causes)), np.zeros(len(network.causes))
    for cause, value in values.items():
        if value[0] > leak[0]:
            chance = np.clip((value - leak) / (1 - leak), 0.0, 1 - _SMALLEST)
            activation[cause], log_stays[cause] = chance, np.log1p(-chance[0])
        elif value[0] < leak[0]:
            rarer[cause], log_rarer[cause] = np.minimum(value, leak), np.log(value[0] / leak[0])
    return Produced(leak, activation, rarer, (float(leak[0]), log_stays, log_rarer))


def _particular(network: Network, finding: int, given: int | None) -> tuple[Array, dict[int, Array]]:
    """Leak and P(finding | cause), among those who have the general finding if one is given."""
    leak, stated = network.leak[finding], dict(network.effects[finding])
    if given is None:
        return leak, stated
    general = dict(network.effects[given])
    share = np.minimum(leak / np.maximum(network.leak[given], leak), _MOST_CERTAIN_GIVEN_GENERAL)
    return share, {cause: value / np.maximum(general[cause], value) for cause, value in stated.items()}


def chains(network: Network, present: Iterable[int]) -> dict[int, tuple[tuple[int, ...], int | None]]:
    """Split the findings known to be present into chains, each told as one.

    A general finding that is known to be present through exactly one particular finding is
    part of that finding's chain; one that two or more share stands for itself. An umbrella
    over a finding that is known says nothing more and is left out.

    Returns
    -------
    dict of finding to (chain, general finding above the chain or None)
    """
    covered = {general for finding in present for general in network.above[finding]}
    present = frozenset(present) - (covered & network.umbrellas)
    above = {finding: nearest_general(network, finding, present - {finding}) for finding in present}
    shared = Counter(general for general in above.values() if general is not None)
    found = {}
    for finding in sorted(present):
        if shared[finding] == 1:
            continue
        chain, general = [finding], above[finding]
        while general is not None and shared[general] == 1:
            chain.append(general)
            general = above[general]
        found[finding] = tuple(chain), general
    return found


def nearest_general(network: Network, finding: int, present: Iterable[int]) -> int | None:
    """Return the rarest of the general findings known to be present that this one is a form of."""
    known = network.above[finding] & frozenset(present) - network.umbrellas
    return min(known, key=lambda general: (network.leak[general, 0], general), default=None)
