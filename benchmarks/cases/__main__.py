"""Score the assessment on published cases: python -m benchmarks.cases cases.jsonl [--each | --speed].

The file has one case a line with its published cause, other causes a fair marker would accept,
and one reader's urgency from the presentation alone. Runs: what was known at presentation, the
full work-up, the presentation without what an examiner found (as a person at home would tell
it), and the presentation with every third finding dropped, in each of the three ways. Negative
controls carry the cause "other" and the kind of look-alike.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from myolens.assessment import Assessment, assess
from myolens.case import Case, Finding, Lab
from myolens.knowledge.loading import load
from myolens.knowledge.model import UrgencyLevel

LEVELS = [level.value for level in UrgencyLevel]

FINER = {
    "eyelid_myokymia": {"benign_fasciculation"},
    "serotonin_toxicity": {"drug_induced"},
    "sedative_withdrawal": {"drug_induced"},
    "neuralgic_amyotrophy": {"plexopathy"},
    "hirayama_disease": {"cervical_myelopathy", "other:hirayama_disease"},
    "guillain_barre": {"peripheral_neuropathy"},
    "nerve_injury": {"entrapment_neuropathy"},
}
"""Causes of the knowledge base that the marking scheme files under a broader code."""

CONTROLS = {
    "seizure": {"focal_seizure"},
    "facial_myokymia_central": {"hemifacial_spasm"},
    "eyelid_myokymia": {"benign_fasciculation"},
    "functional_movement": {"functional"},
    "essential_tremor": {"tremor"},
}
"""Kinds of negative control whose name differs from our code."""


@dataclass(frozen=True)
class Score:
    """How one case came out."""

    id: str
    cause: str
    rank: int
    lenient_rank: int
    probability: float
    brier: float
    expected: str
    given: str
    best: tuple[str, ...]
    unrecognised: tuple[str, ...]


@dataclass(frozen=True)
class Variant:
    """One run: with the work-up or not, with signs or not, and which third of the findings is missing."""

    name: str
    full: bool = False
    signs: bool = True
    missing: int | None = None


RUNS = (
    (Variant("at presentation"),),
    (Variant("full work-up", full=True),),
    (Variant("at presentation, no signs", signs=False),),
    tuple(Variant("at presentation, every third finding dropped", missing=third) for third in range(3)),
)


def case_of(row: dict, *, full: bool, signs: bool = True, missing: int | None = None) -> Case:
    """Return what a program may see: at presentation, or with the whole work-up.

    ``signs`` false leaves out what needs an examiner; ``missing`` drops every third finding from there on.
    """
    told = [f for f in row["findings"] if signs or f.get("kind") != "sign"]
    if missing is not None:
        told = [f for place, f in enumerate(told) if place % 3 != missing]
    findings = [
        Finding(
            name=f["name"],
            present=f["present"],
            value=f.get("value"),
            unit=f.get("unit"),
            kind=f.get("kind"),
        )
        for f in told
    ]
    labs = [
        Lab(name=lab["name"], value=lab.get("value"), unit=lab.get("unit"))
        for lab in row["labs"]
        if full or lab.get("known_at_presentation")
    ]
    tests = [f"{t['name']}: {t['result']}." for t in row["tests"] if full or t.get("known_at_presentation")]
    return Case(
        id=row["id"],
        age=row["age"],
        sex=row["sex"],
        complaint=" ".join(tests),
        findings=tuple(findings),
        labs=tuple(labs),
        duration_of_twitching=row.get("duration_of_twitching"),
    )


def accepted(row: dict) -> tuple[set[str], set[str]]:
    """Return the codes that count as right, strictly and leniently."""

    def codes(cause: str) -> set[str]:
        if cause != "other":
            return {cause}
        kind = row.get("control_kind")
        if not kind:
            return {"other:hirayama_disease"}
        return CONTROLS.get(kind, {kind})

    strict = codes(row["cause"])
    lenient = strict.union(*(codes(cause) for cause in row["also_acceptable"]))
    return strict, lenient


def names_of(code: str) -> set[str]:
    """Return the marking scheme's names for one of our causes."""
    return {code} | FINER.get(code, set())


