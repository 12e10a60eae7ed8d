"""Discharges grouped into motor units by the shape of their potentials over all channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myolens.emg.noise import Noise
from myolens.emg.waveforms import BEFORE_S, Waveforms

TEMPLATE_BEFORE_S, TEMPLATE_AFTER_S = 0.010, 0.014
"""A template spans this much around the largest deflection; the rest of the window is room for shifts."""

FEWEST_EVENTS = 3
"""A unit needs at least this many like discharges; fewer stay unassigned."""

_COMPONENTS = 12
_SORTING_RATE_HZ = 1000.0
_SHAPE_TOLERANCE = 0.12
_SEED_TOLERANCE = 0.20
_LOWEST_SCALE, _HIGHEST_SCALE = 0.7, 1.4
_MOST_UNITS = 150
_MOST_SEEDS = 600


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
    """

    x: NDArray[np.float32]
    length: int
    home: int
    rate: float
    basis: NDArray[np.float32]

    @property
    def shifts(self) -> int:
        """Number of places a template may take in a window."""
        return int(self.x.shape[1]) - self.length + 1


def features(waves: Waveforms, noise: Noise) -> Features:
    """Whiten the windows over channels and keep the components that carry most of the potentials."""
    step = max(1, int(waves.rate // _SORTING_RATE_HZ))
    kept = waves.windows.shape[1] // step
    level = np.median(noise.level, axis=0)
    scatter = np.zeros((len(level), len(level)))
    whitening = noise.whitening / level[:, None]
    stride = max(1, len(waves.windows) // 2000)
    for window in waves.windows[::stride]:
        z = window @ whitening
        scatter += z.T @ z
    _, vectors = np.linalg.eigh(scatter)
    basis = (whitening @ vectors[:, ::-1][:, :_COMPONENTS]).astype(np.float32)
    rate = waves.rate / step
    x = np.empty((len(waves.windows), kept, basis.shape[1]), np.float32)
    for i, window in enumerate(waves.windows):
        x[i] = window[: kept * step].reshape(kept, step, -1).mean(axis=1) @ basis
    quiet = np.concatenate([x[:, :3], x[:, -3:]], axis=1)
    scale = 1.4826 * np.median(np.abs(quiet), axis=(0, 1)) if len(x) else np.ones(basis.shape[1])
    scale = np.maximum(scale, 1e-6).astype(np.float32)
    before, after = round(TEMPLATE_BEFORE_S * rate), round(TEMPLATE_AFTER_S * rate)
    length = before + after
    return Features(x / scale, length, round(BEFORE_S * rate) - before, rate, basis / scale)


def noise_energy(feature: Features) -> float:
    """Energy that noise alone puts into a template's span, at its 99th percentile."""
    size = feature.length * feature.x.shape[2]
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
    flat = template.ravel()
    energy = max(float(flat @ flat), 1e-9)
    best = np.full(len(events), -np.inf, np.float32)
    shift = np.zeros(len(events), np.int64)
    power = np.zeros(len(events), np.float32)
    x = feature.x[events]
    square = np.einsum("ijk,ijk->ij", x, x)
    cumulative = np.concatenate([np.zeros((len(x), 1), np.float32), np.cumsum(square, axis=1)], axis=1)
    for place in range(feature.shifts):
        product = x[:, place : place + feature.length].reshape(len(x), -1) @ flat
        better = product > best
        best[better] = product[better]
        shift[better] = place
        held = cumulative[:, place + feature.length] - cumulative[:, place]
        power[better] = held[better]
    scale = best / energy
    return shift, scale, power - best * scale


def templates(feature: Features) -> list[NDArray[np.float32]]:
    """Find the units: the largest event left is a seed, those like it a unit, until none is left.

    Two potentials are alike if what remains after one is scaled (0.7–1.4) and shifted onto the
    other is within the noise plus 0.12 of its energy (0.20 for the noisy seed).
    """
    left = np.arange(len(feature.x))
    energy = np.einsum("ijk,ijk->i", feature.x, feature.x)
    allowed = noise_energy(feature)
    found: list[NDArray[np.float32]] = []
    seeds = 0
    while len(left) >= FEWEST_EVENTS and len(found) < _MOST_UNITS and seeds < _MOST_SEEDS:
        seeds += 1
        seed = left[int(np.argmax(energy[left]))]
        template = feature.x[seed, feature.home : feature.home + feature.length]
        members = np.zeros(0, np.int64)
        for tolerance, noise in ((_SEED_TOLERANCE, 2.0), (_SHAPE_TOLERANCE, 1.2), (_SHAPE_TOLERANCE, 1.0)):
            shift, scale, residual = best_shift(feature, left, template)
            size = scale**2 * float(np.sum(template**2))
            good = (residual <= noise * allowed + tolerance * size) & (size > residual / noise)
            good &= (scale > _LOWEST_SCALE) & (scale < _HIGHEST_SCALE)
            members = left[good]
            if len(members) < FEWEST_EVENTS:
                break
            template = average(feature, members, shift[good])
        if len(members) >= FEWEST_EVENTS:
            found.append(template)
            left = np.setdiff1d(left, members, assume_unique=True)
        left = left[left != seed]
    return merge(found, allowed)


def average(feature: Features, members: NDArray[np.int64], shift: NDArray[np.int64]) -> NDArray[np.float32]:
    """Median of the members' potentials, each at its own shift; superpositions do not reach it."""
    span = np.arange(feature.length)
    stack = feature.x[members[:, None], shift[:, None] + span]
    return np.asarray(np.median(stack, axis=0) if len(stack) < 400 else stack.mean(axis=0), np.float32)


def merge(found: list[NDArray[np.float32]], allowed: float) -> list[NDArray[np.float32]]:
    """Drop templates that a shifted one already in the list explains."""
    kept: list[NDArray[np.float32]] = []
    for template in found:
        if not any(_same(template, other, allowed) for other in kept):
            kept.append(template)
    return kept


def _same(a: NDArray[np.float32], b: NDArray[np.float32], allowed: float) -> bool:
    reach = len(a) // 3
    padded = np.pad(b, ((reach, reach), (0, 0)))
    size = float(np.sum(a * a))
    for place in range(2 * reach + 1):
        moved = padded[place : place + len(a)]
        scale = float(np.sum(a * moved)) / max(float(np.sum(moved * moved)), 1e-9)
        rest = size - scale * float(np.sum(a * moved))
        if _LOWEST_SCALE < scale < _HIGHEST_SCALE and rest < 0.1 * allowed + 0.7 * _SHAPE_TOLERANCE * size:
            return True
    return False
