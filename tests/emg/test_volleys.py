"""Runs of one unit are told from an effort, and units from one another by size and by place."""

from __future__ import annotations

import numpy as np
import pytest
from tests.emg.emg_made import add, potential, quiet, stored

from myolens.emg import Analysis, analyze

SINGLES_S = np.array([4.003, 14.516, 24.027, 47.011, 55.532])
UNEVEN_S = 34.0 + np.cumsum([0, 97, 62, 118, 158, 59, 171, 64, 151, 113]) / 1000


def made(times_s: np.ndarray, size_uv: float, *, channels: int = 1) -> Analysis:
    """A unit that discharges at these instants in noise of 5 µV."""
    x, about = quiet(60.0, channels=channels, grid=channels > 1, seed=3)
    place = np.exp(-0.5 * ((np.arange(channels) - channels / 2) / 2) ** 2)
    add(x, 1000.0, times_s, size_uv * place / place.max(), potential(1000.0))
    return analyze(stored(x, 1000.0, about))


def found_of(analysis: Analysis, times_s: np.ndarray) -> float:
    """Share of the instants at which a discharge was found."""
    found = np.array([event.time_s for event in analysis.events] or [-1.0])
    return float(np.mean([np.abs(found - t).min() < 0.008 for t in times_s]))


@pytest.mark.parametrize("size_uv", [35.0, 120.0])
@pytest.mark.parametrize("channels", [1, 16])
def test_an_uneven_run_of_one_unit_out_of_silence_is_no_effort(channels: int, size_uv: float) -> None:
    analysis = made(np.sort(np.concatenate([SINGLES_S, UNEVEN_S])), size_uv, channels=channels)
    assert not analysis.excluded
    assert found_of(analysis, UNEVEN_S) > 0.9


def test_an_even_train_as_long_is_an_effort() -> None:
    rng = np.random.default_rng(5)
    even = 34.0 + np.cumsum(rng.normal(0.085, 0.008, 15))
    analysis = made(np.sort(np.concatenate([SINGLES_S, even])), 60.0)
    assert {span.reason for span in analysis.excluded} == {"voluntary activity"}
    assert found_of(analysis, even) == 0.0


def test_a_unit_that_fires_on_beside_its_run_is_not_relaxed() -> None:
    beside = np.array([32.607, 33.213, 36.204, 36.926])
    analysis = made(np.sort(np.concatenate([beside, UNEVEN_S])), 35.0)
    assert {span.reason for span in analysis.excluded} == {"voluntary activity"}
    assert found_of(analysis, UNEVEN_S) == 0.0


def of_sizes(sizes_uv: np.ndarray) -> Analysis:
    """Discharges of one shape, three seconds apart, of these sizes on one channel."""
    x, about = quiet(3.0 * len(sizes_uv) + 6, seed=4)
    for k, size in enumerate(sizes_uv):
        add(x, 1000.0, np.array([4.0 + 3.0 * k]), float(size), potential(1000.0))
    return analyze(stored(x, 1000.0, about))


def test_two_sizes_by_turns_are_two_units() -> None:
    rng = np.random.default_rng(6)
    large = np.tile([True, False, False, True, True, False], 4)
    analysis = of_sizes(np.where(large, 120.0, 85.0) * rng.normal(1, 0.02, len(large)))
    assert [unit.events for unit in analysis.units] == [12, 12]
    labels = np.array([event.unit for event in analysis.events])
    assert len(set(labels[large])) == len(set(labels[~large])) == 1


@pytest.mark.parametrize("course", ["steps up", "grows", "varies"])
def test_one_unit_that_changes_its_size_is_one(course: str) -> None:
    rng = np.random.default_rng(7)
    sizes = {
        "steps up": np.repeat([85.0, 115.0], 12),
        "grows": np.linspace(85.0, 120.0, 24),
        "varies": 100.0 * rng.normal(1, 0.08, 24),
    }[course]
    analysis = of_sizes(sizes)
    assert [unit.events for unit in analysis.units] == [24]


@pytest.mark.parametrize(("channels", "units"), [(16, 1), (1, 0)])
def test_two_like_potentials_are_a_unit_where_place_tells(channels: int, units: int) -> None:
    analysis = made(np.array([20.0, 41.0]), 60.0, channels=channels)
    assert len(analysis.events) == 2
    assert len(analysis.units) == units


def test_two_potentials_at_different_places_are_no_unit() -> None:
    x, about = quiet(60.0, channels=16, grid=True, seed=8)
    for t, row in ((20.0, 3), (41.0, 12)):
        place = np.exp(-0.5 * ((np.arange(16) - row) / 2) ** 2)
        add(x, 1000.0, np.array([t]), 60.0 * place, potential(1000.0))
    analysis = analyze(stored(x, 1000.0, about))
    assert [event.unit for event in analysis.events] == [None, None]