def scored(row: dict, result: Assessment) -> Score:
    """Compare one assessment with the published answer."""
    strict, lenient = accepted(row)
    order = [cause.cause for cause in result.causes]

    def rank(right: set[str]) -> int:
        return next((place for place, code in enumerate(order, 1) if names_of(code) & right), len(order) + 1)

    probability = max((c.probability for c in result.causes if names_of(c.cause) & strict), default=0.0)
    brier = sum((c.probability - bool(names_of(c.cause) & strict)) ** 2 for c in result.causes)
    return Score(
        id=row["id"],
        cause=row["cause"] + (f" ({row['control_kind']})" if row.get("control_kind") else ""),
        rank=rank(strict),
        lenient_rank=rank(lenient),
        probability=probability,
        brier=brier,
        expected=row["urgency"],
        given=result.urgency.level.value,
        best=tuple(f"{c.cause} {c.probability:.2f}" for c in result.causes[:4]),
        unrecognised=tuple(f"{u.kind}:{u.name}" for u in result.unrecognised),
    )


def wilson(hits: int, count: int) -> str:
    """Return a share in per cent with its 95 % interval (Wilson 1927)."""
    if not count:
        return "none"
    share, z = hits / count, 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return f"{100 * share:5.1f} % ({hits}/{count}; {100 * low:.0f} to {100 * high:.0f})"


def table(scores: list[Score]) -> None:
    """Print the figures of one run."""
    count = len(scores)
    for name, ranks in (
        ("strict", [s.rank for s in scores]),
        ("also acceptable", [s.lenient_rank for s in scores]),
    ):
        print(f"  {name:16} top-1 {wilson(sum(r <= 1 for r in ranks), count)}")
        mean = sum(ranks) / count
        print(f"  {'':16} top-3 {wilson(sum(r <= 3 for r in ranks), count)}   mean rank {mean:.2f}")
    log_score = sum(-math.log2(max(s.probability, 1e-9)) for s in scores) / count
    brier = sum(s.brier for s in scores) / count
    print(f"  Brier (summed over causes) {brier:.3f}   log score {log_score:.2f} bits")
    pairs = Counter((s.expected, s.given) for s in scores)
    print("  urgency (rows: reader, columns: given)")
    print("   " + " " * 12 + "".join(f"{level:>13}" for level in LEVELS))
    for expected in reversed(LEVELS):
        print(f"   {expected:12}" + "".join(f"{pairs[expected, given] or '.':>13}" for given in LEVELS))
    gap = [LEVELS.index(s.given) - LEVELS.index(s.expected) for s in scores]
    acute = [s for s in scores if s.expected in {"emergency", "urgent_days"}]
    missed = [s for s in acute if LEVELS.index(s.given) < LEVELS.index(s.expected)]
    print(f"  same level {wilson(gap.count(0), count)}")
    print(f"  under {wilson(sum(g < 0 for g in gap), count)}   over {wilson(sum(g > 0 for g in gap), count)}")
    names = [s.id for s in missed]
    print(f"  emergency and urgent cases below their level: {len(missed)} of {len(acute)} {names}")


def wide_cases() -> dict[str, list[Case]]:
    """Return cases wider than people's, by what they are; the same ones for the same knowledge base.

    The first 45 findings that can be asked, in the order of a hash of their codes, 10 to 24 of them
    present; and 12 present findings of such an order beside 12 absent ones, six blood values and
    three medicines. Nobody answers like that, so they bound what a real case takes.
    """
    knowledge = load()
    askable = [code for code, each in knowledge.findings.items() if each.ask and each.answer == "yes_no"]

    def shuffled(codes: Iterable[str], seed: int) -> list[str]:
        return sorted(codes, key=lambda code: hashlib.sha256(f"{code}{seed or ''}".encode()).digest())

    def case(codes: list[str], present: int, **more: object) -> Case:
        told = tuple(Finding(name=code, present=place < present) for place, code in enumerate(codes))
        return Case(age=50, findings=told, **more)

    def labs(seed: int) -> tuple[Lab, ...]:
        measured = [code for code, lab in knowledge.labs.items() if lab.normal_high is not None]
        chosen = shuffled(measured, seed)[:6]
        return tuple(
            Lab(
                name=code,
                value=round(knowledge.labs[code].normal_high * (0.9 + 0.05 * place), 3),
                unit=knowledge.labs[code].number.unit,
            )
            for place, code in enumerate(chosen)
        )

    return {
        "45 answers": [
            case(shuffled(askable, 0)[shift : shift + 45], present)
            for shift, present in enumerate(range(10, 25, 2))
        ],
        "12 yes, 12 no, labs": [
            case(
                shuffled(askable, seed)[:24],
                12,
                labs=labs(seed),
                medicines=tuple(shuffled(knowledge.medicines, seed)[:3]),
            )
            for seed in range(1, 25)
        ],
    }


