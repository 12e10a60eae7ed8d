"""Recordings with known truth: real potentials added to real rest, with artefacts, and their scores."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from benchmarks.detection import sources
from myolens.recording import Channel, ChannelKind, Recording

ARTEFACTS = ("none", "mains", "heartbeat", "pops", "movement", "voluntary", "drift")
TOLERANCE_S = 0.010


@dataclass(frozen=True)
class Mixture:
    """A recording and what was put into it.

    `times_s`, `units` and `ratios` (peak over noise on the best channel) describe the discharges;
    `busy` the stretches of voluntary activity, in which nothing is scored.
    """

    name: str
    recording: Recording
    times_s: NDArray[np.float64]
    units: NDArray[np.int64]
    ratios: NDArray[np.float64]
    rate_per_min: float
    busy: list[tuple[float, float]] = field(default_factory=list)


@cache
def _units(*, held_back: bool) -> tuple[NDArray[np.float64], ...]:
    return tuple(sources.held_back_units() if held_back else sources.training_units())


@cache
def _rests(*, held_back: bool) -> tuple[tuple[str, NDArray[np.float64]], ...]:
    return tuple(sources.rest_single(held_back=held_back))


def discharge_times(
    rate_per_min: float, seconds: float, rng: np.random.Generator, *, bursty: bool
) -> NDArray[np.float64]:
    """Irregular discharges: Poisson or gamma-mixed Poisson, one in twenty a doublet, 20 ms apart or more."""
    pieces = []
    for start in np.arange(0, seconds, 10.0):
        rate = rate_per_min * (rng.gamma(2.0, 0.5) if bursty else 1.0)
        pieces.append(start + rng.uniform(0, 10, rng.poisson(rate / 6)))
    times = np.sort(np.concatenate(pieces))
    doublets = times[rng.random(len(times)) < 0.05] + rng.uniform(0.025, 0.06)
    times = np.sort(np.concatenate([times, doublets]))
    times = times[(times > 0.5) & (times < seconds - 0.5)]
    return times[np.concatenate([[True], np.diff(times) > 0.020])] if len(times) else times


def make(
    seed: int,
    *,
    held_back: bool,
    grid: bool,
    artefact: str = "none",
    seconds: float = 60.0,
    ratio: tuple[float, float] = (5.0, 20.0),
    units: int | None = None,
    noise_uv: float = 6.0,
) -> Mixture:
    """Mix one recording; the same seed gives the same recording."""
    rng = np.random.default_rng([seed, int(held_back), int(grid), ARTEFACTS.index(artefact)])
    rate = sources.HD_RATE if grid else sources.SINGLE_RATE
    samples = int(seconds * rate)
    if grid:
        place, signal = "grid", sources.rest_grid(samples, rng)
    else:
        rests = _rests(held_back=held_back)
        place, rest = rests[seed % len(rests)]
        signal = sources.endless(rest, samples, rng)[None, :]
    signal = signal.copy()
    busy: list[tuple[float, float]] = []
    if artefact == "drift":
        signal *= np.exp(np.linspace(0, np.log(2.0), samples))[None, :]
    times, labels, ratios = [], [], []
    count = units if units is not None else int(rng.integers(1, 7 if grid else 4))
    for number in range(count):
        base = _units(held_back=held_back)[rng.integers(len(_units(held_back=held_back)))]
        wave = sources.varied(base, rng)
        wave = wave if grid else sources.bipolar(wave, rng)
        half = wave.shape[1] // 2
        offset = _largest(wave, rate) - half
        size = float(np.exp(rng.uniform(*np.log(ratio))))
        own = discharge_times(
            float(np.exp(rng.uniform(np.log(3), np.log(30)))), seconds, rng, bursty=seed % 2 == 0
        )
        for t in own:
            level = np.exp(np.log(2.0) * t / seconds) if artefact == "drift" else 1.0
            at, scale = round(t * rate), size * level * rng.normal(1, 0.04)
            signal[:, at - half : at - half + wave.shape[1]] += scale * wave
            times.append((at + offset) / rate)
            labels.append(number + 1)
            ratios.append(scale / level)
    busy = _add(artefact, signal, rate, rng)
    order = np.argsort(times)
    positions = sources.grid_positions_mm() if grid else [None]
    channels = [
        Channel(f"EMG {i + 1}", "uV", ChannelKind.SURFACE_EMG, gain=0.25, position_mm=p)
        for i, p in enumerate(positions)
    ]
    stored = np.clip(np.round(signal * noise_uv / 0.25), -32768, 32767).astype(np.int16)
    name = f"{place}, {artefact}, seed {seed}"
    truth = np.array(times)[order]
    return Mixture(
        name,
        Recording.from_array(stored, rate, channels, source=name),
        truth,
        np.array(labels, int)[order],
        np.array(ratios)[order],
        60.0 * len(truth) / seconds,
        busy,
    )


def _largest(wave: NDArray[np.float64], rate: float) -> int:
    """Sample of the largest deflection in the band of surface EMG, 20–450 Hz."""
    padded = np.pad(wave, ((0, 0), (int(rate), int(rate))))
    band = butter(2, [20, 450], "bandpass", fs=rate, output="sos")
    return int(np.argmax(np.max(np.abs(sosfiltfilt(band, padded, axis=1)), axis=0))) - int(rate)


def _add(
    artefact: str, signal: NDArray[np.float64], rate: float, rng: np.random.Generator
) -> list[tuple[float, float]]:
    """Add one class of artefact, in place, in units of the noise; returns voluntary stretches."""
    channels, samples = signal.shape
    t = np.arange(samples) / rate
    seconds = samples / rate
    share = rng.uniform(0.5, 1.5, (channels, 1))
    if artefact == "mains":
        for order, size in ((1, 6.0), (3, 2.0), (5, 1.0)):
            envelope = 1 + 0.5 * np.sin(2 * np.pi * 0.1 * t)
            signal += share * size * envelope * np.sin(2 * np.pi * 50.07 * order * t + rng.uniform(0, 6))
    elif artefact == "heartbeat":
        beat = _real_beat(rate)
        at = 0.6
        while at < seconds - 1:
            start = round(at * rate)
            signal[:, start : start + len(beat)] += 12 * share * beat
            at += 0.85 * rng.normal(1, 0.04)
    elif artefact == "pops":
        for _ in range(int(seconds / 4)):
            start = rng.integers(0, samples - int(0.2 * rate))
            length = int(0.15 * rate)
            decay = np.exp(-np.arange(length) / (0.02 * rate))
            signal[rng.integers(channels), start : start + length] += rng.choice([-1, 1]) * 60 * decay
    elif artefact == "movement":
        for _ in range(int(seconds / 10)):
            start = rng.integers(0, samples - int(rate))
            width = int(rng.uniform(0.3, 0.8) * rate)
            signal[:, start : start + width] += share * 150 * np.hanning(width)
    elif artefact == "voluntary":
        return _contractions(signal, rate, rng)
    return []


def _real_beat(rate: float) -> NDArray[np.float64]:
    """One real QRS complex with its surroundings, peak 1."""
    from scipy.signal import resample_poly

    ecg = np.loadtxt(sources.data_folder() / "biosppy_emg" / "ecg.txt", comments="#")
    ecg = ecg if ecg.ndim == 1 else ecg[:, -1]
    peak = 2000 + int(np.argmax(np.abs(ecg[2000:3000] - np.median(ecg))))
    beat = (ecg[peak - 150 : peak + 250] - np.median(ecg)) * np.hanning(400) ** 0.25
    beat = resample_poly(beat, int(rate), 1000)
    return beat / np.abs(beat).max()


def _contractions(
    signal: NDArray[np.float64], rate: float, rng: np.random.Generator
) -> list[tuple[float, float]]:
    """Two stretches of real voluntary contraction at 15 times the noise."""
    from scipy.signal import resample_poly

    source = sources._high_density()[0][:, int(5 * sources.HD_RATE) : int(15 * sources.HD_RATE)]
    if len(signal) == 1:
        source = resample_poly(source[20] - source[22], 125, 256)[None, :]
    source = source / source.std()
    busy = []
    seconds = signal.shape[1] / rate
    for begin in (0.2 * seconds, 0.6 * seconds):
        length = rng.uniform(0.5, 6.0)
        start, width = round(begin * rate), round(length * rate)
        at = rng.integers(0, source.shape[1] - width)
        ramp = np.minimum(1, np.minimum(np.arange(width), np.arange(width)[::-1]) / (0.1 * rate))
        signal[:, start : start + width] += 15 * ramp * source[:, at : at + width]
        busy.append((begin - 0.5, begin + length + 0.5))
    return busy


@dataclass(frozen=True)
class Score:
    """Events found, missed and false, of those outside voluntary stretches, and sorting agreement."""

    true: int
    hit: int
    false: int
    agreed: int
    sorted_: int
    minutes: float


def score(mixture: Mixture, found_s: NDArray[np.float64], labels: NDArray[np.int64] | None = None) -> Score:
    """Match found events to truth one to one within 10 ms, nearest first.

    Sorting agreement maps each found unit to the true unit it shares most events with, one to one,
    and counts matched events in the right unit among all matched.
    """
    from scipy.optimize import linear_sum_assignment

    found_s = np.asarray(found_s, float)
    outside = np.array([not any(a <= t <= b for a, b in mixture.busy) for t in found_s], bool)
    kept = np.array([not any(a <= t <= b for a, b in mixture.busy) for t in mixture.times_s], bool)
    pairs = sorted(
        (abs(mixture.times_s[i] - found_s[j]), i, j)
        for j in range(len(found_s))
        for i in range(
            *np.searchsorted(mixture.times_s, [found_s[j] - TOLERANCE_S, found_s[j] + TOLERANCE_S])
        )
    )
    left, right, match = set(), set(), []
    for _, i, j in pairs:
        if i not in left and j not in right:
            left.add(i)
            right.add(j)
            match.append((i, j))
    hit = sum(bool(kept[i]) for i in left)
    false = int(sum(bool(outside[j]) and j not in right for j in range(len(found_s))))
    agreed = 0
    if labels is not None and match:
        true_units, found_units = mixture.units[[i for i, _ in match]], labels[[j for _, j in match]]
        table = np.array(
            [
                [np.sum((true_units == u) & (found_units == v)) for v in np.unique(found_units) if v > 0]
                for u in np.unique(true_units)
            ]
        )
        if table.size:
            agreed = int(table[linear_sum_assignment(-table)].sum())
    busy = sum(b - a for a, b in mixture.busy)
    return Score(int(kept.sum()), hit, false, agreed, len(match), (mixture.recording.seconds - busy) / 60)
