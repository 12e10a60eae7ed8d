"""Tables of the model axon beside people and beside popular claims, as Markdown."""

from __future__ import annotations

import numpy as np

from myolens.simulation.axon import healthy, vary
from myolens.simulation.axon_causes import CAUSES, UNREAD, altered
from myolens.simulation.axon_parameters import ensemble
from myolens.simulation.cable import Pulse, propagate
from myolens.simulation.ectopic import discharge_times_of, statistics
from myolens.simulation.excitability import Battery, battery
from myolens.simulation.nerve_fibre import Fibre
from myolens.simulation.norms import load_norms, published_changes

NORMS = load_norms()
SETS = ensemble()


def markdown(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def per_min(rate: float) -> str:
    """A rate with as many digits as mean something."""
    return f"{rate:.0f}" if rate >= 10 else f"{rate:.2g}"


def cited(source: str) -> str:
    """A source's id, marked when it could not be read."""
    return f"{source} †" if source in UNREAD else source


def healthy_table() -> str:
    """Every index: people, set A, set B and the fitted sets."""
    results = [battery(healthy(one)) for one in SETS]
    rows = []
    for key, norm in NORMS.indices.items():
        scores = [norm.z(result.indices[key]) for result in results]
        rows.append(
            [
                f"`{key}`",
                f"{norm.mean:g} ± {norm.sd:g}",
                f"{results[0].indices[key]:.3g}",
                f"{scores[0]:+.2f}",
                f"{scores[1]:+.2f}",
                f"{min(scores[2:]):+.2f} … {max(scores[2:]):+.2f}",
            ]
        )
    return markdown(
        ["index", "people (280)", "set A", "z of A", "z of B", f"z over {len(SETS) - 2} fitted sets"], rows
    )


def _value(result: Battery, index: str) -> float:
    if index == "threshold_percent_of_healthy":
        return result.threshold_percent_of_healthy
    return result.indices[index]


def pathology_table() -> str:
    """Every published change: the model's answer and how many sets share it."""
    controls = [battery(healthy(one)) for one in SETS]
    rows = []
    for cause, changes in published_changes().items():
        results = [battery(altered(cause, parameters=one)) for one in SETS]
        for change in changes:
            values = [_value(result, change.index) for result in results]
            before = [_value(control, change.index) for control in controls]
            agree = sum(change.agrees(a, b) for a, b in zip(values, before, strict=True))
            norm = NORMS.indices.get(change.index)
            z = f"{norm.z(values[0]):+.2f}" if norm else ""
            people = f"{norm.mean:g} ± {norm.sd:g}" if norm else "100"
            rows.append(
                [
                    cause,
                    f"`{change.index}`",
                    people,
                    f"{before[0]:.3g}",
                    f"{values[0]:.3g}",
                    z,
                    change.direction,
                    f"{agree} of {len(SETS)}",
                    cited(change.source),
                ]
            )
    head = [
        "cause",
        "index",
        "healthy people",
        "healthy model",
        "model",
        "z",
        "published",
        "sets agree",
        "source",
    ]
    return markdown(head, rows)


CLAIMS: tuple[tuple[str, dict[str, float]], ...] = (
    ("Healthy axons twitch now and then by chance", {}),
    ("Channel noise alone makes fasciculations", {"drive_percent": 0.0}),
    ("... even with a third more persistent sodium", {"drive_percent": 0.0, "persistent_sodium": 1.35}),
    ("Low potassium (3.0 mM) makes nerves fire", {"potassium_mm": 3.0}),
    ("Low potassium (2.5 mM) makes nerves fire", {"potassium_mm": 2.5}),
    ("High potassium (6.0 mM) makes nerves fire", {"potassium_mm": 6.0}),
    ("Low sodium (120 mM) makes nerves fire", {"sodium_mm": 120.0}),
    ("Dehydration (sodium 150 mM) makes nerves fire", {"sodium_mm": 150.0}),
    ("Low magnesium (0.2 mM) alone makes nerves fire", {"magnesium_mm": 0.2}),
    ("... with the low calcium it brings (0.85 mM)", {"magnesium_mm": 0.25, "calcium_mm": 0.85}),
    ("Low calcium (0.8 mM) makes nerves fire", {"calcium_mm": 0.8}),
    ("Low calcium (0.6 mM) makes nerves fire", {"calcium_mm": 0.6}),
    ("Overbreathing (pH 7.6, calcium 1.1 mM) alone does", {"ph": 7.6, "calcium_mm": 1.1}),
    ("... with low calcium (0.75 mM)", {"ph": 7.6, "calcium_mm": 0.75}),
    ("Caffeine makes nerves fire (potassium 3.9 mM)", {"potassium_mm": 3.9}),
    ("Heat (nerve at 39 °C) makes nerves fire", {"temperature_c": 39.0}),
    ("Cold (nerve at 28 °C) makes nerves fire", {"temperature_c": 28.0}),
    ("Myasthenia twitches (its axon is a healthy one)", {}),
    ("... its medicine does (terminal drive × 1.6)", {"drive_percent": 1.6}),
)
DRIVES = (1.0, 0.8, 1.25)
"""The random drive is the free assumption: as assumed, a fifth smaller, a quarter larger."""


def claims_table(*, seconds: float = 120.0) -> str:
    """What people say, and whether any equally good axon does it, at three sizes of the random drive."""
    states = [
        vary(vary(healthy(one), **knobs), drive_percent=drive)
        for drive in DRIVES
        for _, knobs in CLAIMS
        for one in SETS
    ]
    counts = np.array([times.size for times in discharge_times_of(states, seconds=seconds, seed=20)])
    rates = counts.reshape(len(DRIVES), len(CLAIMS), len(SETS)) * 60 / seconds
    rows = []
    for (claim, _), (assumed, smaller, larger) in zip(CLAIMS, rates.transpose(1, 0, 2), strict=True):
        firing = [int(np.count_nonzero(one > 0.5)) for one in (assumed, smaller, larger)]
        share = firing[0] / len(SETS)
        verdict = "yes" if share == 1 else "depends on the axon" if share >= 0.5 else "not in most sets"
        if share == 0:
            verdict = "no, unless the drive is larger" if firing[2] else "no"
        rows.append(
            [
                claim,
                per_min(assumed[0]),
                f"{per_min(assumed.min())} … {per_min(assumed.max())}",
                *(f"{count} of {len(SETS)}" for count in firing),
                verdict,
            ]
        )
    head = ["claim", "set A, per min", "all sets, per min", "sets above 0.5 per min"]
    return markdown([*head, "… drive a fifth smaller", "… a quarter larger", "the model says"], rows)


def causes_table(*, seconds: float = 240.0) -> str:
    """Every cause: what changes, how often it fires."""
    acting = [cause for cause in CAUSES.values() if cause.acts_on_axon]
    times = discharge_times_of([altered(cause.code) for cause in acting], seconds=seconds, seed=21)

    def knobs(values: dict[str, float]) -> str:
        return ", ".join(f"{name} {value:g}" for name, value in values.items()) or "as healthy"

    rows = []
    for cause, one in zip(acting, times, strict=True):
        found = statistics(one, seconds=seconds)
        site = "same" if cause.site == cause.trunk else knobs(cause.site)
        rows.append(
            [
                cause.code,
                knobs(cause.trunk),
                site,
                f"{per_min(found.spikes_per_min)} / {per_min(found.events_per_min)}",
                f"{found.doublet_share:.2f}" if one.size > 1 else "",
                cause.strength,
                ", ".join(map(cited, cause.sources)),
            ]
        )
    head = [
        "cause",
        "trunk",
        "ectopic site",
        "discharges / events per min",
        "doublets",
        "strength",
        "sources",
    ]
    without = [[cause.code, cause.why] for cause in CAUSES.values() if not cause.acts_on_axon]
    return (
        markdown(head, rows)
        + "\nNo action on the axon is known for:\n\n"
        + markdown(["cause", "why"], without)
    )


def battery_convergence() -> str:
    """Indices of set A against the step."""
    steps = (0.02, 0.01, 0.005)
    results = [battery(dt_ms=dt) for dt in steps]
    rows = [[f"`{key}`", *[f"{result.indices[key]:.4g}" for result in results]] for key in NORMS.indices]
    return markdown(["index", *[f"{1000 * dt:g} µs" for dt in steps]], rows)


def cable_convergence() -> str:
    """Conduction velocity of the 10 µm fibre and its error against the step."""
    kick = (Pulse(node=2, start_ms=0.5, duration_ms=0.1, current_na=2.0),)
    fibre = Fibre()

    def velocity(dt: float, scheme: str) -> float:
        return propagate(fibre, pulses=kick, duration_ms=2.5, dt_ms=dt, scheme=scheme).velocity_m_per_s(fibre)

    exact = velocity(0.00025, "crank-nicolson")
    rows = []
    for dt in (0.01, 0.005, 0.0025, 0.001, 0.0005):
        line = [f"{1000 * dt:g}"]
        for scheme in ("backward-euler", "crank-nicolson"):
            found = velocity(dt, scheme)
            line.append(f"{found:.2f} ({100 * (found / exact - 1):+.2f} %)")
        rows.append(line)
    rows.append(["→ 0", f"{exact:.2f}", f"{exact:.2f}"])
    return markdown(
        ["step, µs", "backward Euler (NEURON's scheme), m/s", "Crank–Nicolson (default), m/s"], rows
    )
