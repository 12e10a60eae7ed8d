"""Measures of a potential, against shapes whose measures are known."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.needle.discharges import unit
from hypothesis import given, settings
from hypothesis import strategies as st

from myolens.emg.interference import turns_amplitude
from myolens.emg.potentials import count_turns, firing, measure_potential

RATE = 20_000.0


def window(wave: np.ndarray, copies: int = 20, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    shape = np.zeros(1001)
    shape[500 - wave.size // 2 :][: wave.size] = wave
    return (shape + np.random.default_rng(seed).normal(0, noise, (copies, 1001))).astype(np.float32)


def sine(cycles: float, milliseconds: float, amplitude: float) -> np.ndarray:
    t = np.arange(round(milliseconds / 1e3 * RATE)) / (milliseconds / 1e3 * RATE)
    return amplitude / 2 * np.sin(2 * np.pi * cycles * t)


def test_one_sine_cycle():
    """8 ms, 400 µV peak to peak, area 8 × 200 × 2/π, two phases."""
    measured = measure_potential(window(sine(1, 8, 400)), RATE)
    assert measured.amplitude_uv == pytest.approx(400, rel=0.01)
    assert measured.duration_ms == pytest.approx(8, abs=0.5)
    assert measured.area_uv_ms == pytest.approx(8 * 200 * 2 / np.pi, rel=0.02)
    assert (measured.phases, measured.first_phase, measured.polyphasic) == (2, "positive", False)


@pytest.mark.parametrize("cycles", [1, 1.5, 2, 2.5, 3, 4])
def test_phases_are_crossings_plus_one(cycles):
    measured = measure_potential(window(sine(cycles, 10, 500)), RATE)
    assert measured.phases == round(2 * cycles)
    assert measured.polyphasic == (2 * cycles > 4)


def test_size_index_of_sonoo_and_stalberg():
    """SI93: 2·log10(amplitude in mV) + area/amplitude."""
    measured = measure_potential(window(sine(1, 8, 1000)), RATE)
    assert measured.size_index == pytest.approx(0 + measured.area_uv_ms / measured.amplitude_uv, abs=0.02)
    ten = measure_potential(window(sine(1, 8, 10_000)), RATE)
    assert ten.size_index - measured.size_index == pytest.approx(2, abs=0.02)


def test_a_satellite_is_not_part_of_the_duration():
    wave = np.concatenate([sine(1, 6, 500), np.zeros(100), sine(1, 2, 150)])
    assert measure_potential(window(wave), RATE).duration_ms < 8


def test_a_steady_potential_does_not_jiggle_and_a_changing_one_does():
    steady = window(sine(1, 8, 500), noise=5)
    moving = steady * np.random.default_rng(1).normal(1, 0.2, (20, 1)).astype(np.float32)
    assert measure_potential(steady, RATE).jiggle < 0.05
    assert measure_potential(moving, RATE).jiggle > 0.1


def test_noise_alone_is_no_potential():
    assert measure_potential(np.zeros((5, 501), np.float32), RATE) is None


@settings(max_examples=25, deadline=None)
@given(amplitude=st.floats(100, 5000), polarity=st.sampled_from([-1.0, 1.0]))
def test_polarity_changes_only_the_first_phase(amplitude, polarity):
    one = measure_potential(window(polarity * sine(1.5, 8, amplitude)), RATE)
    other = measure_potential(window(-polarity * sine(1.5, 8, amplitude)), RATE)
    assert one.first_phase != other.first_phase
    for name in ("amplitude_uv", "area_uv_ms", "duration_ms", "phases", "turns"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-5)


def test_turns_need_the_excursion_on_both_sides():
    values = np.array([0, 120, 60, 130, -50, 0], float)
    assert count_turns(values, 100) == 1  # the 130 peak; the dip to 60 and the last rise are too small
    assert count_turns(values, 50) == 4


def test_turns_of_a_sine_per_second_and_amplitude():
    """A 50 Hz sine of 300 µV peak to peak turns 100 times a second, by 300 µV."""
    t = np.arange(int(2 * RATE)) / RATE
    found = turns_amplitude((150 * np.sin(2 * np.pi * 50 * t)).astype(np.float32), RATE, [(0.0, 2.0)])
    assert found.turns_per_s == pytest.approx(100, rel=0.01)
    assert found.amplitude_per_turn_uv == pytest.approx(300, rel=0.01)
    small = turns_amplitude((40 * np.sin(2 * np.pi * 50 * t)).astype(np.float32), RATE, [(0.0, 2.0)])
    assert small.turns_per_s == 0 and small.amplitude_per_turn_uv is None


def test_pauses_do_not_count_as_variability():
    intervals = np.array([0.1, 0.11, 0.09, 0.1, 2.0, 0.1, 0.1])
    rate, cv = firing(intervals)
    assert rate == pytest.approx(10) and cv < 0.1
    assert firing(np.array([0.1])) == (None, None)


@pytest.fixture(scope="module")
def simulated():
    """Twenty motor units of the model muscle under a concentric needle, free of noise, in the middle."""
    rng = np.random.default_rng(11)
    return [window(unit(rng), copies=1)[0] for _ in range(20)]


def discharges_of(shape: np.ndarray, noise: float, copies: int = 20) -> np.ndarray:
    return (shape + np.random.default_rng(1).normal(0, noise, (copies, shape.size))).astype(np.float32)


def test_duration_is_where_cursors_at_twenty_microvolts_would_be_set(simulated):
    measured, by_hand = [], []
    for shape in simulated:
        beyond = np.flatnonzero(np.abs(shape) > 20)
        by_hand.append((beyond[-1] - beyond[0]) / RATE * 1e3)
        measured.append(measure_potential(discharges_of(shape, 4.0), RATE).duration_ms)
    difference = np.array(measured) - np.array(by_hand)
    assert abs(np.mean(difference)) < 0.3
    assert np.percentile(np.abs(difference), 90) < 0.6


def test_amplitude_area_and_size_index_are_those_of_the_noiseless_potential(simulated):
    for shape in simulated:
        found = measure_potential(discharges_of(shape, 4.0), RATE)
        assert found.amplitude_uv == pytest.approx(np.ptp(shape), rel=0.02)
        area = np.abs(shape).sum() / RATE * 1e3
        assert 0.9 * area < found.area_uv_ms < 1.03 * area  # the tails below 20 µV are left out
        expected = 2 * np.log10(np.ptp(shape) / 1e3) + found.area_uv_ms / np.ptp(shape)
        assert found.size_index == pytest.approx(expected, abs=0.05)


def test_phases_and_turns_withstand_noise(simulated):
    calm, noisy = (
        [measure_potential(discharges_of(shape, noise), RATE) for shape in simulated] for noise in (0.5, 6.0)
    )
    same_phases = np.mean([a.phases == b.phases for a, b in zip(calm, noisy, strict=True)])
    same_turns = np.mean([abs(a.turns - b.turns) <= 1 for a, b in zip(calm, noisy, strict=True)])
    assert same_phases >= 0.9 and same_turns >= 0.9


@pytest.mark.parametrize("jitter_us", [30.0, 100.0, 250.0])
def test_jiggle_is_that_of_the_noiseless_discharges(jitter_us):
    """Fibre groups whose delays vary; without noise the definition can be written out directly."""
    rng = np.random.default_rng(3)
    parts = [window(unit(rng), copies=1)[0].astype(float) for _ in range(4)]
    moved = []
    for _ in range(200):
        shifts = rng.normal(0, jitter_us * 1e-6 * RATE, 4)
        axis = np.arange(parts[0].size)
        moved.append(
            sum(np.interp(axis - shift, axis, part) for shift, part in zip(shifts, parts, strict=True))
        )
    clean = np.array(moved)
    found = measure_potential((clean + rng.normal(0, 5, clean.shape)).astype(np.float32), RATE)
    consecutive = np.median(np.abs(np.diff(clean, axis=0)), axis=0).sum()
    written_out = consecutive / np.abs(np.median(clean, axis=0)).sum()
    assert found.jiggle == pytest.approx(written_out, rel=0.2)
