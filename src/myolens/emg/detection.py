"""One statistic over all channels, its threshold from a stated false-alarm rate, and its peaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myolens.emg.noise import Noise, robust_sd
from myolens.emg.streaming import Source, in_order

OFFSET = 4.0
"""Evidence of one channel counts above this: at rest u is about exponential with mean 1, so that a
channel without a potential adds little and many channels may be summed."""

PEAK_REACH_S = 0.006
"""The statistic has at most one peak within this distance on either side."""

SIDELOBE_REACH_S = 0.036
_SIDELOBE = 0.25
_SAME_POTENTIAL_S = 0.015
_VALLEY = 0.4
_APART_S = (0.15, 0.06)
_LOWEST, _HIGHEST, _STEP = 12.0, 120.0, 1.15
_UNBORNE = 60.0
_MOST_BEYOND, _ROUNDS = 0.05, 3
_LOW_SHARES, _RARE = (0.25, 0.45, 0.65), 0.01
_LEAST, _LEAST_SLOPE = 17.0, 3.0
_TELLING = 4.7
_FEWEST_PEAKS = 40
_UNTOLD = 18.0
_STEEPEST_GROWTH = 1.5
_RESTFUL = 1.3


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """The recording passed once through the detector.

    Attributes
    ----------
    statistic, spread : ndarray of float32, shape (samples at the detection rate,)
        See `myolens.emg.statistic.statistic`.
    rate : float
        Detection rate, Hz.
    bin_s : float
        Length of a bin.
    frames : ndarray of float32, shape (frames, channels)
        Robust standard deviation in the analysis band of each frame.
    mean : ndarray of float32, shape (bins, channels)
        Mean raw value of each bin: what is slower than the analysis band.
    flat : ndarray of int32, shape (bins, channels)
        Longest run of equal raw samples, and the value repeated.
    flat_value : ndarray of float32, shape (bins, channels)
    low, high : ndarray of float32, shape (bins, channels)
        Extremes of the raw samples.
    """

    statistic: NDArray[np.float32]
    spread: NDArray[np.float32]
    rate: float
    bin_s: float
    frames: NDArray[np.float32]
    mean: NDArray[np.float32]
    flat: NDArray[np.int32]
    flat_value: NDArray[np.float32]
    low: NDArray[np.float32]
    high: NDArray[np.float32]


def scan(
    source: Source,
    noise: Noise,
    *,
    block_seconds: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> Scan:
    """Pass the whole recording through filter, whitening and statistic, block by block on all cores.

    The result does not depend on the length of the blocks.
    """
    from myolens.emg.kernels import bin_levels
    from myolens.emg.statistic import statistic

    band = source.band
    inverse = (1.0 / noise.level).astype(np.float32)
    level = np.median(noise.level, axis=0)
    margin = source.margin(noise.mains)

    def one(block: tuple[int, int]) -> tuple[NDArray[Any], ...]:
        start, stop = block
        low, high = max(0, start - margin), min(source.samples, stop + margin)
        x = source.raw(low, high)
        recorded = x[start - low : stop - low] if source.fineness == 1 else source.recorded(start, stop)
        slow = bin_levels(recorded, source.bin // source.fineness)
        source.filtered(x, noise.mains, low, level)
        inner = x[start - low : stop - low]
        frames = [robust_sd(inner[s : s + source.frame]) for s in range(0, len(inner), source.frame)]
        total, spread = statistic(
            x, band.factor, inverse, low, source.frame,
            noise.whitening, band.halves, noise.even_scale, noise.odd_scale, OFFSET,
        )  # fmt: skip
        core = slice((start - low) // band.factor, (stop - low) // band.factor)
        return total[core], spread[core], np.stack(frames), *slow

    blocks = source.blocks(block_seconds)
    parts = []
    for number, part in enumerate(in_order(one, blocks), start=1):
        parts.append(part)
        if progress is not None:
            progress(number / len(blocks))
    total, spread, frames, *slow = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Scan(total, spread, band.detection_rate, source.bin / band.rate, frames, *slow)


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Peaks of the statistic, in order of time."""

    index: NDArray[np.int64]
    height: NDArray[np.float32]
    spread: NDArray[np.float32]

    def where(self, chosen: NDArray[Any]) -> Candidates:
        """Only these of them, by mask or positions."""
        return Candidates(self.index[chosen], self.height[chosen], self.spread[chosen])


