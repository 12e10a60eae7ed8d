"""The analysis band, and mains interference taken out without ringing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myolens.errors import InputError
from myolens.recording import ChannelKind

LOWEST_RATE_HZ = 150.0
"""Below this rate nothing of a motor-unit potential is left to see."""

RINGING_S = 0.065
"""How long a corner of the signal rings: nearly six time constants of the high-pass at 20 Hz, 11 ms each."""

_BANDS = {ChannelKind.SURFACE_EMG: (20.0, 450.0), ChannelKind.NEEDLE_EMG: (20.0, 5000.0)}
_WIDTHS_MS = {ChannelKind.SURFACE_EMG: (2.0, 5.0, 12.0), ChannelKind.NEEDLE_EMG: (0.5, 1.5, 4.0)}
_AROUND_HZ, _ASTRAY_HZ, _ABOVE_OTHERS = 12.0, 0.3, 2.0
_DETECTION_RATE_HZ = {ChannelKind.SURFACE_EMG: 1000.0, ChannelKind.NEEDLE_EMG: 4000.0}


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """How a recording of one kind and rate is filtered and looked at.

    Attributes
    ----------
    low_hz, high_hz : float
        Pass band: 20–450 Hz for the skin (SENIAM, Hermens 2000), 20–5000 Hz for the needle,
        never above 0.45 of the rate of sampling.
    sections : ndarray of float64, shape (2, 5)
        Biquads b0 b1 b2 a1 a2: second-order Butterworth high-pass and low-pass, run both ways.
    factor : int
        Samples averaged into one before the statistic is computed.
    halves : ndarray of int64
        Half-widths of the wavelets, in samples after averaging.
    """

    rate: float
    low_hz: float
    high_hz: float
    sections: NDArray[np.float64]
    factor: int
    halves: NDArray[np.int64]

    @property
    def detection_rate(self) -> float:
        """Rate of the statistic, Hz."""
        return self.rate / self.factor


def band_for(rate: float, kind: ChannelKind, *, fineness: int = 1, where: str | None = None) -> Band:
    """Choose the pass band and wavelet widths for a sampling rate, of so many samples for each recorded.

    Raises
    ------
    InputError
        If the rate is below 150 Hz.
    """
    if rate / fineness < LOWEST_RATE_HZ:
        raise InputError(
            f"{rate / fineness:g} samples per second are too few for EMG",
            where=where,
            mend="Record at 1000 Hz or more; 200 Hz is the least that shows a discharge at all",
        )
    low, high = _BANDS[kind]
    corner = min(high, 0.45 * rate)
    factor = max(1, int(rate // _DETECTION_RATE_HZ[kind]))
    per_ms = rate / factor / 1000.0
    halves = sorted({max(2, 2 * round(width * per_ms / 2)) for width in _WIDTHS_MS[kind]})
    return Band(
        rate=rate,
        low_hz=low,
        high_hz=min(high, 0.45 * rate / fineness),
        sections=np.array([_butterworth(low / rate, highpass=True), _butterworth(corner / rate)]),
        factor=factor,
        halves=np.array(halves, np.int64),
    )


def _butterworth(cycles_per_sample: float, *, highpass: bool = False) -> list[float]:
    """Biquad b0 b1 b2 a1 a2 of second order, by the bilinear transform with the corner prewarped.

    Source: Oppenheim & Schafer, *Discrete-Time Signal Processing*, 3rd ed., 2010, §7.2.
    """
    k = float(np.tan(np.pi * cycles_per_sample))
    scale = 1 / (1 + np.sqrt(2) * k + k * k)
    b = [scale, -2 * scale, scale] if highpass else [k * k * scale, 2 * k * k * scale, k * k * scale]
    return [*b, 2 * (k * k - 1) * scale, (1 - np.sqrt(2) * k + k * k) * scale]


@dataclass(frozen=True, slots=True, eq=False)
class Mains:
    """Mains interference: its exact frequency and the harmonics that stand out.

    Sine and cosine of each are fitted by least squares in windows of `window` samples that
    overlap by half; the windows' fits are cross-faded. Samples are clipped at four noise levels
    before the fit, so that a discharge leaves no trace in it and no ringing follows.
    """

    frequency_hz: float
    harmonics: tuple[int, ...]
    window: int
    basis: NDArray[np.float32]
    solve: NDArray[np.float32]
    fade: NDArray[np.float32]

    def subtract(
        self, y: NDArray[np.float32], first: int, level: NDArray[np.float32], core: slice = slice(None)
    ) -> None:
        """Take the interference out of a part of y, in place.

        Parameters
        ----------
        y : ndarray of float32, shape (samples, channels)
        first : int
            Absolute index of the first sample, so that windows lie on one grid for every block.
        level : ndarray of float32, shape (channels,)
            Noise level for clipping; interference itself is allowed for.
        core : slice
            The part; windows that reach into it are fitted.
        """
        from myolens.emg.lines import add_lines, fit_lines

        hop = self.window // 2
        samples = y.shape[0]
        start, stop, _ = core.indices(samples)
        model = np.zeros((stop - start, y.shape[1]), np.float32)
        weight = np.zeros((stop - start, 1), np.float32)
        for begin in range(-((first % hop) + hop), stop, hop):
            low, high = max(0, begin), min(samples, begin + self.window)
            if high - low > hop // 2 and high > start:
                whole = slice(low - begin, high - begin)
                basis = self.basis[whole]
                solve = self.solve if high - low == self.window else _pseudoinverse(basis)
                coefficients = fit_lines(y[low:high], basis, solve, level)
                low, high = max(start, low), min(stop, high)
                shown = slice(low - begin, high - begin)
                here = slice(low - start, high - start)
                add_lines(model[here], self.basis[shown], self.fade[shown], coefficients)
                weight[here] += self.fade[shown, None]
        model /= np.maximum(weight, 1e-6)
        y[start:stop] -= model

    def subtract_whole(self, y: NDArray[np.float32]) -> None:
        """Take the interference out of a short stretch by one fit over all of it, in place."""
        rows = self.basis[: min(len(y), self.window)]
        if len(rows) == len(y):
            y -= rows @ np.linalg.solve(rows.T @ rows, rows.T @ y)
        else:
            self.subtract(y, 0, np.full(y.shape[1], np.inf, np.float32))


def _pseudoinverse(basis: NDArray[np.float32]) -> NDArray[np.float32]:
    """Least-squares solution for a few independent columns."""
    wide = basis.astype(float)
    return np.linalg.solve(wide.T @ wide, wide.T).astype(np.float32)


def find_mains(segments: list[NDArray[np.float32]], band: Band) -> Mains | None:
    """Look for 50 or 60 Hz mains and its harmonics in stretches of filtered signal.

    A line counts where its power exceeds five times the median power of the 16 neighbouring
    frequencies, on the average over channels and stretches, and twice the highest within 12 Hz: what comes
    at even intervals (stimuli, a heart) has lines at all multiples of its rate. Interference is
    reported only if the fundamental or two harmonics count.

    Parameters
    ----------
    segments : list of ndarray, each of shape (samples, channels)
        Stretches of equal length, at least half a second, each channel in units of its noise.

    Returns
    -------
    Mains or None
    """
    segments = [s for s in segments if s.shape[0] >= band.rate / 2]
    if not segments:
        return None
    length = min(s.shape[0] for s in segments)
    taper = np.hanning(length)[:, None]
    padded = 8 * length
    power = np.zeros(padded // 2 + 1)
    for segment in segments:
        clipped = np.clip(segment[:length], -6, 6) * taper
        spectrum = np.abs(np.fft.rfft(clipped, padded, axis=0)) ** 2
        power += np.median(spectrum, axis=1) if spectrum.shape[1] > 2 else spectrum.mean(axis=1)
    step = band.rate / padded

    def excess(nominal: float, order: int) -> float:
        at = round(order * nominal / step)
        reach = max(1, round(_ASTRAY_HZ / step))
        near = power[max(0, at - reach) : at + reach + 1]
        gap, far = round(2 / (length / band.rate) / step) + reach, round(_AROUND_HZ / step)

        def around(gap: int) -> NDArray[np.float64]:
            return np.concatenate([power[max(0, at - far) : max(0, at - gap)], power[at + gap : at + far]])

        rivals = around(gap + min((order - 1) * reach, (far - gap) // 2))
        if not near.size or not rivals.size or near.max() < _ABOVE_OTHERS * rivals.max():
            return 0.0
        return float(near.max() / np.median(around(gap)))

    best: tuple[float, float, tuple[int, ...]] = (0.0, 0.0, ())
    for nominal in (50.0, 60.0):
        orders = range(1, int(min(band.high_hz, 0.48 * band.rate) // nominal) + 1)
        counted = tuple(k for k in orders if excess(nominal, k) > 5.0)
        strength = sum(excess(nominal, k) for k in counted)
        if (1 in counted or len(counted) >= 2) and strength > best[0]:
            best = (strength, nominal, counted)
    _, nominal, counted = best
    if not counted:
        return None
    fine = nominal + np.arange(-_ASTRAY_HZ, _ASTRAY_HZ + 0.001, 0.01)
    score = np.sum([_between(power, k * fine / step) for k in counted], axis=0)
    return mains_at(float(fine[int(np.argmax(score))]), counted, band.rate)


def _between(power: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values between those of a spectrum, by a parabola through the three nearest."""
    at = np.clip(np.round(places).astype(np.int64), 1, len(power) - 2)
    off = places - at
    before, here, after = power[at - 1], power[at], power[at + 1]
    return np.asarray(here + off * (after - before) / 2 + off**2 * (before + after - 2 * here) / 2)


def mains_at(frequency_hz: float, harmonics: tuple[int, ...], rate: float) -> Mains:
    """Prepare the fit of these harmonics of a mains frequency."""
    window = 2 * int(rate // 2)
    t = np.arange(window) / rate
    columns: list[Any] = []
    for k in harmonics:
        columns += [np.cos(2 * np.pi * k * frequency_hz * t), np.sin(2 * np.pi * k * frequency_hz * t)]
    basis = np.stack(columns, axis=1)
    fade = np.sin(np.pi * (np.arange(window) + 0.5) / window) ** 2
    return Mains(
        frequency_hz=frequency_hz,
        harmonics=harmonics,
        window=window,
        basis=basis.astype(np.float32),
        solve=_pseudoinverse(basis),
        fade=fade.astype(np.float32),
    )
