"""Compiled steps of the node–internode axon, many axons side by side.

State `S` and constants `P` are flat arrays laid out field by field with
`LANES` axons next to each other, so one machine instruction steps several
axons. The equations are those of Barrett & Barrett 1982 (J Physiol 323:117)
in the form of Schwarz, Reid & Bostock 1995 (Pflügers Arch 430:283) and
Howells et al. 2012 (J Physiol 590:1625).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from myolens.simulation.vector_exp import exp

Array = NDArray[np.float64]

LANES = 16
SPIKE_MV = -10.0

# fields of the state
E, EI, M, H, PERSISTENT, N, S_, NI, SI, Q, SPIKES, SPIKE_AT = range(12)
N_STATE = 12

# fields of the constants
(
    C11, C22, CMY, GBB, PNA_T, PNA_P, PER_RT_F, NA_OUT, NA_IN, GKS, GKF, GLK, GKS_I, GKF_I, GLK_I,
    GH, SEL, EK, ENA, ELK, PUMP, PUMP_I, SHIFT, SHIFT_NA, PHI_M, PHI_H, PHI_N, A_S, B_S, C_S, A_Q, B_Q, C_Q,
) = range(33)  # fmt: skip
N_CONSTANT = 33


@njit(inline="always")
def _linear_over_exp(u: float) -> tuple[float, float]:
    """u/(1 − e^−u), smooth at zero, as numerator and denominator."""
    u = u if abs(u) > 1e-5 else 1e-5
    return u, 1.0 - exp(-u)


@njit(inline="always")
def _relax(x: float, n1: float, d1: float, n2: float, d2: float, dt: float) -> tuple[float, float]:
    """One exact step of dx/dt = α(1−x) − βx with α = n1/d1, β = n2/d2; returns x and x∞."""
    q = n1 * d2 + n2 * d1
    r = 1.0 / (d1 * d2 * q)
    steady = n1 * d2 * d1 * d2 * r
    return steady + (x - steady) * exp(-dt * q * q * r), steady


@njit(inline="always")
def _sodium_activation(v: float, x: float, phi: float, dt: float) -> tuple[float, float]:
    n1, d1 = _linear_over_exp((v + 18.4) / 10.3)
    n2, d2 = _linear_over_exp((-22.7 - v) / 9.16)
    return _relax(x, phi * 1.86 * 10.3 * n1, d1, phi * 0.086 * 9.16 * n2, d2, dt)


@njit(inline="always")
def _sodium_inactivation(v: float, x: float, phi: float, dt: float) -> tuple[float, float]:
    n1, d1 = _linear_over_exp((-111.0 - v) / 11.0)
    return _relax(x, phi * 0.0336 * 11.0 * n1, d1, phi * 2.3, 1.0 + exp((-28.8 - v) / 13.4), dt)


@njit(inline="always")
def _fast_potassium(v: float, x: float, phi: float, dt: float) -> tuple[float, float]:
    n1, d1 = _linear_over_exp((v + 93.2) / 1.1)
    n2, d2 = _linear_over_exp((-76.0 - v) / 10.5)
    return _relax(x, phi * 0.00798 * 1.1 * n1, d1, phi * 0.0142 * 10.5 * n2, d2, dt)


@njit(inline="always")
def _symmetric(v: float, x: float, a: float, b: float, c: float, dt: float) -> tuple[float, float]:
    """α = a e^((v−b)c), β = a e^(−(v−b)c): slow potassium, and with c < 0 the h current."""
    up = exp((v - b) * c)
    return _relax(x, a * up, 1.0, a, up, dt)


@njit(inline="always")
def _constant_field(v: float, per_rt_f: float, out: float, inside: float) -> tuple[float, float]:
    """Z(E) and dZ/dE per unit permeability."""
    u = v * per_rt_f
    u = u if abs(u) > 1e-5 else 1e-5
    e = exp(u)
    r = 1.0 / (1.0 - e)
    z = u * (out - inside * e) * r
    slope = per_rt_f * r * ((out - inside * e) - u * inside * e + u * (out - inside * e) * e * r)
    return z, slope


@njit(cache=True, error_model="numpy", fastmath={"contract", "arcp"}, nogil=True)
def advance(S: Array, P: Array, current: Array, lanes: int, steps: int, dt: float, start: float) -> None:
    """Advance all lanes by `steps` steps of `dt` ms under a constant current (pA) each.

    Gates live half a step before the potentials and are stepped exactly; the
    potentials by the linearly implicit trapezoidal rule: order 2 in `dt`.
    Upward crossings of `SPIKE_MV` are counted, and the last is timed by
    interpolation.
    """
    for step in range(steps):
        now = start + step * dt
        for i in range(lanes):
            e = S[E * LANES + i]
            ei = S[EI * LANES + i]
            v = e - P[SHIFT * LANES + i]
            vna = v - P[SHIFT_NA * LANES + i]
            vi = ei - P[SHIFT * LANES + i]
            phi_m = P[PHI_M * LANES + i]
            phi_n = P[PHI_N * LANES + i]
            m, _ = _sodium_activation(vna, S[M * LANES + i], phi_m, dt)
            h, _ = _sodium_inactivation(vna, S[H * LANES + i], P[PHI_H * LANES + i], dt)
            p, _ = _sodium_activation(vna + 20.0, S[PERSISTENT * LANES + i], 0.5 * phi_m, dt)
            n, _ = _fast_potassium(v, S[N * LANES + i], phi_n, dt)
            ni, _ = _fast_potassium(vi, S[NI * LANES + i], phi_n, dt)
            a_s, b_s, c_s = P[A_S * LANES + i], P[B_S * LANES + i], P[C_S * LANES + i]
            s, _ = _symmetric(v, S[S_ * LANES + i], a_s, b_s, c_s, dt)
            si, _ = _symmetric(vi, S[SI * LANES + i], a_s, b_s, c_s, dt)
            q, _ = _symmetric(
                vi, S[Q * LANES + i], P[A_Q * LANES + i], P[B_Q * LANES + i], -P[C_Q * LANES + i], dt
            )
            S[M * LANES + i] = m
            S[H * LANES + i] = h
            S[PERSISTENT * LANES + i] = p
            S[N * LANES + i] = n
            S[NI * LANES + i] = ni
            S[S_ * LANES + i] = s
            S[SI * LANES + i] = si
            S[Q * LANES + i] = q
            permeability = P[PNA_T * LANES + i] * m * m * m * h + P[PNA_P * LANES + i] * p * p * p
            z, slope = _constant_field(
                e, P[PER_RT_F * LANES + i], P[NA_OUT * LANES + i], P[NA_IN * LANES + i]
            )
            ek = P[EK * LANES + i]
            elk = P[ELK * LANES + i]
            glk = P[GLK * LANES + i]
            glk_i = P[GLK_I * LANES + i]
            gbb = P[GBB * LANES + i]
            n2 = n * n
            ni2 = ni * ni
            gk = P[GKF * LANES + i] * n2 * n2 + P[GKS * LANES + i] * s
            gk_i = P[GKF_I * LANES + i] * ni2 * ni2 + P[GKS_I * LANES + i] * si
            gh = P[GH * LANES + i] * q
            sel = P[SEL * LANES + i]
            through = gbb * (e - ei)
            f = (
                current[i]
                - through
                - permeability * z
                - gk * (e - ek)
                - glk * (e - elk)
                - P[PUMP * LANES + i]
            )
            fi = (
                through
                - gk_i * (ei - ek)
                - glk_i * (ei - elk)
                - gh * (ei - (1.0 - sel) * ek - sel * P[ENA * LANES + i])
                - P[PUMP_I * LANES + i]
            )
            a11 = P[C11 * LANES + i] + 0.5 * dt * (gbb + permeability * slope + gk + glk)
            a12 = -P[CMY * LANES + i] - 0.5 * dt * gbb
            a22 = P[C22 * LANES + i] + 0.5 * dt * (gbb + gk_i + glk_i + gh)
            scale = dt / (a11 * a22 - a12 * a12)
            new = e + scale * (a22 * f - a12 * fi)
            S[E * LANES + i] = new
            S[EI * LANES + i] = ei + scale * (a11 * fi - a12 * f)
            crossed = (e <= SPIKE_MV) & (new > SPIKE_MV)
            S[SPIKES * LANES + i] += 1.0 if crossed else 0.0
            gap = new - e
            at = now + dt * (SPIKE_MV - e) / (gap if gap != 0.0 else 1.0)
            S[SPIKE_AT * LANES + i] = at if crossed else S[SPIKE_AT * LANES + i]


@njit(cache=True, error_model="numpy")
def settle(S: Array, P: Array, lane: int, e: float, ei: float) -> tuple[float, float]:
    """Put one lane's gates at their steady state for these potentials; return both net currents (pA)."""
    v = e - P[SHIFT * LANES + lane]
    vna = v - P[SHIFT_NA * LANES + lane]
    vi = ei - P[SHIFT * LANES + lane]
    _, m = _sodium_activation(vna, 0.0, 1.0, 0.0)
    _, h = _sodium_inactivation(vna, 0.0, 1.0, 0.0)
    _, p = _sodium_activation(vna + 20.0, 0.0, 1.0, 0.0)
    _, n = _fast_potassium(v, 0.0, 1.0, 0.0)
    _, ni = _fast_potassium(vi, 0.0, 1.0, 0.0)
    b_s, c_s = P[B_S * LANES + lane], P[C_S * LANES + lane]
    _, s = _symmetric(v, 0.0, 1.0, b_s, c_s, 0.0)
    _, si = _symmetric(vi, 0.0, 1.0, b_s, c_s, 0.0)
    _, q = _symmetric(vi, 0.0, 1.0, P[B_Q * LANES + lane], -P[C_Q * LANES + lane], 0.0)
    z, _ = _constant_field(e, P[PER_RT_F * LANES + lane], P[NA_OUT * LANES + lane], P[NA_IN * LANES + lane])
    values = (e, ei, m, h, p, n, s, ni, si, q, 0.0, -1.0)
    for field in range(N_STATE):
        S[field * LANES + lane] = values[field]
    ek, elk = P[EK * LANES + lane], P[ELK * LANES + lane]
    through = P[GBB * LANES + lane] * (e - ei)
    node = (
        (P[PNA_T * LANES + lane] * m**3 * h + P[PNA_P * LANES + lane] * p**3) * z
        + (P[GKF * LANES + lane] * n**4 + P[GKS * LANES + lane] * s) * (e - ek)
        + P[GLK * LANES + lane] * (e - elk)
        + P[PUMP * LANES + lane]
        + through
    )
    sel = P[SEL * LANES + lane]
    internode = (
        (P[GKF_I * LANES + lane] * ni**4 + P[GKS_I * LANES + lane] * si) * (ei - ek)
        + P[GLK_I * LANES + lane] * (ei - elk)
        + P[GH * LANES + lane] * q * (ei - (1 - sel) * ek - sel * P[ENA * LANES + lane])
        + P[PUMP_I * LANES + lane]
        - through
    )
    return node, internode


