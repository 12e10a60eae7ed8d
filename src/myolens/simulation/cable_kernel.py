"""Compiled steps of a myelinated double cable, many fibres side by side.

An internode is passive and symmetric. In its eigenmodes, which are exact,
each mode is one number that relaxes by itself and is driven by the sum (even
modes) or the difference (odd modes) of the two nodes' potentials; the nodes
see the internode as two sums. What remains is a tridiagonal system of the
nodes. Potentials are deviations from rest and move by increments; gates
relax exactly.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from myolens.simulation.axon_kernel import _linear_over_exp, _relax
from myolens.simulation.vector_exp import exp

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

LANES = 16
PLACE = 0x7FFFFFFF  # masks an index so that the compiler knows that it is not negative, and vectorises
PARTS = 10  # compartments of an internode: MYSA, FLUT, 6 STIN, FLUT, MYSA; as many even and odd modes
REST_MV = -80.0
SPIKE = -20.0 - REST_MV

# fields of a node's state and of its constants
V, M, H, PERSISTENT, S_ = range(5)
N_NODE = 5
C_NODE, G_NAF, G_NAP, G_KS, G_LK, E_NA, E_K, E_LK, SHIFT, PHI_M, PHI_H, PHI_S = range(12)
N_NODE_CONSTANT = 12
# constants of an internode: decay, drive and weight of each mode (even modes first), then the conductance
# that a node sees by itself and the one to the other node
DECAY, DRIVE, WEIGHT, OWN, MUTUAL = 0, 2 * PARTS, 4 * PARTS, 6 * PARTS, 6 * PARTS + 1
N_INTERNODE = 6 * PARTS + 2


@njit(cache=True, error_model="numpy", fastmath={"contract", "arcp"}, nogil=True)
def _relax_modes(X: Array, S: Array, K: Array, x: int, s: int, k: int, lanes: int, sign: float) -> None:
    """Step the even (`sign` 1) or odd (−1) modes of one internode and weigh them for the next step.

    S holds three fields a node: mid-step potential, and the sums of the modes to the right and to the left.
    Written out, because a loop over modes inside the loop over lanes is not vectorised.
    """
    x &= PLACE
    s &= PLACE
    k &= PLACE
    for i in range(lanes):
        force = S[s + i] + sign * S[s + 3 * LANES + i]
        y0 = K[k + 0 * LANES + i] * X[x + 0 * LANES + i] + K[k + (DRIVE + 0) * LANES + i] * force
        y1 = K[k + 1 * LANES + i] * X[x + 1 * LANES + i] + K[k + (DRIVE + 1) * LANES + i] * force
        y2 = K[k + 2 * LANES + i] * X[x + 2 * LANES + i] + K[k + (DRIVE + 2) * LANES + i] * force
        y3 = K[k + 3 * LANES + i] * X[x + 3 * LANES + i] + K[k + (DRIVE + 3) * LANES + i] * force
        y4 = K[k + 4 * LANES + i] * X[x + 4 * LANES + i] + K[k + (DRIVE + 4) * LANES + i] * force
        y5 = K[k + 5 * LANES + i] * X[x + 5 * LANES + i] + K[k + (DRIVE + 5) * LANES + i] * force
        y6 = K[k + 6 * LANES + i] * X[x + 6 * LANES + i] + K[k + (DRIVE + 6) * LANES + i] * force
        y7 = K[k + 7 * LANES + i] * X[x + 7 * LANES + i] + K[k + (DRIVE + 7) * LANES + i] * force
        y8 = K[k + 8 * LANES + i] * X[x + 8 * LANES + i] + K[k + (DRIVE + 8) * LANES + i] * force
        y9 = K[k + 9 * LANES + i] * X[x + 9 * LANES + i] + K[k + (DRIVE + 9) * LANES + i] * force
        X[x + 0 * LANES + i] = y0
        X[x + 1 * LANES + i] = y1
        X[x + 2 * LANES + i] = y2
        X[x + 3 * LANES + i] = y3
        X[x + 4 * LANES + i] = y4
        X[x + 5 * LANES + i] = y5
        X[x + 6 * LANES + i] = y6
        X[x + 7 * LANES + i] = y7
        X[x + 8 * LANES + i] = y8
        X[x + 9 * LANES + i] = y9
        total = (
            K[k + (WEIGHT + 0) * LANES + i] * y0
            + K[k + (WEIGHT + 1) * LANES + i] * y1
            + K[k + (WEIGHT + 2) * LANES + i] * y2
            + K[k + (WEIGHT + 3) * LANES + i] * y3
            + K[k + (WEIGHT + 4) * LANES + i] * y4
            + K[k + (WEIGHT + 5) * LANES + i] * y5
            + K[k + (WEIGHT + 6) * LANES + i] * y6
            + K[k + (WEIGHT + 7) * LANES + i] * y7
            + K[k + (WEIGHT + 8) * LANES + i] * y8
            + K[k + (WEIGHT + 9) * LANES + i] * y9
        )
        S[s + LANES + i] += total
        S[s + 5 * LANES + i] += sign * total


@njit(cache=True, error_model="numpy", fastmath={"contract", "arcp"}, nogil=True)
def _node_row(
    N: Array, C: Array, T: Array, S: Array, K: Array, stimulus: Array,
    n: int, c: int, t: int, kl: int, kr: int, stim: int, inv_h: float, lanes: int,
) -> None:  # fmt: skip
    """Eliminate one node; `kl` and `kr` are the internodes beside it in K, negative where there are none."""
    n &= PLACE
    c &= PLACE
    t &= PLACE
    stim &= PLACE
    for i in range(lanes):
        v = N[n + V * LANES + i]
        m = N[n + M * LANES + i]
        p = N[n + PERSISTENT * LANES + i]
        g_na = (
            C[c + G_NAF * LANES + i] * m * m * m * N[n + H * LANES + i] + C[c + G_NAP * LANES + i] * p * p * p
        )
        g_k = C[c + G_KS * LANES + i] * N[n + S_ * LANES + i]
        g_l = C[c + G_LK * LANES + i]
        T[t + i] = C[c + C_NODE * LANES + i] * inv_h + g_na + g_k + g_l
        T[t + LANES + i] = (
            stimulus[stim + i]
            - g_na * (v + REST_MV - C[c + E_NA * LANES + i])
            - g_k * (v + REST_MV - C[c + E_K * LANES + i])
            - g_l * (v + REST_MV - C[c + E_LK * LANES + i])
        )
    if kr >= 0:
        kr &= PLACE
        for i in range(lanes):
            own = K[kr + OWN * LANES + i]
            T[t + i] += own
            T[t + LANES + i] += (
                S[t + LANES + i]
                - own * N[n + V * LANES + i]
                + K[kr + MUTUAL * LANES + i] * N[n + N_NODE * LANES + i]
            )
    if kl >= 0:
        kl &= PLACE
        t = (t - 3 * LANES) & PLACE
        n = (n - N_NODE * LANES) & PLACE
        for i in range(lanes):
            own = K[kl + OWN * LANES + i]
            off = K[kl + MUTUAL * LANES + i]
            ratio = off / T[t + i]
            T[t + 5 * LANES + i] = off
            T[t + 3 * LANES + i] += own - off * ratio
            T[t + 4 * LANES + i] += (
                S[t + 5 * LANES + i]
                - own * N[n + N_NODE * LANES + i]
                + off * N[n + i]
                + ratio * T[t + LANES + i]
            )


@njit(cache=True, error_model="numpy", fastmath={"contract", "arcp"}, nogil=True)
def _substitute(T: Array, t: int, lanes: int) -> None:
    """Increment of one node, left in its right-hand side, from the next one's."""
    t &= PLACE
    for i in range(lanes):
        T[t + LANES + i] = (T[t + LANES + i] + T[t + 5 * LANES + i] * T[t + 4 * LANES + i]) / T[t + i]


