"""Base rates by age and sex: two diseases of motor nerves that look alike, in both directions."""

from __future__ import annotations

import pytest

from myolens.assessment import assess
from myolens.case import Case, Finding
from myolens.knowledge.loading import load

KNOWLEDGE = load()
MND, MMN = "motor_neuron_disease", "multifocal_motor_neuropathy"
SETTINGS = ("community", "primary_care", "neurology_clinic")


def told(*names: str, **who: object) -> dict[str, float]:
    findings = tuple(Finding(name=name.lstrip("-"), present=not name.startswith("-")) for name in names)
    result = assess(Case.model_validate({"findings": findings, **who}), knowledge=KNOWLEDGE)
    return {cause.cause: cause.probability for cause in result.causes}


@pytest.mark.parametrize("setting", SETTINGS)
def test_about_one_with_the_neuropathy_for_ten_to_twenty_with_motor_neuron_disease(setting: str) -> None:
    """46 and 1051 people in the same centres (Matsui 2014); 0.65 of 100 000 in Austria (Löscher 2018)."""
    ratio = KNOWLEDGE.causes[MMN].prior[setting].value / KNOWLEDGE.causes[MND].prior[setting].value
    assert 1 / 30 <= ratio <= 1 / 12


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("more", [(), ("weakness_asymmetric", "painless_weakness"), ("muscle_cramps",)])
def test_a_hand_that_wastes_at_62_within_months_is_rather_motor_neuron_disease(
    setting: str, more: tuple[str, ...]
) -> None:
    probability = told(
        *("hand_weakness", "wasting_hand", "weakness_progressive", "twitching_hand", *more),
        setting=setting,
        age=62,
        duration_of_twitching="5 months",
    )
    assert probability[MND] > 3 * probability.get(MMN, 0)


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_wrist_drop_at_38_with_conduction_block_is_rather_the_neuropathy(setting: str) -> None:
    probability = told("wrist_drop", "conduction_block", "-numbness", setting=setting, age=38, sex="male")
    assert max(probability, key=lambda code: probability[code]) == MMN
    assert probability[MMN] > 3 * probability.get(MND, 0)


def test_a_conduction_block_outweighs_age() -> None:
    names = "hand_weakness", "weakness_asymmetric", "conduction_block", "-numbness"
    probability = told(*names, setting="neurology_clinic", age=66, sex="male")
    assert probability[MMN] > probability[MND]
