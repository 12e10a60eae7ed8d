"""Candidates made into events: threshold, one per discharge, heartbeats and electrode pops told apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from myolens.emg.artefacts import RINGING_S, electrode_pops, of_movement, slow_deflections
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
from myolens.emg.exclusion import inside
from myolens.emg.heartbeat import Heart, average_beats, find_heart, from_beats, residues, suspected
from myolens.emg.noise import Noise, survey
from myolens.emg.satellites import satellites
from myolens.emg.streaming import Source
from myolens.emg.switching import many_in_step
from myolens.emg.waveforms import AFTER_S, Waveforms, cut_out

_BEAT_REACH_S = 0.15
_LEAST_SMALL, _LEAST_WEAK = 6.0, 3.0
_FEW_CHANNELS = 8
_MOST_WEAK = 1000
_HEART_FALSE_ALARMS = 200.0


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """What stands out of the noise.

    Attributes
    ----------
    waves : Waveforms
    weak : Waveforms
        Candidates below the threshold, where a spiky background has raised it.
    threshold, scale : float
        Of the statistic, and of the tail it was read from.
    heart : Heart or None
        With the events that are heartbeats.
    pops : ndarray of bool, shape (events,)
        Events that are electrode pops.
    slow : ndarray of bool, shape (events,)
        Events too slow for a potential: moved electrodes and cables.
    source, scan : Source, Scan
        As they were looked at last: without heartbeats, where there were any.
    """

    waves: Waveforms
    weak: Waveforms
    threshold: float
    scale: float
    heart: Heart | None
    pops: NDArray[np.bool_]
    slow: NDArray[np.bool_]
    source: Source
    scan: Scan

    @property
    def times_s(self) -> NDArray[np.float64]:
        """Instants of the largest deflections."""
        return np.asarray(self.waves.sample / self.waves.recording_rate)

    @property
    def muscle(self) -> NDArray[np.bool_]:
        """Events that are neither heartbeat, pop nor movement."""
        beats = self.heart.events if self.heart else np.zeros(len(self.pops), bool)
        return ~(self.pops | self.slow | beats)


def find_events(
    source: Source,
    noise: Noise,
    result: Scan,
    *,
    false_alarms_per_10_min: float,
    beats_s: NDArray[np.float64] | None,
    evoked: Iterable[tuple[float, float]] = (),
) -> Events:
    """Find the events of a scanned recording.

    Parameters
    ----------
    source, noise, result
        The recording, its noise and its statistic.
    false_alarms_per_10_min : float
    beats_s : ndarray or None
        Heartbeats known from an ECG channel; otherwise they are looked for.
    evoked : list of (float, float)
        Stretches with stimuli, s: responses at a steady rate are no heart.
    """
    found = _whole(candidates(result), source)
    fast = False
    if beats_s is None:
        own = ~inside(found.index / result.rate, evoked)
        train = _beats(found.where(own), source, noise, result)
        beats_s, fast = (train.beats_s, train.fast) if train else (np.zeros(0), False)
    average = average_beats(source, noise, beats_s) if len(beats_s) else None
    if average is not None:
        source = replace(source, beats=average)
        result = scan(source, noise)
        found = _whole(candidates(result), source)
    apart = beats_s if average is None else np.zeros(0)
    limit, scale = _threshold(found, source, noise, false_alarms_per_10_min, apart)
    waves = _measured(found, limit, source, noise, result)
    waves = waves.where(~satellites(waves))
    times = waves.sample / source.recording.rate
    heart = from_beats(beats_s, times, waves.height, fast=fast) if len(beats_s) else None
    if heart is not None and average is not None:
        heart = replace(heart, events=residues(average, waves, heart.events))
    beats = heart.events if heart else np.zeros(len(times), bool)
    pops = electrode_pops(waves, source, result) & ~beats
    level = np.median(noise.level, axis=0)
    slow = slow_deflections(waves, level) & ~beats & ~pops
    there_s = beats_s if average is None else average.missed_s(source.recording.rate)
    artefacts_s = np.sort(np.concatenate([times[beats | pops | slow], there_s]))
    weak = _weak(found, limit, source, noise, artefacts_s)
    weak = weak.where(~of_movement(weak, waves.where(slow), level))
    return Events(waves, weak, limit, scale, heart, pops, slow, source, result)


def _whole(found: Candidates, source: Source) -> Candidates:
    """Those that are not so close to an end of the recording that part of a potential would be missing.

    There the filters have not settled either: mains that break off look like a potential.
    """
    sample = found.index * source.band.factor
    reach = AFTER_S * source.recording.rate
    return found.where((sample >= reach) & (sample < source.samples - reach))


def beats_from_ecg(source: Source) -> NDArray[np.float64]:
    """Heartbeats of an ECG channel, ascending; none if no regular train is there."""
    noise = survey(source)
    result = scan(source, noise)
    noise = replace(noise, frames=result.frames)
    train = _beats(candidates(result), source, noise, result)
    return np.zeros(0) if train is None or train.fast else train.beats_s


def _beats(found: Candidates, source: Source, noise: Noise, result: Scan) -> Heart | None:
    """Look for heartbeats above a low threshold, as they can be told from noise by their regularity."""
    limit, _ = _threshold(found, source, noise, _HEART_FALSE_ALARMS, np.zeros(0), provisional=True)
    above = found.where(found.height > limit)
    if not suspected(above.index / result.rate, above.height):
        return None
    waves = _measured(found, limit, source, noise, result)
    heart = find_heart(waves)
    if heart is None or many_in_step(waves.sample / waves.recording_rate, waves.recording_rate, noise.mains):
        return None
    return heart


def least_small(limit: float) -> float:
    """Height from which a peak below the threshold stands out by itself: a third of it, or 6."""
    return max(_LEAST_SMALL, limit / 3)


def _weak(
    found: Candidates, limit: float, source: Source, noise: Noise, artefacts_s: NDArray[np.float64]
) -> Waveforms:
    """Candidates between a third of the threshold and it, beside no artefact.

    On up to eight channels from 3 on: a known potential at five noise levels may give so little, and noise
    does not sum up over channels. Of a long recording the highest, so that time and the memory for their
    windows stay within bounds.
    """
    least = _LEAST_WEAK if len(source.rows) <= _FEW_CHANNELS else least_small(limit)
    times = found.index * source.band.factor / source.recording.rate
    beside = distance(times, artefacts_s) <= RINGING_S
    chosen = np.flatnonzero((found.height > least) & (found.height <= limit) & ~beside)
    highest = np.argsort(-found.height[chosen], kind="stable")[: _MOST_WEAK * max(1, 64 // len(source.rows))]
    weak = found.where(np.sort(chosen[highest]))
    return replace(
        cut_out(source, noise, weak.index * source.band.factor), height=weak.height, spread=weak.spread
    )


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
