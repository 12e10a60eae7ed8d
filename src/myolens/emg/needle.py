"""Reading a needle recording: what happens at rest, what the motor units look like, what it suggests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myolens.case import Finding
from myolens.emg.analysis import Estimate
from myolens.emg.interference import Interference, turns_amplitude
from myolens.emg.needle_findings import lmn_evidence, needle_findings, rates_at_rest
from myolens.emg.needle_reference import REFERENCES, Reading, known_muscle, read_potentials
from myolens.emg.needle_state import (
    STATE_S,
    STRONG_OCCUPANCY,
    Firing,
    measure,
    occupancy,
    overruled_by_marks,
    runs_of,
    segments_of,
    sizes_of,
    units_of,
    voluntary_steps,
)
from myolens.emg.potentials import Potential, firing
from myolens.emg.spontaneous import Activity, name_activity
from myolens.emg.trains import Trains, find_trains
from myolens.errors import InputError
from myolens.recording import ChannelKind, Recording, Span

COHERENT_JIGGLE = 1.0
"""Above this the average does not describe its discharges, and the potential is not measured (estimate)."""
LEAST_DISCHARGES = 10
"""Discharges averaged for a motor-unit potential."""
LARGEST_RISE_MS = 3.0
"""Longer from extreme to extreme, the fibres are far from the needle and shape means little (estimate)."""
MAXIMUM_SECONDS = 300.0
"""Longer recordings are read in parts of this length."""


@dataclass(frozen=True, slots=True, eq=False)
class NeedleReading:
    """What one needle recording shows.

    Attributes
    ----------
    muscle : str or None
    seconds, rest_seconds : float
        Length read, and without voluntary activity.
    segments : tuple of Span
        Consecutive stretches named ``rest``, ``slight activity`` or ``strong activity``.
    spontaneous : tuple of Activity
        Named activity at rest.
    rates_per_min : dict of str to Estimate
        Discharges per minute of rest of each kind, with intervals; fasciculation also where none was found.
    potentials : tuple of Potential
        Distinct motor-unit potentials measured in voluntary activity.
    interference : Interference or None
        Turns and amplitude of the voluntary activity; None where there is none.
    noise_uv : float
        Robust standard deviation above 200 Hz in the quietest stretches.
    reading, direction : str, str or None
        See `myolens.emg.needle_reference.read_potentials`.
    reasons, notes : tuple of str
    findings : tuple of Finding
        For a case; codes of the vocabulary.
    lmn_evidence : dict
        ``active``, ``fasciculation`` and ``chronic`` denervation in this muscle, each true, false or None
        (could not be judged), as the Awaji and Gold Coast criteria combine them (Awa08, She20).
    """

    muscle: str | None
    seconds: float
    rest_seconds: float
    segments: tuple[Span, ...]
    spontaneous: tuple[Activity, ...]
    rates_per_min: dict[str, Estimate]
    potentials: tuple[Potential, ...]
    interference: Interference | None
    noise_uv: float
    reading: Reading
    direction: Reading | None
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    findings: tuple[Finding, ...]
    lmn_evidence: dict[str, bool | None]

    def to_json(self) -> dict[str, Any]:
        """Return the document under ``needle`` in `myolens analyze --json`."""
        return {
            "muscle": self.muscle,
            "seconds": round(self.seconds, 3),
            "rest_seconds": round(self.rest_seconds, 3),
            "segments": [
                {"start_s": round(s.start_s, 3), "end_s": round(s.end_s, 3), "state": s.reason}
                for s in self.segments
            ],
            "noise_uv": round(self.noise_uv, 3),
            "spontaneous": [activity.to_json() for activity in self.spontaneous],
            "rates_per_min": {
                name: {key: round(value, 3) for key, value in asdict(rate).items()}
                for name, rate in self.rates_per_min.items()
            },
            "potentials": [potential.to_json() for potential in self.potentials],
            "interference": None if self.interference is None else self.interference.to_json(),
            "reading": self.reading,
            "direction": self.direction,
            "reasons": list(self.reasons),
            "notes": list(self.notes),
            "lmn_evidence": dict(self.lmn_evidence),
        }


def read_needle(
    recording: Recording,
    *,
    muscle: str | None = None,
    age: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> NeedleReading:
    """Read the needle channels of a recording as one muscle.

    Parameters
    ----------
    recording : Recording
        With at least one channel of kind ``needle_emg`` in volts.
    muscle : str or None, optional
        Reference limits exist for tibialis anterior and biceps brachii.
    age : float or None, optional
        Years.
    progress : callable, optional
        Told the share done, 0 to 1.

    Raises
    ------
    InputError
        No needle channel, a channel without a voltage unit, or a signal too short or too slow.
    """
    rows = recording.indices(ChannelKind.NEEDLE_EMG)
    where = recording.source or None
    if not rows:
        raise InputError("no needle EMG channel", where=where, mend="Say which it is: --kind needle_emg")
    for row in rows:
        if not recording.is_voltage(row):
            raise InputError(
                f"channel {recording.channels[row].name} has no voltage unit to measure potentials in",
                where=where,
                mend="Give the unit (µV, mV or V) in the file",
            )
    step = round(MAXIMUM_SECONDS * recording.rate)
    least = round(recording.rate)
    starts = [s for s in range(0, recording.samples, step) if s == 0 or recording.samples - s >= least]
    parts: list[_Part] = []
    for k, row in enumerate(rows):
        for j, start in enumerate(starts):
            stop = recording.samples if start == starts[-1] else start + step
            signal = recording.microvolts(start, stop, [row])[0]
            found = find_trains(signal, recording.rate)
            parts.append(_read_part(found, recording, start / recording.rate, channel=row))
            if progress:
                progress((k * len(starts) + j + 1) / (len(rows) * len(starts)))
    return _summary(recording, parts, muscle, age)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    channel: int
    segments: list[Span]
    spontaneous: list[Activity]
    potentials: list[Potential]
    interference: Interference | None
    noise_uv: float


def _read_part(found: Trains, recording: Recording, offset_s: float, *, channel: int) -> _Part:
    length = found.signal.size / found.rate
    steps = max(1, int(length / STATE_S))
    units = units_of(found)
    trains = [unit.samples for unit in units]
    active = voluntary_steps(found, trains, steps)
    strong = active & (occupancy(found, steps) > STRONG_OCCUPANCY)
    active, strong = overruled_by_marks(recording, offset_s, active, strong)
    resting = [_at_rest(found, samples, active) for samples in trains]
    spontaneous = [_named(found, samples, offset_s) for samples in resting if samples.size >= 3] + _isolated(
        found, active, offset_s, resting
    )
    working = [unit for unit, rest in zip(units, resting, strict=True) if rest.size < 0.5 * unit.samples.size]
    spans = [(a * STATE_S, b * STATE_S) for a, b, on in runs_of(active) if on]
    return _Part(
        channel=channel,
        segments=segments_of(active, strong, length, offset_s),
        spontaneous=[a for a in spontaneous if a.name != "voluntary"],
        potentials=_measurable(found, working),
        interference=turns_amplitude(found.signal, found.rate, spans) if spans else None,
        noise_uv=found.noise_uv,
    )


def _at_rest(found: Trains, samples: NDArray[np.int64], active: NDArray[np.bool_]) -> NDArray[np.int64]:
    step = np.minimum((samples / found.rate / STATE_S).astype(int), active.size - 1)
    return np.asarray(samples[~active[step]], np.int64)


def _named(found: Trains, samples: NDArray[np.int64], offset_s: float) -> Activity:
    return name_activity(samples / found.rate + offset_s, sizes_of(found, samples), measure(found, samples))


def _isolated(
    found: Trains, active: NDArray[np.bool_], offset_s: float, trains: list[NDArray[np.int64]]
) -> list[Activity]:
    """Name single potentials at rest that stand at least 50 ms clear of everything else."""
    few = [samples for samples in trains if 0 < samples.size < 3]
    singles = np.sort(np.concatenate([_at_rest(found, found.singles, active), *few]))
    everything = np.sort(np.concatenate([found.singles, *(t.samples for t in found.trains)]))
    clear = 0.05 * found.rate
    named = []
    for sample in singles:
        place = np.searchsorted(everything, sample)
        around = everything[max(0, place - 1) : place + 2]
        if np.abs(around[around != sample] - sample).min(initial=clear + 1) > clear:
            named.append(_named(found, np.array([sample]), offset_s))
    return named


def _measurable(found: Trains, units: list[Firing]) -> list[Potential]:
    """Measure the units whose average stands for its discharges and whose fibres are near the needle."""
    measured = []
    for unit in units:
        potential = measure(found, unit.alike) if unit.alike.size >= LEAST_DISCHARGES else None
        if (
            potential is not None
            and potential.jiggle is not None
            and potential.jiggle <= COHERENT_JIGGLE
            and potential.rise_ms <= LARGEST_RISE_MS
        ):
            rate_hz, cv = firing(np.diff(unit.samples) / found.rate)
            measured.append(replace(potential, rate_hz=rate_hz, interval_cv=cv))
    return measured


def _summary(
    recording: Recording, parts: list[_Part], muscle: str | None, age: float | None
) -> NeedleReading:
    potentials = tuple(p for part in parts for p in part.potentials)
    spontaneous = tuple(a for part in parts for a in part.spontaneous)
    segments = tuple(s for part in parts for s in part.segments)
    rest = sum(s.end_s - s.start_s for s in segments if s.reason == "rest")
    reading, direction, reasons = read_potentials(potentials, muscle, age)
    noise_uv = float(np.median([part.noise_uv for part in parts]))
    patterns = [part.interference for part in parts if part.interference is not None]
    interference = max(patterns, key=lambda p: p.seconds) if patterns else None
    return NeedleReading(
        muscle=muscle,
        seconds=recording.seconds,
        rest_seconds=rest,
        segments=segments,
        spontaneous=spontaneous,
        potentials=potentials,
        interference=interference,
        rates_per_min=rates_at_rest(
            [
                (
                    [a for part in parts if part.channel == channel for a in part.spontaneous],
                    [s for part in parts if part.channel == channel for s in part.segments],
                )
                for channel in sorted({part.channel for part in parts})
            ],
            recording.seconds,
        ),
        noise_uv=noise_uv,
        reading=reading,
        direction=direction,
        reasons=reasons,
        notes=_notes(recording, rest, potentials, muscle),
        findings=needle_findings(
            spontaneous,
            reading,
            potentials=len(potentials),
            muscle=muscle,
            rest_s=rest,
            noise_uv=noise_uv,
        ),
        lmn_evidence=lmn_evidence(spontaneous, reading, rest),
    )


def _notes(
    recording: Recording, rest: float, potentials: tuple[Potential, ...], muscle: str | None
) -> tuple[str, ...]:
    notes = ["Polarity as stored: a positive value is taken to mean a positive active electrode."]
    if recording.rate < 10_000:
        notes.append(
            f"Sampled at {recording.rate:g} Hz: sharp peaks are interpolated; below 10 kHz amplitude, turns "
            "and jiggle are less certain."
        )
    if muscle and known_muscle(muscle) is None:
        known = " and ".join(sorted(REFERENCES))
        notes.append(
            f"No limits exist here for a muscle named “{muscle}”: potentials are measured but not read. "
            f"There are limits for {known}."
        )
    if rest < 60:
        notes.append(
            f"{rest:.0f} s at rest: too short to say that there is no spontaneous activity (up to 90 s were "
            "needed to see one fasciculation, Mil11)."
        )
    if potentials:
        notes.append("Durations depend on the amplifier's high-pass edge; limits assume 10 Hz or lower.")
    return tuple(notes)
