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
INCREMENT_LIMIT_PERCENT = 60.0
FAST_HZ, FAST_STIMULI = (20.0, 50.0), 10
"""Growth by 60 % or more in a fast train is abnormal (at 50 Hz: Oh et al., Muscle Nerve 2005;32:515)."""
STEADY_NOISE = 0.05
"""Noise before the stimulus larger than this share of the response could pass for a decrement: then
nothing is judged (estimate: half the limit)."""
LEAST_RESPONSE = 4.0
"""Times the swing before the stimulus that something evoked reaches at least (estimate)."""
STIMULATION = "stimulation"
"""Reason for which time around stimuli is left out of the analysis at rest."""
AROUND_S = (0.005, 0.1)
"""Before and after a stimulus no rest: artefact, response, late responses."""
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
    increment_percent : float
        Growth from the first to the largest response in amplitude.
    noise_mv : float
        Median swing before the stimuli.
    """

    start_s: float
    stimuli: int
    rate_hz: float
    amplitudes_mv: tuple[float, ...]
    areas_mv_ms: tuple[float, ...]
    amplitude_decrement_percent: float
    area_decrement_percent: float
    increment_percent: float
    noise_mv: float


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
    increment : bool or None
        Whether a train of ten or more fast stimuli grows by `INCREMENT_LIMIT_PERCENT`; None without one.
    reasons : tuple of str
    findings : tuple of Finding
    """

    channel: str
    trains: tuple[StimulusTrain, ...]
    limit_percent: float
    abnormal: bool | None
    increment: bool | None
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
        low, high = float(values.min()), float(values.max())
        if high > low:
            on = values > (low + high) / 2
            return np.asarray((np.flatnonzero(on[1:] & ~on[:-1]) + 1) / recording.rate, np.float64)
    marks = [m.onset_s for m in recording.annotations if "stim" in m.text.lower()]
    return np.array(sorted(marks), np.float64)


def stimulated(recording: Recording, rows: tuple[int, ...]) -> list[tuple[float, float]]:
    """Stretches of stimuli that evoke something in these channels: neither rest nor contraction.

    A train is left out as a whole: between its responses the filter still rings. Pulses of a trigger
    channel that evoke nothing are taken for marks of another device.
    """
    instants = stimuli_of(recording)
    if not instants.size or _responding(recording, rows, instants) is None:
        return []
    before, after = AROUND_S
    edges = np.flatnonzero(np.diff(instants) > TRAIN_GAP_S) + 1
    return [
        (max(0.0, float(part[0]) - before), min(recording.seconds, float(part[-1]) + after))
        for part in np.split(instants, edges)
    ]


def decrement(recording: Recording, *, channel: str | None = None, muscle: str | None = None) -> Decrement:
    """Measure the decrement of the muscle response in a recording with stimuli.

    Parameters
    ----------
    recording : Recording
        With an EMG channel in volts, and a trigger channel or marks whose text holds "stim".
    channel : str or None, optional
        EMG channel; the one with the largest response when None.
    muscle : str or None, optional
        Facial muscles (nasalis, frontalis, orbicularis) have a lower limit.

    Raises
    ------
    InputError
        No stimuli, no such channel, or no voltage unit.
    """
    where = recording.source or None
    rows = _rows(recording, channel)
    instants = stimuli_of(recording)
    if instants.size == 0:
        raise InputError(
            "no stimuli in this recording",
            where=where,
            mend='Add a trigger channel or marks named "stimulus"',
        )
    row = _responding(recording, rows, instants)
    row = rows[0] if row is None else row
    if not recording.is_voltage(row):
        raise InputError(
            "the EMG channel has no voltage unit", where=where, mend="Give µV, mV or V in the file"
        )
    breaks = np.flatnonzero(np.diff(instants) > TRAIN_GAP_S) + 1
    trains = [_train(recording, row, part) for part in np.split(instants, breaks) if part.size >= 4]
    kept = tuple(train for train in trains if train is not None)
    facial = any(word in (muscle or "").lower() for word in ("nasalis", "frontalis", "orbicularis", "facial"))
    limit = FACIAL_LIMIT_PERCENT if facial else LIMIT_PERCENT
    abnormal, reasons = _judged(kept, limit)
    increment, more = _grown(kept)
    return Decrement(
        channel=recording.channels[row].name,
        trains=kept,
        limit_percent=limit,
        abnormal=abnormal,
        increment=increment,
        reasons=(*reasons, *more),
        findings=_findings(abnormal=abnormal, increment=increment, muscle=muscle),
    )


