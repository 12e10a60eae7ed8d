"""Tables as text, in the many ways programs and phones write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myolens.errors import InputError
from myolens.readers import read
from myolens.recording import ChannelKind, Recording


def of(tmp_path: Path, text: str | bytes, name: str = "a.csv", **more: object) -> Recording:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    (recording,) = read(path, **more)  # type: ignore[arg-type]
    return recording


@given(
    values=st.lists(
        st.lists(st.floats(-1e4, 1e4).map(lambda v: round(v, 4)), min_size=2, max_size=2),
        min_size=4,
        max_size=30,
    ),
    delimiter=st.sampled_from([",", ";", "\t", " "]),
    comma=st.booleans(),
    heading=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]),
    newline=st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=150, deadline=None)
def test_every_way_of_writing_gives_the_same_numbers(
    values: list[list[float]],
    delimiter: str,
    comma: bool,
    heading: bool,
    encoding: str,
    newline: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    comma = comma and delimiter != ","
    rows = [[f"{i / 1000:.3f}", *(f"{v:.4f}" for v in row)] for i, row in enumerate(values)]
    if comma:
        rows = [[cell.replace(".", ",") for cell in row] for row in rows]
    lines = [delimiter.join(row) for row in rows]
    if heading:
        lines.insert(0, delimiter.join(["time_s", "EMG_mV", "aux"]))
    path = tmp_path_factory.mktemp("text") / "a.txt"
    path.write_bytes((newline.join(lines) + newline).encode(encoding))
    (recording,) = read(path)
    assert recording.rate == pytest.approx(1000)
    np.testing.assert_allclose(recording.physical(), np.array(values).T, rtol=1e-5, atol=1e-5)
    if heading:
        assert [(c.name, c.unit) for c in recording.channels] == [("EMG", "mV"), ("aux", None)]
        assert recording.channels[0].kind is ChannelKind.SURFACE_EMG


def test_unit_row_under_the_names(tmp_path: Path) -> None:
    rows = "\n".join(f"{i / 10:.1f};{i};{-i}" for i in range(20))
    recording = of(tmp_path, f"Time;Biceps EMG;Force\ns;µV;N\n{rows}\n")
    assert [(c.name, c.unit) for c in recording.channels] == [("Biceps EMG", "uV"), ("Force", "N")]
    assert recording.rate == 10
    assert recording.channels[1].kind is ChannelKind.FORCE


@pytest.mark.parametrize(
    ("head", "rate"),
    [("# sampling rate: 1000", 1000), ("# Sampling Rate (Hz):= 1000.00", 1000), ("# fs = 2 kHz", 2000),
     ("Sampling frequency,512,", 512), ("# SamplingRate=2048 Hz", 2048)],
)  # fmt: skip
def test_stated_rates(tmp_path: Path, head: str, rate: float) -> None:
    rows = "\n".join(f"{(i * 7) % 13},{(i * 5) % 11},{i % 3 + 0.5}" for i in range(50))
    assert of(tmp_path, f"{head}\n{rows}\n").rate == rate


def test_without_time_or_rate_the_message_says_how_to_give_it(tmp_path: Path) -> None:
    rows = "\n".join(str((i * 7) % 13) for i in range(50))
    with pytest.raises(InputError, match=r"neither a time column.*# sampling rate: 1000.*rate=1000"):
        of(tmp_path, rows)
    assert of(tmp_path, rows, rate=250).rate == 250


def test_rate_of_the_file_wins_and_is_said(tmp_path: Path) -> None:
    rows = "\n".join(str((i * 7) % 13) for i in range(50))
    recording = of(tmp_path, f"# fs: 100\n{rows}\n", rate=250)
    assert recording.rate == 100
    assert any("250 Hz given with it was not used" in note for note in recording.notes)


@pytest.mark.parametrize(
    ("heading", "scale"), [("time (ms)", 1e3), ("time_us", 1e6), ("timestamp [ns]", 1e9), ("t (s)", 1)]
)
def test_units_of_time(tmp_path: Path, heading: str, scale: float) -> None:
    rows = "\n".join(f"{i * 0.002 * scale:.10g},{i % 5}" for i in range(100))
    assert of(tmp_path, f"{heading},emg\n{rows}\n").rate == pytest.approx(500)


def test_whole_numbers_of_unknown_time_unit_are_not_guessed(tmp_path: Path) -> None:
    rows = "\n".join(f"{i},{i % 5}" for i in range(100))
    with pytest.raises(InputError, match="unit is not stated"):
        of(tmp_path, f"time,emg\n{rows}\n")


def test_steps_that_could_be_milliseconds_are_not_guessed(tmp_path: Path) -> None:
    rows = "\n".join(f"{i * 1000 / 2048:.4f},{i % 5}" for i in range(100))
    with pytest.raises(InputError, match="unit is not stated"):
        of(tmp_path, f"time,emg\n{rows}\n")


def test_times_written_more_coarsely_than_the_samples_come(tmp_path: Path) -> None:
    rows = "\n".join(f"{i / 2048:.3f},{np.sin(i):.4f}" for i in range(5000))
    recording = of(tmp_path, f"time (s),emg\n{rows}\n")
    assert recording.rate == pytest.approx(2048, rel=3e-4)
    assert recording.samples == 5000
    np.testing.assert_allclose(recording.physical()[0], np.sin(np.arange(5000)), atol=1e-4)


def test_one_column_with_decimal_comma(tmp_path: Path) -> None:
    recording = of(tmp_path, "0,123\n-0,004\n0,056\n0,001\n", rate=100)
    np.testing.assert_allclose(recording.physical(), [[0.123, -0.004, 0.056, 0.001]], rtol=1e-6)


def test_clock_times(tmp_path: Path) -> None:
    rows = "\n".join(f"2024-03-01 10:00:{i / 10:06.3f},{i % 7}" for i in range(100))
    recording = of(tmp_path, f"timestamp,emg\n{rows}\n")
    assert recording.rate == 10
    assert recording.start is not None
    assert recording.start.isoformat() == "2024-03-01T10:00:00+00:00"


def test_uneven_times_are_interpolated_and_said(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    times = np.cumsum(rng.uniform(0.008, 0.012, 500))
    rows = "\n".join(f"{t:.6f},{np.sin(2 * np.pi * t):.6f}" for t in times)
    recording = of(tmp_path, f"time (s),acc x (g)\n{rows}\n")
    note = next(n for n in recording.notes if n.startswith("Unevenly sampled"))
    assert "linear interpolation" in note
    grid = times[0] + np.arange(recording.samples) / recording.rate
    np.testing.assert_allclose(recording.physical()[0], np.sin(2 * np.pi * grid), atol=1e-3)


def test_gap_is_named_and_holds_zeros(tmp_path: Path) -> None:
    times = np.concatenate([np.arange(100), np.arange(300, 400)]) / 100
    rows = "\n".join(f"{t:.2f},5" for t in times)
    recording = of(tmp_path, f"time (s),emg (mV)\n{rows}\n")
    (gap,) = recording.gaps
    assert (gap.start_s, gap.end_s) == (pytest.approx(1.0), pytest.approx(3.0))
    values = recording.physical()[0]
    assert not values[100:300].any()
    assert (values[:100] == 5).all()
    assert (values[300:] == 5).all()


def test_missing_cells_and_ragged_rows(tmp_path: Path) -> None:
    rows = [f"{i / 100:.2f},{i},{2 * i}" for i in range(100)]
    rows[10] = "0.10,,20"
    rows[20] = "0.20,20"
    recording = of(tmp_path, "time (s),a,b\n" + "\n".join(rows) + "\n")
    np.testing.assert_allclose(recording.physical()[0], np.arange(100))
    np.testing.assert_allclose(recording.physical()[1], 2 * np.arange(100))
    assert any("1 of 100 values of a" in note for note in recording.notes)
    assert any("fewer or more cells" in note for note in recording.notes)


def test_words_between_the_numbers_are_left_out(tmp_path: Path) -> None:
    rows = "\n".join(f"{i / 50:.2f},walking,{i % 9}" for i in range(100))
    recording = of(tmp_path, f"time (s),activity,emg\n{rows}\n")
    assert [c.name for c in recording.channels] == ["emg"]


def test_several_clocks_in_one_table_make_several_recordings(tmp_path: Path) -> None:
    rows = [f"{i / 1000:.3f},{i}," + (f"{i / 100:.2f},{-i}" if i < 100 else ",") for i in range(1000)]
    path = tmp_path / "a.csv"
    path.write_text("X [s],EMG 1,X [s],ACC 1\n" + "\n".join(rows) + "\n")
    fast, slow = read(path)
    assert (fast.rate, fast.samples, slow.rate, slow.samples) == (1000, 1000, 100, 100)
    np.testing.assert_array_equal(slow.physical()[0], -np.arange(100))


def test_delsys(shared_data: Path) -> None:
    path = shared_data / "delsys_trigno" / "truncated_trigno_sample.csv"
    emg, motion = read(path)
    assert emg.rate == pytest.approx(1259.259, abs=1e-3)
    assert motion.rate == pytest.approx(148.1481, abs=1e-3)
    assert {(c.kind, c.unit) for c in emg.channels} == {(ChannelKind.SURFACE_EMG, "V")}
    assert {(c.kind, c.unit) for c in motion.channels} == {
        (ChannelKind.ACCELERATION, "g"),
        (ChannelKind.GYROSCOPE, "deg/s"),
    }
    assert any("81141" in note for note in emg.notes)
    raw = np.genfromtxt(path, delimiter=",", skip_header=18)
    np.testing.assert_allclose(emg.physical()[0], raw[:, 1], rtol=1e-6)
    imu = raw[:, 3][np.isfinite(raw[:, 3])]
    np.testing.assert_allclose(motion.physical()[0], imu[: motion.samples], rtol=1e-6)


def test_myo_armband_needs_its_rate_and_keeps_its_labels(shared_data: Path) -> None:
    path = shared_data / "myo_readings" / "55555-1_7.txt"
    with pytest.raises(InputError, match="rate=1000"):
        read(path)
    (recording,) = read(path, rate=200, kind="surface_emg")
    raw = np.loadtxt(path, delimiter=",").T
    np.testing.assert_array_equal(recording.physical(), raw)
    assert recording.indices(ChannelKind.SURFACE_EMG) == tuple(range(8))
    assert recording.channels[8].kind is ChannelKind.TRIGGER
    fist = [a for a in recording.annotations if a.text == "column 9 = 7"]
    assert sum(a.duration_s for a in fist) == pytest.approx((raw[8] == 7).sum() / 200)


@pytest.mark.parametrize(
    ("name", "rate", "samples", "kinds", "units"),
    [
        ("biosppy_emg/emg.txt", 1000, 100_000, {"surface_emg"}, {None}),
        ("biosppy_emg/ecg.txt", 1000, 15_000, {"ecg"}, {None}),
        ("biosppy_emg/acc.txt", 100, 2000, {"acceleration"}, {"m/s^2"}),
        ("sensor_logger/AccelerometerUncalibrated.csv", 99.754, 2714, {"acceleration"}, {"g"}),
        ("sensor_logger/GyroscopeUncalibrated.csv", 99.754, 2706, {"gyroscope"}, {"rad/s"}),
        ("mhealthtools_tremor/rest_tremor_data.csv", 92.774, 862, {"acceleration", "gyroscope"}, {"g", None}),
        ("paradigma_watch/watch_imu_a.csv", 100, 36_055, {"acceleration", "gyroscope"}, {"m/s^2", "deg/s"}),
        (
            "xio_imu/sensor_data.csv",
            99.212,
            13_427,
            {"acceleration", "gyroscope", "other"},
            {"g", "deg/s", "uT"},
        ),
        (
            "geneactiv_csv/demo_data.csv",
            50,
            8425,
            {"acceleration", "other", "trigger"},
            {"g", "lux", "degC", None},
        ),
    ],
)
def test_real_exports(
    shared_data: Path, name: str, rate: float, samples: int, kinds: set[str], units: set[str | None]
) -> None:
    (recording,) = read(shared_data / name)
    assert recording.rate == pytest.approx(rate, abs=1e-3)
    assert recording.samples == samples
    assert {c.kind for c in recording.channels} == kinds
    assert {c.unit for c in recording.channels} == units
    assert recording.source == Path(name).name
    unknown = any(c.unit is None and c.kind is not ChannelKind.TRIGGER for c in recording.channels)
    assert any("not state the unit" in note for note in recording.notes) is unknown


def test_geneactiv_pause_is_a_gap_of_zeros(shared_data: Path) -> None:
    (recording,) = read(shared_data / "geneactiv_csv" / "demo_data.csv")
    (gap,) = recording.gaps
    a, b = round(gap.start_s * 50), round(gap.end_s * 50)
    assert not recording.physical()[:, a:b].any()
    # 8400 rows of 1/50 s, from 10:25:50.000 to 10:28:38.480
    assert recording.samples - (b - a) == 8400
    assert recording.samples == round((168.48 + 1 / 50) * 50)


PHYPHOX = '"Time (s)","Linear Acceleration x (m/s^2)","Linear Acceleration y (m/s^2)"\n'


@pytest.mark.parametrize("german", [False, True])
def test_phyphox(tmp_path: Path, german: bool) -> None:
    lines = [f"{i * 0.01:.9E},{np.sin(i):.9E},{np.cos(i):.9E}" for i in range(200)]
    text = PHYPHOX + "\n".join(lines)
    if german:
        text = text.replace(",", ";").replace(".", ",")
    recording = of(tmp_path, text, "Accelerometer.csv")
    assert recording.rate == pytest.approx(100)
    assert [c.unit for c in recording.channels] == ["m/s^2"] * 2
    assert recording.channels[0].name == "Linear Acceleration x"
    np.testing.assert_allclose(recording.physical()[0], np.sin(np.arange(200)), atol=1e-6)


def test_phone_acceleration_in_metres_is_known_by_gravity(tmp_path: Path) -> None:
    lines = [f"{1.7e18 + i * 1e7:.0f},{i * 0.01:.4f},0.1,0.2,9.8" for i in range(200)]
    recording = of(tmp_path, "time,seconds_elapsed,z,y,x\n" + "\n".join(lines), "TotalAcceleration.csv")
    assert {c.unit for c in recording.channels} == {"m/s^2"}
    assert any("follows from gravity" in note for note in recording.notes)
    lines = [f"{1.7e18 + i * 1e7:.0f},{i * 0.01:.4f},0.1,0.2,0.1" for i in range(200)]
    recording = of(tmp_path, "time,seconds_elapsed,z,y,x\n" + "\n".join(lines), "Accelerometer.csv")
    assert {c.unit for c in recording.channels} == {None}
