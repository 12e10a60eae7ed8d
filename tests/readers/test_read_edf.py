"""EDF, EDF+, BDF and BDF+ against edfio, and against files written here clause by clause."""

from __future__ import annotations

from pathlib import Path

import edfio
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myolens.errors import InputError
from myolens.readers import read
from myolens.recording import ChannelKind, Recording

SIGNALS = [
    "short_psg.edf",
    "test_utf8.edf",
    "test_subsecond.edf",
    "test_uneven_samp.edf",
    "duplicate_channel_labels.edf",
    "test_generator.bdf",
    "test_generator_datarec_generator_2.bdf",
    "test_bdf_stim_channel.bdf",
]


def by_name(recordings: tuple[Recording, ...]) -> dict[str, tuple[Recording, int]]:
    return {c.name: (r, row) for r in recordings for row, c in enumerate(r.channels)}


@pytest.mark.parametrize("name", SIGNALS)
def test_samples_units_and_annotations_are_those_of_edfio(shared_data: Path, name: str) -> None:
    path = shared_data / "edf_bdf" / name
    theirs = edfio.read_bdf(path) if path.suffix == ".bdf" else edfio.read_edf(path)
    ours = read(path)
    rows = [(r, row) for r in ours for row in range(len(r.channels))]
    assert len(rows) == len(theirs.signals)
    unmatched = list(rows)
    for signal in theirs.signals:
        match = next(
            (r, row)
            for r, row in unmatched
            if r.channels[row].name.split(" (")[0] == signal.label and r.rate == signal.sampling_frequency
        )
        unmatched.remove(match)
        recording, row = match
        np.testing.assert_array_equal(recording.signal.read(0, recording.samples, [row])[0], signal.digital)
        scale = max(abs(signal.physical_min), abs(signal.physical_max))
        np.testing.assert_allclose(recording.physical(rows=[row])[0], signal.data, atol=2e-6 * scale)
    for recording in ours:
        written = [a for a in recording.annotations if not a.text.startswith("trigger ")]
        assert [(a.onset_s, a.duration_s, a.text) for a in written] == [
            (pytest.approx(a.onset), a.duration or 0.0, a.text) for a in theirs.annotations
        ]
        assert recording.source == name
        assert recording.start is not None
        assert abs((recording.start - theirs.startdatetime).total_seconds()) < 1e-5


def test_one_recording_per_rate(shared_data: Path) -> None:
    assert {r.rate for r in read(shared_data / "edf_bdf" / "test_generator.bdf")} == {
        1000,
        800,
        500,
        975,
        999,
    }


def test_repeated_labels_are_numbered(shared_data: Path) -> None:
    (recording,) = read(shared_data / "edf_bdf" / "duplicate_channel_labels.edf")
    names = [channel.name for channel in recording.channels]
    assert len(set(names)) == 3
    assert any(name.endswith(" (2)") for name in names)


def test_status_channel_of_biosemi_is_a_trigger(shared_data: Path) -> None:
    (recording,) = read(shared_data / "edf_bdf" / "test_bdf_stim_channel.bdf")
    assert [c.name for c in recording.channels if c.kind is ChannelKind.TRIGGER] == ["Status"]


def test_annotations_without_signal_are_refused(shared_data: Path) -> None:
    with pytest.raises(InputError, match="154 annotations and no signal"):
        read(shared_data / "edf_bdf" / "SC4001EC-Hypnogram.edf")


def test_emg_sampled_once_a_second_is_not_taken_for_emg(shared_data: Path) -> None:
    recording, row = by_name(read(shared_data / "edf_bdf" / "short_psg.edf"))["EMG submental"]
    assert recording.channels[row].kind is ChannelKind.OTHER
    assert any("envelope" in note for note in recording.notes)


def test_bids_sidecars_give_kind_and_place(shared_data: Path) -> None:
    folder = shared_data / "bids_emg" / "emg_TwoHDsEMG" / "sub-01" / "emg"
    (recording,) = read(folder / "sub-01_task-isometric_emg.edf")
    assert {c.kind for c in recording.channels} == {ChannelKind.SURFACE_EMG}
    assert recording.channels[1].position_mm == (0.0, 8.0)  # E2 of electrodes.tsv
    assert recording.channels[9].position_mm == (8.0, 48.0)  # E10


def written(path: Path, values: list[np.ndarray], rates: list[float], **more: object) -> Path:
    signals = [
        edfio.EdfSignal.from_digital(
            v, rate, label=f"EMG {i}", physical_dimension="uV", physical_range=(-3276.8, 3276.7)
        )
        for i, (v, rate) in enumerate(zip(values, rates, strict=True))
    ]
    edfio.Edf(signals, **more).write(path)
    return path


