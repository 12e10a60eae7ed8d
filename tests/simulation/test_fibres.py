"""The fibre's action potential and source against the published equations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from myolens.simulation.fibres import (
    RECOVERY_HEIGHT,
    fibre_speed_m_per_s,
    membrane_potential_mv,
    recovered_speed,
    source_strength_ua,
    speed_after,
    wave_poles,
)


def test_rosenfalck_potential_rests_at_minus_90_and_peaks_at_plus_39_mv_3_mm_behind_the_front():
    z = np.linspace(-5, 20, 25_001)
    v = membrane_potential_mv(z)
    assert np.all(v[z <= 0] == -90)
    assert z[np.argmax(v)] == pytest.approx(3.0, abs=1e-3)
    assert v.max() == pytest.approx(96 * 27 * np.exp(-3) - 90)


@given(st.integers(min_value=4, max_value=200))
def test_no_net_current_and_no_dipole_moment_leave_the_fibre(count):
    """T8: the source integrates to zero."""
    poles = wave_poles(count)
    scale = np.abs(poles.strength).sum()
    assert abs(poles.strength.sum()) < 1e-12 * scale
    assert abs(poles.strength @ poles.behind_mm) < 1e-11 * scale * poles.behind_mm[-1]


def test_second_moment_of_the_source_is_twice_the_area_of_the_action_potential():
    # ∫ z² V″ dz = 2 ∫ (V − V_rest) dz = 2 · 96 · 3! : what the far field is made of.
    poles = wave_poles(60)
    assert poles.strength @ poles.behind_mm**2 == pytest.approx(2 * 96 * 6, rel=0.01)


@pytest.mark.parametrize(("diameter_um", "speed"), [(22, 2.2), (55, 3.77), (85, 5.2)])
def test_conduction_velocity_follows_nandedkar_and_stalberg(diameter_um, speed):
    assert fibre_speed_m_per_s(float(diameter_um)) == pytest.approx(speed, abs=0.005)


def test_a_colder_fibre_is_slower():
    assert fibre_speed_m_per_s(55.0, temperature_c=30) == pytest.approx(
        float(fibre_speed_m_per_s(55.0)) - 0.75
    )


def test_a_second_impulse_is_10_to_20_percent_faster_after_6_to_10_ms():
    """Buchthal & Engbaek 1963; near the refractory period, and after a tenth of a second, as the first."""
    short = np.linspace(6, 10, 9)
    assert np.all(recovered_speed(short, RECOVERY_HEIGHT) > 1.10)
    assert np.all(recovered_speed(short, RECOVERY_HEIGHT) < 1.20)
    assert np.all(np.abs(speed_after(np.array([0.0036, 0.12, 1.0, np.inf])) - 1) < 0.01)
    assert np.all(speed_after(np.array([0.005, 0.01]), 0.0) == 1)


@given(st.floats(3.5, 300), st.floats(1, 40))
def test_a_second_impulse_gains_on_the_first_but_never_overtakes_it(gap_ms, travel_ms):
    factor = float(speed_after(np.array([gap_ms / 1000]), travel_ms=travel_ms)[0])
    left = gap_ms + travel_ms / factor - travel_ms
    assert 3.5 - 1e-9 <= left <= gap_ms + 1e-9


def test_source_current_is_conductivity_times_cross_section():
    # σ_i π d²/4 · 1 mV/mm for d = 55 µm: 1.01 S/m · 2.376e-9 m² · 1 V/m = 2.4 nA.
    assert source_strength_ua(np.array([55.0]))[0] == pytest.approx(2.3996e-3, rel=1e-3)
