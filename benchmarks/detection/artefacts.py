"""What disturbs recordings, added to mixtures: each class in a made and, where there is one, a real form.

Signals are (channels, samples) in units of the noise level and are changed in place. Every function
returns the stretches of voluntary activity it added.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from benchmarks.detection import sources

Signal = NDArray[np.float64]
Stretches = list[tuple[float, float]]


def _none(signal: Signal, rate: float, rng: np.random.Generator) -> Stretches:
    return []


def _times(signal: Signal, rate: float) -> Signal:
    return np.arange(signal.shape[1]) / rate


def _shares(signal: Signal, rng: np.random.Generator) -> Signal:
    return rng.uniform(0.5, 1.5, (len(signal), 1))


def _mains(signal: Signal, rate: float, rng: np.random.Generator) -> Stretches:
    """50 or 60 Hz with odd harmonics; the level wanders, or jumps as a cable is moved."""
    t, share, base = _times(signal, rate), _shares(signal, rng), rng.choice([50.07, 59.96])
    envelope = 1 + 0.5 * np.sin(2 * np.pi * 0.1 * t)
    if rng.random() < 0.5:
        envelope = np.where(t < rng.uniform(10, 40), 1.0, rng.uniform(0.3, 2.0))
    for order, size in ((1, 6.0), (3, 2.0), (5, 1.0)):
        if order * base < rate / 2:
            signal += share * size * envelope * np.sin(2 * np.pi * base * order * t + rng.uniform(0, 6))
    return []


def _heartbeat(signal: Signal, rate: float, rng: np.random.Generator) -> Stretches:
    """One real complex repeated unevenly, or a real electrocardiogram as it ran."""
    size, share = rng.uniform(6, 20), _shares(signal, rng)
    if rng.random() < 0.5:
        beat, at = sources.beat(rate), 0.6
        while at < signal.shape[1] / rate - 1:
            start = round(at * rate)
            signal[:, start : start + len(beat)] += size * share * beat
            at += 0.85 * rng.normal(1, 0.04)
    else:
        signal += size * share * sources.electrocardiogram(signal.shape[1], rate, rng)
    return []


def _pops(signal: Signal, rate: float, rng: np.random.Generator) -> Stretches:
    """Steps of one electrode that decay within 5–200 ms, stay, or have a blunted rise."""
    for _ in range(int(signal.shape[1] / rate / 4)):
        start = rng.integers(0, signal.shape[1] - int(0.6 * rate))
        length = int(rng.choice([0.15, 0.5]) * rate)
        decay = np.exp(-np.arange(length) / (rng.choice([0.005, 0.02, 0.06, 0.2]) * rate))
        rise = rng.choice([0.0, 0.002])
        if rise:
            decay *= 1 - np.exp(-np.arange(length) / (rise * rate))
        size = rng.choice([-1, 1]) * np.exp(rng.uniform(np.log(15), np.log(100)))
        signal[rng.integers(len(signal)), start : start + length] += size * decay
    return []


def _movement(signal: Signal, rate: float, rng: np.random.Generator) -> Stretches:
    """Slow humps on all channels, irregular sway below 15 Hz, or real artefacts of a bench recording."""
    kind, share = rng.integers(3), _shares(signal, rng)
    for _ in range(int(signal.shape[1] / rate / 10)):
        start = rng.integers(0, signal.shape[1] - int(2 * rate))
        width = int(rng.uniform(0.3, 1.5) * rate)
        if kind == 0:
            shape = 150 * np.hanning(width)
        elif kind == 1:
            low = butter(2, rng.uniform(5, 15), fs=rate, output="sos")
            sway = sosfiltfilt(low, rng.normal(size=3 * width))[width : 2 * width]
            shape = 60 * np.hanning(width) * sway / sway.std()
        else:
            shape = 60 * sources.bench_artefact(rate, rng)[: int(1.9 * rate)]
        signal[:, start : start + len(shape)] += share * shape
    return []


def _voluntary(signal: Signal, rate: float, rng: np.random.Generator) -> Stretches:
    """Two contractions of 0.5–6 s, or six bursts of 0.1–0.4 s as in quick movements; real interference."""
    long = rng.random() < 0.5
    seconds, busy = signal.shape[1] / rate, []
    for begin in (0.2, 0.6) if long else (0.1, 0.25, 0.4, 0.55, 0.7, 0.85):
        length = rng.uniform(0.5, 6.0) if long else rng.uniform(0.1, 0.4)
        start, width = round(begin * seconds * rate), round(length * rate)
        ramp = np.minimum(1, np.minimum(np.arange(width), np.arange(width)[::-1]) / (0.02 * rate))
        signal[:, start : start + width] += 15 * ramp * sources.contraction(len(signal), width, rate, rng)
        busy.append((begin * seconds, begin * seconds + length))
    return busy


def _tonic(signal: Signal, rate: float, rng: np.random.Generator) -> Stretches:
    """A unit that fires at 7–12 a second for a quarter of the time."""
    seconds = signal.shape[1] / rate
    begin, length = rng.uniform(0.1, 0.6) * seconds, 0.25 * seconds
    wave = sources.resampled(sources.drawn(rng, len(signal), held_back=False), sources.HD_RATE, rate)
    half, at, size = wave.shape[1] // 2, begin, rng.uniform(6, 14)
    interval = 1 / rng.uniform(7, 12)
    while at < begin + length:
        start = round(at * rate) - half
        signal[:, start : start + wave.shape[1]] += size * wave
        at += interval * rng.normal(1, 0.12)
    return [(begin, begin + length)]


def _drift(signal: Signal, rate: float, rng: np.random.Generator) -> Stretches:
    """Noise that doubles or halves steadily, or rises and falls over the minute."""
    t = np.linspace(0, 1, signal.shape[1])
    shape = (t, -t, np.sin(np.pi * t))[rng.integers(3)]
    signal *= np.exp(np.log(2.0) * shape)[None, :]
    return []


def _clipping(signal: Signal, rate: float, rng: np.random.Generator) -> Stretches:
    """A knocked cable drives the amplifier to its limit three times for 0.1–0.4 s."""
    for _ in range(3):
        width = int(rng.uniform(0.1, 0.4) * rate)
        start = rng.integers(0, signal.shape[1] - width)
        signal[:, start : start + width] += rng.choice([-1, 1]) * 900 * np.hanning(width)
    np.clip(signal, -300, 300, out=signal)
    return []


ARTEFACTS: dict[str, Callable[[Signal, float, np.random.Generator], Stretches]] = {
    "none": _none,
    "mains": _mains,
    "heartbeat": _heartbeat,
    "pops": _pops,
    "movement": _movement,
    "voluntary": _voluntary,
    "tonic": _tonic,
    "drift": _drift,
    "clipping": _clipping,
}
