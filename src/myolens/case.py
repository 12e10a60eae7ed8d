"""The one evidence type: a person's story, findings, labs and medicines; and case files.

The case file is YAML or JSON, `docs/case-file.md` describes it. Names are kept as
written: `myolens.knowledge.vocabulary` turns them into codes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError, field_validator

from myolens.errors import InputError, first_problem

MAXIMUM_CASE_BYTES = 4_000_000
"""A case file larger than this is refused before it is parsed."""

Source = Literal["story", "sign", "lab", "recording", "diary"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Finding(_Model):
    """Something observed, asked or measured.

    Attributes
    ----------
    name : str
        A code or synonym of the vocabulary.
    present : bool or None
        True, False (looked for and absent) or None (not known).
    value, unit : float or str or None, str or None
        A number with its unit where the finding is one.
    site : str or None
        Where on the body, in free words ("left biceps").
    since : str or None
        How long, in free words ("12 days", "since March").
    source : str
        Who or what says so.
    kind : str or None
        What sort of finding the writer meant, such as ``sign`` (an examiner saw it),
        ``family_history`` (a relative has it) or ``drug``.
    strength : float or None
        For findings implied by a recording: natural log of the likelihood ratio
        that the measurement lends to presence; None means certain.
    """

    name: str = Field(min_length=1, max_length=200)
    present: bool | None = True
    value: float | str | None = None
    unit: str | None = None
    site: str | None = None
    since: str | None = None
    source: Source = "story"
    kind: str | None = Field(default=None, max_length=40)
    strength: float | None = None

    @field_validator("since", "site", "unit", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


class Lab(_Model):
    """A laboratory value; `value: null` means not known, words such as "low" are accepted."""

    name: str = Field(min_length=1, max_length=200)
    value: float | str | None = None
    unit: str | None = None


class RecordingFile(_Model):
    """A recording that a case names, with what its file does not say.

    Attributes
    ----------
    path : str
        Relative to the case file.
    muscle, kind, rate : str or None, str or None, float or None
        As the options of `myolens analyze`: the muscle, what the channels are, samples per second.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    path: str = Field(min_length=1)
    muscle: str | None = Field(default=None, max_length=200)
    kind: str | None = Field(default=None, max_length=40)
    rate: float | None = Field(default=None, gt=0)


def _form(entry: object) -> str:
    return "recording" if isinstance(entry, Mapping | RecordingFile) else "str"


class Case(_Model):
    """Everything known about one person, as far as it was told.

    Attributes
    ----------
    id : str
        Any name for the case.
    age : float or None
        Years.
    sex : {'female', 'male'} or None
        Sex at birth, as far as it changes base rates and reference ranges.
    complaint : str
        Free text, shown in the report.
    findings, labs, medicines : tuple
        Evidence.
    recordings : tuple of str or RecordingFile
        Files to be analysed, relative to the case file.
    refused : tuple of str
        Codes read in the complaint that the person said are not so; they are not proposed again.
    duration_of_twitching : str or None
        How long it has been twitching, in free words ("3 weeks", "since March").
    setting : {'community', 'primary_care', 'neurology_clinic'}
        Where the question is asked, which sets the base rates.
    """

    id: str = "case"
    age: float | None = Field(default=None, ge=0, le=125)
    sex: Literal["female", "male"] | None = None
    complaint: str = Field(default="", max_length=20_000)
    findings: tuple[Finding, ...] = ()
    labs: tuple[Lab, ...] = ()
    medicines: tuple[str, ...] = ()
    recordings: tuple[
        Annotated[
            Annotated[str, Tag("str")] | Annotated[RecordingFile, Tag("recording")], Discriminator(_form)
        ],
        ...,
    ] = ()
    refused: tuple[str, ...] = ()
    duration_of_twitching: str | None = Field(default=None, max_length=200)
    setting: Literal["community", "primary_care", "neurology_clinic"] = "primary_care"

    @field_validator("id", mode="before")
    @classmethod
    def _identifier(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int | float) else value

    @field_validator("duration_of_twitching", mode="before")
    @classmethod
    def _duration(cls, value: Any) -> Any:
        return f"{value} days" if isinstance(value, int | float) and not isinstance(value, bool) else value

    @field_validator("age", mode="before")
    @classmethod
    def _no_yes_or_no(cls, value: Any) -> Any:
        return str(value) if isinstance(value, bool) else value

    @field_validator("complaint", mode="before")
    @classmethod
    def _no_complaint(cls, value: Any) -> Any:
        return "" if value is None else value

    @field_validator("findings", "labs", "medicines", "recordings", "refused", mode="before")
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:
        return () if value is None else value


