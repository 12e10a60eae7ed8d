"""Repetitive stimulation: the decrement is the one that was put in."""

from __future__ import annotations

import numpy as np
import pytest

from myolens.case import Case
from myolens.emg import analyze
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


def recorded(factors: list[float], *, trigger: bool = True, seconds: float = 60.0) -> Recording:
    """A minute at rest with one train of stimuli in the middle of it."""
    rng = np.random.default_rng(1)
    signal = rng.normal(0, 0.004, round(seconds * 2000.0))
    pulses = np.zeros_like(signal)
    wave = np.sin(2 * np.pi * np.arange(24) / 24)
    for k, factor in enumerate(factors):
        at = round((30.0 + k / 3) * 2000.0)
        pulses[at : at + 4] = 5
        signal[at + 8 : at + 32] += 5 * factor * wave
    both = np.stack([signal, pulses]).astype(np.float32)
    kinds = [EMG, Channel("trig", "V", ChannelKind.TRIGGER)]
    if not trigger:
        return Recording.from_array(both[:1], 2000.0, kinds[:1])
    return Recording.from_array(both, 2000.0, kinds)


def test_a_decrement_in_an_analysed_recording_reaches_the_case():
    analysis = analyze(recorded([1, 0.85, 0.75, 0.7, 0.7]), muscle="abductor pollicis brevis")
    assert [(f.name, f.present, f.site) for f in analysis.findings] == [
        ("rns_decrement", True, "abductor pollicis brevis")
    ]
    assert analysis.details["stimulation"]["trains"][0]["stimuli"] == 5
    case = Case(id="one", findings=list(analysis.findings))
    assert case.findings[0].source == "recording"


def test_responses_are_left_out_and_are_no_fasciculations():
    analysis = analyze(recorded([1.0] * 12))
    assert analysis.events == ()
    assert {span.reason for span in analysis.excluded} >= {"stimulation"}
    assert [(f.name, f.present) for f in analysis.findings] == [("rns_decrement", False)]


def test_pulses_that_evoke_nothing_are_no_stimulation():
    pulses = recorded([1, 1, 1, 1])
    silent = Recording.from_array(
        np.stack([pulses.microvolts(rows=[0])[0] * 0 + np.random.default_rng(2).normal(0, 4, pulses.samples),
                  pulses.physical(rows=[1])[0]]).astype(np.float32),
        2000.0, [Channel("APB", "uV", ChannelKind.SURFACE_EMG), pulses.channels[1]],
    )  # fmt: skip
    analysis = analyze(silent)
    assert "stimulation" not in analysis.details
    assert not any(span.reason == "stimulation" for span in analysis.excluded)


def test_noise_is_no_decrement():
    noisy = np.random.default_rng(3).normal(0, 0.5, 20000)
    marks = [Annotation(0.5 + k / 3, 0, "Stimulus") for k in range(5)]
    found = decrement(Recording.from_array(noisy[None].astype(np.float32), RATE, [EMG], annotations=marks))
    assert found.abnormal is None and found.findings == ()
    assert "noise" in found.reasons[0]


def test_growth_of_a_fast_train_is_an_increment():
    growing = [1 + 0.1 * k for k in range(20)]
    found = decrement(responses(growing, rate_hz=25))
    assert found.increment is True and found.abnormal is None
    assert [(f.name, f.present) for f in found.findings] == [("rns_increment", True)]
    assert decrement(responses([1.0] * 20, rate_hz=25)).increment is False


def test_the_channel_with_the_largest_response_is_measured():
    one = responses([1, 0.9, 0.8, 0.75, 0.76])
    weak = one.physical(rows=[0])[0] * 0.01
    both = np.stack([weak, one.physical(rows=[0])[0], one.physical(rows=[1])[0]]).astype(np.float32)
    far = Channel("ADM", "mV", ChannelKind.SURFACE_EMG)
    assert decrement(Recording.from_array(both, RATE, [far, EMG, one.channels[1]])).channel == "APB"


def test_responses_at_three_a_second_are_stimuli_and_no_heart():
    rng = np.random.default_rng(1)
    samples, wave = int(RATE * 30), 5 * np.sin(2 * np.pi * np.arange(60) / 60)
    signal, pulses = rng.normal(0, 0.002, samples), np.zeros(samples)
    for onset in 2 + np.arange(60) / 3.0:
        at = round(onset * RATE)
        pulses[at : at + 5] = 5
        signal[at + 20 : at + 80] += wave
    both = np.stack([signal, pulses]).astype(np.float32)
    analysis = analyze(Recording.from_array(both, RATE, [EMG, Channel("trig", "V", ChannelKind.TRIGGER)]))
    assert analysis.details["heartbeat"] is None
    train = next(span for span in analysis.excluded if span.reason == "stimulation")
    assert train.start_s == pytest.approx(2, abs=0.01) and train.end_s == pytest.approx(21.77, abs=0.01)
    assert analysis.events == ()
