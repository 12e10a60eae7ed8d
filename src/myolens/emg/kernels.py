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
    """Stored (channels, samples) of any number type → float32 (samples, channels) × gain.

    Eight instants at a time: of each channel they are read from one cache line and written to eight.
    """
    channels, samples = stored.shape
    out = np.empty((samples, channels), np.float32)
    whole = samples - samples % 8
    for t in range(0, whole, 8):
        for c in range(channels):
            row, scale = stored[c], gain[c]
            v0, v1, v2, v3 = row[t], row[t + 1], row[t + 2], row[t + 3]
            v4, v5, v6, v7 = row[t + 4], row[t + 5], row[t + 6], row[t + 7]
            out[t, c] = np.float32(v0) * scale
            out[t + 1, c] = np.float32(v1) * scale
            out[t + 2, c] = np.float32(v2) * scale
            out[t + 3, c] = np.float32(v3) * scale
            out[t + 4, c] = np.float32(v4) * scale
            out[t + 5, c] = np.float32(v5) * scale
            out[t + 6, c] = np.float32(v6) * scale
            out[t + 7, c] = np.float32(v7) * scale
    for t in range(whole, samples):
        for c in range(channels):
            out[t, c] = np.float32(stored[c, t]) * gain[c]
    return out


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})
def zero_phase(x: Floats, sections: NDArray[np.float64]) -> None:
    """Filter in place forwards and backwards through two biquads (rows b0 b1 b2 a1 a2), zero phase.

    Each run starts in the steady state of its first sample, so a constant gives no transient. The state
    is float64: at high rates the poles of the high-pass lie so close to one that float32 would drift.
    """
    samples, channels = x.shape
    if samples == 0:
        return
    b0, b1, b2, a1, a2 = sections[0]
    d0, d1, d2, c1, c2 = sections[1]
    first_gain = (b0 + b1 + b2) / (1.0 + a1 + a2)
    second_gain = (d0 + d1 + d2) / (1.0 + c1 + c2)
    state = np.empty((4, channels), np.float64)
    s0, s1, s2, s3 = state[0], state[1], state[2], state[3]
    for backwards in range(2):
        first = x[(samples - 1) * backwards]
        for c in range(channels):
            v = np.float64(first[c])
            y = first_gain * v
            s0[c] = y - b0 * v
            s1[c] = b2 * v - a2 * y
            s2[c] = (second_gain - d0) * y
            s3[c] = (d2 - c2 * second_gain) * y
        for k in range(samples):
            row = x[samples - 1 - k] if backwards else x[k]
            for c in range(channels):
                v = np.float64(row[c])
                y = b0 * v + s0[c]
                s0[c] = b1 * v - a1 * y + s1[c]
                s1[c] = b2 * v - a2 * y
                w = d0 * y + s2[c]
                s2[c] = d1 * y - c1 * w + s3[c]
                s3[c] = d2 * y - c2 * w
                row[c] = np.float32(w)


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
    rows, columns = samples - samples % 4, channels - channels % 4
    for t in range(0, rows, 4):
        p, q, r, s = out[t], out[t + 1], out[t + 2], out[t + 3]
        for j in range(0, columns, 4):
            p0, p1, p2, p3 = x[t, j], x[t, j + 1], x[t, j + 2], x[t, j + 3]
            q0, q1, q2, q3 = x[t + 1, j], x[t + 1, j + 1], x[t + 1, j + 2], x[t + 1, j + 3]
            r0, r1, r2, r3 = x[t + 2, j], x[t + 2, j + 1], x[t + 2, j + 2], x[t + 2, j + 3]
            s0, s1, s2, s3 = x[t + 3, j], x[t + 3, j + 1], x[t + 3, j + 2], x[t + 3, j + 3]
            row0, row1, row2, row3 = weights[j], weights[j + 1], weights[j + 2], weights[j + 3]
            for c in range(channels):
                w0, w1, w2, w3 = row0[c], row1[c], row2[c], row3[c]
                p[c] += p0 * w0 + p1 * w1 + p2 * w2 + p3 * w3
                q[c] += q0 * w0 + q1 * w1 + q2 * w2 + q3 * w3
                r[c] += r0 * w0 + r1 * w1 + r2 * w2 + r3 * w3
                s[c] += s0 * w0 + s1 * w1 + s2 * w2 + s3 * w3
        _mix_plainly(x, weights, out, t, t + 4, columns)
    _mix_plainly(x, weights, out, rows, samples, 0)
    return out


