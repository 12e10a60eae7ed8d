"""A simulated body and experiment, described in full: the same scenario gives the same recording."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, cast

from myolens.errors import InputError
from myolens.simulation.causes import apply_cause
from myolens.simulation.parameters import (
    MUSCLES,
    Artefacts,
    Axon,
    Ectopic,
    Junction,
    Mechanics,
    Muscle,
    Pool,
    Remodelling,
    check_ranges,
    parameter,
)

ORIGINS = ("auto", "given", "axon")
Drive = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Body and experiment.

    Attributes
    ----------
    seconds, rate : float
        Length and samples per second of the electrical recording.
    electrodes : str
        ``bipolar`` or ``bipolar 4`` (pairs, at most 8), ``grid 8x8``, ``grid 13x5 4mm``
        (rows along the fibres × columns, with spacing), ``needle`` (concentric).
    cause : str
        The cause whose parameters these are; `Scenario.for_cause` sets them.
    severity : float
        0 healthy, 1 typical, 2 severe.
    drive : tuple of (seconds, fraction of maximal effort)
        Corners of the voluntary effort, joined by straight lines and held after the last.
    spontaneous : str
        Where ectopic discharge times come from: ``given`` draws them from the rates in
        `ectopic`; ``axon`` lets the model axon with these ions and channels decide; ``auto``
        is ``axon`` when a setting of `axon` was changed, else ``given``.
    noise_uv : float
        Electrode and amplifier noise, µV rms over 20–500 Hz (needle: 10 Hz–10 kHz).
    mains_uv, mains_hz : float
        Amplitude and frequency of mains pick-up.
    contact : float
        Spread of the noise level over channels, SD of its logarithm.
    phone, force : bool
        Whether skin acceleration at a phone, and force, are simulated too.
    seed : int
        Of everything random.
    """

    seconds: float = parameter(60, 0.5, 7200, "length of the recording, s", "")
    rate: float = parameter(2048, 200, 100_000, "samples per second", "")
    electrodes: str = "grid 8x8"
    cause: str = "healthy"
    severity: float = parameter(1.0, 0, 2, "0 healthy, 1 typical, 2 severe", "")
    drive: Drive = ((0.0, 0.0),)
    spontaneous: str = "auto"
    noise_uv: float = parameter(
        3.0, 0, 1000, "electrode and amplifier noise, µV rms", "Huigen 2002: 1-20 by skin"
    )
    mains_uv: float = parameter(2.0, 0, 5000, "amplitude of the mains, µV", "estimate")
    mains_hz: float = parameter(50.0, 10, 400, "frequency of the mains, Hz", "")
    contact: float = parameter(0.15, 0, 1, "spread of noise over channels", "estimate")
    needle_depth: float = parameter(0.4, 0.05, 1, "depth of the needle's tip, share of the muscle's", "")
    needle_place: float = parameter(0.4, 0, 1, "from end plates (0) to tendon (1), where the needle is", "")
    phone: bool = False
    force: bool = False
    seed: int = 1
    muscle: Muscle = field(default_factory=Muscle)
    axon: Axon = field(default_factory=Axon)
    ectopic: Ectopic = field(default_factory=Ectopic)
    pool: Pool = field(default_factory=Pool)
    junction: Junction = field(default_factory=Junction)
    remodelling: Remodelling = field(default_factory=Remodelling)
    artefacts: Artefacts = field(default_factory=Artefacts)
    mechanics: Mechanics = field(default_factory=Mechanics)

    def __post_init__(self) -> None:
        check_ranges(self)
        for item in fields(self):
            part = getattr(self, item.name)
            if is_dataclass(part):
                check_ranges(part, f"{item.name}.")
        if self.spontaneous not in ORIGINS:
            raise InputError(f"spontaneous is {self.spontaneous!r}", mend=f"Choose {' or '.join(ORIGINS)}")
        if self.seed < 0:
            raise InputError(f"seed is {self.seed}", mend="Choose a whole number from 0")
        _check_drive(self.drive)

    @classmethod
    def for_cause(cls, cause: str, *, severity: float = 1.0, **settings: Any) -> Scenario:
        """Return the scenario of a cause at a severity.

        Parameters
        ----------
        cause : str
            A cause code of the knowledge base that acts on nerve or muscle, or ``healthy``.
        severity : float
            0 healthy, 1 typical, 2 severe.
        **settings
            Any other field of `Scenario`; the cause sets only what it changes.

        Raises
        ------
        InputError
            For an unknown cause, or one whose mechanism lies in the brain or elsewhere.
        """
        return apply_cause(cls(**settings), cause, severity=severity)


