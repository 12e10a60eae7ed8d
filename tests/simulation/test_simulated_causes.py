"""Each cause changes what it should, in the direction the literature reports."""

from dataclasses import replace

import numpy as np
import pytest
from tests.design import CAUSES as DESIGN_CAUSES

from myolens.errors import InputError
from myolens.simulation import Scenario, causes, scenario_with, simulate, without_mechanism
from myolens.simulation.axon_causes import CAUSES as AXON_CAUSES
from myolens.simulation.junction import compound_response, jitter_us, median_safety
from myolens.simulation.muscle import motor_units
from myolens.simulation.parameters import MUSCLES, Muscle
from myolens.simulation.spontaneous import scenario_junction

EVERY = sorted(causes())
SILENT = [
    "dehydration", "hypokalaemia", "hypercalcaemia", "hypomagnesaemia", "hyponatraemia", "hypophosphataemia",
    "sleep_deprivation", "hypothyroidism", "myasthenia_gravis", "myopathy",
]  # fmt: skip
BIPOLAR = {"electrodes": "bipolar", "seconds": 120.0, "rate": 512.0, "seed": 3}
SMALL = Muscle(units=60)


def spontaneous_per_min(cause, severity=1.0, **more):
    made = simulate(Scenario.for_cause(cause, severity=severity, **{**BIPOLAR, **more}))
    return len(made.fasciculations()) / (made.recording.seconds / 60), made


STATES = {"ischaemia", "hyperthermia", "motor_neuron_disease_late"}
"""States of nerve and muscle that are no cause of their own in the knowledge base."""


def test_every_cause_of_the_design_is_simulated_or_refused_with_the_reason():
    assert not set(EVERY) & set(without_mechanism())
    assert set(DESIGN_CAUSES) <= set(EVERY) | set(without_mechanism())


def test_recordings_and_the_battery_know_the_causes_of_the_knowledge_base_and_three_states():
    from myolens.knowledge import load

    told = load().causes
    assert set(told) | STATES == set(EVERY) | set(without_mechanism()) == set(AXON_CAUSES)
    for code, cause in told.items():
        assert cause.mechanism.scenario in ((None,) if code in without_mechanism() else (None, code))


@pytest.mark.parametrize("code", sorted(without_mechanism()))
def test_causes_of_the_brain_are_refused_with_the_reason(code):
    with pytest.raises(InputError, match="cannot be simulated"):
        Scenario.for_cause(code)


@pytest.mark.parametrize("code", EVERY)
def test_every_change_has_a_value_in_range_a_strength_and_a_source(code):
    cause = causes()[code]
    assert cause.why and cause.seen
    assert cause.muscle is None or cause.muscle in MUSCLES
    for change in cause.changes:
        scenario_with(Scenario(seconds=1), [f"{change.setting}={change.typical}"])
        scenario_with(Scenario(seconds=1), [f"{change.setting}={change.severe}"])
        assert change.strength in {"measured", "textbook", "estimate"}
        assert change.sources


@pytest.mark.parametrize("code", EVERY)
def test_severity_zero_is_healthy_and_one_is_typical(code):
    healthy = Scenario(muscle=MUSCLES[causes()[code].muscle or "biceps"])
    assert replace(Scenario.for_cause(code, severity=0), cause="healthy") == replace(healthy, severity=0)
    typical = Scenario.for_cause(code)
    for change in causes()[code].changes:
        part, name = change.setting.split(".")
        assert getattr(getattr(typical, part), name) == pytest.approx(change.typical)


@pytest.mark.parametrize("code", EVERY)
def test_every_cause_makes_a_recording_at_skin_and_needle(code):
    for electrodes, rate in (("bipolar", 1000.0), ("needle", 10_000.0)):
        sick = Scenario.for_cause(code, severity=2, electrodes=electrodes, rate=rate, seconds=1)
        made = simulate(replace(sick, muscle=replace(sick.muscle, units=40, fibres_per_unit=100)))
        assert np.all(np.isfinite(made.recording.physical()))


def test_a_healthy_relaxed_arm_is_quiet():
    made = simulate(Scenario(**BIPOLAR))
    assert made.truth == ()
    assert made.recording.physical().std() < 10


@pytest.mark.parametrize("code", SILENT)
def test_causes_that_do_not_make_axons_fire_leave_the_muscle_quiet(code):
    assert simulate(Scenario.for_cause(code, **BIPOLAR)).truth == ()


