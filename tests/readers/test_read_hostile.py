"""Broken, misnamed and malicious files: one clear error, in bounded time and memory."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.readers import large_files

from myolens.errors import InputError
from myolens.readers import read, source

MEGABYTE = 1024**2

SAMPLES = [
    "edf_bdf/short_psg.edf",
    "edf_bdf/test_subsecond.edf",
    "edf_bdf/test_bdf_stim_channel.bdf",
    "brainvision/test.vhdr",
    "brainvision/test.vmrk",
    "c3d_emg/markers_analogs.c3d",
    "tmsi_poly5/EMG_recording_testlung.Poly5",
    "intan_rhd/sampledata.rhd",
    "xdf/minimal.xdf",
    "xdf/empty_streams.xdf",
    "wfdb_formats/100_3chan.hea",
    "wfdb_formats/binformats.hea",
    "wfdb_formats/041s/041s.hea",
    "plux_opensignals/ecg_4000_Hz.h5",
    "openhdemg_otb/OTBsolorefsig.mat",
    "delsys_trigno/truncated_trigno_sample.csv",
    "sensor_logger/GyroscopeUncalibrated.csv",
    "biosppy_emg/acc.txt",
]


def mutated(raw: bytes, rng: random.Random) -> bytes:
    """Cut short, or with bytes changed or inserted, mostly in the header."""
    data = bytearray(raw)
    head = min(len(data), 4096)
    how = rng.randrange(5)
    if how == 0:
        return bytes(data[: rng.randrange(1, len(data) if rng.random() < 0.5 else head)])
    if how == 1:
        for _ in range(rng.randrange(1, 20)):
            data[rng.randrange(len(data))] = rng.randrange(256)
    elif how == 2:
        for _ in range(rng.randrange(1, 6)):
            data[rng.randrange(head)] = rng.choice([0, 1, 32, 45, 48, 57, 127, 255])
    elif how == 3:
        at = rng.randrange(head)
        data[at : at + 8] = rng.choice(
            [b"99999999", b"-1      ", b"1e308   ", b"nan     ", b"\xff" * 8, b"\x7f" * 8, b"\0" * 8]
        )
    else:
        at = rng.randrange(head)
        data[at:at] = rng.randbytes(rng.randrange(1, 40))
    return bytes(data)


@pytest.mark.parametrize("name", SAMPLES)
def test_damaged_real_files_are_read_or_refused_within_bounds(
    shared_data: Path, tmp_path: Path, name: str
) -> None:
    original = shared_data / name
    folder = tmp_path / "copy"
    shutil.copytree(original.parent, folder)
    raw, path, rng = original.read_bytes(), folder / original.name, random.Random(name)
    if path.suffix in {".csv", ".txt"}:
        raw = raw[:40_000]
    with contextlib.suppress(InputError):
        read(original)  # libraries are imported before memory is counted
    assert_bounded(path, raw, rng)


@pytest.mark.parametrize(
    "make", [large_files.mat_7, large_files.mat_5, large_files.opensignals, large_files.xdf]
)
def test_damaged_made_files_are_read_or_refused_within_bounds(
    tmp_path: Path, make: Callable[[Path, int], Path]
) -> None:
    path = make(tmp_path / "a", 9000)
    read(path)
    assert_bounded(path, path.read_bytes(), random.Random(make.__name__))


def assert_bounded(path: Path, raw: bytes, rng: random.Random) -> None:
    """Damage a file in many ways and read it: an answer or one clear error, and little memory."""
    tracemalloc.start()
    try:
        for _ in range(25):
            path.write_bytes(mutated(raw, rng))
            tracemalloc.reset_peak()
            try:
                for recording in read(path):
                    block = recording.physical(0, min(recording.samples, 1000))
                    assert block.shape[0] == len(recording.channels)
            except InputError as error:
                assert len(str(error)) < 700
                assert str(error).isprintable()
                assert str(path.parent) not in str(error).replace(path.name, "")
            assert tracemalloc.get_traced_memory()[1] < 60 * MEGABYTE + 30 * len(raw)
    finally:
        tracemalloc.stop()


@given(
    data=st.binary(min_size=1, max_size=300),
    name=st.sampled_from(["a.edf", "a.csv", "a.hea", "a.mat", "a.xdf", "a.c3d", "a"]),
)
@settings(max_examples=300, deadline=None)
def test_random_bytes(data: bytes, name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(data)
    with contextlib.suppress(InputError):
        read(path)


@given(
    magic=st.sampled_from(
        [
            b"0       ", b"\xffBIOSEMI", b"XDF:", b"\x02\x50", bytes.fromhex("022791c6"),
            b"POLY SAMPLE FILEversion 2.03\r\n\x1a", b"MATLAB 5.0 MAT-file" + b" " * 105 + b"\0\1IM",
            b"Brain Vision Data Exchange Header File Version 1.0\n",
        ]
    ),
    rest=st.binary(max_size=600),
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_right_magic_and_random_rest(
    magic: bytes, rest: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("any") / "a.bin"
    path.write_bytes(magic + rest)
    with contextlib.suppress(InputError):
        read(path)


class TestNotARecording:
    def test_missing_empty_and_folder(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no such file"):
            read(tmp_path / "none.edf")
        (tmp_path / "empty.edf").touch()
        with pytest.raises(InputError, match="is empty"):
            read(tmp_path / "empty.edf")
        with pytest.raises(InputError, match="is a folder"):
            read(tmp_path)
        with pytest.raises(InputError, match="no such file"):
            read(tmp_path / "empty.edf" / "inside.edf")

    def test_names_that_cannot_be(self, tmp_path: Path) -> None:
        for name in ("a\0b.edf", "x" * 5000):
            with pytest.raises(InputError):
                read(tmp_path / name)

    def test_loop_of_links_and_pipe(self, tmp_path: Path) -> None:
        (tmp_path / "loop").symlink_to(tmp_path / "loop")
        with pytest.raises(InputError, match="cannot be opened"):
            read(tmp_path / "loop")
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(InputError, match="not a regular file"):
            read(tmp_path / "pipe")

    @pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
    def test_without_permission(self, tmp_path: Path) -> None:
        path = tmp_path / "a.edf"
        path.write_bytes(b"0")
        path.chmod(0)
        with pytest.raises(InputError, match="may not be read"):
            read(path)

    @pytest.mark.parametrize(
        ("data", "name", "what"),
        [
            (b"\0\0\0\x18ftypmp42" + bytes(100), "clip.edf", "is a video"),
            (b"\x89PNG\r\n\x1a\n" + bytes(50), "a.csv", "is a picture"),
            (b"PK\x03\x04" + bytes(50), "a.csv", "Unpack it"),
            (b"\x1f\x8b" + bytes(50), "a.rda", "R data file"),
            (b"%PDF-1.7\n", "a.pdf", "PDF"),
            (b'{"a": 1}', "a.json", "JSON"),
            (b"<html></html>", "a.csv", "web page"),
            (b"@problemName x\n@data\n1,2:3,4:a\n", "a.ts", "labelled cases"),
            (b"once upon a time\nthere was a text\n", "a.txt", "without a table"),
            (bytes(1000), "a.dat", "no format Myolens reads"),
        ],
    )
    def test_other_files_are_named(self, tmp_path: Path, data: bytes, name: str, what: str) -> None:
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match=what):
            read(tmp_path / name)

    def test_misnamed_recording_is_known_by_its_content(self, shared_data: Path, tmp_path: Path) -> None:
        shutil.copy(shared_data / "edf_bdf" / "short_psg.edf", tmp_path / "a.csv")
        assert read(tmp_path / "a.csv")[0].rate == 100

    def test_control_characters_of_a_name_are_not_printed(self, tmp_path: Path) -> None:
        path = tmp_path / "a\x1b[31m.edf"
        path.write_bytes(b"\0")
        with pytest.raises(InputError) as caught:
            read(path)
        assert str(caught.value).isprintable()


class TestReachingOut:
    """Headers that name other files stay in their folder."""

    @pytest.mark.parametrize(
        "name", ["../../secret.dat", "/etc/passwd", "a/b.dat", "..", "", "c:\\x.dat", "x" * 300]
    )
    def test_brainvision(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "a.vhdr").write_text(
            f"Brain Vision Data Exchange Header File Version 1.0\n[Common Infos]\nDataFile={name}\n"
            "NumberOfChannels=1\nSamplingInterval=1000\n[Binary Infos]\nBinaryFormat=INT_16\n"
        )
        with pytest.raises(InputError, match="not a plain file name"):
            read(tmp_path / "a.vhdr")

    @pytest.mark.parametrize(
        "name", ["../../secret.dat", "/etc/passwd", "a/b.dat", "http://example.org/a.dat"]
    )
    def test_wfdb(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "a.hea").write_text(f"a 1 100 10\n{name} 16 200/mV 16 0 0 0 0 EMG\n")
        with pytest.raises(InputError, match="not a plain file name"):
            read(tmp_path / "a.hea")

    def test_wfdb_segments(self, tmp_path: Path) -> None:
        (tmp_path / "a.hea").write_text("a/2 1 100 20\n../b 10\nc 10\n")
        with pytest.raises(InputError, match="not a plain file name"):
            read(tmp_path / "a.hea")
        (tmp_path / "a.hea").write_text("a/1 1 100 20\na 20\n")  # itself
        with pytest.raises(InputError, match="itself made of segments"):
            read(tmp_path / "a.hea")

    def test_hdf5_samples_in_another_file(self, tmp_path: Path) -> None:
        (tmp_path / "secret").write_bytes(bytes(800))
        with h5py.File(tmp_path / "a.h5", "w") as file:
            device = file.create_group("00:01")
            device.attrs.update({"sampling rate": 1000, "resolution": [16], "device": "biosignalsplux"})
            device.create_dataset(
                "raw/channel_1", (100,), dtype="f8", external=[(str(tmp_path / "secret"), 0, 800)]
            )
        with pytest.raises(InputError, match="in other files"):
            read(tmp_path / "a.h5")


class TestBombs:
    """Small files that claim to be large."""

    def peak(self, path: Path, what: str) -> None:
        tracemalloc.start()
        try:
            with pytest.raises(InputError, match=what):
                read(path)
            assert tracemalloc.get_traced_memory()[1] < 100 * MEGABYTE
        finally:
            tracemalloc.stop()

    @pytest.mark.parametrize("rows", [10**8, 10**12])
    def test_hdf5_that_was_never_written(self, tmp_path: Path, rows: int) -> None:
        with h5py.File(tmp_path / "a.h5", "w") as file:
            device = file.create_group("00:01")
            device.attrs.update({"sampling rate": 1000, "resolution": [16], "device": "biosignalsplux"})
            device.create_dataset(
                "raw/channel_1", (rows, 1), dtype="u2", chunks=(4096, 1), compression="gzip"
            )
        self.peak(tmp_path / "a.h5", "GiB|does not hold them")

    def test_hdf5_heap_that_never_ends(self, tmp_path: Path) -> None:
        """A free stretch of length zero sends the HDF5 library round for ever."""
        path = tmp_path / "a.h5"
        with h5py.File(path, "w") as file:
            device = file.create_group("00:01")
            device.attrs.update({"sampling rate": 1000, "resolution": [16], "device": "biosignalsplux"})
            device["raw/channel_1"] = np.zeros((100, 1), np.uint16)
        raw = bytearray(path.read_bytes())
        at = raw.index(b"GCOL") + 16
        raw[at : at + 16] = bytes(16)
        path.write_bytes(raw)
        self.peak(path, "does not add up")

    def test_mat_that_inflates_without_end(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(source, "LARGEST_UNPACKED", 2**20)
        matrix = struct.pack("<II", 14, 2**32 - 8) + struct.pack("<IIII", 6, 8, 6, 0)
        body = zlib.compress(matrix + bytes(2**22))
        head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
        (tmp_path / "a.mat").write_bytes(head + struct.pack("<II", 15, len(body)) + body)
        self.peak(tmp_path / "a.mat", "unpacks to more than")

    def test_mat_with_wrong_dimensions(self, tmp_path: Path) -> None:
        def element(kind: int, data: bytes) -> bytes:
            return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)

        parts = element(6, struct.pack("<II", 6, 0)) + element(5, struct.pack("<ii", 2**30, 2**30))
        parts += element(1, b"emg") + element(9, np.zeros(4).tobytes())
        head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
        (tmp_path / "a.mat").write_bytes(head + element(14, parts))
        self.peak(tmp_path / "a.mat", "another size")

    def test_xdf_with_a_chunk_of_many_samples(self, tmp_path: Path) -> None:
        def chunk(tag: int, data: bytes) -> bytes:
            return b"\x08" + struct.pack("<Q", len(data) + 2) + struct.pack("<H", tag) + data

        about = b"<info><name>a</name><type>EMG</type><channel_count>8</channel_count><nominal_srate>100"
        about += b"</nominal_srate><channel_format>double64</channel_format></info>"
        data = b"XDF:" + chunk(1, b"<info><version>1.0</version></info>") + chunk(2, b"\1\0\0\0" + about)
        data += chunk(3, b"\1\0\0\0\x08" + struct.pack("<Q", 2**40))
        (tmp_path / "a.xdf").write_bytes(data)
        self.peak(tmp_path / "a.xdf", "no stream of numbers")

    def test_xdf_with_an_endless_chunk(self, tmp_path: Path) -> None:
        (tmp_path / "a.xdf").write_bytes(b"XDF:\x08" + struct.pack("<Q", 2**62) + b"\1\0<info/>")
        self.peak(tmp_path / "a.xdf", "first chunk")

    def test_xdf_with_entities(self, tmp_path: Path) -> None:
        header = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">]><info><channel_count>1</channel_count></info>'
        data = b"\1\0\0\0" + header
        first = b"<info><version>1.0</version></info>"
        (tmp_path / "a.xdf").write_bytes(
            b"XDF:" + b"\x04" + struct.pack("<IH", len(first) + 2, 1) + first
            + b"\x04" + struct.pack("<IH", len(data) + 2, 2) + data
        )  # fmt: skip
        self.peak(tmp_path / "a.xdf", "no stream of numbers")

    def test_wfdb_that_states_more_than_its_file_holds(self, tmp_path: Path) -> None:
        (tmp_path / "a.dat").write_bytes(bytes(20))
        (tmp_path / "a.hea").write_text("a 1 100 9999999999\na.dat 16 200/mV 16 0 0 0 0 EMG\n")
        self.peak(tmp_path / "a.hea", "9999999999 samples, and a.dat holds 10")

    def test_flac_that_states_no_end(self, shared_data: Path, tmp_path: Path) -> None:
        shutil.copy(shared_data / "wfdb_formats" / "flacformats.d1", tmp_path)
        (tmp_path / "a.hea").write_text("a 1 100 99999999999\nflacformats.d1 516 200/mV 16 0 0 0 0 EMG\n")
        self.peak(tmp_path / "a.hea", "GiB")

    def test_one_endless_line(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_bytes(b"1," * 5_000_000)
        self.peak(tmp_path / "a.csv", "line of more than")
        rows = b"".join(b"%d,%d\n" % (i % 7, i % 5) for i in range(20_000))
        (tmp_path / "a.csv").write_bytes(b"# fs: 100\n" + rows + b"1," * 5_000_000)
        self.peak(tmp_path / "a.csv", "line of more than")

    def test_too_many_columns(self, tmp_path: Path) -> None:
        row = b",".join([b"1"] * 10_000) + b"\n"
        (tmp_path / "a.csv").write_bytes(row * 4)
        self.peak(tmp_path / "a.csv", "4096 is the limit")

    def test_time_that_leaps(self, tmp_path: Path) -> None:
        rows = "".join(f"{i / 100:.2f},1\n" for i in range(100)) + "1e12,1\n"
        (tmp_path / "a.csv").write_text("time (s),emg\n" + rows)
        self.peak(tmp_path / "a.csv", "wrong times")

    def test_c3d_with_more_values_than_the_file(self, shared_data: Path, tmp_path: Path) -> None:
        raw = bytearray((shared_data / "c3d_emg" / "markers_analogs.c3d").read_bytes()[: 60 * 1024])
        raw[2:6] = b"\xff\xff\xff\xff"
        raw[18:20] = b"\1\0"
        (tmp_path / "a.c3d").write_bytes(raw)
        self.peak(tmp_path / "a.c3d", "larger than the file")


def test_missing_library_is_named(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "wfdb", None)
    with pytest.raises(InputError, match=r"pip install 'myolens\[readers\]'"):
        read(shared_data / "emgdb" / "emg_healthy.hea")


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
def test_impossible_rate_argument(tmp_path: Path, rate: float) -> None:
    with pytest.raises(InputError, match="cannot be"):
        read(tmp_path / "a.csv", rate=rate)
