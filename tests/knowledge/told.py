"""Cases told in words, as the vocabulary tests put them."""

from __future__ import annotations

from datetime import date

from myolens.case import Case, Finding
from myolens.knowledge import load, recognise
from myolens.knowledge.recognised import Recognised

TODAY = date(2026, 11, 22)
KNOWLEDGE = load()


def said(*findings: Finding, **more: object) -> Recognised:
    case = Case.model_validate({"findings": findings, **more})
    return recognise(case, KNOWLEDGE, today=TODAY)


def named(name: str, **more: object) -> Recognised:
    return said(Finding.model_validate({"name": name, **more}))
