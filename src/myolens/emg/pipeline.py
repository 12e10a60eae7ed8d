"""From a recording to its analysis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from myolens.emg import exclusion
from myolens.emg.analysis import Analysis, Event, Quality, Unit
from myolens.emg.counting import DOUBLET_S, analysed_seconds, poisson_rate
from myolens.emg.detection import Candidates, candidates, one_per_discharge, restful, scan, threshold
from myolens.emg.filtering import band_for
from myolens.emg.heartbeat import find_heart
from myolens.emg.matching import Discharges
from myolens.emg.noise import Noise, survey
from myolens.emg.shapes import Shapes, sort_discharges
from myolens.emg.streaming import Source
from myolens.emg.waveforms import Waveforms, cut_out
from myolens.errors import InputError
from myolens.recording import EMG_KINDS, ChannelKind, Recording

SHORTEST_S = 2.0
"""Less than this cannot be analysed: noise itself could not be told."""


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
        Named in the result.
    false_alarms_per_10_min : float
        Peaks of noise that may pass as discharges.
    block_seconds : float, optional
        Length of the blocks in which the file is read; the result does not depend on it.
    progress : callable, optional
        Called with the share done, 0 to 1.

    Raises
    ------
    InputError
        If there is no EMG channel, or too little signal, or an impossible option.
    """
    if not 0 < false_alarms_per_10_min <= 600:
        raise InputError("the false-alarm rate must be above 0 and at most 600 in 10 minutes")
    rows, kind = emg_rows(recording, kind)
    if recording.seconds < SHORTEST_S:
        raise InputError(
            f"only {recording.seconds:.2g} s long",
            where=recording.source or None,
            mend="Record at least a minute",
        )
    band = band_for(recording.rate, kind, where=recording.source or None)
    source = Source(recording, rows, band)
    noise = survey(source)
    result = scan(source, noise, block_seconds=block_seconds, progress=progress)
    found = candidates(result)
    limit, _ = _threshold(found, noise, source, false_alarms_per_10_min)
    above = found.where(found.height > limit)
    kept = one_per_discharge(above, result.statistic, result.rate)
    waves = cut_out(source, noise, above.index[kept] * band.factor)
    heights = above.height[kept]
    heart = find_heart(waves, heights, recording.rate)
    beats = heart.events if heart else np.zeros(len(heights), bool)
    times = waves.sample / recording.rate
    continuous = [s for s in exclusion.bursts(result, limit) if not exclusion.inside(times[beats], [s]).any()]
    spans = exclusion.voluntary(times[~beats], continuous)
    spans = exclusion.merged((max(0.0, a), min(recording.seconds, b)) for a, b in spans)
    waves = waves.where(~beats & ~exclusion.inside(times, spans))
    discharges, shapes = sort_discharges(waves, noise, recording.rate)
    left = analysed_seconds(recording.seconds, spans)
    events = _events(source, waves, discharges, shapes)
    return Analysis(
        recording=recording.source,
        kind=str(kind),
        muscle=muscle,
        rate=recording.rate,
        channels=tuple(recording.channels[row].name for row in rows),
        positions_mm=tuple(recording.channels[row].position_mm for row in rows),
        seconds=recording.seconds,
        analysed_seconds=left,
        events=events,
        units=_units(source, events, shapes, left),
        rate_per_min=poisson_rate(len(events), left / 60) if left > 0 else None,
        excluded=tuple(exclusion.as_spans(spans, exclusion.VOLUNTARY, recording.seconds)),
        quality=_quality(recording, rows, noise, left),
        notes=(f"{len(heart.beats_s)} heartbeats, {heart.per_min:.0f} a minute, were left out",)
        if heart
        else (),
        details=_details(limit, false_alarms_per_10_min),
    )


