"""The battery beside healthy people and beside the published pathologies."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tests.design import CAUSES as DESIGN_CAUSES
from tests.design import INDICES as DESIGN_INDICES

from myolens.errors import InputError
from myolens.simulation.axon import healthy, vary
from myolens.simulation.axon_causes import CAUSES, SOURCES, UNREAD, altered
from myolens.simulation.axon_parameters import SET_A, ensemble
from myolens.simulation.excitability import battery, threshold_pa, to_json
from myolens.simulation.excitability_protocol import DELAYS_MS, INTERVALS_MS
from myolens.simulation.ions import CONTROL
from myolens.simulation.norms import load_norms, published_changes

NORMS = load_norms()
CURVES = {
    40: "electrotonus_40",
    -40: "electrotonus_minus_40",
    20: "electrotonus_20",
    -20: "electrotonus_minus_20",
}


@pytest.fixture(scope="module")
def control():
    return battery()


def test_set_a_reproduces_its_published_control_values(control):
    """T1, within 2 % or the resolution of the published thresholds: 0.3 %, half a point of a curve.

    The published values are single points of the curves, not means of three as in the indices; its delay of
    30 ms lies between two of the clinic's.
    """
    at = DELAYS_MS[40]
    up, down = control.electrotonus_percent[40], control.electrotonus_percent[-40]
    late = (up[at == 100][0] + up[at == 109][0]) / 2
    weiss = np.polyfit(control.widths_ms, control.charge_pa_ms, 1)
    for value, published, room in (
        (control.threshold_pa, 203.0, 0.02 * 203.0),
        (weiss[0], 140.5, 0.02 * 140.5),
        (weiss[1] / weiss[0], 0.440, 0.02 * 0.440 + 0.006),  # 0.3 % of charge at 0.2 to 1 ms is 0.006 ms
        (np.interp([20.0, 30.0], at, up).mean(), 61.9, 0.02 * 61.9),
        (up.max(), 64.7, 0.02 * 64.7),
        (late, 46.2, 0.02 * 46.2),
        (up.max() - late, 18.5, 0.5),
        (up.min(), -18.5, 0.5),
        (down[DELAYS_MS[-40] == 109][0], -112.0, 0.02 * 112.0),
        (control.recovery_percent.min(), -20.8, 0.5),
        (control.recovery_percent[INTERVALS_MS >= 10].max(), 14.7, 0.5),
        (control.indices["rrp_ms"], 2.46, 0.02 * 2.46),
    ):
        assert value == pytest.approx(published, abs=room)


@pytest.fixture(scope="module")
def everyone():
    """The battery of every equally good set."""
    return {one.name: battery(healthy(one)) for one in ensemble()}


def _scores(result):
    return {key: norm.z(result.indices[key]) for key, norm in NORMS.indices.items()}


@pytest.mark.parametrize("name", [one.name for one in ensemble()])
def test_every_healthy_index_is_within_two_standard_deviations_of_people(name, everyone):
    assert all(abs(z) <= 2.0 for z in _scores(everyone[name]).values())


@pytest.mark.parametrize("name", [one.name for one in ensemble() if one.name not in "AB"])
def test_every_index_of_the_fitted_sets_is_within_one_standard_deviation(name, everyone):
    """T2, indices."""
    assert all(abs(z) <= 1.0 for z in _scores(everyone[name]).values())


def test_only_three_indices_of_set_a_are_beyond_one_standard_deviation(everyone):
    """T2 and T1 exclude each other here: A's own published current–threshold relation is −389 % at −100 %
    current where people's is −327 ± 54, its peak less late electrotonus 18.5 where people's is 22.6 ± 3.6."""
    beyond = {key for key, z in _scores(everyone["A"]).items() if abs(z) > 1.0}
    assert beyond == {"rrp_ms", "s2_accommodation_percent", "hyperpolarising_iv_slope"}


@pytest.mark.parametrize("name", [one.name for one in ensemble()])
def test_every_healthy_curve_is_within_0_8_standard_deviations_rms(name, everyone):
    """T2, curves."""
    result = everyone[name]
    for level, curve_name in CURVES.items():
        curve = NORMS.curves[curve_name]
        use = curve.x >= 10
        score = (result.electrotonus_percent[level] - curve.mean[use]) / curve.sd[use]
        assert np.sqrt(np.mean(score**2)) <= 0.8
    for values, curve_name in (
        (result.recovery_percent, "recovery"),
        (result.iv_reduction_percent[::-1], "current_threshold"),
    ):
        curve = NORMS.curves[curve_name]
        assert np.sqrt(np.mean(((values - curve.mean) / curve.sd) ** 2)) <= 0.8


@cache
def under(cause):
    """The battery under a cause."""
    return battery(altered(cause))


DIRECTIONS = [(cause, change) for cause, changes in published_changes().items() for change in changes]


@pytest.mark.parametrize(("cause", "change"), DIRECTIONS, ids=lambda one: getattr(one, "index", one))
def test_published_pathologies_move_the_right_way(cause, change, control):
    assert change.source in SOURCES
    result = under(cause)
    if change.index == "threshold_percent_of_healthy":
        assert change.agrees(result.threshold_percent_of_healthy, 100.0)
    else:
        assert change.agrees(result.indices[change.index], control.indices[change.index])


def test_pathologies_of_the_issue_are_all_compared():
    assert set(published_changes()) >= {
        "hypokalaemia",
        "hyperkalaemia",
        "uraemia",
        "ischaemia",
        "peripheral_neuropathy",
        "entrapment_neuropathy",
        "multifocal_motor_neuropathy",
        "nerve_hyperexcitability",
        "motor_neuron_disease",
    }


def test_hypocalcaemia_makes_the_axon_easier_to_excite_in_every_set():
    """No human battery in hypocalcaemia is published: this is the prediction from surface charge."""
    for parameters in ensemble():
        control, low = battery(healthy(parameters)), battery(altered("hypocalcaemia", parameters=parameters))
        assert low.threshold_pa < control.threshold_pa
        assert low.indices["sdtc_ms"] > control.indices["sdtc_ms"]
        assert low.indices["teh_90_100_percent"] > control.indices["teh_90_100_percent"]


def test_electrotonus_starts_at_the_polarising_current(control):
    # at the very start the current adds to the pulse, so the threshold falls by as much
    for level, values in control.electrotonus_percent.items():
        assert values[0] == pytest.approx(level, abs=2.5)
    assert control.iv_reduction_percent[5] == pytest.approx(0.0, abs=0.2)


def test_charge_rises_linearly_with_width(control):
    """Weiss's law, as it holds in people."""
    assert np.corrcoef(control.widths_ms, control.charge_pa_ms)[0, 1] > 0.998


