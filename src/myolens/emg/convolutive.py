"""Separating motor units in many channels: extended linear filters, templates, peeling.

The model is convolutive: each channel is a sum of every unit's discharges convolved with its potential
there, plus noise. A unit's filter is the whitened average of the extended observations at
its discharges (convolution kernel compensation, Holobar & Zazula 2007, IEEE Trans Signal Process
55:4487). Nothing is assumed about regularity of firing, so sparse and irregular units count.

Extended data are never stored: their covariance is assembled from lagged products of the channels,
and filters are applied to blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

BLOCK = 4096
"""Samples extended at a time."""
OUTLIER = 2.0
"""Squared heights count up to this many times the median of the highest twenty: one artefact is no unit."""
REFRACTORY_S = 0.005
"""Peaks of one source closer than this are one discharge: the shortest doublets are kept."""


def extended(signal: NDArray[np.float32], taps: int, start: int, stop: int) -> NDArray[np.float32]:
    """Rows `tap·channels + channel`: the channel at sample − tap. Zero before the first sample.

    Returns
    -------
    ndarray of float32, shape (taps × channels, stop − start)
    """
    channels = signal.shape[0]
    out = np.zeros((taps * channels, stop - start), np.float32)
    for tap in range(taps):
        first = max(start - tap, 0)
        out[tap * channels : (tap + 1) * channels, first - (start - tap) :] = signal[:, first : stop - tap]
    return out


def extended_at(signal: NDArray[np.float32], taps: int, samples: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the extended observation at each of these samples, shape (samples, taps × channels)."""
    index = samples[:, None] - np.arange(taps)
    values = signal.T[np.maximum(index, 0)]
    values[index < 0] = 0
    return np.ascontiguousarray(values.reshape(samples.size, -1))


def extended_covariance(signal: NDArray[np.float32], taps: int) -> NDArray[np.float32]:
    """Covariance of the extended observations from `taps` lagged products: block Toeplitz."""
    channels, length = signal.shape
    out = np.empty((taps * channels, taps * channels), np.float32)
    for lag in range(taps):
        product = signal[:, lag:] @ signal[:, : length - lag].T / np.float32(length)  # x(t) x(t − lag)ᵀ
        for tap in range(taps - lag):
            a = slice(tap * channels, (tap + 1) * channels)
            b = slice((tap + lag) * channels, (tap + lag + 1) * channels)
            out[a, b] = product
            out[b, a] = product.T
    return out


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
    def of(cls, signal: NDArray[np.float32], taps: int, *, loading: float) -> Metric:
        """Estimate it on a signal; `loading` is a share of the mean variance."""
        covariance = extended_covariance(signal, taps)
        covariance[np.diag_indices_from(covariance)] += (
            loading * np.float32(np.trace(covariance)) / len(covariance)
        )
        factor = np.asarray(cho_factor(covariance, lower=True, overwrite_a=True)[0], np.float32)
        some = extended_at(signal, taps, np.linspace(taps, signal.shape[1] - 1, 256).astype(np.int64))
        solved = np.asarray(cho_solve((factor, True), some.T), np.float32)
        return cls(factor, float(np.einsum("ij,ji->i", some, solved).mean()))

    @property
    def size(self) -> int:
        """Number of rows of an extended observation."""
        return len(self.factor)

    def solve(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Inverse covariance times each row."""
        return np.asarray(cho_solve((self.factor, True), vectors.T).T, np.float32)


def apply_filters(
    signal: NDArray[np.float32], filters: NDArray[np.float32], start: int = 0, stop: int | None = None
) -> NDArray[np.float32]:
    """Sources of extended filters, shape (filters, stop − start), block by block."""
    stop = signal.shape[1] if stop is None else stop
    taps = filters.shape[1] // signal.shape[0]
    out = np.empty((filters.shape[0], stop - start), np.float32)
    for begin in range(start, stop, BLOCK):
        end = min(begin + BLOCK, stop)
        np.matmul(filters, extended(signal, taps, begin, end), out=out[:, begin - start : end - start])
    return out


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
    signal: NDArray[np.float32], trains: list[NDArray[np.int64]], before: int, after: int
) -> NDArray[np.float32]:
    """Potentials of all units together by least squares, so that coinciding discharges do not mix.

    Solves the normal equations of ``signal = Σ train ∗ potential``, whose matrix holds only counts of
    discharges at each lag.

    Returns
    -------
    ndarray of float32, shape (units, channels, before + after)
    """
    length = before + after
    units = len(trains)
    gram = np.zeros((units, length, units, length))
    right = np.zeros((units, length, signal.shape[0]))
    difference = np.arange(length)[:, None] - np.arange(length) + length - 1
    rows = np.ascontiguousarray(signal.T)
    for i, a in enumerate(trains):
        right[i] = _sums_around(rows, a, before, after)
        for j in range(i, units):
            counts = lag_counts(a, trains[j], length - 1)  # trains[j] − a
            block = counts[difference]
            gram[i, :, j, :] = block
            gram[j, :, i, :] = block.T
    matrix = gram.reshape(units * length, units * length)
    matrix[np.diag_indices_from(matrix)] += 0.5
    solved = cho_solve(cho_factor(matrix), right.reshape(units * length, -1))
    return np.asarray(solved.reshape(units, length, -1).transpose(0, 2, 1), np.float32)


def lag_counts(a: NDArray[np.int64], b: NDArray[np.int64], reach: int) -> NDArray[np.float64]:
    """Count pairs at each lag b − a from −reach to reach."""
    first = np.searchsorted(b, a - reach)
    last = np.searchsorted(b, a + reach, "right")
    who = np.repeat(np.arange(a.size), last - first)
    which = np.arange(who.size) - np.repeat(np.cumsum(last - first) - (last - first), last - first)
    lags = b[first[who] + which] - a[who]
    return np.bincount(lags + reach, minlength=2 * reach + 1).astype(np.float64)


def subtract(
    signal: NDArray[np.float32],
    trains: list[NDArray[np.int64]],
    potentials: Sequence[NDArray[np.float32]],
    before: int,
) -> NDArray[np.float32]:
    """Signal less every unit's discharges convolved with its potential."""
    residual = signal.copy()
    for train, potential in zip(trains, potentials, strict=True):
        _take_off(residual, train, potential, before)
    return residual


@numba.njit(cache=True)
def _take_off(
    residual: NDArray[np.float32], train: NDArray[np.int64], potential: NDArray[np.float32], before: int
) -> None:
    for sample in train:
        low = max(sample - before, 0)
        high = min(sample - before + potential.shape[1], residual.shape[1])
        for channel in range(residual.shape[0]):
            for t in range(low, high):
                residual[channel, t] -= potential[channel, t - sample + before]


@numba.njit(cache=True)
def _sums_around(
    rows: NDArray[np.float32], train: NDArray[np.int64], before: int, after: int
) -> NDArray[np.float64]:
    """Sum over the train of the rows (samples × channels) around each discharge."""
    out = np.zeros((before + after, rows.shape[1]))
    for sample in train:
        for t in range(max(sample - before, 0), min(sample + after, rows.shape[0])):
            for channel in range(rows.shape[1]):
                out[t - sample + before, channel] += rows[t, channel]
    return out
