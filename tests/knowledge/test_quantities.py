"""Amounts and laboratory units, against molar masses."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myolens.case import Case, Finding
from myolens.knowledge import Knowledge
from myolens.knowledge.loading import load
from myolens.knowledge.model import Number
from myolens.knowledge.quantities import Quantity, Unreadable, quantity_from
from myolens.knowledge.vocabulary import recognise

# IUPAC standard atomic weights 2021 (abridged), g/mol
H, C, N, OX, NA, MG, P, K, CA, CO, IO = (
    1.008, 12.011, 14.007, 15.999, 22.990, 24.305, 30.974, 39.098, 40.078, 58.933, 126.90,
)  # fmt: skip
MOLAR_MASS = {
    "potassium": K,
    "sodium": NA,
    "calcium": CA,
    "calcium_ionised": CA,
    "magnesium": MG,
    "phosphate": P,  # reported as phosphorus
    "glucose": 6 * C + 12 * H + 6 * OX,
    "urea": C + 4 * H + 2 * N + OX,
    "bun": 2 * N,
    "lactate": 3 * C + 6 * H + 3 * OX,
}


@pytest.mark.parametrize("lab", MOLAR_MASS)
def test_mass_to_molar(knowledge: Knowledge, lab: str) -> None:
    assert knowledge.labs[lab].number.factors["mg/dL"] == pytest.approx(10 / MOLAR_MASS[lab], rel=1e-4)


@pytest.mark.parametrize(
    ("lab", "unit", "factor"),
    [
        ("creatinine", "mg/dL", 1e4 / (4 * C + 7 * H + 3 * N + OX)),
        ("vitamin_b12", "pg/mL", 1e3 / (63 * C + 88 * H + CO + 14 * N + 14 * OX + P)),
        ("vitamin_d", "ng/mL", 1e3 / (27 * C + 44 * H + 2 * OX)),
        ("free_t4", "ng/dL", 1e4 / (15 * C + 11 * H + 4 * IO + N + 4 * OX)),
        ("free_t3", "pg/mL", 1e3 / (15 * C + 12 * H + 3 * IO + N + 4 * OX)),
        ("methylmalonic_acid", "ug/L", 1 / (4 * C + 6 * H + 4 * OX)),
        ("theophylline_level", "umol/L", (7 * C + 8 * H + 4 * N + 2 * OX) / 1e3),
        ("alcohol_level", "mmol/L", (2 * C + 6 * H + OX) / 10),
    ],
)
def test_other_units_follow_from_the_formula(
    knowledge: Knowledge, lab: str, unit: str, factor: float
) -> None:
    assert knowledge.labs[lab].number.factors[unit] == pytest.approx(factor, rel=2e-4)


def test_equivalents_divide_by_the_charge(knowledge: Knowledge) -> None:
    """One mole of a divalent ion holds two equivalents."""
    for lab, charge in {"potassium": 1, "sodium": 1, "calcium": 2, "magnesium": 2}.items():
        assert knowledge.labs[lab].number.factors["mEq/L"] == pytest.approx(1 / charge)


@pytest.mark.parametrize(("percent", "mmol_mol"), [(5.0, 31), (6.5, 48), (7.0, 53), (8.0, 64), (10.0, 86)])
def test_hba1c_follows_the_ngsp_ifcc_master_equation(
    knowledge: Knowledge, percent: float, mmol_mol: float
) -> None:
    """Published pairs of the NGSP."""
    read = quantity_from(percent, "%", knowledge.labs["hba1c"].number)
    assert isinstance(read, Quantity)
    assert round(read.value) == mmol_mol


def read(knowledge: Knowledge, code: str, value: float | str, unit: str | None = None) -> float:
    number = knowledge.findings[code].number
    assert number is not None
    found = quantity_from(value, unit, number)
    assert isinstance(found, Quantity), found
    return found.value


@pytest.mark.parametrize(
    ("value", "unit", "mg"),
    [
        (500, "mg/day", 500),
        (500, None, 500),
        ("600mg", None, 600),
        (1.4, "g/week", 200),
        ("3 espressos a day", None, 195),
        (3, "cups/day", 285),
        (3, "cups a day", 285),
        (4, "coffees_per_day", 380),
        ("two cans of energy drink", None, 160),
        ("4-5 cups of coffee per day", None, 4.5 * 95),
        ("14 cups of tea a week", None, 80),
    ],
)
def test_caffeine(knowledge: Knowledge, value: float | str, unit: str | None, mg: float) -> None:
    assert read(knowledge, "caffeine_intake", value, unit) == pytest.approx(mg)


@pytest.mark.parametrize(
    ("value", "unit", "units"),
    [
        ("20 units a week", None, 20),
        (20, "units/week", 20),
        (3, "units per day", 21),
        (140, "g/week", 17.5),
        (5, "drinks_per_week", 8.75),
        (1, "bottle_wine_per_week", 9.8),
        ("2 pints a day", None, 32.2),
    ],
)
def test_alcohol(knowledge: Knowledge, value: float | str, unit: str | None, units: float) -> None:
    assert read(knowledge, "alcohol_intake", value, unit) == pytest.approx(units)


def test_a_uk_bottle_of_wine_follows_from_volume_strength_and_density(knowledge: Knowledge) -> None:
    """0.75 L at 13 % by volume, ethanol 0.789 kg/L, 8 g a unit."""
    grams = 750 * 0.13 * 0.789
    assert read(knowledge, "alcohol_intake", 1, "bottle of wine per week") == pytest.approx(
        grams / 8, rel=0.03
    )


@pytest.mark.parametrize(
    ("code", "value", "unit", "expected"),
    [
        ("sleep_hours", "5 hours a night", None, 5),
        ("sleep_hours", 35, "hours per week", 5),
        ("heart_rate", 56, "bpm", 56),
        ("oxygen_saturation", 87, "percent", 87),
        ("body_temperature", 101.3, "°F", 38.5),
        ("body_temperature", 212, "F", None),
        ("screen_hours", 9, "hours/day", 9),
    ],
)
def test_other_numbers(
    knowledge: Knowledge, code: str, value: float | str, unit: str | None, expected: float | None
) -> None:
    number = knowledge.findings[code].number
    assert number is not None
    found = quantity_from(value, unit, number)
    if expected is None:
        assert isinstance(found, Unreadable)
    else:
        assert isinstance(found, Quantity)
        assert found.value == pytest.approx(expected)


@pytest.mark.parametrize(
    ("lab", "value", "unit"),
    [
        ("potassium", 2.9, "bananas"),
        ("potassium", 290, "mmol/L"),
        ("potassium", "plenty", "mmol/L"),
        ("potassium", math.nan, "mmol/L"),
        ("magnesium", 1.1, None),
        ("vitamin_d", 25.2, "pg/mL"),
    ],
)
def test_impossible_or_ambiguous_values_are_refused_with_a_reason(
    knowledge: Knowledge, lab: str, value: float | str, unit: str | None
) -> None:
    found = quantity_from(value, unit, knowledge.labs[lab].number, guess=True)
    assert isinstance(found, Unreadable)
    assert found.reason


@pytest.mark.parametrize(
    ("lab", "value", "expected"),
    [("calcium", 9.5, 2.370), ("creatinine", 0.9, 79.56), ("potassium", 2.9, 2.9), ("hba1c", 6.5, 47.5)],
)
def test_a_missing_unit_is_inferred_only_where_one_fits(
    knowledge: Knowledge, lab: str, value: float, expected: float
) -> None:
    found = quantity_from(value, None, knowledge.labs[lab].number, guess=True)
    assert isinstance(found, Quantity)
    assert found.value == pytest.approx(expected, rel=1e-3)


NUMBER = Number(unit="mmol/L", factors={"mg/dL": 0.25, "°F": 5 / 9}, offsets={"°F": -160 / 9}, maximum=1e9)


@given(value=st.floats(0, 1e6), unit=st.sampled_from(["mmol/L", "mg/dL"]))
def test_conversion_round_trip(value: float, unit: str) -> None:
    found = quantity_from(value, unit, NUMBER)
    assert isinstance(found, Quantity)
    factor = {"mmol/L": 1.0, "mg/dL": 0.25}[unit]
    assert found.value / factor == pytest.approx(value, rel=1e-12)


@given(value=st.floats(0, 1e6), unit=st.sampled_from(["mmol/L", "mg/dL"]))
def test_number_and_phrase_agree(value: float, unit: str) -> None:
    told = quantity_from(f"{value:.6f} {unit}", None, NUMBER)
    given_apart = quantity_from(round(value, 6), unit, NUMBER)
    assert isinstance(told, Quantity)
    assert isinstance(given_apart, Quantity)
    assert told.value == pytest.approx(given_apart.value, rel=1e-9, abs=1e-9)


@given(value=st.one_of(st.floats(), st.text(max_size=40)), unit=st.one_of(st.none(), st.text(max_size=20)))
def test_anything_is_read_or_refused(value: float | str, unit: str | None) -> None:
    found = quantity_from(value, unit, NUMBER)
    assert isinstance(found, Unreadable) or NUMBER.minimum <= found.value <= NUMBER.maximum * (1 + 1e-9)


def test_a_dose_far_above_the_usual_maximum_is_an_overdose() -> None:
    knowledge = load()
    for value, much in ((9600, True), (900, False)):
        case = Case(findings=(Finding(name="gabapentin", present=True, value=value, unit="mg_per_day"),))
        present = recognise(case, knowledge).present
        assert "takes_gabapentinoid" in present
        assert ("medicine_overdose" in present) == much


@pytest.mark.parametrize(
    ("name", "value", "unit", "lost"),
    [
        ("caffeine_intake", "much", "mg/day", True),
        ("caffeine", "much", None, True),
        ("heart_rate", "high", "/min", True),
        ("caffeine_intake", "yes", None, False),
        ("caffeine_intake", "no", "mg/day", False),
        ("caffeine_intake", "severe", None, False),  # a grade, which counts
        ("weakness", "much", None, False),
    ],
)
def test_a_word_in_place_of_a_number_is_not_lost_in_silence(
    knowledge: Knowledge, name: str, value: str, unit: str | None, lost: bool
) -> None:
    read = recognise(Case(findings=(Finding(name=name, value=value, unit=unit),)), knowledge)
    said = [each for each in read.unrecognised if each.kind == "value"]
    assert [value in each.name and "no number" in each.reason for each in said] == [True] * lost
    if lost:
        assert [finding.present for finding in read.findings if finding.given_as == name] == [True]
