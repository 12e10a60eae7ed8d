"""Three people, three urgencies, by forms alone."""

from __future__ import annotations

import re

import pytest

from myolens.diary.interview import ENOUGH_QUESTIONS, SITES
from myolens.knowledge import load


def begin(browser, **about: str) -> int:
    number = int(str(browser.post("/find/start").url).split("/")[-2])
    browser.post(f"/find/{number}/about", **about)
    return number


def answer_all(browser, number: int, yes: tuple[str, ...] = (), numbers: dict[str, str] | None = None):
    """Answer no to everything but what is named."""
    page = browser.get(f"/find/{number}/question")
    asked: list[str] = []
    while found := re.search(r'name="finding" value="([^"]+)"', page.text):
        code = found.group(1)
        assert code not in asked, "the same question twice"
        asked.append(code)
        if code in (numbers or {}):
            page = browser.post(f"/find/{number}/question", finding=code, value=(numbers or {})[code])
        else:
            page = browser.post(
                f"/find/{number}/question", finding=code, answer="yes" if code in yes else "no"
            )
    return page, asked


def test_a_healthy_twitcher_is_told_to_look_after_it_at_home(browser) -> None:
    number = begin(browser, age="29", sex="male", complaint="calf")
    browser.post(f"/find/{number}/where", site=["left:calf"], amount="3", unit="days")
    browser.post(f"/find/{number}/medicines", medicines="")
    browser.post(f"/find/{number}/labs")
    page, asked = answer_all(browser, number)
    assert 1 <= len(asked) <= ENOUGH_QUESTIONS
    assert str(page.url).endswith("/result")
    assert "card urgency self_care" in page.text or "card urgency routine" in page.text
    assert "motor neuron" in page.text.lower()
    assert "ruled out" not in page.text.lower()


EVERYDAY = {
    "muscle_cramps", "worse_after_exercise", "exercise_heavy", "short_sleep", "insomnia", "stress", "anxiety",
    "worse_with_stress", "worse_with_caffeine", "high_caffeine_intake", "eye_strain", "high_screen_time",
}  # fmt: skip


@pytest.mark.parametrize(("place", "unit"), [("left:eyelid", "weeks"), ("right:calf", "months")])
def test_who_writes_nothing_is_asked_about_weakness_and_everyday_habits(browser, place, unit) -> None:
    number = begin(browser, age="31", sex="male")
    shown = re.findall(r'name="shown" value="([^"]+)"', browser.get(f"/find/{number}/safety").text)
    assert shown[:3] == ["weakness", "muscle_wasting", "symptoms_progressive"]
    browser.post(f"/find/{number}/safety", shown=shown)
    browser.post(f"/find/{number}/where", site=[place], amount="3", unit=unit)
    page, asked = answer_all(browser, number)
    assert len(EVERYDAY & {*shown, *asked}) >= 3
    assert sum(load().findings[code].safety for code in asked) <= len(asked) * 2 / 3
    assert re.search(r"card urgency (self_care|routine)", page.text)


def test_what_is_told_already_is_not_put_again_among_the_signs(browser) -> None:
    number = begin(browser, age="60", complaint="My right hand has become weak")
    browser.post(f"/find/{number}/words", read_hand_weakness="yes")
    shown = re.findall(r'name="shown" value="([^"]+)"', browser.get(f"/find/{number}/safety").text)
    assert "weakness" not in shown
    assert "muscle_wasting" in shown


def test_weakness_with_swallowing_trouble_is_urgent(browser) -> None:
    number = begin(browser, age="61", sex="male", complaint="")
    browser.post(f"/find/{number}/where", site=["left:hand", "tongue"], amount="5", unit="months")
    page, _asked = answer_all(
        browser,
        number,
        yes=(
            "weakness",
            "hand_weakness",
            "muscle_wasting",
            "weakness_progressive",
            "dysphagia",
            "symptoms_progressive",
        ),
    )
    level = re.search(r"card urgency (\w+)", page.text)
    assert level
    assert level.group(1) in {"soon_weeks", "urgent_days", "emergency"}


def test_dangerous_potassium_stops_the_interview(browser) -> None:
    number = begin(browser, age="70", sex="female", complaint="")
    page = browser.post(f"/find/{number}/labs", lab_potassium="6.8", unit_potassium="mmol/L")
    page = browser.get(f"/find/{number}/question")
    assert "Get help now" in page.text
    assert "card urgency emergency" in page.text
    assert 'name="finding"' not in page.text
    assert browser.get(f"/find/{number}/report.pdf").content.startswith(b"%PDF-")


def test_skipping_everything_still_gives_an_honest_answer(browser) -> None:
    number = begin(browser)
    page = browser.get(f"/find/{number}/result")
    assert page.status_code == 200
    assert "Too little is known" in page.text


