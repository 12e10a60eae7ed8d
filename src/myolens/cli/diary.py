"""`myolens diary`: notes over time, and what they show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typer

from myolens.cli.output import console, note, print_json, write_whole
from myolens.errors import InputError

if TYPE_CHECKING:
    from myolens.diary import Diary

diary_app = typer.Typer(
    help="Keep a diary; see trends and your own triggers.", no_args_is_help=True, rich_markup_mode=None
)
_chosen: dict[str, Any] = {}


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(diary_app, name="diary")


@diary_app.callback()
def _choose(
    profile: str = typer.Option("me", help="Whose diary."),
    database: str | None = typer.Option(
        None, help="SQLAlchemy URL; the file in your data folder when left out.", envvar="MYOLENS_DATABASE"
    ),
) -> None:
    _chosen.update(profile=profile, database=database)


@contextmanager
def _opened() -> Iterator[Diary]:
    from myolens.diary import Diary

    with Diary(_chosen["profile"], database=_chosen["database"]) as diary:
        yield diary


def _day(words: str) -> date:
    try:
        return date.today() if words == "today" else date.fromisoformat(words)
    except ValueError:
        raise InputError(f"{words!r} is not a day", mend="Write it as 2026-01-31") from None


@diary_app.command()
def add(
    day: str = typer.Option("today", help="Day of the check-in, e.g. 2026-01-31."),
    intensity: int | None = typer.Option(None, help="How much twitching, 0 to 10."),
    sleep: float | None = typer.Option(None, help="Hours of sleep."),
    caffeine: float | None = typer.Option(None, help="Caffeine, mg (a cup of coffee is about 95)."),
    alcohol: float | None = typer.Option(None, help="Alcohol, units."),
    fluids: float | None = typer.Option(None, help="Fluids, litres."),
    exercise: float | None = typer.Option(None, help="Exercise, minutes."),
    stress: int | None = typer.Option(None, help="Stress, 0 to 10."),
    medicine: list[str] = typer.Option([], help="A medicine taken; may be repeated."),
    words: str | None = typer.Option(None, "--note", help="Anything else."),
    now: bool = typer.Option(False, "--now", help="Note a moment: it is twitching now."),
    site: str | None = typer.Option(None, help="Where it twitches, with --now."),
) -> None:
    """Note a day or, with --now, a moment of twitching."""
    from myolens.diary import MomentEntry
    from myolens.diary.store import day_entry

    if now:
        with _opened() as diary:
            diary.add(MomentEntry(at=datetime.now().astimezone(), site=site, note=words or ""))
        note("noted: twitching now")
        return
    given = {
        "intensity": intensity,
        "sleep_hours": sleep,
        "caffeine_mg": caffeine,
        "alcohol_units": alcohol,
        "fluids_litres": fluids,
        "exercise_minutes": exercise,
        "stress": stress,
        "medicines": medicine or None,
        "note": words,
    }
    told = {name: value for name, value in given.items() if value is not None}
    if not told:
        raise InputError("nothing to note", mend="Give --intensity, --sleep, ... or --now")
    entry = day_entry({"day": _day(day), **told})
    with _opened() as diary:
        diary.add(entry)
    note(f"noted for {entry.day}")


@diary_app.command(name="list")
def list_entries(
    since: str | None = typer.Option(None, help="First day shown."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document."),
) -> None:
    """List the days noted."""
    from myolens.diary.exchange import to_json

    first = _day(since) if since else None
    with _opened() as diary:
        if as_json:
            print_json(to_json(diary))
            return
        days = diary.days(first)
    from rich.table import Table

    table = Table(box=None, padding=(0, 1), header_style="dim")
    headings = ("day", "twitching", "sleep h", "caffeine mg", "alcohol", "exercise min", "stress", "note")
    for heading in headings:
        table.add_column(heading, justify="left" if heading in {"day", "note"} else "right")
    for e in days:
        numbers = (
            e.intensity,
            e.sleep_hours,
            e.caffeine_mg,
            e.alcohol_units,
            e.exercise_minutes,
            e.stress,
        )
        table.add_row(e.day.isoformat(), *("" if n is None else f"{n:g}" for n in numbers), e.note)
    console().print(table if days else "No day has been noted yet.")


@diary_app.command()
def trends(as_json: bool = typer.Option(False, "--json", help="Print one JSON document.")) -> None:
    """Say whether twitching is rising or falling, if that can be told."""
    with _opened() as diary:
        trend = diary.trend()
    if as_json:
        from dataclasses import asdict

        print_json({"schema": "myolens.trend/1", **asdict(trend)})
        return
    if trend.change_per_month is None or trend.low is None or trend.high is None:
        console().print(f"{trend.days} days noted: too few, or too close together, to show a direction.")
        return
    words = {
        "falling": "Twitching is easing.",
        "rising": "Twitching is increasing.",
        "steady": "Twitching is about the same.",
        "unknown": "No direction can be told yet.",
    }
    console().print(
        f"{words[trend.direction]} Change per month: {trend.change_per_month:+.1f} points of 10 "
        f"(95 % interval {trend.low:+.1f} to {trend.high:+.1f}) over {trend.days} days noted."
    )


@diary_app.command()
def triggers(
    outcome: str = typer.Option("intensity", help="intensity (of the day) or moments (counted per day)."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document."),
) -> None:
    """Say which habits go with more twitching, and what cannot be told yet."""
    if outcome not in {"intensity", "moments"}:
        raise InputError(f"{outcome!r} is not an outcome", mend="Choose intensity or moments")
    chosen: Literal["intensity", "moments"] = "moments" if outcome == "moments" else "intensity"
    with _opened() as diary:
        found = diary.triggers(outcome=chosen)
    if as_json:
        from dataclasses import asdict

        print_json({"schema": "myolens.triggers/1", **asdict(found)})
        return
    out = console()
    for trigger in found.triggers:
        needed = ""
        if trigger.days_needed is not None:
            needed = f" An effect of 20 % would show in about {trigger.days_needed} more days."
        out.print(
            f"[bold]{trigger.factor}[/bold]: {trigger.verdict}. Per usual step ({trigger.step:.2g}): "
            f"{trigger.change:+.0%} twitching "
            f"(95 % interval {trigger.low:+.0%} to {trigger.high:+.0%}).{needed}"
        )
    for name, why in found.left_out:
        out.print(f"[dim]{name}: not analysed, {why}.[/dim]")


@diary_app.command(name="report")
def write_report(
    output: Path = typer.Option(Path("report.html"), "--output", "-o", help="Where to write the report."),
    pdf: bool = typer.Option(False, "--pdf", help="Write a PDF beside the HTML."),
    folder: Path | None = typer.Option(
        None, help="Folder for data, as for `serve`; your own data folder when left out."
    ),
) -> None:
    """Write the clinician's pages from everything stored: newest answer, recordings, diary."""
    from myolens.diary.database import data_folder
    from myolens.reports import report
    from myolens.reports.dossier import dossier, newest_answer

    recordings = (folder or data_folder()) / "recordings"
    with _opened() as diary:
        told = dossier(diary, newest_answer(diary), folder=recordings, today=date.today())
    if told.case is None and not told.examined and told.followed is None:
        raise InputError("nothing is stored for this profile", mend="See `myolens diary --help`")
    write_whole(output, report(**told.parts()))
    note(f"wrote {output}")
    if pdf:
        from myolens.reports.pdf import pdf as render_pdf

        write_whole(output.with_suffix(".pdf"), render_pdf(**told.parts()))
        note(f"wrote {output.with_suffix('.pdf')}")


