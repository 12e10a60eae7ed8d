"""Candidates made into events: threshold, one per discharge, heartbeats and electrode pops told apart."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from myolens.emg.detection import (
    Candidates,
    Scan,
    candidates,
    distance,
    one_per_discharge,
    restful,
    scan,
    threshold,
)
from myolens.emg.heartbeat import Heart, average_beats, find_heart, from_beats, residues, suspected
from myolens.emg.noise import MAD_TO_SD, Noise, survey
from myolens.emg.streaming import Source
from myolens.emg.waveforms import BEFORE_S, Waveforms, cut_out

_BEAT_REACH_S = 0.15
_HEART_FALSE_ALARMS = 200.0
_POP_DISPLACEMENT = 0.35
_POP_DOMINANCE = 4.0
_POP_SPREAD = 1.3
_POP_DECAYS_S = (0.005, 0.01, 0.02, 0.05, 0.2)
_POP_RISE_S = 0.002
_POP_LIKENESS, _POP_ITSELF = 0.85, 0.92
_POP_LOPSIDED = 0.02
_POP_SHIFT_S = 0.004
_POP_AFTER_S = 0.08
_POP_RINGING = 0.35
_DENSE_CHANNELS = 8
_DENSE_SPACING_MM = 15.0
_DENSE_WITHOUT_POSITIONS = 32


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """What stands out of the noise.

    Attributes
    ----------
    waves : Waveforms
    threshold, scale : float
        Of the statistic, and of the tail it was read from.
    heart : Heart or None
        With the events that are heartbeats.
    pops : ndarray of bool, shape (events,)
        Events that are electrode pops.
    source, scan : Source, Scan
        As they were looked at last: without heartbeats, where there were any.
    """

    waves: Waveforms
    threshold: float
    scale: float
    heart: Heart | None
    pops: NDArray[np.bool_]
    source: Source
    scan: Scan

    @property
    def times_s(self) -> NDArray[np.float64]:
        """Instants of the largest deflections."""
        return np.asarray(self.waves.sample / self.waves.recording_rate)

    @property
    def muscle(self) -> NDArray[np.bool_]:
        """Events that are neither heartbeat nor pop."""
        return ~self.pops & ~(self.heart.events if self.heart else np.zeros(len(self.pops), bool))


def find_events(
    source: Source,
    noise: Noise,
    result: Scan,
    *,
    false_alarms_per_10_min: float,
    beats_s: NDArray[np.float64] | None,
) -> Events:
    """Find the events of a scanned recording.

    Parameters
    ----------
    source, noise, result
        The recording, its noise and its statistic.
    false_alarms_per_10_min : float
    beats_s : ndarray or None
        Heartbeats known from an ECG channel; otherwise they are looked for.
    """
    found = candidates(result)
    if beats_s is None:
        beats_s = _beats(found, source, noise, result)
    average = average_beats(source, noise, beats_s) if len(beats_s) else None
    if average is not None:
        source = replace(source, beats=average)
        result = scan(source, noise)
        found = candidates(result)
    apart = beats_s if average is None else np.zeros(0)
    limit, scale = _threshold(found, source, noise, false_alarms_per_10_min, apart)
    waves = _measured(found, limit, source, noise, result)
    times = waves.sample / source.recording.rate
    heart = from_beats(beats_s, times, waves.height) if len(beats_s) else None
    if heart is not None and average is not None:
        left = residues(average, waves)
        heart = replace(heart, events=heart.events | left)
    pops = _pops(waves, source, result)
    return Events(waves, limit, scale, heart, pops & ~heart.events if heart else pops, source, result)


def beats_from_ecg(source: Source) -> NDArray[np.float64]:
    """Heartbeats of an ECG channel, ascending; none if no regular train is there."""
    noise = survey(source)
    result = scan(source, noise)
    noise = replace(noise, frames=result.frames)
    return _beats(candidates(result), source, noise, result)


def _beats(found: Candidates, source: Source, noise: Noise, result: Scan) -> NDArray[np.float64]:
    """Look for heartbeats above a low threshold, as they can be told from noise by their regularity."""
    none = np.zeros(0)
    limit, _ = _threshold(found, source, noise, _HEART_FALSE_ALARMS, none, provisional=True)
    above = found.where(found.height > limit)
    if not suspected(above.index / result.rate, above.height):
        return none
    waves = _measured(found, limit, source, noise, result)
    heart = find_heart(waves)
    return heart.beats_s if heart else none


def _measured(found: Candidates, limit: float, source: Source, noise: Noise, result: Scan) -> Waveforms:
    above = found.where(found.height > limit)
    kept = one_per_discharge(above, result.statistic, result.rate)
    return replace(
        cut_out(source, noise, above.index[kept] * source.band.factor),
        height=above.height[kept],
        spread=above.spread[kept],
    )


def _threshold(
    found: Candidates,
    source: Source,
    noise: Noise,
    rate: float,
    beats_s: NDArray[np.float64],
    *,
    provisional: bool = False,
) -> tuple[float, float]:
    """Fit the tail to the peaks of restful frames away from heartbeats."""
    quiet = restful(noise)
    sample = found.index * source.band.factor
    chosen = quiet[np.minimum(sample // source.frame, len(quiet) - 1)]
    times = sample / source.recording.rate
    if len(beats_s):
        chosen &= distance(times, beats_s) > _BEAT_REACH_S
    seconds = float(quiet.sum()) * source.frame / source.recording.rate
    seconds = max(1.0, seconds - 2 * _BEAT_REACH_S * len(beats_s) * float(quiet.mean()))
    return threshold(
        times[chosen], found.height[chosen], seconds, false_alarms_per_10_min=rate, provisional=provisional
    )


def _pops(waves: Waveforms, source: Source, result: Scan) -> NDArray[np.bool_]:
    """Electrode pops: a decaying step, known by its shape, or one electrode alone in a dense grid.

    The discharge of an electrode–skin junction rises at once and decays over 5–200 ms, where a potential
    rises and falls alike and ends where it began. An event is a pop if the raw signal is displaced by it
    and it is shaped like a filtered decaying step, or if it is nearly nothing else and less like the
    same run backwards. What follows within 80 ms and is smaller than 0.35 of it is the ringing of its
    filtered step. Volume conduction spreads a potential over neighbouring electrodes 8 mm apart
    (correlation 0.96 in a real grid); a pop stays on its own.
    """
    wander = MAD_TO_SD * np.median(np.abs(np.diff(result.mean, axis=0)), axis=0)
    displaced = np.abs(waves.slow) > np.maximum(
        _POP_DISPLACEMENT * waves.peak, 4 * np.maximum(wander[waves.channel], waves.level)
    )
    onward, backward = pop_likeness(waves, source)
    pops = displaced & (onward > _POP_LIKENESS)
    pops |= (onward > _POP_ITSELF) & (displaced | (onward > backward + _POP_LOPSIDED))
    if is_dense(source):
        pops |= _alone(waves)
    times = waves.sample / waves.recording_rate
    for i in np.flatnonzero(pops):
        pops |= (np.abs(times - times[i]) <= _POP_AFTER_S) & (waves.peak < _POP_RINGING * waves.peak[i])
    return np.asarray(pops)


def _alone(waves: Waveforms) -> NDArray[np.bool_]:
    """Seen on one electrode only."""
    ordered = np.sort(waves.ratios, axis=1)
    alone = (ordered[:, -1] > _POP_DOMINANCE * ordered[:, -2]) | (waves.spread < _POP_SPREAD)
    return np.asarray(alone)


def pop_likeness(waves: Waveforms, source: Source) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Largest correlation of each event with filtered steps that decay with 5–200 ms, shifts up to 4 ms.

    The second is that with the same steps run backwards.
    """
    from myolens.emg.kernels import zero_phase

    rate = waves.recording_rate
    step = round(rate / waves.rate)
    long = round(0.5 * rate)
    after = np.arange(long)[:, None] / rate
    decay = np.exp(-after / np.array(_POP_DECAYS_S))
    bank = np.concatenate([decay, decay * (1 - np.exp(-after / _POP_RISE_S))], axis=1)
    made = np.concatenate([np.zeros_like(bank), bank]).astype(np.float32)
    zero_phase(made, source.band.sections)
    length, reach = waves.windows.shape[1], round(_POP_SHIFT_S * waves.rate)
    before = round(BEFORE_S * waves.rate)
    x = waves.windows[np.arange(len(waves.sample)), :, waves.channel]
    x = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)

    def best(shapes: NDArray[np.float32]) -> NDArray[np.float64]:
        first = np.argmax(np.abs(shapes), axis=0) - before * step
        parts = np.stack(
            [
                shape[start + shift * step :][: length * step : step]
                for shape, start in zip(shapes.T, first, strict=True)
                for shift in range(-reach, reach + 1)
            ],
            axis=1,
        )
        return np.asarray(np.max(np.abs(x @ (parts / np.linalg.norm(parts, axis=0))), axis=1))

    return best(made), best(made[::-1])


def is_dense(source: Source) -> bool:
    """Whether the electrodes are a grid in which neighbours see the same potential."""
    places = [source.recording.channels[row].position_mm for row in source.rows]
    known = np.array([place for place in places if place is not None], float)
    if len(known) >= _DENSE_CHANNELS:
        gaps = np.linalg.norm(known[:, None] - known[None, :], axis=2)
        np.fill_diagonal(gaps, np.inf)
        return bool(np.median(gaps.min(axis=1)) <= _DENSE_SPACING_MM)
    return len(places) >= _DENSE_WITHOUT_POSITIONS
