"""Every event explained by templates: one, or several on top of one another."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myolens.emg.sorting import Features, noise_energy
from myolens.emg.waveforms import SEARCH_S

MOST_TOGETHER = 3
"""At most so many potentials are resolved within one window."""

_LOWEST_SCALE, _HIGHEST_SCALE = 0.6, 1.6
_EXPLAINED = 0.5
_LEFT_OVER = 0.25
_MOSTLY = 0.6
_SAME_S = 0.005


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Discharges found by matching, in order of event and then of size.

    Attributes
    ----------
    event : ndarray of int64
        Event in whose window it was found.
    unit : ndarray of int64
        Template, from 0.
    shift : ndarray of int64
        Samples by which it lies after the place where the window's own deflection would have it.
    scale : ndarray of float32
        Factor of the template.
    fits : ndarray of bool, shape (events,)
        Whether what is left of the event is noise and shape variability, or at most 0.4 of it.
    """

    event: NDArray[np.int64]
    unit: NDArray[np.int64]
    shift: NDArray[np.int64]
    scale: NDArray[np.float32]
    fits: NDArray[np.bool_]


def match(feature: Features, templates: list[NDArray[np.float32]]) -> Matches:
    """Explain each window by templates, the one that explains most first, its like subtracted.

    A potential is taken only if it removes at least half of its own energy's worth and more
    than noise could, at a scale of 0.6–1.6. The
    pursuit follows the superposition resolving of EMGLAB (McGill et al., J Neurosci Methods
    2005;149:121) in its greedy form.
    """
    count = len(feature.x)
    bank = np.stack([t.ravel() for t in templates], axis=1)
    energy = np.einsum("ij,ij->j", bank, bank)
    allowed = noise_energy(feature)
    residual = feature.x.copy()
    whole = np.einsum("ijk,ijk->i", feature.x, feature.x)
    total = np.full(count, allowed * feature.x.shape[1] / feature.length) + _LEFT_OVER * whole
    found: list[tuple[NDArray[np.int64], ...]] = []
    open_events = np.arange(count)
    for _ in range(MOST_TOGETHER):
        if not len(open_events):
            break
        unit, place, scale, gain = _best(feature, residual[open_events], bank, energy)
        explained = gain > np.maximum(_EXPLAINED * energy[unit] * scale, 0.35 * allowed)
        chosen = open_events[explained]
        unit, place, scale = unit[explained], place[explained], scale[explained]
        _subtract(residual, chosen, feature.length, bank, unit, place, scale)
        found.append((chosen, unit, place, scale))
        left = np.einsum("ijk,ijk->i", residual[chosen], residual[chosen])
        open_events = chosen[left > total[chosen]]
    left = np.einsum("ijk,ijk->i", residual, residual)
    fits = (left <= total) | (left <= (1 - _MOSTLY) * whole)
    event, unit, place, scale = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.argsort(event, kind="stable")
    return Matches(event[order], unit[order], place[order] - feature.home, scale[order], fits)


def _best(
    feature: Features, x: NDArray[np.float32], bank: NDArray[np.float32], energy: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Template, place, scale and energy removed, of the best single match in each window."""
    best = np.zeros(len(x), np.float32)
    unit = np.zeros(len(x), np.int64)
    place = np.zeros(len(x), np.int64)
    scale = np.zeros(len(x), np.float32)
    for shift in range(feature.shifts):
        product = x[:, shift : shift + feature.length].reshape(len(x), -1) @ bank
        factor = product / energy
        usable = (factor > _LOWEST_SCALE) & (factor < _HIGHEST_SCALE)
        gain = np.where(usable, product * factor, 0.0)
        column = np.argmax(gain, axis=1)
        value = gain[np.arange(len(x)), column]
        better = value > best
        best[better] = value[better]
        unit[better] = column[better]
        place[better] = shift
        scale[better] = factor[np.arange(len(x)), column][better]
    return unit, place, scale, best


def _subtract(
    residual: NDArray[np.float32],
    events: NDArray[np.int64],
    length: int,
    bank: NDArray[np.float32],
    unit: NDArray[np.int64],
    place: NDArray[np.int64],
    scale: NDArray[np.float32],
) -> None:
    for i, u, p, s in zip(events, unit, place, scale, strict=True):
        residual[i, p : p + length] -= s * bank[:, u].reshape(length, -1)


@dataclass(frozen=True, slots=True, eq=False)
class Discharges:
    """Discharges in order of time, one row each.

    Attributes
    ----------
    sample : ndarray of int64
        Where the unit's template has its reference, or the event its largest deflection.
    unit : ndarray of int64
        Unit, from 0; −1 where none could be assigned.
    event : ndarray of int64
        Event in whose window it was seen.
    scale : ndarray of float32
        Size relative to the unit's average.
    alone : ndarray of bool
        Whether the event holds nothing else, so that its own measurements are those of the discharge.
    """

    sample: NDArray[np.int64]
    unit: NDArray[np.int64]
    event: NDArray[np.int64]
    scale: NDArray[np.float32]
    alone: NDArray[np.bool_]

    def where(self, chosen: NDArray[Any]) -> Discharges:
        """Only these of them, by mask or positions."""
        return Discharges(*(getattr(self, field.name)[chosen] for field in fields(self)))


def resolve(matches: Matches, events: NDArray[np.int64], step: int, rate: float) -> Discharges:
    """Turn matches into discharges: each once, though seen in the windows of several events.

    Parameters
    ----------
    matches : Matches
    events : ndarray of int64
        Sample of the largest deflection of every event, ascending.
    step : int
        Samples of the recording per sample of the features.
    rate : float
        Sampling rate of the recording, Hz.
    """
    usable = matches.fits[matches.event]
    event, unit = matches.event[usable], matches.unit[usable]
    shift, scale = matches.shift[usable] * step, matches.scale[usable]
    sample = events[event] + shift
    kept: list[int] = []
    taken: dict[int, list[int]] = {}
    for i in np.lexsort((event, np.abs(shift))):
        others = taken.setdefault(int(unit[i]), [])
        place = bisect_left(others, int(sample[i]))
        if all(
            abs(int(sample[i]) - other) > _SAME_S * rate for other in others[max(0, place - 1) : place + 1]
        ):
            others.insert(place, int(sample[i]))
            kept.append(int(i))
    unexplained = np.setdiff1d(np.arange(len(events)), event)
    event, unit, shift, sample, scale = event[kept], unit[kept], shift[kept], sample[kept], scale[kept]
    number = np.bincount(event, minlength=len(events))
    alone = (number[event] == 1) & (np.abs(shift) <= SEARCH_S * rate)
    sample = np.concatenate([sample, events[unexplained]])
    order = np.argsort(sample, kind="stable")
    return Discharges(
        sample[order],
        np.concatenate([unit, np.full(len(unexplained), -1)])[order],
        np.concatenate([event, unexplained])[order],
        np.concatenate([scale, np.ones(len(unexplained), np.float32)])[order],
        np.concatenate([alone, np.ones(len(unexplained), bool)])[order],
    )