def test_an_answer_can_be_changed_and_the_interview_resumed(browser) -> None:
    number = begin(browser, age="40", sex="female")
    page = browser.get(f"/find/{number}/question")
    first = re.search(r'name="finding" value="([^"]+)"', page.text).group(1)
    browser.post(f"/find/{number}/question", finding=first, answer="no")
    assert f"/find/{number}/question" in browser.get("/find").text
    again = browser.get(f"/find/{number}/question?again={first}")
    assert re.search(r'value="no" aria-pressed="true"', again.text)


@pytest.mark.parametrize(
    ("step", "fields"),
    [
        ("about", {"age": "300"}), ("about", {"age": "old"}), ("about", {"sex": "robot"}),
        ("where", {"site": "left:wing"}), ("labs", {"lab_potassium": "much"}),
        ("labs", {"lab_potassium": "4", "unit_potassium": "stone"}), ("question", {"finding": "no_such"}),
    ],
)  # fmt: skip
def test_answers_that_cannot_be_are_refused(browser, step: str, fields: dict) -> None:
    number = begin(browser)
    assert browser.post(f"/find/{number}/{step}", **fields).status_code == 400


def test_asking_again_within_two_weeks_is_braked(browser) -> None:
    for _ in range(2):
        number = begin(browser, age="35", sex="female")
        page = browser.get(f"/find/{number}/result")
    assert "Nothing you entered changes the answer" in page.text


def test_every_place_on_the_map_is_a_known_finding() -> None:
    assert set(SITES.values()) <= set(load().findings)


def test_dangers_ticked_together_count_at_once_and_leave_little_open(browser) -> None:
    number = begin(browser, age="40", sex="female")
    page = browser.get(f"/find/{number}/safety")
    shown = re.findall(r'name="shown" value="([^"]+)"', page.text)
    assert len(shown) >= 8
    browser.post(f"/find/{number}/safety", shown=shown, ticked=["chest_pain"])
    again = browser.get(f"/find/{number}/safety").text
    assert re.findall(r'name="shown" value="([^"]+)"', again) == shown
    assert re.findall(r'value="([^"]+)" checked', again) == ["chest_pain"]
    calm = begin(browser, age="40", sex="female")
    browser.post(f"/find/{calm}/where", site=["left:eyelid"], amount="3", unit="weeks")
    for _ in range(6):
        page = browser.get(f"/find/{calm}/safety?more=yes")
        shown = re.findall(r'name="shown" value="([^"]+)"', page.text)
        if not shown or "Too little is known" in page.text:
            break
        page = browser.post(f"/find/{calm}/safety", shown=shown, then="result")
        if "Too little is known" not in page.text:
            break
    assert "Too little is known" not in browser.get(f"/find/{calm}/result").text


def test_a_skipped_page_of_dangers_answers_nothing(browser) -> None:
    number = begin(browser, age="40", sex="female")
    shown = re.findall(r'name="shown" value="([^"]+)"', browser.get(f"/find/{number}/safety").text)
    browser.post(f"/find/{number}/safety", shown=shown, skip="yes")
    assert "Too little is known" in browser.get(f"/find/{number}/result").text


def test_words_count_only_when_confirmed(browser) -> None:
    number = begin(browser, age="40", sex="male", complaint="My calf twitches, and my hand has become weak.")
    assert "calf twitches" in browser.get(f"/find/{number}/words").text
    before = browser.get(f"/find/{number}/result").text
    assert "not confirmed yet" in before
    codes = re.findall(r'name="read_([^"]+)" value="yes"', browser.get(f"/find/{number}/words").text)
    assert "twitching_calf" in codes
    after = browser.post(f"/find/{number}/words", **{f"read_{code}": "yes" for code in codes})
    after = browser.get(f"/find/{number}/result").text
    assert "not confirmed yet" not in after
    assert "What your last change moved" in after


def test_numbers_can_be_hidden_on_the_result_too(browser) -> None:
    number = begin(
        browser,
        age="40",
        sex="male",
        complaint="My calf twitches. I am stressed, drink too much coffee and sleep too little.",
    )
    codes = re.findall(r'name="read_([^"]+)" value="yes"', browser.get(f"/find/{number}/words").text)
    browser.post(f"/find/{number}/words", **{f"read_{code}": "yes" for code in codes})
    assert " of 100 people" in browser.get(f"/find/{number}/result").text
    browser.post("/you/settings", language="en", hide_numbers="yes")
    assert " of 100 people with answers" not in browser.get(f"/find/{number}/result").text


def test_worry_is_answered_with_an_offer_and_not_kept(browser, folder) -> None:
    high = browser.post("/worry", serious="3", checking="2").text
    assert "Hide numbers" in high
    assert "/learn/care/cbt_health_anxiety" in high
    assert "Nothing needs to be done" in browser.post("/worry", serious="0", checking="1").text
    assert browser.post("/worry", serious="7").status_code == 400


def test_a_time_read_in_the_story_is_shown_as_people_say_it(browser) -> None:
    number = begin(browser, age="30", complaint="My calf has been twitching for 3 months.")
    page = browser.get(f"/find/{number}/words").text
    assert "How long it has been twitching: 3 months" in page
    assert "91.3" not in page
