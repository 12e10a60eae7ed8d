"""Repetitive nerve stimulation: how far the muscle response shrinks from stimulus to stimulus."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myolens.case import Finding
from myolens.errors import InputError
from myolens.recording import EMG_KINDS, ChannelKind, Recording

LIMIT_PERCENT = 10.0
"""A fall by 10 % or more at 2–3 Hz is abnormal (knowledge dossier §4.4, textbook)."""
FACIAL_LIMIT_PERCENT = 8.0
"""In facial muscles 7–8 % keeps a specificity of 95–96 % (Abr17)."""
RATE_HZ = (1.5, 5.0)
"""Rates at which a decrement is judged; above, facilitation mixes in."""
RESPONSE_S = (0.0015, 0.04)
"""The response is measured from after the stimulus artefact to this long after the stimulus."""
TRAIN_GAP_S = 1.5
"""A longer pause begins a new train."""


@dataclass(frozen=True, slots=True)
class StimulusTrain:
    """Responses to one train of stimuli.

    Attributes
    ----------
    start_s : float
        First stimulus.
    stimuli : int
    rate_hz : float
    amplitudes_mv, areas_mv_ms : tuple of float
        Each response, peak to peak, and area of the rectified response.
    amplitude_decrement_percent, area_decrement_percent : float
        Fall from the first response to the smaller of the fourth and fifth; negative where it grew.
    """

    start_s: float
    stimuli: int
    rate_hz: float
    amplitudes_mv: tuple[float, ...]
    areas_mv_ms: tuple[float, ...]
    amplitude_decrement_percent: float
    area_decrement_percent: float


@dataclass(frozen=True, slots=True)
class Decrement:
    """Reading of repetitive stimulation.

    Attributes
    ----------
    channel : str
    trains : tuple of StimulusTrain
        Trains of at least four stimuli.
    limit_percent : float
        Limit applied.
    abnormal : bool or None
        Whether a slow train falls by the limit in amplitude and by half of it in area; None where no
        train allows it to be judged.
    reasons : tuple of str
    findings : tuple of Finding
    """

    channel: str
    trains: tuple[StimulusTrain, ...]
    limit_percent: float
    abnormal: bool | None
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the plain document, without findings."""
        return {key: value for key, value in asdict(self).items() if key != "findings"}


def stimuli_of(recording: Recording) -> NDArray[np.float64]:
    """Return the instants of stimuli in seconds: rising edges of the trigger channel, else marks."""
    rows = recording.indices(ChannelKind.TRIGGER)
    if rows:
        values = recording.physical(rows=rows[:1])[0].astype(np.float64)
        low, high = np.percentile(values, 1), values.max()
        if high > low:
            on = values > (low + high) / 2
            return np.asarray((np.flatnonzero(on[1:] & ~on[:-1]) + 1) / recording.rate, np.float64)
    marks = [m.onset_s for m in recording.annotations if "stim" in m.text.lower()]
    return np.array(sorted(marks), np.float64)


def decrement(recording: Recording, *, channel: str | None = None, muscle: str | None = None) -> Decrement:
    """Measure the decrement of the muscle response in a recording with stimuli.

    Parameters
    ----------
    recording : Recording
        With an EMG channel in volts, and a trigger channel or marks whose text holds "stim".
    channel : str or None, optional
        EMG channel; the first one when None.
    muscle : str or None, optional
        Facial muscles (nasalis, frontalis, orbicularis) have a lower limit.

    Raises
    ------
    InputError
        No stimuli, no such channel, or no voltage unit.
    """
    where = recording.source or None
    row = _row(recording, channel)
    if not recording.is_voltage(row):
        raise InputError(
            "the EMG channel has no voltage unit", where=where, mend="Give µV, mV or V in the file"
        )
    instants = stimuli_of(recording)
    if instants.size == 0:
        raise InputError(
            "no stimuli in this recording",
            where=where,
            mend='Add a trigger channel or marks named "stimulus"',
        )
    breaks = np.flatnonzero(np.diff(instants) > TRAIN_GAP_S) + 1
    trains = [_train(recording, row, part) for part in np.split(instants, breaks) if part.size >= 4]
    kept = tuple(train for train in trains if train is not None)
    facial = any(word in (muscle or "").lower() for word in ("nasalis", "frontalis", "orbicularis", "facial"))
    limit = FACIAL_LIMIT_PERCENT if facial else LIMIT_PERCENT
    abnormal, reasons = _judged(kept, limit)
    finding = Finding(
        name="rns_decrement",
        present=abnormal,
        site=muscle,
        source="recording",
        strength=None if abnormal is None else 2.3 if abnormal else -0.5,  # project estimates
    )
    return Decrement(
        channel=recording.channels[row].name,
        trains=kept,
        limit_percent=limit,
        abnormal=abnormal,
        reasons=reasons,
        findings=() if abnormal is None else (finding,),
    )


def _row(recording: Recording, channel: str | None) -> int:
    rows = recording.indices(*EMG_KINDS)
    chosen = [row for row in rows if channel is None or recording.channels[row].name == channel]
    if not chosen:
        raise InputError(
            f"no EMG channel {channel}" if channel else "no EMG channel", where=recording.source or None
        )
    return chosen[0]


def _train(recording: Recording, row: int, instants: NDArray[np.float64]) -> StimulusTrain | None:
    amplitudes, areas = [], []
    for instant in instants:
        start = round((instant + RESPONSE_S[0]) * recording.rate)
        stop = round((instant + RESPONSE_S[1]) * recording.rate)
        before = round((instant - 0.01) * recording.rate), round((instant - 0.001) * recording.rate)
        if before[0] < 0 or stop > recording.samples:
            continue
        baseline = float(np.median(recording.microvolts(*before, [row])))
        response = (recording.microvolts(start, stop, [row])[0] - baseline) / 1e3
        amplitudes.append(float(np.ptp(response)))
        areas.append(float(np.abs(response).sum() / recording.rate * 1e3))
    if len(amplitudes) < 4 or amplitudes[0] <= 0:
        return None
    return StimulusTrain(
        start_s=float(instants[0]),
        stimuli=len(amplitudes),
        rate_hz=float(1 / np.median(np.diff(instants))),
        amplitudes_mv=tuple(amplitudes),
        areas_mv_ms=tuple(areas),
        amplitude_decrement_percent=_fall(amplitudes),
        area_decrement_percent=_fall(areas),
    )


def _fall(values: list[float]) -> float:
    return 100 * (values[0] - min(values[3:5])) / values[0]


def _judged(trains: tuple[StimulusTrain, ...], limit: float) -> tuple[bool | None, tuple[str, ...]]:
    low, high = RATE_HZ
    slow = [train for train in trains if low <= train.rate_hz <= high]
    if not slow:
        return None, ("no train of four or more stimuli at 2–5 Hz with whole responses",)
    reasons = tuple(
        f"train at {train.start_s:.1f} s, {train.rate_hz:.1f} Hz: amplitude falls by "
        f"{train.amplitude_decrement_percent:.1f} %, area by {train.area_decrement_percent:.1f} % "
        f"(limit {limit:g} %)"
        for train in slow
    )
    abnormal = any(
        train.amplitude_decrement_percent >= limit and train.area_decrement_percent >= limit / 2
        for train in slow
    )
    return abnormal, reasons