def candidates(result: Scan) -> Candidates:
    """All local peaks of the statistic."""
    from myolens.emg import kernels

    index = kernels.peaks(result.statistic, max(1, round(PEAK_REACH_S * result.rate)))
    return Candidates(index, result.statistic[index], result.spread[index])


def threshold(
    times_s: NDArray[np.float64],
    heights: NDArray[np.float32],
    seconds: float,
    *,
    false_alarms_per_10_min: float,
    provisional: bool = False,
) -> tuple[float, float]:
    """Height that peaks at rest exceed as often as stated, from the tail of the peaks themselves.

    The log of the number of peaks above a height falls as a straight line if the noise is Gaussian,
    more and more slowly if it is not. The slope is read between the 75th and the 90th percentile,
    its change from that between the 50th and the 75th, and both are carried on to the stated rate
    (peaks over threshold: Coles, *An Introduction to Statistical Modeling of Extreme Values*, 2001,
    ch. 4). Discharges must not raise it: what exceeds the threshold of Gaussian noise, and what one peak
    of noise in a hundred exceeds as far as its low percentiles tell, is set aside with its
    neighbourhood, and the percentiles are those of noise of which what lay above is missing, as much
    as the fit itself puts there. Where that is more than one in twenty, the noise is not Gaussian by far
    and the limit is raised. The threshold is 17 at least at one in ten minutes, where Gaussian noise gives
    12, as a short rest does not show how heavy its tail is (ours, set on the training rest). For a
    provisional one, low percentiles of all peaks have to do. With fewer than forty peaks nothing can be
    fitted: 18 is taken.

    Parameters
    ----------
    times_s, heights : ndarray
        Peaks of the statistic in restful stretches.
    seconds : float
        Length of those stretches.
    false_alarms_per_10_min : float
    provisional : bool
        Stop after the first fit, from the lowest percentiles only.

    Returns
    -------
    threshold : float
    scale : float
        Of the fitted exponential tail.
    """
    if len(heights) < _FEWEST_PEAKS or seconds <= 0:
        return _UNTOLD - float(np.log(false_alarms_per_10_min)), 1.0
    allowed_per_peak = false_alarms_per_10_min * seconds / 600.0 / len(heights)
    if provisional:
        cut, scale, _ = _extrapolated(heights, _LOW_SHARES, allowed_per_peak)
        return min(cut, _UNBORNE), scale
    rare, _, _ = _extrapolated(heights, _LOW_SHARES, _RARE)
    limit = max(_LOWEST - float(np.log(false_alarms_per_10_min)), rare)
    while True:
        gap = distance(times_s, times_s[heights > limit])
        apart = next((gap > s for s in _APART_S if np.count_nonzero(gap > s) >= _FEWEST_PEAKS), gap >= 0)
        cut, scale, beyond = _truncated(heights[apart], limit, allowed_per_peak)
        if beyond <= _MOST_BEYOND or limit >= _HIGHEST:
            break
        limit *= _STEP
    return max(_least(false_alarms_per_10_min), min(cut, _UNBORNE)), scale


def _least(false_alarms_per_10_min: float) -> float:
    """Lowest threshold at a rate of false alarms."""
    return max(1.0, _LEAST - _LEAST_SLOPE * float(np.log(false_alarms_per_10_min)))


