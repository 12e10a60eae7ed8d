"""`myolens decompose`, `decrement` and `compare`: further measurements on recordings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from myolens.cli.output import console, print_json, progress
from myolens.errors import InputError

if TYPE_CHECKING:
    from myolens.recording import Recording

Measured = TypeVar("Measured")


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(decompose)
    app.command()(decrement)
    app.command()(compare)


def decompose(
    recording: Path = typer.Argument(..., help="High-density surface EMG of a voluntary contraction."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document."),
    start: float | None = typer.Option(None, help="First second of the stretch to decompose."),
    end: float | None = typer.Option(None, help="Last second of the stretch."),
    rate: float | None = typer.Option(None, help="Samples per second, where the file does not say."),
) -> None:
    """Decompose a voluntary contraction into the discharge trains of its motor units."""
    from myolens.emg.decomposition import decompose as separate

    if (start is None) != (end is None):
        raise InputError("a stretch needs both --start and --end")
    stretch = (start, end) if start is not None and end is not None else None
    with progress(f"decomposing {recording.name}") as share:
        found = _first(recording, rate, lambda signal: separate(signal, seconds=stretch, progress=share))
    if as_json:
        print_json({"schema": "myolens.decomposition/1", "recording": recording.name, **found.to_json()})
        return
    from rich.table import Table

    out = console()
    out.print(
        f"[bold]{len(found.units)} motor units[/bold] explain {found.explained:.0%} of the signal's energy; "
        f"{len(found.rejected)} further trains were not accepted."
    )
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("unit", "count", "Hz", "CV", "silhouette", "PNR, dB", "recruited, s"):
        table.add_column(heading, justify="right")
    for unit in found.units:
        table.add_row(
            str(unit.unit), str(unit.times_s.size), _number(unit.rate_hz, 1), _number(unit.interval_cv, 2),
            f"{unit.silhouette:.2f}", f"{unit.pulse_to_noise_db:.0f}", f"{unit.recruitment_s:.1f}",
        )  # fmt: skip
    out.print(table)


def decrement(
    recording: Path = typer.Argument(..., help="Muscle responses to repetitive nerve stimulation."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document."),
    channel: str | None = typer.Option(None, help="Channel of the muscle response."),
    muscle: str | None = typer.Option(None, help="The muscle, for the limit."),
) -> None:
    """Measure the decrement of the muscle response over trains of stimuli."""
    from myolens.emg.stimulation import decrement as measure

    found = _first(recording, None, lambda signal: measure(signal, channel=channel, muscle=muscle))
    if as_json:
        print_json({"schema": "myolens.decrement/1", "recording": recording.name, **found.to_json()})
        return
    verdict = {True: "Decrement", False: "No decrement", None: "Cannot be judged"}[found.abnormal]
    console().print(f"[bold]{verdict}[/bold] (limit {found.limit_percent:g} %), channel {found.channel}.")
    for reason in found.reasons:
        console().print(f"  - {reason}", markup=False)


def compare(
    first: Path = typer.Argument(..., help="Earlier recording."),
    second: Path = typer.Argument(..., help="Later recording of the same muscle."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document."),
    rate: float | None = typer.Option(None, help="Samples per second, where the files do not say."),
) -> None:
    """Say whether the twitch rate has changed between two recordings."""
    from myolens.cli.recordings import examine
    from myolens.emg import compare as compare_analyses

    one, two = (examine(path, rate=rate)[0].analysis for path in (first, second))
    found = compare_analyses(one, two)
    if as_json:
        print_json(
            {"schema": "myolens.comparison/1", "first": first.name, "second": second.name, **found.to_json()}
        )
        return
    words = {"higher": "The rate is higher", "lower": "The rate is lower", "not shown": "No change is shown"}
    ratio = found.ratio
    console().print(
        f"{words[found.change]}: {ratio.value:.2f} times the first "
        f"({ratio.level:.0%} interval {ratio.low:.2f} to {ratio.high:.2f})."
    )
    for caution in found.cautions:
        console().print(f"  - {caution}", markup=False)


def _first(path: Path, rate: float | None, measure: Callable[[Recording], Measured]) -> Measured:
    """Measure on the first recording of the file that allows it."""
    from myolens.readers import read

    refusals: list[InputError] = []
    for signal in read(path, rate=rate):
        try:
            return measure(signal)
        except InputError as error:
            refusals.append(error)
    raise refusals[0] if refusals else InputError("holds no recording", where=path.name)


def _number(value: Any, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
