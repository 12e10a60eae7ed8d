"""The volume conductor against direct solutions of its boundary problem, limits and laws."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myolens.simulation.conductor import Layers, planar_transfer, skin_table
from myolens.simulation.limb import Limb, cylindrical_transfer, limb_table


def solve_planes(kx, kz, layers, *, depth_mm=None, surface_source=False, read_depth_mm=None):
    """Direct numerical solution of the three-layer problem at one spatial frequency.

    Depth y grows into the muscle from 0 at the fat; fat is −h…0, skin −(h+d)…−h. Unknowns are the
    amplitudes of growing and falling exponentials in each layer.
    """
    h, d = layers.fat_mm, layers.skin_mm
    k = np.hypot(kx, kz)
    ka = np.sqrt(kx**2 + layers.muscle_along / layers.muscle_across * kz**2)
    s, f, m = layers.skin, layers.fat, layers.muscle_across
    # skin: a e^{k(y+h+d)} + b e^{-k(y+h+d)}; fat: c e^{ky} + e e^{-ky}; muscle: g e^{-ka y} + source.
    matrix, right = np.zeros((5, 5)), np.zeros(5)
    matrix[0, :2] = s * k, -s * k
    right[0] = -1.0 if surface_source else 0.0
    up, down = np.exp(k * d), np.exp(-k * d)
    matrix[1] = up, down, -np.exp(-k * h), -np.exp(k * h), 0
    matrix[2] = s * k * up, -s * k * down, -f * k * np.exp(-k * h), f * k * np.exp(k * h), 0
    matrix[3] = 0, 0, 1, 1, -1
    matrix[4] = 0, 0, f * k, -f * k, m * ka
    if depth_mm is not None:
        primary = np.exp(-ka * depth_mm) / (2 * m * ka)
        right[3] = primary
        right[4] = m * ka * primary
    a, b, _, _, g = np.linalg.solve(matrix, right)
    if read_depth_mm is not None:
        return g * np.exp(-ka * read_depth_mm)
    return a + b


LAYERS = st.builds(
    Layers,
    fat_mm=st.floats(0.3, 12),
    skin_mm=st.floats(0.5, 3),
    muscle_across=st.floats(0.05, 0.3),
    muscle_along=st.floats(0.3, 1.0),
    fat=st.floats(0.01, 0.1),
    skin=st.floats(0.02, 1.5),
)
FREQUENCY = st.floats(0.02, 1.5)


@given(LAYERS, FREQUENCY, FREQUENCY, st.floats(0.3, 20))
@settings(max_examples=200, deadline=None)
def test_planar_transfer_is_the_solution_of_the_boundary_problem(layers, kx, kz, depth_mm):
    formula = planar_transfer(np.array(kx), np.array(kz), depth_mm=depth_mm, layers=layers)
    assert formula == pytest.approx(solve_planes(kx, kz, layers, depth_mm=depth_mm), rel=1e-9)


def test_planar_transfer_agrees_to_twelve_digits_for_the_default_arm():
    """T7: against a direct solution of the boundary problem."""
    for kx, kz, depth in [(0.1, 0.2, 5.0), (0.4, 0.05, 2.0), (0.02, 0.5, 10.0)]:
        formula = float(planar_transfer(np.array(kx), np.array(kz), depth_mm=depth, layers=Layers()))
        assert abs(formula - solve_planes(kx, kz, Layers(), depth_mm=depth)) < 1e-12 * abs(formula)


@given(LAYERS, FREQUENCY, FREQUENCY, st.floats(0.3, 20))
@settings(max_examples=100, deadline=None)
def test_reciprocity_current_at_the_skin_gives_the_same_potential_in_the_muscle(layers, kx, kz, depth_mm):
    there = planar_transfer(np.array(kx), np.array(kz), depth_mm=depth_mm, layers=layers)
    back = solve_planes(kx, kz, layers, surface_source=True, read_depth_mm=depth_mm)
    assert there == pytest.approx(back, rel=1e-9)


def test_one_conductivity_everywhere_is_the_half_space_of_a_point_source():
    uniform = Layers(3.0, 1.0, 0.2, 0.2, 0.2, 0.2)
    table = skin_table(uniform, 1e-3, 20.0, 40.0)
    depth = float(np.exp(table.log_depths[20]))
    z = np.arange(table.values.shape[2]) * table.step_mm
    exact = 1 / (2 * np.pi * 0.2 * np.hypot(depth + 4.0, z))
    # The constant of the periodic domain is free; sources of no net current do not see it.
    near = z < 60
    seen = table.values[20, 0] - table.values[20, 0, 0]
    assert np.allclose(seen[near], (exact - exact[0])[near], atol=0.02 * exact[0])


@pytest.mark.parametrize(("fat_mm", "depth_mm"), [(1, 2), (4, 2), (4, 8), (8, 8)])
def test_table_is_the_inverse_transform_between_its_depths_too(fat_mm, depth_mm):
    layers = Layers(float(fat_mm), 1.3)
    table = skin_table(layers, 1.0, 25.0, 30.0)
    place = (np.log(depth_mm) - table.log_depths[0]) / np.diff(table.log_depths)[0]
    low = int(place)
    mixed = (1 - place + low) * table.values[low] + (place - low) * table.values[low + 1]
    k = 2 * np.pi * np.fft.fftfreq(640, 0.5)
    kx, kz = np.meshgrid(k, k, indexing="ij")
    kx[0, 0] = 1.0
    from scipy.special import j1

    kappa = np.hypot(kx, kz)
    spectrum = planar_transfer(kx, kz, depth_mm=float(depth_mm), layers=layers) * 2 * j1(kappa) / kappa
    spectrum[0, 0] = 0
    exact = np.fft.ifft2(spectrum).real[:40, :200] / 0.25
    assert np.max(np.abs(mixed[:40, :200] - exact)) < 0.01 * np.abs(exact).max()


def test_potential_at_the_skin_falls_with_depth_and_with_fat():
    at = [planar_transfer(np.array(0.1), np.array(0.1), depth_mm=y, layers=Layers()) for y in (1, 5, 10, 20)]
    assert all(shallow > deep for shallow, deep in pairwise(at))
    over = [
        planar_transfer(np.array(0.1), np.array(0.1), depth_mm=5, layers=Layers(fat_mm=f)) for f in (1, 4, 9)
    ]
    assert all(thin > thick for thin, thick in pairwise(over))


@pytest.mark.parametrize(("radius", "tolerance"), [(300.0, 0.05), (1500.0, 0.015)])
def test_a_wide_cylinder_is_a_plane(radius, tolerance):
    """T7: the coefficients tend to those of the plane over the radius, H_n(k) → H(n/d, k)/d."""
    layers = Layers()
    limb = Limb(0.0, radius - 5.3, radius - 1.3, radius)
    depth = 4.0
    for kx, kz in [(0.1, 0.15), (0.2, 0.1)]:
        n = np.array(float(round(kx * radius)))
        round_one = cylindrical_transfer(n, np.array(kz), radius_mm=radius - 5.3 - depth, limb=limb)
        flat = planar_transfer(np.array(float(n) / radius), np.array(kz), depth_mm=depth, layers=layers)
        assert float(round_one) * radius == pytest.approx(float(flat), rel=tolerance)


def test_bone_raises_the_potential_over_a_source_beside_it_because_it_conducts_badly():
    n, k = np.array([0.0, 1, 2]), np.array(0.05)
    with_bone = cylindrical_transfer(n, k, radius_mm=15.0, limb=Limb(10.0))
    without = cylindrical_transfer(n, k, radius_mm=15.0, limb=Limb(0.0))
    assert np.all(with_bone > without)


def test_bone_that_conducts_like_muscle_changes_nothing():
    # Muscle equal in all directions, so that a bone of the same stuff is no boundary at all.
    same = Limb(10.0, bone=0.1, muscle_along=0.1)
    for order, k in [(0.0, 0.05), (3.0, 0.2), (12.0, 0.1)]:
        marked = cylindrical_transfer(np.array(order), np.array(k), radius_mm=30.0, limb=same)
        plain = cylindrical_transfer(
            np.array(order), np.array(k), radius_mm=30.0, limb=replace(same, bone_mm=0.0)
        )
        assert float(marked) == pytest.approx(float(plain), rel=1e-9)


def test_the_limb_reads_the_same_forwards_and_backwards():
    n, k = np.array([1.0, 5.0]), np.array([0.1, 0.3])
    assert np.array_equal(
        cylindrical_transfer(n, k, radius_mm=30.0, limb=Limb()),
        cylindrical_transfer(-n, -k, radius_mm=30.0, limb=Limb()),
    )


def test_high_orders_do_not_overflow():
    values = cylindrical_transfer(
        np.arange(0.0, 200, 7)[:, None], np.array([0.01, 0.5, 3.0]), radius_mm=40.0, limb=Limb()
    )
    assert np.all(np.isfinite(values))
    assert np.all(np.diff(values[1:], axis=0) <= 1e-12)


def test_table_of_a_very_wide_limb_is_the_table_of_the_plane():
    flat = skin_table(Layers(), 1.0, 22.0, 40.0)
    wide = limb_table(Limb(0.0, 294.7, 298.7, 300.0), 5.0, 22.0)
    flat_wide_disc = skin_table(Layers(), 5.0, 22.0, 40.0)
    for depth in (18, 24):
        z = np.arange(0, 60, 6.0)
        here = np.interp(z, np.arange(wide.values.shape[2]) * wide.step_mm, wide.values[depth, 0])
        there = np.interp(z, np.arange(flat_wide_disc.values.shape[2]) * 0.5, flat_wide_disc.values[depth, 0])
        # Free constants removed; a wide limb still gathers a few per cent more than the plane.
        assert np.allclose(here - here[-1], there - there[-1], rtol=0.12, atol=0.01 * there[0])
    assert flat.log_depths == pytest.approx(wide.log_depths)


def test_a_round_limb_gathers_the_current_under_the_electrode():
    """The smaller the limb the larger the potential over the source: current has nowhere else to go."""

    def peak(radius):
        table = limb_table(Limb(10.0, radius - 5.3, radius - 1.3, radius), 2.0, 20.0)
        z = np.arange(table.values.shape[2]) * table.step_mm
        return table.values[15, 0, 0] - np.interp(30.0, z, table.values[15, 0])

    assert peak(40.0) > peak(60.0)
