"""What a name means: the answer of the lexicon."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Meaning:
    """What a name means.

    Attributes
    ----------
    findings : tuple of (code, bool)
        The findings named, and whether the name says present (True) or absent (False).
    site, side : str or None
        Where, if the name says so.
    special : bool
        The name is narrower than the findings ("severe pain", "leg cramps"): denied, it says
        nothing about them, as another case of the same may be there.
    """

    findings: tuple[tuple[str, bool], ...]
    site: str | None = None
    side: str | None = None
    special: bool = False

    def negated(self) -> Meaning:
        """Return the meaning of "no ..."."""
        return replace(self, findings=tuple((code, not present) for code, present in self.findings))
