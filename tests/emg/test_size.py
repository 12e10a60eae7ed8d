"""Small potentials of a resting muscle make no finding; those of the published size do."""

from __future__ import annotations

import numpy as np
import pytest

from myolens.emg import analyze
from myolens.emg.size import COUNTED_FROM_UV, counted_of
from myolens.recording import Channel, ChannelKind, Recording
from myolens.reports.page import recording_sentence

RATE = 2000.0


def recording(
    peak_to_peak_uv: float, noise_uv: float, *, unit: str | None = "uV", kind: str = "surface_emg"
) -> Recording:
    """Two minutes of quiet with a potential of that size at 24 irregular instants."""
    rng = np.random.default_rng(4)
    x = rng.normal(0, noise_uv, int(120 * RATE))
    t = np.arange(-20, 21) / RATE * 1000
    wave = np.exp(-((t / 1.5) ** 2)) - 0.8 * np.exp(-(((t - 3.5) / 2) ** 2))
    wave *= peak_to_peak_uv / np.ptp(wave)
    for at in np.sort(rng.uniform(1, 119, 24)):
        start = round(at * RATE)
        x[start : start + len(wave)] += wave * rng.normal(1, 0.03)
    channel = Channel("biceps", unit, ChannelKind(kind))
    return Recording.from_array(x[None].astype(np.float32), RATE, [channel])


def names(found: Recording) -> set[str]:
    return {finding.name for finding in analyze(found).findings if finding.present}


def test_potentials_of_the_published_size_are_a_finding() -> None:
    found = analyze(recording(120.0, 5.0))
    assert "emg_fasciculations" in {finding.name for finding in found.findings}
    counts = counted_of(found)
    assert counts.smaller == 0
    assert counts.least_uv == COUNTED_FROM_UV
    assert counts.rate_per_min == found.rate_per_min
    assert "twitches" in recording_sentence(found)


def test_potentials_a_tenth_of_that_size_are_shown_but_say_nothing_either_way() -> None:
    found = analyze(recording(12.0, 0.5))
    assert len(found.events) >= 20
    assert found.findings == ()
    sentence = recording_sentence(found)
    assert "twitches from" not in sentence
    assert "None reaches 50 µV" in sentence
    assert any("no finding rests on them" in note for note in found.notes)
    part = found.to_json()["counted"]
    assert (part["events"], part["smaller"]) == (0, len(found.events))


def test_without_a_voltage_size_is_not_asked_for() -> None:
    assert "emg_fasciculations" in names(recording(12.0, 0.5, unit=None))


@pytest.mark.parametrize("factor", [1.0, 0.25])
def test_the_same_muscle_farther_from_the_electrode(factor: float) -> None:
    """The count does not depend on size, the finding does."""
    found = analyze(recording(150.0 * factor, 5.0 * factor))
    assert len(found.events) == pytest.approx(24, abs=2)
    assert bool(found.findings) == (150.0 * factor >= COUNTED_FROM_UV)
