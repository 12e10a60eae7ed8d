"""Discharges beside an effort weigh less than those of a muscle at rest."""

from __future__ import annotations

import numpy as np
import pytest
from tests.emg.emg_made import add, potential, quiet, stored

from myolens.emg import Analysis, analyze
from myolens.emg.effort import settled
from myolens.recording import Span


def recorded(times_s: list[float], efforts_s: list[float]) -> Analysis:
    x, channels = quiet(60.0)
    rng = np.random.default_rng(8)
    for start in efforts_s:
        x[0, round(start * 1000) : round(start * 1000) + 1500] += rng.normal(0, 90, 1500)
    add(x, 1000.0, np.array(times_s), 70.0, potential(1000.0))
    return analyze(stored(x, 1000.0, channels))


def weight(analysis: Analysis) -> float:
    return next(f.strength for f in analysis.findings if f.name == "emg_fasciculations")


def test_discharges_seen_only_beside_efforts_weigh_half_and_it_is_said() -> None:
    times, efforts = [12.8, 24.9, 33.1, 45.2], [10.0, 21.5, 30.0, 42.0]
    beside, alone = recorded(times, efforts), recorded(times, [])
    assert len(beside.events) == len(alone.events) == 4
    assert weight(beside) == pytest.approx(weight(alone) / 2, abs=0.01)
    assert any("4 of 4 discharges lie within 5 s of voluntary activity" in note for note in beside.notes)
    assert not any("voluntary activity" in note for note in alone.notes)


def test_a_muscle_that_also_twitches_long_after_an_effort_counts_in_full() -> None:
    analysis = recorded([12.8, 31.0, 39.5, 47.7, 55.1], [10.0])
    assert weight(analysis) == weight(recorded([12.8, 31.0, 39.5, 47.7, 55.1], []))


def test_time_and_discharges_far_from_efforts_are_counted_apart() -> None:
    spans = [Span(20, 22, "voluntary activity"), Span(40, 41, "clipping")]
    found = settled(np.array([5.0, 14.0, 16.0, 26.0, 28.0, 40.5, 50.0]), spans, 60.0)
    assert (found.seconds, found.events) == (60 - 12 - 1, 4)
