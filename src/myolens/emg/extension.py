"""Filters and covariances of extended observations, block by block in the frequency domain.

An extended observation holds each channel at the last `taps` samples, as rows ``tap·channels + channel``.
It is never stored. A filter of extended observations is a short convolution of every channel, and
their covariance is block Toeplitz, made of a few lagged products; both cost one small matrix product per
frequency when long signals are cut into overlapping stretches (overlap–save: Oppenheim & Schafer,
*Discrete-Time Signal Processing*, 3rd ed., §8.7). That takes about a seventh of the multiplications.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

LEAST_TRANSFORM = 256
"""Samples of one stretch, doubled until the overlap is at most an eighth of it."""
CHUNK = 2**17
"""Samples transformed at a time: bounds memory on long signals."""


def extended_at(rows: NDArray[np.float32], taps: int, samples: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the extended observation at each of these samples; zero before the first sample.

    Parameters
    ----------
    rows : ndarray, shape (samples, channels)

    Returns
    -------
    ndarray of float32, shape (instants, taps × channels)
    """
    index = samples[:, None] - np.arange(taps)
    values = rows[np.maximum(index, 0)]
    values[index < 0] = 0
    return np.asarray(values.reshape(samples.size, -1), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Spectra:
    """Overlapping stretches of a signal, transformed once for many filters.

    Attributes
    ----------
    values : ndarray of complex64, shape (frequencies, stretches, channels)
    taps : int
        Each stretch begins `taps − 1` samples before the first one it answers for.
    transform : int
        Samples of a stretch.
    samples : int
        Samples the stretches answer for, all together.
    """

    values: NDArray[np.complex64]
    taps: int
    transform: int
    samples: int

    @classmethod
    def of(cls, rows: NDArray[np.float32], taps: int, start: int = 0, stop: int | None = None) -> Spectra:
        """Transform the samples from `start` to `stop`, preceded by those before them."""
        stop = len(rows) if stop is None else stop
        transform = _transform_length(taps)
        cut = _stretches(rows, taps, transform, start, stop)
        return cls(rfft(cut, axis=0), taps, transform, stop - start)

    def apply(self, filters: NDArray[np.float32]) -> NDArray[np.float32]:
        """Sources of extended filters (filters × rows of an observation), shape (filters, samples)."""
        channels = self.values.shape[2]
        kernels = rfft(filters.reshape(len(filters), self.taps, channels), self.transform, axis=1)
        product = self.values @ np.ascontiguousarray(kernels.transpose(1, 2, 0))
        sources = irfft(product, self.transform, axis=0)[self.taps - 1 :]
        return np.ascontiguousarray(sources.transpose(2, 1, 0)).reshape(len(filters), -1)[:, : self.samples]


def apply_filters(rows: NDArray[np.float32], filters: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sources of extended filters over a whole signal, shape (filters, samples)."""
    taps = filters.shape[1] // rows.shape[1]
    out = np.empty((len(filters), len(rows)), np.float32)
    for start, stop in _chunks(len(rows)):
        out[:, start:stop] = Spectra.of(rows, taps, start, stop).apply(filters)
    return out


def extended_covariance(rows: NDArray[np.float32], taps: int) -> NDArray[np.float32]:
    """Covariance of the extended observations from `taps` lagged products, shape (rows, rows)."""
    channels = rows.shape[1]
    products = np.zeros((taps, channels, channels), np.float64)
    for start, stop in _chunks(len(rows)):
        products += _lagged_products(rows, taps, start, stop)
    products = (products / len(rows)).astype(np.float32)
    blocks = np.empty((taps, channels, taps, channels), np.float32)
    for tap in range(taps):
        blocks[tap, :, tap:] = products[: taps - tap].transpose(1, 0, 2)
        blocks[tap:, :, tap] = products[: taps - tap].transpose(0, 2, 1)
    return blocks.reshape(taps * channels, taps * channels)


def _lagged_products(rows: NDArray[np.float32], taps: int, start: int, stop: int) -> NDArray[np.float32]:
    """Sum of ``x(t)·x(t − lag)ᵀ`` over these samples for each lag, shape (taps, channels, channels)."""
    transform = _transform_length(taps)
    cut = _stretches(rows, taps, transform, start, stop)
    whole = rfft(cut, axis=0)
    late = cut.copy()
    late[: taps - 1] = 0  # only samples whose predecessors are in the stretch; nothing wraps around
    cross = np.matmul(rfft(late, axis=0).transpose(0, 2, 1), np.conjugate(whole, out=whole))
    return np.asarray(irfft(cross, transform, axis=0)[:taps], np.float32)


def _transform_length(taps: int) -> int:
    length = LEAST_TRANSFORM
    while length < 8 * taps:
        length *= 2
    return length


def _stretches(
    rows: NDArray[np.float32], taps: int, transform: int, start: int, stop: int
) -> NDArray[np.float32]:
    """View of the overlapping stretches, shape (transform, stretches, channels); zeros around the signal."""
    step = transform - taps + 1
    count = -(-(stop - start) // step)
    padded = np.zeros((count * step + taps - 1, rows.shape[1]), np.float32)
    first = max(start - taps + 1, 0)
    lead = first - (start - taps + 1)
    padded[lead : lead + stop - first] = rows[first:stop]
    windows = np.lib.stride_tricks.sliding_window_view(padded, transform, axis=0)[::step]
    return np.asarray(windows.transpose(2, 0, 1))


def _chunks(samples: int) -> Iterator[tuple[int, int]]:
    for start in range(0, samples, CHUNK):
        yield start, min(start + CHUNK, samples)
