"""What other software finds in the same recordings; each is skipped, and said to be, where absent.

Burst finders are given a fair chance: the onset of each burst counts as an event, moved to the largest
deflection within the burst. Detectors that know one channel are given the channel that is loudest.
"""

from __future__ import annotations

from collections.abc import Callable

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


def spikeinterface_simple(recording: Recording) -> Found:
    """SpikeInterface `simple` sorter on the filtered signal, windows in EMG terms."""
    import tempfile
    from pathlib import Path

    import spikeinterface.core as core
    import spikeinterface.sorters as sorters
    from probeinterface import Probe

    y = _filtered(recording).astype("float32")
    traces = core.NumpyRecording([y.T], recording.rate)
    probe = Probe(ndim=2)
    places = [c.position_mm or (0.0, 8.0 * k) for k, c in enumerate(recording.channels)]
    probe.set_contacts(np.array(places) * 1000.0, shapes="circle", shape_params={"radius": 500.0})
    probe.set_device_channel_indices(np.arange(len(y)))
    traces = traces.set_probe(probe) or traces  # newer versions set it in place
    traces.set_channel_gains(1.0)
    traces.set_channel_offsets(0.0)
    with tempfile.TemporaryDirectory() as folder:
        traces = traces.save(folder=Path(folder) / "traces", verbose=False)
        sorting = sorters.run_sorter(
            "simple",
            traces,
            folder=str(Path(folder) / "out"),
            apply_preprocessing=False,
            peak_sign="both",
            detect_threshold=6,
            ms_before=8.0,
            ms_after=10.0,
            job_kwargs={"n_jobs": 1, "progress_bar": False},
            verbose=False,
            raise_error=True,
        )
    spikes = sorting.to_spike_vector()
    return spikes["sample_index"] / recording.rate, spikes["unit_index"].astype(np.int64) + 1


PEERS: dict[str, Callable[[Recording], Found]] = {
    "SciPy band-pass + 6 MAD": scipy_mad,
    "NeuroKit2 emg_process": neurokit,
    "BioSPPy emg.emg": biosppy,
    "SpikeInterface simple": spikeinterface_simple,
}
