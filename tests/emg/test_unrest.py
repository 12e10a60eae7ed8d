"""Units that fire on and on are no fasciculations, irregular discharges are none of theirs."""

from __future__ import annotations

import numpy as np
import pytest
from tests.emg.emg_made import add, potential, quiet, stored

from myolens.emg import analyze
from myolens.emg.counting import length
from myolens.emg.unrest import regular_trains, unceasing

NONE = np.zeros(0)


def train(seconds: float, per_s: float, variation: float, seed: int) -> np.ndarray:
    """Instants of a unit that fires evenly."""
    rng = np.random.default_rng(seed)
    gaps = rng.normal(1 / per_s, variation / per_s, int(seconds * per_s))
    return np.cumsum(np.maximum(gaps, 0.02))


def irregular(seconds: float, per_min: float, seed: int) -> np.ndarray:
    """Instants of a Poisson process."""
    rng = np.random.default_rng(seed)
    return np.sort(rng.uniform(0, seconds, rng.poisson(per_min * seconds / 60)))


@pytest.mark.parametrize("per_s", [5.0, 7.0, 12.0])
def test_a_regular_train_is_told_also_with_every_fifth_discharge_missed(per_s: float) -> None:
    times = train(20.0, per_s, 0.15, seed=1)
    assert length(regular_trains(times)) > 18
    assert length(regular_trains(times[np.arange(len(times)) % 5 != 4])) > 16


def test_irregular_discharges_are_no_train_and_not_unceasing() -> None:
    hour = irregular(3600.0, 90, seed=2)
    assert len(regular_trains(hour)) <= 2
    assert unceasing(irregular(3600.0, 160, seed=3), NONE) == []
    two = np.sort(np.concatenate([irregular(600.0, 30, seed=4), irregular(600.0, 30, seed=5)]))
    assert regular_trains(two) == []


def test_a_regular_beat_once_a_second_is_no_train() -> None:
    assert regular_trains(np.arange(0.5, 60.0, 0.85)) == []
    assert unceasing(np.arange(0.5, 60.0, 0.85), NONE) == []


def test_many_small_deflections_without_pause_are_a_muscle_at_work_but_not_beside_a_short_effort() -> None:
    small = irregular(60.0, 600, seed=6)
    found = unceasing(irregular(60.0, 20, seed=7), small)
    assert length(found) > 50
    effort = 20.0 + irregular(3.0, 1800, seed=8)
    assert unceasing(irregular(60.0, 40, seed=9), effort) == []


def test_small_potentials_in_a_regular_train_are_voluntary_and_irregular_ones_are_counted() -> None:
    rng = np.random.default_rng(10)
    wave = potential(1000.0)
    x, channels = quiet(60.0, seed=11)
    tonic = 15.0 + train(25.0, 5.0, 0.15, seed=12)
    for t in tonic:
        add(x, 1000.0, np.array([t]), 40.0 * rng.normal(1, 0.08), wave)
    truth = np.array([4.0, 8.3, 46.2, 51.7, 55.1])
    add(x, 1000.0, truth, 60.0, potential(1000.0, width_s=0.003))
    analysis = analyze(stored(x, 1000.0, channels))
    assert {span.reason for span in analysis.excluded} == {"voluntary activity"}
    assert [event.time_s for event in analysis.events] == pytest.approx(list(truth), abs=0.01)
    x, channels = quiet(60.0, seed=13)
    many = irregular(60.0, 120, seed=14)
    many = many[(many > 0.5) & (many < 59.5)]
    add(x, 1000.0, many, 60.0, wave)
    analysis = analyze(stored(x, 1000.0, channels))
    assert analysis.analysed_seconds > 55
    assert len(analysis.events) > 0.85 * len(many)


def test_one_unit_that_fires_three_times_a_second_evenly_is_voluntary_and_unevenly_is_counted() -> None:
    """Too slow to be told by rhythm alone among discharges of all units."""
    sizes = 60.0 * np.exp(-(((np.arange(8) - 3) / 2.0) ** 2))
    wave = potential(1000.0)
    x, channels = quiet(60.0, channels=8, seed=15)
    tonic = 12.0 + train(30.0, 3.4, 0.16, seed=21)
    assert regular_trains(tonic) == []
    add(x, 1000.0, tonic, sizes, wave)
    truth = np.array([3.1, 6.6, 49.0, 53.4, 57.2])
    add(x, 1000.0, truth, np.roll(sizes, 3), potential(1000.0, width_s=0.003))
    analysis = analyze(stored(x, 1000.0, channels))
    assert {span.reason for span in analysis.excluded} == {"voluntary activity"}
    found = [event.time_s for event in analysis.events]
    assert sum(12 < t < 42 for t in found) < 0.2 * len(tonic)
    assert [t for t in found if not 11 < t < 43] == pytest.approx(list(truth), abs=0.01)
    x, channels = quiet(60.0, channels=8, seed=17)
    uneven = irregular(60.0, 100, seed=18)
    uneven = uneven[(uneven > 0.5) & (uneven < 59.5)]
    add(x, 1000.0, uneven, sizes, wave)
    analysis = analyze(stored(x, 1000.0, channels))
    assert analysis.analysed_seconds > 55
    assert len(analysis.events) > 0.85 * len(uneven)
