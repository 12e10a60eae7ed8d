"""Point processes with a known mean rate, to see how often intervals hold it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Process = Callable[[float, float, np.random.Generator], NDArray[np.float64]]


def poisson(rate_per_min: float, seconds: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Events without memory."""
    return np.sort(rng.uniform(0, seconds, rng.poisson(rate_per_min * seconds / 60)))


def doublets(rate_per_min: float, seconds: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Poisson, one event in five a pair 40 ms apart."""
    first = poisson(rate_per_min / 1.2, seconds, rng)
    return np.sort(np.concatenate([first, first[rng.random(len(first)) < 0.2] + 0.04]))


def drifting(rate_per_min: float, seconds: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Rate redrawn every 10 s from a gamma distribution of shape 2."""
    pieces = []
    for start in np.arange(0, seconds, 10.0):
        mean = rate_per_min / 6 * rng.gamma(2.0, 0.5)
        pieces.append(start + rng.uniform(0, 10, rng.poisson(mean)))
    return np.sort(np.concatenate(pieces))


def bursts(rate_per_min: float, seconds: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Poisson bursts, geometric with mean 4 events, within about a second."""
    starts = poisson(rate_per_min / 4, seconds, rng)
    pieces = [start + np.abs(rng.normal(0, 0.5, rng.geometric(0.25))) for start in starts]
    return np.sort(np.concatenate(pieces)) if pieces else np.zeros(0)


PROCESSES: dict[str, Process] = {
    "Poisson": poisson,
    "doublets": doublets,
    "drifting": drifting,
    "bursts": bursts,
}
