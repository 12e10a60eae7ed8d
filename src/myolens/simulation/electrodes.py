"""Electrodes: where they lie and how their points make channels."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myolens.errors import InputError
from myolens.recording import Channel, ChannelKind
from myolens.simulation.scenario import Scenario

PAIR_SPACING_MM = 20.0
"""Distance of a bipolar pair (Hermens 2000, SENIAM)."""
PAIR_RADIUS_MM = 5.0
"""Radius of its discs (SENIAM)."""
GRID_SPACING_MM = 8.0
GRID_RADIUS_MM = 1.0
"""Grids as sold for research: 8 mm apart, pins of 2 mm."""
CORE_HALF_AXES_MM = (0.29, 0.075)
"""Half axes of the core of a concentric needle, 0.58 × 0.15 mm, about 0.07 mm²."""
SHAFT_LENGTH_MM = 10.0
SHAFT_RADIUS_MM = 0.23
"""The cannula is the reference; its tip half dominates (Dumitru 1997)."""


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceElectrodes:
    """Round electrodes on the skin.

    Attributes
    ----------
    x_mm, z_mm : ndarray, shape (points,)
        Across and along the fibres; z = 0 at the middle of the end plates.
    montage : ndarray, shape (points, channels)
        What each point adds to each channel.
    radius_mm : float
        Of each electrode.
    channels : tuple of Channel
    """

    x_mm: NDArray[np.float64]
    z_mm: NDArray[np.float64]
    montage: NDArray[np.float64]
    radius_mm: float
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Needle:
    """A concentric needle, at right angles to the skin; its tip looks along the shaft.

    Attributes
    ----------
    core_mm : ndarray, shape (points, 3)
        Points (x, y, z) on the core; y is the depth in the muscle.
    shaft_mm : ndarray, shape (points, 3)
        Points on the cannula, the reference.
    channels : tuple of Channel
    """

    core_mm: NDArray[np.float64]
    shaft_mm: NDArray[np.float64]
    channels: tuple[Channel, ...]


Electrodes = SurfaceElectrodes | Needle


def place(scenario: Scenario) -> Electrodes:
    """Return the electrodes a scenario names.

    Raises
    ------
    InputError
        If the name is not understood.
    """
    text = scenario.electrodes.strip().lower()
    if text == "needle":
        return _needle(scenario)
    if match := re.fullmatch(r"bipolar(?:\s+(\d+))?", text):
        return _bipolar(int(match[1] or 1), scenario)
    if match := re.fullmatch(r"grid\s+(\d+)x(\d+)(?:\s+([\d.]+)\s*mm)?", text):
        return _grid(int(match[1]), int(match[2]), float(match[3] or GRID_SPACING_MM))
    raise InputError(
        f"electrodes {scenario.electrodes!r} are not known",
        mend="Write bipolar, bipolar 4, grid 8x8, grid 13x5 4mm or needle",
    )


def _bipolar(pairs: int, scenario: Scenario) -> SurfaceElectrodes:
    if not 1 <= pairs <= 8:
        raise InputError(f"{pairs} bipolar pairs", mend="Choose from 1 to 8")
    # Side by side over the muscle, between the end plates and the tendon (SENIAM).
    across = (np.arange(pairs) - (pairs - 1) / 2) * max(12.0, scenario.muscle.width_mm / max(pairs, 1))
    centre = min(35.0, scenario.muscle.fibre_length_mm / 4)
    x = np.repeat(across, 2)
    z = np.tile([centre - PAIR_SPACING_MM / 2, centre + PAIR_SPACING_MM / 2], pairs)
    montage = np.zeros((2 * pairs, pairs))
    for pair in range(pairs):
        montage[2 * pair, pair], montage[2 * pair + 1, pair] = 1, -1
    channels = tuple(
        Channel(f"EMG {pair + 1}", "uV", ChannelKind.SURFACE_EMG, position_mm=(float(across[pair]), centre))
        for pair in range(pairs)
    )
    return SurfaceElectrodes(x, z, montage, PAIR_RADIUS_MM, channels)


def _grid(rows: int, columns: int, spacing: float) -> SurfaceElectrodes:
    if not (1 <= rows <= 32 and 1 <= columns <= 32 and 2 <= spacing <= 30):
        raise InputError(
            f"a grid of {rows} × {columns} at {spacing:g} mm", mend="At most 32 × 32, spacing 2 to 30 mm"
        )
    z = (np.arange(rows) - (rows - 1) / 2) * spacing
    x = (np.arange(columns) - (columns - 1) / 2) * spacing
    points_x, points_z = np.tile(x, rows), np.repeat(z, columns)
    channels = tuple(
        Channel(
            f"EMG {index + 1}",
            "uV",
            ChannelKind.SURFACE_EMG,
            position_mm=(float(points_x[index] - x[0]), float(points_z[index] - z[0])),
        )
        for index in range(rows * columns)
    )
    radius = min(GRID_RADIUS_MM, 0.3 * spacing)
    return SurfaceElectrodes(points_x, points_z, np.eye(rows * columns), radius, channels)


def _needle(scenario: Scenario) -> Needle:
    muscle = scenario.muscle
    depth = muscle.depth_mm + scenario.needle_depth * muscle.thickness_mm
    distance = scenario.needle_place * muscle.fibre_length_mm / 2
    long_axis, short_axis = CORE_HALF_AXES_MM
    # Rings of equal area on the ellipse, seen edge-on along the shaft.
    radius = np.repeat(np.sqrt([1 / 6, 1 / 2, 5 / 6]), 5)
    angle = np.tile(np.arange(5) * 2 * np.pi / 5, 3) + np.repeat([0.0, 0.4, 0.8], 5)
    core = np.column_stack(
        [
            short_axis * radius * np.sin(angle),
            depth - long_axis + long_axis * radius * np.cos(angle),
            np.full(radius.size, distance),
        ]
    )
    steps = 10
    along = depth - 2 * long_axis - (np.arange(steps) + 0.5) * SHAFT_LENGTH_MM / steps
    shaft = np.column_stack(
        [
            np.where(np.arange(steps) % 2 == 0, SHAFT_RADIUS_MM, -SHAFT_RADIUS_MM),
            along,
            np.full(steps, distance),
        ]
    )
    return Needle(core, shaft, (Channel("Needle", "uV", ChannelKind.NEEDLE_EMG),))
