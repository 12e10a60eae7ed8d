"""Constants of the human motor axon: the fitted sets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import yaml


@dataclass(frozen=True, kw_only=True)
class AxonParameters:
    """Constants of the node–internode axon; the defaults are set A.

    Set A was fitted to the threshold electrotonus, recovery cycle and
    current–threshold means of 280 healthy adults (nerve-norms records); single
    values are not identifiable, so conclusions are drawn over `ensemble`.

    Parameters
    ----------
    name : str
        Which set.
    sodium_permeability : float
        10⁻⁹ cm³/s, all of the node.
    persistent_fraction : float
        Of that permeability, the part that does not inactivate.
    ks_node_ns, kf_node_ns, leak_node_ns : float
        Slow and fast potassium and leak conductance of the node, nS.
    ks_internode_ns, kf_internode_ns, leak_internode_ns, h_ns : float
        Of the internodal axolemma, nS.
    h_sodium_share : float
        Part of the h current carried by sodium.
    h_half_mv, h_rate_per_ms, h_slope_mv : float
        Half-activation, rate at it (37 °C) and slope of the h gate.
    ks_half_mv, ks_rate_per_ms, ks_slope_mv : float
        The same of the slow potassium gate.
    myelin_ns : float
        Barrett–Barrett conductance through and under the myelin, nS.
    node_pf, internode_pf, myelin_pf : float
        Capacitances, pF.
    resting_mv : float
        Resting potential of the healthy axon, and reversal of the leak.
    """

    name: str = "A"
    sodium_permeability: float = 5.46
    persistent_fraction: float = 0.00394
    ks_node_ns: float = 82.6
    kf_node_ns: float = 33.6
    leak_node_ns: float = 1.23
    ks_internode_ns: float = 0.505
    kf_internode_ns: float = 63.3
    leak_internode_ns: float = 1.02
    h_ns: float = 2.10
    h_sodium_share: float = 0.134
    h_half_mv: float = -101.0
    h_rate_per_ms: float = 0.01686
    h_slope_mv: float = 12.2
    ks_rate_per_ms: float = 0.01059
    ks_half_mv: float = -45.0
    ks_slope_mv: float = 31.0
    myelin_ns: float = 33.3
    node_pf: float = 0.345
    internode_pf: float = 206.0
    myelin_pf: float = 1.89
    resting_mv: float = -81.5


SET_A = AxonParameters()
SET_B = AxonParameters(
    name="B",
    sodium_permeability=3.11,
    persistent_fraction=0.00668,
    ks_node_ns=59.4,
    kf_node_ns=19.9,
    leak_node_ns=1.18,
    ks_internode_ns=0.0715,
    kf_internode_ns=41.7,
    leak_internode_ns=1.51,
    h_ns=1.29,
    h_sodium_share=0.273,
    h_half_mv=-99.2,
    h_rate_per_ms=0.01021,
    ks_rate_per_ms=0.01097,
    ks_half_mv=-46.0,
    ks_slope_mv=27.7,
    myelin_ns=30.5,
    node_pf=0.658,
    internode_pf=195.0,
    myelin_pf=0.771,
    resting_mv=-79.3,
)


@lru_cache(maxsize=1)
def ensemble() -> tuple[AxonParameters, ...]:
    """Parameter sets that fit healthy people about equally well; a conclusion should hold in most of them.

    A and B come from one fit over other ranges, the rest from
    ``benchmarks/axon/fit_ensemble.py``. Single parameters differ up to
    fourfold between them, which is what the curves of one nerve leave open.
    """
    text = (resources.files("myolens.simulation") / "data" / "axon_ensemble.yaml").read_text(encoding="utf-8")
    return (SET_A, SET_B, *(AxonParameters(**row) for row in yaml.safe_load(text)))
