"""Discharges grouped into motor units by the shape of their potentials over all channels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from myolens.emg.noise import Noise
from myolens.emg.streaming import in_order
from myolens.emg.waveforms import BEFORE_S, Waveforms

TEMPLATE_BEFORE_S, TEMPLATE_AFTER_S = 0.010, 0.014
"""A template spans this much around the largest deflection; the rest of the window is room for shifts."""

MEDIAN_VARIANCE = 1.57
"""Of a median of normal values, over that of their mean."""

FEWEST_EVENTS = 3
"""A unit needs at least this many like discharges; fewer stay unassigned, but for pairs that are alike over
eight electrodes or more (`myolens.emg.modes.paired`)."""

_MOST_COMPONENTS, _FEWEST_COMPONENTS = 12, 4
_SORTING_RATE_HZ = 1000.0
_SHAPE_TOLERANCE = 0.12
_SEED_TOLERANCE = 0.20
_LOWEST_SCALE, _HIGHEST_SCALE = 0.7, 1.4
_LEAST_SHRUNK = 0.3
_MOST_CLUSTERS = 150
_MOST_SEEDS = 600
_LOOKED_AT = 2000
_AT_ONCE = 64
_WHITENED_S, _LEAST_POWER = 0.008, 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Windows in a few whitened spatial components, noise of about unit variance in each.

    Attributes
    ----------
    x : ndarray of float32, shape (events, samples, components)
    length : int
        Samples of a template; it may lie at shifts 0 … samples − length.
    home : int
        Shift at which the largest deflection of the window is that of the template.
    rate : float
        Samples per second.
    basis : ndarray of float32, shape (channels, components)
        Whitening and projection in one.
    power : ndarray of float32, shape (events,)
        Of the noise at each event's time, relative to that of the whole recording.
    fineness : int
        Samples for each that was recorded: the noise in so many has an energy of about 1.
    """

    x: NDArray[np.float32]
    length: int
    home: int
    rate: float
    basis: NDArray[np.float32]
    power: NDArray[np.float32]
    fineness: int = 1

    @property
    def shifts(self) -> int:
        """Number of places a template may take in a window."""
        return int(self.x.shape[1]) - self.length + 1

    def where(self, chosen: NDArray[np.int64] | slice) -> Features:
        """Only these of the events."""
        return replace(self, x=self.x[chosen], power=self.power[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """Discharges of like shape: a unit, or one stage of a unit that changes.

    Attributes
    ----------
    events : ndarray of int64
        Ascending.
    place : ndarray of int64
        Where the template lies in each one's window.
    template : ndarray of float32, shape (samples, components)
        Their average.
    """

    events: NDArray[np.int64]
    place: NDArray[np.int64]
    template: NDArray[np.float32]


def features(waves: Waveforms, noise: Noise, further: Waveforms | None = None) -> Features:
    """Whiten the windows over channels and keep the components that carry most of the potentials.

    Those are kept, 4 to 12, whose power exceeds what noise alone would give the largest of them
    (Marchenko & Pastur 1967), as each one more only adds noise to every comparison. Where there are
    further events of the same recording, they follow the first.
    """
    step = max(1, int(waves.rate // _SORTING_RATE_HZ))
    kept = waves.windows.shape[1] // step
    level = np.median(noise.level, axis=0)
    whitening = (noise.whitening / level[:, None]).astype(np.float32)
    windows = [waves.windows] if further is None else [waves.windows, further.windows]
    parts = [each[k : k + _AT_ONCE] for each in windows for k in range(0, len(each), _AT_ONCE)]
    some = [window for part in parts for window in part]
    some = some[:: max(1, len(some) // _LOOKED_AT)]

    def scattered(chosen: list[NDArray[np.float32]]) -> NDArray[np.float64]:
        total = np.zeros((len(level), len(level)))
        for window in chosen:
            z = window @ whitening
            total += z.T @ z
        return total

    chosen = [some[k : k + _AT_ONCE] for k in range(0, len(some), _AT_ONCE)]
    scatter = sum(in_order(scattered, chosen), np.zeros((len(level), len(level))))
    power, vectors = np.linalg.eigh(scatter)
    independent = max(1, len(some) * kept)
    edge = (1 + np.sqrt(len(level) / independent)) ** 2 * np.median(power)
    count = int(np.clip(np.sum(power > edge), _FEWEST_COMPONENTS, _MOST_COMPONENTS))
    basis = (whitening @ vectors[:, ::-1][:, :count]).astype(np.float32)
    rate = waves.rate / step

    def projected(part: NDArray[np.float32]) -> NDArray[np.float32]:
        averaged = part[:, : kept * step].reshape(len(part), kept, step, -1).mean(axis=2)
        return np.asarray(averaged @ basis)

    x = np.concatenate([np.empty((0, kept, basis.shape[1]), np.float32), *in_order(projected, parts)])
    quiet = np.concatenate([x[:, :3], x[:, -3:]], axis=1)
    scale = 1.4826 * np.median(np.abs(quiet), axis=(0, 1)) if len(x) else np.ones(basis.shape[1])
    scale = np.maximum(scale, 1e-6).astype(np.float32)
    before, after = round(TEMPLATE_BEFORE_S * rate), round(TEMPLATE_AFTER_S * rate)
    length = before + after
    x = np.ascontiguousarray(
        np.swapaxes(np.swapaxes(x / scale, 1, 2) @ _white_in_time(noise, kept, rate), 1, 2)
    )
    power = waves.power if further is None else np.concatenate([waves.power, further.power])
    x /= np.float32(np.sqrt(noise.fineness))
    home = round(BEFORE_S * rate) - before
    return Features(x, length, home, rate, basis / scale, power, noise.fineness)


def _white_in_time(noise: Noise, samples: int, rate: float) -> NDArray[np.float32]:
    """Matrix that makes windows of so many samples white in time, from the right, without a shift.

    It convolves with one over the root of the noise's spectrum, cut off 8 ms to either side and bounded where
    the filter has left next to nothing. What is left of a template after subtraction is then noise without
    memory, for which the sums of squares and products used here are the right ones (Kay 1998, ch. 4).
    """
    count, reach = 256, round(_WHITENED_S * rate)
    frequency = np.fft.rfftfreq(count, 1 / rate)
    power = np.interp(frequency, np.linspace(0, noise.power_rate / 2, len(noise.power)), noise.power)
    held = frequency <= noise.power_rate / 2 / noise.fineness
    response = held / np.sqrt(np.maximum(power, _LEAST_POWER * np.median(power[held])))
    kernel = np.roll(np.fft.irfft(response, count), reach)[: 2 * reach + 1] * np.hanning(2 * reach + 3)[1:-1]
    kernel /= np.sqrt(np.mean(np.abs(np.fft.rfft(kernel, count)) ** 2 * power) / np.mean(power))
    lag = np.arange(samples)[:, None] - np.arange(samples)[None] + reach
    near = (lag >= 0) & (lag <= 2 * reach)
    return np.where(near, kernel[np.clip(lag, 0, 2 * reach)], 0).astype(np.float32)


def noise_energy(feature: Features) -> float:
    """Energy that noise alone puts into a template's span, at its 99th percentile."""
    size = feature.length * feature.x.shape[2] / feature.fineness
    return float(size + 3.5 * np.sqrt(2 * size))


def best_shift(
    feature: Features, events: NDArray[np.int64], template: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Place a template in each event's window where it explains most.

    Returns
    -------
    shift : ndarray of int64
    scale : ndarray of float32
        Least-squares factor of the template.
    residual : ndarray of float32
        Energy left in the span of the template.
    """
    from myolens.emg.kernels import placed

    shift, product, power = placed(feature.x, events, np.ascontiguousarray(template))
    scale = product / np.float32(max(float(np.sum(template**2)), 1e-9))
    return shift, scale, power - product * scale


def templates(feature: Features) -> list[NDArray[np.float32]]:
    """Average potentials of the clusters."""
    return [cluster.template for cluster in clusters(feature)]


def clusters(feature: Features) -> list[Cluster]:
    """Group the events: the largest one left is a seed, those like it a cluster, until none is left.

    Two potentials are alike if what remains after one is scaled (0.7–1.4) and shifted onto the
    other is within the noise plus 0.12 of its energy (0.20 for the noisy seed). The noise in a seed
    makes it too large for the others; the scale is corrected for what it adds to its energy.
    """
    left = np.arange(len(feature.x))
    energy = np.einsum("ijk,ijk->i", feature.x, feature.x)
    found: list[Cluster] = []
    seeds = 0
    while len(left) >= FEWEST_EVENTS and len(found) < _MOST_CLUSTERS and seeds < _MOST_SEEDS:
        seeds += 1
        seed = left[int(np.argmax(energy[left]))]
        cluster = _grown(feature, left, feature.x[seed, feature.home : feature.home + feature.length])
        if cluster is not None:
            found.append(cluster)
            left = np.setdiff1d(left, cluster.events, assume_unique=True)
        left = left[left != seed]
    return found


def _grown(feature: Features, left: NDArray[np.int64], seed: NDArray[np.float32]) -> Cluster | None:
    """Gather what is like the seed, then twice what is like its average; None if that is too little."""
    allowed = noise_energy(feature)
    noise_in = feature.length * feature.x.shape[2] / feature.fineness
    template, averaged = seed, 1
    members, place = left[:0], left[:0]
    for tolerance, noise in ((_SEED_TOLERANCE, 2.0), (_SHAPE_TOLERANCE, 1.2), (_SHAPE_TOLERANCE, 1.0)):
        energy = max(float(np.sum(template**2)), 1e-9)
        shrunk = max(_LEAST_SHRUNK, 1 - noise_in / averaged / energy)
        shift, scale, residual = best_shift(feature, left, template)
        size = scale**2 * energy
        good = (residual <= noise * allowed + tolerance * size) & (size > residual / noise)
        good &= (scale > _LOWEST_SCALE * shrunk) & (scale < _HIGHEST_SCALE * shrunk)
        members, place = left[good], shift[good]
        if len(members) < FEWEST_EVENTS:
            return None
        template, averaged = average(feature, members, place), len(members)
    return Cluster(members, place, template)


def average(feature: Features, events: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.float32]:
    """Median of the events' potentials, each at its own place; superpositions do not reach it."""
    span = np.arange(feature.length)
    stack = feature.x[events[:, None], place[:, None] + span]
    return np.asarray(np.median(stack, axis=0) if len(stack) < 400 else stack.mean(axis=0), np.float32)


def whole(feature: Features, events: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.float32]:
    """Median whole window, the template at home; before and after it, what is more than noise leaves.

    A potential may last longer than a template: what a short one leaves of it is no second discharge.
    """
    samples = feature.x.shape[1]
    at = np.clip((place - feature.home)[:, None] + np.arange(samples), 0, samples - 1)
    result = np.asarray(np.median(feature.x[events[:, None], at], axis=0), np.float32)
    stop = feature.home + feature.length
    for side in (slice(0, feature.home), slice(stop, samples)):
        size = result[side].size / feature.fineness
        noise = MEDIAN_VARIANCE * (size + 3.5 * np.sqrt(2 * size)) / len(events)
        if float(np.sum(result[side] ** 2)) <= noise:
            result[side] = 0
    return result
