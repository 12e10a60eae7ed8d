"""A fasciculation breaks a silence; the highest peak of a weak effort does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.emg.emg_made import add, potential, quiet, stored

from myolens.emg import Analysis, analyze
from myolens.readers import read
from myolens.recording import Channel, ChannelKind, Recording

AT_S = 30.0


def with_effort(times_s: list[float], *, times_the_noise: float, seed: int = 3) -> Analysis:
    """Potentials, around which the level is raised for 0.3 s: too short and weak to be seen by itself."""
    x, channels = quiet(60.0)
    rng = np.random.default_rng(seed)
    sd = float(np.std(x[:, :5000]))
    add(x, 1000.0, np.array(times_s), 45.0, potential(1000.0))
    for at in times_s:
        start = round((at - 0.15) * 1000)
        x[0, start : start + 300] += rng.normal(0, sd * np.sqrt(times_the_noise**2 - 1), 300)
    return analyze(stored(x, 1000.0, channels))


def test_a_lone_potential_out_of_silence_counts() -> None:
    analysis = with_effort([AT_S], times_the_noise=1.0)
    assert [event.time_s for event in analysis.events] == pytest.approx([AT_S], abs=0.003)


@pytest.mark.parametrize("seed", range(4))
def test_a_lone_potential_out_of_weak_activity_is_left_out_with_its_surroundings(seed: int) -> None:
    analysis = with_effort([AT_S], times_the_noise=1.75, seed=seed)
    assert analysis.events == ()
    (span,) = analysis.excluded
    assert span.reason == "voluntary activity"
    assert span.start_s < AT_S < span.end_s
    assert span.end_s - span.start_s < 1.0
    assert analysis.analysed_seconds == pytest.approx(60 - (span.end_s - span.start_s))


def test_potentials_of_a_unit_count_though_the_muscle_is_not_silent_around_them() -> None:
    times = [5.0, 12.3, 20.1, 31.7, 42.2, 50.9]
    analysis = with_effort(times, times_the_noise=1.7)
    assert len(analysis.events) >= 5


def test_small_movements_of_an_idle_arm_are_no_fasciculations(shared_data: Path) -> None:
    values = np.loadtxt(shared_data / "myo_readings" / "55555-1_0.txt", delimiter=",")
    channels = [Channel(f"pod {k + 1}", None, ChannelKind.SURFACE_EMG) for k in range(8)]
    analysis = analyze(Recording.from_array(values[:, :8].T.astype(np.int8), 200.0, channels))
    assert analysis.analysed_seconds > 55
    assert analysis.events == ()


@pytest.mark.parametrize(("channels", "counted"), [(1, False), (4, True)])
def test_small_potentials_count_only_where_channels_bear_each_other_out(channels: int, counted: bool) -> None:
    x, described = quiet(60.0, channels=channels)
    times = np.arange(3.0, 58.0, 5.5)
    add(x, 1000.0, times, np.full(channels, 22.0), potential(1000.0, width_s=0.004))
    analysis = analyze(stored(x, 1000.0, described))
    assert (len(analysis.events) >= 8) is counted


def test_what_came_once_on_one_channel_is_five_times_the_noise(shared_data: Path) -> None:
    analysis = analyze(read(shared_data / "biosppy_emg" / "emg.txt")[0])
    assert analysis.events
    assert all(event.snr_db > 13.9 for event in analysis.events if event.unit is None)
