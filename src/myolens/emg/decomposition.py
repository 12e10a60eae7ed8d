"""Discharge trains of the motor units in a voluntary contraction, from many surface channels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from myolens.emg.potentials import firing
from myolens.emg.unmixing import Found, Rejected, unmix
from myolens.errors import InputError
from myolens.recording import ChannelKind, Recording

BAND_HZ = (20.0, 500.0)
"""Pass band of surface EMG (SENIAM: 10–20 to 400–500 Hz)."""
LEAST_CHANNELS = 8
"""Fewer channels hold too few shapes to tell units apart."""
EXTENDED_ROWS = 1000
"""Channels × taps aimed at: extension to about a thousand rows is usual (Negro et al. 2016)."""
LONGEST_TAPS_S = 0.02
LEAST_SECONDS = 3.0
STEADY_S = 0.5
"""Recruitment is the first discharge followed by another within this time."""


@dataclass(frozen=True, slots=True, eq=False)
class DecomposedUnit:
    """One motor unit of a contraction.

    Attributes
    ----------
    unit : int
        Number, from 1, in order of recruitment.
    times_s : ndarray of float64
        Discharges, seconds from the start of the recording.
    silhouette, pulse_to_noise_db, separation : float
        How well discharges stand out (`myolens.emg.convolutive.Pulses`). All are linked to what the
        search maximises, so they rank units; they do not prove them (Klotz & Rohlén 2025).
    rate_hz, interval_cv : float or None
        1/median interval, and coefficient of variation of intervals without pauses.
    recruitment_s, derecruitment_s : float
        First and last discharge of steady firing.
    recruitment_force, derecruitment_force : float or None
        The force channel at these instants, in its unit.
    template : ndarray of float32, shape (channels used, samples)
        Potential by least squares, µV.
    channel : str
        Where the potential is largest.
    """

    unit: int
    times_s: NDArray[np.float64]
    silhouette: float
    pulse_to_noise_db: float
    separation: float
    rate_hz: float | None
    interval_cv: float | None
    recruitment_s: float
    derecruitment_s: float
    recruitment_force: float | None
    derecruitment_force: float | None
    template: NDArray[np.float32]
    channel: str


@dataclass(frozen=True, slots=True, eq=False)
class RejectedTrain:
    """A train that was found and not kept, with the reason."""

    times_s: NDArray[np.float64]
    silhouette: float
    separation: float
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Decomposition:
    """Motor units of one contraction.

    Attributes
    ----------
    rate : float
        Hz.
    start_s, end_s : float
        Stretch decomposed.
    channels : tuple of str
        Channels used, the rows of the templates.
    left_out : tuple of str
        Channels not used, each with the reason.
    units : tuple of DecomposedUnit
        In order of recruitment.
    rejected : tuple of RejectedTrain
    explained : float
        Share of the band-passed signal's energy that the units explain.
    """

    rate: float
    start_s: float
    end_s: float
    channels: tuple[str, ...]
    left_out: tuple[str, ...]
    units: tuple[DecomposedUnit, ...]
    rejected: tuple[RejectedTrain, ...]
    explained: float

    def to_json(self) -> dict[str, Any]:
        """Return the document under ``decomposition``; times to a tenth of a millisecond."""
        return {
            "start_s": round(self.start_s, 4),
            "end_s": round(self.end_s, 4),
            "channels": list(self.channels),
            "left_out": list(self.left_out),
            "explained": round(self.explained, 4),
            "units": [
                {
                    "unit": unit.unit,
                    "discharges": int(unit.times_s.size),
                    "times_s": [round(t, 4) for t in unit.times_s.tolist()],
                    "silhouette": round(unit.silhouette, 4),
                    "pulse_to_noise_db": round(unit.pulse_to_noise_db, 2),
                    "separation": round(unit.separation, 4),
                    "rate_hz": _rounded(unit.rate_hz),
                    "interval_cv": _rounded(unit.interval_cv),
                    "recruitment_s": round(unit.recruitment_s, 4),
                    "derecruitment_s": round(unit.derecruitment_s, 4),
                    "recruitment_force": _rounded(unit.recruitment_force),
                    "derecruitment_force": _rounded(unit.derecruitment_force),
                    "channel": unit.channel,
                    "peak_to_peak_uv": round(float(np.ptp(unit.template, axis=1).max()), 2),
                }
                for unit in self.units
            ],
            "rejected": [
                {
                    "discharges": int(train.times_s.size),
                    "silhouette": round(train.silhouette, 4),
                    "separation": round(train.separation, 4),
                    "reason": train.reason,
                }
                for train in self.rejected
            ],
        }


def decompose(
    recording: Recording,
    *,
    seconds: tuple[float, float] | None = None,
    maximum_units: int = 40,
    progress: Callable[[float], None] | None = None,
) -> Decomposition:
    """Decompose a voluntary contraction into the discharge trains of its motor units.

    Convolution kernel compensation from many starts (Holobar & Zazula 2007), then least-squares
    potentials, peeling and whitened matched filters on what the other units leave; see
    `myolens.emg.unmixing`. Trains are not selected by the regularity of their firing.

    Parameters
    ----------
    recording : Recording
        With at least eight surface EMG channels.
    seconds : (float, float) or None, optional
        Stretch to decompose; the whole recording when None. Memory grows with it: about
        5 × 4 bytes × channels × samples.
    maximum_units : int, optional
        Stop there.
    progress : callable, optional
        Told the share done, 0 to 1.

    Raises
    ------
    InputError
        Too few usable channels, or a stretch that is too short or outside the recording.
    """
    where = recording.source or None
    if maximum_units < 1:
        raise InputError("no unit is asked for", where=where, mend="Ask for one unit at least")
    start, stop = _stretch(recording, seconds)
    rows = recording.indices(ChannelKind.SURFACE_EMG)
    signal = _filtered(recording, rows, start, stop)
    usable, left_out = _usable(signal, [recording.channels[row].name for row in rows])
    if usable.size < LEAST_CHANNELS:
        raise InputError(
            f"decomposition needs {LEAST_CHANNELS} working surface EMG channels; this has {usable.size}",
            where=where,
            mend="Use a high-density grid",
        )
    signal = np.ascontiguousarray(signal[usable].T)
    taps = min(ceil(EXTENDED_ROWS / usable.size), max(4, round(LONGEST_TAPS_S * recording.rate)))
    found, rejected, residual = unmix(
        signal, recording.rate, taps=taps, maximum_units=maximum_units, progress=progress
    )
    names = tuple(recording.channels[rows[k]].name for k in usable)
    energy = float(np.square(signal, dtype=np.float64).sum())
    left = float(np.square(residual, dtype=np.float64).sum())
    described = [_described(unit, recording, start, names) for unit in found]
    described.sort(key=lambda unit: unit.recruitment_s)
    return Decomposition(
        rate=recording.rate,
        start_s=start / recording.rate,
        end_s=stop / recording.rate,
        channels=names,
        left_out=left_out,
        units=tuple(_numbered(unit, k + 1) for k, unit in enumerate(described)),
        rejected=tuple(_refused(train, recording.rate, start) for train in rejected),
        explained=1 - left / energy,
    )


def _stretch(recording: Recording, seconds: tuple[float, float] | None) -> tuple[int, int]:
    first, last = seconds if seconds is not None else (0.0, recording.seconds)
    where = recording.source or None
    if not (0 <= first < last <= recording.seconds + 1e-6):
        raise InputError(
            f"{first:g}–{last:g} s is not a stretch of this recording",
            where=where,
            mend=f"It lasts {recording.seconds:g} s",
        )
    if last - first < LEAST_SECONDS:
        raise InputError(
            f"{last - first:g} s is too short to tell units apart",
            where=where,
            mend=f"Give {LEAST_SECONDS:g} s or more",
        )
    return round(first * recording.rate), min(round(last * recording.rate), recording.samples)


def _filtered(recording: Recording, rows: tuple[int, ...], start: int, stop: int) -> NDArray[np.float32]:
    """Band-passed channels, one at a time so that only the result is held."""
    high = min(BAND_HZ[1], 0.45 * recording.rate)
    if recording.rate < 5 * BAND_HZ[0]:
        raise InputError(
            f"{recording.rate:g} samples per second is too slow to decompose",
            where=recording.source or None,
            mend="Record at 1000 Hz or more",
        )
    sections = butter(2, [BAND_HZ[0], high], "bandpass", fs=recording.rate, output="sos")
    signal = np.empty((len(rows), stop - start), np.float32)
    for k, row in enumerate(rows):
        values = recording.microvolts(start, stop, [row])[0]
        signal[k] = sosfiltfilt(sections, np.where(np.isfinite(values), values, 0))
    return signal


def _usable(signal: NDArray[np.float32], names: list[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Channels whose level is within a factor of ten of the median channel's."""
    if not names:
        return np.empty(0, np.int64), ()
    levels = np.sqrt(np.mean(np.square(signal), axis=1, dtype=np.float64))
    alive = levels[levels > 0]
    middle = float(np.median(alive)) if alive.size else 0.0
    good = (levels > 0.1 * middle) & (levels < 10 * middle) & (levels > 0)
    reasons = tuple(
        f"{name}: {'flat' if level < 0.1 * middle or level == 0 else 'ten times noisier than the others'}"
        for name, level, fine in zip(names, levels, good, strict=True)
        if not fine
    )
    return np.flatnonzero(good), reasons


