"""The words of the causes: plain, calm, readable, and the example of the documentation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from myolens.knowledge.loading import load
from myolens.knowledge.model import Cause, Knowledge


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load()


def test_words_are_plain_and_calm(knowledge: Knowledge) -> None:
    alarming = re.compile(
        r"ominous|deadly|fatal|terrifying|ruled out|sinister|horrific|hopeless", re.IGNORECASE
    )
    american = re.compile(
        r"\b(color|anemia|edema|tumor|hypokalemia|center|behavior|fiber)s?\b", re.IGNORECASE
    )
    for cause in knowledge.causes.values():
        for each in (cause.summary, *cause.where, *cause.worse, *cause.better, *cause.corrections):
            assert not alarming.search(each.text), each.text
            assert not american.search(each.text), each.text
        sentences = re.split(r"(?<=[.:;])\s+", cause.summary.text)
        longest = max(len(sentence.split()) for sentence in sentences)
        assert longest <= 26, cause.code


def grade(text: str) -> float:
    """Flesch-Kincaid grade, syllables counted as groups of vowels [Kincaid 1975]."""
    sentences = max(1, len(re.findall(r"[.!?:;]+", text)))
    words = re.findall(r"[A-Za-z]+", text)
    syllables = 0
    for word in words:
        groups = len(re.findall(r"[aeiouy]+", word.lower()))
        silent = word.lower().endswith("e") and not word.lower().endswith("le") and groups > 1
        syllables += max(1, groups - silent)
    return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59


def test_texts_can_be_read_at_about_twelve_years(knowledge: Knowledge) -> None:
    """A grade of 7 is an age of 12; single texts may stand out because of names such as magnesium."""
    for texts in (
        {code: cause.summary.text for code, cause in knowledge.causes.items()},
        {code: cause.mechanism.text for code, cause in knowledge.causes.items()},
        {code: measure.text for code, measure in knowledge.care.items() if measure.kind != "clinician"},
        {rule.id: f"{rule.because} {rule.action}" for rule in knowledge.triage},
    ):
        grades = {code: grade(text) for code, text in texts.items()}
        assert sum(grades.values()) / len(grades) <= 7.5
        assert max(grades.values()) <= 12, max(grades, key=lambda code: grades[code])


def test_the_example_of_the_documentation_is_a_cause(knowledge: Knowledge) -> None:
    import yaml

    text = (Path(__file__).parents[2] / "docs" / "causes.md").read_text(encoding="utf-8")
    example = Cause.model_validate(yaml.safe_load(text.split("```yaml\n")[1].split("```")[0]))
    shipped = knowledge.causes[example.code]
    assert example.prior == shipped.prior
    stated = {each.finding: each for each in shipped.findings}
    assert all(stated[each.finding] == each for each in example.findings)
    assert {risk.finding for risk in example.risks} <= {risk.finding for risk in shipped.risks}
    assert {*example.tests, *example.care} <= {*shipped.tests, *shipped.care}
