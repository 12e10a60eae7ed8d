"""`myolens vocabulary` and `myolens knowledge`: what the program knows, and from where."""

from __future__ import annotations

import sys

import typer

from myolens.cli.output import console, note, print_json
from myolens.errors import InputError

knowledge_app = typer.Typer(help="Look into the knowledge base.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(vocabulary)
    app.add_typer(knowledge_app, name="knowledge")


def vocabulary(
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document."),
    search: str = typer.Option("", help="Only entries whose code, name or synonyms contain this."),
) -> None:
    """List every finding, lab, medicine and cause: code, names, synonyms, unit."""
    from myolens.knowledge import load, vocabulary_table

    rows = [row for row in vocabulary_table(load()) if search.lower() in str(row).lower()]
    if as_json:
        print_json({"schema": "myolens.vocabulary/1", "entries": rows})
        return
    from rich.table import Table

    if not rows:
        note(f"no code, name or synonym contains {search!r}")
        return
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for heading in ("kind", "code", "name", "unit", "synonyms"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        synonyms = list(row["synonyms"])
        shown = ", ".join(synonyms[:4]) + (" …" if len(synonyms) > 4 else "")
        table.add_row(row["kind"], row["code"], row["name"], row["unit"] or "", shown)
    console().print(table)


@knowledge_app.command()
def check() -> None:
    """Prove the knowledge base consistent; prints each problem, exit code 1 if there is any."""
    from myolens.knowledge import check as problems_of
    from myolens.knowledge import load

    knowledge = load()
    problems = problems_of(knowledge)
    out = console()
    for problem in problems:
        out.print(problem, markup=False)
    figures = sum(
        len(c.findings) + len(c.risks) + len(c.links) + len(c.prior) for c in knowledge.causes.values()
    )
    out.print(
        f"{len(knowledge.causes)} causes, {len(knowledge.findings)} findings, {len(knowledge.labs)} labs, "
        f"{len(knowledge.medicines)} medicines, {len(knowledge.triage)} triage rules, "
        f"{len(knowledge.care)} measures, {len(knowledge.sources)} sources, {figures} figures: "
        + (f"{len(problems)} problems" if problems else "consistent")
    )
    if problems:
        sys.exit(1)


@knowledge_app.command()
def show(code: str = typer.Argument(..., help="A cause, finding, lab, medicine or test.")) -> None:
    """Print everything known about one entry, with its sources."""
    from myolens.knowledge import load
    from myolens.knowledge import show as describe

    text = describe(load(), code)
    if not text:
        codes, near = _called(code)
        text = "\n".join(describe(load(), found) for found in codes)
    if not text:
        raise InputError(
            f"{code!r} is not in the knowledge base",
            mend=("Perhaps " + " or ".join(near) + "; " if near else "")
            + "`myolens vocabulary` lists the codes",
        )
    console().print(text, markup=False)


def _called(words: str) -> tuple[list[str], list[str]]:
    """Codes of what is called so, and codes spelt nearly so where nothing is."""
    from difflib import get_close_matches

    from myolens.knowledge import load, vocabulary_table

    rows = vocabulary_table(load())
    asked = words.strip().casefold()
    named = [row["code"] for row in rows if row["name"].casefold() == asked]
    named += [code for code, cause in load().causes.items() if cause.plain_name.casefold() == asked]
    codes = named or [row["code"] for row in rows if asked in map(str.casefold, row["synonyms"])]
    return codes, [] if codes else get_close_matches(asked, [row["code"] for row in rows])
