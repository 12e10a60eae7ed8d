"""Rarer variants of the formats, written here clause by clause, and what is said about a file."""

from __future__ import annotations

import io
import struct
import tarfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import edfio
import numpy as np
import pytest
import scipy.io
from numpy.typing import NDArray

from myolens.errors import InputError
from myolens.readers import read, segments, triggers
from myolens.recording import ArraySignal, ChannelKind

RNG = np.random.default_rng(5)


class TestGivenRate:
    @pytest.mark.parametrize(
        "name",
        ["edf_bdf/test_subsecond.edf", "brainvision/test.vhdr", "c3d_emg/markers_analogs.c3d",
         "tmsi_poly5/EMG_recording_testlung.Poly5", "intan_rhd/sampledata.rhd", "xdf/minimal.xdf",
         "emgdb/emg_healthy.hea", "plux_opensignals/ecg_4000_Hz.h5", "openhdemg_otb/OTBsolorefsig.mat",
         "geneactiv_csv/demo_data.csv", "delsys_trigno/truncated_trigno_sample.csv",
         "sensor_logger/AccelerometerUncalibrated.csv", "biosppy_emg/emg.txt"],
    )  # fmt: skip
    def test_is_said_where_the_file_states_another(self, shared_data: Path, name: str) -> None:
        plain, given = read(shared_data / name), read(shared_data / name, rate=777)
        assert [r.rate for r in given] == [r.rate for r in plain]
        for recording in given:
            assert "the 777 Hz given with it was not used" in recording.notes[-1]

    def test_is_not_mentioned_where_it_agrees(self, shared_data: Path) -> None:
        path = shared_data / "sensor_logger" / "AccelerometerUncalibrated.csv"
        (recording,) = read(path, rate=99.75)  # the file: 99.754
        assert not any("given with it" in note for note in recording.notes)


class TestPersonalDetails:
    def test_comments_of_a_header_are_not_carried_along(self, shared_data: Path) -> None:
        for name in ("emg_healthy", "emg_myopathy_a", "emg_neuropathy_a"):
            path = shared_data / "emgdb" / f"{name}.hea"
            comments = [line.strip("# ") for line in path.read_text().splitlines() if line.startswith("#")]
            (recording,) = read(path)
            everything = repr((recording.notes, recording.annotations, recording.channels))
            assert comments
            assert not any(comment[:30] in everything for comment in comments)
            assert not any(word in everything for word in ("44", "57", "62", "radiculopathy", "steroids"))
            assert "age, sex, diagnoses" in recording.notes[0]

    def test_header_without_comments_says_nothing(self, tmp_path: Path) -> None:
        np.arange(100, dtype="<i2").tofile(tmp_path / "a.dat")
        (tmp_path / "a.hea").write_text("a 1 100 100\na.dat 16 200/mV 16 0 0 0 0 EMG\n")
        assert read(tmp_path / "a.hea")[0].notes == ()


