"""From a recording to its analysis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myolens.emg.account import events_of, notes_on, units_of
from myolens.emg.analysis import Analysis
from myolens.emg.channels import Usable, usable
from myolens.emg.counting import Stretches, complement, length, rate_per_min
from myolens.emg.detectability import detectable_peak_to_peak
from myolens.emg.detection import SIDELOBE_REACH_S, distance, scan, telling
from myolens.emg.disturbances import disturbed
from myolens.emg.effort import settled
from myolens.emg.events import Events, beats_from_ecg, find_events, least_small
from myolens.emg.exclusion import (
    MOST_FOR_SMALL,
    VOLUNTARY,
    as_spans,
    bursts,
    exclusions,
    inside,
    merged,
)
from myolens.emg.familiar import with_familiar
from myolens.emg.filtering import band_for
from myolens.emg.findings import NOTHING_FOUND, doubts, implied
from myolens.emg.geometry import conduction, grid_map
from myolens.emg.heartbeat import Heart, beating_unit, find_heart
from myolens.emg.interpolation import fineness, finer
from myolens.emg.isolation import accompanied, indistinct
from myolens.emg.matching import Discharges
from myolens.emg.measures import amplitudes, exclusion_time, intervals, trend
from myolens.emg.noise import Noise, survey
from myolens.emg.placement import exchanges, put_back, told
from myolens.emg.quality import judge, judge_needle
from myolens.emg.recall import with_recalled
from myolens.emg.rises import between, drowned, tonic
from myolens.emg.shapes import Shapes, sort_discharges
from myolens.emg.size import counted, event_times
from myolens.emg.stimulation import STIMULATION, decrement, stimulated
from myolens.emg.streaming import Source, products_on_one_thread
from myolens.emg.switching import BESIDE_S, by_machine, unswitched
from myolens.emg.timing import as_recorded
from myolens.emg.unrest import of_efforts, unrest
from myolens.emg.waveforms import Waveforms, joined
from myolens.errors import InputError
from myolens.recording import EMG_KINDS, ChannelKind, Recording

SHORTEST_S = 2.0
"""Less than this cannot be analysed: noise itself could not be told."""


@products_on_one_thread()
def analyze(
    recording: Recording,
    *,
    kind: ChannelKind | str | None = None,
    muscle: str | None = None,
    false_alarms_per_10_min: float = 1.0,
    block_seconds: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> Analysis:
    """Find, sort and count the discharges of a recording.

    Parameters
    ----------
    recording : Recording
    kind : {'surface_emg', 'needle_emg'}, optional
        What the channels are, where the file does not say: all channels of kind ``other`` are then
        taken to be of this kind.
    muscle : str, optional
        Named in the result and in the findings.
    false_alarms_per_10_min : float
        Peaks of noise that may pass as discharges.
    block_seconds : float, optional
        Length of the blocks in which the file is read; the result does not depend on it.
    progress : callable, optional
        Called with the share done, 0 to 1.

    Returns
    -------
    Analysis
        With `details` under ``detection``, ``intervals``, ``amplitudes``, ``trend``, ``dispersion``,
        ``counted``, ``settled``,
        ``exclusion_time``, ``map``, ``conduction_velocity``, ``heartbeat``, ``regular_train``,
        ``switching`` and, where there was a needle or stimulation, ``needle`` and ``stimulation``.

    Raises
    ------
    InputError
        If there is no EMG channel, or too little signal, or an impossible option.
    """
    where = recording.source or None
    if not 0 < false_alarms_per_10_min <= 600:
        raise InputError("the false-alarm rate must be above 0 and at most 600 in 10 minutes")
    if block_seconds is not None and not block_seconds > 0:
        raise InputError("blocks must be longer than 0 s")
    rows, kind = emg_rows(recording, kind)
    if recording.seconds < SHORTEST_S:
        raise InputError(f"only {recording.seconds:.2g} s long", where=where, mend="Record at least a minute")
    channels = usable(recording, rows)
    if not channels.rows:
        raise InputError(
            "every EMG channel is constant", where=where, mend="Check the connection and the gain"
        )
    band_for(recording.rate, kind, where=where)
    evoked = stimulated(recording, channels.rows)
    recorded = recording
    recording = finer(recording, len(channels.rows)) if kind is ChannelKind.SURFACE_EMG else recording
    source = Source(recording, channels.rows, band_for(recording.rate, kind, fineness=fineness(recording)))
    noise = survey(source)
    scanned = scan(source, noise, block_seconds=block_seconds, progress=progress)
    noise = replace(noise, frames=scanned.frames)
    beats = _known_beats(recording, source)
    find = partial(
        find_events, source, noise, scanned, false_alarms_per_10_min=false_alarms_per_10_min, evoked=evoked
    )
    analysis = _at_rest(source, channels, noise, find, beats, evoked, muscle, false_alarms_per_10_min)
    if kind is ChannelKind.NEEDLE_EMG:
        analysis = _with_needle(analysis, recording, muscle)
    return _with_stimulation(analysis, recorded, muscle)


def emg_rows(recording: Recording, kind: ChannelKind | str | None) -> tuple[tuple[int, ...], ChannelKind]:
    """Rows to analyse and their kind; where a file has both, the skin is taken unless told otherwise."""
    where = recording.source or None
    wanted = None
    if kind is not None:
        wanted = ChannelKind(kind) if kind in set(ChannelKind) else None
        if wanted not in EMG_KINDS:
            raise InputError(
                f"{kind} is not a kind of EMG", where=where, mend="Use surface_emg or needle_emg"
            )
    for each in (wanted,) if wanted else (ChannelKind.SURFACE_EMG, ChannelKind.NEEDLE_EMG):
        rows = recording.indices(each)
        if rows:
            return rows, each
    if wanted:
        rows = recording.indices(ChannelKind.OTHER, *EMG_KINDS)
        if rows:
            return rows, wanted
    kinds = sorted({str(channel.kind) for channel in recording.channels})
    raise InputError(
        f"no EMG channel among {len(recording.channels)} ({', '.join(kinds)})",
        where=where,
        mend="If a channel is EMG but not named so, say so: --kind surface_emg or --kind needle_emg",
    )


def _known_beats(recording: Recording, source: Source) -> Any:
    """Heartbeats of the first ECG channel with a regular train, or None to look for them in the EMG."""
    for row in recording.indices(ChannelKind.ECG):
        channels = usable(recording, (row,))
        if channels.rows:
            beats = beats_from_ecg(Source(recording, channels.rows, source.band))
            if len(beats):
                return beats
    return None


def _at_rest(
    source: Source,
    channels: Usable,
    noise: Noise,
    find: Callable[..., Events],
    beats_s: NDArray[np.float64] | None,
    evoked: Stretches,
    muscle: str | None,
    false_alarms_per_10_min: float,
) -> Analysis:
    """Leave out what is not rest, sort what remains, and measure it.

    A heart that only the sorted events tell is known from then on: all is done anew without its beats.
    """
    recording = source.recording
    events = find(beats_s=beats_s)
    explained_s, slow_s = _told_apart(events)
    heard_s = events.times_s[events.muscle]
    noise = between(source, noise, bursts(events.scan, events.threshold, heard_s))
    disturbances, raised_s = disturbed(source, noise, events.scan, evoked), tonic(source, noise)

    def outside(waves: Waveforms, spans: Stretches) -> Waveforms:
        return waves.where(~inside(waves.sample / recording.rate, spans))

    def left_out(waves: Waveforms, small_s: NDArray[np.float64]) -> dict[str, Stretches]:
        return exclusions(
            source,
            noise,
            events.scan,
            events.threshold,
            disturbances,
            raised_s,
            waves,
            explained_s=explained_s,
            slow_s=slow_s,
            small_s=small_s,
        )

    def together(found: dict[str, Stretches]) -> Stretches:
        return merged(span for stretches in found.values() for span in stretches)

    positions = tuple(recording.channels[row].position_mm for row in source.rows)
    size = telling(false_alarms_per_10_min, len(source.rows))

    def surfaced(waves: Waveforms) -> Waveforms:
        return waves.where(~drowned(waves, noise, raised_s, size, source.frame))

    def of_muscle(events: Events) -> Waveforms:
        return surfaced(outside(events.waves.where(events.muscle), evoked))

    spans = together(left_out(of_muscle(events), np.zeros(0)))
    events = with_familiar(events, noise, merged([*spans, *evoked]))
    explained_s, slow_s = _told_apart(events)
    waves, weak = of_muscle(events), events.weak
    exchanged = exchanges(outside(waves, spans), noise, positions, recording.seconds)
    waves, weak = put_back(waves, exchanged), put_back(outside(weak, spans), exchanged)
    at_work = waves.where(inside(waves.sample / recording.rate, spans))
    waves = joined(at_work, surfaced(with_recalled(outside(waves, spans), weak, noise))).in_order()
    small = weak.height > least_small(events.threshold)
    small_s = weak.sample[small] / recording.rate if len(source.rows) <= MOST_FOR_SMALL else np.zeros(0)
    small_s = small_s[distance(small_s, waves.sample / recording.rate) > SIDELOBE_REACH_S]
    not_rest = left_out(waves, small_s)
    waves = outside(waves, together(not_rest))
    names = tuple(recording.channels[row].name for row in source.rows)
    sort = partial(_sorted, source=source, noise=noise, size=size, threshold=events.threshold)
    waves, discharges, shapes, switching = unswitched(*sort(waves), noise.mains, sort)
    not_rest |= by_machine(not_rest[VOLUNTARY], events, noise.mains, switching)
    heart = events.heart or find_heart(waves) or beating_unit(waves, discharges.unit, discharges.event)
    if events.heart is None and heart is not None:
        if not heart.fast:
            return _at_rest(
                source, channels, noise, find, heart.beats_s, evoked, muscle, false_alarms_per_10_min
            )
        waves, discharges, shapes = sort(waves.where(~heart.events))
    lone = discharges.unit < 0
    spikes_s = switching.times_s if switching else np.zeros(0)
    own = events.weak.where(distance(events.weak.sample / recording.rate, spikes_s) > BESIDE_S)
    restless = unrest(waves, own, discharges, len(source.rows)) + accompanied(
        source,
        noise,
        waves.where(discharges.event[lone]),
        of_units_s=discharges.sample[~lone] / recording.rate,
        explained_s=np.sort(np.concatenate([explained_s, _beats(heart), spikes_s])),
    )
    efforts = [*not_rest[VOLUNTARY], *restless]
    efforts += of_efforts(discharges, recording.rate, efforts)
    excluded = as_spans(not_rest | {VOLUNTARY: efforts}, recording.seconds)
    spans = merged((span.start_s, span.end_s) for span in excluded)
    kept = complement(spans, recording.seconds)
    analysed_s = length(kept)
    discharges = as_recorded(discharges, shapes, source)
    discharges = discharges.where(~inside(discharges.sample / recording.rate, spans))
    found = events_of(source, waves, discharges, shapes)
    units = units_of(source, found, shapes, kept)
    times = event_times(found)
    rate, spread = rate_per_min(times, kept)
    kind = str(recording.channels[source.rows[0]].kind)
    sizeable = counted(found, kept, kind)
    at_rest = settled(times, excluded, recording.seconds)
    detectable = detectable_peak_to_peak(source, noise, events.threshold, size)
    quality = judge(
        source,
        channels,
        noise,
        events,
        excluded,
        switching,
        heart,
        analysed_s=analysed_s,
        detectable=detectable,
    )
    quality = told(quality, exchanged, names, recording.seconds)
    large_s = event_times(sizeable.events)
    train = heart is not None and heart.fast
    weighed: dict[str, Any] = {
        "counted": sizeable,
        "expected_false": false_alarms_per_10_min * analysed_s / 600,
        "analysed_s": analysed_s,
        "at_rest": settled(large_s, excluded, recording.seconds, among_s=times),
    }
    return Analysis(
        recording=recording.source,
        kind=kind,
        muscle=muscle,
        rate=recording.rate / source.fineness,
        channels=names,
        positions_mm=positions,
        seconds=recording.seconds,
        analysed_seconds=analysed_s,
        events=found,
        units=units,
        rate_per_min=rate,
        excluded=excluded,
        quality=quality,
        findings=implied(units=units, quality=quality, muscle=muscle, train=train, **weighed),
        notes=notes_on(recording, found, excluded, at_rest, sizeable, doubts(**weighed), train=train),
        details={
            "detection": {
                "threshold": round(events.threshold, 3),
                "false_alarms_per_10_min": false_alarms_per_10_min,
                "band_hz": [round(source.band.low_hz, 1), round(source.band.high_hz, 1)],
                "mains_hz": None if noise.mains is None else round(noise.mains.frequency_hz, 2),
                "electrode_pops": int(events.pops.sum()),
                "slow_deflections": int(events.slow.sum()),
                "unassigned": sum(event.unit is None for event in found),
            },
            "heartbeat": None if heart is None or heart.fast else heart.details(),
            "regular_train": heart.details() if heart is not None and train else None,
            "switching": None if switching is None else switching.details(),
            "intervals": intervals(times, units, kept),
            "amplitudes": amplitudes(found),
            "dispersion": {"index": round(spread.index, 3), "windows": spread.windows},
            "counted": sizeable.to_json(),
            "settled": asdict(at_rest),
            "trend": trend(times, kept, spread),
            "exclusion_time": exclusion_time(len(found), analysed_s),
            "map": grid_map(units, names, positions),
            "conduction_velocity": conduction(units, positions),
        },
    )


def _told_apart(events: Events) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Instants of all that is no potential, ascending, and of what is slow among it."""
    slow_s = events.times_s[events.slow]
    return np.sort(np.concatenate([_beats(events.heart), events.times_s[events.pops], slow_s])), slow_s


