"""Measuring a motor-unit potential: duration, amplitude, area, phases, turns, size index, jiggle.

Terms after Stålberg, Andreassen, Falck, Lang, Rosenfalck & Trojaborg 1986 (J Clin Neurophysiol 3:313)
and the IFCN standards for quantification (Stålberg et al. 2019, Clin Neurophysiol 130:1688).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PHASE_UV = 20.0
"""A phase reaches at least this far from the baseline (or the take-off threshold, if that is larger)."""
TURN_UV = 25.0
"""Successive turns differ by at least this much (or twice the take-off threshold, if that is larger)."""
GAP_MS = 1.0
"""Activity that resumes within this time belongs to the same potential; later it is a satellite."""
TAKE_OFF_NOISES = 3.0
"""The potential begins and ends where it leaves this many standard deviations of the averaged baseline."""
TAKE_OFF_UV, TAKE_OFF_SHARE = 20.0, 0.05
"""… or 20 µV, where cursors are set by hand, if that is larger; for potentials below 400 µV this share of
the peak-to-peak amplitude (estimate). Duration so hardly depends on how many discharges were averaged."""


@dataclass(frozen=True, slots=True)
class Potential:
    """One motor-unit potential, measured on the median of its discharges.

    Attributes
    ----------
    discharges : int
        Discharges averaged.
    amplitude_uv, area_uv_ms, duration_ms : float
        Peak-to-peak amplitude, area of the rectified potential, and time between onset and offset.
    phases, turns : int
        Baseline crossings + 1, and changes of direction, each beyond its threshold.
    area_per_amplitude_ms : float
        "Thickness" (Nandedkar & Stålberg).
    size_index : float
        2·log10(amplitude in mV) + area/amplitude in ms (Sonoo & Stålberg 1993, SI93).
    first_phase : {'positive', 'negative'}
        Sign of the first phase; positive means the active electrode went positive.
    onset_ms, offset_ms : float
        Relative to the middle of the averaged window.
    take_off_uv : float
        Threshold of onset and offset; lower high-pass edges and lower thresholds give longer durations.
    rise_ms : float
        Time of the steepest large deflection, from extreme to opposite extreme: short when the
        needle is near the fibres.
    jiggle : float or None
        Median absolute difference of consecutive discharges, summed over the potential and divided by its
        area (after the normalised CAD of Stålberg & Sonoo 1994, Muscle Nerve 17:1135), with
        the part that baseline noise alone contributes taken off; None with fewer than ten discharges.
    rate_hz, interval_cv : float or None
        Discharge rate (inverse of the median interval) and coefficient of variation of the intervals.
    """

    discharges: int
    amplitude_uv: float
    area_uv_ms: float
    duration_ms: float
    phases: int
    turns: int
    area_per_amplitude_ms: float
    size_index: float
    first_phase: str
    onset_ms: float
    offset_ms: float
    take_off_uv: float
    rise_ms: float
    jiggle: float | None = None
    rate_hz: float | None = None
    interval_cv: float | None = None

    @property
    def polyphasic(self) -> bool:
        """More than four phases (IFCN standard definition)."""
        return self.phases > 4

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, rounded to what a reader can use."""
        return {
            key: round(value, 3) if isinstance(value, float) else value for key, value in asdict(self).items()
        } | {"polyphasic": self.polyphasic}


