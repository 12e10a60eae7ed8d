"""Separating motor units in many channels: extended linear filters, templates, peeling.

The model is convolutive: each channel is a sum of every unit's discharges convolved with its potential
there, plus noise. A unit's filter is the whitened average of the extended observations at
its discharges (convolution kernel compensation, Holobar & Zazula 2007, IEEE Trans Signal Process
55:4487). Nothing is assumed about regularity of firing, so sparse and irregular units count.

Signals are held as samples × channels, so that what belongs to one discharge lies together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, solve_triangular

from myolens.emg.extension import extended_at, extended_covariance

OUTLIER = 2.0
"""Squared heights count up to this many times the median of the highest twenty: one artefact is no unit."""
REFRACTORY_S = 0.005
"""Peaks of one source closer than this are one discharge: the shortest doublets are kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """Inverse covariance of the extended observations, loaded so that empty directions stay quiet.

    Attributes
    ----------
    factor : ndarray of float32
        Cholesky factor of the loaded covariance.
    length : float
        Mean squared Mahalanobis length of an observation: the dimensions that carry signal.
    """

    factor: NDArray[np.float32]
    length: float

    @classmethod
    def of(cls, rows: NDArray[np.float32], taps: int, *, loading: float) -> Metric:
        """Estimate it on a signal (samples × channels); `loading` is a share of the mean variance."""
        covariance = extended_covariance(rows, taps)
        covariance[np.diag_indices_from(covariance)] += (
            loading * np.float32(np.trace(covariance)) / len(covariance)
        )
        factor = np.asarray(cho_factor(covariance, lower=True, overwrite_a=True)[0], np.float32)
        some = extended_at(rows, taps, np.linspace(taps, len(rows) - 1, 256).astype(np.int64))
        return cls(factor, float(_squared_lengths(factor, some).mean()))

    @property
    def size(self) -> int:
        """Number of rows of an extended observation."""
        return len(self.factor)

    def solve(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Inverse covariance times each row."""
        return np.asarray(cho_solve((self.factor, True), vectors.T, check_finite=False).T, np.float32)

    def squared_lengths(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Squared Mahalanobis length of each row."""
        return _squared_lengths(self.factor, vectors)


def _squared_lengths(factor: NDArray[np.float32], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    white = solve_triangular(factor, vectors.T, lower=True, check_finite=False)
    return np.asarray(np.square(white, out=white).sum(axis=0), np.float32)


@numba.njit(cache=True)
def local_peaks(source: NDArray[np.float32], dead: int) -> NDArray[np.int64]:
    """Positive local maxima that nothing within `dead` samples exceeds, in order of time."""
    kept = np.empty(source.size // 2 + 1, np.int64)
    count = 0
    for i in range(1, source.size - 1):
        value = source[i]
        if value <= 0 or value <= source[i - 1] or value < source[i + 1]:
            continue
        if count and i - kept[count - 1] <= dead:
            if value > source[kept[count - 1]]:
                kept[count - 1] = i
            continue
        kept[count] = i
        count += 1
    return kept[:count]


@dataclass(frozen=True, slots=True, eq=False)
class Pulses:
    """Discharges picked from one source, with the two usual measures of how well they stand out.

    Attributes
    ----------
    samples : ndarray of int64
    silhouette : float
        (between − within) / larger of the two sums of squared distances of the discharges' squared
        heights to the other and to their own centre (Negro et al. 2016, J Neural Eng 13:026027).
    pulse_to_noise_db : float
        10·log10 of mean squared height at discharges over that elsewhere (Holobar, Minetto & Farina 2014).
    separation : float
        The silhouette with distances not squared. Squaring lifts even the peaks of pure noise to 0.9, the
        usual acceptance level; without it they reach 0.63–0.65, so decisions rest on this one.
    """

    samples: NDArray[np.int64]
    silhouette: float
    pulse_to_noise_db: float
    separation: float


def pick_pulses(source: NDArray[np.float32], rate: float) -> Pulses:
    """Split the peaks of a source into discharges and the rest by two-means of their squared heights.

    Parameters
    ----------
    source : ndarray, shape (samples,)
    rate : float
        Hz.
    """
    peaks = local_peaks(source, round(REFRACTORY_S * rate))
    if peaks.size < 4:
        return Pulses(np.empty(0, np.int64), 0.0, 0.0, 0.0)
    heights = source[peaks].astype(np.float64) ** 2
    top = np.partition(heights, -min(20, heights.size))[-min(20, heights.size) :]
    heights = np.minimum(heights, OUTLIER * float(np.median(top)))
    low, high = float(np.median(heights)), float(heights.max())
    for _ in range(40):
        chosen = heights > (low + high) / 2
        new = float(heights[~chosen].mean()), float(heights[chosen].mean())
        if new == (low, high):
            break
        low, high = new
    chosen = heights > (low + high) / 2
    within, between = np.abs(heights[chosen] - high), np.abs(heights[chosen] - low)
    energy = float(np.square(source, dtype=np.float64).sum())
    pulse = float(heights[chosen].sum())
    rest = max(energy - pulse, 1e-12) / max(source.size - int(chosen.sum()), 1)
    return Pulses(
        peaks[chosen],
        _contrast(np.square(within), np.square(between)),
        float(10 * np.log10(pulse / chosen.sum() / rest)),
        _contrast(within, between),
    )


def _contrast(within: NDArray[np.float64], between: NDArray[np.float64]) -> float:
    inner, outer = float(within.sum()), float(between.sum())
    return (outer - inner) / max(outer, inner, 1e-12)


def potentials_of(
    rows: NDArray[np.float32], trains: list[NDArray[np.int64]], before: int, after: int
) -> NDArray[np.float32]:
    """Potentials of all units together by least squares, so that coinciding discharges do not mix.

    Solves the normal equations of ``signal = Σ train ∗ potential``, whose matrix holds only counts of
    discharges at each lag.

    Parameters
    ----------
    rows : ndarray, shape (samples, channels)

    Returns
    -------
    ndarray of float32, shape (units, before + after, channels)
    """
    length = before + after
    units = len(trains)
    gram = np.zeros((units, length, units, length))
    right = np.zeros((units, length, rows.shape[1]))
    difference = np.arange(length)[:, None] - np.arange(length) + length - 1
    for i, a in enumerate(trains):
        right[i] = _sums_around(rows, a, before, after)
        for j in range(i, units):
            counts = lag_counts(a, trains[j], length - 1)  # trains[j] − a
            block = counts[difference]
            gram[i, :, j, :] = block
            gram[j, :, i, :] = block.T
    matrix = gram.reshape(units * length, units * length)
    matrix[np.diag_indices_from(matrix)] += 0.5
    solved = cho_solve(cho_factor(matrix, overwrite_a=True), right.reshape(units * length, -1))
    return np.asarray(solved.reshape(units, length, -1), np.float32)


def lag_counts(a: NDArray[np.int64], b: NDArray[np.int64], reach: int) -> NDArray[np.float64]:
    """Count pairs at each lag b − a from −reach to reach."""
    first = np.searchsorted(b, a - reach)
    last = np.searchsorted(b, a + reach, "right")
    who = np.repeat(np.arange(a.size), last - first)
    which = np.arange(who.size) - np.repeat(np.cumsum(last - first) - (last - first), last - first)
    lags = b[first[who] + which] - a[who]
    return np.bincount(lags + reach, minlength=2 * reach + 1).astype(np.float64)


@numba.njit(cache=True)
def add_discharges(
    rows: NDArray[np.float32],
    train: NDArray[np.int64],
    potential: NDArray[np.float32],
    before: int,
    sign: float = 1.0,
) -> None:
    """Add a potential (its samples × channels) to the signal at every discharge, in place."""
    for sample in train:
        low = max(sample - before, 0)
        high = min(sample - before + potential.shape[0], rows.shape[0])
        for t in range(low, high):
            for channel in range(rows.shape[1]):
                rows[t, channel] += np.float32(sign) * potential[t - sample + before, channel]


@numba.njit(cache=True)
def _sums_around(
    rows: NDArray[np.float32], train: NDArray[np.int64], before: int, after: int
) -> NDArray[np.float64]:
    """Sum over the train of the rows around each discharge."""
    out = np.zeros((before + after, rows.shape[1]))
    for sample in train:
        for t in range(max(sample - before, 0), min(sample + after, rows.shape[0])):
            for channel in range(rows.shape[1]):
                out[t - sample + before, channel] += rows[t, channel]
    return out
