"""What healthy people's nerves give in the excitability battery, with the source."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
import yaml
from numpy.typing import NDArray


@dataclass(frozen=True)
class Norm:
    """Mean and standard deviation of one index in healthy adults."""

    mean: float
    sd: float
    unit: str
    name: str
    source: str

    def z(self, value: float) -> float:
        """Standard deviations from the mean."""
        return (value - self.mean) / self.sd


@dataclass(frozen=True)
class NormCurve:
    """Mean and standard deviation of one curve in healthy adults, point by point."""

    x: NDArray[np.float64]
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]


@dataclass(frozen=True)
class Norms:
    """The healthy battery.

    Parameters
    ----------
    people : int
        How many were measured.
    indices : dict of str to Norm
        By the keys of ``myolens excitability --json``.
    curves : dict of str to NormCurve
        electrotonus_40, electrotonus_minus_40, electrotonus_20, electrotonus_minus_20, recovery,
        current_threshold, charge_duration and stimulus_response.
    sources : dict of str to str
        Citations.
    """

    people: int
    indices: dict[str, Norm]
    curves: dict[str, NormCurve]
    sources: dict[str, str]


@lru_cache(maxsize=1)
def load_norms() -> Norms:
    """Read the shipped norms."""
    folder = resources.files("myolens.simulation") / "data"
    table = yaml.safe_load((folder / "nerve_norms.yaml").read_text(encoding="utf-8"))
    curves = yaml.safe_load((folder / "nerve_norm_curves.yaml").read_text(encoding="utf-8"))
    return Norms(
        people=table["people"],
        indices={key: Norm(source=table["source"], **row) for key, row in table["indices"].items()},
        curves={
            name: NormCurve(*(np.array(curve[key], dtype=np.float64) for key in ("x", "mean", "sd")))
            for name, curve in curves.items()
        },
        sources={key: text.strip() for key, text in table["sources"].items()},
    )


@dataclass(frozen=True)
class PublishedChange:
    """How one index differs from healthy people's under a cause, in a published study.

    Parameters
    ----------
    index : str
        Key of the index, or ``threshold_percent_of_healthy``.
    direction : str
        up or down of the signed value; same: less than one healthy standard deviation.
    source : str
        Id of the source.
    """

    index: str
    direction: str
    source: str

    def agrees(self, value: float, healthy: float) -> bool:
        """Whether the model moves as the study found; NaN agrees with nothing."""
        if self.direction == "same":
            return abs(value - healthy) < load_norms().indices[self.index].sd
        return value > healthy if self.direction == "up" else value < healthy


@lru_cache(maxsize=1)
def published_changes() -> dict[str, tuple[PublishedChange, ...]]:
    """Published changes by cause."""
    text = (resources.files("myolens.simulation") / "data" / "published_changes.yaml").read_text(
        encoding="utf-8"
    )
    return {
        cause: tuple(PublishedChange(index=index, **row) for index, row in rows.items())
        for cause, rows in yaml.safe_load(text).items()
    }
