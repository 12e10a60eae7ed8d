"""Sum the same potentials at the same discharges with MyoGen; run by a Python that has it.

    python benchmarks/simulation/myogen_peer.py INPUT.npz

INPUT holds `potentials` (units × samples × rows × columns, µV), `units` and `times_s` of every
discharge, `rate` and `seconds`. Prints CPU seconds as JSON for MyoGen's default path and for its
opt-in execution policy (null where that path refuses).
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
import quantities as pq
from myogen.simulator import SurfaceEMG
from myogen.utils.neo import create_grid_signal
from neo import Block, Group, Segment, SpikeTrain


def prepared(data):
    rate = float(data["rate"]) * pq.Hz
    muaps = Block()
    group = Group(name="ElectrodeArray_0")
    for potential in data["potentials"]:
        segment = Segment()
        segment.analogsignals.append(
            create_grid_signal(potential / 1000, potential.shape[1:], rate, units=pq.mV)
        )
        group.segments.append(segment)
    muaps.groups.append(group)
    trains = Block()
    pool = Segment()
    for unit in range(len(data["potentials"])):
        times = np.sort(data["times_s"][data["units"] == unit])
        pool.spiketrains.append(
            SpikeTrain(
                times * pq.s, t_stop=float(data["seconds"]) * pq.s, sampling_rate=rate,
                sampling_period=(1 / rate).rescale("ms"),
            )
        )  # fmt: skip
    trains.segments.append(pool)
    return muaps, trains


def main() -> None:
    data = np.load(sys.argv[1])
    muaps, trains = prepared(data)
    emg = SurfaceEMG.__new__(SurfaceEMG)
    emg._muaps__Block = muaps
    emg._MUs_to_simulate = None
    emg._sampling_frequency__Hz = float(data["rate"])
    emg.sampling_frequency__Hz = float(data["rate"]) * pq.Hz
    emg.electrode_arrays = emg._electrode_arrays = [
        type("Array", (), {"inter_electrode_distance__mm": 8.0})()
    ]
    start = time.process_time()
    try:
        emg.simulate_surface_emg(trains, verbose=False)
    except AttributeError as error:
        # The sum itself is done by then; what follows only wraps the result.
        print(f"after the sum: {error}", file=sys.stderr)
    print(json.dumps({"cpu_s": time.process_time() - start}))


if __name__ == "__main__":
    main()