@njit(nogil=True, cache=True, fastmath={"contract", "nsz"})
def _mix_plainly(x: Floats, weights: Floats, out: Floats, start: int, stop: int, column: int) -> None:
    """Add to some rows what the columns from one on contribute."""
    for t in range(start, stop):
        for j in range(column, x.shape[1]):
            v = x[t, j]
            for c in range(x.shape[1]):
                out[t, c] += v * weights[j, c]


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


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "nsz", "reassoc"})
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
    total = np.zeros(samples, np.float32)
    spread = np.ones(samples, np.float32)
    cumulative = np.empty((samples + 1, channels), np.float32)
    cumulative[0] = 0.0
    for t in range(samples):
        before, after, row = cumulative[t], cumulative[t + 1], z[t]
        for c in range(channels):
            after[c] = before[c] + row[c]
    best = np.empty(channels, np.float32)
    for t in range(margin, min(samples, samples - margin + 1)):
        best[:] = floor
        middle = cumulative[t]
        for k in range(widths):
            half = halves[k]
            inner = t - half // 2
            left, right = cumulative[t - half], cumulative[t + half]
            inner_left, inner_right = cumulative[inner], cumulative[inner + half]
            even_weight, odd_weight = even_scale[k], odd_scale[k]
            for c in range(channels):
                even = np.float32(2.0) * (inner_right[c] - inner_left[c]) - (right[c] - left[c])
                odd = right[c] - np.float32(2.0) * middle[c] + left[c]
                best[c] = max(best[c], even * even * even_weight[c] + odd * odd * odd_weight[c])
        first = np.float32(0.0)
        second = np.float32(0.0)
        for c in range(channels):
            g = best[c] - floor
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


@njit(nogil=True, cache=True)
def outstanding(x: Floats, threshold: float, share: float, reach: int) -> NDArray[np.bool_]:
    """Whether x is above the threshold and above a share of its maximum within ± reach samples."""
    samples = x.shape[0]
    found = np.zeros(samples, np.bool_)
    for t in range(samples):
        if x[t] > threshold:
            found[t] = x[t] > share * x[max(0, t - reach) : t + reach + 1].max()
    return found


@njit(nogil=True, cache=True, fastmath={"contract", "nsz", "reassoc"})
def placed(
    x: Floats, events: NDArray[np.int64], template: Floats
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Place in each event's window where the product with a template is largest.

    Parameters
    ----------
    x : float32, shape (all events, samples, components)
    events : int64
        Which of them to look at.
    template : float32, shape (length, components)

    Returns
    -------
    place : int64
    product : float32
        There.
    power : float32
        Energy of the window under the template.
    """
    samples, components = x.shape[1:]
    length = template.shape[0]
    shape = template.copy().ravel()
    place = np.zeros(len(events), np.int64)
    product = np.empty(len(events), np.float32)
    power = np.zeros(len(events), np.float32)
    for i in range(len(events)):
        window = x[events[i]].ravel()
        product[i] = -np.inf
        for shift in range(samples - length + 1):
            part = window[shift * components : (shift + length) * components]
            total = np.float32(0.0)
            for k in range(len(shape)):
                total += part[k] * shape[k]
            if total > product[i]:
                place[i], product[i] = shift, total
        part = window[place[i] * components : (place[i] + length) * components]
        for k in range(len(shape)):
            power[i] += part[k] * part[k]
    return place, product, power
