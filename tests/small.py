"""A recording and an analysis small enough to check by eye."""

from __future__ import annotations

import numpy as np

from myolens.emg.analysis import Analysis, Estimate, Event, Quality, Unit
from myolens.recording import Channel, ChannelKind, Recording, Span

RATE = 1000.0
SECONDS = 60.0


def potential(rate: float = RATE) -> np.ndarray:
    t = np.arange(-0.015, 0.015, 1 / rate)
    return -t / 0.004 * np.exp(0.5 - (t / 0.004) ** 2 / 2)


def small_recording() -> Recording:
    rng = np.random.default_rng(5)
    values = rng.normal(0, 4, (2, int(SECONDS * RATE)))
    for time in event_times():
        at = int(time * RATE)
        values[0, at - 15 : at + 15] += 120 * potential()[:30]
        values[1, at - 15 : at + 15] += 50 * potential()[:30]
    channels = [Channel(f"EMG {n}", "uV", ChannelKind.SURFACE_EMG, gain=0.5) for n in (1, 2)]
    return Recording.from_array(
        np.round(values * 2).astype(np.int16), RATE, channels, source="two-channels.edf"
    )


def event_times() -> list[float]:
    return [3.0, 9.5, 17.25, 30.0, 41.5, 52.125]


def small_analysis() -> Analysis:
    events = tuple(
        Event(time, 1 if place % 2 else 2, "EMG 1", 146.0, 29.5) for place, time in enumerate(event_times())
    )
    template = np.stack([120 * potential(), 50 * potential()]).astype(np.float32)
    units = tuple(Unit(n, 3, 3.3, "EMG 1", template, RATE, 0.05, 12.0) for n in (1, 2))
    return Analysis(
        recording="two-channels.edf",
        kind="surface_emg",
        muscle="biceps",
        rate=RATE,
        channels=("EMG 1", "EMG 2"),
        positions_mm=((0.0, 0.0), (0.0, 8.0)),
        seconds=SECONDS,
        analysed_seconds=55.0,
        events=events,
        units=units,
        rate_per_min=Estimate(6.5, 2.4, 14.2),
        excluded=(Span(20.0, 25.0, "voluntary activity"),),
        quality=Quality("good", 4.0, 24.0),
    )
