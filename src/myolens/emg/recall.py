"""Discharges below the threshold that look like a unit already known: events first, templates second."""

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
_LOWEST_SCALE, _HIGHEST_SCALE = 0.65, 1.5
_UNEXPLAINED = 0.25


def with_recalled(waves: Waveforms, weak: Waveforms, noise: Noise) -> Waveforms:
    """Events, and the weak candidates that a unit among them explains.

    Where the background is spiky the threshold for a potential of unknown shape is high. For a shape
    already seen several times, less is needed: the log of how much likelier the window is with the
    unit's potential in it than without, product − energy / 2 for noise of variance one (the matched
    filter: Kay, *Fundamentals of Statistical Signal Processing: Detection Theory*, 1998, ch. 4).

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
    if not count or not len(weak.sample):
        return waves
    both = _joined(waves, weak)
    feature = features(both, noise)
    bank = templates(replace(feature, x=feature.x[:count]))
    known = np.zeros(len(weak.sample), bool)
    for template in bank:
        known |= _explained(feature, np.arange(count, len(both.sample)), template)
    chosen = np.concatenate([np.ones(count, bool), known])
    order = np.argsort(both.sample[chosen], kind="stable")
    return both.where(np.flatnonzero(chosen)[order])


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
