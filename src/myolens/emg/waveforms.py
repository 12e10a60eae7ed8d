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
_DISPLACED_FROM_S, _CYCLE_S = 0.008, 0.020
_AT_ONCE = 8
"""Stretches read by a thread before it hands over: each is short work."""


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
    power : ndarray of float32, shape (events,)
        Of the noise there, over that of the whole recording: median over channels.
    slow : ndarray of float32, shape (events,)
        Raw displacement from before (8–28 ms) to after the deflection on that channel, µV: about
        none for a potential, large for the decay of an electrode pop.
    ratios : ndarray of float32, shape (events, channels)
        Largest |deflection| over noise on every channel.
    windows : ndarray of float32, shape (events, window samples, channels)
        µV, from `BEFORE_S` before to `AFTER_S` after the largest deflection.
    rate : float
        Samples per second of the windows.
    recording_rate : float
        Samples per second of the recording.
    height, spread : ndarray of float32, shape (events,)
        The statistic and its spread over channels (see `myolens.emg.statistic.statistic`).
    """

    sample: NDArray[np.int64]
    channel: NDArray[np.int64]
    peak: NDArray[np.float32]
    peak_to_peak: NDArray[np.float32]
    level: NDArray[np.float32]
    power: NDArray[np.float32]
    slow: NDArray[np.float32]
    ratios: NDArray[np.float32]
    windows: NDArray[np.float32]
    rate: float
    recording_rate: float
    height: NDArray[np.float32]
    spread: NDArray[np.float32]

    def where(self, chosen: NDArray[Any]) -> Waveforms:
        """Only these of them, by mask or positions."""
        if chosen.dtype == bool and chosen.all():
            return self
        columns = [field.name for field in fields(self) if not field.name.endswith("rate")]
        return replace(self, **{name: getattr(self, name)[chosen] for name in columns})

    def in_order(self) -> Waveforms:
        """The same in order of time."""
        late = np.any(np.diff(self.sample) < 0)
        return self.where(np.argsort(self.sample, kind="stable")) if late else self


def joined(first: Waveforms, second: Waveforms) -> Waveforms:
    """Those of the first and then those of the second, of one recording."""
    if not len(first.sample) or not len(second.sample):
        return first if len(first.sample) else second
    columns = [field.name for field in fields(first) if not field.name.endswith("rate")]
    both: dict[str, Any] = {
        name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in columns
    }
    return replace(first, **both)


def cut_out(source: Source, noise: Noise, near: NDArray[np.int64]) -> Waveforms:
    """Measure the discharges near the given samples (ascending), reading only stretches that hold any."""
    rate = source.recording.rate
    step = max(1, int(rate // _HIGHEST_KEPT_RATE_HZ))
    before, after = (step * round(s * rate / step) for s in (BEFORE_S, AFTER_S))
    search = max(1, round(SEARCH_S * rate))
    middle = (near[1:] + near[:-1]) // 2
    lowest = np.maximum(near - search, np.concatenate([[0], middle]))
    highest = np.minimum(near + search + 1, np.concatenate([middle, [source.samples]]))
    reach = before + after + search
    level = np.median(noise.level, axis=0)
    cycle = 1 / noise.mains.frequency_hz if noise.mains else _CYCLE_S

    channels = len(source.rows)
    windows = np.empty((len(near), (before + after) // step, channels), np.float32)
    ratios = np.empty((len(near), channels), np.float32)

    def measured(inside: NDArray[np.int64]) -> list[tuple[float, ...]]:
        low, high = int(near[inside[0]]) - reach, int(near[inside[-1]]) + reach + 1
        begin, end = max(0, low), min(source.samples, high)
        raw, y = source.both(begin, end, mains=noise.mains, level=level)
        if (begin, end) != (low, high):
            y = np.pad(y, ((begin - low, high - end), (0, 0)))
        rows: list[tuple[float, ...]] = []
        for i in inside:
            sd = noise.level[min(near[i] // source.frame, len(noise.level) - 1)]
            part = np.abs(y[lowest[i] - low : highest[i] - low]) / sd
            where, channel = divmod(int(np.argmax(part)), channels)
            sample = int(lowest[i]) + where
            centre = sample - low
            around = y[centre - search : centre + search + 1, channel]
            windows[i] = y[centre - before : centre + after : step]
            ratios[i] = part.max(axis=0)
            slow = _displacement(raw[:, channel], sample - begin, rate, cycle)
            size = part[where, channel] * sd[channel]
            rows.append((sample, channel, size, around.max() - around.min(), sd[channel], slow))
        return rows

    groups = _groups(near, source, 2 * (reach + source.margin(noise.mains)))
    several = [groups[k : k + _AT_ONCE] for k in range(0, len(groups), _AT_ONCE)]
    found = in_order(lambda some: [row for inside in some for row in measured(inside)], several)
    values = np.array([row for rows in found for row in rows], float).reshape(-1, 6)
    peak, peak_to_peak, sd, slow = values[:, 2:].astype(np.float32).T
    then = np.minimum(near // source.frame, len(noise.level) - 1)
    power = np.asarray(np.median(noise.level[then] / level, axis=1) ** 2, np.float32)
    return Waveforms(
        values[:, 0].astype(np.int64),
        values[:, 1].astype(np.int64),
        peak,
        peak_to_peak,
        sd,
        power,
        slow,
        ratios,
        windows,
        rate / step,
        rate,
        np.zeros(len(near), np.float32),
        np.ones(len(near), np.float32),
    )


def _groups(near: NDArray[np.int64], source: Source, gap: int) -> list[NDArray[np.int64]]:
    """Events so close together that one stretch read for all of them is shorter than one for each."""
    apart = (np.diff(near) > gap) | (np.diff(near // source.blocks()[0][1]) > 0)
    return np.split(np.arange(len(near)), np.flatnonzero(apart) + 1) if len(near) else []


def _displacement(raw: NDArray[np.float32], at: int, rate: float, cycle_s: float) -> float:
    """Mean of one mains cycle from 8 ms after a sample on, minus that of one up to 8 ms before it."""
    near = round(_DISPLACED_FROM_S * rate)
    far = near + max(1, round(cycle_s * rate))
    before, after = raw[max(0, at - far) : max(0, at - near)], raw[at + near : at + far]
    return float(after.mean() - before.mean()) if len(before) and len(after) else 0.0
