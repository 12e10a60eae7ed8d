"""Discharges below the threshold that are known by their shape: events first, templates second."""

from __future__ import annotations

from dataclasses import replace
from math import comb

import numpy as np
from numpy.typing import NDArray

from myolens.emg.detection import distance
from myolens.emg.noise import Noise
from myolens.emg.sorting import Features, best_shift, features, noise_energy, templates
from myolens.emg.waveforms import Waveforms, joined

EVIDENCE = 22.0
"""Log-likelihood ratio above which a weak event is a known unit's. Gaussian noise at a hundred candidates
a minute would need 12; the rest is for noise that is neither Gaussian nor white."""

_APART_S = 0.020
_FEWEST_WEAK, _LEAST_ENERGY, _TELLING_ENERGY = 7, 50.0, 80.0
_CHANCE = 0.01
_MOST_SEARCHED = 500
_LOWEST_SCALE, _HIGHEST_SCALE = 0.65, 1.5
_UNEXPLAINED = 0.25
_UNLIKE = 0.6


def with_recalled(waves: Waveforms, weak: Waveforms, noise: Noise) -> Waveforms:
    """Events, and the weak candidates that a unit among them explains.

    Where the background is spiky the threshold for a potential of unknown shape is high. For a shape
    already seen several times, less is needed: the log of how much likelier the window is with the
    unit's potential in it than without, product − energy / 2 for noise of variance one (the matched
    filter: Kay, *Fundamentals of Statistical Signal Processing: Detection Theory*, 1998, ch. 4). A unit
    may also stay below the threshold altogether: seven or more weak events of one shape, one in twenty
    of all, that noise does not make (see `_recurring`).

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
    feature = features(waves, noise, weak)
    height = np.concatenate([waves.height, weak.height])
    times = np.concatenate([waves.sample, weak.sample]) / rate
    left = np.arange(count, len(times))
    best = np.zeros(len(times), np.float32)
    for template in templates(replace(feature, x=feature.x[:count])):
        evidence = _evidence(feature, left, template)
        best[left] = np.maximum(best[left], evidence)
        left = left[evidence <= EVIDENCE]
    fewest = max(_FEWEST_WEAK, len(left) // 20)
    searched = np.sort(left[np.argsort(-height[left], kind="stable")[:_MOST_SEARCHED]])
    for template in templates(replace(feature, x=feature.x[searched])):
        evidence = _recurring(feature, left, template)
        if np.count_nonzero(evidence) >= fewest:
            best[left] = np.maximum(best[left], evidence)
            left = left[evidence == 0]
    known = _apart(np.flatnonzero(best > EVIDENCE), best, times)
    return joined(waves, weak.where(known - count)).in_order()


def _apart(
    events: NDArray[np.int64], evidence: NDArray[np.float32], times_s: NDArray[np.float64]
) -> NDArray[np.int64]:
    """These events without those within 20 ms of one with more evidence: another lobe of the same."""
    kept: list[int] = []
    for i in events[np.argsort(-evidence[events], kind="stable")]:
        if all(abs(times_s[i] - times_s[j]) > _APART_S for j in kept):
            kept.append(int(i))
    return np.sort(np.array(kept, np.int64))


def _evidence(
    feature: Features, events: NDArray[np.int64], template: NDArray[np.float32]
) -> NDArray[np.float32]:
    """How much likelier each event is with a template at a like size in it than without.

    Log-likelihood ratio; none for an event of which more is left than noise and some variability.
    """
    energy = float(np.sum(template**2))
    _, scale, left = best_shift(feature, events, template)
    explained = left <= noise_energy(feature) + _UNEXPLAINED * energy
    explained &= (scale > _LOWEST_SCALE) & (scale < _HIGHEST_SCALE)
    return np.where(explained, energy * (scale - 0.5), 0.0).astype(np.float32)


def _recurring(
    feature: Features, events: NDArray[np.int64], template: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Evidence for the events that a template explains, if they are more than noise can have made.

    Noise makes a shape as often upside down or backwards as upright and forwards, a motor unit does not.
    So each event goes to whichever explains it best, the template or its mirror images (target and decoy:
    Elias & Gygi, Nat Methods 2007;4:207), and the template's share must be one that comes about by chance
    once in a hundred times (binomial, one half each). A template that resembles all of its mirror
    images has to have a higher energy instead.
    """
    energy = float(np.sum(template**2))
    evidence = _evidence(feature, events, template)
    mirrored = [-template, template[::-1], -template[::-1]]
    decoys = [
        _evidence(feature, events, np.ascontiguousarray(each))
        for each in mirrored
        if _resemblance(each, template) < _UNLIKE
    ]
    against = np.max(decoys, axis=0, initial=0.0) if decoys else np.zeros_like(evidence)
    explained = (evidence > EVIDENCE) & (evidence > against)
    wins = int(np.count_nonzero(explained))
    losses = max((int(np.sum((d > EVIDENCE) & (d > evidence))) for d in decoys), default=0)
    least = _LEAST_ENERGY if decoys else _TELLING_ENERGY
    if energy <= least or _by_chance(wins, wins + losses) > _CHANCE:
        return np.zeros_like(evidence)
    return np.where(explained, evidence, 0).astype(np.float32)


def _by_chance(wins: int, of: int) -> float:
    """Probability of so many wins or more where either side is as likely to win."""
    return float(sum(comb(of, k) for k in range(wins, of + 1)) / 2**of)


def _resemblance(shape: NDArray[np.float32], template: NDArray[np.float32]) -> float:
    """Largest correlation of two shapes of like energy over shifts."""
    length = len(template)
    across = sum(np.correlate(shape[:, k], template[:, k], mode="full") for k in range(template.shape[1]))
    near = slice(length // 2, length + length // 2)
    return float(np.max(np.asarray(across)[near]) / max(float(np.sum(template**2)), 1e-9))
