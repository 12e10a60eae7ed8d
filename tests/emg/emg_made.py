"""Recordings with known truth, made here: noise with potentials at known instants."""

from __future__ import annotations

import numpy as np

from myolens.recording import Channel, ChannelKind, Recording


def potential(rate: float, *, width_s: float = 0.002, phase: float = 0.0) -> np.ndarray:
    """A potential of about 12 ms with its largest deflection, of size 1, in the middle."""
    t = np.arange(-int(0.02 * rate), int(0.02 * rate) + 1) / rate
    wave = np.exp(-0.5 * (t / width_s) ** 2) * np.cos(2 * np.pi * t / (5 * width_s) + phase)
    return wave / np.abs(wave).max()


def quiet(
    seconds: float = 60.0,
    *,
    rate: float = 1000.0,
    channels: int = 1,
    noise_uv: float = 5.0,
    seed: int = 0,
    grid: bool = False,
) -> tuple[np.ndarray, list[Channel]]:
    """Gaussian noise and its channels."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, noise_uv, (channels, int(seconds * rate)))
    places = [(8.0 * (k // 8), 8.0 * (k % 8)) if grid else None for k in range(channels)]
    return x, [
        Channel(f"EMG {k + 1}", "uV", ChannelKind.SURFACE_EMG, gain=0.25, position_mm=places[k])
        for k in range(channels)
    ]


def add(x: np.ndarray, rate: float, times_s: np.ndarray, sizes: np.ndarray | float, wave: np.ndarray) -> None:
    """Add the potential at the instants, on every channel by its size."""
    half = len(wave) // 2
    for t in times_s:
        at = round(t * rate)
        x[:, at - half : at - half + len(wave)] += np.reshape(sizes, (-1, 1)) * wave


def stored(x: np.ndarray, rate: float, channels: list[Channel], **about: object) -> Recording:
    """The recording in 16-bit steps of a quarter microvolt."""
    values = np.clip(np.round(x / 0.25), -32768, 32767).astype(np.int16)
    return Recording.from_array(values, rate, channels, source="made", **about)
