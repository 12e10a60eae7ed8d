"""What would make it sooner: nothing the person has told already, and no calm beside a warning."""

from __future__ import annotations

import pytest

from myolens.assessment import assess
from myolens.assessment.safety_net import (
    EMERGENCY_EVENTS,
    EMERGENCY_SIGNS,
    EXPECTED,
    LOST_ABILITIES,
    NO_CALM,
    SEEN_SIGNS,
    Sign,
    safety_net,
)
from myolens.case import Case, Finding
from myolens.knowledge.loading import load
from myolens.knowledge.model import UrgencyLevel

KNOWLEDGE = load()
SIGNS = (*EMERGENCY_SIGNS, *EMERGENCY_EVENTS, *LOST_ABILITIES, *SEEN_SIGNS)


def net(*present: str, age: float = 55) -> str:
    case = Case(age=age, findings=tuple(Finding(name=name) for name in present))
    return " ".join(assess(case, knowledge=KNOWLEDGE).urgency.safety_net)


def test_it_names_signs_one_can_see_and_a_date() -> None:
    lines = " ".join(safety_net(UrgencyLevel.ROUTINE, review="on 15 March 2026"))
    assert "buttons" in lines
    assert "swallow" in lines
    assert "15 March 2026" in lines
    assert EXPECTED in lines


def test_every_sign_is_stated_by_findings_that_exist() -> None:
    stated = NO_CALM.union(*(sign.stated_by for sign in SIGNS))
    assert stated <= KNOWLEDGE.findings.keys()
    assert all(sign.stated_by for sign in SIGNS)


@pytest.mark.parametrize("sign", SIGNS, ids=lambda sign: sign.text)
def test_what_is_there_already_is_not_waited_for(sign: Sign) -> None:
    for finding in sign.stated_by:
        lines = " ".join(safety_net(UrgencyLevel.SOON_WEEKS, review="", present={finding}))
        assert sign.text not in lines
        assert sign.growth in lines


def test_lost_buttons_and_a_thin_muscle_are_not_to_be_waited_for() -> None:
    lines = net("twitching_hand", "loss_of_function", "hand_weakness", "wasting_hand")
    assert "buttons" not in lines
    assert "another muscle becomes thinner" in lines
    assert "visibly thinner" not in lines
    assert "anything else" in lines
    assert EXPECTED not in lines


def test_twitching_alone_keeps_the_whole_net() -> None:
    lines = net("twitching_eyelid", age=30)
    assert EXPECTED in lines
    assert all(sign.text in lines for sign in SIGNS)


def test_a_look_again_after_a_visit_is_another_visit() -> None:
    """Somebody told to go within weeks is not told to go only if it has not improved by then."""
    soon = safety_net(UrgencyLevel.SOON_WEEKS, review="in 5 weeks")
    assert soon[-1].endswith("see your doctor again.")
    assert safety_net(UrgencyLevel.SELF_CARE, review="in 5 weeks")[-1].endswith("see your doctor.")
