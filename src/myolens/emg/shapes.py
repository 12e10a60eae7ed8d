"""Units: their average potentials, and every discharge with the unit it belongs to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myolens.emg.matching import Discharges, match, resolve
from myolens.emg.noise import Noise
from myolens.emg.sorting import FEWEST_EVENTS, features, templates
from myolens.emg.waveforms import BEFORE_S, Waveforms


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """Average potentials of the units, in the order of their numbers.

    Attributes
    ----------
    templates : tuple of ndarray of float32, each of shape (samples, channels)
        µV, from 20 ms before to 25 ms after the largest deflection.
    channel : ndarray of int64
        Channel on which each is largest, relative to its noise.
    peak, peak_to_peak : ndarray of float32
        There, µV.
    level : ndarray of float32, shape (channels,)
        Median noise level.
    rate : float
        Samples per second of the templates.
    """

    templates: tuple[NDArray[np.float32], ...]
    channel: NDArray[np.int64]
    peak: NDArray[np.float32]
    peak_to_peak: NDArray[np.float32]
    level: NDArray[np.float32]
    rate: float


def sort_discharges(waves: Waveforms, noise: Noise, rate: float) -> tuple[Discharges, Shapes]:
    """Sort the events into units, resolve superpositions, and average each unit; most active first."""
    none = np.full(len(waves.sample), -1)
    unsorted = Discharges(
        waves.sample, none, np.arange(len(none)), np.ones(len(none), np.float32), np.ones(len(none), bool)
    )
    if len(none) < FEWEST_EVENTS:
        return unsorted, _averages(unsorted, waves, noise, 0)
    feature = features(waves, noise)
    bank = templates(feature)
    if not bank:
        return unsorted, _averages(unsorted, waves, noise, 0)
    discharges = resolve(match(feature, bank), waves.sample, round(rate / feature.rate), rate)
    counts = np.bincount(discharges.unit[discharges.unit >= 0], minlength=len(bank))
    ranks = np.argsort(-counts, kind="stable")
    number = np.full(len(bank) + 1, -1)
    kept = [unit for unit in ranks if counts[unit] >= FEWEST_EVENTS]
    number[kept] = np.arange(len(kept))
    discharges = Discharges(
        discharges.sample, number[discharges.unit], discharges.event, discharges.scale, discharges.alone
    )
    return discharges, _averages(discharges, waves, noise, len(kept))


def _averages(discharges: Discharges, waves: Waveforms, noise: Noise, units: int) -> Shapes:
    """Median windows of the discharges that stand alone, aligned on their largest deflection."""
    level = np.median(noise.level, axis=0)
    centre = round(BEFORE_S * waves.rate)
    reach = max(1, round(0.005 * waves.rate))
    shapes, channel, peak, span = [], [], [], []
    for unit in range(units):
        members = discharges.unit == unit
        if np.any(members & discharges.alone):
            members &= discharges.alone
        chosen = discharges.event[members][:400]
        template = np.median(_aligned(waves.windows[chosen], centre), axis=0).astype(np.float32)
        part = np.abs(template[centre - reach : centre + reach + 1]) / level
        where, best = np.unravel_index(int(np.argmax(part)), part.shape)
        shapes.append(template)
        channel.append(int(best))
        peak.append(float(part[where, best] * level[best]))
        span.append(float(np.ptp(template[centre - 2 * reach : centre + 2 * reach + 1, best])))
    return Shapes(
        tuple(shapes),
        np.array(channel, np.int64),
        np.array(peak, np.float32),
        np.array(span, np.float32),
        level,
        waves.rate,
    )


def _aligned(windows: NDArray[np.float32], centre: int) -> NDArray[np.float32]:
    """Windows shifted, by at most a quarter of the way before the centre, to agree with their median."""
    reach = centre // 4
    template = np.median(windows, axis=0)
    strongest = np.argsort(-np.ptp(template, axis=0), kind="stable")[:8]
    kernel = template[reach:-reach][:, strongest].ravel()
    products = np.stack(
        [
            windows[:, lag : windows.shape[1] - 2 * reach + lag][:, :, strongest].reshape(len(windows), -1)
            @ kernel
            for lag in range(2 * reach + 1)
        ]
    )
    shift = np.argmax(products, axis=0) - reach
    return np.stack([np.roll(window, -int(s), axis=0) for window, s in zip(windows, shift, strict=True)])