def _described(found: Found, recording: Recording, start: int, names: tuple[str, ...]) -> DecomposedUnit:
    samples = np.sort(found.pulses.samples) + start
    times = samples / recording.rate
    intervals = np.diff(times)
    rate_hz, cv = firing(intervals)
    steady = np.flatnonzero(intervals <= STEADY_S)
    first, last = (int(steady[0]), int(steady[-1]) + 1) if steady.size else (0, times.size - 1)
    force = recording.indices(ChannelKind.FORCE)[:1]
    return DecomposedUnit(
        unit=0,
        times_s=times,
        silhouette=found.pulses.silhouette,
        pulse_to_noise_db=found.pulses.pulse_to_noise_db,
        separation=found.pulses.separation,
        rate_hz=rate_hz,
        interval_cv=cv,
        recruitment_s=float(times[first]),
        derecruitment_s=float(times[last]),
        recruitment_force=_force(recording, force, int(samples[first])),
        derecruitment_force=_force(recording, force, int(samples[last])),
        template=np.ascontiguousarray(found.potential.T),
        channel=names[int(np.argmax(np.ptp(found.potential, axis=0)))],
    )


def _force(recording: Recording, rows: tuple[int, ...], sample: int) -> float | None:
    """Mean force over 50 ms around the sample."""
    if not rows:
        return None
    half = max(1, round(0.025 * recording.rate))
    return float(recording.physical(max(0, sample - half), sample + half, rows).mean())


def _numbered(unit: DecomposedUnit, number: int) -> DecomposedUnit:
    return replace(unit, unit=number)


def _refused(train: Rejected, rate: float, start: int) -> RejectedTrain:
    return RejectedTrain((train.samples + start) / rate, train.silhouette, train.separation, train.reason)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
