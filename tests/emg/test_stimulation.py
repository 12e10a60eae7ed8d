"""Repetitive stimulation: the decrement is the one that was put in."""

from __future__ import annotations

import numpy as np
import pytest

from myolens.emg.stimulation import decrement, stimuli_of
from myolens.errors import InputError
from myolens.recording import Annotation, Channel, ChannelKind, Recording

RATE = 5000.0
EMG = Channel("APB", "mV", ChannelKind.SURFACE_EMG)


def responses(factors: list[float], rate_hz: float = 3.0, *, trigger: bool = True) -> Recording:
    signal = np.random.default_rng(0).normal(0, 0.002, int(RATE * 4))
    pulses = np.zeros_like(signal)
    wave = np.sin(2 * np.pi * np.arange(60) / 60)
    onsets = 0.5 + np.arange(len(factors)) / rate_hz
    for onset, factor in zip(onsets, factors, strict=True):
        at = round(onset * RATE)
        pulses[at : at + 5] = 5
        signal[at + 20 : at + 80] += 5 * factor * wave
    if trigger:
        both = np.stack([signal, pulses]).astype(np.float32)
        return Recording.from_array(both, RATE, [EMG, Channel("trig", "V", ChannelKind.TRIGGER)])
    marks = [Annotation(onset, 0, "Stimulus") for onset in onsets]
    return Recording.from_array(signal[None].astype(np.float32), RATE, [EMG], annotations=marks)


@pytest.mark.parametrize("trigger", [True, False])
def test_decrement_of_a_quarter(trigger):
    found = decrement(responses([1, 0.9, 0.8, 0.75, 0.76], trigger=trigger))
    (train,) = found.trains
    assert train.stimuli == 5 and train.rate_hz == pytest.approx(3, rel=0.01)
    assert train.amplitudes_mv[0] == pytest.approx(10, rel=0.01)
    assert train.amplitude_decrement_percent == pytest.approx(25, abs=0.5)
    assert train.area_decrement_percent == pytest.approx(25, abs=1)
    assert found.abnormal is True
    assert [(f.name, f.present) for f in found.findings] == [("rns_decrement", True)]


def test_steady_responses_are_normal():
    found = decrement(responses([1.0, 0.99, 1.0, 0.98, 0.99]))
    assert found.abnormal is False and found.findings[0].present is False


def test_ten_percent_limit_and_the_lower_one_of_facial_muscles():
    nine = responses([1, 0.97, 0.94, 0.91, 0.91])
    assert decrement(nine).abnormal is False
    assert decrement(nine, muscle="left nasalis").abnormal is True


def test_fast_trains_are_measured_but_not_judged():
    found = decrement(responses([1, 0.8, 0.7, 0.6, 0.6], rate_hz=20))
    assert found.abnormal is None and found.findings == () and len(found.trains) == 1


def test_three_stimuli_are_no_train():
    found = decrement(responses([1, 0.8, 0.7]))
    assert found.trains == () and found.abnormal is None


def test_stimuli_are_rising_edges():
    np.testing.assert_allclose(stimuli_of(responses([1, 1, 1])), 0.5 + np.arange(3) / 3, atol=1 / RATE)


def test_without_stimuli_or_channel_it_says_so():
    silent = Recording.from_array(np.zeros((1, 5000), np.float32), RATE, [EMG])
    with pytest.raises(InputError, match="stimuli"):
        decrement(silent)
    with pytest.raises(InputError, match="channel"):
        decrement(silent, channel="ADM")
