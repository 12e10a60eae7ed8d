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


@njit(inline="always")
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
    lower, upper = low.copy(), high.copy()
    undefined = np.zeros(LANES, np.bool_)
    trial = high.copy()
    work = np.empty_like(S0)
    widest = np.inf
    # first the upper end, then the lower, then halves; one call, so that it is compiled once
    turn = 0
    while widest > tolerance:
        work[:] = S0
        _responds(work, P, lanes, trial, width, level, off_ms, dt, fired)
        widest = 0.0
        for i in range(LANES):
            if turn == 0:
                undefined[i] = not fired[i]
                trial[i] = lower[i]
            else:
                if turn == 1:
                    undefined[i] = undefined[i] or fired[i]
                elif fired[i]:
                    upper[i] = trial[i]
                else:
                    lower[i] = trial[i]
                trial[i] = 0.5 * (lower[i] + upper[i])
            if not undefined[i]:
                widest = max(widest, upper[i] - lower[i])
        turn += 1
    for i in range(LANES):
        trial[i] = np.nan if undefined[i] else 0.5 * (lower[i] + upper[i])
    return trial
