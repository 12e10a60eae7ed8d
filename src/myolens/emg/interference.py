"""Turns and amplitude of the interference pattern.

A turn is a change of direction with at least 100 µV on both sides (Willison 1964, J Neurol Neurosurg
Psychiatry 27:386; computed as turns per second and mean amplitude between turns by Stålberg, Chu, Bril,
Nandedkar, Stålberg & Ericsson 1983, EEG Clin Neurophysiol 56:672). No limits are applied: the
published clouds belong to particular muscles, forces and filters.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myolens.emg.potentials import turning_points

WILLISON_TURN_UV = 100.0
"""Least excursion of a turn of the interference pattern (Willison 1964)."""


@dataclass(frozen=True, slots=True)
class Interference:
    """Turns and amplitude over stretches of voluntary activity.

    Attributes
    ----------
    seconds : float
        Activity analysed.
    turns_per_s : float
        Turns per second of activity.
    amplitude_per_turn_uv : float or None
        Mean change between successive turns; None with fewer than two turns.
    turns_per_amplitude : float or None
        (Turns per second) / (amplitude per turn in µV), the ratio of Fuglsang-Frederiksen:
        many small turns raise it, few large ones lower it.
    """

    seconds: float
    turns_per_s: float
    amplitude_per_turn_uv: float | None
    turns_per_amplitude: float | None

    def to_json(self) -> dict[str, Any]:
        """Plain rounded numbers."""
        return {k: None if v is None else round(v, 4) for k, v in asdict(self).items()}


def turns_amplitude(
    signal_uv: NDArray[np.float32], rate: float, spans: list[tuple[float, float]]
) -> Interference:
    """Count turns and their amplitude in the given spans (seconds) of a needle channel.

    Parameters
    ----------
    signal_uv : ndarray, shape (samples,)
        µV, unfiltered beyond the amplifier's band.
    rate : float
        Hz.
    spans : list of (start_s, end_s)
        Stretches of voluntary activity.
    """
    turns, seconds = 0, 0.0
    changes: list[float] = []
    for start, end in spans:
        part = signal_uv[round(start * rate) : round(end * rate)].astype(np.float64)
        if part.size < 3:
            continue
        points = turning_points(part, WILLISON_TURN_UV)
        turns += points.size
        changes.extend(np.abs(np.diff(part[points])).tolist())
        seconds += part.size / rate
    per_second = turns / seconds if seconds else 0.0
    amplitude = float(np.mean(changes)) if changes else None
    return Interference(seconds, per_second, amplitude, per_second / amplitude if amplitude else None)
