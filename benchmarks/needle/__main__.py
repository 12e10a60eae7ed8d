"""What activity is named by `read_needle`: made recordings of each kind against the names they get.

Run ``python -m benchmarks.needle --each 20``.
"""

from __future__ import annotations

import argparse
from collections import Counter

from benchmarks.needle.discharges import KINDS, recording_of
from myolens.emg.needle import NeedleReading, read_needle


def name_of(reading: NeedleReading) -> str:
    """The name most discharges got; voluntary where most of the time is activity and nothing is named."""
    counts: Counter[str] = Counter()
    for activity in reading.spontaneous:
        counts[activity.name] += len(activity.times_s)
    if counts and counts.most_common(1)[0][1] >= 5:
        return counts.most_common(1)[0][0]
    return "voluntary" if reading.rest_seconds < 0.5 * reading.seconds else "nothing"


def main() -> None:
    """Print one line per kind: the names its recordings got."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=20, help="recordings of each kind")
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS))
    options = parser.parse_args()
    print("| made | named |")
    print("|---|---|")
    for kind in options.kinds:
        seeds = range(options.first, options.first + options.each)
        counts = Counter(name_of(read_needle(recording_of(kind, seed))) for seed in seeds)
        print(f"| {kind} | {', '.join(f'{name} {n}' for name, n in counts.most_common())} |", flush=True)


if __name__ == "__main__":
    main()
