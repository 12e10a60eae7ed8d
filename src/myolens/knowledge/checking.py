"""Proof that the knowledge base is consistent; `myolens knowledge check` prints what `check` returns."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel

from myolens.knowledge.model import Cause, Condition, FindingDefinition, Knowledge, Number, Setting
from myolens.knowledge.text import key

REQUIRED_CAUSES = (
    "benign_fasciculation cramp_fasciculation muscle_fatigue dehydration hypokalaemia hyperkalaemia "
    "hypocalcaemia hypercalcaemia hypomagnesaemia hyponatraemia hypophosphataemia caffeine_stimulant "
    "stress_anxiety sleep_deprivation alcohol_withdrawal sedative_withdrawal drug_induced "
    "serotonin_toxicity b12_deficiency vitamin_d_deficiency hyperthyroidism hypothyroidism "
    "cervical_radiculopathy cervical_myelopathy entrapment_neuropathy peripheral_neuropathy "
    "nerve_injury multifocal_motor_neuropathy nerve_hyperexcitability plexopathy neuralgic_amyotrophy "
    "motor_neuron_disease kennedy_disease post_polio hirayama_disease myasthenia_gravis myopathy toxic "
    "uraemia tremor myoclonus tic dystonia focal_seizure hemifacial_spasm tetanus chorea restless_legs "
    "functional "
)
"""Causes every release names; the list is a contract with the users of `myolens assess --json`."""

REACHABLE_BITS = 1.0
"""A cause must be raised by at least this much by one thing a person can be asked."""


def check(knowledge: Knowledge) -> tuple[str, ...]:
    """Return every inconsistency of a knowledge base as a sentence; none means consistent.

    Checked are: every code and source that is referred to exists; every source is used; no effect lies
    below the finding's leak (the noisy-OR could not express it); grades run in order and belong to a finding
    or a side of the range that has them; a specific finding is not commoner than
    the general one it implies; implications run in no circle; every cause of the contract is there and is
    raised by something that can be asked; everything that bears on safety can be asked or tested; every
    triage rule can hold; and every name means one thing.
    """
    problems = (
        *_references(knowledge),
        *_sources(knowledge),
        *_effects(knowledge),
        *_grades(knowledge),
        *_implications(knowledge),
        *_causes(knowledge),
        *_safety(knowledge),
        *_conditions(knowledge),
        *_names(knowledge),
    )
    return tuple(dict.fromkeys(problems))


def _unknown(where: str, what: str, codes: Any, table: Any) -> Iterator[str]:
    for code in codes:
        if code is not None and code not in table:
            yield f"{where}: {what} {code} does not exist"


def _references(knowledge: Knowledge) -> Iterator[str]:
    findings, causes = knowledge.findings, knowledge.causes
    for cause in causes.values():
        yield from _unknown(cause.code, "finding", (e.finding for e in cause.findings), findings)
        yield from _unknown(cause.code, "finding", (r.finding for r in cause.risks), findings)
        yield from _unknown(cause.code, "cause", (link.cause for link in cause.links), causes)
        yield from _unknown(cause.code, "test", cause.tests, knowledge.tests)
        yield from _unknown(cause.code, "care measure", cause.care, knowledge.care)
    for finding in findings.values():
        yield from _unknown(
            finding.code, "finding", (*finding.implies, finding.stopped, finding.single), findings
        )
        families = (finding.family, *(each.family for each in finding.circumstances))
        yield from _unknown(finding.code, "family", families, knowledge.families)
        yield from _unknown(finding.code, "site", (finding.site,), knowledge.sites)
    for code, number in _numbers(knowledge):
        yield from _unknown(code, "finding", (t.finding for t in number.thresholds), findings)
        yield from _unknown(code, "unit", number.offsets, number.factors)
    for lab in knowledge.labs.values():
        yield from _unknown(lab.code, "finding", (lab.low_finding, lab.high_finding), findings)
    for medicine in knowledge.medicines.values():
        yield from _unknown(medicine.code, "finding", medicine.implies, findings)
    for test in knowledge.tests.values():
        yield from _unknown(test.code, "finding", (result.finding for result in test.results), findings)
        for result in test.results:
            yield from _unknown(test.code, "cause", (*result.raises, *result.lowers), causes)
    for statement in knowledge.statements:
        where = f"statement {statement.id}"
        yield from _unknown(where, "cause", statement.causes, causes)
        yield from _unknown(where, "finding", statement.findings, findings)
        yield from _unknown(where, "care measure", statement.care, knowledge.care)
    for site in knowledge.sites.values():
        yield from _unknown(f"site {site.code}", "site", (site.parent,), knowledge.sites)
    for family in knowledge.families.values():
        where = f"family {family.code}"
        yield from _unknown(where, "finding", (family.general, family.on_examination), findings)
        yield from _unknown(where, "family", (family.related,), knowledge.families)


def _numbers(knowledge: Knowledge) -> Iterator[tuple[str, Number]]:
    for finding in knowledge.findings.values():
        if finding.number is not None:
            yield finding.code, finding.number
        elif finding.answer == "number":
            yield finding.code, Number(unit="", maximum=0)
    for lab in knowledge.labs.values():
        yield lab.code, lab.number


def _cited(value: Any) -> Iterator[str]:
    """Return every source named anywhere in a part of the knowledge base."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            inner = getattr(value, name)
            if name in ("sources", "range_sources"):
                yield from inner
            else:
                yield from _cited(inner)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _cited(inner)
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from _cited(inner)


