"""Twitch force and skin movement against the published equations and measurements."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from myolens.simulation import Scenario, simulate
from myolens.simulation.mechanics import fusion_gain, skin_acceleration, summed_force, twitch
from myolens.simulation.motoneurons import Train
from myolens.simulation.muscle import motor_units
from myolens.simulation.parameters import Ectopic


@given(st.floats(20, 150))
def test_twitch_peaks_at_one_at_its_contraction_time_and_has_the_area_of_its_equation(contraction_ms):
    time = np.linspace(0, 30 * contraction_ms, 60_001)
    force = twitch(time, contraction_ms)
    assert force.max() == pytest.approx(1, abs=1e-5)
    assert time[np.argmax(force)] == pytest.approx(contraction_ms, rel=1e-2)
    # ∫ (t/T) e^{1−t/T} dt = e T: the impulse a unit gives to the limb.
    assert np.trapezoid(force, time) == pytest.approx(np.e * contraction_ms, rel=1e-3)


def test_twitch_is_the_answer_of_a_critically_damped_system():
    """x″ + 2x′/T + x/T² = 0 after the impulse."""
    t = np.linspace(1, 400, 4001)
    x = twitch(t, 60.0)
    first, second = np.gradient(x, t), np.gradient(np.gradient(x, t), t)
    residual = second + 2 * first / 60 + x / 3600
    assert np.abs(residual[5:-5]).max() < 1e-3 * np.abs(second).max()


def test_gain_is_one_up_to_04_then_rises_and_falls_as_in_fuglevand_1993():
    x = np.array([0.1, 0.4, 0.6, 0.8, 1.5])
    gain = fusion_gain(x)
    assert np.allclose(gain[:2], 1)
    # Computed from S(x)/x over S(.4)/.4 by hand: 1 − e^{−0.432} = 0.3508; 1 − e^{−0.128} = 0.12015.
    assert gain[2] == pytest.approx((0.35079 / 0.6) / (0.12015 / 0.4), rel=1e-3)
    assert gain[3] > gain[4]


def test_a_train_fuses_force_rises_with_rate():
    scenario = Scenario(seconds=4)
    units = motor_units(scenario)

    def mean_force(rate):
        return summed_force(scenario, units, [Train(50, np.arange(0.1, 4, 1 / rate))], 1000)[2000:].mean()

    forces = [mean_force(r) for r in (5, 10, 20, 35)]
    assert all(slow < fast for slow, fast in pairwise(forces))


def test_energy_of_two_distant_twitches_is_twice_that_of_one():
    scenario = Scenario(seconds=4)
    units = motor_units(scenario)
    one = summed_force(scenario, units, [Train(100, np.array([0.5]))], 1000)
    two = summed_force(scenario, units, [Train(100, np.array([0.5, 2.5]))], 1000)
    assert np.sum(two**2) == pytest.approx(2 * np.sum(one**2), rel=1e-6)


def test_stronger_units_twitch_faster_over_a_hundredfold_range():
    units = motor_units(Scenario())
    assert units.twitch_mn[-1] / units.twitch_mn[0] == pytest.approx(100)
    assert units.contraction_ms[0] / units.contraction_ms[-1] == pytest.approx(3)


def test_ten_millinewton_move_skin_by_10_to_30_mm_per_s2():
    """T11. Hand muscles, spike-triggered: 7.4 mN with 11 mm/s², 14.4 mN with 32 (Yoshitake 2004)."""
    rate = 10_000
    time = np.arange(0, 1000, 1000 / rate)
    for contraction in (50, 60, 80):
        moved = np.ptp(skin_acceleration(10 * twitch(time, contraction), rate))
        assert 10 <= moved <= 30
    force = twitch(time, 60.0)
    assert np.ptp(skin_acceleration(7.4 * force, rate)) == pytest.approx(11.0, abs=3.6)
    assert np.ptp(skin_acceleration(14.4 * force, rate)) == pytest.approx(32.3, abs=13)


def test_skin_that_is_pushed_steadily_does_not_accelerate():
    moved = skin_acceleration(np.full(5000, 20.0), 1000)
    assert np.abs(moved[3000:]).max() < 1e-6


def test_fat_hides_the_movement_from_a_phone():
    def shaken(fat_mm):
        scenario = Scenario(seconds=30, phone=True, ectopic=Ectopic(sites=6, rate_per_min=20))
        scenario = replace(
            scenario,
            muscle=replace(scenario.muscle, fat_mm=fat_mm),
            mechanics=replace(scenario.mechanics, phone_noise_ug=0),
        )
        return simulate(scenario).acceleration.physical().std()

    assert shaken(2.0) == pytest.approx(shaken(8.0) * np.e, rel=1e-3)
