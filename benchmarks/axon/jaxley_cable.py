"""Speed of Jaxley on one cable of 221 active compartments: million compartment-steps per CPU second.

    python benchmarks/axon/jaxley_cable.py

Run it with a Python that has Jaxley. Jaxley has no double cable, so this is its nearest task: a single
cable with Hodgkin–Huxley channels, 5 µs steps, float64, one thread.
"""

from __future__ import annotations

import os

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["JAX_ENABLE_X64"] = "1"
os.environ["JAX_PLATFORMS"] = "cpu"

import time

import jax
import jax.numpy as jnp
import jaxley
from jaxley.channels import HH

COMPARTMENTS, DURATION_MS, DT_MS = 221, 20.0, 0.005


def main() -> None:
    """Compile, then time the second run."""
    branch = jaxley.Branch(jaxley.Compartment(), ncomp=COMPARTMENTS)
    branch.insert(HH())
    branch.set("length", 20.0)
    branch.set("radius", 1.0)
    branch.comp(0).stimulate(jaxley.step_current(1.0, 1.0, 1.0, DT_MS, DURATION_MS))
    branch.comp(COMPARTMENTS - 1).record()
    run = jax.jit(lambda: jaxley.integrate(branch, delta_t=DT_MS))
    jnp.asarray(run()).block_until_ready()
    began = time.process_time()
    jnp.asarray(run()).block_until_ready()
    cpu = time.process_time() - began
    print(f"{COMPARTMENTS * DURATION_MS / DT_MS / cpu / 1e6:.2f}")


if __name__ == "__main__":
    main()