def _sources(knowledge: Knowledge) -> Iterator[str]:
    used: set[str] = set()
    for part in type(knowledge).model_fields:
        if part in ("version", "sources"):
            continue
        table = getattr(knowledge, part)
        for item in table.values() if isinstance(table, dict) else table:
            cited = set(_cited(item))
            used |= cited
            where = str(getattr(item, "code", None) or getattr(item, "id", part))
            yield from _unknown(where, "source", sorted(cited), knowledge.sources)
    for source in knowledge.sources:
        if (
            source not in used
            and knowledge.sources[source].kind != "database"
            and not knowledge.sources[source].note
        ):
            yield f"source {source} is cited nowhere and its note does not say why it is kept"


def _effects(knowledge: Knowledge) -> Iterator[str]:
    for cause in knowledge.causes.values():
        told: set[str] = set()
        for effect in cause.findings:
            finding = knowledge.findings.get(effect.finding)
            if finding is not None and effect.value < finding.leak.value:
                yield (
                    f"{cause.code}: {effect.finding} has probability {effect.value:g}, "
                    f"below its leak {finding.leak.value:g}"
                )
            if effect.finding in told:
                yield f"{cause.code}: {effect.finding} is given twice"
            told.add(effect.finding)
        for setting in get_args(Setting):
            if setting not in cause.prior:
                yield f"{cause.code}: no base rate for {setting}"


def _grades(knowledge: Knowledge) -> Iterator[str]:
    """Grades refer to what exists, run in order, and are stated for every finding that a cause grades."""
    findings, graded = knowledge.findings, knowledge.severities
    for code, each in graded.items():
        where = f"severity of {code}"
        yield from _unknown(where, "finding", (code, each.severe_form, *each.severe_when), findings)
        if (each.severity is None) == (each.like is None):
            yield f"{where}: give either its shares or the finding it is like"
        if each.like is not None and (each.like not in graded or graded[each.like].severity is None):
            yield f"{where}: {each.like} has no shares"
        if each.severe_form in findings and code not in findings[each.severe_form].implies:
            yield f"{where}: {each.severe_form} does not imply it"
        if each.scale is not None and not (0 < each.scale.moderate < each.scale.out_of and
                                           0 < each.scale.severe <= each.scale.out_of):  # fmt: skip
            yield f"{where}: the grades lie outside the scale"
    for cause in knowledge.causes.values():
        for effect in cause.findings:
            own = graded.get(effect.finding)
            if effect.severity is not None and (own is None or own.severity is None):
                yield f"{cause.code}: {effect.finding} is graded, but its usual shares are not stated"
    for lab in knowledge.labs.values():
        for each_way in lab.grades:
            low = each_way.direction == "low"
            limit = lab.normal_low if low else lab.normal_high
            end = lab.number.minimum if low else lab.number.maximum
            values = [] if limit is None else [limit, each_way.moderate, each_way.severe, end]
            if not values or values != sorted(values, reverse=low) or len(set(values)) < len(values):
                yield f"{lab.code}: {each_way.direction} does not run from the range by moderate to severe"