def telling(false_alarms_per_10_min: float, channels: int) -> float:
    """Times the noise that the largest deflection has to reach if a single channel is to tell it from chance.

    4.7 at one false alarm in ten minutes, as noise takes from a potential of five; at other rates as the
    lowest threshold, which is of a statistic that grows as the square. Several channels bear each other out:
    none is needed.
    """
    if channels > 1:
        return 0.0
    return _TELLING * float(np.sqrt(_least(false_alarms_per_10_min) / _LEAST))


def _truncated(heights: NDArray[np.float32], limit: float, tail: float) -> tuple[float, float, float]:
    """Height exceeded by the share `tail`, the scale, and the share above the limit, none of which is seen.

    Of noise with a share s above the limit, the quantile p is the quantile p / (1 − s) of what lies below.
    """
    beyond = 0.0
    for _ in range(_ROUNDS):
        shares = 0.5, 0.75, 0.9
        cut, scale, high = _extrapolated(heights, shares, tail, seen=1 - beyond)
        beyond = min(_MOST_BEYOND * 1.5, (1 - shares[2]) * float(np.exp(-max(0.0, limit - high) / scale)))
    return cut, scale, beyond


def _extrapolated(
    heights: NDArray[np.float32], shares: tuple[float, float, float], tail: float, *, seen: float = 1.0
) -> tuple[float, float, float]:
    """Height exceeded by the share `tail` of peaks, from three quantiles; the scale; the highest quantile.

    `seen` is the share of all peaks that the given ones, the lowest, are.
    """
    low, middle, high = np.quantile(heights, [share / seen for share in shares])
    first = (middle - low) / np.log((1 - shares[0]) / (1 - shares[1]))
    second = (high - middle) / np.log((1 - shares[1]) / (1 - shares[2]))
    growth = float(np.clip(second / max(first, 1e-9), 1.0, _STEEPEST_GROWTH))
    scale = max(1.0, float(second) * growth)
    return float(high) + scale * float(np.log(max((1 - shares[2]) / tail, 2.0))), scale, float(high)


def distance(times_s: NDArray[np.float64], others_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """From each time to the nearest of the others (ascending); infinite where there are none."""
    gap = np.full(len(times_s), np.inf)
    nearest = np.searchsorted(others_s, times_s)
    for neighbour in (nearest - 1, nearest):
        known = (neighbour >= 0) & (neighbour < len(others_s))
        gap[known] = np.minimum(gap[known], np.abs(others_s[neighbour[known]] - times_s[known]))
    return gap


def restful(noise: Noise) -> NDArray[np.bool_]:
    """Frames in which the noise is near its resting level on most channels."""
    return np.asarray(noise.rise <= max(_RESTFUL, float(np.quantile(noise.rise, 0.2))))


def one_per_discharge(found: Candidates, statistic: NDArray[np.float32], rate: float) -> NDArray[np.int64]:
    """Leave out peaks that belong to a larger one nearby; positions in `found` that stay.

    A peak within 30 ms of a larger one is its sidelobe if it is below 0.12 of it (a third in
    amplitude), or if, within 15 ms, the statistic does not fall below 0.4 of the smaller between
    the two. Doublets, whose second discharge is of like size, pass.
    """
    reach, near = round(SIDELOBE_REACH_S * rate), round(_SAME_POTENTIAL_S * rate)
    keep = np.ones(len(found.index), bool)
    for i in np.argsort(-found.height, kind="stable"):
        if not keep[i]:
            continue
        for step in (-1, 1):
            j = i + step
            while 0 <= j < len(keep) and abs(found.index[j] - found.index[i]) <= reach:
                if keep[j] and found.height[j] <= found.height[i]:
                    first, last = sorted((found.index[i], found.index[j]))
                    valley = float(statistic[first : last + 1].min())
                    joined = last - first <= near and valley > _VALLEY * found.height[j]
                    keep[j] = not joined and found.height[j] >= _SIDELOBE * found.height[i]
                j += step
    return np.flatnonzero(keep)
