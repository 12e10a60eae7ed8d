"""Point processes with a known mean rate, and how often 95 % intervals of it, or of a ratio, hold the truth.

Run ``python -m benchmarks.detection.processes --runs 1000``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from myolens.emg.comparison import rate_ratio
from myolens.emg.counting import rate_per_min

Process = Callable[[float, float, np.random.Generator], NDArray[np.float64]]


def poisson(rate_per_min: float, seconds: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Events without memory."""
    return np.sort(rng.uniform(0, seconds, rng.poisson(rate_per_min * seconds / 60)))


def doublets(rate_per_min: float, seconds: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Poisson, one event in five a pair 40 ms apart."""
    first = poisson(rate_per_min / 1.2, seconds, rng)
    return np.sort(np.concatenate([first, first[rng.random(len(first)) < 0.2] + 0.04]))


def drifting(rate_per_min: float, seconds: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Rate redrawn every 10 s from a gamma distribution of shape 2."""
    pieces = []
    for start in np.arange(0, seconds, 10.0):
        mean = rate_per_min / 6 * rng.gamma(2.0, 0.5)
        pieces.append(start + rng.uniform(0, 10, rng.poisson(mean)))
    return np.sort(np.concatenate(pieces))


def bursts(rate_per_min: float, seconds: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Poisson bursts, geometric with mean 4 events, within about a second."""
    starts = poisson(rate_per_min / 4, seconds, rng)
    pieces = [start + np.abs(rng.normal(0, 0.5, rng.geometric(0.25))) for start in starts]
    return np.sort(np.concatenate(pieces)) if pieces else np.zeros(0)


PROCESSES: dict[str, Process] = {
    "Poisson": poisson,
    "doublets": doublets,
    "drifting": drifting,
    "bursts": bursts,
}


def coverage(runs: int) -> list[str]:
    """How often 95 % intervals hold the true rate, for processes of several kinds and lengths."""
    lines = ["", "| process | minutes | 3/min | 15/min | 60/min |", "|---|---|---|---|---|"]
    for number, (name, process) in enumerate(PROCESSES.items()):
        for minutes in (2, 10, 30):
            shares = []
            for rate in (3.0, 15.0, 60.0):
                rng = np.random.default_rng([number, minutes, int(rate)])
                held = 0
                for _ in range(runs):
                    estimate, _ = rate_per_min(process(rate, 60.0 * minutes, rng), [(0.0, 60.0 * minutes)])
                    held += estimate is not None and estimate.low <= rate <= estimate.high
                shares.append(f"{held / runs:.3f}")
            lines.append(f"| {name} | {minutes} | {' | '.join(shares)} |")
            print(lines[-1], flush=True)
    return lines


def changes(runs: int) -> list[str]:
    """Ratios of two recordings: changes at equal rates; intervals that hold three; that lie above one."""
    lines = ["", "| process | minutes | 3/min | 15/min | 60/min |", "|---|---|---|---|---|"]
    for number, (name, process) in enumerate(PROCESSES.items()):
        for minutes in ((2, 2), (10, 10), (3, 20)):
            cells = []
            for rate in (3.0, 15.0, 60.0):
                rng = np.random.default_rng([number, *minutes, int(rate)])
                same = _ratios(process, (rate, rate), minutes, rng, runs)
                more = _ratios(process, (rate, 3 * rate), minutes, rng, runs)
                false = np.mean((same[:, 0] > 1) | (same[:, 1] < 1))
                held = np.mean((more[:, 0] <= 3) & (more[:, 1] >= 3))
                cells.append(f"{false:.3f}, {held:.3f}, {np.mean(more[:, 0] > 1):.2f}")
            lines.append(f"| {name} | {minutes[0]}, {minutes[1]} | {' | '.join(cells)} |")
            print(lines[-1], flush=True)
    return lines


def _ratios(
    process: Process,
    rates: tuple[float, float],
    minutes: tuple[int, int],
    rng: np.random.Generator,
    runs: int,
) -> NDArray[np.float64]:
    """Limits of the ratio, shape (runs, 2)."""
    first, second = (60.0 * m for m in minutes)
    found = (
        rate_ratio(
            process(rates[0], first, rng), [(0.0, first)], process(rates[1], second, rng), [(0.0, second)]
        )
        for _ in range(runs)
    )
    return np.array([(ratio.low, ratio.high) for ratio in found])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000, help="simulated processes per figure")
    parser.add_argument("--changes", action="store_true", help="ratios of two recordings instead of rates")
    options = parser.parse_args()
    (changes if options.changes else coverage)(options.runs)
