"""Discharges close to a brief effort: of a unit that discharges at rest too, or of the effort."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt
from tests.emg.emg_made import add, potential, quiet, stored

from myolens.emg import Analysis, analyze
from myolens.emg.exclusion import VOLUNTARY

RATE = 1000.0
EFFORTS_S = np.array([8.3, 19.3, 30.3, 41.3, 52.3])
LONG_S = 0.35
SINGLE_S = np.array([3.2, 11.6, 14.9, 24.1, 26.8, 35.5, 37.9, 46.3, 48.2, 56.7])


def with_efforts(seed: int, gain: float = 1.0) -> tuple[np.ndarray, list]:
    """A minute of rest with five brief movements, each within one second of the clock."""
    rng = np.random.default_rng(seed)
    x, channels = quiet(60.0, seed=seed)
    band = butter(2, [30, 250], "bandpass", fs=RATE, output="sos")
    for start in EFFORTS_S:
        at, width = round(start * RATE), round(LONG_S * RATE)
        wave = sosfiltfilt(band, rng.normal(size=width + 200))[100 : 100 + width]
        x[:, at : at + width] += 80.0 * wave / wave.std()
    return gain * x, channels


def found(analysis: Analysis, truth: np.ndarray) -> np.ndarray:
    times = np.array([event.time_s for event in analysis.events])
    return np.array([np.abs(times - t).min(initial=np.inf) < 0.01 for t in truth])


def seconds_left_out(analysis: Analysis) -> float:
    return sum(span.end_s - span.start_s for span in analysis.excluded if span.reason == VOLUNTARY)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_brief_movement_does_not_cost_the_seconds_around_it(seed: int) -> None:
    x, channels = with_efforts(seed)
    beside = np.concatenate([EFFORTS_S[::2] - 0.65, EFFORTS_S[1::2] + LONG_S + 0.65])
    truth = np.sort(np.concatenate([SINGLE_S, beside]))
    add(x, RATE, truth, 75.0, potential(RATE, phase=0.8))
    analysis = analyze(stored(x, RATE, channels))
    assert found(analysis, truth).all()
    assert len(analysis.events) == len(truth)
    assert seconds_left_out(analysis) < len(EFFORTS_S) * (LONG_S + 0.6)
    times = np.array([event.time_s for event in analysis.events])
    assert not any(((times > start - 0.05) & (times < start + LONG_S + 0.05)).any() for start in EFFORTS_S)


@pytest.mark.parametrize("gain", [1.0, -3.0])
def test_a_unit_seen_only_beside_movements_is_of_them(gain: float) -> None:
    x, channels = with_efforts(4, gain)
    after = EFFORTS_S + LONG_S + np.array([0.55, 0.7, 0.6, 0.8, 0.65])
    add(x, RATE, SINGLE_S, gain * 75.0, potential(RATE, phase=0.8))
    add(x, RATE, after, gain * 50.0, potential(RATE, width_s=0.0035, phase=2.2))
    analysis = analyze(stored(x, RATE, channels))
    assert found(analysis, SINGLE_S).all()
    assert not found(analysis, after).any()


def test_level_is_raised_still_where_weak_activity_goes_on_after_a_burst() -> None:
    x, channels = with_efforts(5)
    x[:, 30_650:34_000] *= 1.9
    analysis = analyze(stored(x, RATE, channels))
    spans = [(span.start_s, span.end_s) for span in analysis.excluded if span.reason == VOLUNTARY]
    assert any(a < 30.3 and b > 33.9 for a, b in spans)


def test_without_an_effort_nothing_is_of_one() -> None:
    x, channels = quiet(60.0, seed=6)
    add(x, RATE, SINGLE_S, 75.0, potential(RATE, phase=0.8))
    analysis = analyze(stored(x, RATE, channels))
    assert found(analysis, SINGLE_S).all()
    assert seconds_left_out(analysis) == 0


@pytest.mark.parametrize(("rate", "high_hz"), [(250.0, 110.0), (1000.0, 110.0)])
def test_a_brief_effort_of_a_narrow_band_is_no_grouped_discharge(rate: float, high_hz: float) -> None:
    """Its peaks resemble one another as those of one unit do."""
    x, channels = quiet(60.0, rate=rate, seed=7)
    rng, width = np.random.default_rng(7), round(0.6 * rate)
    band = butter(2, [40, high_hz], "bandpass", fs=rate, output="sos")
    for start in EFFORTS_S:
        wave = sosfiltfilt(band, rng.normal(size=width + 400))[200 : 200 + width]
        x[:, round(start * rate) : round(start * rate) + width] += 80.0 * wave / wave.std()
    add(x, rate, SINGLE_S, 90.0, potential(rate, width_s=0.003, phase=0.8))
    analysis = analyze(stored(x, rate, channels))
    times = np.array([event.time_s for event in analysis.events])
    assert found(analysis, SINGLE_S).all()
    assert not any(((times > start - 0.05) & (times < start + 0.65)).any() for start in EFFORTS_S)
