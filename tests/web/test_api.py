"""Every address of the application under generated requests: nothing is answered with our fault."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from myolens.web import Settings, create_app

FIELDS = (
    "name", "language", "hide_numbers", "confirm", "day", "intensity", "stress", "caffeine_mg", "medicines",
    "note", "ability_buttons", "age", "sex", "complaint", "site", "amount", "unit", "everywhere", "finding",
    "answer", "value", "then", "lab_potassium", "unit_potassium", "read_weakness", "shown", "ticked", "skip",
    "event", "verdict", "start", "serious", "checking", "kind", "rate", "muscle",
)  # fmt: skip
SLOW = {"/mechanism", "/mechanism/answer", "/find/{number}/report.pdf"}
TELLING = st.sampled_from([
    "", "0", "1", "-1", "1e308", "nan", "yes", "no", "weakness", "caffeine_intake", "2026-01-05", "left:calf",
    "mmol/L", "months", "female", "en", "me", "reject", "relabel", "surface_emg",
    "\x00", "𝟙", "'; drop--", "<b>",
])  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("api")
    with TestClient(
        create_app(Settings(folder=folder, hosts=("testserver",))), raise_server_exceptions=False
    ) as client:
        client.get("/privacy")
        yield client


@pytest.fixture(scope="module")
def description(client: TestClient) -> dict[str, Any]:
    """The application's own OpenAPI, with the forms its pages send."""
    raw: dict[str, Any] = client.app.openapi()  # type: ignore[attr-defined]
    form = {"type": "object", "properties": {name: {"type": "string"} for name in FIELDS}}
    for methods in raw["paths"].values():
        if "post" in methods:
            methods["post"]["requestBody"] = {
                "content": {"application/x-www-form-urlencoded": {"schema": form}}
            }
    return raw


def test_no_generated_request_is_our_fault(client: TestClient, description: dict[str, Any]) -> None:
    token = {"x-csrf-token": client.cookies["myolens_csrf"]}
    schema = schemathesis.openapi.from_dict(description)
    tried = set()
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=2 if operation.path in SLOW else 10,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy())
        def works(case: schemathesis.Case) -> None:
            body = case.body if isinstance(case.body, dict) else None
            answer = client.request(
                case.method, case.formatted_path, params=case.query, headers=token, data=body
            )
            assert answer.status_code < 500, (case.method, case.formatted_path, case.query, body)

        works()
        tried.add((operation.path, operation.method.upper()))
    assert len(tried) > 35


@settings(max_examples=120, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_form_filled_with_likely_nonsense_is_our_fault(
    client: TestClient, description: dict[str, Any], data: st.DataObject
) -> None:
    posts = sorted(path for path, methods in description["paths"].items() if "post" in methods)
    path = data.draw(st.sampled_from(posts)).replace("{number}", data.draw(st.sampled_from("129")))
    path = path.replace(
        "{step}", data.draw(st.sampled_from(["about", "words", "safety", "where", "medicines", "labs"]))
    )
    fields = data.draw(st.dictionaries(st.sampled_from(FIELDS), TELLING | st.text(max_size=20), max_size=8))
    answer = client.post(path, data=fields, headers={"x-csrf-token": client.cookies["myolens_csrf"]})
    assert answer.status_code < 500, (path, fields)
