"""Care is checked against the person before it is said."""

from __future__ import annotations

import random

import pytest

from myolens.assessment.care import MOST_IN_A_PHASE, care_plan
from myolens.assessment.triage import Facts, mentioned
from myolens.knowledge.loading import load
from myolens.knowledge.model import UrgencyLevel

KNOWLEDGE = load()
LABELS = {code: definition.name for code, definition in KNOWLEDGE.findings.items()} | {
    code: definition.name for code, definition in KNOWLEDGE.labs.items()
}
LOW_POTASSIUM = {"hypokalaemia": 0.6}


def plan(
    facts: Facts, probability: dict[str, float] | None = None, level: UrgencyLevel = UrgencyLevel.ROUTINE
):
    return care_plan(KNOWLEDGE, facts, probability or LOW_POTASSIUM, LABELS, level=level)


def advised(facts: Facts, **more) -> set[str]:
    return {each.care for each in plan(facts, **more).advice}


def test_potassium_food_is_offered_with_the_question_that_must_come_first() -> None:
    result = plan(Facts())
    assert "potassium_foods" in {each.care for each in result.advice}
    (caution,) = [each for each in result.cautions if each.text.startswith("Food rich in potassium")]
    assert "kidney disease" in caution.text
    assert caution.because == ("not said yet",)


@pytest.mark.parametrize(
    "facts",
    [
        Facts(present=frozenset({"kidney_disease"})),
        Facts(present=frozenset({"takes_raas_inhibitor"})),
        Facts(present=frozenset({"takes_potassium_sparing"})),
        Facts(present=frozenset({"takes_trimethoprim"})),
        Facts(labs={"potassium": 5.4}),
        Facts(labs={"egfr": 25.0}),
    ],
    ids=["kidneys", "ACE inhibitor", "spironolactone", "trimethoprim", "high potassium", "low eGFR"],
)
def test_potassium_food_is_withheld_where_it_can_harm(facts: Facts) -> None:
    result = plan(facts)
    assert "potassium_foods" not in {each.care for each in result.advice}
    assert [
        each for each in result.cautions if each.text.startswith("Food rich in potassium") and each.because
    ]


def cuttable(code: str) -> bool:
    return not KNOWLEDGE.care[code].general and KNOWLEDGE.care[code].kind != "avoid"


def test_what_to_avoid_is_never_cut_and_the_likelier_cause_goes_first() -> None:
    probability = dict.fromkeys(KNOWLEDGE.causes, 0.5) | {"muscle_fatigue": 0.9}
    advice = plan(Facts(), probability).advice
    wanted = {code for cause in KNOWLEDGE.causes.values() for code in cause.care}
    avoided = {
        code
        for code in wanted
        if KNOWLEDGE.care[code].kind == "avoid" and KNOWLEDGE.care[code].only_if is None
    }
    assert avoided <= {each.care for each in advice}
    own = {code for code in KNOWLEDGE.causes["muscle_fatigue"].care if cuttable(code)}
    assert own <= {each.care for each in advice}


def test_no_heat_where_skin_does_not_feel() -> None:
    tired = {"muscle_fatigue": 0.7}
    assert "warmth" in advised(Facts(), probability=tired)
    assert "warmth" not in advised(Facts(present=frozenset({"sensory_loss", "numbness"})), probability=tired)


def test_no_stretching_of_the_neck_with_signs_of_the_cord() -> None:
    root = {"cervical_radiculopathy": 0.8}
    assert "gentle_stretching" in advised(Facts(), probability=root)
    assert "gentle_stretching" not in advised(Facts(present=frozenset({"lhermitte_sign"})), probability=root)


def test_a_plan_runs_from_today_to_the_review_and_stays_short() -> None:
    probability = dict.fromkeys(KNOWLEDGE.causes, 0.5)
    result = plan(Facts(), probability)
    horizons = [["today", "this_week", "until_review"].index(each.horizon) for each in result.advice]
    assert horizons == sorted(horizons)
    for phase in ("today", "this_week", "until_review"):
        cut = [each for each in result.advice if each.horizon == phase and cuttable(each.care)]
        assert 0 < len(cut) <= MOST_IN_A_PHASE, phase
    assert {"see_doctor_when", "what_to_bring", "no_self_muscle_relaxants"} <= {
        each.care for each in result.advice
    }


def test_in_an_emergency_nothing_for_later_at_home_is_asked_for() -> None:
    result = plan(Facts(), {"toxic": 0.9, "caffeine_stimulant": 0.5}, UrgencyLevel.EMERGENCY)
    assert all(each.kind != "do" or each.horizon == "today" for each in result.advice)


def test_improbable_causes_bring_no_care() -> None:
    assert "magnesium_foods" not in advised(
        Facts(), probability={"hypomagnesaemia": 0.02, "muscle_fatigue": 0.5}
    )


def test_in_an_emergency_measures_for_everyday_causes_come_last() -> None:
    chances = {"sedative_withdrawal": 0.5, "stress_anxiety": 0.7}
    everyday = {code for code, cause in KNOWLEDGE.causes.items() if cause.group in ("benign", "lifestyle")}
    advice = plan(Facts(), probability=chances, level=UrgencyLevel.EMERGENCY).advice
    calm = [
        bool(each.for_causes) and everyday.issuperset(each.for_causes)
        for each in advice
        if each.horizon == "today"
    ]
    assert True in calm
    assert calm == sorted(calm)
    assert plan(Facts(), probability=chances).advice[0].for_causes


