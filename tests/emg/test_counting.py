"""Rates with intervals, against tables and simulated processes; change between recordings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.emg.emg_made import add, potential, quiet, stored

from myolens.emg import analyze, compare
from myolens.emg.analysis import Unit
from myolens.emg.clumping import SINGLY, SPREAD, TYPICAL_INDEX, probability_of_none
from myolens.emg.comparison import rate_ratio
from myolens.emg.counting import (
    complement,
    dispersion,
    intervals_s,
    poisson_rate,
    rate_per_min,
    seconds_to_exclude,
)
from myolens.emg.findings import ABSENT_STRENGTH, absence_strength
from myolens.emg.geometry import conduction
from myolens.emg.measures import exclusion_time


@pytest.mark.parametrize(
    ("count", "low", "high"),
    # Garwood 1936, as tabulated for 95 %: Biometrika Tables for Statisticians, table 40
    [(1, 0.0253, 5.57), (5, 1.62, 11.67), (10, 4.80, 18.39), (50, 37.11, 65.92)],
)
def test_exact_interval_is_garwoods(count: int, low: float, high: float) -> None:
    estimate = poisson_rate(count, 1.0)
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=0.006)


def test_none_seen_is_the_rule_of_three() -> None:
    assert poisson_rate(0, 2.0).high == pytest.approx(3 / 2, rel=0.01)


def test_ninety_seconds_for_three_a_minute() -> None:
    # Mills 2011: up to 90 s to see one with a probability near 1
    assert seconds_to_exclude(3.0, level=0.99, sensitivity=1.0) == pytest.approx(92, abs=1)


@pytest.mark.parametrize("clump", [1, 3])
def test_ninety_five_percent_intervals_hold_the_rate(clump: int) -> None:
    rng = np.random.default_rng(clump)
    held = 0
    for _ in range(300):
        starts = rng.uniform(0, 600, rng.poisson(150 / clump))
        times = np.sort(np.concatenate([starts + 0.1 * k for k in range(clump)]))
        estimate, _ = rate_per_min(times[times < 600], [(0.0, 600.0)])
        held += estimate.low <= 15.0 <= estimate.high
    assert 0.92 <= held / 300 <= 0.995


def test_few_single_events_are_not_held_too_often() -> None:
    """Six expected: exact two-sided intervals could hold them in no fewer than 98 of 100 runs."""
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(600):
        estimate, _ = rate_per_min(np.sort(rng.uniform(0, 120, rng.poisson(6))), [(0.0, 120.0)])
        held += estimate.low <= 3.0 <= estimate.high
    assert 0.94 <= held / 600 <= 0.975


def test_clumped_events_widen_the_interval() -> None:
    even = np.linspace(1, 599, 120)
    starts = np.sort(np.random.default_rng(8).uniform(0, 590, 10))
    clumped = np.concatenate([np.linspace(0, 5, 12) + start for start in starts])
    (one, calm), (other, wild) = (rate_per_min(t, [(0.0, 600.0)]) for t in (even, clumped))
    assert calm.index == 1.0
    assert wild.index > 1.5
    assert other.high - other.low > 1.2 * (one.high - one.low)


def test_few_events_leave_room_for_bursts_unseen() -> None:
    """Bursts of four at three events a minute leave two minutes in nine (e^−1.5) without any."""
    none, _ = rate_per_min(np.zeros(0), [(0.0, 120.0)])
    assert (none.value, none.low) == (0.0, 0.0)
    assert poisson_rate(0, 2.0).high < 3.0 < none.high
    singles, _ = rate_per_min(np.linspace(5, 115, 8), [(0.0, 120.0)])
    together, _ = rate_per_min(50 + np.arange(8) / 4, [(0.0, 120.0)])
    assert singles.value == together.value
    assert together.high > 1.5 * singles.high and together.low < singles.low


def test_many_events_speak_for_themselves() -> None:
    """A thousand single events: the limits of the normal approximation, whatever the prior."""
    times = 1.8 * (np.arange(1000) + np.random.default_rng(5).uniform(0, 1, 1000))
    estimate, spread = rate_per_min(times, [(0.0, 1800.0)])
    assert spread.index == 1
    assert estimate.high - estimate.low == pytest.approx(2 * 1.96 * np.sqrt(1000) / 30, rel=0.15)
    wider, _ = rate_per_min(times, [(0.0, 1800.0)], level=0.99)
    assert wider.low < estimate.low < estimate.value < estimate.high < wider.high


def test_probability_of_none_falls_slower_than_for_single_events() -> None:
    expected = np.array([0.1, 0.5, 1.0, 3.0, 10.0])
    chance = np.array([probability_of_none(x) for x in expected])
    assert probability_of_none(0.0) == pytest.approx(1)
    assert (np.diff(chance) < 0).all() and (chance > np.exp(-expected)).all()


def test_clumps_take_longer_to_exclude() -> None:
    """Bursts of a random size at random instants: those that would stay unseen are one muscle in twenty."""
    rng = np.random.default_rng(6)
    found = exclusion_time(0, 300.0)
    minutes = found["needed_s"] * 0.95 / 60
    clumped = np.exp(rng.normal(np.log(TYPICAL_INDEX), SPREAD, 50000))
    clumped = clumped[clumped > 1]
    clumps_per_event = np.where(rng.random(len(clumped)) < SINGLY, 1.0, np.log(clumped) / (clumped - 1))
    starts = rng.poisson(minutes * clumps_per_event)
    assert np.mean(starts == 0) == pytest.approx(0.05, abs=0.004)
    assert found["needed_single_s"] == pytest.approx(189, abs=1)
    assert found["needed_s"] > 2 * found["needed_single_s"]
    assert found["excluded_above_per_min"] == pytest.approx(found["needed_s"] / 300, rel=1e-3)
    assert exclusion_time(3, 300.0)["excluded_above_per_min"] is None


def test_absence_weighs_more_the_longer_and_clearer_the_recording() -> None:
    """Never more than the published negative likelihood ratio (SPiQE), and little after a few minutes."""
    short, long_, endless = (absence_strength(60.0 * m, 40.0) for m in (3.2, 10, 600))
    assert ABSENT_STRENGTH <= endless < long_ < short < 0
    assert short > 0.6 * ABSENT_STRENGTH
    assert endless == pytest.approx(ABSENT_STRENGTH, abs=0.1)
    assert absence_strength(600.0, 90.0) == pytest.approx(0.5 * long_)


def test_excluded_time_does_not_count() -> None:
    kept = complement([(10.0, 40.0)], 60.0)
    assert kept == [(0.0, 10.0), (40.0, 60.0)]
    estimate, _ = rate_per_min(np.array([1.0, 5.0, 45.0]), kept)
    assert estimate.value == pytest.approx(6.0)
    assert list(intervals_s(np.array([1.0, 5.0, 45.0]), kept)) == [4.0]
    assert dispersion(np.zeros(0), kept).index == 1.0


def recording(rate_per_min: float, seed: int):
    rng = np.random.default_rng(seed)
    x, channels = quiet(120.0, seed=seed)
    times = np.sort(rng.uniform(1, 119, rng.poisson(2 * rate_per_min)))
    add(x, 1000.0, times[np.diff(times, prepend=0) > 0.04], 60.0, potential(1000.0))
    return analyze(stored(x, 1000.0, channels), muscle="biceps")


def test_a_fourfold_rate_is_a_change_and_the_same_rate_is_not() -> None:
    first, same, more = recording(8, 1), recording(8, 2), recording(32, 3)
    assert compare(first, same).change == "not shown"
    risen = compare(first, more)
    assert risen.change == "higher"
    assert risen.ratio.low < 4 < risen.ratio.high
    assert compare(more, first).change == "lower"
    assert compare(first, replace(more, muscle="triceps")).cautions


def clumps(size: int, rate_per_min: float, seconds: float, rng: np.random.Generator) -> np.ndarray:
    starts = rng.uniform(0, seconds - 1, rng.poisson(rate_per_min * seconds / 60 / size))
    return np.sort(np.concatenate([starts + 0.2 * k for k in range(size)]))


@pytest.mark.parametrize("size", [1, 5])
def test_bursts_do_not_pass_for_change(size: int) -> None:
    """Equal rates in three and in ten minutes: at most one recording in twenty is said to have changed."""
    rng, false, held = np.random.default_rng(size), 0, 0
    early, late = [(0.0, 180.0)], [(0.0, 600.0)]
    for _ in range(40):
        first = clumps(size, 10, 180, rng)
        same = rate_ratio(first, early, clumps(size, 10, 600, rng), late)
        more = rate_ratio(first, early, clumps(size, 30, 600, rng), late)
        false += not same.low <= 1 <= same.high
        held += more.low <= 3 <= more.high
    assert false <= 5  # 2 expected; more than 5 once in fifty
    assert held >= 35


def test_ratio_turns_over_with_the_order_and_knows_none() -> None:
    rng = np.random.default_rng(4)
    few, many, kept = clumps(1, 5, 300, rng), clumps(3, 20, 300, rng), [(0.0, 300.0)]
    there, back = rate_ratio(few, kept, many, kept), rate_ratio(many, kept, few, kept)
    assert (there.low, there.high) == pytest.approx((1 / back.high, 1 / back.low), rel=0.01)
    assert there.value == pytest.approx(len(many) / len(few))
    none = np.zeros(0)
    assert rate_ratio(many, kept, none, kept).low == 0 and rate_ratio(many, kept, none, kept).high < 1
    assert rate_ratio(none, kept, many, kept).high == np.inf
    assert rate_ratio(none, kept, none, kept).low == 0
    wider = rate_ratio(few, kept, many, kept, level=0.99)
    assert wider.low < there.low < there.value < there.high < wider.high


def test_findings_say_present_absent_or_nothing() -> None:
    busy = {f.name: f for f in recording(20, 4).findings}
    assert busy["emg_fasciculations"].present and busy["emg_fasciculations"].strength > 0
    x, channels = quiet(240.0, seed=11)
    silent = {f.name: f for f in analyze(stored(x, 1000.0, channels)).findings}
    assert silent["emg_fasciculations"].present is False
    assert silent["emg_no_fasciculations_found"].present
    x, channels = quiet(20.0, seed=12)
    assert analyze(stored(x, 1000.0, channels)).findings == ()


def test_findings_are_words_of_the_vocabulary() -> None:
    from pathlib import Path

    import myolens.knowledge

    text = (Path(myolens.knowledge.__file__).parent / "data" / "findings" / "recordings.yaml").read_text(
        "utf-8"
    )
    for name in ("emg_fasciculations", "emg_no_fasciculations_found", "emg_high_fasciculation_rate",
                 "emg_single_unit", "emg_several_units", "emg_doublets"):  # fmt: skip
        assert f"code: {name}\n" in text


def test_conduction_velocity_and_innervation_zone_of_a_travelling_potential() -> None:
    rate, velocity = 4096.0, 4.2
    t = (np.arange(200) - 60) / rate
    places = tuple((0.0, 8.0 * k) for k in range(13))
    zone = 45.0
    rows = []
    for _, y in places:
        late = t - abs(y - zone) / 1000 / velocity
        rows.append(100 * np.exp(-0.5 * (late / 0.0015) ** 2))
    unit = Unit(1, 5, 1.0, "x", np.array(rows, np.float32), rate)
    (found,) = conduction((unit,), places)
    assert found["velocity_m_s"] == pytest.approx(velocity, rel=0.05)
    assert found["innervation_zone_mm"] == pytest.approx(zone, abs=8)


def test_two_units_a_doublet_and_a_superposition_are_told_apart() -> None:
    x, channels = quiet(60.0, rate=2048.0, channels=16, grid=True)
    places = np.array([c.position_mm for c in channels])
    near = 90 * np.exp(-np.sum((places - (0, 8)) ** 2, axis=1) / 400)
    far = 90 * np.exp(-np.sum((places - (8, 48)) ** 2, axis=1) / 400)
    rng = np.random.default_rng(2)
    one = np.sort(np.append(np.arange(2, 56, 4.3) + rng.uniform(0, 1, 13), [57.0, 57.04]))
    two = np.append(np.arange(3.7, 56, 4.3) + rng.uniform(0, 1, 13), one[4] + 0.003)
    add(x, 2048.0, one, near, potential(2048.0))
    add(x, 2048.0, two, far, potential(2048.0, width_s=0.003, phase=1.0))
    analysis = analyze(stored(x, 2048.0, channels))
    assert len(analysis.units) == 2
    assert sorted(unit.events for unit in analysis.units) == sorted([len(one), len(two)])
    assert sum(unit.doublets for unit in analysis.units) == 1
    assert analysis.details["detection"]["unassigned"] <= 1  # a false alarm may be among them
    assert len(analysis.details["map"]["units"]) == 2
