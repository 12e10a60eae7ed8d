"""Run ``python -m benchmarks.detection.rest FOLDER``: what is reported of muscles at rest.

The folder holds a NumPy archive a recording: ``x`` (channels, samples), ``rate`` in Hz, ``uv`` (whether x is
in µV) and, where pieces were joined, ``segments`` (pieces, 2), start and stop. Such recordings carry licences
of their own and are not part of the project; `benchmarks/README.md` says which were measured.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from myolens.emg import Analysis, analyze
from myolens.emg.findings import PRESENT_STRENGTH
from myolens.emg.size import counted_of
from myolens.recording import Channel, ChannelKind, Recording

_FADE_S, _BESIDE_S, _CYCLES = 0.05, 0.3, 4


@dataclass(frozen=True)
class Rest:
    """A recording at rest, and where its pieces were joined, s."""

    recording: Recording
    joints_s: NDArray[np.float64]


def read_rest(path: Path, *, mains_hz: float = 50.0) -> Rest:
    """Read an archive; pieces are joined in step with the mains, by a short cross-fade."""
    with np.load(path) as archive:
        x, rate = np.asarray(archive["x"], float), float(archive["rate"])
        pieces = archive["segments"] if "segments" in archive else np.array([[0, x.shape[1]]])
        unit = "uV" if "uv" in archive and bool(archive["uv"]) else None
    fade, cycle = round(_FADE_S * rate), round(rate / mains_hz)
    overlap = max(fade, _CYCLES * cycle)
    fading = np.clip(np.arange(overlap) / fade, 0, 1)
    whole, joints = np.zeros((len(x), 0)), []
    for start, stop in pieces:
        part = x[:, start:stop] - np.median(x[:, start:stop], axis=1, keepdims=True)
        if part.shape[1] < 3 * overlap:
            continue
        if whole.shape[1]:
            tail = whole[:, -overlap:]
            shift = int(np.argmax([np.sum(tail * part[:, k : k + overlap]) for k in range(cycle)]))
            part = part[:, shift:]
            joints.append(whole.shape[1] / rate)
            part[:, :overlap] = tail * (1 - fading) + part[:, :overlap] * fading
            whole = whole[:, :-overlap]
        whole = np.concatenate([whole, part], axis=1)
    channels = [Channel(f"E{k + 1}", unit, ChannelKind.SURFACE_EMG) for k in range(len(x))]
    return Rest(
        Recording.from_array(whole.astype(np.float32), rate, channels, source=path.stem), np.array(joints)
    )


def row(rest: Rest, found: Analysis) -> tuple[list[str], NDArray[np.float64]]:
    """Cells of the table, and analysed seconds, events, those of the counted size, weight of a finding."""
    counts = counted_of(found)

    def apart(times: list[float]) -> int:
        gaps = [np.min(np.abs(rest.joints_s - t), initial=np.inf) for t in times]
        return sum(gap > _BESIDE_S for gap in gaps)

    every = apart([event.time_s for event in found.events])
    large = apart([event.time_s for event in counts.events])
    weights = [f.strength or 0.0 for f in found.findings if f.name == "emg_fasciculations" and f.present]
    weight = max(weights, default=0.0)
    share = found.analysed_seconds / found.seconds
    cells = [found.recording, f"{found.seconds:.0f}", f"{share:.0%}", str(every)]
    cells += [
        str(large) if counts.least_uv else "–",
        f"{weight:g}" if weight else "no",
        found.quality.verdict,
    ]
    return cells, np.array([found.analysed_seconds, every, large, weight], float)


def main() -> None:
    """Parse, analyse every archive, print a table and its sums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", default="*.npz", help="which of them")
    parser.add_argument("--mains", type=float, default=50.0, help="Hz")
    options = parser.parse_args()
    paths = sorted(options.folder.glob(options.files))
    if not paths:
        raise SystemExit(f"No {options.files} in {options.folder}")
    print("| recording | s | analysed | discharges | of 50 µV | finding | quality |")
    print("|---|---|---|---|---|---|---|")
    total, weights = np.zeros(4), []
    for path in paths:
        rest = read_rest(path, mains_hz=options.mains)
        cells, numbers = row(rest, analyze(rest.recording))
        total += numbers
        weights.append(numbers[3])
        print(f"| {' | '.join(cells)} |", flush=True)
    seconds, every, large, _ = total
    present, full = (int(np.sum(np.array(weights) > limit)) for limit in (0, 0.99 * PRESENT_STRENGTH))
    print(
        f"\n{seconds:.0f} s analysed, {every:.0f} discharges ({600 * every / seconds:.1f} in 10 min), "
        f"{large:.0f} of 50 µV or more ({600 * large / seconds:.1f}); "
        f"a finding in {present} of {len(paths)}, in {full} with its full weight of {PRESENT_STRENGTH:g}."
    )


if __name__ == "__main__":
    main()
