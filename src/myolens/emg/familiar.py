"""Events taken for something else that are potentials of a unit known from elsewhere in the recording."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from myolens.emg.artefacts import pop_likeness
from myolens.emg.counting import Stretches
from myolens.emg.events import Events
from myolens.emg.exclusion import inside
from myolens.emg.matching import Atoms, explained
from myolens.emg.noise import Noise
from myolens.emg.recall import EVIDENCE
from myolens.emg.sorting import clusters, features, noise_energy, whole
from myolens.emg.waveforms import SEARCH_S

_LEFT_OVER, _SAME_SIZE = 0.2, 0.25


def with_familiar(events: Events, noise: Noise, spans: Stretches) -> Events:
    """Events of which those that known potentials explain are no heartbeat, pop or movement.

    A discharge beside a pop may pass for its ringing, one upon a beat for what is left of it, and two in
    quick succession are as slow as movement. What gives it away is that potentials seen at least three times
    by themselves, one or several on top of one another and at their usual sizes, leave of it no more than
    noise and a fifth, and of a pop less than a decaying step does.

    Parameters
    ----------
    events : Events
    noise : Noise
    spans : list of (float, float)
        What is not rest: it tells nothing about units, and is left out anyway.
    """
    rest = ~inside(events.times_s, spans)
    known, doubtful = np.flatnonzero(rest & events.muscle), np.flatnonzero(rest & ~events.muscle)
    if not len(known) or not len(doubtful):
        return events
    feature = features(events.waves.where(known), noise, events.waves.where(doubtful))
    units = clusters(feature.where(slice(len(known))))
    if not units:
        return events
    atoms = Atoms.of(feature, np.stack([whole(feature, unit.events, unit.place) for unit in units]))
    x, power = feature.x[len(known) :], feature.power[len(known) :]
    event, _, place, scale, left = explained(feature, x, atoms, power)
    energy = np.einsum("ijk,ijk->i", x, x)
    background = noise_energy(feature) * x.shape[1] / feature.length * power
    fits = (left <= background + _LEFT_OVER * energy) & (energy - left > 2 * EVIDENCE * power)
    step, _ = pop_likeness(events.waves.where(doubtful), events.source)
    fits &= ~events.pops[doubtful] | (left < (1 - step**2) * energy)
    number = np.arange(len(doubtful))
    fits &= np.isin(number, event[np.abs(place) <= SEARCH_S * feature.rate])
    fits &= ~np.isin(number, event[np.abs(np.log(scale)) > _SAME_SIZE])
    return _unlabelled(events, doubtful[fits])


def _unlabelled(events: Events, chosen: NDArray[np.int64]) -> Events:
    """The same events, these of them potentials."""
    free = np.isin(np.arange(len(events.pops)), chosen)
    heart = replace(events.heart, events=events.heart.events & ~free) if events.heart else None
    return replace(events, heart=heart, pops=events.pops & ~free, slow=events.slow & ~free)