def emg_rows(recording: Recording, kind: ChannelKind | str | None) -> tuple[tuple[int, ...], ChannelKind]:
    """Rows to analyse and their kind; where a file has both, the skin is taken unless told otherwise."""
    where = recording.source or None
    wanted = None
    if kind is not None:
        try:
            wanted = ChannelKind(kind)
        except ValueError:
            wanted = ChannelKind.OTHER
        if wanted not in EMG_KINDS:
            raise InputError(
                f"{kind} is not a kind of EMG", where=where, mend="Use surface_emg or needle_emg"
            )
    for each in [wanted] if wanted else [ChannelKind.SURFACE_EMG, ChannelKind.NEEDLE_EMG]:
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


def _threshold(found: Candidates, noise: Noise, source: Source, rate: float) -> tuple[float, float]:
    quiet = restful(noise)
    factor, fs = source.band.factor, source.recording.rate
    frame = np.minimum(found.index * factor // source.frame, len(quiet) - 1)
    chosen = quiet[frame]
    seconds = float(quiet.sum()) * source.frame / fs
    return threshold(
        found.index[chosen] * factor / fs, found.height[chosen], seconds, false_alarms_per_10_min=rate
    )


def _events(source: Source, waves: Waveforms, discharges: Discharges, shapes: Shapes) -> tuple[Event, ...]:
    recording, rows = source.recording, source.rows
    events = []
    for k in range(len(discharges.sample)):
        unit, i, scale = int(discharges.unit[k]), int(discharges.event[k]), float(discharges.scale[k])
        if discharges.alone[k]:
            channel, peak = int(waves.channel[i]), float(waves.peak[i])
            span, level = float(waves.peak_to_peak[i]), float(waves.level[i])
        else:
            channel = int(shapes.channel[unit])
            peak, span = scale * float(shapes.peak[unit]), scale * float(shapes.peak_to_peak[unit])
            level = float(shapes.level[channel])
        events.append(
            Event(
                time_s=float(discharges.sample[k] / recording.rate),
                unit=unit + 1 if unit >= 0 else None,
                channel=recording.channels[rows[channel]].name,
                peak_to_peak_uv=span if recording.is_voltage(rows[channel]) else None,
                snr_db=float(20 * np.log10(peak / level)),
            )
        )
    return tuple(events)


def _units(source: Source, events: tuple[Event, ...], shapes: Shapes, seconds: float) -> tuple[Unit, ...]:
    units = []
    for number, template in enumerate(shapes.templates, start=1):
        own = [event for event in events if event.unit == number]
        times = np.array([event.time_s for event in own])
        sizes = np.array([10 ** (event.snr_db / 20) for event in own])
        gaps = np.diff(times)
        units.append(
            Unit(
                unit=number,
                events=len(own),
                rate_per_min=60 * len(own) / seconds if seconds > 0 else 0.0,
                channel=source.recording.channels[source.rows[shapes.channel[number - 1]]].name,
                template=np.ascontiguousarray(template.T),
                template_rate=shapes.rate,
                amplitude_cv=float(sizes.std(ddof=1) / sizes.mean()) if len(own) > 1 else None,
                median_interval_s=float(np.median(gaps)) if len(own) > 1 else None,
                doublets=int(np.sum(gaps < DOUBLET_S)),
            )
        )
    return tuple(units)


def _quality(recording: Recording, rows: tuple[int, ...], noise: Noise, left: float) -> Quality:
    volts = [k for k, row in enumerate(rows) if recording.is_voltage(row)]
    level = float(np.median(noise.level[:, volts])) if volts else None
    verdict: Any = "good" if left >= 60 else "fair" if left >= 10 else "poor"
    problems = () if left >= 60 else (f"Only {left:.0f} s of rest could be analysed; record two minutes.",)
    return Quality(verdict, level, None if level is None else 8 * level, problems)


def _details(limit: float, rate: float) -> dict[str, Any]:
    return {"detection": {"threshold": round(limit, 3), "false_alarms_per_10_min": rate}}
