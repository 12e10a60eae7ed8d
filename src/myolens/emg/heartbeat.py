"""The heart as seen by EMG electrodes: a regular train of like complexes, told from discharges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myolens.emg.beats import AFTER_S, BEFORE_S, REACH_S, Beats, place, template_of
from myolens.emg.detection import distance
from myolens.emg.noise import Noise
from myolens.emg.streaming import Source, in_order
from myolens.emg.waveforms import BEFORE_S as BEFORE_OF_WINDOW_S
from myolens.emg.waveforms import Waveforms

SHORTEST_RR_S, LONGEST_RR_S = 0.33, 2.0
"""Intervals between beats: 30 to 180 a minute."""

_ALIKE, _SAME, _UNLIKE = (0.6, 0.75, 0.9), 0.9, 6.0
_REGULAR_SHARE = 0.75
_SUSPECTED_SHARE = 0.5
_ONCE_SHARE = 0.4
_FEWEST_BEATS = 8
_MOST_MISSED = 5
_FEWEST_PACED, _PACED, _MOST_PER_BEAT, _LONGEST_PACED_S = 10, 0.7, 1.3, 1.3
_COMPLEX_S = 0.12
_BESIDE_S = 0.06
_PHASE_S = 0.008
_PHASE_SHARE = 0.08
_LEFT_SHARE = 0.3
_SHIFT_S = 0.010
_SEEDS = 40
_AVERAGED = 60
_VISIBLE = 1.5
_RESIDUE, _LARGER = 0.25, 1.5
_FAST_HZ, _MOST_FAST = 60.0, 0.5
_MOST_CHANNELS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Heart:
    """Beats found, which events they explain, and whether they are too fast in shape to be of a heart."""

    beats_s: NDArray[np.float64]
    events: NDArray[np.bool_]
    fast: bool = False

    @property
    def per_min(self) -> float:
        """Median heart rate."""
        return 60.0 / float(np.median(np.diff(self.beats_s)))

    def details(self) -> dict[str, float]:
        """As an analysis tells it."""
        return {"beats": len(self.beats_s), "per_min": round(self.per_min, 1)}


def find_heart(waves: Waveforms) -> Heart | None:
    """Look for heartbeats among the events.

    From each of some events of different shapes as template, those that resemble it (correlation above 0.6,
    or else 0.75, or 0.9, over its eight strongest channels, shifts up to 10 ms), one in 0.3 s, are a train of
    beats if three quarters of their intervals lie within 20 % of the running median interval, or of
    twice or three times that (beats missed), two fifths of it itself, and the train covers half of the
    recording. Fasciculations are irregular and do not pass. A train whose shape is too fast for a heart
    (`_slow_as_beats`) stands back behind one that is not; alone, it is told as such.
    Other waves of the complex are events within 120 ms of a beat that recur at the same
    phase, within 8 ms, in one of twelve beats; a lone event beside a beat remains a discharge.

    Parameters
    ----------
    waves : Waveforms
    """
    times = waves.sample / waves.recording_rate
    if len(times) < _FEWEST_BEATS:
        return None
    best = np.zeros(0, np.int64)
    best_score = (False, 0.0)
    order = np.argsort(-waves.height, kind="stable")
    tried = np.zeros(len(times), bool)
    for seed in order[:: max(1, len(order) // _SEEDS)]:
        if tried[seed]:
            continue
        alike = _likeness(waves, waves.windows[seed], waves.ratios[seed])
        tried |= alike > _SAME
        for least in _ALIKE:
            members = _one_per_beat(times, alike, least)
            if _regular(times[members]):
                score = _slow_as_beats(waves, members), float(alike[members].sum())
                if score > best_score:
                    best, best_score = members, score
                break
    if not len(best) or times[best[-1]] - times[best[0]] < 0.5 * (times[-1] - times[0]):
        return None
    beats_s = _completed(times[_weeded(waves, best)], float(times[-1]))
    return from_beats(beats_s, times, waves.height, fast=not best_score[0])


def suspected(times_s: NDArray[np.float64], heights: NDArray[np.float32]) -> bool:
    """Whether the highest events within 0.3 s of one another come, half of them, at the pace of a heart."""
    leaders = _one_per_beat(times_s, heights.astype(float), -np.inf)
    return _regular(times_s[leaders], share=_SUSPECTED_SHARE)


def beating_unit(waves: Waveforms, units: NDArray[np.int64], events: NDArray[np.int64]) -> Heart | None:
    """A unit that keeps the pace of a heart for half of the time: small beats that only sorting tells.

    Some beats may be missed and some of what is found be no beat: seven in ten of its discharges are to
    have another one beat (0.33–1.3 s) before or after, within a tenth, and there are to be 1.3 a beat
    at most. Of discharges at random one in three has.

    Parameters
    ----------
    waves : Waveforms
    units, events : ndarray of int64, shape (discharges,)
        Unit (from 0, −1 for none) and event of each discharge.
    """
    times = waves.sample / waves.recording_rate
    for unit in np.unique(units[units >= 0]):
        own = np.unique(events[units == unit])
        beats = times[own]
        lasting = len(own) > 1 and beats[-1] - beats[0] >= 0.5 * (times[-1] - times[0])
        if lasting and _paced(beats):
            heart = from_beats(_completed(beats, float(times[-1])), times, waves.height)
            explained = heart.events | np.isin(np.arange(len(times)), own)
            return Heart(heart.beats_s, explained, fast=not _slow_as_beats(waves, own))
    return None


def from_beats(
    beats_s: NDArray[np.float64],
    times_s: NDArray[np.float64],
    heights: NDArray[np.float32],
    *,
    fast: bool = False,
) -> Heart:
    """Tell which events belong to known beats: by recurring at one phase, or being small beside a beat.

    Small is less than half of the median height of the beats; beside is within 60 ms. Where beats were
    taken out and fewer than three in ten still stand out, what is beside them is not theirs.
    """
    near = distance(times_s, beats_s) <= _COMPLEX_S
    nearest = np.clip(np.searchsorted(beats_s, times_s), 1, max(1, len(beats_s) - 1))
    left, right = beats_s[nearest - 1], beats_s[np.minimum(nearest, len(beats_s) - 1)]
    phase = np.where(np.abs(times_s - left) < np.abs(times_s - right), times_s - left, times_s - right)
    events = np.zeros(len(times_s), bool)
    close = np.flatnonzero(near)
    for i in close:
        events[i] = np.sum(np.abs(phase[close] - phase[i]) <= _PHASE_S) >= max(3, _PHASE_SHARE * len(beats_s))
    gap = distance(times_s, beats_s)
    main = heights[gap < _PHASE_S]
    if len(main) >= _LEFT_SHARE * len(beats_s):
        events |= (gap <= _BESIDE_S) & (heights < 0.5 * np.median(main))
    return Heart(beats_s, events, fast)


def average_beats(source: Source, noise: Noise, beats_s: NDArray[np.float64]) -> Beats | None:
    """Average the complexes of known beats and place them; None if nothing of them is to be seen."""
    rate = source.recording.rate
    before, after, reach = (round(s * rate) for s in (BEFORE_S, AFTER_S, REACH_S))
    near = np.round(beats_s * rate).astype(np.int64)
    near = near[(near >= 0) & (near < source.samples)]
    if len(near) < _FEWEST_BEATS:
        return None
    level = np.median(noise.level, axis=0)

    def windows(chosen: NDArray[np.int64]) -> NDArray[np.float32]:
        low, high = int(chosen[0]) - before - reach, int(chosen[-1]) + after + reach
        begin, end = max(0, low), min(source.samples, high)
        _, y = source.both(begin, end, mains=noise.mains, level=level)
        y = np.pad(y, ((begin - low, high - end), (0, 0)))
        starts = chosen - chosen[0]
        return np.stack([y[s : s + before + after + 2 * reach] for s in starts])

    some = near[np.unique(np.linspace(0, len(near) - 1, _AVERAGED).astype(int))]
    cut = list(in_order(windows, [some[i : i + 1] for i in range(len(some))]))
    template = template_of(np.concatenate(cut), level, rate)
    if np.max(np.abs(template) / level, initial=0.0) < _VISIBLE:
        return None
    edges = np.flatnonzero(np.diff(near // source.blocks()[0][1]) > 0) + 1
    placed = in_order(
        lambda chosen: [place(window, template, level) for window in windows(chosen)], np.split(near, edges)
    )
    found = [each for part in placed for each in part]
    sample = near - before - reach + np.array([at for at, _ in found], np.int64)
    order = np.argsort(sample, kind="stable")
    scale = np.array([size for _, size in found], np.float32)
    return Beats(sample[order], scale[order], template)


def residues(beats: Beats, waves: Waveforms, recurring: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Events that are what subtraction left of a beat, or another wave of it.

    Those that recur with the beats, those below a quarter of a beat, and those at one not recognised; but
    nothing that is half as large again as the beat itself.
    """
    rate = waves.recording_rate
    centre = beats.centre_s(rate)
    times = waves.sample / rate
    size = np.max(np.abs(beats.template), axis=0)[waves.channel]
    small = (distance(times, centre) <= _COMPLEX_S) & (waves.peak < _RESIDUE * size)
    missed = distance(times, beats.missed_s(rate)) <= _BESIDE_S
    return np.asarray((recurring | small | missed) & (waves.peak < _LARGER * size))