def _findings(*, abnormal: bool | None, increment: bool | None, muscle: str | None) -> tuple[Finding, ...]:
    """Strengths are project estimates; a normal response in one muscle excludes little."""
    said = (("rns_decrement", abnormal, 2.3, -0.5), ("rns_increment", increment, 3.0, -0.7))
    return tuple(
        Finding(
            name=name, present=present, site=muscle, source="recording", strength=strong if present else weak
        )
        for name, present, strong, weak in said
        if present is not None
    )


def _rows(recording: Recording, channel: str | None) -> tuple[int, ...]:
    rows = recording.indices(*EMG_KINDS)
    chosen = tuple(row for row in rows if channel is None or recording.channels[row].name == channel)
    if not chosen:
        raise InputError(
            f"no EMG channel {channel}" if channel else "no EMG channel", where=recording.source or None
        )
    return chosen


def _responding(recording: Recording, rows: tuple[int, ...], instants: NDArray[np.float64]) -> int | None:
    """Row with the largest response to the first stimuli, None where nothing is evoked.

    How still it was before is read where no other stimulus had come just before.
    """
    apart = np.diff(instants[:8], prepend=-np.inf) > AROUND_S[1]
    swings = [_around(recording, rows, instant) for instant in instants[:8]]
    known = [swing for swing in swings if swing is not None]
    still = [swing for swing, alone in zip(swings, apart, strict=True) if alone and swing is not None]
    if not known:
        return None
    evoked = np.median([np.ptp(response, axis=1) for response, _ in known], axis=0)
    quiet = np.median([np.ptp(before, axis=1) for _, before in still or known], axis=0)
    best = int(np.argmax(evoked))
    stands_out = evoked[best] > 0 and evoked[best] >= LEAST_RESPONSE * quiet[best]
    return rows[best] if stands_out else None


def _around(
    recording: Recording, rows: tuple[int, ...], instant: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """µV during the response to a stimulus and just before it, None where one is not in the recording."""
    start, stop = (round((instant + t) * recording.rate) for t in RESPONSE_S)
    before = round((instant - 0.01) * recording.rate), round((instant - 0.001) * recording.rate)
    if before[0] < 0 or stop > recording.samples or before[1] <= before[0]:
        return None
    return recording.microvolts(start, stop, rows), recording.microvolts(*before, rows)


def _train(recording: Recording, row: int, instants: NDArray[np.float64]) -> StimulusTrain | None:
    amplitudes, areas, noise = [], [], []
    for instant in instants:
        measured = _around(recording, (row,), float(instant))
        if measured is None:
            continue
        response, before = measured
        response = (response[0] - np.median(before)) / 1e3
        amplitudes.append(float(np.ptp(response)))
        areas.append(float(np.abs(response).sum() / recording.rate * 1e3))
        noise.append(float(np.ptp(before)) / 1e3)
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
        increment_percent=100 * (max(amplitudes) / amplitudes[0] - 1),
        noise_mv=float(np.median(noise)),
    )


def _fall(values: list[float]) -> float:
    return 100 * (values[0] - min(values[3:5])) / values[0]


def _judged(trains: tuple[StimulusTrain, ...], limit: float) -> tuple[bool | None, tuple[str, ...]]:
    low, high = RATE_HZ
    slow = [train for train in trains if low <= train.rate_hz <= high]
    if not slow:
        return None, ("no train of four or more stimuli at 2–5 Hz with whole responses",)
    clear = [train for train in slow if train.noise_mv <= STEADY_NOISE * train.amplitudes_mv[0]]
    if not clear:
        return None, ("the response does not stand out of the noise enough to show a fall by a tenth",)
    reasons = tuple(
        f"train at {train.start_s:.1f} s, {train.rate_hz:.1f} Hz: amplitude falls by "
        f"{train.amplitude_decrement_percent:.1f} %, area by {train.area_decrement_percent:.1f} % "
        f"(limit {limit:g} %)"
        for train in clear
    )
    abnormal = any(
        train.amplitude_decrement_percent >= limit and train.area_decrement_percent >= limit / 2
        for train in clear
    )
    return abnormal, reasons


def _grown(trains: tuple[StimulusTrain, ...]) -> tuple[bool | None, tuple[str, ...]]:
    low, high = FAST_HZ
    fast = [
        train
        for train in trains
        if low - 0.1 <= train.rate_hz <= high + 0.1
        and train.stimuli >= FAST_STIMULI
        and train.noise_mv <= STEADY_NOISE * max(train.amplitudes_mv)
    ]
    reasons = tuple(
        f"train at {train.start_s:.1f} s, {train.rate_hz:.0f} Hz: amplitude grows by "
        f"{train.increment_percent:.0f} % (limit {INCREMENT_LIMIT_PERCENT:g} %)"
        for train in fast
    )
    grown = [train.increment_percent >= INCREMENT_LIMIT_PERCENT for train in fast]
    return (any(grown) if grown else None), reasons
