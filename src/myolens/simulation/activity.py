"""What an axon is like after it has been active: the pump works harder and hyperpolarises it.

Each impulse brings sodium in; the pump's answer, an outward current at the node, grows and fades over
minutes, ``dI/dt = (k · rate − I)/τ``. People's motor axons hyperpolarise after a train or an effort: ten
minutes at 8 Hz raise the threshold by 16.4 % (1 ms) and 9.9 % (0.1 ms), with a shorter strength–duration time
constant, less refractoriness and more superexcitability, gone after 15 to 20 min (Kiernan et al. 2004,
J Physiol 558:341, 9 people); one minute of maximal effort raises it by 24 %, gone after 15 min (Vagg et al.
1998, J Physiol 507:919, 6 people).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from myolens.errors import InputError
from myolens.simulation.axon import AxonState, vary

PUMP_S = 180.0
"""Time constant of the pump's extra current. With three minutes it serves the ten minutes at 8 Hz, the minute
of maximal effort and the recovery alike; with five the effort's effect comes out a third too small."""
PA_PER_HZ = 2.35
"""Extra current in the end per impulse per second; fitted to the 16.4 % after ten minutes at 8 Hz (set A)."""


def pump_current_pa(bouts: Sequence[tuple[float, float]]) -> float:
    """Extra outward pump current after bouts of activity and rest.

    Parameters
    ----------
    bouts : sequence of (rate in Hz, seconds)
        In order; a rate of 0 is rest.

    Returns
    -------
    float
        pA at the node.
    """
    current = 0.0
    for rate_hz, seconds in bouts:
        if not (0 <= rate_hz <= 300 and 0 <= seconds <= 86400):
            raise InputError(
                f"{rate_hz:g} Hz for {seconds:g} s is no bout of activity",
                mend="Give 0 to 300 Hz and up to a day",
            )
        settled = PA_PER_HZ * rate_hz
        current = settled + (current - settled) * float(np.exp(-seconds / PUMP_S))
    return current


def after_activity(state: AxonState, bouts: Sequence[tuple[float, float]]) -> AxonState:
    """The same axon after bouts of (rate in Hz, seconds) of activity and rest."""
    return vary(state, bias_pa=-pump_current_pa(bouts))
