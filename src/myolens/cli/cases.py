"""`myolens assess`, `report` and `demo`: a story in, an answer out."""

from __future__ import annotations

import shutil
import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from myolens.cli.output import console, note, page_path, print_json, write_whole
from myolens.errors import InputError

if TYPE_CHECKING:
    from myolens.assessment import Assessment
    from myolens.case import Case
    from myolens.reports import Examined

EXAMPLE_FILES = ("desk-worker.yaml", "left-biceps.edf")


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(demo)
    app.command()(report)
    app.command()(assess)


def demo(
    folder: Path = typer.Option(Path("myolens-demo"), help="Folder to write the report into."),
) -> None:
    """Analyse the shipped example: prints a summary and writes a report to open."""
    folder.mkdir(parents=True, exist_ok=True)
    examples = resources.files("myolens.examples")
    for name in EXAMPLE_FILES:
        with resources.as_file(examples / name) as original:
            shutil.copyfile(original, folder / name)
    target = folder / "report.html"
    _report(folder / EXAMPLE_FILES[0], target, pdf=False, as_json=False)
    out = console()
    out.print(f"\nThe example: {folder / EXAMPLE_FILES[0]} with the simulated recording {EXAMPLE_FILES[1]}.")
    out.print(f"Report: [bold]{target}[/bold] (open it in a browser)")


def report(
    case_file: Path = typer.Argument(..., metavar="CASE", help="Case file, YAML or JSON."),
    output: Path = typer.Option(Path("report.html"), "--output", "-o", help="Where to write the report."),
    pdf: bool = typer.Option(False, "--pdf", help="Write a PDF beside the HTML."),
    fhir: bool = typer.Option(False, "--fhir", help="Write a FHIR R4 document bundle beside the HTML."),
    as_json: bool = typer.Option(False, "--json", help="Print the assessment and analyses as JSON."),
    trust_text: bool = typer.Option(
        False, "--trust-text", help="Use findings read in the free text without asking you to confirm them."
    ),
) -> None:
    """Assess a case, analyse its recordings, and write the report."""
    _report(case_file, output, pdf=pdf, as_json=as_json, fhir=fhir, trust_text=trust_text)


