"""Compiled order statistics down the columns of an array."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@njit(nogil=True, cache=True)
def median_abs(x: Floats, step: int) -> Floats:
    """Median of every `step`-th |x| down each column.

    All columns at once, one binary digit after the other: positive floats are in the order of their bits.
    """
    samples, channels = x.shape
    count = (samples + step - 1) // step
    sizes = np.empty((count, channels), np.float32)
    for k in range(count):
        for c in range(channels):
            sizes[k, c] = abs(x[k * step, c])
    bits = sizes.view(np.int32)
    median = np.zeros(channels, np.int32)
    below = np.empty(channels, np.int32)
    whole = count - count % 4
    for digit in range(30, -1, -1):
        one = np.int32(1 << digit)
        below[:] = 0
        for k in range(0, whole, 4):
            p, q, r, s = bits[k], bits[k + 1], bits[k + 2], bits[k + 3]
            for c in range(channels):
                v = median[c] + one
                below[c] += np.int32(p[c] < v) + np.int32(q[c] < v) + np.int32(r[c] < v) + np.int32(s[c] < v)
        for k in range(whole, count):
            for c in range(channels):
                below[c] += bits[k, c] < median[c] + one
        for c in range(channels):
            if below[c] < (count + 1) // 2:
                median[c] += one
    lower = median.view(np.float32)
    return lower if count % 2 else (lower + _next(sizes, lower, count // 2)) / np.float32(2.0)


@njit(nogil=True, cache=True)
def _next(sizes: Floats, lower: Floats, rank: int) -> Floats:
    """The value after the lower median, which has this rank, in each column."""
    count, channels = sizes.shape
    upper = np.full(channels, np.inf, np.float32)
    within = np.zeros(channels, np.int32)
    for k in range(count):
        for c in range(channels):
            within[c] += sizes[k, c] <= lower[c]
            if sizes[k, c] > lower[c]:
                upper[c] = min(upper[c], sizes[k, c])
    for c in range(channels):
        if within[c] > rank:
            upper[c] = lower[c]
    return upper


@njit(nogil=True, cache=True)
def running_quantile(x: Floats, reach: int, share: float) -> Floats:
    """Quantile of the rows k − reach … k + reach (fewer at the ends) down each column.

    Linear between order statistics. The window stays sorted: one value enters, one leaves.
    """
    count, channels = x.shape
    out = np.empty((count, channels), np.float32)
    window = np.empty(2 * reach + 2, np.float32)
    for c in range(channels):
        held = 0
        for k in range(-reach, count):
            if k + reach < count:
                place = np.searchsorted(window[:held], x[k + reach, c])
                window[place + 1 : held + 1] = window[place:held].copy()
                window[place] = x[k + reach, c]
                held += 1
            if k > reach:
                place = min(np.searchsorted(window[:held], x[k - reach - 1, c]), held - 1)
                window[place : held - 1] = window[place + 1 : held].copy()
                held -= 1
            if k >= 0:
                at = share * (held - 1)
                low = int(at)
                high = min(low + 1, held - 1)
                out[k, c] = window[low] + np.float32(at - low) * (window[high] - window[low])
    return out
