"""Run ``python -m benchmarks.detection.reasons``: why discharges were missed, where false events come from.

For recordings that may be looked at one by one: those for training, or held-back ones from ``--first-seed``
on that no published figure rests on. The analysis runs as it is; what its steps hand on is noted on the way.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.detection.artefacts import ARTEFACTS
from benchmarks.detection.mixtures import Mixture, make
from benchmarks.detection.scores import EDGE_S, TOLERANCE_S, inside, matches
from myolens.emg import Analysis, analyze, exclusion, pipeline, rises

_NEAR_S, _SAME_S, _BESIDE_S = 0.012, 0.020, 0.045


@dataclass
class Steps:
    """What the steps of one analysis handed on: the last of each."""

    seen: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note results of the steps while an analysis runs."""
        wanted = [(pipeline, "find_events"), (pipeline, "with_recalled")]
        wanted += [(exclusion, "bursts"), (exclusion, "small_units"), (rises, "raised")]
        patches = []
        for module, name in wanted:
            step = getattr(module, name)

            def noting(*args: Any, step: Any = step, name: str = name, **options: Any) -> Any:
                result = step(*args, **options)
                self.seen[name] = result
                return result

            patches.append(patch.object(module, name, noting))
        for each in patches:
            each.start()
        try:
            yield
        finally:
            for each in patches:
                each.stop()


def _beside(times_s: Any, at_s: float, reach_s: float) -> bool:
    return bool(np.any(np.abs(np.asarray(times_s) - at_s) <= reach_s))


def _why_left_out(steps: Steps, found: Analysis, at_s: float) -> str:
    span = min((s for s in found.excluded if s.start_s <= at_s <= s.end_s), key=lambda s: s.reason)
    if span.reason != exclusion.VOLUNTARY:
        return f"left out: {span.reason}"
    rules = [
        name
        for name in ("bursts", "raised", "small_units")
        if any(a < span.end_s and b > span.start_s for a, b in steps.seen[name])
    ]
    return f"left out: {', '.join(rules) or 'crowd'}"


def _why_missed(steps: Steps, mixture: Mixture, found: Analysis, k: int) -> str:
    """Reason why discharge k of the truth is not among what was found."""
    instants = mixture.times_s.mean(axis=1)
    at_s = float(instants[k])
    if inside(np.array([at_s]), [(s.start_s, s.end_s) for s in found.excluded])[0]:
        return _why_left_out(steps, found, at_s)
    events = steps.seen["find_events"]
    reach = _NEAR_S * events.scan.rate
    first, last = mixture.times_s[k] * events.scan.rate
    height = events.scan.statistic[max(0, int(first - reach)) : int(last + reach) + 1].max()
    times = events.times_s
    beside = np.count_nonzero(np.abs(instants - at_s) <= _BESIDE_S) > 1
    beside |= _beside([event.time_s for event in found.events], at_s, _BESIDE_S)
    near = "beside another, " if beside else ""
    if height > events.threshold:
        i = int(np.argmin(np.abs(times - at_s))) if len(times) else -1
        if i < 0 or abs(times[i] - at_s) > _SAME_S:
            return f"above: {near}not made an event"
        for name in ("pops", "slow"):
            if getattr(events, name)[i]:
                return f"above: {near}taken for {name}"
        if events.heart and events.heart.events[i]:
            return f"above: {near}taken for a heartbeat"
        return f"above: {near}lost in sorting"
    weak = events.weak.sample / events.weak.recording_rate
    share = height / events.threshold
    level = "over half" if share > 0.5 else "over a third" if share > 1 / 3 else "under a third"
    if not _beside(weak, at_s, _SAME_S):
        return f"below: {level} of the threshold, {near}no candidate"
    kept = steps.seen.get("with_recalled")
    if kept is not None and _beside(kept.sample / kept.recording_rate, at_s, _NEAR_S):
        return f"below: {near}recalled, lost in sorting"
    own = mixture.units == mixture.units[k]
    above = sum(_beside(times, t, _NEAR_S) for t in instants[own])
    crowd = "unit known" if above >= 3 else "unit of seven or more" if own.sum() >= 7 else "unit of few"
    return f"below: {level} of the threshold, {near}not recalled, {crowd}"


