"""One case as a problem for the exact inference."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from myolens.assessment.inference import Problem, solve
from myolens.assessment.network import Network, Weights, chains, nearest_general, produced
from myolens.assessment.severity import AtLevels, at_levels
from myolens.assessment.tables import Array
from myolens.knowledge.grades import ANY_GRADE, NOT_SEVERE, SEVERE, Levels
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
    names = []
    for code, weights in observed.items():
        counted = np.array([left_out != code for left_out in without])
        for cause, ratio, ratio_absent in network.risks.get(code, ()):
            factor = _mixed(weights, ratio[columns], ratio_absent[columns])
            odds[cause] *= np.where(counted, factor, 1.0)
        finding = network.findings[code]
        if finding in present and finding not in told:
            continue
        chain, given = told.get(finding) or ((finding,), nearest_general(network, finding, present))
        if finding in network.severe_forms:
            chain = _severe_form(network, finding, chain, observed)
            if not chain:
                continue
        levels = _told_levels(network, finding, chain, given, observed)
        how, usual = _at_grade(network, chain, given, levels, columns)
        leak = how.leak
        # What others would call normal is told at a grade as often as people with the finding tell it.
        seen = Weights(weights.if_absent * usual, weights.if_present)
        for cause, factor in how.factor.items():
            likelihood[cause] *= np.where(counted, factor, 1.0)
        for cause, value in how.rarer.items():
            ratio = _seen(seen, value) / _seen(seen, leak)
            likelihood[cause] *= np.where(counted, ratio, 1.0)
        if seen.if_present == 0:
            for cause, chance in how.activation.items():
                likelihood[cause] *= np.where(counted, 1 - chance, 1.0)
        elif len(how.activation) == 1:
            ((cause, chance),) = how.activation.items()
            ratio = _seen(seen, leak + (1 - leak) * chance) / _seen(seen, leak)
            likelihood[cause] *= np.where(counted, ratio, 1.0)
        elif how.activation:
            row = np.zeros(odds.shape)
            for cause, chance in how.activation.items():
                row[cause] = chance
            names.append(code)
            leaks.append(leak)
            rows.append(row)
            absent.append(np.where(counted, seen.if_absent, 1.0))
            there.append(np.where(counted, seen.if_present, 1.0))
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
        names=tuple(names),
    )


def _severe_form(
    network: Network, finding: int, chain: tuple[int, ...], observed: Mapping[str, Weights]
) -> tuple[int, ...]:
    """Return the chain of a finding that says just that another is severe; empty if it adds nothing.

    It is the top level of that finding: known to be there, the finding carries the grade itself.
    """
    general = network.severe_forms[finding]
    if general in chain:
        return chain[1:]
    return () if network.codes[general] in observed else (general,)


def _told_levels(
    network: Network, finding: int, chain: tuple[int, ...], given: int | None, observed: Mapping[str, Weights]
) -> Levels:
    """Return the grade of a chain of findings: that of the most general of them that was given one.

    A particular finding within a general one that has a grade adds none.
    """
    weights = observed[network.codes[finding]]
    if given is not None and observed[network.codes[given]].levels != ANY_GRADE:
        return ANY_GRADE
    if finding in network.severe_forms:
        general = observed.get(network.codes[network.severe_forms[finding]])
        return general.levels if general else NOT_SEVERE if weights.if_present == 0 else SEVERE
    graded = [observed[code].levels for each in chain if (code := network.codes[each]) in observed]
    return next((levels for levels in reversed(graded) if levels != ANY_GRADE), weights.levels)


def _at_grade(
    network: Network, chain: tuple[int, ...], given: int | None, levels: Levels, columns: Array
) -> tuple[AtLevels, float]:
    """Return how causes produce a chain of findings at a grade, and the usual share of the grade."""
    how = produced(network, chain, given)
    leak = how.leak[columns]
    activation = {cause: chance[columns] for cause, chance in how.activation.items()}
    rarer = {cause: value[columns] for cause, value in how.rarer.items()}
    shares = next((network.severity[each] for each in chain if each in network.severity), None)
    if shares is None or levels == ANY_GRADE:
        return AtLevels(leak, activation, rarer, {}), 1.0
    graded = at_levels(leak, activation, rarer, shares, levels, columns)
    if levels[0] == 0:
        return AtLevels(leak, {}, {}, graded.factor), 1.0
    return graded, float(shares.usual[levels[0] - 1 : levels[1], 0].sum())


def _seen(weights: Weights, chance: Array) -> Array:
    return weights.if_absent * (1 - chance) + weights.if_present * chance


def _mixed(weights: Weights, ratio: Array, ratio_absent: Array) -> Array:
    """Ratio of a risk that is present, absent, or present with the odds of its soft evidence."""
    share = weights.if_present / (weights.if_present + weights.if_absent)
    return np.asarray(share * ratio + (1 - share) * ratio_absent)