def _weeded(waves: Waveforms, members: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same train by likeness to its average, which single discharges have less of than beats.

    One event that stands for a beat holds its own noise, and a discharge near a beat may resemble it more.
    Of the average nothing but beats is left: what is six times as unlike it as the median beat is none.
    """
    times = waves.sample / waves.recording_rate
    for _ in range(2):
        average = np.median(waves.windows[members], axis=0)
        alike = _likeness(waves, average, np.median(waves.ratios[members], axis=0))
        least = 1 - _UNLIKE * (1 - np.median(alike[members]))
        chosen = _one_per_beat(times, alike, max(_ALIKE[0], least))
        if not _regular(times[chosen]):
            break
        members = chosen
    return members


def _likeness(
    waves: Waveforms, potential: NDArray[np.float32], ratios: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Largest correlation of every event with a potential over shifts up to 10 ms, where it is strongest."""
    channels = np.argsort(-ratios, kind="stable")[:_MOST_CHANNELS]
    shift = round(_SHIFT_S * waves.rate)
    step = max(1, int(waves.rate // 1000))
    template = potential[:, channels].astype(float)
    kept = template[shift : len(template) - shift : step].ravel()
    kept = kept / max(float(np.linalg.norm(kept)), 1e-12)
    windows = waves.windows[:, :, channels]
    best = np.full(len(windows), -1.0)
    for lag in range(0, 2 * shift + 1, step):
        part = windows[:, lag : lag + len(template) - 2 * shift : step].reshape(len(windows), -1)
        best = np.maximum(best, part @ kept / np.maximum(np.linalg.norm(part, axis=1), 1e-12))
    return best


def _one_per_beat(times: NDArray[np.float64], alike: NDArray[np.float64], least: float) -> NDArray[np.int64]:
    """Events that resemble the template, the best one within each 0.3 s."""
    chosen: list[int] = []
    for i in np.flatnonzero(alike > least):
        if chosen and times[i] - times[chosen[-1]] < 0.9 * SHORTEST_RR_S:
            if alike[i] > alike[chosen[-1]]:
                chosen[-1] = int(i)
        else:
            chosen.append(int(i))
    return np.array(chosen, np.int64)


def _slow_as_beats(waves: Waveforms, events: NDArray[np.int64]) -> bool:
    """Whether at most half of the energy of the average of these events lies above 60 Hz.

    A ventricular complex stands out best around 17 Hz (Thakor, Webster & Tompkins, IEEE Trans Biomed Eng
    1984;31:702), and what a high-pass at 20 Hz leaves of it lies below 60 Hz: more than four fifths in every
    heart seen here. Of the spikes of a charger next to nothing does.
    """
    channel = int(np.argmax(np.bincount(waves.channel[events])))
    x = waves.windows[events, :, channel]
    average = np.median(x * np.sign(x[:, round(BEFORE_OF_WINDOW_S * waves.rate)])[:, None], axis=0)
    power = np.abs(np.fft.rfft(average * np.hanning(len(average)) ** 0.25, 8 * len(average))) ** 2
    fast = np.fft.rfftfreq(8 * len(average), 1 / waves.rate) > _FAST_HZ
    return bool(power[fast].sum() <= _MOST_FAST * power.sum())


def _regular(times_s: NDArray[np.float64], *, share: float = _REGULAR_SHARE) -> bool:
    from myolens.emg.quantiles import running_quantile

    intervals = np.diff(times_s)
    if len(intervals) < _FEWEST_BEATS - 1:
        return False
    usual = running_quantile(intervals[:, None].astype(np.float32), 6, 0.5)[:, 0]
    if not SHORTEST_RR_S <= np.median(usual) <= LONGEST_RR_S:
        return False
    ratio = intervals / usual
    once, multiple = np.abs(ratio - 1) <= 0.2, np.abs(ratio - np.round(ratio)) <= 0.2
    return bool(once.mean() >= _ONCE_SHARE and (once | (multiple & (ratio < 3.5))).mean() >= share)


def _paced(times_s: NDArray[np.float64]) -> bool:
    """Whether seven in ten of these have another one beat before or after, the beat kept to a tenth."""
    gaps = np.abs(times_s[:, None] - times_s[None])
    usual = np.unique(np.diff(times_s))
    usual = usual[(usual >= SHORTEST_RR_S) & (usual <= _LONGEST_PACED_S)]
    if len(times_s) < _FEWEST_PACED:
        return False
    most = _MOST_PER_BEAT * (times_s[-1] - times_s[0])
    return any(
        len(times_s) <= most / beat and np.mean(np.any(np.abs(gaps - beat) <= 0.1 * beat, axis=1)) >= _PACED
        for beat in usual[:: max(1, len(usual) // _SEEDS)]
    )


def _completed(beats_s: NDArray[np.float64], last_s: float) -> NDArray[np.float64]:
    """Beats, with those missed put in where an interval is a multiple of the usual one, and at the ends."""
    usual = float(np.median(np.diff(beats_s)))
    result = [float(beats_s[0])]
    for beat in beats_s[1:]:
        missed = round((beat - result[-1]) / usual) - 1
        if 1 <= missed <= _MOST_MISSED:
            result += list(np.linspace(result[-1], beat, missed + 2)[1:-1])
        result.append(float(beat))
    before = np.arange(result[0] - usual, -usual, -usual)[::-1]
    after = np.arange(result[-1] + usual, last_s + usual, usual)
    return np.concatenate([before, result, after])
