"""CPU time of a skin recording: 64 channels, 100 units, beside a plain loop and MyoGen."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from dataclasses import dataclass
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


@dataclass(frozen=True)
class SkinSpeed:
    """CPU seconds of each part of a recording of so many seconds; `myogen_s` None when it was not run."""

    seconds: float
    units: int
    discharges: int
    potentials_s: float
    sum_s: float
    noise_s: float
    plain_s: float
    myogen_s: float | None


def measure(seconds: float, myogen_python: str | None) -> SkinSpeed:
    """Time a recording of `seconds`; the sum of discharges on equal potentials and trains everywhere."""
    scenario = Scenario(seconds=seconds, electrodes="grid 8x8", drive=((0, 0.095),), noise_uv=3)
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
    return SkinSpeed(
        seconds=seconds,
        units=len(trains),
        discharges=sum(t.size for t in times),
        potentials_s=made_s,
        sum_s=sum_s,
        noise_s=noise_s,
        plain_s=plain_s,
        myogen_s=myogen(myogen_python, waveforms, trains, scenario) if myogen_python else None,
    )


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
