"""What the tests of this room share."""

from __future__ import annotations

import numpy as np
import pytest
from tests.emg.emg_made import add, potential, quiet, stored

from myolens.recording import Recording


@pytest.fixture
def twitching() -> tuple[Recording, np.ndarray]:
    """Two minutes, one channel, 40 discharges of 60 µV on 5 µV noise."""
    rng = np.random.default_rng(3)
    x, channels = quiet(120.0)
    times = np.sort(rng.uniform(1, 119, 40))
    times = times[np.concatenate([[True], np.diff(times) > 0.03])]
    add(x, 1000.0, times, 60.0, potential(1000.0))
    return stored(x, 1000.0, channels), times
