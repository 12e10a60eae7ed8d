"""Settings: what a person may write, and what is said when it cannot be used."""

import json
from dataclasses import fields, is_dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myolens.errors import InputError
from myolens.simulation import Scenario, parameters, scenario_with
from myolens.simulation.parameters import MUSCLES
from myolens.simulation.scenario import to_dict

HEALTHY = Scenario(seconds=5)
NUMBERS = [(key, meta) for key, _, meta in parameters() if "low" in meta]


@pytest.mark.parametrize(("key", "meta"), NUMBERS, ids=[key for key, _ in NUMBERS])
def test_every_number_can_be_set_within_its_range_and_not_beyond(key, meta):
    for value in (meta["low"], meta["high"]):
        changed = scenario_with(HEALTHY, [f"{key}={value}"])
        assert {k: v for k, v, _ in parameters(changed)}[key] == pytest.approx(value)
    with pytest.raises(InputError, match="Choose a value from"):
        scenario_with(HEALTHY, [f"{key}={meta['high'] * 1.01 + 1}"])


def test_every_number_says_what_it_is():
    assert all(meta["what"] for _, meta in NUMBERS)


def test_the_unit_may_be_left_out():
    assert scenario_with(HEALTHY, ["axon.potassium=2.5"]).axon.potassium_mm == 2.5
    assert scenario_with(HEALTHY, ["muscle.fat=6"]).muscle.fat_mm == 6


def test_settings_apply_in_order_and_leave_the_first_scenario_alone():
    changed = scenario_with(HEALTHY, ["muscle=gastrocnemius", "muscle.fat_mm=9", "muscle.fat_mm=7"])
    assert changed.muscle == replace(MUSCLES["gastrocnemius"], fat_mm=7)
    assert HEALTHY.muscle.fat_mm == 4


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("axon.potasium=3", "axon.potassium_mm"),
        ("muscle.fatt=3", "muscle.fat_mm"),
        ("muscle=bicep", "biceps"),
        ("seconds", "key=value"),
        ("axon.potassium=lots", "axon.potassium_mm=4.2"),
        ("axon.potassium=nan", "axon.potassium_mm=4.2"),
        ("muscle.fat_mm=-1", "0.2 to 40"),
        ("cause=benign_fasiculation", "benign_fasciculation"),
        ("cause=tic", "brain"),
        ("drive=0:0,5", "drive=0:0"),
        ("drive=5:0.1,2:0.2", "order of time"),
        ("drive=2", "from 0 to 1"),
        ("phone=perhaps", "phone=false"),
        ("spontaneous=guess", "axon"),
        ("seed=-1", "whole number"),
    ],
)
def test_what_cannot_be_used_is_named_with_the_nearest_or_the_range(setting, words):
    with pytest.raises(InputError) as refused:
        scenario_with(HEALTHY, [setting])
    assert words in str(refused.value)


@given(st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_setting_or_an_input_error(text):
    try:
        assert isinstance(scenario_with(HEALTHY, [text]), Scenario)
    except InputError as error:
        assert error.what


@given(st.sampled_from([key for key, _, _ in parameters()]), st.text(max_size=12))
@settings(max_examples=300, deadline=None)
def test_any_value_is_taken_or_refused_politely(key, value):
    try:
        scenario_with(HEALTHY, [f"{key}={value}"])
    except InputError as error:
        assert error.what


def test_a_profile_of_effort_is_read_as_corners():
    drive = scenario_with(HEALTHY, ["drive=0:0,10:0.2,15:0"]).drive
    assert drive == ((0, 0), (10, 0.2), (15, 0))
    assert scenario_with(HEALTHY, ["drive=0.3"]).drive == ((0, 0.3),)


def test_everything_is_frozen_and_written_down():
    for item in fields(HEALTHY):
        part = getattr(HEALTHY, item.name)
        if is_dataclass(part):
            assert part.__dataclass_params__.frozen
    assert json.loads(json.dumps(to_dict(HEALTHY)))["muscle"]["fat_mm"] == 4


def test_severity_may_be_set_before_or_after_the_cause():
    after = scenario_with(HEALTHY, ["cause=motor_neuron_disease", "severity=2"])
    before = scenario_with(HEALTHY, ["severity=2", "cause=motor_neuron_disease"])
    assert after == before == Scenario.for_cause("motor_neuron_disease", severity=2, seconds=5)
    assert scenario_with(after, ["severity=1"]) == Scenario.for_cause("motor_neuron_disease", seconds=5)
    assert after.ectopic.sites > scenario_with(after, ["severity=0.5"]).ectopic.sites
