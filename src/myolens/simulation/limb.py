"""A round limb: bone, muscle, fat and skin as layers of a cylinder.

Farina, Mesin, Martina & Merletti 2004 (IEEE TBME 51:415), as transfer function over angular order and
axial frequency, and as a table over arc and distance like that of the plane.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from myolens.simulation.conductor import TABLE_DEPTHS, SkinTable

Array = NDArray[np.float64]

LIMB_POINTS = 288
HIGHEST_PER_MM = 2.6
"""Spatial frequencies above this do not pass skin and fat."""


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


def cylindrical_transfer(n: Array, kz: Array, *, radius_mm: float | Array, limb: Limb) -> Array:
    """Potential at the skin of a limb per unit current at a radius in the muscle.

    Parameters
    ----------
    n, kz : ndarray
        Angular order and axial frequency (rad/mm, not 0); broadcast together.
    radius_mm : float or ndarray, shape (radii,)
        Radius of the source, between bone and fat.
    limb : Limb

    Returns
    -------
    ndarray
        Coefficients H, one row per radius if several are given; the potential of a unit source is
        Σ_n ∫ H e^{jnθ} e^{jkz} dk / 4π².

    Notes
    -----
    Continuity of potential and radial current at each boundary, none through the skin. Each
    unknown is scaled by its Bessel function at a boundary, so that nothing overflows. The equations
    do not depend on the source's radius, so all radii are solved at once.
    """
    n, kz = np.broadcast_arrays(np.abs(np.asarray(n, float)), np.abs(np.asarray(kz, float)))
    radii = np.atleast_1d(np.asarray(radius_mm, float))
    shape = n.shape
    n, kz = n.ravel(), kz.ravel()
    matrix, skin = _boundaries(n, kz, limb)
    right = _sources(n, kz, radii, limb, matrix.shape[1])
    scale = np.maximum(np.abs(matrix).max(axis=2, keepdims=True), 1e-300)
    solution = np.linalg.solve(matrix / scale, right / scale)
    grow, fall = (part.value(limb.skin_mm)[:, None] for part in skin)
    found = (solution[:, -2] * grow + solution[:, -1] * fall).T
    return np.asarray(found.reshape((*np.shape(radius_mm), *shape)))


def _boundaries(n: Array, kz: Array, limb: Limb) -> tuple[Array, tuple[_Radial, _Radial]]:
    """Equations of the unknown amplitudes in bone, muscle, fat and skin; and the skin's two solutions."""
    q = _stretched(kz, limb)
    b, c, d = limb.muscle_mm, limb.fat_mm, limb.skin_mm
    muscle = [_Radial(n, q, b, growing=True)]
    bone = []
    if limb.bone_mm > 0:
        bone = [_Radial(n, kz, limb.bone_mm, growing=True)]
        muscle.append(_Radial(n, q, limb.bone_mm, growing=False))
    fat = [_Radial(n, kz, c, growing=True), _Radial(n, kz, b, growing=False)]
    skin = (_Radial(n, kz, d, growing=True), _Radial(n, kz, c, growing=False))
    layers = [(bone, limb.bone), (muscle, limb.muscle_across), (fat, limb.fat), (list(skin), limb.skin)]
    borders = [limb.bone_mm, b, c]
    if not bone:
        layers, borders = layers[1:], borders[1:]
    size = sum(len(parts) for parts, _ in layers)
    matrix = np.zeros((n.size, size, size))
    column = 0
    for index, (parts, conductivity) in enumerate(layers):
        for part in parts:
            for row, sign in ((2 * index, 1.0), (2 * index - 2, -1.0)):
                if 0 <= row < 2 * len(borders):
                    rho = borders[row // 2]
                    matrix[:, row, column] = sign * part.value(rho)
                    matrix[:, row + 1, column] = sign * conductivity * part.slope(rho)
            if index == len(layers) - 1:
                matrix[:, size - 1, column] = part.slope(d)
            column += 1
    return matrix, skin


def _sources(n: Array, kz: Array, radii: Array, limb: Limb, size: int) -> Array:
    """Right sides: the primary potential (1/σ)I_n(q<)K_n(q>) and its current at the muscle's borders.

    Shape (frequencies, equations, radii).
    """
    q, across = _stretched(kz, limb), limb.muscle_across
    right = np.zeros((n.size, size, radii.size))
    borders = [(limb.muscle_mm, False)]
    if limb.bone_mm > 0:
        borders.insert(0, (limb.bone_mm, True))
    for row, (rho, inside) in zip((0, 2), borders, strict=False):
        # At the bone the source lies outside, at the fat inside.
        there = _log_bessel(n, q * rho, growing=inside)
        slope = _log_slope(n, q, rho, growing=inside)
        for index, radius in enumerate(radii):
            value = np.exp(there + _log_bessel(n, q * radius, growing=not inside)) / across
            right[:, row, index] = value if inside else -value
            right[:, row + 1, index] = across * right[:, row, index] * slope
    return right


def _stretched(kz: Array, limb: Limb) -> Array:
    return np.asarray(kz * np.sqrt(limb.muscle_along / limb.muscle_across))


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


@lru_cache(maxsize=4)
def limb_table(limb: Limb, radius_mm: float, deepest_mm: float) -> SkinTable:
    """Tabulate the limb's kernel for a round electrode, over the arc at the skin and along the limb.

    Depths count inwards from the fat. Values are as in `skin_table`.
    """
    from scipy.fft import irfft2
    from scipy.special import j1

    step = 2 * np.pi * limb.skin_mm / LIMB_POINTS
    n = np.fft.fftfreq(LIMB_POINTS, 1 / LIMB_POINTS)
    kz = 2 * np.pi * np.fft.rfftfreq(LIMB_POINTS, step)
    orders, axial = np.meshgrid(n, kz, indexing="ij")
    # The equations have no axial frequency 0; a hundredth of a step stands for it.
    axial[:, 0] = kz[1] / 100
    kappa = np.hypot(orders / limb.skin_mm, axial)
    wanted = (kappa < HIGHEST_PER_MM) & (orders >= 0)
    deepest = min(deepest_mm, limb.muscle_mm - limb.bone_mm - 0.5)
    depths = np.geomspace(0.3, deepest, TABLE_DEPTHS)
    found = cylindrical_transfer(orders[wanted], axial[wanted], radius_mm=limb.muscle_mm - depths, limb=limb)
    disc = 2 * j1(radius_mm * kappa) / (radius_mm * kappa)
    values = np.empty((TABLE_DEPTHS, LIMB_POINTS // 2, LIMB_POINTS // 2), np.float32)
    for index in range(TABLE_DEPTHS):
        spectrum = np.zeros(orders.shape)
        spectrum[wanted] = found[index]
        spectrum[LIMB_POINTS // 2 + 1 :] = spectrum[1 : LIMB_POINTS // 2][::-1]
        spectrum *= disc
        spectrum[0, 0] = 0
        # The sum over orders is whole, the integral over kz has steps of 2π over the length.
        kernel = irfft2(spectrum, s=(LIMB_POINTS, LIMB_POINTS)) * LIMB_POINTS / (2 * np.pi * step)
        values[index] = kernel[: LIMB_POINTS // 2, : LIMB_POINTS // 2]
    return SkinTable(np.log(depths), values, step)
