"""Naming needle activity by waveform, rate, regularity and grouping.

Definitions after the AANEM glossary of terms (Muscle Nerve 2015;52:145) and, for myokymic and
neuromyotonic discharges, the reviews MedL and Bed01 of the knowledge base. Where a definition gives a
word and not a number ("regular", "abrupt", "waxing and waning"), the number here is the authors' estimate
and says so. Polarity: a positive value means that the active electrode is positive; a file that stores
needle EMG upside down exchanges initial positive and initial negative.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from myolens.emg.potentials import Potential

Name = Literal[
    "fasciculation",
    "fibrillation",
    "positive_sharp_wave",
    "complex_repetitive_discharge",
    "myokymic_discharge",
    "myotonic_discharge",
    "neuromyotonic_discharge",
    "end_plate_spike",
    "end_plate_noise",
    "voluntary",
    "unknown",
]
Confidence = Literal["clear", "likely", "possible"]

FIBRE_DURATION_MS = 5.0
"""Potentials of single fibres last less than this (AANEM: fibrillation 1–5 ms; dossier §7.5)."""
FIBRE_AMPLITUDE_UV = 1000.0
"""… and reach up to about 1 mV (AANEM)."""
REGULAR_CV = 0.10
"""Fibrillations are regular: intervals vary by less than this (physiology-models §7.5, estimate)."""
UNIFORM_CV = 0.05
"""Complex repetitive discharges are uniform in rate and shape (number: estimate)."""
VOLUNTARY_HZ = (4.0, 50.0)
"""Rates at which human motor units fire steadily under voluntary control (textbook range)."""
FASTEST_FIBRILLATION_HZ = 30.0
"""Fibrillations and positive sharp waves fire at 0.5–15 Hz, at times up to 30 (AANEM)."""
MANY_GROUPS = 10
"""So many like groups are a motor unit's, even where its potential is as short as a fibre's (estimate)."""
BURST_GAP = 3.0
"""A silence this many times the interval within a group separates groups (estimate)."""


@dataclass(frozen=True, slots=True)
class Activity:
    """One train, named.

    Attributes
    ----------
    name : str
        Type of activity, ``unknown`` where the criteria do not decide.
    confidence : {'clear', 'likely', 'possible'}
        How many of the criteria could be tested and hold.
    reasons : tuple of str
        What was measured and what it was compared with.
    times_s : tuple of float
        Discharges it rests on.
    potential : Potential or None
        Its averaged potential.
    """

    name: Name
    confidence: Confidence
    reasons: tuple[str, ...]
    times_s: tuple[float, ...]
    potential: Potential | None

    def to_json(self) -> dict[str, Any]:
        """Plain document."""
        return {
            "name": self.name,
            "confidence": self.confidence,
            "reasons": list(self.reasons),
            "discharges": len(self.times_s),
            "times_s": [round(t, 4) for t in self.times_s],
            "potential": None if self.potential is None else self.potential.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How a train fires.

    `rate_hz` is the inverse of the median interval within groups, `overall_hz` counts pauses as well;
    `runs` are stretches without a silence longer than `BURST_GAP` times the interval within groups;
    `groups_cv` is the variation of the intervals between the starts of runs;
    `unevenness` is the median step between successive rates in the longest run, as a share of the rate:
    a myotonic discharge glides, a mixture of units jumps.
    """

    rate_hz: float
    overall_hz: float
    interval_cv: float
    runs: tuple[tuple[int, int], ...]
    recurrence_hz: float | None
    groups_cv: float | None
    unevenness: float
    rate_change: float
    amplitude_change: float
    declining: bool


def rhythm(times_s: NDArray[np.float64], amplitudes: NDArray[np.float64]) -> Rhythm:
    """Describe how discharges at these times follow one another."""
    intervals = np.diff(times_s)
    within = float(np.percentile(intervals, 40))
    cuts = np.flatnonzero(intervals > BURST_GAP * within) + 1
    edges = [0, *cuts.tolist(), times_s.size]
    runs = tuple((a, b) for a, b in pairwise(edges))
    inside = intervals[intervals <= BURST_GAP * within]
    starts = np.diff(times_s[[a for a, b in runs if b - a >= 2]])
    longest = max(runs, key=lambda run: run[1] - run[0])
    rates = 1 / np.maximum(np.diff(times_s[slice(*longest)]), 1e-4)
    sizes = amplitudes[slice(*longest)]
    return Rhythm(
        rate_hz=1 / float(np.median(inside)),
        overall_hz=1 / float(intervals.mean()),
        interval_cv=float(inside.std() / inside.mean()),
        runs=runs,
        recurrence_hz=1 / float(np.median(starts)) if starts.size >= 2 else None,
        groups_cv=float(starts.std() / starts.mean()) if starts.size >= 2 else None,
        unevenness=float(np.median(np.abs(np.diff(rates))) / np.median(rates)) if rates.size > 1 else 1.0,
        rate_change=_swing(rates),
        amplitude_change=_swing(sizes),
        declining=_declines(sizes),
    )


