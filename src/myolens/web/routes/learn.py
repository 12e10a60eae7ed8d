"""Every cause, test and measure of the knowledge base as a readable page with sources."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from myolens.knowledge import load
from myolens.web.pages import page

router = APIRouter(prefix="/learn")

GROUPS = (
    "benign", "lifestyle", "electrolyte", "drug_toxin", "endocrine_nutrition", "root_cord", "nerve",
    "motor_neuron", "junction_muscle", "lookalike",
)  # fmt: skip


@router.get("")
def index(request: Request, q: str = "") -> HTMLResponse:
    """All pages, or those that a search finds."""
    knowledge = load()
    words = q.strip().lower()[:100].split()

    def found(*texts: str) -> bool:
        whole = " ".join(texts).lower()
        return all(word in whole for word in words)

    causes = [
        c for c in knowledge.causes.values() if found(c.name, c.plain_name, *c.synonyms, c.summary.text)
    ]
    tests = [x for x in knowledge.tests.values() if found(x.name, *x.synonyms, x.plain.text)]
    care = [x for x in knowledge.care.values() if found(x.name, x.text)]
    grouped = [(group, [c for c in causes if c.group == group]) for group in GROUPS]
    return page(
        request, "learn.html", q=q, grouped=[g for g in grouped if g[1]], tests=tests, care=care,
        nothing=not (causes or tests or care),
    )  # fmt: skip


@router.get("/sources")
def sources(request: Request) -> HTMLResponse:
    """Everything the knowledge base cites."""
    return page(request, "sources.html", sources=load().sources.values())


@router.get("/cause/{code}")
def cause(request: Request, code: str) -> HTMLResponse:
    """One cause."""
    knowledge = load()
    found = knowledge.causes.get(code)
    if found is None:
        raise HTTPException(404)
    ranked = sorted(
        found.findings,
        key=lambda e: -e.value / max(knowledge.findings[e.finding].leak.value, 1e-4),
    )
    return page(request, "cause.html", cause=found, knowledge=knowledge, ranked=ranked)


@router.get("/test/{code}")
def test(request: Request, code: str) -> HTMLResponse:
    """One test."""
    knowledge = load()
    if code not in knowledge.tests:
        raise HTTPException(404)
    return page(request, "test.html", test=knowledge.tests[code], knowledge=knowledge)


@router.get("/care/{code}")
def care(request: Request, code: str) -> HTMLResponse:
    """One measure."""
    knowledge = load()
    if code not in knowledge.care:
        raise HTTPException(404)
    helps = [c for c in knowledge.causes.values() if code in c.care]
    return page(request, "care.html", measure=knowledge.care[code], knowledge=knowledge, helps=helps)
