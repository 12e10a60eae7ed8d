"""Write the summary of human excitability curves from single records.

    python -m benchmarks.axon.norms_from_records RECORDS.json

RECORDS.json holds one TRONDNF record a person (nerve-norms, MIT licence). Only
means, standard deviations and counts leave this script.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import yaml

TARGET = Path("src/myolens/simulation/data/nerve_norm_curves.yaml")
# the source's keys are crossed: "h" holds the depolarising curve
CURVES = {
    "electrotonus_40": ("TE", "h40"),
    "electrotonus_20": ("TE", "h20"),
    "electrotonus_minus_40": ("TE", "d40"),
    "electrotonus_minus_20": ("TE", "d20"),
    "recovery": ("RC", None),
    "current_threshold": ("IV", None),
    "charge_duration": ("CD", None),
}


def measured(section: dict) -> dict[float, float]:
    """x → y of the values that were measured, not imputed."""
    return {row[0]: row[1] for row in section["data"] if len(row) < 3 or not row[2]}


def summary(tables: list[dict[float, float]]) -> dict[str, list[float]]:
    """Mean, SD and count at each x that at least half the people have."""
    rows = []
    for x in sorted({x for table in tables for x in table}):
        values = np.array([table[x] for table in tables if x in table])
        if values.size >= len(tables) / 2:
            rows.append((x, values.mean(), values.std(ddof=1), values.size))
    x, mean, sd, n = (np.array(column) for column in zip(*rows, strict=True))
    return {
        "x": [float(v) for v in x],
        "mean": [round(float(v), 3) for v in mean],
        "sd": [round(float(v), 3) for v in sd],
        "n": [int(v) for v in n],
    }


def stimulus_response(records: list[dict]) -> dict[str, list[float]]:
    """Stimulus for each percentage of the largest response, over the stimulus for half."""
    tables = []
    for record in records:
        table = measured(record["sections"]["SR"]["data"])
        tables.append({x: y / table[50] for x, y in table.items() if table.get(50)})
    return summary([table for table in tables if table])


def summarise(records: list[dict]) -> dict[str, dict[str, list[float]]]:
    """Mean, SD and count of every curve."""
    curves = {}
    for name, (section, part) in CURVES.items():
        tables = []
        for record in records:
            found = record["sections"].get(section, {})
            found = found.get(part, {}) if part else found
            if found:
                tables.append(measured(found))
        curves[name] = summary(tables)
    return {**curves, "stimulus_response": stimulus_response(records)}


def main() -> None:
    """Read, summarise, write."""
    curves = summarise(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    head = "# Written by benchmarks/axon/norms_from_records.py; the source is named in nerve_norms.yaml.\n"
    text = yaml.safe_dump(curves, sort_keys=False, width=110, default_flow_style=None)
    TARGET.write_text(head + text, encoding="utf-8")


if __name__ == "__main__":
    main()
