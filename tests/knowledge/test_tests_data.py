"""Tests to ask for and the diagnostic criteria as data."""

from __future__ import annotations

import pytest

from myolens.assessment.triage import Facts, holds
from myolens.knowledge.loading import load
from myolens.knowledge.model import Knowledge


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load()


def outcome(knowledge: Knowledge, code: str, present: str, absent: str = "", age: float = 50) -> str | None:
    facts = Facts(present=frozenset(present.split()), absent=frozenset(absent.split()), age=age)
    levels = knowledge.criteria[code].levels
    return next((level.name for level in levels if holds(level.when, facts)), None)


def test_every_test_resolves(knowledge: Knowledge) -> None:
    for test in knowledge.tests.values():
        for result in test.results:
            assert result.finding is None or result.finding in knowledge.findings, test.code
            assert set(result.raises) <= set(knowledge.causes), test.code
            assert set(result.lowers) <= set(knowledge.causes), test.code
            assert set(result.sources) <= set(knowledge.sources), test.code
            assert not set(result.raises) & set(result.lowers), test.code


def test_fasciculation_alone_is_not_motor_neuron_disease_by_any_criteria(knowledge: Knowledge) -> None:
    for code in ("gold_coast_2020", "awaji_2008"):
        assert outcome(knowledge, code, "emg_fasciculations twitching visible_fasciculations") is None
    results = knowledge.tests["needle_emg"].results
    only = next(each for each in results if each.result.startswith("Fasciculation potentials only"))
    assert "motor_neuron_disease" in only.lowers


def test_gold_coast(knowledge: Knowledge) -> None:
    """Progression, signs, and exclusion of other disease are all needed [Tur22]."""
    excluded = "mri_cord_compression conduction_block"
    both = "weakness_progressive umn_cervical lmn_cervical"
    assert outcome(knowledge, "gold_coast_2020", both, excluded) == "met"
    two_regions = "weakness_progressive lmn_cervical lmn_lumbosacral"
    assert outcome(knowledge, "gold_coast_2020", two_regions, excluded) == "met"
    assert outcome(knowledge, "gold_coast_2020", "weakness_progressive lmn_cervical", excluded) is None
    elsewhere = "weakness_progressive umn_bulbar lmn_cervical"
    assert outcome(knowledge, "gold_coast_2020", elsewhere, excluded) is None
    assert outcome(knowledge, "gold_coast_2020", "umn_cervical lmn_cervical", excluded) is None
    open_question = outcome(knowledge, "gold_coast_2020", both)
    assert open_question is not None
    assert "not yet excluded" in open_question
    assert outcome(knowledge, "gold_coast_2020", f"{both} conduction_block") is None


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        ("umn_bulbar lmn_bulbar umn_cervical lmn_cervical umn_lumbosacral lmn_lumbosacral", "definite"),
        ("umn_cervical lmn_cervical umn_thoracic lmn_thoracic umn_lumbosacral lmn_lumbosacral", "definite"),
        ("umn_cervical lmn_cervical umn_lumbosacral lmn_lumbosacral", "probable"),
        ("umn_cervical lmn_cervical", "possible"),
        ("umn_cervical umn_lumbosacral", "possible"),
        ("lmn_cervical umn_lumbosacral", "possible"),
        ("umn_cervical lmn_lumbosacral", None),
        ("lmn_cervical lmn_lumbosacral", None),
    ],
)
def test_awaji(knowledge: Knowledge, present: str, expected: str | None) -> None:
    """Awa08, BenT table 1."""
    assert outcome(knowledge, "awaji_2008", present) == expected


def test_hunter(knowledge: Knowledge) -> None:
    assert outcome(knowledge, "hunter_serotonin", "takes_serotonergic tremor hyperreflexia") == "met"
    assert outcome(knowledge, "hunter_serotonin", "takes_serotonergic tremor") is None
    assert outcome(knowledge, "hunter_serotonin", "tremor hyperreflexia") is None


def test_cook_counts_age(knowledge: Knowledge) -> None:
    two = "gait_disturbance hoffmann_sign"
    assert outcome(knowledge, "cook_myelopathy", two, age=60) == "three or more"
    assert outcome(knowledge, "cook_myelopathy", two, age=40) is None


def test_criteria_resolve_and_warn_against_screening(knowledge: Knowledge) -> None:
    for criterion in knowledge.criteria.values():
        assert criterion.about in knowledge.causes
        assert set(criterion.needs) <= set(knowledge.findings)
        assert criterion.performance
