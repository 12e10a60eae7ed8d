"""Every source is one a person can follow."""

from __future__ import annotations

import re

from myolens.knowledge import Knowledge

DOI = re.compile(r"10\.\d{4,9}/\S+")
PMID = re.compile(r"[1-9]\d{0,7}")
URL = re.compile(r"https?://[a-z0-9.-]+\.[a-z]{2,}\.?(:\d+)?(/\S*)?", re.IGNORECASE)

NOT_A_PAGE = {
    "project_estimate": "a judgement of the authors; its note leads to the method in docs/knowledge.md",
    "standard_teaching": "recalled, and marked so; no page was traced",
}
"""Sources without an address, each with its reason."""


def test_every_source_has_an_address_or_an_identifier(knowledge: Knowledge) -> None:
    without = {s.id for s in knowledge.sources.values() if not (s.doi or s.pmid or s.url)}
    assert without <= set(NOT_A_PAGE)


def test_addresses_and_identifiers_are_of_their_form(knowledge: Knowledge) -> None:
    wrong = {
        source.id: text
        for source in knowledge.sources.values()
        for form, text in ((DOI, source.doi), (PMID, source.pmid), (URL, source.url))
        if text is not None and not form.fullmatch(text)
    }
    assert wrong == {}


def test_one_paper_is_one_source(knowledge: Knowledge) -> None:
    """Two names for one paper would count it twice and let its notes drift apart."""
    seen: dict[str, str] = {}
    twice = {}
    for source in knowledge.sources.values():
        for text in (source.doi, source.pmid):
            if text and seen.setdefault(text.lower(), source.id) != source.id:
                twice[source.id] = seen[text.lower()]
    assert twice == {}


def test_the_note_of_estimates_says_where_the_method_is(knowledge: Knowledge) -> None:
    assert "docs/knowledge.md" in knowledge.sources["project_estimate"].note