def test_a_recording_made_with_the_model_axon_is_silent_in_low_potassium():
    """The axon itself is run under every cause that popular articles blame in test_ectopic."""
    made = simulate(Scenario.for_cause("hypokalaemia", spontaneous="axon", electrodes="bipolar", seconds=60))
    assert made.truth == ()


def test_benign_fasciculations_come_half_to_four_times_a_minute():
    rates = [spontaneous_per_min("benign_fasciculation", seed=seed)[0] for seed in range(1, 13)]
    assert 0.5 <= np.mean(rates) <= 4


def test_motor_neuron_disease_fires_about_ten_times_more_and_in_more_units():
    """Strong biceps: ten times benign (Bashford 2020); 5 to 40 a minute."""
    sick = [spontaneous_per_min("motor_neuron_disease", seed=seed) for seed in range(1, 7)]
    calm = [spontaneous_per_min("benign_fasciculation", seed=seed) for seed in range(1, 13)]
    ratio = np.mean([r for r, _ in sick]) / np.mean([r for r, _ in calm])
    assert 5 <= np.mean([r for r, _ in sick]) <= 60
    assert 4 <= ratio <= 30
    units = [np.mean([len({d.unit for d in m.truth}) for _, m in group]) for group in (sick, calm)]
    assert units[0] > 3 * units[1]


def test_severe_motor_neuron_disease_fires_more_than_typical_with_doublets_and_runs():
    typical, severe = (spontaneous_per_min("motor_neuron_disease", s)[0] for s in (1.0, 2.0))
    assert severe > 2 * typical


def intervals_of(made):
    gaps = []
    for unit in {d.unit for d in made.fasciculations()}:
        times = np.sort([d.time_s for d in made.truth if d.unit == unit])
        gaps.extend(np.diff(times))
    return np.array(gaps)


def test_isolated_fasciculations_are_a_poisson_process_with_doublets_near_5_ms():
    _, made = spontaneous_per_min("motor_neuron_disease", seconds=1800.0, electrodes="bipolar", rate=500.0)
    gaps = intervals_of(made)
    assert gaps.min() > 0.003
    short = gaps[gaps < 0.012]
    assert np.median(short) == pytest.approx(0.005, abs=0.0015)
    assert 0.03 < short.size / gaps.size < 0.3


def test_neuromyotonia_is_mostly_multiplets_between_30_and_300_per_second():
    _, made = spontaneous_per_min("nerve_hyperexcitability")
    gaps = intervals_of(made)
    within = gaps[gaps < 1 / 30]
    assert within.size / gaps.size > 0.6
    assert 100 < np.median(1 / within) < 250
    assert np.max(1 / within) < 300


def test_hypocalcaemia_gives_doublets_and_multiplets_of_normal_potentials():
    rate, made = spontaneous_per_min("hypocalcaemia")
    gaps = intervals_of(made)
    assert rate > 5
    assert np.mean(gaps < 0.02) > 0.3
    assert Scenario.for_cause("hypocalcaemia").remodelling == Scenario().remodelling


def test_severe_hypocalcaemia_twitches_more_and_is_not_paralysed():
    assert spontaneous_per_min("hypocalcaemia", 2.0)[0] > 2 * spontaneous_per_min("hypocalcaemia", 1.0)[0]
    effort = {
        "electrodes": "bipolar",
        "seconds": 4.0,
        "drive": ((0.0, 0.1),),
        "muscle": SMALL,
        "noise_uv": 0.0,
        "mains_uv": 0.0,
    }
    sick, well = (
        simulate(Scenario.for_cause(code, **effort)).recording.physical().std()
        for code in ("hypocalcaemia", "healthy")
    )
    assert sick > 0.9 * well


def test_severe_magnesium_lack_twitches_only_with_the_calcium_that_falls():
    assert spontaneous_per_min("hypomagnesaemia", 1.0)[0] == 0
    assert spontaneous_per_min("hypomagnesaemia", 2.0)[0] > 1


def test_myokymia_is_grouped_and_nearly_periodic():
    _, made = spontaneous_per_min("plexopathy")
    unit = max({d.unit for d in made.truth}, key=lambda u: sum(d.unit == u for d in made.truth))
    times = np.sort([d.time_s for d in made.truth if d.unit == unit])
    starts = times[np.diff(times, prepend=-9) > 0.4]
    between = np.diff(starts)
    assert times.size / starts.size > 3
    assert between.std() / between.mean() < 0.5


def test_myasthenia_decrements_and_jitters_without_twitching():
    sick, well = Scenario.for_cause("myasthenia_gravis"), Scenario()
    train = np.arange(6) / 3
    assert 1 - compound_response(train, sick.junction).min() >= 0.10
    assert 1 - compound_response(train, well.junction).min() < 0.03
    assert 1.13 * jitter_us(median_safety(scenario_junction(sick))) > 40
    assert 1.13 * jitter_us(median_safety(scenario_junction(well))) < 40


