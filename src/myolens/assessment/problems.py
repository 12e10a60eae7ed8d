"""One case as a problem for the exact inference."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from myolens.assessment.inference import Array, Problem, solve
from myolens.assessment.network import Network, Weights, chains, nearest_general, produced
from myolens.knowledge.model import Setting


def prior_odds(
    network: Network, *, setting: Setting, age: float | None, sex: str | None
) -> NDArray[np.float64]:
    """Prior odds of every cause at this age and sex, shape (causes, 1 + draws)."""
    prior = network.priors[setting]
    odds = prior / (1 - prior)
    for number, cause in enumerate(network.knowledge.causes.values()):
        for factor in cause.age_sex:
            fits = factor.sex is None or factor.sex == sex
            bounded = factor.age_from > 0 or factor.age_to < 125
            if bounded:
                fits = fits and age is not None and factor.age_from <= age < factor.age_to + 1
            if fits:
                odds[number] *= factor.ratio
    return np.asarray(odds)


def prior_with_links(network: Network, odds: Array) -> Array:
    """Probability of every cause before any finding, what brings it about included, shape (causes,)."""
    key = odds[:, 0].tobytes()
    if key not in network.baseline:
        problem = problem_of(network, odds, {}, columns=np.zeros(1, dtype=np.int64), without=(None,))
        network.baseline[key] = solve(problem).probability[:, 0]
    return network.baseline[key]


def problem_of(
    network: Network,
    odds: Array,
    observed: Mapping[str, Weights],
    *,
    columns: Array,
    without: tuple[str | None, ...],
) -> Problem:
    """State one case as a problem with several variants.

    Parameters
    ----------
    network : Network
        The knowledge.
    odds : ndarray, shape (causes, 1 + draws)
        Prior odds at this age, sex and setting.
    observed : mapping of finding code to Weights
        Only what tells something; in the order of the knowledge base.
    columns : ndarray of int, shape (variants,)
        Which draw of the estimates each variant uses.
    without : tuple of str or None, one per variant
        The finding each variant leaves out, if any.
    """
    odds = odds[:, columns].copy()
    variants = len(columns)
    likelihood = np.ones(odds.shape)
    present = {network.findings[code] for code, weights in observed.items() if weights.if_absent == 0}
    told = chains(network, present)
    leaks, rows, absent, there = [], [], [], []
    for code, weights in observed.items():
        counted = np.array([left_out != code for left_out in without])
        for cause, ratio, ratio_absent in network.risks.get(code, ()):
            factor = _mixed(weights, ratio[columns], ratio_absent[columns])
            odds[cause] *= np.where(counted, factor, 1.0)
        finding = network.findings[code]
        if finding in present and finding not in told:
            continue
        chain, given = told.get(finding) or ((finding,), nearest_general(network, finding, present))
        how = produced(network, chain, given)
        leak = how.leak[columns]
        for cause, value in how.rarer.items():
            ratio = _seen(weights, value[columns]) / _seen(weights, leak)
            likelihood[cause] *= np.where(counted, ratio, 1.0)
        if weights.if_present == 0:
            for cause, chance in how.activation.items():
                likelihood[cause] *= np.where(counted, 1 - chance[columns], 1.0)
        elif len(how.activation) == 1:
            ((cause, chance),) = how.activation.items()
            ratio = _seen(weights, leak + (1 - leak) * chance[columns]) / _seen(weights, leak)
            likelihood[cause] *= np.where(counted, ratio, 1.0)
        elif how.activation:
            row = np.zeros(odds.shape)
            for cause, chance in how.activation.items():
                row[cause] = chance[columns]
            leaks.append(leak)
            rows.append(row)
            absent.append(np.where(counted, weights.if_absent, 1.0))
            there.append(np.where(counted, weights.if_present, 1.0))
    shape = (len(leaks), variants)
    return Problem(
        prior=odds / (1 + odds),
        likelihood=likelihood,
        leak=np.array(leaks).reshape(shape),
        activation=np.array(rows).reshape(len(rows), *odds.shape),
        if_absent=np.array(absent).reshape(shape),
        if_present=np.array(there).reshape(shape),
        links=network.links,
        link=network.link[:, columns],
    )


def _seen(weights: Weights, chance: Array) -> Array:
    return weights.if_absent * (1 - chance) + weights.if_present * chance


def _mixed(weights: Weights, ratio: Array, ratio_absent: Array) -> Array:
    """Ratio of a risk that is present, absent, or present with the odds of its soft evidence."""
    share = weights.if_present / (weights.if_present + weights.if_absent)
    return np.asarray(share * ratio + (1 - share) * ratio_absent)
