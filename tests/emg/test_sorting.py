"""Which unit a discharge belongs to: over a long time, on top of one another, and in doublets."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from tests.emg.emg_made import potential, quiet, stored

from myolens.emg import Analysis, analyze
from myolens.recording import Channel, ChannelKind

RATE = 1000.0


def place(x: np.ndarray, times_s: np.ndarray, waves: np.ndarray) -> None:
    """Add to each instant its own potential, shape (events, channels, samples), middle on the instant."""
    half = waves.shape[2] // 2
    for t, wave in zip(times_s, waves, strict=True):
        at = round(t * RATE)
        x[:, at - half : at - half + waves.shape[2]] += wave


def irregular(rng: np.random.Generator, seconds: float, per_min: float, apart_s: float = 0.08) -> np.ndarray:
    times = np.sort(rng.uniform(1, seconds - 1, round(seconds / 60 * per_min)))
    return times[np.concatenate([[True], np.diff(times) > apart_s])]


def agreement(analysis: Analysis, truth: list[np.ndarray], tolerance_s: float = 0.008) -> float:
    """Share of all true discharges that carry the number of their unit, units mapped one to one."""
    times = np.array([event.time_s for event in analysis.events])
    units = np.array([event.unit or 0 for event in analysis.events])
    table = np.zeros((len(truth), len(analysis.units) + 1))
    for row, own in enumerate(truth):
        for t in own:
            near = np.flatnonzero(np.abs(times - t) <= tolerance_s)
            if len(near):
                table[row, units[near[np.argmin(np.abs(times[near] - t))]]] += 1
    right = table[:, 1:]
    return float(right[linear_sum_assignment(-right)].sum() / sum(len(own) for own in truth))


def profile(centre: float, channels: int = 8) -> np.ndarray:
    """How a potential at one place spreads over a line of electrodes."""
    return np.exp(-0.5 * ((np.arange(channels) - centre) / 1.2) ** 2)


def test_labels_last_through_half_an_hour_of_slow_change() -> None:
    rng = np.random.default_rng(1)
    seconds = 1800.0
    x, channels = quiet(seconds, channels=8, grid=True)
    changing, steady = irregular(rng, seconds, 9.0), irregular(rng, seconds, 7.0)
    share = changing / seconds
    # over the recording the potential loses 40 % of its size, grows 40 % longer and moves by an electrode
    place(
        x,
        changing,
        np.stack(
            [
                70 * (1 - 0.4 * s) * profile(2 + s)[:, None] * np.interp(
                    np.arange(-30, 31), np.arange(-20, 21) * (1 + 0.4 * s), potential(RATE), 0, 0
                )
                for s in share
            ]
        ),
    )  # fmt: skip
    place(x, steady, np.tile(45 * profile(5)[:, None] * potential(RATE, phase=1.2), (len(steady), 1, 1)))
    analysis = analyze(stored(x, RATE, channels))
    assert agreement(analysis, [changing, steady]) >= 0.95
    assert len(analysis.units) == 2


def test_a_unit_that_drifts_towards_another_stays_apart_from_it() -> None:
    rng = np.random.default_rng(2)
    seconds = 1800.0
    x, channels = quiet(seconds, channels=8, grid=True)
    moving, steady = irregular(rng, seconds, 8.0), irregular(rng, seconds, 8.0)
    wave = potential(RATE)
    # from electrode 1.5 to within less than an electrode of the other, at 5
    place(x, moving, np.stack([60 * profile(1.5 + 2.6 * s)[:, None] * wave for s in moving / seconds]))
    place(x, steady, np.tile(60 * profile(5)[:, None] * wave, (len(steady), 1, 1)))
    analysis = analyze(stored(x, RATE, channels))
    assert len(analysis.units) == 2
    assert agreement(analysis, [moving, steady]) >= 0.95


def test_potentials_on_top_of_one_another_are_told_apart() -> None:
    rng = np.random.default_rng(3)
    x, channels = quiet(240.0, channels=8, grid=True)
    waves = [
        70 * profile(2)[:, None] * potential(RATE),
        60 * profile(4)[:, None] * potential(RATE, phase=1.4),
    ]
    first = np.arange(2.0, 238.0, 3.1) + rng.uniform(0, 0.5, 77)
    # every other discharge of the second unit falls upon one of the first, 0 to 9 ms apart
    second = np.sort(np.concatenate([first[::4] + rng.uniform(-0.009, 0.009, 20), first[1::4][:19] + 1.3]))
    for times, wave in zip((first, second), waves, strict=True):
        place(x, times, np.tile(wave, (len(times), 1, 1)))
    analysis = analyze(stored(x, RATE, channels))
    assert len(analysis.units) == 2
    assert agreement(analysis, [first, second], 0.003) >= 0.95
    together = [t for t in second if np.abs(first - t).min() <= 0.009]
    found = np.array([event.time_s for event in analysis.events if event.unit == 2])
    assert np.mean([np.abs(found - t).min() <= 0.003 for t in together]) >= 0.9


@pytest.mark.parametrize("gap_s", [0.008, 0.02, 0.06])
def test_doublets_are_two_discharges_of_one_unit(gap_s: float) -> None:
    x, channels = quiet(120.0, channels=4, grid=True)
    first = np.arange(2.0, 118.0, 2.9)
    doubled = first[::4] + gap_s
    truth = np.sort(np.concatenate([first, doubled]))
    place(x, truth, np.tile(60 * profile(1.5, 4)[:, None] * potential(RATE), (len(truth), 1, 1)))
    analysis = analyze(stored(x, RATE, channels))
    assert len(analysis.units) == 1
    assert agreement(analysis, [truth], 0.002) >= 0.95
    assert abs(analysis.units[0].doublets - len(doubled)) <= 1


def test_events_like_no_other_stay_unassigned_and_are_counted() -> None:
    rng = np.random.default_rng(4)
    x, channels = quiet(120.0, channels=8, grid=True)
    usual = irregular(rng, 120.0, 15.0, 0.3)
    odd = np.array([11.5, 47.3, 80.9])
    odd = odd[[np.abs(usual - t).min() > 0.1 for t in odd]]
    place(x, usual, np.tile(60 * profile(2)[:, None] * potential(RATE), (len(usual), 1, 1)))
    for t, centre, width in zip(odd, (0, 4, 7), (0.001, 0.003, 0.005), strict=False):
        place(
            x, np.array([t]), 90 * profile(centre)[None, :, None] * potential(RATE, width_s=width, phase=0.8)
        )
    analysis = analyze(stored(x, RATE, channels))
    loose = [event.time_s for event in analysis.events if event.unit is None]
    assert len(odd) >= 2
    assert all(np.abs(np.array(loose) - t).min() <= 0.01 for t in odd)
    assert analysis.details["detection"]["unassigned"] == len(loose) <= len(odd) + 1
    assert analysis.rate_per_min is not None
    assert len(analysis.events) == pytest.approx(len(usual) + len(odd), abs=1)


def on_a_grid(rng: np.random.Generator) -> tuple[np.ndarray, list, list[np.ndarray]]:
    """Two units on five by five electrodes 8 mm apart, two minutes."""
    x, _ = quiet(120.0, channels=25)
    places = np.array([(8.0 * (k % 5), 8.0 * (k // 5)) for k in range(25)])
    channels = [
        Channel(f"EMG {k + 1}", "uV", ChannelKind.SURFACE_EMG, gain=0.25, position_mm=tuple(place))
        for k, place in enumerate(places)
    ]
    truth = [irregular(rng, 120.0, 18.0), irregular(rng, 120.0, 18.0)]
    for own, centre, phase in zip(truth, ((8.0, 8.0), (24.0, 26.0)), (0.0, 1.3), strict=True):
        size = 80 * np.exp(-np.sum((places - centre) ** 2, axis=1) / (2 * 12.0**2))
        place(x, own, np.tile(size[:, None] * potential(RATE, phase=phase), (len(own), 1, 1)))
    return x, channels, truth


@pytest.mark.parametrize(("other", "from_s"), [(18, None), (18, 0.0), (18, 60.0), (12, 0.0)])
def test_exchanged_channels_are_told_and_units_stay_whole(other: int, from_s: float | None) -> None:
    """Far from one another or neighbours."""
    x, channels, truth = on_a_grid(np.random.default_rng(5))
    if from_s is not None:
        late = slice(round(from_s * RATE), None)
        x[[6, other], late] = x[[other, 6], late]
    analysis = analyze(stored(x, RATE, channels))
    said = [problem for problem in analysis.quality.problems if "each other's signal" in problem]
    assert len(said) == (0 if from_s is None else 1)
    if said:
        assert f"EMG 7 and EMG {other + 1}" in said[0]
        assert ("from" in said[0]) == (from_s == 60.0)
        assert analysis.quality.verdict != "good"
    assert len(analysis.units) == 2
    assert agreement(analysis, truth) >= 0.95
    peaks = {unit.channel for unit in analysis.units}
    assert peaks == {"EMG 7", "EMG 19"}
