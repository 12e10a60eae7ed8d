"""What each cause changes in motor neurons, junction, muscle and spontaneous discharges."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from functools import lru_cache
from importlib import resources
from typing import Any, ClassVar, Protocol, TypeVar

from myolens.errors import InputError
from myolens.simulation.parameters import MUSCLES, Muscle

HEALTHY = "healthy"


class Body(Protocol):
    """What a cause can change: a frozen description whose parts are named as the causes name them."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def muscle(self) -> Muscle:
        """The muscle recorded from."""
        ...


Described = TypeVar("Described", bound=Body)


@dataclass(frozen=True, slots=True)
class Change:
    """One parameter a cause changes.

    Attributes
    ----------
    setting : str
        Key of the scenario, such as ``ectopic.sites``.
    typical, severe : float
        Its value at severity 1 and 2.
    strength : str
        ``measured``, ``textbook`` or ``estimate``.
    sources : tuple of str
        Citations; "(not read)" ends those that could not be read when the list was last checked.
    """

    setting: str
    typical: float
    severe: float
    strength: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MuscleCause:
    """A cause as it acts on motor neurons and muscle.

    Attributes
    ----------
    code : str
    why, seen : str
        The mechanism, and what a recording shows.
    muscle : str or None
        Where it is shown unless another muscle is asked for.
    changes : tuple of Change
        Empty where neither motor neurons nor muscle change.
    """

    code: str
    why: str
    seen: str
    muscle: str | None
    changes: tuple[Change, ...]


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    import yaml

    path = resources.files("myolens.simulation") / "data" / "muscle_causes.yaml"
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


@lru_cache(maxsize=1)
def causes() -> dict[str, MuscleCause]:
    """Every cause with a mechanism in nerve or muscle, by code."""
    table = _table()
    return {
        code: MuscleCause(
            code,
            row["why"],
            row["seen"],
            row.get("muscle"),
            tuple(
                Change(
                    change["set"],
                    float(change["typical"]),
                    float(change["severe"]),
                    change["strength"],
                    tuple(
                        table["sources"][source] + (" (not read)" if source in table["unread"] else "")
                        for source in change["sources"]
                    ),
                )
                for change in row["changes"]
            ),
        )
        for code, row in table["causes"].items()
    }


def without_mechanism() -> dict[str, str]:
    """Causes that change nothing in nerve or muscle, each with the reason."""
    return dict(_table()["without"])


def apply_cause(scenario: Described, cause: str, *, severity: float = 1.0) -> Described:
    """Return the scenario changed as the cause changes the body.

    Parameters
    ----------
    scenario : Scenario
        What the person and the experiment are like otherwise.
    cause : str
        A cause code, or ``healthy``.
    severity : float
        0 healthy, 1 typical, 2 severe.

    Notes
    -----
    Only what the cause changes is set, from the healthy value of the same muscle, so that a cause can be
    applied again at another severity.

    Raises
    ------
    InputError
        For an unknown cause, or one with no mechanism in nerve or muscle.
    """
    if cause == HEALTHY:
        return replace(scenario, cause=HEALTHY, severity=severity)
    if cause in without_mechanism():
        raise InputError(
            f"{cause} cannot be simulated: {without_mechanism()[cause]}",
            where="cause",
            mend="Choose a cause that acts on nerve or muscle",
        )
    if cause not in causes():
        near = get_close_matches(cause, [HEALTHY, *causes()], n=3, cutoff=0.4)
        raise InputError(
            f"there is no cause {cause!r}",
            where="cause",
            mend=f"Perhaps {' or '.join(near)}" if near else "See `myolens vocabulary`",
        )
    found = causes()[cause]
    if found.muscle and scenario.muscle == Muscle():
        scenario = replace(scenario, muscle=MUSCLES[found.muscle])
    for change in found.changes:
        part_name, name = change.setting.split(".")
        part = getattr(scenario, part_name)
        value = _at(severity, getattr(_healthy(part), name), change)
        low, high = _range(part, name)
        scenario = replace(scenario, **{part_name: replace(part, **{name: min(max(value, low), high)})})
    return replace(scenario, cause=cause, severity=severity)


def _healthy(part: Any) -> Any:
    """Return the part as it is in health: of the same muscle, or as it begins."""
    return MUSCLES.get(part.name, Muscle()) if isinstance(part, Muscle) else type(part)()


def _at(severity: float, healthy: float, change: Change) -> float:
    if severity <= 1:
        return healthy + severity * (change.typical - healthy)
    return change.typical + (severity - 1) * (change.severe - change.typical)


def _range(part: Any, name: str) -> tuple[float, float]:
    item = next(item for item in fields(part) if item.name == name)
    return item.metadata["low"], item.metadata["high"]
