"""What is not rest, and what is not muscle: voluntary activity, heartbeat, movement, lost signal."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from myolens.emg.detection import Scan
from myolens.recording import Span

VOLUNTARY = "voluntary activity"
HEARTBEAT = "heartbeat"
MOVEMENT = "movement"
CLIPPING = "clipping"
NO_SIGNAL = "no signal"
GAP = "gap in the recording"

BURST_S = 0.10
"""A potential at the skin lasts 5–20 ms and, filtered, not 50 ms; activity without a pause for longer
is several potentials on top of one another, an interference pattern."""

_PAUSE_S = 0.025
_RELATIVE = 0.03
_CROWD = 8
_PAD_S = 0.3
_JOIN_S = 1.0


def runs(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Start and stop of every run of True, shape (runs, 2)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return edges.reshape(-1, 2)


def merged(spans: Iterable[tuple[float, float]], *, gap_s: float = 0.0) -> list[tuple[float, float]]:
    """Spans in order, those closer together than the gap made one."""
    result: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1] + gap_s:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def inside(times_s: NDArray[np.float64], spans: Iterable[tuple[float, float]]) -> NDArray[np.bool_]:
    """Whether each time lies in one of the spans."""
    result = np.zeros(len(times_s), bool)
    for start, end in spans:
        result |= (times_s >= start) & (times_s <= end)
    return result


def bursts(scan: Scan, threshold: float) -> list[tuple[float, float]]:
    """Stretches of uninterrupted activity longer than a single potential can last.

    Activity is the statistic above the threshold and above 0.03 of its maximum within 60 ms (about
    a sixth in amplitude, so that the filter's decay after a large potential does not count); pauses
    under 25 ms are bridged.
    """
    from scipy.ndimage import maximum_filter1d

    reach = round(0.06 * scan.rate)
    local = maximum_filter1d(scan.statistic, 2 * reach + 1)
    active = scan.statistic > np.maximum(threshold, _RELATIVE * local)
    found = [(float(a / scan.rate), float(b / scan.rate)) for a, b in runs(active)]
    return [span for span in merged(found, gap_s=_PAUSE_S) if span[1] - span[0] >= BURST_S]


def voluntary(
    times_s: NDArray[np.float64], continuous: list[tuple[float, float]]
) -> list[tuple[float, float]]:
    """Voluntary activity: bursts, and eight or more discharges within one second, with a margin.

    Discharges that follow an excluded stretch within 0.3 s belong to its onset or offset and
    extend it. Stretches less than a second apart are joined.
    """
    last = times_s[_CROWD - 1 :]
    first = times_s[: len(last)]
    crowds = [(float(a), float(b)) for a, b in zip(first, last, strict=True) if b - a <= 1.0]
    grown = [
        (-_reached(-times_s[::-1], -start) - _PAD_S, _reached(times_s, end) + _PAD_S)
        for start, end in merged([*continuous, *crowds], gap_s=_JOIN_S)
    ]
    return merged(grown, gap_s=_JOIN_S)


def _reached(times_s: NDArray[np.float64], end_s: float) -> float:
    """How far a stretch extends when events within the margin of its end carry it on."""
    for t in times_s[times_s > end_s]:
        if t > end_s + _PAD_S:
            break
        end_s = float(t)
    return end_s


def as_spans(stretches: Iterable[tuple[float, float]], reason: str, seconds: float) -> list[Span]:
    """Spans with their reason, within the recording."""
    return [Span(max(0.0, a), min(seconds, b), reason) for a, b in stretches if b > 0 and a < seconds]
