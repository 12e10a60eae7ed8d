"""The knowledge base for reading: the table of names, and one entry in full with its sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from myolens.knowledge.model import (
    Cause,
    Condition,
    FindingDefinition,
    Knowledge,
    LabDefinition,
    Medicine,
    Probability,
    Sourced,
    Statement,
    Test,
)


def vocabulary_table(knowledge: Knowledge) -> list[dict[str, Any]]:
    """Return one row for every finding, lab, medicine and cause.

    Each row has ``kind`` (finding, lab, medicine, cause), ``code``, ``name``, ``synonyms``
    and ``unit`` (None where there is none); findings also have ``about`` (symptom, sign, ...).
    """
    rows: list[dict[str, Any]] = []
    for finding in knowledge.findings.values():
        unit = finding.number.unit if finding.number else None
        rows.append(
            _row("finding", finding, (*finding.synonyms, *finding.narrower), unit) | {"about": finding.kind}
        )
    rows += [_row("lab", lab, lab.synonyms, lab.number.unit) for lab in knowledge.labs.values()]
    rows += [_row("medicine", medicine, medicine.synonyms, None) for medicine in knowledge.medicines.values()]
    rows += [_row("cause", cause, cause.synonyms, None) for cause in knowledge.causes.values()]
    return rows


def _row(kind: str, item: Any, synonyms: Iterable[str], unit: str | None) -> dict[str, Any]:
    return {"kind": kind, "code": item.code, "name": item.name, "synonyms": list(synonyms), "unit": unit}


def show(knowledge: Knowledge, code: str) -> str:
    """Return everything known about a cause, finding, lab, medicine or test as text, sources at the end.

    An empty text means that no entry has this code.
    """
    page = _Page(knowledge)
    if code in knowledge.causes:
        _cause(page, knowledge.causes[code])
    elif code in knowledge.findings:
        _finding(page, knowledge.findings[code])
    elif code in knowledge.labs:
        _lab(page, knowledge.labs[code])
    elif code in knowledge.medicines:
        _medicine(page, knowledge.medicines[code])
    elif code in knowledge.tests:
        _test(page, knowledge.tests[code])
    else:
        return ""
    return page.text()


class _Page:
    """Lines of text that remember which sources they cite."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.lines: list[str] = []
        self.cited: dict[str, None] = {}

    def line(self, text: str = "", cited: Sourced | None = None) -> None:
        self.lines.append(text + (self.cite(cited.sources, cited.strength.value) if cited else ""))

    def cite(self, sources: Iterable[str], strength: str = "") -> str:
        """Return the mark put behind a figure, and remember its sources."""
        self.cited |= dict.fromkeys(sources)
        return f" [{', '.join(([strength] if strength else []) + list(sources))}]"

    def statements(self, title: str, statements: Iterable[Statement]) -> None:
        for number, statement in enumerate(statements):
            if number == 0:
                self.line()
                self.line(title)
            self.line(f"  {statement.text}", statement)

    def text(self) -> str:
        if self.cited:
            self.line()
            self.line("Sources")
            for source in self.cited:
                entry = self.knowledge.sources.get(source)
                where = (
                    (entry.doi and f"doi:{entry.doi}") or (entry.pmid and f"PMID {entry.pmid}") or entry.url
                    if entry
                    else ""
                )
                note = f" ({entry.note})" if entry and entry.note else ""
                self.line(
                    f"  {source}: {entry.citation if entry else 'unknown'} {where or ''}".rstrip() + note
                )
        return "\n".join(self.lines)


def _percent(probability: Probability) -> str:
    def percent(share: float) -> str:
        return f"{100 * share:.3g}"

    span = f"{percent(probability.low)} to {percent(probability.high)}"
    return f"{percent(probability.value)} % ({span})"


def _name(knowledge: Knowledge, code: str) -> str:
    finding = knowledge.findings.get(code)
    return f"{finding.name} ({code})" if finding else code


def _cause(page: _Page, cause: Cause) -> None:
    knowledge = page.knowledge
    page.line(f"{cause.name} ({cause.code})")
    page.line(f"  {cause.plain_name}; group {cause.group}" + ("; serious" if cause.serious else "")
              + ("; a look-alike" if cause.lookalike else ""))  # fmt: skip
    if cause.icd10:
        page.line(f"  ICD-10: {', '.join(cause.icd10)}")
    page.line(f"  {cause.summary.text}", cause.summary)
    page.line()
    page.line("Base rate among adults who report twitching")
    for setting, prior in cause.prior.items():
        page.line(f"  {setting.replace('_', ' ')}: {_percent(prior)}", prior)
    for factor in cause.age_sex:
        who = f"{factor.sex or 'any sex'}, {factor.age_from:g} to {factor.age_to:g} years"
        page.line(f"  odds × {factor.ratio:g} for {who}", factor)
    page.line()
    page.line("How often it comes with each finding, and how often others have that")
    for effect in sorted(cause.findings, key=lambda e: -e.value):
        finding = knowledge.findings.get(effect.finding)
        leak = f"; otherwise {_percent(finding.leak)}" if finding else ""
        page.line(f"  {_name(knowledge, effect.finding)}: {_percent(effect)}{leak}", effect)
    for risk in cause.risks:
        page.line(f"  odds × {risk.ratio:g} with {_name(knowledge, risk.finding)}", risk)
    for link in cause.links:
        page.line(f"  can lead to {link.cause}: {_percent(link)}", link)
    page.statements("Where", cause.where)
    page.statements("Worse with", cause.worse)
    page.statements("Better with", cause.better)
    _course(page, cause)
    page.statements("Corrections of popular statements", cause.corrections)
    for title, codes in (("Tests", cause.tests), ("Care", cause.care)):
        if codes:
            page.line()
            page.line(f"{title}: {', '.join(codes)}")


