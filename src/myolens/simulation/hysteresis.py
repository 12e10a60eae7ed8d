"""Self-sustained firing: how much less input keeps a motor neuron firing than recruited it.

In people it is measured with pairs of motor units (Gorassini et al. 2002, J Neurophysiol 87:1850): the rate
of an early unit is the gauge of the input; the difference of frequency, ΔF, is that rate when a later unit
begins less that when the later unit leaves off. In soleus it is 3.15 ± 1.45 pulses/s (Foley & Kalmar 2019,
J Neurophysiol 122:2095, sitting), alike from early to late units (Afsharipour et al. 2020).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from myolens.errors import InputError
from myolens.simulation.soma import CELLS, MotorNeuron, respond

Array = NDArray[np.float64]

HUMAN_HZ = 3.15
"""ΔF of people at rest tone (Foley & Kalmar 2019), which fixes what one nanoampere is worth."""
RAMP_NA, RAMP_MS = 16.0, 10_000.0
"""Peak of the triangular input, and the length of its rise and of its fall."""
TONES = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
INHIBITIONS = (0.0, 0.01, 0.03)
SUSTAINED_NA = (
    (0.33, 2.09, 2.74, 3.25, 3.69, 4.44),
    (0.07, 0.27, 0.26, 2.78, 3.34, 4.06),
    (0.0, 0.0, 0.02, 0.19, 0.28, 3.18),
)
"""Input the open persistent current stands for in the intermediate cell, per inhibition (rows) and tone."""
SLOW_SHARE = (
    (0.03, 0.44, 0.69, 0.84, 0.95, 0.98),
    (0.0, 0.06, 0.05, 0.73, 0.85, 0.98),
    (0.0, 0.0, 0.0, 0.01, 0.06, 0.76),
)
"""The same as a share of what the slow cell needs: the first units cannot be held by more than this."""
SMOOTHING_ORDER = 5


def triangle_na(neuron: MotorNeuron, *, step_ms: float = 0.025) -> tuple[float, float]:
    """Input (nA) at the first and at the last spike of a slow rise to 16 nA and fall.

    Infinite and 0 when the cell never fires.
    """
    half = round(RAMP_MS / step_ms)
    rising = np.arange(half) / half * RAMP_NA
    current = np.concatenate([rising, rising[::-1]])
    times = respond(neuron, current, step_ms=step_ms).times_ms
    if times.size == 0:
        return float("inf"), 0.0
    begins, ends = np.interp(times[[0, -1]], np.arange(current.size) * step_ms, current)
    return float(begins), float(ends)


def measured_sustained_na(cell: str, tone: float, inhibition: float) -> tuple[float, float]:
    """`SUSTAINED_NA` and its share of the cell's need, from the model itself.

    Input that recruits the cell without the current, less the input at which it leaves off with it.
    """
    inhibited = replace(CELLS[cell], inhibition=inhibition)
    needed, _ = triangle_na(replace(inhibited, tone=0.0))
    _, ends = triangle_na(replace(inhibited, tone=tone))
    return needed - ends, 1 - ends / needed


def _between(table: tuple[tuple[float, ...], ...], tone: float, inhibition: float) -> float:
    at_tone = [np.interp(tone, TONES, row) for row in table]
    return float(np.interp(inhibition, INHIBITIONS, at_tone))


def sustained_hz(tone: float, inhibition: float = 0.0) -> float:
    """ΔF of a pool, pulses/s, at a monoamine tone (1 at rest) and an inhibition (mS/cm² of dendrite).

    Tone and inhibition act as in the two-compartment neuron; the scale is people's at rest tone. Values
    outside the table (0.5 to 2; 0 to 0.03) count as its nearest.
    """
    return HUMAN_HZ * _between(SUSTAINED_NA, tone, inhibition) / _between(SUSTAINED_NA, 1.0, 0.0)


def leaving_excitation(thresholds: Array, gain_hz: float, tone: float, inhibition: float = 0.0) -> Array:
    """Excitation below which each unit of a pool leaves off.

    ``max(T − ΔF/g, T (1 − share))``: the persistent current stands for the same input in every unit, but
    never for more than its share of what the first units need, so that nobody fires without input.

    Parameters
    ----------
    thresholds : ndarray
        Excitation T that recruits each unit.
    gain_hz : float
        Rate per unit of excitation, g.
    tone, inhibition : float
        See `sustained_hz`.
    """
    held = sustained_hz(tone, inhibition) / gain_hz
    share = _between(SLOW_SHARE, tone, inhibition)
    return np.maximum(thresholds - held, thresholds * (1 - share))


def delta_frequency_hz(control_s: Array, test_s: Array) -> float:
    """ΔF of one pair of units from their discharge times, by the paired-unit method.

    The early unit's rate is smoothed by a polynomial of the fifth order and read where the later unit begins
    and where it leaves off.

    Returns
    -------
    float
        Pulses/s; NaN unless the later unit begins a second or more after the early one and leaves off first.

    Raises
    ------
    InputError
        With fewer than ten discharges of the early or two of the later unit.
    """
    if control_s.size < 10 or test_s.size < 2:
        raise InputError(
            "too few discharges for a pair of units", mend="Use a longer or stronger contraction"
        )
    if test_s[0] < control_s[0] + 1.0 or test_s[-1] > control_s[-1]:
        return float("nan")
    middle = (control_s[1:] + control_s[:-1]) / 2
    rate = np.polynomial.Polynomial.fit(middle, 1 / np.diff(control_s), SMOOTHING_ORDER)
    return float(rate(test_s[0]) - rate(test_s[-1]))