@njit(cache=True, error_model="numpy")
def rest(S: Array, P: Array, lane: int, bias: float) -> bool:
    """Set one lane to the resting state nearest its leak potential under a bias (pA); return success.

    Newton's method on the two net currents, with steps held to 3 mV so that
    it follows the stable branch.
    """
    e = P[ELK * LANES + lane]
    ei = e
    d = 1e-4
    node = np.zeros(3)
    internode = np.zeros(3)
    for _ in range(400):
        for probe in (1, 2, 0):  # the gates are left at the unprobed potentials
            node[probe], internode[probe] = settle(
                S, P, lane, e + (d if probe == 1 else 0.0), ei + (d if probe == 2 else 0.0)
            )
        f, g = node[0] - bias, internode[0]
        a, b = (node[1] - node[0]) / d, (node[2] - node[0]) / d
        c, k = (internode[1] - g) / d, (internode[2] - g) / d
        det = a * k - b * c
        if det <= 0.0 or a <= 0.0:  # on the far side of a fold: follow the currents instead
            de, di = -f / 50.0, -g / 5.0
        else:
            de, di = -(k * f - b * g) / det, -(a * g - c * f) / det
        size = max(abs(de), abs(di))
        if size > 3.0:
            de *= 3.0 / size
            di *= 3.0 / size
        e += de
        ei += di
        if size < 1e-10:
            return True
    return False


