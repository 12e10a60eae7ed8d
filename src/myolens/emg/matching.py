"""Every event explained by templates: one, or several on top of one another."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, fields, replace
from math import exp, lgamma, log, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myolens.emg.sorting import Cluster, Features, noise_energy, whole
from myolens.emg.waveforms import SEARCH_S

_LOWEST_SCALE, _HIGHEST_SCALE = 0.6, 1.6
_LEAST = 0.35
_LEFT_OVER = 0.25
_MOSTLY = 0.6
_SUM = 0.15
_REACH_S, _MEETING_S, _CHANCE = 0.04, 0.004, 0.01
_MOST_LOOSE = 300
_SAME_SIZE = 0.2
_SHOWN = 0.5
_FREE = 0.05
_WORTH_A_PAIR = 0.1
_HALF = 0.5
_CLEAR, _VARIES = 1.5, 0.08
_OWN = 0.7
_LIKELY = 6
_SAME_S = 0.005
_TOGETHER = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Discharges found by matching, in order of event and then of size.

    Attributes
    ----------
    event : ndarray of int64
        Event in whose window it was found.
    unit : ndarray of int64
        Unit, from 0.
    shift : ndarray of int64
        Samples by which it lies after the place where the window's own deflection would have it.
    scale : ndarray of float32
        Size relative to the unit's usual one.
    fits : ndarray of bool, shape (events,)
        Whether what is left of the event is noise and shape variability, or at most 0.4 of it.
    """

    event: NDArray[np.int64]
    unit: NDArray[np.int64]
    shift: NDArray[np.int64]
    scale: NDArray[np.float32]
    fits: NDArray[np.bool_]


