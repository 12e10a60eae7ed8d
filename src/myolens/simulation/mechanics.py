"""From discharges to force, and from force to what a phone on the skin feels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from myolens.simulation.fatigue import FUSION_LINEAR, SLOWING, remaining_force
from myolens.simulation.motoneurons import Train
from myolens.simulation.muscle import Units, generator
from myolens.simulation.scenario import Scenario

Array = NDArray[np.float64]

TENDON_SHARE = 1.8
"""mm/s² peak to peak at the skin per mN of twitch over a thin cover (Yoshitake 2004: 1.5 and 2.2)."""
LATERAL_SPREAD_MM = 5.0
"""The moving patch of skin is as wide as the source is deep, plus this (estimate)."""
REFERENCE_TWITCH_MS = 60.0
REFERENCE_HZ, REFERENCE_DAMPING = 20.0, 0.45
GRAVITY_MM_S2 = 9806.65


def twitch(time_ms: Array, contraction_ms: float) -> Array:
    """Twitch of unit peak, ``(t/T) e^{1−t/T}``, a critically damped answer to an impulse."""
    t = np.maximum(time_ms, 0) / contraction_ms
    return np.asarray(t * np.exp(1 - t))


def fusion_gain(normalised_rate: Array) -> Array:
    """Gain of a twitch within a train (Fuglevand 1993).

    With x = CT/ISI: 1 below 0.4, above ``[S(x)/x]/[S(0.4)/0.4]``, S = 1 − e^{−2x³}.
    """
    x = np.maximum(np.asarray(normalised_rate, float), FUSION_LINEAR)

    def sigmoid(value: Array | float) -> Array:
        return np.asarray((1 - np.exp(-2 * np.asarray(value) ** 3)) / value)

    return np.asarray(sigmoid(x) / sigmoid(FUSION_LINEAR))


def summed_force(
    scenario: Scenario, units: Units, trains: Sequence[Train], rate_hz: float, weights: Array | None = None
) -> Array:
    """Sum of the units' forces over time, mN; each counts with its weight (1 when None).

    With ``pool.fatigue`` units weaken and slow as they fire (`fatigue.remaining_force`).
    """
    from myolens.simulation.kernels import add_twitches

    force = np.zeros(round(scenario.seconds * rate_hz))
    for train in trains:
        contraction = float(units.contraction_ms[train.unit])
        left = np.ones(train.times_s.size)
        if scenario.pool.fatigue:
            left = remaining_force(train.times_s, contraction, train.unit / max(len(units) - 1, 1))
        slowed = contraction * (1 + SLOWING * (1 - left))
        intervals = np.diff(train.times_s, prepend=-np.inf) * 1000
        gains = units.twitch_mn[train.unit] * left * fusion_gain(slowed / intervals)
        if weights is not None:
            gains = gains * weights[train.unit]
        add_twitches(force, rate_hz, train.times_s, gains, slowed)
    return force


def muscle_force_mn(scenario: Scenario, units: Units, trains: Sequence[Train]) -> Array:
    """Force of the muscle at the tendon, mN, at ``scenario.mechanics.rate_hz``."""
    return summed_force(scenario, units, trains, scenario.mechanics.rate_hz)


def skin_acceleration(
    force_mn: Array, rate_hz: float, *, skin_hz: float = REFERENCE_HZ, damping: float = REFERENCE_DAMPING
) -> Array:
    """Acceleration of skin that is pushed by a force, mm/s², over a thin cover.

    ``ẍ + 2ζω ẋ + ω² x = F·c``; c is set once so that a lone twitch of contraction time
    60 ms moves skin of 20 Hz by 1.8 mm/s² peak to peak per mN, between the 1.5 and 2.2 measured over
    two hand muscles by spike-triggered averaging (Yoshitake 2004).
    """
    return _second_order(force_mn, rate_hz, skin_hz, damping) * _calibration()


def _second_order(force: Array, rate_hz: float, skin_hz: float, damping: float) -> Array:
    from scipy.signal import bilinear, lfilter

    omega = 2 * np.pi * skin_hz
    b, a = bilinear([1.0, 0.0, 0.0], [1.0, 2 * damping * omega, omega**2], fs=rate_hz)
    return np.asarray(lfilter(b, a, force))


def _calibration() -> float:
    rate = 10_000.0
    time = np.arange(0, 1000, 1000 / rate)
    moved = _second_order(twitch(time, REFERENCE_TWITCH_MS), rate, REFERENCE_HZ, REFERENCE_DAMPING)
    return float(TENDON_SHARE / np.ptp(moved))


def phone_acceleration(scenario: Scenario, units: Units, trains: Sequence[Train]) -> Array:
    """Acceleration at a phone over the middle of the muscle, m/s², with the phone's own noise.

    Each unit pushes through its depth and the fat: the share falls as a Gaussian over the skin
    (SD = depth + 5 mm) and as exp(−fat/6 mm) (estimates).
    """
    mechanics, muscle = scenario.mechanics, scenario.muscle
    fine = 5 * mechanics.rate_hz
    spread = units.y_mm + LATERAL_SPREAD_MM
    weight = np.exp(-(units.x_mm**2) / (2 * spread**2) - muscle.fat_mm / mechanics.fat_decay_mm)
    pushed = summed_force(scenario, units, trains, fine, weight)
    moved = skin_acceleration(pushed, fine, skin_hz=mechanics.skin_hz, damping=mechanics.damping) / 1000
    coarse = moved[: moved.size // 5 * 5].reshape(-1, 5).mean(axis=1)
    density = mechanics.phone_noise_ug * 1e-6 * GRAVITY_MM_S2 / 1000
    noise = generator(scenario, 14).standard_normal(coarse.size) * density * np.sqrt(mechanics.rate_hz / 2)
    return np.asarray(coarse + noise)