@njit(cache=True, error_model="numpy", nogil=True)
def trace(
    S: Array, P: Array, current: Array, lanes: int, dt: float, every: int
) -> tuple[Array, Array, Array, NDArray[np.int64]]:
    """Step under `current` (steps × LANES, pA); sample potentials and list crossings with their lanes."""
    steps = current.shape[0]
    samples = (steps + every - 1) // every
    node = np.empty((LANES, samples))
    internode = np.empty((LANES, samples))
    times = np.empty(1024)
    lane_of = np.empty(1024, np.int64)
    found = 0
    seen = np.zeros(LANES)
    for step in range(steps):
        if step % every == 0:
            for i in range(LANES):
                node[i, step // every] = S[E * LANES + i]
                internode[i, step // every] = S[EI * LANES + i]
        advance(S, P, current[step], lanes, 1, dt, step * dt)
        for i in range(lanes):
            if S[SPIKES * LANES + i] > seen[i]:
                seen[i] = S[SPIKES * LANES + i]
                if found == times.size:
                    times = np.append(times, np.empty(found))
                    lane_of = np.append(lane_of, np.empty(found, np.int64))
                times[found] = S[SPIKE_AT * LANES + i]
                lane_of[found] = i
                found += 1
    return node, internode, times[:found], lane_of[:found]


@njit(cache=True, error_model="numpy", nogil=True)
def wander(
    S: Array,
    P: Array,
    lanes: int,
    fast: Array,
    slow: Array,
    normal: Array,
    keep: Array,
    spread: Array,
    steps: int,
    dt: float,
    start: float,
    times: Array,
    lane_of: NDArray[np.int64],
) -> int:
    """Step under two random currents a lane, both exact samples of Ornstein–Uhlenbeck processes.

    Parameters
    ----------
    fast, slow : ndarray
        Present currents, pA, shape (LANES,); updated in place.
    normal : ndarray
        Standard normal numbers, shape (intervals, 2, LANES).
    keep, spread : ndarray
        Decay over one interval and standard deviation of the innovation, shape (2, LANES).
    steps : int
        Steps for which a current is held.
    times, lane_of : ndarray
        Room for the crossings found.

    Returns
    -------
    int
        Number of crossings; never more than there is room for.
    """
    current = np.empty(LANES)
    seen = np.empty(LANES)
    for i in range(LANES):
        seen[i] = S[SPIKES * LANES + i]
    found = 0
    for interval in range(normal.shape[0]):
        for i in range(LANES):
            fast[i] = keep[0, i] * fast[i] + spread[0, i] * normal[interval, 0, i]
            slow[i] = keep[1, i] * slow[i] + spread[1, i] * normal[interval, 1, i]
            current[i] = fast[i] + slow[i]
        advance(S, P, current, lanes, steps, dt, start + interval * steps * dt)
        for i in range(lanes):
            if S[SPIKES * LANES + i] > seen[i]:
                seen[i] = S[SPIKES * LANES + i]
                if found < times.size:
                    times[found] = S[SPIKE_AT * LANES + i]
                    lane_of[found] = i
                    found += 1
    return found
