"""The compiled detection statistic: from filtered signal to evidence, and what it is made of.

Arrays are time-major, (samples, channels), as in `myolens.emg.kernels`.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_TILE = 32
"""Averaged samples whitened at a time: they and the weights of 64 channels fit the nearest cache."""


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "nsz", "reassoc"})
def statistic(
    x: Floats,
    factor: int,
    inverse_level: Floats,
    first: int,
    frame: int,
    whitening: Floats,
    halves: NDArray[np.int64],
    even_scale: Floats,
    odd_scale: Floats,
    offset: float,
) -> tuple[Floats, Floats]:
    """Detection statistic of filtered signal, and its spread over channels.

    The signal is averaged and scaled (`decimate`), whitened (`mix`), and compared with the pairs of wavelets
    (`wavelets`), tile by tile, so that nothing of the recording's size is held in between. For every channel
    u = max over widths of (even² + odd²)/2, each divided by its variance at rest; the statistic is the
    sum over channels of max(0, u − offset), the spread its participation ratio (Σg)²/Σg², which is 1 when
    one channel carries everything.

    Parameters
    ----------
    x : float32, shape (samples, channels)
    factor, inverse_level, first, frame
        See `decimate`.
    whitening : float32, shape (channels, channels)
    halves : int64, shape (widths,)
        Half-widths of up to three wavelets, in averaged samples.
    even_scale, odd_scale : float32, shape (widths, channels)
        One over twice the variance at rest.

    Returns
    -------
    total, spread : float32, shape (samples // factor,)
        0 and 1 where the widest wavelet does not fit.
    """
    samples, channels = x.shape[0] // factor, x.shape[1]
    margin = halves.max()
    floor = np.float32(offset)
    total = np.zeros(samples, np.float32)
    spread = np.ones(samples, np.float32)
    averaged = np.empty((_TILE, channels), np.float32)
    white = np.empty((_TILE, channels), np.float32)
    # Running sums of the last samples: the sum of all before sample t lies in row t - begin + 2 * margin.
    past = 2 * margin
    sums = np.zeros((past + _TILE + 1, channels), np.float32)
    for begin in range(0, samples, _TILE):
        count = min(_TILE, samples - begin)
        _average(x, factor, inverse_level, first, frame, begin, averaged[:count])
        mix(averaged[:count], whitening, white[:count])
        for k in range(count):
            before, after, row = sums[past + k], sums[past + k + 1], white[k]
            for c in range(channels):
                after[c] = before[c] + row[c]
        for t in range(max(margin, begin + 1 - margin), begin + count - margin + 1):
            g, square = _evidence(sums, t - begin + past, halves, even_scale, odd_scale, floor)
            total[t] = g
            if square > 0.0:
                spread[t] = g * g / square
        for k in range(past + 1):
            sums[k] = sums[k + count]
    return total, spread


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "nsz", "reassoc"})
def _evidence(
    sums: Floats,
    at: int,
    halves: NDArray[np.int64],
    even_scale: Floats,
    odd_scale: Floats,
    floor: np.float32,
) -> tuple[np.float32, np.float32]:
    """Sum over channels of what exceeds the floor around one instant, and of its squares.

    All three widths in one loop; where there are fewer, the last one again.
    """
    last = len(halves) - 1
    second, third = min(1, last), last
    a, b, c = halves[0], halves[second], halves[third]
    middle = sums[at]
    left_a, right_a, in_a, out_a = sums[at - a], sums[at + a], sums[at - a // 2], sums[at - a // 2 + a]
    left_b, right_b, in_b, out_b = sums[at - b], sums[at + b], sums[at - b // 2], sums[at - b // 2 + b]
    left_c, right_c, in_c, out_c = sums[at - c], sums[at + c], sums[at - c // 2], sums[at - c // 2 + c]
    even_a, even_b, even_c = even_scale[0], even_scale[second], even_scale[third]
    odd_a, odd_b, odd_c = odd_scale[0], odd_scale[second], odd_scale[third]
    two = np.float32(2.0)
    total, square = np.float32(0.0), np.float32(0.0)
    for k in range(sums.shape[1]):
        twice = two * middle[k]
        even = two * (out_a[k] - in_a[k]) - (right_a[k] - left_a[k])
        odd = right_a[k] - twice + left_a[k]
        u = even * even * even_a[k] + odd * odd * odd_a[k]
        even = two * (out_b[k] - in_b[k]) - (right_b[k] - left_b[k])
        odd = right_b[k] - twice + left_b[k]
        v = even * even * even_b[k] + odd * odd * odd_b[k]
        even = two * (out_c[k] - in_c[k]) - (right_c[k] - left_c[k])
        odd = right_c[k] - twice + left_c[k]
        w = even * even * even_c[k] + odd * odd * odd_c[k]
        g = max(u, v, w, floor) - floor
        total += g
        square += g * g
    return total, square


@njit(nogil=True, cache=True)
def decimate(x: Floats, factor: int, inverse_level: Floats, first: int, frame: int) -> Floats:
    """Means of `factor` consecutive samples, each channel divided by its level.

    `first` is the absolute index of x[0]; sample i belongs to row i // frame of `inverse_level`
    (the last row serves what lies beyond).
    """
    out = np.empty((x.shape[0] // factor, x.shape[1]), np.float32)
    _average(x, factor, inverse_level, first, frame, 0, out)
    return out


@njit(nogil=True, cache=True)
def _average(
    x: Floats, factor: int, inverse_level: Floats, first: int, frame: int, begin: int, out: Floats
) -> None:
    """Fill `out` with the averaged samples from number `begin` on."""
    kept, channels = out.shape
    share = np.float32(1.0 / factor)
    for k in range(kept):
        at = (begin + k) * factor
        scale = inverse_level[min(len(inverse_level) - 1, (first + at) // frame)]
        mean, row = out[k], x[at]
        for c in range(channels):
            mean[c] = row[c]
        for i in range(1, factor):
            row = x[at + i]
            for c in range(channels):
                mean[c] += row[c]
        for c in range(channels):
            mean[c] *= scale[c] * share


@njit(nogil=True, cache=True, fastmath={"contract", "nsz"})
def mix(x: Floats, weights: Floats, out: Floats) -> None:
    """Fill `out` with the signal (samples, channels) times weights (channels, channels)."""
    samples, channels = x.shape
    out[:] = 0.0
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
