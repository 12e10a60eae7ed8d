"""A recording, an analysis and an assessment small enough to check by eye."""

from __future__ import annotations

import numpy as np
import pytest

from myolens.assessment.result import Assessment
from myolens.case import Case
from myolens.emg.analysis import Analysis, Estimate, Event, Quality, Unit
from myolens.recording import Channel, ChannelKind, Recording, Span

RATE = 1000.0
SECONDS = 60.0


def potential(rate: float = RATE) -> np.ndarray:
    t = np.arange(-0.015, 0.015, 1 / rate)
    return -t / 0.004 * np.exp(0.5 - (t / 0.004) ** 2 / 2)


@pytest.fixture(scope="session")
def recording() -> Recording:
    rng = np.random.default_rng(5)
    values = rng.normal(0, 4, (2, int(SECONDS * RATE)))
    for time in event_times():
        at = int(time * RATE)
        values[0, at - 15 : at + 15] += 120 * potential()[:30]
        values[1, at - 15 : at + 15] += 50 * potential()[:30]
    channels = [Channel(f"EMG {n}", "uV", ChannelKind.SURFACE_EMG, gain=0.5) for n in (1, 2)]
    return Recording.from_array(
        np.round(values * 2).astype(np.int16), RATE, channels, source="two-channels.edf"
    )


def event_times() -> list[float]:
    return [3.0, 9.5, 17.25, 30.0, 41.5, 52.125]


@pytest.fixture(scope="session")
def analysis() -> Analysis:
    events = tuple(
        Event(time, 1 if place % 2 else 2, "EMG 1", 146.0, 29.5) for place, time in enumerate(event_times())
    )
    template = np.stack([120 * potential(), 50 * potential()]).astype(np.float32)
    units = tuple(Unit(n, 3, 3.3, "EMG 1", template, RATE, 0.05, 12.0) for n in (1, 2))
    return Analysis(
        recording="two-channels.edf",
        kind="surface_emg",
        muscle="biceps",
        rate=RATE,
        channels=("EMG 1", "EMG 2"),
        positions_mm=((0.0, 0.0), (0.0, 8.0)),
        seconds=SECONDS,
        analysed_seconds=55.0,
        events=events,
        units=units,
        rate_per_min=Estimate(6.5, 2.4, 14.2),
        excluded=(Span(20.0, 25.0, "voluntary activity"),),
        quality=Quality("good", 4.0, 24.0),
    )


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
