"""Numbers with intervals: how many a minute, how evenly, and how sure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myolens.emg.analysis import Estimate
from myolens.emg.clumping import DIVISIONS, expected_limits, limit_of_none

DOUBLET_S = 0.110
"""Two discharges of one unit closer than this are a doublet: the pairs of 10–110 ms of Kleine et al., Clin
Neurophysiol 2012;123:399. Many are a fasciculation and its F-wave, at 32–35 ms in the calf."""

Stretches = list[tuple[float, float]]

_FEWEST_FOR_DISPERSION = 4


@dataclass(frozen=True, slots=True)
class Dispersion:
    """How unevenly events fall: variance over mean of counts in equal pieces of analysed time.

    Attributes
    ----------
    index : float
        1 for a Poisson process, more for bursts; never below 1 here.
    windows : int
        Pieces the analysed time was divided into; 0 if there was too little to tell.
    """

    index: float
    windows: int


def poisson_rate(count: float, minutes: float, *, level: float = 0.95) -> Estimate:
    """Events per minute with the exact interval of Garwood (Biometrika 1936;28:437).

    With no event the upper limit is that of the one-sided interval, −ln(1 − level)/minutes: the
    rule of three (Hanley & Lippman-Hand, JAMA 1983;249:1743).
    """
    from scipy.special import gammainccinv, gammaincinv

    if minutes <= 0:
        raise ValueError("a rate needs some analysed time")
    if count == 0:
        return Estimate(0.0, 0.0, float(-np.log(1 - level) / minutes), level)
    tail = (1 - level) / 2
    low, high = gammaincinv(count, tail), gammainccinv(count + 1, tail)
    return Estimate(float(count / minutes), float(low / minutes), float(high / minutes), level)


def rate_per_min(
    times_s: NDArray[np.float64], kept: Stretches, *, level: float = 0.95
) -> tuple[Estimate | None, Dispersion]:
    """Events per minute of analysed time, with an interval that allows for clumps.

    See `myolens.emg.clumping`. Without an event the upper limit lies above the rule of three of
    `poisson_rate`: two quiet minutes do not exclude bursts that come once in a minute and a half.
    """
    minutes = length(kept) / 60
    if minutes <= 0:
        return None, Dispersion(1.0, 0)
    pieces = counts(times_s, kept)
    low, high = expected_limits(pieces, level=level)
    spread = _dispersion(pieces)
    return Estimate(len(times_s) / minutes, low / minutes, high / minutes, level), spread


def dispersion(times_s: NDArray[np.float64], kept: Stretches) -> Dispersion:
    """Mean dispersion index over several divisions of the analysed time, at least 1."""
    return _dispersion(counts(times_s, kept)) if length(kept) > 0 else Dispersion(1.0, 0)


def counts(times_s: NDArray[np.float64], kept: Stretches) -> list[NDArray[np.int64]]:
    """Events in each of several divisions of the analysed time into equal pieces."""
    clock = analysed_clock(times_s, kept)
    total = length(kept)
    return [np.histogram(clock, bins=pieces, range=(0, total))[0] for pieces in DIVISIONS]


def _dispersion(divisions: list[NDArray[np.int64]]) -> Dispersion:
    if divisions[0].sum() < _FEWEST_FOR_DISPERSION:
        return Dispersion(1.0, 0)
    indices = [pieces.var(ddof=1) / pieces.mean() for pieces in divisions]
    return Dispersion(max(1.0, float(np.mean(indices))), DIVISIONS[-1])


def length(stretches: Stretches) -> float:
    """Total length, s."""
    return float(sum(b - a for a, b in stretches))


def complement(stretches: Stretches, seconds: float) -> Stretches:
    """What merged, ordered stretches leave of a recording."""
    edges = [0.0, *(x for stretch in stretches for x in stretch), seconds]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [(a, b) for a, b in pairs if b > a]


def analysed_clock(times_s: NDArray[np.float64], kept: Stretches) -> NDArray[np.float64]:
    """Time on a clock that runs only while the recording is analysed."""
    starts = np.array([a for a, _ in kept])
    before = np.concatenate([[0.0], np.cumsum([b - a for a, b in kept])])[:-1]
    piece = np.clip(np.searchsorted(starts, times_s, side="right") - 1, 0, len(kept) - 1)
    return np.asarray(before[piece] + times_s - starts[piece])


def intervals_s(times_s: NDArray[np.float64], kept: Stretches) -> NDArray[np.float64]:
    """Intervals between successive events within one analysed stretch."""
    if len(times_s) < 2:
        return np.zeros(0)
    piece = np.searchsorted(np.array([a for a, _ in kept]), times_s, side="right")
    return np.asarray(np.diff(times_s)[np.diff(piece) == 0])


def seconds_to_exclude(
    rate: float, *, level: float = 0.95, sensitivity: float = 0.95, clumps: bool = False
) -> float:
    """Time without an event after which a rate (per minute) is excluded.

    For events that come singly, P(none in T) = exp(−sensitivity·rate·T) = 1 − level. For 3 a minute and
    99 % it gives 97 s; Mills (J Neurol Neurosurg Psychiatry 2011) found up to 90 s needed for one
    fasciculation in ALS. Clumps come less often than their events, so that the first is waited for longer:
    with `clumps` they are allowed for, as often and as large as `myolens.emg.clumping` takes them to be.
    """
    expected = limit_of_none(level) if clumps else -np.log(1 - level)
    return float(60 * expected / (rate * sensitivity))
