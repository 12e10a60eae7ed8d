"""Needle recordings of one kind of activity, made from published descriptions and fibre physics.

Nothing here is shared with the classifier. Potentials are computed from muscle fibres as sources of current
beside a concentric needle (`myolens.simulation`): a fibre passing by, one whose end plate lies at the needle,
one whose impulse stops at it, several that ignite each other, whole motor units. When they fire follows the
AANEM glossary (Muscle Nerve 2015;52:145) and, for bursts, Gutmann (Muscle Nerve 1991;14:1043).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from myolens.recording import Channel, ChannelKind, Recording
from myolens.simulation import Scenario
from myolens.simulation.electrodes import place
from myolens.simulation.fibres import Fibres
from myolens.simulation.muscle import motor_units
from myolens.simulation.potentials import fibre_potential, unit_potentials

RATE = 20_000.0
SCENARIO = Scenario(electrodes="needle", rate=RATE, seconds=2)
Floats = NDArray[np.float64]
Made = tuple[Floats, Floats, Floats]
"""Instants (s), size of each discharge relative to the first, and the potential (µV)."""


def fibre(
    rng: np.random.Generator, *, plate_mm: float, end_mm: float = 60.0, away_mm: float | None = None
) -> Floats:
    """One fibre: its end plate so far along from the needle, its impulse running so far from there."""
    core = place(SCENARIO).core_mm.mean(axis=0)
    away = rng.uniform(0.15, 0.45) if away_mm is None else away_mm

    def one(value: float) -> Floats:
        return np.array([value])

    fibres = Fibres(
        x_mm=one(away),
        y_mm=one(core[1]),
        endplate_mm=one(core[2] - plate_mm),
        proximal_mm=one(60.0),
        distal_mm=one(end_mm),
        diameter_um=one(rng.uniform(40, 60)),
        speed_m_per_s=one(rng.uniform(3.0, 4.5)),
        delay_ms=one(0.0),
        safety=one(5.0),
        branch=np.zeros(1, np.int64),
    )
    return _trimmed(fibre_potential(SCENARIO, place(SCENARIO), fibres, 0).waveform[:, 0])


@cache
def _territories() -> object:
    return motor_units(SCENARIO)


def unit(rng: np.random.Generator) -> Floats:
    """A whole motor unit recruited early, the needle somewhere in its territory, at least 200 µV."""
    units = _territories()
    while True:
        index = int(rng.integers(0, 80))
        away, angle = 0.4 * units.territory_mm[index] * np.sqrt(rng.uniform()), rng.uniform(0, 2 * np.pi)
        units.x_mm[index] = away * np.cos(angle)
        units.y_mm[index] = place(SCENARIO).core_mm[:, 1].mean() + 0.6 * away * np.sin(angle)
        found = unit_potentials(SCENARIO, units, place(SCENARIO), [index])[0]
        if found.peak_to_peak_uv >= 200:
            return _trimmed(found.waveform[:, 0])


def _trimmed(wave: NDArray[np.float32]) -> Floats:
    wave = wave.astype(np.float64)
    loud = np.flatnonzero(np.abs(wave) > 0.002 * np.abs(wave).max())
    return wave[loud[0] : loud[-1] + 1]


def _intervals(rng: np.random.Generator, rate_hz: float, seconds: float, cv: float) -> Floats:
    """Renewal process with gamma intervals of this variation."""
    count = int(2 * rate_hz * seconds) + 20
    times = np.cumsum(rng.gamma(1 / cv**2, cv**2 / rate_hz, count))
    return times[times < seconds]


def fibrillation(rng: np.random.Generator, seconds: float) -> Made:
    """A fibre passing by, 1–12 Hz, regular, slowing a little."""
    times = _intervals(rng, rng.uniform(1, 12), seconds, rng.uniform(0.01, 0.05))
    times = times * (1 + 0.1 * times / seconds)
    return times, np.ones(times.size), fibre(rng, plate_mm=rng.uniform(12, 30))


def positive_sharp_wave(rng: np.random.Generator, seconds: float) -> Made:
    """A steep positive wave, then a low negative one of 10 to 30 ms; 2–15 Hz, regular."""
    times = _intervals(rng, rng.uniform(2, 15), seconds, rng.uniform(0.01, 0.05))
    t = np.arange(0, 0.035, 1 / RATE) * 1e3
    decay, tail = rng.uniform(0.6, 1.5), rng.uniform(5, 12)
    spike, after = np.exp(-t / decay) * (1 - np.exp(-t / 0.25)), np.exp(-t / tail) * (1 - np.exp(-t / 1.0))
    wave = spike / spike.max() - rng.uniform(0.15, 0.35) * after / after.max()
    return times, np.ones(times.size), rng.uniform(80, 500) * wave / np.ptp(wave)


def stopped_fibre(rng: np.random.Generator, seconds: float) -> Made:
    """The impulse of a fibre that ends at the needle: positive, then negative, no third phase."""
    times = _intervals(rng, rng.uniform(2, 15), seconds, rng.uniform(0.01, 0.05))
    plate = rng.uniform(12, 25)
    return times, np.ones(times.size), fibre(rng, plate_mm=plate, end_mm=plate - rng.uniform(0, 0.3))


def end_plate_spike(rng: np.random.Generator, seconds: float) -> Made:
    """A fibre whose end plate lies at the needle, fired irregularly by the irritated nerve twig."""
    times = _intervals(rng, rng.uniform(6, 40), seconds, rng.uniform(0.6, 1.0))
    times = times[np.diff(times, prepend=-1) > 0.004]
    return times, np.ones(times.size), fibre(rng, plate_mm=rng.uniform(-0.2, 0.2))


def end_plate_noise(rng: np.random.Generator, seconds: float) -> Made:
    """Miniature end-plate potentials: small monophasic negative waves at random, sizes scattered."""
    times = _intervals(rng, rng.uniform(25, 60), seconds, 1.0)
    t = np.arange(0, 0.006, 1 / RATE) * 1e3
    sizes = rng.lognormal(0, 0.2, times.size)
    return times, sizes, -rng.uniform(25, 45) * (t / 0.5) * np.exp(1 - t / 0.5)


def fasciculation(rng: np.random.Generator, seconds: float) -> Made:
    """A motor unit at random, 8–40 a minute."""
    times = np.sort(rng.uniform(0.1, seconds - 0.1, max(6, round(rng.uniform(8, 40) * seconds / 60))))
    times = times[np.diff(times, prepend=-1) > 0.06]
    return times, rng.normal(1, 0.04, times.size), unit(rng)


def complex_repetitive_discharge(rng: np.random.Generator, seconds: float) -> Made:
    """Fibres that ignite one another in a circle, 5–80 Hz; starts and stops at once."""
    members = int(rng.integers(5, 9))
    gaps = rng.uniform(1.0, 2.5, members)
    parts = [fibre(rng, plate_mm=rng.uniform(12, 20)) for _ in range(members)]
    wave = np.zeros(max(len(part) for part in parts) + round(gaps.sum() * RATE / 1e3) + 1)
    for part, start in zip(parts, np.cumsum(gaps) - gaps[0], strict=True):
        wave[round(start * RATE / 1e3) :][: part.size] += part
    fastest = 0.8 / (wave.size / RATE)
    times = 1 + _intervals(rng, min(rng.uniform(8, 60), fastest), seconds - 3, rng.uniform(0.002, 0.015))
    return times, np.ones(times.size), wave


def myotonic_discharge(rng: np.random.Generator, seconds: float) -> Made:
    """One fibre in runs of 2–4 s whose rate and size wax and wane."""
    instants, sizes = [], []
    for start in np.arange(0.5, seconds - 5, 5.0):
        length, low, high = rng.uniform(2, 4), rng.uniform(20, 30), rng.uniform(50, 90)
        t = start
        while t < start + length:
            swell = np.sin(np.pi * (t - start) / length) ** 2
            instants.append(t)
            sizes.append(0.35 + 0.65 * swell)
            t += rng.normal(1, 0.02) / (low + (high - low) * swell)
    shape = fibre(rng, plate_mm=rng.uniform(12, 25))
    return np.array(instants), np.array(sizes) / sizes[0], shape * rng.uniform(0.5, 1.0)


def myokymic_discharge(rng: np.random.Generator, seconds: float) -> Made:
    """A motor unit in groups of 3–8 at 20–60 Hz that recur semi-rhythmically, 0.5–2 a second."""
    starts = 0.3 + _intervals(rng, rng.uniform(0.5, 2), seconds - 1, rng.uniform(0.05, 0.2))
    members, gap = int(rng.integers(3, 9)), 1 / rng.uniform(20, 60)
    starts = starts[np.diff(starts, prepend=-10) > 2.5 * members * gap]
    times = [s + gap * np.cumsum(np.r_[0, rng.normal(1, 0.08, members - 1)]) for s in starts]
    times = np.concatenate(times)
    return times, rng.normal(1, 0.03, times.size), unit(rng)


def neuromyotonic_discharge(rng: np.random.Generator, seconds: float) -> Made:
    """Bursts at 150–280 Hz that fall in size and stop at once; few fibres near the needle."""
    instants, sizes = [], []
    for start in np.arange(0.5, seconds - 2, 2.5):
        rate, length = rng.uniform(150, 280), rng.uniform(0.4, 1.2)
        times = start + np.arange(round(length * rate)) / rate + rng.normal(0, 0.00005, round(length * rate))
        instants.append(times)
        sizes.append(np.linspace(1, rng.uniform(0.3, 0.6), times.size))
    return np.concatenate(instants), np.concatenate(sizes), fibre(rng, plate_mm=rng.uniform(12, 25))


def voluntary(rng: np.random.Generator, seconds: float) -> Made:
    """A motor unit under control, 7–14 Hz."""
    times = 0.2 + _intervals(rng, rng.uniform(7, 14), seconds - 0.4, rng.uniform(0.1, 0.2))
    return times, rng.normal(1, 0.03, times.size), unit(rng)


KINDS: dict[str, tuple[Callable[[np.random.Generator, float], Made], float]] = {
    "fibrillation": (fibrillation, 12.0),
    "positive_sharp_wave": (positive_sharp_wave, 12.0),
    "stopped_fibre": (stopped_fibre, 12.0),
    "end_plate_spike": (end_plate_spike, 10.0),
    "end_plate_noise": (end_plate_noise, 10.0),
    "fasciculation": (fasciculation, 40.0),
    "complex_repetitive_discharge": (complex_repetitive_discharge, 10.0),
    "myotonic_discharge": (myotonic_discharge, 12.0),
    "myokymic_discharge": (myokymic_discharge, 15.0),
    "neuromyotonic_discharge": (neuromyotonic_discharge, 8.0),
    "voluntary": (voluntary, 10.0),
}
"""Maker and length of recording of each kind, seconds."""


def recording_of(kind: str, seed: int) -> Recording:
    """One needle channel holding activity of this kind, over 2–6 µV of noise."""
    rng = np.random.default_rng([seed, list(KINDS).index(kind)])
    make, seconds = KINDS[kind]
    times, sizes, wave = make(rng, seconds)
    signal = rng.normal(0, rng.uniform(2, 6), round(seconds * RATE))
    inside = times < seconds
    for time, size in zip(times[inside], sizes[inside], strict=True):
        start = round(time * RATE)
        stop = min(start + wave.size, signal.size)
        signal[start:stop] += size * wave[: stop - start]
    channel = Channel("needle", "uV", ChannelKind.NEEDLE_EMG)
    return Recording.from_array(signal[None].astype(np.float32), RATE, [channel])
