"""How fast a skin recording is made: 64 channels, 100 units, beside a plain loop and MyoGen.

    python -m benchmarks.simulation [--seconds 10] [--myogen /path/to/python-with-myogen]

All figures are process CPU seconds of one run, one thread's work counted wherever it ran, so that other
work on the machine changes them little. The sum of discharges is compared on equal potentials and trains.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from myolens.simulation import Scenario
from myolens.simulation.electrodes import place
from myolens.simulation.experiment import discharge_trains, render
from myolens.simulation.muscle import motor_units
from myolens.simulation.noise import add_noise
from myolens.simulation.potentials import START_MS, unit_potentials


def cpu(work, repeats=3):
    """Least CPU seconds of several runs, after one that compiles."""
    result = work()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        result = work()
        times.append(time.process_time() - start)
    return min(times), result


def plain(waveforms, trains, rate, samples):
    """The loop anyone would write: add each potential at each discharge."""
    out = np.zeros((samples, waveforms[0].shape[1]), np.float32)
    for waveform, times in zip(waveforms, trains, strict=True):
        for begin in np.rint((times + START_MS / 1000) * rate).astype(int):
            low, high = max(begin, 0), min(begin + len(waveform), samples)
            out[low:high] += waveform[low - begin : high - begin]
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--myogen", help="a Python that has MyoGen")
    chosen = parser.parse_args()
    scenario = Scenario(seconds=chosen.seconds, electrodes="grid 8x8", drive=((0, 0.095),), noise_uv=3)
    units, electrodes = motor_units(scenario), place(scenario)
    trains = [one.train for one in discharge_trains(scenario, units)][:100]
    numbers = [train.unit for train in trains]
    made_s, potentials = cpu(lambda: unit_potentials(scenario, units, electrodes, numbers), repeats=1)
    times = [train.times_s for train in trains]
    samples = round(scenario.seconds * scenario.rate)
    names = tuple(channel.name for channel in electrodes.channels)
    waveforms = [potential.waveform for potential in potentials]

    def ours():
        out = np.zeros((samples, 64), np.float32)
        render(scenario, potentials, times, out)
        return out

    sum_s, _ = cpu(ours)
    noise_s, _ = cpu(lambda: add_noise(scenario, np.zeros((samples, 64), np.float32), names))
    plain_s, _ = cpu(lambda: plain(waveforms, times, scenario.rate, samples), repeats=1)
    discharges = sum(t.size for t in times)
    print(
        f"{len(trains)} units, 64 channels, {chosen.seconds:g} s at {scenario.rate:g} Hz, "
        f"{discharges} discharges"
    )
    print(f"{'what':44s} {'CPU s':>9s} {'x real time':>12s} {'x plain loop':>13s}")

    def line(what, seconds):
        print(f"{what:44s} {seconds:9.3f} {chosen.seconds / seconds:12.0f} {plain_s / seconds:13.2f}")

    print(f"{'potentials, made once':44s} {made_s:9.3f}   {made_s / len(trains) * 1000:.1f} ms a unit")
    line("Myolens: sum, jitter and block", sum_s)
    line("Myolens: noise, mains, wander", noise_s)
    line("Myolens: recording", sum_s + noise_s)
    line("plain loop: sum", plain_s)
    if chosen.myogen:
        line("MyoGen: sum (default path)", myogen(chosen.myogen, waveforms, trains, scenario))


def myogen(python, waveforms, trains, scenario):
    length = max(len(w) for w in waveforms)
    stacked = np.stack([np.pad(w, ((0, length - len(w)), (0, 0))) for w in waveforms])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "same.npz"
        np.savez(
            path,
            potentials=stacked.reshape(len(stacked), length, 8, 8),
            units=np.concatenate([np.full(t.times_s.size, i) for i, t in enumerate(trains)]),
            times_s=np.concatenate([np.round(t.times_s * scenario.rate) / scenario.rate for t in trains]),
            rate=scenario.rate,
            seconds=scenario.seconds,
        )
        peer = Path(__file__).with_name("myogen_peer.py")
        done = subprocess.run([python, str(peer), str(path)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"MyoGen did not run:\n{done.stderr[-2000:]}")
        return json.loads(done.stdout.strip().splitlines()[-1])["cpu_s"]


if __name__ == "__main__":
    main()
