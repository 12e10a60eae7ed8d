"""The causes as data: complete, resolved, sourced, and in agreement with textbook facts."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import pytest
from tests.design import CAUSES

from myolens.knowledge.loading import load
from myolens.knowledge.model import Cause, Knowledge, Setting, Sourced

LOOKALIKES = (
    "tremor myoclonus tic dystonia focal_seizure hemifacial_spasm tetanus chorea restless_legs functional"
)


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load()


def sourced(cause: Cause) -> Iterator[Sourced]:
    yield from (cause.summary, cause.course, cause.mechanism, *cause.prior.values(), *cause.age_sex)
    yield from (*cause.findings, *cause.risks, *cause.links, *cause.corrections)
    yield from (*cause.where, *cause.worse, *cause.better)


def effect(knowledge: Knowledge, cause: str, finding: str) -> float:
    """P(finding | cause alone); the leak where the cause is not listed."""
    stated = {each.finding: each.value for each in knowledge.causes[cause].findings}
    return stated.get(finding, knowledge.findings[finding].leak.value)


def test_every_cause_of_the_design_exists(knowledge: Knowledge) -> None:
    assert set(CAUSES) <= set(knowledge.causes)
    assert {code for code, cause in knowledge.causes.items() if cause.lookalike} >= set(LOOKALIKES.split())


def test_file_name_is_the_code() -> None:
    from myolens.knowledge.loading import DATA

    for path in (DATA / "causes").glob("*.yaml"):
        assert f"code: {path.stem}\n" in path.read_text(encoding="utf-8")


def test_every_figure_and_sentence_has_a_source_that_exists(knowledge: Knowledge) -> None:
    for cause in knowledge.causes.values():
        for each in sourced(cause):
            assert set(each.sources) <= set(knowledge.sources), (cause.code, each)


def test_what_is_called_measured_or_guideline_rests_on_a_paper(knowledge: Knowledge) -> None:
    weak = {"project_estimate", "popular_article"}
    for cause in knowledge.causes.values():
        for each in sourced(cause):
            if each.strength in ("measured", "guideline"):
                kinds = {knowledge.sources[source].kind for source in each.sources}
                assert kinds - weak, (cause.code, each)


def test_what_is_called_measured_was_measured(knowledge: Knowledge) -> None:
    """Few frequencies in this field have been measured; the rest must not pretend."""
    figures = [each for cause in knowledge.causes.values() for each in cause.findings]
    measured = [each for each in figures if each.strength == "measured"]
    # The share may grow as figures are traced to the studies that counted them; most stay judgements.
    assert 30 <= len(measured) <= len(figures) // 8
    # Intervals are those of the samples, and some samples are of eight to twenty people (7 of 8: 53 to 98 %).
    assert all(each.high - each.low < 0.5 for each in measured)
    for cause in knowledge.causes.values():
        for prior in cause.prior.values():
            assert prior.strength == "estimate", cause.code
            assert prior.high >= 2 * prior.low


def test_every_reference_resolves(knowledge: Knowledge) -> None:
    for cause in knowledge.causes.values():
        named = {each.finding for each in cause.findings} | {each.finding for each in cause.risks}
        assert named <= set(knowledge.findings), cause.code
        assert {link.cause for link in cause.links} <= set(knowledge.causes) - {cause.code}
        assert set(cause.tests) <= set(knowledge.tests), cause.code
        assert set(cause.care) <= set(knowledge.care), cause.code
        assert cause.tests
        assert cause.care


def test_a_cause_never_makes_a_finding_rarer_than_the_leak(knowledge: Knowledge) -> None:
    for cause in knowledge.causes.values():
        for each in cause.findings:
            assert each.value >= knowledge.findings[each.finding].leak.value, (cause.code, each.finding)


def test_a_general_finding_is_at_least_as_likely_as_what_implies_it(knowledge: Knowledge) -> None:
    for cause in knowledge.causes.values():
        exposures = {risk.finding for risk in cause.risks}
        for each in cause.findings:
            for general in knowledge.findings[each.finding].implies:
                if general not in exposures and general != "bloods_abnormal":
                    assert effect(knowledge, cause.code, general) >= each.value, (cause.code, each.finding)


def test_no_finding_is_both_effect_and_risk_or_told_twice(knowledge: Knowledge) -> None:
    for cause in knowledge.causes.values():
        effects = [each.finding for each in cause.findings]
        risks = [each.finding for each in cause.risks]
        assert len(effects) == len(set(effects)), cause.code
        assert len(risks) == len(set(risks)), cause.code
        assert not set(effects) & set(risks), cause.code


def test_effects_are_yes_or_no_findings(knowledge: Knowledge) -> None:
    for cause in knowledge.causes.values():
        named = [each.finding for each in cause.findings] + [each.finding for each in cause.risks]
        for code in named:
            assert knowledge.findings[code].answer != "number", (cause.code, code)


def test_every_cause_can_be_recognised_and_is_told_in_full(knowledge: Knowledge) -> None:
    for cause in knowledge.causes.values():
        assert len(cause.findings) >= 12 or cause.code == "eyelid_myokymia", cause.code
        assert set(cause.prior) == {"community", "primary_care", "neurology_clinic"}
        assert cause.where
        assert cause.worse
        assert cause.better
        assert cause.mechanism.technical
        assert all(re.fullmatch(r"[A-Z]\d\d(\.\d+)?", code) for code in cause.icd10)
        assert cause.icd10


def test_links_lead_in_one_direction(knowledge: Knowledge) -> None:
    def descend(code: str, path: tuple[str, ...]) -> None:
        assert code not in path, path
        for link in knowledge.causes[code].links:
            descend(link.cause, (*path, code))

    for code in knowledge.causes:
        descend(code, ())


def test_scenario_is_named_after_the_cause(knowledge: Knowledge) -> None:
    for cause in knowledge.causes.values():
        assert cause.mechanism.scenario in (None, cause.code)


EXPOSURES = {
    "sleep_deprivation": "short_sleep",
    "caffeine_stimulant": "high_caffeine_intake",
    "drug_induced": "takes_any_medicine",
    "muscle_fatigue": "exercise_heavy",
    "dehydration": "heat_or_sweating_exposure",
    "stress_anxiety": "stress",
}
"""Causes that are an exposure: their base rate is that of people who have not told of it."""


def averaged(knowledge: Knowledge, code: str, setting: Setting) -> float:
    """Base rate, over those with and without the exposure if the cause is one."""
    cause = knowledge.causes[code]
    base = cause.prior[setting].value
    if code not in EXPOSURES:
        return base
    risk = next(each for each in cause.risks if each.finding == EXPOSURES[code])
    share, odds = knowledge.findings[risk.finding].leak.value, base / (1 - base)
    with_it, without = odds * risk.ratio, odds * risk.ratio_absent
    return share * with_it / (1 + with_it) + (1 - share) * without / (1 + without)


@pytest.mark.parametrize("code", EXPOSURES)
def test_an_exposure_has_to_be_told_before_it_is_a_cause(knowledge: Knowledge, code: str) -> None:
    """Not told it is rarer than on average, denied it is rarer still, told it is likelier."""
    risk = next(each for each in knowledge.causes[code].risks if each.finding == EXPOSURES[code])
    for setting in ("community", "primary_care"):
        assert knowledge.causes[code].prior[setting].value < averaged(knowledge, code, setting)
    assert risk.ratio_absent < 1 < risk.ratio


def test_base_rates_follow_the_anchors(knowledge: Knowledge) -> None:
    """Dossier table of starting priors; Simon 2013 for the clinic (1 of 20 had ALS, 70 % benign)."""
    disease = knowledge.causes["motor_neuron_disease"]
    benign = knowledge.causes["benign_fasciculation"]
    assert disease.prior["community"].value == pytest.approx(0.0005)
    assert benign.prior["community"].value > 300 * disease.prior["community"].value
    assert benign.prior["primary_care"].value > 100 * disease.prior["primary_care"].value
    clinic = disease.prior["neurology_clinic"]
    assert clinic.low <= 0.05 <= clinic.high
    for setting in ("community", "primary_care"):
        total = sum(averaged(knowledge, code, setting) for code in knowledge.causes)
        assert 0.9 <= total <= 1.25
    lookalikes = [cause for cause in knowledge.causes.values() if cause.lookalike]
    assert sum(cause.prior["community"].value for cause in lookalikes) < 0.04
    rare = "multifocal_motor_neuropathy nerve_hyperexcitability kennedy_disease plexopathy myopathy toxic"
    assert sum(knowledge.causes[code].prior["community"].value for code in rare.split()) < 0.002


@pytest.mark.parametrize(("age", "expected"), [(30, 0.00005), (50, 0.0005), (65, 0.0015)])
def test_motor_neuron_disease_rises_with_age(knowledge: Knowledge, age: int, expected: float) -> None:
    disease = knowledge.causes["motor_neuron_disease"]
    prior = disease.prior["community"].value
    for factor in disease.age_sex:
        if factor.sex is None and factor.age_from <= age <= factor.age_to:
            prior *= factor.ratio
    assert prior == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(
    ("finding", "cause"),
    [
        ("trousseau_sign", "hypocalcaemia"),
        ("perioral_paraesthesia", "hypocalcaemia"),
        ("carpopedal_spasm", "hypocalcaemia"),
        ("miosis", "toxic"),
        ("low_cholinesterase", "toxic"),
        ("gynaecomastia", "kennedy_disease"),
        ("twitching_perioral", "kennedy_disease"),
        ("ar_cag_expansion", "kennedy_disease"),
        ("rippling_muscle", "nerve_hyperexcitability"),
        ("twitching_continues_in_sleep", "nerve_hyperexcitability"),
        ("emg_neuromyotonic_discharges", "nerve_hyperexcitability"),
        ("conduction_block", "multifocal_motor_neuropathy"),
        ("anti_gm1", "multifocal_motor_neuropathy"),
        ("hemifacial_twitching", "hemifacial_spasm"),
        ("mixed_motor_signs", "motor_neuron_disease"),
        ("split_hand", "motor_neuron_disease"),
        ("emg_denervation_two_regions", "motor_neuron_disease"),
        ("spurling_sign", "cervical_radiculopathy"),
        ("sensory_root_pattern", "cervical_radiculopathy"),
        ("inverted_supinator_sign", "cervical_myelopathy"),
        ("hand_numbness_at_night", "entrapment_neuropathy"),
        ("median_slowing_wrist", "entrapment_neuropathy"),
        ("weakness_fatigable", "myasthenia_gravis"),
        ("ptosis", "myasthenia_gravis"),
        ("clonus_spontaneous", "serotonin_toxicity"),
        ("urge_to_move_legs", "restless_legs"),
        ("distractible", "functional"),
        ("suppressible", "tic"),
        ("shoulder_pain_severe_sudden", "neuralgic_amyotrophy"),
        ("jaw_stiffness", "tetanus"),
        ("low_b12", "b12_deficiency"),
        ("suppressed_tsh", "hyperthyroidism"),
        ("raised_tsh", "hypothyroidism"),
        ("low_potassium", "hypokalaemia"),
        ("high_potassium", "hyperkalaemia"),
        ("low_sodium", "hyponatraemia"),
        ("low_phosphate", "hypophosphataemia"),
        ("low_magnesium", "hypomagnesaemia"),
        ("high_calcium", "hypercalcaemia"),
    ],
)
def test_a_telling_finding_argues_most_for_its_own_disease(
    knowledge: Knowledge, finding: str, cause: str
) -> None:
    strongest = max(knowledge.causes, key=lambda code: effect(knowledge, code, finding))
    assert strongest == cause
    ratio = effect(knowledge, cause, finding) / knowledge.findings[finding].leak.value
    assert math.log2(ratio) > 3


def test_myasthenia_does_not_make_muscles_twitch(knowledge: Knowledge) -> None:
    """Conflict 1 of the dossier: rejected as a cause of fasciculation [MuSK13, HPOA]."""
    for finding in ("twitching", "visible_fasciculations", "twitching_arms", "twitching_generalised"):
        assert effect(knowledge, "myasthenia_gravis", finding) == knowledge.findings[finding].leak.value
    cause = knowledge.causes["myasthenia_gravis"]
    assert cause.lookalike
    assert any("MuSK13" in each.sources for each in cause.corrections)


def test_myopathy_does_not_make_muscles_twitch(knowledge: Knowledge) -> None:
    for finding in ("twitching", "visible_fasciculations", "emg_fasciculations"):
        assert effect(knowledge, "myopathy", finding) == knowledge.findings[finding].leak.value


def test_hypercalcaemia_has_no_brisk_reflexes_weak_examination_or_tongue_twitching(
    knowledge: Knowledge,
) -> None:
    """None of 42 patients had them [Tur89]."""
    for finding in ("hyperreflexia", "weakness_on_examination", "twitching_tongue"):
        assert effect(knowledge, "hypercalcaemia", finding) == knowledge.findings[finding].leak.value


def test_felt_and_tested_weakness_are_apart_in_benign_twitching(knowledge: Knowledge) -> None:
    """Of people referred 35 % feel weak, 71 % tingle, 47 % feel numb and 65 % cramp [Fil17].

    Those who just twitch have less of each but more than others; on examination all is normal.
    """
    referred = {"weakness": 0.35, "paraesthesia": 0.71, "numbness": 0.47, "muscle_cramps": 0.65}
    told = {each.finding: each for each in knowledge.causes["benign_fasciculation"].findings}
    for finding, share in referred.items():
        assert knowledge.findings[finding].leak.value < told[finding].value < share <= told[finding].high
    for finding in ("weakness_on_examination", "muscle_wasting", "hyperreflexia", "loss_of_function"):
        leak = knowledge.findings[finding].leak.value
        assert effect(knowledge, "benign_fasciculation", finding) == leak
        assert effect(knowledge, "motor_neuron_disease", finding) > 10 * leak


def test_numbness_does_not_argue_for_motor_neuron_disease(knowledge: Knowledge) -> None:
    for finding in ("numbness", "paraesthesia", "numbness_feet", "hand_numbness", "sensory_loss"):
        assert effect(knowledge, "motor_neuron_disease", finding) == knowledge.findings[finding].leak.value


@pytest.mark.parametrize(
    ("cause", "finding", "value"),
    [
        ("cervical_myelopathy", "hoffmann_sign", 0.59),
        ("cervical_myelopathy", "hand_numbness", 0.82),
        ("hyperthyroidism", "weakness", 0.62),
        ("hypothyroidism", "weakness", 0.38),
        ("multifocal_motor_neuropathy", "anti_gm1", 0.43),
        ("nerve_hyperexcitability", "twitching_arms", 0.55),
        ("motor_neuron_disease", "raised_nfl", 0.855),
    ],
)
def test_published_frequencies(knowledge: Knowledge, cause: str, finding: str, value: float) -> None:
    assert effect(knowledge, cause, finding) == pytest.approx(value, abs=0.02)


def test_few_with_low_vitamin_d_have_low_calcium(knowledge: Knowledge) -> None:
    """83 % of people under 25 nmol/L had normal calcium [VD241]."""
    links = {link.cause: link for link in knowledge.causes["vitamin_d_deficiency"].links}
    assert links["hypocalcaemia"].value <= 0.17


@pytest.mark.parametrize(
    ("finding", "cause"),
    [
        ("low_potassium", "hypokalaemia"),
        ("high_potassium", "hyperkalaemia"),
        ("low_calcium", "hypocalcaemia"),
        ("low_magnesium", "hypomagnesaemia"),
        ("low_sodium", "hyponatraemia"),
    ],
)
def test_a_measured_salt_disorder_is_that_disorder(knowledge: Knowledge, finding: str, cause: str) -> None:
    """Other causes change a blood salt only by way of its disorder, by a link."""
    assert effect(knowledge, cause, finding) >= 0.97
    for other in set(knowledge.causes) - {cause}:
        assert effect(knowledge, other, finding) == knowledge.findings[finding].leak.value, other


def test_published_odds_ratio_of_acid_tablets(knowledge: Knowledge) -> None:
    """Meta-analysis: odds ratio 1.71 [PPI19]."""
    risks = {risk.finding: risk for risk in knowledge.causes["hypomagnesaemia"].risks}
    assert risks["takes_ppi"].ratio == pytest.approx(1.71)


@pytest.mark.parametrize(
    ("cause", "days", "low", "high"),
    [
        ("muscle_fatigue", 1, 0.2, 0.7),
        ("caffeine_stimulant", 7, 0.6, 1.0),
        ("cervical_radiculopathy", 84, 0.6, 0.9),
        ("benign_fasciculation", 730, 0.35, 0.55),
        ("alcohol_withdrawal", 7, 0.7, 1.0),
        ("hyperthyroidism", 110, 0.6, 0.9),
        ("entrapment_neuropathy", 365, 0.15, 0.34),
        ("motor_neuron_disease", 365, 0.0, 0.0),
    ],
)
def test_course_agrees_with_follow_up(
    knowledge: Knowledge, cause: str, days: float, low: float, high: float
) -> None:
    course = knowledge.causes[cause].course
    half_life = course.half_life_days
    improved = 0.0 if half_life is None else course.improving * (1 - 2 ** (-days / half_life))
    assert low <= improved <= high


def test_range_of_the_half_life_holds_it(knowledge: Knowledge) -> None:
    for cause in knowledge.causes.values():
        course = cause.course
        if course.half_life_days is not None:
            assert course.low is not None
            assert course.high is not None
            assert course.low <= course.half_life_days <= course.high, cause.code


def test_every_scenario_is_one_the_simulation_knows(knowledge: Knowledge) -> None:
    from myolens.simulation import causes

    acted = set(causes())
    for cause in knowledge.causes.values():
        assert cause.mechanism.scenario is None or cause.mechanism.scenario in acted, cause.code
