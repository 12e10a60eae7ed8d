"""Recordings at 200 samples a second: what lies between the samples is found, what was recorded is kept."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import resample_poly
from tests.emg.emg_made import add, potential, quiet, stored

from myolens.emg import Analysis, analyze
from myolens.emg.interpolation import fineness, finer
from myolens.recording import Channel, ChannelKind, Recording

SLOW, FAST = 200.0, 1000.0


def slowly(size: float, *, seed: int = 1, offset: float = 0.0) -> tuple[Analysis, np.ndarray]:
    """Three minutes with thirty discharges of one unit, as a device of 200 Hz records them."""
    rng = np.random.default_rng(seed)
    x, channels = quiet(180.0, seed=seed, noise_uv=0.0)
    times = np.sort(rng.uniform(1, 179, 30))
    times = times[np.diff(times, prepend=0) > 0.15]
    add(x, FAST, times, size, potential(FAST, width_s=0.003))
    x = resample_poly(x, 1, 5, axis=1) + rng.normal(0, 5, (1, 36000)) + offset
    return analyze(stored(x, SLOW, channels)), times


def hits(analysis: Analysis, times: np.ndarray) -> int:
    found = np.array([event.time_s for event in analysis.events])
    return sum(bool(len(found)) and np.min(np.abs(found - t)) < 0.01 for t in times)


def test_discharges_that_fall_between_samples_are_found() -> None:
    analyses = [slowly(55.0, seed=seed) for seed in (1, 2, 3)]
    found = sum(hits(analysis, times) for analysis, times in analyses)
    assert found >= 0.9 * sum(len(times) for _, times in analyses)
    assert sum(len(analysis.events) for analysis, _ in analyses) <= found + 1


def test_times_of_slow_recordings_are_finer_than_their_samples() -> None:
    analysis, times = slowly(150.0)
    found = np.array([event.time_s for event in analysis.events])
    errors = [np.min(np.abs(found - t)) for t in times]
    assert np.median(errors) < 0.0013


def test_an_analysis_is_of_the_recording_as_it_is() -> None:
    analysis, _ = slowly(60.0)
    assert analysis.rate == SLOW and analysis.seconds == pytest.approx(180)
    assert analysis.details["detection"]["band_hz"] == [20.0, 90.0]
    assert any("200 samples a second" in problem for problem in analysis.quality.problems)


def test_of_slow_noise_nothing_is_reported() -> None:
    for seed in range(4):
        x, channels = quiet(240.0, rate=SLOW, seed=seed)
        assert len(analyze(stored(x, SLOW, channels)).events) <= 1


def test_recorded_values_stay_and_triggers_are_held() -> None:
    rng = np.random.default_rng(0)
    values = np.stack([rng.normal(0, 9, 500), (np.arange(500) % 50 < 3) * 5.0]).astype(np.float32)
    kinds = [Channel("E", "uV", ChannelKind.SURFACE_EMG), Channel("T", "V", ChannelKind.TRIGGER)]
    recording = Recording.from_array(values, SLOW, kinds)
    fine = finer(recording, 1)
    assert fineness(fine) == 5 and fine.rate == FAST and fine.seconds == recording.seconds
    whole = fine.signal.read(0, 2500)
    np.testing.assert_allclose(whole[:, ::5], values, atol=1e-4)
    np.testing.assert_array_equal(whole[1], np.repeat(values[1], 5))
    np.testing.assert_array_equal(fine.signal.read(813, 1207), whole[:, 813:1207])
    slow_wave = np.sin(2 * np.pi * 63 * np.arange(500) / SLOW)[None].astype(np.float32)
    between = finer(Recording.from_array(slow_wave, SLOW, kinds[:1]), 1).signal.read(500, 2000)[0]
    np.testing.assert_allclose(between, np.sin(2 * np.pi * 63 * np.arange(500, 2000) / FAST), atol=2e-3)


def test_clipping_and_lost_signal_of_slow_recordings_are_left_out() -> None:
    x, channels = quiet(60.0, rate=SLOW)
    x[0, 4000:4400] = 0
    x[0, 6000:6010] = 8000
    x[0, 7000:7010] = 8000
    analysis = analyze(stored(x, SLOW, channels))
    spans = {span.reason: span for span in analysis.excluded}
    assert {"no signal", "clipping"} <= set(spans)
    assert spans["no signal"].start_s == pytest.approx(20, abs=0.1)
    assert spans["no signal"].end_s == pytest.approx(22, abs=0.1)
    clipped = [span for span in analysis.excluded if span.reason == "clipping"]
    assert [span.start_s for span in clipped] == pytest.approx([30, 35], abs=0.1)
    assert [span.end_s for span in clipped] == pytest.approx([30.1, 35.1], abs=0.1)


@pytest.mark.parametrize("rate", [200.0, 250.0, 299.0])
def test_stimulation_of_slow_recordings_is_measured_as_recorded(rate: float) -> None:
    x, channels = quiet(40.0, rate=rate, seed=2)
    pulses = np.zeros_like(x)
    t = np.arange(x.shape[1]) / rate
    for k in range(10):
        at = round((15 + k / 3) * rate)
        pulses[0, at : at + 3] = 5
        late = (t - at / rate - 0.012) / 0.004
        x[0] -= 3000 * (1 - 0.05 * min(k, 4)) * late * np.exp(0.5 - late**2 / 2)
        x[0, at] += 1500
    both = np.concatenate([x, pulses])
    analysis = analyze(stored(both, rate, [*channels, Channel("trigger", None, ChannelKind.TRIGGER)]))
    found = analysis.details["stimulation"]
    assert found["abnormal"] is True and len(found["trains"]) == 1
    assert found["trains"][0]["stimuli"] == 10


def test_blocks_do_not_matter_at_low_rates() -> None:
    rng = np.random.default_rng(4)
    x, channels = quiet(90.0, rate=SLOW, seed=4)
    add(x, SLOW, rng.uniform(1, 89, 12), 70.0, potential(SLOW, width_s=0.005))
    recording = stored(x, SLOW, channels)
    first, second = (analyze(recording, block_seconds=s).to_json() for s in (3.0, 60.0))
    assert first == second
