"""The documentation points at what exists, and the tree says nothing of the machine it was made on."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "benchmarks" / "README.md",
    *(ROOT / "docs").glob("*.md"),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), target


def test_readme_commands_exist() -> None:
    from typer.main import get_command

    from myolens.cli import app

    commands = set(get_command(app).commands)
    named = set(re.findall(r"(?:bin/)?myolens ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert named
    assert named <= commands | {"has"}


def test_readme_python_runs(tmp_path, monkeypatch) -> None:
    import shutil

    import myolens.examples

    example = Path(myolens.examples.__file__).parent
    shutil.copy(example / "left-biceps.edf", tmp_path / "biceps.edf")
    shutil.copy(example / "desk-worker.yaml", tmp_path / "case.yaml")
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    exec(compile(block, "README.md", "exec"), {})


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def test_no_machine_path_or_registry_stands_in_the_tree() -> None:
    machine = re.compile(r"(?<![\w.])/(?:work|farm|root|home)/")
    registry = re.compile(
        r"index-url *[=:] *\"?https?:|\"resolved\": *\"https?:|https?://[^ \"]*/(?:simple|packages)/"
    )
    this = Path(__file__).resolve()
    for path in tracked():
        if path == this or path.suffix in {".edf", ".npz", ".npy", ".png"} or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        assert not machine.search(text), path
        assert not registry.search(text), path


def test_lock_files_hold_a_hash_for_every_package() -> None:
    for name in ("locked.txt", "uv.txt"):
        text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
        entries = re.split(r"\n(?=[a-z0-9])", text.strip())
        assert entries
        assert all("--hash=sha256:" in entry for entry in entries)
        assert "://" not in text
