"""Answers, recordings and diary come together: in the answer, in the report, in the export, in deletion."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.kept import add_recording

from myolens.diary import DayEntry, Diary


def number_of(answer) -> int:
    return int(re.search(r"/(\d+)(?:/|$)", answer.url.path).group(1))


@pytest.fixture
def person(browser):
    """A diary of a month with coffee, a recording with twitches, an answer that heard of neither."""
    diary = Diary("me", database=browser.client.app.state.engine)
    today = date.today()
    diary.add_all(
        [
            DayEntry(day=today - timedelta(days=step), intensity=3 + step % 3, caffeine_mg=600)
            for step in range(30)
        ]
    )
    recording = add_recording(diary)
    number = number_of(browser.post("/find/start"))
    browser.post(f"/find/{number}/about", age="40", sex="female", complaint="My calf twitches.")
    browser.post(f"/find/{number}/where", site=["left:calf", "right:eyelid"], amount="3", unit="weeks")
    return diary, recording, number


def besides(page: str) -> str:
    return page.split("Also counted", 1)[1].split("</section>", 1)[0]


def test_recordings_and_diary_count_in_the_answer_until_they_are_left_out(browser, person) -> None:
    _diary, recording, number = person
    page = browser.get(f"/find/{number}/result").text
    assert "Fasciculations recorded" in besides(page)
    assert "600 mg/day" in besides(page)
    page = browser.post(f"/recordings/{recording}/counted", counted="no", back=f"/find/{number}/result")
    assert page.url.path == f"/find/{number}/result"
    assert "Fasciculations recorded" not in besides(page.text)
    assert "What your last change moved" in page.text
    page = browser.post("/diary/counted", counted="no", back=f"/find/{number}/result").text
    assert "600 mg/day" not in besides(page)
    assert "They add nothing" in besides(page)


def test_a_review_reaches_the_answer(browser, person) -> None:
    _diary, recording, number = person
    for event in range(6):
        browser.post(f"/recordings/{recording}/review", event=str(event), verdict="reject")
    assert "Fasciculations recorded" not in besides(browser.get(f"/find/{number}/result").text)


def test_the_report_holds_everything_and_follows_the_review(browser, person) -> None:
    _diary, recording, number = person
    browser.post(f"/recordings/{recording}/review", event="0", verdict="reject")
    browser.post(f"/recordings/{recording}/review", event="1", verdict="relabel", unit="7")
    browser.post("/diary/day", day=date.today().isoformat(), ability_buttons="harder", medicines="magnesium")
    browser.get(f"/find/{number}/result")
    page = browser.get(f"/find/{number}/report").text
    order = [
        page.index(words) for words in ("Summary", "What fits best", "Recording: calf.edf", "Diary</h2>")
    ]
    assert order == sorted(order)
    told = ("My calf twitches.", "For 3 weeks", "left calf")
    recorded = ("1 rejected, 1 given to another unit, of 6 found", "trace is not drawn")
    noted = ("30 of 30 days noted", "buttons: harder", "magnesium")
    for words in (*told, *recorded, *noted):
        assert words in page, words
    assert "5 twitches" in page
    browser.post(f"/recordings/{recording}/counted", counted="no")
    assert "Recording: calf.edf" not in browser.get(f"/find/{number}/report").text


def test_recordings_and_diary_make_a_report_without_an_interview(browser) -> None:
    diary = Diary("me", database=browser.client.app.state.engine)
    add_recording(diary)
    diary.add(DayEntry(day=date.today(), intensity=3))
    page = browser.get("/you/report").text
    assert "Recording: calf.edf" in page
    assert "1 of 1 days noted" in page
    assert browser.get("/you/report.pdf").content.startswith(b"%PDF-")


def test_a_report_may_run_its_own_script_only(browser, person) -> None:
    _diary, _recording, number = person
    answer = browser.get(f"/find/{number}/report")
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert policy.count("sha256-") >= 2
    assert "attachment" in browser.get(f"/find/{number}/report.html").headers["content-disposition"]


def test_decisions_answer_the_viewer_with_what_changed(browser, person) -> None:
    _diary, recording, _number = person
    ask = {"headers": {"accept": "application/json", "x-csrf-token": browser.token()}}
    send = browser.client.post
    said = send(f"/recordings/{recording}/review", data={"event": "2", "verdict": "reject"}, **ask).json()
    assert (said["event"], said["now"]["v"], said["kept"]) == (2, "reject", 5)
    assert said["rate"][1] < said["rate"][0] < said["rate"][2]
    said = send(f"/recordings/{recording}/undo", **ask).json()
    assert (said["event"], said["now"]["v"], said["kept"]) == (2, "found", 6)
    assert (
        send(f"/recordings/{recording}/review", data={"event": "6", "verdict": "reject"}, **ask).status_code
        == 400
    )


@pytest.mark.parametrize(
    ("step", "fields"),
    [("about", {"age": "61"}), ("where", {"site": "left:hand"}), ("medicines", {"medicines": "salbutamol"}),
     ("labs", {"lab_potassium": "3.1"})],
)  # fmt: skip
def test_an_early_answer_changed_from_the_result_leads_back_and_shows_what_moved(
    browser, person, step: str, fields: dict
) -> None:
    _diary, _recording, number = person
    result = browser.get(f"/find/{number}/result").text
    assert f'href="/find/{number}/{step}?then=result"' in result
    page = browser.get(f"/find/{number}/{step}?then=result").text
    assert 'name="then" value="result"' in page
    assert f'href="/find/{number}/result"' in page
    after = browser.post(f"/find/{number}/{step}", then="result", **fields)
    assert after.url.path == f"/find/{number}/result"
    assert "What your last change moved" in after.text


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/find/../../x", "/you?x=1", ""])
def test_a_form_leads_back_only_within_the_application(browser, person, back: str) -> None:
    _diary, recording, _number = person
    sent = {"counted": "no", "back": back, "csrf": browser.token()}
    answer = browser.client.post(f"/recordings/{recording}/counted", data=sent, follow_redirects=False)
    assert answer.headers["location"] == f"/recordings/{recording}"


def test_everything_is_deleted_with_files_backups_and_log(browser, folder: Path) -> None:
    browser.client.app.state.jobs.stop()  # the upload is to be found waiting
    canary = b"canary-of-the-recording"
    browser.post("/recordings", files={"file": ("canary-name.edf", canary, "application/octet-stream")})
    browser.post("/diary/day", day=date.today().isoformat(), note="canary-of-the-diary")
    number = number_of(browser.post("/find/start"))
    browser.post(f"/find/{number}/about", complaint="canary-of-the-story")
    (folder / "myolens.sqlite3.before-0001.bak").write_bytes(b"canary-of-a-copy")
    browser.post("/you/forget", confirm="me")
    for left in folder.rglob("*"):
        assert left.is_dir() or b"canary" not in left.read_bytes(), left.name
    assert not list(folder.glob("*.bak"))


def test_what_was_exported_can_be_looked_at_after_the_import(browser, person) -> None:
    _diary, recording, _number = person
    browser.post(f"/recordings/{recording}/review", event="0", verdict="reject")
    exported = browser.get("/diary/export.json").text
    browser.post("/you/profile", name="another")
    browser.post("/diary/import", files={"file": ("all.json", exported, "application/json")})
    assert (
        json.loads(browser.get("/diary/export.json").text)["recordings"] == json.loads(exported)["recordings"]
    )
    page = browser.get("/recordings").text
    kept = re.search(r"/recordings/(\d+)\"", page).group(1)
    page = browser.get(f"/recordings/{kept}").text
    assert "not on this computer" in page
    assert browser.get(f"/recordings/{kept}/samples?start=0&end=1&width=10").status_code == 404
    browser.post(f"/recordings/{kept}/remove")
    assert browser.get(f"/recordings/{kept}").status_code == 404
    assert (browser.client.app.state.settings.folder / "recordings").is_dir()


def test_the_older_recording_is_the_first_of_a_comparison(browser) -> None:
    diary = Diary("me", database=browser.client.app.state.engine)
    older, newer = add_recording(diary, "before.edf"), add_recording(diary, "after.edf")
    for first, second in ((older, newer), (newer, older)):
        rows = browser.get(f"/recordings/compare?first={first}&second={second}").text.split("<tbody>")[1]
        assert rows.index("before.edf") < rows.index("after.edf")
