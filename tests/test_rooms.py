"""The rooms of the package import only the rooms above them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "myolens"

FLOORS = [
    {"errors", "examples"},
    {"recording", "case"},
    {"knowledge", "readers"},
    {"emg", "simulation"},
    {"assessment"},
    {"diary"},
    {"reports"},
    {"cohort", "web"},
    {"cli"},
]
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names = [node.module or ""]
            if node.module == "myolens":
                names = [f"myolens.{alias.name}" for alias in node.names]
        rooms |= {name.split(".")[1] for name in names if name.startswith("myolens.")}
    return rooms


MODULES = [path for path in sorted(SOURCE.rglob("*.py")) if path != SOURCE / "__init__.py"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_room_imports_only_rooms_above(path: Path) -> None:
    room = room_of(path)
    if room == "__main__":
        return
    assert room in FLOOR_OF, f"{room} is not a room of the design"
    for other in imported_rooms(path) - {room}:
        if other not in FLOOR_OF:
            continue  # a name of the package itself, such as __version__
        assert FLOOR_OF[other] < FLOOR_OF[room], f"{room} imports {other}"


def test_rule_would_catch_a_breach(tmp_path: Path) -> None:
    breach = tmp_path / "breach.py"
    breach.write_text("from myolens import web\nfrom myolens.reports.html import render\n", encoding="utf-8")
    assert imported_rooms(breach) == {"web", "reports"}
