"""Discharges and units as an analysis tells them, and what it remarks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from myolens.emg.analysis import Event, Unit
from myolens.emg.counting import DOUBLET_S, Stretches, intervals_s, length
from myolens.emg.effort import SETTLED_S, Settled
from myolens.emg.findings import NOTHING_BUT_TRAIN, NOTHING_FOUND, so_many
from myolens.emg.matching import Discharges
from myolens.emg.shapes import Shapes
from myolens.emg.size import Counted
from myolens.emg.streaming import Source
from myolens.emg.waveforms import Waveforms
from myolens.recording import Recording, Span


def events_of(source: Source, waves: Waveforms, discharges: Discharges, shapes: Shapes) -> tuple[Event, ...]:
    """Discharges with time, unit, channel and size (in a superposition that of the share of the unit)."""
    recording, rows = source.recording, source.rows
    events = []
    for k in range(len(discharges.sample)):
        unit, i, scale = int(discharges.unit[k]), int(discharges.event[k]), float(discharges.scale[k])
        if discharges.alone[k] or unit < 0:
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


def units_of(source: Source, events: tuple[Event, ...], shapes: Shapes, kept: Stretches) -> tuple[Unit, ...]:
    """Units in the order of their numbers, with their rates over the time kept."""
    seconds = length(kept)
    units = []
    for number, template in enumerate(shapes.templates, start=1):
        own = [event for event in events if event.unit == number]
        sizes = np.array([10 ** (event.snr_db / 20) for event in own])
        gaps = intervals_s(np.array([event.time_s for event in own]), kept)
        units.append(
            Unit(
                unit=number,
                events=len(own),
                rate_per_min=60 * len(own) / seconds if seconds > 0 else 0.0,
                channel=source.recording.channels[source.rows[shapes.channel[number - 1]]].name,
                template=np.ascontiguousarray(template.T),
                template_rate=shapes.rate,
                amplitude_cv=float(sizes.std(ddof=1) / sizes.mean()) if len(own) > 1 else None,
                median_interval_s=float(np.median(gaps)) if len(gaps) else None,
                doublets=int(np.sum(gaps < DOUBLET_S)),
            )
        )
    return tuple(units)


def notes_on(
    recording: Recording,
    found: tuple[Event, ...],
    excluded: tuple[Span, ...],
    at_rest: Settled,
    sizeable: Counted,
    doubted: str = "",
    *,
    train: bool = False,
) -> tuple[str, ...]:
    """What was assumed, and what could not be told, in sentences; why the finding weighs half among them."""
    notes = list(recording.notes)
    if not found:
        notes.append(NOTHING_BUT_TRAIN if train else NOTHING_FOUND)
    if loose := sum(event.unit is None for event in found):
        notes.append(f"{so_many(loose, len(found))} could not be assigned to a unit.")
    if sizeable.smaller:
        notes.append(
            f"{so_many(sizeable.smaller, len(found))} stay{'s' if sizeable.smaller == 1 else ''} below "
            f"{sizeable.least_uv:.0f} µV peak to peak, from where twitches were counted in healthy people. "
            "Resting muscles of people without any trouble show such too: no finding rests on them."
        )
    if near := len(found) - at_rest.events:
        notes.append(
            f"{so_many(near, len(found))} {'lies' if near == 1 else 'lie'} within {SETTLED_S:.0f} s of "
            "voluntary activity or of an even run; a muscle not at rest may fire single units too: support "
            "the limb and record again."
        )
    if doubted:
        notes.append(doubted)
    if any(b.start_s < a.end_s for a, b in pairwise(excluded)):
        notes.append("Stretches left out for several reasons overlap; they are counted once.")
    return tuple(notes)
