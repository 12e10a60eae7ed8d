"""How often a name is understood, or its code is among the three offered.

    python -m benchmarks.vocabulary [layperson-synonyms.tsv]

prints a row for each list of `tests/knowledge/names.yaml` and, if the table of lay synonyms from the
reports of the Human Phenotype Ontology is given, one for its synonyms of the terms our findings name.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from myolens.case import Case, Finding, Lab
from myolens.knowledge import Knowledge, load, recognise
from myolens.knowledge.recognised import Recognised

NAMES = Path(__file__).parents[1] / "tests" / "knowledge" / "names.yaml"
Asked = tuple[str, str, frozenset[str]]
"""A name, what it is given as, and the codes it may mean."""


def read(name: str, kind: str, knowledge: Knowledge) -> Recognised:
    """Recognise one name given as a symptom, sign, history, lab or medicine."""
    if kind == "lab":
        return recognise(Case(labs=(Lab(name=name, value="high"),)), knowledge)
    if kind == "medicine":
        return recognise(Case(medicines=(name,)), knowledge)
    told = Finding(name=name, kind=None if kind == "symptom" else kind)
    return recognise(Case(findings=(told,)), knowledge)


def row(title: str, asked: Iterable[Asked], knowledge: Knowledge) -> str:
    """Count names understood as meant, and those with the meant code among the first three offered."""
    total = understood = offered = 0
    for name, kind, codes in asked:
        found = read(name, kind, knowledge)
        said = {f.code for f in found.findings if f.implied_by is None} | {lab.code for lab in found.labs}
        said |= {code for taken in found.medicines for code in (taken.code, *taken.implies)}
        near = found.unrecognised[0].nearest[:3] if found.unrecognised else ()
        total += 1
        if codes & said and not found.unrecognised:
            understood += 1
        elif codes & set(near):
            offered += 1
    return (
        f"{title:18} {total:4} names   understood {understood / total:.2f}   "
        f"understood or offered {(understood + offered) / total:.2f}"
    )


def written() -> Iterator[tuple[str, list[Asked]]]:
    """Yield each list of names with a counterpart."""
    for title, names in yaml.safe_load(NAMES.read_text(encoding="utf-8")).items():
        by_kind = names if title.startswith("known") else {"symptom": names}
        yield (
            title,
            [
                (str(name), kind, frozenset(codes))
                for kind, held in by_kind.items()
                for name, codes in held.items()
                if codes
            ],
        )


def lay_synonyms(path: Path, knowledge: Knowledge) -> list[Asked]:
    """Return the lay synonyms of the terms that findings name, each with these findings."""
    codes: dict[str, set[str]] = defaultdict(set)
    for finding in knowledge.findings.values():
        if finding.hpo and finding.kind != "family":
            codes[finding.hpo].add(finding.code)
    asked: dict[Asked, None] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for term, *_, name in csv.reader(lines, delimiter="\t"):
            number = re.search(r"HP_(\d{7})", term)
            meant = codes.get(f"HP:{number[1]}") if number else None
            if meant:
                asked[(name.split('"@')[0].strip('"'), "symptom", frozenset(meant))] = None
    return list(asked)


def main() -> None:
    """Print the table."""
    knowledge = load()
    for title, asked in written():
        print(row(title, asked, knowledge))
    for path in sys.argv[1:]:
        print(row("HPO lay synonyms", lay_synonyms(Path(path), knowledge), knowledge))


if __name__ == "__main__":
    main()
