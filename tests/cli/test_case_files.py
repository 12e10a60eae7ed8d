"""Case files on the command line: recordings with their muscle, and what is refused or not understood."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from myolens.cli import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["myolens", *map(str, arguments)])
        code: object = 0
        try:
            main()
        except SystemExit as leaving:
            code = leaving.code or 0
        said = capsys.readouterr()
        return int(str(code)), said.out, said.err

    return run


def test_a_needle_recording_is_read_as_with_the_options_of_analyze(
    run: Run, tmp_path: Path, shared_data: Path
) -> None:
    path = str(shared_data / "emgdb" / "emg_neuropathy_a.hea")
    options = {"muscle": "tibialis anterior", "kind": "needle_emg"}
    code, out, _ = run("analyze", path, "--json", "--muscle", options["muscle"], "--kind", options["kind"])
    assert code == 0
    alone = json.loads(out)["needle"]["reading"]
    assert alone == "neurogenic"
    case = tmp_path / "case.json"
    case.write_text(json.dumps({"recordings": [{"path": path, **options}, path]}), encoding="utf-8")
    code, out, _ = run("report", case, "--json", "-o", tmp_path / "report.html")
    assert code == 0
    named, plain = json.loads(out)["recordings"]
    assert named["needle"]["reading"] == alone
    assert (named["muscle"], named["kind"]) == ("tibialis anterior", "needle_emg")
    assert plain["muscle"] is None
    assert "neurogenic" in (tmp_path / "report.html").read_text(encoding="utf-8").lower()


@pytest.mark.parametrize("name", ["case.yaml", "case.json"])
def test_a_key_given_twice_ends_with_2_and_names_the_key(run: Run, tmp_path: Path, name: str) -> None:
    case = tmp_path / name
    case.write_text('{"age": 41, "sex": "female", "age": 14}', encoding="utf-8")
    code, out, err = run("assess", case, "--json")
    assert (code, out) == (2, "")
    assert "“age”" in err and "Traceback" not in err


def test_a_word_instead_of_a_number_is_said_not_to_be_understood(run: Run, tmp_path: Path) -> None:
    case = tmp_path / "case.json"
    finding = {"name": "caffeine_intake", "value": "much", "unit": "mg/day"}
    case.write_text(json.dumps({"findings": [finding]}), encoding="utf-8")
    code, out, _ = run("assess", case, "--json")
    assert code == 0
    (lost,) = json.loads(out)["unrecognised"]
    assert "much mg/day" in lost["name"]
    code, out, _ = run("assess", case)
    assert "Not understood" in out and "no number" in out
