"""Where on the array: maps of the units' potentials, conduction velocity and innervation zone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from myolens.emg.analysis import Unit

SLOWEST_M_S, FASTEST_M_S = 2.0, 8.0
"""Muscle-fibre conduction velocity is 3–5 m/s in health; outside these limits nothing is reported."""

_SEGMENT = 4
_COHERENT = 0.85
_STRONG = 0.25
_SPEEDS = 121


def grid_map(
    units: tuple[Unit, ...], channels: tuple[str, ...], positions_mm: tuple[tuple[float, float] | None, ...]
) -> dict[str, Any]:
    """Peak-to-peak amplitude of every unit on every channel, with centre and extent.

    The extent is the number of channels above half of the largest; centre is the amplitude-weighted
    mean position of those.
    """
    known = all(place is not None for place in positions_mm) and len(positions_mm) > 1
    entries = []
    for unit in units:
        size = np.ptp(unit.template, axis=1)
        strong = size > size.max() / 2
        entry: dict[str, Any] = {
            "unit": unit.unit,
            "peak_to_peak": [round(float(s), 2) for s in size],
            "channels_above_half": int(strong.sum()),
        }
        if known:
            places = np.array(positions_mm, float)[strong]
            centre = (places * size[strong, None]).sum(axis=0) / size[strong].sum()
            entry["centre_mm"] = [round(float(c), 1) for c in centre]
        entries.append(entry)
    return {
        "channels": list(channels),
        "positions_mm": [list(p) if p is not None else None for p in positions_mm],
        "units": entries,
    }


def conduction(
    units: tuple[Unit, ...], positions_mm: tuple[tuple[float, float] | None, ...]
) -> list[dict[str, Any]]:
    """Conduction velocity and innervation zone of each unit that travels along lines of electrodes.

    Differences of neighbours along either axis of the grid are formed; in every run of four on one
    line the velocity is the one whose delays make them add up best (maximum likelihood for equal
    shapes in white noise: Farina et al., IEEE Trans Biomed Eng 2001), accepted if the sum holds 0.85
    of their energy. The innervation zone is where the direction turns on a line.
    """
    if any(place is None for place in positions_mm):
        return []
    places = np.array(positions_mm, float)
    result = []
    for unit in units:
        best = [found for axis in (0, 1) if (found := _along(unit, places, axis)) is not None]
        if best:
            result.append(max(best, key=lambda found: int(found["segments"])))
    return result


def _along(unit: Unit, places: NDArray[np.float64], axis: int) -> dict[str, Any] | None:
    strongest = float(np.ptp(unit.template, axis=1).max())
    speeds, weights, zones = [], [], []
    for line in np.unique(places[:, 1 - axis]):
        rows = np.flatnonzero(places[:, 1 - axis] == line)
        rows = rows[np.argsort(places[rows, axis])]
        at = places[rows, axis]
        if len(rows) < _SEGMENT + 1 or np.ptp(np.diff(at)) > 1e-6:
            continue
        bipolar = np.diff(unit.template[rows].astype(float), axis=0)
        middle = (at[1:] + at[:-1]) / 2
        previous: tuple[float, float] | None = None
        for first in range(len(bipolar) - _SEGMENT + 1):
            part = bipolar[first : first + _SEGMENT]
            if np.ptp(part, axis=1).min() < _STRONG * strongest * 0.4:
                continue
            speed, share = _velocity(part, float(at[1] - at[0]), unit.template_rate)
            if share < _COHERENT or not SLOWEST_M_S < abs(speed) < FASTEST_M_S:
                continue
            centre = float(middle[first : first + _SEGMENT].mean())
            speeds.append(abs(speed))
            weights.append(float(np.sum(part**2)))
            if previous is not None and previous[0] < 0 < speed:
                zones.append((previous[1] + centre) / 2)
            previous = (speed, centre)
    if not speeds:
        return None
    order = np.argsort(speeds)
    share = np.cumsum(np.array(weights)[order]) / np.sum(weights)
    velocity = float(np.array(speeds)[order][np.searchsorted(share, 0.5)])
    return {
        "unit": unit.unit,
        "velocity_m_s": round(velocity, 2),
        "axis": "xy"[axis],
        "segments": len(speeds),
        "innervation_zone_mm": round(float(np.median(zones)), 1) if zones else None,
    }


def _velocity(part: NDArray[np.float64], spacing_mm: float, rate: float) -> tuple[float, float]:
    """Velocity (m/s, positive towards larger positions) and the share of energy it makes coherent."""
    samples = part.shape[1]
    spectra = np.fft.rfft(part, 2 * samples, axis=1)
    frequency = np.fft.rfftfreq(2 * samples, 1 / rate)
    slowness = np.linspace(-1 / SLOWEST_M_S, 1 / SLOWEST_M_S, 2 * _SPEEDS)
    delay = slowness[:, None, None] * spacing_mm * 1e-3 * np.arange(len(part))[None, :, None]
    summed = np.sum(spectra[None] * np.exp(2j * np.pi * frequency * delay), axis=1)
    coherent = np.sum(np.abs(summed) ** 2, axis=1) / (len(part) * np.sum(np.abs(spectra) ** 2))
    best = int(np.argmax(coherent))
    return float(1 / slowness[best]), float(coherent[best])
