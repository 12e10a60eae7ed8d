"""Compiled inner loops of the detector; numba is imported with this module, and only here.

Arrays are time-major, (samples, channels), so that the recursive filters run
along time while the processor's vector lanes run across channels. Every kernel
releases the interpreter lock and is cached on disk after its first compilation.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@njit(nogil=True, cache=True)
def transpose_scaled(stored: NDArray[Any], gain: Floats) -> Floats:
    """Stored (channels, samples) of any number type → float32 (samples, channels) × gain."""
    channels, samples = stored.shape
    out = np.empty((samples, channels), np.float32)
    tile = 64
    for begin in range(0, samples, tile):
        end = min(samples, begin + tile)
        for c in range(channels):
            scale = gain[c]
            for t in range(begin, end):
                out[t, c] = np.float32(stored[c, t]) * scale
    return out


@njit(nogil=True, cache=True)
def zero_phase(x: Floats, sections: NDArray[np.float64]) -> None:
    """Filter in place forwards and backwards through biquads (rows b0 b1 b2 a1 a2), zero phase.

    Each run starts in the steady state of its first sample, so a constant gives no transient.
    """
    samples, channels = x.shape
    if samples == 0:
        return
    z1 = np.empty(channels, np.float64)
    z2 = np.empty(channels, np.float64)
    for s in range(sections.shape[0]):
        b0, b1, b2, a1, a2 = sections[s]
        at_rest = (b0 + b1 + b2) / (1.0 + a1 + a2)
        for direction in range(2):
            first = 0 if direction == 0 else samples - 1
            step = 1 if direction == 0 else -1
            for c in range(channels):
                z1[c] = (at_rest - b0) * x[first, c]
                z2[c] = (b2 - a2 * at_rest) * x[first, c]
            t = first
            for _ in range(samples):
                for c in range(channels):
                    v = np.float64(x[t, c])
                    y = b0 * v + z1[c]
                    z1[c] = b1 * v - a1 * y + z2[c]
                    z2[c] = b2 * v - a2 * y
                    x[t, c] = np.float32(y)
                t += step


@njit(nogil=True, cache=True)
def median_abs(x: Floats, step: int) -> Floats:
    """Median of every `step`-th |x| down each column."""
    samples, channels = x.shape
    out = np.empty(channels, np.float32)
    column = np.empty((samples + step - 1) // step, np.float32)
    for c in range(channels):
        for k in range(len(column)):
            column[k] = abs(x[k * step, c])
        out[c] = np.median(column)
    return out


@njit(nogil=True, cache=True)
def bin_levels(x: Floats, width: int) -> tuple[Floats, NDArray[np.int32], Floats, Floats, Floats]:
    """Mean over consecutive bins of `width` samples, longest run of equal samples, and extremes.

    Returns
    -------
    mean, longest, value, low, high : arrays of shape (bins, channels)
        `value` is the one repeated in the longest run.
    """
    samples, channels = x.shape
    bins = (samples + width - 1) // width
    mean = np.zeros((bins, channels), np.float32)
    longest = np.zeros((bins, channels), np.int32)
    value = np.zeros((bins, channels), np.float32)
    low = np.full((bins, channels), np.inf, np.float32)
    high = np.full((bins, channels), -np.inf, np.float32)
    run = np.zeros(channels, np.int32)
    for b in range(bins):
        begin = b * width
        end = min(samples, begin + width)
        for t in range(begin, end):
            for c in range(channels):
                mean[b, c] += x[t, c]
                low[b, c] = min(low[b, c], x[t, c])
                high[b, c] = max(high[b, c], x[t, c])
                same = t > 0 and x[t, c] == x[t - 1, c]
                run[c] = run[c] + 1 if same else 1
                if run[c] > longest[b, c]:
                    longest[b, c] = run[c]
                    value[b, c] = x[t, c]
        for c in range(channels):
            mean[b, c] /= end - begin
    return mean, longest, value, low, high


@njit(nogil=True, cache=True)
def decimate(x: Floats, factor: int, inverse_level: Floats, first: int, frame: int) -> Floats:
    """Means of `factor` consecutive samples, each channel divided by its level.

    `first` is the absolute index of x[0]; sample i belongs to row i // frame of `inverse_level`
    (the last row serves what lies beyond).
    """
    samples, channels = x.shape
    kept = samples // factor
    rows = inverse_level.shape[0]
    share = np.float32(1.0 / factor)
    out = np.empty((kept, channels), np.float32)
    for k in range(kept):
        row = min(rows - 1, (first + k * factor) // frame)
        for c in range(channels):
            out[k, c] = x[k * factor, c]
        for i in range(1, factor):
            for c in range(channels):
                out[k, c] += x[k * factor + i, c]
        for c in range(channels):
            out[k, c] *= inverse_level[row, c] * share
    return out


@njit(nogil=True, cache=True, fastmath={"contract", "nsz"})
def mix(x: Floats, weights: Floats) -> Floats:
    """Signal (samples, channels) times weights (channels, channels), without a threaded BLAS."""
    samples, channels = x.shape
    out = np.zeros((samples, channels), np.float32)
    whole = samples - samples % 4
    for t in range(0, whole, 4):
        for j in range(channels):
            v0, v1, v2, v3 = x[t, j], x[t + 1, j], x[t + 2, j], x[t + 3, j]
            for c in range(channels):
                w = weights[j, c]
                out[t, c] += v0 * w
                out[t + 1, c] += v1 * w
                out[t + 2, c] += v2 * w
                out[t + 3, c] += v3 * w
    for t in range(whole, samples):
        for j in range(channels):
            v = x[t, j]
            for c in range(channels):
                out[t, c] += v * weights[j, c]
    return out


@njit(nogil=True, cache=True)
def wavelets(z: Floats, half: int) -> tuple[Floats, Floats]:
    """Even and odd Haar pair of half-width `half` samples along time; zero where it does not fit.

    even(t) = 2·box(t − h/2 … t + h/2) − box(t − h … t + h), odd(t) = box(t … t + h) − box(t − h … t),
    both of zero mean: together they answer to a potential of either symmetry.
    """
    samples, channels = z.shape
    cumulative = np.zeros((samples + 1, channels), np.float64)
    for t in range(samples):
        for c in range(channels):
            cumulative[t + 1, c] = cumulative[t, c] + z[t, c]
    even = np.zeros((samples, channels), np.float32)
    odd = np.zeros((samples, channels), np.float32)
    quarter = half // 2
    for t in range(half, samples - half + 1):
        if t >= samples:
            break
        for c in range(channels):
            outer = cumulative[t + half, c] - cumulative[t - half, c]
            inner = cumulative[t - quarter + half, c] - cumulative[t - quarter, c]
            even[t, c] = np.float32(2.0 * inner - outer)
            odd[t, c] = np.float32(cumulative[t + half, c] - 2.0 * cumulative[t, c] + cumulative[t - half, c])
    return even, odd


@njit(nogil=True, cache=True, fastmath={"contract", "nsz"})
def evidence(
    z: Floats, halves: NDArray[np.int64], even_scale: Floats, odd_scale: Floats, offset: float
) -> tuple[Floats, Floats]:
    """Detection statistic and its spread over channels.

    For every channel u = max over widths of (even² + odd²)/2, each divided by its variance at
    rest; the statistic is the sum over channels of max(0, u − offset), the spread its
    participation ratio (Σg)²/Σg², which is 1 when one channel carries everything.

    Parameters
    ----------
    z : float32, shape (samples, channels)
        Whitened signal.
    halves : int64, shape (widths,)
    even_scale, odd_scale : float32, shape (widths, channels)
        One over twice the variance at rest.

    Returns
    -------
    total, spread : float32, shape (samples,)
    """
    samples, channels = z.shape
    widths = halves.shape[0]
    margin = halves.max()
    floor = np.float32(offset)
    cumulative = np.zeros((samples + 1, channels), np.float32)
    total = np.zeros(samples, np.float32)
    spread = np.ones(samples, np.float32)
    for t in range(samples):
        for c in range(channels):
            cumulative[t + 1, c] = cumulative[t, c] + z[t, c]
    best = np.empty(channels, np.float32)
    for t in range(margin, samples - margin + 1):
        if t >= samples:
            break
        best[:] = 0.0
        for k in range(widths):
            half = halves[k]
            quarter = half // 2
            for c in range(channels):
                right = cumulative[t + half, c]
                left = cumulative[t - half, c]
                inner = cumulative[t - quarter + half, c] - cumulative[t - quarter, c]
                even = 2.0 * inner - (right - left)
                odd = right - 2.0 * cumulative[t, c] + left
                u = even * even * even_scale[k, c] + odd * odd * odd_scale[k, c]
                best[c] = max(best[c], u)
        first = np.float32(0.0)
        second = np.float32(0.0)
        for c in range(channels):
            g = max(np.float32(0.0), best[c] - floor)
            first += g
            second += g * g
        total[t] = first
        if second > 0.0:
            spread[t] = first * first / second
    return total, spread


@njit(nogil=True, cache=True)
def peaks(x: Floats, reach: int) -> NDArray[np.int64]:
    """Indices where x is positive and the largest within ± reach samples (the first of equals)."""
    samples = x.shape[0]
    found = np.empty(samples // (reach + 1) + 1, np.int64)
    count = 0
    t = 0
    while t < samples:
        v = x[t]
        top = v > 0.0
        if top:
            for s in range(max(0, t - reach), t):
                if x[s] >= v:
                    top = False
                    break
        if top:
            for s in range(t + 1, min(samples, t + reach + 1)):
                if x[s] > v:
                    top = False
                    break
        if top:
            found[count] = t
            count += 1
            t += reach
        t += 1
    return found[:count].copy()
