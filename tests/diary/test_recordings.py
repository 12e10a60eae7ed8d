"""Analyses come back as they were found, and figures follow what a person decides about the twitches."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.small import potential, small_analysis, small_recording

from myolens.case import Finding
from myolens.diary.recordings import Decision, pooled, reviewed
from myolens.diary.stored import from_stored, stored_analysis, to_stored
from myolens.emg.analysis import Analysis, Event
from myolens.emg.averages import with_averages
from myolens.emg.findings import HALF_WEIGHT, PRESENT_STRENGTH
from myolens.errors import InputError

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def decisions(*made: tuple[int, str] | tuple[int, str, int]) -> dict[int, Decision]:
    return {one[0]: Decision(one[0], one[1], one[2] if len(one) > 2 else None, NOW) for one in made}


def kept() -> dict:
    return json.loads(json.dumps(to_stored(small_recording(), small_analysis(), place=0)))


def test_an_analysis_comes_back_as_it_was_stored() -> None:
    before, after = small_analysis(), from_stored(stored_analysis(kept()))
    for name in ("recording", "kind", "muscle", "rate", "channels", "positions_mm", "events", "excluded",
                 "quality", "rate_per_min", "seconds", "analysed_seconds"):  # fmt: skip
        assert getattr(after, name) == getattr(before, name), name
    for old, new in zip(before.units, after.units, strict=True):
        assert (new.unit, new.events, new.channel) == (old.unit, old.events, old.channel)
        np.testing.assert_allclose(new.template, old.template, atol=1e-4 * np.abs(old.template).max())


def test_without_decisions_nothing_changes() -> None:
    analysis = small_analysis()
    assert reviewed(analysis, {}) is analysis


def test_a_rejected_twitch_no_longer_counts() -> None:
    after = reviewed(small_analysis(), decisions((0, "reject")))
    assert [event.time_s for event in after.events] == [9.5, 17.25, 30.0, 41.5, 52.125]
    assert after.rate_per_min.value == pytest.approx(5 / 55 * 60)
    assert after.rate_per_min.low < 5 / 55 * 60 < after.rate_per_min.high
    assert "1 rejected, of 6 found" in after.notes[-1]


def test_where_all_are_rejected_the_limit_is_at_least_that_of_the_rule_of_three() -> None:
    after = reviewed(small_analysis(), decisions(*((place, "reject") for place in range(6))))
    assert after.rate_per_min.value == 0
    assert after.rate_per_min.high >= -np.log(0.05) / (55 / 60) - 1e-9
    assert after.units == ()


def test_a_relabelled_twitch_moves_to_its_new_unit() -> None:
    after = reviewed(small_analysis(), decisions((0, "relabel", 9)))
    assert {unit.unit: unit.events for unit in after.units} == {1: 3, 2: 2, 9: 1}
    assert next(unit for unit in after.units if unit.unit == 9).template.size == 0


def test_a_unit_made_by_hand_looks_like_its_twitches() -> None:
    """The potential of the small recording, on either channel as large as it was made."""
    recording, chosen = small_recording(), decisions((0, "relabel", 9), (1, "relabel", 9), (2, "relabel", 9))
    after = with_averages(reviewed(small_analysis(), chosen), recording, units=8)
    made = next(unit for unit in after.units if unit.unit == 9)
    true = np.zeros(made.template.shape[1])
    true[made.template.shape[1] // 2 - 15 :][:30] = potential()[:30]
    for values, size in zip(made.template, (120, 50), strict=True):
        assert np.corrcoef(values, true)[0, 1] > 0.9
        assert np.ptp(values) == pytest.approx(size * np.ptp(true), rel=0.25)
    elsewhere = replace(small_recording(), rate=500.0)
    same = reviewed(small_analysis(), chosen)
    assert with_averages(same, elsewhere, units=8) is same
    untouched = {unit.unit: unit.template.tolist() for unit in same.units if unit.template.size}
    assert {unit.unit: unit.template.tolist() for unit in after.units if unit.unit != 9} == untouched


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.integers(0, 5),
        st.sampled_from([("accept", None), ("reject", None), ("relabel", 1), ("relabel", 4)]),
    )
)
def test_every_twitch_is_counted_once_or_rejected(made: dict) -> None:
    chosen = {place: Decision(place, verdict, unit, NOW) for place, (verdict, unit) in made.items()}
    after = reviewed(small_analysis(), chosen)
    rejected = sum(decision.verdict == "reject" for decision in chosen.values())
    assert len(after.events) == 6 - rejected
    assert sum(unit.events for unit in after.units) == len(after.events)
    assert after.rate_per_min.value == pytest.approx(len(after.events) / 55 * 60, rel=0.01)


def test_what_a_person_confirmed_is_no_longer_taken_for_chance() -> None:
    """Two events in two hours are no more than false alarms allow for, until somebody has looked at them."""
    events = tuple(Event(100.0 * place, None, "EMG 1", 100.0, 20.0) for place in (1, 2))
    quiet = replace(
        small_analysis(), events=events, units=(), seconds=7200.0, analysed_seconds=7200.0, excluded=()
    )
    names = [
        {f.name for f in reviewed(quiet, made).findings}
        for made in (decisions((0, "accept")), decisions((0, "accept"), (1, "accept")))
    ]
    assert "emg_fasciculations" not in names[0]
    assert "emg_fasciculations" in names[1]


def test_why_a_finding_weighs_half_is_said_of_what_is_left_after_review() -> None:
    """Ten potentials in four minutes are more than healthy muscles show; the two that are left are not."""
    events = tuple(Event(20.0 * place, None, "EMG 1", 100.0, 20.0) for place in range(1, 11))
    busy = replace(
        small_analysis(), events=events, units=(), seconds=240.0, analysed_seconds=240.0, excluded=()
    )

    def told(analysis: Analysis) -> tuple[list[float | None], int]:
        strengths = [f.strength for f in analysis.findings if f.name == "emg_fasciculations"]
        return strengths, sum(note.endswith(HALF_WEIGHT) for note in analysis.notes)

    kept = reviewed(busy, decisions((0, "accept")))
    rejected = reviewed(kept, decisions(*((place, "reject") for place in range(2, 10))))
    assert told(kept) == ([PRESENT_STRENGTH], 0)
    assert told(rejected) == ([PRESENT_STRENGTH / 2], 1)
    assert told(reviewed(rejected, decisions((0, "accept"), (1, "accept")))) == ([PRESENT_STRENGTH / 2], 1)


def found(analysis: Analysis, *findings: tuple[str, bool, float]) -> Analysis:
    return replace(
        analysis,
        findings=tuple(
            Finding(name=name, present=present, source="recording", strength=strength)
            for name, present, strength in findings
        ),
    )


def test_what_one_muscle_shows_is_not_cancelled_by_another() -> None:
    analysis = small_analysis()
    quiet = found(analysis, ("emg_fasciculations", False, -1.7), ("emg_no_fasciculations_found", True, 1.7))
    busy = found(analysis, ("emg_fasciculations", True, 1.1))
    busier = found(analysis, ("emg_fasciculations", True, 2.3), ("emg_doublets", True, 0.7))
    together = {(f.name, f.present, f.strength) for f in pooled([quiet, busy, busier])}
    assert together == {("emg_fasciculations", True, 2.3), ("emg_doublets", True, 0.7)}
    assert {f.name for f in pooled([quiet])} == {"emg_fasciculations", "emg_no_fasciculations_found"}


def without(data: dict, *path: str | int) -> dict:
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return data


def changed(data: dict, value: object, *path: str | int) -> dict:
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return data


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: [],
        lambda d: without(d, "analysis"),
        lambda d: without(d, "analysis", "events", 0, "time_s"),
        lambda d: changed(d, "x", "rate"),
        lambda d: changed(d, float("inf"), "analysis", "seconds"),
        lambda d: changed(d, "no such", "analysis", "events", 0, "channel"),
        lambda d: changed(d, "AAA", "shapes", "1"),
        lambda d: changed(d, ["EMG 1"], "analysed"),
        lambda d: changed(d, {"reading": "normal"}, "analysis", "needle"),
        lambda d: changed(d, "excellent", "analysis", "quality", "verdict"),
    ],
)
def test_a_stored_analysis_that_does_not_hold_together_is_refused(spoil) -> None:
    with pytest.raises(InputError):
        stored_analysis(spoil(copy.deepcopy(kept())))
