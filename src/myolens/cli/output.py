"""What the commands share: progress on stderr, documents on stdout, files written whole."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from myolens.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console


def console() -> Console:
    """Return a console on stdout."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def print_json(document: Any) -> None:
    """Print one JSON document on one line."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n")


def note(words: str) -> None:
    """Say something on stderr."""
    sys.stderr.write(f"myolens: {words}\n")


@contextmanager
def progress(words: str) -> Iterator[Callable[[float], None]]:
    """Show a bar on stderr while work goes on; the yielded function takes the share done, 0 to 1."""
    if not sys.stderr.isatty():
        yield lambda _share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(words, total=1.0)
        yield lambda share: bar.update(task, completed=min(1.0, share))


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file completely or not at all."""
    _no_folder(path)
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            partial.write_bytes(content)
        else:
            partial.write_text(content, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise InputError(f"cannot be written: {error.strerror or error}", where=str(path)) from None


def page_path(path: Path) -> Path:
    """Return where a page of HTML is written, refusing a folder or a name that promises another format."""
    _no_folder(path)
    if path.suffix.lower() in {".pdf", ".json", ".edf", ".csv", ".yaml", ".yml"}:
        raise InputError(
            f"is no name for a page of HTML: it ends in {path.suffix}",
            where=str(path),
            mend=f"Write it as {path.with_suffix('.html')}",
        )
    return path


def _no_folder(path: Path) -> None:
    if path.is_dir():
        raise InputError("is a folder", where=str(path), mend="Name the file to write in it")
