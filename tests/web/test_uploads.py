"""Hostile files and hostile ways to send them: a sentence for the person, nothing left behind."""

from __future__ import annotations

import gzip
import io
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from myolens.diary import Diary
from myolens.diary.database import open_database, transaction
from myolens.diary.models import StoredRecording
from myolens.errors import InputError
from myolens.web import Settings, create_app
from myolens.web.jobs import Jobs
from myolens.web.work import analyse

EXAMPLE = Path(__file__).resolve().parents[2] / "src" / "myolens" / "examples" / "left-biceps.edf"


def zip_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.edf", b"0" * 20_000_000)
    return out.getvalue()


def absurd_edf() -> bytes:
    """A header that promises a thousand million records."""
    head = EXAMPLE.read_bytes()[:4096]
    return head[:236] + b"999999999".ljust(8)[:8] + head[244:]


def no_channels() -> bytes:
    head = EXAMPLE.read_bytes()[:256]
    return head[:252] + b"0   "


HOSTILE = {
    "nothing.edf": b"",
    "words.edf": b"not a recording at all",
    "bomb.zip": zip_bomb(),
    "bomb.csv.gz": gzip.compress(b"1," * 10_000_000),
    "half.edf": EXAMPLE.read_bytes()[:300],
    "absurd.edf": absurd_edf(),
    "empty.edf": no_channels(),
    "half.h5": b"\x89HDF\r\n\x1a\n" + b"\xff" * 600,
    "half.mat": b"MATLAB 5.0 MAT-file" + b"\x00" * 200,
    "nul.csv": b"\x00" * 5000,
    "wide.csv": b",".join([b"1"] * 100_000) + b"\n",
    "page.edf": b"<html><script>alert(1)</script></html>",
    "wave.wav": b"RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\xff\xff\xff\xff",
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_file_ends_as_a_sentence(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(HOSTILE[name])
    with pytest.raises(InputError) as refusal:
        analyse(file, {"kind": None, "muscle": None, "rate": None, "name": name})
    assert str(refusal.value).endswith(".")
    assert "Traceback" not in str(refusal.value)


def settled(browser, address: str) -> str:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        page = browser.get(address).text
        if 'id="share"' not in page:
            return page
        time.sleep(0.2)
    raise AssertionError("the analysis never ended")


@pytest.mark.parametrize(
    "name",
    ["../../../x.edf", "..\\..\\x.edf", "a" * 400 + ".edf", "/etc/passwd", "con:<x>|?.edf", "ü\u202e.edf"],
)
def test_names_cannot_leave_the_folder_or_break_the_page(browser, folder: Path, name: str) -> None:
    browser.client.app.state.jobs.stop()  # only the keeping of the file is looked at here
    answer = browser.post("/recordings", files={"file": (name, b"x" * 10, "application/octet-stream")})
    assert answer.status_code == 200
    kept = list((folder / "recordings").iterdir())
    assert len(kept) == 1
    assert kept[0].parent == folder / "recordings"
    assert not list(folder.parent.glob("x.edf"))
    with transaction(browser.client.app.state.engine) as session:
        row = session.get_one(StoredRecording, int(str(answer.url).rsplit("/", 1)[-1]))
    assert len(row.name) <= 120
    assert not set(row.name) & set('/\\<>:"|?*\x00\u202e')


def test_a_useless_file_is_shown_as_not_usable_and_can_be_deleted(browser, folder: Path) -> None:
    answer = browser.post("/recordings", files={"file": ("x.edf", b"junk" * 99, "application/octet-stream")})
    page = settled(browser, str(answer.url))
    assert 'role="alert"' in page
    assert str(folder) not in page
    browser.post(f"{str(answer.url).removeprefix('http://testserver')}/remove")
    assert list((folder / "recordings").iterdir()) == []


def test_an_upload_over_the_limit_leaves_nothing(tmp_path: Path) -> None:
    settings = Settings(folder=tmp_path, hosts=("testserver",), maximum_upload_bytes=300_000)
    with TestClient(create_app(settings)) as client:
        client.get("/privacy")
        token = {"x-csrf-token": client.cookies["myolens_csrf"]}
        sent = {"file": ("x.edf", EXAMPLE.read_bytes(), "application/octet-stream")}
        assert client.post("/recordings", files=sent, headers=token).status_code == 413

        def trickle():
            yield b'--b\r\ncontent-disposition: form-data; name="file"; filename="x.edf"\r\n\r\n'
            for _ in range(100):
                yield b"x" * 10_000

        kind = {"content-type": "multipart/form-data; boundary=b", **token}
        assert client.post("/recordings", content=trickle(), headers=kind).status_code == 413
        assert list((tmp_path / "recordings").iterdir()) == []
        assert "x.edf" not in client.get("/recordings").text


def test_an_upload_broken_off_leaves_nothing(tmp_path: Path) -> None:
    with TestClient(create_app(Settings(folder=tmp_path, hosts=("testserver",)))) as client:
        client.get("/privacy")
        kind = {
            "content-type": "multipart/form-data; boundary=b",
            "x-csrf-token": client.cookies["myolens_csrf"],
        }
        half = b'--b\r\ncontent-disposition: form-data; name="file"; filename="x.edf"\r\n\r\nonly the beg'
        assert client.post("/recordings", content=half, headers=kind).status_code < 500
        assert list((tmp_path / "recordings").iterdir()) == []


def stored(folder: Path, state: str = "waiting") -> tuple[Jobs, int]:
    """A recording in the folder and its row, as an interrupted program left them."""
    engine = open_database(f"sqlite:///{folder / 'd.sqlite3'}")
    (folder / "0.edf").write_bytes(EXAMPLE.read_bytes())
    with transaction(engine) as session:
        row = StoredRecording(
            profile_id=Diary("me", database=engine).profile_id,
            created=datetime.now(UTC),
            name="left biceps.edf",
            file="0.edf",
            size=1,
            state=state,
            message="",
            options={"kind": None, "muscle": None, "rate": None},
        )
        session.add(row)
        session.flush()
        return Jobs(engine, folder), row.id


def state_of(jobs: Jobs, number: int) -> str | None:
    with transaction(jobs.engine) as session:
        row = session.get(StoredRecording, number)
        return None if row is None else row.state


def wait_for(condition, seconds: float = 150) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.parametrize("state", ["waiting", "working"])
def test_what_a_stopped_program_left_is_taken_up_again(tmp_path: Path, state: str) -> None:
    jobs, number = stored(tmp_path, state)
    jobs.start()
    try:
        wait_for(lambda: state_of(jobs, number) not in {"waiting", "working"})
    finally:
        jobs.stop()
    assert state_of(jobs, number) == "done"
    with transaction(jobs.engine) as session:
        assert session.get_one(StoredRecording, number).analysis["analysis"]["events"]
    assert not list(tmp_path.glob("*.partial"))


def test_a_stop_in_the_middle_leaves_it_for_the_next_start(tmp_path: Path) -> None:
    jobs, number = stored(tmp_path)
    jobs.start()
    wait_for(lambda: state_of(jobs, number) == "working")
    jobs.stop()
    assert state_of(jobs, number) == "working"


def test_a_cancelled_analysis_stops_and_says_so(tmp_path: Path) -> None:
    jobs, number = stored(tmp_path)
    jobs.start()
    try:
        wait_for(lambda: state_of(jobs, number) == "working")
        jobs.cancel(number)
        assert state_of(jobs, number) == "failed"
        time.sleep(0.5)
        assert state_of(jobs, number) == "failed"
    finally:
        jobs.stop()


def test_a_recording_deleted_during_its_analysis_is_gone_for_good(browser, folder: Path) -> None:
    sent = {"file": ("x.edf", EXAMPLE.read_bytes(), "application/octet-stream")}
    address = str(browser.post("/recordings", files=sent).url).removeprefix("http://testserver")
    jobs = browser.client.app.state.jobs
    number = int(address.rsplit("/", 1)[-1])
    wait_for(lambda: state_of(jobs, number) == "working")
    browser.post(f"{address}/remove")
    assert browser.get(address).status_code == 404
    wait_for(lambda: jobs._current is None)
    assert list((folder / "recordings").iterdir()) == []
