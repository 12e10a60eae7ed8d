"""OpenSignals (PLUX): HDF5 and text files of biosignalsplux and its relatives.

Raw values are turned into millivolts where the header names the device, the sensor and its
resolution. Sources: PLUX, Electromyography (EMG) and Electrocardiography (ECG) sensor data sheets:
value = (ADC / 2^n − 1/2) · VCC / G with VCC 3 V, G 1000 (EMG) or 1019 (ECG).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myolens.readers import hdf5, table
from myolens.readers.columns import filled, gathered
from myolens.readers.naming import kind_of, listed, numbered
from myolens.readers.records import interleaved
from myolens.readers.source import Source
from myolens.readers.spool import allocated
from myolens.recording import Channel, ChannelKind, Recording

_SUPPLY_MV = 3000.0
_GAIN = {"EMG": 1000.0, "ECG": 1019.0}
_DEVICES = frozenset({"biosignalsplux", "channeller"})
"""Devices of PLUX with the supply voltage and sensors of the data sheets."""
_KINDS = {"EMG": ChannelKind.SURFACE_EMG, "ECG": ChannelKind.ECG, "XYZ": ChannelKind.ACCELERATION,
          "ACC": ChannelKind.ACCELERATION, "FORCE": ChannelKind.FORCE}  # fmt: skip
_ATTRIBUTES = ("sampling rate", "resolution", "device", "date", "time")
_TEXT = b"# OpenSignals Text File Format"


def sniff(source: Source) -> bool:
    """Whether it is the text format, or an HDF5 file (which is checked further when read)."""
    return source.head.lstrip(b"\xef\xbb\xbf").startswith(_TEXT) or hdf5.is_container(source)


def read(source: Source) -> Sequence[Recording]:
    """Read one recording per device.

    Raises
    ------
    InputError
        If an HDF5 file is not one of OpenSignals, or the parts of the file do not fit each other.
    """
    return _from_hdf5(source) if hdf5.is_container(source) else _from_text(source)


def _from_hdf5(source: Source) -> list[Recording]:
    import h5py

    with hdf5.container(source) as file:
        recordings = []
        for key in file:
            link = file.get(key, getlink=True)
            device = file[key] if isinstance(link, h5py.HardLink) else None
            if isinstance(device, h5py.Group) and "raw" in device and "sampling rate" in device.attrs:
                recordings.append(
                    _device(
                        source, {name: hdf5.attribute(device, name) for name in _ATTRIBUTES}, device["raw"]
                    )
                )
        if not recordings:
            there = ", ".join(list(file)[:8]) or "nothing"
            raise source.refuse(
                f"is an HDF5 file, and not of OpenSignals (it holds {there[:200]})",
                mend="Export it as EDF or CSV",
            )
        return recordings


def _device(source: Source, about: Mapping[str, Any], raw: Any) -> Recording:
    import h5py

    names = sorted((n for n in raw if re.fullmatch(r"channel_\d+", n)), key=lambda n: int(n[8:]))
    if not names:
        raise source.refuse("holds no channels")
    for name in names:
        if not isinstance(raw[name], h5py.Dataset) or raw[name].shape[:1] != (raw[name].size,):
            raise source.refuse(f"has something other than samples in {name}")
    shortest = min(len(raw[name]) for name in names)
    values = allocated(source, (shortest, len(names)), np.result_type(*(raw[name].dtype for name in names)))
    for place, name in enumerate(names):
        hdf5.column(source, raw[name], values[:, place])
    sensors = [str(hdf5.attribute(raw[name], "sensor") or "") for name in names]
    labels = [str(hdf5.attribute(raw[name], "label") or name) for name in names]
    return _recording(source, values, about, sensors, labels)


def _from_text(source: Source) -> list[Recording]:
    text = table.decoded(source, source.head)
    header = next((line for line in text.splitlines()[1:4] if line.startswith("# {")), None)
    if header is None or "EndOfHeader" not in text:
        raise source.refuse("has no header of OpenSignals after its first line")
    devices = json.loads(header[2:])
    grid = table.numbers(
        source, skip=1 + next(i for i, line in enumerate(text.splitlines()) if "EndOfHeader" in line)
    )
    recordings, at = [], 0
    for about in devices.values():
        columns = [str(name) for name in about["column"]]
        if at + len(columns) > grid.shape[1]:
            raise source.refuse(f"describes {at + len(columns)} columns and holds {grid.shape[1]}")
        labels = [str(label) for label in about.get("label") or []]
        rows = [at + place for place, name in enumerate(columns) if name in labels]
        if not rows or len(rows) != len(labels):
            raise source.refuse("labels its channels otherwise than its columns")
        sensors = [str(sensor) for sensor in about.get("sensor", [])]
        filled(source, grid, rows, labels)
        values = gathered(source, grid, rows, len(grid), grid.dtype)
        recordings.append(_recording(source, values, about, sensors, labels))
        at += len(columns)
    return recordings


def _recording(
    source: Source,
    values: NDArray[Any],
    about: Mapping[str, Any],
    sensors: Sequence[str],
    labels: Sequence[str],
) -> Recording:
    rate = source.checked_rate(float(np.ravel(about["sampling rate"])[0]))
    resolutions = [
        int(bits) for bits in np.ravel(about["resolution"] if about.get("resolution") is not None else [])
    ]
    resolutions = (resolutions + [0] * len(labels))[: len(labels)]
    sensors = (list(sensors) + [""] * len(labels))[: len(labels)]
    device = str(about.get("device", ""))
    channels, converted, raw = [], [], []
    for name, sensor, bits in zip(numbered(labels), sensors, resolutions, strict=True):
        kind = _KINDS.get(sensor.upper()) or kind_of(name, None, about=sensor)
        gain = _GAIN.get(sensor.upper())
        if gain and device.lower() in _DEVICES and 1 <= bits <= 24:
            step = _SUPPLY_MV / gain / 2**bits
            channels.append(Channel(name, "mV", kind, step, -step * 2 ** (bits - 1)))
            converted.append(f"{name} ({sensor}, {bits} bits)")
        else:
            channels.append(Channel(name, None, kind))
            raw.append(name)
    notes = []
    if converted:
        notes.append(f"{listed(converted)}: millivolts by the data sheet of the {device} sensor (3 V supply)")
    if raw:
        notes.append(
            f"{listed(raw)} hold raw converter values; the header does not tell how to make units of them"
        )
    signal = interleaved(values)
    return Recording(signal, rate, tuple(channels), (), (), _start(about), source.name, tuple(notes))


def _start(about: Mapping[str, Any]) -> datetime | None:
    found = re.fullmatch(
        r"(\d+)-(\d+)-(\d+) (\d+):(\d+):(\d+)(?:\.(\d{1,6}))?\d*", f"{about.get('date')} {about.get('time')}"
    )
    if not found:
        return None
    try:
        return datetime.strptime(f"{found[0].split('.')[0]}.{found[7] or 0}", "%Y-%m-%d %H:%M:%S.%f")
    except ValueError:
        return None