@given(
    data=st.data(),
    channels=st.integers(1, 4),
    records=st.integers(1, 5),
    per_record=st.sampled_from([1, 7, 64]),
)
@settings(max_examples=40, deadline=None)
def test_any_block_of_any_channels_is_that_part_of_the_whole(
    data: st.DataObject,
    channels: int,
    records: int,
    per_record: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    rng = np.random.default_rng(channels * 100 + records)
    values = [rng.integers(-32768, 32767, records * per_record).astype(np.int16) for _ in range(channels)]
    path = written(
        tmp_path_factory.mktemp("edf") / "a.edf",
        values,
        [float(per_record)] * channels,
        data_record_duration=1.0,
    )
    (recording,) = read(path)
    whole = np.stack(values)
    start = data.draw(st.integers(0, recording.samples))
    stop = data.draw(st.integers(start, recording.samples))
    rows = data.draw(st.lists(st.integers(0, channels - 1), max_size=4))
    np.testing.assert_array_equal(recording.signal.read(start, stop), whole[:, start:stop])
    np.testing.assert_array_equal(recording.signal.read(start, stop, rows), whole[rows, start:stop])
    assert recording.signal.dtype == np.int16


@given(values=st.lists(st.integers(-(2**23), 2**23 - 1), min_size=8, max_size=8))
@settings(max_examples=30, deadline=None)
def test_24_bit_integers_survive(values: list[int], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("bdf") / "a.bdf"
    signal = edfio.BdfSignal.from_digital(
        np.array(values, np.int32), 4, label="A1", physical_dimension="uV", physical_range=(-262144, 262143),
        digital_range=(-(2**23), 2**23 - 1),
    )  # fmt: skip
    edfio.Bdf([signal], data_record_duration=1.0).write(path)
    (recording,) = read(path)
    assert recording.signal.read(0, 8)[0].tolist() == values


def discontinuous(path: Path, onsets: list[float]) -> Path:
    """EDF+D with records of one second at the given onsets."""
    values = np.arange(100 * len(onsets), dtype=np.int16)
    written(
        path,
        [values],
        [100.0],
        annotations=[edfio.EdfAnnotation(0.25, None, "mark")],
        data_record_duration=1.0,
    )
    raw = bytearray(path.read_bytes())
    raw[192:197] = b"EDF+D"
    header, per_record = int(raw[184:192]), (len(raw) - int(raw[184:192])) // len(onsets)
    for record, onset in enumerate(onsets):
        at = header + record * per_record + 200
        old = bytes(raw[at : header + (record + 1) * per_record])
        rest = old[old.index(b"\x14") :]
        new = f"+{onset:.10g}".encode() + rest
        raw[at : at + len(old)] = new.rstrip(b"\0")[: len(old)].ljust(len(old), b"\0")
    path.write_bytes(raw)
    return path


def test_discontinuous_file_has_gaps_of_zeros(tmp_path: Path) -> None:
    (recording,) = read(discontinuous(tmp_path / "d.edf", [0, 1, 5, 6]))
    assert recording.seconds == 7.0
    assert [(g.start_s, g.end_s) for g in recording.gaps] == [(2.0, 5.0)]
    values = recording.signal.read(0, 700)[0]
    assert not values[200:500].any()
    np.testing.assert_array_equal(values[:200], np.arange(200))
    np.testing.assert_array_equal(values[500:], np.arange(200, 400))
    np.testing.assert_array_equal(recording.signal.read(150, 550)[0], values[150:550])
    assert [a.text for a in recording.annotations] == ["mark"]


@pytest.mark.parametrize(("onsets", "what"), [([0, 1e9], "spreads"), ([0, 0.5], "beginning before")])
def test_absurd_time_lines_are_refused(tmp_path: Path, onsets: list[float], what: str) -> None:
    with pytest.raises(InputError, match=what):
        read(discontinuous(tmp_path / "d.edf", onsets))


def test_file_cut_short_is_read_with_a_note(tmp_path: Path) -> None:
    path = written(tmp_path / "a.edf", [np.arange(1000, dtype=np.int16)], [100.0], data_record_duration=1.0)
    path.write_bytes(path.read_bytes()[:-250])
    (recording,) = read(path)
    assert recording.samples == 800
    assert any("8 of 10 records" in note for note in recording.notes)


@pytest.mark.parametrize(
    ("at", "text", "what"),
    [
        (236, b"-5      ", None),  # unknown number of records: counted
        (236, b"99999999", None),  # more than there are: cut short
        (244, b"0       ", "no signal"),
        (244, b"nan     ", "record duration"),
        (244, b"1e-12   ", "sampling rate"),
        (252, b"9999", "ends inside its header"),
        (252, b"-1  ", "signals"),
        (256 + 216, b"99999999", "no complete data record"),
        (256 + 216, b"0       ", "no samples"),
        (256 + 216, b"-7      ", "samples per record"),
    ],
)
def test_absurd_headers(tmp_path: Path, at: int, text: bytes, what: str | None) -> None:
    path = written(tmp_path / "a.edf", [np.arange(1000, dtype=np.int16)], [100.0], data_record_duration=1.0)
    raw = bytearray(path.read_bytes())
    raw[at : at + len(text)] = text
    path.write_bytes(raw)
    if what is None:
        assert read(path)[0].samples == 1000
        assert read(path)[0].notes
    else:
        with pytest.raises(InputError, match=what):
            read(path)


def test_channel_without_calibration_keeps_raw_numbers_and_says_so(tmp_path: Path) -> None:
    path = written(tmp_path / "a.edf", [np.arange(100, dtype=np.int16)], [100.0], data_record_duration=1.0)
    raw = bytearray(path.read_bytes())
    raw[256 + 112 : 256 + 120] = raw[256 + 104 : 256 + 112]  # physical maximum = minimum
    path.write_bytes(raw)
    (recording,) = read(path)
    assert recording.channels[0].unit is None
    assert any("calibration" in note for note in recording.notes)
    np.testing.assert_array_equal(recording.physical()[0], np.arange(100))


@pytest.mark.parametrize(
    ("dimension", "unit"),
    [("uV", "uV"), ("µV", "uV"), ("mv", "mV"), ("", None), ("V", "V"), ("degC", "degC")],
)
def test_unit_spellings(tmp_path: Path, dimension: str, unit: str | None) -> None:
    path = written(tmp_path / "a.edf", [np.arange(100, dtype=np.int16)], [100.0], data_record_duration=1.0)
    raw = bytearray(path.read_bytes())
    raw[256 + 96 : 256 + 104] = dimension.encode("latin-1").ljust(8)
    path.write_bytes(raw)
    (recording,) = read(path)
    assert recording.channels[0].unit == unit
    assert any("not state the unit" in note for note in recording.notes) is (unit is None)
