"""Slow recordings brought to a finer clock, so that no instant falls between two samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from myolens.recording import ChannelKind, Recording, Signal

FINE_RATE_HZ = 1000.0
"""Slow recordings are looked at on a clock near this: a potential at the skin asks for no finer one."""

MOST_CHANNELS = 4
"""On more channels the clock stays as it is. So slow and of more channels are armbands, on arms held up:
units that are then seen fire on, so unevenly that nothing tells them from fasciculations."""

_FAST_ENOUGH_HZ = 300.0
_REACH, _STEEPNESS = 16, 6.0
_HELD = frozenset({ChannelKind.TRIGGER})


@dataclass(frozen=True, slots=True, eq=False)
class FineSignal:
    """A `Signal` with further values put between those of another.

    Attributes
    ----------
    signal : Signal
    factor : int
        Values for every stored one.
    held : tuple of int
        Rows whose values are repeated and not interpolated.
    """

    signal: Signal
    factor: int
    held: tuple[int, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """(channels, samples)."""
        channels, samples = self.signal.shape
        return channels, samples * self.factor

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Number type of the values."""
        return np.dtype(np.float32)

    def read(
        self, start: int, stop: int, channels: Sequence[int] | slice = slice(None)
    ) -> NDArray[np.float32]:
        """Values, shape (channels, stop − start), of the samples start ≤ i < stop."""
        rows = np.arange(self.signal.shape[0])[channels if isinstance(channels, slice) else list(channels)]
        stop = min(stop, self.shape[1])
        if stop <= start:
            return np.zeros((len(rows), 0), np.float32)
        first, last = start // self.factor, max(start // self.factor + 1, -(-stop // self.factor))
        low, high = max(0, first - _REACH), min(self.signal.shape[1], last + _REACH)
        stored = np.nan_to_num(
            np.asarray(self.signal.read(low, high, channels), np.float64), nan=0.0, posinf=0.0, neginf=0.0
        )
        around = ((0, 0), (low - first + _REACH, last + _REACH - high))
        places = sliding_window_view(np.pad(stored, around, mode="edge"), 2 * _REACH + 1, axis=1)
        fine = (places @ _between(self.factor)).reshape(len(rows), -1)
        for k in np.flatnonzero(np.isin(rows, self.held)):
            fine[k] = np.repeat(stored[k, first - low : last - low], self.factor)
        offset = start - first * self.factor
        return np.asarray(fine[:, offset : offset + stop - start], np.float32)


def finer(recording: Recording, channels: int) -> Recording:
    """The same recording on a clock near 1000 Hz, if it is slower than 300 Hz and few channels are looked at.

    What lies below half of the sampling rate is known between the samples as well (Shannon, Proc IRE
    1949;37:10), but neither a peak nor the place of a template is: at 200 Hz either is up to 2.5 ms away from
    the nearest sample, a quarter of a cycle of what is fastest. From 300 Hz on a finer
    clock brings more false events than discharges in mixtures, and none is made; up to 800 Hz a unit may then
    be split into two or three. The values between are those of a sinc
    in a Kaiser window of 33 samples; stored ones stay as they are.
    """
    factor = round(FINE_RATE_HZ / recording.rate)
    if recording.rate >= _FAST_ENOUGH_HZ or channels > MOST_CHANNELS:
        return recording
    held = tuple(k for k, channel in enumerate(recording.channels) if channel.kind in _HELD)
    signal = FineSignal(recording.signal, factor, held)
    return replace(recording, signal=signal, rate=recording.rate * factor)


def fineness(recording: Recording) -> int:
    """Values for every one that was recorded."""
    return recording.signal.factor if isinstance(recording.signal, FineSignal) else 1


def limited(x: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """What a slow recording holds of made signals (samples, signals) on the finer clock."""
    if factor == 1:
        return x
    away = np.arange(-_REACH * factor, _REACH * factor + 1) / factor
    kernel = np.sinc(away) * np.i0(_STEEPNESS * np.sqrt(1 - (away / (_REACH + 1)) ** 2))
    kernel /= kernel.sum()
    made = [np.convolve(column, kernel)[len(away) // 2 :][: len(x)] for column in x.T]
    return np.stack(made, axis=1).astype(np.float32)


@cache
def _between(factor: int) -> NDArray[np.float64]:
    """Weights of the stored values around, shape (2 × reach + 1, factor)."""
    away = np.arange(-_REACH, _REACH + 1)[:, None] - np.arange(factor)[None] / factor
    inside = np.maximum(0.0, 1 - (away / (_REACH + 1)) ** 2)
    weights = np.sinc(away) * np.i0(_STEEPNESS * np.sqrt(inside)) / np.i0(_STEEPNESS)
    return np.asarray(weights / weights.sum(axis=0))
