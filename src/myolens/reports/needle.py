"""The needle reading in words and figures, as the report and the terminal show it."""

from __future__ import annotations

from typing import Any

from myolens.emg.analysis import Analysis

READINGS = {
    "normal": "Motor units within the limits",
    "neurogenic": "Neurogenic change",
    "myopathic": "Myopathic change",
    "not_enough": "Not enough to read",
}
COLUMNS = (
    ("amplitude_uv", "amplitude, µV", 0),
    ("duration_ms", "duration, ms", 1),
    ("area_uv_ms", "area, µV·ms", 0),
    ("phases", "phases", 0),
    ("turns", "turns", 0),
    ("size_index", "size index", 2),
    ("jiggle", "jiggle", 2),
    ("rate_hz", "rate, Hz", 1),
    ("discharges", "averaged", 0),
)


def reading_of(analysis: Analysis) -> dict[str, Any] | None:
    """Return the needle reading of an analysis, None for a surface recording."""
    needle = analysis.details.get("needle")
    return needle if isinstance(needle, dict) else None


def sentence(needle: dict[str, Any]) -> str:
    """Say in one sentence what the needle showed and on how much."""
    reading = str(needle["reading"])
    named = READINGS.get(reading, reading)
    lean = needle.get("direction")
    if reading == "not_enough" and lean in {"neurogenic", "myopathic"}:
        named += f", leaning {lean}"
    activity = [str(item["name"]).replace("_", " ") for item in needle["spontaneous"]]
    rest = float(needle["rest_seconds"])
    if activity:
        at_rest = f"at rest {', '.join(dict.fromkeys(activity))}"
    elif rest >= 1:
        at_rest = f"no spontaneous activity in {rest:.0f} s at rest"
    else:
        at_rest = "nothing was recorded at rest"
    return f"{named}, on {len(needle['potentials'])} motor unit potentials; {at_rest}."


def numbers(needle: dict[str, Any]) -> list[tuple[str, str]]:
    """The figures worth printing large, each with its label."""
    units = needle["potentials"]
    cells = [(str(len(units)), "motor unit potentials")]
    if units:
        for key, label, unit in (
            ("amplitude_uv", "mean amplitude", "µV"),
            ("duration_ms", "mean duration", "ms"),
        ):
            mean = sum(float(item[key]) for item in units) / len(units)
            cells.append((f"{mean:.0f} {unit}" if unit == "µV" else f"{mean:.1f} {unit}", label))
        polyphasic = sum(bool(item["polyphasic"]) for item in units)
        cells.append((f"{polyphasic} of {len(units)}", "polyphasic"))
    cells.append((f"{needle['rest_seconds']:.0f} of {needle['seconds']:.0f} s", "at rest"))
    if needle.get("noise_uv") is not None:
        cells.append((f"{needle['noise_uv']:.1f} µV", "noise level"))
    return cells


def rows(needle: dict[str, Any]) -> list[list[str]]:
    """Return the table of motor unit potentials as text, one row a unit."""
    return [
        [_cell(item.get(key), digits) for key, _label, digits in COLUMNS] for item in needle["potentials"]
    ]


def _cell(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
