"""Rates of events that may come in clumps: intervals that allow for what few events cannot show.

Counts are taken as negative binomial with variance `index` times the mean, whatever the length of the
count (clumps of logarithmic size at random instants: Quenouille, Biometrics 1949;5:162). The index is 1
for events without memory. It is learnt from how the events spread over the recording; where there
are few, a prior speaks for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DIVISIONS = (5, 8, 12)
"""Numbers of equal pieces in which events are counted: clumps have no length known beforehand."""
SINGLY = 0.45
"""Prior probability that events come singly, without memory."""
TYPICAL_INDEX, SPREAD = 6.0, 1.0
"""Otherwise the index is log-normal about this value, with this standard deviation of its logarithm.

All three are project estimates, made so that intervals hold the truth for single events, doublets, bursts of
four on average (index 7) and rates that drift twofold (``python -m benchmarks.detection.processes``). That
clumps are usual is known: only 35 % of discharges in motor neuron disease, and 10 % in controls, had no other
within 250 ms (Sleutjes et al., Muscle Nerve 2016;53:227)."""

FEW_CLUMPS = 4.0
"""With fewer clumps than this in a count, another mean is taken to be more or fewer of them; with more, as
many of another size, as when a rate drifts. Project estimate, made to even the two tails."""

_INDICES = np.exp(np.linspace(0, np.log(400), 64))
_STEPS = np.linspace(-1, 1, 201)


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """What a count tells of the number expected in the time it took, for each index.

    Attributes
    ----------
    log_mean : ndarray, shape (means,)
        Natural logs of expected numbers.
    density : ndarray, shape (indices, means)
        Posterior density of the expected number, each row of sum 1.
    likelihood : ndarray, shape (indices,)
        Log likelihood of each index, from how the events are spread.
    """

    log_mean: Floats
    density: Floats
    likelihood: Floats


def expected(pieces: list[NDArray[np.int64]]) -> Expected:
    """What events tell that are counted in each of several divisions of the time into equal pieces."""
    count = int(pieces[0].sum())
    likelihood = np.zeros(len(_INDICES))
    if count > 1:
        likelihood = np.mean([_log_likelihood(counts) for counts in pieces], axis=0)
    spread = float(np.sqrt((1 + weights(likelihood) @ _INDICES) / max(count, 1)))
    log_mean = np.log(max(count, 1)) + _STEPS * min(4.5 * spread + 1.5 / max(count, 1), 9.0)
    return Expected(log_mean, _mean_density(count, log_mean), likelihood)


def weights(likelihood: Floats) -> Floats:
    """Posterior of the index: prior times likelihood, of sum 1."""
    logs = np.log(_prior()) + likelihood
    posterior = np.exp(logs - logs.max())
    return np.asarray(posterior / posterior.sum())


def evidence(likelihood: Floats) -> float:
    """Log of the mean likelihood over the prior of the index."""
    logs = np.log(_prior()) + likelihood
    return float(logs.max() + np.log(np.exp(logs - logs.max()).sum()))


def cumulated(density: Floats) -> Floats:
    """Distribution function at the points of a grid from its density there."""
    return np.asarray(np.cumsum(density) - density / 2)


def expected_limits(pieces: list[NDArray[np.int64]], *, level: float) -> tuple[float, float]:
    """Limits of the expected number of events in the time that was counted.

    The interval is central, and one-sided from 0 where there is no event. An expected number below the
    limit for no event can be missed on one side only, as every count, down to 0, agrees with it: there all
    of 1 − level goes to the lower limit (the unified interval of Feldman & Cousins, Phys Rev D
    1998;57:3873), else single events in a short time would be held far more often than stated.

    Parameters
    ----------
    pieces : list of ndarray of int64
        The same events, counted in each of several divisions of the time into equal pieces.
    level : float
        Of the interval.
    """
    none = limit_of_none(level)
    if not pieces[0].sum():
        return 0.0, none
    found = expected(pieces)
    share = cumulated(weights(found.likelihood) @ found.density)
    tails = [1 - level, (1 - level) / 2, (1 + level) / 2]
    one_sided, low, high = np.interp(tails, share, np.exp(found.log_mean))
    return float(min(one_sided, max(low, none))), float(high)


def probability_of_none(expected: float) -> float:
    """Probability of no event where so many are expected, clumps allowed for by the prior."""
    return float(_prior() @ np.exp(-expected * _occurrences_per_event()))


@cache
def limit_of_none(level: float) -> float:
    """Expected number at which no event at all has the probability 1 − level, clumps allowed for."""
    low, high = 0.0, 1e4
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if probability_of_none(middle) > 1 - level else (low, middle)
    return high


@cache
def _prior() -> Floats:
    clumped = np.exp(-0.5 * np.square(np.log(_INDICES[1:] / TYPICAL_INDEX) / SPREAD))
    return np.concatenate([[SINGLY], (1 - SINGLY) * clumped / clumped.sum()])


@cache
def _occurrences_per_event() -> Floats:
    """Clumps per event: −log of the probability of none, over the expected number."""
    return np.concatenate([[1.0], np.log(_INDICES[1:]) / (_INDICES[1:] - 1)])


def _log_likelihood(counts: NDArray[np.int64]) -> Floats:
    """Log probability of how the events fall into equal pieces, given their number, for each index.

    Multinomial for index 1, Dirichlet-multinomial (Mosimann, Biometrika 1962;49:65) beyond.
    """
    from scipy.special import gammaln

    count, pieces = int(counts.sum()), len(counts)
    values, repeats = np.unique(counts, return_counts=True)
    shape = (count / pieces / (_INDICES[1:] - 1))[:, None]
    inner = gammaln(values + shape) - gammaln(shape) - gammaln(values + 1.0)
    clumped = inner @ repeats - (gammaln(count + pieces * shape) - gammaln(pieces * shape))[:, 0]
    singly = -(repeats @ gammaln(values + 1.0)) - count * np.log(pieces)
    return np.concatenate([[singly], clumped])


def _mean_density(count: int, log_mean: Floats) -> Floats:
    """Posterior density of the expected number on this grid for each index, each row of sum 1.

    The prior is Jeffreys': mean^−½ for single events, which keeps its level for them (Brown, Cai &
    DasGupta, Stat Sinica 2003;13:19), and (mean + mean²/shape)^−½ for the part of the shape that stays.
    Without an event it is even, which gives the limits of `probability_of_none`.
    """
    from scipy.special import gammaln

    mean = np.exp(log_mean)
    clumps = np.maximum(count, 1e-9) / (_INDICES[1:, None] - 1)
    stays = clumps / (clumps + FEW_CLUMPS)
    shape = clumps**stays * (mean / (_INDICES[1:, None] - 1)) ** (1 - stays)
    clumped = gammaln(count + shape) - gammaln(shape)
    clumped -= count * np.log1p(shape / mean) + shape * np.log1p(mean / shape)
    single = (0.5 if count else 1.0) * log_mean
    prior = single - 0.5 * np.log1p(stays * mean / shape)
    logs = np.vstack([count * log_mean - mean + single, clumped + prior])
    density = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(density / density.sum(axis=1, keepdims=True))
