"""Opening the database: where it lies, how it is kept safe, and how it is brought up to date."""

from __future__ import annotations

import glob
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session

from myolens.errors import InputError

DATABASE_NAME = "myolens.sqlite3"


def data_folder() -> Path:
    """The user's own data folder for Myolens; made when first used, readable by the user only."""
    from platformdirs import user_data_path

    folder = user_data_path("myolens", appauthor=False)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def open_database(url: str | None = None) -> Engine:
    """Open the database and bring it up to date; a SQLite file is backed up before it is changed.

    Parameters
    ----------
    url : str or None
        SQLAlchemy URL; None means a SQLite file in `data_folder`.

    Raises
    ------
    InputError
        If the URL is not understood, the database cannot be opened, or it is newer than
        this program.
    """
    try:
        parsed = make_url(url or f"sqlite:///{data_folder() / DATABASE_NAME}")
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        engine = create_engine(parsed, connect_args=_connect_args(parsed.drivername))
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise InputError(
            f"the database URL is not usable: {error}", mend="See `myolens serve --help`"
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _make_durable)
    try:
        _migrate(engine)
    except DBAPIError as error:
        engine.dispose()
        where = parsed.render_as_string(hide_password=True)
        raise InputError(f"the database cannot be used: {error.orig}", where=where) from None
    return engine


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """Give a session whose work is committed, and safe on disk, when the block is left without an error."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


def remove_backups(engine: Engine) -> None:
    """Delete the copies of a SQLite database made before it was changed."""
    file = engine.url.database
    if engine.dialect.name == "sqlite" and file and file != ":memory:":
        for copy in Path(file).parent.glob(f"{glob.escape(Path(file).name)}.before-*.bak*"):
            copy.unlink(missing_ok=True)


def _connect_args(driver: str) -> dict[str, Any]:
    return {"timeout": 20} if driver.startswith("sqlite") else {}


def _make_durable(connection: Any, _record: object) -> None:
    """Write-ahead log, every commit on disk before it is acknowledged, foreign keys enforced."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _migrate(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    head = scripts.get_current_head()
    if current == head:
        return
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        raise InputError(
            "the database was written by a newer Myolens", mend="Update the program, or name another database"
        )
    if current is not None:
        _back_up(engine, current)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _back_up(engine: Engine, revision: str) -> None:
    file = engine.url.database
    if engine.dialect.name != "sqlite" or not file or file == ":memory:":
        return
    target = Path(f"{file}.before-{revision}.bak")
    if target.exists():
        return
    partial = target.with_name(target.name + ".partial")
    source, copy = sqlite3.connect(file), sqlite3.connect(partial)
    try:
        source.backup(copy)
    finally:
        source.close()
        copy.close()
    partial.replace(target)
