"""Recordings with known truth: real potentials added to real rest, with artefacts."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection import sources
from benchmarks.detection.artefacts import ARTEFACTS, Stretches
from myolens.recording import Channel, ChannelKind, Recording

STEP_UV = 0.25
LIKE_LOBE = 0.8
"""Lobes of a potential that differ by a fifth are alike: filters of surface EMG change them by as much."""


@dataclass(frozen=True)
class Mixture:
    """A recording and what was put into it.

    `times_s`, `units` and `ratios` (peak over noise on the best channel) describe the discharges: of
    each the instants of the first and the last lobe that are nearly the largest; `busy` the stretches
    of voluntary activity; `slight_s` the same instants of discharges too small to be asked for, which are no
    false alarms either.
    """

    name: str
    recording: Recording
    times_s: NDArray[np.float64]
    units: NDArray[np.int64]
    ratios: NDArray[np.float64]
    busy: Stretches = field(default_factory=list)
    slight_s: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 2)))


def lobes(wave: NDArray[np.float64], share: float = LIKE_LOBE) -> tuple[int, int]:
    """First and last sample at which a potential (channels, samples) is within a fifth of its largest.

    Of two lobes of like size noise decides which is the larger, so either is the instant of the discharge.
    """
    size = np.max(np.abs(wave), axis=0)
    near = np.flatnonzero(size >= share * size.max())
    return int(near[0]), int(near[-1])


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
    channels: int = 1,
    rate: float | None = None,
    artefact: str = "none",
    fault: str | None = None,
    units: int | None = None,
    seconds: float = 60.0,
    ratio: tuple[float, float] = (5.0, 20.0),
    noise_uv: float = 6.0,
) -> Mixture:
    """Mix one recording; the same seed gives the same recording.

    Parameters
    ----------
    seed : int
    held_back : bool
        From the potentials and rest that are not tuned on.
    channels : int
        One; 2 or 4 pairs of electrodes; 8 or 16 of a column; 64 or, four grids, 256 of a grid.
    rate : float, optional
        Samples a second; that of the rest unless told otherwise.
    artefact : str
        One of `ARTEFACTS`.
    fault : {'dead', 'swapped'}, optional
        A constant channel, or two whose places are exchanged.
    units : int, optional
        How many discharge; one to three, on eight channels or more to six, unless told otherwise.
    seconds, ratio, noise_uv : float
        Length at most; least and largest peak over noise; noise level.
    """
    rng = np.random.default_rng([seed, int(held_back), channels, list(ARTEFACTS).index(artefact)])
    place, signal, own_rate = sources.rest(channels, seconds, seed, rng, held_back=held_back)
    rate = rate or own_rate
    signal = sources.refilled(sources.resampled(signal, own_rate, rate), own_rate, rate, rng.spawn(1)[0])
    samples = signal.shape[1]
    seconds = samples / rate
    growth = np.ones((1, samples))
    if artefact == "drift":
        before = signal.copy()
        ARTEFACTS["drift"](signal, rate, rng)
        growth = np.sqrt(np.sum(signal**2, axis=0) / np.maximum(np.sum(before**2, axis=0), 1e-12))[None]
    times, labels, ratios = [], [], []
    drawn = int(rng.integers(1, 4 if channels < 8 else 7))
    for number in range(drawn if units is None else units):
        wave = sources.resampled(sources.drawn(rng, channels, held_back=held_back), sources.HD_RATE, rate)
        wave /= np.abs(wave).max()
        half = wave.shape[1] // 2
        first, last = lobes(wave)
        size = float(np.exp(rng.uniform(*np.log(ratio))))
        often = float(np.exp(rng.uniform(np.log(3), np.log(30))))
        for t in discharge_times(often, seconds, rng, bursty=seed % 2 == 0):
            at = round(t * rate)
            level, scale = float(growth[0, at]), size * max(rng.normal(1, 0.04), ratio[0] / size)
            signal[:, at - half : at - half + wave.shape[1]] += scale * level * wave
            times.append(((at + first - half) / rate, (at + last - half) / rate))
            labels.append(number + 1)
            ratios.append(scale)
    busy = [] if artefact == "drift" else ARTEFACTS[artefact](signal, rate, rng)
    instants = np.array(times).reshape(-1, 2)
    order = np.argsort(instants[:, 0])
    name = f"{place}, {artefact}{f', {fault}' if fault else ''}, seed {seed}"
    return Mixture(
        name,
        _recording(signal * noise_uv, rate, fault, rng, name),
        instants[order],
        np.array(labels, int)[order],
        np.array(ratios)[order],
        busy,
    )


def _recording(
    signal_uv: NDArray[np.float64], rate: float, fault: str | None, rng: np.random.Generator, name: str
) -> Recording:
    """In 16-bit steps of a quarter microvolt, with places on the grid from 16 channels on."""
    count = len(signal_uv)
    places: list[tuple[float, float] | None] = [None] * count
    if count >= 16:
        places = list(sources.positions_mm(count))
    if fault == "dead":
        signal_uv[rng.integers(count)] = 0.0
    elif fault == "swapped":
        one, other = rng.choice(count, 2, replace=False)
        signal_uv[[one, other]] = signal_uv[[other, one]]
    channels = [
        Channel(f"EMG {i + 1}", "uV", ChannelKind.SURFACE_EMG, gain=STEP_UV, position_mm=p)
        for i, p in enumerate(places)
    ]
    stored = np.clip(np.round(signal_uv / STEP_UV), -32768, 32767).astype(np.int16)
    return Recording.from_array(stored, rate, channels, source=name)