def assess(
    case_file: Path | None = typer.Argument(None, metavar="CASE", help="Case file, YAML or JSON."),
    batch: Path | None = typer.Option(None, "--batch", help="Cases, one JSON object a line."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document."),
    trust_text: bool = typer.Option(
        False, "--trust-text", help="Use findings read in the free text without asking you to confirm them."
    ),
) -> None:
    """Assess a case without writing a report; recordings named in it are analysed."""
    from myolens.assessment import assess as assess_case
    from myolens.case import read_cases

    if (case_file is None) == (batch is None):
        raise InputError("give either one case file or --batch with a file of cases")
    if batch is not None:
        errors: list[InputError] = []

        def refuse(error: InputError) -> None:
            errors.append(error)
            note(str(error))
            print_json({"schema": "myolens.error/1", "error": str(error)})

        missing: list[str] = []
        for case in read_cases(batch, on_error=refuse):
            examined, failures = _recorded(case, batch.parent)
            missing += failures
            analyses = [item.analysis for item in examined]
            print_json(assess_case(case, analyses=analyses, trust_text=trust_text).to_json())
        if errors or missing:
            sys.exit(2)
        return
    if case_file is None:
        return
    _case, assessment, _examined, failures = _assessed(case_file, trust_text=trust_text)
    if as_json:
        print_json(assessment.to_json())
    else:
        _summary(assessment)
    if failures:
        sys.exit(2)


def _recorded(case: Case, folder: Path) -> tuple[list[Examined], list[str]]:
    """Analyse the recordings a case names, beside its file; those that cannot be used are told."""
    from myolens.case import RecordingFile
    from myolens.cli.recordings import examine

    examined: list[Examined] = []
    failures: list[str] = []
    for named in case.recordings:
        file = RecordingFile(path=named) if isinstance(named, str) else named
        try:
            examined += examine(folder / file.path, kind=file.kind, muscle=file.muscle, rate=file.rate)
        except InputError as error:
            note(str(error))
            failures.append(str(error))
    return examined, failures


def _assessed(path: Path, *, trust_text: bool) -> tuple[Case, Assessment, list[Examined], list[str]]:
    from myolens.assessment import assess as assess_case
    from myolens.case import read_case

    case = read_case(path)
    examined, failures = _recorded(case, path.parent)
    analyses = [item.analysis for item in examined]
    return case, assess_case(case, analyses=analyses, trust_text=trust_text), examined, failures


def _report(
    path: Path, output: Path, *, pdf: bool, as_json: bool, fhir: bool = False, trust_text: bool = False
) -> None:
    from myolens.reports import report as render

    output = page_path(output)
    case, assessment, examined, failures = _assessed(path, trust_text=trust_text)
    write_whole(output, render(assessment, case, examined, failures=failures))
    if pdf:
        from myolens.reports.pdf import pdf as render_pdf

        write_whole(output.with_suffix(".pdf"), render_pdf(assessment, case, examined, failures=failures))
        note(f"wrote {output.with_suffix('.pdf')}")
    if fhir:
        import json

        from myolens.reports.fhir import bundle

        document = json.dumps(bundle(assessment, case, examined), indent=2, ensure_ascii=False)
        write_whole(output.with_suffix(".fhir.json"), document + "\n")
        note(f"wrote {output.with_suffix('.fhir.json')}")
    if as_json:
        analyses = [item.analysis.to_json() for item in examined]
        print_json(assessment.to_json() | {"recordings": analyses, "report": str(output)})
    else:
        for item in examined:
            from myolens.reports.page import recording_sentence

            console().print(f"{item.analysis.recording}: {recording_sentence(item.analysis)}\n")
        _summary(assessment)
    note(f"wrote {output}")
    if failures:
        sys.exit(2)


def _summary(assessment: Assessment) -> None:
    from rich.markup import escape

    from myolens.assessment.words import capital, of_hundred, range_of
    from myolens.reports.page import (
        LEVEL_NAMES,
        SHOWN_CHECKED,
        checked_in_order,
    )

    out = console()
    out.print(f"[bold]{LEVEL_NAMES[assessment.urgency.level]}.[/bold] {escape(assessment.urgency.headline)}")
    for rule in assessment.urgency.rules:
        out.print(f"  - {escape(rule.action)} Because: {escape('; '.join(rule.because))}.")
    out.print(f"\n[bold]{assessment.fit.heading}[/bold]")
    if assessment.fit.text:
        out.print(f"  {escape(assessment.fit.text)}")
    by_code = {cause.cause: cause for cause in assessment.causes}
    for cause in (by_code[code] for code in assessment.fit.leading):
        out.print(
            f"  {of_hundred(cause.probability)} "
            f"({range_of(cause.low, cause.high)})  "
            f"[bold]{escape(capital(cause.plain_name))}[/bold]"
        )
        strongest = sorted(cause.evidence, key=lambda item: -abs(item.bits))[:3]
        for piece in strongest:
            state = " (absent)" if piece.present is False else ""
            out.print(f"       {piece.bits:+.1f} bits  {escape(piece.label)}{state}")
    if assessment.checked_for:
        out.print("\n[bold]What we checked for[/bold]")
        checked = checked_in_order(assessment)
        for item in checked[:SHOWN_CHECKED]:
            out.print(f"  {escape(capital(item.name))}: {escape(item.words)}")
        if len(checked) > SHOWN_CHECKED:
            out.print(f"  and {len(checked) - SHOWN_CHECKED} more, in the report")
    if assessment.questions:
        out.print(f"\n[bold]Next question[/bold]\n  {escape(assessment.questions[0].text)}")
    for unknown in assessment.unrecognised:
        near = "nearest" if unknown.closeness == "near" else "nothing known is like it; perhaps"
        codes = f"{near}: {', '.join(unknown.nearest)}"
        out.print(f"\nNot understood: {escape(unknown.name)} ({escape(unknown.reason)}; {escape(codes)})")
