"""What a number says about a finding."""

from __future__ import annotations

import math
from functools import partial
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myolens.assessment.measured import Interval, crossed, interval_log_ratio, log_ratio, state_log_ratio
from myolens.knowledge.model import NormalDistribution, Strength, Threshold


def normal(mean: float, sd: float) -> NormalDistribution:
    return NormalDistribution(mean=mean, sd=sd, strength=Strength.ESTIMATE, sources=("x",))


def threshold(
    direction: str, present: tuple[float, float], absent: tuple[float, float], cutoff: float
) -> Threshold:
    return Threshold(
        finding="low_potassium",
        direction=direction,
        cutoff=cutoff,
        present=normal(*present),
        absent=normal(*absent),
        strength=Strength.ESTIMATE,
        sources=("x",),
    )


LOW = threshold("below", (2.9, 0.4), (4.2, 0.35), 3.5)


def test_between_the_means_it_is_the_ratio_of_the_densities() -> None:
    def density(x: float, mean: float, sd: float) -> float:
        return math.exp(-0.5 * ((x - mean) / sd) ** 2) / sd

    expected = math.log(density(3.6, 2.9, 0.4) / density(3.6, 4.2, 0.35))
    assert log_ratio(LOW, 3.6) == pytest.approx(expected, abs=1e-12)


@given(st.floats(0.5, 9), st.floats(0.5, 9), st.floats(0.1, 1.5), st.floats(0.1, 1.5))
def test_a_more_extreme_value_never_says_less(
    first: float, second: float, sd_low: float, sd_high: float
) -> None:
    each = threshold("below", (2.9, sd_low), (4.2, sd_high), 3.5)
    low, high = sorted((first, second))
    assert log_ratio(each, low) >= log_ratio(each, high) - 1e-9


@given(st.floats(-1e6, 1e6))
def test_no_measurement_is_surer_than_its_limit(value: float) -> None:
    assert abs(log_ratio(LOW, value)) <= LOW.limit


def test_cut_off_has_two_sides() -> None:
    assert crossed(LOW, 3.4)
    assert not crossed(LOW, 3.5)


HIGH = threshold("above", (6.0, 0.5), (4.3, 0.4), 5.3)


@pytest.mark.parametrize(("each", "low", "high"), [(LOW, 2.5, 3.0), (LOW, 3.0, 3.5), (HIGH, 5.5, 6.0)])
def test_an_interval_says_what_the_chances_of_lying_in_it_say(
    each: Threshold, low: float, high: float
) -> None:
    """Between the turning points the mean ratio is that of two areas under normal curves."""

    def area(normal: NormalDistribution) -> float:
        return NormalDist(normal.mean, normal.sd).cdf(high) - NormalDist(normal.mean, normal.sd).cdf(low)

    wide = each.model_copy(update={"limit": 50.0})
    found = interval_log_ratio(wide, Interval(low, high), state=False, at=partial(log_ratio, wide))
    assert found == pytest.approx(math.log(area(each.present) / area(each.absent)), abs=2e-3)


@given(st.floats(1.0, 3.4), st.floats(0.05, 2.0), st.booleans())
def test_an_interval_says_no_more_and_no_less_than_its_values(
    start: float, width: float, state: bool
) -> None:
    at = partial(state_log_ratio if state else log_ratio, LOW)
    found = interval_log_ratio(LOW, Interval(start, start + width), state=state, at=at)
    ends = sorted((at(start), at(start + width)))
    assert ends[0] - 1e-9 <= found <= ends[1] + 1e-9