def case_from(data: object, *, where: str) -> Case:
    """Check plain data against the case format.

    Raises
    ------
    InputError
        With the field and what it should hold.
    """
    if not isinstance(data, dict):
        raise InputError(
            "a case is a mapping of fields such as age, sex and findings",
            where=where,
            mend="See `myolens demo` for an example case file",
        )
    try:
        return Case.model_validate(data)
    except ValidationError as error:
        problem = first_problem(error.errors(), whole="case")
        raise InputError(problem, where=where, mend="Correct this field") from None


def read_case(path: str | Path) -> Case:
    """Read one case file, YAML or JSON.

    Raises
    ------
    InputError
        If the file is missing, too large, not YAML or JSON, or not a case.
    """
    import yaml

    path = Path(path)
    text = _text_of(path)
    try:
        is_json = path.suffix.lower() == ".json"
        data = _from_json(text) if is_json else yaml.load(text, _CaseLoader)  # noqa: S506
    except _RepeatedKeyError as error:
        raise InputError(str(error), where=path.name, mend=_KEEP_ONE) from None
    except json.JSONDecodeError as error:
        raise InputError(f"line {error.lineno} is not valid JSON: {error.msg}", where=path.name) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1} " if mark else ""
        problem = getattr(error, "problem", None) or "unreadable"
        raise InputError(f"{line}is not valid YAML: {problem}", where=path.name) from None
    except RecursionError:
        raise InputError("is nested too deeply", where=path.name) from None
    return case_from(data, where=path.name)


def read_cases(path: str | Path, *, on_error: Callable[[InputError], None] | None = None) -> Iterator[Case]:
    """Read cases from a file with one JSON object a line, in order; empty lines are skipped.

    Parameters
    ----------
    path : str or Path
        UTF-8 text.
    on_error : callable, optional
        Takes the error of a line that is not a case, after which reading goes on;
        without it the first such line raises.

    Raises
    ------
    InputError
        If the file is missing or not text, or a line is not a case.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("no such file", where=str(path))
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                yield _case_of_line(line, where=f"{path.name} line {number}")
            except InputError as error:
                if on_error is None:
                    raise
                on_error(error)


class _RepeatedKeyError(Exception):
    def __init__(self, key: str, line: int | None = None) -> None:
        place = f"line {line} gives" if line else "gives"
        super().__init__(f"{place} the key “{key}” a second time in the same place")


_KEEP_ONE = "Keep one of them"


def _from_json(text: str) -> Any:
    """Return the value of a JSON text in which no key stands twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        seen: dict[str, Any] = {}
        for key, value in pairs:
            if key in seen:
                raise _RepeatedKeyError(key)
            seen[key] = value
        return seen

    return json.loads(text, object_pairs_hook=once)


def _case_of_line(line: bytes, *, where: str) -> Case:
    if len(line) > MAXIMUM_CASE_BYTES:
        raise InputError("is too long for a case", where=where)
    try:
        data = _from_json(line.decode("utf-8-sig"))
    except _RepeatedKeyError as error:
        raise InputError(str(error), where=where, mend=_KEEP_ONE) from None
    except UnicodeDecodeError:
        raise InputError("is not UTF-8 text", where=where) from None
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"is not valid JSON: {error}", where=where) from None
    return case_from(data, where=where)


def write_case(case: Case, path: str | Path) -> None:
    """Write a case as YAML or, for a name ending in .json, as JSON; `read_case` gives it back."""
    import yaml

    path = Path(path)
    data = case.model_dump(mode="json", exclude_defaults=True) | {"id": case.id}
    if path.suffix.lower() == ".json":
        text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    else:
        # YAML takes these as line breaks unless they are escaped, and escapes come only with the rest.
        breaks = set("\x85\u2028\u2029") & set(json.dumps(data, ensure_ascii=False))
        text = yaml.safe_dump(data, sort_keys=False, allow_unicode=not breaks)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def _text_of(path: Path) -> str:
    if not path.is_file():
        raise InputError("no such file", where=str(path))
    if path.stat().st_size > MAXIMUM_CASE_BYTES:
        raise InputError("is too large for a case file", where=path.name, mend="Keep it under 4 MB")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(
            "is not UTF-8 text",
            where=path.name,
            mend="If this is a recording, use `myolens analyze`; otherwise save it as UTF-8",
        ) from None


def _loader() -> type:
    import yaml

    class CaseLoader(yaml.SafeLoader):
        """Safe YAML without aliases, so that no small file can grow without bound, or repeated keys."""

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                event: Any = self.peek_event()  # type: ignore[no-untyped-call]
                raise yaml.composer.ComposerError(
                    None, None, "aliases are not used in case files", event.start_mark
                )
            node = super().compose_node(parent, index)
            seen = set()
            for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
                if isinstance(key, yaml.ScalarNode):
                    if key.value in seen:
                        raise _RepeatedKeyError(key.value, key.start_mark.line + 1)
                    seen.add(key.value)
            return node

    return CaseLoader


_CaseLoader: Any = _loader()
