"""How statements become facts and likelihoods, and chains of findings one piece of evidence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myolens.assessment.evidence import SURE, UNMENTIONED, Told, combined
from myolens.assessment.network import ABSENT, PRESENT, chains, compiled, produced, soft
from myolens.assessment.posterior import judge
from myolens.assessment.problems import prior_odds
from myolens.assessment.understanding import gathered
from myolens.case import Case, Finding, Lab
from myolens.knowledge.grades import MODERATE, SEVERE, interval_of
from myolens.knowledge.loading import load

NETWORK = compiled(load())
CODES = sorted(code for code, d in NETWORK.knowledge.findings.items() if d.answer == "yes_no")


def put_together(*told: Told, **more):
    options = {"numbers": {}, "labs": {}, "age": None, "sex": None, **more}
    return combined(NETWORK, told, **options)


def probability(observed, cause: str) -> float:
    judgement = judge(NETWORK, observed, setting="primary_care", age=50, sex="male")
    return float(judgement.probability[NETWORK.causes[cause]])


def test_the_general_follows_from_the_particular() -> None:
    both = put_together(Told("foot_drop", True))
    assert {"foot_drop", "leg_weakness", "weakness"} <= both.facts.present
    assert both.observed["foot_drop"] is PRESENT


def test_the_particular_is_absent_with_the_general_and_counted_once() -> None:
    both = put_together(Told("weakness", False), Told("foot_drop", False))
    assert {"weakness", "foot_drop", "hand_weakness"} <= both.facts.absent
    assert "foot_drop" not in both.observed
    assert both.observed["weakness"] is ABSENT


def test_a_contradiction_is_unknown_to_the_inference_and_a_warning_to_the_rules() -> None:
    both = put_together(Told("weakness", False), Told("foot_drop", True))
    assert "weakness" in both.contradictions
    assert not {"weakness", "foot_drop", "leg_weakness"} & set(both.observed)
    assert {"weakness", "foot_drop"} <= both.facts.present


def test_a_clear_measurement_overrules_a_word_and_says_so() -> None:
    both = put_together(Told("low_potassium", True), labs={"potassium": 4.6})
    assert both.observed["low_potassium"].if_present < 1
    assert "low_potassium" in both.contradictions


def salt(cause: str, **labs: float) -> float:
    return probability(put_together(labs=labs).observed, cause)


def test_a_value_outside_its_range_makes_the_state_nearly_certain_a_word_does_not() -> None:
    told = probability(put_together(Told("low_potassium", True)).observed, "hypokalaemia")
    assert probability({}, "hypokalaemia") < told < 0.5
    assert salt("hypokalaemia", potassium=3.2) > 0.95
    assert salt("hypokalaemia", potassium=2.9) > 0.95
    assert told < salt("hypokalaemia", potassium=3.4) < salt("hypokalaemia", potassium=3.2)


@pytest.mark.parametrize("state", sorted(NETWORK.states))
def test_a_state_is_read_from_its_value_alone(state: str) -> None:
    """Every disturbed salt: monotone in the value, saturating, and a normal value speaks against it."""
    (lab, threshold), *_ = [
        (lab, threshold)
        for lab in NETWORK.knowledge.labs.values()
        for threshold in lab.number.thresholds
        if threshold.finding == state
    ]
    ((cause, _),) = NETWORK.effects[NETWORK.findings[state]]
    code = list(NETWORK.causes)[cause]
    side = -1 if threshold.direction == "below" else 1
    steps = [threshold.cutoff + side * threshold.absent.sd * k for k in (-3, -1, 0.1, 0.5, 1, 2, 5, 10)]
    values = [salt(code, **{lab.code: value}) for value in steps]
    assert np.diff(values).min() > -1e-4
    assert values[-1] == pytest.approx(values[-2], abs=1e-9)
    assert values[0] < probability({}, code) < values[-1] < 0.9999
    assert values[-1] > 0.9


def test_a_word_about_blood_weighs_less_than_a_clearly_abnormal_value() -> None:
    for lab in NETWORK.knowledge.labs.values():
        for threshold in lab.number.thresholds:
            mean = threshold.present.mean
            value = float(np.exp(mean)) if threshold.present.log else mean
            by_value = put_together(labs={lab.code: value}, sex=threshold.sex).observed[threshold.finding]
            by_word = put_together(Told(threshold.finding, True)).observed[threshold.finding]
            if by_word is not PRESENT:  # a finding that no blood test stands for alone
                assert by_value.if_absent < by_word.if_absent, (lab.code, threshold.finding)


def test_what_time_has_not_yet_brought_is_no_evidence() -> None:
    """Figures for "over three months" come from people followed for years."""
    early = put_together(Told("twitching", True), Told("twitching_over_3_months", False))
    assert "twitching_over_3_months" not in early.observed
    assert "twitching_over_3_months" in early.facts.absent
    young = put_together(Told("twitching", True), numbers={"duration_of_twitching": 5.0})
    assert "twitching_over_3_months" not in young.observed
    late = put_together(Told("twitching", True), numbers={"duration_of_twitching": 900.0})
    assert late.observed["twitching_over_3_months"].if_absent < 0.1


def test_a_place_not_named_among_others_speaks_softly_against_the_cause_it_defines() -> None:
    elsewhere = put_together(Told("twitching_calf", True)).observed
    assert elsewhere["twitching_eyelid"] == soft(UNMENTIONED)
    assert probability(elsewhere, "eyelid_myokymia") < probability(
        put_together(Told("twitching", True)).observed, "eyelid_myokymia"
    )
    assert "twitching_eyelid" not in put_together(Told("twitching", True)).observed
    assert "twitching_eyelid" not in put_together(Told("twitching_face", True)).observed


@pytest.mark.parametrize(
    ("number", "value", "finding", "present"),
    [
        ("duration_of_twitching", 12.0, "twitching_over_2_weeks", False),
        ("duration_of_twitching", 20.0, "twitching_over_2_weeks", True),
        ("caffeine_intake", 600.0, "high_caffeine_intake", True),
        ("caffeine_intake", 80.0, "high_caffeine_intake", False),
        ("sleep_hours", 4.5, "short_sleep", True),
        ("body_temperature", 39.0, "fever", True),
    ],
)
def test_a_number_answers_the_question_of_its_threshold(
    number: str, value: float, finding: str, present: bool
) -> None:
    facts = put_together(numbers={number: value}).facts
    assert (finding in facts.present) == present
    assert (finding in facts.absent) != present


def test_strong_soft_evidence_counts_as_a_fact_weak_does_not() -> None:
    assert "emg_fibrillations" in put_together(Told("emg_fibrillations", None, SURE)).facts.present
    weak = put_together(Told("emg_fibrillations", None, SURE / 2))
    assert "emg_fibrillations" not in weak.facts.present | weak.facts.absent
    assert weak.observed["emg_fibrillations"] == soft(SURE / 2)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(CODES), st.booleans()), max_size=8), st.randoms())
def test_the_order_of_statements_does_not_matter(statements, random) -> None:
    told = [Told(code, present) for code, present in statements]
    shuffled = random.sample(told, len(told))
    first, second = put_together(*told), put_together(*shuffled)
    assert first == second
    assert list(first.observed) == list(second.observed)


def test_a_general_finding_adds_nothing_to_its_particular() -> None:
    alone = put_together(Told("twitching_calf", True)).observed
    both = put_together(
        Told("twitching_calf", True), Told("twitching_legs", True), Told("twitching", True)
    ).observed
    for cause in ("benign_fasciculation", "motor_neuron_disease", "cervical_radiculopathy"):
        assert probability(alone, cause) == pytest.approx(probability(both, cause), abs=1e-12)


def test_a_chain_is_told_as_one_and_a_shared_general_by_itself() -> None:
    def numbers(*codes: str) -> set[int]:
        return {NETWORK.findings[code] for code in codes}

    found = chains(NETWORK, numbers("foot_drop", "leg_weakness", "weakness", "distal_weakness"))
    assert NETWORK.findings["foot_drop"] in found
    shared = chains(NETWORK, numbers("twitching_calf", "twitching_feet", "twitching_legs", "twitching"))
    assert NETWORK.findings["twitching_legs"] in shared
    assert shared[NETWORK.findings["twitching_calf"]][1] == NETWORK.findings["twitching_legs"]
    assert NETWORK.findings["twitching"] not in shared


def test_a_particular_finding_given_the_general_is_the_quotient() -> None:
    """P(calf | legs, cause) = P(calf | cause) / P(legs | cause)."""
    calf, legs = NETWORK.findings["twitching_calf"], NETWORK.findings["twitching_legs"]
    cause = NETWORK.causes["benign_fasciculation"]
    at_calf, at_legs = dict(NETWORK.effects[calf])[cause][0], dict(NETWORK.effects[legs])[cause][0]
    how = produced(NETWORK, (calf,), legs)
    assert how.leak[0] == pytest.approx(NETWORK.leak[calf, 0] / NETWORK.leak[legs, 0])
    told = how.leak[0] + (1 - how.leak[0]) * how.activation[cause][0]
    assert told == pytest.approx(at_calf / at_legs)


def test_estimates_are_drawn_from_their_ranges_around_their_values() -> None:
    for cause, number in NETWORK.causes.items():
        prior = NETWORK.knowledge.causes[cause].prior["primary_care"]
        drawn = NETWORK.priors["primary_care"][number]
        assert drawn[0] == pytest.approx(prior.value, abs=2e-6)
        assert prior.low - 2e-6 <= drawn.min() <= drawn.max() <= prior.high + 2e-6
        assert np.median(drawn[1:]) == pytest.approx(prior.value, rel=0.1, abs=2e-6)


def test_age_and_sex_change_the_odds_where_the_knowledge_says_so() -> None:
    number = NETWORK.causes["motor_neuron_disease"]
    young = prior_odds(NETWORK, setting="primary_care", age=25, sex="male")[number, 0]
    old = prior_odds(NETWORK, setting="primary_care", age=72, sex="male")[number, 0]
    assert old > 5 * young


def test_a_finding_of_one_cause_is_told_without_a_bit_and_means_the_same() -> None:
    """P(cause | finding) by Bayes, with the leak the only other way to have it."""
    code, (cause, value) = next(
        (code, of[0])
        for code, of in zip(NETWORK.findings, NETWORK.effects, strict=True)
        if len(of) == 1
        and code not in NETWORK.risks
        and not any(child == of[0][0] for _, child in NETWORK.links)
    )
    leak = NETWORK.leak[NETWORK.findings[code], 0]
    before = judge(NETWORK, {}, setting="primary_care", age=50, sex="male").probability[cause]
    after = judge(NETWORK, {code: PRESENT}, setting="primary_care", age=50, sex="male").probability[cause]
    assert after / (1 - after) == pytest.approx(before / (1 - before) * value[0] / leak, rel=1e-9)


def test_the_interval_holds_the_value_and_widens_with_the_ranges() -> None:
    judgement = judge(NETWORK, {"twitching_calf": PRESENT}, setting="primary_care", age=40, sex="male")
    assert (judgement.low <= judgement.probability).all()
    assert (judgement.probability <= judgement.high).all()
    assert (judgement.high - judgement.low).max() > 0.1


def odds_told(lab: str, finding: str, value: str | float, unit: str | None = None) -> float:
    """Log odds that what was told of one blood result lends to a finding."""
    case = Case(labs=(Lab(name=lab, value=value, unit=unit),))
    understood = gathered(case, NETWORK)
    assert understood.contradictions == ()
    weights = understood.observed[finding]
    return float(np.log(max(weights.if_present, 1e-9)) - np.log(max(weights.if_absent, 1e-9)))


LABS = {code for code, each in NETWORK.knowledge.findings.items() if each.kind == "lab"}
WORDED = [
    (lab.code, word, state)
    for lab in NETWORK.knowledge.labs.values()
    for word, state in (("low", lab.low_finding), ("high", lab.high_finding))
    if state in LABS and interval_of(lab, word, SEVERE) is not None
]


@pytest.mark.parametrize(("lab", "word", "state"), WORDED)
def test_a_graded_word_counts_as_a_number_of_its_interval_and_more_if_worse(
    lab: str, word: str, state: str
) -> None:
    definition = NETWORK.knowledge.labs[lab]
    plain = odds_told(lab, state, word)
    slight, moderate, severe = (
        odds_told(lab, state, f"{grade} {word}") for grade in ("slightly", "moderately", "severely")
    )
    assert slight <= plain + 1e-9
    assert slight <= moderate + 1e-9 <= severe + 2e-9
    number = definition.number
    for levels, said in ((MODERATE, moderate), (SEVERE, severe)):
        ends = interval_of(definition, word, levels)
        at_ends = [odds_told(lab, state, value, number.unit) for value in ends if value > 0]
        if len(at_ends) == 2 and not any(each.finding != state for each in number.thresholds if each.sex):
            assert min(at_ends) - 1e-6 <= said <= max(at_ends) + 1e-6


def test_a_slightly_low_potassium_says_less_and_a_severely_low_one_more_of_the_cause() -> None:
    def low(value: str) -> float:
        observed = gathered(Case(labs=(Lab(name="potassium", value=value),)), NETWORK).observed
        return probability(observed, "hypokalaemia")

    assert low("slightly low") == pytest.approx(low("low"))
    assert low("low") < 0.5 < 0.95 < low("moderately low") <= low("severely low")
    named = gathered(Case(findings=(Finding(name="severe hypokalaemia"),)), NETWORK).observed
    assert probability(named, "hypokalaemia") == pytest.approx(low("severely low"))
