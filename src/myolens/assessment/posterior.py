"""What is observed against the whole network: probabilities, intervals, evidence and draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from myolens.assessment.bounds import bounded
from myolens.assessment.draws import Booleans, joint_draws
from myolens.assessment.inference import MAXIMUM_FRONTIER, Problem, order_of, solve
from myolens.assessment.network import DRAWS, Network, Weights
from myolens.assessment.order import Order
from myolens.assessment.problems import prior_odds, prior_with_links, problem_of
from myolens.assessment.tables import Array
from myolens.knowledge.model import Setting

INTERVAL_LEVEL = 0.9
"""Share of the draws from the ranges of the estimates that an interval holds."""

_INTERVAL_NUMBERS, FEWEST_DRAWS = 1 << 22, 24
"""Draws of the estimates are fewer where the tables are wide: draws × summed table size stays below this."""
_EVIDENCE_NUMBERS, _FEWEST_TOLD = 1 << 24, 10
"""Leave-one-out runs are fewer where the tables are very wide: runs × summed table size stays below this."""
_MOST_BITS = 50.0
_FEWEST_PRESENT = 1e-4
"""A finding less probable than this is put into tables of its own: a difference would lose more digits."""


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """Posterior of one case.

    Attributes
    ----------
    probability, low, high, prior : ndarray, shape (causes,)
        Probability with its interval, and before any finding but age and sex.
    bits : dict of finding code to ndarray, shape (causes,)
        log2 odds of each cause with the finding minus without it, of the findings in ``seen`` or,
        where the table is very wide, of the rarest of them.
    seen : dict of finding code to bool
        Whether what was observed speaks for the finding being present.
    exact : bool
        False where too many findings were open at once: ``low`` and ``high`` then bound the
        exact value, and ``probability`` lies between them.
    problem, order
        The exact problem, for draws; None where it is not exact.
    """

    probability: Array
    low: Array
    high: Array
    prior: Array
    bits: dict[str, Array]
    seen: dict[str, bool]
    exact: bool
    problem: Problem | None
    order: Order | None

    def draws(self, count: int) -> Booleans | None:
        """Exact joint draws of causes, shape (causes, count); None where the answer is bounds."""
        if self.problem is None or self.order is None:
            return None
        return joint_draws(self.problem, self.order, count=count)


def judge(
    network: Network,
    observed: Mapping[str, Weights],
    *,
    setting: Setting,
    age: float | None,
    sex: str | None,
) -> Judgement:
    """Return the posterior of a case; the order in which findings are given does not matter."""
    observed = {code: observed[code] for code in network.findings if code in observed}
    odds = prior_odds(network, setting=setting, age=age, sex=sex)
    prior = prior_with_links(network, odds)
    seen = {code: _leaning(weights) for code, weights in observed.items()}
    plain = problem_of(network, odds, observed, columns=np.zeros(1, dtype=np.int64), without=(None,))
    order = order_of(plain)
    if order.frontier > MAXIMUM_FRONTIER:
        low, high = bounded(plain)
        middle = 1 / (1 + np.exp(-0.5 * (_logit(low) + _logit(high))))
        return Judgement(
            probability=np.clip(middle, low, high),
            low=low,
            high=high,
            prior=prior,
            bits={},
            seen=seen,
            exact=False,
            problem=None,
            order=None,
        )
    draws = int(np.clip(_INTERVAL_NUMBERS // max(order.size, 1), FEWEST_DRAWS, DRAWS))
    codes = _told(network, observed, order)
    columns = np.concatenate([np.zeros(1 + len(codes), dtype=np.int64), _chosen(draws)])
    without = (None, *codes, *[None] * draws)
    posterior = solve(problem_of(network, odds, observed, columns=columns, without=without), order=order)
    log_odds = posterior.log_odds
    with np.errstate(invalid="ignore"):
        bits = np.nan_to_num((log_odds[:, :1] - log_odds[:, 1 : 1 + len(codes)]) / np.log(2))
    bits = np.clip(bits, -_MOST_BITS, _MOST_BITS)
    probability = posterior.probability
    spread = probability[:, 1 + len(codes) :]
    tail = (1 - INTERVAL_LEVEL) / 2
    low, high = np.quantile(spread, [tail, 1 - tail], axis=1)
    value = probability[:, 0]
    return Judgement(
        probability=value,
        low=np.minimum(low, value),
        high=np.maximum(high, value),
        prior=prior,
        bits={code: bits[:, number] for number, code in enumerate(codes)},
        seen=seen,
        exact=True,
        problem=plain,
        order=order,
    )


def probabilities_with(
    network: Network,
    observed: Mapping[str, Weights],
    extras: list[dict[str, Weights]],
    *,
    setting: Setting,
    age: float | None,
    sex: str | None,
    like: Judgement | None = None,
) -> list[NDArray[np.float64] | None]:
    """Return the probabilities after each of several further results; None where out of reach.

    ``like`` is the judgement without them. Its tables serve for all results that leave them as they are,
    and for one more present finding by the law of total probability: what fits the evidence is
    what fits it with the finding and what fits it without, and an absent finding needs no bit.
    """
    odds = prior_odds(network, setting=setting, age=age, sex=sex)
    problems = []
    for extra in extras:
        both = {**observed, **extra}
        both = {code: both[code] for code in sorted(both, key=network.findings.__getitem__)}
        problems.append(problem_of(network, odds, both, columns=np.zeros(1, dtype=np.int64), without=(None,)))
    order = None if like is None else like.order
    found = _by_tables_of(like.problem, order, problems) if like and like.problem and order else {}
    return [
        found[number] if number in found else _alone(problem, order)
        for number, problem in enumerate(problems)
    ]


def _alone(problem: Problem, like: Order | None) -> NDArray[np.float64] | None:
    """Probabilities of a problem by tables of its own, in nearly the order of others."""
    order = order_of(problem, like=like)
    if order.frontier > MAXIMUM_FRONTIER:
        order = order_of(problem)
    return solve(problem, order=order).probability[:, 0] if order.frontier <= MAXIMUM_FRONTIER else None


def _by_tables_of(plain: Problem, order: Order, problems: list[Problem]) -> dict[int, NDArray[np.float64]]:
    """Probabilities of those problems, by number, that the tables of another one can tell."""
    active = plain.activation.any(axis=2)
    parts: list[Problem] = []
    places: dict[int, tuple[int, float | None]] = {}
    for number, problem in enumerate(problems):
        more = [place for place, name in enumerate(problem.names) if name not in plain.names]
        rest = problem.without(more[0]) if len(more) == 1 else problem
        if more and (problem.if_absent[more[0], 0], problem.if_present[more[0], 0]) != (0, 1):
            continue
        if rest.names != plain.names or (rest.activation.any(axis=2) & ~active).any():
            continue
        places[number] = len(parts), float(problem.leak[more[0], 0]) if more else None
        parts.append(rest)
        if more:
            stays = 1 - problem.activation[more[0]]
            parts.append(replace(rest, likelihood=rest.likelihood * stays))
    if not parts:
        return {}
    posterior = solve(parts[0].beside(parts[1:]), order=order)
    found = {}
    for number, (place, leak) in places.items():
        probability = posterior.probability[:, place]
        if leak is not None:
            gap = posterior.log_evidence[place + 1] - posterior.log_evidence[place]
            absent = float(np.exp(gap) * (1 - leak))
            if absent > 1 - _FEWEST_PRESENT:
                continue
            probability = (probability - absent * posterior.probability[:, place + 1]) / (1 - absent)
        found[number] = np.clip(probability, 0.0, 1.0)
    return found


def _told(network: Network, observed: Mapping[str, Weights], order: Order) -> list[str]:
    """Findings whose evidence is worked out: all, or where the table is very wide the rarest ones."""
    most = max(_FEWEST_TOLD, _EVIDENCE_NUMBERS // max(order.size, 1))
    rare = sorted(observed, key=lambda code: (network.leak[network.findings[code], 0], code))
    return [code for code in observed if code in set(rare[:most])]


def _leaning(weights: Weights) -> bool:
    return weights.if_present > weights.if_absent


def _chosen(draws: int) -> NDArray[np.int64]:
    return np.linspace(1, DRAWS, draws).round().astype(np.int64)


def _logit(probability: Array) -> Array:
    inside = np.clip(probability, 1e-12, 1 - 1e-12)
    return np.asarray(np.log(inside) - np.log1p(-inside))
