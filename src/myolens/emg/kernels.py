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
    places = samples - length + 1
    shape = template.copy().ravel()
    products = np.empty(places, np.float32)
    place = np.zeros(len(events), np.int64)
    product = np.empty(len(events), np.float32)
    power = np.zeros(len(events), np.float32)
    for i in range(len(events)):
        window = x[events[i]].ravel()
        for shift in range(0, places - places % 4, 4):
            _four_products(window[shift * components :], shape, components, products[shift:])
        for shift in range(places - places % 4, places):
            products[shift] = np.sum(window[shift * components : (shift + length) * components] * shape)
        place[i] = np.argmax(products)
        product[i] = products[place[i]]
        part = window[place[i] * components : (place[i] + length) * components]
        for k in range(len(shape)):
            power[i] += part[k] * part[k]
    return place, product, power


@njit(nogil=True, cache=True, fastmath={"contract", "nsz", "reassoc"})
def _four_products(window: Floats, shape: Floats, components: int, out: Floats) -> None:
    """Products of a template with a window at four places in a row; the template is read once."""
    p, q, r, s = np.float32(0.0), np.float32(0.0), np.float32(0.0), np.float32(0.0)
    second, third, fourth = window[components:], window[2 * components :], window[3 * components :]
    for k in range(len(shape)):
        v = shape[k]
        p += window[k] * v
        q += second[k] * v
        r += third[k] * v
        s += fourth[k] * v
    out[0], out[1], out[2], out[3] = p, q, r, s
