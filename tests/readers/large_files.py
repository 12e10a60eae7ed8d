"""Large files of the formats that are decoded, and what it takes to read them.

``python tests/readers/large_files.py 256`` makes files of so many MiB of decoded samples, reads each to
its end, and prints the table of docs/formats.md.
"""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
from numpy.typing import NDArray

MEGABYTE = 1024**2
CHANNELS = 8
NUMBERS = np.random.default_rng(0).normal(0, 5, (2**14, CHANNELS)).astype(np.int16)


class Taken(NamedTuple):
    """What reading a file took: bytes on disk, values, bytes they are decoded to, peak memory, CPU time."""

    name: str
    size: int
    values: int
    decoded: int
    memory: int
    cpu_s: float


def parts(samples: int) -> Iterator[NDArray[np.int16]]:
    """Samples in parts of shape (samples, channels)."""
    for start in range(0, samples, len(NUMBERS)):
        yield NUMBERS[: samples - start]


def wfdb_header(path: Path, form: str, samples: int) -> Path:
    lines = [f"{path.stem}.dat {form} 200/uV 12 0 0 0 0 EMG {i}" for i in range(CHANNELS)]
    path.with_suffix(".hea").write_text("\n".join([f"{path.stem} {CHANNELS} 2000 {samples}", *lines]) + "\n")
    return path.with_suffix(".hea")


def wfdb_16(path: Path, samples: int) -> Path:
    with path.with_suffix(".dat").open("wb") as file:
        file.writelines(part.tobytes() for part in parts(samples))
    return wfdb_header(path, "16", samples)


def wfdb_212(path: Path, samples: int) -> Path:
    with path.with_suffix(".dat").open("wb") as file:
        for part in parts(samples):
            one, two = part.reshape(-1, 2).T & 0xFFF
            file.write(np.stack([one & 255, one >> 8 | two >> 8 << 4, two & 255], 1).astype("u1").tobytes())
    return wfdb_header(path, "212", samples)


def wfdb_8(path: Path, samples: int) -> Path:
    with path.with_suffix(".dat").open("wb") as file:
        file.writelines((part % 5 - 2).astype("i1").tobytes() for part in parts(samples))
    return wfdb_header(path, "8", samples)


def wfdb_flac(path: Path, samples: int) -> Path:
    import soundfile

    name = path.with_suffix(".dat")
    with soundfile.SoundFile(name, "w", 96_000, CHANNELS, format="FLAC", subtype="PCM_16") as file:
        for part in parts(samples):
            file.write(part)
    return wfdb_header(path, "516", samples)


def opensignals(path: Path, samples: int, *, packing: str | None = "gzip") -> Path:
    with h5py.File(path.with_suffix(".h5"), "w") as file:
        device = file.create_group("00:01")
        device.attrs.update(
            {"sampling rate": 1000, "resolution": [16] * CHANNELS, "device": "biosignalsplux"}
        )
        for channel in range(CHANNELS):
            data = device.create_dataset(
                f"raw/channel_{channel + 1}", (samples, 1), "u2", chunks=(8192, 1), compression=packing,
                compression_opts=1 if packing else None,
            )  # fmt: skip
            at = 0
            for part in parts(samples):
                data[at : at + len(part), 0] = part[:, channel].astype(np.int32) + 32_768
                at += len(part)
    return path.with_suffix(".h5")


def mat_7(path: Path, samples: int) -> Path:
    path = path.with_suffix(".mat")
    with h5py.File(path, "w", userblock_size=512) as file:
        data = file.create_dataset(
            "emg", (CHANNELS, samples), "f4", chunks=(1, 8192), compression="gzip", compression_opts=1
        )
        file["fs"] = [[2000.0]]
        at = 0
        for part in parts(samples):
            data[:, at : at + len(part)] = part.T
            at += len(part)
    with path.open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file, Pla")
    return path


def mat_5(path: Path, samples: int, *, packed: bool = False) -> Path:
    """The matrix holds the same samples in every channel."""

    def element(kind: int, data: bytes) -> bytes:
        return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)

    samples -= samples % 2  # so that the matrix ends where an element must
    size = 4 * samples * CHANNELS
    about = element(6, struct.pack("<II", 7, 0)) + element(5, struct.pack("<ii", samples, CHANNELS))
    about += element(1, b"emg") + struct.pack("<II", 7, size)
    packer = zlib.compressobj(1) if packed else None
    body = struct.pack("<II", 14, len(about) + size) + about
    path = path.with_suffix(".mat")
    with path.open("w+b") as file:
        file.write(b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + (bytes(8) if packer else b""))
        file.write(packer.compress(body) if packer else body)
        for _ in range(CHANNELS):
            for part in parts(samples):
                raw = part[:, 0].astype("<f4").tobytes()
                file.write(packer.compress(raw) if packer else raw)
        if packer:
            file.write(packer.flush())
            length = file.tell() - 136
            file.seek(128)
            file.write(struct.pack("<II", 15, length))
            file.seek(0, 2)
        rate = element(6, struct.pack("<II", 6, 0)) + element(5, struct.pack("<ii", 1, 1))
        file.write(element(14, rate + element(1, b"fs") + element(9, struct.pack("<d", 2000.0))))
    return path


