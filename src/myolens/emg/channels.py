"""Which channels can be used, and what is wrong with the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myolens.emg.noise import MAD_TO_SD
from myolens.emg.streaming import in_order
from myolens.recording import Recording

_STRETCHES = 16
_STRETCH_S = 1.0
_MOST_VALUES = 4_000_000
_IDENTICAL = 0.99999
_NOISY = 20.0


@dataclass(frozen=True, slots=True)
class Usable:
    """Rows to analyse, and the names of those left out and why."""

    rows: tuple[int, ...]
    dead: tuple[str, ...]
    repeated: tuple[str, ...]
    noisy: tuple[str, ...]


def usable(recording: Recording, rows: tuple[int, ...]) -> Usable:
    """Look at sixteen seconds across the recording: constant, repeated and very noisy channels.

    Of many channels at a high rate it is less than a second each time, so that memory stays bounded.
    A channel is noisy if it moves, from sample to sample, twenty times as much as the median channel;
    it is repeated if it correlates above 0.99999 with an earlier one.
    """
    most = min(round(_STRETCH_S * recording.rate), _MOST_VALUES // (_STRETCHES * len(rows)))
    samples = min(recording.samples, max(2, most))
    starts = np.linspace(0, recording.samples - samples, _STRETCHES).astype(int)
    parts = [recording.microvolts(int(s), int(s) + samples, rows) for s in np.unique(starts)]
    x = np.diff(np.nan_to_num(np.concatenate(parts, axis=1).astype(float)), axis=1)
    spread = np.array(list(in_order(_spread, x)))
    dead = x.std(axis=1) == 0
    usual = float(np.median(spread[~dead])) if np.any(~dead) else 0.0
    noisy = (spread > _NOISY * usual) & ~dead & (len(rows) >= 4) & (usual > 0)
    repeated = _repeated(x, dead)
    names = [recording.channels[row].name for row in rows]
    good = ~(dead | noisy | repeated)
    return Usable(
        tuple(row for row, fine in zip(rows, good, strict=True) if fine),
        *(tuple(n for n, bad in zip(names, mask, strict=True) if bad) for mask in (dead, repeated, noisy)),
    )


def _spread(x: NDArray[np.float64]) -> float:
    """Robust standard deviation of one channel's changes."""
    return MAD_TO_SD * float(np.median(np.abs(x - np.median(x))))


def _repeated(x: NDArray[np.float64], dead: NDArray[np.bool_]) -> NDArray[np.bool_]:
    result = np.zeros(len(x), bool)
    alive = np.flatnonzero(~dead)
    if len(alive) < 2:
        return result
    correlation = np.abs(np.corrcoef(x[alive]))
    result[alive] = np.any(np.tril(correlation, -1) > _IDENTICAL, axis=1)
    return result
