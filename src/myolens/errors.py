"""The one error that is the user's to mend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_WORDS = {
    "missing": "is missing",
    "greater_than_equal": "must be {ge:g} or more",
    "greater_than": "must be more than {gt:g}",
    "less_than_equal": "must be {le:g} or less",
    "less_than": "must be less than {lt:g}",
    "finite_number": "must be an ordinary number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_type": "must be a whole number",
    "bool_parsing": "must be true, false or null",
    "bool_type": "must be true, false or null",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "model_type": "must hold named fields, such as name: weakness",
    "model_attributes_type": "must hold named fields, such as name: weakness",
    "dict_type": "must hold named fields",
    "string_type": "must be text",
    "string_unicode": "must be text in UTF-8",
    "string_too_short": "must not be empty",
    "string_too_long": "must have {max_length} signs or fewer",
    "literal_error": "must be {expected}",
    "extra_forbidden": "is not a field here",
}
_FORMS = frozenset({"float", "str", "int", "bool"})


class InputError(Exception):
    """Input that cannot be used, with what is wrong, where, and how to mend it.

    The command line prints it as one message and exits with code 2; the web
    application shows it beside the field or file concerned.

    Parameters
    ----------
    what : str
        What is wrong, as a clause without a final full stop.
    where : str or None, optional
        File, line or field.
    mend : str or None, optional
        What the person can do about it.
    """

    def __init__(self, what: str, *, where: str | None = None, mend: str | None = None) -> None:
        self.what = what
        self.where = where
        self.mend = mend
        place = f"{where}: " if where else ""
        advice = f" {mend.rstrip('.')}." if mend else ""
        super().__init__(f"{place}{what.rstrip('.')}.{advice}")


def first_problem(errors: Sequence[Mapping[str, Any]], *, whole: str = "") -> str:
    """Say the first of the problems pydantic found in plain words, with the field it is in.

    Parameters
    ----------
    errors : sequence of mapping
        What ``ValidationError.errors()`` returns.
    whole : str, optional
        What to call the input where the problem is in no field.
    """
    first = errors[0]
    parts = [str(part) for part in first["loc"]]
    if len(parts) > 1 and parts[-1] in _FORMS:  # one of the forms a value may take
        parts.pop()
    field = ".".join(parts) or whole
    words = _WORDS.get(first["type"])
    said = (
        words.format_map(first.get("ctx", {})) if words else str(first["msg"]).removeprefix("Value error, ")
    )
    return f"{field}: {said}" if field else said
