"""`myolens simulate` and `excitability`: the model, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from myolens.cli.output import console, note, print_json, write_whole


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


def excitability(
    cause: str | None = typer.Option(None, help="Cause whose change of parameters is tested."),
    severity: float = typer.Option(1.0, help="0 healthy, 1 typical, 2 severe."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document."),
) -> None:
    """Test the model axon with the nerve-excitability battery, beside human norms."""
    from myolens.simulation.excitability import to_json

    document = to_json(cause, severity=severity)
    if as_json:
        print_json(document)
        return
    from rich.table import Table

    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("index", "model", "human mean", "SD", "z"):
        table.add_column(heading, justify="left" if heading == "index" else "right")
    for name, row in document["indices"].items():
        z = "–" if row["z"] is None else f"{row['z']:+.2f}"
        table.add_row(name, f"{row['model']:.3g}", f"{row['mean']:.3g}", f"{row['sd']:.3g}", z)
    console().print(table)
