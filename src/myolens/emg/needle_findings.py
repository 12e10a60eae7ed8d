"""What a needle reading implies: rates at rest, findings for a case, evidence for criteria."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from myolens.case import Finding
from myolens.emg.analysis import Estimate
from myolens.emg.counting import rate_per_min, seconds_to_exclude
from myolens.emg.findings import LEAST_RATE_PER_MIN, absence_strength
from myolens.emg.needle_reference import LEAST_POTENTIALS, Reading
from myolens.emg.spontaneous import Activity
from myolens.recording import Span

LEAST_REST_S = 10.0
"""With less rest, irregular motor-unit potentials may be the edges of a contraction (estimate)."""
ENOUGH_REST_S = 60.0
"""Absence of spontaneous activity is only said after a minute at rest."""
DETECTABLE_NOISES = 12.0
"""Peak-to-peak size, in standard deviations of the noise, that a potential needs to be found (estimate)."""

LEAST_TRAIN = 3
"""Fewer discharges of unknown kind may be peaks of noise, which passes five deviations once a minute."""

_FINDING = {
    "fasciculation": "emg_fasciculations",
    "fibrillation": "emg_fibrillations",
    "positive_sharp_wave": "emg_fibrillations",
    "complex_repetitive_discharge": "emg_complex_repetitive_discharges",
    "myokymic_discharge": "emg_myokymic_discharges",
    "myotonic_discharge": "emg_myotonic_discharges",
    "neuromyotonic_discharge": "emg_neuromyotonic_discharges",
}
_STRENGTH = {"clear": 3.0, "likely": 1.6}
"""Natural log of the likelihood ratio a named discharge lends (project estimates: 20 and 5)."""
_NO_FIBRILLATION = -0.5
"""One needle position sees a few millimetres of one muscle (project estimate)."""


def rates_at_rest(
    channels: Sequence[tuple[Sequence[Activity], Sequence[Span]]], seconds: float
) -> dict[str, Estimate]:
    """Discharges per minute of rest, with intervals, of each kind of activity found.

    Fasciculation is always among them when there were `LEAST_REST_S` at rest: with none found, its upper
    limit is what the rest excludes.

    Parameters
    ----------
    channels : sequence of (activities, segments)
        Of each needle channel; their times at rest are put one after the other.
    seconds : float
        Length of the recording.
    """
    kept: list[tuple[float, float]] = []
    times: dict[str, list[float]] = {}
    for number, (activities, segments) in enumerate(channels):
        offset = number * seconds
        kept += [(offset + s.start_s, offset + s.end_s) for s in segments if s.reason == "rest"]
        for activity in activities:
            times.setdefault(activity.name, []).extend(offset + t for t in activity.times_s)
    rest = sum(end - start for start, end in kept)
    if rest >= LEAST_REST_S:
        times.setdefault("fasciculation", [])
    rates = {name: rate_per_min(np.sort(np.array(t)), kept)[0] for name, t in times.items() if kept}
    return {name: rate for name, rate in rates.items() if rate is not None}


def needle_findings(
    spontaneous: Sequence[Activity],
    reading: Reading,
    *,
    potentials: int,
    muscle: str | None,
    rest_s: float,
    noise_uv: float,
) -> tuple[Finding, ...]:
    """Findings of one muscle's needle recording.

    Present: activity named at least ``likely``, and a reading that is neurogenic or myopathic. Absent, with
    little weight: fasciculations where the rest excludes one a minute, fibrillations after a minute, and
    abnormal units where the reading is normal. A train of unknown kind silences the first two.
    """
    strongest: dict[str, float] = {}
    for activity in spontaneous:
        code, strength = _FINDING.get(activity.name), _STRENGTH.get(activity.confidence)
        if activity.name == "fasciculation" and rest_s < LEAST_REST_S:
            continue
        if code and strength:
            strongest[code] = max(strength, strongest.get(code, 0.0))
    if reading in {"neurogenic", "myopathic"} and potentials >= LEAST_POTENTIALS:
        strongest[f"emg_{reading}_units"] = 2.3 if potentials >= 20 else 1.4  # estimates: ratios 10 and 4
    absent: dict[str, float] = {}
    seen = {_FINDING.get(activity.name) for activity in spontaneous}
    unknown = any(a.name == "unknown" and len(a.times_s) >= LEAST_TRAIN for a in spontaneous)
    excludes = rest_s >= seconds_to_exclude(LEAST_RATE_PER_MIN)
    if not unknown and "emg_fasciculations" not in seen and excludes:
        absent["emg_fasciculations"] = absence_strength(rest_s, DETECTABLE_NOISES * noise_uv)
    if not unknown and "emg_fibrillations" not in seen and rest_s >= ENOUGH_REST_S:
        absent["emg_fibrillations"] = _NO_FIBRILLATION
    if reading == "normal":
        weight = -1.0 if potentials >= 20 else -0.5  # estimates
        absent |= {"emg_neurogenic_units": weight, "emg_myopathic_units": weight}
    return tuple(
        Finding(name=code, present=present, site=muscle, source="recording", strength=round(strength, 2))
        for present, codes in ((True, strongest), (False, absent))
        for code, strength in codes.items()
    )


def lmn_evidence(spontaneous: Sequence[Activity], reading: Reading, rest_s: float) -> dict[str, bool | None]:
    """Active and chronic denervation and fasciculation, each true, false or None (could not be judged)."""
    sure = {a.name for a in spontaneous if a.confidence != "possible"}
    if rest_s < LEAST_REST_S:
        sure.discard("fasciculation")
    absent = False if rest_s >= ENOUGH_REST_S else None
    chronic = {"neurogenic": True, "normal": False, "myopathic": False, "not_enough": None}[reading]
    return {
        "active": True if sure & {"fibrillation", "positive_sharp_wave"} else absent,
        "fasciculation": True if "fasciculation" in sure else absent,
        "chronic": chronic,
    }