def test_halving_the_step_moves_no_index_by_two_hundredths_of_a_standard_deviation(control):
    fine = battery(dt_ms=0.01)
    for key, norm in NORMS.indices.items():
        assert abs(fine.indices[key] - control.indices[key]) < 0.02 * norm.sd


def test_one_thread_or_two_give_the_same_numbers(control):
    assert battery(threads=1).indices == control.indices


def test_an_axon_that_fires_by_itself_cannot_be_tested():
    result = battery(vary(persistent_sodium=3.0))
    assert not result.stable
    assert np.isnan(list(result.indices.values())).all()


def test_without_sodium_channels_there_is_no_threshold():
    assert np.isnan(threshold_pa(vary(sodium_permeability=0.0)))
    assert not battery(vary(sodium_permeability=0.0)).stable


def test_stimulus_response_curve_follows_the_threshold(control):
    low = battery(vary(bias_pa=20.0))
    half = control.stimulus_response_percent == 50
    assert control.stimulus_response[half][0] == pytest.approx(1.0, abs=0.01)
    assert low.stimulus_response[half][0] == pytest.approx(low.threshold_percent_of_healthy / 100, abs=0.01)


def test_json_has_the_keys_of_the_design():
    document = json.loads(json.dumps(to_json(), allow_nan=False))
    assert document["schema"] == "myolens.excitability/1"
    assert document["cause"] is None
    assert set(DESIGN_INDICES) <= set(document["indices"])
    for entry in document["indices"].values():
        assert set(entry) == {"model", "mean", "sd", "z", "source"}
        assert entry["z"] == pytest.approx((entry["model"] - entry["mean"]) / entry["sd"], abs=0.01)
        assert entry["source"] in document["sources"]


@pytest.mark.parametrize("cause", sorted(CAUSES))
def test_json_of_every_cause(cause):
    document = json.loads(json.dumps(to_json(cause), allow_nan=False))
    assert document["cause"] == cause
    assert document["why"]


@pytest.mark.parametrize("cause", sorted(CAUSES))
def test_every_cause_says_where_it_comes_from(cause):
    change = CAUSES[cause]
    assert change.acts_on_axon == (change.strength != "none")
    assert not change.acts_on_axon or change.sources
    assert set(change.sources) <= set(SOURCES)
    assert set(SOURCES) >= UNREAD
    assert altered(cause, 0.0) == healthy() or altered(cause, 0.0).site == healthy()


def test_severity_grades_a_cause():
    thresholds = [threshold_pa(altered("hypocalcaemia", severity)) for severity in (0.0, 0.5, 1.0, 1.5)]
    assert thresholds == sorted(thresholds, reverse=True)
    assert thresholds[0] == pytest.approx(threshold_pa(healthy(SET_A)))


