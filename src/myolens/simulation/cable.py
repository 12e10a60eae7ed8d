"""A myelinated motor fibre as a double cable: propagation, compression, ectopic discharge.

Every compartment has a potential inside and one in the periaxonal space. The
model (McIntyre, Richardson & Grill 2002) lacks internodal potassium and h
channels, so it is for propagation, never for the excitability battery.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from myolens.errors import InputError
from myolens.simulation import cable_kernel as kernel
from myolens.simulation.nerve_fibre import (
    Fibre,
    InternodeChange,
    NodeChange,
    internode_constants,
    node_constants,
)

Array = NDArray[np.float64]

ROOM_FOR_SPIKES = 256


@dataclass(frozen=True, kw_only=True)
class Pulse:
    """A rectangular current into one node.

    Parameters
    ----------
    node : int
        Which node.
    start_ms, duration_ms : float
        When.
    current_na : float or tuple of float
        Current, nA; one number for all fibres, or one a fibre.
    """

    node: int
    start_ms: float
    duration_ms: float
    current_na: float | tuple[float, ...]


@dataclass(frozen=True)
class Propagation:
    """What fibres did.

    Parameters
    ----------
    time_ms : ndarray
        Times of the samples; empty when none were asked for.
    node_mv : ndarray
        Potentials, (fibres, nodes, samples).
    spike_times_ms : tuple of tuple of ndarray
        Upward crossings of −20 mV, by fibre and node, interpolated within a step.
    """

    time_ms: Array
    node_mv: Array
    spike_times_ms: tuple[tuple[Array, ...], ...]

    def velocity_m_per_s(self, fibre: Fibre, *, index: int = 0, first: int = 5, last: int = 15) -> float:
        """Speed of the first impulse between two nodes; NaN when it does not pass both."""
        a, b = (self.spike_times_ms[index][node] for node in (first, last))
        if not a.size or not b.size or a[0] == b[0]:
            return float("nan")
        return float((last - first) * fibre.internode_um / (b[0] - a[0]) / 1000.0)


def _by_kind(columns: list[Array]) -> tuple[Array, NDArray[np.int64]]:
    """Places with the same constants in all lanes share one kind; kinds flat, and the kind of each place."""
    kinds: dict[bytes, int] = {}
    stored: list[Array] = []
    which = []
    for column in columns:
        key = column.tobytes()
        if key not in kinds:
            kinds[key] = len(stored)
            stored.append(column)
        which.append(kinds[key])
    return np.ascontiguousarray(np.stack(stored)).reshape(-1), np.array(which, dtype=np.int64)


def _lane_constants(
    fibres: Sequence[Fibre], dt_ms: float, order: int
) -> tuple[Array, NDArray[np.int64], Array, NDArray[np.int64]]:
    """Constants of nodes and internodes by kind, lanes last, and the kind of each."""
    filled = [*fibres, *[fibres[-1]] * (kernel.LANES - len(fibres))]
    seen: dict[Fibre, list[Array]] = {}

    def internodes(fibre: Fibre) -> list[Array]:
        if fibre not in seen:
            plain = internode_constants(replace(fibre, changes=()), 0, dt_ms, order)
            changed = {
                place
                for change in fibre.changes
                if isinstance(change, InternodeChange)
                for place in change.internodes
            }
            seen[fibre] = [
                internode_constants(fibre, k, dt_ms, order) if k in changed else plain
                for k in range(fibre.nodes - 1)
            ]
        return seen[fibre]

    C, node_kind = _by_kind(
        [np.array([node_constants(fibre, k) for fibre in filled]).T.copy() for k in range(fibres[0].nodes)]
    )
    K, internode_kind = _by_kind(
        [np.stack([internodes(fibre)[k] for fibre in filled], axis=-1) for k in range(fibres[0].nodes - 1)]
    )
    return C, node_kind, K, internode_kind


def propagate(
    fibres: Fibre | Sequence[Fibre],
    *,
    pulses: Sequence[Pulse] = (),
    duration_ms: float,
    dt_ms: float = 0.005,
    scheme: Literal["crank-nicolson", "backward-euler"] = "crank-nicolson",
    sample_every: int = 0,
    threads: int = 2,
) -> Propagation:
    """Run fibres from −80 mV under given currents.

    Parameters
    ----------
    fibres : Fibre or sequence of Fibre
        One or many; all with the same number of nodes.
    pulses : sequence of Pulse, optional
        Currents into nodes; their edges are moved to whole steps.
    duration_ms : float
        Length of the run.
    dt_ms : float, optional
        Step, at most 0.01 ms (beyond, the peak overshoots). At 0.005 conduction velocity is 1 % low with
        Crank–Nicolson and 9 % low with backward Euler.
    scheme : str, optional
        Order 2, or the fully implicit order 1 of NEURON.
    sample_every : int, optional
        Steps between stored samples; 0 stores none.
    threads : int, optional
        Threads over blocks of fibres.

    Returns
    -------
    Propagation
    """
    group = [fibres] if isinstance(fibres, Fibre) else list(fibres)
    if not group or len({fibre.nodes for fibre in group}) > 1:
        raise InputError("fibres of one run need the same number of nodes", where="fibres")
    if not 0 < dt_ms <= 0.01:
        raise InputError(f"a step of {dt_ms} ms is outside 0 to 0.01 ms", where="dt_ms")
    if any(not 0 <= pulse.node < group[0].nodes for pulse in pulses):
        raise InputError("a pulse is given to a node that does not exist", where="pulses")
    blocks = [group[k : k + kernel.LANES] for k in range(0, len(group), kernel.LANES)]
    heights = [np.broadcast_to(np.asarray(pulse.current_na, np.float64), (len(group),)) for pulse in pulses]

    def run(number: int) -> tuple[Array, list[tuple[Array, ...]]]:
        chosen = slice(number * kernel.LANES, number * kernel.LANES + len(blocks[number]))
        return _run_block(
            blocks[number],
            list(zip(pulses, [height[chosen] for height in heights], strict=True)),
            steps=round(duration_ms / dt_ms),
            dt_ms=dt_ms,
            order=2 if scheme == "crank-nicolson" else 1,
            every=sample_every,
        )

    if threads > 1 and len(blocks) > 1:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(run, range(len(blocks))))
    else:
        parts = [run(number) for number in range(len(blocks))]
    node_mv = np.concatenate([part[0] for part in parts])
    return Propagation(
        time_ms=np.arange(node_mv.shape[2], dtype=np.float64) * (dt_ms * sample_every),
        node_mv=node_mv,
        spike_times_ms=tuple(spikes for part in parts for spikes in part[1]),
    )


def _run_block(
    fibres: Sequence[Fibre],
    pulses: list[tuple[Pulse, Array]],
    *,
    steps: int,
    dt_ms: float,
    order: int,
    every: int,
) -> tuple[Array, list[tuple[Array, ...]]]:
    """Samples (fibres, nodes, samples) and spike times of up to `LANES` fibres."""
    L, nodes = kernel.LANES, fibres[0].nodes
    C, node_kind, K, internode_kind = _lane_constants(fibres, dt_ms, order)
    N = np.zeros((nodes, kernel.N_NODE, L))
    shifts = C.reshape(-1, kernel.N_NODE_CONSTANT, L)[node_kind, kernel.SHIFT]
    for shift in np.unique(shifts):
        at = shifts == shift
        for field, value in enumerate(kernel.steady_gates(kernel.REST_MV - shift), start=kernel.M):
            N[:, field][at] = value
    X = np.zeros((nodes - 1, 2 * kernel.PARTS, L))
    S, T = np.zeros((nodes, 3, L)), np.zeros((nodes, 3, L))
    times = np.zeros((nodes, L, ROOM_FOR_SPIKES))
    counts = np.zeros((nodes, L), np.int64)
    samples = np.zeros((-(-steps // every) if every else 0, nodes, L))
    standing = np.zeros((nodes, L))
    for lane, fibre in enumerate(fibres):
        for change in fibre.changes:
            if isinstance(change, NodeChange):
                standing[list(change.nodes), lane] += change.bias_na
    lanes = 1 if len(fibres) == 1 else 8 * -(-len(fibres) // 8)
    edges = {0, steps}
    spans = []
    for pulse, height in pulses:
        first = round(pulse.start_ms / dt_ms)
        last = first + round(pulse.duration_ms / dt_ms)
        spans.append((first, last, pulse.node, height))
        edges |= {min(max(edge, 0), steps) for edge in (first, last)}
    if every:  # sampling counts steps from the start of a segment
        edges = {edge for edge in edges if edge % every == 0} | {steps}
        if any(span[0] % every or span[1] % every for span in spans):
            raise InputError("pulse edges must fall on samples", where="sample_every")
    ordered, sampled = sorted(edges), 0
    for begin, end in itertools.pairwise(ordered):
        current = standing.copy()
        for first, last, node, height in spans:
            if first <= begin < last:
                current[node, : height.size] += height
        sampled = kernel.step_cable(
            N.reshape(-1), X.reshape(-1), S.reshape(-1), T.reshape(-1), C, K, current.reshape(-1),
            node_kind, internode_kind, lanes, end - begin, dt_ms, order,
            begin * dt_ms, times, counts, samples, every, sampled,
        )  # fmt: skip
    found = [
        tuple(times[node, lane, : counts[node, lane]].copy() for node in range(nodes))
        for lane in range(len(fibres))
    ]
    return np.ascontiguousarray(samples.transpose(2, 1, 0))[: len(fibres)], found
