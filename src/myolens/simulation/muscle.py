"""Motor units of a muscle: sizes, territories and fibres, healthy or remodelled by disease."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myolens.simulation.fibres import Fibres, fibre_speed_m_per_s
from myolens.simulation.parameters import Muscle
from myolens.simulation.scenario import Scenario

BRANCH_SPEED_M_PER_S = 5.0
TERMINAL_SPEED_M_PER_S = 2.0
NEW_TERMINAL_SPEED_M_PER_S = 1.0
"""Speeds of preterminal, terminal and newly grown axon branches (Akhmadeev 2020; new: estimate)."""
BRANCH_SD_MM = (1.0, 3.0)
TERMINAL_SD_MM = (0.5, 1.5)
"""Scatter of end plates between and within branches, smallest to largest unit (estimate).

About half of Akhmadeev 2020 (1.5–5.5 and 0.5–2.0 mm): with those, more than a third of healthy potentials
come out polyphasic."""
NEIGHBOUR_MM = 0.2
"""Orphaned fibres are adopted by axons of fibres within this distance (estimate)."""
ADOPTED_SHARE = 0.8
"""Share of orphaned fibres that find a new axon while room is left (estimate)."""
MOST_FIBRES_PER_MM2 = 400
"""Fibres of 55 µm packed as in muscle (Akhmadeev 2020)."""


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """The pool, smallest unit first; arrays of one length.

    Attributes
    ----------
    alive : whether the motor neuron lives.
    fibres : number of muscle fibres now.
    healthy_fibres : number before disease.
    x_mm, y_mm : centre of the territory.
    territory_mm : its diameter.
    endplate_mm : centre of its end plates.
    twitch_mn : peak force of a twitch.
    contraction_ms : time to it.
    """

    alive: NDArray[np.bool_]
    fibres: NDArray[np.int64]
    healthy_fibres: NDArray[np.int64]
    x_mm: NDArray[np.float64]
    y_mm: NDArray[np.float64]
    territory_mm: NDArray[np.float64]
    endplate_mm: NDArray[np.float64]
    twitch_mn: NDArray[np.float64]
    contraction_ms: NDArray[np.float64]

    def __len__(self) -> int:
        return int(self.fibres.size)


def generator(scenario: Scenario, *purpose: int) -> np.random.Generator:
    """Return a random generator that depends on the seed and the purpose only."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(scenario.seed, spawn_key=purpose)))


def motor_units(scenario: Scenario) -> Units:
    """Build the pool of a scenario.

    Fibre numbers grow exponentially from the first to the last unit and territories with
    them (Fuglevand 1993 for the law; Buchthal 1957 for 5–10 mm in biceps); twitches follow
    ``P_i = P_1 exp[(i−1) ln RP/(n−1)]`` and ``CT_i = CT_1 (P_1/P_i)^{ln 3/ln RP}`` (Potvin &
    Fuglevand 2017). Lost motor neurons leave orphans that survivors adopt up to the given
    growth; twitch force follows the number and cross-section of fibres.
    """
    muscle, change = scenario.muscle, scenario.remodelling
    rng = generator(scenario, 1)
    count = int(muscle.units)
    rank = np.arange(count) / max(count - 1, 1)
    spread = np.log(muscle.innervation_range)
    smallest = muscle.fibres_per_unit * spread / (muscle.innervation_range - 1)
    healthy = np.maximum(1, np.rint(smallest * np.exp(spread * rank))).astype(np.int64)
    territory = muscle.territory_low_mm + (muscle.territory_high_mm - muscle.territory_low_mm) * np.sqrt(
        (healthy - healthy[0]) / max(healthy[-1] - healthy[0], 1)
    )
    x, y = _inside_ellipse(rng, count, muscle)
    endplate = rng.normal(0, muscle.endplate_spread_mm, count)
    alive = np.ones(count, bool)
    alive[rng.permutation(count)[: round(change.lost_units * count)]] = False
    growth = _growth(change.lost_units, change.reinnervation)
    kept = 1 - change.fibre_loss
    now = np.where(alive, np.maximum(1, np.rint(healthy * growth * kept)), 0).astype(np.int64)
    twitch = muscle.weakest_twitch_mn * np.exp(np.log(muscle.twitch_range) * rank)
    twitch = twitch * now / healthy * change.diameter_scale**2 * muscle.force
    contraction = muscle.slowest_twitch_ms * np.exp(-np.log(3.0) * rank)
    return Units(alive, now, healthy, x, y, territory, endplate, twitch, contraction)


def _growth(lost: float, cap: float) -> float:
    """Mean growth of survivors: they share the adopted orphans, up to the cap."""
    return 1.0 if lost <= 0 else float(min(cap, 1 + ADOPTED_SHARE * lost / (1 - lost)))


