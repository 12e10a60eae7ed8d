"""How long a force can be held, and what rest gives back.

The motor-unit fatigue model of Potvin & Fuglevand 2017 (PLoS Comput Biol 13:e1005581): units lose force
in proportion to the force they give, the large ones fastest; twitches slow as they weaken; discharge
rates adapt. The excitation rises to hold the target until it can rise no further. The authors' release
has no recovery; here units recover while they rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myolens.errors import InputError
from myolens.simulation.motoneurons import (
    adaptation_built,
    adaptation_share,
    adapted_rates_hz,
    firing_rates_hz,
    maximal_excitation,
    recruitment_thresholds,
)
from myolens.simulation.parameters import Pool

Array = NDArray[np.float64]

UNITS = 120
TWITCH_RANGE = 100.0
SLOWEST_TWITCH_MS = 90.0
TWITCH_TIME_RANGE = 3.0
FATIGABILITY_RANGE = 180.0
FASTEST_LOSS_PER_S = 0.0225
SLOWING = 0.379
"""Contraction time grows by up to 38 % as force is lost (Shields 1997)."""
FUSION_LINEAR = 0.4
"""Normalised rate CT/ISI up to which twitches add without change (Fuglevand 1993)."""
REST_S = 0.5
"""A unit that has not fired for so long rests."""
FAST_SHARE, FAST_S, SLOW_S = 0.75, 30.0, 2400.0
"""Of what was lost, this share returns with the first time constant and the rest with the second.