def match(feature: Features, courses: NDArray[np.float32], chapter: NDArray[np.int64]) -> Matches:
    """Explain each window by one potential, or else by the best two at once, or three.

    The resolving of superpositions follows EMGLAB (McGill et al., J Neurosci Methods 2005;149:121): the
    sizes of two potentials on top of one another are fitted jointly, at all pairs of places. A potential
    must remove more energy than noise could, at a scale of 0.6–1.6.

    Parameters
    ----------
    feature : Features
    courses : ndarray of float32, shape (units, chapters, samples, components)
        Potential of every unit in every chapter.
    chapter : ndarray of int64, shape (events,)
        Chapter of each event; its potentials are those that count.
    """
    parts = []
    energy = np.einsum("ukij,ukij->uk", courses, courses)
    usual = np.maximum(energy.mean(axis=1), 1e-9)
    for k in np.unique(chapter):
        atoms = Atoms.of(feature, courses[:, k])
        for events in np.array_split(
            np.flatnonzero(chapter == k), -(-int(np.sum(chapter == k)) // _TOGETHER)
        ):
            power = feature.power[events]
            event, unit, place, scale, left = explained(feature, feature.x[events], atoms, power)
            size = scale * np.sqrt(energy[unit, k] / usual[unit])
            whole = np.einsum("ijk,ijk->i", feature.x[events], feature.x[events])
            noise = noise_energy(feature) * feature.x.shape[1] / feature.length * power
            fits = (left <= noise + _LEFT_OVER * whole) | (left <= (1 - _MOSTLY) * whole)
            parts.append((events[event], unit, place, size.astype(np.float32), events[fits]))
    event, unit, shift, scale, fitting = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(event, kind="stable")
    fits = np.zeros(len(feature.x), bool)
    fits[fitting] = True
    return Matches(event[order], unit[order], shift[order], scale[order], fits)


def untangled(
    feature: Features,
    courses: NDArray[np.float32],
    chapter: NDArray[np.int64],
    found: Matches,
    sample: NDArray[np.float64],
) -> Matches:
    """Explain windows that overlap once more, each without the potentials found at the events beside it.

    A window shows but part of what belongs to its neighbours, which may pass for something else and puts
    what is its own in the shade; in a neighbour's own window it is seen whole. Only what is there is taken
    away. Where nothing remains but what a neighbour's changing shape leaves, the first account stands.

    Parameters
    ----------
    feature, courses, chapter
        As for `match`.
    found : Matches
        What the windows were explained by.
    sample : ndarray
        Largest deflection of every event in samples of the features, ascending.
    """
    samples = feature.x.shape[1]
    energy = np.einsum("ukij,ukij->uk", courses, courses)
    usual = np.maximum(energy.mean(axis=1), 1e-9)
    at = sample[found.event] + found.shift
    owner = np.searchsorted((sample[1:] + sample[:-1]) / 2, at)
    first = np.searchsorted(sample, at - samples, side="right")
    last = np.searchsorted(sample, at + samples)
    x, taken = feature.x.copy(), np.zeros(len(sample))
    for m in np.flatnonzero(found.fits[found.event] & (owner == found.event) & (last - first > 1)):
        unit = found.unit[m]
        for i in range(first[m], last[m]):
            place = round(float(at[m] - sample[i]))
            low, high = max(0, place), min(samples, samples + place)
            scale = found.scale[m] / np.sqrt(max(energy[unit, chapter[i]], 1e-9) / usual[unit])
            part = scale * courses[unit, chapter[i], low - place : high - place]
            if i != owner[m] and np.sum(part * x[i, low:high]) > _HALF * np.sum(part**2):
                x[i, low:high] -= part
                taken[i] += np.sum(part**2)
    again = np.flatnonzero(taken)
    if not len(again):
        return found
    second = match(replace(feature, x=x).where(again), courses, chapter[again])
    second = replace(second, event=again[second.event])
    useful = np.isin(second.event, again[second.fits])
    useful &= second.scale**2 * usual[second.unit] > _VARIES * taken[second.event]
    kept, fits = ~np.isin(found.event, second.event[useful]), found.fits.copy()
    fits[second.event[useful]] = True
    names = "event", "unit", "shift", "scale"
    columns = [np.concatenate([getattr(found, n)[kept], getattr(second, n)[useful]]) for n in names]
    order = np.argsort(columns[0], kind="stable")
    event, unit, shift, scale = (column[order] for column in columns)
    return Matches(event, unit, shift, scale, fits)


@dataclass(frozen=True, slots=True, eq=False)
class Atoms:
    """Every template at every place in a window, cut off at its edges where half of it still shows.

    Attributes
    ----------
    shape : ndarray of float32, shape (samples × components, atoms)
    energy : ndarray of float32, shape (atoms,)
        Of what shows.
    unit, place : ndarray of int64, shape (atoms,)
        The place counts from that of a template at the window's beginning.
    """

    shape: NDArray[np.float32]
    energy: NDArray[np.float32]
    unit: NDArray[np.int64]
    place: NDArray[np.int64]

    @classmethod
    def of(cls, feature: Features, bank: NDArray[np.float32]) -> Atoms:
        """Place the potentials (units, samples, components) everywhere."""
        samples, length = feature.x.shape[1], bank.shape[1]
        places = np.arange(-length, samples + 1)
        padded = np.zeros((len(bank), len(places), samples + 2 * length, bank.shape[2]), np.float32)
        for k, place in enumerate(places):
            padded[:, k, length + place : 2 * length + place] = bank
        shown = padded[:, :, length:-length].reshape(len(bank), len(places), -1)
        energy = np.einsum("upi,upi->up", shown, shown)
        whole = np.einsum("uij,uij->u", bank, bank)
        unit, row = np.nonzero(energy > np.maximum(_SHOWN * whole, 1e-9)[:, None])
        return cls(shown[unit, row].T.copy(), energy[unit, row], unit, places[row])


def explained(
    feature: Features, x: NDArray[np.float32], atoms: Atoms, power: NDArray[np.float32]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any], NDArray[np.float32]]:
    """Event, unit, place and scale of every potential in the windows, and the energy each leaves.

    `power` is that of the noise in each window, relative to that of the whole recording. Where one leaves
    little, a second is to remove 0.08 of the whole, as is left of one that changes or lies between samples.
    """
    flat = x.reshape(len(x), x.shape[1] * x.shape[2])
    whole = np.einsum("ij,ij->i", flat, flat)
    least = _LEAST * noise_energy(feature) * power
    noise = noise_energy(feature) * x.shape[1] / feature.length * power
    product = flat @ atoms.shape
    atom, scale, gain = _single(product, atoms)
    hit = gain > least
    chosen = [[(int(atom[i]), float(scale[i]))] if hit[i] else [] for i in range(len(x))]
    left = np.where(hit, whole - gain, whole)
    ragged = hit & (left > noise + _WORTH_A_PAIR * whole)
    clear = _CLEAR * noise_energy(feature) * power
    for i in np.flatnonzero(
        ragged | _second(flat, atoms, atom, scale, hit & ~ragged & (left > clear), clear)
    ):
        pair, joint = _pair(feature, product[i], atoms)
        smaller = min(s**2 * float(atoms.energy[a]) for a, s in pair)
        little = max(clear[i], _VARIES * whole[i])
        enough = max(least[i], _HALF * (left[i] - noise[i])) if ragged[i] else little
        if joint - gain[i] > max(enough, _OWN * smaller):
            chosen[i] = pair
            left[i] = whole[i] - joint
            rest = flat[i] - sum(s * atoms.shape[:, a] for a, s in pair)
            third, size, more = _single((rest @ atoms.shape)[None], atoms)
            worth = left[i] > noise[i] + _WORTH_A_PAIR * whole[i]
            if worth and more[0] > max(least[i], _HALF * (left[i] - noise[i])):
                chosen[i] = [*pair, (int(third[0]), float(size[0]))]
                left[i] -= more[0]
    event = np.repeat(np.arange(len(x)), [len(each) for each in chosen])
    which = np.array([a for each in chosen for a, _ in each], np.int64)
    scales = np.array([s for each in chosen for _, s in each], np.float32)
    return event, atoms.unit[which], atoms.place[which], scales, left


