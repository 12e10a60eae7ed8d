"""What the two popular articles say, as cases: the cause they name, and what the evidence makes of it.

Each vignette names the statements of the articles (A01 … B21 of the knowledge base) it stands for.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from myolens.assessment import assess
from myolens.case import Case, Finding, Lab
from myolens.knowledge.loading import load
from myolens.knowledge.model import UrgencyLevel

KNOWLEDGE = load()
HOME, ROUTINE = UrgencyLevel.SELF_CARE, UrgencyLevel.ROUTINE
WEEKS, DAYS, NOW = UrgencyLevel.SOON_WEEKS, UrgencyLevel.URGENT_DAYS, UrgencyLevel.EMERGENCY


@dataclass(frozen=True)
class Vignette:
    statements: tuple[str, ...]
    cause: str
    urgency: tuple[UrgencyLevel, UrgencyLevel]
    care: tuple[str, ...]
    findings: str
    lasted: str | None = None
    labs: tuple[tuple[str, float, str], ...] = ()
    medicines: tuple[str, ...] = ()
    age: int = 35
    sex: str = "female"

    def case(self) -> Case:
        findings = [
            Finding(name=name.lstrip("-"), present=not name.startswith("-")) for name in self.findings.split()
        ]
        return Case(
            age=self.age,
            sex=self.sex,
            findings=tuple(findings),
            labs=tuple(Lab(name=name, value=value, unit=unit) for name, value, unit in self.labs),
            medicines=self.medicines,
            duration_of_twitching=self.lasted,
        )


VIGNETTES = {
    "overuse": Vignette(
        ("A06", "A28", "B02", "B04", "B16"),
        "muscle_fatigue",
        (HOME, ROUTINE),
        ("load_reduction", "gentle_stretching"),
        "exercise_heavy worse_after_exercise muscle_pain twitching_arms -weakness",
        "1 day",
    ),
    "coffee": Vignette(
        ("A10", "A32", "B07", "B17"),
        "caffeine_stimulant",
        (HOME, ROUTINE),
        ("reduce_caffeine",),
        "high_caffeine_intake worse_with_caffeine jitteriness -weakness",
        "2 days",
    ),
    "stress": Vignette(
        ("A02", "A09", "A22", "A38"),
        "stress_anxiety",
        (HOME, ROUTINE),
        ("stress_reduction", "stop_rechecking"),
        "stress anxiety worse_with_stress twitching_migrating -weakness",
        "5 days",
    ),
    "short nights": Vignette(
        ("A17", "A36", "B09", "B17"),
        "sleep_deprivation",
        (HOME, ROUTINE),
        ("sleep_regularly",),
        "short_sleep twitching_eyelid fatigue -weakness",
        "3 days",
    ),
    "heat": Vignette(
        ("A11", "A20"),
        "dehydration",
        (HOME, WEEKS),
        ("drink_to_thirst",),
        "heat_or_sweating_exposure thirst low_fluid_intake muscle_cramps dizziness",
        "1 day",
    ),
    "low potassium": Vignette(
        ("A08", "A13", "A21", "A29", "B06"),
        "hypokalaemia",
        (DAYS, NOW),
        ("potassium_replacement", "no_potassium_loading"),
        "weakness muscle_cramps twitching_legs palpitations",
        labs=(("potassium", 2.8, "mmol/L"),),
        medicines=("furosemide",),
        age=60,
    ),
    "low magnesium": Vignette(
        ("A08", "A14", "A29"),
        "hypomagnesaemia",
        (DAYS, NOW),
        ("magnesium_replacement",),
        "twitching muscle_cramps tremor",
        labs=(("magnesium", 0.42, "mmol/L"),),
        medicines=("omeprazole",),
        age=60,
    ),
    "low calcium": Vignette(
        ("A08", "A12", "B05"),
        "hypocalcaemia",
        (NOW, NOW),
        ("calcium_replacement",),
        "perioral_paraesthesia carpopedal_spasm neck_surgery",
        age=50,
    ),
    "pinched nerve": Vignette(
        ("A07", "A30", "A37", "B10", "B11", "B12"),
        "cervical_radiculopathy",
        (ROUTINE, WEEKS),
        ("neck_care",),
        "neck_pain arm_pain_radiating numbness_thumb_index twitching_arms worse_with_neck_movement desk_work",
        age=50,
    ),
    "carpal tunnel": Vignette(
        ("A07", "A15", "A26"),
        "entrapment_neuropathy",
        (ROUTINE, WEEKS),
        ("night_splint",),
        "hand_numbness_at_night numbness_thumb_index twitching_thenar repetitive_use",
        age=45,
    ),
    "diabetic nerves": Vignette(
        ("A16", "A31"),
        "peripheral_neuropathy",
        (ROUTINE, WEEKS),
        ("no_heat_on_numb_skin",),
        "diabetes numbness_feet twitching_calf ankle_reflex_absent",
        age=60,
    ),
    "antidepressant": Vignette(
        ("B01", "B08"),
        "drug_induced",
        (WEEKS, DAYS),
        ("no_sudden_stop",),
        "medicine_started_or_changed tremor jerks",
        medicines=("sertraline",),
    ),
    "inhaler": Vignette(
        ("B08",),
        "drug_induced",
        (ROUTINE, WEEKS),
        ("no_sudden_stop",),
        "tremor twitching_hand",
        medicines=("salbutamol",),
    ),
    "last drink": Vignette(
        ("B07",),
        "alcohol_withdrawal",
        (DAYS, NOW),
        ("alcohol_do_not_stop_alone",),
        "alcohol_stopped_recently heavy_alcohol_use tremor sweating anxiety insomnia",
        age=50,
    ),
    "lack of B12": Vignette(
        ("A18", "A41"),
        "b12_deficiency",
        (ROUTINE, WEEKS),
        (),
        "paraesthesia numbness_feet ataxia glossitis vegan_diet",
        labs=(("vitamin b12", 90.0, "pmol/L"),),
        age=70,
    ),
    "overactive thyroid": Vignette(
        ("A41",),
        "hyperthyroidism",
        (ROUTINE, DAYS),
        (),
        "tremor palpitations weight_loss heat_intolerance sweating",
        labs=(("TSH", 0.01, "mU/L"),),
    ),
    "weak, thin and brisk": Vignette(
        ("A03", "A42", "B13", "B15", "B19"),
        "motor_neuron_disease",
        (WEEKS, NOW),
        ("see_neurologist",),
        "twitching_arms hand_weakness muscle_wasting weakness_progressive hyperreflexia -numbness",
        age=62,
        sex="male",
    ),
    "years of twitching, normal examination": Vignette(
        ("A01", "A02", "A04", "A24", "A33", "B13"),
        "benign_fasciculation",
        (ROUTINE, ROUTINE),
        ("name_it_and_explain",),
        "twitching_calf twitching_migrating -abnormal_neurological_examination -weakness -muscle_wasting",
        "8 months",
        sex="male",
    ),
    "drooping lids": Vignette(
        ("B14",),
        "myasthenia_gravis",
        (WEEKS, NOW),
        (),
        "ptosis diplopia weakness_fatigable",
    ),
}


@pytest.mark.parametrize("name", VIGNETTES)
def test_vignette(name: str) -> None:
    vignette = VIGNETTES[name]
    result = assess(vignette.case(), knowledge=KNOWLEDGE)
    assert result.unrecognised == ()
    assert vignette.cause in [cause.cause for cause in result.causes[:2]]
    least, most = vignette.urgency
    assert least.rank <= result.urgency.level.rank <= most.rank, result.urgency.rules
    assert set(vignette.care) <= {advice.care for advice in result.care}
    assert set(vignette.statements) <= {statement.id for statement in KNOWLEDGE.statements}


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
