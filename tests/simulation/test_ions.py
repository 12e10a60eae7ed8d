"""Electrochemistry that textbooks and dissections of nodes have settled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from myolens.errors import InputError
from myolens.simulation.ions import (
    CONTROL,
    Milieu,
    ghk_pa,
    nernst_mv,
    pump_activity,
    screening_shift_mv,
    thermal_mv,
)


def test_rt_over_f_at_35_degrees():
    assert thermal_mv(35.0) == pytest.approx(26.55, abs=0.01)


@pytest.mark.parametrize(
    ("potassium", "shift"), [(2.5, -13.8), (3.0, -8.9), (3.5, -4.8), (5.0, 4.6), (6.0, 9.5), (7.0, 13.6)]
)
def test_potassium_moves_its_equilibrium_as_nernst_says(potassium, shift):
    moved = nernst_mv(potassium, 155.0, 35.0) - nernst_mv(4.2, 155.0, 35.0)
    assert moved == pytest.approx(shift, abs=0.06)


@given(st.floats(1.0, 200.0), st.floats(1.0, 200.0), st.floats(15.0, 43.0))
def test_constant_field_current_vanishes_at_the_nernst_potential(outside, inside, temperature):
    potential = nernst_mv(outside, inside, temperature)
    scale = abs(ghk_pa(potential + 10.0, 1.0, outside, inside, temperature))
    assert abs(ghk_pa(potential, 1.0, outside, inside, temperature)) < 1e-9 * scale


@given(st.floats(-150.0, 100.0))
def test_constant_field_current_rises_with_potential(potential):
    assert ghk_pa(potential + 0.1, 5.46, 144.2, 9.0, 33.0) > ghk_pa(potential, 5.46, 144.2, 9.0, 33.0)


def test_constant_field_current_is_smooth_through_zero():
    around = ghk_pa(np.array([-1e-6, 0.0, 1e-6]), 1.0, 144.2, 9.0, 33.0)
    assert around[1] == pytest.approx((around[0] + around[2]) / 2, rel=1e-9)
    # u → 0: Z = −F([Na]o − [Na]i)
    assert around[1] == pytest.approx(-96485.33 * 1e-3 * (144.2 - 9.0), rel=1e-6)


@pytest.mark.parametrize(
    ("calcium", "magnesium", "shift"),
    [
        (1.0, 0.55, -1.4),
        (0.8, 0.55, -3.1),
        (0.6, 0.55, -5.1),
        (0.5, 0.30, -8.0),
        (1.2, 0.20, -1.2),
        (1.7, 0.55, 2.9),
    ],
)
def test_divalents_shift_gating(calcium, magnesium, shift):
    milieu = Milieu(calcium_mm=calcium, magnesium_mm=magnesium)
    assert screening_shift_mv(milieu) == pytest.approx(shift, abs=0.06)


def test_tenfold_divalents_shift_within_hilles_range():
    less = Milieu(calcium_mm=0.24, magnesium_mm=0.11)
    more = Milieu(calcium_mm=2.4, magnesium_mm=1.1)
    assert 20.0 <= screening_shift_mv(more) - screening_shift_mv(less) <= 25.0


def test_overbreathing_shifts_by_half_to_one_millivolt_beyond_calcium():
    assert -1.0 <= screening_shift_mv(replace(CONTROL, ph=7.6)) <= -0.5


def test_pump_answers_potassium_outside_and_sodium_inside():
    assert pump_activity(CONTROL) == 1.0
    assert pump_activity(replace(CONTROL, potassium_mm=6.0)) == pytest.approx(1.18, abs=0.005)
    assert pump_activity(replace(CONTROL, sodium_inside_mm=14.0)) > 1.2


@pytest.mark.parametrize(
    "change", [{"potassium_mm": 0.0}, {"calcium_mm": -1.0}, {"ph": 2.0}, {"temperature_c": float("nan")}]
)
def test_ions_no_one_survives_are_refused(change):
    with pytest.raises(InputError) as error:
        Milieu(**change)
    assert error.value.where == next(iter(change))


def test_nernst_refuses_nothing():
    with pytest.raises(InputError):
        nernst_mv(0.0, 155.0, 35.0)
