"""The recording and its truth agree, and the same seed gives the same recording."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from myolens.errors import InputError
from myolens.recording import ChannelKind
from myolens.simulation import Scenario, example_scenario, parameters, scenario_with, simulate
from myolens.simulation.parameters import Artefacts, Ectopic

QUIET = {"noise_uv": 0.0, "mains_uv": 0.0, "artefacts": Artefacts(wander_uv=0)}
FIRING = Ectopic(sites=5, rate_per_min=20, doublet_fraction=0.2)
ELECTRODES = [
    ("bipolar", 2048.0),
    ("bipolar 3", 1000.0),
    ("grid 8x8", 2048.0),
    ("grid 13x5", 2048.0),
    ("needle", 20_000.0),
]


def scenario(electrodes="grid 8x8", rate=2048.0, **more):
    return Scenario(**{"seconds": 20, "electrodes": electrodes, "rate": rate, "ectopic": FIRING, **more})


@pytest.mark.parametrize(("electrodes", "rate"), ELECTRODES)
def test_truth_is_the_instant_of_the_largest_deflection_and_its_size(electrodes, rate):
    made = simulate(scenario(electrodes, rate, **QUIET))
    signal = made.recording.physical()
    names = [channel.name for channel in made.recording.channels]
    times = np.array([d.time_s for d in made.truth])
    alone = np.flatnonzero(
        (np.diff(times, prepend=-1) > 0.1)
        & (np.diff(times, append=99) > 0.1)
        & (times > 0.1)
        & (times < 19.8)
    )
    large = [i for i in alone if made.truth[i].peak_to_peak_uv > 1]
    assert len(large) >= 5
    for index in large:
        truth = made.truth[index]
        row = signal[names.index(truth.channel)]
        first = int((truth.time_s - 0.05) * rate)
        piece = row[first : first + int(0.1 * rate)]
        # Of two deflections alike within 3 % either may come out larger where samples fall.
        largest = (first + np.flatnonzero(np.abs(piece) >= 0.97 * np.abs(piece).max())) / rate
        jitter = 0.0003 if electrodes == "needle" else 0.0
        assert np.min(np.abs(largest - truth.time_s)) <= 1.5 / rate + jitter
        assert np.ptp(piece) == pytest.approx(truth.peak_to_peak_uv, rel=0.06)


def test_without_noise_the_recording_is_the_sum_of_the_potentials():
    rested = replace(Scenario().muscle, velocity_recovery=0.0)
    made = simulate(scenario(**QUIET, muscle=rested))
    signal = made.recording.physical()
    total = np.zeros_like(signal)
    for truth in made.truth:
        shape = made.potentials[truth.unit].T
        row = [c.name for c in made.recording.channels].index(truth.channel)
        first = round(truth.time_s * 2048) - int(np.argmax(np.abs(shape[row])))
        low, high = max(first, 0), min(first + shape.shape[1], signal.shape[1])
        total[:, low:high] += shape[:, low - first : high - first]
    # Placing on whole samples instead of quarters costs a few per cent.
    assert np.linalg.norm(total - signal) < 0.12 * np.linalg.norm(signal)


def test_same_seed_same_recording_other_seed_another():
    first, again = simulate(scenario()), simulate(scenario())
    assert np.array_equal(first.recording.physical(), again.recording.physical())
    assert first.truth == again.truth
    assert simulate(scenario(seed=2)).truth != first.truth


def test_electrodes_may_be_changed_without_changing_who_fires_when():
    at_skin, at_needle = simulate(scenario("bipolar")), simulate(scenario("needle", 20_000.0))
    assert {d.unit for d in at_skin.truth} == {d.unit for d in at_needle.truth}
    # The conduction to each electrode differs, the number of discharges does not.
    assert len(at_skin.truth) == pytest.approx(len(at_needle.truth), abs=2)


@pytest.mark.parametrize(
    ("electrodes", "rate", "low", "high"), [("grid 4x4", 2048.0, 20, 500), ("needle", 25_600.0, 10, 10_000)]
)
def test_noise_has_the_asked_strength_in_its_band_and_falls_with_frequency(electrodes, rate, low, high):
    made = simulate(
        scenario(
            electrodes,
            rate,
            ectopic=Ectopic(),
            noise_uv=5.0,
            mains_uv=0.0,
            contact=0.0,
            artefacts=Artefacts(wander_uv=0),
        )
    )
    signal = made.recording.physical()
    power = np.abs(np.fft.rfft(signal, axis=1)) ** 2
    f = np.fft.rfftfreq(signal.shape[1], 1 / rate)
    inside = (f >= low) & (f <= high)
    rms = np.sqrt(2 * power[:, inside].sum(axis=1)) / signal.shape[1]
    assert np.allclose(rms, 5.0, rtol=0.05)
    octaves = [power[:, (f > a) & (f <= 2 * a)].mean() for a in (25, 50, 100, 200)]
    slope = np.polyfit(np.log([25, 50, 100, 200]), np.log(octaves), 1)[0]
    assert -0.9 < slope < -0.3


def test_noise_of_neighbouring_electrodes_is_their_own():
    made = simulate(scenario("grid 2x2", ectopic=Ectopic(), mains_uv=0.0, artefacts=Artefacts(wander_uv=0)))
    table = np.corrcoef(made.recording.physical())
    assert np.abs(table[~np.eye(4, dtype=bool)]).max() < 0.05


def test_mains_is_a_line_at_its_frequency():
    made = simulate(scenario("bipolar", ectopic=Ectopic(), mains_hz=60.0, mains_uv=20.0, noise_uv=1.0))
    power = np.abs(np.fft.rfft(made.recording.physical()[0])) ** 2
    f = np.fft.rfftfreq(made.recording.samples, 1 / 2048)
    assert f[np.argmax(np.where(f > 5, power, 0))] == pytest.approx(60, abs=0.2)


def test_pops_and_heartbeats_are_put_in_and_told():
    noisy = Artefacts(pops=3, pop_uv=500, ecg_uv=80, heart_rate_per_min=60)
    made = simulate(scenario("bipolar 2", ectopic=Ectopic(), artefacts=noisy))
    assert [a.kind for a in made.artefacts] == ["electrode pop"] * 3
    signal = made.recording.physical()
    names = [c.name for c in made.recording.channels]
    for pop in made.artefacts:
        at = int(pop.start_s * 2048)
        row = signal[names.index(pop.channel)]
        assert abs(row[at + 1 : at + 40].mean() - row[at - 40 : at].mean()) > 150


def test_discharges_say_where_they_come_from():
    made = simulate(scenario("bipolar", drive=((0, 0), (10, 0), (11, 0.1), (14, 0.1), (15, 0))))
    origins = {d.origin for d in made.truth}
    assert origins == {"ectopic", "voluntary"}
    (span,) = made.voluntary
    assert 10 < span.start_s < 11 < 14 < span.end_s < 15
    for d in made.truth:
        if d.origin == "voluntary":
            assert span.start_s - 0.05 <= d.time_s <= span.end_s + 0.2
    assert {d.origin for d in made.fasciculations()} == {"ectopic"}


def test_no_unit_fires_twice_within_its_dead_time():
    made = simulate(scenario("bipolar", drive=((0, 0.2),), ectopic=replace(FIRING, rate_per_min=120)))
    for unit in {d.unit for d in made.truth}:
        times = np.sort([d.time_s for d in made.truth if d.unit == unit])
        assert times.size < 2 or np.diff(times).min() > 0.0034


def test_fibrillation_is_regular_small_and_only_at_a_needle():
    sick = Scenario.for_cause("nerve_injury", seconds=20, electrodes="needle", rate=20_000)
    made = simulate(sick)
    fibres = {d.unit for d in made.truth if d.origin == "fibrillation"}
    assert len(fibres) == round(sick.remodelling.fibrillating_fibres)
    for unit in fibres:
        times = np.array([d.time_s for d in made.truth if d.unit == unit])
        if times.size > 20:
            intervals = np.diff(times)
            assert intervals.std() / intervals.mean() < 0.2
    sizes = [d.peak_to_peak_uv for d in made.truth if d.origin == "fibrillation"]
    assert 10 < np.median(sizes) < 600
    at_skin = simulate(replace(sick, electrodes="bipolar", rate=2048.0))
    assert not any(d.origin == "fibrillation" for d in at_skin.truth)


def test_recording_describes_itself():
    made = simulate(scenario("grid 13x5 8mm", force=True, phone=True, seconds=5))
    assert len(made.recording.channels) == 65
    assert {c.kind for c in made.recording.channels} == {ChannelKind.SURFACE_EMG}
    assert made.recording.channels[-1].position_mm == (32.0, 96.0)
    assert made.recording.source.startswith("simulated")
    assert made.force.channels[0].unit == "mN"
    assert made.acceleration.channels[0].unit == "m/s^2"
    assert made.acceleration.seconds == pytest.approx(5)


@pytest.mark.parametrize(
    "electrodes", ["", "grid", "grid 0x3", "grid 99x99", "bipolar 9", "needle 3", "grid 8x8 90mm"]
)
def test_electrodes_that_do_not_exist_are_refused(electrodes):
    with pytest.raises(InputError):
        simulate(scenario(electrodes))


def test_recordings_larger_than_memory_are_refused():
    with pytest.raises(InputError, match="too many"):
        simulate(scenario("grid 32x32", rate=20_000.0, seconds=7200))


def test_ions_of_the_axon_decide_when_they_are_changed():
    """Low potassium alone leaves the axon silent; low calcium with raised potassium makes it fire."""
    quiet = scenario_with(Scenario(seconds=20, electrodes="bipolar"), ["axon.potassium=2.5"])
    firing = scenario_with(
        Scenario(seconds=20, electrodes="bipolar"),
        ["axon.calcium=0.55", "axon.periaxonal_potassium=0.8"],
    )
    assert simulate(quiet).truth == ()
    assert len(simulate(firing).fasciculations()) > 3


def test_the_shipped_example_shows_what_it_promises():
    made = simulate(example_scenario())
    assert made.recording.seconds == 120
    found = made.fasciculations()
    assert 10 <= len(found) <= 60
    assert len({d.unit for d in found}) >= 2
    assert min(d.peak_to_peak_uv for d in found) > 5 * 3.0
    assert len(made.voluntary) == 1
    assert len(made.artefacts) == 1


SLOW_OR_SEPARATE = (
    "seconds",
    "rate",
    "muscle.units",
    "muscle.fibres_per_unit",
    "muscle.limb_mm",
    "axon.",
    "mechanics.",
)
TUNABLE = [
    (key, meta["low"], meta["high"])
    for key, _, meta in parameters()
    if "low" in meta and not key.startswith(SLOW_OR_SEPARATE)
]


@given(
    st.lists(st.tuples(st.sampled_from(TUNABLE), st.floats(0, 1)), max_size=6),
    st.sampled_from(["bipolar 2", "grid 3x3", "needle"]),
    st.sampled_from([0.0, 0.02]),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_body_within_the_ranges_gives_a_finite_recording_with_truth_in_order(chosen, electrodes, drive):
    base = scenario(
        electrodes, 4000.0 if electrodes == "needle" else 1000.0, seconds=1.0, drive=((0, drive),)
    )
    base = scenario_with(base, ["muscle.units=30"])
    body = scenario_with(base, [f"{key}={low + share * (high - low)}" for (key, low, high), share in chosen])
    made = simulate(body)
    assert np.all(np.isfinite(made.recording.physical()))
    times = [d.time_s for d in made.truth]
    assert times == sorted(times)
    assert all(-0.01 <= t < 1 for t in times)
    assert all(d.peak_to_peak_uv >= 0 for d in made.truth)


def test_the_page_of_documentation_tells_of_every_cause(request):
    from myolens.simulation import causes, without_mechanism

    page = (request.config.rootpath / "docs" / "simulation.md").read_text(encoding="utf-8")
    for code, cause in causes().items():
        row = next(line for line in page.splitlines() if line.startswith(f"| {code} |"))
        assert cause.seen in row
        for change in cause.changes:
            assert f"`{change.setting}` {change.typical:g} → {change.severe:g} ({change.strength})" in row
    for code, why in without_mechanism().items():
        assert f"- {code}: {why}" in page
