"""The human motor axon as one node and one internode, and what can be changed about it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myolens.errors import InputError
from myolens.simulation import axon_kernel as kernel
from myolens.simulation.axon_parameters import SET_A, AxonParameters
from myolens.simulation.ions import CONTROL, Milieu, nernst_mv, pump_activity, screening_shift_mv, thermal_mv

Array = NDArray[np.float64]

PUMP_PA = 40.0
"""Outward current of the sodium–potassium pump at rest, of which a cause may take a share. Estimate: half of
it lost depolarises by about 1.4 mV."""

POTASSIUM_REACH = 0.55
"""Share of a change of serum potassium that acts at the axolemma after the perineurium and the pump.
Estimate (0.5 to 0.6): with 1 the model's strength–duration time constant follows potassium within its
normal range, which Kuwabara et al. 2007 (Clin Neurophysiol) did not find in 12 volunteers."""

CONDUCTANCE_POWER = 0.5
"""Potassium conductances grow with this power of potassium outside. Estimate: a square root is what single
potassium channels show (Sakmann & Trube 1984 J Physiol 347:641, inward rectifier); without it the model's
superexcitability moves the wrong way in hypokalaemia and its strength–duration time constant follows
potassium within the normal range, which people's does not (Kuwabara et al. 2007)."""


@dataclass(frozen=True, kw_only=True)
class AxonState:
    """An axon in its surroundings: what every experiment takes.

    Parameters
    ----------
    control : AxonParameters
        The healthy axon, which fixes the standing pump currents.
    parameters : AxonParameters
        The axon now.
    milieu : Milieu
        Ions and temperature now.
    potassium_reach : float
        Share of a serum potassium change that reaches the axolemma.
    conductance_power : float
        Power of potassium outside with which potassium conductances grow.
    periaxonal_potassium_mm : float
        Potassium gathered around the axon beyond that, mmol/L.
    pump : float
        Activity of the sodium–potassium pump, 1 healthy.
    bias_pa : float
        Standing current into the node, depolarising positive.
    gating_shift_mv, sodium_shift_mv : float
        Displacement of all gates, of sodium gates alone, beyond what ions explain.
    noise_pa : float
        Standard deviation of channel noise at the node (correlation time 0.5 ms). 3.9 pA gives the
        threshold spread of 1.65 % of single human motor axons (Hales, Lin & Bostock 2004 J Physiol).
    drive_percent, drive_ms : float
        Slow random drive at the ectopic site: standard deviation in percent of the healthy 1-ms
        threshold, correlation time. Estimate, the same for every cause: the healthy axon then stays
        silent for an hour.
    site : AxonState or None
        The ectopic site (terminal, lesion) where it differs from the trunk under the stimulating
        electrode.
    """

    control: AxonParameters = SET_A
    parameters: AxonParameters = SET_A
    milieu: Milieu = CONTROL
    potassium_reach: float = POTASSIUM_REACH
    conductance_power: float = CONDUCTANCE_POWER
    periaxonal_potassium_mm: float = 0.0
    pump: float = 1.0
    bias_pa: float = 0.0
    gating_shift_mv: float = 0.0
    sodium_shift_mv: float = 0.0
    noise_pa: float = 3.9
    drive_percent: float = 14.0
    drive_ms: float = 20.0
    site: AxonState | None = None

    @property
    def ectopic_site(self) -> AxonState:
        """Where spontaneous discharges start."""
        return self.site or self

    @property
    def potassium_at_axon_mm(self) -> float:
        """Potassium at the axolemma, mmol/L."""
        serum = CONTROL.potassium_mm + self.potassium_reach * (
            self.milieu.potassium_mm - CONTROL.potassium_mm
        )
        return serum + self.periaxonal_potassium_mm


