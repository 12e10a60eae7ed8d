"""Decomposition: known trains are found, numbers mean what they say, bad input is refused."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.decomposition.mixture import agreement, agreements, make_mixture

from myolens.emg import extension
from myolens.emg.convolutive import (
    add_discharges,
    lag_counts,
    local_peaks,
    pick_pulses,
    potentials_of,
)
from myolens.emg.decomposition import decompose
from myolens.emg.extension import apply_filters, extended_at, extended_covariance
from myolens.errors import InputError
from myolens.recording import Channel, ChannelKind, Recording


@pytest.fixture(scope="module")
def mixture():
    return make_mixture(units=6, seconds=16, amplitude_uv=(80.0, 300.0), seed=4)


def recording_of(signal: np.ndarray, rate: float = 2048.0, force: np.ndarray | None = None) -> Recording:
    channels = [Channel(f"E{i}", "uV", ChannelKind.SURFACE_EMG) for i in range(signal.shape[0])]
    if force is not None:
        signal = np.vstack([signal, force[None]])
        channels.append(Channel("force", "N", ChannelKind.FORCE))
    return Recording.from_array(signal.astype(np.float32), rate, channels)


@pytest.fixture(scope="module")
def decomposed(mixture):
    force = np.arange(mixture.signal.shape[1], dtype=np.float32)
    return decompose(recording_of(mixture.signal, force=force))


def trains(decomposition, rate: float = 2048.0) -> list[np.ndarray]:
    return [np.round(unit.times_s * rate).astype(np.int64) for unit in decomposition.units]


def test_every_unit_of_a_mixture_is_found(mixture, decomposed):
    assert (agreements(trains(decomposed), mixture) >= 0.9).all()


def test_no_invented_units(mixture, decomposed):
    for train in trains(decomposed):
        assert max(agreement(train, truth, mixture.rate) for truth in mixture.discharges) >= 0.9


def test_rates_and_force_thresholds_are_the_true_ones(mixture, decomposed):
    for unit, train in zip(decomposed.units, trains(decomposed), strict=True):
        truth = max(mixture.discharges, key=lambda t: agreement(train, t, mixture.rate))
        assert unit.rate_hz == pytest.approx(mixture.rate / np.median(np.diff(truth)), rel=0.05)
        assert unit.recruitment_force == pytest.approx(
            truth[0], abs=0.3 * mixture.rate
        )  # force = sample number
    onsets = [unit.recruitment_s for unit in decomposed.units]
    assert onsets == sorted(onsets)


def test_units_explain_most_of_a_loud_mixture(decomposed):
    assert 0.8 < decomposed.explained < 1


def test_same_input_gives_the_same_units(mixture):
    part = recording_of(mixture.signal[:, :12000])
    assert decompose(part).to_json() == decompose(part).to_json()


def test_a_stretch_is_timed_from_the_start_of_the_recording(mixture):
    found = decompose(recording_of(mixture.signal), seconds=(4.0, 14.0))
    assert found.units
    assert all(unit.times_s.min() >= 4.0 and unit.times_s.max() <= 14.0 for unit in found.units)
    loudest = mixture.discharges[-1]
    inside = loudest[(loudest > 4 * 2048) & (loudest < 14 * 2048)]
    assert max(agreement(train, inside, 2048.0) for train in trains(found)) >= 0.9


def test_noise_has_no_units():
    noise = np.random.default_rng(3).normal(0, 5, (16, 12000))
    assert decompose(recording_of(noise)).units == ()


def test_dead_and_noisy_channels_are_left_out_and_named(mixture):
    signal = mixture.signal[:, :10000].copy()
    signal[5] = 0
    signal[9] = np.random.default_rng(0).normal(0, 5000, 10000)
    found = decompose(recording_of(signal), maximum_units=2)
    assert [text.split(":")[0] for text in found.left_out] == ["E5", "E9"]
    assert len(found.channels) == 62


@pytest.mark.parametrize("seconds", [(0.0, 1.0), (5.0, 4.0), (0.0, 1e6)])
def test_impossible_stretches_are_refused(mixture, seconds):
    with pytest.raises(InputError):
        decompose(recording_of(mixture.signal), seconds=seconds)


def test_too_few_channels_are_refused(mixture):
    with pytest.raises(InputError, match="channels"):
        decompose(recording_of(mixture.signal[:4]))


def test_marked_units_of_a_real_contraction(shared_data):
    """Four of the five units that another program marked in a vastus lateralis contraction are found."""
    from scipy.io import loadmat

    data = loadmat(shared_data / "openhdemg_otb" / "otb_testfile_a.mat")["Data"]
    while data.dtype == object:
        data = data.ravel()[0]
    found = trains(decompose(recording_of(data[:, :64].T, force=data[:, 74])))
    marked = [np.flatnonzero(data[:, column] > 0.5) for column in range(64, 69)]
    agreed = [max(agreement(train, truth, 2048.0) for train in found) for truth in marked]
    assert sum(score >= 0.9 for score in agreed) >= 4


def extended(rows: np.ndarray, taps: int) -> np.ndarray:
    """Every extended observation, written out: row `tap·channels + channel` is the channel `tap` ago."""
    padded = np.concatenate([np.zeros((taps - 1, rows.shape[1])), rows])
    return np.stack([padded[t : t + taps][::-1].ravel() for t in range(len(rows))])


@pytest.mark.parametrize(("taps", "samples"), [(1, 700), (4, 5000), (41, 3001)])
def test_filters_and_covariance_are_those_of_the_extended_signal(monkeypatch, taps, samples):
    monkeypatch.setattr(extension, "CHUNK", 1000)  # results must not depend on where chunks end
    rng = np.random.default_rng(taps)
    rows = rng.normal(size=(samples, 3)).astype(np.float32)
    rows[:, 1] += np.roll(rows[:, 0], 2)
    observations = extended(rows, taps)
    filters = rng.normal(size=(2, 3 * taps)).astype(np.float32)
    np.testing.assert_allclose(apply_filters(rows, filters), filters @ observations.T, atol=1e-3)
    covariance = extended_covariance(rows, taps)
    for lag in range(taps):
        product = rows[lag:].T.astype(float) @ rows[: samples - lag] / samples
        for tap in {0, taps - lag - 1}:  # block Toeplitz: the same for every pair of taps so far apart
            rows_, columns = slice(3 * tap, 3 * tap + 3), slice(3 * (tap + lag), 3 * (tap + lag) + 3)
            np.testing.assert_allclose(covariance[rows_, columns], product, atol=1e-5)
    np.testing.assert_allclose(covariance, covariance.T, atol=1e-6)
    some = np.array([0, 2, samples - 1])
    np.testing.assert_array_equal(extended_at(rows, taps, some), observations[some].astype(np.float32))


def test_potentials_are_exact_where_discharges_collide():
    rng = np.random.default_rng(2)
    shapes = rng.normal(size=(2, 30, 4)).astype(np.float32)
    a = np.sort(rng.choice(np.arange(50, 5900), 300, replace=False)).astype(np.int64)
    b = a[::2] + 7  # every second discharge collides at one lag
    b = np.unique(np.concatenate([b, rng.choice(np.arange(50, 5900), 150)])).astype(np.int64)
    signal = np.zeros((6000, 4), np.float32)
    for train, shape in zip((a, b), shapes, strict=True):
        add_discharges(signal, train, shape, 10)
    found = potentials_of(signal, [a, b], 10, 20)
    np.testing.assert_allclose(found, shapes, atol=0.05)


def test_lag_counts_are_counts_of_pairs():
    a, b = np.array([10, 20, 30]), np.array([12, 22, 29])
    counts = lag_counts(a, b, 3)
    assert counts[3 + 2] == 2
    assert counts[3 - 1] == 1
    assert counts.sum() == 3


def test_pulses_are_told_from_noise_and_noise_is_not():
    rng = np.random.default_rng(5)
    source = rng.normal(0, 1, 20000).astype(np.float32)
    noise = pick_pulses(source, 2048.0)
    at = np.arange(100, 19900, 200)
    source[at] += 12
    clear = pick_pulses(source, 2048.0)
    np.testing.assert_array_equal(clear.samples, at)
    assert clear.separation > 0.8 > 0.68 > noise.separation
    assert noise.silhouette > 0.75  # why the usual measure does not decide


def test_peaks_keep_the_higher_of_two_close_ones():
    source = np.zeros(50, np.float32)
    source[[10, 13, 30]] = [1, 2, 1]
    np.testing.assert_array_equal(local_peaks(source, 5), [13, 30])