def timed(rows: list[dict]) -> None:
    """Print the times of whole assessments, next question, tests and intervals included.

    Best of three of each case, by the number of findings that are present, in a process that has loaded
    its compiled loops, as it does by itself after a few cases.
    """
    from myolens.assessment import draw_kernel, table_kernel

    loaded = " and ".join(module.__name__.rpartition(".")[2] for module in (table_kernel, draw_kernel))
    print(f"{loaded} loaded; load {', '.join(f'{each:.1f}' for each in os.getloadavg())}")
    columns = f"{'median':>15}{'9 of 10':>10}{'longest':>10}"
    print(f"{'':26}   {'wall ms':>15}{'CPU ms':>35}")
    print(f"{'present findings':20} {'cases':>5}   {columns}{columns}")
    knowledge = load()
    groups: dict[str, list[Case]] = {"up to 8": [], "9 to 12": [], "more than 12": []}
    for case in (case_of(row, full=full) for row in rows for full in (False, True)):
        given = assess(case, knowledge=knowledge, trust_text=True).understood
        present = sum(each.present is not False for each in given)
        groups["up to 8" if present <= 8 else "9 to 12" if present <= 12 else "more than 12"].append(case)
    for name, cases in (groups | wide_cases()).items():
        times = []
        for case in cases:
            runs = []
            for _ in range(3):
                wall, cpu = time.perf_counter(), time.process_time()
                assess(case, knowledge=knowledge, trust_text=True)
                runs.append((1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - cpu)))
            times.append([min(each) for each in zip(*runs, strict=True)])
        if not times:
            continue
        line = f"{name:20} {len(times):5}   "
        for column in zip(*times, strict=True):
            ranked = sorted(column)
            picked = ranked[len(ranked) // 2], ranked[int(0.9 * len(ranked))], ranked[-1]
            line += f"{picked[0]:15.0f}{picked[1]:10.0f}{picked[2]:10.0f}"
        print(line, flush=True)


def main() -> None:
    """Score all runs and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--each", action="store_true", help="one line per case")
    parser.add_argument("--speed", action="store_true", help="time whole assessments instead of scoring")
    options = parser.parse_args()
    rows = [
        json.loads(line) for line in options.cases.read_text(encoding="utf-8").splitlines() if line.strip()
    ]
    if options.speed:
        timed(rows)
        return
    for variants in RUNS:
        print(variants[0].name)
        results = [
            (row, assess(case_of(row, full=v.full, signs=v.signs, missing=v.missing), trust_text=True))
            for v in variants
            for row in rows
        ]
        scores = [scored(row, result) for row, result in results]
        controls = [s for (row, _), s in zip(results, scores, strict=True) if row["negative_control"]]
        table(scores)
        if controls:
            first = sum(s.rank <= 1 for s in controls)
            print(f"  negative controls: look-alike first {wilson(first, len(controls))}")
        if options.each:
            for s in sorted(scores, key=lambda each: -each.lenient_rank):
                mark = "" if LEVELS.index(s.given) >= LEVELS.index(s.expected) else "UNDER "
                print(
                    f"    {s.id} {s.cause:34} rank {s.rank:2}/{s.lenient_rank:2} p {s.probability:.2f}",
                    end=" ",
                )
                print(f"{mark}{s.expected}->{s.given} {list(s.best)} ? {list(s.unrecognised)}")
        print()


if __name__ == "__main__":
    main()
