"""The one error that is the user's to mend."""

from __future__ import annotations


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
