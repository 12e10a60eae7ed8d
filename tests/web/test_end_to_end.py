"""People using the application in a real browser, over the real server and a real database."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.web.living import (
    DESKTOP,
    EXAMPLE,
    SCREENSHOTS,
    Visit,
    answer_all,
    begin,
    follow,
    level,
    look,
    person,
    serving,
)

from myolens.diary.interview import ENOUGH_QUESTIONS

CALM = ("routine", "self_care")


def test_a_young_person_with_a_twitching_calf_taps_the_map_and_is_calmed(visit: Visit) -> None:
    page = visit.page
    begin(visit, age="29", sex="Male", story="My calf twitches at night after running. No weakness.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("your words")
    look(visit, "find-2-words")
    page.locator(".read").filter(has_text="weak").get_by_label("Right", exact=True).check()
    follow(page, "Next")
    look(visit, "find-2-safety")
    page.get_by_role("button", name="That is all").click()
    page.locator('.spot[data-site="left:calf"]').click()
    expect(page.locator('input[value="left:calf"]')).to_be_checked()
    page.get_by_label("How long").fill("3")
    look(visit, "find-3-where")
    follow(page, "Next")
    page.get_by_label("Name of a medicine").fill("Salbutamol")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("One a line")).to_have_value("Salbutamol")
    look(visit, "find-4-medicines")
    page.get_by_label("One a line").fill("")
    follow(page, "Next")
    look(visit, "find-5-labs")
    follow(page, "Next")
    look(visit, "find-6-question")
    asked = answer_all(page)
    assert 1 <= len(asked) <= ENOUGH_QUESTIONS
    assert level(page) in CALM
    expect(page.get_by_role("heading", name="What we checked for")).to_be_visible()
    look(visit, "result-calm")
    words = page.locator("main").inner_text().lower()
    assert "motor neuron" in words
    assert "ruled out" not in words


def test_changing_an_answer_moves_the_result_and_back_leads_through_every_question(visit: Visit) -> None:
    page = person(visit, "Ben")
    begin(visit, age="45", sex="Female")
    for _ in range(3):
        follow(page, "Next")
    first = page.get_by_role("heading", level=1).inner_text()
    skipped = 1
    while "for safety" in page.locator("main").inner_text():
        follow(page, "I do not know, skip")
        skipped += 1
    calm = page.get_by_role("heading", level=1).inner_text()  # a yes to a sign of danger ends the questions
    follow(page, "I do not know, skip")
    for _ in range(skipped):
        page.get_by_role("link", name="Back").click()
    assert page.get_by_role("heading", level=1).inner_text() == first
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Blood tests")
    page.goto("/find")
    page.get_by_role("link", name="Go on where you stopped").click()
    page.get_by_role("link", name="Go to the result").click()
    page.get_by_text("Your answers").click()
    page.get_by_role("link", name=calm).click()
    page.get_by_role("button", name="Yes", exact=True).click()
    expect(page).to_have_url(re.compile(r"/result"))
    expect(page.get_by_role("heading", name="What your last change moved")).to_be_visible()
    page.get_by_text("Your answers").click()
    page.get_by_role("link", name="Blood tests").click()
    page.get_by_label("Potassium", exact=True).fill("2.9")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(re.compile(r"/result"))
    expect(page.get_by_role("heading", name="What your last change moved")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Low blood potassium")


def test_without_scripts_weakness_and_wasting_are_seen_soon(chromium: Any, address: str) -> None:
    visit = Visit(chromium, address, scripts=False, size=DESKTOP)
    page = visit.page
    begin(visit, age="61", sex="Male")
    page.locator('input[value="left:hand"]').check()
    page.locator('input[value="tongue"]').check()
    page.get_by_label("How long").fill("5")
    page.get_by_label("Unit of time").select_option("months")
    for _ in range(3):
        follow(page, "Next")
    answer_all(
        page,
        (
            "weakness",
            "hand_weakness",
            "muscle_wasting",
            "weakness_progressive",
            "dysphagia",
            "symptoms_progressive",
        ),
    )
    assert level(page) in {"soon_weeks", "urgent_days"}
    page.screenshot(path=SCREENSHOTS / "result-no-scripts.png", full_page=True)
    visit.done()


def test_dangerous_potassium_stops_with_a_clear_instruction_and_a_report(
    visit: Visit, tmp_path: Path
) -> None:
    page = person(visit, "Carla")
    begin(visit, age="70", sex="Female")
    follow(page, "Next")
    follow(page, "Next")
    page.get_by_label("Potassium", exact=True).fill("6,8")
    follow(page, "Next")
    assert level(page) == "emergency"
    expect(page.get_by_role("heading", level=1)).to_have_text("Get help now")
    look(visit, "emergency")
    with page.expect_download() as download:
        page.get_by_role("link", name="Report (PDF)").click()
    download.value.save_as(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")
    page.get_by_role("link", name="Show the whole answer").click()
    look(visit, "result-emergency")
    with page.expect_download() as download:
        page.get_by_role("link", name="Report (HTML)").click()
    download.value.save_as(tmp_path / "report.html")
    assert "otassium" in (tmp_path / "report.html").read_text(encoding="utf-8")


def upload(page: Any, file: Path, **fields: str) -> None:
    page.goto("/recordings")
    page.get_by_label("File", exact=True).set_input_files(file)
    for name, value in fields.items():
        page.locator(f"#{name}").select_option(value) if name == "kind" else page.locator(f"#{name}").fill(
            value
        )
    page.get_by_role("button", name="Upload").click()
    expect(page).to_have_url(re.compile(r"/recordings/\d+"))
    if page.locator("#share").count() and not page.locator("#viewer").count():
        page.screenshot(path=SCREENSHOTS / "recording-waiting.png")
    page.locator("#viewer").wait_for(timeout=180_000)


def test_recordings_are_reviewed_by_keyboard_compared_and_reported_with_diary_and_answers(
    visit: Visit, shared_data: Path, tmp_path: Path
) -> None:
    page = person(visit, "Dora")
    upload(
        page, shared_data / "biosppy_emg" / "emg.txt", muscle="left biceps", kind="surface_emg", rate="1000"
    )
    upload(page, EXAMPLE, muscle="left biceps")
    rate = page.locator("#rate").inner_text()
    page.locator("canvas").focus()
    for key in ("+", "+", "ArrowRight", "n"):
        page.keyboard.press(key)
    expect(page.locator("#readout")).to_contain_text("1 /")
    assert page.evaluate(
        "() => [...document.querySelector('canvas').getContext('2d')"
        ".getImageData(0, 0, 300, 200).data].some((v) => v)"
    )
    page.keyboard.press("r")
    expect(page.locator("#readout")).to_contain_text("reject")
    expect(page.locator("#rate")).not_to_have_text(rate)
    page.keyboard.press("u")
    expect(page.locator("#rate")).to_have_text(rate)
    page.keyboard.press("r")
    expect(page.locator("#rate")).not_to_have_text(rate)
    page.keyboard.press("n")
    page.keyboard.press("a")
    expect(page.locator("#readout")).to_contain_text("accept")
    page.keyboard.press("n")
    page.keyboard.press("c")
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    expect(page.locator("#readout")).to_contain_text("Unit 7")
    look(visit, "recording")
    page.locator("#table summary").click()
    expect(page.locator("tbody tr").nth(2)).to_contain_text("relabelled")
    page.get_by_role("button", name="accept 1", exact=True).click()
    expect(page.locator("tbody tr").first).to_contain_text("accept")
    page.get_by_role("button", name="Undo the last decision").last.click()
    expect(page.locator("tbody tr").first).to_contain_text("reject")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("main")).to_contain_text("The electrodes differ")
    look(visit, "compare")
    everything_in_one_report(visit, tmp_path)


def everything_in_one_report(visit: Visit, folder: Path) -> None:
    page = visit.page
    page.goto("/diary")
    page.get_by_role("button", name="Twitching now").click()
    page.get_by_label("How much did it twitch?").select_option("4")
    page.get_by_role("button", name="Save").click()
    begin(visit, age="41", sex="Female")
    page.get_by_role("link", name="Go to the result").click()
    look(visit, "result-with-recordings")
    counted = page.locator("section", has=page.get_by_role("heading", name="Also counted"))
    expect(counted).to_contain_text("Fasciculations recorded")
    counted.get_by_text("Choose what counts").click()
    for _ in range(2):
        counted.get_by_role("button", name="Leave out").first.click()
        counted.get_by_text("Choose what counts").click()
    expect(counted).not_to_contain_text("Fasciculations recorded")
    for _ in range(2):
        counted.get_by_role("button", name="Let it count").first.click()
        counted.get_by_text("Choose what counts").click()
    address = page.get_by_role("link", name="Look at the report").get_attribute("href")
    for name in (f"{address}.pdf", f"{address}.html"):
        with page.expect_download() as download:
            page.locator(f'a[href="{name}"]').click()
        download.value.save_as(folder / f"report{Path(name).suffix}")
    page.goto(address)
    look(visit, "report")
    words = page.locator("main").inner_text()
    for part in ("Summary", "Signs asked about", "left-biceps.edf", "emg.txt", "1 accepted, 1 rejected",
                 "The electrodes differ", "1 of 1 days noted"):  # fmt: skip
        assert part in words, part
    page.locator(".viewer canvas").last.focus()
    page.keyboard.press("n")
    expect(page.locator(".readout").last).to_contain_text("Twitch 1 of")
    fit = next(heading for heading in FITS if heading in words)
    printed_on_paper(folder / "report.pdf", fit)


FITS = ("What fits best", "What comes nearest", "What we cannot explain", "Not enough said yet")


def printed_on_paper(file: Path, fit: str) -> None:
    """A4 pages, all numbered, the summary on the first, the fit as on screen; pictures are kept."""
    if not shutil.which("pdftotext"):
        pytest.skip("no pdftotext (Debian: apt-get install poppler-utils; `.ci/run` does it)")
    pages = subprocess.check_output(["pdftotext", "-layout", file, "-"], text=True).split("\f")[:-1]
    assert "A4" in subprocess.check_output(["pdfinfo", file], text=True)
    assert len(pages) >= 4
    for number, page in enumerate(pages, start=1):
        assert re.search(rf"{number}\s*/\s*{len(pages)}\s*$", page.rstrip())
    for part in ("Signs asked about", "Recordings", "Diary", "Causes that fit", "Would tell most"):
        assert part in pages[0], part
    assert fit in pages[1]
    subprocess.run(["pdftoppm", "-r", "60", "-png", file, SCREENSHOTS / "report-paper"], check=True)


def test_what_is_no_recording_ends_in_a_sentence(visit: Visit) -> None:
    page = person(visit, "Dan")
    page.goto("/recordings")
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "../../notes.edf", "mimeType": "application/octet-stream", "buffer": b"not an EMG file"}
    )
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("alert")).to_be_visible(timeout=120_000)
    look(visit, "recording-failed")
    page.goto("/recordings")
    look(visit, "recordings")


def test_a_month_of_diary_shows_what_it_can_and_hides_numbers_on_wish(visit: Visit) -> None:
    page = person(visit, "Emil")
    begin(visit, age="30", sex="Male")
    page.get_by_role("link", name="Go to the result").click()
    page.get_by_role("link", name="Follow it in the diary").click()
    page.get_by_role("button", name="Twitching now").click()
    expect(page.get_by_role("status")).to_contain_text("1")
    for step in range(28, -1, -1):
        page.goto(f"/diary?day={date.today() - timedelta(days=step)}")
        page.get_by_label("How much did it twitch?").select_option(str(2 + step // 5))
        page.get_by_label("Caffeine").fill(str(95 * (step % 4)))
        page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("Twitching is easing.")
    page.goto("/diary")
    expect(page.get_by_role("img", name="Twitching by day")).to_contain_text("expected: clearly better")
    look(visit, "diary-month")
    page.goto("/you")
    page.get_by_label("Hide numbers").check()
    page.get_by_role("button", name="Save").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export everything (JSON)").click()
    assert len(json.loads(Path(download.value.path()).read_text())["days"]) == 29
    page.goto("/diary")
    assert "points of 10" not in page.locator("main").inner_text()
    look(visit, "diary-no-numbers")


def test_turning_a_knob_moves_the_model_nerve(visit: Visit) -> None:
    page = visit.go("/mechanism")
    before = page.locator("#answer .numbers b").first.inner_text()
    page.get_by_label("Potassium in blood").focus()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#answer .numbers b").first).not_to_have_text(before)
    look(visit, "mechanism")


def test_german_is_spoken_and_english_parts_say_so(chromium: Any, address: str) -> None:
    visit = Visit(chromium, address, locale="de-DE")
    page = visit.go("/")
    assert page.locator("html").get_attribute("lang") == "de"
    look(visit, "german-home")
    page.goto("/find")
    page.get_by_role("button", name="Beginnen").click()
    page.get_by_role("link", name="Zum Ergebnis").click()
    assert page.locator('[lang="en"]').count() > 3
    expect(page.locator("main")).to_contain_text("auf Englisch")
    look(visit, "german-result")
    visit.done()


def test_learn_pages_open_while_the_server_is_away(chromium: Any, tmp_path: Path) -> None:
    with serving(tmp_path) as (address, process):
        visit = Visit(chromium, address)
        page = visit.go("/learn")
        page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        page.reload()
        page.goto("/learn/cause/hypokalaemia")
        process.kill()
        process.wait()
        page.goto("/learn")
        page.goto("/learn/cause/hypokalaemia")
        expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile("potassium", re.IGNORECASE))
        page.goto("/diary")
        expect(page.get_by_role("heading", level=1)).to_have_text("The program is not running")
        visit.context.close()