def _single(
    product: NDArray[np.float32], atoms: Atoms
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Atom, scale and energy removed, of the best single match in each window."""
    factor = product / atoms.energy
    usable = (factor > _LOWEST_SCALE) & (factor < _HIGHEST_SCALE)
    gain = np.where(usable, product * factor, 0.0)
    best = np.argmax(gain, axis=1)
    rows = np.arange(len(product))
    return best, factor[rows, best], gain[rows, best]


def _second(
    flat: NDArray[np.float32],
    atoms: Atoms,
    atom: NDArray[np.int64],
    scale: NDArray[np.float32],
    asked: NDArray[np.bool_],
    least: NDArray[np.float32],
) -> NDArray[np.bool_]:
    """Windows, of those asked for, in which after the best match another one removes more than noise holds.

    Half of a second discharge may lie outside: what is left would pass for noise by its amount.
    """
    result = asked.copy()
    if asked.any():
        rest = flat[asked] - scale[asked, None] * atoms.shape[:, atom[asked]].T
        result[asked] = _single(rest @ atoms.shape, atoms)[2] > least[asked]
    return result


def _pair(
    feature: Features, product: NDArray[np.float32], atoms: Atoms
) -> tuple[list[tuple[int, float]], float]:
    """Two atoms and their scales that together remove most of one window, of its likeliest units."""
    reach = np.zeros(int(atoms.unit.max()) + 1)
    np.maximum.at(reach, atoms.unit, product * np.abs(product) / atoms.energy)
    likely = np.argsort(-reach, kind="stable")[:_LIKELY]
    some = np.flatnonzero(np.isin(atoms.unit, likely))
    b, unit, place = product[some].astype(float), atoms.unit[some], atoms.place[some]
    gram = (atoms.shape[:, some].T @ atoms.shape[:, some]).astype(float)
    energy = np.diag(gram)
    free = np.outer(energy, energy) - gram**2
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = (b[:, None] * energy[None] - b[None] * gram) / free
    usable = (scale > _LOWEST_SCALE) & (scale < _HIGHEST_SCALE) & (free > _FREE * np.outer(energy, energy))
    near = np.abs(place[:, None] - place[None]) <= _SAME_S * feature.rate
    usable &= usable.T & ~(near & (unit[:, None] == unit[None]))
    gain = np.where(usable, b[:, None] * scale + b[None] * scale.T, 0.0)
    i, j = np.unravel_index(int(np.argmax(gain)), gain.shape)
    return [(int(some[i]), float(scale[i, j])), (int(some[j]), float(scale[j, i]))], float(gain[i, j])


def without_composites(
    feature: Features, found: list[Cluster], times_s: NDArray[np.float64]
) -> list[Cluster]:
    """Leave out clusters whose potential is that of two or three discharges of others, more active ones.

    Or that of one, aligned to another lobe. Two or three of one unit are doublets. Different units meet at
    any lag, by chance or as one often drives the other; where they would have met at one lag more often than
    chance and their meetings at other lags explain, once in a hundred times, the cluster is a unit whose
    potential resembles their sum.
    """
    seconds = max(float(times_s[-1] - times_s[0]), _REACH_S)
    shapes = {id(cluster): whole(feature, cluster.events, cluster.place) for cluster in found}
    kept = sorted(found, key=lambda cluster: -len(cluster.events))
    for cluster in kept[:0:-1]:
        others = [other for other in kept if len(other.events) > len(cluster.events)]
        if not others:
            continue
        window = _window(feature, cluster)
        atoms = Atoms.of(feature, np.stack([shapes[id(other)] for other in others]))
        event, unit, place, scale, left = explained(feature, window[None], atoms, np.ones(1, np.float32))
        allowed = _SUM * float(np.sum(window**2)) + 2 * window.size / feature.fineness / len(cluster.events)
        other = (np.abs(place) <= _SAME_S * feature.rate) | (np.abs(np.log(scale)) > _SAME_SIZE)
        if left[0] > allowed or len(event) == other.sum() == 1:
            continue
        if len(set(unit)) > 1:
            share = _MEETING_S / _REACH_S
            by_chance = prod(len(others[k].events) for k in unit) * (_REACH_S / seconds) ** (len(unit) - 1)
            sorted_in = np.concatenate([cluster.events, *(other.events for other in others)])
            loose = np.setdiff1d(np.arange(len(feature.x)), sorted_in)[:_MOST_LOOSE]
            event, units, *_ = explained(feature, feature.x[loose], atoms, feature.power[loose])
            met = sum(set(unit) <= set(units[event == k]) for k in range(len(loose)))
            if _at_least(len(cluster.events), share * (by_chance + met)) <= _CHANCE:
                continue
        kept.remove(cluster)
    return [cluster for cluster in found if cluster in kept]


def _at_least(count: int, expected: float) -> float:
    """Probability of so many or more where so many are expected (Poisson)."""
    expected = max(expected, 1e-9)
    return 1 - sum(exp(k * log(expected) - expected - lgamma(k + 1)) for k in range(count))


def _window(feature: Features, cluster: Cluster) -> NDArray[np.float32]:
    """Median whole window of a cluster, its events moved so that the template lies at home."""
    samples = feature.x.shape[1]
    by = cluster.place - feature.home
    at = np.clip(by[:, None] + np.arange(samples), 0, samples - 1)
    return np.asarray(np.median(feature.x[cluster.events[:, None], at], axis=0), np.float32)


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
