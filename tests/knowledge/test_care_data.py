"""Care as data: sourced, dosed, and withheld where it would harm."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from myolens.assessment.triage import Facts, holds
from myolens.knowledge.loading import load
from myolens.knowledge.model import CareMeasure, Condition, Knowledge


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load()


def codes_of(condition: Condition) -> Iterator[str]:
    yield from (*condition.present, *condition.absent, *condition.any_present)
    for part in (*condition.any_of, *condition.all_of, *condition.none_of):
        yield from codes_of(part)


def withheld(measure: CareMeasure, *present: str, **labs: float) -> bool:
    facts = Facts(present=frozenset(present), labs=labs)
    return any(holds(reason.when, facts) for reason in measure.unless)


def test_every_reference_resolves(knowledge: Knowledge) -> None:
    for measure in knowledge.care.values():
        assert set(measure.sources) <= set(knowledge.sources), measure.code
        conditions = [reason.when for reason in measure.unless]
        conditions += [measure.only_if] if measure.only_if else []
        for condition in conditions:
            assert set(codes_of(condition)) <= set(knowledge.findings), measure.code
            assert condition.lab is None or condition.lab in knowledge.labs, measure.code
        for reason in measure.unless:
            assert set(reason.sources) <= set(knowledge.sources), measure.code


def test_every_measure_is_used_or_general(knowledge: Knowledge) -> None:
    used = {code for cause in knowledge.causes.values() for code in cause.care}
    assert [m.code for m in knowledge.care.values() if not m.general and m.code not in used] == []


DOSED = """
load_reduction gentle_stretching warmth drink_to_thirst salt_after_sweat potassium_foods magnesium_foods
calcium_foods reduce_caffeine sleep_regularly stress_reduction night_splint screen_breaks coconut_water
"""


@pytest.mark.parametrize("code", DOSED.split())
def test_measures_say_how_much(knowledge: Knowledge, code: str) -> None:
    assert any(character.isdigit() for character in knowledge.care[code].amount)


def test_measures_say_on_what_evidence(knowledge: Knowledge) -> None:
    assert all(len(measure.evidence.split()) >= 2 for measure in knowledge.care.values())


@pytest.mark.parametrize(
    ("code", "danger"),
    [
        ("potassium_foods", "kidney_disease"),
        ("potassium_foods", "dialysis"),
        ("potassium_foods", "takes_raas_inhibitor"),
        ("potassium_foods", "takes_potassium_sparing"),
        ("potassium_foods", "takes_trimethoprim"),
        ("potassium_foods", "high_potassium"),
        ("coconut_water", "kidney_disease"),
        ("coconut_water", "takes_raas_inhibitor"),
        ("magnesium_foods", "severe_kidney_impairment"),
        ("magnesium_foods", "myasthenia_known"),
        ("magnesium_foods", "takes_levothyroxine"),
        ("magnesium_replacement", "myasthenia_known"),
        ("calcium_foods", "kidney_stones"),
        ("calcium_foods", "high_calcium"),
        ("drink_to_thirst", "heart_failure"),
        ("drink_to_thirst", "low_sodium"),
        ("salt_after_sweat", "hypertension"),
        ("salt_after_sweat", "diabetes"),
        ("warmth", "numbness"),
        ("warmth", "sensory_loss"),
        ("warmth", "radiotherapy_neck_chest"),
        ("gentle_stretching", "upper_motor_neuron_signs"),
        ("neck_care", "gait_disturbance"),
        ("botulinum_toxin", "myasthenia_known"),
        ("tremor_treatment", "asthma_copd"),
        ("alcohol_limit", "alcohol_stopped_recently"),
    ],
)
def test_harm_withholds(knowledge: Knowledge, code: str, danger: str) -> None:
    measure = knowledge.care[code]
    assert withheld(measure, danger)
    assert not withheld(measure)


def test_kidney_values_withhold_potassium_and_magnesium(knowledge: Knowledge) -> None:
    assert withheld(knowledge.care["potassium_foods"], egfr=35.0)
    assert withheld(knowledge.care["potassium_foods"], potassium=5.2)
    assert not withheld(knowledge.care["potassium_foods"], egfr=90.0, potassium=4.0)
    assert withheld(knowledge.care["magnesium_foods"], egfr=25.0)
    assert not withheld(knowledge.care["magnesium_foods"], egfr=60.0)


@pytest.mark.parametrize(
    "code",
    [
        "no_self_muscle_relaxants",
        "no_potassium_loading",
        "no_quinine",
        "no_forced_fluids",
        "no_heat_on_numb_skin",
        "no_magnesium_with_ckd",
        "no_magnesium_with_mg",
        "stop_rechecking",
        "no_searching",
        "no_sudden_stop",
        "no_neck_manipulation",
    ],
)
def test_what_not_to_do_is_said(knowledge: Knowledge, code: str) -> None:
    assert knowledge.care[code].kind == "avoid"


def test_limits_of_caffeine_and_magnesium(knowledge: Knowledge) -> None:
    """EFSA: 400 mg a day, 200 mg at once and in pregnancy; upper limit of magnesium tablets 350 mg."""
    caffeine = knowledge.care["reduce_caffeine"].amount
    assert "400 mg a day" in caffeine
    assert "200 mg at once" in caffeine
    assert "350 mg" in knowledge.care["magnesium_foods"].amount


def test_prescriptions_belong_to_the_clinician(knowledge: Knowledge) -> None:
    drugs = ("gluconate", "carbamazepine", "IVIG", "mexiletine", "propranolol", "riluzole", "pyridostigmine")
    for measure in knowledge.care.values():
        if any(drug.lower() in measure.text.lower() for drug in drugs):
            assert measure.kind == "clinician", measure.code
