"""Where the level is raised, and whether muscle or something slow has raised it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from myolens.emg.artefacts import SLOW_HZ, SLOW_SHARE
from myolens.emg.counting import Stretches
from myolens.emg.exclusion import RAISED, RAISED_EDGE, inside, raised
from myolens.emg.filtering import RINGING_S
from myolens.emg.noise import Noise, robust_sd
from myolens.emg.streaming import Source, in_order
from myolens.emg.waveforms import Waveforms

_SPECTRUM_FRAMES, _SPECTRUM_S = 4, 0.25
_ENOUGH_S = 0.1


def between(source: Source, noise: Noise, active: Stretches) -> Noise:
    """Noise of which the frames of raised level are measured without the bursts in them.

    A burst of a third of a second raises the robust deviation of its frame by half, and tells nothing of the
    second it happens to lie in. Of a frame that bursts fill, with what rings beside them, the level is that
    of rest: they are left out themselves.
    """
    frame, rate, frames = source.frame, source.recording.rate, noise.frames.copy()
    level = np.median(noise.level, axis=0)
    starts, ends = (np.array(side) for side in zip(*active, strict=True)) if active else (np.zeros(0),) * 2

    def alone(k: int) -> NDArray[np.float32] | None:
        start, stop = k * frame, min((k + 1) * frame, source.samples)
        near = (starts < stop / rate + RINGING_S) & (ends > start / rate - RINGING_S)
        if not near.any():
            return None
        spans = zip(starts[near] - RINGING_S, ends[near] + RINGING_S, strict=True)
        free = ~inside(np.arange(start, stop) / rate, spans)
        if np.count_nonzero(free) < _ENOUGH_S * rate:
            return np.asarray(noise.level[k])
        return robust_sd(source.both(start, stop, mains=noise.mains, level=level)[1][free])

    high = np.flatnonzero(noise.rise > RAISED_EDGE).tolist()
    for k, measured in zip(high, in_order(alone, high), strict=True):
        if measured is not None:
            frames[k] = measured
    return replace(noise, frames=frames)


def tonic(source: Source, noise: Noise) -> Stretches:
    """Frames of raised level, without those raised by something slow.

    Of what a moved cable adds, at most three tenths of the energy lie above 50 Hz, as in single deflections;
    of what muscle adds, mostly seven tenths. Where muscle works as well, what is faster is raised throughout.
    """
    frame_s = source.frame / source.recording.rate
    return [
        span
        for span in raised(noise, frame_s)
        if not _slow(source, noise, span[0] / frame_s, span[1] / frame_s)
    ]


def drowned(
    waves: Waveforms, noise: Noise, raised_s: Stretches, telling: float, frame: int
) -> NDArray[np.bool_]:
    """Events within frames of raised level that stand out of rest, but not of what has raised it.

    A louder background has higher peaks. So a potential is to be as many times the level of its own frame as
    a lone one of the recording is to be of the resting level.
    """
    then = np.minimum(waves.sample // frame, len(noise.frames) - 1)
    level = np.maximum(noise.frames[then, waves.channel], waves.level)
    within = inside(waves.sample / waves.recording_rate, raised_s)
    return np.asarray(within & (waves.peak < telling * level))


def _slow(source: Source, noise: Noise, first: float, last: float) -> bool:
    """Whether what some frames hold more than rest is slow, from the spectrum of their first seconds."""
    start, stop = round(first), min(round(last), round(first) + _SPECTRUM_FRAMES)
    level = np.median(noise.level, axis=0)
    span = start * source.frame, min(source.samples, stop * source.frame)
    _, x = source.both(*span, mains=noise.mains, level=level)
    x = x / noise.level[start:stop].mean(axis=0)
    piece = round(_SPECTRUM_S * source.recording.rate)
    window = np.hanning(piece)[:, None]
    powers = [
        np.mean(np.abs(np.fft.rfft(x[k : k + piece] * window, axis=0)) ** 2, axis=1)
        for k in range(0, len(x) - piece + 1, piece // 2)
    ]
    if not powers:
        return False
    frequency = np.fft.rfftfreq(piece, 1 / source.recording.rate)
    usual = np.interp(frequency, np.linspace(0, noise.power_rate / 2, len(noise.power)), noise.power)
    usual *= np.sum(window**2)
    of_muscle = (frequency >= SLOW_HZ) & (frequency <= source.band.high_hz)
    fast = np.sum(np.array(powers)[:, of_muscle], axis=1)
    if np.median(fast) > RAISED**2 * usual[of_muscle].sum():
        return False
    more = np.mean(powers, axis=0) - usual
    return bool(more[of_muscle].sum() < SLOW_SHARE * more[frequency <= source.band.high_hz].sum())
