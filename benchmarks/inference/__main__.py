"""Exact inference beside pyAgrum and pgmpy on the same networks: python -m benchmarks.inference.

50 causes, findings with 4, 8 or 16 parents each, a number of them present; four links between
causes. The peers get the same pruned network (only the findings that are present), best of
several runs each, in one process; set OPENBLAS_NUM_THREADS=1 for one thread. A peer that is
not installed is left out; one that takes longer than `PATIENCE_S` on a cell is not tried on wider ones.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable

import numpy as np

from myolens.assessment.draws import joint_draws
from myolens.assessment.inference import Problem, order_of, solve

PATIENCE_S = 20.0


def network(seed: int, *, causes: int, findings: int, parents: int, variants: int) -> Problem:
    """Return a random network with habits (priors up to 0.4) and rare diseases."""
    random = np.random.default_rng(seed)
    prior = np.exp(random.uniform(np.log(1e-4), np.log(0.1), causes))
    prior[:12] = random.uniform(0.05, 0.4, 12)
    activation = np.zeros((findings, causes, 1))
    for row in activation:
        row[random.choice(causes, parents, replace=False), 0] = random.uniform(0.05, 0.95, parents)
    links = ((0, 20), (1, 21), (12, 22), (13, 23))
    return Problem(
        prior=np.tile(prior[:, None], variants),
        likelihood=np.tile(random.uniform(0.3, 1.0, (causes, 1)), variants),
        leak=np.tile(random.uniform(0.01, 0.1, (findings, 1)), variants),
        activation=np.tile(activation, variants),
        if_absent=np.zeros((findings, variants)),
        if_present=np.ones((findings, variants)),
        links=links,
        link=np.full((len(links), variants), 0.2),
    )


def by_pyagrum(problem: Problem) -> np.ndarray:
    """Posterior by lazy propagation."""
    import pyagrum as gum

    net = gum.BayesNet()
    followers = {child for _, child in problem.links}
    causes, findings = problem.prior.shape[0], problem.leak.shape[0]
    evidence: dict = {f"c{c}": [1.0, float(problem.likelihood[c, 0])] for c in range(causes)}
    for c in range(causes):
        prior = float(problem.prior[c, 0])
        if c in followers:
            net.addNoisyORNet(gum.LabelizedVariable(f"c{c}", "", 2), prior)
        else:
            net.add(gum.LabelizedVariable(f"c{c}", "", 2))
            net.cpt(f"c{c}").fillWith([1 - prior, prior])
    for index, (parent, child) in enumerate(problem.links):
        net.addWeightedArc(f"c{parent}", f"c{child}", float(problem.link[index, 0]))
    for f in range(findings):
        net.addNoisyORNet(gum.LabelizedVariable(f"f{f}", "", 2), float(problem.leak[f, 0]))
        for c in np.flatnonzero(problem.activation[f, :, 0]):
            net.addWeightedArc(f"c{c}", f"f{f}", float(problem.activation[f, c, 0]))
        evidence[f"f{f}"] = 1
    engine = gum.LazyPropagation(net)
    engine.setEvidence(evidence)
    engine.makeInference()
    return np.array([engine.posterior(f"c{c}")[1] for c in range(causes)])


def by_pgmpy(problem: Problem) -> np.ndarray:
    """Posterior by variable elimination; noisy-OR as a chain, since a table of 16 parents is too wide."""
    from pgmpy.factors.discrete import TabularCPD
    from pgmpy.inference import VariableElimination
    from pgmpy.models import DiscreteBayesianNetwork

    net = DiscreteBayesianNetwork()
    tables, evidence = [], {}
    causes = problem.prior.shape[0]
    parent_of = {child: (parent, i) for i, (parent, child) in enumerate(problem.links)}
    for c in range(causes):
        prior = float(problem.prior[c, 0])
        net.add_node(f"c{c}")
        if c in parent_of:
            parent, i = parent_of[c]
            both = 1 - (1 - prior) * (1 - float(problem.link[i, 0]))
            net.add_edge(f"c{parent}", f"c{c}")
            tables.append(TabularCPD(f"c{c}", 2, [[1 - prior, 1 - both], [prior, both]], [f"c{parent}"], [2]))
        else:
            tables.append(TabularCPD(f"c{c}", 2, [[1 - prior], [prior]]))
        net.add_edge(f"c{c}", f"s{c}")
        like = float(problem.likelihood[c, 0])
        tables.append(TabularCPD(f"s{c}", 2, [[0.0, 1 - like], [1.0, like]], [f"c{c}"], [2]))
        evidence[f"s{c}"] = 1
    for f in range(problem.leak.shape[0]):
        leak = float(problem.leak[f, 0])
        net.add_node(f"f{f}_0")
        tables.append(TabularCPD(f"f{f}_0", 2, [[1 - leak], [leak]]))
        last = f"f{f}_0"
        for place, c in enumerate(np.flatnonzero(problem.activation[f, :, 0]), start=1):
            q, name = float(problem.activation[f, c, 0]), f"f{f}_{place}"
            net.add_edges_from([(last, name), (f"c{c}", name)])
            off = [1, 1 - q, 0, 0]
            tables.append(TabularCPD(name, 2, [off, [1 - x for x in off]], [last, f"c{c}"], [2, 2]))
            last = name
        evidence[last] = 1
    net.add_cpds(*tables)
    engine = VariableElimination(net)
    return np.array(
        [engine.query([f"c{c}"], evidence, show_progress=False).values[1] for c in range(min(causes, 5))]
    )


def timed(run: Callable[[], np.ndarray], repeats: int) -> tuple[float, np.ndarray | None]:
    """Return the best wall time in seconds and the answer; None if it failed."""
    best, answer = float("inf"), None
    for _ in range(repeats):
        start = time.perf_counter()
        try:
            answer = run()
        except (MemoryError, Exception) as error:
            print(f"    failed: {type(error).__name__}")
            return float("inf"), None
        best = min(best, time.perf_counter() - start)
        if best > 1:
            break
    return best, answer


def main() -> None:
    """Print one row per network: times, ratios, largest difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--present", type=int, nargs="*", default=[4, 8, 12, 15])
    parser.add_argument("--parents", type=int, nargs="*", default=[4, 8, 16])
    options = parser.parse_args()
    peers: dict[str, Callable[[Problem], np.ndarray]] = {}
    if importlib.util.find_spec("pyagrum"):
        peers["pyagrum"] = by_pyagrum
    if importlib.util.find_spec("pgmpy"):
        peers["pgmpy"] = by_pgmpy
    head = "parents present frontier     own ms  +240 variants ms  draws 2000 ms"
    print(head + "".join(f"  {name:>10} ms  ratio  difference" for name in peers))
    solve(network(7, causes=50, findings=12, parents=16, variants=1))  # loads the compiled loops
    for parents in options.parents:
        patient = set(peers)
        for present in options.present:
            problem = network(7, causes=50, findings=present, parents=parents, variants=1)
            wide = network(7, causes=50, findings=present, parents=parents, variants=240)
            order = order_of(problem)
            own, _ = timed(lambda p=problem: solve(p).probability, 5)
            many, _ = timed(lambda p=wide, o=order: solve(p, order=o).probability, 1)
            draws, _ = timed(lambda p=problem, o=order: joint_draws(p, o, count=2000), 3)
            line = f"{parents:7} {present:7} {order.frontier:8} {own * 1e3:10.2f}"
            line += f" {many * 1e3:17.1f} {draws * 1e3:14.1f}"
            exact = solve(problem).probability[:, 0]
            for name, peer in peers.items():
                if name not in patient:
                    line += f"  {'not tried':>13}" + " " * 19
                    continue
                took, answer = timed(lambda p=problem, run=peer: run(p), 3)
                if took > PATIENCE_S:
                    patient.discard(name)
                gap = "-" if answer is None else f"{np.abs(answer - exact[: len(answer)]).max():.1e}"
                line += f"  {took * 1e3:13.1f} {took / own:6.0f}  {gap:>10}"
            print(line, flush=True)


if __name__ == "__main__":
    main()
