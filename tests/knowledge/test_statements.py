"""The statements of the two popular articles: all there, all resolved."""

from __future__ import annotations

import pytest

from myolens.knowledge.loading import load
from myolens.knowledge.model import ArticleStatement, Knowledge


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load()


@pytest.fixture(scope="module")
def statements(knowledge: Knowledge) -> dict[str, ArticleStatement]:
    return {each.id: each for each in knowledge.statements}


def test_each_points_to_what_exists(knowledge: Knowledge, statements: dict[str, ArticleStatement]) -> None:
    assert len(statements) == len(knowledge.statements)
    for each in statements.values():
        assert each.id.startswith(each.article)
        assert set(each.causes) <= set(knowledge.causes)
        assert set(each.findings) <= set(knowledge.findings)
        assert set(each.care) <= set(knowledge.care)
        assert set(each.sources) <= set(knowledge.sources)
        assert each.causes or each.care


def test_both_articles_are_covered(statements: dict[str, ArticleStatement]) -> None:
    """Numbered without gaps: 42 claims of the first article and 21 of the second."""
    for article, count in (("A", 42), ("B", 21)):
        expected = {f"{article}{number:02d}" for number in range(1, count + 1)}
        assert {each.id for each in statements.values() if each.article == article} == expected


@pytest.mark.parametrize(
    ("words", "article"),
    [
        ("overuse", "A"),
        ("pinched nerve", "A"),
        ("potassium", "A"),
        ("stress", "A"),
        ("caffeine", "A"),
        ("dehydration", "A"),
        ("carpal tunnel", "A"),
        ("diabetes", "A"),
        ("sleep", "A"),
        ("b12", "A"),
        ("vitamin d", "A"),
        ("coconut water", "A"),
        ("stretching", "A"),
        ("surgery", "A"),
        ("early diagnosis", "A"),
        ("magnesium", "A"),
        ("panic", "A"),
        ("mri", "A"),
        ("lactate", "B"),
        ("low calcium", "B"),
        ("low potassium", "B"),
        ("alcohol withdrawal", "B"),
        ("bronchodilators", "B"),
        ("plexus", "B"),
        ("desk work", "B"),
        ("motor neuron disease", "B"),
        ("myasthenia", "B"),
        ("two weeks", "B"),
        ("compress", "B"),
        ("muscle relaxants", "B"),
        ("dairy", "B"),
        ("warm up", "B"),
    ],
)
def test_claim_is_there(statements: dict[str, ArticleStatement], words: str, article: str) -> None:
    assert any(each.article == article and words in each.claim.lower() for each in statements.values())


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        ("B14", "rejected"),  # conflict 1: myasthenia does not twitch
        ("B03", "rejected"),  # 2: lactate
        ("A11", "weakened"),  # 3: dehydration
        ("A08", "weakened"),  # 4: minerals
        ("B19", "corrected"),  # 5: two weeks
        ("A33", "corrected"),  # 6: resolves in days to weeks
        ("A27", "rejected"),  # 7: prevents ALS
        ("A25", "rejected"),  # 8: antispasmodics, magnesium
        ("A21", "weakened"),  # 9: bananas for all
        ("A34", "weakened"),  # 10: sports drinks, coconut water
        ("B10", "corrected"),  # 11: plexus and roots
        ("A15", "corrected"),  # 12: carpal tunnel upstream
        ("A39", "corrected"),  # 13: clusters of fibres
        ("A40", "weakened"),  # 14: stress hormones
        ("A04", "corrected"),  # 15: arm most prone
        ("B21", "supported"),  # no self-prescribed muscle relaxants
    ],
)
def test_conflicts_are_resolved(
    statements: dict[str, ArticleStatement], statement: str, verdict: str
) -> None:
    assert statements[statement].verdict == verdict