def _implications(knowledge: Knowledge) -> Iterator[str]:
    for finding in knowledge.findings.values():
        for general in finding.implies:
            definition = knowledge.findings.get(general)
            if definition is not None and finding.leak.value > definition.leak.value:
                yield f"{finding.code} is commoner than {general}, which it implies"
        if finding.code in _reached(finding, knowledge):
            yield f"{finding.code} implies itself in a circle"


def _reached(start: FindingDefinition, knowledge: Knowledge) -> set[str]:
    reached: set[str] = set()
    queue = list(start.implies)
    while queue:
        code = queue.pop()
        if code not in reached:
            reached.add(code)
            queue += knowledge.findings[code].implies if code in knowledge.findings else ()
    return reached


def _causes(knowledge: Knowledge) -> Iterator[str]:
    for code in REQUIRED_CAUSES.split():
        if code not in knowledge.causes:
            yield f"cause {code} of the contract is missing"
    for cause in knowledge.causes.values():
        best = max((bits for bits in _asked_bits(cause, knowledge)), default=0.0)
        if best < REACHABLE_BITS:
            yield f"{cause.code}: nothing that can be asked raises it by a bit (best {best:.2f})"


def _asked_bits(cause: Cause, knowledge: Knowledge) -> Iterator[float]:
    for effect in cause.findings:
        finding = knowledge.findings.get(effect.finding)
        if finding is not None and (finding.ask or finding.kind == "medicine") and effect.value > 0:
            yield math.log2(effect.value / finding.leak.value)
    for risk in cause.risks:
        finding = knowledge.findings.get(risk.finding)
        if finding is not None and (finding.ask or finding.kind == "medicine"):
            yield math.log2(risk.ratio)


def _safety(knowledge: Knowledge) -> Iterator[str]:
    examined = {"sign", "lab", "recording", "test", "medicine"}
    tested = {result.finding for test in knowledge.tests.values() for result in test.results}
    needed = {f.code for f in knowledge.findings.values() if f.safety}
    for rule in knowledge.triage:
        needed |= {code for code in _codes(rule.when) if code in knowledge.findings}
    for code in sorted(needed):
        finding = knowledge.findings[code]
        if not finding.ask and finding.kind not in examined and code not in tested:
            yield f"{code} bears on urgency but can neither be asked nor tested"


def _codes(condition: Condition) -> Iterator[str]:
    yield from (*condition.present, *condition.absent, *condition.any_present)
    for inner in (*condition.any_of, *condition.all_of, *condition.none_of):
        yield from _codes(inner)


def _conditions(knowledge: Knowledge) -> Iterator[str]:
    for rule in knowledge.triage:
        yield from _condition(f"triage rule {rule.id}", rule.when, knowledge)
    for finding in knowledge.findings.values():
        if finding.ask_if is not None:
            yield from _condition(f"finding {finding.code}", finding.ask_if, knowledge)
    for criterion in knowledge.criteria.values():
        where = f"criteria {criterion.code}"
        yield from _unknown(where, "cause", (criterion.about,), knowledge.causes)
        yield from _unknown(where, "finding", criterion.needs, knowledge.findings)
        for level in criterion.levels:
            yield from _condition(where, level.when, knowledge)
    for measure in knowledge.care.values():
        where = f"care measure {measure.code}"
        yield from _unknown(where, "care measure", measure.opposes, knowledge.care)
        if measure.only_if is not None:
            yield from _condition(where, measure.only_if, knowledge)
        for contraindication in measure.unless:
            yield from _condition(where, contraindication.when, knowledge)


