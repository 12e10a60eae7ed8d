"""The two-compartment motor neuron against what Kim 2017 and motor neurons in vivo show."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from myolens.errors import InputError
from myolens.simulation.soma import (
    CELLS,
    INHIBITIONS,
    SUPPLIED,
    TONES,
    measured_share,
    recruitment_na,
    respond,
    supplied_share,
)

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
    rates = [rate_hz(FAST, current) for current in (5, 10, 15, 20, 30)]
    assert rates[0] == 0
    assert 5 < rates[1] < 20
    assert all(later > earlier + 4 for earlier, later in pairwise(rates))


def test_rate_rises_almost_in_a_straight_line_without_the_persistent_current():
    """Primary range of a motor neuron: 1 to 3 Hz per nA in cats (Kernell 1965), straight to 2 Hz."""
    currents = np.array([12.0, 15.0, 18.0, 21.0, 24.0])
    rates = np.array([rate_hz(replace(FAST, tone=0.0), current) for current in currents])
    slope, start = np.polyfit(currents, rates, 1)
    assert 1 < slope < 3
    assert np.allclose(rates, slope * currents + start, atol=2.0)


def test_slow_cells_are_recruited_by_less_current():
    assert recruitment_na(SLOW) < 0.5 * recruitment_na(FAST)


def test_monoamines_lower_the_current_that_recruits_and_inhibition_raises_it():
    assert recruitment_na(replace(FAST, tone=1.5)) < recruitment_na(FAST)
    assert recruitment_na(replace(FAST, inhibition=0.1)) > recruitment_na(FAST)


def _triangle(neuron):
    """Currents at the first and last spike of a slow rise and fall."""
    half = round(4000 / STEP_MS)
    up = np.arange(half) / half * 16.0
    current = np.concatenate([up, up[::-1]])
    times = respond(neuron, current, step_ms=STEP_MS).times_ms
    at = np.interp(times[[0, -1]], np.arange(current.size) * STEP_MS, current)
    return float(at[0]), float(at[1])


def test_hysteresis_grows_with_the_persistent_current_and_inhibition_abolishes_it():
    """Recruited at more current than it leaves off at; one interval of the fall is the resolution."""
    gaps = []
    for tone, inhibition in ((0.0, 0.0), (1.0, 0.0), (1.5, 0.0), (1.5, 0.3)):
        on, off = _triangle(replace(SLOW, tone=tone, inhibition=inhibition))
        gaps.append(on - off)
    none, some, much, inhibited = gaps
    assert abs(none) < 0.5
    assert much > some + 1
    assert some > none
    assert abs(inhibited) < 0.5


@pytest.mark.parametrize(
    ("change", "keeps_firing"), [({}, True), ({"tone": 0.5}, False), ({"inhibition": 0.3}, False)]
)
def test_firing_sustains_itself_after_a_pulse_only_with_enough_current_and_no_inhibition(
    change, keeps_firing
):
    """Bistable: the same bias is silent before a pulse and fires after it (Kim 2017; Hounsgaard 1988)."""
    neuron = replace(replace(SLOW, tone=1.5), **change)
    bias = 0.5
    current = np.full(round(3000 / STEP_MS), bias)
    current[round(500 / STEP_MS) : round(1500 / STEP_MS)] = 12.0
    times = respond(neuron, current, step_ms=STEP_MS).times_ms
    assert not np.any(times < 500)
    assert np.any((times > 500) & (times < 1500))
    assert bool(np.any(times > 2800)) is keeps_firing


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


def test_tabulated_share_is_that_of_the_model():
    for inhibition, row in zip(INHIBITIONS, SUPPLIED, strict=True):
        for tone, share in zip(TONES, row, strict=True):
            assert supplied_share(tone, inhibition) == pytest.approx(share)
    for tone, inhibition in ((1.0, 0.0), (2.0, 0.1)):
        assert measured_share(tone, inhibition) == pytest.approx(supplied_share(tone, inhibition), abs=0.001)


def test_bad_input_is_refused():
    with pytest.raises(InputError):
        respond(FAST, np.zeros(10), step_ms=0.1)
    with pytest.raises(InputError):
        respond(FAST, np.array([0.0, np.nan]))
    with pytest.raises(InputError):
        replace(FAST, tone=-1.0)
