"""Self-sustained firing of neuron and pool beside paired motor units of people."""

from dataclasses import replace

import numpy as np
import pytest

from myolens.errors import InputError
from myolens.simulation import Scenario
from myolens.simulation.hysteresis import (
    HUMAN_HZ,
    INHIBITIONS,
    SLOW_SHARE,
    SUSTAINED_NA,
    TONES,
    delta_frequency_hz,
    leaving_excitation,
    measured_sustained_na,
    sustained_hz,
    triangle_na,
)
from myolens.simulation.motoneurons import (
    peak_rates_hz,
    recruitment_thresholds,
    voluntary_trains,
)
from myolens.simulation.parameters import Pool
from myolens.simulation.soma import CELLS

EVERYBODY = np.ones(200, bool)


def pool_delta_hz(*, effort=0.2, **pool):
    """Mean ΔF over pairs of units in a triangular contraction of 12 s up and 12 s down."""
    scenario = Scenario(
        seconds=28, drive=((0, 0), (1, 0), (13, effort), (25, 0)), pool=Pool(common_drive=0.01, **pool)
    )
    trains = [train.times_s for train in voluntary_trains(scenario, EVERYBODY)]
    early, late = trains[: len(trains) // 2 : 10], trains[::5]
    pairs = [delta_frequency_hz(one, other) for one in early for other in late if other[0] > one[0]]
    assert np.isfinite(pairs).sum() > 30
    return float(np.nanmean(pairs))


def test_difference_of_frequency_of_the_pool_is_that_of_people():
    """Soleus: 3.15 ± 1.45 pulses/s sitting, 2.64 ± 0.95 standing (Foley & Kalmar 2019)."""
    found = pool_delta_hz()
    assert abs(found - 3.15) < 1.45
    assert abs(found - 2.64) < 0.95


def test_stronger_contractions_show_more_of_it():
    """From 10 to 20 % of maximum 0.6 pulses/s more in soleus, 1.2 in gastrocnemius (Orssatto 2021)."""
    assert 0.2 < pool_delta_hz(effort=0.2) - pool_delta_hz(effort=0.1) < 1.5


def test_tone_raises_it_and_inhibition_takes_it_away():
    low, rest, high = (pool_delta_hz(arousal=tone) for tone in (0.5, 1.0, 2.0))
    assert abs(low) < 0.7
    assert low + 1 < rest < high - 0.7
    assert abs(pool_delta_hz(arousal=1.5, inhibition=0.03)) < 0.7


def test_without_the_current_the_method_finds_nothing():
    silent = np.arange(0.5, 20, 0.1)
    assert delta_frequency_hz(silent, silent[30:-30]) == pytest.approx(0.0, abs=1e-6)


def test_rates_of_a_maximal_effort_are_those_of_people():
    """Biceps 31.1 ± 10.1 Hz (Bellemare 1983)."""
    peaks = peak_rates_hz(recruitment_thresholds(200, Pool()), Pool())
    assert abs(peaks.mean() - 31.1) < 10.1


def test_nobody_fires_without_input_and_large_units_leave_first():
    thresholds = recruitment_thresholds(200, Pool())
    for tone in TONES:
        leaving = leaving_excitation(thresholds, 1.0, tone)
        assert np.all(leaving > 0)
        assert np.all(np.diff(leaving) > 0)
        assert np.all(leaving <= thresholds)


def test_table_is_that_of_the_neuron():
    for tone, inhibition in ((1.0, 0.0), (2.0, 0.01)):
        row, column = INHIBITIONS.index(inhibition), TONES.index(tone)
        held, _ = measured_sustained_na("intermediate", tone, inhibition)
        assert held == pytest.approx(SUSTAINED_NA[row][column], abs=0.06)
        _, share = measured_sustained_na("slow", tone, inhibition)
        assert share == pytest.approx(SLOW_SHARE[row][column], abs=0.02)
    assert sustained_hz(1.0) == HUMAN_HZ


def test_it_is_alike_in_small_and_large_cells():
    """As in people over recruitment thresholds of 1 to 30 % (Afsharipour 2020)."""
    held = [measured_sustained_na(cell, 1.0, 0.0)[0] for cell in CELLS]
    assert max(held) < 1.15 * min(held)


def test_slow_cells_are_recruited_by_less_input_and_tone_lowers_it():
    slow, fast = (triangle_na(CELLS[cell])[0] for cell in ("slow", "fast_resistant"))
    assert slow < 0.6 * fast
    assert triangle_na(replace(CELLS["slow"], tone=1.5))[0] < slow


def test_pairs_that_do_not_qualify_give_no_number():
    early = np.arange(1, 20, 0.1)
    assert np.isnan(delta_frequency_hz(early, np.arange(1.5, 10, 0.1)))
    assert np.isnan(delta_frequency_hz(early, np.arange(3, 25, 0.1)))
    with pytest.raises(InputError):
        delta_frequency_hz(early[:5], early)