def _condition(where: str, condition: Condition, knowledge: Knowledge) -> Iterator[str]:
    codes = (*condition.present, *condition.absent, *condition.any_present)
    yield from _unknown(where, "finding", codes, knowledge.findings)
    implied = {more for code in condition.present if code in knowledge.findings
               for more in (code, *_reached(knowledge.findings[code], knowledge))}  # fmt: skip
    for code in implied & set(condition.absent):
        yield f"{where}: {code} cannot be present and absent at once"
    if condition.any_present and condition.at_least > len(condition.any_present):
        yield f"{where}: {condition.at_least} of {len(condition.any_present)} findings cannot hold"
    low, high = condition.age_from, condition.age_to
    if low is not None and high is not None and low > high:
        yield f"{where}: no age is at least {low:g} and at most {high:g}"
    yield from _number_condition(where, condition, knowledge)
    empty = condition == Condition()
    if empty:
        yield f"{where}: the condition is empty and always holds"
    for inner in (*condition.any_of, *condition.all_of, *condition.none_of):
        yield from _condition(where, inner, knowledge)


def _number_condition(where: str, condition: Condition, knowledge: Knowledge) -> Iterator[str]:
    below, above = condition.below, condition.above
    number: Number | None = None
    if condition.lab is not None:
        yield from _unknown(where, "lab", (condition.lab,), knowledge.labs)
        number = knowledge.labs[condition.lab].number if condition.lab in knowledge.labs else None
    elif condition.number is not None:
        yield from _unknown(where, "finding", (condition.number,), knowledge.findings)
        number = (
            knowledge.findings[condition.number].number if condition.number in knowledge.findings else None
        )
        if condition.number in knowledge.findings and number is None:
            yield f"{where}: {condition.number} is not a number"
    elif below is not None or above is not None:
        yield f"{where}: a limit is given without a lab or number"
    if below is not None and above is not None and above > below:
        yield f"{where}: no value is at least {above:g} and at most {below:g}"
    if number is not None:
        if below is not None and below < number.minimum:
            yield f"{where}: no possible value is at most {below:g} {number.unit}"
        if above is not None and above > number.maximum:
            yield f"{where}: no possible value is at least {above:g} {number.unit}"


def _names(knowledge: Knowledge) -> Iterator[str]:
    def named(item: Any) -> tuple[str, tuple[str, ...]]:
        return item.code, (item.code, item.name, *item.synonyms)

    def called(finding: FindingDefinition) -> tuple[str, tuple[str, ...]]:
        return finding.code, finding.every_name

    own_findings = [f for f in knowledge.findings.values() if f.kind != "family"]
    tables: dict[str, list[tuple[str, tuple[str, ...]]]] = {
        "finding": [called(f) for f in own_findings],
        "family finding": [called(f) for f in knowledge.findings.values() if f.kind == "family"],
        "opposite": [(f.code, f.opposites) for f in knowledge.findings.values()],
        "lab": [named(lab) for lab in knowledge.labs.values()],
        "medicine": [named(medicine) for medicine in knowledge.medicines.values()],
        "site": [named(site) for site in knowledge.sites.values()],
        "cause": [(cause.code, (cause.code, cause.name)) for cause in knowledge.causes.values()],
    }
    for kind, entries in tables.items():
        owner: dict[str, str] = {}
        for code, names in entries:
            for name in names:
                first = owner.setdefault(key(name), code)
                if first != code:
                    yield f"{kind} name {name!r} means both {first} and {code}"
    own = {key(name): code for code, names in tables["finding"] for name in names}
    for finding in knowledge.findings.values():
        for name in finding.opposites:
            if key(name) in own:
                yield f"{name!r} is a name of {own[key(name)]} and the opposite of {finding.code}"