@diary_app.command(name="export")
def export_diary(
    output: Path = typer.Option(
        ..., "--output", "-o", help="File to write: .json (everything kept) or .csv (days)."
    ),
) -> None:
    """Write the diary to a file."""
    from myolens.diary.exchange import to_csv, to_json

    if output.suffix.lower() not in {".json", ".csv"}:
        raise InputError("the name must end in .json or .csv", where=str(output))
    with _opened() as diary:
        csv = output.suffix.lower() == ".csv"
        content = to_csv(diary) if csv else json.dumps(to_json(diary), indent=1, ensure_ascii=False) + "\n"
    write_whole(output, content)
    note(f"wrote {output}")


@diary_app.command(name="import")
def import_diary(file: Path = typer.Argument(..., help="A .json or .csv written by export.")) -> None:
    """Add the entries of a file, all or none."""
    from myolens.diary.exchange import from_csv, from_json

    if not file.is_file():
        raise InputError("no such file", where=str(file))
    if file.stat().st_size > 100_000_000:
        raise InputError("is too large for a diary", where=file.name)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("is not UTF-8 text", where=file.name) from None
    with _opened() as diary:
        added = (from_csv if file.suffix.lower() == ".csv" else from_json)(diary, text, where=file.name)
    note(f"added {added} entries")