def parameters(part: Any = None, prefix: str = "") -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Yield (key, value, metadata) of every setting; keys are those `scenario_with` takes."""
    part = Scenario() if part is None else part
    for item in fields(part):
        value = getattr(part, item.name)
        if is_dataclass(value):
            yield from parameters(value, f"{item.name}.")
        else:
            yield f"{prefix}{item.name}", value, dict(item.metadata)


def scenario_with(scenario: Scenario, settings: Sequence[str]) -> Scenario:
    """Return the scenario with ``key=value`` settings applied in order.

    Keys are those of `parameters`, for example ``axon.potassium=2.5``,
    ``muscle.fat_mm=6``, ``drive=0:0,10:0.2,15:0``, ``muscle=gastrocnemius``,
    ``cause=hypocalcaemia``. The unit at the end of a key may be left out.

    Raises
    ------
    InputError
        Naming the nearest valid key, or the range a value must lie in.
    """
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise InputError(f"{setting!r} is not a setting", mend="Write it as key=value")
        scenario = _with_one(scenario, key.strip(), text.strip())
    return scenario


def to_dict(scenario: Scenario) -> dict[str, Any]:
    """Return the scenario as plain JSON-ready data."""
    return asdict(scenario)


def _with_one(scenario: Scenario, key: str, text: str) -> Scenario:
    if key == "muscle":
        if text not in MUSCLES:
            raise InputError(f"there is no muscle {text!r}", where=key, mend=_nearest(text, MUSCLES))
        return replace(scenario, muscle=MUSCLES[text])
    if key == "cause":
        return apply_cause(scenario, text, severity=scenario.severity)
    known = {name: value for name, value, _ in parameters(scenario)}
    key = _resolved(key, known)
    part_name, _, name = key.rpartition(".")
    part: Any = getattr(scenario, part_name) if part_name else scenario
    value = _parsed(text, known[key], key)
    try:
        changed: Any = replace(part, **{name: value})
        if key == "severity" and scenario.cause != "healthy":
            return apply_cause(scenario, scenario.cause, severity=value)
        if part_name:
            changed = replace(scenario, **{part_name: changed})
        return cast(Scenario, changed)
    except InputError as error:
        raise InputError(error.what, where=f"--set {key}", mend=error.mend) from None


def _resolved(key: str, known: dict[str, Any]) -> str:
    if key in known:
        return key
    longer = [name for name in known if name.rsplit("_", 1)[0] == key]
    if len(longer) == 1:
        return longer[0]
    raise InputError(f"there is no setting {key!r}", mend=_nearest(key, [*known, "muscle", "cause"]))


def _nearest(word: str, known: Any) -> str:
    near = get_close_matches(word, list(known), n=3, cutoff=0.3)
    return f"Perhaps {' or '.join(near)}" if near else f"Choose one of {', '.join(list(known)[:8])}"


def _parsed(text: str, default: Any, key: str) -> Any:
    try:
        if key == "drive":
            return _drive(text)
        if isinstance(default, bool):
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[
                text.lower()
            ]
        if isinstance(default, int) and key == "seed":
            return int(text)
        if isinstance(default, str):
            return text
        value = float(text)
        if math.isnan(value):
            raise ValueError
        return value
    except (KeyError, ValueError):
        raise InputError(
            f"{text!r} is not a value for {key}", mend=f"Write it like {key}={_written(default)}"
        ) from None


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(f"{time:g}:{level:g}" for time, level in value)
    return str(value).lower() if isinstance(value, bool) else f"{value}"


def _drive(text: str) -> Drive:
    if ":" not in text:
        return ((0.0, float(text)),)
    corners = []
    for corner in text.split(","):
        time, level = corner.split(":")
        corners.append((float(time), float(level)))
    return tuple(corners)


def _check_drive(drive: Drive) -> None:
    times = [time for time, _ in drive]
    if not drive or any(later <= earlier for earlier, later in pairwise(times)):
        raise InputError("the corners of the drive are not in order of time", where="drive")
    if any(not 0 <= level <= 1 for _, level in drive):
        raise InputError("the drive leaves the range from 0 to 1", where="drive", mend="1 is maximal effort")
