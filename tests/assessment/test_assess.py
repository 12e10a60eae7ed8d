"""The whole assessment: its laws, and what it promises the reader."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from datetime import date
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myolens.assessment import Assessment, assess_many, posterior
from myolens.assessment import assess as assess_with
from myolens.assessment.explanation import MOST_CHECKED
from myolens.case import Case, Finding, Lab
from myolens.knowledge.loading import load
from myolens.knowledge.model import UrgencyLevel

KNOWLEDGE = load()
assess = partial(assess_with, knowledge=KNOWLEDGE)
SAYABLE = sorted(c for c, d in KNOWLEDGE.findings.items() if d.answer == "yes_no" and d.kind != "medicine")
WARNINGS = sorted(c for c, d in KNOWLEDGE.findings.items() if d.safety and d.answer == "yes_no")

DESK = Case(
    id="desk-worker",
    age=41,
    sex="female",
    findings=(
        Finding(name="twitching_arms", site="left biceps", since="12 days"),
        Finding(name="neck_pain"),
        Finding(name="weakness", present=False),
        Finding(name="caffeine_intake", value=500, unit="mg/day"),
    ),
    labs=(Lab(name="potassium", value=2.9, unit="mmol/L"),),
    medicines=("salbutamol",),
)


def as_bytes(result: Assessment) -> bytes:
    return json.dumps(result.to_json(), ensure_ascii=False).encode()


def answers(draw_from: list[str], most: int) -> st.SearchStrategy[dict[str, bool]]:
    return st.dictionaries(st.sampled_from(draw_from), st.booleans(), max_size=most)


def case_of(given_answers: dict[str, bool], **more: object) -> Case:
    findings = tuple(Finding(name=name, present=present) for name, present in given_answers.items())
    return Case.model_validate({"findings": findings, **more})


def test_the_document_has_the_agreed_keys_and_covers_every_cause_in_order() -> None:
    document = assess(DESK).to_json()
    assert document["schema"] == "myolens.assessment/1"
    keys = {
        "id",
        "urgency",
        "causes",
        "unrecognised",
        "questions",
        "tests",
        "care",
        "cautions",
        "course",
        "sources",
    }
    assert keys <= set(document)
    assert {cause["cause"] for cause in document["causes"]} == set(KNOWLEDGE.causes)
    probabilities = [cause["probability"] for cause in document["causes"]]
    assert probabilities == sorted(probabilities, reverse=True)
    assert document["urgency"]["level"] in {level.value for level in UrgencyLevel}


def test_every_source_named_can_be_followed() -> None:
    document = assess(DESK).to_json()

    def named(node: object) -> set[str]:
        if isinstance(node, dict):
            own = set(node["sources"]) if isinstance(node.get("sources"), list) else set()
            return own.union(*(named(value) for value in node.values()))
        return set().union(*(named(value) for value in node)) if isinstance(node, list) else set()

    assert named(document) == set(document["sources"])
    assert all(line["citation"] for line in document["sources"].values())


def test_the_same_case_gives_the_same_bytes() -> None:
    assert as_bytes(assess(DESK)) == as_bytes(assess(DESK))
    day = date(2026, 3, 1)
    assert as_bytes(assess(DESK, today=day)) == as_bytes(assess(DESK, today=day))


@settings(max_examples=12, deadline=None)
@given(answers(SAYABLE, 8), st.integers(0, 999))
def test_the_order_of_findings_changes_nothing(given_answers: dict[str, bool], seed: int) -> None:
    case = case_of(given_answers, age=50, sex="male")
    shuffled = list(case.findings)
    random.Random(seed).shuffle(shuffled)
    assert as_bytes(assess(case)) == as_bytes(assess(case.model_copy(update={"findings": tuple(shuffled)})))


@settings(max_examples=10, deadline=None)
@given(answers(SAYABLE, 6), st.sampled_from(SAYABLE))
def test_an_unknown_finding_changes_nothing(given_answers: dict[str, bool], other: str) -> None:
    case = case_of({name: value for name, value in given_answers.items() if name != other})
    unknown = case.model_copy(update={"findings": (*case.findings, Finding(name=other, present=None))})
    before, after = assess(case).to_json(), assess(unknown).to_json()
    for key in ("causes", "checked_for", "urgency", "care", "cautions", "questions", "tests", "course"):
        assert before[key] == after[key], key


@settings(max_examples=12, deadline=None)
@given(answers(SAYABLE, 6), st.sampled_from(WARNINGS))
def test_a_further_warning_sign_never_lowers_the_urgency(
    given_answers: dict[str, bool], warning: str
) -> None:
    without = {name: value for name, value in given_answers.items() if value and name != warning}
    before, after = assess(case_of(without)), assess(case_of({**without, warning: True}))
    fired = max((rule.level.rank for rule in before.urgency.rules if "probable" not in rule.id), default=0)
    assert after.urgency.level.rank >= fired


@settings(max_examples=12, deadline=None)
@given(answers(SAYABLE, 8))
def test_probabilities_and_intervals_are_valid(given_answers: dict[str, bool]) -> None:
    for cause in assess(case_of(given_answers)).causes:
        assert 0 <= cause.low <= cause.probability <= cause.high <= 1


def test_with_nothing_known_it_says_so_and_does_not_send_home() -> None:
    result = assess(Case())
    assert not result.urgency.enough
    assert result.urgency.level is UrgencyLevel.ROUTINE
    assert "Too little is known" in result.urgency.headline
    assert result.urgency.not_asked
    assert result.questions[0].safety


def test_answering_the_safety_questions_makes_it_enough() -> None:
    case = Case(age=30, sex="male", findings=(Finding(name="twitching_eyelid", since="3 days"),))
    for _ in range(30):
        result = assess(case)
        if result.urgency.enough:
            break
        denied = tuple(Finding(name=q.finding, present=False) for q in result.questions if q.safety)
        assert denied, "not enough is known, yet nothing is asked"
        case = case.model_copy(update={"findings": (*case.findings, *denied)})
    assert result.urgency.enough
    assert result.urgency.level is UrgencyLevel.SELF_CARE


def test_soft_evidence_of_a_recording_moves_less_than_a_sure_finding() -> None:
    def probability(strength: float | None) -> float:
        finding = Finding(name="emg_fibrillations", source="recording", strength=strength)
        return {c.cause: c.probability for c in assess(Case(age=60, findings=(finding,))).causes}[
            "motor_neuron_disease"
        ]

    nothing = {c.cause: c.probability for c in assess(Case(age=60)).causes}["motor_neuron_disease"]
    assert nothing < probability(1.0) < probability(3.0) < probability(None)


@pytest.mark.parametrize("slight", [{"name": "weakness", "value": "mild"}, {"name": "mild weakness"}])
def test_something_slight_weighs_less_for_causes_and_as_much_for_urgency(slight: dict[str, str]) -> None:
    def weak(*findings: Finding) -> Assessment:
        return assess(Case(age=60, findings=findings))

    def chance(result: Assessment) -> float:
        return next(c.probability for c in result.causes if c.cause == "myasthenia_gravis")

    plain, mild = weak(Finding(name="weakness")), weak(Finding.model_validate(slight))
    assert chance(weak()) < chance(mild) < chance(plain)
    assert mild.urgency.level is plain.urgency.level


def test_the_same_case_gives_the_same_bytes_in_another_process() -> None:
    """Sets and dictionaries of strings are ordered by a hash that differs between processes."""
    case = case_of(
        {"twitching_calf": True, "twitching_arms": True, "anxiety": True}, medicines=("sertraline",)
    )
    script = (
        "import json, sys; from myolens import Case, assess;"
        "case = Case.model_validate_json(sys.argv[1]);"
        "sys.stdout.buffer.write(json.dumps(assess(case).to_json(), ensure_ascii=False).encode())"
    )
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    told = subprocess.run(
        [sys.executable, "-c", script, case.model_dump_json()],
        env=os.environ | {"PYTHONHASHSEED": seed},
        capture_output=True,
        check=True,
    )
    assert told.stdout == as_bytes(assess(case))


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_labs_medicines_and_repeated_findings_changes_nothing(seed: int) -> None:
    findings = [
        Finding(name="weakness", since="3 days"),
        Finding(name="weakness", present=False),
        Finding(name="feeling weak", site="left arm"),
        Finding(name="caffeine_intake", value=100, unit="mg/day"),
        Finding(name="caffeine_intake", value=600, unit="mg/day"),
        Finding(name="twitching_calf"),
    ]
    labs = [
        Lab(name="potassium", value=2.4, unit="mmol/L"),
        Lab(name="potassium", value="low"),
        Lab(name="potassium", value=4.3, unit="mmol/L"),
        Lab(name="calcium", value=2.3, unit="mmol/L"),
    ]
    medicines = ["sertraline", "salbutamol", "furosemide"]
    plain = Case(findings=tuple(findings), labs=tuple(labs), medicines=tuple(medicines))
    mixed = random.Random(seed)
    for each in (findings, labs, medicines):
        mixed.shuffle(each)
    other = Case(findings=tuple(findings), labs=tuple(labs), medicines=tuple(medicines))
    assert as_bytes(assess(plain)) == as_bytes(assess(other))


def test_at_most_so_many_serious_causes_are_checked_for_the_most_feared_first() -> None:
    denied = dict.fromkeys(["weakness", "muscle_wasting", "dysphagia", "numbness", "ptosis"], False)
    checked = assess(case_of({"twitching_calf": True, **denied}, age=40, sex="male")).checked_for
    assert len(checked) == MOST_CHECKED
    assert checked[0].cause == "motor_neuron_disease"
    assert all(KNOWLEDGE.causes[each.cause].serious for each in checked)


def test_findings_that_call_for_help_are_no_evidence_for_a_cause() -> None:
    result = assess(case_of({"suicidal_thoughts": True, "anxiety": True}))
    assert result.urgency.level.rank >= UrgencyLevel.URGENT_DAYS.rank
    assert "suicidal_thoughts" not in {each.finding for cause in result.causes for each in cause.evidence}


def test_the_clinician_reads_the_same_in_technical_terms() -> None:
    findings = (
        Finding(name="hand_weakness"),
        Finding(name="muscle_wasting"),
        Finding(name="numbness", present=False),
        Finding(name="tremor"),
        Finding(name="tremor", present=False),
    )
    result = assess(Case(age=60, sex="male", findings=findings))
    text = " ".join(result.clinician)
    assert result.urgency.level.value in text
    assert all(rule.id in text for rule in result.urgency.rules)
    by_code = {cause.cause: cause for cause in result.causes}
    for code in result.fit.leading:
        cause = by_code[code]
        assert f"{cause.name}" in text
        assert f"{cause.probability:.3f} ({cause.prior:.4f})" in text
    assert "Numbness" in text.split("Relevant negatives:")[1]
    assert "tremor: no; tremor: yes" in text
    assert result.tests[0].name in text
    early = assess(Case())
    assert any("too few findings" in line for line in early.clinician)


def test_a_proposal_that_was_refused_is_not_made_again() -> None:
    case = Case(complaint="My left eyelid has been twitching for two weeks. No weakness.")
    proposed = {each.finding for each in assess(case).proposed}
    refused = assess(case.model_copy(update={"refused": tuple(sorted(proposed))}))
    assert refused.proposed == ()
    assert not any("proposed" in limit for limit in refused.limits)


def test_what_is_not_understood_is_listed_with_the_nearest() -> None:
    result = assess(Case(findings=(Finding(name="twiching of the eyelidd"), Finding(name="xyzzy plugh"))))
    assert [each.name for each in result.unrecognised if each.kind == "finding"][-1] == "xyzzy plugh"
    assert any("not understood" in limit for limit in result.limits)


def test_text_is_only_proposed_until_it_is_trusted() -> None:
    case = Case(complaint="My left eyelid has been twitching for two weeks. No weakness.")
    careful, trusting = assess(case), assess(case, trust_text=True)
    assert {each.finding for each in careful.proposed} >= {"twitching_eyelid", "weakness"}
    assert [c.probability for c in careful.causes] == [c.probability for c in assess(Case()).causes]
    assert trusting.causes[0].cause == "eyelid_myokymia"
    assert trusting.proposed == ()


@pytest.mark.parametrize(
    "findings",
    [
        {"twitching_calf": True, "weakness": False},
        {"hand_weakness": True, "muscle_wasting": True, "hyperreflexia": True, "twitching_tongue": True},
        {"breathless_at_rest": True},
    ],
)
def test_no_absolute_reassurance_and_no_alarm(findings: dict[str, bool]) -> None:
    result = assess(case_of(findings, age=55, sex="male"))
    own = [
        result.urgency.headline,
        *result.urgency.safety_net,
        *result.explanation,
        *result.limits,
        *(cause.words for cause in result.causes),
        *(each.words for each in result.checked_for),
    ]
    text = " ".join(own).lower()
    for phrase in (
        "ruled out",
        "you don't have",
        "you do not have",
        "nothing to worry",
        "deadly",
        "ominous",
        "0 of 100",
    ):
        assert f" {phrase}" not in text, phrase


def test_serious_causes_are_checked_for_with_their_signs_unless_likely() -> None:
    calm = assess(
        case_of({"twitching_calf": True, "weakness": False, "muscle_wasting": False}, age=30, sex="male")
    )
    motor_neuron = next(each for each in calm.checked_for if each.cause == "motor_neuron_disease")
    assert motor_neuron.words == "Fewer than 1 in 100 people with answers like yours."
    assert "absent" in {status for _, status in motor_neuron.signs}
    signs = {"hand_weakness", "muscle_wasting", "hyperreflexia", "twitching_tongue", "weakness_progressive"}
    grave = assess(case_of(dict.fromkeys(sorted(signs), True), age=66, sex="male"))
    assert grave.causes[0].cause == "motor_neuron_disease"
    assert "motor_neuron_disease" not in {each.cause for each in grave.checked_for}


def test_evidence_adds_up_for_a_cause_with_one_finding() -> None:
    result = assess(case_of({"radiotherapy_neck_chest": True}))
    cause = next(c for c in result.causes if c.cause == "plexopathy")
    (evidence,) = [each for each in cause.evidence if each.finding == "radiotherapy_neck_chest"]
    alone = next(c for c in assess(Case()).causes if c.cause == "plexopathy")

    def odds(probability: float) -> float:
        return probability / (1 - probability)

    assert 2**evidence.bits == pytest.approx(odds(cause.probability) / odds(alone.probability), rel=1e-3)


def test_beyond_the_reach_bounds_are_given_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    case = case_of(
        dict.fromkeys(["weakness", "fatigue", "paraesthesia", "anxiety", "muscle_cramps", "tremor"], True)
    )
    exact = {c.cause: c.probability for c in assess(case).causes}
    monkeypatch.setattr(posterior, "MAXIMUM_FRONTIER", 5)
    result = assess(case)
    assert any("bounds" in limit for limit in result.limits)
    for cause in result.causes:
        assert cause.low - 1e-12 <= exact[cause.cause] <= cause.high + 1e-12
        assert cause.evidence == ()


def test_dates_are_counted_from_the_day_given() -> None:
    case = case_of({"twitching_eyelid": True, "weakness": False, "stress": True}, age=30)
    assert "2026" in assess(case, today=date(2026, 3, 1)).course.text
    assert "2026" not in assess(case).course.text


def test_many_cases_come_out_as_one_by_one() -> None:
    cases = [DESK, Case(id="b"), case_of({"tremor": True}, id="c")]
    assert [as_bytes(each) for each in assess_many(cases, knowledge=KNOWLEDGE)] == [
        as_bytes(assess(case)) for case in cases
    ]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.builds(
            Finding,
            name=st.one_of(st.sampled_from(SAYABLE), st.text(min_size=1, max_size=30)),
            present=st.one_of(st.none(), st.booleans()),
            value=st.one_of(st.none(), st.floats(-1e6, 1e6), st.text(max_size=12)),
            unit=st.one_of(st.none(), st.text(max_size=8)),
            site=st.one_of(st.none(), st.text(max_size=12)),
            since=st.one_of(st.none(), st.text(max_size=12)),
            strength=st.one_of(st.none(), st.floats(-20, 20)),
        ),
        max_size=6,
    ),
    st.lists(
        st.builds(Lab, name=st.sampled_from(sorted(KNOWLEDGE.labs)), value=st.floats(-1e9, 1e9)), max_size=4
    ),
    st.lists(st.text(max_size=20), max_size=3),
    st.text(max_size=200),
)
def test_whatever_is_typed_gets_an_honest_answer(findings, labs, medicines, complaint) -> None:
    case = Case(findings=tuple(findings), labs=tuple(labs), medicines=tuple(medicines), complaint=complaint)
    result = assess(case, trust_text=True)
    assert len(result.causes) == len(KNOWLEDGE.causes)
    assert json.loads(json.dumps(result.to_json(), allow_nan=False))
