"""Compiled inner loops of the mains fit: sine and cosine of a few lines, all channels at once."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@njit(nogil=True, cache=True, fastmath={"contract", "nsz", "reassoc"})
def fit_lines(y: Floats, basis: Floats, solve: Floats, level: Floats) -> Floats:
    """Coefficients (lines, channels) of a robust fit: what departs by four levels or more is clipped.

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
    first = np.zeros((lines, channels), np.float32)
    for t in range(samples):
        row = y[t]
        for k in range(lines):
            out, share = first[k], solve[k, t]
            for c in range(channels):
                out[c] += share * row[c]
    second = np.zeros((lines, channels), np.float32)
    limit = np.float32(4.0) * level
    fit = np.empty(channels, np.float32)
    for t in range(samples):
        row = y[t]
        fit[:] = 0.0
        for k in range(lines):
            coefficient, share = first[k], basis[t, k]
            for c in range(channels):
                fit[c] += share * coefficient[c]
        for c in range(channels):
            fit[c] += min(limit[c], max(-limit[c], row[c] - fit[c]))
        for k in range(lines):
            out, share = second[k], solve[k, t]
            for c in range(channels):
                out[c] += share * fit[c]
    return second


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
