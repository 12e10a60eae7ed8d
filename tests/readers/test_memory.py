"""Files larger than memory: opened block by block, the same whatever the blocks, and gone afterwards."""

from __future__ import annotations

import errno
import shutil
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.readers import large_files

from myolens.errors import InputError
from myolens.readers import clock, columns, matlab, read, segments, spool, table
from myolens.readers.source import Allowance, Source, opened

MEGABYTE = 1024**2
ALLOWED = 24 * MEGABYTE


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is measured as Linux tells it")
def test_files_three_times_as_large_as_the_memory_are_read_to_their_end(tmp_path: Path) -> None:
    """Peak memory of a process, format after format, beyond what it took before."""
    names = ["WFDB, format 212", "OpenSignals HDF5, packed", "MAT 5, packed", "XDF", "Text, even times"]
    for taken in large_files.measured(tmp_path, names, 3 * ALLOWED):
        assert taken.decoded >= 2.9 * ALLOWED, taken.name
        assert taken.memory < ALLOWED, f"{taken.name}: {taken.memory / MEGABYTE:.0f} MiB"


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