_MILIEU_KNOBS = ("potassium_mm", "sodium_mm", "calcium_mm", "magnesium_mm", "ph", "temperature_c")
_FACTOR_KNOBS = {
    "sodium_permeability": ("sodium_permeability",),
    "persistent_sodium": ("persistent_fraction",),
    "slow_potassium": ("ks_node_ns", "ks_internode_ns"),
    "fast_potassium": ("kf_node_ns", "kf_internode_ns"),
    "h_conductance": ("h_ns",),
    "leak": ("leak_node_ns", "leak_internode_ns"),
    "myelin_leak": ("myelin_ns",),
    "all_channels": (
        "sodium_permeability",
        "ks_node_ns",
        "kf_node_ns",
        "leak_node_ns",
        "ks_internode_ns",
        "kf_internode_ns",
        "leak_internode_ns",
        "h_ns",
    ),
}
_STATE_FACTOR_KNOBS = ("pump", "noise_pa", "drive_percent")
_STATE_SUM_KNOBS = ("bias_pa", "gating_shift_mv", "sodium_shift_mv", "periaxonal_potassium_mm")
_STATE_VALUE_KNOBS = ("potassium_reach", "conductance_power", "drive_ms")

KNOBS: dict[str, str] = {
    **dict.fromkeys(_MILIEU_KNOBS, "value"),
    **dict.fromkeys(_FACTOR_KNOBS, "factor"),
    **dict.fromkeys(_STATE_FACTOR_KNOBS, "factor"),
    **dict.fromkeys(_STATE_SUM_KNOBS, "sum"),
    **dict.fromkeys(_STATE_VALUE_KNOBS, "value"),
    "h_shift_mv": "sum",
}
"""Everything that may be changed about an axon, and whether the number given is a new value, a factor
on the present value, or is added to it."""


def vary(state: AxonState | None = None, /, **knobs: float) -> AxonState:
    """The same axon with some of its `KNOBS` turned.

    Parameters
    ----------
    state : AxonState, optional
        Default: the healthy axon.
    **knobs : float
        For instance ``potassium_mm=2.5, persistent_sodium=1.25``.

    Returns
    -------
    AxonState

    Raises
    ------
    InputError
        For an unknown knob, a negative factor, or ions no living person has.
    """
    state = state or AxonState()
    for knob, number in knobs.items():
        if knob not in KNOBS:
            raise InputError(
                f"the axon has no parameter called {knob!r}", mend=f"Choose from {', '.join(sorted(KNOBS))}"
            )
        if not np.isfinite(number) or (KNOBS[knob] == "factor" and number < 0):
            raise InputError(
                f"{knob} cannot be {number}", where=knob, mend="Give a finite number, not negative"
            )
        if knob in _MILIEU_KNOBS:
            ion: dict[str, Any] = {knob: float(number)}
            state = replace(state, milieu=replace(state.milieu, **ion))
        elif knob in _FACTOR_KNOBS:
            scaled: dict[str, Any] = {
                name: getattr(state.parameters, name) * number for name in _FACTOR_KNOBS[knob]
            }
            state = replace(state, parameters=replace(state.parameters, **scaled))
        elif knob == "h_shift_mv":
            half = state.parameters.h_half_mv + number
            state = replace(state, parameters=replace(state.parameters, h_half_mv=half))
        else:
            value = float(number)
            if knob in _STATE_FACTOR_KNOBS:
                value *= getattr(state, knob)
            elif knob in _STATE_SUM_KNOBS:
                value += getattr(state, knob)
            own: dict[str, Any] = {knob: value}
            state = replace(state, **own)
    return state


def healthy(parameters: AxonParameters = SET_A) -> AxonState:
    """The healthy axon with these parameters."""
    return AxonState(control=parameters, parameters=parameters)


