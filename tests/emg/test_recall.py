"""The threshold, and weak discharges that are known by their shape."""

from __future__ import annotations

import numpy as np
import pytest
from tests.emg.emg_made import add, potential, quiet, stored

from myolens.emg import analyze
from myolens.emg.recall import _by_chance, _known
from myolens.emg.sorting import Features

RATE = 1000.0


def share_found(found_s: np.ndarray, truth_s: np.ndarray) -> float:
    return float(np.mean([np.abs(found_s - t).min(initial=np.inf) < 0.01 for t in truth_s]))


@pytest.mark.parametrize("per_min", [0, 10, 70])
def test_discharges_of_one_size_do_not_raise_the_threshold(per_min: int) -> None:
    x, channels = quiet(60.0, seed=5)
    truth = np.linspace(1.0, 59.0, per_min) + np.random.default_rng(5).uniform(-0.2, 0.2, per_min)
    add(x, RATE, truth, 30.0, potential(RATE, width_s=0.003))
    analysis = analyze(stored(x, RATE, channels))
    assert analysis.details["detection"]["threshold"] < 20


def spiky(seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Noise with some sixty sharp spikes a minute of every size up to five times it, either way up."""
    x = rng.normal(0, 5.0, int(seconds * RATE))
    for at in rng.integers(100, len(x) - 100, int(seconds)):
        wave = potential(RATE, width_s=rng.uniform(0.0008, 0.003), phase=rng.uniform(0, 2 * np.pi))
        x[at : at + len(wave)] += rng.choice([-1, 1]) * rng.uniform(5, 22) * wave
    return x


def test_a_weak_unit_in_a_spiky_background_is_known_by_its_shape() -> None:
    _, channels = quiet(60.0)
    rng = np.random.default_rng(6)
    x = spiky(60.0, rng)[None]
    truth = np.arange(2.0, 58.0, 2.3) + rng.uniform(-0.5, 0.5, 25)
    add(x, RATE, truth, 29.0, potential(RATE, width_s=0.004, phase=0.8))
    analysis = analyze(stored(x, RATE, channels))
    found = np.array([event.time_s for event in analysis.events])
    assert share_found(found, truth) >= 0.85
    assert len(found) <= 1.3 * len(truth)


def test_shapes_that_come_either_way_up_are_no_unit() -> None:
    _, channels = quiet(60.0)
    rng = np.random.default_rng(7)
    x = rng.normal(0, 5.0, (1, 60_000))
    wave = potential(RATE, width_s=0.003, phase=0.8)
    for sign in (1, -1):
        add(x, RATE, np.sort(rng.uniform(1, 59, 12)), sign * 17.0, wave)
    analysis = analyze(stored(x, RATE, channels))
    below = [event for event in analysis.events if event.snr_db < 20 * np.log10(3.5)]
    assert len(below) <= 2


@pytest.mark.parametrize(
    ("wins", "of", "share", "known"),
    [(3, 3, 0.25, 1 / 64), (1, 4, 0.5, 15 / 16), (600, 2000, 0.25, 2.33e-7), (1500, 6000, 0.25, 0.505)],
)
def test_the_chance_of_so_many_wins_is_binomial_for_any_number(
    wins: int, of: int, share: float, known: float
) -> None:
    assert _by_chance(wins, of, share) == pytest.approx(known, rel=0.05)


def test_a_candidate_too_small_to_tell_needs_more_likeness_to_a_known_unit() -> None:
    rng = np.random.default_rng(9)
    template = (3.0 * potential(1000.0, width_s=0.003, phase=0.8)[:24, None]).astype(np.float32)
    x = rng.normal(0, 1, (60, 45, 1)).astype(np.float32)
    x[:20, 10:34] += 0.78 * template
    there = np.arange(60) < 20
    feature = Features(x, 24, 10, 1000.0, np.ones((1, 1), np.float32), np.ones(60, np.float32))

    def known(short: float) -> int:
        levels = np.where(there, short, 0.7).astype(np.float32)
        return int(np.count_nonzero(_known(feature, np.arange(60), template, levels)[there] > 0))

    assert known(2.7) < known(1.2) < known(0.0)
