"""A general finding is not rarer in a cause than what it covers, by implication or by definition."""

from __future__ import annotations

import pytest

from myolens.knowledge import Knowledge

# What a finding's definition says it needs or shows, where people may still answer the two apart, so that
# neither is put down as implied: (special, general).
BY_DEFINITION = [
    # "weakness with wasting in the same muscles", "brisk reflexes in a weak and wasted limb"
    ("lower_motor_neuron_signs", "weakness_on_examination"),
    ("lower_motor_neuron_signs", "muscle_wasting"),
    ("mixed_motor_signs", "weakness_on_examination"),
    ("mixed_motor_signs", "muscle_wasting"),
    # an examiner sees them
    ("muscle_wasting", "abnormal_neurological_examination"),
    ("facial_weakness", "abnormal_neurological_examination"),
    ("facial_weakness", "weakness_on_examination"),
    ("foot_drop", "weakness_on_examination"),
    ("wrist_drop", "weakness_on_examination"),
    # "numbness or tingling in a hand or some fingers"
    ("numbness_thumb_index", "hand_numbness"),
    ("numbness_little_ring_finger", "hand_numbness"),
    ("hand_numbness_at_night", "hand_numbness"),
]
# Deliberate: a panel that nobody asks for is not seen by whoever says "my bloods were abnormal".
NOT_COUNTED = {"bloods_abnormal"}


def effect(knowledge: Knowledge, cause: str, finding: str) -> float:
    """P(finding | cause alone); the leak where the cause does not list it."""
    stated = {each.finding: each.value for each in knowledge.causes[cause].findings}
    return stated.get(finding, knowledge.findings[finding].leak.value)


def all_implied(knowledge: Knowledge, finding: str) -> set[str]:
    """What holds with a finding, by one implication or several."""
    found: set[str] = set()
    waiting = list(knowledge.findings[finding].implies)
    while waiting:
        general = waiting.pop()
        if general not in found:
            found.add(general)
            waiting.extend(knowledge.findings[general].implies)
    return found


def test_no_cause_has_a_general_finding_below_one_that_implies_it(knowledge: Knowledge) -> None:
    below = []
    for code, cause in knowledge.causes.items():
        causes_of_it = {risk.finding for risk in cause.risks}
        for each in cause.findings:
            for general in all_implied(knowledge, each.finding) - causes_of_it - NOT_COUNTED:
                if effect(knowledge, code, general) < each.value:
                    below.append((code, each.finding, general))
    assert not below


@pytest.mark.parametrize(("special", "general"), BY_DEFINITION)
def test_no_cause_has_a_finding_below_one_defined_by_it(
    knowledge: Knowledge, special: str, general: str
) -> None:
    below = []
    for code, cause in knowledge.causes.items():
        causes_of_it = {risk.finding for risk in cause.risks}
        for each in cause.findings:
            stated = effect(knowledge, code, general)
            if each.finding == special and general not in causes_of_it and stated < each.value:
                below.append((code, each.value, stated))
    assert not below


@pytest.mark.parametrize(("special", "general"), BY_DEFINITION)
def test_base_rates_of_what_is_defined_by_another_keep_the_order(
    knowledge: Knowledge, special: str, general: str
) -> None:
    assert knowledge.findings[special].leak.value <= knowledge.findings[general].leak.value
