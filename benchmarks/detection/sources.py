"""Real potentials and real rest, the material of the mixtures, split by source.

Potentials: spike-triggered averages of the five motor units marked in the high-density recording of
the vastus lateralis (openhdemg_otb), 64 electrodes. Units 1, 3 and 5 are for training, 2 and 4 held
back. Rest, one channel: the BioSPPy EMG example (first 32 s for training, last 32 s held back) and the
quiet stretches of the PLUX adductor pollicis (held back). Rest, 64 channels: no long recording exists;
noise with the measured cross-spectra of the resting second of the same high-density file.
"""

from __future__ import annotations

import os
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat
from scipy.signal import butter, resample_poly, sosfiltfilt

HD_RATE = 2048.0
SINGLE_RATE = 1000.0


def data_folder() -> Path:
    """The folder of real recordings beside the checkout."""
    shared = Path(os.environ.get("MYOLENS_SHARED", Path(__file__).resolve().parents[3] / "shared"))
    if not (shared / "data").is_dir():
        raise SystemExit("The real recordings are needed: set MYOLENS_SHARED to the folder that holds data/")
    return shared / "data"


@cache
def _high_density() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    data = loadmat(data_folder() / "openhdemg_otb" / "otb_testfile_a.mat", simplify_cells=True)[
        "Data"
    ].astype(float)
    band = butter(2, [15, 500], "bandpass", fs=HD_RATE, output="sos")
    return sosfiltfilt(band, data[:, :64], axis=0).T, data[:, 64:69].T


def grid_positions_mm() -> list[tuple[float, float]]:
    """Positions of the 13 × 5 grid, 8 mm apart, first corner missing, columns numbered to and fro."""
    places = []
    for electrode in range(1, 65):
        column, row = divmod(electrode, 13)
        places.append((8.0 * column, 8.0 * (row if column % 2 == 0 else 12 - row)))
    return places


def _averages(chosen: tuple[int, ...]) -> list[NDArray[np.float64]]:
    signal, trains = _high_density()
    half = int(0.020 * HD_RATE)
    taper = np.hanning(2 * half + 1) ** 0.5
    units = []
    for unit in chosen:
        at = [t for t in np.flatnonzero(trains[unit] > 0) if half + 200 <= t < signal.shape[1] - half - 200]
        wide = np.mean([signal[:, t - half - 60 : t + half + 61] for t in at], axis=0)
        centre = int(np.argmax(np.max(np.abs(wide), axis=0)[60:-60])) + 60
        centre = int(np.clip(centre, half, wide.shape[1] - half - 1))
        wave = wide[:, centre - half : centre + half + 1] * taper
        left, values, right = np.linalg.svd(wave, full_matrices=False)
        wave = (left[:, :4] * values[:4]) @ right[:4]
        units.append(wave / np.abs(wave).max())
    return units