def xdf(path: Path, samples: int) -> Path:
    def chunk(tag: int, data: bytes) -> bytes:
        return b"\x08" + struct.pack("<Q", len(data) + 2) + struct.pack("<H", tag) + data

    about = f"<info><name>a</name><type>EMG</type><channel_count>{CHANNELS}</channel_count>"
    about += "<nominal_srate>2000</nominal_srate><channel_format>float32</channel_format></info>"
    with path.with_suffix(".xdf").open("wb") as file:
        file.write(b"XDF:" + chunk(1, b"<info><version>1.0</version></info>"))
        file.write(chunk(2, b"\1\0\0\0" + about.encode()))
        for start in range(0, samples, 1024):
            rows = np.zeros(
                min(1024, samples - start), [("stamped", "u1"), ("time", "<f8"), ("values", "<f4", CHANNELS)]
            )
            rows["stamped"] = 8
            rows["time"] = (start + np.arange(len(rows))) / 2000 + 1e-5 * (np.arange(len(rows)) % 7)
            rows["values"] = NUMBERS[start % len(NUMBERS) :][: len(rows)]
            file.write(chunk(3, b"\1\0\0\0\x04" + struct.pack("<I", len(rows)) + rows.tobytes()))
            file.write(chunk(4, b"\1\0\0\0" + struct.pack("<dd", start / 2000, 0.25)))
    return path.with_suffix(".xdf")


def text(path: Path, samples: int, *, uneven: bool = False) -> Path:
    path = path.with_suffix(".csv")
    rows = [",".join(map(str, row)) for row in NUMBERS.tolist()]
    off = (
        [int(v) for v in np.random.default_rng(1).integers(0, 150, len(rows))] if uneven else [0] * len(rows)
    )
    with path.open("w") as file:
        file.write("time (us)," + ",".join(f"EMG {i} (uV)" for i in range(CHANNELS)) + "\n")
        for start in range(0, samples, len(rows)):
            chosen = zip(rows[: samples - start], off, strict=False)
            file.writelines(f"{500 * (start + i) + late},{row}\n" for i, (row, late) in enumerate(chosen))
    return path


MAKERS: dict[str, tuple[Callable[..., Path], dict[str, Any], int]] = {
    "WFDB, format 16": (wfdb_16, {}, 4),
    "WFDB, format 212": (wfdb_212, {}, 4),
    "WFDB, format 8": (wfdb_8, {}, 4),
    "WFDB, FLAC": (wfdb_flac, {}, 4),
    "OpenSignals HDF5, in pieces": (opensignals, {"packing": None}, 2),
    "OpenSignals HDF5, packed": (opensignals, {}, 2),
    "MAT 7.3, packed": (mat_7, {}, 4),
    "MAT 5": (mat_5, {}, 4),
    "MAT 5, packed": (mat_5, {"packed": True}, 4),
    "XDF": (xdf, {}, 4),
    "Text, even times": (text, {}, 8),
    "Text, uneven times": (text, {"uneven": True}, 8),
}
"""What writes a file of each kind, and the bytes a value of it is decoded to."""


def measured(folder: Path, names: Sequence[str], decoded: int) -> list[Taken]:
    """Read a file of each kind to its end, all in one other process."""
    files: list[str] = []
    for place, name in enumerate(names):
        make, options, width = MAKERS[name]
        for kind, samples in (("small", 20_000), ("large", decoded // (width * CHANNELS))):
            inside = folder / f"{place} {kind}"
            inside.mkdir()
            files.append(str(make(inside / "a", samples, **options)))
    run = subprocess.run(
        [sys.executable, __file__, "--walk", *files], capture_output=True, text=True, check=True
    )
    return [
        Taken(
            name,
            sum(path.stat().st_size for path in Path(large).parent.iterdir()),
            values,
            values * MAKERS[name][2],
            memory,
            cpu_s,
        )
        for name, large, (values, memory, cpu_s) in zip(
            names, files[1::2], json.loads(run.stdout), strict=True
        )
    ]


def walk(files: Sequence[Path]) -> None:
    """Print values, growth of peak memory and CPU time of every second file, each after the one before it."""
    from myolens.readers import read

    def values_of(path: Path) -> int:
        count = 0
        for recording in read(path):
            count += recording.samples * len(recording.channels)
            for start, stop in recording.blocks(65_536):
                recording.microvolts(start, stop)
        return count

    def peak() -> int:
        # Not ru_maxrss, which begins with what the parent process took.
        found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
        return 1024 * int(found[1]) if found else 0

    found = []
    for small in files[::2]:
        values_of(small)  # libraries are loaded before anything is measured
    for large in files[1::2]:
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        before, begin = peak(), time.process_time()
        count = values_of(large)
        found.append((count, peak() - before, time.process_time() - begin))
    sys.stdout.write(json.dumps(found))


def main() -> None:
    """Print the table."""
    if sys.argv[1:2] == ["--walk"]:
        walk([Path(name) for name in sys.argv[2:]])
        return
    with tempfile.TemporaryDirectory() as folder:
        for taken in measured(Path(folder), list(MAKERS), int(sys.argv[1]) * MEGABYTE):
            sys.stdout.write(
                f"| {taken.name} | {taken.size / MEGABYTE:.0f} MiB | {taken.values / 1e6:.0f} M "
                f"| {taken.memory / MEGABYTE:.0f} MiB | {taken.cpu_s:.1f} s |\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
