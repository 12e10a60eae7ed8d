"""What other software finds in the same recordings; each is skipped, and said to be, where absent.

Burst finders are given a fair chance: the onset of each burst counts as an event, moved to the largest
deflection within the burst. Detectors that know one channel are given the channel that is loudest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from myolens.recording import Recording

Found = tuple[NDArray[np.float64], NDArray[np.int64] | None]


def _filtered(recording: Recording) -> NDArray[np.float64]:
    high = min(450.0, 0.45 * recording.rate)
    band = butter(4, [20, high], "bandpass", fs=recording.rate, output="sos")
    return sosfiltfilt(band, recording.microvolts().astype(float), axis=1)


def _level(y: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1.4826 * np.median(np.abs(y), axis=1, keepdims=True)


def scipy_mad(recording: Recording) -> Found:
    """Band-pass, six times the median absolute deviation on any channel, peaks 15 ms apart."""
    from scipy.signal import find_peaks

    y = _filtered(recording)
    envelope = np.max(np.abs(y) / _level(y), axis=0)
    at, _ = find_peaks(envelope, height=6.0, distance=int(0.015 * recording.rate))
    return at / recording.rate, None


def _loudest(recording: Recording) -> NDArray[np.float64]:
    y = _filtered(recording)
    return y[int(np.argmax(np.max(np.abs(y) / _level(y), axis=1)))]


def _peaks_in(
    x: NDArray[np.float64], starts: NDArray[np.int64], stops: NDArray[np.int64]
) -> NDArray[np.int64]:
    return np.array(
        [a + int(np.argmax(np.abs(x[a : max(b, a + 1)]))) for a, b in zip(starts, stops, strict=True)], int
    )


def neurokit(recording: Recording) -> Found:
    """NeuroKit2 `emg_process`, all defaults."""
    import neurokit2

    x = _loudest(recording)
    signals, _ = neurokit2.emg_process(x, sampling_rate=int(recording.rate))
    active = np.concatenate([[0], np.asarray(signals["EMG_Activity"], int), [0]])
    edges = np.flatnonzero(np.diff(active)).reshape(-1, 2)
    return _peaks_in(x, edges[:, 0], edges[:, 1]) / recording.rate, None


def biosppy(recording: Recording) -> Found:
    """BioSPPy `emg.emg`, all defaults; a burst lasts 50 ms from its onset."""
    from biosppy.signals import emg

    x = _loudest(recording)
    onsets = np.asarray(emg.emg(signal=x, sampling_rate=recording.rate, show=False)["onsets"], int)
    reach = int(0.05 * recording.rate)
    return _peaks_in(x, onsets, np.minimum(onsets + reach, len(x))) / recording.rate, None


_FASTER, _SMALLER = 10.0, 400.0
"""Potentials at the skin last some ten times as long as spikes in the brain, and electrodes 8 mm apart see
one another's as those of a probe 20 µm apart do. Shown so much faster and smaller, a recording suits the
defaults of spike sorters, which are in milliseconds and micrometres."""


def _as_spikes(recording: Recording, signal: NDArray[np.float64]) -> Any:
    import spikeinterface.core as core
    from probeinterface import Probe

    shown = core.NumpyRecording([np.ascontiguousarray(signal.T, "float32")], recording.rate * _FASTER)
    places = [c.position_mm or (0.0, 8.0 * k) for k, c in enumerate(recording.channels)]
    probe = Probe(ndim=2)
    probe.set_contacts(np.array(places) * 1000 / _SMALLER, shapes="circle", shape_params={"radius": 5.0})
    probe.set_device_channel_indices(np.arange(len(signal)))
    shown = shown.set_probe(probe) or shown  # newer versions set it in place
    shown.set_channel_gains(1.0)
    shown.set_channel_offsets(0.0)
    return shown


def _sorted(name: str, recording: Recording, signal: NDArray[np.float64], **options: object) -> Found:
    import tempfile
    from pathlib import Path

    import spikeinterface.sorters as sorters

    with tempfile.TemporaryDirectory() as folder:
        sorting = sorters.run_sorter(
            name,
            _as_spikes(recording, signal).save(
                folder=Path(folder) / "traces", verbose=False, progress_bar=False
            ),
            folder=str(Path(folder) / "out"),
            peak_sign="both",
            job_kwargs={"n_jobs": 1, "progress_bar": False},
            verbose=False,
            raise_error=True,
            **options,
        )
        spikes = sorting.to_spike_vector()
    return spikes["sample_index"] / recording.rate, spikes["unit_index"].astype(np.int64) + 1


def spikeinterface_simple(recording: Recording) -> Found:
    """SpikeInterface's sorter `simple`, for few channels, after our band-pass, which it does better with."""
    return _sorted("simple", recording, _filtered(recording), apply_preprocessing=False)


def spikeinterface_tridesclous2(recording: Recording) -> Found:
    """SpikeInterface's sorter `tridesclous2`, for many channels, with its own preprocessing in our band.

    On training recordings it was the best of `simple`, `tridesclous2` and `spykingcircus2` on a grid.
    """
    band = {"freq_min": 20 * _FASTER, "freq_max": min(450.0, 0.45 * recording.rate) * _FASTER}
    return _sorted("tridesclous2", recording, recording.microvolts().astype(float), **band)


PEERS: dict[str, Callable[[Recording], Found]] = {
    "SciPy band-pass + 6 MAD": scipy_mad,
    "NeuroKit2 emg_process": neurokit,
    "BioSPPy emg.emg": biosppy,
    "SpikeInterface simple": spikeinterface_simple,
    "SpikeInterface tridesclous2": spikeinterface_tridesclous2,
}