def name_activity(
    times_s: NDArray[np.float64], amplitudes_uv: NDArray[np.float64], potential: Potential | None
) -> Activity:
    """Name a train of like discharges.

    Parameters
    ----------
    times_s : ndarray, rising
        Discharges.
    amplitudes_uv : ndarray, same length
        Size of each.
    potential : Potential or None
        Measured on their median; without it only patterns of firing decide.
    """
    if times_s.size < 3 or (potential is None and times_s.size < 10):
        found = _sparse(times_s, potential)
    elif potential is None:
        found = _by_rate(rhythm(times_s, amplitudes_uv)) or _sparse(times_s, potential)
    else:
        how = rhythm(times_s, amplitudes_uv)
        found = (
            _by_rate(how)
            or _by_evenness(how, potential)
            or _by_groups(how, potential)
            or _by_fibre(how, potential, times_s.size)
            or _by_unit(how, potential, times_s)
        )
    name, confidence, reasons = found
    return Activity(name, confidence, reasons, tuple(times_s.tolist()), potential)


_Found = tuple[Name, Confidence, tuple[str, ...]]


def _sparse(times: NDArray[np.float64], potential: Potential | None) -> _Found:
    if potential is None:
        return "unknown", "possible", ("no shape stands out of the averaged baseline",)
    if potential.duration_ms > FIBRE_DURATION_MS:
        return (
            "fasciculation",
            "possible",
            (f"isolated potential of {potential.duration_ms:.1f} ms, the size of a motor unit",),
        )
    return "unknown", "possible", (f"{times.size} short potential(s): the rhythm cannot be judged",)


def _by_rate(how: Rhythm) -> _Found | None:
    """Return neuromyotonic discharges, told by their rate alone: neighbours overlap in the average."""
    longest = max(b - a for a, b in how.runs)
    if how.rate_hz < 150 or longest < 10:
        return None
    fall = "amplitude falls along the run" if how.declining else "amplitude does not fall"
    rate = f"{how.rate_hz:.0f} Hz within runs of up to {longest} (neuromyotonic: 150–300 Hz)"
    return "neuromyotonic_discharge", "clear" if how.declining else "likely", (rate, fall)


def _by_evenness(how: Rhythm, potential: Potential) -> _Found | None:
    """Return complex repetitive discharges: as even as a machine, complex or faster than one fibre."""
    longest = max(b - a for a, b in how.runs)
    uniform = how.interval_cv < UNIFORM_CV and how.amplitude_change < 1.3 and how.rate_change < 1.3
    if not (uniform and longest >= 10 and 5 <= how.rate_hz <= 100):
        return None
    many = potential.phases >= 5 or potential.turns >= 6
    if not many and how.rate_hz <= FASTEST_FIBRILLATION_HZ:
        return None
    return (
        "complex_repetitive_discharge",
        "clear" if many and how.rate_hz >= 20 else "likely",
        (
            f"{how.rate_hz:.0f} Hz within runs of up to {longest} (complex repetitive: 5–100 Hz)",
            f"intervals vary by {100 * how.interval_cv:.1f} %",
            f"{potential.phases} phases, {potential.turns} turns",
        ),
    )


