"""Speed and memory of `analyze` from disk to events, beside a bare pass over the same samples.

Run ``python -m benchmarks.speed [--minutes 30] [--channels 64]``: writes an EDF file of synthetic rest with
discharges, then reads and analyses it twice (the second run shows the cost without compilation).
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
from edfio import Edf, EdfSignal

from myolens.emg import analyze
from myolens.readers import read

RATE = 2048


def write(path: Path, *, channels: int, minutes: float) -> None:
    """Noise of 5 µV with one unit every two seconds, on a grid."""
    rng = np.random.default_rng(0)
    samples = int(minutes * 60) * RATE
    t = np.arange(-40, 41) / RATE
    wave = 80 * np.exp(-0.5 * (t / 0.002) ** 2) * np.cos(2 * np.pi * t / 0.01)
    at = np.sort(rng.integers(100, samples - 100, int(minutes * 30)))
    signals = []
    for channel in range(channels):
        x = rng.standard_normal(samples, np.float32) * 5
        size = np.exp(-(((channel % 8) - 3) ** 2 + (channel // 8 - 3) ** 2) / 8)
        for place in at:
            x[place - 40 : place + 41] += size * wave
        np.clip(x, -3000, 3000, out=x)
        signals.append(
            EdfSignal(
                x, RATE, label=f"EMG {channel + 1}", physical_dimension="uV", physical_range=(-3276.8, 3276.7)
            )
        )
    Edf(signals).write(path)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--channels", type=int, default=64)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rest.edf"
        write(path, channels=options.channels, minutes=options.minutes)
        size = path.stat().st_size / 1e6
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        begin = time.perf_counter()
        values = np.fromfile(path, np.int16)
        values.max()
        floor = time.perf_counter() - begin
        del values
        print(f"{size:.0f} MB of int16; bare read and maximum: {floor:.2f} s")
        for run in ("first", "second"):
            wall, cpu = time.perf_counter(), time.process_time()
            analysis = analyze(read(path)[0])
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            print(
                f"{run} run: {wall:.2f} s wall, {cpu:.2f} s CPU, {60 * options.minutes / wall:.0f} × real "
                f"time, {wall / floor:.1f} × the bare pass, {len(analysis.events)} events, "
                f"{len(analysis.units)} units"
            )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(f"peak memory {peak:.0f} MB (before: {before:.0f} MB), {peak / size:.2f} × the file")


if __name__ == "__main__":
    main()