def varied(wave: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """The same potential on a mirrored grid, stretched in time by 0.8–1.25, and weighed over space."""
    places = np.array(grid_positions_mm())
    index = {tuple(p): i for i, p in enumerate(places)}
    turn = rng.integers(4)
    target = places.copy()
    if turn & 1:
        target[:, 0] = 32 - target[:, 0]
    if turn & 2:
        target[:, 1] = 96 - target[:, 1]
    source = [index.get(tuple(p), i) for i, p in enumerate(target)]
    centre = places[rng.integers(len(places))]
    weight = np.exp(-np.sum((places - centre) ** 2, axis=1) / (2 * rng.uniform(15, 40) ** 2))
    stretch = rng.uniform(0.8, 1.25)
    middle = (wave.shape[1] - 1) / 2
    t = middle + (np.arange(wave.shape[1]) - middle) / stretch
    moved = np.array([np.interp(t, np.arange(wave.shape[1]), row, left=0, right=0) for row in wave[source]])
    moved *= weight[:, None]
    return moved / np.abs(moved).max()


def bipolar(wave: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """One pair of electrodes 16 mm apart along the fibres, among the better half of pairs."""
    pairs = _pairs()
    differences = [wave[b] - wave[a] for a, b in pairs]
    order = np.argsort([-np.ptp(d) for d in differences])
    chosen = differences[order[rng.integers(len(order) // 2)]]
    return (chosen / np.abs(chosen).max())[None, :]


def _pairs() -> list[tuple[int, int]]:
    index = {p: i for i, p in enumerate(grid_positions_mm())}
    return [(i, index[(x, y + 16)]) for (x, y), i in index.items() if (x, y + 16) in index]


def _chosen(channels: int) -> list[int]:
    """Electrodes of a column, or two neighbouring ones, of the grid."""
    return [
        i for i, (x, _) in enumerate(grid_positions_mm()) if x in ((8.0, 16.0) if channels > 8 else (16.0,))
    ][:channels]


def _reduced(grid: NDArray[np.float64], channels: int) -> NDArray[np.float64]:
    """What fewer electrodes than the grid record, shape (channels, samples)."""
    if channels in (2, 4):
        pairs = _pairs()
        return np.array([grid[b] - grid[a] for a, b in pairs[:: len(pairs) // channels][:channels]])
    if channels < 64:
        return grid[_chosen(channels)]
    return np.concatenate([grid] + [np.zeros_like(grid)] * (channels // 64 - 1))


def positions_mm(channels: int) -> list[tuple[float, float]]:
    """Where the electrodes of 16, 64 or 256 channels are."""
    places = grid_positions_mm()
    if channels < 64:
        return [places[i] for i in _chosen(channels)]
    return [(x + 48.0 * k, y) for k in range(channels // 64) for x, y in places]


def drawn(rng: np.random.Generator, channels: int, *, held_back: bool) -> NDArray[np.float64]:
    """A varied potential as so many channels see it, at `HD_RATE`, largest deflection 1."""
    units = held_back_units() if held_back else training_units()
    while True:
        wave = varied(units[rng.integers(len(units))], rng)
        seen = bipolar(wave, rng) if channels == 1 else _reduced(wave, channels)
        if np.abs(seen).max() > 0.2:
            return seen / np.abs(seen).max()


def rest(
    channels: int, seconds: float, seed: int, rng: np.random.Generator, *, held_back: bool
) -> tuple[str, NDArray[np.float64], float]:
    """Name, rest (channels, samples) in units of its noise level, and its rate.

    On one channel it may be shorter than asked for, as real rest is not repeated.
    """
    if channels == 1:
        name, found = rest_single(held_back=held_back)[seed % (2 if held_back else 1)]
        return name, unrepeated(found, int(seconds * SINGLE_RATE), rng)[None, :], SINGLE_RATE
    samples = int(seconds * HD_RATE)
    grids = [rest_grid(samples, rng) for _ in range(max(1, channels // 64))]
    made = np.concatenate(grids) if channels >= 64 else _reduced(grids[0], channels)
    return f"{channels} channels", made / _level(made, HD_RATE)[:, None], HD_RATE


def resampled(x: NDArray[np.float64], rate: float, wanted: float) -> NDArray[np.float64]:
    """The signals (channels, samples) at another rate."""
    if rate == wanted:
        return x.copy()
    ratio = Fraction(round(1000 * wanted), round(1000 * rate))
    return np.asarray(resample_poly(x, ratio.numerator, ratio.denominator, axis=1))


def refilled(
    x: NDArray[np.float64], rate: float, wanted: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Amplifier noise above what a slower recording holds, and the level, which a lower rate changes."""
    if wanted > rate:
        x = x + rng.normal(0, 0.15 * np.sqrt(wanted / rate), x.shape)
    return x / _level(x, wanted)[:, None]


def _level(x: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
    """Robust deviation in the band of surface EMG, 20–450 Hz."""
    band = butter(2, [20, min(450.0, 0.45 * rate)], "bandpass", fs=rate, output="sos")
    return np.asarray(1.4826 * np.median(np.abs(sosfiltfilt(band, x, axis=1)), axis=1))


@cache
def training_units() -> list[NDArray[np.float64]]:
    """Potentials that may be tuned on."""
    return _averages((0, 2, 4))


@cache
def held_back_units() -> list[NDArray[np.float64]]:
    """Potentials that may not."""
    return _averages((1, 3))


@cache
def rest_single(*, held_back: bool) -> list[tuple[str, NDArray[np.float64]]]:
    """Stretches of real rest on one channel, in units of their robust deviation."""
    emg = _single_column("biosppy_emg/emg.txt")
    if not held_back:
        return [("BioSPPy, first 32 s", _without_spikes(_standard(emg[:32_000])))]
    return [
        ("BioSPPy, last 32 s", _without_spikes(_standard(emg[68_000:]))),
        ("PLUX, quiet stretches", _without_spikes(_standard(_plux_rest()))),
    ]


def _without_spikes(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rest without 50 ms around its own spikes above 5 deviations, which may be discharges."""
    band = butter(2, [20, 450], "bandpass", fs=SINGLE_RATE, output="sos")
    high = np.flatnonzero(np.abs(sosfiltfilt(band, x)) > 5)
    keep = np.ones(len(x), bool)
    for at in high:
        keep[max(0, at - 25) : at + 25] = False
    return x[keep]


@cache
def _opensignals(name: str) -> NDArray[np.float64]:
    import h5py

    with h5py.File(data_folder() / "plux_opensignals" / name) as file:
        raw = next(iter(file.values()))["raw"]
        channel = next(key for key in raw if key.startswith("channel"))
        return np.asarray(raw[channel][:].ravel(), float)


def _plux_rest() -> NDArray[np.float64]:
    x = _opensignals("emg_1000_hz_16_bits_solo.h5")
    quiet = [(3.5, 6.2), (16.5, 18.6), (46.0, 49.3), (51.0, 53.2), (54.0, 56.5), (57.5, 60.0)]
    return np.concatenate(
        [x[int(a * 1000) : int(b * 1000)] - x[int(a * 1000) : int(b * 1000)].mean() for a, b in quiet]
    )


def _standard(x: NDArray[np.float64]) -> NDArray[np.float64]:
    band = butter(2, [20, 450], "bandpass", fs=SINGLE_RATE, output="sos")
    filtered = sosfiltfilt(band, x)
    return (x - np.median(x)) / (1.4826 * np.median(np.abs(filtered)))


def unrepeated(x: NDArray[np.float64], samples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """A longer stretch of rest in which nothing comes twice: pieces of 2.4 s, cross-faded over 50 ms.

    An engine that looks for shapes that recur would find rest that is repeated. So each piece comes once as
    it is, once inverted, once backwards and once both: four times the length of the rest at most.
    """
    piece, fade = 2400, 50
    window = np.ones(piece)
    window[:fade] = np.sin(np.linspace(0, np.pi / 2, fade))
    window[-fade:] = np.cos(np.linspace(0, np.pi / 2, fade))
    starts = range(int(rng.integers(len(x) % piece + 1)), len(x) - piece + 1, piece)
    parts = [v[s : s + piece] for y in (x, -x) for v in (y, y[::-1]) for s in starts]
    out = np.zeros(len(parts) * (piece - fade) + fade)
    for k, which in enumerate(rng.permutation(len(parts))):
        part = parts[which]
        out[k * (piece - fade) : k * (piece - fade) + piece] += (part - part.mean()) * window
    return out[:samples]


def rest_grid(samples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """64 channels of noise with the cross-spectra of the resting second, each channel of deviation 1."""
    signal, _ = _high_density()
    rest = signal[:, :2048]
    length, hop = 128, 32
    taper = np.hanning(length)
    spectra = np.array(
        [np.fft.rfft(rest[:, s : s + length] * taper) for s in range(0, rest.shape[1] - length, hop)]
    )
    factors = []
    for f in range(spectra.shape[2]):
        cross = spectra[:, :, f].conj().T @ spectra[:, :, f] / len(spectra)
        cross = 0.8 * cross + 0.2 * np.diag(np.diag(cross).real)
        factors.append(np.linalg.cholesky(cross + 1e-9 * np.eye(64) * np.trace(cross).real))
    frames = samples // (length // 2) + 3
    out = np.zeros((64, (frames + 1) * length // 2))
    window = np.sqrt(np.hanning(length + 1)[:length])
    random = rng.normal(size=(frames, len(factors), 64)) + 1j * rng.normal(size=(frames, len(factors), 64))
    shaped = np.einsum("fij,tfj->tif", np.array(factors), random)
    pieces = np.fft.irfft(shaped, length, axis=2) * window
    for t in range(frames):
        out[:, t * length // 2 : t * length // 2 + length] += pieces[t]
    out = out[:, length : length + samples]
    return out / _level(out, HD_RATE)[:, None]


@cache
def _single_column(path: str) -> NDArray[np.float64]:
    values = np.loadtxt(data_folder() / path, comments="#")
    return values if values.ndim == 1 else values[:, -1]


def beat(rate: float) -> NDArray[np.float64]:
    """One real QRS complex with its surroundings (BioSPPy), peak 1."""
    ecg = _single_column("biosppy_emg/ecg.txt")
    peak = 2000 + int(np.argmax(np.abs(ecg[2000:3000] - np.median(ecg))))
    part = (ecg[peak - 150 : peak + 250] - np.median(ecg)) * np.hanning(400) ** 0.25
    part = resampled(part[None], 1000.0, rate)[0]
    return np.asarray(part / np.abs(part).max())


def electrocardiogram(samples: int, rate: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """A real electrocardiogram as it ran (PLUX, 10 s), whole beats joined end to end, peak 1."""
    x = _opensignals("ecg_4000_Hz.h5")[::4].copy()
    low = butter(2, [0.5, 150], "bandpass", fs=1000.0, output="sos")
    x = sosfiltfilt(low, x)
    tall = np.abs(x) > 0.6 * np.quantile(np.abs(x), 0.999)
    peaks = np.flatnonzero(tall)
    peaks = peaks[np.concatenate([[True], np.diff(peaks) > 300])]
    beats = [x[a:b] for a, b in pairwise(peaks + 350) if b <= len(x)]
    order = rng.integers(len(beats), size=4 + int(samples / rate / 0.4))
    joined = np.concatenate(
        [part - np.linspace(part[0], part[-1], len(part)) for part in (beats[k] for k in order)]
    )
    joined = resampled(joined[None, : int(1000 * samples / rate) + 2000], 1000.0, rate)[0]
    return np.asarray(joined[:samples] / np.quantile(np.abs(joined), 0.999))


def bench_artefact(rate: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Two seconds of a bench recording without a person (TMSi), with a real artefact; peak 1."""
    from myolens import read

    recording = read(data_folder() / "tmsi_poly5" / "EMG_recording_testlung.Poly5")[0]
    at = rng.choice([1.02, 6.73, 9.59, 18.15, 23.86, 32.43, 40.99, 49.55]) - 0.8
    start = int(at * recording.rate)
    x = recording.microvolts(start, start + int(2 * recording.rate))[0].astype(float)
    low = butter(2, 80.0, fs=recording.rate, output="sos")  # its artefact without its amplifier's noise
    x = sosfiltfilt(low, x)
    x = (x - np.linspace(x[0], x[-1], len(x))) * np.hanning(len(x)) ** 0.25
    x = resampled(x[None], recording.rate, rate)[0]
    return np.asarray(x / np.abs(x).max())


def contraction(channels: int, samples: int, rate: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Real voluntary activity of vastus lateralis as so many channels see it, deviation 1."""
    grid = _high_density()[0]
    width = int(samples * HD_RATE / rate) + 64
    at = rng.integers(int(5 * HD_RATE), grid.shape[1] - width)
    part = grid[:, at : at + width]
    if channels == 1:
        one, other = _pairs()[rng.integers(len(_pairs()))]
        part = (part[other] - part[one])[None]
    elif channels > 64:
        part = np.concatenate([part] * (channels // 64))
    else:
        part = _reduced(part, channels)
    return resampled(part / part.std(), HD_RATE, rate)[:, :samples]
