"""Write a simulated recording as EDF+, BDF+ or CSV, and its truth as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from myolens.errors import InputError
from myolens.recording import Recording
from myolens.simulation.experiment import Simulation
from myolens.simulation.scenario import to_dict

SCHEMA = "myolens.truth/1"
FORMATS = (".edf", ".bdf", ".csv")
EXTREMES = {".edf": (-32768, 32767), ".bdf": (-8388608, 8388607)}


def truth_json(simulation: Simulation) -> dict[str, Any]:
    """Return what truly happened, schema ``myolens.truth/1``, ready for JSON.

    ``events`` has ``time_s`` (instant of the largest deflection), ``unit``, ``channel``,
    ``peak_to_peak_uv`` and ``origin``; ``voluntary`` and ``artefacts`` are spans; ``scenario``
    repeats every parameter, so that the recording can be made again.
    """
    return {
        "schema": SCHEMA,
        "recording": simulation.recording.source,
        "seconds": simulation.recording.seconds,
        "rate": simulation.recording.rate,
        "channels": [channel.name for channel in simulation.recording.channels],
        "cause": simulation.scenario.cause,
        "severity": simulation.scenario.severity,
        "seed": simulation.scenario.seed,
        "events": [
            {
                "time_s": round(event.time_s, 6),
                "unit": event.unit,
                "channel": event.channel,
                "peak_to_peak_uv": round(event.peak_to_peak_uv, 3),
                "origin": event.origin,
            }
            for event in simulation.truth
        ],
        "voluntary": [{"start_s": span.start_s, "end_s": span.end_s} for span in simulation.voluntary],
        "artefacts": [asdict(artefact) for artefact in simulation.artefacts],
        "scenario": to_dict(simulation.scenario),
    }


def save(simulation: Simulation, path: str | Path, *, truth: str | Path | None = None) -> Path:
    """Write the recording, and its truth where a path for it is given.

    Parameters
    ----------
    simulation : Simulation
    path : str or Path
        Ends in ``.edf`` (EDF+, 16 bits), ``.bdf`` (BDF+, 24 bits) or ``.csv``.
    truth : str, Path or None
        Where the truth goes, as JSON.

    Returns
    -------
    Path
        Of the recording.

    Raises
    ------
    InputError
        For another ending, a folder that does not exist, or a length EDF cannot hold.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if path.is_dir():
        raise InputError("is a folder", where=str(path), mend="Name the file to write in it")
    if ending not in FORMATS:
        raise InputError(f"{path.name} ends in {ending or 'nothing'}", mend=f"End it in {', '.join(FORMATS)}")
    if ending == ".csv":
        _replacing(path, lambda partial: _write_csv(simulation.recording, partial))
    else:
        _replacing(path, lambda partial: _write_edf(simulation.recording, partial, ending))
    if truth is not None:
        text = json.dumps(truth_json(simulation), indent=1)
        _replacing(Path(truth), lambda partial: partial.write_text(text + "\n", encoding="utf-8"))
    return path


def _replacing(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside the file, then put it in its place, so that no half file is left."""
    if not path.parent.is_dir():
        raise InputError(f"there is no folder {path.parent.name}", where=path.name, mend="Make it first")
    partial = path.with_name(f".{path.name}.partial{path.suffix}")
    try:
        write(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _write_edf(recording: Recording, path: Path, ending: str) -> None:
    from edfio import Bdf, BdfSignal, Edf, EdfAnnotation, EdfSignal, Patient
    from edfio import Recording as Identification

    if recording.rate != round(recording.rate) or recording.samples % round(recording.rate):
        raise InputError(
            f"{recording.seconds:g} s at {recording.rate:g} Hz are not whole one-second records",
            mend="Choose whole seconds and a whole rate for EDF and BDF, or save as CSV",
        )
    signal_class: Any
    file_class: Any
    signal_class, file_class = (EdfSignal, Edf) if ending == ".edf" else (BdfSignal, Bdf)
    values = recording.physical()
    signals = []
    for row, channel in enumerate(recording.channels):
        largest = float(np.ceil(np.max(np.abs(values[row])) + 1))
        signals.append(
            signal_class(
                values[row].astype(np.float64),
                recording.rate,
                label=channel.name,
                transducer_type="simulated",
                physical_dimension=channel.unit or "",
                physical_range=(-largest, largest),
                digital_range=EXTREMES[ending],
            )
        )
    marks = [
        EdfAnnotation(mark.onset_s, mark.duration_s or None, mark.text) for mark in recording.annotations
    ]
    file = file_class(
        signals,
        patient=Patient(name="simulated"),
        recording=Identification(equipment_code="Myolens", additional=["simulated"]),
        data_record_duration=1,
        annotations=marks,
    )
    file.write(path)


def _write_csv(recording: Recording, path: Path) -> None:
    names = [f"{channel.name} [{channel.unit}]" for channel in recording.channels]
    digits = max(4, int(np.ceil(np.log10(recording.rate))) + 2)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(["time [s]", *names]) + "\n")
        form = ",".join([f"%.{digits}f", *["%.3f"] * len(names)])
        for start, stop in recording.blocks(8192):
            times = np.arange(start, stop) / recording.rate
            np.savetxt(file, np.column_stack([times, recording.physical(start, stop).T]), fmt=form)
