"""Compiled inner loops of the mains fit: sine and cosine of a few lines, all channels at once."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_PARTS, _QUIET = 16, 4
_LEVELS, _MEANS = np.float32(4.0), np.float32(8.0)


@njit(nogil=True, cache=True, fastmath={"contract", "nsz", "reassoc"})
def fit_lines(y: Floats, basis: Floats, solve: Floats, level: Floats) -> Floats:
    """Coefficients (lines, channels) of a robust fit: what departs by four levels or more is clipped.

    The first fit, from which departures are told, is of values clipped at eight times the mean magnitude of
    the quieter parts (of a sine, five times its amplitude), so that a stimulus or a knock a thousand times
    the noise leaves no trace either.

    Parameters
    ----------
    y : float32, shape (samples, channels)
    basis : float32, shape (samples, lines)
    solve : float32, shape (lines, samples)
        Least-squares solution for the basis.
    level : float32, shape (channels,)
    """
    samples, channels = y.shape
    lines = basis.shape[1]
    limit = _LEVELS * level
    widest = np.maximum(limit, _MEANS * _quiet_mean(y))
    first = np.zeros((lines, channels), np.float32)
    row = np.empty(channels, np.float32)
    for t in range(samples):
        for c in range(channels):
            row[c] = min(widest[c], max(-widest[c], y[t, c]))
        for k in range(lines):
            out, share = first[k], solve[k, t]
            for c in range(channels):
                out[c] += share * row[c]
    second = np.zeros((lines, channels), np.float32)
    fit = np.empty(channels, np.float32)
    for t in range(samples):
        fit[:] = 0.0
        for k in range(lines):
            coefficient, share = first[k], basis[t, k]
            for c in range(channels):
                fit[c] += share * coefficient[c]
        for c in range(channels):
            fit[c] += min(limit[c], max(-limit[c], y[t, c] - fit[c]))
        for k in range(lines):
            out, share = second[k], solve[k, t]
            for c in range(channels):
                out[c] += share * fit[c]
    return second


@njit(nogil=True, cache=True, fastmath={"contract", "nsz", "reassoc"})
def _quiet_mean(y: Floats) -> Floats:
    """Mean magnitude of each channel in the fifth quietest of sixteen parts of a stretch."""
    samples, channels = y.shape
    means = np.zeros((_PARTS, channels), np.float32)
    for part in range(_PARTS):
        start, stop = part * samples // _PARTS, (part + 1) * samples // _PARTS
        for t in range(start, stop):
            for c in range(channels):
                means[part, c] += abs(y[t, c])
        means[part] /= np.float32(max(1, stop - start))
    out = np.empty(channels, np.float32)
    for c in range(channels):
        out[c] = np.sort(means[:, c])[_QUIET]
    return out


@njit(nogil=True, cache=True, fastmath={"contract", "nsz"})
def add_lines(model: Floats, basis: Floats, fade: Floats, coefficients: Floats) -> None:
    """Add fade × basis @ coefficients to the model (samples, channels), in place."""
    lines, channels = coefficients.shape
    for t in range(model.shape[0]):
        row = model[t]
        for k in range(lines):
            line, share = coefficients[k], fade[t] * basis[t, k]
            for c in range(channels):
                row[c] += share * line[c]
