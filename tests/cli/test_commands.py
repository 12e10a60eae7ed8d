"""The command line as people and scripts use it: documents, exit codes, one clear message."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.design import CAUSES, INDICES

from myolens.cli import main

LEVELS = {"emergency", "urgent_days", "soon_weeks", "routine", "self_care"}


@dataclass
class Outcome:
    code: int
    out: str
    err: str

    def documents(self) -> list[dict]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def myolens(monkeypatch, capsys, tmp_path) -> Callable[..., Outcome]:
    monkeypatch.setenv("MYOLENS_DATABASE", f"sqlite:///{tmp_path / 'diary.sqlite3'}")

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["myolens", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        said = capsys.readouterr()
        return Outcome(code, said.out, said.err)

    return run


@pytest.fixture(scope="module")
def example() -> Path:
    import myolens.examples

    return Path(myolens.examples.__file__).parent


def test_help_names_every_command_and_loads_nothing_heavy() -> None:
    script = """
import sys
sys.argv = ["myolens", "--help"]
from myolens.cli import main
from tests.design import CAUSES, INDICES
try:
    main()
except SystemExit:
    pass
print(sorted({"numpy", "numba", "scipy", "pydantic", "rich", "sqlalchemy", "fastapi"} & set(sys.modules)))
"""
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    commands = (
        "demo",
        "report",
        "analyze",
        "assess",
        "simulate",
        "excitability",
        "vocabulary",
        "serve",
        "diary",
    )
    assert all(f"  {command} " in said for command in commands)
    assert said.splitlines()[-1] == "[]"


def test_demo_prints_a_rate_with_interval_and_writes_a_report(myolens, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = myolens("demo")
    assert outcome.code == 0
    assert "95% interval" in outcome.out
    page = (tmp_path / "myolens-demo" / "report.html").read_text(encoding="utf-8")
    assert "What fits best" in page
    assert "per minute (95% interval" in page


def test_analyze_json_has_the_fixed_keys_and_consistent_numbers(myolens, example) -> None:
    outcome = myolens("analyze", example / "left-biceps.edf", "--json")
    assert outcome.code == 0
    (found,) = outcome.documents()
    assert found["schema"] == "myolens.analysis/1"
    assert {
        "recording",
        "seconds",
        "analysed_seconds",
        "events",
        "units",
        "rate_per_min",
        "excluded",
        "quality",
        "findings",
    } <= set(found)
    rate = found["rate_per_min"]
    assert set(rate) == {"value", "low", "high", "level"}
    assert rate["low"] <= rate["value"] <= rate["high"]
    assert rate["value"] == pytest.approx(len(found["events"]) / found["analysed_seconds"] * 60, rel=1e-3)
    for event in found["events"]:
        assert set(event) == {"time_s", "unit", "channel", "peak_to_peak_uv", "snr_db"}
    assert sum(unit["events"] for unit in found["units"]) == sum(
        e["unit"] is not None for e in found["events"]
    )
    times = [event["time_s"] for event in found["events"]]
    assert times == sorted(times)
    assert set(found["quality"]) == {"verdict", "noise_uv", "detectable_uv", "problems"}


def test_one_bad_file_among_several_does_not_stop_the_others(myolens, example, tmp_path) -> None:
    bad = tmp_path / "broken.edf"
    bad.write_bytes(b"0       " + b"x" * 300)
    outcome = myolens("analyze", bad, example / "left-biceps.edf", "--json", "-o", tmp_path / "r.html")
    assert outcome.code == 2
    assert len(outcome.documents()) == 1
    assert "broken.edf" in outcome.err
    assert "broken.edf" in (tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_every_recording_is_answered_or_refused_in_one_sentence(myolens, shared_data) -> None:
    files = [
        path for path in sorted(shared_data.rglob("*")) if path.is_file() and "LICENSES" not in path.parts
    ]
    answered = 0
    for path in files:
        outcome = myolens("analyze", path, "--json")
        assert outcome.code in {0, 2}, f"{path.name}: {outcome.err}"
        assert "Traceback" not in outcome.err
        assert "our fault" not in outcome.err
        if outcome.code == 2:
            assert outcome.out == ""
            assert outcome.err.count("\n") == 1, outcome.err
            assert outcome.err.startswith("myolens: ")
        else:
            answered += 1
            assert all(document["schema"] == "myolens.analysis/1" for document in outcome.documents())
    assert answered >= 12


def test_batch_gives_one_line_a_case_in_order(myolens, shared) -> None:
    path = shared / "cases" / "cases.jsonl"
    outcome = myolens("assess", "--batch", path)
    assert outcome.code == 0
    documents = outcome.documents()
    ids = [json.loads(line)["id"] for line in path.read_text(encoding="utf-8").splitlines()]
    assert [document["id"] for document in documents] == ids
    for document in documents:
        assert document["schema"] == "myolens.assessment/1"
        assert document["urgency"]["level"] in LEVELS
        probabilities = [cause["probability"] for cause in document["causes"]]
        assert probabilities == sorted(probabilities, reverse=True)
        assert set(CAUSES) <= {cause["cause"] for cause in document["causes"]}


def test_a_bad_line_keeps_its_place_in_the_batch(myolens, tmp_path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text('{"id": "a"}\n{oops\n{"id": "c"}\n', encoding="utf-8")
    outcome = myolens("assess", "--batch", path)
    assert outcome.code == 2
    first, second, third = outcome.documents()
    assert (first["id"], third["id"]) == ("a", "c")
    assert second["schema"] == "myolens.error/1"
    assert "line 2" in second["error"]


def test_recordings_named_in_a_batch_are_analysed_and_missing_ones_are_told(
    myolens, example, tmp_path
) -> None:
    (tmp_path / "biceps.edf").write_bytes((example / "left-biceps.edf").read_bytes())
    cases = [{"id": "one", "recordings": ["biceps.edf"]}, {"id": "two", "recordings": ["none.edf"]}]
    (tmp_path / "cases.jsonl").write_text("\n".join(json.dumps(case) for case in cases))
    outcome = myolens("assess", "--batch", tmp_path / "cases.jsonl")
    assert outcome.code == 2
    assert "none.edf: no such file" in outcome.err
    one, two = outcome.documents()
    assert (one["id"], two["id"]) == ("one", "two")
    assert "recording" in {item["source"] for item in one["understood"]}
    assert "recording" not in {item["source"] for item in two["understood"]}


def test_assess_json_and_the_same_bytes_twice(myolens, example) -> None:
    runs = [myolens("assess", example / "desk-worker.yaml", "--json") for _ in range(2)]
    assert runs[0].out == runs[1].out
    (answer,) = runs[0].documents()
    for key in ("unrecognised", "questions", "tests", "care", "cautions", "course", "sources"):
        assert key in answer
    cited = {s for cause in answer["causes"] for item in cause["evidence"] for s in item["sources"]}
    assert cited <= set(answer["sources"])


def test_report_writes_html_pdf_and_fhir(myolens, example, tmp_path) -> None:
    outcome = myolens(
        "report", example / "desk-worker.yaml", "-o", tmp_path / "out" / "r.html", "--pdf", "--fhir", "--json"
    )
    assert outcome.code == 0
    (document,) = outcome.documents()
    assert document["schema"] == "myolens.assessment/1"
    assert document["recordings"][0]["schema"] == "myolens.analysis/1"
    assert (tmp_path / "out" / "r.html").stat().st_size < 3_000_000
    assert (tmp_path / "out" / "r.pdf").read_bytes().startswith(b"%PDF-")
    assert (
        json.loads((tmp_path / "out" / "r.fhir.json").read_text(encoding="utf-8"))["resourceType"] == "Bundle"
    )


def test_a_case_with_a_missing_recording_is_still_answered(myolens, tmp_path) -> None:
    (tmp_path / "case.yaml").write_text("id: x\nrecordings: [gone.edf]\n", encoding="utf-8")
    outcome = myolens("report", tmp_path / "case.yaml", "-o", tmp_path / "r.html")
    assert outcome.code == 2
    assert "gone.edf" in outcome.err
    assert "gone.edf" in (tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "arguments",
    [
        ("assess",),
        ("assess", "nowhere.yaml"),
        ("assess", "--batch", "nowhere.jsonl"),
        ("report", "nowhere.yaml"),
        ("analyze", "nowhere.edf"),
        ("simulate", "-o", "x.edf", "--cause", "gremlins"),
        ("simulate", "-o", "x.edf", "--set", "axon.potasium=2"),
        ("excitability", "--cause", "gremlins"),
        ("knowledge", "show", "gremlins"),
        ("diary", "add"),
        ("diary", "add", "--day", "soon", "--intensity", "1"),
        ("diary", "import", "nowhere.json"),
        ("diary", "export", "-o", "x.xls"),
        ("frobnicate",),
        ("analyze", "--nope"),
    ],
)
def test_bad_input_exits_with_two_and_words(myolens, tmp_path, monkeypatch, arguments) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = myolens(*arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err.strip()
    assert "Traceback" not in outcome.err
    assert [
        path for path in tmp_path.iterdir() if path.suffix != ".sqlite3" and "sqlite3-" not in path.name
    ] == []


def test_simulated_recording_is_read_back_with_its_truth(myolens, tmp_path) -> None:
    file, truth = tmp_path / "rec.edf", tmp_path / "truth.json"
    arguments = (
        "simulate",
        "--cause",
        "benign_fasciculation",
        "--seconds",
        20,
        "--seed",
        3,
        "-o",
        file,
        "--truth",
        truth,
    )
    assert myolens(*arguments).code == 0
    first = file.read_bytes(), truth.read_text(encoding="utf-8")
    assert myolens(*arguments).code == 0
    assert (file.read_bytes(), truth.read_text(encoding="utf-8")) == first
    (found,) = myolens("analyze", file, "--json").documents()
    assert found["seconds"] == pytest.approx(20, abs=1)


def test_excitability_has_every_index_within_two_sd(myolens) -> None:
    (document,) = myolens("excitability", "--json").documents()
    assert document["schema"] == "myolens.excitability/1"
    assert document["cause"] is None
    assert set(INDICES) <= set(document["indices"])
    for name in INDICES:
        row = document["indices"][name]
        assert {"model", "mean", "sd", "z", "source"} <= set(row)
        assert abs(row["z"]) <= 2, name


def test_vocabulary_lists_codes_names_and_units(myolens) -> None:
    (document,) = myolens("vocabulary", "--json").documents()
    rows = {(row["kind"], row["code"]): row for row in document["entries"]}
    assert {code for kind, code in rows if kind == "cause"} >= set(CAUSES)
    assert rows[("lab", "potassium")]["unit"] == "mmol/L"
    assert any(kind == "medicine" for kind, _code in rows)


def test_knowledge_is_consistent_and_can_be_read(myolens) -> None:
    checked = myolens("knowledge", "check")
    assert checked.code == 0, checked.out
    shown = myolens("knowledge", "show", "hypokalaemia")
    assert "potassium" in shown.out.lower()
    assert "Kard18" in shown.out


def test_an_entry_is_found_by_its_name_and_a_misspelling_is_answered(myolens) -> None:
    assert "hypokalaemia" in myolens("knowledge", "show", "Low blood potassium").out.lower()
    outcome = myolens("knowledge", "show", "hypokalemai")
    assert outcome.code == 2
    assert "Perhaps hypokalaemia" in outcome.err
    assert "no code, name or synonym" in myolens("vocabulary", "--search", "qqqq").err


def test_a_diary_kept_from_the_command_line(myolens, tmp_path) -> None:
    assert (
        myolens(
            "diary", "add", "--day", "2026-01-05", "--intensity", 4, "--caffeine", 200, "--note", "x"
        ).code
        == 0
    )
    assert myolens("diary", "add", "--now", "--site", "left calf").code == 0
    assert myolens("diary", "export", "-o", tmp_path / "d.json").code == 0
    (listed,) = myolens("diary", "list", "--json").documents()
    assert listed["days"][0]["intensity"] == 4
    assert listed["moments"][0]["site"] == "left calf"
    assert myolens("diary", "--profile", "other", "import", tmp_path / "d.json").code == 0
    (copied,) = myolens("diary", "--profile", "other", "list", "--json").documents()
    assert copied["days"] == listed["days"]
    assert myolens("diary", "trends", "--json").documents()[0]["direction"] == "unknown"
    assert "not analysed" in myolens("diary", "triggers").out


def test_our_own_fault_is_one_line_and_code_one(myolens, monkeypatch) -> None:
    monkeypatch.delenv("MYOLENS_DEBUG", raising=False)
    monkeypatch.setattr("myolens.knowledge.load", lambda: 1 / 0)
    outcome = myolens("vocabulary")
    assert outcome.code == 1
    assert outcome.err.count("\n") == 1
    assert "our fault" in outcome.err


def test_a_recording_has_not_changed_against_itself(myolens, example) -> None:
    file = example / "left-biceps.edf"
    (found,) = myolens("compare", file, file, "--json").documents()
    assert found["change"] == "not shown"
    assert found["rate_ratio"]["value"] == pytest.approx(1.0)
    assert found["rate_ratio"]["low"] < 1 < found["rate_ratio"]["high"]


def test_a_contraction_is_decomposed_into_trains(myolens, shared_data) -> None:
    file = shared_data / "openhdemg_otb" / "otb_testfile_a.mat"
    (found,) = myolens("decompose", file, "--start", 8, "--end", 12, "--json").documents()
    assert found["schema"] == "myolens.decomposition/1"
    assert len(found["units"]) >= 2
    for unit in found["units"]:
        assert 0 < unit["silhouette"] <= 1
        assert all(8 <= time <= 12 for time in unit["times_s"])


def test_what_cannot_be_measured_is_said(myolens, example) -> None:
    file = example / "left-biceps.edf"
    for arguments, words in (
        (("decompose", file), "8 working surface EMG channels"),
        (("decrement", file), "no stimuli"),
        (("decompose", file, "--start", 3), "--end"),
        (("excitability", "--severity", "nan"), "0 to 2"),
        (("excitability", "--cause", "hypocalcaemia", "--severity", 9), "0 to 2"),
        (("excitability", "--after", "8:nan"), "8:600"),
        (("simulate", "--cause", "hypocalcemiaa", "-o", "x.edf"), "Perhaps hypocalcaemia"),
    ):
        outcome = myolens(*arguments)
        assert outcome.code == 2
        assert words in outcome.err


@pytest.mark.parametrize(("name", "words"), [(".", "is a folder"), ("found.pdf", "ends in .pdf")])
def test_a_report_is_not_written_over_a_folder_or_under_a_false_name(
    myolens, example, tmp_path, monkeypatch, name, words
) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments in (("analyze", example / "left-biceps.edf"), ("report", example / "desk-worker.yaml")):
        outcome = myolens(*arguments, "-o", name)
        assert outcome.code == 2
        assert words in outcome.err
        assert outcome.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