def test_myasthenic_effort_loses_fibres_to_block():
    effort = {
        "electrodes": "bipolar",
        "seconds": 6.0,
        "drive": ((0.0, 0.1),),
        "muscle": SMALL,
        "noise_uv": 0.0,
        "mains_uv": 0.0,
    }
    well = simulate(Scenario(**effort)).recording.physical().std()
    sick = simulate(Scenario.for_cause("myasthenia_gravis", severity=2, **effort)).recording.physical().std()
    assert sick < 0.8 * well


def test_muscle_disease_recruits_early_and_with_small_potentials():
    effort = {"electrodes": "bipolar", "seconds": 4.0, "drive": ((0.0, 0.1),), "muscle": SMALL}
    well, sick = simulate(Scenario(**effort)), simulate(Scenario.for_cause("myopathy", **effort))

    def recruited(made):
        return len({d.unit for d in made.truth})

    assert recruited(sick) > recruited(well)
    common = {d.unit for d in well.truth}
    size = [np.median([d.peak_to_peak_uv for d in m.truth if d.unit in common]) for m in (well, sick)]
    assert size[1] < 0.7 * size[0]


@pytest.mark.parametrize(
    "code",
    ["motor_neuron_disease", "kennedy_disease", "post_polio", "cervical_radiculopathy", "nerve_injury"],
)
def test_loss_of_axons_leaves_fewer_larger_units(code):
    sick, well = motor_units(Scenario.for_cause(code)), motor_units(Scenario())
    assert sick.alive.sum() < well.alive.sum()
    assert sick.fibres[sick.alive].mean() > well.fibres.mean()
    assert sick.fibres.sum() < well.fibres.sum()


def test_failing_branches_make_late_fasciculations_vary():
    sick = Scenario.for_cause(
        "motor_neuron_disease", severity=2, electrodes="bipolar", seconds=60, noise_uv=0, mains_uv=0
    )
    sick = replace(sick, artefacts=replace(sick.artefacts, wander_uv=0))
    stable = replace(sick, ectopic=replace(sick.ectopic, branch_failure=0.0))

    def spread(scenario):
        made = simulate(scenario)
        signal, cvs = made.recording.physical()[0], []
        times = np.array([d.time_s for d in made.truth])
        alone = (np.diff(times, prepend=-1) > 0.05) & (np.diff(times, append=99) > 0.05)
        for unit in {d.unit for d in made.truth}:
            at = [
                d.time_s
                for d, a in zip(made.truth, alone, strict=True)
                if a and d.unit == unit and d.time_s < 59
            ]
            sizes = [np.ptp(signal[int((t - 0.02) * 2048) : int((t + 0.03) * 2048)]) for t in at if t > 0.1]
            if len(sizes) >= 5:
                cvs.append(np.std(sizes) / np.mean(sizes))
        return np.median(cvs)

    assert spread(sick) > 3 * spread(stable)


def test_potassium_slows_the_fibres_and_weakens_the_twitch():
    low = Scenario.for_cause("hypokalaemia")
    assert low.muscle.fibre_speed < 1
    assert motor_units(low).twitch_mn.sum() < motor_units(Scenario()).twitch_mn.sum()


@pytest.mark.parametrize("code", ["tremor", "alcohol_withdrawal", "hyperthyroidism", "stress_anxiety"])
def test_tremor_deepens_the_rhythm_of_the_drive(code):
    assert Scenario.for_cause(code).pool.tremor_depth > Scenario().pool.tremor_depth


@pytest.mark.parametrize("code", ["tetanus", "serotonin_toxicity", "tremor"])
def test_disinhibited_motor_neurons_fire_though_the_person_relaxes(code):
    made = simulate(Scenario.for_cause(code, electrodes="bipolar", seconds=5))
    assert len(made.truth) > 100
    assert made.fasciculations() == ()


def test_poisoned_cholinesterase_fires_more_than_anything_benign():
    assert spontaneous_per_min("toxic")[0] > 20 * max(spontaneous_per_min("benign_fasciculation")[0], 1)


def test_axon_and_muscle_tell_of_the_same_causes():
    """A cause that acts on the axon is never one that is refused here for lack of a mechanism."""
    acting = {code for code, cause in AXON_CAUSES.items() if cause.acts_on_axon}
    assert not acting & set(without_mechanism())
