"""What the two popular articles say, as cases: the cause they name, and what the evidence makes of it."""

from __future__ import annotations

import pytest
from tests.assessment.vignettes import VIGNETTES

from myolens.assessment import assess
from myolens.case import Case, Finding
from myolens.knowledge.loading import load

KNOWLEDGE = load()


@pytest.mark.parametrize("name", VIGNETTES)
def test_vignette(name: str) -> None:
    vignette = VIGNETTES[name]
    result = assess(vignette.case(), knowledge=KNOWLEDGE)
    assert result.unrecognised == ()
    assert vignette.cause in [cause.cause for cause in result.causes[:2]]
    least, most = vignette.urgency
    assert least.rank <= result.urgency.level.rank <= most.rank, result.urgency.rules
    given = {advice.care for advice in result.care}
    assert set(vignette.care) <= given
    assert not set(vignette.withheld) & given
    assert set(vignette.statements) <= {statement.id for statement in KNOWLEDGE.statements}


MECHANISMS = {
    "A05": ("benign_fasciculation", "nerve fibre", "fire on their own"),
    "A12": ("hypocalcaemia", "calcium"),
    "A39": ("benign_fasciculation", "one motor unit"),
    "A40": ("stress_anxiety", "adrenaline"),
    "B02": ("muscle_fatigue", "nerve ends"),
    "B03": ("muscle_fatigue", "nerve ends"),
}
"""Statements on how twitching arises, and words of the mechanism the knowledge base gives instead."""


@pytest.mark.parametrize("statement", MECHANISMS)
def test_mechanism_of_a_statement(statement: str) -> None:
    code, *words = MECHANISMS[statement]
    cause = KNOWLEDGE.causes[code]
    assert code in next(each for each in KNOWLEDGE.statements if each.id == statement).causes
    assert all(word in cause.mechanism.text.lower() for word in words)


def test_lactate_and_torn_fibres_are_no_mechanism() -> None:
    """B02 and B03: neither is given as a reason; the corrections say so."""
    for cause in KNOWLEDGE.causes.values():
        assert not {"lactate", "lactic", "tear", "torn"} & set(cause.mechanism.text.lower().split())
    corrections = " ".join(each.text for each in KNOWLEDGE.causes["muscle_fatigue"].corrections)
    assert "Lactate is not the reason" in corrections


def test_nothing_promises_to_prevent_motor_neuron_disease() -> None:
    """A27 is rejected: early diagnosis helps care and does not stop the disease."""
    result = assess(VIGNETTES["weak, thin and brisk"].case(), knowledge=KNOWLEDGE)
    assert "mnd_care" in {advice.care for advice in result.care}
    assert not any("prevent" in advice.text.lower() for advice in result.care)
    assert "does not prevent the disease" in KNOWLEDGE.causes["motor_neuron_disease"].course.text


COVERED_ELSEWHERE = {"A27"}


def test_every_statement_has_a_vignette() -> None:
    """Each of the 63 statements is tried on a case, on a mechanism, or in a test of its own."""
    tried = {name for vignette in VIGNETTES.values() for name in vignette.statements}
    tried |= set(MECHANISMS) | COVERED_ELSEWHERE
    assert tried == {statement.id for statement in KNOWLEDGE.statements}


HALF_LIVES = {
    "muscle_fatigue": (1, 3), "dehydration": (0.2, 1), "caffeine_stimulant": (1, 3),
    "stress_anxiety": (42, 42), "hypokalaemia": (2, 5), "hypomagnesaemia": (2, 5), "hypocalcaemia": (2, 5),
    "drug_induced": (7, 14),
    "alcohol_withdrawal": (3, 3), "hyperthyroidism": (42, 56), "b12_deficiency": (90, 90),
    "vitamin_d_deficiency": (14, 120), "cervical_radiculopathy": (42, 42),
    "entrapment_neuropathy": (365, 365),
    "peripheral_neuropathy": None, "benign_fasciculation": (180, 730), "cramp_fasciculation": (28, 56),
    "nerve_hyperexcitability": (28, 56), "motor_neuron_disease": None, "cervical_myelopathy": None,
    "sleep_deprivation": (1, 7),
}  # fmt: skip
"""Days in which half of those who will improve have improved (dossier §6); None: not expected to."""


@pytest.mark.parametrize(
    "code", sorted({vignette.cause for vignette in VIGNETTES.values()} - {"myasthenia_gravis"})
)
def test_duration_of_the_cause_of_a_vignette(code: str) -> None:
    half_life = KNOWLEDGE.causes[code].course.half_life_days
    expected = HALF_LIVES[code]
    if expected is None:
        assert half_life is None
    else:
        least, most = expected
        assert half_life is not None
        assert least <= half_life <= most


def course_of(name: str):
    return assess(VIGNETTES[name].case(), knowledge=KNOWLEDGE).course


def better_after(name: str, days: int) -> float:
    return next(point.improved for point in course_of(name).points if point.day == days)


def test_twitching_after_effort_fades_in_days() -> None:
    """A28: hours to days."""
    assert better_after("overuse", 7) > 0.5
    assert course_of("overuse").too_long_after_days <= 21


def test_twitching_with_coffee_eases_within_two_weeks() -> None:
    """A32: hours to days after cutting down."""
    assert better_after("coffee", 14) > 0.5


def test_a_pinched_nerve_takes_weeks_to_months() -> None:
    """A30."""
    assert better_after("pinched nerve", 7) < 0.3
    assert better_after("pinched nerve", 90) > 0.4


def test_benign_fasciculation_is_not_promised_to_end_soon() -> None:
    """A33 is corrected: 93 to 98 of 100 still twitch after months to years, about half improve."""
    assert better_after("years of twitching, normal examination", 28) < 0.4
    assert course_of("years of twitching, normal examination").points[-1].improved < 0.8


def test_damaged_nerves_improve_slowly_if_at_all() -> None:
    """A31."""
    assert better_after("diabetic nerves", 28) < 0.25


def test_myasthenia_is_not_a_cause_of_twitching_by_itself() -> None:
    """B14 is rejected: twitching does not raise it."""
    case = Case(findings=(Finding(name="visible_fasciculations"),))
    result = next(c for c in assess(case, knowledge=KNOWLEDGE).causes if c.cause == "myasthenia_gravis")
    assert result.probability <= result.prior * 1.5


def test_numbness_speaks_against_motor_neuron_disease() -> None:
    """A37 in the light of the dossier: numbness points to a root or nerve."""

    def probability(numb: bool) -> float:
        signs = (Finding(name="hand_weakness"), Finding(name="sensory_loss", present=numb))
        result = assess(Case(age=60, findings=signs), knowledge=KNOWLEDGE)
        return next(c.probability for c in result.causes if c.cause == "motor_neuron_disease")

    assert probability(True) < probability(False)


def test_felt_weakness_weighs_less_than_tested_weakness() -> None:
    """A third of people with benign fasciculation feel weak."""

    def probability(name: str) -> float:
        result = assess(
            Case(age=40, findings=(Finding(name="twitching_arms"), Finding(name=name))), knowledge=KNOWLEDGE
        )
        return next(c.probability for c in result.causes if c.cause == "motor_neuron_disease")

    assert probability("weakness") < 0.05
    assert probability("weakness_on_examination") > probability("weakness")
