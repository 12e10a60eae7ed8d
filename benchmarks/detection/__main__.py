"""Run ``python -m benchmarks.detection``: what is found, on held-back mixtures, the model and real files.

``--only`` names tables; ``--training`` uses what may be tuned on, ``--first-seed`` others of either kind.
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
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.detection import real
from benchmarks.detection.artefacts import ARTEFACTS
from benchmarks.detection.mixtures import Mixture, make
from benchmarks.detection.peers import PEERS, Found
from benchmarks.detection.scores import Score, Stretches, score
from benchmarks.detection.simulated import ELECTRODES, simulated
from myolens.emg import analyze
from myolens.recording import Recording

HELD_BACK_SEED = 700
README = Path(__file__).resolve().parents[1] / "README.md"
START, END = "<!-- detection: written by python -m benchmarks.detection -->", "<!-- end of detection -->"
TABLES = ("one", "grid", "rates", "arrays", "model", "quiet", "real")
_QUIET = 12
Answer = tuple[Found, Stretches]


def myolens(recording: Recording) -> Answer:
    """`myolens.analyze`, all defaults, and what it left out."""
    found = analyze(recording)
    times = np.array([event.time_s for event in found.events])
    units = np.array([event.unit or 0 for event in found.events], np.int64)
    return (times, units), [(span.start_s, span.end_s) for span in found.excluded]


def judged(tool: Callable[[Recording], Answer], recordings: Iterable[Mixture]) -> Score | str:
    """Summed scores, or why there are none."""
    total = Score(recordings=0)
    for mixture in recordings:
        try:
            begin = time.process_time()
            with (
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.redirect_stderr(io.StringIO()),
                warnings.catch_warnings(),
            ):
                warnings.simplefilter("ignore")
                (times, labels), left_out = tool(mixture.recording)
            spent, stopped = time.process_time() - begin, 0
        except ImportError as error:
            return f"absent ({error.name})"
        except Exception as error:
            print(f"  {mixture.name}: {type(error).__name__}, counted as nothing found")
            times, labels, left_out = np.zeros(0), None, []
            spent, stopped = time.process_time() - begin, 1
        order = np.argsort(times, kind="stable")
        times, labels = times[order], None if labels is None else labels[order]
        truth = mixture.times_s, mixture.units, mixture.busy, mixture.recording.seconds
        total += replace(
            score(*truth, times, labels, left_out, mixture.slight_s), cpu_s=spent, stopped=stopped
        )
    return total


def row(name: str, result: Score | str) -> str:
    """One line of a table."""
    if isinstance(result, str):
        return f"| {name} | {result} | | | | | | | |"
    found = result.hit + result.false
    if result.stopped:
        name += f" (stops on {result.stopped} of {result.recordings} recordings)"
    return (
        f"| {name} | {result.true} | {result.hit / max(result.true, 1):.3f} "
        f"| {result.hit / max(result.analysed_true, 1):.3f} "
        f"| {result.analysed_minutes / max(result.minutes, 1e-9):.2f} | {result.hit / max(found, 1):.3f} "
        f"| {10 * result.false / max(result.minutes, 1e-9):.1f} "
        f"| {f'{result.agreed / result.matched:.2f}' if result.agreed else '–'} "
        f"| {60 * result.minutes / max(result.cpu_s, 1e-9):.0f} |"
    )


def table(title: str, rows: dict[str, list[Mixture]], *, peers: bool = False) -> list[str]:
    """Myolens on each group of recordings and on all, then the peers on all."""
    lines = [
        "",
        f"**{title}**",
        "",
        "| | discharges | sensitivity | of those analysed | share analysed | precision | false in 10 min "
        "| sorting | × real time (CPU) |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    total = Score(recordings=0)
    for name, recordings in rows.items():
        result = judged(myolens, recordings)
        lines.append(row(f"Myolens, {name}", result))
        print(lines[-1], flush=True)
        total += result if isinstance(result, Score) else Score(recordings=0)
    lines.append(row("**Myolens, all**", total))
    print(lines[-1], flush=True)
    everything = [mixture for recordings in rows.values() for mixture in recordings]
    for name, tool in PEERS.items() if peers else ():
        lines.append(
            row(f"{name}, all", judged(lambda recording, tool=tool: (tool(recording), []), everything))
        )
        print(lines[-1], flush=True)
    return lines


def tables(
    only: list[str], *, first_seed: int, seeds: int, seconds: float, training: bool, peers: bool
) -> list[str]:
    """The tables asked for."""
    numbers = range(first_seed, first_seed + seeds)

    def some(**about: object) -> list[Mixture]:
        return [make(seed, held_back=not training, seconds=seconds, **about) for seed in numbers]  # type: ignore[arg-type]

    lines: list[str] = []
    for name, title, channels in (("one", "One channel, 1000 Hz", 1), ("grid", "64 electrodes, 2048 Hz", 64)):
        if name in only:
            each = {artefact: some(channels=channels, artefact=artefact) for artefact in ARTEFACTS}
            lines += table(title, each, peers=peers)
    if "rates" in only:
        each = {f"{rate:g} Hz": some(rate=rate) for rate in (200.0, 500.0, 1000.0, 2000.0, 4000.0, 10000.0)}
        lines += table("One channel, other rates", each)
    if "arrays" in only:
        each = {f"{count} channels": some(channels=count) for count in (2, 4, 8, 16)}
        each |= {f"16 channels, {fault}": some(channels=16, fault=fault) for fault in ("dead", "swapped")}
        lines += table("Other arrays, 2048 Hz", each)
    if "model" in only:
        each = {kind: [simulated(kind, seed, seconds) for seed in numbers] for kind in ELECTRODES}
        lines += table("Truth from the model (simulated motor neuron disease)", each)
    if "quiet" in only:
        many = range(first_seed, first_seed + _QUIET * seeds)
        lines += real.quiet_table(many, seconds, held_back=not training)
    return lines + (real.table() if "real" in only else [])


def main() -> None:
    """Parse, run, print and perhaps write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", choices=TABLES, default=list(TABLES))
    parser.add_argument("--seeds", type=int, default=4, help="recordings per row")
    parser.add_argument(
        "--first-seed", type=int, help=f"{HELD_BACK_SEED}, or 0 for training, unless told otherwise"
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="length of a recording")
    parser.add_argument("--training", action="store_true", help="use the recordings that may be tuned on")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--write", action="store_true", help="write the tables into benchmarks/README.md")
    options = parser.parse_args()
    usual = 0 if options.training else HELD_BACK_SEED
    first_seed = usual if options.first_seed is None else options.first_seed
    found = tables(
        options.only,
        first_seed=first_seed,
        seeds=options.seeds,
        seconds=options.seconds,
        training=options.training,
        peers=not options.no_peers,
    )
    if options.write:
        which = "training" if options.training else "held-back"
        seeds = f"seeds {first_seed}–{first_seed + options.seeds - 1}"
        about = f"{options.seeds} {which} recordings of {options.seconds:g} s per row ({seeds})"
        text = "\n".join([START, f"{about}; {os.cpu_count()} cores shared with other work.", *found, END])
        page = README.read_text(encoding="utf-8")
        before, _, rest = page.partition(START)
        README.write_text(before + text + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
