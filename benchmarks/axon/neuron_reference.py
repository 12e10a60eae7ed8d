"""The double-cable fibre in NEURON, for reference traces and as the yardstick of speed.

    python benchmarks/axon/neuron_reference.py --write tests/simulation/data/neuron_mrg.npz
    python benchmarks/axon/neuron_reference.py --time

Run it with a Python that has NEURON (it need not have Myolens) and a C
compiler. Mechanism and geometry are written from the equations of McIntyre,
Richardson & Grill 2002; `secondorder` stays 0, because NEURON's second-order
correction does not reach the extracellular layers.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

NODE = """
NEURON {
  SUFFIX mrgnode
  NONSPECIFIC_CURRENT inaf, inap, iks, ilk
  RANGE gnaf, gnap, gks, glk
}
UNITS { (mV) = (millivolt) (mA) = (milliamp) (S) = (siemens) }
PARAMETER { gnaf = 3.0 (S/cm2) gnap = 0.01 (S/cm2) gks = 0.08 (S/cm2) glk = 0.007 (S/cm2) celsius (degC) }
STATE { m h p s }
ASSIGNED { v (mV) inaf (mA/cm2) inap (mA/cm2) iks (mA/cm2) ilk (mA/cm2)
  minf hinf pinf sinf mtau (ms) htau (ms) ptau (ms) stau (ms) }
BREAKPOINT {
  SOLVE gates METHOD cnexp
  inaf = gnaf*m*m*m*h*(v - 50)
  inap = gnap*p*p*p*(v - 50)
  iks = gks*s*(v + 90)
  ilk = glk*(v + 90)
}
INITIAL { rates(v) m = minf h = hinf p = pinf s = sinf }
DERIVATIVE gates { rates(v)
  m' = (minf - m)/mtau  h' = (hinf - h)/htau  p' = (pinf - p)/ptau  s' = (sinf - s)/stau }