def _by_groups(how: Rhythm, potential: Potential) -> _Found | None:
    """Return discharges told by rate and grouping: myotonic, myokymic."""
    longest = max(b - a for a, b in how.runs)
    groups = [b - a for a, b in how.runs if b - a >= 2]
    rate = f"{how.rate_hz:.0f} Hz within runs of up to {longest}"
    waxing = how.rate_change >= 1.5 and how.amplitude_change >= 1.5 and how.unevenness < 0.15
    if waxing and longest >= 15 and 20 <= how.rate_hz <= 150 and potential.duration_ms <= 20:
        return (
            "myotonic_discharge",
            "clear" if 20 <= how.rate_hz <= 80 else "likely",
            (
                rate + " (myotonic: 20–80 Hz)",
                f"rate changes {how.rate_change:.1f}-fold, amplitude {how.amplitude_change:.1f}-fold",
            ),
        )
    grouped = len(groups) >= 3 and float(np.median(groups)) >= 2 and len(groups) >= 0.5 * len(how.runs)
    slow = how.recurrence_hz is not None and 0.1 <= how.recurrence_hz <= 10
    steady = how.groups_cv is not None and how.groups_cv < 0.5
    even = how.interval_cv <= 0.3  # unlike the irregular spikes of an end plate
    sure = steady and (len(groups) >= 5 if _of_a_unit(potential) else even and len(groups) >= MANY_GROUPS)
    if grouped and slow and 5 <= how.rate_hz <= 150 and (sure or _of_a_unit(potential)):
        return (
            "myokymic_discharge" if steady else "fasciculation",
            "likely" if sure else "possible",
            (
                f"groups of {int(np.median(groups))} at {how.rate_hz:.0f} Hz "
                f"recur {how.recurrence_hz:.1f} times a second",
                "the groups recur semi-rhythmically" if steady else "the groups come at irregular times",
            ),
        )
    return None


def _by_fibre(how: Rhythm, potential: Potential, count: int) -> _Found | None:
    """Return single-fibre activity: fibrillation, positive sharp wave, end-plate spikes and noise."""
    small = potential.amplitude_uv <= FIBRE_AMPLITUDE_UV
    short = potential.duration_ms <= FIBRE_DURATION_MS
    shape = (
        f"{potential.duration_ms:.1f} ms, {potential.amplitude_uv:.0f} µV, initially {potential.first_phase}"
    )
    regular = how.interval_cv <= REGULAR_CV
    timing = f"{how.rate_hz:.1f} Hz, intervals vary by {100 * how.interval_cv:.0f} %"
    positive = potential.first_phase == "positive"
    if small and not short and positive and potential.phases <= 2 and regular and how.rate_hz <= 50:
        return ("positive_sharp_wave", "likely" if count >= 8 else "possible", (shape, timing))
    if not (small and short):
        return None
    if how.overall_hz >= 15 and potential.amplitude_uv <= 50 and not positive and how.interval_cv > 0.3:
        return ("end_plate_noise", "possible", (shape, timing))
    if regular and 0.5 <= how.rate_hz <= 30:
        clear: Confidence = "clear" if positive and count >= 10 else "likely" if positive else "possible"
        return ("fibrillation", clear, (shape, timing))
    if not positive and how.interval_cv > 0.3 and 5 <= how.overall_hz <= 50:
        return ("end_plate_spike", "likely" if count >= 10 else "possible", (shape, timing))
    return None


def _by_unit(how: Rhythm, potential: Potential, times: NDArray[np.float64]) -> _Found:
    """Return motor-unit activity: under voluntary control or fasciculating."""
    span = float(times[-1] - times[0])
    rate = f"{how.rate_hz:.1f} Hz over {span:.1f} s, intervals vary by {100 * how.interval_cv:.0f} %"
    low, high = VOLUNTARY_HZ
    overall = (times.size - 1) / max(span, 1e-9)
    human = how.interval_cv >= UNIFORM_CV
    if times.size >= 8 and low <= how.rate_hz <= high and overall >= low / 2 and human:
        return "voluntary", "likely" if how.interval_cv < 0.5 else "possible", (rate + ": sustained firing",)
    if _of_a_unit(potential) and overall < low:
        clear: Confidence = "likely" if times.size >= 5 else "possible"
        shape = f"{potential.duration_ms:.1f} ms, {potential.phases} phases: the shape of a motor unit"
        return "fasciculation", clear, (shape, f"{60 * overall:.1f} per minute, not sustained")
    return "unknown", "possible", (rate, "neither the shape nor the rhythm of one known type")


def _of_a_unit(potential: Potential) -> bool:
    """Whether the potential is longer or larger than a single fibre's."""
    return potential.duration_ms > FIBRE_DURATION_MS or potential.amplitude_uv > FIBRE_AMPLITUDE_UV


def _swing(values: NDArray[np.float64]) -> float:
    """Largest over smallest of a five-point running median; 1 for fewer than seven values."""
    if values.size < 7:
        return 1.0
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(values, 5), axis=1)
    return float(smooth.max() / max(float(smooth.min()), 1e-9))


def _declines(values: NDArray[np.float64]) -> bool:
    third = values.size // 3
    return third > 0 and bool(np.median(values[-third:]) < 0.8 * np.median(values[:third]))