class TestWfdbSegments:
    """Records of several segments, some signals or all missing in places, read in small blocks."""

    @pytest.fixture
    def record(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setattr(segments, "BLOCK_SAMPLES", 64)
        one = RNG.integers(-2000, 2000, (300, 3)).astype("<i2")
        one[40:50, 0] = -32768  # the format's mark for what was not recorded
        one.tofile(tmp_path / "one.dat")
        RNG.integers(-9, 9, 200).astype("i1").tofile(tmp_path / "two.dat")
        (tmp_path / "one.hea").write_text(
            "one 2 250 300\none.dat 16x2 200/uV 16 0 0 0 0 EMG\none.dat 16:3 100(5)/mV 16 0 0 0 0 B\n"
        )
        (tmp_path / "two.hea").write_text("two 1 250 200\ntwo.dat 8 50/mV 16 0 7 0 0 B\n")
        (tmp_path / "plan.hea").write_text(
            "plan 2 250 0\n~ 0x2 200/uV 16 0 0 0 0 EMG\n~ 0 100/mV 16 0 0 0 0 B\n"
        )
        (tmp_path / "all.hea").write_text("all/5 2 250 850\nplan 0\none 300\n~ 50\ntwo 200\none 300\n")
        return tmp_path / "all.hea"

    def test_values_are_those_of_the_wfdb_library(self, record: Path) -> None:
        import wfdb

        theirs = wfdb.rdrecord(str(record.with_suffix("")), smooth_frames=False)
        fast, slow = read(record)
        for recording, signal in ((fast, 0), (slow, 1)):
            expected = np.nan_to_num(theirs.e_p_signal[signal].astype(np.float32))
            np.testing.assert_array_equal(recording.physical()[0], expected)
        assert (fast.rate, slow.rate) == (500, 250)
        assert [(c.name, c.unit) for c in (*fast.channels, *slow.channels)] == [("EMG", "uV"), ("B", "mV")]

    def test_what_is_missing_is_a_gap(self, record: Path) -> None:
        fast, slow = read(record)
        ends = [(g.start_s, g.end_s) for g in slow.gaps]
        skew = 3 / 250  # the last samples of a skewed signal are not in its file
        assert ends == [
            (pytest.approx(300 / 250 - skew), pytest.approx(350 / 250)),
            (pytest.approx(850 / 250 - skew), pytest.approx(850 / 250)),
        ]
        assert (300 / 250, 550 / 250) in [(g.start_s, g.end_s) for g in fast.gaps]

    def test_units_that_differ_are_refused(self, record: Path) -> None:
        two = record.with_name("two.hea")
        two.write_text(two.read_text().replace("50/mV", "50/uV"))
        with pytest.raises(InputError, match=r"'B' in mV and in uV"):
            read(record)


def poly5(path: Path, values: NDArray[np.int16], ranges: tuple[float, ...], names: list[str]) -> Path:
    """16-bit samples in blocks of ten."""
    samples, channels = values.shape
    head = struct.pack(
        "<31sH81sHHBHi4x7Hi3H64x", b"POLY SAMPLE FILEversion 2.03\r\n\x1a", 203, b"", 512, 512, 0, channels,
        samples, 2020, 1, 2, 4, 10, 20, 30, samples // 10, 10, 20 * channels, 0,
    )  # fmt: skip
    for name in names:
        head += struct.pack("<41p4x11p4f2h60x", name.encode(), b"uV", *ranges, 0, 0)
    blocks = b"".join(bytes(86) + values[i : i + 10].tobytes() for i in range(0, samples, 10))
    path.write_bytes(head + blocks)
    return path


class TestPoly5Of16Bits:
    def test_steps_of_the_converter_become_units(self, tmp_path: Path) -> None:
        values = RNG.integers(-2048, 2047, (50, 3)).astype("<i2")
        path = poly5(tmp_path / "a.Poly5", values, (-500.0, 500.0, -2048.0, 2048.0), ["EMG 1", "EMG 2", "X"])
        (recording,) = read(path)
        np.testing.assert_array_equal(recording.signal.read(0, 50), values.T)
        np.testing.assert_allclose(recording.physical(), values.T * (1000 / 4096), rtol=1e-6)
        assert [(c.name, c.unit) for c in recording.channels] == [
            ("EMG 1", "uV"),
            ("EMG 2", "uV"),
            ("X", "uV"),
        ]
        assert recording.rate == 512
        assert recording.start is not None
        assert recording.start.isoformat() == "2020-01-02T10:20:30"

    def test_without_ranges_the_unit_is_unknown(self, tmp_path: Path) -> None:
        values = RNG.integers(-9, 9, (20, 1)).astype("<i2")
        (recording,) = read(poly5(tmp_path / "a.Poly5", values, (0.0, 0.0, 0.0, 0.0), ["EMG"]))
        assert recording.channels[0].unit is None
        assert any("no usable calibration for EMG" in note for note in recording.notes)

    def test_mixed_widths_are_refused(self, tmp_path: Path) -> None:
        values = RNG.integers(-9, 9, (20, 3)).astype("<i2")
        path = poly5(tmp_path / "a.Poly5", values, (0.0, 1.0, 0.0, 1.0), ["(Lo) A", "(Hi) A", "B"])
        with pytest.raises(InputError, match="mixes 16-bit and 32-bit"):
            read(path)


class TestMatLevel4:
    @pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int32, np.int16, np.uint8])
    def test_matrix_and_rate(self, tmp_path: Path, dtype: type) -> None:
        values = RNG.integers(0, 100, (400, 3)).astype(dtype)
        scipy.io.savemat(tmp_path / "a.mat", {"emg": values, "fs": 2000.0, "who": "someone"}, format="4")
        (recording,) = read(tmp_path / "a.mat")
        np.testing.assert_array_equal(recording.signal.read(0, 400), values.T)
        assert recording.rate == 2000
        assert {c.kind for c in recording.channels} == {ChannelKind.SURFACE_EMG}

    def test_big_endian(self, tmp_path: Path) -> None:
        def matrix(name: bytes, values: NDArray[Any]) -> bytes:
            rows, columns = values.shape
            head = struct.pack(">5i", 1000, rows, columns, 0, len(name) + 1) + name + b"\0"
            return head + values.astype(">f8").tobytes(order="F")

        values = RNG.normal(size=(100, 2))
        (tmp_path / "a.mat").write_bytes(matrix(b"emg", values) + matrix(b"fs", np.array([[500.0]])))
        (recording,) = read(tmp_path / "a.mat")
        np.testing.assert_array_equal(recording.signal.read(0, 100), values.T)
        assert recording.rate == 500

    def test_cut_short(self, tmp_path: Path) -> None:
        scipy.io.savemat(tmp_path / "a.mat", {"fs": 2000.0, "emg": np.ones((400, 3))}, format="4")
        (tmp_path / "a.mat").write_bytes((tmp_path / "a.mat").read_bytes()[:-9])
        with pytest.raises(InputError, match="cut short"):
            read(tmp_path / "a.mat")