def _inside_ellipse(rng: np.random.Generator, count: int, muscle: Muscle) -> tuple[NDArray[np.float64], ...]:
    angle, radius = rng.uniform(0, 2 * np.pi, count), np.sqrt(rng.uniform(0, 1, count))
    x = muscle.width_mm / 2 * radius * np.cos(angle)
    y = muscle.depth_mm + muscle.thickness_mm / 2 * (1 + radius * np.sin(angle))
    return x, y


def fibres_of(scenario: Scenario, units: Units, index: int) -> Fibres:
    """Place the fibres of one unit.

    Fibres lie at random in a round territory; adopted ones beside those of the unit. End
    plates scatter by branch and terminal, and the nerve reaches them with a delay along both
    (Akhmadeev 2020).
    """
    muscle, change = scenario.muscle, scenario.remodelling
    rng = generator(scenario, 2, index)
    total = int(units.fibres[index])
    own = min(total, max(1, round(units.healthy_fibres[index] * (1 - change.fibre_loss))))
    radius = units.territory_mm[index] / 2 * np.sqrt(rng.uniform(0, 1, own))
    angle = rng.uniform(0, 2 * np.pi, own)
    x, y = units.x_mm[index] + radius * np.cos(angle), units.y_mm[index] + radius * np.sin(angle)
    adopted = total - own
    beside = rng.integers(0, own, adopted)
    x = np.concatenate([x, x[beside] + rng.normal(0, NEIGHBOUR_MM / 2, adopted)])
    y = np.concatenate([y, y[beside] + rng.normal(0, NEIGHBOUR_MM / 2, adopted)])
    x, y = _kept_inside(x, y, muscle)
    new = np.zeros(total, bool)
    new[own:] = rng.uniform(size=adopted) < change.immaturity
    rank = index / max(len(units) - 1, 1)
    branch = _branches(rng, x, y, units, index)
    branch_offset = rng.normal(0, np.interp(rank, [0, 1], BRANCH_SD_MM), branch.max() + 1)
    terminal = rng.normal(0, np.interp(rank, [0, 1], TERMINAL_SD_MM), total) * np.where(new, 1.75, 1.0)
    scale = min(1.0, muscle.endplate_spread_mm / 4)
    endplate = units.endplate_mm[index] + scale * (branch_offset[branch] + terminal)
    slow = np.where(new, NEW_TERMINAL_SPEED_M_PER_S, TERMINAL_SPEED_M_PER_S)
    delay = scale * (np.abs(branch_offset[branch]) / BRANCH_SPEED_M_PER_S + np.abs(terminal) / slow)
    half = muscle.fibre_length_mm / 2
    ends = np.maximum(5.0, half + rng.normal(0, muscle.tendon_spread_mm, (2, total)))
    diameter = _diameters(rng, scenario, total, rank)
    safety = np.exp(rng.normal(0, scenario.junction.safety_spread, total))
    safety = np.where(new, safety * rng.uniform(1.1, 1.8, total) / 2.5, safety)
    return Fibres(
        x,
        y,
        endplate,
        np.maximum(5.0, ends[0] + endplate),
        np.maximum(5.0, ends[1] - endplate),
        diameter,
        muscle.fibre_speed * fibre_speed_m_per_s(diameter, temperature_c=muscle.temperature_c),
        delay,
        safety,
        branch,
    )


def _diameters(rng: np.random.Generator, scenario: Scenario, total: int, rank: float) -> NDArray[np.float64]:
    """Normal diameters, larger in larger units by ± 1 SD (Hamilton-Wright & Stashuk 2005)."""
    muscle, change = scenario.muscle, scenario.remodelling
    mean = (muscle.diameter_um + muscle.diameter_sd_um * (2 * rank - 1)) * change.diameter_scale
    # The within-unit spread; that between units is in the mean.
    within = 0.6 * muscle.diameter_sd_um * change.diameter_spread
    return np.clip(rng.normal(mean, within, total), 12, 130)


def _branches(
    rng: np.random.Generator, x: NDArray[np.float64], y: NDArray[np.float64], units: Units, index: int
) -> NDArray[np.int64]:
    """Which branch of the axon serves each fibre: the nearest of 1 + ln(size/smallest) centres."""
    count = 1 + round(float(np.log(units.healthy_fibres[index] / units.healthy_fibres[0])))
    count = min(count, x.size)
    centre = rng.choice(x.size, count, replace=False)
    distance = (x[:, None] - x[centre]) ** 2 + (y[:, None] - y[centre]) ** 2
    return np.asarray(np.argmin(distance, axis=1), np.int64)


def _kept_inside(
    x: NDArray[np.float64], y: NDArray[np.float64], muscle: Muscle
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pull fibres outside the muscle's ellipse back to its edge and a little inwards."""
    a, b = muscle.width_mm / 2, muscle.thickness_mm / 2
    middle = muscle.depth_mm + b
    out = np.sqrt((x / a) ** 2 + ((y - middle) / b) ** 2)
    pull = np.where(out > 0.99, (2 * 0.99 - np.minimum(out, 1.9)) / np.maximum(out, 1e-9), 1.0)
    return x * pull, middle + (y - middle) * pull
