"""Nothing acknowledged is lost, everything comes back as it was given."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myolens.diary import DayEntry, Diary, MomentEntry
from myolens.diary.database import open_database
from myolens.diary.exchange import from_csv, from_json, to_csv, to_json
from myolens.diary.models import Base
from myolens.errors import InputError

DAY = date(2026, 1, 5)
text = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00\r"), max_size=30)
entries = st.builds(
    DayEntry,
    day=st.dates(date(2025, 1, 1), date(2026, 12, 31)),
    intensity=st.none() | st.integers(0, 10),
    sleep_hours=st.none() | st.floats(0, 24),
    caffeine_mg=st.none() | st.floats(0, 5000),
    stress=st.none() | st.integers(0, 10),
    medicines=st.lists(
        st.text(st.characters(whitelist_categories=("Ll",)), min_size=1, max_size=8), max_size=3
    ).map(tuple),
    abilities=st.dictionaries(
        st.sampled_from(["buttons", "stairs"]), st.sampled_from(["as_before", "harder"])
    ),
    note=text.map(str.strip),
)


def told(entry: DayEntry) -> dict:
    return {k: v for k, v in entry.model_dump().items() if v not in (None, (), {}, "")}


@pytest.fixture
def diary():
    with Diary(database="sqlite://") as diary:
        yield diary


@settings(max_examples=25, deadline=None)
@given(st.lists(entries, max_size=6, unique_by=lambda entry: entry.day))
def test_entries_come_back_in_order_through_csv_and_json(days: list[DayEntry]) -> None:
    with Diary(database="sqlite://") as first, Diary(database="sqlite://") as second:
        first.add_all(days)
        expected = [told(entry) for entry in sorted(days, key=lambda entry: entry.day)]
        assert [told(entry) for entry in first.days()] == expected
        from_csv(second, to_csv(first))
        assert [told(entry) for entry in second.days()] == expected
    import json

    with Diary(database="sqlite://") as third, Diary(database="sqlite://") as source:
        source.add_all(days)
        from_json(third, json.dumps(to_json(source)))
        assert to_json(third)["days"] == to_json(source)["days"]


def test_a_second_check_in_adds_to_the_first(diary: Diary) -> None:
    diary.add(DayEntry(day=DAY, intensity=4, caffeine_mg=200))
    diary.add(DayEntry(day=DAY, sleep_hours=6.5))
    diary.add(DayEntry(day=DAY, intensity=5))
    assert told(diary.days()[0]) == {"day": DAY, "intensity": 5, "caffeine_mg": 200.0, "sleep_hours": 6.5}


def test_profiles_do_not_see_each_other(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'd.sqlite3'}")
    one, two = Diary("one", database=engine), Diary("two", database=engine)
    one.add(DayEntry(day=DAY, note="mine"))
    assert two.days() == ()
    one.forget_everything()
    assert b"mine" not in (tmp_path / "d.sqlite3").read_bytes()


def test_forgetting_leaves_no_trace_on_disk(tmp_path: Path) -> None:
    file = tmp_path / "d.sqlite3"
    diary = Diary(database=f"sqlite:///{file}")
    diary.add(DayEntry(day=DAY, note="canary-in-the-diary"))
    diary.add(MomentEntry(at=datetime(2026, 1, 5, 9, tzinfo=UTC), note="canary-in-the-diary"))
    diary.forget_everything()
    for leftover in tmp_path.iterdir():
        assert b"canary-in-the-diary" not in leftover.read_bytes(), leftover.name


def test_moments_keep_their_instant_and_the_newest_can_be_taken_back(diary: Diary) -> None:
    summer = datetime.fromisoformat("2026-07-01T08:30:00+02:00")
    diary.add(MomentEntry(at=summer, site="left calf"))
    diary.add(MomentEntry(at=summer + timedelta(hours=1)))
    assert diary.moments()[0].at == summer
    assert diary.remove_last_moment()
    assert [moment.site for moment in diary.moments()] == ["left calf"]


def test_importing_twice_doubles_nothing(diary: Diary) -> None:
    import json

    diary.add(MomentEntry(at=datetime(2026, 1, 5, 9, tzinfo=UTC)))
    diary.add(DayEntry(day=DAY, intensity=2))
    exported = json.dumps(to_json(diary))
    from_json(diary, exported)
    assert json.dumps(to_json(diary)) == exported


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "not valid JSON"),
        ("[]", "not a diary export"),
        ('{"schema": "myolens.diary/1", "days": [{"day": "2026-01-05"}, {"day": "soon"}]}', "day 2: day"),
        ('{"schema": "myolens.diary/1", "days": [{"day": "2026-01-05", "intensity": 11}]}', "intensity"),
        ('{"schema": "myolens.diary/1", "days": [{"day": "2026-01-05", "streak": 1}]}', "streak"),
        ('{"schema": "myolens.diary/1", "moments": [3]}', "moment 1"),
    ],
)
def test_a_bad_import_adds_nothing_and_says_where(diary: Diary, content: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        from_json(diary, content)
    assert diary.days() == ()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("date,intensity\n2026-01-05,1\n", "no column named day"),
        ("day,mood\n2026-01-05,1\n", "unknown column 'mood'"),
        ("day,intensity\n2026-01-05,1\n2026-01-06,many\n", "line 3"),
        ("day,intensity\n2026-01-05,1,7\n", "more fields"),
    ],
)
def test_a_bad_csv_adds_nothing_and_names_the_line(diary: Diary, content: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        from_csv(diary, content)
    assert diary.days() == ()


def test_exported_text_cannot_run_in_a_spreadsheet(diary: Diary) -> None:
    diary.add(DayEntry(day=DAY, note='=HYPERLINK("http://x")'))
    assert ",\"'=HYPERLINK" in to_csv(diary)


def test_migrations_make_exactly_the_tables_of_the_models(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    engine = open_database(f"sqlite:///{tmp_path / 'd.sqlite3'}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_a_database_from_the_future_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "d.sqlite3"
    open_database(f"sqlite:///{file}").dispose()
    with sqlite3.connect(file) as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    with pytest.raises(InputError, match="newer Myolens"):
        open_database(f"sqlite:///{file}")


def test_not_a_database(tmp_path: Path) -> None:
    file = tmp_path / "d.sqlite3"
    file.write_bytes(b"this is a letter, not a database" * 200)
    with pytest.raises(InputError, match="cannot be used"):
        open_database(f"sqlite:///{file}")
    with pytest.raises(InputError, match="URL"):
        open_database("nonsense")


def write_until_killed(url: str, start: int, acknowledge: int) -> None:
    diary = Diary(database=url)
    for number in range(start, start + 10_000):
        diary.add(DayEntry(day=date(2000, 1, 1) + timedelta(days=number), note=f"entry {number}"))
        os.write(acknowledge, b"%d\n" % number)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_200_times_while_writing_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "d.sqlite3"
    url = f"sqlite:///{file}"
    Diary(database=url).close()
    chance = random.Random(7)
    notes: list[str] = []
    for _ in range(200):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                write_until_killed(url, len(notes), writing)
            finally:
                os._exit(1)
        os.close(writing)
        with os.fdopen(reading, "rb") as lines:
            acknowledged = int(lines.readline())
            time.sleep(chance.uniform(0.0, 0.01))
            os.kill(child, signal.SIGKILL)
            for line in lines:
                if line.endswith(b"\n"):
                    acknowledged = int(line)
        os.waitpid(child, 0)
        with sqlite3.connect(file) as connection:
            notes = [row[0] for row in connection.execute("select note from check_in order by day")]
        connection.close()
        assert notes == [f"entry {number}" for number in range(len(notes))]
        assert len(notes) > acknowledged
    with sqlite3.connect(file) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    connection.close()
    assert len(Diary(database=url).days()) == len(notes)