class TestBrainVisionAsText:
    def header(self, folder: Path, about: str, infos: str) -> Path:
        (folder / "a.vhdr").write_text(
            "Brain Vision Data Exchange Header File Version 1.0\n[Common Infos]\nDataFile=a.dat\n"
            f"DataFormat=ASCII\nNumberOfChannels=2\nSamplingInterval=500\n{about}\n"
            f"[ASCII Infos]\n{infos}\n[Channel Infos]\nCh1=EMG a,,0.5,mV\nCh2=b,,1,mV\n"
        )
        return folder / "a.vhdr"

    @pytest.mark.parametrize("comma", [False, True])
    def test_line_per_instant(self, tmp_path: Path, comma: bool) -> None:
        values = RNG.normal(size=(3000, 2)).round(4)
        rows = "".join(f"{a:.4f} {b:.4f}\n" for a, b in values)
        (tmp_path / "a.dat").write_text("EMGa b\n" + (rows.replace(".", ",") if comma else rows))
        path = self.header(
            tmp_path,
            "DataOrientation=MULTIPLEXED",
            f"DecimalSymbol={',' if comma else '.'}\nSkipLines=1\nSkipColumns=0",
        )
        (recording,) = read(path)
        np.testing.assert_array_equal(recording.signal.read(0, 3000), values.T)
        np.testing.assert_allclose(recording.physical(), values.T * [[0.5], [1]], rtol=1e-6)
        assert recording.rate == 2000

    @pytest.mark.parametrize("characters", [37, 500_000])
    def test_line_per_channel(self, tmp_path: Path, characters: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("myolens.readers.brainvision._CHARACTERS", characters)
        values = RNG.normal(size=(2, 500)).round(3)
        lines = [
            f"{name} " + " ".join(f"{v:.3f}" for v in row) for name, row in zip("ab", values, strict=True)
        ]
        (tmp_path / "a.dat").write_text("\n".join(lines) + "\n")
        path = self.header(
            tmp_path, "DataOrientation=VECTORIZED", "DecimalSymbol=.\nSkipLines=0\nSkipColumns=1"
        )
        (recording,) = read(path)
        np.testing.assert_array_equal(recording.signal.read(0, 500), values)

    def test_channels_of_unequal_length(self, tmp_path: Path) -> None:
        (tmp_path / "a.dat").write_text("1 2 3\n1 2\n")
        with pytest.raises(InputError, match="equal length"):
            read(self.header(tmp_path, "DataOrientation=VECTORIZED", "SkipColumns=0"))


DEVICE = """<?xml version="1.0" encoding="utf-8"?>
<Device Name="{name}" SampleFrequency="2048" DeviceTotalChannels="4" ad_bits="{bits}"><Channels>
<Adapter ID="Matrix 64" Gain="150" ChannelStartIndex="0">
<Channel Index="0" ID="GR08MM1305" Muscle="Biceps" Description="13x5 GR08MM1305"/>
<Channel Index="1" ID="GR08MM1305" Muscle="Biceps" Description="13x5 GR08MM1305"/></Adapter>
<Adapter ID="Direct connection to Auxiliary Input" Gain="0.5" ChannelStartIndex="2">
<Channel Index="0" ID="Load cell" Muscle="" Description="force"/></Adapter>
<Adapter ID="AdapterControl" Gain="1" ChannelStartIndex="3"><Channel Index="0" ID="Ramp"/></Adapter>
</Channels></Device>"""


class TestOtbArchive:
    def archive(self, path: Path, files: dict[str, bytes]) -> Path:
        with tarfile.open(path, "w") as archive:
            for name, data in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
        return path

    def test_quattrocento(self, tmp_path: Path) -> None:
        values = RNG.integers(-3000, 3000, (700, 4)).astype("<i2")
        files = {
            "patient.xml": b"<patient><name>Somebody</name></patient>",
            "x.xml": DEVICE.format(name="QUATTROCENTO;1", bits=16).encode(),
            "x.sig": values.tobytes(),
            "x.sip": b"",
        }
        (recording,) = read(self.archive(tmp_path / "a.otb+", files))
        np.testing.assert_array_equal(recording.signal.read(0, 700), values.T)
        # 5 V over 16 bits and a gain of 150: 0.509 uV a step, as the amplifier's manual states
        np.testing.assert_allclose(recording.microvolts()[0], values[:, 0] * 0.50863, rtol=1e-4)
        kinds = [ChannelKind.SURFACE_EMG, ChannelKind.SURFACE_EMG, ChannelKind.FORCE, ChannelKind.OTHER]
        assert [c.kind for c in recording.channels] == kinds
        assert [c.unit for c in recording.channels] == ["mV", "mV", "mV", None]
        assert recording.rate == 2048
        assert "Somebody" not in repr(recording)

    def test_of_other_devices_the_unit_is_not_known(self, tmp_path: Path) -> None:
        files = {"x.xml": DEVICE.format(name="MUOVI", bits=16).encode(), "x.sig": bytes(800)}
        (recording,) = read(self.archive(tmp_path / "a.otb+", files))
        assert {c.unit for c in recording.channels} == {None}
        assert any("converter steps" in note for note in recording.notes)

    @pytest.mark.parametrize(
        ("files", "what"),
        [
            ({"Tracks_000.xml": b"<a/>", "x.sig": bytes(8)}, "otb4.*export the recording as MAT"),
            ({"x.sig": bytes(8)}, "without a recording"),
            ({"../../x.xml": b"<!DOCTYPE a><Device/>", "x.sig": bytes(8)}, "entities"),
            ({"x.xml": DEVICE.format(name="A", bits=24).encode(), "x.sig": bytes(96)}, "16 bits are read"),
            ({"x.xml": DEVICE.format(name="A", bits=16).encode(), "x.sig": bytes(5)}, "no samples"),
        ],
    )
    def test_what_is_not_read_says_what_to_do(
        self, tmp_path: Path, files: dict[str, bytes], what: str
    ) -> None:
        with pytest.raises(InputError, match=what):
            read(self.archive(tmp_path / "a.otb+", files))


class TestStatusChannel:
    def test_every_trigger_of_a_real_file(self, shared_data: Path) -> None:
        path = shared_data / "edf_bdf" / "test_bdf_stim_channel.bdf"
        status = edfio.read_bdf(path).get_signal("Status").digital.astype(int) & 0xFFFF
        edges = [0, *(np.flatnonzero(np.diff(status)) + 1).tolist(), len(status)]
        expected = [(a / 500, (b - a) / 500, f"trigger {status[a]}") for a, b in pairwise(edges) if status[a]]
        (recording,) = read(path)
        assert len(expected) == 9
        assert [(a.onset_s, a.duration_s, a.text) for a in recording.annotations] == expected

    def test_warnings_of_the_amplifier(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(triggers, "_BLOCK", 7)
        status = np.full((1, 100), 1 << 20)
        status[0, 30:40] = 0  # common mode out of range
        status[0, 60:] |= 1 << 22  # battery low
        status[0, 5:6] |= 0xFF00
        status[0, 65:66] |= 3
        marks, notes = triggers.status_marks(ArraySignal(status), 0, 10.0)
        assert [(m.onset_s, m.duration_s, m.text) for m in marks] == [
            (0.5, 0.1, "trigger 65280"), (3.0, 1.0, "common mode out of range"), (6.0, 4.0, "battery low"),
            (6.5, 0.1, "trigger 3"),
        ]  # fmt: skip
        assert notes

    def test_file_that_does_not_use_the_bits_is_not_warned_of(self) -> None:
        status = np.zeros((1, 50), int)
        assert triggers.status_marks(ArraySignal(status), 0, 10.0) == ((), ())
        status[0, 20] = 1
        marks, _ = triggers.status_marks(ArraySignal(status), 0, 10.0)
        assert [m.text for m in marks] == ["trigger 1"]
