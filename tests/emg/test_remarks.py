"""The notes and reasons of an analysis: grammar, units, and nothing said that was not looked at."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
from tests.emg.emg_made import add, potential, quiet, stored
from tests.emg.test_needle import RATE, recording, regular, sample, trace, triphasic

from myolens.emg import analyze
from myolens.emg.needle import read_needle
from myolens.emg.needle_reference import read_potentials


def test_one_pop_of_an_electrode_is_told_in_the_singular() -> None:
    x, channels = quiet(40.0, rate=2048.0, channels=16, grid=True)
    x[3, 40_000:40_400] += 400 * np.exp(-np.arange(400) / 40)
    said = [problem for problem in analyze(stored(x, 2048.0, channels)).quality.problems if " pop" in problem]
    assert said == ["1 electrode pop, on EMG 4, was left out: press on or renew the electrode."]


def test_the_only_discharge_is_not_called_one_of_one() -> None:
    x, channels = quiet(60.0)
    add(x, 1000.0, np.array([20.0]), 150.0, potential(1000.0))
    analysis = analyze(stored(x, 1000.0, channels))
    assert len(analysis.events) == 1
    assert "The only discharge could not be assigned to a unit." in analysis.notes


def test_units_read_in_a_contraction_are_not_followed_by_no_discharge() -> None:
    signal = trace([(regular(9, 20, 0.15), triphasic(900, 10))], 20)
    analysis = analyze(recording(signal), muscle="tibialis anterior")
    assert analysis.details["needle"]["potentials"]
    assert not any("No discharge was found" in note for note in analysis.notes)
    empty = analyze(recording(trace([], 60)))
    assert empty.rate_per_min is not None
    assert any("No discharge was found" in note for note in empty.notes)


def test_every_measure_beside_its_limits_has_its_unit() -> None:
    reasons = read_potentials(sample(3896, 16, 20), "tibialis anterior", 40)[2]
    measures = [reason for reason in reasons if reason.startswith("mean ")]
    assert len(measures) == 3
    for name, unit in (("amplitude", "µV"), ("area", "µV·ms"), ("duration", "ms")):
        (said,) = [reason for reason in measures if name in reason]
        assert re.search(rf"{name} [\d.]+ {unit} is above [\d.]+–[\d.]+ {unit} \(", said)


def test_too_many_polyphasic_potentials_say_that_both_directions_remain() -> None:
    simple = sample(3896, 16, 20)
    many = [replace(potential, phases=6) for potential in simple]
    for potentials, open_ in ((simple, False), (many, True)):
        reasons = read_potentials(potentials, "tibialis anterior", 40)[2]
        (share,) = [reason for reason in reasons if "polyphasic" in reason]
        assert "which way" not in share
        assert ("neurogenic or myopathic" in share) == open_


def test_few_potentials_are_counted_in_words() -> None:
    assert read_potentials(sample(600, 10, 1), "tibialis anterior", 40)[2] == (
        "only one motor-unit potential could be measured",
    )
    assert read_potentials([], "tibialis anterior", 40)[2] == ("no motor-unit potential could be measured",)


def test_a_muscle_without_limits_is_accepted_and_said_to_have_none() -> None:
    signal = trace([(regular(9, 12, 0.15), triphasic(900, 10))], 12)
    assert signal.size == 12 * RATE
    unknown = [note for note in read_needle(recording(signal), muscle="tibalis").notes if "tibalis" in note]
    assert len(unknown) == 1 and "No limits" in unknown[0] and "tibialis anterior" in unknown[0]
    known = read_needle(recording(signal), muscle="left biceps brachii").notes
    assert not any("limits exist" in note for note in [*known, *read_needle(recording(signal)).notes])
