"""High-density recordings of a voluntary contraction with known discharges.

Fibres are travelling tripoles below an 8 × 8 grid, with end-plate scatter and extinction at the
tendons; units fire with Gaussian intervals. A sketch of the physics, enough to give every unit
its own spread and delays over the grid; seeded, so that every program gets the same file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SPACING_MM = 8.0
SIDE = 8
TRIPOLE = ((0.0, 24.6), (2.1, -35.4), (6.9, 10.8))
"""Poles of a fibre's action potential: distance behind the front (mm) and relative strength."""


@dataclass(frozen=True)
class Mixture:
    """Signals in µV (channels × samples), their rate, and each unit's discharges (samples) and potential."""

    signal: np.ndarray
    rate: float
    discharges: tuple[np.ndarray, ...]
    potentials: np.ndarray


def make_mixture(
    *,
    units: int = 15,
    seconds: float = 60.0,
    rate: float = 2048.0,
    noise_uv: float = 6.0,
    amplitude_uv: tuple[float, float] = (35.0, 400.0),
    rate_hz: tuple[float, float] = (8.0, 16.0),
    interval_cv: float = 0.15,
    seed: int = 1,
) -> Mixture:
    rng = np.random.default_rng(seed)
    samples = round(seconds * rate)
    amplitudes = np.geomspace(*amplitude_uv, units)
    potentials = np.stack([_potential(rng, rate, amplitude) for amplitude in amplitudes])
    signal = rng.normal(0, noise_uv, (SIDE * SIDE, samples)).astype(np.float32)
    discharges = []
    for unit in range(units):
        mean = 1 / rng.uniform(*rate_hz)
        count = round(1.3 * seconds / mean) + 10
        intervals = np.maximum(rng.normal(mean, interval_cv * mean, count), 0.02)
        times = rng.uniform(0, mean) + np.cumsum(intervals)
        at = np.unique((times * rate).astype(np.int64))
        at = at[at < samples - potentials.shape[2]]
        for start in at:
            signal[:, start : start + potentials.shape[2]] += potentials[unit]
        discharges.append(at)
    return Mixture(signal, rate, tuple(discharges), potentials)


def _potential(rng: np.random.Generator, rate: float, amplitude_uv: float, fibres: int = 24) -> np.ndarray:
    """Potential of one unit on the grid, (electrodes, samples of 40 ms)."""
    grid = (np.arange(SIDE) - (SIDE - 1) / 2) * SPACING_MM
    across, along = (a.ravel()[:, None] for a in np.meshgrid(grid, grid, indexing="ij"))
    time_ms = np.arange(round(0.04 * rate)) / rate * 1e3
    centre, depth = rng.uniform(-28, 28), rng.uniform(4, 14)
    zone, speed = rng.normal(0, 8), rng.uniform(3.5, 4.8)  # mm, mm/ms
    sum_ = np.zeros((SIDE * SIDE, time_ms.size))
    for _ in range(fibres):
        x, y = rng.normal(centre, 2.0), max(2.0, rng.normal(depth, 1.5))
        plate = rng.normal(zone, 3.0)
        start = rng.normal(0, 0.4)  # spread of terminal conduction, ms
        for direction in (-1.0, 1.0):
            end = rng.normal(55, 4)
            for behind, strength in TRIPOLE:
                travelled = np.clip((time_ms - start - 2.0) * speed - behind, 0, end)
                position = plate + direction * travelled
                distance = np.sqrt((across - x) ** 2 + y**2 + 0.3 * (along - position) ** 2)
                sum_ += strength / distance
    sum_ -= sum_[:, :1]
    taper = np.minimum(1, np.minimum(np.arange(time_ms.size), np.arange(time_ms.size)[::-1]) / 6)
    sum_ *= taper
    return (sum_ * amplitude_uv / np.ptp(sum_, axis=1).max()).astype(np.float32)


def agreement(found: np.ndarray, truth: np.ndarray, rate: float, *, tolerance_s: float = 0.001) -> float:
    """Rate of agreement, matched / (matched + extra + missed), at the best constant lag up to 25 ms."""
    if not found.size or not truth.size:
        return 0.0
    reach, width = round(0.025 * rate), max(1, round(tolerance_s * rate))
    lags = np.concatenate([truth - f for f in found])
    counts = np.bincount(lags[np.abs(lags) <= reach] + reach, minlength=2 * reach + 1)
    lag = int(np.argmax(np.convolve(counts, np.ones(2 * width + 1), "same"))) - reach
    moved = np.sort(found + lag)
    nearest = np.abs(truth - moved[np.clip(np.searchsorted(moved, truth), 0, moved.size - 1)])
    before = np.abs(truth - moved[np.clip(np.searchsorted(moved, truth) - 1, 0, moved.size - 1)])
    matched = int((np.minimum(nearest, before) <= width).sum())
    return matched / (found.size + truth.size - matched)


def agreements(found: list[np.ndarray], mixture: Mixture) -> np.ndarray:
    """Best agreement of any found train with each true unit."""
    return np.array(
        [max((agreement(f, t, mixture.rate) for f in found), default=0.0) for t in mixture.discharges]
    )
