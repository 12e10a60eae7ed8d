"""Free text in ordinary talk: everyday words are no symptoms, what is feared is not what somebody has."""

from __future__ import annotations

import pytest
from tests.knowledge.told import KNOWLEDGE, TODAY, named

from myolens.assessment import Assessment, assess
from myolens.case import Case, Finding
from myolens.knowledge import propose


def read(text: str) -> dict[str, bool | None]:
    return {proposal.code: proposal.present for proposal in propose(text, KNOWLEDGE, today=TODAY)}


@pytest.mark.parametrize(
    "text",
    [
        "my fingers and lips tingle",
        "My lips and fingers tingle.",
        "tingling in my fingers and around my mouth",
        "tingling in the fingers and all around my lips",
        "pins and needles in my lips and fingers",
    ],
)
def test_tingling_lips_are_not_a_numb_face(text: str) -> None:
    assert set(read(text)) == {"perioral_paraesthesia", "hand_numbness", "paraesthesia"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("my lips are numb", "perioral_paraesthesia"),
        ("my lips tingle", "perioral_paraesthesia"),
        ("my cheek is numb", "facial_numbness"),
        ("my face tingles", "facial_numbness"),
    ],
)
def test_lips_and_the_rest_of_the_face_are_told_apart(text: str, code: str) -> None:
    assert set(read(text)) & {"perioral_paraesthesia", "facial_numbness"} == {code}


@pytest.mark.parametrize("family", ["numbness", "paraesthesia"])
def test_a_finding_that_tingling_is_read_as_says_so_in_its_name(family: str) -> None:
    """Whoever wrote "tingle" is shown a name that says tingling."""
    placed = [f for f in KNOWLEDGE.findings.values() if f.family == family and f.site]
    assert placed
    for finding in placed:
        assert "tingling" in finding.name.lower(), finding.code
        assert "numb" in finding.name.lower(), finding.code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("I am numb between my legs", "saddle_numbness"),
        ("tingling between my legs", "saddle_numbness"),
        ("my little finger tingles", "numbness_little_ring_finger"),
        ("my thumb and index finger tingle", "numbness_thumb_index"),
    ],
)
def test_the_place_of_numbness_or_tingling(text: str, code: str) -> None:
    assert read(text).get(code) is True, read(text)


def test_a_definition_of_numbness_or_tingling_is_named_so() -> None:
    both = [
        f
        for f in KNOWLEDGE.findings.values()
        if f.kind == "symptom"
        and f.definition.lower().startswith(("numbness or tingling", "tingling or numb"))
    ]
    assert {"numbness_thumb_index", "numbness_little_ring_finger", "hand_numbness"} <= {f.code for f in both}
    for finding in both:
        assert {"numb", "ting"} <= {word[:4] for word in finding.name.lower().split()}, finding.code


def _assessed(*names: str, age: int = 54, sex: str = "female") -> Assessment:
    findings = [Finding(name=name) for name in names]
    return assess(Case.model_validate({"age": age, "sex": sex, "findings": findings}), knowledge=KNOWLEDGE)


def test_tingling_lips_and_fingers_after_vomiting_are_no_wrist_nerve() -> None:
    """A woman of 54 who vomits and takes a water tablet: the salts come before the nerve at the wrist."""
    answer = _assessed(
        "vomiting", "takes_diuretic", "twitching_calf", "muscle_cramps", "dizziness", "perioral_paraesthesia",
        "tingling in the fingers of both hands",
    )  # fmt: skip
    chance = {cause.cause: cause.probability for cause in answer.causes}
    assert chance["entrapment_neuropathy"] < chance["hypomagnesaemia"]
    assert chance["entrapment_neuropathy"] < chance["hypocalcaemia"]


def test_overbreathing_explains_tingling_lips_and_fingers() -> None:
    answer = _assessed("perioral_paraesthesia", "tingling fingers", "hyperventilation", age=30)
    assert answer.causes[0].cause == "stress_anxiety"


def test_tingling_fingers_that_wake_at_night_are_still_the_wrist_nerve() -> None:
    answer = _assessed("tingling fingers", "hand_numbness_at_night", "twitching_thenar")
    assert answer.causes[0].cause == "entrapment_neuropathy"


