"""Measures of a potential, against shapes whose measures are known."""

from __future__ import annotations

import numpy as np
import pytest
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
