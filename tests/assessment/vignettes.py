"""People as the two popular articles describe them: one vignette for each thing a statement says of a case.

Each vignette names the statements of the articles (A01 … B21 of the knowledge base) it stands for.
"""

from __future__ import annotations

from dataclasses import dataclass

from myolens.case import Case, Finding, Lab
from myolens.knowledge.model import UrgencyLevel

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
    withheld: tuple[str, ...] = ()

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
    "little calcium in the food": Vignette(
        ("B18",),
        "hypocalcaemia",
        (DAYS, DAYS),
        ("calcium_foods", "magnesium_foods"),
        "restrictive_diet muscle_cramps twitching",
        labs=(("calcium", 2.05, "mmol/L"),),
    ),
    "little calcium in the food, weak kidneys": Vignette(
        ("B18",),
        "hypocalcaemia",
        (DAYS, NOW),
        ("no_magnesium_with_ckd",),
        "restrictive_diet muscle_cramps twitching kidney_disease",
        labs=(("calcium", 2.05, "mmol/L"),),
        withheld=("magnesium_foods",),
    ),
    "low potassium, poor food": Vignette(
        ("A21", "A35"),
        "hypokalaemia",
        (WEEKS, DAYS),
        ("potassium_foods", "electrolytes_first"),
        "muscle_cramps restrictive_diet",
        labs=(("potassium", 3.3, "mmol/L"),),
    ),
    "low potassium, weak kidneys": Vignette(
        ("A21", "A35"),
        "hypokalaemia",
        (DAYS, NOW),
        ("no_potassium_loading", "no_magnesium_with_ckd"),
        "muscle_cramps weakness kidney_disease vomiting_or_diarrhoea",
        labs=(("potassium", 2.9, "mmol/L"),),
        withheld=("potassium_foods", "magnesium_foods"),
    ),
    "heat, drinks with salts": Vignette(
        ("A34",),
        "dehydration",
        (HOME, ROUTINE),
        ("salt_after_sweat", "coconut_water"),
        "heat_or_sweating_exposure thirst low_fluid_intake muscle_cramps dizziness",
        "1 day",
    ),
    "heat, weak kidneys": Vignette(
        ("A34",),
        "dehydration",
        (ROUTINE, WEEKS),
        ("no_forced_fluids",),
        "heat_or_sweating_exposure thirst low_fluid_intake muscle_cramps kidney_disease",
        "1 day",
        withheld=("salt_after_sweat", "coconut_water"),
    ),
    "lack of vitamin D": Vignette(
        ("A19",),
        "vitamin_d_deficiency",
        (ROUTINE, WEEKS),
        ("vitamin_d_replacement",),
        "bone_pain proximal_weakness muscle_pain",
        labs=(("vitamin_d", 12.0, "nmol/L"),),
        age=60,
    ),
    "sore after effort": Vignette(
        ("B20", "B21"),
        "muscle_fatigue",
        (HOME, HOME),
        ("warmth", "no_self_muscle_relaxants"),
        "exercise_heavy muscle_pain twitching_arms -weakness -dark_urine",
        "1 day",
    ),
    "numb feet, no hot packs": Vignette(
        ("B20",),
        "peripheral_neuropathy",
        (ROUTINE, WEEKS),
        ("no_heat_on_numb_skin",),
        "diabetes numbness_feet sensory_loss twitching_calf ankle_reflex_absent",
        age=60,
        withheld=("warmth",),
    ),
    "clumsy hands and a stiff neck": Vignette(
        ("A23",),
        "cervical_myelopathy",
        (WEEKS, DAYS),
        ("no_neck_manipulation", "surgery_referral"),
        "clumsy_hands gait_disturbance lhermitte_sign neck_pain hyperreflexia",
        age=65,
        withheld=("gentle_stretching",),
    ),
    "cramps and twitches for two years": Vignette(
        ("A25", "B21"),
        "cramp_fasciculation",
        (ROUTINE, ROUTINE),
        ("no_self_muscle_relaxants", "no_quinine", "membrane_stabiliser"),
        "muscle_cramps cramps_with_exercise twitching_calf visible_fasciculations -weakness",
        "2 years",
        age=40,
        withheld=("magnesium_foods", "magnesium_replacement"),
    ),
    "rippling that goes on in sleep": Vignette(
        ("A05",),
        "nerve_hyperexcitability",
        (WEEKS, DAYS),
        ("membrane_stabiliser", "tumour_search"),
        "rippling_muscle muscle_cramps muscle_stiffness sweating twitching_continues_in_sleep",
        age=45,
    ),
    "pinched nerve": Vignette(
        ("A07", "A23", "A30", "A37", "B10", "B11", "B12"),
        "cervical_radiculopathy",
        (ROUTINE, WEEKS),
        ("neck_care", "gentle_stretching"),
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