def _sorted(
    waves: Waveforms, source: Source, noise: Noise, size: float, threshold: float
) -> tuple[Waveforms, Discharges, Shapes]:
    """Into units, without what is too small to be told from noise: sorted anew until nothing is.

    Before a heart is looked for: weak beats that were recalled as a crowd are dropped as such, and no
    discharge that falls on one with them.
    """
    discharges, shapes = sort_discharges(waves, noise)
    while (dropped := indistinct(source, noise, waves, discharges, size, threshold)).any():
        waves = waves.where(~dropped)
        discharges, shapes = sort_discharges(waves, noise)
    return waves, discharges, shapes


def _beats(heart: Heart | None) -> NDArray[np.float64]:
    return heart.beats_s if heart else np.zeros(0)


def _with_needle(analysis: Analysis, recording: Recording, muscle: str | None) -> Analysis:
    """Add the reading of the needle, whose findings then hold instead of those for the skin."""
    from myolens.emg.needle import read_needle

    chosen = recording.select(
        [row for row, c in enumerate(recording.channels) if c.name in analysis.channels]
    )
    chosen = chosen.with_kind(ChannelKind.NEEDLE_EMG)
    analysis = replace(analysis, kind=str(ChannelKind.NEEDLE_EMG))
    try:
        reading = read_needle(chosen, muscle=muscle)
    except InputError as error:
        return replace(
            analysis, findings=(), notes=(*analysis.notes, f"The needle could not be read: {error}")
        )
    looked_for = reading.rest_seconds >= SHORTEST_S
    seen = reading.potentials or reading.spontaneous or not looked_for
    notes = tuple(note for note in analysis.notes if note != NOTHING_FOUND or not seen)
    return replace(
        analysis,
        rate_per_min=analysis.rate_per_min if looked_for else None,
        quality=judge_needle(reading, analysis.quality),
        findings=reading.findings,
        notes=(*notes, *reading.notes),
        details=analysis.details | {"needle": reading.to_json()},
    )


def _with_stimulation(analysis: Analysis, recording: Recording, muscle: str | None) -> Analysis:
    """Add what repetitive stimulation showed, where the recording holds stimuli that evoke responses."""
    if not any(span.reason == STIMULATION for span in analysis.excluded):
        return analysis
    try:
        found = decrement(recording, muscle=muscle)
    except InputError as error:
        return replace(analysis, notes=(*analysis.notes, f"Stimulation could not be judged: {error}"))
    return replace(
        analysis,
        findings=(*analysis.findings, *found.findings),
        details=analysis.details | {"stimulation": found.to_json()},
    )
