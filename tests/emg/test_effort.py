"""Discharges beside an effort weigh less than those of a muscle at rest."""

from __future__ import annotations

import numpy as np
import pytest
from tests.emg.emg_made import add, potential, quiet, stored

from myolens.emg import Analysis, analyze
from myolens.emg.effort import settled
from myolens.emg.findings import PRESENT_STRENGTH
from myolens.emg.unrest import short_runs
from myolens.recording import Channel, ChannelKind, Recording, Span


def recorded(times_s: list[float], efforts_s: list[float]) -> Analysis:
    x, channels = quiet(60.0)
    rng = np.random.default_rng(8)
    for start in efforts_s:
        x[0, round(start * 1000) : round(start * 1000) + 1500] += rng.normal(0, 90, 1500)
    add(x, 1000.0, np.array(times_s), 70.0, potential(1000.0))
    return analyze(stored(x, 1000.0, channels))


def twitching(seconds: float, times_s: list[float], unit: str | None = "uV") -> Analysis:
    """A muscle with a potential of about 120 µV at these instants, and no effort."""
    x, _ = quiet(seconds, seed=3)
    add(x, 1000.0, np.array(times_s), 70.0, potential(1000.0))
    channel = Channel("EMG", unit, ChannelKind.SURFACE_EMG)
    return analyze(Recording.from_array(x.astype(np.float32), 1000.0, [channel]))


def irregular(seconds: float, per_min: float, seed: int) -> np.ndarray:
    """Instants of a Poisson process."""
    rng = np.random.default_rng(seed)
    return np.sort(rng.uniform(1, seconds - 1, rng.poisson(per_min * seconds / 60)))


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


def test_strays_as_healthy_muscles_show_weigh_half_and_more_than_that_in_full() -> None:
    few, many = [20.0, 95.3, 171.8], [12.0, 41.5, 66.2, 90.9, 131.4, 155.0, 178.7]
    rare, often = twitching(200.0, few), twitching(200.0, many)
    assert len(rare.events) == len(few)
    assert weight(rare) == pytest.approx(PRESENT_STRENGTH / 2)
    assert any("as few as healthy muscles show" in note for note in rare.notes)
    assert weight(often) == PRESENT_STRENGTH
    assert not any("weighs half" in note for note in often.notes)


def test_one_clump_is_no_more_evidence_than_one_discharge() -> None:
    clump = [30.0, 30.21, 30.58, 31.3, 31.42, 32.1]
    assert weight(twitching(60.0, clump)) == pytest.approx(PRESENT_STRENGTH / 2)
    assert weight(twitching(60.0, [*clump, 8.0, 17.6, 51.3])) == PRESENT_STRENGTH


def test_busy_muscles_keep_the_full_weight_up_to_the_highest_rates() -> None:
    for per_min in (15, 60, 160):
        for seed in range(5):
            times = irregular(60.0, per_min, seed)
            found = settled(times, [], 60.0)
            assert found.groups >= 3, (per_min, seed)


def test_without_the_unit_of_the_signal_it_weighs_half_and_is_not_called_a_twitch() -> None:
    from myolens.reports.page import recording_numbers, recording_sentence

    times = [5.2, 11.9, 17.3, 26.0, 33.3, 41.8, 54.1]
    known, unknown = twitching(60.0, times), twitching(60.0, times, unit=None)
    assert weight(known) == PRESENT_STRENGTH
    assert weight(unknown) == pytest.approx(PRESENT_STRENGTH / 2)
    assert any("Without the unit of the signal" in note for note in unknown.notes)
    assert "7 twitches" in recording_sentence(known)
    assert "7 discharges" in recording_sentence(unknown)
    assert not any("twitch" in label for _, label in recording_numbers(unknown))


def test_a_short_even_run_tells_that_the_muscle_is_not_at_rest() -> None:
    run = 30 + np.cumsum([0.0, 0.19, 0.22, 0.17, 0.2, 0.18])
    assert short_runs(run) == [(pytest.approx(30.0), pytest.approx(30.96))]
    assert short_runs(np.array([30.0, 30.06, 30.5, 30.55, 31.4, 31.5])) == []
    times = np.sort([8.0, 27.0, 33.0, 48.0, *run])
    found = settled(times, [], 60.0)
    assert (found.events, found.groups) == (2, 2)
    assert found.seconds == pytest.approx(60 - 10.96)
    small = settled(np.array([8.0, 27.0, 33.0, 48.0]), [], 60.0, among_s=times)
    assert (small.events, small.groups) == (2, 2)


def test_a_unit_that_can_be_recruited_at_will_fasciculates_with_full_weight() -> None:
    times = [4.2, 9.9, 15.3, 38.6, 45.1, 52.7]
    x, channels = quiet(60.0, seed=6)
    effort = 24.0 + np.arange(0, 3, 0.11)
    x[0, 24000:27000] += np.random.default_rng(9).normal(0, 25, 3000)
    add(x, 1000.0, np.array([*times, *effort]), 70.0, potential(1000.0))
    analysis = analyze(stored(x, 1000.0, channels))
    assert [span.reason for span in analysis.excluded] == ["voluntary activity"]
    assert [event.time_s for event in analysis.events] == pytest.approx(times, abs=0.01)
    assert weight(analysis) == PRESENT_STRENGTH
