"""People using the application in a real browser, over the real server and a real database."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect, sync_playwright
from tests.web.living import DESKTOP, EXAMPLE, Visit, chromium_path, look, serving

from myolens.diary.interview import ENOUGH_QUESTIONS

CALM = ("routine", "self_care")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("end-to-end")) as (found, _process):
        yield found


@pytest.fixture
def visit(chromium: Any, address: str) -> Iterator[Visit]:
    visit = Visit(chromium, address)
    yield visit
    visit.done()


def person(visit: Visit, name: str) -> Any:
    page = visit.go("/you")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Change to this person").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    return page


def begin(visit: Visit, *, age: str, sex: str, story: str = "") -> None:
    page = visit.go("/find")
    page.get_by_role("button", name="Start").click()
    page.get_by_label("Age in years").fill(age)
    page.get_by_label(sex, exact=True).check()
    page.get_by_label("What happens").fill(story)
    page.get_by_role("button", name="Next").click()
    if not story:
        page.get_by_role("button", name="Skip these").click()


def answer_all(page: Any, yes: tuple[str, ...] = ()) -> list[str]:
    """Answer no to everything not named; the findings asked for, in order."""
    asked: list[str] = []
    while page.locator('input[name="finding"]').count():
        code = page.locator('input[name="finding"]').get_attribute("value")
        assert code not in asked
        asked.append(code)
        number = page.locator("#value").count()
        button = "I do not know" if number else "Yes" if code in yes else "No"
        with page.expect_navigation():
            page.get_by_role("button", name=button, exact=not number).click()
    return asked


def level(page: Any) -> str:
    return re.search(r"urgency (\w+)", page.locator(".urgency").first.get_attribute("class")).group(1)


def test_a_young_person_with_a_twitching_calf_taps_the_map_and_is_calmed(visit: Visit) -> None:
    page = visit.page
    begin(visit, age="29", sex="Male", story="My calf twitches at night after running. No weakness.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("your words")
    look(visit, "find-2-words", AXE_SCRIPT)
    page.locator(".read").filter(has_text="weak").get_by_label("Right", exact=True).check()
    page.get_by_role("button", name="Next").click()
    look(visit, "find-2-safety", AXE_SCRIPT)
    page.get_by_role("button", name="That is all").click()
    page.locator('.spot[data-site="left:calf"]').click()
    expect(page.locator('input[value="left:calf"]')).to_be_checked()
    page.get_by_label("How long").fill("3")
    look(visit, "find-3-where", AXE_SCRIPT)
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Name of a medicine").fill("Salbutamol")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("One a line")).to_have_value("Salbutamol")
    look(visit, "find-4-medicines", AXE_SCRIPT)
    page.get_by_label("One a line").fill("")
    page.get_by_role("button", name="Next").click()
    look(visit, "find-5-labs", AXE_SCRIPT)
    page.get_by_role("button", name="Next").click()
    look(visit, "find-6-question", AXE_SCRIPT)
    asked = answer_all(page)
    assert 1 <= len(asked) <= ENOUGH_QUESTIONS
    assert level(page) in CALM
    expect(page.get_by_role("heading", name="What we checked for")).to_be_visible()
    look(visit, "result-calm", AXE_SCRIPT)
    words = page.locator("main").inner_text().lower()
    assert "motor neuron" in words
    assert "ruled out" not in words


def test_changing_an_answer_moves_the_result_and_back_leads_through_every_question(visit: Visit) -> None:
    page = person(visit, "Ben")
    begin(visit, age="45", sex="Female")
    for _ in range(3):
        page.get_by_role("button", name="Next").click()
    first = page.get_by_role("heading", level=1).inner_text()
    for _ in range(3):
        page.get_by_role("button", name="I do not know").click()
    for _ in range(3):
        page.get_by_role("link", name="Back").click()
    assert page.get_by_role("heading", level=1).inner_text() == first
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Blood tests")
    page.goto("/find")
    page.get_by_role("link", name="Go on where you stopped").click()
    page.get_by_role("link", name="Go to the result").click()
    page.get_by_text("Your answers").click()
    page.get_by_role("link", name=first).click()
    page.get_by_role("button", name="Yes", exact=True).click()
    expect(page).to_have_url(re.compile(r"/result"))
    expect(page.get_by_role("heading", name="What your last change moved")).to_be_visible()


def test_without_scripts_weakness_and_wasting_are_seen_soon(chromium: Any, address: str) -> None:
    visit = Visit(chromium, address, scripts=False, size=DESKTOP)
    page = visit.page
    begin(visit, age="61", sex="Male")
    page.locator('input[value="left:hand"]').check()
    page.locator('input[value="tongue"]').check()
    page.get_by_label("How long").fill("5")
    page.get_by_label("Unit of time").select_option("months")
    for _ in range(3):
        page.get_by_role("button", name="Next").click()
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
    page.screenshot(path=str(EXAMPLE.parents[3] / "screenshots" / "result-no-scripts.png"), full_page=True)
    visit.done()


def test_dangerous_potassium_stops_with_a_clear_instruction_and_a_report(
    visit: Visit, tmp_path: Path
) -> None:
    page = person(visit, "Carla")
    begin(visit, age="70", sex="Female")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Potassium", exact=True).fill("6,8")
    page.get_by_role("button", name="Next").click()
    assert level(page) == "emergency"
    expect(page.get_by_role("heading", level=1)).to_have_text("Get help now")
    look(visit, "emergency", AXE_SCRIPT)
    with page.expect_download() as download:
        page.get_by_role("link", name="Report (PDF)").click()
    download.value.save_as(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")
    page.get_by_role("link", name="Show the whole answer").click()
    look(visit, "result-emergency", AXE_SCRIPT)
    with page.expect_download() as download:
        page.get_by_role("link", name="Report (HTML)").click()
    download.value.save_as(tmp_path / "report.html")
    assert "otassium" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_recording_is_uploaded_looked_at_reviewed_and_compared(visit: Visit) -> None:
    page = person(visit, "Dora")
    page.goto("/recordings")
    for _ in range(2):
        page.goto("/recordings")
        page.get_by_label("File", exact=True).set_input_files(EXAMPLE)
        page.get_by_label("Muscle").fill("left biceps")
        page.get_by_role("button", name="Upload").click()
        expect(page).to_have_url(re.compile(r"/recordings/\d+"))
        if page.locator("#share").count() and not page.locator("#viewer").count():
            page.screenshot(path=str(EXAMPLE.parents[3] / "screenshots" / "recording-waiting.png"))
        page.locator("#viewer").wait_for(timeout=180_000)
    rate = page.locator(".numbers b").first.inner_text()
    page.locator("canvas").focus()
    for key in ("+", "+", "ArrowRight", "n"):
        page.keyboard.press(key)
    expect(page.locator("#readout")).to_contain_text("1 /")
    assert page.evaluate(
        "() => [...document.querySelector('canvas').getContext('2d')"
        ".getImageData(0, 0, 300, 200).data].some((v) => v)"
    )
    look(visit, "recording", AXE_SCRIPT)
    page.get_by_role("button", name="reject 1", exact=True).click()
    expect(page.locator("tbody tr").first).to_contain_text("reject")
    assert page.locator(".numbers b").first.inner_text() != rate
    page.get_by_label("Unit 2", exact=True).fill("7")
    page.get_by_role("button", name="Change unit").nth(1).click()
    expect(page.locator("tbody tr").nth(1)).to_contain_text("relabelled")
    for _ in range(2):
        page.get_by_role("button", name="Undo the last decision").click()
    assert page.locator(".numbers b").first.inner_text() == rate
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("main")).to_contain_text("No difference can be told")
    look(visit, "compare", AXE_SCRIPT)
    page.goto("/recordings")
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "../../notes.edf", "mimeType": "application/octet-stream", "buffer": b"not an EMG file"}
    )
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("alert")).to_be_visible(timeout=120_000)
    look(visit, "recording-failed", AXE_SCRIPT)
    page.goto("/recordings")
    look(visit, "recordings", AXE_SCRIPT)


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
    look(visit, "diary-month", AXE_SCRIPT)
    page.goto("/you")
    page.get_by_label("Hide numbers").check()
    page.get_by_role("button", name="Save").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export the diary (JSON)").click()
    assert len(json.loads(Path(download.value.path()).read_text())["days"]) == 29
    page.goto("/diary")
    assert "points of 10" not in page.locator("main").inner_text()
    look(visit, "diary-no-numbers", AXE_SCRIPT)


def test_turning_a_knob_moves_the_model_nerve(visit: Visit) -> None:
    page = visit.go("/mechanism")
    before = page.locator("#answer .numbers b").first.inner_text()
    page.get_by_label("Potassium in blood").focus()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#answer .numbers b").first).not_to_have_text(before)
    look(visit, "mechanism", AXE_SCRIPT)


PLACES = {
    "home": "/", "find": "/find", "find-1-about": None, "diary-empty": "/diary",
    "recordings-empty": "/recordings",
    "learn": "/learn", "learn-search": "/learn?q=potassium", "learn-cause": "/learn/cause/hypokalaemia",
    "learn-cause-feared": "/learn/cause/motor_neuron_disease", "learn-test": "/learn/test/needle_emg",
    "learn-care": "/learn/care/reduce_caffeine", "sources": "/learn/sources", "you": "/you",
    "privacy": "/privacy", "offline": "/offline", "worry": "/worry", "error": "/no-such-page",
}  # fmt: skip


def test_every_other_page_is_accessible_in_both_themes_and_widths(visit: Visit) -> None:
    page = person(visit, "Fay")
    for name, path in PLACES.items():
        if path is None:
            page.goto("/find")
            page.get_by_role("button", name="Start").click()
        else:
            page.goto(path)
        look(visit, name, AXE_SCRIPT)


def test_the_keyboard_alone_leads_from_the_first_page_to_an_answer(visit: Visit) -> None:
    page = person(visit, "Gus")
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/find$"))
    page.get_by_role("button", name="Start").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Age in years").focus()
    page.keyboard.type("33")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("for safety")
    page.locator('input[name="ticked"]').last.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Where")
    page.locator('input[value="right:calf"]').focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("take")


def test_german_is_spoken_and_english_parts_say_so(chromium: Any, address: str) -> None:
    visit = Visit(chromium, address, locale="de-DE")
    page = visit.go("/")
    assert page.locator("html").get_attribute("lang") == "de"
    look(visit, "german-home", AXE_SCRIPT)
    page.goto("/find")
    page.get_by_role("button", name="Beginnen").click()
    page.get_by_role("link", name="Zum Ergebnis").click()
    assert page.locator('[lang="en"]').count() > 3
    expect(page.locator("main")).to_contain_text("auf Englisch")
    look(visit, "german-result", AXE_SCRIPT)
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
