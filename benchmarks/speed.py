"""Speed and memory of `analyze` from disk to events, of sorting, and of drawing the report.

Run ``python -m benchmarks.speed [--minutes 30] [--channels 64] [--rate 2048] [--mains]``: writes an EDF file
of synthetic rest with discharges, reads and analyses it in a process of its own (Linux: memory) and three
times in this one, draws the report, and sorts ten thousand made potentials. CPU seconds stand beside
wall time and the load of the machine; the bare pass over the same samples is the yardstick.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from edfio import Edf, EdfSignal

from myolens.emg import analyze, pipeline
from myolens.emg.noise import Noise
from myolens.emg.shapes import sort_discharges
from myolens.emg.waveforms import AFTER_S, BEFORE_S, Waveforms
from myolens.readers import read
from myolens.reports import Examined, report

RATE = 2048
STAGES = ("usable", "survey", "scan", "find_events", "with_recalled", "sort_discharges")
ALONE = """
import sys, time
from pathlib import Path
from myolens.emg import analyze
from myolens.readers import read
analyze(read(sys.argv[1])[0])
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0], time.process_time())
"""


def write(path: Path, *, channels: int, minutes: float, mains: bool, rate: int = RATE) -> None:
    """Noise of 5 µV with one unit every two seconds, on a grid; 20 µV of mains if wanted."""
    rng = np.random.default_rng(0)
    samples = int(minutes * 60) * rate
    reach = round(40 * rate / RATE)
    t = np.arange(-reach, reach + 1) / rate
    wave = 80 * np.exp(-0.5 * (t / 0.002) ** 2) * np.cos(2 * np.pi * t / 0.01)
    at = np.sort(rng.integers(reach, samples - reach, int(minutes * 30)))
    hum = 20 * np.sin(2 * np.pi * 50.03 * np.arange(samples) / rate) if mains else 0.0
    signals = []
    for channel in range(channels):
        x = rng.standard_normal(samples, np.float32) * 5 + np.float32(hum)
        size = np.exp(-(((channel % 8) - 3) ** 2 + (channel // 8 - 3) ** 2) / 8)
        for place in at:
            x[place - reach : place + reach + 1] += size * wave
        np.clip(x, -3000, 3000, out=x)
        signals.append(
            EdfSignal(
                x, rate, label=f"EMG {channel + 1}", physical_dimension="uV", physical_range=(-3276.8, 3276.7)
            )
        )
    Edf(signals).write(path)


def potentials(
    events: int, *, units: int = 20, side: int = 8, seconds: float = 1800.0
) -> tuple[Waveforms, Noise]:
    """Windows of made discharges of several units on a grid, as cut out of a recording."""
    rng = np.random.default_rng(0)
    before, length = round(BEFORE_S * RATE), round(BEFORE_S * RATE) + round(AFTER_S * RATE)
    t = (np.arange(length) - before)[:, None] / RATE
    places = 8.0 * np.stack(np.divmod(np.arange(side * side), side), axis=1)
    waves = []
    for _ in range(units):
        centre, reach = rng.uniform(0, 8 * side, 2), rng.uniform(8, 16)
        size = np.exp(-np.sum((places - centre) ** 2, axis=1) / (2 * reach**2))
        late = t - (places[:, 1] - centre[1]) * rng.choice([-1, 1]) / 4000
        width, pitch, phase = rng.uniform(0.0015, 0.003), rng.uniform(60, 120), rng.uniform(0, 6.28)
        wave = size * np.exp(-0.5 * (late / width) ** 2) * np.cos(2 * np.pi * pitch * late + phase)
        top = np.unravel_index(int(np.argmax(np.abs(wave))), wave.shape)[0]
        waves.append(rng.uniform(40, 160) * np.roll(wave, before - top, axis=0) / np.abs(wave).max())
    windows = rng.standard_normal((events, length, side * side), np.float32) * 5
    for event, unit in enumerate(rng.integers(0, units, events)):
        windows[event] += rng.normal(1, 0.04) * waves[unit]
    ratios = np.abs(windows[:, before - 2 : before + 3]).max(axis=1) / 5
    flat, one = np.full((round(seconds), side * side), 5, np.float32), np.eye(side * side, dtype=np.float32)
    widths, peak = np.ones((3, side * side), np.float32), 5 * ratios.max(axis=1)
    noise = Noise(flat, flat, one, widths, widths, None, one)
    sample = np.sort(rng.integers(RATE, int(seconds - 1) * RATE, events))
    largest = ratios.argmax(axis=1)
    nil, ones = np.zeros(events, np.float32), np.ones(events, np.float32)
    made = Waveforms(
        sample, largest, peak, 2 * peak, 5 * ones, ones, nil, ratios, windows, RATE, RATE, ones, ones
    )  # fmt: skip
    return made, noise


def by_itself(path: Path, bytecode: Path) -> tuple[float, float]:
    """Peak memory, kB, and CPU seconds of an analysis in a process of its own; all code compiled before."""
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    surroundings["PYTHONPYCACHEPREFIX"] = str(bytecode)
    for _ in range(2):
        alone = subprocess.run(
            [sys.executable, "-c", ALONE, path], capture_output=True, check=True, env=surroundings
        )
    peak, cpu = (float(word) for word in alone.stdout.split())
    return peak, cpu


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print wall and CPU seconds of what happens inside, and the load."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{what}: {wall:.2f} s wall, {cpu:.2f} s CPU, load {os.getloadavg()[0]:.1f}", flush=True)


def watched(call: Callable[..., object], spent: dict[str, float], name: str) -> Callable[..., object]:
    """The same function, its CPU seconds added up."""

    def around(*given: object, **named: object) -> object:
        begin = time.process_time()
        try:
            return call(*given, **named)
        finally:
            spent[name] = spent.get(name, 0.0) + time.process_time() - begin

    return around


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--rate", type=int, default=RATE)
    parser.add_argument("--mains", action="store_true")
    parser.add_argument("--events", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rest.edf"
        write(
            path, channels=options.channels, minutes=options.minutes, mains=options.mains, rate=options.rate
        )
        size = path.stat().st_size / 1e6
        with timed(f"bare read and maximum of {size:.0f} MB of int16"):
            np.fromfile(path, np.int16).max()
        peak, cpu = by_itself(path, Path(folder) / "bytecode")
        print(f"a process of its own: {cpu:.2f} s CPU, start and loading of compiled kernels included,")
        print(f"  at most {peak / 1e3:.0f} MB of memory, {peak / 1e3 / size:.2f} × the file")
        spent: dict[str, float] = {}
        for run in ("first", "second", "third"):
            if run == "third":
                for name in STAGES:
                    setattr(pipeline, name, watched(getattr(pipeline, name), spent, name))
            with timed(f"{run} analysis in this process"):
                recording = read(path)[0]
                analysis = analyze(recording)
        print("CPU s by stage:", ", ".join(f"{name} {seconds:.2f}" for name, seconds in spent.items()))
        print(f"{len(analysis.events)} events in {len(analysis.units)} units")
        for run in ("first", "second"):
            with timed(f"{run} report of it"):
                page = report(examined=[Examined(recording, analysis)])
        print(f"{len(page) / 1e6:.1f} MB of HTML")
    waves, noise = potentials(options.events)
    for run in ("first", "second"):
        with timed(f"{run} sorting of {options.events} events"):
            discharges, shapes = sort_discharges(waves, noise)
    loose = int(np.sum(discharges.unit < 0))
    print(f"{len(shapes.templates)} units of 20, {loose} unassigned")


if __name__ == "__main__":
    main()
