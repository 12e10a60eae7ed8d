"""Units that change slowly: how each potential looks in each part of a recording."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from myolens.emg.sorting import FEWEST_EVENTS, MEDIAN_VARIANCE, Cluster, Features, average, best_shift

CHAPTER_S = 180.0
"""Over so long a potential changes little; skin, temperature and fatigue take minutes."""

_MOST_CHAPTERS = 12
_NEAREST = 25
_LOWEST_SCALE, _HIGHEST_SCALE = 0.6, 1.6
_ALIKE = 0.084


def chapters(times_s: NDArray[np.float64]) -> NDArray[np.int64]:
    """Chapter of each event: equal parts of about three minutes, at most twelve."""
    first, length = float(times_s[0]), float(times_s[-1] - times_s[0])
    count = int(np.clip(round(length / CHAPTER_S), 1, _MOST_CHAPTERS))
    return np.minimum((count * (times_s - first) / max(length, 1e-9)).astype(np.int64), count - 1)


def course(
    feature: Features,
    events: NDArray[np.int64],
    place: NDArray[np.int64],
    chapter: NDArray[np.int64],
    averaged: Callable[[Features, NDArray[np.int64], NDArray[np.int64]], NDArray[np.float32]] = average,
) -> NDArray[np.float32]:
    """Potential of a unit in every chapter, shape (chapters, samples, components).

    In each it is the average of the unit's discharges there, or, if these are few, of the 25 nearest:
    that of a template's span, or `whole`.
    """
    count = int(chapter[-1]) + 1
    if count == 1:
        return averaged(feature, events, place)[None]
    own = chapter[events]
    stages = []
    for k in range(count):
        enough = max(_NEAREST, int(np.sum(own == k)))
        near = np.argsort(np.abs(own - k), kind="stable")[:enough]
        stages.append(averaged(feature, events[near], place[near]))
    return np.stack(stages)


def joined(feature: Features, found: list[Cluster], chapter: NDArray[np.int64]) -> list[Cluster]:
    """Make clusters one that are stages of one unit.

    Two belong together if they look alike in every chapter in which both discharge or, if there is
    none, where one takes over from the other. A unit whose potential comes to resemble that of another
    remains apart from it by the chapters in which both were there and differed.
    """
    count = int(chapter[-1]) + 1
    active = np.array([np.bincount(chapter[c.events], minlength=count) for c in found])
    local = [course(feature, c.events, c.place, chapter) for c in found]
    links: list[tuple[float, int, int]] = []
    apart: set[tuple[int, int]] = set()
    for a, b in combinations(range(len(found)), 2):
        both = np.flatnonzero((active[a] >= FEWEST_EVENTS) & (active[b] >= FEWEST_EVENTS))
        pairs = [(k, k) for k in both] if len(both) else [_handover(active[a], active[b])]
        noise = sum(1 / min(_NEAREST, len(found[k].events)) for k in (a, b)) / feature.fineness
        unlike = 0.0
        for i, j in pairs:
            unlike = max(unlike, _difference(local[a][i], local[b][j], noise))
            if unlike > 1:
                break
        if unlike <= 1:
            links.append((unlike, a, b))
        elif len(both):
            apart.add((a, b))
    group = {k: [k] for k in range(len(found))}
    home = list(range(len(found)))
    for _, a, b in sorted(links):
        one, other = group[home[a]], group[home[b]]
        if one is other or any((min(p, q), max(p, q)) in apart for p in one for q in other):
            continue
        gone = home[b]
        one += other
        for k in other:
            home[k] = home[a]
        del group[gone]
    units = []
    for members in group.values():
        largest = max((found[k] for k in members), key=lambda c: len(c.events))
        events = np.sort(np.concatenate([found[k].events for k in members]))
        place = largest.place if len(members) == 1 else best_shift(feature, events, largest.template)[0]
        units.append(replace(largest, events=events, place=place))
    return units


def _handover(a: NDArray[np.int64], b: NDArray[np.int64]) -> tuple[int, int]:
    """The two chapters, one of each, in which two clusters come nearest to one another."""
    first, second = np.flatnonzero(a), np.flatnonzero(b)
    gaps = np.abs(first[:, None] - second[None, :])
    i, j = np.unravel_index(int(np.argmin(gaps)), gaps.shape)
    return int(first[i]), int(second[j])


def _difference(a: NDArray[np.float32], b: NDArray[np.float32], noise: float) -> float:
    """What b, scaled and shifted, leaves of a: 1 is as much as may be left of one unit's potential.

    That is 0.084 of its energy and the noise of the two averages, of which the variance is given; the
    scale is that of matching, 0.6–1.6.
    """
    reach = len(a) // 3
    padded = np.pad(b, ((reach, reach), (0, 0)))
    moved = np.stack([padded[shift : shift + len(a)].ravel() for shift in range(2 * reach + 1)])
    size = float(np.sum(a * a))
    products = moved @ a.ravel()
    energy = np.maximum(np.sum(moved * moved, axis=1), 1e-9)
    scale = products / energy
    rest = size - scale * products
    rest = np.where((scale > _LOWEST_SCALE) & (scale < _HIGHEST_SCALE), rest, np.inf)
    return float(rest.min() / (_ALIKE * size + MEDIAN_VARIANCE * a.size * noise))
