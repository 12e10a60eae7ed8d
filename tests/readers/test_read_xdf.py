"""XDF streams against the format's reference reader: clocks, jitter, breaks, and odd chunks."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyxdf
from numpy.typing import NDArray

from myolens.errors import InputError
from myolens.readers import read, xdf
from myolens.readers.source import opened

RATE = 100.0


def chunk(tag: int, data: bytes) -> bytes:
    return b"\x04" + struct.pack("<I", len(data) + 2) + struct.pack("<H", tag) + data


def header(number: int, channels: int, form: str, *, rate: float = RATE, desc: str = "") -> bytes:
    about = f"<info><name>s{number}</name><type>EMG</type><channel_count>{channels}</channel_count>"
    about += f"<nominal_srate>{rate}</nominal_srate><channel_format>{form}</channel_format>{desc}</info>"
    return chunk(2, struct.pack("<I", number) + about.encode())


def samples(number: int, values: NDArray[Any], stamps: Sequence[float | None]) -> bytes:
    body = b"".join(
        (b"\0" if at is None else b"\x08" + struct.pack("<d", at)) + row.tobytes()
        for at, row in zip(stamps, values, strict=True)
    )
    return chunk(3, struct.pack("<I", number) + b"\x04" + struct.pack("<I", len(values)) + body)


def offsets(number: int, measured: Iterable[tuple[float, float]]) -> bytes:
    return b"".join(chunk(4, struct.pack("<Idd", number, at, offset)) for at, offset in measured)


def written(path: Path, *parts: bytes) -> Path:
    path.write_bytes(b"XDF:" + chunk(1, b"<info><version>1.0</version></info>") + b"".join(parts))
    return path


def assert_as_pyxdf(path: Path, *, within_s: float = 1e-9) -> list[xdf.Samples]:
    ours, _ = xdf.synchronised(opened(path))
    theirs, _ = pyxdf.load_xdf(path)
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine.stamps, other["time_stamps"], rtol=0, atol=within_s)
        if mine.values is not None:
            np.testing.assert_array_equal(mine.values, other["time_series"])
            assert mine.values.dtype == other["time_series"].dtype
    return ours


@pytest.mark.parametrize("form", ["int8", "int16", "int32", "int64", "float32", "double64"])
def test_numbers_of_every_type(tmp_path: Path, form: str) -> None:
    values = np.random.default_rng(1).integers(-100, 100, (50, 3)).astype(xdf._TYPES[form])
    stamps = [10 + i / RATE for i in range(50)]
    assert_as_pyxdf(written(tmp_path / "a.xdf", header(1, 3, form), samples(1, values, stamps)))


def test_samples_without_a_time_follow_the_one_before(tmp_path: Path) -> None:
    values = np.arange(60, dtype="<i2").reshape(30, 2)
    stamps = [5.0, *[None] * 9, 5.1, 5.11, *[None] * 18]
    path = written(tmp_path / "a.xdf", header(1, 2, "int16"), samples(1, values, stamps))
    assert_as_pyxdf(path)


@pytest.mark.parametrize("seed", range(4))
def test_clock_offsets_with_late_replies_and_jitter(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    stamps = 1000 + np.arange(3000) / RATE + rng.normal(0, 2e-3, 3000)
    measured = [(1000 + 2.0 * i, -200 + 1e-5 * i + rng.normal(0, 1e-5)) for i in range(16)]
    measured[5] = (measured[5][0], measured[5][1] + 0.05)  # a late reply
    values = rng.normal(size=(3000, 2)).astype("<f4")
    path = written(
        tmp_path / "a.xdf", header(1, 2, "float32"), offsets(1, measured), samples(1, values, stamps.tolist())
    )
    assert_as_pyxdf(path, within_s=1e-8)
    (recording,) = read(path)
    assert recording.rate == pytest.approx(RATE, rel=1e-4)


def test_restarted_clock_begins_a_new_line(tmp_path: Path) -> None:
    first, second = 5000 + np.arange(1000) / RATE, 20 + np.arange(1000) / RATE
    measured = [(5000 + i, -4000.0) for i in range(10)] + [(20.0 + i, 1000.5) for i in range(10)]
    values = np.arange(4000, dtype="<f4").reshape(2000, 2)
    path = written(
        tmp_path / "a.xdf",
        header(1, 2, "float32"),
        offsets(1, measured),
        samples(1, values, [*first.tolist(), *second.tolist()]),
    )
    (stream,) = assert_as_pyxdf(path)
    assert stream.stamps[1000] - stream.stamps[999] == pytest.approx(10.51, abs=0.02)


def test_break_in_a_stream_is_not_smoothed_away(tmp_path: Path) -> None:
    stamps = np.concatenate([np.arange(1000), np.arange(3000, 3700)]) / RATE
    values = np.zeros((1700, 1), "<f4")
    path = written(tmp_path / "a.xdf", header(1, 1, "float32"), samples(1, values, stamps.tolist()))
    assert_as_pyxdf(path)
    (recording,) = read(path)
    assert [(g.start_s, g.end_s) for g in recording.gaps] == [
        (pytest.approx(10.0, abs=0.02), pytest.approx(30.0, abs=0.02))
    ]


def test_stream_that_may_drop_samples_keeps_its_times(tmp_path: Path) -> None:
    desc = "<desc><synchronization><can_drop_samples>true</can_drop_samples></synchronization></desc>"
    stamps = np.cumsum(np.random.default_rng(2).uniform(0.005, 0.015, 200))
    path = written(
        tmp_path / "a.xdf",
        header(1, 1, "float32", desc=desc),
        samples(1, np.zeros((200, 1), "<f4"), stamps.tolist()),
    )
    (stream,) = assert_as_pyxdf(path)
    np.testing.assert_array_equal(stream.stamps, stamps)


def test_false_last_sample_and_offset_of_a_sender_that_ended(tmp_path: Path) -> None:
    stamps = (100 + np.arange(500) / RATE).tolist()
    measured = [(100 + i, 0.5) for i in range(6)] + [(1e6, 77.0)]
    footer = chunk(6, struct.pack("<I", 1) + b"<info><sample_count>499</sample_count></info>")
    path = written(
        tmp_path / "a.xdf",
        header(1, 1, "int16"),
        samples(1, np.arange(500, dtype="<i2")[:, None], stamps),
        offsets(1, measured),
        footer,
    )
    (stream,) = assert_as_pyxdf(path)
    assert stream.stamps.size == 499


def test_stamps_out_of_order_are_sorted_with_their_samples(tmp_path: Path) -> None:
    stamps = np.arange(300) / RATE
    order = np.random.default_rng(3).permutation(300)
    path = written(
        tmp_path / "a.xdf",
        header(1, 1, "int16", rate=0),  # no nominal rate, so the stamps stay as they are
        samples(1, np.arange(300, dtype="<i2")[order, None], stamps[order].tolist()),
    )
    (recording,) = read(path)
    assert recording.rate == pytest.approx(RATE)
    np.testing.assert_array_equal(recording.physical()[0], np.arange(300))


def test_reading_stops_where_the_file_is_cut(tmp_path: Path) -> None:
    part = [samples(1, np.zeros((100, 1), "<f4"), (i + np.arange(100) / RATE).tolist()) for i in range(3)]
    path = written(tmp_path / "a.xdf", header(1, 1, "float32"), *part)
    path.write_bytes(path.read_bytes()[:-50])
    (recording,) = read(path)
    assert recording.samples == 200
    assert any("cut short" in note for note in recording.notes)


def test_samples_of_an_unknown_stream_end_the_reading(tmp_path: Path) -> None:
    path = written(tmp_path / "a.xdf", samples(9, np.zeros((4, 1), "<f4"), [0.0, 0.1, 0.2, 0.3]))
    with pytest.raises(InputError, match="no stream of numbers"):
        read(path)
