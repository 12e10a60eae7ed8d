"""What matching by shape alone leaves: two alike units taken for one, and units that came but twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from myolens.emg.matching import Discharges
from myolens.emg.sorting import FEWEST_EVENTS, Features, best_shift, noise_energy
from myolens.emg.waveforms import Waveforms

_UNLIKE, _CERTAIN, _GAP, _TURNS = 0.12, 5.0, 0.5, 3
_CHANNELS, _PAIR_TOLERANCE, _MOST_LONE = 8, 0.12, 1000
_LOWEST_SCALE, _HIGHEST_SCALE = 0.7, 1.4


def parted(discharges: Discharges, waves: Waveforms, feature: Features) -> Discharges:
    """Units of one channel of which the potentials come in two forms, by turns, made two.

    On one channel potentials of two units may have one shape and differ in size only, by less than one unit
    varies. What tells them apart is that there is nothing in between: half of the distance between the two
    forms is empty; they differ by an eighth or more and by five times the noise; and both were there all the
    time, while a unit that changes does not change back and forth. Each is to have three discharges that
    stand alone. Several channels show units at different places, and need no such rule.
    """
    if waves.windows.shape[2] > 1:
        return discharges
    step = round(waves.recording_rate / feature.rate)
    shift = np.round((discharges.sample - waves.sample[discharges.event]) / step).astype(np.int64)
    place = feature.home + shift
    usable = discharges.alone & (place >= 0) & (place < feature.shifts)
    label = discharges.unit.copy()
    waiting = list(range(int(label.max(initial=-1)) + 1))
    while waiting:
        unit = waiting.pop()
        own = np.flatnonzero(usable & (label == unit))
        forms = _two_forms(feature, discharges.event[own], place[own])
        if forms is None:
            continue
        other = int(label.max()) + 1
        rest = np.flatnonzero(~usable & (label == unit))
        sizes = [float(np.median(discharges.scale[own[forms == k]])) for k in (False, True)]
        nearer = np.abs(discharges.scale[rest] - sizes[1]) < np.abs(discharges.scale[rest] - sizes[0])
        label[own[forms]] = other
        label[rest[nearer]] = other
        waiting += [unit, other]
    return replace(discharges, unit=label)


def _two_forms(
    feature: Features, events: NDArray[np.int64], place: NDArray[np.int64]
) -> NDArray[np.bool_] | None:
    """Which of the events, in order of time, are of the second of two forms; None if there is one."""
    if len(events) < 2 * FEWEST_EVENTS:
        return None
    x = feature.x[events[:, None], place[:, None] + np.arange(feature.length)].astype(float)
    slope = np.gradient(np.median(x, axis=0), axis=0).ravel()
    x = x.reshape(len(events), -1)
    x = x - np.outer(x @ slope, slope) / max(float(slope @ slope), 1e-9)
    score = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    along = score[0][:, 0] * score[1][0]
    ranks = np.sort(along)
    gaps = np.diff(ranks)[FEWEST_EVENTS - 1 : len(ranks) - FEWEST_EVENTS]
    cut = FEWEST_EVENTS - 1 + int(np.argmax(gaps))
    second = along > ranks[cut]
    one, two = x[~second].mean(axis=0), x[second].mean(axis=0)
    numbers = x.shape[1] / feature.fineness
    noise = numbers * float(feature.power[events].mean()) * (1 / np.sum(second) + 1 / np.sum(~second))
    apart = float(np.sum((one - two) ** 2)) - noise
    larger = max(float(one @ one), float(two @ two))
    clear = gaps.max() >= _GAP * (along[second].mean() - along[~second].mean())
    unlike = apart > max(_UNLIKE**2 * larger, _CERTAIN**2)
    turns = np.count_nonzero(np.diff(second)) >= _TURNS
    return second if clear and unlike and turns else None


def paired(discharges: Discharges, waves: Waveforms, feature: Features) -> Discharges:
    """Two potentials alike over many electrodes are a unit, though it came but twice.

    Under eight electrodes or more hardly two units leave the same map; under one, half of them resemble
    another (in simulated muscles). The most alike are paired first. Where more than a thousand
    are left over, something else is wrong, and none is paired.
    """
    lone = np.flatnonzero((discharges.unit < 0) & discharges.alone)
    if waves.windows.shape[2] < _CHANNELS or not 2 <= len(lone) <= _MOST_LONE:
        return discharges
    events = discharges.event[lone]
    noise_in = float(feature.length * feature.x.shape[2])
    unlike = np.full((len(lone), len(lone)), np.inf)
    for i, event in enumerate(events):
        template = feature.x[event, feature.home : feature.home + feature.length]
        energy = float(np.sum(template**2))
        _, scale, residual = best_shift(feature, events, template)
        size = scale**2 * max(energy - noise_in * float(feature.power[event]), 1e-9)
        like = (scale > _LOWEST_SCALE) & (scale < _HIGHEST_SCALE) & (size > noise_energy(feature))
        left = residual - noise_in * (feature.power[events] + scale**2 * feature.power[event])
        unlike[i] = np.where(like, left / size, np.inf)
    np.fill_diagonal(unlike, np.inf)
    unlike = np.maximum(unlike, unlike.T)
    label, free = discharges.unit.copy(), np.ones(len(lone), bool)
    for flat in np.argsort(unlike, axis=None, kind="stable"):
        i, j = divmod(int(flat), len(lone))
        if unlike[i, j] > _PAIR_TOLERANCE:
            break
        if free[i] and free[j]:
            label[lone[[i, j]]] = label.max(initial=-1) + 1
            free[[i, j]] = False
    return replace(discharges, unit=label)
