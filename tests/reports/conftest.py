"""A recording, an analysis and an assessment small enough to check by eye."""

from __future__ import annotations

import pytest
from tests.small import small_analysis, small_recording

from myolens.assessment.result import Assessment
from myolens.case import Case
from myolens.emg.analysis import Analysis
from myolens.recording import Recording


@pytest.fixture(scope="session")
def recording() -> Recording:
    return small_recording()


@pytest.fixture(scope="session")
def analysis() -> Analysis:
    return small_analysis()


@pytest.fixture(scope="session")
def case() -> Case:
    return Case(id="<b>worried</b>", age=41, sex="female", complaint="It won't stop & it's <i>odd</i>.")


@pytest.fixture(scope="session")
def assessment() -> Assessment:
    cause = {
        "prior": 0.12,
        "serious": False,
        "lookalike": False,
        "technical": "Ectopic axonal discharge.",
        "icd10": ["R25.3"],
        "mechanism": "One motor unit fires by itself.",
        "sources": ["Fil18"],
    }
    evidence = [
        {
            "finding": "weakness",
            "label": "Weakness",
            "present": False,
            "bits": 0.4,
            "strength": "measured",
            "sources": ["Fil18"],
        },
        {
            "finding": "numbness",
            "label": "Numbness",
            "present": True,
            "bits": -1.25,
            "strength": "estimate",
            "sources": ["NG127"],
        },
    ]
    return Assessment.model_validate(
        {
            "id": "worried",
            "knowledge_version": "test",
            "setting": "primary_care",
            "urgency": {
                "level": "soon_weeks",
                "headline": "See your GP within 2 weeks.",
                "rules": [
                    {
                        "id": "r1",
                        "level": "soon_weeks",
                        "because": ["twitching for 3 weeks"],
                        "action": "Book a visit.",
                        "sources": ["NG127"],
                    }
                ],
                "safety_net": ["You cannot do a button you could do a month ago"],
                "not_asked": ["Do you have trouble swallowing?"],
                "enough": False,
            },
            "causes": [
                {
                    "cause": "benign_fasciculation",
                    "name": "Benign fasciculation",
                    "plain_name": "Harmless twitching",
                    "probability": 0.62,
                    "low": 0.5,
                    "high": 0.74,
                    "words": "About 62 of 100.",
                    "summary": "A nerve ending is irritable.",
                    "evidence": evidence,
                    **cause,
                },
                {
                    "cause": "motor_neuron_disease",
                    "name": "Motor neuron disease",
                    "plain_name": "Motor neurone disease",
                    "probability": 0.0004,
                    "low": 0.0001,
                    "high": 0.002,
                    "words": "Fewer than 1 of 100.",
                    "summary": "Nerve cells are lost.",
                    "evidence": [],
                    **cause,
                },
            ],
            "checked_for": [
                {
                    "cause": "motor_neuron_disease",
                    "name": "Motor neurone disease",
                    "words": "fewer than 1 in 100",
                    "signs": [["weakness", "absent"], ["swallowing", "not said"]],
                    "sources": ["NG127"],
                }
            ],
            "unrecognised": [
                {
                    "name": "flurble",
                    "kind": "finding",
                    "reason": "not in the vocabulary",
                    "nearest": ["fatigue"],
                }
            ],
            "understood": [
                {
                    "finding": "numbness",
                    "label": "Numbness",
                    "present": True,
                    "value": None,
                    "source": "story",
                    "given_as": "numb fingers",
                }
            ],
            "questions": [
                {
                    "finding": "caffeine",
                    "text": "How much coffee a day?",
                    "why": "It can cause twitching.",
                    "safety": False,
                    "bits": 0.2,
                    "cost": 1,
                    "kind": "habit",
                }
            ],
            "tests": [
                {
                    "test": "potassium",
                    "name": "Potassium in blood",
                    "why": "A low value is treatable.",
                    "bits": 0.1,
                    "results": [["low", "points to a lack"]],
                    "sources": ["NG127"],
                }
            ],
            "care": [
                {
                    "care": "sleep",
                    "name": "Sleep",
                    "kind": "do",
                    "horizon": "today",
                    "text": "Seven hours.",
                    "amount": "7 h",
                    "expect": "days",
                    "evidence": "no trial",
                    "strength": "estimate",
                    "for_causes": ["benign_fasciculation"],
                    "sources": ["Fil18"],
                }
            ],
            "cautions": [
                {"text": "No potassium tablets.", "because": ["kidney disease"], "sources": ["NG127"]}
            ],
            "course": {
                "text": "Half improve within a year.",
                "points": [
                    {"day": d, "improved": d / 400, "low": d / 800, "high": d / 300}
                    for d in range(0, 210, 30)
                ],
                "review_in_days": 28,
                "too_long_after_days": 90,
                "per_cause": [["Harmless twitching", "months to years"]],
                "sources": ["Fil18"],
            },
            "clinician": ["Fasciculation without weakness."],
            "explanation": ["Twitching without weakness is nearly always harmless."],
            "limits": ["No examination was done."],
            "sources": {
                "Fil18": {"citation": "Filippakis 2018", "url": "https://doi.org/10.1002/mus.26193"},
                "NG127": {"citation": "NICE NG127", "url": None},
            },
        }
    )
