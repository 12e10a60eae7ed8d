"""From current in the muscle to potential on the skin or around a needle.

Surface: the layered plane of Farina & Merletti 2001 (IEEE TBME 48:637) and the layered
cylinder of Farina, Mesin, Martina & Merletti 2004 (IEEE TBME 51:415), both as transfer
functions in spatial frequency and as tables over distance. Needle: line source in an
infinite anisotropic medium (Nandedkar & Stålberg 1983), in `kernels`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NEEDLE_RADIAL_S_PER_M = 0.063
NEEDLE_AXIAL_S_PER_M = 0.33
"""Muscle around a needle (Andreassen & Rosenfalck 1981, as used by Nandedkar & Stålberg)."""


@dataclass(frozen=True, slots=True)
class Layers:
    """Skin, fat and muscle of a plane, in mm and S/m (Farina & Merletti 2001).

    Attributes
    ----------
    fat_mm, skin_mm : thickness.
    muscle_across, muscle_along, fat, skin : conductivity.
    """

    fat_mm: float = 4.0
    skin_mm: float = 1.3
    muscle_across: float = 0.1
    muscle_along: float = 0.5
    fat: float = 0.05
    skin: float = 1.0


@dataclass(frozen=True, slots=True)
class Limb:
    """A limb of four layers: radii in mm, conductivities in S/m (Farina et al. 2004).

    `bone_mm` 0 means no bone.
    """

    bone_mm: float = 10.0
    muscle_mm: float = 44.7
    fat_mm: float = 48.7
    skin_mm: float = 50.0
    bone: float = 0.02
    muscle_across: float = 0.1
    muscle_along: float = 0.5
    fat: float = 0.05
    skin: float = 1.0


def planar_transfer(kx: Array, kz: Array, *, depth_mm: float, layers: Layers) -> Array:
    """Potential at the skin per unit current at a depth in the muscle, per spatial frequency.

    Parameters
    ----------
    kx, kz : ndarray
        Spatial frequencies across and along the fibres, rad/mm; broadcast together, not both 0.
    depth_mm : float
        Depth of the source below the fat.
    layers : Layers

    Returns
    -------
    ndarray
        V·mm² per A·(S/m)⁻¹·mm⁻¹: with current in µA and lengths in mm, the inverse Fourier
        transform is in mV·(1 µA = 1e-6 A, 1/mm = 1e3/m → 1 µA/(S/m·mm) = 1 mV).
    """
    h, d = layers.fat_mm, layers.skin_mm
    ky = np.sqrt(kx**2 + kz**2)
    ka = np.sqrt(kx**2 + layers.muscle_along / layers.muscle_across * kz**2)
    rc, rm = layers.skin / layers.fat, layers.fat / layers.muscle_across
    outer, inner = ky * (h + d), ky * (h - d)
    # Divided through by exp(outer), so that thick layers and high frequencies do not overflow.
    scale = np.exp(-outer)
    cosh_outer = (1 + scale**2) / 2
    cosh_inner = (np.exp(inner - outer) + np.exp(-inner - outer)) / 2
    denominator = (1 + rc) * cosh_outer * (ka + ky * rm * np.tanh(outer)) + (1 - rc) * cosh_inner * (
        ka + ky * rm * np.tanh(inner)
    )
    return np.asarray(2 / layers.muscle_across * np.exp(-ka * depth_mm) * scale / denominator)


def cylindrical_transfer(n: Array, kz: Array, *, radius_mm: float, limb: Limb) -> Array:
    """Potential at the skin of a limb per unit current at a radius in the muscle.

    Parameters
    ----------
    n, kz : ndarray
        Angular order and axial frequency (rad/mm, not 0); broadcast together.
    radius_mm : float
        Radius of the source, between bone and fat.
    limb : Limb

    Returns
    -------
    ndarray
        Coefficients H; the potential of a unit source is Σ_n ∫ H e^{jnθ} e^{jkz} dk / 4π².

    Notes
    -----
    Continuity of potential and radial current at each boundary, none through the skin. Each
    unknown is scaled by its Bessel function at a boundary, so that nothing overflows.
    """
    n, kz = np.broadcast_arrays(np.abs(np.asarray(n, float)), np.abs(np.asarray(kz, float)))
    shape = n.shape
    n, kz = n.ravel(), kz.ravel()
    size = 7 if limb.bone_mm > 0 else 5
    matrix, right = np.zeros((n.size, size, size)), np.zeros((n.size, size))
    q = kz * np.sqrt(limb.muscle_along / limb.muscle_across)
    b, c, d, sr = limb.muscle_mm, limb.fat_mm, limb.skin_mm, limb.muscle_across
    first = 1 if limb.bone_mm > 0 else 0
    inner = limb.bone_mm if limb.bone_mm > 0 else b
    grow = _Radial(n, q, b, growing=True)
    fall = _Radial(n, q, inner, growing=False)
    muscle, muscle_slope = [grow], first
    row = 0
    if limb.bone_mm > 0:
        bone = _Radial(n, kz, inner, growing=True)
        muscle.append(fall)
        matrix[:, 0, 0], matrix[:, 1, 0] = bone.value(inner), limb.bone * bone.slope(inner)
        for column, part in enumerate(muscle, start=1):
            matrix[:, 0, column], matrix[:, 1, column] = -part.value(inner), -sr * part.slope(inner)
        source = _source_inside(n, q, radius_mm, inner, sr)
        right[:, 0], right[:, 1] = source[0], sr * source[1]
        row = 2
    for column, part in enumerate(muscle, start=muscle_slope):
        matrix[:, row, column], matrix[:, row + 1, column] = part.value(b), sr * part.slope(b)
    source = _source_outside(n, q, radius_mm, b, sr)
    right[:, row], right[:, row + 1] = -source[0], -sr * source[1]
    at = muscle_slope + len(muscle)
    fat = (_Radial(n, kz, c, growing=True), _Radial(n, kz, b, growing=False))
    skin = (_Radial(n, kz, d, growing=True), _Radial(n, kz, c, growing=False))
    for column in (0, 1):
        matrix[:, row, at + column] = -fat[column].value(b)
        matrix[:, row + 1, at + column] = -limb.fat * fat[column].slope(b)
        matrix[:, row + 2, at + column] = fat[column].value(c)
        matrix[:, row + 3, at + column] = limb.fat * fat[column].slope(c)
        matrix[:, row + 2, at + 2 + column] = -skin[column].value(c)
        matrix[:, row + 3, at + 2 + column] = -limb.skin * skin[column].slope(c)
        matrix[:, row + 4, at + 2 + column] = skin[column].slope(d)
    scale = np.maximum(np.abs(matrix).max(axis=2, keepdims=True), 1e-300)
    solution = np.linalg.solve(matrix / scale, (right / scale[:, :, 0])[:, :, None])[:, :, 0]
    skin_value = solution[:, at + 2] * skin[0].value(d) + solution[:, at + 3] * skin[1].value(d)
    return np.asarray(skin_value.reshape(shape))


@dataclass(frozen=True, slots=True, eq=False)
class _Radial:
    """I_n(kρ) or K_n(kρ) relative to its value at a reference radius, and its slope in ρ."""

    n: Array
    k: Array
    reference: float
    growing: bool

    def value(self, rho: float) -> Array:
        """Value at a radius."""
        here = _log_bessel(self.n, self.k * rho, growing=self.growing)
        return np.exp(here - _log_bessel(self.n, self.k * self.reference, growing=self.growing))

    def slope(self, rho: float) -> Array:
        """Derivative at a radius."""
        return self.value(rho) * _log_slope(self.n, self.k, rho, growing=self.growing)


def _log_bessel(n: Array, x: Array, *, growing: bool) -> Array:
    """Logarithm of I_n(x) or K_n(x), by the uniform expansion where the function itself leaves the range."""
    from scipy.special import ive, kve

    with np.errstate(all="ignore"):
        exact = np.log(ive(n, x)) + x if growing else np.log(kve(n, x)) - x
    bad = ~np.isfinite(exact)
    if bad.any():
        # Debye's uniform expansion to first order (DLMF 10.41), relative error below 1e-3 for n ≥ 60.
        order, t = n[bad], x[bad] / n[bad]
        root = np.sqrt(1 + t**2)
        eta = root + np.log(t / (1 + root))
        p = 1 / root
        u1 = (3 * p - 5 * p**3) / (24 * order)
        if growing:
            exact[bad] = order * eta - 0.5 * np.log(2 * np.pi * order * root) + np.log1p(u1)
        else:
            exact[bad] = -order * eta + 0.5 * np.log(np.pi / (2 * order * root)) + np.log1p(-u1)
    return np.asarray(exact)


def _log_slope(n: Array, k: Array, rho: float, *, growing: bool) -> Array:
    x = k * rho
    neighbour = np.exp(_log_bessel(n + 1, x, growing=growing) - _log_bessel(n, x, growing=growing))
    return k * (n / x + neighbour) if growing else k * (n / x - neighbour)


def _source_inside(n: Array, q: Array, radius: float, rho: float, across: float) -> tuple[Array, Array]:
    """Primary potential (1/σ)I_n(qρ)K_n(qR) and slope at ρ < R."""
    value = np.exp(_log_bessel(n, q * rho, growing=True) + _log_bessel(n, q * radius, growing=False)) / across
    return value, value * _log_slope(n, q, rho, growing=True)


def _source_outside(n: Array, q: Array, radius: float, rho: float, across: float) -> tuple[Array, Array]:
    """Primary potential (1/σ)I_n(qR)K_n(qρ) and slope at ρ > R."""
    value = np.exp(_log_bessel(n, q * radius, growing=True) + _log_bessel(n, q * rho, growing=False)) / across
    return value, value * _log_slope(n, q, rho, growing=False)


@dataclass(frozen=True, slots=True, eq=False)
class SkinTable:
    """Potential at the skin of a unit current, by depth and distance.

    Attributes
    ----------
    log_depths : ndarray, shape (depths,)
        Natural logarithm of the depths below the fat, mm.
    values : ndarray of float32, shape (depths, x, z)
        mV per µA, at |x| and |z| from 0 in steps of `step_mm`.
    step_mm : float
    """

    log_depths: Array
    values: NDArray[np.float32]
    step_mm: float


TABLE_STEP_MM = 0.5
TABLE_POINTS = 640
TABLE_DEPTHS = 28


@lru_cache(maxsize=8)
def skin_table(layers: Layers, radius_mm: float, deepest_mm: float, reach_x_mm: float) -> SkinTable:
    """Tabulate the plane's kernel for a round electrode of a radius.

    The domain is periodic over 320 mm; sources have neither net current nor dipole moment,
    so its images and free constant cancel. Kept for the last eight conductors.
    """
    from scipy.fft import irfft2
    from scipy.special import j1

    k_full = 2 * np.pi * np.fft.fftfreq(TABLE_POINTS, TABLE_STEP_MM)
    k_half = 2 * np.pi * np.fft.rfftfreq(TABLE_POINTS, TABLE_STEP_MM)
    kx, kz = np.meshgrid(k_full, k_half, indexing="ij")
    kx[0, 0] = kz[0, 1]
    kappa = radius_mm * np.sqrt(kx**2 + kz**2)
    disc = 2 * j1(kappa) / kappa
    depths = np.geomspace(0.3, max(deepest_mm, 1.0), TABLE_DEPTHS)
    keep = min(TABLE_POINTS // 2, int(np.ceil(reach_x_mm / TABLE_STEP_MM)) + 2)
    values = np.empty((TABLE_DEPTHS, keep, TABLE_POINTS // 2), np.float32)
    for index, depth in enumerate(depths):
        spectrum = planar_transfer(kx, kz, depth_mm=float(depth), layers=layers) * disc
        spectrum[0, 0] = 0
        kernel = irfft2(spectrum, s=(TABLE_POINTS, TABLE_POINTS)) / TABLE_STEP_MM**2
        values[index] = kernel[:keep, : TABLE_POINTS // 2]
    return SkinTable(np.log(depths), values, TABLE_STEP_MM)
