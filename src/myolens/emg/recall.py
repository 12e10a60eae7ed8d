"""Discharges below the threshold that are known by their shape: events first, templates second."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from myolens.emg.detection import distance, telling
from myolens.emg.noise import Noise
from myolens.emg.sorting import Cluster, Features, average, best_shift, clusters, features, noise_energy
from myolens.emg.waveforms import Waveforms, joined

EVIDENCE = 14.0
"""Log-likelihood ratio above which an event is a known unit's where the noise itself does not tell (see
`_known`). Gaussian noise at a hundred candidates a minute would need 12; the rest is for noise that is
neither Gaussian nor white."""

_APART_S = 0.020
_FEWEST_WEAK, _LEAST_ENERGY, _TELLING_ENERGY = 3, (35.0, 50.0), 80.0
_CHANCE = 0.03
_LIMITS, _FALSE_SHARE, _FALSE_OF_KNOWN = range(10, 41), 0.3, 0.2
_PER_LEVEL = 4.0
_MEDIAN_VARIANCE, _LEAST_SHRUNK = 1.57, 0.3
_MOST_SEARCHED, _FEW_CHANNELS = 400, 8
_LIKE, _GATHERED, _MOST_CROWDS = (6.0, 5.0, 4.0), 3, 30
_GATHERED_FROM, _MIRRORED = range(6, 41, 2), 0.3
_HIGHEST_SCALE = 1.5
_UNEXPLAINED = 0.25
_UNLIKE = 10.0


def with_recalled(waves: Waveforms, weak: Waveforms, noise: Noise) -> Waveforms:
    """Events, and the weak candidates that a unit among them explains.

    Where the background is spiky the threshold for a potential of unknown shape is high. For a shape
    already seen several times, less is needed: the log of how much likelier the window is with the
    unit's potential in it than without, product − energy / 2 for noise of variance one (the matched
    filter: Kay, *Fundamentals of Statistical Signal Processing: Detection Theory*, 1998, ch. 4). A unit
    may also stay below the threshold altogether: three or more weak events of one shape that noise does not
    make (see `_recurring`). Shapes are looked for twice: as crowds denser than those of mirror images, and as
    the units into which the highest of the events left sort.

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
    size = np.concatenate([waves.peak / waves.level, weak.peak / weak.level])
    short = np.maximum(telling(1.0, waves.windows.shape[2]) - size, 0)
    best = np.zeros(len(times), np.float32)
    left = np.arange(count, len(times))
    loose = np.arange(count)
    for cluster in clusters(feature.where(slice(count))):
        evidence = _known(feature, left, _shrunk(feature, cluster), short[left])
        best[left] = np.maximum(best[left], evidence)
        left = left[evidence == 0]
        loose = np.setdiff1d(loose, cluster.events, assume_unique=True)
    most = _MOST_SEARCHED if waves.windows.shape[2] <= _FEW_CHANNELS else 0
    searched = np.sort(left[np.argsort(-height[left], kind="stable")[:most]])
    left = np.concatenate([loose, left])

    def take(template: NDArray[np.float32], averaged: int) -> None:
        nonlocal left
        evidence = _recurring(feature, left, template, averaged)
        if np.count_nonzero(evidence) >= _FEWEST_WEAK:
            best[left] = np.maximum(best[left], evidence)
            left = left[evidence == 0]

    for template, averaged in _crowds(feature, np.concatenate([loose[:most], searched])):
        take(template, averaged)
    remaining = np.intersect1d(left, searched)
    for cluster in clusters(feature.where(remaining)) if len(remaining) else ():
        take(cluster.template, len(cluster.events))
    best[:count] = 0
    known = _apart(np.flatnonzero(best > 0), best, times)
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
    power = feature.power[events]
    explained = left <= noise_energy(feature) * power + _UNEXPLAINED * energy
    explained &= scale < _HIGHEST_SCALE
    return np.where(explained, energy * (scale - 0.5) / power, 0.0).astype(np.float32)


