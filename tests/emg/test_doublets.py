"""Both discharges of a doublet are found, though half of the second lies outside the first one's window."""

from __future__ import annotations

import numpy as np
import pytest
from tests.emg.emg_made import add, potential, quiet, stored

from myolens.emg import analyze
from myolens.emg.matching import Atoms, explained
from myolens.emg.sorting import Features

RATE = 1000.0
SAMPLES, HOME, LENGTH = 45, 10, 24


def seen(lag: int | None, *, windows: int = 400) -> float:
    """Share of windows explained by two potentials that hold one, and another so many samples later."""
    rng = np.random.default_rng(0)
    t = np.arange(-20, 45)
    wave = np.exp(-0.5 * (t / 3.0) ** 2) * np.sin(t / 2.2)
    wave *= np.sqrt(110 / np.sum(wave**2))
    x = rng.normal(0, 1, (windows, SAMPLES)) + wave[:SAMPLES]
    if lag is not None:
        x[:, lag:] += wave[: SAMPLES - lag]
    feature = Features(
        x[:, :, None].astype(np.float32),
        LENGTH,
        HOME,
        RATE,
        np.ones((1, 1), np.float32),
        np.ones(windows, np.float32),
    )
    bank = wave[None, :SAMPLES, None].astype(np.float32)
    event, *_ = explained(feature, feature.x, Atoms.of(feature, bank), feature.power)
    return float(np.mean(np.bincount(event, minlength=windows) == 2))


def test_a_second_discharge_is_seen_though_what_is_left_could_pass_for_noise() -> None:
    assert np.mean([seen(lag) for lag in (8, 10, 12, 14, 16, 18, 20)]) > 0.93


def test_one_discharge_is_not_taken_for_two() -> None:
    assert seen(None) < 0.01


@pytest.mark.parametrize("interval_ms", [15, 18, 24, 40])
def test_doublets_are_two_discharges(interval_ms: int) -> None:
    rng = np.random.default_rng(interval_ms)
    x, channels = quiet(60.0, seed=1)
    starts = 1.0 + np.arange(20) * 2.8 + rng.uniform(0, 1, 20)
    second = starts[::4] + interval_ms / 1000 + rng.uniform(-0.001, 0.001, 5)
    times = np.sort(np.concatenate([starts, second]))
    add(x, RATE, times, 45.0, potential(RATE, width_s=0.003, phase=0.9))
    at = np.array([event.time_s for event in analyze(stored(x, RATE, channels)).events])
    assert sum(np.min(np.abs(at - t)) <= 0.005 for t in times) >= len(times) - 1
    assert len(at) <= len(times) + 1


@pytest.mark.parametrize("seed", [4, 5])
@pytest.mark.parametrize("phase", [-0.6, 2.0])
def test_a_small_discharge_is_found_though_a_large_one_follows_at_once(phase: float, seed: int) -> None:
    """Half of the large one fills the window of the small one; of twelve at most two were found."""
    rng = np.random.default_rng(seed)
    x, channels = quiet(60.0, seed=seed)
    large = 1.0 + np.arange(24) * 2.4 + rng.uniform(0, 0.6, 24)
    beside = large[::2] - rng.uniform(0.018, 0.022, 12)
    small = np.sort(np.concatenate([beside, large[1::2] + 1.0]))
    add(x, RATE, large, 90.0, potential(RATE, width_s=0.003, phase=0.9))
    add(x, RATE, small, 40.0, potential(RATE, width_s=0.004, phase=phase))
    at = np.array([event.time_s for event in analyze(stored(x, RATE, channels)).events])
    assert sum(np.min(np.abs(at - t)) <= 0.008 for t in beside) >= 8
    assert len(at) <= len(large) + len(small)


@pytest.mark.parametrize("width_s", [0.0025, 0.004])
def test_what_changes_of_a_large_potential_is_no_discharge_of_a_small_unit(width_s: float) -> None:
    """Between samples, and with its own shape a little different each time: up to 33 of forty were."""
    rng = np.random.default_rng(1)
    x, channels = quiet(60.0, seed=1)
    large = 0.5 + np.cumsum(rng.uniform(0.5, 2.4, 40))
    around = np.arange(-30, 31) / RATE
    for moment in large:
        at, width = round(moment * RATE), width_s * rng.normal(1, 0.03)
        late = around - (moment - at / RATE)
        wave = np.exp(-0.5 * (late / width) ** 2) * np.cos(2 * np.pi * late / (5 * width) + 0.4)
        x[:, at - 30 : at + 31] += 800.0 * wave
    small = np.concatenate([large[::4] + 0.25, large[1::4] + 0.3])
    other = np.concatenate([large[2::4] + 0.2, large[3:30:4] + 0.35])
    add(x, RATE, small, 45.0, potential(RATE, phase=2.0))
    add(x, RATE, other, 60.0, potential(RATE, width_s=0.003, phase=0.9))
    truth = np.sort(np.concatenate([large, small, other]))
    times = np.array([event.time_s for event in analyze(stored(x, RATE, channels)).events])
    assert sum(np.min(np.abs(times - t)) <= 0.008 for t in truth) >= len(truth) - 1
    assert len(times) <= len(truth) + 7
