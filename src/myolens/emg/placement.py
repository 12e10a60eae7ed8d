"""Channels exchanged on a grid: known by potentials that are smooth over neighbouring electrodes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from myolens.emg.analysis import Quality
from myolens.emg.noise import Noise
from myolens.emg.waveforms import Waveforms

_FEWEST_EVENTS, _FEWEST_CHANNELS = 6, 9
_PARTS = 4
_MOST_EVENTS = 150
_NEAR = 1.5
_FEWEST_NEIGHBOURS = 3
_GAIN = 0.6
_FITS = 0.6
_VISIBLE = 0.3
"""Least mean power of the potentials in their windows, in noise variances, of a channel that is judged."""

_THROUGHOUT = 0.9


@dataclass(frozen=True, slots=True)
class Exchange:
    """Two channels that carry each other's signal, from one event on or up to one, or throughout.

    Attributes
    ----------
    first, second : int
        Analysed channels.
    start_s, end_s : float
        When.
    """

    first: int
    second: int
    start_s: float
    end_s: float


def exchanges(
    waves: Waveforms, noise: Noise, positions_mm: tuple[tuple[float, float] | None, ...], seconds: float
) -> tuple[Exchange, ...]:
    """Look for pairs of channels whose signals fit each other's place in the grid and not their own.

    Volume conduction makes potentials smooth over electrodes 10 mm apart or less (Merletti & Farina,
    *Surface Electromyography*, 2016, ch. 2), so that the mean of its neighbours resembles each
    electrode. Neighbours exchanged with one another differ too little to be told.
    """
    if any(place is None for place in positions_mm) or len(positions_mm) < _FEWEST_CHANNELS:
        return ()
    near = _neighbours(np.array(positions_mm, float))
    count = len(waves.sample)
    if count < _FEWEST_EVENTS or not near.any():
        return ()
    found: list[Exchange] = []
    taken: set[int] = set()
    times = waves.sample / waves.recording_rate
    for part in np.array_split(np.arange(count), min(_PARTS, count // _FEWEST_EVENTS)):
        for a, b in _pairs(_covariance(waves, noise, part[:: -(-len(part) // _MOST_EVENTS)]), near):
            if {a, b} & taken:
                continue
            begin, end = _stretch(_leaning(waves, noise, near, a, b))
            if end - begin < _FEWEST_EVENTS:
                continue
            taken |= {a, b}
            whole = end - begin > _THROUGHOUT * count
            start_s = 0.0 if whole or begin == 0 else float(times[begin - 1] + times[begin]) / 2
            end_s = seconds if whole or end == count else float(times[end - 1] + times[end]) / 2
            found.append(Exchange(a, b, start_s, end_s))
    return tuple(found)


def put_back(waves: Waveforms, found: tuple[Exchange, ...]) -> Waveforms:
    """Events with the signals of exchanged channels where they belong."""
    if not found:
        return waves
    windows, ratios, channel = waves.windows.copy(), waves.ratios.copy(), waves.channel.copy()
    times = waves.sample / waves.recording_rate
    for each in found:
        here = np.flatnonzero((times >= each.start_s) & (times <= each.end_s))
        a, b = each.first, each.second
        windows[here, :, a], windows[here, :, b] = waves.windows[here, :, b], waves.windows[here, :, a]
        ratios[here, a], ratios[here, b] = waves.ratios[here, b], waves.ratios[here, a]
        was = waves.channel[here]
        channel[here] = np.where(was == a, b, np.where(was == b, a, was))
    return replace(waves, windows=windows, ratios=ratios, channel=channel)


def told(quality: Quality, found: tuple[Exchange, ...], names: tuple[str, ...], seconds: float) -> Quality:
    """The verdict with what was found of exchanged channels, at best fair."""
    if not found:
        return quality
    problems = []
    for each in found:
        when = (
            ""
            if each.end_s - each.start_s >= seconds
            else f" from {each.start_s:.0f} s to {each.end_s:.0f} s"
        )
        problems.append(
            f"{names[each.first]} and {names[each.second]} seem to carry each other's signal{when}: "
            "only so do they fit their neighbours. Check plugs and montage. For sorting they were put back."
        )
    worse = replace(quality, verdict="fair") if quality.verdict == "good" else quality
    return replace(worse, problems=(*quality.problems, *problems))


def _neighbours(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights, shape (channels, channels), of the mean of an electrode's neighbours; zero for lone ones."""
    gap = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(gap, np.inf)
    near = gap <= _NEAR * np.median(gap.min(axis=1))
    near[near.sum(axis=1) < _FEWEST_NEIGHBOURS] = False
    return np.asarray(near / np.maximum(near.sum(axis=1, keepdims=True), 1))


def _covariance(waves: Waveforms, noise: Noise, events: NDArray[np.int64]) -> NDArray[np.float64]:
    """Covariance of the potentials over channels, in noise units, less what noise adds."""
    x = waves.windows[events] / np.median(noise.level, axis=0)
    x = x.reshape(-1, x.shape[2])
    return np.asarray(x.T.astype(float) @ x / len(x) - noise.correlation)


def _likeness(covariance: NDArray[np.float64], near: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlation of each channel's signal (columns) with the mean of each place's neighbours (rows)."""
    means = np.maximum(np.einsum("kn,nm,km->k", near, covariance, near), 1e-12)
    own = np.maximum(np.diag(covariance), 1e-12)
    return np.asarray(near @ covariance / np.sqrt(means[:, None] * own[None]))


def _pairs(covariance: NDArray[np.float64], near: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs that fit far better exchanged, the clearest first, each channel once."""
    like = _likeness(covariance, near)
    own = np.diag(like)
    gain = like + like.T - own[:, None] - own[None]
    seen = (np.diag(covariance) > _VISIBLE) & near.any(axis=1)
    fits = np.minimum(like, like.T) > _FITS
    gain = np.where(fits & seen[:, None] & seen[None] & ~((near > 0) | (near.T > 0)), gain, 0.0)
    pairs: list[tuple[int, int]] = []
    while gain.size and gain.max() > _GAIN:
        a, b = (int(k) for k in np.unravel_index(int(np.argmax(gain)), gain.shape))
        pairs.append((min(a, b), max(a, b)))
        gain[[a, b]] = gain[:, [a, b]] = 0.0
    return pairs


def _leaning(
    waves: Waveforms, noise: Noise, near: NDArray[np.float64], a: int, b: int
) -> NDArray[np.float64]:
    """For each event, by how much its energy is better explained with two channels exchanged."""
    level = np.median(noise.level, axis=0)
    pair, shapes = waves.windows[:, :, [a, b]] / level[[a, b]], []
    for place in (a, b):
        some = np.flatnonzero(near[place])
        shapes.append((waves.windows[:, :, some] / level[some]).mean(axis=2))
    products = np.einsum("kes,esj->ekj", np.stack(shapes), pair)
    return np.asarray(products[:, 0, 1] + products[:, 1, 0] - products[:, 0, 0] - products[:, 1, 1])


def _stretch(leaning: NDArray[np.float64]) -> tuple[int, int]:
    """First event and one past the last of the stretch that leans most to being exchanged."""
    limit = np.quantile(np.abs(leaning), 0.9)
    total = np.concatenate([[0.0], np.cumsum(np.clip(leaning, -limit, limit))])
    low = np.minimum.accumulate(total)
    end = int(np.argmax(total - low))
    return int(np.argmin(total[: end + 1])), end
