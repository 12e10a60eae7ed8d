"""What is near an artefact, or at an end of the recording, is judged by what it is itself."""

from __future__ import annotations

import numpy as np
import pytest
from tests.emg.emg_made import add, potential, quiet, stored

from myolens.emg import Analysis, analyze

RATE = 1000.0
ALONE = np.array([3.0, 9.4, 16.1, 22.7, 31.2, 38.8, 46.5, 53.3])


def found_at(times_s: np.ndarray, instants_s: np.ndarray) -> np.ndarray:
    return np.array([np.min(np.abs(times_s - t), initial=np.inf) <= 0.005 for t in instants_s])


def pop(size: float) -> np.ndarray:
    """An electrode's step that decays within 20 ms."""
    return size * np.exp(-np.arange(200) / 20.0)


def test_a_known_potential_beside_a_large_electrode_pop_is_no_ringing() -> None:
    x, channels = quiet(60.0)
    pops = np.array([12.0, 27.0, 42.0])
    beside = pops + 0.06
    add(x, RATE, np.concatenate([ALONE, beside]), 55.0, potential(RATE, width_s=0.004))
    for at in pops:
        x[0, round(at * RATE) : round(at * RATE) + 200] += pop(600.0)
    times = np.array([event.time_s for event in analyze(stored(x, RATE, channels)).events])
    assert found_at(times, beside).sum() >= 2
    assert found_at(times, ALONE).all()
    assert not found_at(times, pops).any()


def test_doublets_of_a_known_unit_are_not_slow() -> None:
    x, channels = quiet(60.0)
    first = np.array([12.5, 26.0, 41.5])
    truth = np.sort(np.concatenate([ALONE, first, first + 0.02]))
    add(x, RATE, truth, 70.0, potential(RATE, width_s=0.006))
    times = np.array([event.time_s for event in analyze(stored(x, RATE, channels)).events])
    assert found_at(times, truth).mean() >= 0.9


@pytest.mark.parametrize("phase", np.linspace(0, 2 * np.pi, 6, endpoint=False))
def test_mains_that_break_off_at_the_end_are_no_potential(phase: float) -> None:
    x, channels = quiet(30.0)
    t = np.arange(x.shape[1]) / RATE
    for order, size in ((1, 60.0), (3, 20.0), (5, 10.0)):
        x += size * np.sin(2 * np.pi * 50.07 * order * t + order * phase)
    analysis = analyze(stored(x, RATE, channels))
    assert all(0.03 < event.time_s < 29.97 for event in analysis.events)


def test_a_few_discharges_at_even_intervals_are_no_heart() -> None:
    x, channels = quiet(14.0)
    truth = np.array([1.6, 2.5, 3.4, 4.3, 5.3, 11.0])
    add(x, RATE, truth, 60.0, potential(RATE))
    analysis = analyze(stored(x, RATE, channels))
    assert analysis.details["heartbeat"] is None
    assert len(analysis.events) == len(truth)


def test_a_movement_and_its_small_starts_and_stops_are_no_discharges() -> None:
    x, channels = quiet(60.0, channels=16, grid=True)
    share = np.random.default_rng(2).uniform(0.5, 1.5, 16)
    for at in (10.0, 25.0, 40.0):
        add(x, RATE, np.array([at]), 400.0 * share, potential(RATE, width_s=0.02))
        add(x, RATE, at + np.array([-0.6, 0.4, 0.9]), 22.0 * share, potential(RATE, width_s=0.004))
    near = np.exp(-0.5 * ((np.arange(16) % 8 - 3) / 1.5) ** 2)
    truth = np.array([10.6, 24.7, 33.0, 48.0, 55.0])
    add(x, RATE, truth, 45.0 * near, potential(RATE, width_s=0.003))
    times = np.array([event.time_s for event in analyze(stored(x, RATE, channels)).events])
    assert found_at(times, truth).sum() >= 4
    assert len(times) <= len(truth)


