"""Discharges below the threshold that are known by their shape: events first, templates second."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myolens.emg.detection import distance
from myolens.emg.noise import Noise
from myolens.emg.sorting import Features, best_shift, features, noise_energy, templates
from myolens.emg.waveforms import Waveforms

EVIDENCE = 22.0
"""Log-likelihood ratio above which a weak event is a known unit's. Gaussian noise at a hundred candidates
a minute would need 12; the rest is for noise that is neither Gaussian nor white."""

_APART_S = 0.020
_FEWEST_WEAK, _STRONG = 8, 80.0
_MOST_SEARCHED = 1000
_LOWEST_SCALE, _HIGHEST_SCALE = 0.65, 1.5
_UNEXPLAINED = 0.25


def with_recalled(waves: Waveforms, weak: Waveforms, noise: Noise) -> Waveforms:
    """Events, and the weak candidates that a unit among them explains.

    Where the background is spiky the threshold for a potential of unknown shape is high. For a shape
    already seen several times, less is needed: the log of how much likelier the window is with the
    unit's potential in it than without, product − energy / 2 for noise of variance one (the matched
    filter: Kay, *Fundamentals of Statistical Signal Processing: Detection Theory*, 1998, ch. 4). A unit
    may also stay below the threshold altogether: eight or more weak events of one shape, one in twenty
    of all, with a template of well above the energy that noise of that number gathers.

    Parameters
    ----------
    waves : Waveforms
        Events above the threshold.
    weak : Waveforms
        Candidates below it.
    noise : Noise
    """
    rate = waves.recording_rate
    weak = weak.where(distance(weak.sample / rate, waves.sample / rate) > _APART_S)
    count = len(waves.sample)
    if not len(weak.sample):
        return waves
    both = _joined(waves, weak)
    feature = features(both, noise)
    left = np.arange(count, len(both.sample))
    for template in templates(replace(feature, x=feature.x[:count])):
        left = left[~_explained(feature, left, template)]
    fewest = max(_FEWEST_WEAK, len(left) // 20)
    searched = np.sort(left[np.argsort(-both.height[left], kind="stable")[:_MOST_SEARCHED]])
    for template in templates(replace(feature, x=feature.x[searched])):
        explained = _explained(feature, left, template)
        if np.count_nonzero(explained) >= fewest and np.sum(template**2) > _STRONG:
            left = left[~explained]
    chosen = np.setdiff1d(np.arange(len(both.sample)), left)
    return both.where(chosen[np.argsort(both.sample[chosen], kind="stable")])


def _explained(
    feature: Features, events: NDArray[np.int64], template: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Whether a template at a like size explains each event, leaving noise and some variability."""
    energy = float(np.sum(template**2))
    _, scale, left = best_shift(feature, events, template)
    evidence = energy * (scale - 0.5)
    likely = (evidence > EVIDENCE) & (left <= noise_energy(feature) + _UNEXPLAINED * energy)
    return np.asarray(likely & (scale > _LOWEST_SCALE) & (scale < _HIGHEST_SCALE))


def _joined(first: Waveforms, second: Waveforms) -> Waveforms:
    columns: dict[str, Any] = {
        field.name: np.concatenate([getattr(first, field.name), getattr(second, field.name)])
        for field in fields(first)
        if not field.name.endswith("rate")
    }
    return replace(first, **columns)