def _known(
    feature: Features, events: NDArray[np.int64], template: NDArray[np.float32], short: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Evidence for the events that a known unit's potential explains, in as far as its mirror images do not.

    What these explain better than it tells how often noise does (see `_recurring`). The evidence asked for is
    the least, from 10 on, with which at most a fifth would be of noise: less in a smooth rest than in a spiky
    one. A potential that resembles its mirror images needs `EVIDENCE`. Most spikes of a real background are
    small, and less rare than Gaussian noise has them: so an event loses evidence for each level of noise by
    which its largest deflection falls short of what tells a potential that came once.
    """

    def sized(shape: NDArray[np.float32]) -> NDArray[np.float32]:
        evidence = _evidence(feature, events, shape)
        return np.where(evidence > 0, evidence - _PER_LEVEL * short, 0).astype(np.float32)

    evidence = sized(template)
    decoys = [sized(each) for each in _mirrored(template)]
    against = np.max(decoys, axis=0, initial=0.0) if decoys else np.zeros_like(evidence)
    against = against[against > evidence]
    for limit in _LIMITS if decoys else (EVIDENCE,):
        explained = evidence > limit
        losses = int(np.count_nonzero(against > limit))
        if losses <= _FALSE_OF_KNOWN * len(decoys) * np.count_nonzero(explained):
            return np.asarray(np.where(explained, evidence, 0), np.float32)
    return np.zeros(len(evidence), np.float32)


def _shrunk(feature: Features, cluster: Cluster) -> NDArray[np.float32]:
    """Potential of a unit, made smaller by what the noise of an average of so few adds to its energy."""
    template = cluster.template
    own = _MEDIAN_VARIANCE * template.size / feature.fineness / len(cluster.events)
    share = 1 - own / max(float(np.sum(template**2)), 1e-9)
    return np.asarray(max(_LEAST_SHRUNK, share) * template, np.float32)


def _crowds(feature: Features, events: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.float32], int]]:
    """Average potentials of events that are like one another, more than like one another's mirror images.

    Every event is a seed. Those that correlate with it, four standard deviations of noise or more, are its
    crowd; those of which a mirror image does are what chance gives. The seed with the largest difference
    is taken, its crowd averaged and gathered anew, and so on with the events left. With each average
    comes the number of events in it.
    """
    if len(events) < _FEWEST_WEAK:
        return
    x = feature.x[events]
    own = x[:, feature.home : feature.home + feature.length]
    size = np.sqrt(np.einsum("ijk,ijk->i", own, own))[:, None]
    likeness = []
    for seeds in (own, own[:, ::-1]):
        flat = seeds.reshape(len(x), -1)
        highest = np.full((len(x), len(x)), -np.inf, np.float32)
        lowest = -highest
        for place in range(feature.shifts):
            product = flat @ x[:, place : place + feature.length].reshape(len(x), -1).T
            np.maximum(highest, product, out=highest)
            np.minimum(lowest, product, out=lowest)
        likeness += [highest / size, -lowest / size]
    unused = np.ones(len(x), bool)
    for limit in _LIKE:
        alike = [each > limit for each in likeness]
        for _ in range(_MOST_CROWDS):
            counts = [np.count_nonzero(each & unused, axis=1) for each in alike]
            more = np.where(unused, counts[0] - np.max(counts[1:], axis=0), 0)
            seed = int(np.argmax(more))
            if more[seed] < _FEWEST_WEAK:
                break
            template, averaged, members = own[seed], 1, np.flatnonzero(alike[0][seed] & unused)
            for _ in range(_GATHERED):
                places, _, _ = best_shift(feature, events[members], np.ascontiguousarray(template))
                template = average(feature, events[members], places)
                again = np.flatnonzero(_gathered(feature, events, template) & unused)
                if len(again) < _FEWEST_WEAK:
                    break
                averaged, members = len(members), again
            else:
                yield template, averaged
            unused[members] = False
            unused[seed] = False


def _gathered(
    feature: Features, events: NDArray[np.int64], template: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Events with so much evidence for a template that its mirror images explain few as well."""
    evidence = _evidence(feature, events, template)
    mirrored = [_evidence(feature, events, each) for each in _mirrored(template)]
    if not mirrored:
        return np.asarray(evidence > EVIDENCE)
    for limit in _GATHERED_FROM:
        by_chance = np.count_nonzero(np.stack(mirrored) > limit) / len(mirrored)
        if by_chance <= _MIRRORED * np.count_nonzero(evidence > limit):
            break
    return np.asarray(evidence > limit)


def _mirrored(template: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Upside down, backwards and both, without those that noise may make of the template itself.

    What speaks for one and not for the other grows with their difference in energy, its noise with the root.
    """
    energy = float(np.sum(template**2))
    images = [np.ascontiguousarray(each) for each in (-template, template[::-1], -template[::-1])]
    return [each for each in images if energy * (1 - _resemblance(each, template)) > _UNLIKE]


def _recurring(
    feature: Features, events: NDArray[np.int64], template: NDArray[np.float32], averaged: int
) -> NDArray[np.float32]:
    """Evidence for the events that a template explains, if they are more than noise can have made.

    Noise makes a shape as often upside down or backwards as upright and forwards, a motor unit does not.
    So each event goes to whichever explains it best, the template or its mirror images, and what these win
    tells how many of the template's are chance (target and decoy: Elias & Gygi, Nat Methods 2007;4:207). The
    evidence asked for is the least with which less than a third would be, and at which the template's share
    comes about by chance less than three times in a hundred (binomial): a spiky rest asks for more than a
    smooth one. A template that resembles all of its mirror images has to have a higher energy instead. An
    average of few events holds their own noise, by which it explains them better than others; what that adds
    is taken off its energy and its evidence.
    """
    own = _MEDIAN_VARIANCE * template.size / feature.fineness / averaged
    energy = float(np.sum(template**2)) - own
    evidence = np.maximum(_evidence(feature, events, template) - own, 0)
    decoys = [_evidence(feature, events, each) for each in _mirrored(template)]
    against = np.max(decoys, axis=0, initial=0.0) if decoys else np.zeros_like(evidence)
    least = _LEAST_ENERGY[template.shape[1] > 1] if decoys else _TELLING_ENERGY
    none = np.zeros(len(evidence), np.float32)
    if energy <= least:
        return none
    if not decoys:
        return np.asarray(np.where(evidence > EVIDENCE, evidence, 0), np.float32)
    won, lost = evidence > against, against > evidence
    for limit in _LIMITS:
        explained = won & (evidence > limit)
        wins, losses = int(np.count_nonzero(explained)), int(np.count_nonzero(lost & (against > limit)))
        if wins < _FEWEST_WEAK:
            break
        by_chance = _by_chance(wins, wins + losses, 1 / (1 + len(decoys)))
        if losses <= _FALSE_SHARE * wins * len(decoys) and by_chance <= _CHANCE:
            return np.asarray(np.where(explained, evidence, 0), np.float32)
    return none


def _by_chance(wins: int, of: int, share: float) -> float:
    """Probability of so many wins or more where each comes with a probability of `share`."""
    from scipy.special import bdtrc

    return float(bdtrc(wins - 1, of, share))


def _resemblance(shape: NDArray[np.float32], template: NDArray[np.float32]) -> float:
    """Largest correlation of two shapes of like energy over shifts."""
    length = len(template)
    across = sum(np.correlate(shape[:, k], template[:, k], mode="full") for k in range(template.shape[1]))
    near = slice(length // 2, length + length // 2)
    return float(np.max(np.asarray(across)[near]) / max(float(np.sum(template**2)), 1e-9))
