"""How fast a skin recording is made: 64 channels, 100 units, beside a plain loop and MyoGen.

    python -m benchmarks.simulation [--seconds 10] [--myogen /path/to/python-with-myogen]

All figures are process CPU seconds of one run, one thread's work counted wherever it ran, so that other
work on the machine changes them little. The sum of discharges is compared on equal potentials and trains.
"""

from __future__ import annotations

import argparse

from benchmarks.simulation.speed import measure


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--myogen", help="a Python that has MyoGen")
    chosen = parser.parse_args()
    found = measure(chosen.seconds, chosen.myogen)
    print(f"{found.units} units, 64 channels, {found.seconds:g} s, {found.discharges} discharges")
    print(f"{'what':44s} {'CPU s':>9s} {'x real time':>12s} {'x plain loop':>13s}")

    def line(what, seconds):
        print(f"{what:44s} {seconds:9.3f} {found.seconds / seconds:12.0f} {found.plain_s / seconds:13.2f}")

    each = found.potentials_s / found.units * 1000
    print(f"{'potentials, made once':44s} {found.potentials_s:9.3f}   {each:.1f} ms a unit")
    line("Myolens: sum, jitter, block, fibre speed", found.sum_s)
    line("Myolens: noise, mains, wander", found.noise_s)
    line("Myolens: recording", found.sum_s + found.noise_s)
    line("plain loop: sum", found.plain_s)
    if found.myogen_s:
        line("MyoGen: sum (default path)", found.myogen_s)


if __name__ == "__main__":
    main()
