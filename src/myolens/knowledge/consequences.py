"""What follows from what was said: one answer per finding, the general from the specific."""

from __future__ import annotations

from dataclasses import replace

from myolens.knowledge.disagreements import same_place, values_of
from myolens.knowledge.model import FindingDefinition, Knowledge
from myolens.knowledge.recognised import Contradiction, RecognisedFinding


def merged(
    said: list[RecognisedFinding], knowledge: Knowledge
) -> tuple[dict[str, RecognisedFinding], list[Contradiction]]:
    """Keep each code once; what is said both ways is a contradiction."""
    by_code: dict[str, list[RecognisedFinding]] = {}
    somewhere = {finding.code for finding in said if finding.present}
    for finding in sorted(said, key=_in_any_order):
        if finding.present is False and finding.sites and finding.code in somewhere:
            continue  # "jerks of the trunk, none of the limbs" is no contradiction
        by_code.setdefault(finding.code, []).append(finding)
    kept: dict[str, RecognisedFinding] = {}
    contradictions = []
    for code in dict.fromkeys(finding.code for finding in said if finding.code in by_code):
        group = by_code[code]
        answers = {finding.present for finding in group} - {None}
        definition = knowledge.findings[code]
        present = answers.pop() if len(answers) == 1 else (True if definition.safety and answers else None)
        if answers and present in (None, True) and len({f.present for f in group} - {None}) > 1:
            told = [_statement(finding) for finding in group if finding.present is not None]
            contradictions.append(Contradiction(code, definition.name, tuple(dict.fromkeys(told))))
        kept[code] = _joined(group, definition, present=present)
    return kept, contradictions


def _in_any_order(finding: RecognisedFinding) -> tuple[str, ...]:
    """Sort key that makes what is kept of several statements independent of their order."""
    return (finding.given_as, str(finding.present), str(finding.value), str(finding.sites), finding.source)


def _statement(finding: RecognisedFinding) -> str:
    """What was said, as it was said, with the answer."""
    return f"{finding.given_as.replace('_', ' ')}: {'yes' if finding.present else 'no'}"


def _joined(
    group: list[RecognisedFinding], definition: FindingDefinition, *, present: bool | None
) -> RecognisedFinding:
    agreeing = [finding for finding in group if finding.present == present] or group
    first = max(agreeing, key=lambda f: (f.value is not None, f.log_ratio is None))
    sites = tuple(dict.fromkeys(site for finding in agreeing for site in finding.sites))
    sides = {finding.side for finding in agreeing if finding.side}
    since = min((f.since_days for f in agreeing if f.since_days is not None), default=None)
    side = sides.pop() if len(sides) == 1 else None
    joined = replace(first, present=present, sites=sites, side=side, since_days=since)
    graded = [finding for finding in agreeing if finding.levels]
    if graded:
        each = tuple(sorted({levels for finding in graded for levels in finding.levels}))
        joined = replace(joined, levels=each if same_place(graded) else (max(each),))
    values = values_of(agreeing, definition)
    if len(values) > 1 or (values and values[0] != first.value):
        joined = replace(joined, value=values[0], others=values[1:], span=None, counted=None)
    return joined


def closure(codes: tuple[str, ...], knowledge: Knowledge) -> list[str]:
    """Return the codes and everything they imply, near before far."""
    order = list(codes)
    for code in order:
        order += [more for more in knowledge.findings[code].implies if more not in order]
    return order


def _specific(knowledge: Knowledge) -> dict[str, list[FindingDefinition]]:
    table: dict[str, list[FindingDefinition]] = {}
    for definition in knowledge.findings.values():
        for general in definition.implies:
            table.setdefault(general, []).append(definition)
    return table


def with_consequences(
    held: dict[str, RecognisedFinding], knowledge: Knowledge
) -> tuple[dict[str, RecognisedFinding], list[Contradiction]]:
    """Make general findings present with specific ones, and specific ones absent with general ones."""
    found = dict(held)
    contradictions = []
    for finding in [f for f in held.values() if f.present]:
        for code in closure((finding.code,), knowledge)[1:]:
            other = found.get(code)
            if other is not None and other.present is False:
                given = (_statement(other), _statement(finding))
                contradictions.append(Contradiction(code, knowledge.findings[code].name, given))
            if other is None or not other.present:
                found[code] = replace(
                    finding,
                    code=code,
                    value=None,
                    unit=None,
                    others=(),
                    levels=(),
                    since_days=None,
                    implied_by=finding.code,
                )
    specific = _specific(knowledge)
    queue = [f for f in found.values() if f.present is False and f.log_ratio is None and not f.sites]
    for finding in queue:
        for definition in specific.get(finding.code, ()):
            if definition.code not in found:
                absent = replace(
                    finding,
                    code=definition.code,
                    value=None,
                    unit=None,
                    since_days=None,
                    implied_by=finding.code,
                )
                found[definition.code] = absent
                queue.append(absent)
    return found, contradictions