def test_a_long_potential_is_one_discharge() -> None:
    rng = np.random.default_rng(5)
    x, channels = quiet(120.0)
    t = np.arange(-40, 41) / RATE
    long = np.exp(-0.5 * (t / 0.002) ** 2) * np.cos(400 * t)
    tail = 0.5 * np.exp(-0.5 * ((t - 0.018) / 0.002) ** 2) * np.cos(400 * (t - 0.018))
    short = 0.8 * np.exp(-0.5 * (t / 0.0022) ** 2) * np.cos(380 * t + 0.4)
    times = np.cumsum(0.2 + rng.exponential(1.5, 70))
    times = times[times < 118]
    truth = {"long": times[::2], "short": times[1::2]}
    add(x, RATE, truth["long"], 90.0, long + tail)
    add(x, RATE, truth["short"], 45.0, short)
    analysis = analyze(stored(x, RATE, channels))
    assert len(analysis.events) == pytest.approx(len(times), abs=1)


def paced(wave: np.ndarray, *, size: float, interval_s: float, seed: int = 2) -> Analysis:
    """Two minutes with one shape at intervals that vary as those of a heart do, drifting."""
    rng = np.random.default_rng(seed)
    x, channels = quiet(120.0, seed=seed)
    drift = 1 + 0.15 * np.sin(np.arange(400) / 15)
    times = 0.7 + np.cumsum(interval_s * drift * rng.normal(1, 0.05, 400))
    add(x, 1000.0, times[times < 119.5], size, wave)
    return analyze(stored(x, 1000.0, channels))


@pytest.mark.parametrize("interval_s", [0.42, 0.8])
def test_brief_spikes_at_the_pace_of_a_heart_are_no_heart(interval_s: float) -> None:
    analysis = paced(potential(1000.0, width_s=0.0015), size=70.0, interval_s=interval_s)
    assert analysis.details["heartbeat"] is None and analysis.events == ()
    assert analysis.details["regular_train"]["per_min"] == pytest.approx(60 / interval_s, rel=0.06)
    assert any("too brief" in problem for problem in analysis.quality.problems)
    assert not any("Heartbeats" in problem for problem in analysis.quality.problems)
    assert analysis.findings == ()
    assert any("regular train" in note for note in analysis.notes)


@pytest.mark.parametrize("interval_s", [0.45, 0.85])
def test_complexes_as_slow_as_a_heart_are_one(interval_s: float) -> None:
    analysis = paced(potential(1000.0, width_s=0.010), size=150.0, interval_s=interval_s)
    assert analysis.details["regular_train"] is None and analysis.events == ()
    assert analysis.details["heartbeat"]["per_min"] == pytest.approx(60 / interval_s, rel=0.06)


def share_beside_beats(analysis: Analysis, truth_s: np.ndarray) -> float:
    """Share of the discharges found where 75 beats a minute are told and hardly one of them is reported."""
    assert analysis.details["heartbeat"]["per_min"] == pytest.approx(75, rel=0.05)
    times = np.array([event.time_s for event in analysis.events])
    assert len(times) <= len(truth_s) + 2
    return float(np.mean([np.min(np.abs(times - t), initial=np.inf) <= 0.012 for t in truth_s]))


def test_a_heart_that_only_sorting_tells_is_taken_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("myolens.emg.events._beats", lambda *_: None)
    x, channels = quiet(90.0)
    rng = np.random.default_rng(3)
    beats = np.cumsum(rng.normal(0.8, 0.03, 110))
    add(x, RATE, beats, 60.0, potential(RATE, width_s=0.0065))
    truth = np.sort(rng.uniform(1.0, 86.0, 15))
    add(x, RATE, truth, 70.0, potential(RATE, width_s=0.003, phase=0.8))
    analysis = analyze(stored(x, RATE, channels))
    assert share_beside_beats(analysis, truth) >= 0.85


def test_discharges_much_like_beats_do_not_stand_for_them() -> None:
    x, channels = quiet(60.0)
    rng = np.random.default_rng(11)
    beats = np.cumsum(rng.normal(0.8, 0.03, 73))
    add(x, RATE, beats[beats < 59.5], 60.0, potential(RATE, width_s=0.008))
    truth = np.sort(rng.uniform(1.0, 59.0, 40))
    truth = truth[np.min(np.abs(truth[:, None] - beats), axis=1) > 0.06]
    add(x, RATE, truth, 60.0, potential(RATE, width_s=0.006, phase=0.5))
    analysis = analyze(stored(x, RATE, channels))
    assert share_beside_beats(analysis, truth) >= 0.9
