"""Names as people read them: abbreviations in capitals, at the start of a line and inside a sentence."""

from __future__ import annotations

import re

import pytest

from myolens.assessment.care import care_plan
from myolens.assessment.triage import Facts
from myolens.assessment.words import lowered
from myolens.knowledge.loading import load
from myolens.knowledge.model import UrgencyLevel

KNOWLEDGE = load()
ABBREVIATIONS = (
    *("ACE", "ALS", "B6", "B12", "CK", "CSF", "CT", "DNA", "ECG", "EEG", "EMG", "ESR", "GLP", "HIV", "LGI1"),
    *(
        "MAO",
        "MCV",
        "MMA",
        "MND",
        "MRI",
        "NCS",
        "PPI",
        "PTH",
        "QT",
        "SNRI",
        "SSRI",
        "T3",
        "T4",
        "TSH",
        "VGKC",
    ),
)
NAMES = {
    code: definition.name
    for part in (KNOWLEDGE.findings, KNOWLEDGE.labs, KNOWLEDGE.medicines, KNOWLEDGE.causes, KNOWLEDGE.tests)
    for code, definition in part.items()
}
QUESTIONS = {code: definition.ask for code, definition in KNOWLEDGE.findings.items() if definition.ask}
_SMALL = re.compile(rf"\b(?:{'|'.join(ABBREVIATIONS)})\b", re.IGNORECASE)


def small(text: str) -> list[str]:
    """Abbreviations that lost their capitals."""
    return [found for found in _SMALL.findall(text) if found not in ABBREVIATIONS]


@pytest.mark.parametrize("lower", [False, True], ids=["as it is", "inside a sentence"])
def test_names_keep_abbreviations_in_capitals(lower: bool) -> None:
    shown = {code: lowered(name) if lower else name for code, name in NAMES.items()}
    assert {code: name for code, name in shown.items() if small(name)} == {}


def test_questions_keep_abbreviations_in_capitals() -> None:
    assert {code: ask for code, ask in QUESTIONS.items() if small(ask)} == {}


def test_names_of_findings_begin_with_a_capital() -> None:
    assert [d.name for d in KNOWLEDGE.findings.values() if not d.name[0].isupper()] == []


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("Takes an ACE inhibitor or sartan", "takes an ACE inhibitor or sartan"),
        ("HbA1c", "HbA1c"),
        ("MRI of the neck", "MRI of the neck"),
        ("Hoffmann sign", "Hoffmann sign"),
        ("Anti-GM1 antibodies", "anti-GM1 antibodies"),
        ("A single fall or knock", "a single fall or knock"),
        ("pH", "pH"),
    ],
)
def test_inside_a_sentence_only_a_plain_first_word_is_small(name: str, inside: str) -> None:
    assert lowered(name) == inside


def test_cautions_of_the_care_plan_keep_abbreviations_and_plain_words() -> None:
    """Each question that must come first, for every measure there is."""
    labels = {code: d.name for part in (KNOWLEDGE.findings, KNOWLEDGE.labs) for code, d in part.items()}
    cautions = [
        caution.text
        for cause in KNOWLEDGE.causes
        for caution in care_plan(
            KNOWLEDGE, Facts(), {cause: 0.9}, labels, level=UrgencyLevel.ROUTINE
        ).cautions
    ]
    text = "\n".join(cautions)
    assert "ACE inhibitor" in text and "MRI" in text
    assert [caution for caution in cautions if small(caution)] == []
    for jargon in ("signs of the upper motor neuron", "cord compression"):
        assert jargon not in text.lower()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("signs of the upper motor neuron", "upper_motor_neuron_signs"),
        ("signs of the lower motor neuron", "lower_motor_neuron_signs"),
        ("cord compression on MRI", "mri_cord_compression"),
        ("root compression on MRI", "mri_root_compression"),
        ("getting worse over weeks to years", "symptoms_progressive"),
    ],
)
def test_the_clinical_name_is_still_understood(said: str, code: str) -> None:
    named = {name.lower() for name in (KNOWLEDGE.findings[code].name, *KNOWLEDGE.findings[code].synonyms)}
    assert said.lower() in named