@pytest.mark.parametrize("cause", sorted(CAUSES))
def test_every_cause_is_possible_from_healthy_to_severe(cause):
    """Ions stay positive, grow as ratios, and are the typical ones at severity 1."""
    states = {severity: altered(cause, severity) for severity in (0.0, 0.5, 1.0, 2.0)}
    for where in ("trunk", "site"):
        milieus = {s: (x if where == "trunk" else x.site or x).milieu for s, x in states.items()}
        for ion in ("potassium_mm", "sodium_mm", "calcium_mm", "magnesium_mm"):
            at = {s: getattr(milieu, ion) for s, milieu in milieus.items()}
            assert at[0.0] == pytest.approx(getattr(CONTROL, ion))
            assert at[0.5] ** 2 == pytest.approx(at[0.0] * at[1.0])
            assert at[2.0] * at[0.0] == pytest.approx(at[1.0] ** 2)
        typical = getattr(CAUSES[cause], where)
        for ion in typical.keys() & {"potassium_mm", "sodium_mm", "calcium_mm", "magnesium_mm"}:
            assert getattr(milieus[1.0], ion) == pytest.approx(typical[ion], rel=1e-12)


@pytest.mark.parametrize(
    ("cause", "severity"),
    [
        ("hypokalemia_typo", 1.0),
        ("hypokalaemia", -1.0),
        ("hyperkalaemia", 2.1),
        ("hypokalaemia", float("nan")),
    ],
)
def test_unknown_causes_and_impossible_severities_are_refused(cause, severity):
    with pytest.raises(InputError):
        altered(cause, severity)


def test_causes_of_the_design_are_all_known():
    assert set(DESIGN_CAUSES) <= set(CAUSES)


def test_page_shows_every_index_and_every_cause():
    page = (Path(__file__).resolve().parents[2] / "docs" / "axon.md").read_text(encoding="utf-8")
    assert all(f"| `{key}` |" in page for key in NORMS.indices)
    assert all(f"| {cause} |" in page for cause in CAUSES)


def test_shipped_norm_curves_are_those_of_the_records(shared_data):
    """The summary is remade from the single records of healthy people."""
    from benchmarks.axon.norms_from_records import summarise

    records = json.loads(
        (shared_data / "nerve_norms" / "median_motor_ca_jp.json").read_text(encoding="utf-8")
    )
    for name, curve in summarise(records).items():
        np.testing.assert_allclose(NORMS.curves[name].mean, curve["mean"], atol=1e-3)
        np.testing.assert_allclose(NORMS.curves[name].sd, curve["sd"], atol=1e-3)


def test_indices_are_computed_as_the_clinic_computes_them(shared_data):
    """Our definitions, on people's own curves, give the values their recorder stored."""
    from myolens.simulation.excitability_protocol import indices_of

    records = json.loads(
        (shared_data / "nerve_norms" / "median_motor_ca_jp.json").read_text(encoding="utf-8")
    )
    stored = {
        "sdtc_ms": 3,
        "rrp_ms": 10,
        "teh_90_100_percent": 11,
        "ted_10_20_percent": 12,
        "superexcitability_percent": 13,
        "subexcitability_percent": 14,
        "ted_40_60_percent": 20,
        "ted_90_100_percent": 21,
    }
    ours, theirs = {key: [] for key in stored}, {key: [] for key in stored}
    for record in records:
        sections = record["sections"]
        try:
            te = {
                level: np.array([row[1] for row in sections["TE"][key]["data"] if row[0] >= 10], float)
                for level, key in ((40, "h40"), (-40, "d40"), (20, "h20"), (-20, "d20"))
            }
            charge = np.array(sections["CD"]["data"], float)[:, :2]
            iv = np.array([row[1] for row in sections["IV"]["data"]], float)
            recovery = np.array([row[1] for row in sections["RC"]["data"]], float)
        except (KeyError, TypeError):
            continue
        if (
            recovery.size != INTERVALS_MS.size
            or iv.size != 16
            or any(te[k].size != DELAYS_MS[k].size for k in te)
        ):
            continue
        indices = indices_of(charge[:, 0], charge[:, 1], te, iv, recovery)
        values = {row[0]: row[1] for row in sections["ExVars"]["data"] if len(row) < 3 or not row[2]}
        for key, number in stored.items():
            if number in values and np.isfinite(indices[key]):
                ours[key].append(indices[key])
                theirs[key].append(values[number])
    for key in stored:
        assert len(ours[key]) > 50
        assert np.corrcoef(ours[key], theirs[key])[0, 1] > 0.97, key
