"""The motor neuron as two compartments, soma and dendrite, with a persistent inward current.

Equations of Kim 2017 (J Appl Physiol 123:1166): spikes and the potassium current that ends and follows them
at the soma, a calcium current that hardly inactivates on the dendrite. That current is what keeps a motor
neuron firing after its input has gone; monoamines raise it, inhibition on the dendrite cancels it.

The published cells are cats' and, once the current is open, fire at over 100 Hz. Here their somata are kept
and the dendrite is a distant one, so loosely coupled that the open current is worth 2.7 nA at the soma:
then firing is kept up at about 9 Hz, the most at 15 nA is about 40 Hz, and paired recordings give the
difference of frequency of people (`myolens.simulation.hysteresis`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myolens.errors import InputError

Array = NDArray[np.float64]

STEP_MS = 0.01
SPIKE_MV = -10.0
REST_TONE = 1.0
HALF_MV, HALF_PER_TONE_MV = -48.0, -1.0
"""Half activation of the persistent current (published at 600 µm: −43), and its shift per unit of tone.

Both estimates: at −48 the current opens near the potential at which the cell begins to fire, as the steep
rise of rates after recruitment shows in people.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MotorNeuron:
    """A motor neuron; conductances in mS/cm², capacitances in µF/cm².

    Defaults: the fast, fatigue-resistant cell of Kim 2017 (input resistance 1.1 MΩ) with the distant
    dendrite; its leak is moved to the soma so that the input resistance is the published one.

    Parameters
    ----------
    soma_leak, dendrite_leak, coupling, soma_capacitance, dendrite_capacitance, sodium : float
    calcium_per_charge : float
        Growth and removal of calcium under the membrane; sets the after-hyperpolarisation.
    persistent : float
        Dendritic persistent inward current at tone 1.
    tone : float
        Monoamines: 1 at rest; scales the persistent current and eases its opening.
    inhibition : float
        Conductance on the dendrite with its reversal at −75 mV.
    soma_share : float
        Of the membrane.
    na_per_density : float
        Injected current, nA, per µA/cm² of soma.
    """

    soma_leak: float = 0.2736
    dendrite_leak: float = 0.018
    coupling: float = 0.012
    soma_capacitance: float = 1.897
    dendrite_capacitance: float = 0.963
    sodium: float = 71.6
    calcium_per_charge: float = 0.015
    persistent: float = 0.018
    tone: float = REST_TONE
    inhibition: float = 0.0
    soma_share: float = 0.492
    na_per_density: float = 3.16

    def __post_init__(self) -> None:
        for name in ("tone", "inhibition", "persistent"):
            if not 0 <= getattr(self, name) <= 5:
                raise InputError(f"{name} is {getattr(self, name):g}", mend="Choose a value from 0 to 5")


CELLS = {
    "slow": MotorNeuron(
        soma_leak=0.1542, soma_capacitance=1.158, dendrite_capacitance=0.871, sodium=144.5,
        calcium_per_charge=0.009,
    ),
    "intermediate": MotorNeuron(
        soma_leak=0.2194, soma_capacitance=1.5275, dendrite_capacitance=0.917, sodium=108.05,
        calcium_per_charge=0.012,
    ),
    "fast_resistant": MotorNeuron(),
}  # fmt: skip
"""Somata of Kim 2017: a slow one (1.9 MΩ), a fast, fatigue-resistant one (1.1 MΩ), and one half-way."""


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """What a motor neuron did.

    Attributes
    ----------
    times_ms : ndarray
        Of spikes.
    soma_mv, dendrite_mv : ndarray
        Potentials at every `every_ms`.
    every_ms : float
    """

    times_ms: Array
    soma_mv: Array
    dendrite_mv: Array
    every_ms: float


def respond(neuron: MotorNeuron, current_na: Array, *, step_ms: float = STEP_MS, keep: int = 10) -> Response:
    """Inject a current into the soma.

    Parameters
    ----------
    neuron : MotorNeuron
    current_na : ndarray, shape (steps,)
        One value per step.
    step_ms : float
    keep : int
        Every how many steps the potentials are kept.

    Raises
    ------
    InputError
        For a step beyond 0.05 ms, at which spikes are no longer resolved, or a current not finite.
    """
    from myolens.simulation.soma_kernel import run

    current = np.ascontiguousarray(current_na, np.float64)
    if not 0 < step_ms <= 0.05:
        raise InputError(f"a step of {step_ms:g} ms", mend="Choose at most 0.05 ms")
    if current.ndim != 1 or not np.all(np.isfinite(current)):
        raise InputError("the current is not one finite value per step")
    half = HALF_MV + HALF_PER_TONE_MV * (neuron.tone - REST_TONE)
    constants = np.array([
        neuron.soma_leak, neuron.dendrite_leak, neuron.coupling, neuron.soma_capacitance,
        neuron.dendrite_capacitance, neuron.sodium, neuron.calcium_per_charge,
        neuron.persistent * neuron.tone, half, neuron.inhibition, neuron.soma_share,
    ])  # fmt: skip
    times, soma, dendrite = run(constants, current / neuron.na_per_density, step_ms, keep, SPIKE_MV)
    return Response(times, soma, dendrite, keep * step_ms)
