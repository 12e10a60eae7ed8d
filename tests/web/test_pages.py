"""The application without scripts: every page reads, every form works."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from html.parser import HTMLParser

import pytest

from myolens.knowledge import load
from myolens.web.pages import catalogue

PAGES = [
    "/",
    "/find",
    "/diary",
    "/recordings",
    "/mechanism",
    "/learn",
    "/learn/sources",
    "/you",
    "/privacy",
    "/offline",
]


class Outline(HTMLParser):
    """Headings, links and form fields of a page, and whether every field has a label."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize("address", PAGES)
def test_every_page_has_one_heading_a_language_and_labels(browser, address: str) -> None:
    answer = browser.get(address)
    assert answer.status_code == 200
    outline = Outline(answer.text)
    assert len(outline.all("h1")) == 1
    assert outline.all("html")[0]["lang"] == "en"
    labelled = {label.get("for") for label in outline.all("label")}
    for field in outline.all("input") + outline.all("select") + outline.all("textarea"):
        if field.get("type") in {"hidden", "checkbox", "radio"}:
            continue
        assert field.get("id") in labelled, f"{address}: {field}"


@pytest.mark.parametrize("address", PAGES)
def test_no_page_asks_another_site_for_anything(browser, address: str) -> None:
    outline = Outline(browser.get(address).text)
    wanted = [a.get("src") for tag in ("script", "img", "iframe") for a in outline.all(tag)]
    wanted += [link.get("href") for link in outline.all("link")]
    assert all(address is None or address.startswith("/") for address in wanted)
    assert "style=" not in browser.get(address).text


def test_first_page_fits_its_budget(browser) -> None:
    page = browser.get("/")
    total = len(page.content)
    outline = Outline(page.text)
    files = [a["src"] for a in outline.all("script")] + [
        a["href"] for a in outline.all("link") if a.get("rel") in {"stylesheet", "icon"}
    ]
    total += sum(len(browser.get(file).content) for file in files)
    assert total < 100_000


def test_every_cause_test_and_measure_has_its_page(browser) -> None:
    knowledge = load()
    for kind, codes in (("cause", knowledge.causes), ("test", knowledge.tests), ("care", knowledge.care)):
        for code in codes:
            assert browser.get(f"/learn/{kind}/{code}").status_code == 200, code
    assert browser.get("/learn/cause/nonsense").status_code == 404


def test_search_finds_by_what_people_call_it(browser) -> None:
    assert "/learn/cause/hypokalaemia" in browser.get("/learn?q=potassium").text
    assert "Nothing found" in browser.get("/learn?q=zzzz").text


def test_german_is_complete_enough_to_diary_and_falls_back_to_english() -> None:
    english, german = catalogue("en"), catalogue("de")
    assert set(german) == set(english)
    diary = [key for key in english if key.startswith("diary.")]
    same = [key for key in diary if english[key] == german[key]]
    assert len(same) < 0.1 * len(diary)


def test_texts_keep_their_gaps_in_every_language() -> None:
    for key, text in catalogue("en").items():
        gaps = set(re.findall(r"{(\w+)}", text))
        assert set(re.findall(r"{(\w+)}", catalogue("de")[key])) == gaps, key


def test_browser_language_and_choice(browser) -> None:
    assert "Tagebuch" in browser.get("/", headers={"accept-language": "de-AT,en;q=0.5"}).text
    browser.post("/you/settings", language="de")
    assert "Tagebuch" in browser.get("/", headers={"accept-language": "en"}).text


def test_a_moment_and_a_check_in_are_kept_and_can_be_taken_back(browser) -> None:
    browser.post("/diary/moment")
    browser.post("/diary/moment")
    assert "Noted today: 2" in browser.get("/diary").text
    assert "Noted today: 1" in browser.post("/diary/moment/undo").text
    day = date.today().isoformat()
    browser.post("/diary/day", day=day, intensity="4", caffeine_mg="200,5", medicines="a; b", note="<b>x</b>")
    days = json.loads(browser.get("/diary/export.json").text)["days"]
    assert days == [
        {"day": day, "intensity": 4, "caffeine_mg": 200.5, "medicines": ["a", "b"], "note": "<b>x</b>"}
    ]
    assert "<b>x</b>" not in browser.get("/diary").text
    browser.post("/diary/day/remove", day=day)
    assert json.loads(browser.get("/diary/export.json").text)["days"] == []


@pytest.mark.parametrize(
    "fields",
    [
        {"day": "soon"},
        {"day": "1066-10-14"},
        {"intensity": "11"},
        {"intensity": "2.5"},
        {"sleep_hours": "-1"},
        {"stress": "inf"},
    ],
)
def test_a_bad_entry_is_refused_in_words(browser, fields: dict) -> None:
    answer = browser.post("/diary/day", **{"day": date.today().isoformat(), **fields})
    assert answer.status_code == 400
    assert "That did not work" in answer.text
    assert json.loads(browser.get("/diary/export.json").text)["days"] == []


def test_a_month_of_diary_shows_its_trend_and_hides_numbers_on_wish(browser) -> None:
    for step in range(30):
        day = (date.today() - timedelta(days=step)).isoformat()
        browser.post(
            "/diary/day", day=day, intensity=str(min(10, 2 + step // 4)), caffeine_mg=str(100 * (step % 3))
        )
    shown = browser.get("/diary").text
    assert "Twitching is easing." in shown
    assert "points of 10" in shown
    browser.post("/you/settings", language="en", hide_numbers="yes")
    hidden = browser.get("/diary").text
    assert "Twitching is easing." in hidden
    assert "points of 10" not in hidden
    assert "95 %" not in hidden


def test_something_become_harder_is_answered(browser) -> None:
    browser.post("/diary/day", day=date.today().isoformat(), ability_buttons="harder")
    assert "Something has become harder" in browser.get("/diary").text


def test_export_import_and_delete_everything(browser, folder) -> None:
    browser.post("/diary/day", day=date.today().isoformat(), intensity="3", note="canary")
    exported = browser.get("/diary/export.json").text
    refused = browser.post("/you/forget", confirm="not me")
    assert refused.status_code == 400
    browser.post("/you/forget", confirm="me")
    assert json.loads(browser.get("/diary/export.json").text)["days"] == []
    assert b"canary" not in (folder / "myolens.sqlite3").read_bytes()
    browser.post("/diary/import", files={"file": ("diary.json", exported, "application/json")})
    assert json.loads(browser.get("/diary/export.json").text)["days"] == json.loads(exported)["days"]


def test_people_on_one_machine_are_kept_apart(browser) -> None:
    browser.post("/diary/day", day=date.today().isoformat(), intensity="3")
    number = int(str(browser.post("/find/start").url).split("/")[-2])
    browser.post("/you/profile", name="Zoë & co")
    assert json.loads(browser.get("/diary/export.json").text)["days"] == []
    assert browser.get(f"/find/{number}/result").status_code == 404
    browser.post("/you/profile", name="me")
    assert len(json.loads(browser.get("/diary/export.json").text)["days"]) == 1
    assert browser.get(f"/find/{number}/result").status_code == 200
