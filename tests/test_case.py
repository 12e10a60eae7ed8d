"""Case files: round trips, tolerance and clear refusals."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myolens.case import Case, Finding, Lab, RecordingFile, case_from, read_case, read_cases, write_case
from myolens.errors import InputError

EXAMPLE = """
id: desk-worker
age: 41
sex: female
complaint: "My left arm will not stop twitching."
findings:
  - {name: twitching_arms, present: true, site: left biceps, since: 12 days}
  - {name: weakness, present: false}
  - {name: caffeine_intake, value: 500, unit: mg/day}
  - {name: sweating, present: null}
labs:
  - {name: potassium, value: 2.9, unit: mmol/L}
  - {name: magnesium, value: null, unit: mmol/L}
medicines: [salbutamol]
recordings: [biceps.edf]
"""


def test_the_published_example_is_read(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(EXAMPLE, encoding="utf-8")
    case = read_case(path)
    assert (case.id, case.age, case.sex, case.medicines) == ("desk-worker", 41, "female", ("salbutamol",))
    assert [f.present for f in case.findings] == [True, False, True, None]
    assert case.findings[0].since == "12 days"
    assert case.labs[1].value is None


names = st.text(min_size=1, max_size=40).filter(lambda text: text.strip() and "\x00" not in text)
findings = st.builds(
    Finding,
    name=names,
    present=st.sampled_from([True, False, None]),
    value=st.none() | st.floats(-1e6, 1e6),
    unit=st.none() | st.sampled_from(["mg/day", "per min"]),
    site=st.none() | names,
    since=st.none() | names,
)
cases = st.builds(
    Case,
    id=names,
    age=st.none() | st.floats(0, 125),
    sex=st.sampled_from(["female", "male", None]),
    complaint=st.text(max_size=200),
    recordings=st.lists(
        names | st.builds(RecordingFile, path=names, muscle=st.none() | names, rate=st.none() | st.just(1e4)),
        max_size=3,
    ).map(tuple),
    findings=st.lists(findings, max_size=4).map(tuple),
    labs=st.lists(st.builds(Lab, name=names, value=st.none() | st.floats(0, 500)), max_size=3).map(tuple),
    medicines=st.lists(names, max_size=3).map(tuple),
)


@pytest.mark.parametrize("suffix", [".yaml", ".json"])
@given(case=cases)
def test_writing_and_reading_gives_the_case_back(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, case: Case
) -> None:
    path = tmp_path_factory.mktemp("cases") / f"case{suffix}"
    write_case(case, path)
    assert read_case(path) == case


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("age: [", "not valid YAML"),
        ("- one\n- two\n", "a case is a mapping"),
        ("age: 300\n", "age"),
        ("age: .nan\n", "age"),
        ("sex: robot\n", "sex"),
        ("findings: [{present: true}]\n", "findings.0.name"),
        ("a: &x [1]\nb: *x\n", "aliases are not used"),
        ("!!python/object/apply:os.system ['true']\n", "not valid YAML"),
        ("", "a case is a mapping"),
    ],
)
def test_a_bad_case_is_refused_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_case(path)
    assert words in str(caught.value)
    assert "bad.yaml" in str(caught.value)


def test_a_recording_given_as_case_is_told_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "signal.edf"
    path.write_bytes(bytes(range(128, 256)) * 10)
    with pytest.raises(InputError, match="myolens analyze"):
        read_case(path)


def test_lines_of_cases_keep_their_order_and_name_the_bad_line(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_bytes(
        b'\xef\xbb\xbf{"id": "a"}\n\n{"id": "b", "extra": 1}\n{broken\n{"id": "c"}\n\xff\xfe\n{"id": 7}\n'
    )
    errors: list[InputError] = []
    assert [case.id for case in read_cases(path, on_error=errors.append)] == ["a", "b", "c", "7"]
    assert [error.where for error in errors] == ["cases.jsonl line 4", "cases.jsonl line 6"]
    with pytest.raises(InputError, match="line 4"):
        list(read_cases(path))


def test_published_cases_are_all_readable(shared: Path) -> None:
    path = shared / "cases" / "cases.jsonl"
    given_ids = [json.loads(line)["id"] for line in path.read_text(encoding="utf-8").splitlines()]
    assert [case.id for case in read_cases(path)] == given_ids


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"age": -3}, "age: must be 0 or more"),
        ({"age": "old"}, "age: must be a number"),
        ({"age": True}, "age: must be a number"),
        ({"findings": "weak"}, "findings: must be a list"),
        ({"findings": ["weakness"]}, "findings.0: must hold named fields"),
        ({"findings": [{"present": True}]}, "findings.0.name: is missing"),
        ({"findings": [{"name": "sleep", "value": float("inf")}]}, "findings.0.value: must be an ordinary"),
        ({"sex": "robot"}, "sex: must be 'female' or 'male'"),
        ({"medicines": [5]}, "medicines.0: must be text"),
    ],
)
def test_what_is_wrong_with_a_field_is_said_in_plain_words(data: dict, words: str) -> None:
    with pytest.raises(InputError, match=re.escape(words)):
        case_from(data, where="case.json")


def test_a_recording_is_a_path_or_a_path_with_what_its_file_does_not_say() -> None:
    needle = {"path": "shin.wav", "muscle": "tibialis anterior", "kind": "needle_emg", "rate": 10000}
    case = case_from({"recordings": ["biceps.edf", needle]}, where="case")
    assert case.recordings == (
        "biceps.edf",
        RecordingFile(path="shin.wav", muscle="tibialis anterior", kind="needle_emg", rate=10_000),
    )


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"muscle": "biceps"}, "path: is missing"),
        ({"path": "a.edf", "muscel": "biceps"}, "muscel: is not a field here"),
        ({"path": "a.edf", "rate": 0}, "rate: must be more than 0"),
        (7, "must be text"),
    ],
)
def test_a_recording_that_cannot_be_read_so_is_refused(entry: object, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        case_from({"recordings": [entry]}, where="case")


@pytest.mark.parametrize(
    ("name", "text", "key"),
    [
        ("case.json", '{"age": 41, "age": 14}', "“age”"),
        ("case.json", '{"labs": [{"name": "potassium", "value": 2.9, "value": 4.9}]}', "“value”"),
        ("case.yaml", "age: 41\nsex: female\nage: 14\n", "line 3 .*“age”"),
        ("case.yaml", "labs:\n- {name: potassium, value: 2.9, value: 4.9}\n", "line 2 .*“value”"),
    ],
)
def test_a_key_given_twice_is_an_error_that_names_it(tmp_path: Path, name: str, text: str, key: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=key):
        read_case(path)


def test_the_same_key_in_different_places_is_none(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text("findings:\n- {name: weakness}\n- {name: cramps}\n", encoding="utf-8")
    assert [finding.name for finding in read_case(path).findings] == ["weakness", "cramps"]


def test_a_repeated_key_in_a_line_names_line_and_key(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text('{"id": "a"}\n{"id": "b", "id": "c"}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"line 2.*“id”"):
        list(read_cases(path))
