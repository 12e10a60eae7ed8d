"""What is not a fasciculation is recognised, left out, and said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.emg.emg_made import add, potential, quiet, stored

from myolens.emg import Analysis, analyze
from myolens.readers import read
from myolens.recording import Channel, ChannelKind, Recording, Span


def reasons(analysis: Analysis) -> set[str]:
    return {span.reason for span in analysis.excluded}


def left_out(analysis: Analysis, start_s: float, end_s: float) -> float:
    """Share of a stretch that was left out."""
    grid = np.linspace(start_s, end_s, 200)
    return float(np.mean([any(s.start_s <= t <= s.end_s for s in analysis.excluded) for t in grid]))


def test_a_contraction_is_voluntary_activity_and_the_rest_is_still_counted() -> None:
    x, channels = quiet(60.0)
    rng = np.random.default_rng(1)
    x[:, 20_000:26_000] += rng.normal(0, 80, 6000)
    truth = np.array([4.1, 9.7, 15.2, 33.3, 41.0, 52.8])
    add(x, 1000.0, truth, 70.0, potential(1000.0))
    analysis = analyze(stored(x, 1000.0, channels))
    assert left_out(analysis, 20, 26) > 0.98
    assert reasons(analysis) == {"voluntary activity"}
    assert [e.time_s for e in analysis.events] == pytest.approx(list(truth), abs=0.003)
    assert analysis.analysed_seconds == pytest.approx(
        60 - sum(s.end_s - s.start_s for s in analysis.excluded)
    )
    assert analysis.rate_per_min.value == pytest.approx(6 * 60 / analysis.analysed_seconds)


def test_a_unit_firing_tonically_is_voluntary_activity() -> None:
    x, channels = quiet(60.0)
    tonic = 20 + np.cumsum(np.random.default_rng(2).normal(0.1, 0.012, 100))
    add(x, 1000.0, tonic, 60.0, potential(1000.0))
    analysis = analyze(stored(x, 1000.0, channels))
    assert len(analysis.events) <= 1
    assert left_out(analysis, 20.5, 29.5) > 0.98


@pytest.mark.parametrize("units", [1, 2])
def test_a_brief_train_of_the_same_potentials_out_of_silence_is_a_grouped_discharge(units: int) -> None:
    x, channels = quiet(60.0)
    rng = np.random.default_rng(12)
    singles = np.array([4.0, 12.5, 21.0, 47.0, 55.5])
    group = 30.0 + np.cumsum(rng.uniform(0.04, 0.06, 8))
    truth = np.sort(np.concatenate([singles, group]))
    for unit in range(units):
        wave = potential(1000.0, width_s=0.0015 + 0.001 * unit, phase=unit * np.pi / 4)
        add(x, 1000.0, truth[unit::units], 90.0, wave)
    analysis = analyze(stored(x, 1000.0, channels))
    assert reasons(analysis) == set()
    found = np.array([event.time_s for event in analysis.events])
    assert all(np.abs(found - t).min() < 0.008 for t in truth)
    assert len(found) <= len(truth) + 1


def test_a_brief_interference_pattern_is_voluntary_activity() -> None:
    x, channels = quiet(60.0)
    rng = np.random.default_rng(13)
    for t in 30.0 + np.cumsum(rng.uniform(0.02, 0.05, 12)):
        wave = potential(1000.0, width_s=rng.uniform(0.001, 0.004), phase=rng.uniform(0, 2 * np.pi))
        add(x, 1000.0, np.array([t]), rng.uniform(50, 150), wave)
    analysis = analyze(stored(x, 1000.0, channels))
    assert reasons(analysis) == {"voluntary activity"}
    assert left_out(analysis, 30.05, 30.35) == 1.0
    assert len(analysis.events) <= 1


def test_a_doublet_of_a_known_unit_is_no_burst() -> None:
    x, channels = quiet(60.0)
    singles = np.arange(3.0, 58.0, 4.4)
    doublet = np.array([30.0, 30.045])
    wave = potential(1000.0, width_s=0.004)
    add(x, 1000.0, np.concatenate([singles, doublet]), 90.0, wave)
    analysis = analyze(stored(x, 1000.0, channels))
    assert reasons(analysis) == set()
    found = np.array([event.time_s for event in analysis.events])
    assert all(np.abs(found - t).min() < 0.005 for t in doublet)


def test_many_small_units_are_a_muscle_not_at_rest() -> None:
    x, channels = quiet(60.0)
    rng = np.random.default_rng(3)
    for t in np.sort(rng.uniform(30.0, 36.0, 70)):
        wave = potential(1000.0, width_s=rng.uniform(0.001, 0.003), phase=rng.uniform(0, 2 * np.pi))
        add(x, 1000.0, np.array([t]), rng.uniform(16, 24), wave)
    analysis = analyze(stored(x, 1000.0, channels))
    assert reasons(analysis) == {"voluntary activity"}
    assert left_out(analysis, 30.5, 35.5) > 0.9
    assert left_out(analysis, 1.0, 28.0) == 0.0


def heart(seconds: float, rate: float, size: float) -> np.ndarray:
    """A train of QRS-like complexes at 70 a minute, unevenly spaced by 4 %."""
    rng = np.random.default_rng(4)
    x = np.zeros(int(seconds * rate))
    t = np.arange(-0.06, 0.06, 1 / rate)
    beat = np.exp(-0.5 * (t / 0.01) ** 2) - 0.4 * np.exp(-0.5 * ((t - 0.025) / 0.012) ** 2)
    for at in np.cumsum(rng.normal(60 / 70, 0.03, int(seconds * 70 / 60))):
        start = round(at * rate)
        if 0 < start < len(x) - len(beat):
            x[start : start + len(beat)] += size * beat
    return x


def test_heartbeats_are_left_out_and_discharges_between_them_kept() -> None:
    x, channels = quiet(60.0)
    x += heart(60.0, 1000.0, 100.0)
    truth = np.sort(np.random.default_rng(8).uniform(1, 59, 12))
    add(x, 1000.0, truth, 90.0, potential(1000.0))
    analysis = analyze(stored(x, 1000.0, channels))
    assert analysis.details["heartbeat"]["per_min"] == pytest.approx(70, rel=0.05)
    found = np.array([e.time_s for e in analysis.events])
    assert np.mean([np.abs(found - t).min() < 0.005 for t in truth]) >= 0.75
    assert np.sum([np.abs(truth - t).min() > 0.005 for t in found]) <= 3


def test_small_beats_that_only_sorting_tells_are_left_out() -> None:
    x, channels = quiet(90.0)
    rng = np.random.default_rng(8)
    beats = np.cumsum(rng.normal(0.85, 0.03, 103)) + 0.5
    add(x, 1000.0, beats, 32.0, potential(1000.0, width_s=0.005))
    truth = np.sort(rng.uniform(2, 88, 45))
    add(x, 1000.0, truth, 80.0, potential(1000.0, width_s=0.0015))
    analysis = analyze(stored(x, 1000.0, channels))
    assert analysis.details["heartbeat"]["per_min"] == pytest.approx(60 / 0.85, rel=0.05)
    found = np.array([event.time_s for event in analysis.events])
    assert np.mean([np.abs(found - t).min() < 0.012 for t in truth]) > 0.9
    assert len(found) <= 1.1 * len(truth)


def test_a_discharge_on_top_of_a_heartbeat_is_seen() -> None:
    x, channels = quiet(60.0)
    beat = heart(60.0, 1000.0, 60.0)
    complexes = np.flatnonzero((beat > 55) & (beat >= np.roll(beat, 1)) & (beat > np.roll(beat, -1))) / 1000.0
    truth = complexes[5:-5:9] + np.resize([0.0, 0.012, -0.015, 0.03], len(complexes[5:-5:9]))
    add(x, 1000.0, truth, 80.0, potential(1000.0))
    analysis = analyze(stored(x + beat, 1000.0, channels))
    found = np.array([event.time_s for event in analysis.events])
    assert np.mean([np.abs(found - t).min() < 0.008 for t in truth]) >= 0.75
    assert np.sum([np.abs(truth - t).min() > 0.02 for t in found]) <= 3


def test_slow_movement_of_the_baseline_hides_no_discharge() -> None:
    x, channels = quiet(60.0)
    x += 800 * np.sin(2 * np.pi * 0.9 * np.arange(x.shape[1]) / 1000.0)
    truth = np.sort(np.random.default_rng(3).uniform(1, 59, 12))
    add(x, 1000.0, truth, 60.0, potential(1000.0))
    analysis = analyze(stored(x, 1000.0, channels))
    found = np.array([event.time_s for event in analysis.events])
    assert np.mean([np.abs(found - t).min() < 0.008 for t in truth]) >= 0.9
    assert analysis.details["detection"]["electrode_pops"] <= 1


@pytest.mark.parametrize("name", ["emg_healthy", "emg_neuropathy_a", "emg_myopathy_a"])
def test_a_needle_in_a_contraction_is_no_bad_recording(shared_data: Path, name: str) -> None:
    analysis = analyze(read(shared_data / "emgdb" / f"{name}.hea")[0], kind="needle_emg")
    assert analysis.quality.verdict in {"good", "fair"}
    assert analysis.quality.noise_uv is not None and analysis.quality.noise_uv < 10
    said = " ".join(analysis.quality.problems)
    assert "could not be looked for" in said
    assert "support the limb" not in said and "skin" not in said
    assert analysis.rate_per_min is None


def test_an_ecg_channel_tells_the_beats() -> None:
    x, channels = quiet(60.0)
    beat = heart(60.0, 1000.0, 45.0)
    ecg = Channel("ECG", "mV", ChannelKind.ECG, gain=0.001)
    both = np.concatenate([np.round((x + beat) / 0.25), np.round(beat[None] * 20)]).astype(np.int16)
    analysis = analyze(Recording.from_array(both, 1000.0, [*channels, ecg]))
    assert analysis.channels == ("EMG 1",)
    assert analysis.details["heartbeat"]["per_min"] == pytest.approx(70, rel=0.05)
    assert len(analysis.events) <= 3


def test_pops_of_one_electrode_are_not_discharges() -> None:
    x, channels = quiet(40.0, rate=2048.0, channels=16, grid=True)
    rng = np.random.default_rng(6)
    for start in rng.uniform(1, 38, 20):
        at = int(start * 2048)
        x[3, at : at + 400] += 400 * np.exp(-np.arange(400) / 40)
    analysis = analyze(stored(x, 2048.0, channels))
    assert len(analysis.events) <= 1
    assert analysis.details["detection"]["electrode_pops"] >= 18
    assert any("EMG 4" in problem and "pops" in problem for problem in analysis.quality.problems)


@pytest.mark.parametrize("mains", [50.0, 59.94])
def test_mains_is_taken_out_and_said(mains: float) -> None:
    x, channels = quiet(60.0)
    t = np.arange(x.shape[1]) / 1000.0
    truth = np.array([5.2, 17.9, 30.3, 44.4])
    add(x, 1000.0, truth, 60.0, potential(1000.0))
    x += 40 * np.sin(2 * np.pi * mains * t) + 10 * np.sin(2 * np.pi * 3 * mains * t + 1)
    analysis = analyze(stored(x, 1000.0, channels))
    assert analysis.details["detection"]["mains_hz"] == pytest.approx(mains, abs=0.03)
    assert len(truth) <= len(analysis.events) <= len(truth) + 1
    assert analysis.quality.noise_uv == pytest.approx(5, rel=0.2)
    assert any("Mains" in problem for problem in analysis.quality.problems)


def test_no_mains_is_claimed_in_plain_noise() -> None:
    x, channels = quiet(60.0, channels=4, seed=3)
    assert analyze(stored(x, 1000.0, channels)).details["detection"]["mains_hz"] is None


def test_clipping_gaps_and_lost_signal_are_left_out() -> None:
    x, channels = quiet(60.0)
    x[:, 10_000:10_400] = 9000 * np.sin(np.arange(400) / 5.0)
    x[:, 30_000:33_000] = 0.0
    values = np.clip(np.round(x / 0.25), -24000, 24000).astype(np.int16)
    values[:, 45_000:46_000] = 0
    recording = Recording.from_array(values, 1000.0, channels, gaps=[Span(45.0, 46.0, "gap")])
    analysis = analyze(recording)
    assert {"clipping", "no signal", "gap in the recording"} <= reasons(analysis)
    assert left_out(analysis, 30, 33) > 0.95
    assert left_out(analysis, 45, 46) == 1.0
    assert left_out(analysis, 10, 10.4) > 0.9
    assert len(analysis.events) <= 2


def test_dead_repeated_and_noisy_channels_are_left_out_and_named() -> None:
    x, channels = quiet(30.0, channels=6)
    x[1] = 0.0
    x[4] = x[2]
    x[5] *= 200
    analysis = analyze(stored(x, 1000.0, channels))
    assert analysis.channels == ("EMG 1", "EMG 3", "EMG 4")
    text = " ".join(analysis.quality.problems)
    assert "EMG 2" in text and "EMG 5" in text and "EMG 6" in text


def test_an_accelerometer_witnesses_movement() -> None:
    x, _ = quiet(40.0)
    acceleration = np.random.default_rng(1).normal(0, 0.002, (3, 40_000))
    acceleration[:, 20_000:21_500] += np.sin(np.arange(1500) / 8.0)
    recording = Recording.from_array(
        np.concatenate([x, acceleration]).astype(np.float32),
        1000.0,
        [Channel("EMG 1", "uV", ChannelKind.SURFACE_EMG)]
        + [Channel(axis, "g", ChannelKind.ACCELERATION) for axis in "xyz"],
    )
    analysis = analyze(recording)
    assert reasons(analysis) == {"movement"}
    assert left_out(analysis, 20, 21.5) > 0.9


# Real recordings: none of them holds labelled fasciculations.


def real(folder: Path, name: str, kind: ChannelKind = ChannelKind.SURFACE_EMG) -> Recording:
    recording = read(folder / name)[0]
    rows = recording.indices(ChannelKind.SURFACE_EMG, ChannelKind.OTHER, ChannelKind.ECG)
    return recording.select(rows).with_kind(kind)


def test_short_bursts_of_the_adductor_pollicis_are_voluntary(shared_data: Path) -> None:
    analysis = analyze(real(shared_data, "plux_opensignals/emg_1000_hz_16_bits_solo.h5"))
    assert reasons(analysis) == {"voluntary activity"}
    assert len(analysis.excluded) >= 12
    assert analysis.events == ()


def test_contractions_of_biceps_are_voluntary(shared_data: Path) -> None:
    analysis = analyze(real(shared_data, "plux_opensignals/emg_bursts.h5"))
    assert "voluntary activity" in reasons(analysis)
    assert analysis.events == ()
    assert not any(f.name == "emg_fasciculations" and f.present for f in analysis.findings)


def test_fists_are_voluntary(shared_data: Path) -> None:
    values = np.loadtxt(shared_data / "myo_readings" / "55555-1_7.txt", delimiter=",")
    channels = [Channel(f"pod {k + 1}", None, ChannelKind.SURFACE_EMG) for k in range(8)]
    analysis = analyze(Recording.from_array(values[:, :8].T.astype(np.int8), 200.0, channels))
    fist = values[:, 8] == 7
    times = np.arange(len(values)) / 200.0
    held = np.array([any(s.start_s <= t <= s.end_s for s in analysis.excluded) for t in times])
    assert held[fist].mean() > 0.9
    assert len(analysis.events) <= 1


@pytest.mark.parametrize(
    ("name", "per_min"), [("biosppy_emg/ecg.txt", 60), ("plux_opensignals/ecg_4000_Hz.h5", 82)]
)
def test_an_electrocardiogram_is_heartbeat(shared_data: Path, name: str, per_min: float) -> None:
    analysis = analyze(real(shared_data, name))
    assert analysis.details["heartbeat"]["per_min"] == pytest.approx(per_min, rel=0.06)
    assert not any(f.name == "emg_fasciculations" and f.present for f in analysis.findings)


def test_a_ramp_contraction_of_vastus_lateralis_is_voluntary(shared_data: Path) -> None:
    recording = read(shared_data / "openhdemg_otb" / "otb_testfile_a.mat")[0]
    analysis = analyze(recording)
    assert len(analysis.channels) == 64
    assert left_out(analysis, 2.5, 16.2) > 0.98
    assert analysis.events == ()
    assert analysis.quality.verdict in {"poor", "unusable"}


def test_artefacts_of_a_bench_without_a_person_are_not_discharges(shared_data: Path) -> None:
    recording = read(shared_data / "tmsi_poly5" / "EMG_recording_testlung.Poly5")[0]
    analysis = analyze(recording.with_kind(ChannelKind.SURFACE_EMG))
    assert len(analysis.events) <= 1
    assert analysis.details["detection"]["slow_deflections"] >= 30


def test_late_parts_of_a_potential_are_hardly_ever_discharges_of_their_own() -> None:
    x, channels = quiet(60.0)
    truth = np.sort(np.random.default_rng(11).uniform(1, 58, 25))
    truth = truth[np.concatenate([[True], np.diff(truth) > 0.1])]
    add(x, 1000.0, truth, 90.0, potential(1000.0))
    add(x, 1000.0, truth + 0.028, 60.0, potential(1000.0))
    analysis = analyze(stored(x, 1000.0, channels))
    assert len(analysis.events) <= 1.2 * len(truth)  # twice as many parts were put in
    found = np.array([event.time_s for event in analysis.events])
    assert np.mean([np.abs(found - t).min() < 0.003 for t in truth]) >= 0.95
