"""The one pass over a recording: its statistic as defined, and the threads it leaves to others."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from myolens.emg.statistic import decimate, mix, statistic, wavelets
from myolens.emg.streaming import products_on_one_thread


@pytest.mark.parametrize("channels", [1, 3, 8])
@pytest.mark.parametrize("halves", [(2,), (2, 4), (2, 6, 12)])
@pytest.mark.parametrize("factor", [1, 3])
def test_statistic_of_tiles_is_that_of_the_whole(channels: int, halves: tuple[int, ...], factor: int) -> None:
    """Written out over the whole signal: the sum over channels of what exceeds the offset."""
    rng = np.random.default_rng(channels)
    x = rng.standard_normal((factor * 150 + 2, channels)).astype(np.float32)
    x[factor * 70] += 30
    inverse = rng.uniform(0.5, 2, (4, channels)).astype(np.float32)
    whitening = (np.eye(channels) + 0.1 * rng.standard_normal((channels, channels))).astype(np.float32)
    scales = rng.uniform(0.05, 0.2, (2, len(halves), channels)).astype(np.float32)
    averaged = decimate(x, factor, inverse, 100, 120)
    white = np.empty_like(averaged)
    mix(averaged, whitening, white)
    np.testing.assert_allclose(white, averaged @ whitening, rtol=1e-4, atol=1e-4)
    pairs = [wavelets(white, half) for half in halves]
    u = np.max([a**2 * s + b**2 * t for (a, b), s, t in zip(pairs, *scales, strict=True)], axis=0)
    g = np.maximum(u - 4, 0)
    margin = max(halves)
    g[:margin] = g[len(g) - margin + 1 :] = 0
    sums, squares = g.sum(axis=1), (g**2).sum(axis=1)
    total, spread = statistic(
        x, factor, inverse, 100, 120, whitening, np.array(halves, np.int64), scales[0], scales[1], 4.0
    )
    assert total.max() > 10
    np.testing.assert_allclose(total, sums, rtol=1e-3, atol=1e-3)
    shared = sums > 0.1
    np.testing.assert_allclose(spread[shared], (sums**2)[shared] / squares[shared], rtol=1e-2)


def test_analyses_side_by_side_give_back_the_threads_they_found() -> None:
    def threads() -> list[int]:
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    found = threads()
    first, second = products_on_one_thread(), products_on_one_thread()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert set(threads()) == {1}
    second.__exit__(None, None, None)
    assert threads() == found
