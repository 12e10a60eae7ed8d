"""One myelinated motor fibre: geometry, channels, local disease, and the constants of its cable.

Geometry and channels: McIntyre, Richardson & Grill 2002 (J Neurophysiol
87:995), written here from the published equations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from myolens.errors import InputError
from myolens.simulation import cable_kernel as kernel

Array = NDArray[np.float64]

RESISTIVITY_OHM_CM = 70.0
C_AXOLEMMA, C_MYELIN = 2.0, 0.1  # µF/cm²
G_MYELIN = 0.001  # S/cm² per membrane
G_AXOLEMMA = {"mysa": 0.001, "flut": 0.0001, "stin": 0.0001}  # S/cm²
PERIAXONAL_UM = {"mysa": 0.002, "flut": 0.004, "stin": 0.004}
NODE_LENGTH_UM, MYSA_LENGTH_UM = 1.0, 3.0

# fibre diameter: internodal length, axon diameter, node diameter, FLUT length (µm), lamellae
_TABLE = {
    5.7: (500, 3.4, 1.9, 35, 80),
    7.3: (750, 4.6, 2.4, 38, 100),
    8.7: (1000, 5.8, 2.8, 40, 110),
    10.0: (1150, 6.9, 3.3, 46, 120),
    11.5: (1250, 8.1, 3.7, 50, 130),
    12.8: (1350, 9.2, 4.2, 54, 135),
    14.0: (1400, 10.4, 4.7, 56, 140),
    15.0: (1450, 11.5, 5.0, 58, 145),
    16.0: (1500, 12.7, 5.5, 60, 150),
}


@dataclass(frozen=True, kw_only=True)
class NodeChange:
    """Factors on the channels of some nodes, and a shift of their gates.

    Parameters
    ----------
    nodes : tuple of int
        Which nodes, counted from 0.
    fast_sodium, persistent_sodium, slow_potassium, leak : float
        Factors on the conductances.
    gating_shift_mv : float
        Displacement of all gates; negative opens them earlier.
    bias_na : float
        Standing current into each of these nodes, nA.
    """

    nodes: tuple[int, ...]
    fast_sodium: float = 1.0
    persistent_sodium: float = 1.0
    slow_potassium: float = 1.0
    leak: float = 1.0
    gating_shift_mv: float = 0.0
    bias_na: float = 0.0


@dataclass(frozen=True, kw_only=True)
class InternodeChange:
    """What compression or demyelination does to some internodes.

    Parameters
    ----------
    internodes : tuple of int
        Internode k lies between nodes k and k + 1.
    lamellae : float
        Factor on the number of myelin turns.
    myelin_conductance : float
        Factor on the conductance of each turn.
    """

    internodes: tuple[int, ...]
    lamellae: float = 1.0
    myelin_conductance: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Fibre:
    """One myelinated motor fibre.

    Parameters
    ----------
    diameter_um : float
        Outer diameter, 5.7 to 16 µm; between the published sizes the geometry is interpolated.
    nodes : int
        Number of nodes.
    temperature_c : float
        37 in the published model.
    changes : tuple of NodeChange or InternodeChange
        Local disease.
    """

    diameter_um: float = 10.0
    nodes: int = 21
    temperature_c: float = 37.0
    changes: tuple[NodeChange | InternodeChange, ...] = ()

    def __post_init__(self) -> None:
        if not min(_TABLE) <= self.diameter_um <= max(_TABLE):
            raise InputError(
                f"a fibre of {self.diameter_um:g} µm is outside the published sizes",
                where="diameter_um",
                mend=f"Give {min(_TABLE):g} to {max(_TABLE):g} µm",
            )
        if self.nodes < 2:
            raise InputError("a fibre needs at least two nodes", where="nodes")
        for change in self.changes:
            places, end = (
                (change.nodes, self.nodes)
                if isinstance(change, NodeChange)
                else (change.internodes, self.nodes - 1)
            )
            if any(not 0 <= place < end for place in places):
                raise InputError(f"a change lies outside the fibre: {places}", where="changes")

    @property
    def internode_um(self) -> float:
        """Distance between nodes, µm."""
        return self.geometry()[0]

    def geometry(self) -> tuple[float, float, float, float, float]:
        """Internodal length, axon and node diameter, FLUT length (µm) and lamellae."""
        sizes = np.array(sorted(_TABLE))
        columns = np.array([_TABLE[size] for size in sizes], dtype=np.float64).T
        length, axon, node, flut, lamellae = (float(np.interp(self.diameter_um, sizes, c)) for c in columns)
        return length, axon, node, flut, lamellae


def _area_cm2(diameter_um: float, length_um: float) -> float:
    return float(np.pi) * diameter_um * length_um * 1e-8


def _half_us(section_um2: float, length_um: float) -> float:
    """Conductance of half a compartment along its axis, µS."""
    return section_um2 * 1e-4 / (RESISTIVITY_OHM_CM * length_um / 2.0) * 1e6


def _ring_um2(diameter_um: float, width_um: float) -> float:
    return float(np.pi) * ((diameter_um / 2 + width_um) ** 2 - (diameter_um / 2) ** 2)


def node_constants(fibre: Fibre, node: int) -> tuple[float, ...]:
    """Constants of one node for the kernel, in the order of its fields (nF, µS, mV)."""
    _, _, diameter, _, _ = fibre.geometry()
    area = _area_cm2(diameter, NODE_LENGTH_UM)
    naf, nap, ks, leak, shift = 3.0, 0.01, 0.08, 0.007, 0.0
    for change in fibre.changes:
        if isinstance(change, NodeChange) and node in change.nodes:
            naf, nap = naf * change.fast_sodium, nap * change.persistent_sodium
            ks, leak, shift = ks * change.slow_potassium, leak * change.leak, shift + change.gating_shift_mv
    t = fibre.temperature_c
    q10 = (2.2 ** ((t - 20.0) / 10.0), 2.9 ** ((t - 20.0) / 10.0), 3.0 ** ((t - 36.0) / 10.0))
    conductances = (g * area * 1e6 for g in (naf, nap, ks, leak))
    return (C_AXOLEMMA * area * 1e3, *conductances, 50.0, -90.0, -90.0, shift, *q10)


def internode_constants(fibre: Fibre, internode: int, dt_ms: float, order: int) -> Array:
    """Constants of one internode for the kernel, (N_INTERNODE,)."""
    h_ms = dt_ms if order == 1 else dt_ms / 2
    length, axon, node, flut, lamellae = fibre.geometry()
    turns, myelin = lamellae, G_MYELIN
    for change in fibre.changes:
        if isinstance(change, InternodeChange) and internode in change.internodes:
            turns, myelin = turns * change.lamellae, myelin * change.myelin_conductance
    stin = (length - NODE_LENGTH_UM - 2 * MYSA_LENGTH_UM - 2 * flut) / 6.0
    kinds = ["mysa", "flut", *["stin"] * 6, "flut", "mysa"]
    lengths = np.array([{"mysa": MYSA_LENGTH_UM, "flut": flut, "stin": stin}[kind] for kind in kinds])
    diameters = np.array([node if kind == "mysa" else axon for kind in kinds])
    area = np.pi * diameters * lengths * 1e-8
    sheath = np.pi * fibre.diameter_um * lengths * 1e-8
    inside = np.array([_half_us(np.pi * d**2 / 4, x) for d, x in zip(diameters, lengths, strict=True)])
    around = np.array(
        [
            _half_us(_ring_um2(d, PERIAXONAL_UM[kind]), x)
            for d, x, kind in zip(diameters, lengths, kinds, strict=True)
        ]
    )
    # the node's own halves, on both ends of the internode
    inside = np.r_[_half_us(np.pi * node**2 / 4, NODE_LENGTH_UM), inside]
    around = np.r_[_half_us(_ring_um2(node, PERIAXONAL_UM["mysa"]), NODE_LENGTH_UM), around]
    inside, around = np.r_[inside, inside[0]], np.r_[around, around[0]]
    ga, gp = (
        inside[:-1] * inside[1:] / (inside[:-1] + inside[1:]),
        around[:-1] * around[1:] / (around[:-1] + around[1:]),
    )
    g_m = np.array([G_AXOLEMMA[kind] for kind in kinds]) * area * 1e6
    g_my = myelin / (2 * turns) * sheath * 1e6
    c_m, c_my = C_AXOLEMMA * area * 1e3, C_MYELIN / (2 * turns) * sheath * 1e3

    capacitance, conductance = np.zeros((20, 20)), np.zeros((20, 20))
    inside_at, around_at = np.arange(kernel.PARTS) * 2, np.arange(kernel.PARTS) * 2 + 1
    for matrix, axolemma, sheath_part in ((capacitance, c_m, c_my), (conductance, g_m, g_my)):
        matrix[inside_at, inside_at] = axolemma
        matrix[around_at, around_at] = axolemma + sheath_part
        matrix[inside_at, around_at] = matrix[around_at, inside_at] = -axolemma
    for at, g in ((inside_at, ga), (around_at, gp)):
        conductance[at, at] += g[:-1] + g[1:]
        conductance[at[:-1], at[1:]] -= g[1:-1]
        conductance[at[1:], at[:-1]] -= g[1:-1]
    return _modes(capacitance, conductance, ga[0], h_ms, order)


def _modes(capacitance: Array, conductance: Array, coupling_us: float, h_ms: float, order: int) -> Array:
    """Constants of the even and odd modes of a symmetric internode, (N_INTERNODE,)."""
    size, half = capacitance.shape[0], capacitance.shape[0] // 2
    mirror = np.arange(size).reshape(-1, 2)[::-1].reshape(-1)[:half]
    rows = []
    for sign in (1.0, -1.0):
        basis = np.zeros((size, half))
        basis[np.arange(half), np.arange(half)] = np.sqrt(0.5)
        basis[mirror, np.arange(half)] = sign * np.sqrt(0.5)
        rate, shape = eigh(basis.T @ conductance @ basis, basis.T @ capacitance @ basis)
        beta = coupling_us * (basis @ shape)[0]
        rows.append((1.0 / (1.0 + h_ms * rate), beta))
    decay = np.concatenate([row[0] for row in rows])
    beta = np.concatenate([row[1] for row in rows])
    drive = h_ms * decay * beta
    even, odd = np.sum((beta * drive)[:half]), np.sum((beta * drive)[half:])
    own, mutual = coupling_us - even - odd, even - odd
    if order == 2:  # the mid-step value is extrapolated
        return np.concatenate([2 * decay - 1, 2 * drive, beta * decay, [own, mutual]])
    return np.concatenate([decay, drive, beta * decay, [own, mutual]])