def _origin(steps: Steps, mixture: Mixture, found: Analysis, j: int) -> str:
    """Where a false event came from."""
    event, events, instants = found.events[j], steps.seen["find_events"], mixture.times_s.mean(axis=1)
    at_s = event.time_s
    if inside(np.array([at_s]), mixture.busy, margin_s=EDGE_S)[0]:
        return "in voluntary activity"
    gap = np.min(np.abs(instants - at_s), initial=np.inf)
    near = f"within {'12' if gap < _NEAR_S else '45'} ms of a true one, " if gap <= _BESIDE_S else ""
    own = [e for e in found.events if e.unit == event.unit]
    real = sum(_beside(instants, e.time_s, _NEAR_S) for e in own)
    unit = "no unit" if event.unit is None else "true unit" if real > len(own) / 2 else "false unit"
    above = _beside(events.times_s[events.muscle], at_s, _NEAR_S)
    return f"{near}{'above' if above else 'recalled'}, {unit}"


def explained(mixture: Mixture) -> tuple[list[tuple[str, int]], list[tuple[str, float]]]:
    """Reason and number of every missed discharge, origin and instant of every false event."""
    steps = Steps()
    with steps.noted():
        found = analyze(mixture.recording)
    times = np.array([event.time_s for event in found.events])
    pairs = matches(mixture.times_s, times)
    hit, paired = {i for i, _ in pairs}, {j for _, j in pairs}
    busy = inside(mixture.times_s.mean(axis=1), mixture.busy, margin_s=EDGE_S)
    missed = [
        (_why_missed(steps, mixture, found, k), k)
        for k in range(len(mixture.times_s))
        if k not in hit and not busy[k]
    ]
    unsure = inside(times, mixture.busy, margin_s=EDGE_S) & ~inside(times, mixture.busy, margin_s=-EDGE_S)
    unsure |= inside(times, [(a, b) for a, b in mixture.slight_s], margin_s=TOLERANCE_S)
    false = [
        (_origin(steps, mixture, found, j), float(times[j]))
        for j in range(len(times))
        if j not in paired and not unsure[j]
    ]
    return missed, false


def main() -> None:
    """Parse, run and print: every recording with its reasons, then the sums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--training", action="store_true")
    parser.add_argument("--artefacts", nargs="*", choices=list(ARTEFACTS), default=list(ARTEFACTS))
    parser.add_argument("--each", action="store_true", help="name every missed discharge and false event")
    options = parser.parse_args()
    missed: Counter[str] = Counter()
    false: Counter[str] = Counter()
    true = 0
    for artefact in options.artefacts:
        for seed in range(options.first_seed, options.first_seed + options.seeds):
            mixture = make(seed, held_back=not options.training, channels=options.channels, artefact=artefact)
            lost, made = explained(mixture)
            true += len(mixture.times_s)
            missed.update(reason for reason, _ in lost)
            false.update(reason for reason, _ in made)
            print(f"{mixture.name}: {len(mixture.times_s)} true, {len(lost)} missed, {len(made)} false")
            for reason, k in lost if options.each else ():
                at, size = mixture.times_s[k].mean(), mixture.ratios[k]
                print(f"    missed {at:7.3f} s, unit {mixture.units[k]}, {size:4.1f} × noise: {reason}")
            for reason, at in made if options.each else ():
                print(f"    false  {at:7.3f} s: {reason}")
    for title, counts in (("missed", missed), ("false", false)):
        print(f"\n{title}: {sum(counts.values())} ({true} true)")
        for reason, count in counts.most_common():
            print(f"{count:6d}  {reason}")


if __name__ == "__main__":
    main()
