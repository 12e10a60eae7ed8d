"""What a number says about a finding."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myolens.assessment.measured import crossed, log_ratio
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
