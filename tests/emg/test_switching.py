"""Spikes of a machine that keep step with the mains are left out and said; discharges are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.emg.emg_made import add, potential, quiet, stored

from myolens.emg import analyze
from myolens.emg.analysis import Analysis
from myolens.emg.exclusion import VOLUNTARY
from myolens.emg.switching import SWITCHED, in_step

RATE = 2000.0


def charging(seconds: float, mains_hz: float, *, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """What keeps a capacitor charged: every 0.75 to 0.95 s two to four spikes at one phase of the mains.

    The second array holds what starts each group, at no phase.
    """
    rng = np.random.default_rng(seed)
    stepping: list[float] = []
    starting: list[float] = []
    at = 0.5
    while at < seconds - 1:
        starting.append(at)
        first = np.ceil((at + 0.015) * mains_hz) / mains_hz
        stepping += list(first + np.sort(rng.choice(5, rng.integers(2, 5), replace=False)) / mains_hz)
        at += rng.uniform(0.75, 0.95)
    return np.array(stepping), np.array(starting)


def beside_a_charger(mains_hz: float = 50.03, factor: float = 1.0) -> tuple[Analysis, np.ndarray]:
    """A minute and a half with a charger's spikes and a unit of 25 discharges."""
    x, channels = quiet(90.0, rate=RATE)
    stepping, starting = charging(90.0, mains_hz)
    add(x, RATE, stepping, 45.0, potential(RATE, width_s=0.001, phase=0.5))
    add(x, RATE, starting, 70.0, potential(RATE, width_s=0.0015, phase=1.0))
    truth = np.sort(np.random.default_rng(5).uniform(2, 88, 25))
    add(x, RATE, truth, 120.0, potential(RATE, width_s=0.0025))
    channels = [replace(channel, gain=factor * channel.gain) for channel in channels]
    return analyze(stored(x, RATE, channels)), truth


def found_of(analysis: Analysis, truth: np.ndarray) -> tuple[float, int]:
    """Share of the true discharges that were found, and how many events are none."""
    times = np.array([event.time_s for event in analysis.events])
    if not len(times):
        return 0.0, 0
    hit = np.mean([np.abs(times - t).min() < 0.01 for t in truth])
    return float(hit), int(np.sum([np.abs(truth - t).min() >= 0.01 for t in times]))


@pytest.mark.parametrize("mains_hz", [50.03, 60.0, 59.97])
def test_groups_of_spikes_in_step_with_the_mains_are_left_out_and_said(mains_hz: float) -> None:
    analysis, truth = beside_a_charger(mains_hz)
    share, others = found_of(analysis, truth)
    assert share >= 0.9
    assert others <= 2
    assert analysis.details["heartbeat"] is None
    assert analysis.details["switching"]["mains_hz"] == pytest.approx(mains_hz, abs=0.05)
    assert analysis.details["switching"]["spikes_left_out"] > 250
    assert any("in step with the mains" in problem for problem in analysis.quality.problems)
    assert analysis.to_json()["switching"] == analysis.details["switching"]


@pytest.mark.parametrize("factor", [-1.0, 4.0])
def test_gain_and_polarity_do_not_matter(factor: float) -> None:
    first, _ = beside_a_charger()
    second, _ = beside_a_charger(factor=factor)
    assert second.details["switching"] == first.details["switching"]
    assert len(second.events) == len(first.events)


def test_an_irregular_unit_in_strong_mains_stays() -> None:
    x, channels = quiet(90.0, rate=RATE)
    t = np.arange(x.shape[1]) / RATE
    for order, size in ((1, 200.0), (2, 40.0), (3, 80.0), (5, 30.0)):
        x += size * np.cos(2 * np.pi * 50.03 * order * t + order)
    truth = np.cumsum(np.random.default_rng(2).gamma(2.0, 0.5, 80)) + 1
    truth = truth[truth < 88]
    add(x, RATE, truth, 80.0, potential(RATE))
    analysis = analyze(stored(x, RATE, channels))
    share, others = found_of(analysis, truth)
    assert analysis.details["detection"]["mains_hz"] == pytest.approx(50.03, abs=0.02)
    assert analysis.details["switching"] is None
    assert share >= 0.9
    assert others <= 2


def test_a_unit_that_fasciculates_about_once_a_second_stays() -> None:
    x, channels = quiet(90.0, rate=RATE)
    rng = np.random.default_rng(6)
    truth = np.arange(1.0, 89.0) + rng.normal(0, 0.25, 88)
    add(x, RATE, truth, 80.0, potential(RATE))
    analysis = analyze(stored(x, RATE, channels))
    assert analysis.details["switching"] is None
    assert found_of(analysis, truth)[0] >= 0.9


def test_a_unit_beside_a_machine_only_by_chance_stays() -> None:
    analysis, _ = beside_a_charger()
    assert [unit.events for unit in analysis.units] == [pytest.approx(25, abs=5)]


@pytest.mark.parametrize("jitter_s", [0.0, 0.001, 0.02])
@pytest.mark.parametrize("interval_s", [0.04, 0.1, 1.0])
def test_a_regular_train_is_not_in_step_for_being_regular(interval_s: float, jitter_s: float) -> None:
    rng = np.random.default_rng(1)
    times = np.arange(60) * interval_s + rng.normal(0, jitter_s, 60) * min(1.0, interval_s)
    assert not in_step(np.sort(times), 50.0, rate=RATE)


@pytest.mark.parametrize("rate", [100.0, 200.0, 500.0, 1000.0, 2500.0])
def test_hardly_any_train_is_in_step_by_chance(rate: float) -> None:
    rng = np.random.default_rng(9)
    for shape in (0.7, 2.0, 20.0):
        for _ in range(150):
            times = np.cumsum(rng.gamma(shape, rng.uniform(0.05, 0.8) / shape, 60))
            times = np.unique(np.round(times * rate)) / rate
            assert not in_step(times, 50.0, rate=rate)


def test_six_spikes_at_different_multiples_are_enough_to_tell() -> None:
    steps = np.cumsum([0, 2, 5, 1, 38, 3, 4, 41, 6])
    assert in_step(steps / 50.0, 50.0, rate=2500.0)
    assert not in_step(steps[:4] / 50.0, 50.0, rate=2500.0)


def test_a_crowd_of_spikes_in_step_is_no_effort() -> None:
    rng = np.random.default_rng(4)
    x, channels = quiet(60.0, rate=RATE)
    shapes = [potential(RATE, width_s=w, phase=p) for w in (0.001, 0.002) for p in (0.0, 1.0, 2.0)]
    for k in range(20 * 50):
        if rng.random() < 0.3:
            phase = 0.002 + 0.005 * rng.integers(2)
            size = rng.uniform(60, 250)
            add(x, RATE, np.array([10 + k / 50 + phase]), size, shapes[rng.integers(6)])
    for at in np.sort(rng.uniform(40, 50, 300)):
        add(x, RATE, np.array([at]), rng.uniform(60, 250), shapes[rng.integers(6)])
    analysis = analyze(stored(x, RATE, channels))

    def time_of(reason: str, start: float, stop: float) -> float:
        own = [s for s in analysis.excluded if s.reason == reason]
        return sum(max(0.0, min(stop, s.end_s) - max(start, s.start_s)) for s in own)

    assert time_of(SWITCHED, 10, 30) > 15
    assert time_of(VOLUNTARY, 40, 50) > 8
    assert time_of(SWITCHED, 40, 50) == 0
    assert any("unplug" in problem for problem in analysis.quality.problems)
