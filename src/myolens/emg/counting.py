"""Numbers with intervals: how many a minute, and how sure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myolens.emg.analysis import Estimate

DOUBLET_S = 0.110
"""Two discharges of one unit closer than this are a doublet: the pairs of 10–110 ms of Kleine et al.,
Clin Neurophysiol 2012, whose peak is at 32–35 ms."""


def poisson_rate(count: int, minutes: float, *, level: float = 0.95) -> Estimate:
    """Events per minute with the exact interval of Garwood (Biometrika 1936;28:437).

    With no event the upper limit is that of the one-sided interval, −ln(1 − level)/minutes: the
    rule of three (Hanley & Lippman-Hand, JAMA 1983;249:1743).
    """
    from scipy.stats import chi2

    if minutes <= 0:
        raise ValueError("a rate needs some analysed time")
    if count == 0:
        return Estimate(0.0, 0.0, float(-np.log(1 - level) / minutes), level)
    tail = (1 - level) / 2
    low = chi2.ppf(tail, 2 * count) / 2
    high = chi2.isf(tail, 2 * count + 2) / 2
    return Estimate(count / minutes, float(low / minutes), float(high / minutes), level)


def analysed_seconds(seconds: float, excluded: list[tuple[float, float]]) -> float:
    """Length left after merged, ordered spans are taken away."""
    return max(0.0, seconds - sum(min(b, seconds) - max(a, 0.0) for a, b in excluded))


def intervals_s(times_s: NDArray[np.float64], excluded: list[tuple[float, float]]) -> NDArray[np.float64]:
    """Intervals between successive events that no excluded stretch interrupts."""
    if len(times_s) < 2:
        return np.zeros(0)
    starts = np.array([a for a, _ in excluded])
    piece = np.searchsorted(starts, times_s)
    return np.asarray(np.diff(times_s)[np.diff(piece) == 0])
