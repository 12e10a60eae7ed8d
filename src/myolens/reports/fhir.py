"""The answer as a FHIR R4 document bundle, for records that take one.

Causes are RiskAssessments with a probability, never Conditions: the program does not
diagnose. Codes are LOINC where the knowledge base names one, otherwise text.
Structure after HL7 FHIR R4 (4.0.1), resources Bundle, Composition, Patient, Observation,
MedicationStatement, RiskAssessment, DetectedIssue and Device.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from myolens.assessment.result import Assessment
from myolens.case import Case
from myolens.emg.analysis import Analysis
from myolens.emg.size import counted_of
from myolens.knowledge.model import UrgencyLevel
from myolens.reports.examined import Examined
from myolens.reports.page import likely_causes, recording_sentence

SEVERITY = {
    UrgencyLevel.EMERGENCY: "high",
    UrgencyLevel.URGENT_DAYS: "high",
    UrgencyLevel.SOON_WEEKS: "moderate",
    UrgencyLevel.ROUTINE: "low",
    UrgencyLevel.SELF_CARE: "low",
}
UCUM = "http://unitsofmeasure.org"
UCUM_CODES = {"mmol/L", "mg/dL", "ug/L", "ng/L", "pmol/L", "nmol/L", "U/L", "mg/L", "mmol/mol", "%"}


def bundle(
    assessment: Assessment,
    case: Case,
    examined: Sequence[Examined] = (),
    *,
    loinc: dict[str, str] | None = None,
    now: datetime | None = None,
) -> dict[str, Any]:
    """Return a FHIR R4 document bundle as plain data.

    Parameters
    ----------
    assessment, case : Assessment, Case
        The answer and what it answers.
    examined : sequence of Examined
        Analysed recordings.
    loinc : dict, optional
        LOINC code by the name a lab is given under.
    now : datetime, optional
        Time stamp; the current time when None.
    """
    stamp = (now or datetime.now(UTC)).isoformat(timespec="seconds")
    patient = _entry(case.id, "Patient", 0, _patient(case))
    subject = {"reference": patient["fullUrl"]}
    device = _entry(case.id, "Device", 0, _device(assessment))
    labs = [
        _entry(
            case.id, "Observation", place, _lab(lab.name, lab.value, lab.unit, subject, loinc or {}, stamp)
        )
        for place, lab in enumerate(case.labs)
        if lab.value is not None
    ]
    rates = [
        _entry(case.id, "Observation", 1000 + place, _rate(item.analysis, subject, stamp))
        for place, item in enumerate(examined)
    ]
    medicines = [
        _entry(
            case.id,
            "MedicationStatement",
            place,
            {"status": "active", "medicationCodeableConcept": {"text": name}, "subject": subject},
        )
        for place, name in enumerate(case.medicines)
    ]
    risk = _entry(case.id, "RiskAssessment", 0, _risk(assessment, subject, stamp))
    issues = [
        _entry(
            case.id,
            "DetectedIssue",
            place,
            {
                "status": "final",
                "severity": SEVERITY[rule.level],
                "patient": subject,
                "identifiedDateTime": stamp,
                "detail": f"{rule.action} Because: {'; '.join(rule.because)}.",
                "code": {"text": rule.id},
            },
        )
        for place, rule in enumerate(assessment.urgency.rules)
    ]
    sections = [
        ("Urgency", issues, assessment.urgency.headline),
        ("What could explain it", [risk], " ".join(assessment.explanation)),
        ("Recordings", rates, " ".join(recording_sentence(item.analysis) for item in examined)),
        ("Laboratory values", labs, ""),
        ("Medicines", medicines, ""),
    ]
    composition = {
        "status": "final",
        "type": {"coding": [{"system": "http://loinc.org", "code": "11503-0", "display": "Medical records"}]},
        "subject": subject,
        "date": stamp,
        "author": [{"reference": device["fullUrl"]}],
        "title": "Muscle twitching: what was found",
        "section": [_section(*section) for section in sections if section[1] or section[2]],
    }
    entries = [
        _entry(case.id, "Composition", 0, composition),
        patient,
        device,
        *issues,
        risk,
        *rates,
        *labs,
        *medicines,
    ]
    return {
        "resourceType": "Bundle",
        "type": "document",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": _urn(case.id, "Bundle", 0)},
        "timestamp": stamp,
        "entry": entries,
    }


def _urn(case_id: str, kind: str, place: int) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'myolens:{case_id}:{kind}:{place}')}"


def _entry(case_id: str, kind: str, place: int, resource: dict[str, Any]) -> dict[str, Any]:
    return {"fullUrl": _urn(case_id, kind, place), "resource": {"resourceType": kind} | resource}


def _section(title: str, entries: list[dict[str, Any]], words: str) -> dict[str, Any]:
    section: dict[str, Any] = {"title": title}
    if words:
        from html import escape

        section["text"] = {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{escape(words)}</p></div>',
        }
    if entries:
        section["entry"] = [{"reference": entry["fullUrl"]} for entry in entries]
    return section


def _patient(case: Case) -> dict[str, Any]:
    patient: dict[str, Any] = {"identifier": [{"value": case.id}]}
    if case.sex:
        patient["gender"] = case.sex
    return patient


def _device(assessment: Assessment) -> dict[str, Any]:
    from myolens import __version__

    return {
        "deviceName": [{"name": "Myolens", "type": "user-friendly-name"}],
        "version": [{"value": __version__}, {"value": f"knowledge {assessment.knowledge_version}"}],
    }


def _lab(
    name: str,
    value: float | str | None,
    unit: str | None,
    subject: dict[str, str],
    loinc: dict[str, str],
    stamp: str,
) -> dict[str, Any]:
    code: dict[str, Any] = {"text": name}
    if name in loinc:
        code["coding"] = [{"system": "http://loinc.org", "code": loinc[name]}]
    observation = {"status": "final", "code": code, "subject": subject, "issued": stamp}
    if isinstance(value, str):
        return observation | {"valueString": value}
    quantity: dict[str, Any] = {"value": value}
    if unit:
        quantity["unit"] = unit
        if unit in UCUM_CODES:
            quantity |= {"system": UCUM, "code": unit}
    return observation | {"valueQuantity": quantity}


def _rate(analysis: Analysis, subject: dict[str, str], stamp: str) -> dict[str, Any]:
    observation: dict[str, Any] = {
        "status": "final",
        "code": {"text": "Fasciculation potentials per minute at rest"},
        "subject": subject,
        "issued": stamp,
        "method": {"text": analysis.kind.replace("_", " ")},
        "note": [{"text": f"{analysis.recording}: {recording_sentence(analysis)}"}],
    }
    if analysis.muscle:
        observation["bodySite"] = {"text": analysis.muscle}
    rate = counted_of(analysis).rate_per_min
    if rate is None:
        reason = {"text": "nothing could be counted"}
        return observation | {"dataAbsentReason": reason}
    per_minute = {"unit": "/min", "system": UCUM, "code": "/min"}
    bounds = [
        {
            "code": {"text": f"{rate.level:.0%} interval, {word} bound"},
            "valueQuantity": {"value": v} | per_minute,
        }
        for word, v in (("lower", rate.low), ("upper", rate.high))
    ]
    return observation | {"valueQuantity": {"value": rate.value} | per_minute, "component": bounds}


def _risk(assessment: Assessment, subject: dict[str, str], stamp: str) -> dict[str, Any]:
    return {
        "status": "final",
        "subject": subject,
        "occurrenceDateTime": stamp,
        "method": {
            "text": f"Leaky noisy-OR over coexisting causes, knowledge {assessment.knowledge_version}"
        },
        "prediction": [
            {
                "outcome": {"text": cause.name},
                "probabilityDecimal": round(cause.probability, 4),
                "rationale": f"{cause.words} Range {cause.low:.3f} to {cause.high:.3f}.",
            }
            for cause in likely_causes(assessment)
        ],
    }
