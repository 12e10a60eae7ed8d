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
_NEAR, _FEWEST_NEIGHBOURS = 1.5, 3
_WIDEST_MM = 10.0
REACH_MM, ROUGHNESS = 16.0, 0.02
"""A potential's likeness over the skin: a Gaussian of distance with this standard deviation, and the share of
its power that is not smooth. Set on the training potentials of `benchmarks.detection`, 8 mm apart."""
CLEARER = 5.0
"""Exchanged, two channels are to leave so many times less unexplained. Of neighbours exchanged in mixtures of
real potentials on 64 electrodes, 219 of 320 differed visibly and 176 of those were told; two other pairs were
named wrongly, and one in 80 mixtures in right order."""
_VISIBLE = 0.3
"""Least mean power by which the two channels differ in the windows of the events, in noise variances."""
_FITS = 0.3
"""Greatest share of their power that two channels may leave unexplained where they are said to belong."""

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
    *Surface Electromyography*, 2016, ch. 2), so that all other electrodes tell what one should show: the
    best linear prediction (kriging: Rasmussen & Williams, *Gaussian Processes for Machine Learning*, 2006,
    ch. 2) of two channels from the rest leaves little of them where they are in their places. Electrodes
    with fewer than three neighbours are not judged.
    """
    count = len(waves.sample)
    if (
        any(place is None for place in positions_mm)
        or len(positions_mm) < _FEWEST_CHANNELS
        or count < _FEWEST_EVENTS
    ):
        return ()
    judged, precision = _grid(np.array(positions_mm, float))
    if not judged.any():
        return ()
    found: list[Exchange] = []
    taken: set[int] = set()
    times = waves.sample / waves.recording_rate
    for part in np.array_split(np.arange(count), min(_PARTS, count // _FEWEST_EVENTS)):
        some = part[:: -(-len(part) // _MOST_EVENTS)]
        for a, b in _pairs(_covariance(waves, noise, some), precision, judged):
            if {a, b} & taken:
                continue
            begin, end = _stretch(_leaning(waves, noise, precision, a, b))
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


def _grid(places: NDArray[np.float64]) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Electrodes with enough neighbours close by, and the inverse of the likeness between all of them."""
    gap = np.linalg.norm(places[:, None] - places[None], axis=2)
    precision = np.linalg.inv(
        np.exp(-0.5 * np.square(gap / REACH_MM)) + ROUGHNESS * np.eye(len(places), dtype=float)
    )
    np.fill_diagonal(gap, np.inf)
    pitch = float(np.median(gap.min(axis=1)))
    beside = np.sum(gap <= _NEAR * pitch, axis=1)
    return (beside >= _FEWEST_NEIGHBOURS) & (pitch <= _WIDEST_MM), np.asarray(precision)


def _covariance(waves: Waveforms, noise: Noise, events: NDArray[np.int64]) -> NDArray[np.float64]:
    """Covariance of the potentials over channels, in noise units, less what noise adds."""
    x = waves.windows[events] / np.median(noise.level, axis=0)
    x = x.reshape(-1, x.shape[2])
    return np.asarray(x.T.astype(float) @ x / len(x) - noise.correlation)


def _pairs(
    covariance: NDArray[np.float64], precision: NDArray[np.float64], judged: NDArray[np.bool_]
) -> list[tuple[int, int]]:
    """Pairs that fit far better exchanged, the clearest first, each channel once."""
    covariance, free = covariance.copy(), judged.copy()
    pairs: list[tuple[int, int]] = []
    while free.sum() > 1:
        own, exchanged, apart = _unexplained(covariance, precision)
        power = np.add.outer(np.diag(covariance), np.diag(covariance))
        fits = (exchanged < _FITS * power) & (apart > _VISIBLE) & np.outer(free, free)
        clearer = np.where(fits, own / np.maximum(exchanged, 1e-3 * np.abs(power)), 0.0)
        a, b = (int(k) for k in np.unravel_index(int(np.argmax(clearer)), clearer.shape))
        if clearer[a, b] < CLEARER:
            break
        pairs.append((min(a, b), max(a, b)))
        free[[a, b]] = False
        covariance[[a, b]] = covariance[[b, a]]
        covariance[:, [a, b]] = covariance[:, [b, a]]
    return pairs


def _unexplained(
    covariance: NDArray[np.float64], precision: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Power of every two channels not told by the rest, as they are and exchanged, and of their difference.

    What two channels leave is e = B⁻¹ (Λx), B being their block of the precision Λ; exchanged it is
    e − (1, −1)ᵀ d with their difference d. Each is of shape (channels, channels), 0 on the diagonal.
    """
    mixed = precision @ covariance
    left = mixed @ precision
    own_p, own_c = np.diag(precision), np.diag(covariance)
    determinant = np.outer(own_p, own_p) - precision**2
    np.fill_diagonal(determinant, np.inf)
    first, second, cross = own_p[None] / determinant, own_p[:, None] / determinant, -precision / determinant
    own = (first**2 + cross**2) * np.diag(left)[:, None] + (second**2 + cross**2) * np.diag(left)[None]
    own += 2 * cross * (first + second) * left
    apart = own_c[:, None] + own_c[None] - 2 * covariance
    told = (first - cross) * (np.diag(mixed)[:, None] - mixed)
    told += (cross - second) * (mixed.T - np.diag(mixed)[None])
    return own, own - 2 * told + 2 * apart, apart


def _leaning(
    waves: Waveforms, noise: Noise, precision: NDArray[np.float64], a: int, b: int
) -> NDArray[np.float64]:
    """For each event, by how much its energy is better explained with two channels exchanged."""
    level = np.median(noise.level, axis=0)
    pair = np.array([a, b])
    rest = np.setdiff1d(np.arange(len(level)), pair)
    tell = -np.linalg.solve(precision[np.ix_(pair, pair)], precision[np.ix_(pair, rest)])
    told = waves.windows[:, :, rest] / level[rest] @ tell.T
    products = np.einsum("esk,esj->ekj", told, waves.windows[:, :, pair] / level[pair])
    return np.asarray(products[:, 0, 1] + products[:, 1, 0] - products[:, 0, 0] - products[:, 1, 1])


def _stretch(leaning: NDArray[np.float64]) -> tuple[int, int]:
    """First event and one past the last of the stretch that leans most to being exchanged."""
    limit = np.quantile(np.abs(leaning), 0.9)
    total = np.concatenate([[0.0], np.cumsum(np.clip(leaning, -limit, limit))])
    low = np.minimum.accumulate(total)
    end = int(np.argmax(total - low))
    return int(np.argmin(total[: end + 1])), end
