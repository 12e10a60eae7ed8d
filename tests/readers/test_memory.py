"""Files larger than memory: opened block by block, the same whatever the blocks, and gone afterwards."""

from __future__ import annotations

import errno
import json
import shutil
import struct
import subprocess
import sys
import zlib
from collections import namedtuple
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myolens.errors import InputError
from myolens.readers import clock, columns, matlab, read, segments, spool, table
from myolens.readers.source import Allowance, Source, opened

MEGABYTE = 1024**2
ALLOWED = 26 * MEGABYTE
DECODED = 3 * ALLOWED
CHANNELS = 8

BLOCKWISE = """
import json, re, sys
from pathlib import Path
import h5py, numpy, wfdb
from myolens.readers import read

def peak():
    # Not ru_maxrss, which begins with what the parent process took.
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

def walk(path):
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, values = peak(), 0
    for recording in read(path):
        values += recording.samples * len(recording.channels)
        for start, stop in recording.blocks(65536):
            recording.microvolts(start, stop)
    return values, peak() - before

small, large = json.loads(sys.argv[1])
for path in small:
    walk(path)
print(json.dumps({path: walk(path) for path in large}))
"""


def opensignals(path: Path, samples: int) -> Path:
    with h5py.File(path, "w") as file:
        device = file.create_group("00:01")
        device.attrs.update(
            {"sampling rate": 1000, "resolution": [16] * CHANNELS, "device": "biosignalsplux"}
        )
        part = np.arange(65_536, dtype=np.uint16)[:, None]
        for channel in range(1, CHANNELS + 1):
            data = device.create_dataset(
                f"raw/channel_{channel}", (samples, 1), "u2", chunks=(8192, 1), compression="gzip",
                compression_opts=1,
            )  # fmt: skip
            for start in range(0, samples, len(part)):
                data[start : start + len(part)] = part[: samples - start]
    return path


