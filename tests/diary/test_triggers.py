"""The trigger model on diaries whose truth is known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myolens.diary.trends import trend_of
from myolens.diary.triggers import find_triggers

FACTORS = 5


def simulated(seed: int, days: int, effect: float, family: str):
    """Correlated habits, noise in spells, a slow drift, a tenth of the days missing."""
    rng = np.random.default_rng(seed)
    habits = np.linalg.cholesky(0.3 + 0.7 * np.eye(FACTORS)) @ rng.normal(size=(FACTORS, days))
    noise = np.zeros(days)
    for day in range(1, days):
        noise[day] = 0.6 * noise[day - 1] + 0.28 * rng.normal()
    predictor = noise + np.linspace(-0.2, 0.2, days)
    predictor += effect * (0.6 * habits[0] + 0.4 * np.r_[0, habits[0][:-1]])
    if family == "count":
        rate = 5 * np.exp(predictor)
        outcome = rng.negative_binomial(4, 4 / (4 + rate))
    else:
        outcome = rng.binomial(10, 1 / (1 + np.exp(-(1.5 * predictor - 0.6))))
    kept = rng.random(days) > 0.1
    values = [float(value) if keep else None for value, keep in zip(outcome, kept, strict=True)]
    return values, {f"habit {place}": list(habits[place]) for place in range(FACTORS)}


@pytest.mark.slow
@pytest.mark.parametrize("family", ["count", "intensity"])
def test_few_false_triggers_and_honest_intervals(family: str) -> None:
    diaries, wrong, covered = 24, 0, []
    for seed in range(diaries):
        triggers = find_triggers(*simulated(seed, 90, 0.0, family), family=family).triggers
        wrong += any(trigger.verdict.startswith("likely") for trigger in triggers)
        covered += [trigger.low <= 0 <= trigger.high for trigger in triggers]
    assert wrong <= 4  # five habits at 5 % each would make 5.4 of 24; scans of correlations make about 21
    assert np.mean(covered) >= 0.95


@pytest.mark.parametrize("family", ["count", "intensity"])
def test_a_strong_trigger_is_found_in_half_a_year(family: str) -> None:
    found = find_triggers(*simulated(1, 180, 0.6, family), family=family).triggers
    assert found[0].verdict == "likely trigger"
    assert found[0].low > 0
    assert found[0].days_needed is None


def test_the_sign_follows_the_habit() -> None:
    outcome, habits = simulated(3, 180, 0.6, "count")
    turned = {"habit 0": [-value for value in habits["habit 0"]]}
    trigger = find_triggers(outcome, turned, family="count").triggers[0]
    assert trigger.verdict == "likely relief"
    assert trigger.probability_harmful < 0.025


@settings(max_examples=8, deadline=None)
@given(scale=st.floats(0.01, 1000), shift=st.floats(-100, 100))
def test_the_unit_a_habit_is_written_in_does_not_matter(scale: float, shift: float) -> None:
    outcome, habits = simulated(2, 60, 0.3, "intensity")
    plain = find_triggers(outcome, {"x": habits["habit 0"]}).triggers[0]
    moved = find_triggers(outcome, {"x": [scale * value + shift for value in habits["habit 0"]]}).triggers[0]
    assert moved.change == pytest.approx(plain.change, rel=1e-3, abs=1e-4)
    assert moved.step == pytest.approx(plain.step * scale, rel=1e-6)


def test_too_little_is_said_to_be_too_little() -> None:
    short = find_triggers([1.0] * 10, {"sleep": [7.0] * 10})
    assert short.triggers == ()
    assert "10 days" in short.left_out[0][1]
    constant = find_triggers([float(n % 5) for n in range(40)], {"sleep": [7.0] * 40, "tea": [None] * 40})
    reasons = dict(constant.left_out)
    assert "nearly the same" in reasons["sleep"]
    assert "0 days" in reasons["tea"]


def test_more_days_narrow_the_interval() -> None:
    widths = []
    for days in (40, 320):
        trigger = find_triggers(*simulated(11, days, 0.0, "count"), family="count").triggers[1]
        widths.append(trigger.high - trigger.low)
    assert widths[1] < 0.6 * widths[0]


def week(values: list[float]) -> list[tuple[date, float]]:
    return [(date(2026, 1, 1) + timedelta(days=place), value) for place, value in enumerate(values)]


def test_a_straight_line_is_measured_exactly() -> None:
    trend = trend_of(week([8 - 0.1 * day for day in range(40)]))
    assert trend.change_per_month == pytest.approx(-3.0)
    assert trend.direction == "falling"


def test_noise_without_a_trend_is_seldom_given_one() -> None:
    rng = np.random.default_rng(0)
    directed = 0
    for _ in range(200):
        noise = np.zeros(60)
        for day in range(1, 60):
            noise[day] = 0.5 * noise[day - 1] + rng.normal()
        directed += trend_of(week(list(5 + noise))).direction in {"rising", "falling"}
    assert directed <= 24  # 5 % would be 10 of 200; without allowing for spells it is about 50


def test_a_few_days_have_no_direction() -> None:
    assert trend_of(week([1, 9, 1])).direction == "unknown"
    assert trend_of([]).mean is None
