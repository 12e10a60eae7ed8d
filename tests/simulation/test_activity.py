"""After activity the model axon is like people's: hyperpolarised for a quarter of an hour."""

import numpy as np
import pytest

from myolens.errors import InputError
from myolens.simulation.activity import after_activity, pump_current_pa
from myolens.simulation.axon import healthy, resting_potential_mv
from myolens.simulation.axon_causes import altered
from myolens.simulation.axon_parameters import ensemble
from myolens.simulation.excitability import battery, threshold_pa, to_json

REST = healthy()
TEN_MINUTES = [(8.0, 600.0)]
EFFORT = [(31.0, 60.0)]
"""One minute at the mean rate of a maximal effort of biceps (Bellemare 1983)."""


def raised_percent(state, bouts, width_ms=1.0):
    after = threshold_pa(after_activity(state, bouts), width_ms=width_ms)
    return 100 * (after / threshold_pa(state, width_ms=width_ms) - 1)


def test_ten_minutes_at_8_hz_raise_the_threshold_as_in_people():
    """16.4 % with 1 ms, to which it is fitted, and so 9.9 % with 0.1 ms (Kiernan 2004): shorter, less."""
    assert raised_percent(REST, TEN_MINUTES) == pytest.approx(16.4, abs=0.5)
    assert raised_percent(REST, TEN_MINUTES, 0.1) == pytest.approx(9.9, abs=2.0)


def test_a_minute_of_maximal_effort_does_too():
    """19.6 ± 3.5 % (Vucic 2007), 24 % (Vagg 1998): not fitted."""
    assert 16 < raised_percent(REST, EFFORT) < 26


@pytest.mark.parametrize("parameters", ensemble(), ids=lambda one: one.name)
def test_every_set_changes_in_the_directions_of_hyperpolarisation(parameters):
    """Time constant and refractoriness fall, superexcitability grows (Kiernan 2004; Vagg 1998)."""
    before, after = battery(healthy(parameters)), battery(after_activity(healthy(parameters), TEN_MINUTES))
    assert 10 < after.threshold_percent_of_healthy - 100 < 35
    assert after.indices["sdtc_ms"] < before.indices["sdtc_ms"]
    assert after.indices["refractoriness_2_5ms_percent"] < before.indices["refractoriness_2_5ms_percent"]
    assert after.indices["superexcitability_percent"] < before.indices["superexcitability_percent"]


def test_it_has_gone_after_fifteen_to_twenty_minutes():
    for bouts in (TEN_MINUTES, EFFORT):
        assert raised_percent(REST, [*bouts, (0.0, 60.0)]) > 8
        assert raised_percent(REST, [*bouts, (0.0, 900.0)]) < 0.5


def test_motor_neuron_disease_reacts_no_less():
    """In people more: 36.5 % against 19.6 % (Vucic 2007); the model explains no more than a part of that."""
    assert raised_percent(altered("motor_neuron_disease"), EFFORT) > raised_percent(REST, EFFORT)


def test_rest_changes_nothing_and_bouts_add_up():
    assert pump_current_pa([(0.0, 100.0)]) == 0.0
    assert pump_current_pa([(10.0, 60.0), (10.0, 60.0)]) == pytest.approx(pump_current_pa([(10.0, 120.0)]))
    assert resting_potential_mv(after_activity(REST, EFFORT)) < resting_potential_mv(REST)
    rising = [pump_current_pa([(8.0, seconds)]) for seconds in (1, 10, 100, 1000, 10_000)]
    assert np.all(np.diff(rising) > 0)


@pytest.mark.parametrize("bout", [(-1.0, 10.0), (8.0, -1.0), (8.0, float("nan")), (1e4, 1.0)])
def test_impossible_bouts_are_refused(bout):
    with pytest.raises(InputError):
        pump_current_pa([bout])


def test_the_battery_says_what_went_before():
    document = to_json(after=TEN_MINUTES)
    assert document["after"] == [{"rate_hz": 8.0, "seconds": 600.0}]
    assert document["threshold_percent_of_healthy"] == pytest.approx(116.4, abs=0.5)
