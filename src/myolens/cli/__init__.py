"""The command line: parses, calls a verb, prints.

Exit codes: 0 done, 2 bad input (one clear message on stderr), 1 our fault.
Documents go to stdout, progress and notes to stderr.
"""

from __future__ import annotations

import os
import sys

import typer

from myolens.cli import cases, diary, knowledge, measurements, mechanism, recordings, serving
from myolens.errors import InputError

app = typer.Typer(
    name="myolens",
    help="Find, explain and follow muscle twitches. Informs, never diagnoses.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
cases.register(app)
recordings.register(app)
measurements.register(app)
mechanism.register(app)
knowledge.register(app)
diary.register(app)
serving.register(app)


def _show_version(value: bool) -> None:
    if value:
        from myolens import __version__

        typer.echo(f"myolens {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: bool = typer.Option(
        False, "--version", help="Print the version and leave.", callback=_show_version, is_eager=True
    ),
) -> None:
    pass


def main() -> None:
    """Run the command line and leave with its exit code."""
    try:
        app()
    except InputError as error:
        print(f"myolens: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        print("myolens: stopped", file=sys.stderr)  # noqa: T201
        sys.exit(130)
    except Exception as error:
        if os.environ.get("MYOLENS_DEBUG"):
            raise
        print(  # noqa: T201
            f"myolens: our fault: {type(error).__name__}: {error}. "
            "Set MYOLENS_DEBUG=1 to see where, and please report it.",
            file=sys.stderr,
        )
        sys.exit(1)
