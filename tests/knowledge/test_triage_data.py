"""Triage rules as data: what fires, how high, and what never does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from myolens.assessment.triage import Facts, fired_rules, holds, level_of
from myolens.knowledge.loading import load
from myolens.knowledge.model import Condition, Knowledge, UrgencyLevel

EMERGENCY, DAYS, WEEKS, ROUTINE, SELF_CARE = (
    UrgencyLevel.EMERGENCY,
    UrgencyLevel.URGENT_DAYS,
    UrgencyLevel.SOON_WEEKS,
    UrgencyLevel.ROUTINE,
    UrgencyLevel.SELF_CARE,
)
DURATION = {"twitching_over_2_weeks", "twitching_over_3_months", "slow_over_years", "duration_of_twitching"}


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load()


def closed(knowledge: Knowledge, codes: str) -> frozenset[str]:
    found: set[str] = set()
    waiting = codes.split()
    while waiting:
        code = waiting.pop()
        assert code in knowledge.findings, code
        if code not in found:
            found.add(code)
            waiting += knowledge.findings[code].implies
    return frozenset(found)


def level(knowledge: Knowledge, present: str, absent: str = "", age: float | None = 40) -> UrgencyLevel:
    facts = Facts(present=closed(knowledge, present), absent=frozenset(absent.split()), age=age)
    return level_of(fired_rules(knowledge, facts, {}))


def codes_of(condition: Condition) -> Iterator[str]:
    yield from (*condition.present, *condition.absent, *condition.any_present)
    if condition.number is not None:
        yield condition.number
    for part in (*condition.any_of, *condition.all_of, *condition.none_of):
        yield from codes_of(part)


def lasting(condition: Condition) -> set[str]:
    """Codes of duration a condition asks for, upper limits ("began within two days") apart."""
    short = condition.number in DURATION and condition.above is None
    own = {*condition.present, *condition.any_present} | (set() if short else {condition.number or ""})
    parts = (*condition.any_of, *condition.all_of)
    return (own & DURATION).union(*(lasting(part) for part in parts))


def required(condition: Condition) -> bool:
    """Whether something has to be known before the condition can hold."""
    return not holds(condition, Facts())


def test_every_code_and_source_exists(knowledge: Knowledge) -> None:
    for rule in knowledge.triage:
        assert set(codes_of(rule.when)) <= set(knowledge.findings), rule.id
        assert set(rule.sources) <= set(knowledge.sources), rule.id


def test_rules_are_named_once_and_say_time_first(knowledge: Knowledge) -> None:
    names = [rule.id for rule in knowledge.triage]
    assert len(names) == len(set(names))
    starts = {
        EMERGENCY: ("Now:", "Today:"),
        DAYS: ("Today:", "Within days:"),
        WEEKS: ("Within", "Within days to two weeks:"),
        ROUTINE: ("In the next weeks", "At"),
        SELF_CARE: ("At home:",),
    }
    for rule in knowledge.triage:
        assert rule.action.startswith(starts[rule.level]), rule.id
        assert rule.because.endswith("."), rule.id


def test_nothing_known_fires_nothing(knowledge: Knowledge) -> None:
    assert all(required(rule.when) for rule in knowledge.triage)
    assert level_of(fired_rules(knowledge, Facts(), {})) is SELF_CARE


def test_duration_alone_never_goes_beyond_weeks(knowledge: Knowledge) -> None:
    """NG127: small twitches are not referred on their own, however long they last."""
    facts = Facts(
        present=closed(knowledge, "twitching_arms twitching_over_3_months slow_over_years"),
        numbers={"duration_of_twitching": 4000.0},
        age=70,
    )
    assert level_of(fired_rules(knowledge, facts, {})).rank <= WEEKS.rank
    for rule in knowledge.triage:
        if rule.level.rank > WEEKS.rank:
            assert not lasting(rule.when), rule.id


def conditions(condition: Condition) -> Iterator[Condition]:
    yield condition
    for part in (*condition.any_of, *condition.all_of):
        yield from conditions(part)


GENERAL = {
    "age_45", "two_weeks", "lasting_known", "numb_with_twitch", "cramps_tingling", "jerks_new",
    "one_sided_face", "tremor_or_legs", "rippling", "little_urine",
}  # fmt: skip
"""Rules about a missing examination that a harmless explanation may silence; never warnings themselves."""


def test_only_general_rules_step_back_and_only_for_what_is_no_warning(knowledge: Knowledge) -> None:
    """A finding that silences a rule is no warning, and no warning implies it; so a warning never lowers."""
    warnings = {code for code, each in knowledge.findings.items() if each.safety}
    for warning in tuple(warnings):
        warnings |= closed(knowledge, warning)
    silenced = set()
    for rule in knowledge.triage:
        for part in conditions(rule.when):
            for exception in part.none_of:
                codes = {*exception.present, *exception.any_present}
                if exception.began_before is None:
                    assert not codes & warnings, rule.id
                    silenced |= {rule.id} if codes else set()
    assert silenced == GENERAL
    assert all(
        rule.level.rank <= WEEKS.rank for rule in knowledge.triage if rule.id in silenced - {"little_urine"}
    )


def test_every_safety_finding_matters_to_a_rule(knowledge: Knowledge) -> None:
    used = {code for rule in knowledge.triage for code in codes_of(rule.when)}

    def reaches(code: str) -> bool:
        return code in used or any(reaches(general) for general in knowledge.findings[code].implies)

    silent = [code for code, each in knowledge.findings.items() if each.safety and not reaches(code)]
    assert silent == []


@pytest.mark.parametrize(
    ("present", "absent", "age", "expected"),
    [
        # dossier §3, rules 1 and 2
        ("twitching_arms", "weakness", 30, {SELF_CARE, ROUTINE}),
        ("twitching_eyelid", "", 30, {SELF_CARE}),
        ("twitching_eyelid twitching_over_3_months", "", 30, {ROUTINE}),
        ("lid_closure_spasm", "", 60, {ROUTINE}),
        ("twitching_arms muscle_wasting weakness", "", 50, {WEEKS}),
        # 3
        ("flowing_movements", "", 40, {WEEKS}),
        ("jerks", "", 40, {WEEKS}),
        ("irregular_movement joint_moves", "suppressible", 40, {WEEKS}),
        # 4, 5
        ("weakness_rapidly_worsening weakness_symmetric", "", 40, {EMERGENCY}),
        ("weakness_sudden", "", 70, {EMERGENCY}),
        # 6
        ("weakness_progressive", "", 60, {WEEKS}),
        ("weakness_progressive dysphagia", "", 60, {DAYS}),
        ("weakness_progressive breathless_lying_flat", "", 60, {EMERGENCY}),
        ("breathless_at_rest", "", 60, {EMERGENCY}),
        # 7
        ("saddle_numbness", "", 50, {EMERGENCY}),
        ("leg_pain_radiating bladder_bowel_symptoms", "", 50, {EMERGENCY}),
        ("urinary_retention clumsy_hands babinski_sign", "", 70, {EMERGENCY}),
        # 8
        ("hand_weakness wasting_hand symptoms_progressive", "", 60, {WEEKS}),
        ("dysarthria", "", 60, {WEEKS}),
        # 10 and 11
        ("twitching_arms twitching_over_2_weeks", "", 60, {WEEKS}),
        ("twitching_arms twitching_over_2_weeks", "", 30, {WEEKS}),
        ("twitching_arms twitching_over_2_weeks weakness", "", 30, {WEEKS}),
        # 9: seen and normal
        ("twitching_arms twitching_over_3_months", "abnormal_neurological_examination", 30, {ROUTINE}),
        # 12, 13
        ("twitching_arms numbness", "", 30, {WEEKS}),
        # 14
        ("clumsy_hands gait_disturbance", "", 65, {WEEKS, DAYS}),
        ("lhermitte_sign", "", 65, {WEEKS}),
        # 15
        ("palpitations fainting low_potassium", "", 65, {EMERGENCY}),
        ("palpitations takes_potassium_losing_diuretic", "", 65, {DAYS}),
        # 17
        ("tetany", "", 30, {EMERGENCY}),
        ("carpopedal_spasm", "", 30, {EMERGENCY}),
        ("laryngospasm", "", 30, {EMERGENCY}),
        ("seizure", "", 30, {EMERGENCY}),
        # 18
        ("alcohol_stopped_recently tremor", "", 50, {DAYS}),
        ("alcohol_stopped_recently hallucinations", "", 50, {EMERGENCY}),
        ("sedative_stopped_recently twitching_generalised insomnia", "", 50, {DAYS}),
        # 19
        ("takes_ssri clonus_spontaneous", "", 50, {EMERGENCY}),
        ("takes_snri clonus sweating", "", 50, {EMERGENCY}),
        ("takes_ssri tremor hyperreflexia", "", 50, {EMERGENCY}),
        ("takes_ssri tremor", "", 50, {ROUTINE}),
        # 20
        ("pesticide_exposure", "", 50, {EMERGENCY}),
        ("twitching_generalised miosis drooling sweating", "", 50, {EMERGENCY}),
        ("bite_or_sting", "", 20, {EMERGENCY}),
        # 21
        ("fever confusion", "", 50, {EMERGENCY}),
        ("dark_urine muscle_swollen_painful", "", 50, {EMERGENCY}),
        # 22
        ("weight_loss", "", 50, {WEEKS}),
        ("twitching_tongue", "", 30, {WEEKS}),
        ("neck_weakness", "", 60, {WEEKS}),
        ("choking", "", 60, {DAYS}),
        # 23
        ("weakness_fatigable ptosis", "", 60, {WEEKS}),
        ("weakness_fatigable breathlessness", "", 60, {EMERGENCY}),
        # 24
        ("rippling_muscle insomnia sweating hallucinations", "", 60, {DAYS}),
        # 25
        ("radiotherapy_neck_chest arm_weakness", "", 60, {WEEKS}),
        ("horner_syndrome arm_weakness", "", 60, {DAYS}),
        # 26
        ("suicidal_thoughts", "", 30, {DAYS}),
        ("health_anxiety", "", 30, {ROUTINE}),
        # medicines that build up
        ("takes_lithium coarse_tremor", "", 60, {EMERGENCY}),
        ("takes_gabapentinoid jerks falls", "", 70, {EMERGENCY}),
        ("jerks_one_sided", "", 70, {DAYS}),
        ("jerks_one_sided arm_weakness", "", 70, {EMERGENCY}),
        ("hemifacial_twitching twitching_eyelid", "", 50, {WEEKS}),
        ("urge_to_move_legs worse_in_evening", "", 50, {ROUTINE}),
        # from the story alone
        ("takes_two_serotonergic takes_ssri agitation tremor", "", 40, {EMERGENCY}),
        ("takes_ssri medicine_started_or_changed sweating diarrhoea", "", 40, {DAYS}),
        ("takes_cholinesterase_inhibitor sweating diarrhoea twitching", "", 60, {EMERGENCY}),
        ("neck_surgery paraesthesia muscle_cramps", "", 50, {EMERGENCY}),
        ("neck_surgery paraesthesia", "", 50, {DAYS}),
        ("takes_potassium_losing_diuretic weakness tremor twitching", "", 60, {EMERGENCY}),
        ("severe_kidney_impairment takes_gabapentinoid jerks", "", 70, {EMERGENCY}),
        ("takes_opioid jerks", "", 70, {DAYS}),
        ("takes_theophylline vomiting palpitations", "", 70, {EMERGENCY}),
        ("takes_antipsychotic fever rigidity", "", 40, {EMERGENCY}),
        ("infection_recent leg_weakness paraesthesia weakness_progressive", "", 40, {EMERGENCY}),
        ("agitation twitching_arms", "", 80, {DAYS}),
        ("dysphagia ptosis", "", 50, {DAYS}),
        ("nitrous_oxide_use paraesthesia", "", 22, {DAYS}),
        # common and harmless beside a common medicine
        ("takes_ssri twitching_eyelid", "", 30, {SELF_CARE}),
        ("takes_ssri tremor anxiety", "", 30, {ROUTINE}),
        ("takes_beta2_agonist twitching_arms asthma_copd", "", 30, {SELF_CARE, ROUTINE}),
        ("takes_ppi twitching_calf", "", 40, {ROUTINE}),
        ("takes_potassium_losing_diuretic twitching_calf muscle_cramps", "", 60, {ROUTINE, WEEKS}),
    ],
)
def test_dossier_rules(
    knowledge: Knowledge, present: str, absent: str, age: float, expected: set[UrgencyLevel]
) -> None:
    assert level(knowledge, present, absent, age) in expected


def test_low_oxygen_as_a_number(knowledge: Knowledge) -> None:
    facts = Facts(numbers={"oxygen_saturation": 85.0})
    assert level_of(fired_rules(knowledge, facts, {})) is EMERGENCY
    assert level_of(fired_rules(knowledge, Facts(numbers={"oxygen_saturation": 98.0}), {})) is SELF_CARE


MATRIX = [
    # onset: days, weeks, months, years (NG127)
    ("leg_weakness@3 paraesthesia@5", "", 34, {EMERGENCY}),
    ("leg_weakness@20 gait_disturbance", "", 34, {EMERGENCY}),
    ("leg_weakness@10", "", 34, {DAYS}),
    ("leg_weakness@150", "", 34, {WEEKS}),
    ("leg_weakness@2000", "", 34, {WEEKS}),
    ("weakness_one_sided_body@1", "", 70, {EMERGENCY}),
    # severe weakness, and weakness with what makes salts or nerves fail
    ("weakness_severe", "", 40, {DAYS}),
    ("weakness_severe@400", "", 40, {WEEKS}),
    ("weakness_severe vomiting", "", 40, {EMERGENCY}),
    ("weakness vomiting pregnancy", "", 24, {EMERGENCY}),
    ("hand_weakness facial_weakness numbness_feet infection_recent", "", 26, {EMERGENCY}),
    ("leg_weakness hyporeflexia vomiting_or_diarrhoea", "", 26, {EMERGENCY}),
    ("leg_weakness@900 hyporeflexia infection_recent", "", 60, {WEEKS, DAYS}),
    ("eating_disorder weakness orthostatic_symptoms", "", 19, {EMERGENCY}),
    ("low_phosphate weakness", "", 50, {WEEKS, DAYS}),
    ("takes_beta2_agonist tremor palpitations", "weakness", 7, {DAYS}),
    ("takes_beta2_agonist tremor", "weakness", 40, {ROUTINE, WEEKS, SELF_CARE}),
    ("weakness bradycardia takes_potassium_sparing", "", 70, {EMERGENCY}),
    ("low_calcium muscle_cramps", "", 31, {DAYS}),
    ("low_calcium tetany", "", 31, {EMERGENCY}),
    ("weakness_one_sided_body", "", 70, {DAYS}),
    ("dysarthria@1", "", 70, {EMERGENCY}),
    ("dysarthria@90", "", 70, {WEEKS}),
    ("ptosis@3 dysphagia@2", "", 40, {EMERGENCY}),
    ("ptosis@60", "", 40, {WEEKS}),
    ("gait_disturbance@10", "", 40, {DAYS}),
    ("gait_disturbance@400", "", 40, {WEEKS}),
    # back and bladder
    ("back_pain bladder_bowel_symptoms numbness", "", 50, {EMERGENCY}),
    ("leg_pain_both_sides leg_weakness", "", 50, {EMERGENCY}),
    ("leg_pain_radiating foot_drop", "", 50, {DAYS}),
    ("cancer_history back_pain leg_weakness", "", 60, {EMERGENCY}),
    # muscle breakdown and statins
    ("takes_interacting_statin takes_statin_raiser muscle_pain", "", 50, {DAYS}),
    ("takes_interacting_statin takes_statin_raiser muscle_pain low_urine_output", "", 50, {EMERGENCY}),
    ("takes_interacting_statin takes_statin_raiser muscle_pain", "", 75, {EMERGENCY}),
    ("takes_statin muscle_pain", "", 50, {WEEKS}),
    ("low_urine_output", "", 50, {DAYS}),
    ("low_urine_output heat_or_sweating_exposure", "dark_urine confusion", 27, {SELF_CARE, ROUTINE}),
    # kidneys, gases, glands, pregnancy
    ("dialysis_missed", "", 50, {DAYS}),
    ("dialysis_missed weakness", "", 50, {EMERGENCY}),
    ("carbon_monoxide_exposure", "", 30, {EMERGENCY}),
    ("adrenal_disease vomiting", "", 30, {EMERGENCY}),
    ("pregnancy headache", "", 30, {DAYS}),
    ("pregnancy headache blurred_vision", "", 30, {EMERGENCY}),
    ("pregnancy muscle_cramps", "", 30, {ROUTINE}),
    ("ecg_long_qt", "", 30, {DAYS}),
    ("ecg_long_qt fainting", "", 30, {EMERGENCY}),
    # medicines
    ("takes_lithium takes_nsaid tremor", "", 60, {DAYS}),
    ("takes_digoxin nausea", "", 80, {DAYS}),
    ("takes_digoxin nausea palpitations", "", 80, {EMERGENCY}),
    ("takes_maoi takes_two_serotonergic", "", 40, {DAYS}),
    ("takes_raas_inhibitor takes_potassium_sparing", "", 70, {WEEKS}),
    ("sedative_stopped_recently joint_moves", "", 45, {DAYS}),
    ("sedative_stopped_recently personality_change", "", 45, {EMERGENCY}),
    ("nitrous_oxide_use leg_weakness gait_disturbance", "", 22, {EMERGENCY}),
    ("tetanus_prone_wound jaw_stiffness", "", 60, {EMERGENCY}),
    # the young and the old
    ("flowing_movements", "", 10, {DAYS}),
    ("flowing_movements@2", "", 10, {EMERGENCY}),
    ("skills_lost_child", "", 4, {DAYS}),
    ("falls", "", 80, {WEEKS}),
    # general rules stand back for a trigger, a normal examination, stability, a known look-alike
    ("twitching_arms twitching_over_2_weeks high_caffeine_intake duration=21", "weakness", 26, {SELF_CARE}),
    ("twitching_arms twitching_over_2_weeks high_caffeine_intake duration=21", "", 26, {WEEKS}),
    ("twitching_arms twitching_over_2_weeks high_caffeine_intake duration=21", "weakness", 62, {WEEKS}),
    ("twitching_legs twitching_over_3_months duration=750", "weakness", 46, {ROUTINE}),
    ("twitching_legs twitching_over_2_weeks duration=60", "weakness", 46, {WEEKS}),
    ("jerks urge_before_movement suppressible", "", 9, {ROUTINE}),
    ("hemifacial_twitching facial_palsy_past duration=365", "", 57, {ROUTINE}),
    ("numbness hyperventilation", "weakness", 33, {SELF_CARE, ROUTINE}),
    ("numbness hyperventilation", "", 33, {WEEKS}),
    # NG127 names wasting and weakness, no age; a nerve pressed at the wrist without weakness can wait
    ("twitching_legs twitching_over_2_weeks duration=60", "weakness muscle_wasting", 30, {ROUTINE}),
    ("twitching_legs twitching_over_2_weeks duration=60", "weakness muscle_wasting", 46, {WEEKS}),
    ("hand_numbness hand_numbness_at_night", "hand_weakness", 44, {ROUTINE}),
    ("hand_numbness hand_numbness_at_night", "", 44, {WEEKS}),
    ("hand_numbness hand_numbness_at_night hand_weakness", "", 44, {WEEKS}),
    # told in part: the rest of the picture is enough
    ("numbness_feet@3 gait_disturbance@2", "", 30, {EMERGENCY}),
    ("numbness_feet@200 gait_disturbance@200", "", 60, {WEEKS}),
    ("excess_water_intake headache vomiting", "", 34, {EMERGENCY}),
    ("excess_water_intake headache", "", 34, {ROUTINE}),
    ("neck_injury clumsy_hands gait_disturbance", "", 66, {EMERGENCY}),
    ("neck_injury@2000 clumsy_hands gait_disturbance", "", 66, {WEEKS, DAYS}),
    ("palpitations tachycardia goitre heat_intolerance", "", 58, {DAYS}),
    ("eating_disorder weakness oedema", "", 22, {EMERGENCY}),
    ("takes_interacting_statin takes_statin_raiser muscle_pain loss_of_function", "", 60, {EMERGENCY}),
]  # fmt: skip


@pytest.mark.parametrize(("told", "absent", "age", "expected"), MATRIX)
def test_warning_and_setting_together_decide(
    knowledge: Knowledge, told: str, absent: str, age: float, expected: set[UrgencyLevel]
) -> None:
    """A finding "since so many days" is written ``code@days``."""
    words = told.split()
    lasted = [float(w.partition("=")[2]) for w in words if "=" in w]
    numbers = {"duration_of_twitching": lasted[0]} if lasted else {}
    since: dict[str, float] = {}
    for word in (w for w in words if "@" in w):
        code, _, days = word.partition("@")
        since |= dict.fromkeys(closed(knowledge, code), float(days))
    present = closed(knowledge, " ".join(w.partition("@")[0] for w in words if "=" not in w))
    facts = Facts(present=present, absent=frozenset(absent.split()), age=age, numbers=numbers, since=since)
    assert level_of(fired_rules(knowledge, facts, {})) in expected