def _constants(state: AxonState, pump_node_pa: float, pump_internode_pa: float) -> Array:
    """The `N_CONSTANT` numbers the kernel needs for one axon."""
    p, milieu = state.parameters, state.milieu
    temperature = milieu.temperature_c
    potassium = state.potassium_at_axon_mm
    if potassium <= 0:
        raise InputError("no potassium is left at the axon", where="periaxonal_potassium_mm")
    permeability_pa_per_mm = p.sodium_permeability * 96485.33212 * 1e-3
    open_more = (potassium / CONTROL.potassium_mm) ** state.conductance_power
    slow = 3.0 ** ((temperature - 37.0) / 10.0)  # Q10 3 (Schwarz et al. 1995)
    shift = screening_shift_mv(milieu) + state.gating_shift_mv
    # potassium's own effect on the pump is part of `potassium_reach`
    activity = pump_activity(replace(milieu, potassium_mm=CONTROL.potassium_mm))
    pump_gained = PUMP_PA * (state.pump * activity - 1.0)
    values = {
        kernel.C11: p.node_pf + p.myelin_pf,
        kernel.C22: p.internode_pf + p.myelin_pf,
        kernel.CMY: p.myelin_pf,
        kernel.GBB: p.myelin_ns,
        kernel.PNA_T: permeability_pa_per_mm * (1.0 - p.persistent_fraction),
        kernel.PNA_P: permeability_pa_per_mm * p.persistent_fraction,
        kernel.PER_RT_F: 1.0 / thermal_mv(temperature),
        kernel.NA_OUT: milieu.sodium_mm,
        kernel.NA_IN: milieu.sodium_inside_mm,
        kernel.GKS: p.ks_node_ns * open_more,
        kernel.GKF: p.kf_node_ns * open_more,
        kernel.GLK: p.leak_node_ns,
        kernel.GKS_I: p.ks_internode_ns * open_more,
        kernel.GKF_I: p.kf_internode_ns * open_more,
        kernel.GLK_I: p.leak_internode_ns,
        kernel.GH: p.h_ns,
        kernel.SEL: p.h_sodium_share,
        kernel.EK: nernst_mv(potassium, milieu.potassium_inside_mm, temperature),
        kernel.ENA: nernst_mv(milieu.sodium_mm, milieu.sodium_inside_mm, temperature),
        kernel.ELK: state.control.resting_mv,
        kernel.PUMP: pump_node_pa + pump_gained - state.bias_pa,
        kernel.PUMP_I: pump_internode_pa,
        kernel.SHIFT: shift,
        kernel.SHIFT_NA: state.sodium_shift_mv,
        kernel.PHI_M: 2.2 ** ((temperature - 20.0) / 10.0),
        kernel.PHI_H: 2.9 ** ((temperature - 20.0) / 10.0),
        kernel.PHI_N: 3.0 ** ((temperature - 20.0) / 10.0),
        kernel.A_S: p.ks_rate_per_ms * slow,
        kernel.B_S: p.ks_half_mv,
        kernel.C_S: 1.0 / p.ks_slope_mv,
        kernel.A_Q: p.h_rate_per_ms * slow,
        kernel.B_Q: p.h_half_mv,
        kernel.C_Q: 1.0 / p.h_slope_mv,
    }
    return np.array([values[index] for index in range(kernel.N_CONSTANT)], dtype=np.float64)


@lru_cache(maxsize=512)
def standing_pump_pa(control: AxonParameters) -> tuple[float, float]:
    """Constant currents (pA, outward) that balance the healthy node and internode at rest.

    They are kept when parameters change, which is how a cause moves the
    resting potential (Bostock, Baker & Reid 1991 J Physiol 441:537).
    """
    column = _constants(healthy(control), 0.0, 0.0)
    P = np.repeat(column, kernel.LANES)
    S = np.zeros(kernel.N_STATE * kernel.LANES)
    node, internode = kernel.settle(S, P, 0, control.resting_mv, control.resting_mv)
    return -node, -internode


