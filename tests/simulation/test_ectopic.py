"""When the axon fires by itself, and when popular belief says so but it does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from myolens.errors import InputError
from myolens.simulation.axon import healthy, simulate_axon, vary
from myolens.simulation.axon_causes import altered
from myolens.simulation.axon_parameters import ensemble
from myolens.simulation.ectopic import (
    discharge_times,
    discharge_times_of,
    rate_map,
    statistics,
)
from myolens.simulation.excitability import healthy_threshold_pa

PLAIN = {"conductance_power": 0.0, "potassium_reach": 1.0}


@pytest.fixture(scope="module")
def times():
    """Two minutes of each row of the published table, set A."""
    rows = {
        "control": {},
        "K 3.0": {"potassium_mm": 3.0, **PLAIN},
        "Na 120": {"sodium_mm": 120.0},
        "Mg": {"magnesium_mm": 0.2},
        "h": {"h_shift_mv": 8.0},
        "fewer channels": {"all_channels": 0.66},
        "Ca -3": {"gating_shift_mv": -3.0},
        "Ca -5": {"gating_shift_mv": -5.0},
        "Ca -6": {"gating_shift_mv": -6.0},
        "Ks 0.5": {"slow_potassium": 0.5},
        "fP 1.5": {"persistent_sodium": 1.5},
        "fP 2": {"persistent_sodium": 2.0},
        "Kf 0.3": {"fast_potassium": 0.3},
        "Ca -5, K 5.0": {"gating_shift_mv": -5.0, "potassium_mm": 5.0, **PLAIN},
        "K 5.0": {"potassium_mm": 5.0, **PLAIN},
        "fP 2.4, channel noise only": {"persistent_sodium": 2.4, "drive_percent": 0.0},
    }
    times = discharge_times_of([vary(**knobs) for knobs in rows.values()], seconds=120.0, seed=11)
    return dict(zip(rows, times, strict=True))


@pytest.fixture(scope="module")
def table(times):
    return {name: statistics(one, seconds=120.0) for name, one in times.items()}


@pytest.mark.parametrize("quiet", ["control", "K 3.0", "Na 120", "Mg", "h", "fewer channels"])
def test_states_that_do_not_fire(table, quiet):
    """T4, first part."""
    assert table[quiet].spikes_per_min == 0.0


def test_causes_fire_in_the_published_order(table):
    """T4, second part."""
    assert 0.0 < table["Ca -5"].spikes_per_min < table["Ks 0.5"].spikes_per_min < table["fP 2"].spikes_per_min
    assert table["Ca -3"].spikes_per_min < table["Ca -5"].spikes_per_min < table["Ca -6"].spikes_per_min


def test_losing_fast_potassium_gives_multiplets(table):
    """T4, third part: the neuromyotonic pattern."""
    assert table["Kf 0.3"].doublet_share > 0.8
    assert table["Ca -5"].doublet_share < 0.5


@pytest.mark.parametrize("row", ["fP 2", "Ks 0.5"])
def test_doublets_follow_after_the_refractory_period_of_single_units(times, row):
    """Kleine 2008: axonal fasciculations are refractory for 3 to 4 ms, doublets come at about 5 ms."""
    gaps = 1000 * np.diff(times[row])
    assert 3.0 < np.median(gaps[gaps < 10.0]) < 5.0


def test_triggers_together_do_far_more_than_their_sum(table):
    together = table["Ca -5, K 5.0"].spikes_per_min
    assert together > 5 * (table["Ca -5"].spikes_per_min + table["K 5.0"].spikes_per_min)


def test_low_potassium_sodium_or_magnesium_alone_make_no_set_fire():
    """Low magnesium, which screens charge a little, may wake the most excitable sets once in two minutes."""
    knobs = [{"potassium_mm": 2.5}, {"sodium_mm": 115.0}, {"magnesium_mm": 0.2}]
    states = [vary(healthy(one), **knob) for knob in knobs for one in ensemble()]
    counts = np.array([one.size for one in discharge_times_of(states, seconds=60.0, seed=3)])
    by_knob = counts.reshape(len(knobs), -1)
    assert by_knob[:2].sum() == 0
    assert by_knob[2].mean() <= 0.5
    assert by_knob[2, 0] == 0


def test_channel_noise_alone_makes_no_fasciculations():
    excited = [{}, {"persistent_sodium": 1.35}, {"gating_shift_mv": -3.0}, {"slow_potassium": 0.7}]
    states = [vary(healthy(one), drive_percent=0.0, **knobs) for one in ensemble() for knobs in excited]
    assert all(times.size == 0 for times in discharge_times_of(states, seconds=30.0, seed=4))


def _noise(rng, axons, steps, *, sd, tau_ms, dt_ms):
    keep = np.exp(-dt_ms / tau_ms)
    out = np.empty((axons, steps))
    out[:, 0] = sd * rng.standard_normal(axons)
    for k in range(1, steps):
        out[:, k] = keep * out[:, k - 1] + sd * np.sqrt(1 - keep**2) * rng.standard_normal(axons)
    return out


def test_channel_noise_gives_the_threshold_spread_of_human_axons():
    """T5: 1.65 % (Hales, Lin & Bostock 2004), read from the share of responses over stimulus."""
    rng = np.random.default_rng(5)
    dt, steps, pulse = 0.02, 350, 50
    threshold = healthy_threshold_pa(vary().control)
    offsets = np.array([-0.03, -0.015, 0.0, 0.015, 0.03])
    shares = []
    for offset in offsets:
        current = _noise(rng, 320, steps, sd=3.9, tau_ms=0.5, dt_ms=dt)
        current[:, 200 : 200 + pulse] += threshold * (1 + offset)
        trace = simulate_axon([vary()] * 320, stimulus_pa=current, dt_ms=dt, sample_every=steps)
        shares.append(np.mean([times.size > 0 for times in trace.spike_times_ms]))
    assert (np.diff(shares) > 0).all()
    inside = np.clip(shares, 0.005, 0.995)
    slope = np.polyfit(offsets, norm.ppf(inside), 1)[0]
    assert 1.0 / slope == pytest.approx(0.0165, rel=0.15)


def test_noise_at_that_size_stays_silent_to_the_edge_of_instability(times):
    """T5: no spikes in 120 s at 2.4 times the persistent sodium, without the slow drive."""
    assert times["fP 2.4, channel noise only"].size == 0


def test_healthy_axons_of_every_set_stay_silent_for_two_minutes():
    times = discharge_times_of([healthy(one) for one in ensemble()] * 2, seconds=60.0, seed=6)
    assert sum(one.size for one in times) == 0


@pytest.mark.parametrize(
    ("cause", "low", "high"),
    [
        ("benign_fasciculation", 0.1, 10.0),
        ("motor_neuron_disease", 5.0, 60.0),
        ("nerve_hyperexcitability", 100.0, 2000.0),
        ("hypocalcaemia", 0.5, 30.0),
    ],
)
def test_causes_fire_at_the_rates_seen_in_patients(cause, low, high):
    times = discharge_times_of([altered(cause)] * 8, seconds=60.0, seed=7)
    assert low <= sum(one.size for one in times) / 8 <= high


def test_causes_that_popular_articles_blame_leave_the_axon_all_but_silent():
    """Below the least rate of one site in benign fasciculation, 0.5 a minute; the others fire above it."""
    blamed = ["hypokalaemia", "hyponatraemia", "hypomagnesaemia", "caffeine_stimulant", "stress_anxiety"]
    blamed += ["myasthenia_gravis", "dehydration"]
    causes = [altered(cause) for cause in [*blamed, "motor_neuron_disease"] for _ in range(2)]
    counts = [one.size for one in discharge_times_of(causes, seconds=120.0, seed=8)]
    for k, cause in enumerate(blamed):
        assert (counts[2 * k] + counts[2 * k + 1]) / 4.0 <= 0.5, cause
    assert counts[-1] / 2.0 > 0.5


def test_neuromyotonia_spares_the_trunk():
    state = altered("nerve_hyperexcitability")
    assert discharge_times(replace(state, site=None), seconds=30.0, seed=1).size == 0
    assert discharge_times(state, seconds=30.0, seed=1).size > 0


def test_same_seed_same_times_whatever_the_batch():
    state = vary(persistent_sodium=1.6)
    alone = discharge_times(state, seconds=5.0, seed=9)
    batch = discharge_times_of([state] * 20, seconds=5.0, seed=9)
    assert alone.size > 0
    np.testing.assert_allclose(alone, batch[0], atol=1e-6)
    assert not np.array_equal(batch[0], batch[1])
    assert (np.diff(alone) > 0.002).all()
    assert alone.min() >= 0 and alone.max() < 5.0


def test_statistics_of_a_known_train():
    result = statistics(np.array([1.0, 1.004, 5.0, 9.0, 9.1]), seconds=10.0)
    assert result.spikes_per_min == 30.0
    assert result.events_per_min == 24.0
    assert result.doublet_share == 0.25
    assert result.shortest_interval_ms == pytest.approx(4.0)
    assert np.isnan(statistics(np.array([1.0]), seconds=10.0).doublet_share)


def test_map_marks_the_healthy_point_and_grows_towards_instability():
    found = rate_map(
        ("calcium_mm", [0.55, 0.8, 1.2]),
        ("persistent_sodium", [1.0, 1.3, 1.6]),
        seconds=15.0,
        seed=2,
    )
    assert found.healthy == (1.2, 1.0)
    assert found.rate_per_min.shape == (3, 3)
    assert found.rate_per_min[0, 2] == 0.0
    assert found.rate_per_min[2, 0] > found.rate_per_min[2, 2] > 0.0
    assert found.rate_per_min[2, 0] > found.rate_per_min[0, 0]


@pytest.mark.parametrize(
    "call",
    [
        lambda: discharge_times(seconds=0.0),
        lambda: discharge_times(seconds=1e9),
        lambda: rate_map(("nonsense", [1.0]), ("ph", [7.4])),
    ],
)
def test_bad_input_is_refused(call):
    with pytest.raises(InputError):
        call()
