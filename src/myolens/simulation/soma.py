"""The motor neuron as two compartments, soma and dendrite, with a persistent inward current.

Kim 2017 (J Appl Physiol 123:1166), a model of cat spinal motor neurons: spikes and the potassium
current that ends and follows them at the soma, a calcium current that hardly inactivates on the dendrite.
That current is what keeps a motor neuron firing after its input has gone; monoamines raise it, inhibition
on the dendrite cancels it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from myolens.errors import InputError

Array = NDArray[np.float64]

STEP_MS = 0.01
SPIKE_MV = -10.0
REST_TONE = 1.0
HALF_MV, HALF_PER_TONE_MV = -43.0, -3.0
"""Half activation of the persistent current, and its shift per unit of tone (the shift: estimate)."""
RAMP_NA_PER_S, RAMP_MS = 4.0, 5000.0
"""Slope and length of the rising input with which recruitment is measured."""
TONES = (0.5, 1.0, 1.5, 2.0)
INHIBITIONS = (0.0, 0.1, 0.3)
SUPPLIED = (
    (0.045, 0.125, 0.277, 0.587),
    (0.028, 0.076, 0.162, 0.333),
    (0.014, 0.037, 0.076, 0.144),
)
"""Share of the recruitment current that the persistent current supplies, per inhibition (rows) and tone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MotorNeuron:
    """A motor neuron; conductances in mS/cm², capacitances in µF/cm².

    Defaults: the fast, fatigue-resistant cell of Kim 2017 (input resistance 1.1 MΩ).

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

    soma_leak: float = 0.0958
    dendrite_leak: float = 0.3722
    coupling: float = 0.1817
    soma_capacitance: float = 1.897
    dendrite_capacitance: float = 0.963
    sodium: float = 71.6
    calcium_per_charge: float = 0.015
    persistent: float = 0.185
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
        soma_leak=0.0445, dendrite_leak=0.1723, coupling=0.1826, soma_capacitance=1.158,
        dendrite_capacitance=0.871, sodium=144.5, calcium_per_charge=0.009, persistent=0.134,
    ),
    "fast_resistant": MotorNeuron(),
}  # fmt: skip
"""Two cells of Kim 2017: a slow one (1.9 MΩ) and a fast, fatigue-resistant one (1.1 MΩ)."""


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


def recruitment_na(neuron: MotorNeuron, *, step_ms: float = 0.02) -> float:
    """Current at the first spike while the input rises by 4 nA/s to 20 nA; infinite without one."""
    rising = np.arange(0, RAMP_MS, step_ms) * RAMP_NA_PER_S / 1000
    times = respond(neuron, rising, step_ms=step_ms).times_ms
    return float(times[0] * RAMP_NA_PER_S / 1000) if times.size else float("inf")


def measured_share(tone: float, inhibition: float) -> float:
    """Share of the recruitment current that the persistent current supplies, from the model itself.

    ``1 − I(tone)/I(0)``, with I the recruitment current of the fast, fatigue-resistant cell.
    """
    inhibited = MotorNeuron(inhibition=inhibition)
    alone = recruitment_na(replace(inhibited, tone=0.0))
    return 1 - recruitment_na(replace(inhibited, tone=tone)) / alone


def supplied_share(tone: float, inhibition: float = 0.0) -> float:
    """`measured_share` between the tones and inhibitions at which it was tabulated.

    A pool of motor neurons uses it as its hysteresis: once open, the current lowers the input that a
    unit needs by this share, an eighth at tone 1. The single cell itself goes from almost none to firing for
    ever within a narrow range of tones; a pool is taken to grade it.

    Parameters
    ----------
    tone : float
        Monoamine tone; 1 at rest. Values outside 0.5 to 2 count as those.
    inhibition : float
        mS/cm² of dendrite, 0 to 0.3.
    """
    at_tone = [np.interp(tone, TONES, row) for row in SUPPLIED]
    return float(np.interp(inhibition, INHIBITIONS, at_tone))
