"""What electrodes pick up besides muscle: noise, mains, wander, heartbeat, pops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myolens.recording import Span
from myolens.simulation.muscle import generator
from myolens.simulation.scenario import Scenario

F32 = NDArray[np.float32]

POP_DECAY_S = 0.15
HARMONICS = ((1, 1.0), (3, 0.18), (5, 0.07))
"""Mains harmonics and their share of the amplitude (estimate)."""
ECG_WAVES = ((-0.17, 0.025, 0.12), (-0.02, 0.008, -0.12), (0.0, 0.011, 1.0), (0.025, 0.01, -0.22),
             (0.28, 0.045, 0.25))  # fmt: skip
"""Heartbeat as Gaussians (delay s, SD s, height): P, Q, R, S, T (shape after McSharry 2003)."""
WANDER_KNOT_S = 0.5
BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Artefact:
    """One disturbance that was put in, for the truth."""

    start_s: float
    end_s: float
    kind: str
    channel: str | None

    def span(self) -> Span:
        """Return it as a span of the recording."""
        return Span(self.start_s, self.end_s, self.kind)


def add_noise(scenario: Scenario, out: F32, names: tuple[str, ...]) -> list[Artefact]:
    """Add every disturbance of a scenario to out[sample, channel] in µV; return the local ones."""
    channels = out.shape[1]
    rng = generator(scenario, 9)
    level = scenario.noise_uv * np.exp(rng.normal(0, scenario.contact, channels))
    _add_everywhere(scenario, out, level.astype(np.float32))
    artefacts = _add_pops(scenario, out, names)
    if scenario.artefacts.ecg_uv > 0:
        _add_heartbeat(scenario, out)
    return artefacts


def _colour(scenario: Scenario) -> tuple[F32, F32]:
    """Poles and weights of a cascade whose power falls as f^−slope, scaled to 1 µV rms in the band."""
    rate, slope = scenario.rate, scenario.artefacts.noise_slope
    band = (10.0, min(10_000.0, 0.499 * rate)) if scenario.electrodes == "needle" else (
        20.0, min(500.0, 0.499 * rate)
    )  # fmt: skip
    corners = np.geomspace(2.0, 0.2 * rate, 5)
    poles = np.exp(-2 * np.pi * corners / rate)
    gains = corners ** (-slope / 2) * (1 - poles)
    weights = np.concatenate([[0.5 * corners[-1] ** (-slope / 2)], gains])
    if slope == 0:
        weights = np.array([1.0, 0, 0, 0, 0, 0])
    f = np.linspace(0, rate / 2, 4097)
    z = np.exp(-2j * np.pi * f / rate)
    response = weights[0] + sum(w / (1 - p * z) for w, p in zip(weights[1:], poles, strict=True))
    inside = (f >= band[0]) & (f <= band[1])
    power = float(np.sum(np.abs(response[inside]) ** 2) / f.size)
    return poles.astype(np.float32), (weights / np.sqrt(power)).astype(np.float32)


def _add_everywhere(scenario: Scenario, out: F32, level: F32) -> None:
    """Noise, mains with slowly turning strength, and a wandering baseline, on every channel."""
    from myolens.simulation.kernels import shape_noise

    samples, channels = out.shape
    poles, weights = _colour(scenario)
    state = np.zeros((poles.size, channels), np.float32)
    rng = generator(scenario, 11)
    share = np.asarray(rng.uniform(0.5, 1.5, channels), np.float32)
    seconds = samples / scenario.rate
    knots = np.linspace(0, seconds, max(4, int(seconds / 2) + 2))
    strength = scenario.mains_uv * (1 + 0.15 * rng.standard_normal(knots.size))
    phases = rng.uniform(0, 2 * np.pi, len(HARMONICS))
    knot = max(1, round(WANDER_KNOT_S * scenario.rate))
    wander = rng.standard_normal((samples // knot + 2, channels), np.float32)
    # Lines between independent values have two thirds of their power.
    wander *= np.float32(scenario.artefacts.wander_uv * np.sqrt(1.5))
    white_source = generator(scenario, 10)
    rows = max(1, BLOCK // channels)
    for start in range(0, samples, rows):
        part = out[start : start + rows]
        time = (start + np.arange(part.shape[0])) / scenario.rate
        hum = np.zeros(time.size)
        for (order, height), phase in zip(HARMONICS, phases, strict=True):
            if order * scenario.mains_hz < scenario.rate / 2:
                hum += height * np.sin(2 * np.pi * order * scenario.mains_hz * time + phase)
        hum *= np.interp(time, knots, strength)
        white = white_source.standard_normal(part.shape, np.float32)
        shape_noise(
            white, poles, weights, state, level, hum.astype(np.float32), share, wander, start, knot, part
        )


def _add_pops(scenario: Scenario, out: F32, names: tuple[str, ...]) -> list[Artefact]:
    """Steps of one electrode that decay, as when contact is lost for a moment."""
    found = []
    for number in range(round(scenario.artefacts.pops)):
        rng = generator(scenario, 12, number)
        start = float(rng.uniform(0.05, 0.95)) * scenario.seconds
        channel = int(rng.integers(out.shape[1]))
        height = scenario.artefacts.pop_uv * float(rng.choice([-1, 1]) * rng.uniform(0.6, 1.4))
        first = int(start * scenario.rate)
        length = min(int(6 * POP_DECAY_S * scenario.rate), out.shape[0] - first)
        decay = height * np.exp(-np.arange(length) / (POP_DECAY_S * scenario.rate))
        out[first : first + length, channel] += decay.astype(np.float32)
        found.append(Artefact(start, start + 6 * POP_DECAY_S, "electrode pop", names[channel]))
    return sorted(found, key=lambda artefact: artefact.start_s)


def _add_heartbeat(scenario: Scenario, out: F32) -> None:
    """Add a heartbeat with respiratory variation, larger on some channels than on others."""
    rng = generator(scenario, 13)
    beat_s = 60 / scenario.artefacts.heart_rate_per_min
    times = np.cumsum(beat_s * np.maximum(rng.normal(1, 0.03, int(scenario.seconds / beat_s * 1.3) + 3), 0.7))
    share = rng.uniform(0.4, 1.0, out.shape[1])
    offsets = np.arange(-int(0.3 * scenario.rate), int(0.45 * scenario.rate)) / scenario.rate
    wave = np.sum([h * np.exp(-((offsets - d) ** 2) / (2 * s**2)) for d, s, h in ECG_WAVES], axis=0)
    for time in times:
        first = int((time + offsets[0]) * scenario.rate)
        low, high = max(first, 0), min(first + offsets.size, out.shape[0])
        if high > low:
            piece = scenario.artefacts.ecg_uv * np.outer(wave[low - first : high - first], share)
            out[low:high] += piece.astype(np.float32)
