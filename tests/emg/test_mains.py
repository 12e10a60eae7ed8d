"""Mains are told from what comes at even intervals; large deflections leave no trace in what is taken out."""

from __future__ import annotations

import numpy as np
import pytest
from tests.emg.emg_made import add, potential, quiet, stored

from myolens.emg import analyze
from myolens.emg.filtering import band_for, find_mains, mains_at
from myolens.recording import Channel, ChannelKind, Recording

RATE = 2000.0


def even(per_s: float, size: float, *, mains_uv: float = 0.0, seed: int = 0) -> float | None:
    """The mains frequency that is told in a minute with potentials at even intervals."""
    x, channels = quiet(60.0, seed=seed)
    add(x, 1000.0, np.arange(0.5, 59.5, 1 / per_s), size, potential(1000.0))
    t = np.arange(x.shape[1]) / 1000.0
    x += mains_uv * np.sin(2 * np.pi * 50.04 * t)
    found: float | None = analyze(stored(x, 1000.0, channels)).details["detection"]["mains_hz"]
    return found


@pytest.mark.parametrize("per_s", [1.0, 2.0, 3.0, 5.0, 6.0, 10.0, 12.0])
@pytest.mark.parametrize("size", [50.0, 400.0])
def test_even_intervals_are_no_mains(per_s: float, size: float) -> None:
    assert even(per_s, size) is None


@pytest.mark.parametrize("per_s", [1.0, 5.0, 10.0])
def test_mains_beside_even_intervals_are_mains(per_s: float) -> None:
    assert even(per_s, 50.0, mains_uv=20.0) == pytest.approx(50.04, abs=0.03)


@pytest.mark.parametrize(("rate", "share"), [(200.0, 0.6), (1000.0, 0.25), (10000.0, 0.15)])
def test_weak_drifting_mains_are_found(rate: float, share: float) -> None:
    x, channels = quiet(60.0, rate=rate, seed=5)
    t = np.arange(x.shape[1]) / rate
    turns = 59.9 * t - 0.15 * 40 / (2 * np.pi) * np.cos(2 * np.pi * t / 40)
    x += share * 5.0 * np.sin(2 * np.pi * turns)
    found = analyze(stored(x, rate, channels)).details["detection"]["mains_hz"]
    assert found == pytest.approx(59.9, abs=0.2)


def test_high_harmonics_of_a_needle_recording_are_found() -> None:
    rng, t = np.random.default_rng(0), np.arange(25_000) / 20_000.0
    comb = 0.4 * sum(np.sin(2 * np.pi * 50 * order * t + order) for order in range(1, 80))
    segments = [(rng.normal(0, 1, (25_000, 1)) + comb[:, None]).astype(np.float32) for _ in range(6)]
    mains = find_mains(segments, band_for(20_000.0, ChannelKind.NEEDLE_EMG))
    assert mains is not None and set(range(1, 80)) <= set(mains.harmonics)


def test_a_knock_leaves_no_trace_in_the_mains_taken_out() -> None:
    t = np.arange(6000) / RATE
    noise = np.random.default_rng(1).normal(0, 5, (6000, 1)).astype(np.float32)
    hum = (30 * np.sin(2 * np.pi * 50 * t))[:, None].astype(np.float32)
    knocked = noise + hum
    knocked[3000:3040] += 20000
    mains_at(50.0, (1,), RATE).subtract(knocked, 0, np.array([5], np.float32))
    away = np.abs(np.arange(6000) - 3020) > 100
    assert np.sqrt(np.mean((knocked - noise)[away] ** 2)) < 1.0


def train(per_s: float, stimuli: int, mains_uv: float) -> Recording:
    """A minute at rest with one train of stimuli from 30 s on, each evoking 5 mV."""
    x = np.random.default_rng(1).normal(0, 4, int(60 * RATE))
    x += mains_uv * np.sin(2 * np.pi * 50.07 * np.arange(len(x)) / RATE)
    pulses = np.zeros_like(x)
    for onset in 30 + np.arange(stimuli) / per_s:
        at = round(onset * RATE)
        pulses[at : at + 4] = 5
        x[at + 8 : at + 32] += 5000 * np.sin(2 * np.pi * np.arange(24) / 24)
    kinds = [Channel("APB", "uV", ChannelKind.SURFACE_EMG), Channel("trig", "V", ChannelKind.TRIGGER)]
    return Recording.from_array(np.stack([x, pulses]).astype(np.float32), RATE, kinds)


@pytest.mark.parametrize("mains_uv", [0.0, 20.0])
@pytest.mark.parametrize(("per_s", "stimuli"), [(1.0, 10), (2.0, 10), (3.0, 12), (5.0, 10)])
def test_of_a_train_of_stimuli_no_more_is_left_out_than_it_lasts(
    per_s: float, stimuli: int, mains_uv: float
) -> None:
    analysis = analyze(train(per_s, stimuli, mains_uv))
    (span,) = analysis.excluded
    assert span.reason == "stimulation" and analysis.events == ()
    assert span.start_s == pytest.approx(30, abs=0.01)
    assert span.end_s == pytest.approx(30 + (stimuli - 1) / per_s + 0.1, abs=0.01)


@pytest.mark.parametrize("per_s", [20.0, 30.0, 50.0])
def test_fast_trains_are_stimulation_and_no_effort(per_s: float) -> None:
    analysis = analyze(train(per_s, 40, 0.0))
    assert {span.reason for span in analysis.excluded} == {"stimulation"} and analysis.events == ()


def test_twitches_just_after_a_train_are_seen() -> None:
    recording = train(3.0, 12, 20.0)
    x = recording.physical()
    after = 30 + 11 / 3 + np.array([0.25, 0.6, 1.1])
    add(x[:1], RATE, after, 80.0, potential(RATE))
    analysis = analyze(Recording.from_array(x.astype(np.float32), RATE, recording.channels))
    np.testing.assert_allclose([event.time_s for event in analysis.events], after, atol=0.01)