FUNCTION lin(x, c) { if (fabs(x/c) < 1e-6) { lin = c*(1 + x/c/2) } else { lin = x/(1 - exp(-x/c)) } }
PROCEDURE rates(v (mV)) { LOCAL a, b, qm, qh, qs
  qm = 2.2^((celsius - 20)/10)  qh = 2.9^((celsius - 20)/10)  qs = 3.0^((celsius - 36)/10)
  a = qm*1.86*lin(v + 21.4, 10.3)  b = qm*0.086*lin(-(v + 25.7), 9.16)  mtau = 1/(a + b)  minf = a/(a + b)
  a = qh*0.062*lin(-(v + 114), 11)  b = qh*2.3/(1 + exp(-(v + 31.8)/13.4))  htau = 1/(a + b)  hinf = a/(a + b)
  a = qm*0.01*lin(v + 27, 10.2)  b = qm*0.00025*lin(-(v + 34), 10)  ptau = 1/(a + b)  pinf = a/(a + b)
  a = qs*0.3/(1 + exp(-(v + 53)/5))  b = qs*0.03/(1 + exp(-(v + 90)))  stau = 1/(a + b)  sinf = a/(a + b)
}
"""
# 10 µm fibre: internode, axon, node, FLUT (µm), lamellae
LENGTH, AXON, NODE_DIAMETER, FLUT, LAMELLAE, FIBRE = 1150.0, 6.9, 3.3, 46.0, 120, 10.0
RHO = 0.7  # MΩ·µm
NODES = 21
KEPT = (0, 5, 10, 15, 20)


def compile_mechanism():
    """Compile and load the node's channels; return NEURON's interpreter."""
    folder = Path(tempfile.mkdtemp())
    (folder / "mrgnode.mod").write_text(NODE, encoding="utf-8")
    tool = Path(sys.executable).parent / "nrnivmodl"
    path = f"{tool.parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run([tool], cwd=folder, check=True, capture_output=True, env={**os.environ, "PATH": path})
    os.chdir(folder)
    from neuron import h

    h.load_file("stdrun.hoc")
    return h


def ring_mohm_per_cm(diameter: float, width: float) -> float:
    """Resistance of the periaxonal ring per length."""
    return RHO * 1e4 / (math.pi * ((diameter / 2 + width) ** 2 - (diameter / 2) ** 2))


def earth(section) -> None:
    """Tie the outer extracellular layer to earth."""
    section.xraxial[1], section.xg[1], section.xc[1] = 1e9, 1e9, 0


def build(h):
    """One fibre; its sections, nodes first."""
    nodes, others, previous = [], [], None
    stin = (LENGTH - 1 - 2 * 3 - 2 * FLUT) / 6
    plan = [("mysa", 3.0, NODE_DIAMETER, 0.002, 0.001), ("flut", FLUT, AXON, 0.004, 0.0001)]
    plan += [("stin", stin, AXON, 0.004, 0.0001)] * 6 + plan[1::-1]
    for k in range(NODES):
        node = h.Section(name=f"node{k}")
        node.nseg, node.L, node.diam, node.Ra, node.cm = 1, 1.0, NODE_DIAMETER, 70, 2
        node.insert("mrgnode")
        node.insert("extracellular")
        node.xraxial[0], node.xg[0], node.xc[0] = ring_mohm_per_cm(NODE_DIAMETER, 0.002), 1e10, 0
        earth(node)
        if previous is not None:
            node.connect(previous(1), 0)
        previous = node
        nodes.append(node)
        if k == NODES - 1:
            break
        for name, length, diameter, width, leak in plan:
            part = h.Section(name=f"{name}{len(others)}")
            part.nseg, part.L, part.diam, part.Ra, part.cm = 1, length, diameter, 70, 2
            part.insert("pas")
            part.g_pas, part.e_pas = leak, -80
            part.insert("extracellular")
            scale = FIBRE / diameter  # myelin lies on the fibre's circumference
            part.xraxial[0] = ring_mohm_per_cm(diameter, width)
            part.xg[0], part.xc[0] = 0.001 / (2 * LAMELLAE) * scale, 0.1 / (2 * LAMELLAE) * scale
            earth(part)
            part.connect(previous(1), 0)
            previous = part
            others.append(part)
    return nodes, others


def run(h, duration_ms: float, dt_ms: float, pulses: list[tuple[float, float, float]], *, node: int = 2):
    """Traces of the kept nodes, (len(KEPT), steps + 1), and the CPU seconds of the run."""
    nodes, others = build(h)
    clamps = []
    for start, width, current in pulses:
        clamp = h.IClamp(nodes[node](0.5))
        clamp.delay, clamp.dur, clamp.amp = start, width, current
        clamps.append(clamp)
    vectors = [h.Vector().record(nodes[k](0.5)._ref_v) for k in KEPT]
    h.celsius, h.dt, h.secondorder = 37, dt_ms, 0
    h.finitialize(-80)
    began = time.process_time()
    for _ in range(round(duration_ms / dt_ms)):
        h.fadvance()
    cpu = time.process_time() - began
    del others, clamps
    return np.array([np.array(vector) for vector in vectors]), cpu


def threshold_na(h, dt_ms: float) -> float:
    """Least current of a 0.1 ms pulse at node 10 that sends an impulse to node 20, to 0.1 %."""
    low, high = 0.0, 4.0
    while high - low > 0.001 * high:
        middle = (low + high) / 2
        traces, _ = run(h, 2.0, dt_ms, [(0.1, 0.1, middle)], node=10)
        low, high = (low, middle) if traces[-1].max() > 0 else (middle, high)
    return (low + high) / 2


def main() -> None:
    """Write the reference or print the speed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--time", action="store_true")
    options = parser.parse_args()
    target = options.write.resolve() if options.write else None
    h = compile_mechanism()
    if target:
        pulses = [(0.5, 0.1, 2.0), (4.5, 0.1, 2.0)]
        traces, _ = run(h, 7.0, 0.005, pulses)
        np.savez_compressed(
            target,
            node_mv=traces[:, ::4],
            kept=np.array(KEPT),
            dt_ms=0.005,
            every=4,
            pulses=np.array(pulses),
            threshold_na=threshold_na(h, 0.005),
        )
    if options.time:
        _, cpu = run(h, 20.0, 0.005, [(0.5, 0.1, 2.0)])
        print(f"{20.0 / cpu:.2f}")


if __name__ == "__main__":
    main()