def _course(page: _Page, cause: Cause) -> None:
    page.line()
    page.line("Mechanism")
    page.line(f"  {cause.mechanism.text}", cause.mechanism)
    if cause.mechanism.technical:
        page.line(f"  {cause.mechanism.technical}")
    page.line()
    page.line("Course")
    page.line(f"  {cause.course.text}", cause.course)
    if cause.course.half_life_days is not None:
        page.line(f"  half of those who improve have done so after {cause.course.half_life_days:g} days")
    page.line(f"  improving: {100 * cause.course.improving:.3g} %; look again after "
              f"{cause.course.lasting_too_long_days:g} days")  # fmt: skip


def _finding(page: _Page, finding: FindingDefinition) -> None:
    knowledge = page.knowledge
    page.line(f"{finding.name} ({finding.code}), {finding.kind}")
    page.line(f"  {finding.definition}")
    if finding.ask:
        page.line(f"  Asked as: {finding.ask}")
        page.line(f"  Because: {finding.why_ask}")
    if finding.hpo:
        page.line(f"  Human Phenotype Ontology: {finding.hpo}")
    if finding.safety:
        page.line("  Bears on how soon to be seen: asked first.")
    page.line(f"  In people with twitching and none of its causes: {_percent(finding.leak)}", finding.leak)
    if finding.implies:
        page.line(f"  Implies: {', '.join(_name(knowledge, code) for code in finding.implies)}")
    if finding.number:
        page.line(
            f"  Counted in {finding.number.unit}, {finding.number.minimum:g} to {finding.number.maximum:g}"
        )
        for portion in finding.number.portions:
            page.line(f"  {portion.name}: {portion.amount:g} {finding.number.unit.split('/')[0]}", portion)
        for threshold in finding.number.thresholds:
            sign = "≥" if threshold.direction == "above" else "≤"
            page.line(f"  {sign} {threshold.cutoff:g}: {_name(knowledge, threshold.finding)}", threshold)
    page.line(f"  Also called: {', '.join(finding.synonyms)}")
    if finding.narrower:
        page.line(f"  Special cases: {', '.join(finding.narrower)}")
    if finding.opposites:
        page.line(f"  Absent when called: {', '.join(finding.opposites)}")
    _used_by(page, finding.code)


def _used_by(page: _Page, code: str) -> None:
    told = [(c, e) for c in page.knowledge.causes.values() for e in c.findings if e.finding == code]
    for number, (cause, effect) in enumerate(sorted(told, key=lambda pair: -pair[1].value)):
        if number == 0:
            page.line()
            page.line("How often with each cause")
        page.line(f"  {cause.name}: {_percent(effect)}", effect)
    for cause in page.knowledge.causes.values():
        for risk in cause.risks:
            if risk.finding == code:
                page.line(f"  multiplies the odds of {cause.name} by {risk.ratio:g}", risk)
    for rule in page.knowledge.triage:
        if code in set(_codes(rule.when)):
            page.line(f"  urgency rule {rule.id} ({rule.level.value}): {rule.because}", rule)


def _codes(condition: Condition) -> Iterator[str]:
    yield from (*condition.present, *condition.absent, *condition.any_present)
    for inner in (*condition.any_of, *condition.all_of, *condition.none_of):
        yield from _codes(inner)


def _lab(page: _Page, lab: LabDefinition) -> None:
    page.line(f"{lab.name} ({lab.code}), laboratory test in {lab.number.unit}")
    low = "" if lab.normal_low is None else f"{lab.normal_low:g}"
    high = "" if lab.normal_high is None else f"{lab.normal_high:g}"
    page.line(f"  Adult range {low}–{high} {lab.number.unit}" + page.cite(lab.range_sources))
    for unit, factor in lab.number.factors.items():
        offset = lab.number.offsets.get(unit)
        page.line(f"  1 {unit} = {factor:g} {lab.number.unit}" + (f", then {offset:+g}" if offset else ""))
    if lab.loinc:
        page.line(f"  LOINC: {', '.join(lab.loinc)}" + page.cite(["loinc"]))
    for critical in lab.critical:
        sign = "≤" if critical.direction == "at_or_below" else "≥"
        page.line(f"  {sign} {critical.value:g}: {critical.level.value}. {critical.text}", critical)
    for threshold in lab.number.thresholds:
        sign = "≥" if threshold.direction == "above" else "≤"
        who = f" ({threshold.sex})" if threshold.sex else ""
        page.line(
            f"  {sign} {threshold.cutoff:g}{who}: {_name(page.knowledge, threshold.finding)}", threshold
        )
    page.line(f"  Also called: {', '.join(lab.synonyms)}")


def _medicine(page: _Page, medicine: Medicine) -> None:
    page.line(f"{medicine.name} ({medicine.code}), medicine")
    page.line(f"  Class: {', '.join(code.replace('_', ' ') for code in medicine.classes)}"
              + page.cite(medicine.sources))  # fmt: skip
    page.line(f"  Stands for: {', '.join(_name(page.knowledge, code) for code in medicine.implies)}")
    if medicine.synonyms:
        page.line(f"  Also called: {', '.join(medicine.synonyms)}")
    if medicine.note:
        page.line(f"  {medicine.note.text}", medicine.note)


def _test(page: _Page, test: Test) -> None:
    page.line(f"{test.name} ({test.code}), test" + (", first line" if test.first_line else ""))
    page.line(f"  {test.plain.text}", test.plain)
    for result in test.results:
        page.line(f"  {result.result}: {result.meaning}", result)
        if result.raises:
            page.line(f"    speaks for: {', '.join(result.raises)}")
        if result.lowers:
            page.line(f"    speaks against: {', '.join(result.lowers)}")
