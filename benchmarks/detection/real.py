"""What is reported in real recordings of rest, voluntary bursts or a heart; none holds marked discharges."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from benchmarks.detection.mixtures import make
from benchmarks.detection.sources import data_folder
from myolens import read
from myolens.emg import analyze
from myolens.recording import Channel, ChannelKind, Recording

FILES = {
    "BioSPPy EMG (rest, weak activity 35–60 s)": "biosppy_emg/emg.txt",
    "PLUX adductor pollicis (20 bursts)": "plux_opensignals/emg_1000_hz_16_bits_solo.h5",
    "PLUX biceps (nine contractions)": "plux_opensignals/emg_bursts.h5",
    "TMSi bench, no person": "tmsi_poly5/EMG_recording_testlung.Poly5",
    "vastus lateralis, ramp and hold": "openhdemg_otb/otb_testfile_a.mat",
    "BioSPPy ECG": "biosppy_emg/ecg.txt",
    "PLUX ECG": "plux_opensignals/ecg_4000_Hz.h5",
    "Myo idle arm, 8 channels, 200 Hz": "myo_readings/55555-1_0.txt",
    "Myo fists": "myo_readings/55555-1_7.txt",
}


def _recording(name: str) -> Recording:
    if name.startswith("myo"):
        values = np.loadtxt(data_folder() / name, delimiter=",")
        channels = [Channel(f"pod {k + 1}", None, ChannelKind.SURFACE_EMG) for k in range(8)]
        return Recording.from_array(values[:, :8].T.astype(np.int8), 200.0, channels)
    recording = read(data_folder() / name)[0]
    if recording.indices(ChannelKind.SURFACE_EMG):
        return recording
    rows = recording.indices(ChannelKind.OTHER, ChannelKind.ECG)
    return recording.select(rows).with_kind(ChannelKind.SURFACE_EMG)


def quiet_table(seeds: range, seconds: float, *, held_back: bool) -> list[str]:
    """What is reported in the rest of the mixtures, arranged anew for each seed, with nothing added to it."""
    counts: defaultdict[str, list[float]] = defaultdict(lambda: [0, 0.0, 0.0])
    for seed in seeds:
        mixture = make(seed, held_back=held_back, units=0, seconds=seconds)
        found = analyze(mixture.recording)
        for place in (mixture.name.rsplit(", ", 2)[0], "**all**"):
            for k, value in enumerate((len(found.events), found.seconds, found.analysed_seconds)):
                counts[place][k] += value
    lines = [
        "",
        "**Rest alone, one channel, 1000 Hz**",
        "",
        "| rest | s | analysed s | reported | in 10 minutes |",
        "|---|---|---|---|---|",
    ]
    for place in sorted(counts):
        count, length, analysed = counts[place]
        rate = 600 * count / analysed
        lines.append(f"| {place} | {length:.0f} | {analysed:.0f} | {count:.0f} | {rate:.1f} |")
        print(lines[-1], flush=True)
    return lines


def table() -> list[str]:
    """One line per recording."""
    lines = [
        "",
        "**Real recordings without marked discharges**",
        "",
        "| recording | s | analysed s | reported | beats a minute | pops | slow deflections | left out |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for label, name in FILES.items():
        found = analyze(_recording(name))
        detail, heart = found.details["detection"], found.details["heartbeat"]
        reasons = ", ".join(sorted({span.reason for span in found.excluded})) or "–"
        lines.append(
            f"| {label} | {found.seconds:.0f} | {found.analysed_seconds:.0f} | {len(found.events)} "
            f"| {heart['per_min'] if heart else '–'} | {detail['electrode_pops']} "
            f"| {detail['slow_deflections']} | {reasons} |"
        )
        print(lines[-1], flush=True)
    return lines
