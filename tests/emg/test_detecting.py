"""What is found, where, and what must not depend on how the file is stored or read."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.emg.emg_made import add, potential, quiet, stored

from myolens.emg import Analysis, analyze
from myolens.errors import InputError
from myolens.recording import Channel, ChannelKind, Recording

FEW = settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)


def times(analysis: Analysis) -> np.ndarray:
    return np.array([event.time_s for event in analysis.events])


def found_share(analysis: Analysis, truth: np.ndarray, tolerance_s: float = 0.003) -> float:
    found = times(analysis)
    return float(np.mean([np.abs(found - t).min(initial=np.inf) <= tolerance_s for t in truth]))


def test_every_discharge_is_found_once_at_its_largest_deflection(twitching) -> None:
    recording, truth = twitching
    analysis = analyze(recording)
    # one false alarm in ten minutes is allowed: 0.2 in these two
    assert len(truth) <= len(analysis.events) <= len(truth) + 1
    assert found_share(analysis, truth, 0.0015) == 1.0
    sizes = [event.peak_to_peak_uv for event in analysis.events]
    assert np.median(sizes) == pytest.approx(60 * np.ptp(potential(1000.0)), rel=0.2)


def test_one_unit_is_one_unit(twitching) -> None:
    recording, truth = twitching
    analysis = analyze(recording)
    assert len(analysis.units) == 1
    assert analysis.units[0].events >= 0.95 * len(truth)
    assert analysis.units[0].template.shape[0] == 1


@pytest.mark.parametrize("seed", range(4))
def test_noise_alone_keeps_to_the_stated_false_alarm_rate(seed: int) -> None:
    x, channels = quiet(300.0, seed=seed)
    analysis = analyze(stored(x, 1000.0, channels), false_alarms_per_10_min=1.0)
    # 0.5 expected; more than 4 has a probability of 2 in 10 000
    assert len(analysis.events) <= 4


def test_false_alarms_rise_with_the_rate_that_is_allowed() -> None:
    x, channels = quiet(600.0, seed=9)
    recording = stored(x, 1000.0, channels)
    strict, loose = (len(analyze(recording, false_alarms_per_10_min=rate).events) for rate in (1.0, 60.0))
    assert strict <= 5
    assert 20 <= loose <= 160


@FEW
@given(gain=st.sampled_from([0.01, 0.1, 3.0, 250.0]), polarity=st.sampled_from([1, -1]))
def test_gain_and_polarity_change_amplitudes_only(twitching, gain: float, polarity: int) -> None:
    recording, _ = twitching
    changed = Recording.from_array(
        (recording.microvolts() * gain * polarity).astype(np.float64),
        recording.rate,
        [Channel("EMG 1", "uV", ChannelKind.SURFACE_EMG)],
    )
    one, other = analyze(recording), analyze(changed)
    assert times(other) == pytest.approx(times(one), abs=1e-9)
    assert [e.unit for e in other.events] == [e.unit for e in one.events]
    assert [e.peak_to_peak_uv for e in other.events] == pytest.approx(
        [gain * e.peak_to_peak_uv for e in one.events], rel=1e-3
    )


def grid_recording(order: np.ndarray | None = None) -> tuple[Recording, np.ndarray]:
    rng = np.random.default_rng(5)
    x, channels = quiet(40.0, rate=2048.0, channels=16, seed=5, grid=True)
    truth = np.arange(1.0, 39.0, 1.3) + rng.uniform(0, 0.4, 30)
    centre = np.array([channel.position_mm for channel in channels]) - (8.0, 24.0)
    add(x, 2048.0, truth, 60 * np.exp(-np.sum(centre**2, axis=1) / 800), potential(2048.0))
    order = np.arange(16) if order is None else order
    return stored(x[order], 2048.0, [channels[k] for k in order]), truth


@FEW
@given(seed=st.integers(0, 1000))
def test_order_of_channels_does_not_matter(seed: int) -> None:
    plain, _ = grid_recording()
    mixed, _ = grid_recording(np.random.default_rng(seed).permutation(16))
    one, other = analyze(plain), analyze(mixed)
    assert times(other) == pytest.approx(times(one), abs=1e-9)
    assert [e.channel for e in other.events] == [e.channel for e in one.events]


@FEW
@given(block=st.sampled_from([1.0, 3.0, 7.0, 13.0, 1000.0]))
def test_length_of_blocks_does_not_matter(block: float) -> None:
    recording, _ = grid_recording()
    whole, parts = analyze(recording), analyze(recording, block_seconds=block)
    assert times(parts) == pytest.approx(times(whole), abs=1e-9)
    assert parts.to_json()["units"] == whole.to_json()["units"]


@FEW
@given(late=st.integers(1, 5000))
def test_a_later_start_moves_every_event_by_as_much(twitching, late: int) -> None:
    recording, truth = twitching
    noise = quiet(late / 1000.0, seed=77)[0]
    values = np.concatenate(
        [np.round(noise / 0.25).astype(np.int16), recording.signal.read(0, recording.samples)], 1
    )
    shifted = analyze(Recording.from_array(values, recording.rate, recording.channels))
    assert found_share(shifted, truth + late / 1000.0, 0.0015) == 1.0


def test_the_same_file_gives_the_same_document_twice(twitching) -> None:
    recording, _ = twitching
    assert analyze(recording).to_json() == analyze(recording).to_json()


@pytest.mark.parametrize("rate", [200.0, 500.0, 1259.259, 4000.0, 10000.0])
def test_any_sampling_rate(rate: float) -> None:
    x, channels = quiet(30.0, rate=rate)
    truth = np.arange(1.5, 29, 2.7)
    add(x, rate, truth, 150.0, potential(rate, width_s=0.003))
    analysis = analyze(stored(x, rate, channels))
    assert found_share(analysis, truth, 0.006) >= 0.9
    assert len(analysis.events) <= len(truth) + 1
    told = any("samples a second" in problem for problem in analysis.quality.problems)
    assert told == (rate < 1000)


def test_a_potential_weak_on_many_electrodes_counts() -> None:
    x, channels = quiet(40.0, rate=2048.0, channels=64, grid=True)
    truth = np.arange(1.0, 39.0, 1.7)
    add(x, 2048.0, truth, np.full(64, 11.0), potential(2048.0))  # a peak of 2.2 noise levels everywhere
    alone = analyze(stored(x[:1], 2048.0, channels[:1]))
    together = analyze(stored(x, 2048.0, channels))
    assert found_share(alone, truth) < 0.5
    assert found_share(together, truth, 0.01) >= 0.95


def test_smallest_detectable_potential_is_found_nearly_always_and_half_of_it_rarely() -> None:
    x, channels = quiet(60.0)
    stated = analyze(stored(x, 1000.0, channels)).quality.detectable_uv
    assert stated is not None
    t = np.arange(-30, 31) / 1000.0
    wave = -t / 0.002 * np.exp(0.5 - t**2 / (2 * 0.002**2))
    truth = np.arange(1.0, 58.0, 0.9) + np.random.default_rng(1).uniform(0, 0.8, 64)
    shares = []
    for size in (stated, stated / 2):
        y = x.copy()
        add(y, 1000.0, truth, size / np.ptp(wave), wave)
        shares.append(found_share(analyze(stored(y, 1000.0, channels)), truth, 0.012))
    assert shares[0] >= 0.85
    assert shares[1] <= 0.5


def test_unknown_unit_gives_no_microvolts(twitching) -> None:
    recording, truth = twitching
    values = recording.signal.read(0, recording.samples)
    analysis = analyze(Recording.from_array(values, 1000.0, [Channel("x", None, ChannelKind.SURFACE_EMG)]))
    assert found_share(analysis, truth) == 1.0
    assert all(event.peak_to_peak_uv is None for event in analysis.events)
    assert analysis.quality.noise_uv is None
    assert analysis.quality.detectable_uv is None


@pytest.mark.parametrize("kind", [ChannelKind.ACCELERATION, ChannelKind.ECG, ChannelKind.OTHER])
def test_a_recording_without_emg_is_refused_with_advice(kind: ChannelKind) -> None:
    x, _ = quiet(10.0)
    with pytest.raises(InputError, match=r"no EMG channel.*--kind"):
        analyze(Recording.from_array(x, 1000.0, [Channel("a", None, kind)]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "ecg"}, "not a kind of EMG"),
        ({"kind": "nonsense"}, "not a kind of EMG"),
        ({"false_alarms_per_10_min": 0.0}, "false-alarm rate"),
        ({"block_seconds": -1.0}, "blocks"),
    ],
)
def test_impossible_options_are_refused(twitching, change: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        analyze(twitching[0], **change)


def test_too_short_too_slow_or_constant_is_refused() -> None:
    x, channels = quiet(1.0)
    with pytest.raises(InputError, match="long"):
        analyze(stored(x, 1000.0, channels))
    x, channels = quiet(20.0, rate=100.0)
    with pytest.raises(InputError, match="samples per second"):
        analyze(stored(x, 100.0, channels))
    with pytest.raises(InputError, match="constant"):
        analyze(stored(np.zeros((1, 20000)), 1000.0, channels))


@FEW
@given(
    seed=st.integers(0, 10_000),
    channels=st.integers(1, 4),
    kind=st.sampled_from(["float", "int8", "nan", "huge", "steps"]),
)
def test_any_signal_is_analysed_or_refused(seed: int, channels: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    x = rng.standard_t(1.5, (channels, 6000))
    if kind == "int8":
        x = np.clip(x, -100, 100).astype(np.int8)
    elif kind == "nan":
        x[:, rng.integers(0, 6000, 500)] = np.nan
    elif kind == "huge":
        x *= 1e20
    elif kind == "steps":
        x = np.sign(x) * 1000
    recording = Recording.from_array(
        x, 1000.0, [Channel(f"c{k}", "mV", ChannelKind.SURFACE_EMG) for k in range(channels)]
    )
    try:
        analysis = analyze(recording)
    except InputError:
        return
    assert 0 <= analysis.analysed_seconds <= analysis.seconds
    assert all(0 <= event.time_s <= analysis.seconds for event in analysis.events)
