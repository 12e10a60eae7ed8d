"""Decomposition of a contraction: Myolens beside openhdemg, one process and one BLAS thread each.

Run ``python -m benchmarks.decomposition``. The peer lives in an environment of its own
(``pip install openhdemg==0.2.0b2``); name its interpreter with ``--peer-python``, or leave it out.
``--marked FILE.mat`` adds an OTBiolab+ export with marked units (columns 64–68).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.decomposition.mixture import agreement, make_mixture

ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
}


def run_myolens(signal: np.ndarray, rate: float) -> list[np.ndarray]:
    from myolens.emg.decomposition import decompose
    from myolens.recording import Channel, ChannelKind, Recording

    channels = [Channel(f"E{i}", "uV", ChannelKind.SURFACE_EMG) for i in range(signal.shape[0])]
    found = decompose(Recording.from_array(signal, rate, channels))
    return [np.round(unit.times_s * rate).astype(np.int64) for unit in found.units]


def run_openhdemg(signal: np.ndarray, rate: float, sources: int) -> list[np.ndarray]:
    from openhdemg.library.decomposition import ConvolutiveBSSParams, convolutive_bss
    from scipy.signal import butter, sosfiltfilt

    filtered = sosfiltfilt(butter(2, [20, 500], "bandpass", fs=rate, output="sos"), signal, axis=1)
    result = convolutive_bss(filtered, rate, ConvolutiveBSSParams(n_iterations=sources))
    return [np.asarray(pulses).astype(np.int64).ravel() for pulses in result[0]]


def work(tool: str, file: Path, sources: int) -> None:
    data = np.load(file)
    signal, rate = data["signal"], float(data["rate"])
    short = signal[:, : round(3.5 * rate)]
    runs = {"myolens": run_myolens, "openhdemg": lambda s, r: run_openhdemg(s, r, sources)}
    if tool == "myolens":
        run_myolens(short, rate)  # compiled kernels, imports
    cpu, wall = time.process_time(), time.perf_counter()
    trains = runs[tool](signal, rate)
    print(
        "RESULT "
        + json.dumps(
            {
                "cpu_s": time.process_time() - cpu,
                "wall_s": time.perf_counter() - wall,
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "trains": [train.tolist() for train in trains],
            }
        )
    )


def measured(python: str, tool: str, file: Path, sources: int) -> dict:
    command = [python, "-m", "benchmarks.decomposition", "--work", tool, str(file), "--sources", str(sources)]
    done = subprocess.run(
        command, env={**os.environ, **ONE_THREAD}, capture_output=True, text=True, check=False
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not lines:
        raise SystemExit(f"{tool} failed:\n{done.stderr[-2000:]}")
    return json.loads(lines[-1].removeprefix("RESULT "))


def report(name: str, tool: str, result: dict, truth: list[np.ndarray], rate: float, seconds: float) -> None:
    found = [np.array(train, np.int64) for train in result["trains"]]
    scores = [max((agreement(train, known, rate) for train in found), default=0.0) for known in truth]
    right = sum(max((agreement(t, k, rate) for k in truth), default=0.0) >= 0.9 for t in found)
    print(
        f"| {name} | {tool} | {sum(s >= 0.9 for s in scores)} of {len(truth)} | {len(found)} | {right} "
        f"| {result['cpu_s']:.1f} | {seconds / result['cpu_s']:.2f} | {result['peak_mb']:.0f} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer-python")
    parser.add_argument("--marked", type=Path)
    parser.add_argument("--sources", type=int, default=20)
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--work", nargs=2)
    options = parser.parse_args()
    if options.work:
        work(options.work[0], Path(options.work[1]), options.sources)
        return
    print(
        "| recording | tool | units at agreement ≥ 0.9 | trains reported | of them true | CPU s "
        "| × real time | peak MB |"
    )
    print("|---|---|---|---|---|---|---|---|")
    tools = [("myolens", sys.executable)] + (
        [("openhdemg", options.peer_python)] if options.peer_python else []
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, signal, rate, truth in recordings(options):
            file = Path(folder) / "recording.npz"
            np.savez(file, signal=signal, rate=rate)
            for tool, python in tools:
                result = measured(python, tool, file, options.sources)
                label = f"{tool}, {options.sources} sources" if tool == "openhdemg" else f"**{tool}**"
                report(name, label, result, truth, rate, signal.shape[1] / rate)


def recordings(options: argparse.Namespace):
    for seed in options.seeds:
        mixture = make_mixture(seed=seed)
        yield f"mixture {seed}", mixture.signal, mixture.rate, list(mixture.discharges)
    if options.marked:
        from scipy.io import loadmat

        data = loadmat(options.marked)["Data"]
        while data.dtype == object:
            data = data.ravel()[0]
        truth = [np.flatnonzero(data[:, column] > 0.5) for column in range(64, 69)]
        yield "marked", np.ascontiguousarray(data[:, :64].T, np.float32), 2048.0, truth


if __name__ == "__main__":
    main()