@njit(cache=True, error_model="numpy", fastmath={"contract", "arcp"}, nogil=True)
def _node_gates(
    N: Array, C: Array, T: Array, S: Array, n: int, c: int, t: int, lanes: int, scale: float, dt: float
) -> int:
    """Move one node by its increment and relax its gates; the number of upward crossings of −20 mV."""
    crossed = 0
    n &= PLACE
    c &= PLACE
    t &= PLACE
    for i in range(lanes):
        old = N[n + V * LANES + i]
        step = T[t + LANES + i]
        new = old + scale * step
        S[t + i] = old + step
        S[t + LANES + i] = 0.0
        S[t + 2 * LANES + i] = 0.0
        N[n + V * LANES + i] = new
        crossed += 1 if (old <= SPIKE) & (new > SPIKE) else 0
        v = new + REST_MV - C[c + SHIFT * LANES + i]
        phi = C[c + PHI_M * LANES + i]
        n1, d1 = _linear_over_exp((v + 21.4) / 10.3)
        n2, d2 = _linear_over_exp((-25.7 - v) / 9.16)
        m, _ = _relax(N[n + M * LANES + i], phi * 1.86 * 10.3 * n1, d1, phi * 0.086 * 9.16 * n2, d2, dt)
        n1, d1 = _linear_over_exp((v + 27.0) / 10.2)
        n2, d2 = _linear_over_exp((-34.0 - v) / 10.0)
        p, _ = _relax(
            N[n + PERSISTENT * LANES + i], phi * 0.01 * 10.2 * n1, d1, phi * 0.00025 * 10.0 * n2, d2, dt
        )
        phi = C[c + PHI_H * LANES + i]
        n1, d1 = _linear_over_exp((-114.0 - v) / 11.0)
        h, _ = _relax(
            N[n + H * LANES + i], phi * 0.062 * 11.0 * n1, d1, phi * 2.3, 1.0 + exp((-31.8 - v) / 13.4), dt
        )
        phi = C[c + PHI_S * LANES + i]
        s, _ = _relax(
            N[n + S_ * LANES + i],
            phi * 0.3,
            1.0 + exp((-53.0 - v) / 5.0),
            phi * 0.03,
            1.0 + exp(-90.0 - v),
            dt,
        )
        N[n + M * LANES + i] = m
        N[n + PERSISTENT * LANES + i] = p
        N[n + H * LANES + i] = h
        N[n + S_ * LANES + i] = s
    return crossed


