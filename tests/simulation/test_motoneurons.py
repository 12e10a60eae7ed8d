"""Size principle, rate coding and fatigue against Fuglevand 1993 and Potvin & Fuglevand 2017."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from myolens.simulation import Scenario
from myolens.simulation.fatigue import hold, remaining_force, rested
from myolens.simulation.hysteresis import leaving_excitation
from myolens.simulation.mechanics import muscle_force_mn
from myolens.simulation.motoneurons import (
    firing_rates_hz,
    maximal_excitation,
    peak_rates_hz,
    recruitment_thresholds,
    voluntary_trains,
)
from myolens.simulation.muscle import motor_units
from myolens.simulation.parameters import MUSCLES, Pool

POOL = Pool()
STEADY = Scenario(seconds=20, drive=((0, 0.15),))
ALIVE = np.ones(120, bool)
held = cache(hold)


def test_published_pool_thresholds_rates_and_maximum():
    thresholds = recruitment_thresholds(120, POOL)
    assert thresholds[0] == 1
    assert thresholds[-1] == pytest.approx(50)
    assert thresholds[59] == pytest.approx(np.exp(59 * np.log(50) / 119))
    peaks = peak_rates_hz(thresholds, POOL)
    assert (peaks[0], peaks[-1]) == (35, pytest.approx(25))
    assert maximal_excitation(POOL) == pytest.approx(67)


def test_most_units_have_low_thresholds():
    """Exponential distribution: the median unit is recruited at √50 ≈ 7 of 50."""
    assert np.median(recruitment_thresholds(120, POOL)) == pytest.approx(np.sqrt(50), rel=0.02)


def test_every_unit_starts_at_8_hz_and_rises_one_hertz_per_unit_of_excitation_to_its_peak():
    thresholds = recruitment_thresholds(120, POOL)
    at = firing_rates_hz(np.array([10.0, 11.0, 67.0]), thresholds, POOL)
    active = thresholds <= 10
    assert np.all(at[thresholds > 11, 0] == 0)
    assert np.allclose(at[active, 1] - at[active, 0], 1)
    assert np.allclose(at[:, 2], peak_rates_hz(thresholds, POOL))
    just = np.flatnonzero(active)[-1]
    assert 8 <= at[just, 0] < 9


def test_size_principle_small_units_come_first_and_leave_last():
    """Each begins within an interval of 8 Hz after its threshold and ends within one before it leaves off."""
    ramp = Scenario(seconds=20, drive=((0, 0), (10, 0.6), (20, 0)), pool=replace(POOL, common_drive=0.0))
    trains = voluntary_trains(ramp, ALIVE)
    thresholds = recruitment_thresholds(ALIVE.size, POOL)[: len(trains)]
    per_s = 0.06 * maximal_excitation(POOL)
    delay = np.array([train.times_s[0] for train in trains]) - thresholds / per_s
    lead = 20 - leaving_excitation(thresholds, POOL.gain, POOL.arousal) / per_s
    lead -= np.array([train.times_s[-1] for train in trains])
    for late in (delay, lead):
        assert late.min() > -0.01
        assert late.max() < 0.125 * (1 + 4 * POOL.interval_cv)


def test_onion_skin_earlier_units_fire_faster():
    steady = replace(STEADY, seconds=60, pool=replace(POOL, common_drive=0.0, interval_cv=0.05))
    trains = voluntary_trains(steady, ALIVE)
    rates = np.array([train.times_s.size for train in trains]) / 60
    thresholds = recruitment_thresholds(120, POOL)[: rates.size]
    assert np.corrcoef(thresholds, rates)[0, 1] < -0.99


def test_interval_variation_is_that_asked_for():
    steady = replace(STEADY, pool=replace(POOL, common_drive=0.0, interval_cv=0.2))
    first = voluntary_trains(steady, ALIVE)[0]
    intervals = np.diff(first.times_s)
    assert intervals.std() / intervals.mean() == pytest.approx(0.2, abs=0.03)


def test_common_drive_makes_units_speed_up_together():
    def correlation(common):
        scenario = replace(STEADY, seconds=120, pool=replace(POOL, common_drive=common, interval_cv=0.05))
        trains = voluntary_trains(scenario, ALIVE)[:2]
        edges = np.arange(0, 120, 0.4)
        a, b = (np.histogram(t.times_s, edges)[0] for t in trains)
        return np.corrcoef(a, b)[0, 1]

    assert correlation(0.15) > correlation(0.0) + 0.3


def test_tremor_groups_discharges_at_its_frequency():
    shaking = replace(STEADY, seconds=60, pool=replace(POOL, tremor_depth=0.8, tremor_hz=5))
    counts = np.zeros(6000)
    for train in voluntary_trains(shaking, ALIVE):
        counts += np.histogram(train.times_s, np.linspace(0, 60, 6001))[0]
    spectrum = np.abs(np.fft.rfft(counts - counts.mean())) ** 2
    f = np.fft.rfftfreq(6000, 0.01)
    low = f < 15
    assert f[low][np.argmax(spectrum[low])] == pytest.approx(5, abs=0.6)


def test_a_relaxed_pool_is_silent():
    assert voluntary_trains(Scenario(seconds=60), ALIVE) == []


def test_arousal_keeps_units_firing_as_the_drive_falls():
    ramp = Scenario(seconds=20, drive=((0, 0), (10, 0.6), (20, 0)))
    calm, tense = (
        voluntary_trains(replace(ramp, pool=replace(POOL, arousal=a, common_drive=0.0)), ALIVE)
        for a in (0.5, 2.0)
    )
    longer = [t.times_s[-1] - c.times_s[-1] for c, t in zip(calm, tense, strict=True)]
    assert np.mean(longer) > 0.3


def test_lost_neurons_do_not_fire():
    alive = ALIVE.copy()
    alive[::2] = False
    assert all(train.unit % 2 for train in voluntary_trains(STEADY, alive))


@pytest.mark.parametrize(
    ("target", "seconds", "endurance_s"),
    [(0.8, 30, 14.8), (0.5, 110, 95.5), (0.2, 520, 511.5)],
)
def test_endurance_equals_the_authors_release(target, seconds, endurance_s):
    """T9: endurance at 20, 50 and 80 % of maximum by the algorithm of the authors' MATLAB release."""
    assert held(target, seconds).endurance_s == pytest.approx(endurance_s, abs=0.11)


