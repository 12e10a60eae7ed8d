"""Names in other wording: denied, graded, dated or counted within the name."""

from __future__ import annotations

import pytest
from tests.knowledge.told import named, said

from myolens.case import Lab


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("hearing_loss", "cranial_nerve_symptoms"),
        ("severe_pain", "pain"),
        ("leg cramps", "muscle_cramps"),
        ("shaking at rest", "tremor"),
        ("high fever", "fever"),
        ("brisk leg reflexes", "hyperreflexia"),
        ("coma", "drowsiness"),
        ("difficulty with buttons", "loss_of_function"),
        ("fasciculations of the left thumb", "twitching_hand"),
        ("severe headache", "headache"),
    ],
)
def test_denying_a_special_case_does_not_deny_the_whole(name: str, code: str) -> None:
    """Someone without severe pain may have pain; someone with it has."""
    assert code not in named(name, present=False).absent
    assert code in named(name).present or named(name).findings[0].code == "twitching_thenar"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("difficulty swallowing", "dysphagia"),
        ("limb weakness", "weakness"),
        ("seizures", "seizure"),
        ("shortness of breath", "breathlessness"),
        ("upper extremity weakness", "arm_weakness"),
        ("diabetes mellitus", "diabetes"),
        ("muscle cramps", "muscle_cramps"),
    ],
)
def test_a_longer_name_of_the_whole_denies_it(name: str, code: str) -> None:
    assert code in named(name, present=False).absent


def test_no_sudden_weakness_denies_the_suddenness_only() -> None:
    found = named("sudden weakness", present=False)
    assert "weakness_sudden" in found.absent
    assert "weakness" not in found.absent


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("chronic_kidney_disease_stage_5", "kidney_disease"),
        ("armpit_radiotherapy", "radiotherapy_neck_chest"),
        ("spasms during sleep", "twitching_continues_in_sleep"),
        ("trouble with stairs", "loss_of_function"),
    ],
)
def test_a_grade_or_place_beside_a_known_name_does_not_lose_it(name: str, code: str) -> None:
    assert code in named(name).present


def test_no_medicine_is_offered_for_a_meal() -> None:
    found = named("heavy meal then a long lie")
    assert not {"weakness", "calcium_carbonate", "ecg_long_qt"} & set(found.unrecognised[0].nearest)


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("better_without_caffeine", {"worse_with_caffeine"}),
        ("relieved_by_shaking_hand", {"hand_numbness_at_night"}),
        ("cold weather worsens weakness", {"weakness", "worse_in_cold"}),
        ("cramps relieved by rest", {"muscle_cramps", "relieved_by_rest"}),
        ("rest relieves cramps", {"muscle_cramps", "relieved_by_rest"}),
        ("twitching gets worse when tired", {"twitching", "worse_when_tired"}),
        ("tremor absent in sleep", {"tremor", "stops_in_sleep"}),
        ("spasms_triggered_by_noise_or_touch", {"generalised_painful_spasms"}),
        ("jerks set off by sound", {"jerks_startle"}),
        ("short of breath climbing stairs", {"breathlessness", "worse_after_exercise"}),
        ("pain_shooting_down_arm", {"arm_pain_radiating"}),
        ("neck pain into the arm", {"neck_pain", "arm_pain_radiating"}),
        ("hard to climb stairs", {"loss_of_function"}),
        ("excess_water_drinking", {"excess_water_intake"}),
        ("slow_relaxing_ankle_reflexes", {"slow_relaxing_reflexes"}),
        ("disfagia", {"dysphagia"}),
        ("footdrop", {"foot_drop"}),
        ("black out", {"fainting"}),
        ("rash after tick bite", {"rash", "tick_bite"}),
        ("motor neurone disease in an uncle", {"family_mnd"}),
    ],
)
def test_names_in_other_wording(name: str, codes: set[str]) -> None:
    told = {f.code for f in named(name).findings if f.present and f.implied_by is None}
    assert told == codes


def test_worse_with_something_else_is_not_guessed() -> None:
    assert named("worse with lemonade").unrecognised
    assert "worse_after_exercise" in named("no worse with exercise").absent


@pytest.mark.parametrize(
    ("name", "code", "days"),
    [
        ("vomiting for three days", "vomiting", 3),
        ("stopped_drinking_2_days_ago", "alcohol_stopped_recently", 2),
        ("covid vaccination last week", "vaccination_recent", 7),
        ("weakness since March", "weakness", 266),
    ],
)
def test_a_duration_within_a_name(name: str, code: str, days: float) -> None:
    assert named(name)[code].since_days == pytest.approx(days, abs=0.5)


@pytest.mark.parametrize("name", ["cramps at night", "headache 3 days a week", "smoker 20 a day"])
def test_how_often_is_not_how_long(name: str) -> None:
    assert all(finding.since_days is None for finding in named(name).findings)


@pytest.mark.parametrize(
    ("name", "code", "value"),
    [
        ("alcohol 40 units a week", "alcohol_intake", 40),
        ("six coffees a day", "caffeine_intake", 570),
        ("sleeping four hours a night", "sleep_hours", 4),
        ("heart rate 110", "heart_rate", 110),
        ("glasgow coma scale 13", "glasgow_coma_scale", 13),
        ("bmi 17", "body_mass_index", 17),
    ],
)
def test_an_amount_within_a_name(name: str, code: str, value: float) -> None:
    assert named(name).numbers[code] == value


def test_what_one_cannot_hold_is_no_amount() -> None:
    assert "loss_of_function" in named("can't hold a pen").present


@pytest.mark.parametrize("name", ["minor fall", "a fall", "fell once"])
def test_one_fall_is_not_falling_again_and_again(name: str) -> None:
    found = named(name, kind="history").present
    assert "minor_injury" in found
    assert "falls" not in found


@pytest.mark.parametrize(
    ("name", "kind"), [("falls", "history"), ("recurrent falls", "history"), ("fall", "symptom")]
)
def test_falls_stay_falls(name: str, kind: str) -> None:
    assert "falls" in named(name, kind=kind).present


@pytest.mark.parametrize("name", ["hyposthenia", "allodynia", "reduced sweating", "tight chest"])
def test_a_word_is_not_taken_for_another_that_looks_alike(name: str) -> None:
    wrong = {"numbness", "gum_or_abdominal_lead_signs", "sensory_loss", "sweating", "muscle_stiffness"}
    assert not wrong & named(name).present


def test_laboratory_names() -> None:
    labs = [Lab(name="vitamin_D_25OH", value=20, unit="nmol/L"), Lab(name="ALP", value=400, unit="U/L")]
    found = said(labs=labs)
    assert {lab.code for lab in found.labs} == {"vitamin_d", "alkaline_phosphatase"}
    assert not found.unrecognised
