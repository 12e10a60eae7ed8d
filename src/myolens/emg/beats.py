"""Heartbeats taken out of the signal, so that discharges on top of them can be seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BEFORE_S, AFTER_S = 0.09, 0.13
"""Stretch of the average complex: above 20 Hz nothing of a beat lasts longer."""

REACH_S = 0.02
"""A beat is looked for within this distance of where it was found or expected."""

_TAPER_S = 0.02
_LEAST_LIKENESS, _LEAST_SHARE = 0.5, 0.5
_LOWEST_SCALE, _HIGHEST_SCALE = 0.8, 1.25


@dataclass(frozen=True, slots=True, eq=False)
class Beats:
    """Where the average complex lies in the recording, and how large each time.

    Attributes
    ----------
    sample : ndarray of int64, shape (beats,)
        First sample of the complex.
    scale : ndarray of float32, shape (beats,)
        0.8–1.25, as breathing moves the heart; 0 where the complex was not recognised.
    template : ndarray of float32, shape (samples, channels)
        Median of aligned beats, µV, zero at both ends.
    """

    sample: NDArray[np.int64]
    scale: NDArray[np.float32]
    template: NDArray[np.float32]

    def centre_s(self, rate: float) -> NDArray[np.float64]:
        """Instants of the beats."""
        return np.asarray((self.sample + round(BEFORE_S * rate)) / rate)

    def missed_s(self, rate: float) -> NDArray[np.float64]:
        """Those of beats that were not recognised and are still in the signal."""
        return np.asarray(self.centre_s(rate)[self.scale == 0])

    def subtract(self, x: NDArray[np.float32], first: int) -> None:
        """Take the beats out of x (samples, channels) in place; `first` is its absolute index."""
        width = len(self.template)
        low, high = np.searchsorted(self.sample, [first - width + 1, first + len(x)])
        for sample, scale in zip(self.sample[low:high], self.scale[low:high], strict=True):
            begin, end = max(0, sample - first), min(len(x), sample - first + width)
            x[begin:end] -= scale * self.template[begin + first - sample : end + first - sample]


def template_of(windows: NDArray[np.float32], level: NDArray[np.float32], rate: float) -> NDArray[np.float32]:
    """Average complex of windows (beats, samples + 2 × reach, channels): median, aligned to itself twice."""
    reach = round(REACH_S * rate)
    width = windows.shape[1] - 2 * reach
    taper = np.ones(width, np.float32)
    edge = round(_TAPER_S * rate)
    taper[:edge] = np.sin(np.linspace(0, np.pi / 2, edge)) ** 2
    taper[-edge:] = taper[:edge][::-1]
    at = np.full(len(windows), reach)
    for last in (False, False, True):
        span = at[:, None] + np.arange(width)
        template = np.median(windows[np.arange(len(windows))[:, None], span], axis=0) * taper[:, None]
        if not last:
            at = np.array([place(window, template, level)[0] for window in windows])
    return np.asarray(template, np.float32)


def place(
    window: NDArray[np.float32], template: NDArray[np.float32], level: NDArray[np.float32]
) -> tuple[int, float]:
    """Shift at which the complex explains most of a window, and its size there (0 if it is not like it)."""
    width = len(template)
    shape = (template / level).ravel()
    energy = max(float(shape @ shape), 1e-12)
    scaled = window / level
    products = np.array([scaled[k : k + width].ravel() @ shape for k in range(len(window) - width + 1)])
    at = int(np.argmax(products))
    part = scaled[at : at + width].ravel()
    like = float(products[at]) / max(float(np.sqrt(energy * (part @ part))), 1e-12)
    if like < _LEAST_LIKENESS or products[at] < _LEAST_SHARE * energy:
        return at, 0.0
    return at, float(np.clip(products[at] / energy, _LOWEST_SCALE, _HIGHEST_SCALE))
