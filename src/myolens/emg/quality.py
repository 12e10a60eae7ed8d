"""Whether a recording can be trusted, and what to do about it, in words for a technician."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from myolens.emg import exclusion
from myolens.emg.analysis import Quality
from myolens.emg.channels import Usable
from myolens.emg.events import Events
from myolens.emg.heartbeat import Heart
from myolens.emg.needle_reference import LEAST_POTENTIALS
from myolens.emg.noise import Noise
from myolens.emg.streaming import Source
from myolens.emg.switching import SWITCHED, Switching
from myolens.recording import Span

if TYPE_CHECKING:
    from myolens.emg.needle import NeedleReading

Verdict = Literal["good", "fair", "poor", "unusable"]
_VERDICTS: tuple[Verdict, ...] = ("good", "fair", "poor", "unusable")

ENOUGH_S = 60.0
"""Up to 70–90 s of rest are needed to see one fasciculation where there are any (Zhou 2012; Mills 2011)."""

_LITTLE_S = 10.0
_QUIET_UV = 15.0
_NOISE_LIMIT_UV = 100.0
_HEAVY_TAIL = 4.0
_LEAST_REST_S = 2.0
_NEEDLE_QUIET_UV = 10.0
"""Noise of a concentric needle above which fibrillations, 20 µV and more, begin to drown (estimate)."""


def judge(
    source: Source,
    channels: Usable,
    noise: Noise,
    events: Events,
    excluded: Sequence[Span],
    switching: Switching | None,
    heart: Heart | None,
    *,
    analysed_s: float,
    detectable: float,
) -> Quality:
    """Weigh up length, noise, electrodes and interference.

    A noise level above 100 µV makes the recording poor (SPiQE leaves such recordings out: Bashford
    et al., Clin Neurophysiol 2019;130:1083); 15 µV is several times what prepared skin gives (2–4 µV).
    """
    volts = [k for k, row in enumerate(source.rows) if source.recording.is_voltage(row)]
    noise_uv = float(np.median(noise.level[:, volts])) if volts else None
    findings = [
        *_length(source.recording.seconds, analysed_s),
        *_noise(noise, noise_uv, events.scale),
        *_electrodes(source, channels, events, excluded, analysed_s),
        *_machine(switching, analysed_s),
        *_train(heart),
        *_excluded(excluded, source.recording.seconds),
    ]
    rate = source.recording.rate / source.fineness
    if rate < 1000:
        findings.append(
            (
                1,
                f"{rate:g} samples a second show only what is below "
                f"{source.band.high_hz:.0f} Hz: potentials look smaller and longer, weak ones are "
                "missed, and units are hard to tell apart; record at 2000 Hz.",
            )
        )
    if not volts:
        findings.append((0, "No channel states a voltage unit, so amplitudes in µV are not known."))
    worst = max((weight for weight, _ in findings), default=0)
    return Quality(
        _VERDICTS[worst], noise_uv, detectable if volts else None, tuple(text for _, text in findings)
    )


def judge_needle(reading: NeedleReading, as_skin: Quality) -> Quality:
    """Judge a needle recording by what its reading had to go on: rest, noise, and potentials.

    A contraction is examined on purpose and is no fault; without rest, spontaneous activity could
    not be looked for, and without enough potentials units cannot be judged. The detectable size is
    that of the pass at rest, and is not known without rest.
    """
    rest, units = reading.rest_seconds, len(reading.potentials)
    found: list[tuple[int, str]] = []
    if rest < _LEAST_REST_S:
        found.append((1, "No stretch at rest: spontaneous activity could not be looked for."))
    elif rest < ENOUGH_S:
        found.append((0, f"Only {rest:.0f} s at rest: rare spontaneous activity may be missed."))
    if rest < reading.seconds and units < LEAST_POTENTIALS:
        seen = {0: "No motor-unit potential", 1: "Only 1 motor-unit potential"}.get(
            units, f"Only {units} motor-unit potentials"
        )
        found.append(
            (
                1,
                f"{seen} could be measured, {LEAST_POTENTIALS} are needed to judge units: "
                "record slight contraction at more needle positions.",
            )
        )
    if reading.noise_uv > _NEEDLE_QUIET_UV:
        found.append(
            (1, f"The noise of the needle is {reading.noise_uv:.0f} µV: check needle, cable and ground.")
        )
    worst = max((weight for weight, _ in found), default=0)
    if rest < _LEAST_REST_S and not units:
        worst = 2
    detectable = as_skin.detectable_uv if rest >= _LEAST_REST_S else None
    return Quality(_VERDICTS[worst], reading.noise_uv, detectable, tuple(text for _, text in found))


def _length(seconds: float, analysed_s: float) -> list[tuple[int, str]]:
    if analysed_s >= ENOUGH_S:
        return []
    weight = 3 if analysed_s < 2 else 2 if analysed_s < _LITTLE_S else 1
    return [
        (
            weight,
            f"Only {analysed_s:.0f} of {seconds:.0f} s are rest that could be analysed; "
            "record two minutes with the muscle relaxed and the limb supported.",
        )
    ]


def _noise(noise: Noise, noise_uv: float | None, tail: float) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    if noise_uv is not None and noise_uv > _NOISE_LIMIT_UV:
        found.append(
            (2, f"The noise level is {noise_uv:.0f} µV: the muscle is active or electrodes are bad.")
        )
    elif noise_uv is not None and noise_uv > _QUIET_UV:
        found.append(
            (
                1,
                f"The noise level is {noise_uv:.0f} µV where 2–5 µV can be had: relax the muscle, clean and "
                "abrade the skin, renew gel or electrodes.",
            )
        )
    if noise.mains is not None:
        orders = ", ".join(f"{k * noise.mains.frequency_hz:.0f}" for k in noise.mains.harmonics[:4])
        found.append(
            (
                0,
                f"Mains interference at {orders} Hz was taken out: check ground and cables.",
            )
        )
    rise = float(np.median(noise.level[-1] / noise.level[0]))
    if rise > 1.5 or rise < 1 / 1.5:
        word = "rises" if rise > 1 else "falls"
        found.append(
            (
                1,
                f"The noise {word} {max(rise, 1 / rise):.1f}-fold: press on or renew the electrodes.",
            )
        )
    if tail > _HEAVY_TAIL:
        found.append(
            (
                1,
                "The background is spiky, so small potentials are missed: is the muscle relaxed?",
            )
        )
    return found


def _electrodes(
    source: Source, channels: Usable, events: Events, excluded: Sequence[Span], analysed_s: float
) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    total = len(source.rows) + len(channels.dead) + len(channels.repeated) + len(channels.noisy)
    lost = total - len(source.rows)
    for names, what, mend in (
        (channels.dead, "without signal", "check plugs and cables"),
        (channels.repeated, "repeating another channel", "check the montage"),
        (channels.noisy, "far noisier than the rest", "renew these electrodes"),
    ):
        if names:
            shown = ", ".join(names[:6]) + (" ..." if len(names) > 6 else "")
            found.append((1 if lost > total / 4 else 0, f"Left out, {what}: {shown}; {mend}."))
    spans = [(span.start_s, span.end_s) for span in excluded]
    popped = events.pops & ~exclusion.inside(events.times_s, spans)
    if pops := int(popped.sum()):
        weight = 1 if pops > 6 * max(analysed_s, 1) / 60 else 0
        seen = [source.recording.channels[source.rows[c]].name for c in events.waves.channel[popped]]
        worst = max(sorted(set(seen)), key=seen.count)
        found.append(
            (
                weight,
                f"{pops} electrode pops, most on {worst}, were left out: press on or renew it."
                if pops > 1
                else f"1 electrode pop, on {worst}, was left out: press on or renew the electrode.",
            )
        )
    moved = events.slow & ~exclusion.inside(events.times_s, spans)
    if slow := int(moved.sum()):
        found.append(
            (
                0,
                f"{slow} slow deflection{'s' * (slow > 1)}, as moved cables make, "
                f"{'were' if slow > 1 else 'was'} left out: fix cables and electrodes.",
            )
        )
    if events.heart is not None and not events.heart.fast:
        found.append(
            (
                0,
                f"Heartbeats ({events.heart.per_min:.0f} a minute) were left out: move away from the chest.",
            )
        )
    return found


def _machine(switching: Switching | None, analysed_s: float) -> list[tuple[int, str]]:
    if switching is None:
        return []
    spikes = switching.spikes
    return [
        (
            1 if spikes > 6 * max(analysed_s, 1) / 60 else 0,
            f"{spikes} spikes in step with the mains were left out: a charger, heater, dimmer or stimulator "
            "is switched nearby; unplug it or move away.",
        )
    ]


def _train(heart: Heart | None) -> list[tuple[int, str]]:
    if heart is None or not heart.fast:
        return []
    return [
        (
            1,
            f"Spikes at {heart.per_min:.0f} a minute, as regular as a heart but too brief, were left "
            "out: either a machine nearby makes them (unplug it or move away) or the muscle jerks in rhythm "
            "(feel for it).",
        )
    ]


def _excluded(excluded: Sequence[Span], seconds: float) -> list[tuple[int, str]]:
    found = []
    for reason, mend in (
        (
            exclusion.VOLUNTARY,
            "support the limb and wait for rest; if it was at rest, bursts may be myokymia or cramp",
        ),
        (SWITCHED, "unplug chargers, heaters, dimmers and stimulators nearby"),
        (exclusion.MOVEMENT, "support the limb and fix the cables"),
        (exclusion.CLIPPING, "lower the gain or check the reference electrode"),
        (exclusion.NO_SIGNAL, "check the connection"),
    ):
        share = sum(s.end_s - s.start_s for s in excluded if s.reason == reason) / seconds
        if share > 0.02:
            found.append(
                (1 if share > 0.3 else 0, f"{reason.capitalize()} takes {share:.0%} of the time; {mend}.")
            )
    return found
