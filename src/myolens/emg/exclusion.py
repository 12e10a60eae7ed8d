"""What is not rest, and what is not muscle: voluntary activity, heartbeat, movement, lost signal."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from myolens.emg.analysis import Analysis
from myolens.emg.counting import Stretches, common, complement
from myolens.emg.detection import PEAK_REACH_S, Scan
from myolens.emg.filtering import RINGING_S
from myolens.emg.groups import CARRIED_S, of_units
from myolens.emg.noise import Noise
from myolens.emg.stimulation import STIMULATION
from myolens.emg.streaming import Source
from myolens.emg.waveforms import Waveforms
from myolens.recording import Span

VOLUNTARY = "voluntary activity"
MOVEMENT = "movement"
CLIPPING = "clipping"
NO_SIGNAL = "no signal"
GAP = "gap in the recording"

BURST_S, LONG_BURST_S = 0.07, 0.12
"""A potential at the skin lasts 5–20 ms and, filtered, some 50 ms; activity without a pause for longer
is several potentials on top of one another, an interference pattern."""

_BURST_EVENTS = 3
_RAGGED_S, _RAGGED = 0.08, 0.05
_PAUSE_S = 0.025
_RELATIVE = 0.03
_ACTIVE = 60.0
_CROWDS = ((4, 0.15), (6, 0.5), (8, 1.0))
_PAD_S = 0.2
_JOIN_S = 1.0
_COMPLEX_S = 0.15

_LONGEST_SUM_S, _LONGEST_GROUPED_S = 0.15, 0.25
_FEWEST_SMALL, _AROUND_FRAMES, _MOST_USUAL = 9, 10, 2

MOST_FOR_SMALL = 8
"""On more channels than this noise itself passes a third of the threshold many times a second."""

RAISED, RAISED_EDGE = 1.5, 1.25


def runs(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Start and stop of every run of True, shape (runs, 2)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return edges.reshape(-1, 2)


def merged(spans: Iterable[tuple[float, float]], *, gap_s: float = 0.0) -> Stretches:
    """Spans in order, those closer together than the gap made one."""
    result: Stretches = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1] + gap_s:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def analysed(analysis: Analysis) -> Stretches:
    """Stretches of a recording that were analysed."""
    return complement(merged((span.start_s, span.end_s) for span in analysis.excluded), analysis.seconds)


def inside(times_s: NDArray[np.float64], spans: Iterable[tuple[float, float]]) -> NDArray[np.bool_]:
    """Whether each time lies in one of the spans."""
    result = np.zeros(len(times_s), bool)
    for start, end in spans:
        result |= (times_s >= start) & (times_s <= end)
    return result


def bursts(scan: Scan, threshold: float, times_s: NDArray[np.float64]) -> Stretches:
    """Stretches of uninterrupted activity longer than potentials on their own can last.

    Longer than 120 ms, or than 70 ms with three events or more, or than 80 ms with three peaks of the
    statistic of a twentieth of the highest or more: two potentials make two.

    Activity is the statistic above the threshold (60 at most) and above 0.03 of its maximum within 60 ms
    (about a sixth in amplitude, so that the filter's decay after a large potential does not count);
    pauses under 25 ms are bridged.
    """
    from myolens.emg.kernels import outstanding, peaks

    active = outstanding(scan.statistic, min(threshold, _ACTIVE), _RELATIVE, round(0.06 * scan.rate))
    found = [(float(a / scan.rate), float(b / scan.rate)) for a, b in runs(active)]

    def ragged(a: float, b: float) -> bool:
        part = scan.statistic[round(a * scan.rate) : round(b * scan.rate) + 1]
        high = part[peaks(part, round(PEAK_REACH_S * scan.rate))] > _RAGGED * part.max()
        return bool(np.count_nonzero(high) >= _BURST_EVENTS)

    return [
        (a, b)
        for a, b in merged(found, gap_s=_PAUSE_S)
        if b - a >= LONG_BURST_S
        or (b - a >= BURST_S and np.count_nonzero((times_s >= a) & (times_s <= b)) >= _BURST_EVENTS)
        or (b - a >= _RAGGED_S and ragged(a, b))
    ]


def voluntary(
    waves: Waveforms, patterns: Stretches, weak: Stretches, small_s: NDArray[np.float64], noise: Noise
) -> Stretches:
    """Voluntary activity: bursts, and crowds of discharges, with a margin.

    A crowd is four discharges within 0.15 s, six within 0.5 s or eight within 1 s: even at 160 a minute,
    among the highest rates of fasciculation recorded, these come by chance in one window of a hundred. The
    peaks of a burst are no discharges, and make no crowd of one beside it.

    Discharges that follow an excluded stretch within 0.3 s belong to its onset or offset and extend it:
    units hardly fire more slowly than four times a second of one's own will. So do deflections too small
    to be discharges, as a muscle relaxes slowly. Stretches less than a second apart are joined. What is
    then a grouped discharge, or of units known from elsewhere, is not voluntary, unless it goes on without a
    pause for a quarter of a second: in a narrow band the peaks of any interference resemble one another.

    Parameters
    ----------
    waves : Waveforms
        Events that may be of muscle, in order of time.
    patterns : list of (float, float)
        Bursts, s.
    weak : list of (float, float)
        Stretches of raised level or with many small deflections, s.
    small_s : ndarray
        Deflections below the threshold that nothing explains, ascending.
    noise : Noise
    """
    times_s = waves.sample / waves.recording_rate
    single_s = times_s[~inside(times_s, patterns)]
    crowds = [
        (float(a), float(b))
        for many, within in _CROWDS
        for a, b in zip(single_s, single_s[many - 1 :], strict=False)
        if b - a <= within
    ]
    carried_s = np.sort(np.concatenate([times_s, small_s]))
    grown = [
        (-_reached(-carried_s[::-1], -start) - _PAD_S, _reached(carried_s, end) + _PAD_S)
        for start, end in merged([*patterns, *weak, *crowds], gap_s=_JOIN_S)
    ]
    stretches = merged(grown, gap_s=_JOIN_S)
    apart = waves.where(~inside(times_s, stretches))

    def by_itself(start: float, end: float) -> bool:
        within = waves.where(inside(times_s, [(start, end)]))
        longest_s = max((b - a for a, b in patterns if a < end and b > start), default=0.0)
        if longest_s > _LONGEST_GROUPED_S:
            return False
        dense = longest_s > _LONGEST_SUM_S
        return of_units(within, apart, noise, seconds=end - start - 2 * _PAD_S, dense=dense)

    return [(start, end) for start, end in stretches if not by_itself(start, end)]


def _reached(times_s: NDArray[np.float64], end_s: float) -> float:
    """How far a stretch extends when events within the margin of its end carry it on."""
    for t in times_s[times_s > end_s]:
        if t > end_s + CARRIED_S:
            break
        end_s = float(t)
    return end_s


def raised(noise: Noise, frame_s: float) -> Stretches:
    """Frames whose level is 1.5 times the resting level, with neighbours above 1.25: weak tonic activity."""
    ratio = noise.rise
    high, part = ratio > RAISED, ratio > RAISED_EDGE
    return [(a * frame_s, b * frame_s) for a, b in runs(part) if high[a:b].any()]


def small_units(small_s: NDArray[np.float64], times_s: NDArray[np.float64], seconds: float) -> Stretches:
    """Stretches in which small deflections that no unit explains are far more frequent than at rest.

    A muscle that is not quite relaxed shows many small units at once, most below the threshold one by one.
    Within a second there are to be nine deflections and discharges, half of them or more unexplained,
    and four standard deviations of a Poisson count more than in the quietest quarter of the
    twenty seconds around (ours, set on real rest and on real weak activity). Where noise itself makes more
    than two a second they tell nothing.

    Parameters
    ----------
    small_s : ndarray
        Deflections below the threshold, ascending, those of discharges and artefacts left out.
    times_s : ndarray
        Discharges, ascending.
    seconds : float
        Length of the recording.
    """
    from myolens.emg.quantiles import running_quantile

    counts = np.histogram(small_s, np.arange(np.ceil(seconds) + 1))[0].astype(np.float32)[:, None]
    usual = running_quantile(counts, _AROUND_FRAMES, 0.25)[:, 0][small_s.astype(int)]
    small = np.searchsorted(small_s, small_s + 1.0) - np.arange(len(small_s))
    large = np.searchsorted(times_s, small_s + 1.0) - np.searchsorted(times_s, small_s)
    many = np.maximum(_FEWEST_SMALL, usual + 4 * np.sqrt(np.maximum(usual, 1.0)))
    found = (small + large >= many) & (small >= large) & (usual <= _MOST_USUAL)
    return merged((float(t), float(small_s[np.searchsorted(small_s, t + 1.0) - 1])) for t in small_s[found])


def exclusions(
    source: Source,
    noise: Noise,
    scan: Scan,
    threshold: float,
    disturbances: dict[str, Stretches],
    raised_s: Stretches,
    waves: Waveforms,
    *,
    explained_s: NDArray[np.float64],
    slow_s: NDArray[np.float64],
    small_s: NDArray[np.float64],
) -> dict[str, Stretches]:
    """Everything to be left out, by reason.

    Parameters
    ----------
    disturbances : dict
        From `disturbances.disturbed`. What rings beside stimuli, and their frames' level, is no activity.
    raised_s : list of (float, float)
        From `rises.tonic`.
    waves : Waveforms
        Events that are neither heartbeats, pops nor movement.
    explained_s : ndarray
        Heartbeats, pops and slow deflections, ascending; a short burst beside one is what is left of it.
    slow_s : ndarray
        The slow deflections among these; a long burst with more of them than of other events is movement.
    small_s : ndarray
        Deflections below the threshold that nothing explains, ascending.
    """
    recording = source.recording
    times_s = waves.sample / waves.recording_rate
    evoked, frame_s = disturbances[STIMULATION], source.frame / recording.rate
    ringing = merged((a - RINGING_S, b + RINGING_S) for a, b in evoked)
    own = complement(ringing, recording.seconds)
    frames = merged((a // frame_s * frame_s, -(-b // frame_s) * frame_s) for a, b in ringing)
    active = [span for span in bursts(scan, threshold, times_s) if not _explained(*span, explained_s)]
    active = common(active, own)
    swayed = [span for span in active if inside(slow_s, [span]).sum() > inside(times_s, [span]).sum()]
    continuous = [span for span in active if span not in swayed]
    level = common(raised_s, complement(frames, recording.seconds))
    weak = [*level, *small_units(small_s, times_s, recording.seconds)]
    found = disturbances | {
        MOVEMENT: [*disturbances[MOVEMENT], *swayed],
        VOLUNTARY: _to_the_ends(voluntary(waves, continuous, weak, small_s, noise), recording.seconds),
    }
    return found


def as_spans(found: dict[str, Stretches], seconds: float) -> tuple[Span, ...]:
    """As spans with their reason, in order of time; those of one reason do not overlap."""
    spans = [
        Span(max(0.0, a), min(seconds, b), reason)
        for reason, stretches in found.items()
        for a, b in merged(stretches)
        if b > 0 and a < seconds and b > a
    ]
    return tuple(sorted(spans, key=lambda span: (span.start_s, span.end_s)))


def _to_the_ends(stretches: Stretches, seconds: float) -> Stretches:
    """Carried on to the start or end of the recording where that is less than a second away."""
    return [(0.0 if a < _JOIN_S else a, seconds if b > seconds - _JOIN_S else b) for a, b in stretches]


def _explained(start: float, end: float, explained_s: NDArray[np.float64]) -> bool:
    """Whether a burst is no longer than a complex and lies beside a heartbeat or pop."""
    beside = (explained_s > start - _COMPLEX_S) & (explained_s < end + _COMPLEX_S)
    return bool(end - start < 3 * _COMPLEX_S and beside.any())
