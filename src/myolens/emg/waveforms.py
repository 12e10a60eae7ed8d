"""Potentials cut out around discharges: their instant, channel and size, and windows for sorting."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myolens.emg.noise import Noise
from myolens.emg.streaming import Source, in_order

SEARCH_S = 0.012
"""The largest deflection lies within this distance of the peak of the statistic."""

BEFORE_S, AFTER_S = 0.020, 0.025
"""Window kept around the largest deflection."""

_HIGHEST_KEPT_RATE_HZ = 5000.0


@dataclass(frozen=True, slots=True, eq=False)
class Waveforms:
    """Discharges measured on the zero-phase filtered signal, in order of time.

    Attributes
    ----------
    sample : ndarray of int64, shape (events,)
        Sample of the largest deflection (relative to the channel's noise).
    channel : ndarray of int64, shape (events,)
        Analysed channel on which it is largest.
    peak, peak_to_peak, level : ndarray of float32, shape (events,)
        |largest deflection|, peak-to-peak within 10 ms of it, and noise level there, µV.
    ratios : ndarray of float32, shape (events, channels)
        Largest |deflection| over noise on every channel.
    windows : ndarray of float32, shape (events, window samples, channels)
        µV, from `BEFORE_S` before to `AFTER_S` after the largest deflection.
    rate : float
        Samples per second of the windows.
    """

    sample: NDArray[np.int64]
    channel: NDArray[np.int64]
    peak: NDArray[np.float32]
    peak_to_peak: NDArray[np.float32]
    level: NDArray[np.float32]
    ratios: NDArray[np.float32]
    windows: NDArray[np.float32]
    rate: float

    def where(self, chosen: NDArray[Any]) -> Waveforms:
        """Only these of them, by mask or positions."""
        columns = [field.name for field in fields(self) if field.name != "rate"]
        return replace(self, **{name: getattr(self, name)[chosen] for name in columns})


def cut_out(source: Source, noise: Noise, near: NDArray[np.int64]) -> Waveforms:
    """Measure the discharges near the given samples (ascending), reading only blocks that hold any."""
    rate = source.recording.rate
    step = max(1, int(rate // _HIGHEST_KEPT_RATE_HZ))
    before, after = (step * round(s * rate / step) for s in (BEFORE_S, AFTER_S))
    search = max(1, round(SEARCH_S * rate))
    middle = (near[1:] + near[:-1]) // 2
    lowest = np.maximum(near - search, np.concatenate([[0], middle]))
    highest = np.minimum(near + search + 1, np.concatenate([middle, [source.samples]]))
    reach = before + after + search
    level = np.median(noise.level, axis=0)

    def one(
        block: tuple[int, int],
    ) -> list[tuple[int, int, float, float, float, NDArray[np.float32], NDArray[np.float32]]]:
        start, stop = block
        inside = np.flatnonzero((near >= start) & (near < stop))
        if not len(inside):
            return []
        low, high = max(0, start - reach), min(source.samples, stop + reach)
        y = source.filtered(low, high, mains=noise.mains, level=level)
        padded = np.pad(y, ((reach, reach), (0, 0)))
        found = []
        for i in inside:
            sd = noise.level[min(near[i] // source.frame, len(noise.level) - 1)]
            part = np.abs(y[lowest[i] - low : highest[i] - low]) / sd
            where, channel = np.unravel_index(int(np.argmax(part)), part.shape)
            sample = int(lowest[i]) + int(where)
            centre = sample - low + reach
            around = padded[centre - search : centre + search + 1, channel]
            window = padded[centre - before : centre + after : step]
            found.append(
                (sample, int(channel), float(part[where, channel] * sd[channel]), float(np.ptp(around)),
                 float(sd[channel]), part.max(axis=0), window.copy())
            )  # fmt: skip
        return found

    found = [event for part in in_order(one, source.blocks()) for event in part]
    channels = len(source.rows)
    if not found:
        nothing = np.zeros(0, np.float32)
        empty = np.zeros((0, (before + after) // step, channels), np.float32)
        none = np.zeros(0, np.int64)
        return Waveforms(
            none, none, nothing, nothing, nothing, np.zeros((0, channels), np.float32), empty, rate / step
        )
    sample, channel, peak, span, sd, ratios, windows = zip(*found, strict=True)
    return Waveforms(
        np.array(sample),
        np.array(channel),
        np.array(peak, np.float32),
        np.array(span, np.float32),
        np.array(sd, np.float32),
        np.stack(ratios),
        np.stack(windows),
        rate / step,
    )
