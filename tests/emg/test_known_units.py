"""What potentials of one unit tell: repeated ones are no pops, a stretch of known ones is no effort."""

from __future__ import annotations

import numpy as np
import pytest
from tests.emg.emg_made import add, potential, quiet, stored

from myolens.emg import analyze
from myolens.emg.exclusion import VOLUNTARY

RATE = 1000.0


def found_s(x: np.ndarray, channels: list) -> np.ndarray:
    return np.array([event.time_s for event in analyze(stored(x, RATE, channels)).events])


def share_found(found: np.ndarray, truth: np.ndarray) -> float:
    return float(np.mean([np.abs(found - t).min(initial=np.inf) < 0.01 for t in truth]))


def step(decay_s: float = 0.005) -> np.ndarray:
    """What looks like an electrode pop: a sudden rise and a decay, its largest deflection in the middle."""
    after = np.arange(150) / RATE
    wave = np.concatenate([np.zeros(150), np.exp(-after / decay_s)])
    return np.append(wave, 0.0)


def test_a_potential_that_repeats_at_one_size_is_no_electrode_pop() -> None:
    rng = np.random.default_rng(3)
    truth = np.arange(3.0, 58.0, 4.0) + rng.uniform(-1, 1, 14)
    repeated, channels = quiet(60.0, seed=3)
    add(repeated, RATE, truth, 90.0, step())
    varied, _ = quiet(60.0, seed=3)
    for t, size in zip(truth, 60 * 1.5 ** np.arange(14), strict=True):
        add(varied, RATE, np.array([t]), size * rng.choice([-1, 1]), step())
    assert share_found(found_s(repeated, channels), truth) >= 0.9
    assert len(found_s(varied, channels)) <= 2


def test_a_dense_stretch_of_known_potentials_is_no_effort() -> None:
    rng = np.random.default_rng(4)
    x, channels = quiet(60.0, seed=4)
    singles = np.arange(2.0, 58.0, 2.0) + rng.uniform(-0.4, 0.4, 28)
    dense = 31.0 + np.array([0.0, 0.06, 0.35, 0.41, 0.52, 0.90, 1.0, 1.33, 1.6, 1.66])
    truth = np.sort(np.concatenate([singles[(singles < 30.4) | (singles > 33.2)], dense]))
    add(x, RATE, truth, 80.0, potential(RATE, phase=0.8))
    analysis = analyze(stored(x, RATE, channels))
    assert VOLUNTARY not in {span.reason for span in analysis.excluded}
    assert share_found(np.array([event.time_s for event in analysis.events]), truth) >= 0.95


def test_a_known_unit_that_fires_regularly_is_an_effort() -> None:
    rng = np.random.default_rng(5)
    x, channels = quiet(60.0, seed=5)
    singles = np.concatenate([np.arange(2.0, 28.0, 1.0), np.arange(35.0, 58.0, 1.0)])
    singles += rng.uniform(-0.3, 0.3, len(singles))
    train = 30.0 + np.cumsum(rng.normal(0.1, 0.01, 20))
    add(x, RATE, np.sort(np.concatenate([singles, train])), 80.0, potential(RATE, phase=0.8))
    analysis = analyze(stored(x, RATE, channels))
    spans = [span for span in analysis.excluded if span.reason == VOLUNTARY]
    assert any(span.start_s < 30.3 and span.end_s > 31.7 for span in spans)


@pytest.mark.parametrize("channels", [1, 4, 8, 16])
def test_noise_holds_no_crowd_of_weak_units(channels: int) -> None:
    for seed in range(3):
        x, named = quiet(60.0, channels=channels, seed=seed)
        assert len(found_s(x, named)) <= 1


def test_a_weak_unit_is_found_in_coloured_noise() -> None:
    rng = np.random.default_rng(8)
    _, channels = quiet(60.0)
    x = np.convolve(rng.normal(0, 5.0, 60_008), np.hanning(9) / np.linalg.norm(np.hanning(9)), "valid")[None]
    truth = np.arange(2.0, 58.0, 2.0) + rng.uniform(-0.5, 0.5, 28)
    add(x, RATE, truth, 29.0, potential(RATE, width_s=0.0015, phase=0.8))
    found = found_s(x, channels)
    assert share_found(found, truth) >= 0.9
    assert len(found) <= 1.1 * len(truth)
