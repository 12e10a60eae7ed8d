"""Reading the knowledge base: YAML files beside this module, or in a folder of one's own."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from myolens.errors import InputError
from myolens.knowledge.model import (
    ArticleStatement,
    CareMeasure,
    Cause,
    Concept,
    Criterion,
    Family,
    FindingDefinition,
    GradedFinding,
    Knowledge,
    KnowledgeModel,
    LabDefinition,
    Medicine,
    Site,
    SourceEntry,
    Test,
    TriageRule,
)

if TYPE_CHECKING:
    from pydantic import ValidationError

DATA = Path(__file__).parent / "data"

PARTS: dict[str, tuple[type[KnowledgeModel], str]] = {
    "causes": (Cause, "code"),
    "findings": (FindingDefinition, "code"),
    "labs": (LabDefinition, "code"),
    "medicines": (Medicine, "code"),
    "tests": (Test, "code"),
    "triage": (TriageRule, "id"),
    "care": (CareMeasure, "code"),
    "sources": (SourceEntry, "id"),
    "statements": (ArticleStatement, "id"),
    "sites": (Site, "code"),
    "criteria": (Criterion, "code"),
    "families": (Family, "code"),
    "concepts": (Concept, "code"),
    "severities": (GradedFinding, "finding"),
}
"""Each part of the knowledge base: `data/<part>.yaml` and every file in `data/<part>/`."""

_LISTS = {"triage", "statements"}
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]*")


def load(folder: str | Path | None = None) -> Knowledge:
    """Return the knowledge base, checked field by field.

    Parameters
    ----------
    folder : str or Path, optional
        A folder laid out like the shipped one; the shipped one if not given. Either is
        read once; a later call returns the same object as long as no file has changed.

    Raises
    ------
    InputError
        If a file is missing, is not YAML, has an unknown or wrong field, or names a code twice.
    """
    root = DATA if folder is None else Path(folder)
    if not root.is_dir():
        raise InputError("no such folder of knowledge", where=str(folder))
    files = tuple((path, path.stat().st_mtime_ns) for path in _files(root))
    return _load(root, files)


def _files(root: Path) -> list[Path]:
    found: list[Path] = []
    for part in PARTS:
        single = root / f"{part}.yaml"
        found += [single] if single.is_file() else []
        found += sorted((root / part).glob("*.yaml"))
    return found


@lru_cache(maxsize=4)
def _load(root: Path, files: tuple[tuple[Path, int], ...]) -> Knowledge:
    if not files:
        raise InputError("holds no knowledge files", where=str(root), mend="See docs/knowledge.md")
    contents = {path.relative_to(root): path.read_bytes() for path, _ in files}
    digest = hashlib.sha256()
    for name, content in contents.items():
        digest.update(f"{name.as_posix()} {len(content)}\n".encode())
        digest.update(content)
    version = digest.hexdigest()[:12]
    cached = _cached(version)
    if cached is not None:
        return cached
    knowledge = _checked(contents, version)
    _keep(knowledge)
    return knowledge


def _checked(contents: dict[Path, bytes], version: str) -> Knowledge:
    parts: dict[str, dict[str, KnowledgeModel]] = {part: {} for part in PARTS}
    for name, content in contents.items():
        part = name.parts[0].removesuffix(".yaml")
        model, key = PARTS[part]
        for number, entry in enumerate(_entries(content, where=str(name)), start=1):
            _add(parts[part], model, key, entry, where=f"{name} entry {number}")
    tables: dict[str, Any] = {
        part: tuple(table.values()) if part in _LISTS else table for part, table in parts.items()
    }
    return Knowledge.model_construct(version=version, **tables)


def _cache_file(version: str) -> Path:
    from platformdirs import user_cache_path

    import myolens

    return user_cache_path("myolens") / f"knowledge-{myolens.__version__}-{version}.json"


def _cached(version: str) -> Knowledge | None:
    """Return the same knowledge as kept by an earlier run; JSON is read ten times faster than YAML.

    Anything wrong with the kept file means that it is made again.
    """
    try:
        knowledge = Knowledge.model_validate_json(_cache_file(version).read_bytes())
    except (OSError, ValueError):
        return None
    return knowledge if knowledge.version == version else None


def _keep(knowledge: Knowledge) -> None:
    """Keep the knowledge for the next run; a place that cannot be written is no error."""
    path = _cache_file(knowledge.version)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(knowledge.model_dump_json(exclude_defaults=True), encoding="utf-8")
        partial.replace(path)
        kept = sorted(path.parent.glob("knowledge-*.json"), key=lambda file: file.stat().st_mtime)
        for older in kept[:-8]:
            older.unlink()


def _entries(content: bytes, *, where: str) -> list[Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        data = yaml.load(content, loader)  # noqa: S506 (a safe loader)
    except UnicodeDecodeError:
        raise InputError("is not UTF-8 text", where=where) from None
    except RecursionError:
        raise InputError("is nested too deeply", where=where) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1} " if mark else ""
        raise InputError(
            f"{line}is not valid YAML: {getattr(error, 'problem', None) or 'unreadable'}", where=where
        ) from None
    if data is None:
        return []
    return data if isinstance(data, list) else [data]


def _add(
    table: dict[str, KnowledgeModel], model: type[KnowledgeModel], key: str, entry: Any, *, where: str
) -> None:
    from pydantic import ValidationError

    try:
        item = model.model_validate(entry)
    except ValidationError as error:
        raise InputError(_problem(error), where=where, mend="Correct this field; docs/knowledge.md") from None
    code = getattr(item, key)
    if not _CODE.fullmatch(code):
        raise InputError(f"{code!r} is not a code", where=where, mend="Use letters, digits and _")
    if code in table:
        raise InputError(f"{code} is defined twice", where=where, mend="Keep one of them")
    table[code] = item


def _problem(error: ValidationError) -> str:
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"]) or "entry"
    return f"{field}: {first['msg']}"
