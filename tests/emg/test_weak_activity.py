"""Discharges beside or within what is louder than rest: kept where the unit is known, else left out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt
from tests.emg.emg_made import add, potential, quiet, stored

from myolens.emg import Analysis, analyze
from myolens.emg.exclusion import CLIPPING, NO_SIGNAL, VOLUNTARY

RATE = 1000.0
LOUDER = slice(30_000, 34_000)


def found(analysis: Analysis, truth: np.ndarray) -> float:
    times = np.array([event.time_s for event in analysis.events])
    return float(np.mean([np.abs(times - t).min(initial=np.inf) < 0.01 for t in truth]))


def left_out(analysis: Analysis, reason: str, start_s: float, end_s: float) -> float:
    at = np.linspace(start_s, end_s, 400)
    spans = [(span.start_s, span.end_s) for span in analysis.excluded if span.reason == reason]
    return float(np.mean([any(a <= t <= b for a, b in spans) for t in at]))


def louder(seed: int, times: float) -> tuple[np.ndarray, list]:
    """Rest whose background is so many times as loud for four seconds."""
    x, channels = quiet(60.0, seed=seed)
    x[:, LOUDER] *= times
    return x, channels


@pytest.mark.parametrize("phase", [0.8, np.pi / 2])
@pytest.mark.parametrize("times", [1.6, 1.9])
def test_a_louder_background_hides_no_unit_that_twitches_at_rest_too(phase: float, times: float) -> None:
    """With a phase of a quarter turn the potential has two lobes of like size."""
    x, channels = louder(2, times)
    truth = np.arange(2.5, 58.0, 1.9) + np.random.default_rng(2).uniform(-0.5, 0.5, 30)
    assert np.count_nonzero((truth > 30) & (truth < 34)) >= 2
    add(x, RATE, truth, 75.0, potential(RATE, phase=phase))
    analysis = analyze(stored(x, RATE, channels))
    assert left_out(analysis, VOLUNTARY, 0.0, 60.0) == 0.0
    assert found(analysis, truth) >= 0.95
    assert len(analysis.events) <= len(truth) + 1


def test_peaks_of_a_louder_background_are_no_discharges() -> None:
    x, channels = louder(5, 1.9)
    add(x, RATE, np.array([31.2, 32.9]), 75.0, potential(RATE, phase=0.8))
    truth = np.array([4.1, 9.3, 14.8, 21.2, 26.0, 31.2, 32.9, 40.4, 45.9, 51.7])
    add(x, RATE, truth[(truth < 30) | (truth > 34)], 75.0, potential(RATE, phase=0.8))
    analysis = analyze(stored(x, RATE, channels))
    times = np.array([event.time_s for event in analysis.events])
    assert all(np.abs(truth - t).min() < 0.01 for t in times)


def test_a_unit_seen_only_while_the_background_is_louder_is_at_work() -> None:
    x, channels = louder(3, 1.6)
    singles = np.array([4.1, 9.3, 14.8, 21.2, 26.0, 40.4, 45.9, 51.7, 56.2])
    add(x, RATE, singles, 75.0, potential(RATE, phase=0.8))
    add(x, RATE, np.array([30.6, 31.5, 32.1, 33.3]), 75.0, potential(RATE, width_s=0.0035, phase=2.2))
    analysis = analyze(stored(x, RATE, channels))
    assert left_out(analysis, VOLUNTARY, 30.2, 33.8) == 1.0
    assert found(analysis, singles) == 1.0
    assert len(analysis.events) == len(singles)


def test_a_unit_of_several_efforts_is_not_known_from_rest() -> None:
    """Each effort shows the potential that the others do, never by itself."""
    rng = np.random.default_rng(4)
    x, channels = quiet(60.0, seed=4)
    for start in (10, 30, 50):
        x[:, start * 1000 : start * 1000 + 3000] *= 1.9
        train = start + 0.2 + np.cumsum(rng.normal(0.22, 0.03, 11))
        add(x, RATE, train, 75.0, potential(RATE, phase=0.8))
    analysis = analyze(stored(x, RATE, channels))
    assert all(left_out(analysis, VOLUNTARY, start + 0.2, start + 2.6) == 1.0 for start in (10, 30, 50))
    assert len(analysis.events) <= 1


@pytest.mark.parametrize("seed", range(3))
def test_sway_of_an_electrode_is_no_effort(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, channels = quiet(60.0, seed=seed)
    low = butter(2, 12.0, fs=RATE, output="sos")
    for start in (12_000, 30_000, 47_000):
        sway = sosfiltfilt(low, rng.normal(size=2800))[1000:1800]
        x[:, start : start + 800] += 300 * np.hanning(800) * sway / sway.std()
    truth = np.array([3.2, 7.7, 11.4, 13.3, 20.5, 29.5, 31.3, 38.8, 46.6, 48.4, 55.1])
    add(x, RATE, truth, 75.0, potential(RATE, phase=0.8))
    analysis = analyze(stored(x, RATE, channels))
    assert left_out(analysis, VOLUNTARY, 0.0, 60.0) == 0.0
    assert found(analysis, truth) >= 0.9
    assert len(analysis.events) <= len(truth) + 1


def test_a_discharge_is_read_a_tenth_of_a_second_beside_a_clipped_stretch() -> None:
    x, channels = quiet(60.0, seed=6)
    truth = np.array([4.3, 12.2, 19.9, 20.3, 33.4, 41.8, 50.6])
    add(x, RATE, truth, 75.0, potential(RATE, phase=0.8))
    x[:, 20_000:20_200] = 2000.0
    analysis = analyze(stored(np.clip(x, -2000, 2000), RATE, channels))
    assert found(analysis, truth) == 1.0
    for reason in (CLIPPING, NO_SIGNAL):
        assert left_out(analysis, reason, 20.0, 20.2) == 1.0
        assert left_out(analysis, reason, 0.0, 19.92) == left_out(analysis, reason, 20.28, 60.0) == 0.0


@pytest.mark.parametrize("shift", [0.0, 0.013, 0.05])
def test_what_is_clipped_moves_with_the_recording(shift: float) -> None:
    x, channels = quiet(30.0, seed=7)
    at = 10_040 + round(shift * RATE)
    x[:, at : at + 150] = 2000.0
    analysis = analyze(stored(np.clip(x, -2000, 2000), RATE, channels))
    spans = [span for span in analysis.excluded if span.reason == CLIPPING]
    assert [span.start_s - shift for span in spans] == pytest.approx([9.975], abs=0.002)
    assert [span.end_s - shift for span in spans] == pytest.approx([10.255], abs=0.002)
