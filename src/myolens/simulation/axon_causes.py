"""What each cause of twitching does to a motor axon."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from importlib import resources
from types import MappingProxyType

import yaml

from myolens.errors import InputError
from myolens.simulation.axon import KNOBS, AxonState, healthy, vary
from myolens.simulation.axon_parameters import SET_A, AxonParameters
from myolens.simulation.ions import CONTROL


@dataclass(frozen=True)
class AxonCause:
    """The change of parameters that stands for a cause.

    Parameters
    ----------
    code : str
        Code of the cause.
    trunk : dict of str to float
        Knobs turned in the nerve trunk at severity 1.
    site : dict of str to float
        Knobs turned where discharges start, at severity 1.
    why : str
        The mechanism in a sentence, or why there is none.
    strength : str
        measured, model, textbook or estimate; "none" without an action on the axon.
    sources : tuple of str
        Ids of `SOURCES`.
    """

    code: str
    trunk: dict[str, float]
    site: dict[str, float]
    why: str
    strength: str
    sources: tuple[str, ...]

    @property
    def acts_on_axon(self) -> bool:
        """Whether any parameter of the axon changes."""
        return bool(self.trunk or self.site)


def _load() -> tuple[dict[str, AxonCause], dict[str, str], frozenset[str]]:
    text = (resources.files("myolens.simulation") / "data" / "axon_causes.yaml").read_text(encoding="utf-8")
    table = yaml.safe_load(text)
    causes: dict[str, AxonCause] = {}
    for code, row in table["causes"].items():
        trunk = {knob: float(value) for knob, value in row.get("trunk", {}).items()}
        site = {knob: float(value) for knob, value in row["site"].items()} if "site" in row else trunk
        causes[code] = AxonCause(
            code=code,
            trunk=trunk,
            site=site,
            why=row["why"],
            strength=row["strength"],
            sources=tuple(row["sources"]),
        )
    for code, why in table["without"].items():
        causes[code] = AxonCause(code=code, trunk={}, site={}, why=why, strength="none", sources=())
    return causes, table["sources"], frozenset(table["unread"])


_CAUSES, _SOURCES, UNREAD = _load()
"""`UNREAD`: sources of which not even the abstract could be read when the list was last checked."""
SEVERE = 2.0
SOURCES = MappingProxyType(_SOURCES)
CAUSES = MappingProxyType(_CAUSES)
"""Every cause by its code, those without an action on the axon included. Citations are in `SOURCES`."""


def _scaled(knobs: dict[str, float], severity: float) -> dict[str, float]:
    """Knobs at a severity: factors and concentrations as ratios, differences and other values in proportion.

    A ratio keeps every concentration above zero, and acts through its logarithm, as potentials do.
    """
    scaled = {}
    for knob, number in knobs.items():
        if KNOBS[knob] == "factor":
            scaled[knob] = number**severity
        elif KNOBS[knob] == "sum":
            scaled[knob] = number * severity
        else:
            normal = float(getattr(CONTROL, knob))
            if knob.endswith("_mm"):
                scaled[knob] = normal * (number / normal) ** severity
            else:
                scaled[knob] = normal + severity * (number - normal)
    return scaled


def altered(cause: str, severity: float = 1.0, *, parameters: AxonParameters = SET_A) -> AxonState:
    """The motor axon under a cause.

    Parameters
    ----------
    cause : str
        A code of `CAUSES`.
    severity : float, optional
        0 healthy, 1 typical, 2 severe; a concentration at severity s is the healthy one times the s-th
        power of the typical ratio. No cause has a value for more than severe.
    parameters : AxonParameters, optional
        The healthy axon that is changed; any of `axon.ensemble`.

    Returns
    -------
    AxonState
        With its ectopic site where that differs from the trunk.

    Raises
    ------
    InputError
        For an unknown cause or a severity outside 0 to 2.
    """
    if cause not in CAUSES:
        near = get_close_matches(cause, CAUSES, n=3)
        raise InputError(
            f"no cause is called {cause!r}",
            mend=f"Nearest: {', '.join(near)}" if near else "See `myolens vocabulary`",
        )
    if not 0 <= severity <= SEVERE:
        raise InputError(
            f"severity is {severity:g}", where="severity", mend="Choose from 0 (healthy) to 2 (severe)"
        )
    change = CAUSES[cause]
    trunk = vary(healthy(parameters), **_scaled(change.trunk, severity))
    if change.site == change.trunk:
        return trunk
    return replace(trunk, site=vary(healthy(parameters), **_scaled(change.site, severity)))
