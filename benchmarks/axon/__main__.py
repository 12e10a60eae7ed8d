"""The model axon beside people, beside claims, and beside its peers in speed: python -m benchmarks.axon.

    python -m benchmarks.axon                      every table on the terminal
    python -m benchmarks.axon --write docs         the same into docs/axon.md, and the maps beside it
    python -m benchmarks.axon --only speed --neuron PYTHON --jaxley PYTHON --myogen PYTHON

`--neuron`, `--jaxley` and `--myogen` name a Python that has the peer; without it the peer is left out.
Speeds are CPU seconds, in this run.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.axon import tables
from benchmarks.axon.picture import map_svg
from benchmarks.simulation.speed import measure
from myolens.simulation.axon import simulate_axon
from myolens.simulation.cable import Pulse, propagate
from myolens.simulation.ectopic import rate_map
from myolens.simulation.excitability import battery
from myolens.simulation.nerve_fibre import Fibre

HERE = Path(__file__).parent
MAPS = {
    "axon-map-ions.svg": (
        ("potassium_mm", [2.5, 3.0, 3.5, 4.2, 5.0, 5.5, 6.0, 6.5, 7.0]),
        ("calcium_mm", [0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.4]),
        ("potassium, mmol/L", "ionised calcium, mmol/L"),
    ),
    "axon-map-channels.svg": (
        ("persistent_sodium", [0.8, 1.0, 1.15, 1.3, 1.45, 1.6, 1.8, 2.0, 2.4]),
        ("slow_potassium", [0.4, 0.5, 0.6, 0.7, 0.85, 1.0, 1.2]),
        ("persistent sodium current, times healthy", "slow potassium current, times healthy"),
    ),
}


def cpu(work: Callable[[], object], *, repeat: int = 5) -> float:
    """Least CPU seconds of several runs, after one to warm up."""
    work()
    best = float("inf")
    for _ in range(repeat):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best


def speed_table(neuron: str | None, jaxley: str | None, myogen: str | None) -> str:
    """CPU time of each task, and ratios to peers on theirs."""
    kick = (Pulse(node=2, start_ms=0.5, duration_ms=0.1, current_na=2.0),)
    stimulus = np.zeros(100_000)
    stimulus[1000:1100] = 250.0
    one = cpu(lambda: simulate_axon(stimulus_pa=stimulus, sample_every=50, threads=1))
    whole = cpu(lambda: battery(threads=1))
    fibres = [Fibre()] * 16
    cable = cpu(
        lambda: propagate(
            fibres, pulses=kick, duration_ms=50.0, dt_ms=0.005, scheme="backward-euler", threads=1
        ),
        repeat=3,
    )
    ours = 16 * 50.0 / cable
    rows = [
        ["one second of one axon, 10 µs steps", f"{1000 * one:.1f} ms", ""],
        ["the whole battery (146 thresholds)", f"{1000 * whole:.1f} ms", ""],
        ["double cable, 221 compartments, 5 µs, float64, axon·ms per CPU second", f"{ours:.0f}", "1"],
    ]
    if neuron:
        command = [neuron, str(HERE / "neuron_reference.py"), "--time"]
        found = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])
        rows.append(["the same fibre, step and scheme in NEURON", f"{found:.1f}", f"{ours / found:.0f}"])
    if jaxley:
        command = [jaxley, str(HERE / "jaxley_cable.py")]
        found = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])
        mine = ours * 200 * 221 / 1e6
        rows.append(["double cable here, million compartment-steps per CPU second", f"{mine:.0f}", "1"])
        rows.append(
            [
                "single cable (no double cable exists there) in Jaxley, the same unit",
                f"{found:.1f}",
                f"{mine / found:.0f}",
            ]
        )
    skin = measure(10.0, myogen)
    what = f"sum of {skin.discharges} discharges of {skin.units} units at 64 skin electrodes, 10 s"
    rows.append([what, f"{1000 * skin.sum_s:.0f} ms ({skin.seconds / skin.sum_s:.0f} × real time)", "1"])
    if skin.myogen_s:
        rows.append(["the same sum in MyoGen", f"{skin.myogen_s:.2f} s", f"{skin.myogen_s / skin.sum_s:.0f}"])
    return tables.markdown(["what", "measured", "times faster here"], rows)


def maps(folder: Path) -> str:
    """Compute the maps and write the pictures."""
    for name, (x, y, labels) in MAPS.items():
        found = rate_map(x, y, seconds=60.0, seed=22)
        (folder / name).write_text(map_svg(found, x_label=labels[0], y_label=labels[1]), encoding="utf-8")
    return "".join(f"![discharge rate over two parameters]({name})\n\n" for name in MAPS)


def main() -> None:
    """Print the tables, or write them between their markers in docs/axon.md."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only", choices=["healthy", "pathologies", "claims", "causes", "steps", "cable", "maps", "speed"]
    )
    parser.add_argument("--write", type=Path, metavar="FOLDER")
    parser.add_argument("--neuron", metavar="PYTHON")
    parser.add_argument("--jaxley", metavar="PYTHON")
    parser.add_argument("--myogen", metavar="PYTHON")
    options = parser.parse_args()
    parts: dict[str, Callable[[], str]] = {
        "healthy": tables.healthy_table,
        "pathologies": tables.pathology_table,
        "claims": tables.claims_table,
        "causes": tables.causes_table,
        "steps": tables.battery_convergence,
        "cable": tables.cable_convergence,
        "speed": lambda: speed_table(options.neuron, options.jaxley, options.myogen),
    }
    if options.write:
        parts["maps"] = lambda: maps(options.write)
    for name, make in parts.items():
        if options.only not in (None, name):
            continue
        text = make()
        print(f"## {name}\n\n{text}", flush=True)
        if options.write:
            page = options.write / "axon.md"
            pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
            old = page.read_text(encoding="utf-8")
            new = pattern.sub(lambda found, text=text: found[1] + text + found[2], old)
            page.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