@pytest.mark.parametrize(
    ("target", "shortest_s", "longest_s"),
    [
        (0.5, 60, 181),  # grip 120 s (Stull & Kearney 1978)
        (0.2, 180, 1068),  # knee 180 men, 252 women (Maughan 1986); elbow 720 men, 1068 women (Hunter 2002)
    ],
)
def test_endurance_lies_between_that_of_peoples_joints(target, shortest_s, longest_s):
    assert shortest_s <= held(target, {0.5: 110, 0.2: 520}[target]).endurance_s <= longest_s


def test_a_minute_of_maximal_effort_halves_the_force():
    """First dorsal interosseous: to about 50 % in one minute (Stephens & Taylor 1972)."""
    assert hold(1.0, 60).force[-1] == pytest.approx(0.5, abs=0.06)


def test_rest_gives_the_endurance_back_as_in_people():
    """Second time at 50 % of the first: 20.3 % after 5 s, 86.8 % after 2560 s (Stull & Kearney 1978)."""
    first = held(0.5, 110)
    again = [
        100 * hold(0.5, 110, left=rested(first.left, rest_s)).endurance_s / first.endurance_s
        for rest_s in (5, 40, 320, 2560)
    ]
    assert again[0] == pytest.approx(20.3, abs=8)
    assert again[-1] == pytest.approx(86.8, abs=5)
    assert np.all(np.diff(again) > 5)


def test_strength_is_half_back_in_half_a_minute():
    """Mills 1982; a unit that rests in the recording follows the same course."""
    assert rested(0.5, 30.0) == pytest.approx(0.75, abs=0.03)
    bout = np.arange(0, 20, 0.02)
    tired = remaining_force(bout, 60, 1.0)[-1]
    back = remaining_force(np.concatenate([bout, [bout[-1] + 60.5]]), 60, 1.0)[-1]
    assert back == pytest.approx(float(rested(tired, 60.0)), abs=0.01)


