"""Run ``python -m benchmarks.detection``: detection, sorting and counting, on held-back mixtures.

Peers are tried where they can be imported. The tables go to the screen and, with ``--write``, into
benchmarks/README.md between its markers.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.detection.mixtures import ARTEFACTS, Mixture, make, score
from benchmarks.detection.peers import PEERS, Found
from benchmarks.detection.processes import coverage
from myolens.emg import analyze
from myolens.recording import Recording

HELD_BACK_SEED = 700
README = Path(__file__).resolve().parents[1] / "README.md"
START, END = "<!-- detection: written by python -m benchmarks.detection -->", "<!-- end of detection -->"


def myolens(recording: Recording) -> Found:
    """`myolens.analyze`, all defaults."""
    found = analyze(recording)
    return (
        np.array([event.time_s for event in found.events]),
        np.array([event.unit or 0 for event in found.events], np.int64),
    )


def mixtures(artefact: str, *, grid: bool, seeds: int, training: bool) -> list[Mixture]:
    """The recordings of one row of the table."""
    first = 0 if training else HELD_BACK_SEED
    return [
        make(first + k, held_back=not training, grid=grid, artefact=artefact, ratio=(5.5, 22.0))
        for k in range(seeds)
    ]


def judged(tool: Callable[[Recording], Found], recordings: list[Mixture]) -> tuple[np.ndarray, float] | str:
    """Summed scores and seconds, or why there are none."""
    total = np.zeros(6)
    spent = 0.0
    for mixture in recordings:
        try:
            begin = time.process_time()
            with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                times, labels = tool(mixture.recording)
            spent += time.process_time() - begin
        except ImportError as error:
            return f"absent ({error.name})"
        except Exception as error:
            return f"fails ({type(error).__name__})"
        result = score(mixture, times, labels)
        total += [result.true, result.hit, result.false, result.agreed, result.sorted_, result.minutes]
    return total, spent


def row(name: str, result: tuple[np.ndarray, float] | str) -> str:
    """One line of a table."""
    if isinstance(result, str):
        return f"| {name} | {result} | | | | |"
    (true, hit, false, agreed, matched, minutes), spent = result
    sorting = f"{agreed / matched:.2f}" if agreed and matched else "–"
    return (
        f"| {name} | {hit / max(true, 1):.3f} | {hit / max(hit + false, 1):.3f} | {10 * false / minutes:.1f} "
        f"| {sorting} | {60 * minutes / max(spent, 1e-9):.0f} |"
    )


def tables(*, seeds: int, training: bool, peers: bool) -> list[str]:
    """Tables for one channel and for the grid, by artefact for Myolens, pooled for the others."""
    lines = []
    for grid in (False, True):
        lines += [
            "",
            f"**{'64 electrodes, 2048 Hz' if grid else 'One channel, 1000 Hz'}**",
            "",
            "| | sensitivity | precision | false in 10 min | sorting | × real time (CPU) |",
            "|---|---|---|---|---|---|",
        ]
        pooled: list[Mixture] = []
        sums, seconds = np.zeros(6), 0.0
        for artefact in ARTEFACTS:
            recordings = mixtures(artefact, grid=grid, seeds=seeds, training=training)
            pooled += recordings
            result = judged(myolens, recordings)
            lines.append(row(f"Myolens, {artefact}", result))
            print(lines[-1], flush=True)
            if not isinstance(result, str):
                sums, seconds = sums + result[0], seconds + result[1]
        lines.append(row("**Myolens, all**", (sums, seconds)))
        print(lines[-1], flush=True)
        for name, tool in PEERS.items() if peers else ():
            lines.append(row(f"{name}, all", judged(tool, pooled)))
            print(lines[-1], flush=True)
    return lines


def main() -> None:
    """Parse, run, print and perhaps write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=4, help="recordings of a minute per row")
    parser.add_argument("--runs", type=int, default=1000, help="simulated processes per coverage figure")
    parser.add_argument("--training", action="store_true", help="use the recordings that may be tuned on")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--write", action="store_true", help="write the tables into benchmarks/README.md")
    options = parser.parse_args()
    found = tables(seeds=options.seeds, training=options.training, peers=not options.no_peers)
    covered = coverage(options.runs)
    if options.write:
        which = "training" if options.training else "held-back"
        text = "\n".join(
            [
                START,
                f"{options.seeds} {which} recordings of one minute per row; {os.cpu_count()} cores shared",
                "with other work; CPU seconds of the process.",
                *found,
                "",
                f"**Coverage of 95 % intervals**, {options.runs} runs a figure",
                *covered,
                END,
            ]
        )
        page = README.read_text(encoding="utf-8")
        before, _, rest = page.partition(START)
        README.write_text(before + text + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
