"""Every word of the interface comes from the catalogue, and every word in it is used."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path

import pytest

import myolens.web
from myolens.web.pages import catalogue

WEB = Path(myolens.web.__file__).parent
TEMPLATES = sorted((WEB / "templates").glob("*.html"))
SPOKEN = {"aria-label", "alt", "title", "placeholder", "aria-roledescription"}
UNITS = {"mV", "min", "s", "µV", "%", "ICD-10", "doi:", "PMID", "Hz"}
"""Signs of measures and registers, the same in every language."""

MADE = (
    "ability.", "about.sex.", "answer.", "compare.", "diary.", "factor.", "fit.", "group.", "home.", "kind.",
    "knob.", "level.", "mechanism.says.", "quality.", "result.", "side.", "site.", "source.", "state.",
    "trend.", "unit.", "verdict.", "weekday.", "words.", "worry.",
)  # fmt: skip
"""Beginnings of keys that are put together from a code."""


class Words(HTMLParser):
    """Text and spoken attributes of a template, what it computes left out."""

    def __init__(self, template: str) -> None:
        super().__init__()
        self.found: list[str] = []
        plain = re.sub(r"{#.*?#}", "", template, flags=re.DOTALL)
        plain = re.sub(r"{%.*?%}", " ", plain, flags=re.DOTALL)
        self.feed(re.sub(r"{{.*?}}", " ", plain, flags=re.DOTALL))

    def handle_data(self, data: str) -> None:
        if self.lasttag not in {"script", "style"}:
            self.found.append(data)

    def handle_starttag(self, tag: str, attrs) -> None:
        self.found += [value for name, value in attrs if name in SPOKEN and value]


def literals(template: str) -> set[str]:
    """Words of a template that no catalogue has."""
    found: set[str] = set()
    for part in Words(template).found:
        words = re.findall(r"[^\W\d_][\w:-]*", part)
        found |= {word for word in words if word not in UNITS and len(word) > 1}
    return found


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_speaks_for_itself(path: Path) -> None:
    assert literals(path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    "template",
    [
        "<p>Save</p>",
        '<button aria-label="Close it">×</button>',
        "<h1>{{ t('x') }} of all</h1>",
        "<td>maybe</td>",
    ],
)
def test_the_rule_would_catch_a_word(template: str) -> None:
    assert literals(template)


def used_keys() -> set[str]:
    """Keys named in templates and routes, whole."""
    keys: set[str] = set()
    for path in (*TEMPLATES, *WEB.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        keys |= set(re.findall(r"""\bt\(\s*["']([\w.]+)["']""", text))
        keys |= set(re.findall(r"""texts\[["']([\w.]+)["']""", text))
        keys |= set(re.findall(r"""["'(]((?:[a-z]+\.)+[a-z_.0-9]+)["')]""", text))
    return keys


def test_every_key_that_is_asked_for_is_there_and_every_key_there_is_asked_for() -> None:
    english = catalogue("en")
    asked = set()
    for path in (*TEMPLATES, *WEB.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r"""(?<![\w.])t\(\s*["']([a-z][\w.]*[\w])["']\s*[,)]""", text))
    assert asked - english.keys() == set()
    assert {key for key in english.keys() - used_keys() if not key.startswith(MADE)} == set()


def test_other_languages_have_the_same_keys_and_few_words_left_in_english() -> None:
    files = resources.files("myolens.web").joinpath("catalogue")
    own = {
        name: json.loads(files.joinpath(f"{name}.json").read_text(encoding="utf-8")) for name in ("en", "de")
    }
    assert own["de"].keys() == own["en"].keys()
    same = {
        key
        for key, words in own["en"].items()
        if words == own["de"][key] and len(re.sub(r"{\w+}", "", words)) > 12
    }
    assert same == set()