@njit(cache=True, error_model="numpy", nogil=True)
def step_cable(
    N: Array, X: Array, S: Array, T: Array, C: Array, K: Array, stimulus: Array,
    node_kind: Indices, internode_kind: Indices, lanes: int, steps: int, dt: float, order: int,
    start: float, times: Array, counts: Indices, samples: Array, every: int, sampled: int,
) -> int:  # fmt: skip
    """Advance all fibres by `steps` steps of `dt` ms under constant currents `stimulus` (nodes × LANES, nA).

    Parameters
    ----------
    N, X : ndarray
        State of the nodes; modes of the internodes.
    S, T : ndarray
        Three fields a node each: mid-step potentials and weighed modes; the tridiagonal system.
    C, K : ndarray
        Constants of each kind of node and internode.
    order : int
        1: backward Euler, the fully implicit scheme of NEURON. 2: staggered Crank–Nicolson.
    times, counts : ndarray
        Crossing times, (nodes, LANES, room), and how many, (nodes, LANES).
    samples : ndarray
        Potentials (mV) of the nodes every `every` steps, (samples, nodes, LANES); `every` 0 stores none.

    Returns
    -------
    int
        Samples stored so far.
    """
    nodes = node_kind.size
    inv_h = 1.0 / dt if order == 1 else 2.0 / dt
    scale = 1.0 if order == 1 else 2.0
    for step in range(steps):
        if every > 0 and step % every == 0:
            for k in range(nodes):
                for i in range(LANES):
                    samples[sampled, k, i] = N[(k * N_NODE + V) * LANES + i] + REST_MV
            sampled += 1
        for k in range(nodes):
            kl = internode_kind[k - 1] * N_INTERNODE * LANES if k > 0 else -1
            kr = internode_kind[k] * N_INTERNODE * LANES if k < nodes - 1 else -1
            _node_row(
                N, C, T, S, K, stimulus, k * N_NODE * LANES, node_kind[k] * N_NODE_CONSTANT * LANES,
                k * 3 * LANES, kl, kr, k * LANES, inv_h, lanes,
            )  # fmt: skip
        for i in range(lanes):
            T[((nodes - 1) * 3 + 1) * LANES + i] /= T[(nodes - 1) * 3 * LANES + i]
        for k in range(nodes - 2, -1, -1):
            _substitute(T, k * 3 * LANES, lanes)
        for k in range(nodes):
            n, t, c = k * N_NODE * LANES, k * 3 * LANES, node_kind[k] * N_NODE_CONSTANT * LANES
            if _node_gates(N, C, T, S, n, c, t, lanes, scale, dt) > 0:
                for i in range(lanes):
                    new = N[n + V * LANES + i]
                    old = new - scale * T[t + LANES + i]
                    if old <= SPIKE < new and counts[k, i] < times.shape[2]:
                        times[k, i, counts[k, i]] = start + (step + (SPIKE - old) / (new - old)) * dt
                        counts[k, i] += 1
        for k in range(nodes - 1):
            konst = internode_kind[k] * N_INTERNODE * LANES
            x, odd = k * 2 * PARTS * LANES, PARTS * LANES
            _relax_modes(X, S, K, x, k * 3 * LANES, konst, lanes, 1.0)
            _relax_modes(X, S, K, x + odd, k * 3 * LANES, konst + odd, lanes, -1.0)
    return sampled


@njit(cache=True, error_model="numpy")
def steady_gates(v: float) -> tuple[float, float, float, float]:
    """M, h, p and s of the node at a steady potential (mV)."""
    n1, d1 = _linear_over_exp((v + 21.4) / 10.3)
    n2, d2 = _linear_over_exp((-25.7 - v) / 9.16)
    _, m = _relax(0.0, 1.86 * 10.3 * n1, d1, 0.086 * 9.16 * n2, d2, 0.0)
    n1, d1 = _linear_over_exp((-114.0 - v) / 11.0)
    _, h = _relax(0.0, 0.062 * 11.0 * n1, d1, 2.3, 1.0 + exp((-31.8 - v) / 13.4), 0.0)
    n1, d1 = _linear_over_exp((v + 27.0) / 10.2)
    n2, d2 = _linear_over_exp((-34.0 - v) / 10.0)
    _, p = _relax(0.0, 0.01 * 10.2 * n1, d1, 0.00025 * 10.0 * n2, d2, 0.0)
    _, s = _relax(0.0, 0.3, 1.0 + exp((-53.0 - v) / 5.0), 0.03, 1.0 + exp(-90.0 - v), 0.0)
    return m, h, p, s
