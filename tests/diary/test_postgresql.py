"""The same store on a real PostgreSQL server, a cluster of its own in a temporary folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from starlette.testclient import TestClient

from myolens.diary import DayEntry, Diary, MomentEntry
from myolens.diary.database import open_database, transaction
from myolens.diary.exchange import from_json, to_json
from myolens.diary.models import CheckIn, EventReview, StoredCase, StoredRecording
from myolens.web import Settings, create_app

DAY = date(2026, 1, 5)


def server_folder() -> Path | None:
    """Folder of PostgreSQL's server programs, on the path or where Debian keeps them."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


def account() -> str | None:
    """PostgreSQL refuses to run as root; another account is taken then."""
    return "nobody" if os.geteuid() == 0 else None


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    programs = server_folder()
    if programs is None:
        pytest.skip("no PostgreSQL server on this machine (Debian: apt-get install postgresql)")
    with TemporaryDirectory(prefix="myolens-pg-") as name:
        folder = Path(name)
        if account():
            shutil.chown(folder, account())
        data, quiet = folder / "data", {"user": account(), "cwd": name, "stdout": subprocess.DEVNULL}
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "myolens", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True, **quiet,
        )  # fmt: skip
        options = f"-k {folder} -c listen_addresses= -c fsync=off"
        control = [programs / "pg_ctl", "-D", data, "-l", folder / "log", "-w"]
        subprocess.run([*control, "-o", options, "start"], check=True, **quiet)
        try:
            yield f"postgresql://myolens@/postgres?host={folder}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, **quiet)


@pytest.fixture(scope="module")
def engine(url: str) -> Iterator[Engine]:
    engine = open_database(url)
    assert engine.dialect.name == "postgresql"
    yield engine
    engine.dispose()


def test_entries_come_back_as_given(engine: Engine) -> None:
    diary = Diary("one", database=engine)
    day = DayEntry(
        day=DAY,
        intensity=4,
        sleep_hours=6.5,
        medicines=("a", "ü"),
        abilities={"buttons": "harder"},
        note="“x”",
    )
    moment = MomentEntry(at=datetime(2026, 1, 5, 23, 30, tzinfo=UTC), site="left calf")
    diary.add_all([day, moment])
    diary.add(DayEntry(day=DAY, intensity=5))
    assert diary.days() == (day.model_copy(update={"intensity": 5}),)
    assert diary.moments() == (moment,)
    copy = Diary("copy", database=engine)
    from_json(copy, json.dumps(to_json(diary)))
    assert to_json(copy)["days"] == to_json(diary)["days"]


def test_opening_again_changes_nothing_and_profiles_stay_apart(engine: Engine, url: str) -> None:
    Diary("two", database=engine).add(DayEntry(day=DAY, note="mine"))
    again = open_database(url)
    assert len(Diary("two", database=again).days()) == 1
    assert Diary("three", database=again).days() == ()
    again.dispose()


def test_what_cannot_be_is_refused_by_the_database_too(engine: Engine) -> None:
    profile = Diary("four", database=engine).profile_id
    with pytest.raises(IntegrityError), transaction(engine) as session:
        session.add(CheckIn(profile_id=profile, day=DAY, intensity=11, written=datetime.now(UTC)))
    with pytest.raises(IntegrityError), transaction(engine) as session:
        session.add(CheckIn(profile_id=10**6, day=DAY, written=datetime.now(UTC)))


def test_forgetting_takes_everything_of_one_person(engine: Engine) -> None:
    diary, now = Diary("five", database=engine), datetime.now(UTC)
    diary.add_all([DayEntry(day=DAY), MomentEntry(at=now)])
    with transaction(engine) as session:
        session.add(StoredCase(profile_id=diary.profile_id, created=now, case={"a": 1}, assessment=None))
        recording = StoredRecording(
            profile_id=diary.profile_id, created=now, name="n", file="f", size=2**33, options={}
        )
        session.add(recording)
        session.flush()
        session.add(EventReview(recording_id=recording.id, event=0, verdict="reject", at=now))
    diary.forget_everything()
    with transaction(engine) as session:
        for table in (CheckIn, StoredCase, StoredRecording, EventReview):
            left = session.query(table)
            if table is EventReview:
                assert left.count() == 0
            else:
                assert left.filter_by(profile_id=diary.profile_id).count() == 0


def test_the_application_runs_on_it(url: str, tmp_path: Path) -> None:
    with TestClient(create_app(Settings(folder=tmp_path, database=url, hosts=("testserver",)))) as client:
        client.get("/privacy")
        token = {"csrf": client.cookies["myolens_csrf"]}
        client.post("/diary/day", data={**token, "day": DAY.isoformat(), "intensity": "3"})
        assert json.loads(client.get("/diary/export.json").text)["days"] == [
            {"day": "2026-01-05", "intensity": 3}
        ]
        number = str(client.post("/find/start", data=token).url).split("/")[-2]
        client.post(f"/find/{number}/about", data={**token, "age": "40", "complaint": "My calf twitches."})
        assert client.get(f"/find/{number}/result").status_code == 200
    assert not list(tmp_path.glob("*.sqlite3"))
