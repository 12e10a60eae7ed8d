"""Needle EMG: activity named as the glossary defines it, readings only where limits exist."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.needle.__main__ import name_of
from benchmarks.needle.discharges import KINDS, recording_of

from myolens.emg.needle import read_needle
from myolens.emg.needle_reference import known_muscle, read_potentials, widening
from myolens.emg.potentials import measure_potential
from myolens.errors import InputError
from myolens.recording import Annotation, Channel, ChannelKind, Recording

RATE = 10_000.0


def triphasic(amplitude: float, duration_ms: float, *, positive_first: bool = True) -> np.ndarray:
    """Positive, large negative, positive: the usual motor-unit or fibre potential."""
    t = np.linspace(-1, 1, round(duration_ms / 1e3 * RATE))
    shape = np.cos(1.5 * np.pi * t) * np.cos(np.pi * t / 2)
    shape = shape * amplitude / np.ptp(shape)
    return -shape if positive_first else shape


def sharp_wave(amplitude: float) -> np.ndarray:
    """Steep positive spike, then a long low negative wave."""
    t = np.arange(round(0.02 * RATE)) / RATE * 1e3
    return amplitude * (np.exp(-t / 0.8) * (1 - np.exp(-t / 0.3)) * 1.9 - 0.12 * (t / 4) * np.exp(1 - t / 4))


def trace(trains: list[tuple[np.ndarray, np.ndarray]], seconds: float, noise: float = 3.0, seed: int = 0):
    rng = np.random.default_rng(seed)
    signal = rng.normal(0, noise, round(seconds * RATE))
    for times, shape in trains:
        for start in (np.asarray(times) * RATE).astype(int):
            if 0 <= start < signal.size - shape.size:
                signal[start : start + shape.size] += shape
    return signal.astype(np.float32)


def recording(signal: np.ndarray, **more) -> Recording:
    return Recording.from_array(signal[None], RATE, [Channel("needle", "uV", ChannelKind.NEEDLE_EMG)], **more)


def regular(rate_hz: float, seconds: float, cv: float, seed: int = 1, start: float = 0.3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    steps = rng.normal(1 / rate_hz, cv / rate_hz, int(seconds * rate_hz))
    return start + np.cumsum(np.maximum(steps, 0.3 / rate_hz))


@pytest.mark.parametrize("exclusive", [True, False])
def test_a_potential_in_two_forms_is_one_unit_unless_both_come_together(exclusive: bool) -> None:
    """A fibre that drops out: two forms of one unit take turns, those of two units meet by chance."""
    main, late = triphasic(600, 4), np.pad(triphasic(700, 2.5), (38, 0))
    whole = np.pad(main, (0, late.size - main.size)) + late
    times = regular(10, 30, 0.15)
    if exclusive:
        often = np.random.default_rng(3).random(times.size) < 0.6
        forms = [(times[often], np.pad(main, (0, late.size - main.size))), (times[~often], whole)]
    else:
        forms = [(times, np.pad(main, (0, late.size - main.size))), (regular(9, 30, 0.15, seed=7), whole)]
    units = [unit for unit in read_needle(recording(trace(forms, 31))).potentials if unit.discharges > 100]
    rates = sorted(unit.rate_hz for unit in units)
    assert rates == pytest.approx([10] if exclusive else [9, 10], rel=0.1)


def names(reading) -> set[str]:
    return {activity.name for activity in reading.spontaneous}


def present(reading) -> set[str]:
    return {finding.name for finding in reading.findings if finding.present}


def test_silence_shows_nothing_and_claims_nothing():
    reading = read_needle(recording(trace([], 10)))
    assert reading.spontaneous == () and reading.potentials == () and reading.findings == ()
    assert reading.reading == "not_enough"
    assert reading.lmn_evidence == {"active": None, "fasciculation": None, "chronic": None}
    assert [segment.reason for segment in reading.segments] == ["rest"]


def test_fibrillations_are_short_small_regular_and_initially_positive():
    reading = read_needle(recording(trace([(regular(6, 20, 0.02), triphasic(150, 3))], 20)))
    assert names(reading) == {"fibrillation"}
    assert present(reading) == {"emg_fibrillations"}
    assert reading.lmn_evidence["active"] is True


def test_positive_sharp_waves():
    reading = read_needle(recording(trace([(regular(8, 15, 0.02), sharp_wave(300))], 15)))
    assert "positive_sharp_wave" in names(reading)
    assert present(reading) == {"emg_fibrillations"}


def test_fasciculations_are_motor_unit_potentials_at_irregular_low_rates():
    times = np.cumsum(np.random.default_rng(7).exponential(3.0, 30))
    reading = read_needle(recording(trace([(times[times < 59], triphasic(900, 10))], 60)))
    assert names(reading) == {"fasciculation"}
    found = sum(len(activity.times_s) for activity in reading.spontaneous)
    assert found == pytest.approx((times < 59).sum(), abs=1)
    assert present(reading) == {"emg_fasciculations"}
    assert all(segment.reason == "rest" for segment in reading.segments)


def test_rate_at_rest_has_an_interval_over_the_rest_alone():
    """Twelve fasciculations in the 40 s before a contraction, none counted during it."""
    twitches = np.sort(np.random.default_rng(4).uniform(0.5, 39, 12))
    twitches = twitches[np.diff(twitches, prepend=-1) > 0.2]
    trains = [(twitches, triphasic(900, 10)), (41 + regular(9, 18, 0.15), triphasic(600, 9))]
    reading = read_needle(recording(trace(trains, 60)))
    rate = reading.rates_per_min["fasciculation"]
    assert reading.rest_seconds == pytest.approx(41, abs=1.5)
    assert rate.value == pytest.approx(60 * twitches.size / reading.rest_seconds, rel=0.1)
    assert rate.low < rate.value < rate.high
    assert reading.to_json()["rates_per_min"]["fasciculation"]["level"] == 0.95


def test_a_quiet_needle_says_how_little_it_excludes():
    short, long_ = (read_needle(recording(trace([], seconds))) for seconds in (40, 240))
    assert short.rates_per_min["fasciculation"].high > 3 * long_.rates_per_min["fasciculation"].high
    assert short.findings == ()
    assert {(f.name, f.present) for f in long_.findings} == {
        ("emg_fasciculations", False),
        ("emg_fibrillations", False),
    }
    assert all(-1.7 < f.strength < 0 for f in long_.findings)


def test_complex_repetitive_discharge_is_uniform_and_complex():
    complex_ = np.concatenate([triphasic(300, 5), triphasic(200, 4), triphasic(260, 4)])
    reading = read_needle(recording(trace([(regular(30, 3, 0.004, start=1.0), complex_)], 8)))
    assert "complex_repetitive_discharge" in names(reading)


def test_neuromyotonic_discharge_is_fast_and_falls():
    times = 1.0 + np.arange(120) / 200
    shape = triphasic(1, 4)
    signal = trace([], 5)
    for k, start in enumerate((times * RATE).astype(int)):
        signal[start : start + shape.size] += 600 * (1 - 0.45 * k / 120) * shape
    assert "neuromyotonic_discharge" in names(read_needle(recording(signal)))


def test_myokymia_is_groups_that_recur():
    starts = regular(1.2, 30, 0.1, start=0.5)
    times = (starts[:, None] + np.arange(4) / 35).ravel()
    reading = read_needle(recording(trace([(times, triphasic(700, 9))], 30)))
    assert "myokymic_discharge" in names(reading)
    assert "emg_myokymic_discharges" in present(reading)


def test_steady_firing_is_voluntary_and_the_silence_before_is_rest():
    times = 6 + regular(9, 8, 0.15)
    reading = read_needle(recording(trace([(times, triphasic(800, 10))], 15)), muscle="tibialis anterior")
    assert reading.spontaneous == () and reading.findings == ()
    assert reading.segments[0].reason == "rest" and reading.segments[0].end_s == pytest.approx(6, abs=0.6)
    (potential,) = reading.potentials
    assert potential.amplitude_uv == pytest.approx(800, rel=0.05)
    assert potential.rate_hz == pytest.approx(9, rel=0.1)
    assert reading.reading == "not_enough"  # one potential is no sample


def test_marks_in_the_file_overrule():
    times = regular(9, 10, 0.15)
    marked = recording(trace([(times, triphasic(800, 10))], 10), annotations=[Annotation(0, 10, "rest")])
    assert read_needle(marked).rest_seconds == pytest.approx(10, abs=0.6)


def test_two_overlapping_units_are_told_apart():
    trains = [
        (regular(9, 20, 0.12, seed=1), triphasic(900, 10)),
        (regular(11, 20, 0.12, seed=2), np.concatenate([triphasic(400, 5), triphasic(300, 5)])),
    ]
    reading = read_needle(recording(trace(trains, 20)))
    assert len(reading.potentials) == 2
    for potential, (times, _) in zip(
        reading.potentials, sorted(trains, key=lambda t: -len(t[0])), strict=True
    ):
        assert potential.discharges == pytest.approx((times < 19.9).sum(), rel=0.1)


def test_a_crowd_of_alike_units_is_a_contraction_and_not_spontaneous():
    trains = [(regular(8 + k, 28, 0.15, seed=k), triphasic(300 + 150 * k, 8 + k)) for k in range(5)]
    reading = read_needle(recording(trace(trains, 30)))
    assert reading.rest_seconds < 3 and reading.findings == ()


def test_gain_scales_sizes_and_hardly_the_duration():
    """Onset and offset are where 20 µV are left, so that a larger copy lasts a little longer, as by hand."""
    signal = trace([(regular(9, 10, 0.15), triphasic(500, 10))], 10)
    one, two = (read_needle(recording(signal * gain)).potentials[0] for gain in (1, 2))
    assert two.amplitude_uv == pytest.approx(2 * one.amplitude_uv, rel=1e-3)
    assert one.duration_ms <= two.duration_ms < one.duration_ms + 0.5
    assert (one.phases, one.discharges) == (two.phases, two.discharges)


@pytest.mark.parametrize(
    ("file", "reading", "directions"),
    [
        ("emg_healthy", "not_enough", {"normal"}),
        ("emg_neuropathy_a", "neurogenic", {"neurogenic"}),
        ("emg_myopathy_a", "not_enough", {"myopathic", None}),
    ],
)
def test_emgdb_examples_lean_the_right_way_or_not_at_all(shared_data, file, reading, directions):
    values = np.fromfile(shared_data / "emgdb" / f"{file}.dat", "<i2").astype(np.float32)[None]
    needle = Channel("EMG", "mV", ChannelKind.NEEDLE_EMG, gain=1e-4)
    found = read_needle(Recording.from_array(values, 4000.0, [needle]), muscle="tibialis anterior")
    assert found.reading == reading
    assert found.direction in directions
    assert found.rest_seconds < 1  # the trimmed files hold contractions
    assert not found.spontaneous


def test_bad_input_is_refused():
    silent = trace([], 5)
    with pytest.raises(InputError, match="needle"):
        read_needle(Recording.from_array(silent[None], RATE, [Channel("a", "uV", ChannelKind.SURFACE_EMG)]))
    with pytest.raises(InputError, match="unit"):
        read_needle(Recording.from_array(silent[None], RATE, [Channel("a", None, ChannelKind.NEEDLE_EMG)]))
    with pytest.raises(InputError, match="500 Hz"):
        read_needle(Recording.from_array(silent[None], 500.0, [Channel("a", "uV", ChannelKind.NEEDLE_EMG)]))
    with pytest.raises(InputError, match="short"):
        read_needle(recording(silent[:1000]))
    silent[100] = np.nan
    with pytest.raises(InputError, match="numbers"):
        read_needle(recording(silent))


def sample(amplitude: float, duration: float, count: int):
    shape = np.zeros(1001, np.float32)
    wave = triphasic(amplitude, duration)
    shape[500 - wave.size // 2 :][: wave.size] = wave
    return [measure_potential(np.repeat(shape[None], 20, 0), RATE)] * count


def test_published_limits_of_the_biceps():
    """EO92: the mean of 20 potentials lasts 7.4–13.0 ms, that of five 6.6–14.2 ms."""
    assert 2.8 * widening(20) == pytest.approx(2.8)
    assert 2.8 * widening(5) == pytest.approx(3.8)
    assert read_potentials(sample(600, 9.5, 20), "left biceps brachii", 40)[0] == "normal"
    assert read_potentials(sample(600, 17, 20), "biceps", 40)[0] == "neurogenic"
    assert read_potentials(sample(600, 5, 20), "biceps", 40)[0] == "myopathic"
    assert read_potentials(sample(600, 17, 4), "biceps", 40)[:2] == ("not_enough", "neurogenic")


def test_no_reading_where_no_limits_exist():
    reading, direction, reasons = read_potentials(sample(3000, 18, 20), "deltoid", 40)
    assert (reading, direction) == ("not_enough", None) and "deltoid" in reasons[0]
    assert read_potentials([], None, None)[0] == "not_enough"
    assert known_muscle("biceps femoris") is None


ALIKE = {"stopped_fibre": {"positive_sharp_wave", "fibrillation"}, "positive_sharp_wave": {"fibrillation"}}
"""A sharp wave is a fibrillation recorded where its fibre ends: one finding, whichever name it gets."""


@pytest.mark.parametrize("kind", KINDS)
def test_activity_made_of_fibre_physics_gets_its_name(kind):
    """Potentials from model fibres, times from the glossary: nothing shared with the classifier."""
    for seed in (301, 302):
        assert name_of(read_needle(recording_of(kind, seed))) in {kind} | ALIKE.get(kind, set())
