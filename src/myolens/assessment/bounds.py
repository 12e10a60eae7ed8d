"""Bounds on the posterior where too many findings are open at once for the exact table.

Some present findings are replaced by factors on single causes that lie above, and by others
that lie below, their true likelihood; the rest is solved exactly. The logarithm of
1 − exp(−x) is concave, so its tangent lies above it (Jaakkola and Jordan, "Variational
probabilistic inference and the QMR-DT network", J Artif Intell Res 10:291, 1999) and
Jensen's inequality gives a product that lies below it (same paper, section 4).
"""

from __future__ import annotations

import bisect
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from myolens.assessment.inference import Problem, order_of, solve
from myolens.assessment.tables import Array

_TARGET_FRONTIER = 13
_MOST_GAIN = 30.0
"""Largest exponent a tangent may put on one cause."""


def bounded(problem: Problem) -> tuple[Array, Array]:
    """Return a lower and an upper bound on the posterior of every cause (first variant).

    Returns
    -------
    low, high : ndarray, shape (causes,)
    """
    problem = problem.part(slice(0, 1))
    replaced = _replaced(problem)
    kept = np.setdiff1d(np.arange(problem.leak.shape[0]), replaced)
    rest = replace(
        problem,
        leak=problem.leak[kept],
        activation=problem.activation[kept],
        if_absent=problem.if_absent[kept],
        if_present=problem.if_present[kept],
    )
    order = order_of(rest)
    chance = solve(rest, order=order).probability[:, 0]
    above, below = np.zeros(len(chance)), np.zeros(len(chance))
    above_all = below_all = 0.0
    for finding in replaced:
        gain, constant = _upper(problem, finding, chance)
        above, above_all = above + gain, above_all + constant
        gain, constant = _lower(problem, finding, chance)
        below, below_all = below + gain, below_all + constant
    upper = _with_factors(rest, above)
    lower = _with_factors(rest, below)
    high, low = solve(upper, order=order), solve(lower, order=order)
    gap = high.log_evidence[0] + above_all - low.log_evidence[0] - below_all
    on_high, off_high = _shares(high.log_odds[:, 0])
    on_low, off_low = _shares(low.log_odds[:, 0])
    with np.errstate(over="ignore"):
        at_least = 1 / (1 + np.exp(gap + off_high - on_low))
        at_most = 1 / (1 + np.exp(off_low - gap - on_high))
    return np.asarray(at_least), np.asarray(at_most)


def _replaced(problem: Problem) -> list[int]:
    """Choose findings to replace, the ones most causes can produce first, until the rest is narrow."""
    parents = problem.activation[:, :, 0].astype(bool).sum(axis=1)
    certain = problem.if_absent[:, 0] == 0
    waiting = sorted(
        np.flatnonzero(parents).tolist(),
        key=lambda finding: (not certain[finding], -parents[finding], finding),
    )

    def wide(count: int) -> bool:
        kept = np.setdiff1d(np.arange(len(parents)), waiting[:count])
        part = replace(problem, leak=problem.leak[kept], activation=problem.activation[kept])
        return order_of(part).frontier > _TARGET_FRONTIER

    return waiting[: bisect.bisect_left(range(len(waiting)), 1, key=lambda count: 0 if wide(count) else 1)]


def _upper(problem: Problem, finding: int, chance: Array) -> tuple[Array, float]:
    """Log factor per cause at work, and log constant, that together lie above the likelihood."""
    if problem.if_absent[finding, 0] > 0:
        return np.zeros(len(chance)), float(
            np.log(max(problem.if_absent[finding, 0], _present(problem, finding)))
        )
    base, pushes = _exponents(problem, finding)
    at = max(base + float(chance @ pushes), float(np.log1p(pushes.max() / _MOST_GAIN)))
    slope = 1 / np.expm1(at)
    constant = float(np.log(-np.expm1(-at)) + slope * (base - at) + np.log(_present(problem, finding)))
    return slope * pushes, constant


def _lower(problem: Problem, finding: int, chance: Array) -> tuple[Array, float]:
    """Log factor per cause at work, and log constant, that together lie below the likelihood."""
    if problem.if_absent[finding, 0] > 0:
        return np.zeros(len(chance)), float(
            np.log(min(problem.if_absent[finding, 0], _present(problem, finding)))
        )
    base, pushes = _exponents(problem, finding)
    share = (chance + 1e-6) * pushes
    share = share / share.sum()
    used = share > 0
    gain = np.zeros(len(chance))
    alone = np.log(-np.expm1(-base))
    gain[used] = share[used] * (np.log(-np.expm1(-(base + pushes[used] / share[used]))) - alone)
    return gain, float(alone + np.log(_present(problem, finding)))


def _present(problem: Problem, finding: int) -> float:
    return float(problem.if_present[finding, 0])


def _exponents(problem: Problem, finding: int) -> tuple[float, NDArray[np.float64]]:
    """−log P(absent): of the leak, and of each cause."""
    return float(-np.log1p(-problem.leak[finding, 0])), -np.log1p(-problem.activation[finding, :, 0])


def _with_factors(problem: Problem, log_factor: Array) -> Problem:
    return replace(problem, likelihood=problem.likelihood * np.exp(log_factor)[:, None])


def _shares(log_odds: Array) -> tuple[Array, Array]:
    """Log probability of on and of off."""
    return -np.logaddexp(0, -log_odds), -np.logaddexp(0, log_odds)
