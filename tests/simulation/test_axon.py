"""The node–internode axon: physics, numerics, and what each change does."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from myolens.errors import InputError
from myolens.simulation.axon import (
    KNOBS,
    AxonState,
    healthy,
    resting_potential_mv,
    simulate_axon,
    standing_pump_pa,
    vary,
)
from myolens.simulation.axon_parameters import SET_A, SET_B, ensemble
from myolens.simulation.excitability import battery, threshold_pa
from myolens.simulation.excitability_protocol import DELAYS_MS, INTERVALS_MS
from myolens.simulation.vector_exp import exp

# the constant conductances and full reach of potassium of the published predictions
PLAIN = {"conductance_power": 0.0, "potassium_reach": 1.0}


@njit
def _exp_of(x):
    out = np.empty_like(x)
    for i in range(x.size):
        out[i] = exp(x[i])
    return out


def test_vector_exponential_agrees_with_the_library():
    x = np.linspace(-680.0, 680.0, 200_001)
    np.testing.assert_allclose(_exp_of(x), np.exp(x), rtol=1e-12)
    assert _exp_of(np.array([-1e5, 1e5])) == pytest.approx(np.exp([-690.0, 690.0]))


def test_standing_pumps_balance_the_healthy_axon():
    """T1, pump currents of set A."""
    node, internode = standing_pump_pa(SET_A)
    assert node == pytest.approx(-67.65, abs=0.01)
    assert internode == pytest.approx(-9.87, abs=0.01)


@pytest.mark.parametrize("parameters", ensemble(), ids=lambda one: one.name)
def test_healthy_axon_stays_at_rest(parameters):
    trace = simulate_axon(parameters, stimulus_pa=np.zeros(20_000), sample_every=100)
    assert np.abs(trace.node_mv - parameters.resting_mv).max() < 1e-8
    assert trace.spike_times_ms[0].size == 0


def test_every_altered_rest_is_a_steady_state():
    states = [
        vary(),
        vary(potassium_mm=2.5),
        vary(potassium_mm=6.0),
        vary(calcium_mm=0.8),
        vary(sodium_mm=120.0),
        vary(pump=0.5),
        vary(temperature_c=36.0),
    ]
    trace = simulate_axon(states, stimulus_pa=np.zeros(30_000), sample_every=1000)
    assert np.abs(trace.node_mv - trace.node_mv[:, :1]).max() < 1e-6
    for state, potential in zip(states, trace.node_mv[:, 0], strict=True):
        assert potential == pytest.approx(resting_potential_mv(state), abs=1e-9)


@pytest.mark.parametrize(
    ("knobs", "rest_mv"),
    [
        ({"potassium_mm": 2.5, **PLAIN}, -88.2),
        ({"potassium_mm": 3.0, **PLAIN}, -86.1),
        ({"potassium_mm": 5.0, **PLAIN}, -78.3),
        ({"potassium_mm": 6.0, **PLAIN}, -73.6),
        ({"gating_shift_mv": 3.0}, -80.8),
        ({"sodium_mm": 120.0}, -81.9),
        ({"persistent_sodium": 1.25}, -81.1),
        ({"persistent_sodium": 2.0}, -79.7),
        ({"slow_potassium": 0.5}, -76.3),
        ({"fast_potassium": 0.3}, -80.5),
        ({"all_channels": 0.66}, -79.0),
        ({"bias_pa": 20.0}, -80.1),
        ({"bias_pa": -20.0}, -83.1),
    ],
)
def test_resting_potentials_of_the_published_prediction(knobs, rest_mv):
    assert resting_potential_mv(vary(**knobs)) == pytest.approx(rest_mv, abs=0.1)


def test_current_into_the_axon_equals_its_charge():
    # before any gate moves, injected charge sits on the capacitances
    width, current, dt = 0.001, 1000.0, 1e-4
    stimulus = np.zeros(11)
    stimulus[:10] = current
    trace = simulate_axon(stimulus_pa=stimulus, dt_ms=dt)
    node = trace.node_mv[0, -1] - trace.node_mv[0, 0]
    internode = trace.internode_mv[0, -1] - trace.internode_mv[0, 0]
    p = SET_A
    charge = (p.node_pf + p.myelin_pf) * node - p.myelin_pf * internode
    charge += (p.internode_pf + p.myelin_pf) * internode - p.myelin_pf * node
    assert charge == pytest.approx(current * width, rel=0.02)


def test_second_order_in_the_step():
    def potential(dt_ms):
        stimulus = np.zeros(round(4.0 / dt_ms))
        stimulus[: round(1.0 / dt_ms)] = 180.0  # below threshold: smooth
        return simulate_axon(stimulus_pa=np.r_[stimulus, 0.0], dt_ms=dt_ms).node_mv[0, -1]

    exact = potential(0.000625)
    errors = [abs(potential(dt) - exact) for dt in (0.02, 0.01, 0.005)]
    orders = [math.log2(errors[0] / errors[1]), math.log2(errors[1] / errors[2])]
    assert orders == pytest.approx([2.0, 2.0], abs=0.15)


def test_spike_time_converges_with_the_second_order():
    def spike(dt_ms):
        stimulus = np.zeros(round(3.0 / dt_ms))
        stimulus[: round(1.0 / dt_ms)] = 300.0
        return simulate_axon(stimulus_pa=stimulus, dt_ms=dt_ms).spike_times_ms[0][0]

    exact = spike(0.000625)
    coarse, fine = abs(spike(0.02) - exact), abs(spike(0.005) - exact)
    assert math.log2(coarse / fine) / 2 == pytest.approx(2.0, abs=0.2)


def test_impulse_is_all_or_none():
    threshold = threshold_pa()
    stimulus = np.zeros((2, 500))
    stimulus[0, :100], stimulus[1, :100] = 0.98 * threshold, 1.02 * threshold
    trace = simulate_axon([vary(), vary()], stimulus_pa=stimulus)
    assert [times.size for times in trace.spike_times_ms] == [0, 1]
    assert trace.node_mv[0].max() < -20.0 < 20.0 < trace.node_mv[1].max()


def test_batch_equals_one_by_one():
    states = [vary(persistent_sodium=1 + 0.02 * k) for k in range(19)]
    stimulus = np.zeros(400)
    stimulus[:100] = 210.0
    together = simulate_axon(states, stimulus_pa=stimulus)
    for k in (0, 7, 15, 16, 18):
        alone = simulate_axon(states[k], stimulus_pa=stimulus)
        np.testing.assert_allclose(together.node_mv[k], alone.node_mv[0], rtol=0, atol=1e-9)


# Published predictions for set A (constant pump, all of potassium's change): threshold % of control, SDTC ms,
# TEd at 20 and 30 ms, TEd90–100, TEh90–100, lowest and highest point of the recovery cycle, RRP ms.
# None: not given.
PREDICTED = [
    ({"potassium_mm": 2.5, **PLAIN}, 187, 0.28, 69, 53, -143, -20, None, None),
    ({"potassium_mm": 3.0, **PLAIN}, 158, 0.32, 67, 52, -136, -21, None, 2.1),
    ({"potassium_mm": 3.5, **PLAIN}, 133, 0.36, 65, 50, -127, -21, 13, 2.2),
    ({"potassium_mm": 5.0, **PLAIN}, 65, 0.60, 57, 40, -86, -20, 17, 2.9),
    ({"potassium_mm": 6.0, **PLAIN}, 29, 1.08, 47, 26, -41, -16, 23, 3.5),
    ({"gating_shift_mv": -1.0}, 90, 0.47, 61, 45, -104, -20, 16, 2.5),
    ({"gating_shift_mv": -3.0}, 70, 0.56, 59, 42, -86, -20, 18, 2.8),
    ({"gating_shift_mv": -5.0}, 49, 0.75, 56, 35, -66, -18, 23, 3.0),
    ({"gating_shift_mv": 3.0}, 131, 0.36, 65, 50, -130, -23, 12, 2.24),
    ({"sodium_mm": 120.0}, 122, 0.38, 57, 43, -115, -16, 10, 2.60),
    ({"persistent_sodium": 1.25}, 90, 0.50, 67, 48.1, -112, -25, 17, 2.4),
    ({"persistent_sodium": 1.5}, 79, 0.57, 73, 49, -112, -30, 20, 2.3),
    ({"slow_potassium": 0.5}, 37, 0.86, 51, 37, -70, -22, 19, 2.9),
    ({"fast_potassium": 0.3}, 81, 0.56, None, None, -126, -56, 25, None),
    ({"h_shift_mv": 8.0}, 99, 0.438, 62, 46, -103, -20, 15, 2.47),
    ({"all_channels": 0.66}, 94, 0.45, 57, 45, -132, -22, 8, 2.54),
    ({"myelin_leak": 1.5}, 166, 0.35, 73, 54, -184, -33, 11, None),
    ({"bias_pa": 20.0}, 86, 0.48, 57, 40, -87, -16, 16, 2.8),
    ({"bias_pa": -20.0}, 119, 0.39, 68, 53, -136, -26, 11, 2.2),
]


@pytest.mark.parametrize("row", PREDICTED, ids=lambda row: str(row[0])[:30])
def test_changes_move_the_axon_as_the_prediction_says(row):
    """T3: the signs, and the sizes to the rounding and threshold resolution of the table."""
    knobs, *expected = row
    result = battery(vary(**knobs))
    at, up = DELAYS_MS[40], result.electrotonus_percent[40]
    found = (
        (result.threshold_percent_of_healthy, 2.5),
        (result.indices["sdtc_ms"], 0.06 * expected[1]),
        (float(np.interp([20.0, 30.0], at, up).mean()), 2.0),
        (result.indices["ted_90_100_percent"], 2.0),
        (result.indices["teh_90_100_percent"], 3.0),
        (float(result.recovery_percent.min()), 3.0),  # half of people's spread
        (float(result.recovery_percent[INTERVALS_MS >= 10].max()), 2.5),
        (result.indices["rrp_ms"], 0.15),
    )
    for (value, room), number in zip(found, expected, strict=True):
        assert number is None or value == pytest.approx(number, abs=room)


def test_low_sodium_raises_the_threshold_in_every_equally_good_set():
    for parameters in ensemble():
        control = healthy(parameters)
        assert threshold_pa(vary(control, sodium_mm=120.0)) > threshold_pa(control)


def test_sets_differ_though_they_fit_alike():
    values = [one.sodium_permeability for one in ensemble()]
    assert len(ensemble()) >= 6
    assert max(values) / min(values) > 1.5
    assert SET_B in ensemble()


@given(st.sampled_from(sorted(KNOBS)), st.floats(0.5, 1.5))
@settings(max_examples=60)
def test_any_knob_gives_a_usable_axon_or_a_clear_refusal(knob, number):
    try:
        state = vary(**{knob: number})
    except InputError as error:
        assert error.what
    else:
        assert isinstance(state, AxonState)
        trace = simulate_axon(state, stimulus_pa=np.zeros(50))
        assert np.isfinite(trace.node_mv).all()


def test_knobs_return_to_where_they_were():
    there = vary(persistent_sodium=2.0, bias_pa=5.0, potassium_mm=3.0)
    back = vary(there, persistent_sodium=0.5, bias_pa=-5.0, potassium_mm=4.2)
    assert back == AxonState()
    assert dataclasses.asdict(there) != dataclasses.asdict(back)


@pytest.mark.parametrize(
    "call",
    [
        lambda: vary(magic=1.0),
        lambda: vary(persistent_sodium=-1.0),
        lambda: vary(bias_pa=float("inf")),
        lambda: vary(potassium_mm=0.0),
        lambda: simulate_axon(stimulus_pa=np.zeros((3, 10))),
        lambda: simulate_axon(stimulus_pa=[]),
        lambda: simulate_axon(stimulus_pa=[float("nan")]),
        lambda: simulate_axon(stimulus_pa=[0.0], dt_ms=1.0),
        lambda: simulate_axon(stimulus_pa=[0.0], sample_every=0),
        lambda: simulate_axon([], stimulus_pa=[0.0]),
    ],
)
def test_bad_input_is_refused(call):
    with pytest.raises(InputError):
        call()
