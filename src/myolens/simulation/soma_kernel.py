"""Compiled stepping of the two-compartment motor neuron of `myolens.simulation.soma`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEAK_MV, SODIUM_MV, POTASSIUM_MV, PERSISTENT_MV, INHIBITION_MV = -70.0, 50.0, -80.0, 60.0, -75.0
PERSISTENT_SODIUM, DELAYED_POTASSIUM, CALCIUM, CALCIUM_POTASSIUM = 0.00086, 6.2, 0.008, 0.54
PERSISTENT_MS, PERSISTENT_SLOPE_MV = 60.0, 6.0
CALCIUM_HALF_MM, CALCIUM_OUT_MM, CALCIUM_REST_MM = 0.0005, 2.0, 1e-7
CALCIUM_LEAVING = 8.0
M, H, MP, N, MC, HC, CA, L = range(8)


@njit(cache=True, error_model="numpy")
def _linear_over_exponential(factor: float, away_mv: float, scale_mv: float) -> float:
    """``factor · v / (e^{v/scale} − 1)`` with its limit at v = 0."""
    if abs(away_mv) < 1e-6:
        return factor * (scale_mv - 0.5 * away_mv)
    return factor * away_mv / math.expm1(away_mv / scale_mv)


@njit(cache=True, error_model="numpy")
def _sigmoid(mv: float, half_mv: float, slope_mv: float) -> float:
    return 1.0 / (1.0 + math.exp(-(mv - half_mv) / slope_mv))


@njit(cache=True, error_model="numpy")
def _targets(soma_mv: float, dendrite_mv: float, half_mv: float, target: Array, rate: Array) -> None:
    """Steady state and rate (per ms) of every gate at these potentials."""
    up = _linear_over_exponential(0.4, -(soma_mv + 49.0), 5.0)
    down = _linear_over_exponential(0.4, soma_mv + 25.0, 5.0)
    target[M], rate[M] = up / (up + down), up + down
    target[H] = _sigmoid(soma_mv, -58.0, -7.0)
    rate[H] = (math.exp((soma_mv + 60.0) / 15.0) + math.exp(-(soma_mv + 60.0) / 16.0)) / 30.0
    up = _linear_over_exponential(0.0353, -(soma_mv + 21.4), 5.0)
    down = _linear_over_exponential(0.000883, soma_mv + 25.7, 5.0)
    target[MP], rate[MP] = up / (up + down), up + down
    target[N] = _sigmoid(soma_mv, -31.0, 15.0)
    rate[N] = (math.exp((soma_mv + 50.0) / 40.0) + math.exp(-(soma_mv + 50.0) / 50.0)) / 5.0
    target[MC], rate[MC] = _sigmoid(soma_mv, -25.0, 5.0), 1.0 / 15.0
    target[HC], rate[HC] = _sigmoid(soma_mv, -43.0, -5.0), 1.0 / 50.0
    target[L], rate[L] = _sigmoid(dendrite_mv, half_mv, PERSISTENT_SLOPE_MV), 1.0 / PERSISTENT_MS


@njit(cache=True, error_model="numpy")
def run(constants: Array, density: Array, step_ms: float, keep: int, spike_mv: float) -> Any:
    """Spike times (ms) and the potentials at every `keep` steps, from rest.

    Gates take an exact exponential step half a step apart from the potentials, which take an implicit
    trapezoidal one together; the order is 2.
    """
    leak_s, leak_d, coupling, c_s, c_d, g_na, per_charge, g_l, half, inhibition, share = constants
    soma, dendrite = LEAK_MV, LEAK_MV
    gate, target, rate = np.zeros(8), np.zeros(8), np.zeros(8)
    _targets(soma, dendrite, half, target, rate)
    for index in range(8):
        gate[index] = target[index]
    gate[CA] = CALCIUM_REST_MM
    kept = (density.size + keep - 1) // keep
    soma_mv, dendrite_mv = np.empty(kept), np.empty(kept)
    times = np.empty(density.size // 50 + 2)
    spikes = 0
    for step in range(density.size):
        if step % keep == 0:
            soma_mv[step // keep], dendrite_mv[step // keep] = soma, dendrite
        _targets(soma, dendrite, half, target, rate)
        calcium_mv = LEAK_MV + 13.3 * math.log(CALCIUM_OUT_MM / gate[CA])
        g_before = CALCIUM * gate[MC] ** 2 * gate[HC]
        for index in range(8):
            if index != CA:
                gate[index] = target[index] + (gate[index] - target[index]) * math.exp(-step_ms * rate[index])
        g_ca = CALCIUM * gate[MC] ** 2 * gate[HC]
        leaving = math.exp(-step_ms * CALCIUM_LEAVING * per_charge)
        entering = -0.5 * (g_before + g_ca) * (soma - calcium_mv)
        settled = max(entering, 0.0) / CALCIUM_LEAVING
        gate[CA] = max(settled + (gate[CA] - settled) * leaving, CALCIUM_REST_MM)
        calcium_mv = LEAK_MV + 13.3 * math.log(CALCIUM_OUT_MM / gate[CA])
        g_sodium = g_na * gate[M] ** 3 * gate[H] + PERSISTENT_SODIUM * gate[MP] ** 3
        g_kca = CALCIUM_POTASSIUM * gate[CA] / (gate[CA] + CALCIUM_HALF_MM)
        g_k = DELAYED_POTASSIUM * gate[N] ** 4 + g_kca
        g_persistent = g_l * gate[L]
        total_s = leak_s + g_sodium + g_k + g_ca + coupling / share
        pull_s = leak_s * LEAK_MV + g_sodium * SODIUM_MV + g_k * POTASSIUM_MV + g_ca * calcium_mv
        pull_s += density[step]
        total_d = leak_d + g_persistent + inhibition + coupling / (1.0 - share)
        pull_d = leak_d * LEAK_MV + g_persistent * PERSISTENT_MV + inhibition * INHIBITION_MV
        # trapezoidal rule for both potentials at once: the mid-step potential solves a 2 × 2 system
        a, b = 2.0 * c_s / step_ms + total_s, coupling / share
        d, e = 2.0 * c_d / step_ms + total_d, coupling / (1.0 - share)
        right_s, right_d = 2.0 * c_s / step_ms * soma + pull_s, 2.0 * c_d / step_ms * dendrite + pull_d
        determinant = a * d - b * e
        middle_s = (right_s * d + b * right_d) / determinant
        middle_d = (right_d * a + e * right_s) / determinant
        before, soma, dendrite = soma, 2.0 * middle_s - soma, 2.0 * middle_d - dendrite
        if before < spike_mv <= soma and spikes < times.size:
            times[spikes] = step_ms * (step + (spike_mv - before) / (soma - before))
            spikes += 1
    return times[:spikes].copy(), soma_mv, dendrite_mv
