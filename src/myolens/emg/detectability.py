"""The smallest potential that would have been found."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myolens.emg.artefacts import is_dense
from myolens.emg.detection import OFFSET
from myolens.emg.interpolation import limited
from myolens.emg.noise import Noise
from myolens.emg.streaming import Source

_Z = 1.645
"""One-sided 95 % of the normal distribution."""

_SHAPE_SD_S = {True: 0.0005, False: 0.002}
_FOOTPRINT_MM = 15.0


def detectable_peak_to_peak(source: Source, noise: Noise, threshold: float, telling: float) -> float:
    """Peak-to-peak amplitude found with probability 0.95, in the unit of the channels.

    A biphasic potential (first derivative of a Gaussian, about 12 ms long at the skin, as the
    fasciculations measured in tibialis anterior are) is filtered, whitened and passed through the
    detector at growing size until the statistic exceeds the threshold by 1.645 of its own standard
    deviation, and is a noise level larger than it has to be to be told from chance
    (`myolens.emg.detection.telling`). On a dense grid it spreads as a Gaussian of 15 mm; elsewhere it is
    on one channel, the median one in noise.
    """
    from myolens.emg.kernels import zero_phase
    from myolens.emg.statistic import statistic

    band = source.band
    samples = 2 * band.factor * (int(0.15 * band.rate) // band.factor)
    t = (np.arange(samples) - samples // 2) / band.rate
    width = _SHAPE_SD_S[band.high_hz > 1000]
    wave = (-t / width * np.exp(0.5 - t**2 / (2 * width**2))).astype(np.float32)
    level = np.median(noise.level, axis=0)
    potential = wave[:, None] * _footprint(source, level)[None, :]
    shown = float(np.ptp(potential, axis=0).max())
    potential = np.ascontiguousarray(potential, np.float32)
    potential = limited(potential, source.fineness)
    zero_phase(potential, band.sections)
    shown = min(shown, float(np.ptp(potential, axis=0).max()))
    least = (telling + 1) * float(np.median(level)) / float(np.abs(potential).max()) if telling else 0.0
    inverse = (1.0 / level)[None, :].astype(np.float32)

    def excess(size: float) -> float:
        total, _ = statistic(
            np.float32(size) * potential, band.factor, inverse, 0, samples,
            noise.whitening, band.halves, noise.even_scale, noise.odd_scale, OFFSET,
        )  # fmt: skip
        top = float(total.max())
        return top - threshold - _Z * float(np.sqrt(2 * (top + OFFSET)))

    low, high = 0.0, float(np.median(level))
    while excess(high) < 0 and high < 1e9:
        high *= 2
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) < 0 else (low, middle)
    return max(high, least) * shown


def _footprint(source: Source, level: NDArray[np.float32]) -> NDArray[np.float32]:
    places = [source.recording.channels[row].position_mm for row in source.rows]
    if is_dense(source) and all(place is not None for place in places):
        x = np.array(places, float)
        centre = x[int(np.argmin(np.sum((x - np.median(x, axis=0)) ** 2, axis=1)))]
        square = np.sum((x - centre) ** 2, axis=1)
        return np.asarray(np.exp(-square / (2 * _FOOTPRINT_MM**2)), np.float32)
    one = np.zeros(len(level), np.float32)
    one[int(np.argsort(level, kind="stable")[len(level) // 2])] = 1.0
    return one
