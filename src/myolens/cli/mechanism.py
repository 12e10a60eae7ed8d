"""`myolens simulate` and `excitability`: the model, from the command line."""

from __future__ import annotations

import json
from math import inf
from pathlib import Path

import typer

from myolens.cli.output import console, note, print_json, write_whole
from myolens.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(simulate)
    app.command()(excitability)


def simulate(
    output: Path = typer.Option(..., "--output", "-o", help="Recording to write: .edf, .bdf or .csv."),
    cause: str = typer.Option("healthy", help="Cause whose change of parameters is simulated."),
    settings: list[str] = typer.Option(
        [], "--set", metavar="KEY=VALUE", help="Change one parameter, e.g. axon.potassium=2.5."
    ),
    severity: float = typer.Option(1.0, help="0 healthy, 1 typical, 2 severe."),
    seconds: float | None = typer.Option(None, help="Length of the recording."),
    seed: int | None = typer.Option(None, help="Seed; the same seed gives the same recording."),
    truth: Path | None = typer.Option(None, help="Write the true discharges here, as JSON."),
) -> None:
    """Make a recording with known truth from the model."""
    from myolens.simulation import Scenario, save, scenario_with, truth_json
    from myolens.simulation import simulate as run

    changes = list(settings)
    if seconds is not None:
        changes.append(f"seconds={seconds}")
    if seed is not None:
        changes.append(f"seed={seed}")
    simulation = run(scenario_with(Scenario.for_cause(cause, severity=severity), changes))
    save(simulation, output)
    if truth is not None:
        write_whole(truth, json.dumps(truth_json(simulation), indent=1) + "\n")
    recording = simulation.recording
    note(
        f"wrote {output}: {recording.seconds:g} s, {len(recording.channels)} channels "
        f"at {recording.rate:g} Hz, {len(simulation.truth)} true discharges"
    )


def _bout(text: str) -> tuple[float, float]:
    rate, _, seconds = text.partition(":")
    try:
        bout = float(rate), float(seconds)
    except ValueError:
        bout = (-1.0, -1.0)
    if not all(0 <= number < inf for number in bout):
        raise InputError(f"{text!r} is no bout of activity", where="--after", mend="Write 8:600")
    return bout


def excitability(
    cause: str | None = typer.Option(None, help="Cause whose change of parameters is tested."),
    severity: float = typer.Option(1.0, help="0 healthy, 1 typical, 2 severe."),
    after: list[str] = typer.Option(
        [], "--after", metavar="HZ:SECONDS", help="Activity or rest (0:SECONDS) before the test; repeatable."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document."),
) -> None:
    """Test the model axon with the nerve-excitability battery, beside human norms."""
    from myolens.simulation.excitability import to_json

    if not 0 <= severity <= 2:
        raise InputError(f"is {severity:g}", where="--severity", mend="Choose a value from 0 to 2")
    document = to_json(cause, severity=severity, after=[_bout(text) for text in after])
    if document["why"]:
        note(f"{cause}: {document['why']}")
    if not document["testable"]:
        note("this axon fires by itself or cannot be excited, so the test gives no values")
    if as_json:
        print_json(document)
        return
    from rich.table import Table

    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("index", "model", "human mean", "SD", "z"):
        table.add_column(heading, justify="left" if heading == "index" else "right")
    for name, row in document["indices"].items():
        model = "–" if row["model"] is None else f"{row['model']:.3g}"
        z = "–" if row["z"] is None else f"{row['z']:+.2f}"
        table.add_row(name, model, f"{row['mean']:.3g}", f"{row['sd']:.3g}", z)
    console().print(table)
