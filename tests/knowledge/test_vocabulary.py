"""Names, sites, negation, medicines and labs as real people write them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.knowledge.told import KNOWLEDGE, TODAY, named, said

from myolens.case import Finding, Lab, read_cases
from myolens.knowledge import Knowledge, recognise, vocabulary_table
from myolens.knowledge.lexicon import lexicon
from myolens.knowledge.spelling import slips
from myolens.knowledge.text import key


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("twitching_arms", "twitching_arms"),
        ("deltoid fasciculations", "twitching_shoulder"),
        ("fasciculations of the left quadriceps", "twitching_thigh"),
        ("twitching in both calves", "twitching_calf"),
        ("twitching_left_eyelid", "twitching_eyelid"),
        ("fasciculation_tongue", "twitching_tongue"),
        ("body-wide twitching", "twitching_generalised"),
        ("hand_weakness", "hand_weakness"),
        ("weakness of the right hand", "hand_weakness"),
        ("muscle_atrophy", "muscle_wasting"),
        ("hand_atrophy", "wasting_hand"),
        ("thenar wasting", "wasting_thenar"),
        ("limb_jerks", "jerks"),
        ("myoclonic jerks", "jerks"),
        ("visible_fasciculations", "visible_fasciculations"),
        ("Hyper-reflexia", "hyperreflexia"),
        ("brisk reflexes", "hyperreflexia"),
        ("absent ankle jerks", "ankle_reflex_absent"),
        ("paresthesias", "paraesthesia"),
        ("paraesthesiae", "paraesthesia"),
        ("pins and needles", "paraesthesia"),
        ("numbness of the little finger", "numbness_little_ring_finger"),
        ("perioral tingling", "perioral_paraesthesia"),
        ("diarrhea", "diarrhoea"),
        ("gynecomastia", "gynaecomastia"),
        ("dyspnea", "breathlessness"),
        ("orthopnoea", "breathless_lying_flat"),
        ("generalized twitching", "twitching_generalised"),
        ("slurring of speech", "dysarthria"),
        ("swallowing difficulties", "dysphagia"),
        ("elevated CK", "raised_ck"),
        ("low potassium", "low_potassium"),
        ("magnesium deficiency", "low_magnesium"),
        ("fear of ALS", "health_anxiety"),
        ("fasiculations", "twitching"),
        ("parasthesia", "paraesthesia"),
        ("energy drinks", "energy_drinks"),
        ("proton_pump_inhibitor", "takes_ppi"),
        ("beta2_agonist_inhaler", "takes_beta2_agonist"),
        ("thyroidectomy", "neck_surgery"),
        ("pesticide_ingestion", "pesticide_exposure"),
        ("snakebite", "bite_or_sting"),
    ],
)
def test_names_people_use(name: str, code: str) -> None:
    found = named(name)
    assert not found.unrecognised
    assert code in found.present


def test_every_name_means_its_own_code(knowledge: Knowledge) -> None:
    """Each code, name and synonym, in any spelling of spaces, leads back to its own entry."""
    names = lexicon(knowledge)
    for row in vocabulary_table(knowledge):
        for name in (row["code"], row["name"], *row["synonyms"]):
            shown = name.replace(" ", "_").upper()
            if row["kind"] == "lab":
                assert names.lab(shown) == row["code"], name
            elif row["kind"] == "medicine":
                assert names.medicine(shown) == row["code"], name
            elif row["kind"] == "finding":
                kind = "family_history" if row["about"] == "family" else None
                meaning = names.finding(shown, kind=kind)
                assert meaning is not None, name
                assert meaning.findings[0] == (row["code"], True), name


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("no weakness", "weakness"),
        ("not weak", "weakness"),
        ("without numbness", "numbness"),
        ("denies fever", "fever"),
        ("normal strength", "weakness_on_examination"),
        ("normal reflexes", "abnormal_reflexes"),
        ("normal_examination", "abnormal_neurological_examination"),
        ("intact sensation", "sensory_loss"),
        ("flexor plantars", "babinski_sign"),
        ("afebrile", "fever"),
        ("non-smoker", "nicotine_use"),
        ("normal potassium", "low_potassium"),
    ],
)
def test_a_denied_name_is_absent(name: str, code: str) -> None:
    found = named(name)
    assert code in found.absent
    assert code in named(name, present=False).present  # "no weakness: false" is weakness


def test_absent_reflexes_are_a_finding_not_a_denial() -> None:
    assert "hyporeflexia" in named("absent reflexes").present


@pytest.mark.parametrize("value", ["no", "absent", "none", "negative"])
def test_worded_answers(value: str) -> None:
    assert "weakness" in named("weakness", value=value).absent
    assert "weakness" not in named("weakness", value="unknown").present


def test_an_unknown_finding_is_neither_present_nor_absent() -> None:
    found = named("weakness", present=None)
    assert "weakness" not in found.present | found.absent


def test_sites_and_sides() -> None:
    finding = named("twitching", site="left biceps", since="12 days")["twitching_arms"]
    assert (finding.sites, finding.side, finding.since_days) == (("biceps",), "left", 12.0)
    assert "twitching" in named("twitching", site="left biceps").present
    assert "hand_weakness" in named("weakness", site="right hand").present


def test_an_unknown_site_is_reported() -> None:
    assert [entry.name for entry in named("twitching", site="flurb").unrecognised] == ["flurb"]


def test_adjectives_add_what_they_say() -> None:
    assert {"leg_weakness", "both_sides", "weakness_symmetric"} <= named("bilateral leg weakness").present
    assert {"hand_weakness", "weakness_progressive"} <= named("progressive hand weakness").present


def test_felt_and_tested_weakness_stay_apart() -> None:
    felt = named("hand_weakness", kind="symptom")
    assert "weakness" in felt.present
    assert "weakness_on_examination" not in felt.present
    tested = named("hand_weakness", kind="sign")
    assert {"hand_weakness", "weakness_on_examination"} <= tested.present
    assert tested["weakness_on_examination"].source == "sign"


def test_a_relative_is_not_the_patient() -> None:
    found = named("gynaecomastia", kind="family_history")
    assert "gynaecomastia" not in found.present
    assert "family_gynaecomastia_or_male_weakness" in found.present
    assert "family_mnd" in named("family history of ALS").present
    assert "mnd_known" not in named("father had ALS").present
    assert named("broken leg", kind="family_history").unrecognised


def test_general_follows_from_special_and_absence_goes_the_other_way() -> None:
    found = named("twitching_calf")
    assert {"twitching_calf", "twitching_legs", "twitching"} <= found.present
    assert found["twitching"].implied_by is not None
    nothing = named("abnormal_neurological_examination", present=False)
    assert {"weakness_on_examination", "babinski_sign", "hyperreflexia", "sensory_loss"} <= nothing.absent


def test_contradictions_are_reported_and_hide_no_warning() -> None:
    both = said(Finding(name="tremor"), Finding(name="shaking", present=False))
    assert [entry.code for entry in both.contradictions] == ["tremor"]
    assert both["tremor"].present is None
    warning = said(Finding(name="dysphagia"), Finding(name="trouble swallowing", present=False))
    assert "dysphagia" in warning.present
    assert warning.contradictions


def test_jerks_of_the_trunk_but_not_of_the_limbs_is_no_contradiction() -> None:
    found = said(Finding(name="truncal_jerks"), Finding(name="limb_jerks", present=False))
    assert not found.contradictions
    assert "jerks" in found.present


def test_what_is_not_understood_comes_back_with_three_codes() -> None:
    found = named("twichy feeling of doom")
    assert len(found.unrecognised) == 1
    assert len(found.unrecognised[0].nearest) >= 3
    assert named("zzzz").unrecognised[0].reason


def test_medicines_by_generic_brand_class_dose_and_slip() -> None:
    found = said(medicines=["Salbutamol inhaler 100 mcg prn", "Zoloft 50mg", "water tablets", "omeprazol"])
    assert {"takes_beta2_agonist", "takes_ssri", "takes_diuretic", "takes_ppi"} <= found.present
    assert not found.unrecognised
    assert {"takes_potassium_sparing", "takes_raas_inhibitor"} <= said(
        medicines=["Aldactone", "ramipril"]
    ).present


def test_stopping_beginning_and_overdosing_a_medicine() -> None:
    stopped = said(medicines=["stopped diazepam"])
    assert "sedative_stopped_recently" in stopped.present
    assert "takes_benzodiazepine" not in stopped.present
    assert "medicine_started_or_changed" in said(medicines=["new lithium"]).present
    assert "medicine_overdose" in named("venlafaxine_overdose", kind="drug").present


def test_two_medicines_on_serotonin() -> None:
    assert "takes_two_serotonergic" in said(medicines=["sertraline", "tramadol"]).present
    assert "takes_two_serotonergic" not in said(medicines=["sertraline", "Zoloft"]).present
    assert "takes_two_serotonergic" not in said(Finding(name="ssri"), medicines=["sertraline"]).present


def test_no_medicine_at_all_denies_every_class() -> None:
    found = named("any_medication", present=False, kind="drug")
    assert {"takes_ssri", "takes_lithium", "takes_diuretic"} <= found.absent


def test_labs_as_numbers_and_words() -> None:
    found = said(
        labs=[
            Lab(name="K+", value=2.9, unit="mEq/L"),
            Lab(name="Ca", value="low"),
            Lab(name="LGI1 antibody", value="positive"),
            Lab(name="TSH", value=None),
            Lab(name="magnesium", value="normal"),
        ]
    )
    assert {lab.code: lab.value for lab in found.labs}["potassium"] == 2.9
    assert {"low_calcium", "lgi1_caspr2"} <= found.present
    assert {"low_magnesium", "high_magnesium"} <= found.absent
    assert not found.unrecognised


def test_a_lab_among_the_findings_is_taken_as_one() -> None:
    assert named("potassium", value=2.9, unit="mmol/L").labs[0].value == 2.9


def test_the_longest_duration_of_twitching_counts() -> None:
    found = said(
        Finding(name="twitching_calf", since="2 weeks"),
        Finding(name="twitching_arms", since="3 months"),
        duration_of_twitching="5 days",
    )
    assert found.numbers["duration_of_twitching"] == pytest.approx(91.3125)


def test_none_of_a_habit_is_its_absence() -> None:
    assert "caffeine_intake" in named("coffee", value=0, unit="cups a day").absent
    assert named("caffeine_use", present=False).numbers["caffeine_intake"] == 0


def test_two_names_in_one() -> None:
    assert {"muscle_wasting", "weakness"} <= named("no muscle wasting or weakness").absent
    assert "ankle_reflex_absent" in named("absent ankle reflexes bilaterally").present
    assert "family_mnd" in named("no family history of ALS").absent
    assert {"polyuria", "thirst"} <= named("polyuria_polydipsia").present
    assert {"twitching", "worse_with_stress"} <= named("twitching_worse_with_stress").present


def test_order_does_not_matter() -> None:
    findings = [
        Finding(name="hand_weakness", kind="sign"),
        Finding(name="no numbness"),
        Finding(name="coffee", value="3 espressos a day"),
        Finding(name="twitching", site="left calf", since="3 weeks"),
        Finding(name="tremor"),
        Finding(name="shaking", present=False),
    ]
    first = said(*findings)
    for seed in range(5):
        random.Random(seed).shuffle(findings)
        again = said(*findings)
        assert (again.present, again.absent, again.numbers) == (first.present, first.absent, first.numbers)


def test_the_published_cases_are_understood(shared: object) -> None:
    """Nothing but durations such as "acute" and values without a unit is left over."""
    from pathlib import Path

    cases = list(read_cases(Path(str(shared)) / "cases" / "cases.jsonl"))
    left = [entry for case in cases for entry in recognise(case, KNOWLEDGE, today=TODAY).unrecognised]
    assert not [entry for entry in left if entry.kind != "value"]


@given(st.text(max_size=80), st.one_of(st.none(), st.sampled_from(["sign", "drug", "family_history", "x"])))
def test_any_name_is_understood_or_reported(name: str, kind: str | None) -> None:
    if not name:
        return
    found = named(name, kind=kind)
    assert found.findings or found.unrecognised or found.medicines or found.labs or not key(name)


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(KNOWLEDGE.findings)), st.sampled_from([True, False, None])),
        max_size=8,
    )
)
def test_each_code_comes_once_and_consequences_hold(told: list[tuple[str, bool | None]]) -> None:
    found = said(*(Finding(name=code, present=present) for code, present in told))
    codes = [finding.code for finding in found.findings]
    assert len(codes) == len(set(codes))
    for code in found.present:
        assert set(KNOWLEDGE.findings[code].implies) <= found.present
    for finding in found.findings:
        if finding.present is False:
            for other in found.present:
                assert finding.code not in KNOWLEDGE.findings[other].implies


@given(st.text("abcdef", max_size=7), st.text("abcdef", max_size=7))
def test_slips_is_a_distance(first: str, second: str) -> None:
    assert slips(first, second, 9) == slips(second, first, 9)
    assert (slips(first, second, 9) == 0) == (first == second)
    assert slips(first, second, 9) <= max(len(first), len(second))
