"""Each binary format against the library of the field, on real files."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io

from myolens.errors import InputError
from myolens.readers import read
from myolens.readers.otbiolab import position_mm
from myolens.recording import ChannelKind


@pytest.mark.parametrize(
    "name",
    ["100_3chan", "binformats", "flacformats", "test01_00s", "test01_00s_frame", "test01_00s_skew",
     "test01_00s_skewframe", "041s/041s"],
)  # fmt: skip
def test_wfdb_values_are_those_of_the_wfdb_library(shared_data: Path, name: str) -> None:
    import wfdb

    path = shared_data / "wfdb_formats" / f"{name}.hea"
    theirs = wfdb.rdrecord(str(path.with_suffix("")), smooth_frames=False)
    ours = {
        (c.name, r.rate): (r.physical(rows=[i])[0], c.unit)
        for r in read(path)
        for i, c in enumerate(r.channels)
    }
    assert len(ours) == theirs.n_sig
    for row, label in enumerate(theirs.sig_name):
        values, unit = ours[label, theirs.fs * theirs.samps_per_frame[row]]
        expected = np.nan_to_num(theirs.e_p_signal[row])
        np.testing.assert_allclose(values, expected, rtol=1e-6, atol=1e-9)
        assert unit == theirs.units[row]


@pytest.mark.parametrize("name", ["emg_healthy", "emg_myopathy_a", "emg_neuropathy_a"])
def test_needle_recordings_are_known_by_their_comment(shared_data: Path, name: str) -> None:
    for ending in (".hea", ".dat"):
        (recording,) = read(shared_data / "emgdb" / f"{name}{ending}")
        assert recording.channels[0].kind is ChannelKind.NEEDLE_EMG
        assert recording.channels[0].unit == "mV"
        assert recording.rate == 4000
    raw = np.fromfile(shared_data / "emgdb" / f"{name}.dat", "<i2")
    valid = raw != -32768  # the format's mark for "not recorded"
    np.testing.assert_allclose(recording.physical()[0][valid], raw[valid] / 10_000, rtol=1e-6)


def test_brainvision(shared_data: Path) -> None:
    folder = shared_data / "brainvision"
    raw = np.fromfile(folder / "test.eeg", "<i2").reshape(-1, 32).T
    for ending in (".vhdr", ".eeg", ".vmrk"):
        (recording,) = read(folder / f"test{ending}")
        np.testing.assert_array_equal(recording.signal.read(0, 7900), raw)
    np.testing.assert_array_equal(recording.signal.read(100, 200, [3, 1]), raw[[3, 1], 100:200])
    assert recording.rate == 1000
    assert recording.channels[0].gain == 0.5
    assert [c.unit for c in recording.channels[:3]] == ["uV", "uV", "uV"]
    assert recording.annotations[1].text == "Stimulus: S253"
    assert recording.annotations[1].onset_s == pytest.approx(0.486)  # data point 487 counts from one
    assert recording.start is not None
    assert recording.start.isoformat() == "2013-11-13T16:14:03.794232"


@pytest.mark.parametrize("orientation", ["MULTIPLEXED", "VECTORIZED"])
@pytest.mark.parametrize(("form", "dtype"), [("INT_16", "<i2"), ("IEEE_FLOAT_32", "<f4")])
def test_brainvision_orientations(tmp_path: Path, orientation: str, form: str, dtype: str) -> None:
    values = np.arange(30).reshape(3, 10).astype(dtype)
    (tmp_path / "a.eeg").write_bytes((values if orientation == "VECTORIZED" else values.T.copy()).tobytes())
    (tmp_path / "a.vhdr").write_text(
        "Brain Vision Data Exchange Header File Version 1.0\n[Common Infos]\nDataFile=a.eeg\n"
        f"DataOrientation={orientation}\nNumberOfChannels=3\nSamplingInterval=500\n"
        f"[Binary Infos]\nBinaryFormat={form}\n[Channel Infos]\nCh1=a,,1,mV\nCh2=b,,1,mV\nCh3=c,,1,mV\n"
    )
    (recording,) = read(tmp_path / "a.vhdr")
    np.testing.assert_array_equal(recording.signal.read(2, 7), values[:, 2:7])
    np.testing.assert_array_equal(recording.signal.read(0, 10, [2, 0]), values[[2, 0]])
    assert recording.rate == 2000


def test_poly5(shared_data: Path) -> None:
    path = shared_data / "tmsi_poly5" / "EMG_recording_testlung.Poly5"
    (recording,) = read(path)
    raw = path.read_bytes()
    head, size = 217 + 6 * 136, recording.signal.frames.shape[1]  # type: ignore[attr-defined]
    blocks = [
        np.frombuffer(raw, "<f4", size * 3, head + i * (86 + 12 * size) + 86).reshape(size, 3)
        for i in range((len(raw) - head) // (86 + 12 * size))
    ]
    expected = np.concatenate(blocks)[: recording.samples].T
    np.testing.assert_array_equal(recording.signal.read(0, recording.samples), expected)
    np.testing.assert_array_equal(recording.signal.read(1000, 5000, [0]), expected[:1, 1000:5000])
    assert (recording.rate, len(recording.channels)) == (2048, 3)
    assert [c.unit for c in recording.channels] == ["uV"] * 3
    assert any("Zero throughout" in note and "Bip2, Bip3" in note for note in recording.notes)


def test_intan_values_are_those_of_neo(shared_data: Path) -> None:
    from neo.rawio import IntanRawIO

    path = shared_data / "intan_rhd" / "sampledata.rhd"
    theirs = IntanRawIO(str(path))
    theirs.parse_header()
    amplifier, auxiliary = read(path)
    assert (amplifier.rate, len(amplifier.channels)) == (20_000, 64)
    assert (auxiliary.rate, len(auxiliary.channels)) == (5_000, 6)
    for stream, ours in ((0, amplifier), (1, auxiliary)):
        chunk = theirs.get_analogsignal_chunk(stream_index=stream)
        np.testing.assert_array_equal(ours.signal.read(0, ours.samples), chunk.T)
    expected = theirs.rescale_signal_raw_to_float(
        theirs.get_analogsignal_chunk(stream_index=0), stream_index=0
    )
    np.testing.assert_allclose(amplifier.physical(), expected.T, atol=2e-3)
    assert {c.unit for c in amplifier.channels} == {"uV"}


def test_c3d_values_are_those_of_ezc3d(shared_data: Path) -> None:
    import ezc3d

    path = shared_data / "c3d_emg" / "markers_analogs.c3d"
    theirs = ezc3d.c3d(str(path))
    (recording,) = read(path)
    np.testing.assert_allclose(recording.physical(), theirs["data"]["analogs"][0], rtol=1e-6)
    assert [c.name for c in recording.channels] == theirs["parameters"]["ANALOG"]["LABELS"]["value"]
    assert recording.rate == 2000
    flat = np.ptp(recording.physical(), axis=1) == 0
    assert any(note.startswith(f"{flat.sum()} channels do not change") for note in recording.notes)
    assert recording.channels[0].kind is ChannelKind.OTHER  # "Voltage.1"
    assert recording.channels[6].kind is ChannelKind.SURFACE_EMG  # "Delt_ant.EMG1"


def test_xdf(shared_data: Path) -> None:
    import pyxdf

    path = shared_data / "xdf" / "minimal.xdf"
    streams, _ = pyxdf.load_xdf(path)
    numbers = next(s for s in streams if not isinstance(s["time_series"], list))
    texts = next(s for s in streams if isinstance(s["time_series"], list))
    (recording,) = read(path)
    np.testing.assert_array_equal(recording.physical(), numbers["time_series"].T)
    assert recording.rate == pytest.approx(10)
    origin = numbers["time_stamps"][0]
    last = numbers["time_stamps"][-1]  # a marker comes with it, to the last digit or so
    inside = [t - origin for t in texts["time_stamps"] if origin <= t <= last + 1e-9]
    assert [a.onset_s for a in recording.annotations] == pytest.approx(inside)


def test_xdf_streams_without_samples_are_named(shared_data: Path) -> None:
    (recording,) = read(shared_data / "xdf" / "empty_streams.xdf")
    assert any("Streams without samples" in note for note in recording.notes)


class TestOpenSignals:
    def test_emg_is_in_millivolts_by_the_data_sheet(self, shared_data: Path) -> None:
        path = shared_data / "plux_opensignals" / "emg_1000_hz_16_bits_solo.h5"
        with h5py.File(path) as file:
            raw = file["00:07:80:D8:A8:82/raw/channel_1"][:, 0].astype(float)
        (recording,) = read(path)
        np.testing.assert_allclose(recording.physical()[0], (raw / 2**16 - 0.5) * 3.0, atol=1e-6)
        assert recording.channels[0].unit == "mV"
        assert recording.channels[0].kind is ChannelKind.SURFACE_EMG

    def test_text_and_hdf5_of_one_recording_agree(self, shared_data: Path) -> None:
        folder = shared_data / "plux_opensignals"
        (packed,), (text,) = read(folder / "sync_acc_1.h5"), read(folder / "sync_acc_1.txt")
        np.testing.assert_array_equal(packed.physical(), text.physical())
        assert packed.rate == text.rate == 1000
        assert {c.kind for c in text.channels} == {ChannelKind.ACCELERATION}

    def test_unknown_device_keeps_raw_values(self, tmp_path: Path) -> None:
        with h5py.File(tmp_path / "a.h5", "w") as file:
            device = file.create_group("00:01")
            device.attrs.update({"sampling rate": 1000, "resolution": [10], "device": "someone elses"})
            raw = device.create_dataset("raw/channel_1", data=np.arange(100, dtype=np.uint16)[:, None])
            raw.attrs.update({"sensor": "EMG", "label": "A1"})
        (recording,) = read(tmp_path / "a.h5")
        assert recording.channels[0].unit is None
        assert recording.channels[0].kind is ChannelKind.SURFACE_EMG
        assert any("raw converter values" in note for note in recording.notes)

    def test_other_hdf5_is_refused_by_name(self, tmp_path: Path) -> None:
        with h5py.File(tmp_path / "a.h5", "w") as file:
            file["something"] = np.zeros(3)
        with pytest.raises(InputError, match="something"):
            read(tmp_path / "a.h5")


class TestOtbiolab:
    def test_grid_values_force_and_discharges(self, shared_data: Path) -> None:
        path = shared_data / "openhdemg_otb" / "otb_testfile_a.mat"
        theirs = scipy.io.loadmat(path)
        data = theirs["Data"][0, 0]
        (recording,) = read(path)
        np.testing.assert_array_equal(recording.signal.read(0, recording.samples), data.T)
        assert recording.indices(ChannelKind.SURFACE_EMG) == tuple(range(64))
        assert recording.indices(ChannelKind.TRIGGER) == tuple(range(64, 69))
        assert recording.indices(ChannelKind.FORCE) == (74,)
        marked = [
            sum(a.text == f"unit {unit} discharge" for a in recording.annotations) for unit in range(1, 6)
        ]
        assert marked == [81, 78, 107, 155, 153]
        first = np.flatnonzero(data[:, 64])[0] / 2048
        assert min(a.onset_s for a in recording.annotations if a.text == "unit 1 discharge") == first

    def test_positions_are_neighbours_along_the_numbering(self) -> None:
        places = [position_mm("GR08MM1305", n) for n in range(1, 65)]
        assert len(set(places)) == 64
        assert (0.0, 0.0) not in places  # the corner without electrode
        steps = [np.hypot(*np.subtract(a, b)) for a, b in pairwise(places)]
        assert steps == [8.0] * 63

    def test_neighbours_on_the_grid_are_alike_in_the_signal(self, shared_data: Path) -> None:
        """Wrong positions would break the fall of correlation with distance."""
        (recording,) = read(shared_data / "openhdemg_otb" / "otb_testfile_a.mat")
        values = recording.physical(rows=range(64)).astype(float)
        alike = np.corrcoef(values)
        places = np.array([c.position_mm for c in recording.channels[:64]])
        distance = np.hypot(*(places[:, None] - places[None]).T).T
        across = (np.abs(places[:, None, 0] - places[None, :, 0]) == 8) & (
            places[:, None, 1] == places[None, :, 1]
        )
        far = distance > 40
        assert np.median(alike[across]) > np.median(alike[far]) + 0.1

    def test_file_without_emg_says_so(self, shared_data: Path) -> None:
        (recording,) = read(shared_data / "openhdemg_otb" / "OTBsolorefsig.mat")
        assert {c.kind for c in recording.channels} == {ChannelKind.FORCE}
        assert any("no EMG" in note for note in recording.notes)


class TestPlainMat:
    @pytest.mark.parametrize("compressed", [False, True])
    @pytest.mark.parametrize("dtype", [np.float64, np.int16, np.float32])
    def test_matrix_and_rate(self, tmp_path: Path, compressed: bool, dtype: type) -> None:
        values = np.random.default_rng(0).normal(0, 100, (500, 4)).astype(dtype)
        scipy.io.savemat(tmp_path / "a.mat", {"emg": values, "fs": 2048.0}, do_compression=compressed)
        (recording,) = read(tmp_path / "a.mat")
        np.testing.assert_array_equal(recording.signal.read(0, 500), values.T)
        assert recording.rate == 2048
        assert {c.kind for c in recording.channels} == {ChannelKind.SURFACE_EMG}
        assert {c.unit for c in recording.channels} == {None}

    def test_version_7_3(self, tmp_path: Path) -> None:
        values = np.random.default_rng(0).normal(size=(300, 2))
        with h5py.File(tmp_path / "a.mat", "w", userblock_size=512) as file:
            file["emg"] = values.T  # MATLAB stores its columns as rows
            file["fs"] = [[1000.0]]
        raw = bytearray((tmp_path / "a.mat").read_bytes())
        raw[:24] = b"MATLAB 7.3 MAT-file, Pla"
        (tmp_path / "a.mat").write_bytes(raw)
        (recording,) = read(tmp_path / "a.mat")
        np.testing.assert_allclose(recording.physical(), values.T, rtol=1e-6)

    def test_unclear_files_name_what_they_hold(self, tmp_path: Path) -> None:
        scipy.io.savemat(
            tmp_path / "two.mat", {"left": np.ones((50, 2)), "right": np.ones((50, 2)), "fs": 1000}
        )
        with pytest.raises(InputError, match=r"2 matrices.*left 50x2.*right 50x2"):
            read(tmp_path / "two.mat")
        scipy.io.savemat(tmp_path / "norate.mat", {"emg": np.ones((50, 2))})
        with pytest.raises(InputError, match="sampling rate clear"):
            read(tmp_path / "norate.mat")
        assert read(tmp_path / "norate.mat", rate=500)[0].rate == 500


def test_kind_asked_for_applies_to_what_could_be_emg(shared_data: Path) -> None:
    (recording,) = read(shared_data / "tmsi_poly5" / "EMG_recording_testlung.Poly5", kind="needle_emg")
    assert {c.kind for c in recording.channels} == {ChannelKind.NEEDLE_EMG}
    (recording,) = read(shared_data / "c3d_emg" / "markers_analogs.c3d", kind="needle_emg")
    assert len(recording.indices(ChannelKind.NEEDLE_EMG)) == 32
    with pytest.raises(InputError, match="no channel kind"):
        read(shared_data / "c3d_emg" / "markers_analogs.c3d", kind="emgg")
