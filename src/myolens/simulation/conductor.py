"""From current in the muscle to potential on the skin or around a needle.

Surface: the layered plane of Farina & Merletti 2001 (IEEE TBME 48:637), as transfer function in
spatial frequency and as table over distance; the layered cylinder is in `limb`. Needle: line
source in an infinite anisotropic medium (Nandedkar & Stålberg 1983), in `kernels`.
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
