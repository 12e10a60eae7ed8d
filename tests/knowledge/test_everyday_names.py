"""Names as strangers chose them: medicines that ran out, what has become hard, families without illness."""

from __future__ import annotations

import pytest
from tests.knowledge.told import KNOWLEDGE, named

FAMILY = {code for code, definition in KNOWLEDGE.findings.items() if definition.kind == "family"}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ran_out_of_baclofen", "sedative_stopped_recently"),
        ("no longer takes diazepam", "sedative_stopped_recently"),
        ("ran out of sertraline", "antidepressant_stopped_recently"),
        ("came off diazepam", "sedative_stopped_recently"),
        ("prednisolone taper", "steroid_stopped_recently"),
        ("sleeping_pills_stopped", "sedative_stopped_recently"),
        ("double_dose_of_lithium", "medicine_overdose"),
        ("too much lithium", "medicine_overdose"),
    ],
)
def test_what_happened_to_a_medicine(name: str, code: str) -> None:
    assert code in named(name, kind="drug").present


@pytest.mark.parametrize("name", ["ran out of baclofen", "no longer takes diazepam", "stopped sertraline"])
def test_what_is_gone_is_not_taken(name: str) -> None:
    assert named(name, kind="drug").medicines == ()


@pytest.mark.parametrize(
    ("name", "code"), [("missed lithium doses", "lithium"), ("reduced sertraline", "sertraline")]
)
def test_less_of_a_medicine_is_still_taken_and_is_no_new_one(name: str, code: str) -> None:
    found = named(name, kind="drug")
    assert [medicine.code for medicine in found.medicines] == [code]
    assert "medicine_started_or_changed" not in found.present


@pytest.mark.parametrize("name", ["lithium twice a day", "twice daily sertraline", "doubled sertraline"])
def test_a_dose_is_no_overdose(name: str) -> None:
    assert "medicine_overdose" not in named(name, kind="drug").present


def test_a_stop_without_consequence_is_said_and_not_dropped() -> None:
    found = named("stopped amlodipine", kind="drug")
    assert [each.name for each in found.unrecognised] == ["stopped amlodipine"]
    assert found.medicines == ()


@pytest.mark.parametrize(
    "name",
    ["trouble climbing stairs", "difficulty climbing stairs", "hard to climb stairs", "trouble running"],
)
def test_what_has_become_hard_is_not_exercise(name: str) -> None:
    found = named(name).present
    assert "loss_of_function" in found
    assert "exercise_heavy" not in found


@pytest.mark.parametrize("name", ["trouble climbing", "hard to exercise", "unable to swim"])
def test_an_activity_that_fails_is_never_a_habit(name: str) -> None:
    assert "exercise_heavy" not in named(name).present


@pytest.mark.parametrize("name", ["hard exercise", "hard training", "climbing"])
def test_exercise_stays_exercise(name: str) -> None:
    assert "exercise_heavy" in named(name).present


def test_to_spread_the_fingers_is_a_motion_and_not_a_course() -> None:
    assert named("finger_spreading_weak").present >= {"hand_weakness"}
    assert "weakness_progressive" not in named("finger_spreading_weak").present
    assert "weakness_progressive" in named("spreading weakness").present


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("no family history", {}),
        ("no family history of note", {}),
        ("family_history", {"present": False, "kind": "family_history"}),
        ("family illness", {"present": False}),
        ("no neurological disease in the family", {}),
    ],
)
def test_nobody_in_the_family_has_anything(name: str, more: dict[str, object]) -> None:
    assert named(name, **more).absent >= FAMILY


def test_a_family_history_of_nothing_in_particular_says_nothing() -> None:
    assert not FAMILY & named("family history", kind="family_history").present


@pytest.mark.parametrize("name", ["brother affected", "same in my sister", "sister has the same"])
def test_a_relative_with_the_same(name: str) -> None:
    assert "family_neuromuscular_disease" in named(name, kind="family_history").present


def test_the_family_is_not_the_person() -> None:
    assert named("no family history of als").absent == {"family_mnd"}
    assert "weakness" not in named("brother with weakness").present


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("heavy_sweating", "sweating"),
        ("heavy sweating in heat", "heat_or_sweating_exposure"),
        ("fast breathing", "fast_breathing"),
        ("tachypnoea", "fast_breathing"),
        ("fast deep breathing", "hyperventilation"),
        ("FVC reduced", "vital_capacity_reduced"),
        ("respiratory muscle weakness", "vital_capacity_reduced"),
        ("respiratory failure", "respiratory_failure"),
        ("jerky hands on movement", "jerks"),
        ("left_hand", "one_sided"),
        ("both_hands", "both_sides"),
        ("tingling_ring_and_little_finger", "numbness_little_ring_finger"),
        ("trouble_getting_up_from_squat", "proximal_weakness"),
        ("drank_too_little", "low_fluid_intake"),
        ("bad_sleep", "insomnia"),
        ("out of breath", "breathlessness"),
        ("losing_muscle_in_hand", "wasting_hand"),
        ("leg_keeps_jumping", "twitching_legs"),
        ("heart flutters", "palpitations"),
    ],
)
def test_everyday_names(name: str, code: str) -> None:
    assert code in named(name).present


def test_fast_breathing_alone_is_not_overbreathing() -> None:
    assert "hyperventilation" not in named("tachypnoea").present
    assert "fast_breathing" in named("overbreathing").present