def test_rates_recover_from_adaptation_in_a_pause():
    pool = replace(POOL, common_drive=0.0, interval_cv=0.02, fatigue=True)
    drive = ((0, 0.8), (60, 0.8), (60.1, 0), (120, 0), (120.1, 0.8), (125, 0.8))
    last = voluntary_trains(Scenario(seconds=125, drive=drive, pool=pool), ALIVE)[100].times_s
    fresh, tired, back = (np.sum((last > t) & (last < t + 2)) for t in (1, 57, 121))
    assert tired < 0.8 * fresh
    assert back > 0.85 * fresh


def test_excitation_rises_while_a_force_is_held_and_capacity_never_rises():
    course = held(0.5, 110)
    assert np.all(np.diff(course.excitation) >= -1e-12)
    assert np.all(np.diff(course.capacity) <= 1e-9)
    assert np.allclose(course.force[:500], 0.5, atol=0.003)


def test_inhibition_takes_away_what_arousal_adds():
    ramp = Scenario(seconds=20, drive=((0, 0), (10, 0.6), (20, 0)))

    def stops(**pool):
        trains = voluntary_trains(replace(ramp, pool=replace(POOL, common_drive=0.0, **pool)), ALIVE)
        return np.array([train.times_s[-1] for train in trains])

    calm, tense, held = stops(arousal=0.5), stops(arousal=2.0), stops(arousal=1.5, inhibition=0.03)
    assert np.mean(tense[60:] - calm[60:]) > 1
    assert abs(np.mean(held - calm)) < 0.2


PUBLISHED = replace(MUSCLES["biceps"], units=120, weakest_twitch_mn=1, twitch_range=100)


def _force(drive, seconds, *, fatigue):
    """Force while a drive is held, mean of every second, by the published muscle of 120 units."""
    pool = replace(POOL, common_drive=0.0, fatigue=fatigue)
    scenario = Scenario(seconds=seconds, drive=drive, muscle=PUBLISHED, pool=pool)
    units = motor_units(scenario)
    trains = voluntary_trains(scenario, units.alive)
    force = muscle_force_mn(scenario, units, trains)
    return force.reshape(round(seconds), -1).mean(axis=1)


def test_simulated_trains_hold_half_of_maximum_for_as_long_as_the_authors_release():
    """With the excitation that the release needs, force stays at 50 % for its endurance time, then falls."""
    course = held(0.5, 110)
    assert course.endurance_s == pytest.approx(95.5, abs=0.11)
    corners = tuple(zip(course.time_s[::5].tolist(), course.excitation[::5].tolist(), strict=True))
    force = _force(corners, 110, fatigue=True)
    start = force[2:12].mean()
    assert np.allclose(force[2:94] / start, 1, atol=0.1)
    assert force[105:].mean() < 0.95 * start
    rested = _force(corners, 110, fatigue=False)
    assert rested[85:94].mean() > 1.4 * start


def test_rates_adapt_and_force_falls_under_a_constant_drive_only_when_asked():
    drive = ((0.0, 0.8),)
    tired, rested = (_force(drive, 60, fatigue=asked) for asked in (True, False))
    assert tired[55:].mean() < 0.8 * tired[2:7].mean()
    assert rested[55:].mean() == pytest.approx(rested[2:7].mean(), rel=0.05)


def test_a_unit_loses_force_at_the_published_rate():
    """Fully fused, the last unit loses 2.25 % of its rested force per second, the first 180 times less."""
    times = np.arange(0, 10, 0.001)
    assert remaining_force(times, 90, 1.0)[-1] == pytest.approx(1 - 0.0225 * 9.999, rel=1e-6)
    assert remaining_force(times, 90, 0.0)[-1] == pytest.approx(1 - 0.0225 / 180 * 9.999, rel=1e-6)