def packed_mat(path: Path, samples: int) -> Path:
    def element(kind: int, data: bytes) -> bytes:
        return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)

    size = 4 * samples * CHANNELS
    about = element(6, struct.pack("<II", 7, 0)) + element(5, struct.pack("<ii", samples, CHANNELS))
    about += element(1, b"emg")
    packer = zlib.compressobj(1)
    body = packer.compress(
        struct.pack("<II", 14, len(about) + 8 + size) + about + struct.pack("<II", 7, size)
    )
    part = np.arange(MEGABYTE // 4, dtype=np.float32).tobytes()
    for start in range(0, size, len(part)):
        body += packer.compress(part[: size - start])
    body += packer.flush()
    rate = element(6, struct.pack("<II", 6, 0)) + element(5, struct.pack("<ii", 1, 1))
    rate += element(1, b"fs") + element(9, struct.pack("<d", 2000.0))
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
    path.write_bytes(head + struct.pack("<II", 15, len(body)) + body + element(14, rate))
    return path


def wfdb_record(path: Path, samples: int) -> Path:
    path.with_suffix(".dat").write_bytes(bytes(range(255)) * (samples * CHANNELS * 3 // 2 // 255 + 1))
    lines = [f"{path.stem}.dat 212 200/uV 12 0 0 0 0 EMG {i}" for i in range(CHANNELS)]
    path.write_text("\n".join([f"{path.stem} {CHANNELS} 2000 {samples}", *lines]) + "\n")
    return path


def xdf(path: Path, samples: int) -> Path:
    def chunk(tag: int, data: bytes) -> bytes:
        return b"\x08" + struct.pack("<Q", len(data) + 2) + struct.pack("<H", tag) + data

    about = f"<info><name>a</name><type>EMG</type><channel_count>{CHANNELS}</channel_count>"
    about += "<nominal_srate>2000</nominal_srate><channel_format>float32</channel_format></info>"
    rows = np.zeros(4096, [("stamped", "u1"), ("time", "<f8"), ("values", "<f4", CHANNELS)])
    rows["stamped"] = 8
    with path.open("wb") as file:
        file.write(b"XDF:" + chunk(1, b"<info><version>1.0</version></info>"))
        file.write(chunk(2, b"\1\0\0\0" + about.encode()))
        for start in range(0, samples, len(rows)):
            rows["time"] = (start + np.arange(len(rows))) / 2000 + 1e-5 * (np.arange(len(rows)) % 7)
            part = rows[: samples - start]
            file.write(chunk(3, b"\1\0\0\0\x04" + struct.pack("<I", len(part)) + part.tobytes()))
            file.write(chunk(4, b"\1\0\0\0" + struct.pack("<dd", start / 2000, 0.25)))
    return path


def text(path: Path, samples: int) -> Path:
    row = ",".join(str(i) for i in range(CHANNELS)) + "\n"
    path.write_text("# sampling rate: 1000\n" + row * samples)
    return path


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is measured as Linux tells it")
def test_files_three_times_as_large_as_the_memory_are_read_to_their_end(tmp_path: Path) -> None:
    """Peak memory of a process, format after format, beyond what it took before."""
    makers = {
        "a.h5": (opensignals, 2), "a.mat": (packed_mat, 4), "a.hea": (wfdb_record, 4), "a.xdf": (xdf, 4),
        "a.csv": (text, 8),
    }  # fmt: skip
    files: tuple[list[str], list[str]] = ([], [])
    for kind, samples in enumerate((20_000, DECODED)):
        folder = tmp_path / str(kind)
        folder.mkdir()
        for name, (make, width) in makers.items():
            count = samples if kind == 0 else samples // (width * CHANNELS)
            files[kind].append(str(make(folder / name, count)))
    run = subprocess.run(
        [sys.executable, "-c", BLOCKWISE, json.dumps(files)], capture_output=True, text=True, check=True
    )
    for path, (values, growth) in json.loads(run.stdout).items():
        _, width = makers[Path(path).name]
        assert values * width > 0.99 * DECODED, path
        assert growth < ALLOWED, f"{Path(path).name}: {growth / MEGABYTE:.0f} MiB"


@pytest.mark.parametrize(
    "name",
    ["wfdb_formats/binformats.hea", "wfdb_formats/flacformats.hea", "wfdb_formats/test01_00s_skewframe.hea",
     "wfdb_formats/041s/041s.hea", "xdf/minimal.xdf", "mhealthtools_tremor/rest_tremor_data.csv",
     "delsys_trigno/truncated_trigno_sample.csv", "geneactiv_csv/demo_data.csv",
     "sensor_logger/AccelerometerUncalibrated.csv", "openhdemg_otb/OTBsolorefsig.mat",
     "plux_opensignals/ecg_4000_Hz.h5", "plux_opensignals/sync_acc_1.txt", "xio_imu/sensor_data.csv"],
)  # fmt: skip
def test_recordings_are_the_same_whatever_the_blocks(
    shared_data: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = read(shared_data / name)
    monkeypatch.setattr(Allowance, "takes", lambda *_: False)
    monkeypatch.setattr(spool, "BLOCK_BYTES", 16_000)
    monkeypatch.setattr(columns, "MOST_AT_ONCE", 100)
    monkeypatch.setattr(clock, "_GRID_VALUES", 500)
    monkeypatch.setattr(segments, "BLOCK_SAMPLES", 997)
    monkeypatch.setattr(table, "_BLOCK", 50_000)
    monkeypatch.setattr(matlab, "_PIECE", 1000)
    small = read(shared_data / name)
    assert len(small) == len(usual)
    for ours, theirs in zip(small, usual, strict=True):
        assert (ours.rate, ours.channels, ours.gaps) == (theirs.rate, theirs.channels, theirs.gaps)
        assert (ours.annotations, ours.notes) == (theirs.annotations, theirs.notes)
        np.testing.assert_array_equal(
            ours.signal.read(0, ours.samples), theirs.signal.read(0, theirs.samples)
        )


@pytest.fixture
def source(tmp_path: Path) -> Source:
    (tmp_path / "a.csv").write_text("1,2\n")
    return opened(tmp_path / "a.csv")


class TestTemporaryFiles:
    def test_nothing_is_left_in_the_folder_while_it_is_used(
        self, source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
        monkeypatch.setattr(spool.tempfile, "tempdir", None)
        (tmp_path / "temporary").mkdir()
        source.memory.left = 0
        room = spool.allocated(source, (1000, 3), np.float32)
        growing = spool.Spool(source, 2)
        growing.append(np.arange(10.0).reshape(5, 2))
        grown = growing.array()
        room[:] = 7
        assert list((tmp_path / "temporary").iterdir()) == []
        assert (room == 7).all()
        np.testing.assert_array_equal(grown, np.arange(10.0).reshape(5, 2))
        spool.release(room)
        assert (room == 7).all()  # what was written outlives its pages

    @pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="looks at the maps Linux shows")
    def test_room_is_given_back_with_the_recording(self, source: Source) -> None:
        def held() -> int:
            maps = Path("/proc/self/maps").read_text().splitlines()
            return sum("(deleted)" in line for line in maps)

        source.memory.left = 0
        before = held()
        room = spool.allocated(source, (1000, 3), np.float32)
        assert held() == before + 1
        del room
        assert held() == before

    def test_full_disk_is_said_before_it_is_full(
        self, source: Source, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usage = namedtuple("usage", "total used free")
        source.memory.left = 0
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 0, spool.ROOM_LEFT + 10**6))
        with pytest.raises(InputError, match=r"disk space.*TMPDIR"):
            spool.allocated(source, (10**6, 3), np.float32)
        growing = spool.Spool(source, 2)
        with pytest.raises(InputError, match=r"disk space.*TMPDIR"):
            growing.append(np.zeros((10**6, 2)))

    def test_disk_that_fills_up_meanwhile(self, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        source.memory.left = 0
        monkeypatch.setattr(spool.os, "posix_fallocate", full, raising=False)
        with pytest.raises(InputError, match="disk space"):
            spool.allocated(source, (1000, 3), np.float32)

    def test_all_arrays_of_a_file_share_its_memory(self, source: Source) -> None:
        sizes = [spool.allocated(source, (MEGABYTE,), np.uint8) for _ in range(12)]
        mapped = [isinstance(array.base, np.memmap) for array in sizes]
        assert mapped == [False] * 8 + [True] * 4


@given(
    values=st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=60),
    parts=st.integers(1, 5),
)
@settings(max_examples=60, deadline=None)
def test_median_by_bits_is_the_median(values: list[float], parts: int) -> None:
    column = np.array(values)
    expected = float(np.median(np.sort(column)))
    usual = columns.MOST_AT_ONCE
    columns.MOST_AT_ONCE = 0
    try:
        found = columns.median(lambda: np.array_split(column, parts))
    finally:
        columns.MOST_AT_ONCE = usual
    assert found == expected or (np.isinf(expected) and np.isinf(found))


@given(data=st.data(), rows=st.integers(2, 60), block=st.integers(8, 200))
@settings(max_examples=150, deadline=None)
def test_missing_values_are_bridged_across_blocks(data: st.DataObject, rows: int, block: int) -> None:
    rng = np.random.default_rng(rows)
    values = rng.normal(size=(rows, 2))
    gone = data.draw(st.lists(st.integers(0, rows - 1), max_size=rows - 1, unique=True))
    values[gone, 1] = np.nan
    known = np.isfinite(values[:, 1])
    expected = np.interp(np.arange(rows), np.flatnonzero(known), values[known, 1])
    usual = spool.BLOCK_BYTES
    spool.BLOCK_BYTES = block
    try:
        notes = columns.filled(Source(Path("a"), b"", 0), values, [0, 1], ["a", "b"])
    finally:
        spool.BLOCK_BYTES = usual
    np.testing.assert_array_equal(values[:, 1], expected)
    assert bool(notes) is bool(gone)
