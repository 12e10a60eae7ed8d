"""Everything a person reads: no codes, no stumbling, no alarm and no absolute comfort, and easy to read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from benchmarks.cases.__main__ import case_of
from tests.assessment.readability import LONGEST_SENTENCE, faults, grade, sentences, syllables, words
from tests.assessment.test_vignettes import VIGNETTES

from myolens.assessment import Assessment, assess
from myolens.case import Case, Finding
from myolens.knowledge.loading import load
from myolens.knowledge.model import Cause

KNOWLEDGE = load()
KINDS_GRADE, TEXT_GRADE, ANSWER_GRADE = 6.5, 11.0, 7.0
"""Largest Flesch–Kincaid grades: of all texts of one kind together (a reader of twelve is in grade 6
to 7), of any single text, and of a whole answer."""


def _glossary() -> frozenset[str]:
    """Long words in the names of findings, causes, tests, medicines and sites: the terms explained."""
    tables = (
        KNOWLEDGE.causes,
        KNOWLEDGE.findings,
        KNOWLEDGE.labs,
        KNOWLEDGE.medicines,
        KNOWLEDGE.sites,
        KNOWLEDGE.tests,
    )
    names = [each.name for table in tables for each in table.values()]
    names += [cause.plain_name for cause in KNOWLEDGE.causes.values()]
    substances = [each for each in KNOWLEDGE.findings.values() if each.kind in {"medicine", "exposure"}]
    names += [name for each in (*KNOWLEDGE.medicines.values(), *substances) for name in each.synonyms]
    terms = {word.lower() for name in names for word in words(name) if syllables(word) >= 3}
    return frozenset(terms | {f"{term}s" for term in terms})


GLOSSARY = _glossary()
_RATED = 12
"""A text of fewer words has no meaningful grade of its own."""


def texts_of_knowledge() -> Iterator[tuple[str, str, str]]:
    """Kind, code and text of everything that the knowledge base says to the person."""
    for code, cause in KNOWLEDGE.causes.items():
        yield "cause name", code, cause.plain_name
        yield "cause summary", code, cause.summary.text
        yield "cause mechanism", code, cause.mechanism.text
        yield "cause course", code, cause.course.text
        for kind in ("where", "worse", "better", "corrections"):
            yield from ((f"cause {kind}", code, each.text) for each in getattr(cause, kind))
    for code, finding in KNOWLEDGE.findings.items():
        yield "finding name", code, finding.name
        if finding.ask:
            yield "finding definition", code, finding.definition
            yield "question", code, finding.ask
            yield "question reason", code, finding.why_ask
    for rule in KNOWLEDGE.triage:
        yield "rule reason", rule.id, rule.because
        yield "rule action", rule.id, rule.action
    for code, lab in KNOWLEDGE.labs.items():
        yield from (("critical value", code, each.text) for each in lab.critical)
    for code, measure in KNOWLEDGE.care.items():
        yield "care name", code, measure.name
        yield "care for clinicians" if measure.kind == "clinician" else "care text", code, measure.text
        yield "care amount", code, measure.amount
        yield "care expectation", code, measure.expect
        yield from (("care caution", code, each.caution) for each in measure.unless)
    for code, test in KNOWLEDGE.tests.items():
        yield "test text", code, test.plain.text
        yield from (("test result", code, each.meaning) for each in test.results)


def texts_of_answer(result: Assessment) -> Iterator[tuple[str, str]]:
    """Where and what of everything lay in an answer."""
    yield "headline", result.urgency.headline
    yield from (("safety net", line) for line in result.urgency.safety_net)
    for rule in result.urgency.rules:
        yield f"rule {rule.id}", rule.action
        yield from ((f"rule {rule.id} because", reason) for reason in rule.because)
    yield from (("explanation", line) for line in result.explanation)
    yield from (("limit", line) for line in result.limits)
    yield "fit", f"{result.fit.heading}. {result.fit.text}"
    yield from ((f"cause {each.cause}", each.words) for each in result.causes)
    yield from ((f"checked {each.cause}", each.words) for each in result.checked_for)
    for question in result.questions:
        yield f"question {question.finding}", question.text
        yield f"question {question.finding} why", question.why
    for test in result.tests:
        yield from ((f"test {test.test} result", meaning) for _, meaning in test.results)
    for care in result.care:
        yield f"care {care.care}", " ".join(part for part in (care.text, care.amount, care.expect) if part)
    yield from (("caution", each.text) for each in result.cautions)
    yield "course", result.course.text


def prototype(cause: Cause) -> Case:
    """A person with the five commonest findings of a cause that can be asked, and its first risk."""
    asked = [each for each in cause.findings if KNOWLEDGE.findings[each.finding].ask]
    asked = sorted(asked, key=lambda effect: -effect.value)[:5]
    codes = [effect.finding for effect in asked] + [risk.finding for risk in cause.risks[:1]]
    findings = tuple(Finding(name=code) for code in codes if KNOWLEDGE.findings[code].answer == "yes_no")
    return Case(id=cause.code, age=50, sex="female", findings=findings)


LISTS = (
    *("You told us", "You said this", "Reason:", "Speaking for", "Speaking against", "Two answers"),
    *("This is about:", "one of these is true of you:"),
)
"""What comes after these repeats findings and is as long as their list."""


def long_sentences(text: str) -> list[str]:
    before = ["", *sentences(text)]
    return [
        sentence
        for last, sentence in pairwise(before)
        if len(words(sentence)) > LONGEST_SENTENCE
        and not any(each in last or sentence.startswith(each) for each in LISTS)
    ]


def check(where: str, result: Assessment) -> list[str]:
    found = []
    for place, text in texts_of_answer(result):
        wrong = [fault for fault in faults(text) if not fault.startswith("sentence")]
        found += [f"{where} {place}: {fault}: {text}" for fault in wrong]
        found += [f"{where} {place}: long: {sentence}" for sentence in long_sentences(text)]
    easy = grade(result.explanation, glossary=GLOSSARY)
    return [*found, *([f"{where}: grade {easy:.1f}"] if easy > ANSWER_GRADE else [])]


def test_formula_and_splitting_on_a_known_text() -> None:
    """One-syllable words in sentences of five: 0.39 · 5 + 11.8 · 1 − 15.59 = −1.84."""
    assert grade(["The cat sat on mats. The dog ran to us."]) == pytest.approx(-1.84)
    hard = "Paradoxical depolarisation inactivates voltage-dependent channels."
    assert grade([hard]) > 15
    assert [syllables(word) for word in ("make", "wanted", "muscle", "idea", "twitches", "walked")] == [
        1, 2, 2, 2, 2, 1,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Take takes_opioid.", "code"),
        ("It ends here..", "punctuation"),
        ("It is , odd.", "punctuation"),
        ("This is ruled out.", "wording"),
        ("A deadly sign.", "wording"),
        (" ".join(["word"] * (LONGEST_SENTENCE + 1)), "sentence"),
    ],
)
def test_each_fault_is_found(text: str, fault: str) -> None:
    assert any(each.startswith(fault) for each in faults(text))


def test_texts_of_the_knowledge_base_are_plain() -> None:
    bad = [
        f"{kind} {code}: {fault}: {text}"
        for kind, code, text in texts_of_knowledge()
        for fault in faults(text)
    ]
    assert bad == []


def test_texts_of_the_knowledge_base_are_easy_to_read() -> None:
    kinds: dict[str, list[str]] = {}
    hard = []
    for kind, code, text in texts_of_knowledge():
        kinds.setdefault(kind, []).append(text)
        rated = len(words(text)) >= _RATED and kind != "care for clinicians"
        if rated and grade([text], glossary=GLOSSARY) > TEXT_GRADE:
            hard.append(f"{kind} {code}: {text}")
    assert hard == []
    grades = {kind: grade(texts, glossary=GLOSSARY) for kind, texts in kinds.items()}
    assert {kind: value for kind, value in grades.items() if value > KINDS_GRADE} == {}


@pytest.mark.parametrize("group", sorted({cause.group for cause in KNOWLEDGE.causes.values()}))
def test_answers_about_every_cause_are_plain(group: str) -> None:
    bad = []
    for cause in KNOWLEDGE.causes.values():
        if cause.group == group:
            result = assess(prototype(cause), knowledge=KNOWLEDGE, today=date(2026, 3, 1))
            bad += check(cause.code, result)
    assert bad == []


def test_answers_of_the_vignettes_and_of_nothing_are_plain() -> None:
    bad = check("nothing", assess(Case(), knowledge=KNOWLEDGE))
    for name, vignette in VIGNETTES.items():
        bad += check(name, assess(vignette.case(), knowledge=KNOWLEDGE))
    assert bad == []


def test_answers_of_the_published_cases_are_plain(shared: Path) -> None:
    bad = []
    for line in (shared / "cases" / "cases.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        bad += check(row["id"], assess(case_of(row, full=True), knowledge=KNOWLEDGE, trust_text=True))
    assert bad == []


@pytest.mark.parametrize(
    ("names", "said"),
    [(("blarg",), "One of the things you gave was"), (("blarg", "frotz"), "2 of the things")],
)
def test_one_thing_was_and_two_were_not_understood(names: tuple[str, ...], said: str) -> None:
    told = (Finding(name="twitching calf"), *(Finding(name=name) for name in names))
    assert any(limit.startswith(said) for limit in assess(Case(age=40, findings=told)).limits)
