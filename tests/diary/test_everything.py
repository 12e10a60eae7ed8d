"""Everything kept of a person leaves in one document and comes back from it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from tests.kept import TOLD, add_recording, fill

from myolens.diary import Diary
from myolens.diary.answers import answers_given, interview_of
from myolens.diary.collection import decide, kept_recording, kept_recordings, let_count, undo_decision
from myolens.diary.database import open_database, transaction
from myolens.diary.exchange import from_json, to_json
from myolens.diary.models import StoredRecording
from myolens.errors import InputError


def exported(diary: Diary) -> str:
    return json.dumps(to_json(diary), sort_keys=True)


def test_everything_comes_back_and_importing_twice_doubles_nothing() -> None:
    with Diary(database="sqlite://") as first, Diary(database="sqlite://") as second:
        fill(first)
        document = exported(first)
        for _ in range(2):
            from_json(second, document)
            assert exported(second) == document
        given = answers_given(second)
        assert interview_of(second, given[0].number) == TOLD
        (kept,) = kept_recordings(second)
        assert len(kept.analysis.events) == len(kept.found.events) - 1
        assert kept.analysis.events[0].unit == 7
        assert not kept.counted


def test_an_imported_recording_never_points_at_a_file() -> None:
    with Diary(database="sqlite://") as diary:
        fill(diary)
        document = to_json(diary)
    with Diary(database="sqlite://") as other:
        from_json(other, json.dumps(document))
        assert kept_recordings(other)[0].file == ""
        document["recordings"][0]["file"] = "../../etc/passwd"
        with pytest.raises(InputError, match="recording 1"):
            from_json(other, json.dumps(document))


def spoilt(**changes: object) -> str:
    with Diary(database="sqlite://") as diary:
        fill(diary)
        document = to_json(diary)
    for name, value in changes.items():
        whole, _, part = name.partition("__")
        if part:
            document[whole][0][part] = value
        else:
            document[whole] = value
    return json.dumps(document)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"answers": "all"}, "answers must be a list"),
        ({"answers__told": {"age": 300}}, "answer 1"),
        ({"answers__answer": {"urgency": "now"}}, "answer 1"),
        ({"recordings__analysis": {}}, "recording 1"),
        ({"recordings__sha256": "x"}, "recording 1"),
        (
            {"recordings__decisions": [{"event": 99, "verdict": "reject", "at": "2026-01-05T09:00:00Z"}]},
            "event",
        ),
        ({"diary_counted": "yes"}, "diary_counted"),
    ],
)
def test_a_bad_document_adds_nothing(changes: dict, words: str) -> None:
    with Diary(database="sqlite://") as diary:
        with pytest.raises(InputError, match=words):
            from_json(diary, spoilt(**changes))
        assert diary.days() == ()
        assert answers_given(diary) == []


def test_decisions_are_kept_undone_and_refused() -> None:
    with Diary(database="sqlite://") as diary:
        number = add_recording(diary)
        decide(diary, number, 2, "reject")
        assert len(kept_recording(diary, number).analysis.events) == 5
        assert undo_decision(diary, number) == 2
        decide(diary, number, 3, "accept")
        assert {place: made.verdict for place, made in kept_recording(diary, number).decisions.items()} == {
            3: "accept"
        }
        assert undo_decision(diary, number) == 3
        assert undo_decision(diary, number) is None
        for event, verdict, unit in ((6, "reject", None), (-1, "reject", None), (0, "like", None),
                                     (0, "relabel", None), (0, "relabel", 1000)):  # fmt: skip
            with pytest.raises(InputError):
                decide(diary, number, event, verdict, unit)


def test_recordings_of_others_are_not_there(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'd.sqlite3'}")
    mine, other = Diary("mine", database=engine), Diary("other", database=engine)
    number = add_recording(mine)
    assert kept_recording(other, number) is None
    with pytest.raises(InputError):
        decide(other, number, 0, "reject")
    let_count(other, number, counted=False)
    assert kept_recording(mine, number).counted


def test_the_command_writes_a_report_of_everything(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from myolens.cli import app

    url = f"sqlite:///{tmp_path / 'd.sqlite3'}"
    command = [
        "diary",
        "--database",
        url,
        "report",
        "--folder",
        str(tmp_path),
        "-o",
        str(tmp_path / "r.html"),
    ]
    with Diary(database=url) as diary:
        assert isinstance(CliRunner().invoke(app, command).exception, InputError)
        let_count(diary, fill(diary), counted=True)
    result = CliRunner().invoke(app, [*command, "--pdf"])
    assert result.exit_code == 0, result.output
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    for words in ("It twitches.", "Recording: calf.edf", "1 rejected", "1 of 1 days noted"):
        assert words in page, words
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF-")


def before_the_second_revision(file: Path) -> None:
    """A database as the first revision left it, with an entry and an analysed recording in it."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    import myolens.diary

    config = Config()
    config.set_main_option("script_location", str(Path(myolens.diary.__file__).parent / "migrations"))
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    with sqlite3.connect(file) as connection:
        connection.execute(
            "insert into profile (id, name, created, hide_numbers, language) "
            "values (1, 'me', '2026-01-01', 0, 'en')"
        )
        connection.execute(
            "insert into check_in (profile_id, day, intensity, medicines, abilities, note, written) "
            "values (1, '2026-01-05', 4, '[]', '{}', 'canary', '2026-01-05')"
        )
        connection.execute(
            "insert into stored_recording "
            "(profile_id, created, name, file, size, state, message, options, analysis) "
            "values (1, '2026-01-05', 'x.edf', 'k.edf', 1, 'done', '', '{}', '{}')"
        )
    connection.close()


def test_an_older_database_is_copied_then_brought_up_to_date(tmp_path: Path) -> None:
    file = tmp_path / "d.sqlite3"
    before_the_second_revision(file)
    diary = Diary(database=f"sqlite:///{file}")
    assert [entry.note for entry in diary.days()] == ["canary"]
    with transaction(diary.engine) as session:
        row = session.query(StoredRecording).one()
        assert (row.state, row.counted) == ("waiting", True)
    backup = tmp_path / "d.sqlite3.before-0001.bak"
    with sqlite3.connect(backup) as connection:
        assert connection.execute("select state from stored_recording").fetchone() == ("done",)
    connection.close()
    diary.forget_everything()
    assert not backup.exists()
    for leftover in tmp_path.iterdir():
        assert b"canary" not in leftover.read_bytes(), leftover.name
