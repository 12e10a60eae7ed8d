"""Compiled threshold tracking: polarise axons once, keep snapshots, search thresholds from them."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from myolens.simulation.axon_kernel import LANES, N_STATE, SPIKES, Array, advance

RESPONSE_MS = 2.0
"""A response counts when it comes within this time of the end of the pulse."""


@njit(cache=True, error_model="numpy", nogil=True)
def polarise(
    S: Array, P: Array, lanes: int, level: Array, off_ms: Array, snapshots_ms: Array, dt: float
) -> Array:
    """Run all lanes from t = 0 under `level` until `off_ms` (each its own), keeping the state at given times.

    Returns
    -------
    kept : ndarray
        Shape (snapshots, N_STATE · LANES).
    """
    kept = np.empty((snapshots_ms.size, N_STATE * LANES))
    current = np.empty(LANES)
    now = 0
    for index in range(snapshots_ms.size):
        target = round(snapshots_ms[index] / dt)
        while now < target:
            stop = target
            for i in range(LANES):
                off = round(off_ms[i] / dt)
                current[i] = level[i] if now < off else 0.0
                if now < off < stop:
                    stop = off
            advance(S, P, current, lanes, stop - now, dt, now * dt)
            now = stop
        kept[index] = S
    return kept


@njit(cache=True, error_model="numpy", nogil=True)
def _responds(
    S: Array,
    P: Array,
    lanes: int,
    amplitude: Array,
    width: Array,
    level: Array,
    off_ms: Array,
    dt: float,
    fired: NDArray[np.bool_],
) -> None:
    """Whether each lane answers a pulse at t = 0 on top of `level`, which stops at `off_ms`."""
    current = np.empty(LANES)
    for i in range(LANES):
        fired[i] = False
        S[SPIKES * LANES + i] = 0.0
    end = 0
    for i in range(LANES):
        end = max(end, round((width[i] + RESPONSE_MS) / dt))
    now = 0
    while now < end:
        stop = end
        for i in range(LANES):
            current[i] = 0.0
            for edge_ms, height in ((width[i], amplitude[i]), (off_ms[i], level[i])):
                edge = round(edge_ms / dt)
                if now < edge:
                    current[i] += height
                    stop = min(stop, edge)
            edge = round((width[i] + RESPONSE_MS) / dt)
            if now < edge:
                stop = min(stop, edge)
        advance(S, P, current, lanes, stop - now, dt, now * dt)
        now = stop
        waiting = False
        for i in range(LANES):
            if now <= round((width[i] + RESPONSE_MS) / dt) and S[SPIKES * LANES + i] > 0.0:
                fired[i] = True
            waiting = waiting or not fired[i]
        if not waiting:
            return


@njit(cache=True, error_model="numpy", nogil=True)
def track(
    S0: Array,
    P: Array,
    lanes: int,
    width: Array,
    level: Array,
    off_ms: Array,
    low: Array,
    high: Array,
    tolerance: float,
    dt: float,
) -> Array:
    """Smallest pulse (pA) that each lane answers, by bisection between `low` and `high`.

    NaN where even `high` gets no answer, or where the axon fires without a pulse.
    """
    fired = np.zeros(LANES, np.bool_)
    lower = low.copy()
    upper = high.copy()
    undefined = np.zeros(LANES, np.bool_)
    work = np.empty_like(S0)
    work[:] = S0
    _responds(work, P, lanes, upper, width, level, off_ms, dt, fired)
    for i in range(LANES):
        undefined[i] = not fired[i]
    work[:] = S0
    _responds(work, P, lanes, lower, width, level, off_ms, dt, fired)
    for i in range(LANES):
        undefined[i] = undefined[i] or fired[i]
    widest = 0.0
    for i in range(LANES):
        if not undefined[i]:
            widest = max(widest, upper[i] - lower[i])
    middle = np.empty(LANES)
    while widest > tolerance:
        for i in range(LANES):
            middle[i] = 0.5 * (lower[i] + upper[i])
        work[:] = S0
        _responds(work, P, lanes, middle, width, level, off_ms, dt, fired)
        for i in range(LANES):
            if fired[i]:
                upper[i] = middle[i]
            else:
                lower[i] = middle[i]
        widest *= 0.5
    for i in range(LANES):
        middle[i] = np.nan if undefined[i] else 0.5 * (lower[i] + upper[i])
    return middle
