"""The junction against the tables and ranges of the literature."""

import numpy as np
import pytest

from myolens.simulation.junction import (
    blocked_fraction,
    compound_response,
    in_blood,
    jitter_us,
    median_safety,
    relative_release,
    response_course,
)
from myolens.simulation.parameters import Junction

THREE_PER_SECOND = np.arange(10) / 3


@pytest.mark.parametrize(
    ("calcium_mm", "magnesium_mm", "ratio"),
    [(0.8, 0.55, 0.40), (1.0, 0.55, 0.67), (1.2, 0.2, 1.24), (1.2, 2.0, 0.46), (1.2, 4.0, 0.19)],
)
def test_release_with_calcium_and_magnesium_in_the_frog(calcium_mm, magnesium_mm, ratio):
    """Dodge & Rahamimoff's fourth power with their constants."""
    frog = {"calcium_half_mm": 1.1, "magnesium_half_mm": 2.97, "power": 4}
    assert relative_release(calcium_mm, magnesium_mm, **frog) == pytest.approx(ratio, abs=0.01)


def test_store_after_each_of_seven_impulses_at_three_per_second():
    """T10: 1, .93, .88, .84, .81, .80, .79 of the first; the lowest is near the fourth to seventh."""
    course = response_course(THREE_PER_SECOND, Junction())
    assert np.allclose(course[:7], [1, 0.93, 0.88, 0.84, 0.81, 0.80, 0.79], atol=0.015)
    assert 3 <= np.argmin(course) <= 7


def test_healthy_people_keep_their_junctions_at_thirty_a_second():
    assert compound_response(np.arange(60) / 30, Junction()).min() > 0.97


def test_five_seconds_of_rest_restore_the_junction():
    times = np.concatenate([THREE_PER_SECOND, [20.0]])
    assert response_course(times, Junction())[-1] == 1.0


@pytest.mark.parametrize(
    ("safety", "decrement", "first_block"),
    [(2.5, 0.003, 0.0), (1.6, 0.13, 0.03), (1.35, 0.30, 0.11), (1.15, 0.48, 0.29)],
)
def test_decrement_table(safety, decrement, first_block):
    """T10: decrement at a store of 0.80, and block at the first impulse, by median safety factor."""
    first, later = (1 - blocked_fraction(r, safety, 0.25) for r in (1.0, 0.8))
    assert 1 - first == pytest.approx(first_block, abs=0.01)
    assert 1 - later / first == pytest.approx(decrement, abs=0.01)


def test_a_healthy_junction_shows_no_decrement():
    assert 1 - compound_response(THREE_PER_SECOND, Junction()).min() < 0.03


def test_myasthenia_loses_ten_percent_or_more_and_recovers_with_rest():
    sick = Junction(quantal_size=0.55)
    course = compound_response(np.concatenate([THREE_PER_SECOND, [30.0]]), sick)
    assert 0.10 < 1 - course[:10].min() < 0.5
    assert course[-1] == pytest.approx(1)


def test_lambert_eaton_grows_at_high_rates():
    """Little release at first, more with each impulse at 30 per second: increment of 60 % or more."""
    sick = Junction(release=0.12, facilitation=0.3)
    course = compound_response(np.arange(60) / 30, sick)
    assert course[0] == 1
    assert course.max() > 1.6


def test_magnesium_poisoning_paralyses():
    """Reflexes go at 4-5 mM and breathing at 5-7."""
    blocked = [
        blocked_fraction(1.0, median_safety(in_blood(Junction(), calcium_mm=1.2, magnesium_mm=m)), 0.25)
        for m in (1, 4, 6)
    ]
    assert blocked[0] < 0.02
    assert blocked[1] > 0.3
    assert blocked[2] > 0.9


def test_people_in_tetany_are_not_paralysed():
    assert (
        blocked_fraction(1.0, median_safety(in_blood(Junction(), calcium_mm=0.6, magnesium_mm=0.55)), 0.25)
        < 0.05
    )


def test_healthy_jitter_is_25_to_35_us_as_mean_consecutive_difference():
    mcd = 1.13 * jitter_us(2.5)
    assert 25 <= mcd <= 35


def test_jitter_grows_towards_block_and_passes_80_us_there():
    margins = np.array([3.0, 2.0, 1.5, 1.2])
    assert np.all(np.diff(jitter_us(margins)) > 0)
    assert 1.13 * jitter_us(1.25) > 80
