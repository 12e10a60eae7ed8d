"""`myolens analyze`: recordings in, events and rates out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from myolens.cli.output import console, note, page_path, print_json, progress, write_whole
from myolens.errors import InputError

if TYPE_CHECKING:
    from myolens.emg.analysis import Analysis
    from myolens.reports import Examined


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(analyze)


def examine(
    path: Path, *, kind: str | None = None, muscle: str | None = None, rate: float | None = None
) -> list[Examined]:
    """Read a file and analyse each of its recordings that holds EMG.

    Raises
    ------
    InputError
        If the file cannot be read, or none of its recordings can be analysed.
    """
    from myolens.emg import analyze as analyze_recording
    from myolens.readers import read
    from myolens.reports import Examined

    examined, refusals = [], []
    recordings = read(path, kind=kind, rate=rate)
    for recording in recordings:
        try:
            with progress(f"analysing {path.name}") as share:
                analysis = analyze_recording(recording, muscle=muscle, progress=share)
        except InputError as error:
            refusals.append(error)
        else:
            examined.append(Examined(recording, analysis))
    if not examined:
        if refusals:
            raise refusals[0]
        raise InputError("holds no recording", where=path.name)
    return examined


def analyze(
    recordings: list[Path] = typer.Argument(..., metavar="RECORDING...", help="Files of any known format."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document a recording."),
    output: Path | None = typer.Option(None, "--output", "-o", help="Write an HTML report here."),
    kind: str | None = typer.Option(
        None,
        help="What the channels are where the file does not say: surface_emg, needle_emg or another.",
    ),
    muscle: str | None = typer.Option(None, help="The muscle, for reference limits and the report."),
    rate: float | None = typer.Option(None, help="Samples per second, where the file does not say."),
) -> None:
    """Find, sort and count the twitches of one or more recordings."""
    from myolens.reports import report

    failures: list[str] = []
    found: list[Examined] = []
    output = page_path(output) if output else None
    for path in recordings:
        try:
            examined = examine(path, kind=kind, muscle=muscle, rate=rate)
        except InputError as error:
            note(str(error))
            failures.append(str(error))
            continue
        found += examined if output else []
        for item in examined:
            if as_json:
                print_json(item.analysis.to_json())
            else:
                _summary(item.analysis)
    if output and found:
        write_whole(output, report(examined=found, failures=failures))
        note(f"wrote {output}")
    if failures:
        sys.exit(2)


def _summary(analysis: Analysis) -> None:
    from rich.table import Table

    from myolens.reports.page import recording_sentence

    out = console()
    out.print(f"[bold]{_plain(analysis.recording)}[/bold] ({analysis.kind.replace('_', ' ')})")
    out.print(f"  {recording_sentence(analysis)}")
    quality = analysis.quality
    sizes = [] if quality.noise_uv is None else [f"noise {quality.noise_uv:.1f} µV"]
    if quality.detectable_uv is not None:
        sizes.append(f"smallest potential surely found {quality.detectable_uv:.0f} µV")
    out.print(f"  Quality: {quality.verdict}" + (f" ({', '.join(sizes)})" if sizes else ""))
    for problem in quality.problems:
        out.print(f"    - {_plain(problem)}")
    reasons = sorted({span.reason for span in analysis.excluded})
    if reasons:
        left = analysis.seconds - analysis.analysed_seconds
        out.print(f"  Left out: {left:.1f} s ({_plain('; '.join(reasons))})")
    if analysis.units:
        table = Table(box=None, padding=(0, 2), header_style="dim")
        for heading in ("unit", "discharges", "per minute", "on"):
            table.add_column(heading, justify="left" if heading == "on" else "right")
        for unit in analysis.units[:12]:
            table.add_row(str(unit.unit), str(unit.events), f"{unit.rate_per_min:.1f}", _plain(unit.channel))
        out.print(table)
    for remark in analysis.notes:
        out.print(f"  [dim]{_plain(remark)}[/dim]")


def _plain(words: str) -> str:
    from rich.markup import escape

    return escape(words)