def pack(states: Sequence[AxonState]) -> tuple[Array, Array, int]:
    """States of up to `LANES` axons at rest, and their constants, as the kernel wants them.

    Returns
    -------
    S, P : ndarray
        Flat state and constants.
    lanes : int
        Number of lanes in use, rounded up to fill a vector; the spare ones repeat the last axon.
    """
    lanes = min(kernel.LANES, 8 * -(-len(states) // 8)) if len(states) > 1 else 1
    S = np.zeros((kernel.N_STATE, kernel.LANES))
    P = np.ones((kernel.N_CONSTANT, kernel.LANES))
    flat_s, flat_p = S.reshape(-1), P.reshape(-1)
    for lane, state in enumerate(states):
        P[:, lane] = _constants(state, *standing_pump_pa(state.control))
        if not kernel.rest(flat_s, flat_p, lane, 0.0):
            kernel.settle(flat_s, flat_p, lane, state.control.resting_mv, state.control.resting_mv)
    P[:, len(states) :] = P[:, len(states) - 1 : len(states)]
    S[:, len(states) :] = S[:, len(states) - 1 : len(states)]
    return flat_s, flat_p, lanes


def resting_potential_mv(state: AxonState | None = None) -> float:
    """Potential of the node at the resting state the axon reaches from its healthy one, mV.

    NaN when there is no such state.
    """
    state = state or AxonState()
    P = np.repeat(_constants(state, *standing_pump_pa(state.control)), kernel.LANES)
    S = np.zeros(kernel.N_STATE * kernel.LANES)
    return float(S[kernel.E * kernel.LANES]) if kernel.rest(S, P, 0, 0.0) else float("nan")


@dataclass(frozen=True)
class AxonTrace:
    """What axons did.

    Parameters
    ----------
    time_ms : ndarray
        Times of the samples, shape (samples,).
    node_mv, internode_mv : ndarray
        Potentials, shape (axons, samples).
    spike_times_ms : tuple of ndarray
        Upward crossings of −10 mV at the node, per axon.
    """

    time_ms: Array
    node_mv: Array
    internode_mv: Array
    spike_times_ms: tuple[Array, ...]


def simulate_axon(
    parameters: AxonParameters | AxonState | Sequence[AxonState] = SET_A,
    *,
    stimulus_pa: ArrayLike,
    dt_ms: float = 0.01,
    sample_every: int = 1,
    threads: int = 2,
) -> AxonTrace:
    """Run axons from rest under given currents.

    Parameters
    ----------
    parameters : AxonParameters, AxonState or sequence of AxonState
        One axon or many.
    stimulus_pa : array_like
        Current into the node during each step, pA, shape (steps,) for all axons alike or
        (axons, steps).
    dt_ms : float, optional
        Step, ms; at most 0.05.
    sample_every : int, optional
        Steps between stored samples.
    threads : int, optional
        Threads over blocks of axons.

    Returns
    -------
    AxonTrace

    Raises
    ------
    InputError
        When shapes or numbers cannot be used.
    """
    if isinstance(parameters, AxonParameters):
        parameters = healthy(parameters)
    states = [parameters] if isinstance(parameters, AxonState) else list(parameters)
    current = np.atleast_2d(np.asarray(stimulus_pa, dtype=np.float64))
    if not states or current.ndim != 2 or current.shape[0] not in (1, len(states)) or current.shape[1] == 0:
        raise InputError(
            f"a stimulus of shape {np.shape(stimulus_pa)} does not fit {len(states)} axons",
            where="stimulus_pa",
            mend="Give (steps,) or (axons, steps)",
        )
    if not np.isfinite(current).all():
        raise InputError("the stimulus holds numbers that are not finite", where="stimulus_pa")
    if not 0 < dt_ms <= 0.05:
        raise InputError(f"a step of {dt_ms} ms is outside 0 to 0.05 ms", where="dt_ms")
    if sample_every < 1:
        raise InputError("samples must be at least one step apart", where="sample_every")
    current = np.broadcast_to(current, (len(states), current.shape[1]))
    blocks = [slice(i, min(i + kernel.LANES, len(states))) for i in range(0, len(states), kernel.LANES)]

    def run(block: slice) -> tuple[Array, Array, list[Array]]:
        S, P, lanes = pack(states[block])
        rows = np.zeros((kernel.LANES, current.shape[1]))
        rows[: block.stop - block.start] = current[block]
        node, internode, times, lane_of = kernel.trace(
            S, P, np.ascontiguousarray(rows.T), lanes, dt_ms, sample_every
        )
        used = block.stop - block.start
        return node[:used], internode[:used], [times[lane_of == lane] for lane in range(used)]

    if threads > 1 and len(blocks) > 1:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(run, blocks))
    else:
        parts = [run(block) for block in blocks]
    samples = parts[0][0].shape[1]
    return AxonTrace(
        time_ms=np.arange(samples, dtype=np.float64) * (dt_ms * sample_every),
        node_mv=np.concatenate([part[0] for part in parts]),
        internode_mv=np.concatenate([part[1] for part in parts]),
        spike_times_ms=tuple(times for part in parts for times in part[2]),
    )
