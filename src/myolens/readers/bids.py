"""Sidecars of the BIDS-EMG standard: channels.tsv and electrodes.tsv beside a recording.

Source: Brain Imaging Data Structure, EMG (bids-specification.readthedocs.io).
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from myolens.readers.naming import kind_of, unit_of
from myolens.readers.source import Source
from myolens.recording import Channel, ChannelKind

LARGEST_SIDECAR = 16 * 1024**2
_TYPES = {
    "EMG": ChannelKind.SURFACE_EMG,
    "ECG": ChannelKind.ECG,
    "TRIG": ChannelKind.TRIGGER,
    "ACCEL": ChannelKind.ACCELERATION,
    "GYRO": ChannelKind.GYROSCOPE,
}
_MILLIMETRES = {"mm": 1.0, "cm": 10.0, "m": 1000.0}


def described(source: Source, channels: Sequence[Channel]) -> tuple[tuple[Channel, ...], tuple[str, ...]]:
    """Channels with the types, units and positions their sidecars give.

    A sidecar's unit is used where the recording states none; where the two differ, the
    recording's is kept, since its calibration belongs to it.

    Returns
    -------
    channels : tuple of Channel
    notes : tuple of str
        What was taken and what disagrees.
    """
    stem = re.fullmatch(r"(.+)_(?:emg|eeg|ieeg)", source.path.stem)
    table = source.path.with_name(f"{stem[1]}_channels.tsv") if stem else None
    if stem is None or table is None or not table.is_file():
        return tuple(channels), ()
    rows = {row.get("name", "").strip(): row for row in _rows(table)}
    positions = _positions(source.path.parent, stem[1])
    result, other_units, placed = [], [], 0
    for channel in channels:
        row = rows.get(channel.name)
        if row is None:
            result.append(channel)
            continue
        unit = unit_of(row.get("units"))
        if unit and channel.unit and unit != channel.unit:
            other_units.append(channel.name)
        at = positions.get((row.get("signal_electrode") or channel.name).strip())
        placed += at is not None
        unit = channel.unit or unit
        result.append(replace(channel, unit=unit, kind=_kind(row, channel, unit), position_mm=at))
    notes = [f"{table.name} was read: types and units of {sum(c.name in rows for c in channels)} channels"]
    if placed:
        notes.append(f"Positions of {placed} electrodes are from the electrodes.tsv")
    if placed > len({c.position_mm for c in result if c.position_mm}):
        notes.append("Each grid has its own origin, so electrodes of several grids share positions")
    if other_units:
        notes.append(
            f"{table.name} gives another unit than the recording for {len(other_units)} channels "
            f"(first: {other_units[0]}); the recording's was kept"
        )
    return tuple(result), tuple(notes)


def _kind(row: dict[str, str], channel: Channel, unit: str | None) -> ChannelKind:
    given = (row.get("type") or "").strip().upper()
    if given == "EMG":
        about = " ".join(
            row.get(key) or "" for key in ("description", "electrode_type", "placement_description")
        )
        kind = kind_of("EMG", unit, about=about)
        return kind if kind is ChannelKind.NEEDLE_EMG else ChannelKind.SURFACE_EMG
    return _TYPES.get(given, channel.kind)


def _positions(folder: Path, stem: str) -> dict[str, tuple[float, float]]:
    """Electrode name → (x, y) in mm, for grids whose coordinate system is in units of length."""
    subject = "_".join(part for part in stem.split("_") if part.startswith(("sub-", "ses-")))
    table = next(
        (p for p in (folder / f"{stem}_electrodes.tsv", folder / f"{subject}_electrodes.tsv") if p.is_file()),
        None,
    )
    positions: dict[str, tuple[float, float]] = {}
    scales: dict[str, float | None] = {}
    for row in _rows(table) if table else ():
        space = (row.get("coordinate_system") or "").strip()
        if space not in scales:
            scales[space] = _scale(folder, subject, space)
        scale = scales[space]
        try:
            x, y = float(row["x"]), float(row["y"])
        except (KeyError, TypeError, ValueError):
            continue
        if scale is not None and abs(x) < 1e6 and abs(y) < 1e6:
            positions[row.get("name", "").strip()] = (x * scale, y * scale)
    return positions


def _scale(folder: Path, subject: str, space: str) -> float | None:
    """Millimetres per unit of a coordinate system; None where it is not a length (percent)."""
    if not re.fullmatch(r"[A-Za-z0-9]*", space):
        return None
    name = f"{subject}_space-{space}_coordsystem.json" if space else f"{subject}_coordsystem.json"
    path = folder / name
    if not path.is_file() or path.stat().st_size > LARGEST_SIDECAR:
        return None
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig", errors="replace"))
    except (json.JSONDecodeError, RecursionError):
        return None
    unit = data.get("EMGCoordinateUnits") if isinstance(data, dict) else None
    return _MILLIMETRES.get(unit) if isinstance(unit, str) else None


def _rows(path: Path) -> list[dict[str, str]]:
    if path.stat().st_size > LARGEST_SIDECAR:
        return []
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    try:
        table = csv.DictReader(text.replace("\0", "").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
        return [
            {k: v or "" for k, v in row.items() if isinstance(k, str) and not isinstance(v, list)}
            for row in table
        ]
    except csv.Error:
        return []