@pytest.mark.parametrize(
    ("present", "splint"),
    [
        ({"numbness_little_ring_finger", "hand_numbness"}, False),
        ({"numbness_thumb_index", "hand_numbness"}, True),
        ({"hand_numbness"}, True),
        ({"numbness_little_ring_finger", "numbness_thumb_index"}, True),
    ],
)
def test_a_wrist_splint_is_for_the_nerve_at_the_wrist(present: set[str], splint: bool) -> None:
    given = advised(Facts(present=frozenset(present)), probability={"entrapment_neuropathy": 0.8})
    assert ("night_splint" in given) is splint
    assert "avoid_pressure" in given


OPPOSED = (
    ("no_potassium_loading", "coconut_water", "do"),
    ("potassium_company", "potassium_foods", "do"),
    ("no_magnesium_with_ckd", "magnesium_foods", "do"),
    ("no_magnesium_with_mg", "magnesium_foods", "do"),
    ("no_magnesium_with_mg", "magnesium_replacement", "clinician"),
    ("no_calcium_supplements", "calcium_foods", "do"),
    ("no_calcium_supplements", "vitamin_d_replacement", "do"),
    ("no_calcium_supplements", "calcium_replacement", "clinician"),
    ("no_heat_on_numb_skin", "warmth", "do"),
    ("lithium_company", "pain_relief", "do"),
    ("alcohol_do_not_stop_alone", "alcohol_limit", "do"),
)
"""Pairs of which the second tells somebody to do what the first tells them to leave."""


def test_no_plan_tells_somebody_to_do_what_it_tells_them_to_leave() -> None:
    """Over many people of any findings, medicines and blood results, at any probabilities."""
    codes = {
        code
        for measure in KNOWLEDGE.care.values()
        for condition in (*(reason.when for reason in measure.unless), measure.only_if)
        if condition is not None
        for code in mentioned(condition)
    }
    declared = {(m.code, other) for m in KNOWLEDGE.care.values() for other in m.opposes}
    chance = random.Random(15)
    met: set[str] = set()
    for _ in range(400):
        some = chance.sample(sorted(codes), chance.randint(0, 12))
        facts = Facts(
            present=frozenset(some[::2]),
            absent=frozenset(some[1::2]),
            labs={"potassium": chance.uniform(2, 7), "egfr": chance.uniform(8, 110)},
        )
        probability = {code: chance.random() ** 2 for code in KNOWLEDGE.causes}
        given = {each.care: each.kind for each in plan(facts, probability).advice}
        met |= set(given)
        for leave, do, kind in OPPOSED:
            assert not (leave in given and given.get(do) == kind), (leave, do, sorted(some))
        for leave, do in declared:
            assert not (leave in given and do in given), (leave, do, sorted(some))
    assert {leave for leave, _, _ in OPPOSED} <= met
    assert {do for _, do, _ in OPPOSED} - met == set()


def test_what_to_leave_is_not_made_to_depend_on_being_well() -> None:
    """Unlike something to do, a limit holds for everybody, and is stricter for some."""
    (caution,) = [c.text for c in plan(Facts(), {"dehydration": 0.8}).cautions if "oconut" in c.text]
    assert "only if" not in caution
    assert "one of these is true of you:" in caution and "kidney disease" in caution


def test_low_potassium_is_met_with_food_and_without_tablets() -> None:
    """The food and the warning stand together, so the warning has to be about what is no food."""
    given = {each.care: each for each in plan(Facts()).advice}
    assert given["potassium_foods"].kind == "do"
    warning = given["no_potassium_loading"]
    assert "tablets" in warning.name
    assert "salt substitutes" in warning.name
    assert "load up" not in warning.name


@pytest.mark.parametrize(
    ("present", "salt"),
    [
        ({"heat_or_sweating_exposure", "dehydration"}, True),
        ({"vomiting", "vomiting_or_diarrhoea", "dehydration"}, False),
        ({"dehydration", "thirst"}, False),
    ],
)
def test_salt_after_sweating_is_for_people_who_sweated(present: set[str], salt: bool) -> None:
    given = advised(Facts(present=frozenset(present)), probability={"dehydration": 0.8})
    assert ("salt_after_sweat" in given) is salt
    assert "drink_to_thirst" in given


def test_one_ordinary_visit_is_named_only_where_nothing_asks_for_more() -> None:
    twitch, code = Facts(present=frozenset({"twitching"})), "twitch_of_two_weeks"
    assert code in advised(twitch, level=UrgencyLevel.ROUTINE)
    assert code in advised(twitch, level=UrgencyLevel.SELF_CARE)
    assert code not in advised(twitch, level=UrgencyLevel.SOON_WEEKS)
    weak = Facts(present=frozenset({"twitching", "weakness"}))
    assert code not in advised(weak, level=UrgencyLevel.ROUTINE)
    assert "see_doctor_when" in advised(weak, level=UrgencyLevel.SOON_WEEKS)
