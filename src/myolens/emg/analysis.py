"""What was found in one recording."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from myolens.case import Finding
from myolens.recording import Span

SCHEMA = "myolens.analysis/1"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval at a stated level."""

    value: float
    low: float
    high: float
    level: float = 0.95

    def to_json(self) -> dict[str, float]:
        """Return the parts, rounded."""
        low, high = round(self.low, 3), round(self.high, 3)
        return {"value": round(self.value, 3), "low": low, "high": high, "level": self.level}


@dataclass(frozen=True, slots=True)
class Event:
    """One discharge.

    Attributes
    ----------
    time_s : float
        Instant of the largest deflection, seconds from the first sample.
    unit : int or None
        Number of the motor unit, None where it could not be assigned.
    channel : str
        Channel on which it is largest.
    peak_to_peak_uv : float or None
        Peak-to-peak amplitude there in µV; None where the channel's unit is not a voltage.
    snr_db : float
        20·log10 of peak amplitude over the noise level (robust standard deviation).
    """

    time_s: float
    unit: int | None
    channel: str
    peak_to_peak_uv: float | None
    snr_db: float


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """One motor unit as sorted from the events.

    Attributes
    ----------
    unit : int
        Number, from 1, most active first.
    events : int
        Discharges assigned to it.
    rate_per_min : float
        Over analysed time.
    channel : str
        Channel on which its potential is largest.
    template : ndarray of float32, shape (EMG channels, samples)
        Average potential, µV (or the channel's own unit).
    template_rate : float
        Samples per second of the template.
    amplitude_cv : float or None
        Coefficient of variation of its peak-to-peak amplitude; None with fewer than two events.
    median_interval_s : float or None
        Median inter-discharge interval; None with fewer than two events.
    doublets : int
        Pairs of its discharges closer together than `myolens.emg` allows single discharges to be.
    """

    unit: int
    events: int
    rate_per_min: float
    channel: str
    template: NDArray[np.float32]
    template_rate: float
    amplitude_cv: float | None = None
    median_interval_s: float | None = None
    doublets: int = 0


@dataclass(frozen=True, slots=True)
class Quality:
    """Whether the recording can be trusted, and what a technician can do about it.

    Attributes
    ----------
    verdict : {'good', 'fair', 'poor', 'unusable'}
        In one word.
    noise_uv : float or None
        Median noise level over channels (robust standard deviation in the analysis band), µV;
        None where no channel's unit is a voltage.
    detectable_uv : float or None
        Peak-to-peak amplitude of the smallest potential found with probability 0.95; µV or None.
    problems : tuple of str
        One sentence each: what, where, what to do.
    """

    verdict: Literal["good", "fair", "poor", "unusable"]
    noise_uv: float | None
    detectable_uv: float | None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """Everything found in one recording.

    Attributes
    ----------
    recording : str
        Name of the recording.
    kind : str
        Kind of the channels analysed: ``surface_emg`` or ``needle_emg``.
    muscle : str or None
        As the user named it.
    rate : float
        Sampling rate, Hz.
    channels : tuple of str
        Names of the channels analysed, in the order of the templates' rows.
    positions_mm : tuple of (float, float) or None per channel
        Grid positions.
    seconds, analysed_seconds : float
        Length, and length left after exclusions.
    events, units : tuple
        Discharges in order of time; motor units.
    rate_per_min : Estimate or None
        Discharges per minute of analysed time; None where nothing could be analysed.
    excluded : tuple of Span
        Stretches left out and why, in order of time.
    quality : Quality
        Verdict with reasons.
    findings : tuple of Finding
        What the analysis implies for a case.
    notes : tuple of str
        Assumptions and what could not be told.
    details : dict
        Further JSON-ready measurements by name (needle reading, decomposition, map, change over time).
    """

    recording: str
    kind: str
    muscle: str | None
    rate: float
    channels: tuple[str, ...]
    positions_mm: tuple[tuple[float, float] | None, ...]
    seconds: float
    analysed_seconds: float
    events: tuple[Event, ...]
    units: tuple[Unit, ...]
    rate_per_min: Estimate | None
    excluded: tuple[Span, ...]
    quality: Quality
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the document `myolens analyze --json` prints, schema ``myolens.analysis/1``."""
        rate = self.rate_per_min
        return {
            "schema": SCHEMA,
            "recording": self.recording,
            "kind": self.kind,
            "muscle": self.muscle,
            "seconds": round(self.seconds, 4),
            "analysed_seconds": round(self.analysed_seconds, 4),
            "events": [
                {
                    "time_s": round(event.time_s, 5),
                    "unit": event.unit,
                    "channel": event.channel,
                    "peak_to_peak_uv": _rounded(event.peak_to_peak_uv, 2),
                    "snr_db": round(event.snr_db, 2),
                }
                for event in self.events
            ],
            "units": [
                {
                    "unit": unit.unit,
                    "events": unit.events,
                    "rate_per_min": round(unit.rate_per_min, 3),
                    "channel": unit.channel,
                    "amplitude_cv": _rounded(unit.amplitude_cv, 3),
                    "median_interval_s": _rounded(unit.median_interval_s, 4),
                    "doublets": unit.doublets,
                }
                for unit in self.units
            ],
            "rate_per_min": None if rate is None else rate.to_json(),
            "excluded": [
                {"start_s": round(s.start_s, 3), "end_s": round(s.end_s, 3), "reason": s.reason}
                for s in self.excluded
            ],
            "quality": {
                "verdict": self.quality.verdict,
                "noise_uv": _rounded(self.quality.noise_uv, 3),
                "detectable_uv": _rounded(self.quality.detectable_uv, 2),
                "problems": list(self.quality.problems),
            },
            "findings": [finding.model_dump(mode="json") for finding in self.findings],
            "notes": list(self.notes),
            **self.details,
        }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