def measure_potential(
    discharges: NDArray[np.float32], rate: float, *, instants_s: NDArray[np.float64] | None = None
) -> Potential | None:
    """Measure the potential that these aligned discharges share.

    Onset and offset: the median of the discharges is smoothed over 0.3 ms; going outwards from its
    largest deflection, the potential ends where it stays within the take-off threshold
    for `GAP_MS`. The threshold is `TAKE_OFF_NOISES` standard deviations of the averaged baseline, or 20 µV
    (`TAKE_OFF_UV`). A high-pass edge above a few Hz shortens the slow parts,
    and with them the duration.

    Parameters
    ----------
    discharges : ndarray, shape (discharges, samples)
        Aligned stretches, µV, the potential in the middle.
    rate : float
        Hz.
    instants_s : ndarray, optional
        Instants of the discharges, for rate and regularity.

    Returns
    -------
    Potential or None
        None where no deflection stands out of the averaged baseline.
    """
    average = np.median(discharges, axis=0).astype(np.float64)
    outer = max(4, average.size // 5)
    edge = np.concatenate([average[:outer], average[-outer:]])
    average = average - np.median(edge)
    noise = float(np.median(np.abs(edge - np.median(edge))) / 0.6745)
    middle = slice(average.size // 4, average.size - average.size // 4)
    span = float(np.ptp(average[middle]))
    take_off = max(TAKE_OFF_NOISES * noise, min(TAKE_OFF_UV, TAKE_OFF_SHARE * span), 1e-6)
    if span < 3 * take_off:
        return None
    first, last = _extent(average, rate, take_off, middle)
    part = average[first : last + 1]
    amplitude = float(np.ptp(part))
    area = float(np.abs(part).sum() / rate * 1e3)
    signs = _phases(part, max(min(PHASE_UV, amplitude / 5), take_off))
    intervals = np.diff(instants_s) if instants_s is not None else np.empty(0)
    rate_hz, cv = firing(intervals)
    centre = (average.size - 1) / 2
    return Potential(
        discharges=int(discharges.shape[0]),
        amplitude_uv=amplitude,
        area_uv_ms=area,
        duration_ms=(last - first) / rate * 1e3,
        phases=max(1, len(signs)),
        turns=count_turns(part, max(min(TURN_UV, amplitude / 4), 2 * take_off)),
        area_per_amplitude_ms=area / amplitude,
        size_index=float(2 * np.log10(amplitude / 1e3) + area / amplitude),
        first_phase="positive" if (signs[0] if signs else np.sign(part.sum())) > 0 else "negative",
        onset_ms=(first - centre) / rate * 1e3,
        offset_ms=(last - centre) / rate * 1e3,
        take_off_uv=take_off,
        rise_ms=_rise(part, rate),
        jiggle=_jiggle(discharges, first, last, outer),
        rate_hz=rate_hz,
        interval_cv=cv,
    )


def firing(intervals_s: NDArray[np.float64]) -> tuple[float | None, float | None]:
    """Rate (1/median interval) and coefficient of variation of intervals without pauses.

    A pause is an interval longer than 2.5 medians: a missed discharge or a halt, not variability.
    """
    if intervals_s.size < 3:
        return None, None
    middle = float(np.median(intervals_s))
    steady = intervals_s[intervals_s < 2.5 * middle]
    return 1 / middle, float(steady.std(ddof=1) / steady.mean()) if steady.size > 2 else None


def count_turns(values: NDArray[np.floating[Any]], least: float) -> int:
    """Count changes of direction whose excursions on both sides reach `least`.

    The same rule serves the potential and, with 100 µV, the interference pattern.
    """
    return turning_points(values, least).size


def turning_points(values: NDArray[np.floating[Any]], least: float) -> NDArray[np.int64]:
    """Sample numbers of the turns: extremes followed and preceded by a change of at least `least`."""
    slope = np.sign(np.diff(values))
    moving = np.flatnonzero(slope)
    change = moving[1:][slope[moving[1:]] != slope[moving[:-1]]]
    extremes = np.concatenate([[0], change, [values.size - 1]]).astype(np.int64)
    heights = values[extremes].tolist()
    turns: list[int] = []
    direction = 0
    best = 0
    for i in range(1, len(heights)):
        move = heights[i] - heights[best]
        if direction == 0:
            if abs(move) >= least:
                direction, best = (1 if move > 0 else -1), i
        elif move * direction > 0:
            best = i
        elif abs(move) >= least:
            turns.append(int(extremes[best]))
            direction, best = -direction, i
    return np.array(turns, np.int64)


def _extent(average: NDArray[np.float64], rate: float, take_off: float, middle: slice) -> tuple[int, int]:
    width = max(1, round(0.0003 * rate))
    smooth = np.convolve(average, np.ones(width) / width, "same")
    outside = np.abs(smooth) > take_off
    peak = middle.start + int(np.argmax(np.abs(average[middle])))
    gap = max(1, round(GAP_MS / 1e3 * rate))
    active = np.flatnonzero(outside)
    after = active[active >= peak]
    before = active[active <= peak]
    last, first = peak, peak
    if after.size:
        breaks = np.flatnonzero(np.diff(after) > gap)
        last = int(after[breaks[0]] if breaks.size else after[-1])
    if before.size:
        breaks = np.flatnonzero(np.diff(before) > gap)
        first = int(before[breaks[-1] + 1] if breaks.size else before[0])
    return first, max(last, first + 1)


def _rise(part: NDArray[np.float64], rate: float) -> float:
    peak, trough = int(np.argmax(part)), int(np.argmin(part))
    return abs(peak - trough) / rate * 1e3


def _phases(part: NDArray[np.float64], least: float) -> list[int]:
    signs: list[int] = []
    for value in part[np.abs(part) >= least]:
        sign = 1 if value > 0 else -1
        if not signs or signs[-1] != sign:
            signs.append(sign)
    return signs


def _jiggle(discharges: NDArray[np.float32], first: int, last: int, outer: int) -> float | None:
    if discharges.shape[0] < 10:
        return None
    change = np.median(np.abs(np.diff(discharges.astype(np.float64), axis=0)), axis=0)
    noise = np.median(np.concatenate([change[:outer], change[-outer:]]))
    average = np.median(discharges[:, first : last + 1], axis=0)
    excess = np.sqrt(np.maximum(change[first : last + 1] ** 2 - noise**2, 0)).sum()
    return float(excess / max(np.abs(average).sum(), 1e-9))
