"""The examples of the documentation run and their names exist."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from myolens.case import Case, Finding
from myolens.knowledge import Knowledge, recognise
from myolens.knowledge.model import FindingDefinition, GradedFinding, Medicine, TriageRule

DOCS = Path(__file__).resolve().parents[2] / "docs"


def blocks(page: str, language: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_python_of_the_vocabulary_page_runs() -> None:
    for block in blocks("vocabulary.md", "python"):
        exec(compile(block, "vocabulary.md", "exec"), {})


def test_yaml_of_the_knowledge_page_is_valid(knowledge: Knowledge) -> None:
    entries = [yaml.safe_load(block) for block in blocks("knowledge.md", "yaml")]
    (finding,), grades, (medicine,), (rule,) = entries
    weakness, tested = (GradedFinding.model_validate(each) for each in grades)
    shipped_weakness = knowledge.severities["weakness"]
    assert weakness.severity == shipped_weakness.severity
    assert set(weakness.severe_when) < set(shipped_weakness.severe_when)
    assert tested == knowledge.severities["weakness_on_examination"]
    assert FindingDefinition.model_validate(finding).code in knowledge.findings
    assert Medicine.model_validate(medicine).code in knowledge.medicines
    shipped = next(each for each in knowledge.triage if each.id == rule["id"])
    assert TriageRule.model_validate(rule).when == shipped.when


def test_names_of_the_vocabulary_page_are_understood(knowledge: Knowledge) -> None:
    for name, codes in {
        "muscle jumping": {"twitching"},
        "weakness of the grip": {"hand_weakness"},
        "low serum potassium": {"low_potassium"},
        "progressive hand weakness": {"hand_weakness", "weakness_progressive"},
        "bilateral leg weakness": {"leg_weakness", "both_sides", "weakness_symmetric"},
        "numbness of both feet": {"numbness_feet"},
        "quadriceps_wasting": {"wasting_leg"},
    }.items():
        found = recognise(Case(findings=(Finding(name=name),)), knowledge)
        assert codes <= found.present, name
