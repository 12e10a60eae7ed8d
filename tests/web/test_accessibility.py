"""Every page for everybody: axe-core, keyboard alone, small targets, narrow screens, no motion."""

from __future__ import annotations

import re
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect
from tests.web.living import SMALLEST, Visit, begin, look, person, violations

from myolens.knowledge import load

PLACES = {
    "home": "/", "find": "/find", "find-1-about": None, "diary-empty": "/diary",
    "recordings-empty": "/recordings",
    "learn": "/learn", "learn-search": "/learn?q=potassium", "learn-cause": "/learn/cause/hypokalaemia",
    "learn-cause-feared": "/learn/cause/motor_neuron_disease", "learn-test": "/learn/test/needle_emg",
    "learn-care": "/learn/care/reduce_caffeine", "sources": "/learn/sources", "you": "/you",
    "privacy": "/privacy", "offline": "/offline", "worry": "/worry", "error": "/no-such-page",
}  # fmt: skip

TOGETHER = """async (addresses) => {
  const main = document.querySelector("main");
  main.replaceChildren();
  for (const address of addresses) {
    const page = new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
    const part = document.createElement("div");
    part.append(...page.querySelector("main").childNodes);
    part.querySelectorAll("[id]").forEach((element) => element.removeAttribute("id"));
    part.querySelectorAll("details").forEach((element) => { element.open = true; });
    main.append(part);
  }
  return main.children.length;
}"""
"""Puts the content of many pages into one, so that one audit covers them all."""

SMALL = """(width) => [...document.querySelectorAll(".spot")]
  .map((spot) => [spot.dataset.site, spot.getBoundingClientRect()])
  .filter(([, box]) => Math.min(box.width, box.height) < 24)
  .map(([site, box]) => `${site}: ${box.width.toFixed(1)} x ${box.height.toFixed(1)} px at ${width}`)"""


def test_every_other_page_is_accessible_in_both_themes_and_widths(visit: Visit) -> None:
    page = person(visit, "Fay")
    for name, path in PLACES.items():
        if path is None:
            page.goto("/find")
            page.get_by_role("button", name="Start").click()
        else:
            page.goto(path)
        look(visit, name)


def test_all_pages_to_learn_from_are_accessible(visit: Visit) -> None:
    """Colours come from three templates, looked at above in both themes; all else is looked at on all."""
    knowledge = load()
    kinds = (("cause", knowledge.causes), ("test", knowledge.tests), ("care", knowledge.care))
    addresses = [f"/learn/{kind}/{code}" for kind, codes in kinds for code in codes]
    page = visit.go("/learn")
    assert page.evaluate(TOGETHER, addresses) == len(addresses) > 100
    page.evaluate(AXE_SCRIPT)
    standard = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    rules = {"color-contrast": {"enabled": False}, "target-size": {"enabled": True}}
    visit.problems += violations(page, runOnly=standard, rules=rules)


def tab_to(page: Any, selector: str) -> None:
    """Press Tab until the element has the focus, which must be seen on every step."""
    for _ in range(120):
        page.keyboard.press("Tab")
        focused, seen = page.evaluate(
            "(wanted) => [document.activeElement.matches(wanted),"
            " getComputedStyle(document.activeElement).outlineStyle !== 'none']",
            selector,
        )
        assert seen, page.evaluate("() => document.activeElement.outerHTML")[:200]
        if focused:
            return
    raise AssertionError(f"Tab never reaches {selector}")


def press(page: Any, selector: str, key: str = "Enter") -> None:
    tab_to(page, selector)
    if key == "Space":
        page.keyboard.press(key)
        return
    with page.expect_navigation():
        page.keyboard.press(key)


def test_the_keyboard_alone_leads_from_the_first_page_to_the_answer_and_its_report(visit: Visit) -> None:
    page = person(visit, "Gus")
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    press(page, 'main a[href="/find"]')
    press(page, 'form[action="/find/start"] button')
    tab_to(page, "#age")
    page.keyboard.type("33")
    press(page, "main form .row button")
    tab_to(page, 'input[name="ticked"]')
    press(page, "main form .row button")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Where")
    tab_to(page, "#places summary")
    page.keyboard.press("Enter")
    press(page, 'input[value="right:calf"]', "Space")
    expect(page.locator("#chosen")).to_contain_text("right Calf")
    for _ in range(3):
        press(page, "main form > .row:last-child button")
    while page.locator('input[name="finding"]').count():
        answer = "unknown" if page.locator("#value").count() else "no"
        press(page, f'button[value="{answer}"]')
    expect(page).to_have_url(re.compile(r"/result$"))
    tab_to(page, 'a[href$="/report"]')


def test_places_on_the_body_are_large_enough_to_tap(visit: Visit) -> None:
    page = visit.page
    begin(visit, age="24", sex="Female")
    expect(page.locator("#body")).to_be_visible()
    for width in (SMALLEST[0], 360, 1280):
        page.set_viewport_size({"width": width, "height": 780})
        assert page.locator(".spot").count() == 24
        assert page.evaluate(SMALL, width) == []
    for site in ("right:eyelid", "mouth", "tongue", "left:thumb"):
        page.locator(f'.spot[data-site="{site}"]').click()
        expect(page.locator(f'input[value="{site}"]')).to_be_checked()
    expect(page.locator("#chosen")).to_contain_text("left Ball of thumb")


def test_nothing_moves_for_whoever_asked_for_no_motion(visit: Visit) -> None:
    page = visit.page
    page.emulate_media(reduced_motion="reduce")
    for path in ("/", "/find", "/mechanism", "/diary"):
        page.goto(path)
        moving = page.evaluate(
            "() => [...document.querySelectorAll('*')].map((e) => getComputedStyle(e)).filter((s) =>"
            " s.animationName !== 'none' || parseFloat(s.transitionDuration) > 0).length"
        )
        assert moving == 0, path