Chosen for the second endurance time after a first to exhaustion at 50 % of maximal grip: 20 % of the first
after 5 s of rest, 87 % after 43 min (Stull & Kearney 1978, Med Sci Sports 10:109); strength itself is half
back in 30 s (Mills 1982, J Physiol 326:401).
"""
STEP_S = 0.1
EXCITATION_STEP = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class FatigueCourse:
    """A force held as long as possible.

    Attributes
    ----------
    time_s : ndarray
    excitation : ndarray
        Needed to hold the target, as a fraction of the maximal.
    force, capacity : ndarray
        Force given, and the most that could be given, as fractions of rested maximum.
    endurance_s : float or None
        When the capacity falls below the target; None if it does not within the time.
    left : ndarray
        Force each unit still has, of its rested force, when the endurance or the time has ended.
    """

    time_s: Array
    excitation: Array
    force: Array
    capacity: Array
    endurance_s: float | None
    left: Array


def fused_force(normalised_rate: Array) -> Array:
    """Force of a unit relative to full fusion at a normalised rate CT/ISI.

    Straight up to 0.4, then ``1 − e^{−2x³}`` (Potvin & Fuglevand 2017).
    """
    x: Array = np.asarray(normalised_rate, float)
    start = 1 - np.exp(-2 * FUSION_LINEAR**3)
    return np.asarray(np.where(x <= FUSION_LINEAR, x / FUSION_LINEAR * start, 1 - np.exp(-2 * x**3)))


def rested(left: Array | float, rest_s: Array | float) -> Array:
    """Share of its force a unit has after a rest: ``1 − (1 − left)(a e^{−t/τ₁} + (1 − a) e^{−t/τ₂})``."""
    still = FAST_SHARE * np.exp(-np.asarray(rest_s) / FAST_S)
    still = still + (1 - FAST_SHARE) * np.exp(-np.asarray(rest_s) / SLOW_S)
    return np.asarray(1 - (1 - np.asarray(left)) * still)


def remaining_force(times_s: Array, contraction_ms: float, rank: float) -> Array:
    """Fraction of its rested force that a unit still has at each of its discharges.

    Over every interval the unit loses in proportion to the force it gives, the last recruited 180 times
    as fast as the first: dP/dt = −P₀ · 0.0225/180 · 180^rank · Pr(CT/ISI), with CT slowed by what is lost
    (Potvin & Fuglevand 2017). In gaps of more than half a second it recovers (`rested`).

    Parameters
    ----------
    times_s : ndarray
        Discharges in order.
    contraction_ms : float
        Rested contraction time.
    rank : float
        0 for the first recruited unit, 1 for the last.
    """
    from myolens.simulation.kernels import weaken

    step = float(1 - np.exp(-2 * FUSION_LINEAR**3)) / FUSION_LINEAR
    recovery = (REST_S, FAST_SHARE, FAST_S, SLOW_S)
    loss_per_s = FASTEST_LOSS_PER_S / FATIGABILITY_RANGE * FATIGABILITY_RANGE**rank
    shape = (contraction_ms / 1000, SLOWING, FUSION_LINEAR, step)
    return np.asarray(weaken(np.asarray(times_s, np.float64), loss_per_s, shape, recovery))


def hold(
    target: float, seconds: float, *, pool: Pool | None = None, left: Array | None = None
) -> FatigueCourse:
    """Hold a fraction of maximal force.

    Parameters
    ----------
    target : float
        Fraction of the rested maximum, between 0 and 1.
    seconds : float
        How long at most.
    pool : Pool or None
        Default: the published pool.
    left : ndarray or None
        Share of its rested force each of the 120 units begins with; default all of it.
    """
    if not 0 < target <= 1:
        raise InputError(f"a target of {target:g} of maximal force", mend="Choose between 0 and 1")
    pool = Pool() if pool is None else pool
    thresholds = recruitment_thresholds(UNITS, pool)
    rank = np.arange(UNITS) / (UNITS - 1)
    fresh = TWITCH_RANGE**rank
    slowness = SLOWEST_TWITCH_MS / TWITCH_TIME_RANGE**rank
    loss_per_s = FASTEST_LOSS_PER_S / FATIGABILITY_RANGE * FATIGABILITY_RANGE**rank * fresh
    levels: Array = EXCITATION_STEP * np.arange(1.0, round(maximal_excitation(pool) / EXCITATION_STEP) + 1)
    rates = firing_rates_hz(levels, thresholds, pool)
    most = float(np.sum(fused_force(slowness * rates[:, -1] / 1000) * fresh))
    share = adaptation_share(thresholds, pool)
    now, began = fresh * (1.0 if left is None else left), np.full(UNITS, np.inf)
    steps = round(seconds / STEP_S)
    course = np.zeros((3, steps))
    endurance, ended, level = None, now, 0
    for step in range(steps):
        active_s = np.where(np.isfinite(began), (step - began + 1) * STEP_S, 0.0)
        slowed = slowness * (1 + SLOWING * (1 - now / fresh)) / 1000

        def given(rate: Array, slowed: Array = slowed, active_s: Array = active_s, now: Array = now) -> Array:
            built = adaptation_built(active_s)
            return fused_force(slowed * adapted_rates_hz(rate, built, share, pool)) * now

        level = _lowest(rates, target * most, given, level)
        force = given(rates[:, level])
        lost = rates[:, level] - adapted_rates_hz(rates[:, level], adaptation_built(active_s), share, pool)
        capacity = float(np.sum(fused_force(slowed * (rates[:, -1] - lost)) * now)) / most
        began = np.where(~np.isfinite(began) & (levels[level] >= thresholds), step, began)
        course[:, step] = levels[level] / levels[-1], force.sum() / most, capacity
        if capacity < target and endurance is None:
            endurance, ended = (step + 1) * STEP_S, now
        # The published release holds the first step at rest.
        if step > 0:
            relative = np.divide(force, now, out=np.zeros_like(now), where=now > 0)
            now = np.clip(now - loss_per_s * STEP_S * relative, 0, fresh)
    left = (now if endurance is None else ended) / fresh
    return FatigueCourse(STEP_S * np.arange(1.0, steps + 1), course[0], course[1], course[2], endurance, left)


def _lowest(rates: Array, wanted: float, given: Callable[[Array], Array], near: int) -> int:
    """Lowest excitation level whose force reaches the wanted one; the highest if none does.

    Force rises with the level; the search begins where it ended last.
    """

    def reached(level: int) -> bool:
        return bool(np.sum(given(rates[:, level])) >= wanted)

    low, high = 0, int(rates.shape[1]) - 1
    if near > 0 and reached(near - 1):
        high = near - 1
    elif reached(near):
        return near
    else:
        low = min(near + 1, high)
        if reached(min(low + 15, high)):
            high = min(low + 15, high)
    while low < high:
        middle = (low + high) // 2
        if reached(middle):
            high = middle
        else:
            low = middle + 1
    return high