@pytest.mark.parametrize(
    "text",
    [
        "I can still run and stand on my toes.",
        "I run every morning and he runs a company",
        "I can jump on one leg",
        "I sat down and my hearing aid fell out",
        "In the evening I watch football",
        "I shake hands with people and had a protein shake",
        "My nervous system is fine",
        "I am tired of waiting and sick of it",
        "I keep wasting time on this",
        "A grave concern, a short trip, a light lunch, a stiff drink",
        "My dog had a stroke and I stroke my cat",
        "My constant companion",
        "Freezing cold outside",
        "The eye exam and the fasting glucose were done",
        "There was a knock at the door",
        "Drinking water helps",
        "Climbing stairs is fine",
        "The wardrobe was fitted and I am fit and well",
        "My period is late and I had a cold last week",
        "The career aspirations of a patient friend",
        "I fell in love and keep falling asleep",
        "I write with my left hand",
        "I lost weight on purpose",
        "My phone keeps buzzing in my pocket",
        "I dropped my children at school",
    ],
)
def test_everyday_words_are_no_symptoms(text: str) -> None:
    assert read(text) == {}


def test_weak_coffee_is_coffee() -> None:
    assert set(read("I drink weak coffee")) == {"caffeine_intake"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("I have had the runs for two days", "diarrhoea"),
        ("I keep running to the toilet", "diarrhoea"),
        ("I had a fit", "seizure"),
        ("He fitted twice", "seizure"),
        ("my calf jumps", "twitching_calf"),
        ("there is a jumping in my thigh", "twitching_thigh"),
        ("my calf muscles jump with stress", "twitching_calf"),
        ("my hands shake", "tremor"),
        ("I have shaking hands", "tremor"),
        ("my legs are weak", "leg_weakness"),
        ("I am tired", "fatigue"),
        ("I am nervous all day", "anxiety"),
        ("She had a stroke", "stroke_history"),
        ("I keep falling", "falls"),
        ("I have lost weight", "weight_loss"),
        ("It is constant", "twitching_continuous"),
        ("constant twitching", "twitching_continuous"),
        ("I have been drinking", "alcohol_intake"),
        ("I do a lot of climbing", "exercise_heavy"),
        ("fever and chills", "shivering"),
        ("I have AIDS", "hiv"),
        ("I have Graves", "known_hyperthyroidism"),
    ],
)
def test_the_same_words_in_their_context_are(text: str, code: str) -> None:
    assert read(text).get(code) is True, read(text)


@pytest.mark.parametrize(
    "text",
    [
        "I am terrified of ALS",
        "I read about ALS and check my strength all day",
        "scared it is motor neurone disease",
        "googling all night",
        "I'm convinced I have MND",
        "I can't stop googling",
        "I spend hours googling",
        "I keep checking my calves",
        "I worry that this is Lou Gehrig's disease",
        "afraid of something serious",
        "My father had ALS and I am scared of it",
        "My biggest fear is motor neuron disease",
    ],
)
def test_fear_of_a_disease_in_peoples_own_words(text: str) -> None:
    found = read(text)
    assert found.get("health_anxiety") is True, found
    assert "mnd_known" not in found


@pytest.mark.parametrize(
    ("text", "present"),
    [
        ("I am not worried about ALS", False),
        ("I am not afraid of motor neuron disease", False),
        ("I have no fear of ALS", False),
        ("I am no longer worried about ALS", False),
        ("I stopped googling my symptoms", False),
        ("I have not stopped googling my symptoms", True),
        ("Should I be worried about ALS?", None),
    ],
)
def test_fear_denied_ended_or_asked(text: str, present: bool | None) -> None:
    assert read(text) == {"health_anxiety": present}


@pytest.mark.parametrize(
    "text",
    [
        "My wife is worried about ALS",
        "My mother is scared of cancer",
        "I was reading a novel all night",
        "I google recipes all night",
        "I like googling recipes",
        "I read about motor neuron disease",
        "I check my letter box every day",
    ],
)
def test_what_is_no_fear_of_ones_own(text: str) -> None:
    assert not {"health_anxiety", "mnd_known", "cancer_history"} & set(read(text))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("I worry about my cancer", "cancer_history"),
        ("anxiety, cancer, diabetes", "cancer_history"),
        ("I am scared because my father has motor neurone disease", "family_mnd"),
    ],
)
def test_a_disease_somebody_has_is_not_lost_to_the_fear(text: str, code: str) -> None:
    found = read(text)
    assert code in found
    assert "health_anxiety" not in found


def test_a_named_fear_is_understood_in_a_case() -> None:
    assert named("terrified of als").present >= {"health_anxiety"}
