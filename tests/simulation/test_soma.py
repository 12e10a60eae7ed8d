"""The two-compartment motor neuron against what Kim 2017 and motor neurons in vivo show."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from myolens.errors import InputError
from myolens.simulation.soma import CELLS, respond

SLOW, FAST = CELLS["slow"], CELLS["fast_resistant"]
STEP_MS = 0.02


def rate_hz(neuron, current_na, *, last_ms=300.0):
    """Rate at the end of 600 ms of a steady current."""
    times = respond(neuron, np.full(round(600 / STEP_MS), float(current_na)), step_ms=STEP_MS).times_ms
    late = times[times > 600 - last_ms]
    return 1000 / np.diff(late).mean() if late.size > 1 else 0.0


def test_it_rests_silently_near_minus_70_mv():
    made = respond(FAST, np.zeros(25_000), step_ms=STEP_MS)
    assert made.times_ms.size == 0
    assert -72 < made.soma_mv[-1] < -65


def test_rate_rises_with_current_from_a_low_rate_at_recruitment():
    rates = [rate_hz(FAST, current) for current in (7, 10, 13, 16, 20)]
    assert rates[0] == 0
    assert 5 < rates[1] < 25
    assert all(later > earlier + 3 for earlier, later in pairwise(rates))


def test_rate_rises_almost_in_a_straight_line_without_the_persistent_current():
    """Primary range of a motor neuron: 1 to 3 Hz per nA in cats (Kernell 1965), straight to 2 Hz."""
    currents = np.array([12.0, 15.0, 18.0, 21.0, 24.0])
    rates = np.array([rate_hz(replace(FAST, tone=0.0), current) for current in currents])
    slope, start = np.polyfit(currents, rates, 1)
    assert 1 < slope < 3
    assert np.allclose(rates, slope * currents + start, atol=2.0)


@pytest.mark.parametrize("tone", [1.0, 1.5, 2.0])
def test_no_cell_fires_faster_than_people_at_any_tone(tone):
    """Maximal effort: 31.1 ± 10.1 Hz in biceps (Bellemare 1983), so 51 Hz is two deviations above."""
    assert 20 < rate_hz(replace(SLOW, tone=tone), 12.0) < 51
    assert 20 < rate_hz(replace(FAST, tone=tone), 16.0) < 51


@pytest.mark.parametrize(
    ("change", "keeps_firing"), [({}, True), ({"tone": 0.5}, False), ({"inhibition": 0.03}, False)]
)
def test_firing_sustains_itself_after_a_pulse_only_with_enough_current_and_no_inhibition(
    change, keeps_firing
):
    """Bistable: the same bias is silent before a pulse and fires after it, slowly (Kiehn & Eken 1997)."""
    neuron = replace(SLOW, **change)
    current = np.full(round(3000 / STEP_MS), 2.0)
    current[round(500 / STEP_MS) : round(1500 / STEP_MS)] = 10.0
    times = respond(neuron, current, step_ms=STEP_MS).times_ms
    assert not np.any(times < 500)
    assert np.any((times > 500) & (times < 1500))
    late = times[times > 2000]
    assert bool(np.any(late > 2800)) is keeps_firing
    if keeps_firing:
        assert 5 < 1000 / np.diff(late).mean() < 15


def _after_hyperpolarisation_ms(neuron):
    """Time from a spike to half-recovery from the deepest point below rest."""
    current = np.zeros(round(400 / 0.01))
    current[20_000:20_100] = 120.0
    made = respond(neuron, current, step_ms=0.01, keep=5)
    assert made.times_ms.size == 1
    time = np.arange(made.soma_mv.size) * made.every_ms
    rest = made.soma_mv[time < 199][-1]
    after = time > made.times_ms[0] + 3
    depth = rest - made.soma_mv[after]
    deepest = int(np.argmax(depth))
    assert depth[deepest] > 1
    recovered = np.flatnonzero(depth[deepest:] < depth[deepest] / 2)
    return float(time[after][deepest + recovered[0]] - made.times_ms[0])


def test_after_hyperpolarisation_lasts_tens_of_milliseconds_and_longer_in_slow_cells():
    slow, fast = _after_hyperpolarisation_ms(SLOW), _after_hyperpolarisation_ms(FAST)
    assert 10 < fast < slow < 150


def test_spike_time_converges_with_the_second_order_of_the_step():
    def first_spike(step_ms):
        return respond(FAST, np.full(round(100 / step_ms), 20.0), step_ms=step_ms).times_ms[0]

    reference = first_spike(0.00125)
    errors = [abs(first_spike(step) - reference) for step in (0.04, 0.02, 0.01)]
    assert errors[2] < 0.005
    assert 2.8 < errors[0] / errors[1] < 6
    assert 2.8 < errors[1] / errors[2] < 6


def test_bad_input_is_refused():
    with pytest.raises(InputError):
        respond(FAST, np.zeros(10), step_ms=0.1)
    with pytest.raises(InputError):
        respond(FAST, np.array([0.0, np.nan]))
    with pytest.raises(InputError):
        replace(FAST, tone=-1.0)
