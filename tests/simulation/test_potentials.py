"""Motor-unit potentials obey superposition, distance, speed and the clinic's norms."""

from dataclasses import replace

import numpy as np
import pytest

from myolens.errors import InputError
from myolens.simulation import Scenario, potentials
from myolens.simulation.electrodes import Needle, place
from myolens.simulation.fibres import Fibres, fibre_speed_m_per_s
from myolens.simulation.muscle import MOST_FIBRES_PER_MM2, fibres_of, motor_units
from myolens.simulation.parameters import MUSCLES, Muscle
from myolens.simulation.potentials import SILENT_UV, fibre_potential, unit_potentials

GRID = Scenario(electrodes="grid 13x1 8mm", seconds=2)
NEEDLE = Scenario(electrodes="needle", rate=20_000, seconds=2)


def fibre(x_mm=0.0, y_mm=8.0, diameter_um=55.0, endplate_mm=0.0, half_mm=65.0):
    one = np.ones(1)
    return Fibres(
        x_mm * one, y_mm * one, endplate_mm * one, half_mm * one, half_mm * one, diameter_um * one,
        fibre_speed_m_per_s(diameter_um * one), 0 * one, one, np.zeros(1, np.int64),
    )  # fmt: skip


def together(*parts):
    return Fibres(
        *(np.concatenate([getattr(p, name) for p in parts]) for name in Fibres.__dataclass_fields__)
    )


def wave(scenario, fibres):
    return fibre_potential(scenario, place(scenario), fibres, 0).waveform.astype(float)


@pytest.mark.parametrize("scenario", [GRID, NEEDLE], ids=["skin", "needle"])
def test_potentials_of_two_fibres_add(scenario):
    a, b = fibre(0.5, 8.3), fibre(-2.0, 7.0, 48.0)
    both, alone = wave(scenario, together(a, b)), [wave(scenario, a), wave(scenario, b)]
    length = max(len(w) for w in alone)
    total = sum(np.pad(w, ((0, length - len(w)), (0, 0))) for w in alone)
    assert np.allclose(both[:length], total, atol=2e-3 * np.abs(both).max())


@pytest.mark.parametrize("scenario", [GRID, NEEDLE], ids=["skin", "needle"])
def test_a_fibre_of_twice_the_cross_section_gives_twice_the_potential(scenario):
    thin = fibre()
    thick = replace(thin, diameter_um=thin.diameter_um * np.sqrt(2))
    assert np.allclose(wave(scenario, thick), 2 * wave(scenario, thin), rtol=1e-4, atol=1e-6)


def test_the_wave_travels_along_the_grid_at_the_speed_of_the_fibre():
    seen = np.diff(
        wave(Scenario(electrodes="grid 13x1 8mm", rate=16_384, seconds=2), fibre(y_mm=3.0)), axis=1
    )
    # Between neighbours the travelling wave stands out; these pairs lie 28 and 44 mm from the end plate.
    lag = np.argmax(np.correlate(seen[:, 11], seen[:, 9], "full")) - (len(seen) - 1)
    assert 16 / (lag / 16_384 * 1000) == pytest.approx(3.77, rel=0.05)


@pytest.mark.parametrize("scenario", [replace(GRID, rate=4096), NEEDLE], ids=["skin", "needle"])
def test_a_second_impulse_is_the_potential_of_a_faster_fibre(scenario):
    """Shape along the fibre unchanged, speed 15 % higher: as computed anew from the faster fibre."""
    rested, quick = fibre(), replace(fibre(), speed_m_per_s=1.15 * fibre().speed_m_per_s)
    made = fibre_potential(scenario, place(scenario), rested, 0).components[0]
    found = made.at_speed(1.15, scenario.rate)
    expected = fibre_potential(scenario, place(scenario), quick, 0).components[0]
    length = 1 + max(one.lead + one.phases.shape[1] for one in (found, expected))
    a, b = np.zeros((2, 4, length, made.phases.shape[2]))
    for whole, part in ((a, found), (b, expected)):
        whole[:, part.lead : part.lead + part.phases.shape[1]] = part.phases
    assert np.abs(a - b).max() < 0.02 * np.abs(b).max() + SILENT_UV


def test_potential_is_symmetric_about_the_end_plate():
    seen = wave(GRID, fibre())
    assert np.allclose(seen, seen[:, ::-1], atol=1e-3 * np.abs(seen).max())


def test_nothing_is_left_when_both_waves_have_reached_the_tendons():
    for scenario in (GRID, NEEDLE):
        seen = wave(scenario, fibre())
        assert np.abs(seen[-3:]).max() < 0.02 * np.abs(seen).max()


def test_the_end_of_the_fibre_is_seen_by_all_rows_at_once():
    """The wave that does not travel: extinction at the tendon is simultaneous along the grid."""
    seen = wave(Scenario(electrodes="grid 13x1 8mm", rate=8192, seconds=2), fibre(y_mm=12.0))
    instant = round((65 / 3.77 + 1.0) * 8.192)
    late = seen[instant : instant + 30]
    peaks = np.argmax(np.abs(late), axis=0)
    assert np.ptp(peaks[3:10]) <= 12


def test_at_the_skin_amplitude_falls_with_depth_fat_and_lateral_distance():
    def size(scenario, **where):
        return np.ptp(wave(scenario, fibre(**where))[:, 9])

    assert size(GRID, y_mm=2) > size(GRID, y_mm=6) > size(GRID, y_mm=15)
    assert size(GRID) > size(GRID, x_mm=10) > size(GRID, x_mm=25)
    fat = [replace(GRID, muscle=replace(Muscle(), fat_mm=f)) for f in (1.0, 4.0, 10.0)]
    assert size(fat[0]) > size(fat[1]) > size(fat[2])


def test_far_from_the_fibre_the_needle_sees_the_quadrupole_fall_with_the_cube_of_distance():
    """A propagating wave has no charge and no dipole; what is left falls as 1/r³ across the fibre."""
    lone = Needle(np.array([[0.0, 8.0, 25.0]]), np.array([[0.0, 8.0, 5000.0]]), place(NEEDLE).channels)
    long = {"half_mm": 500.0}
    sizes = [
        np.ptp(fibre_potential(NEEDLE, lone, fibre(0.0, 8.0 + r, **long), 0).waveform[:2400])
        for r in (3.0, 5.5, 6.9)
    ]
    steep = np.diff(np.log(sizes)) / np.diff(np.log([3.0, 5.5, 6.9]))
    assert np.all((steep > -3.6) & (steep < -2.0))


def test_close_to_the_fibre_the_needle_sees_less_over_a_wider_core():
    point = Needle(np.array([[0.0, 8.0, 25.0]]), np.array([[0.0, 8.0, 5000.0]]), place(NEEDLE).channels)
    narrow = fibre_potential(NEEDLE, point, fibre(0.05, 8.0), 0).peak_to_peak_uv
    wide = fibre_potential(NEEDLE, place(NEEDLE), fibre(0.05, 8.0 - 0.29), 0).peak_to_peak_uv
    assert wide < 0.7 * narrow


def test_forty_bundles_stand_for_all_fibres_of_a_unit(monkeypatch):
    scenario = Scenario(electrodes="grid 8x8", seconds=2)
    units = motor_units(scenario)
    errors = []
    for index in (60, 120, 199):
        few = unit_potentials(scenario, units, place(scenario), [index])[0].waveform
        monkeypatch.setattr(potentials, "BUNDLES", 10_000)
        all_of_them = unit_potentials(scenario, units, place(scenario), [index])[0].waveform
        monkeypatch.setattr(potentials, "BUNDLES", 40)
        length = min(len(few), len(all_of_them))
        errors.append(np.linalg.norm(few[:length] - all_of_them[:length]) / np.linalg.norm(all_of_them))
    assert np.median(errors) < 0.12
    assert max(errors) < 0.2


def clinical_duration_ms(waveform, rate, level_uv=20.0):
    """From the first to the last moment beyond ± 20 µV, as a cursor is set by hand."""
    beyond = np.flatnonzero(np.abs(waveform[:, 0]) > level_uv)
    return (beyond[-1] - beyond[0]) / rate * 1000


def phases(waveform, level_uv=25.0):
    sign = np.sign(np.where(np.abs(waveform[:, 0]) > level_uv, waveform[:, 0], 0))
    sign = sign[sign != 0]
    return 1 + np.count_nonzero(np.diff(sign))


def needle_survey(scenario, indices=range(0, 100, 4)):
    """Potentials of units recruited at low effort, each with the needle somewhere in its territory."""
    units = motor_units(scenario)
    found = []
    for index in indices:
        if not units.alive[index]:
            continue
        rng = np.random.default_rng(index)
        away = 0.4 * units.territory_mm[index] * np.sqrt(rng.uniform())
        angle = rng.uniform(0, 2 * np.pi)
        units.x_mm[index] = away * np.cos(angle)
        units.y_mm[index] = place(scenario).core_mm[:, 1].mean() + 0.6 * away * np.sin(angle)
        potential = unit_potentials(scenario, units, place(scenario), [index])[0]
        shape = potential.waveform
        found.append((potential.peak_to_peak_uv, clinical_duration_ms(shape, scenario.rate), phases(shape)))
    return np.array(found)


@pytest.fixture(scope="module")
def healthy_survey():
    return needle_survey(NEEDLE, range(0, 100, 2))


def test_healthy_biceps_potentials_have_the_durations_of_the_clinic(healthy_survey):
    """Mean of 20 potentials between 7.4 and 13.0 ms, 95 % tolerance limits (Engstrom & Olney 1992)."""
    assert 7.4 < healthy_survey[:, 1].mean() < 13.0


def test_healthy_biceps_potentials_are_a_few_hundred_microvolts_to_two_millivolts(healthy_survey):
    assert 200 < np.median(healthy_survey[:, 0]) < 2000
    assert np.percentile(healthy_survey[:, 0], 90) < 2500


def test_at_most_fifteen_percent_of_healthy_potentials_are_polyphasic(healthy_survey):
    assert np.mean(healthy_survey[:, 2] > 4) <= 0.15
    assert 2 <= np.median(healthy_survey[:, 2]) <= 4


def test_reinnervated_potentials_are_larger_and_longer(healthy_survey):
    """Neurogenic: amplitude and duration grow with adopted fibres."""
    sick = needle_survey(
        Scenario.for_cause("motor_neuron_disease", severity=1.5, electrodes="needle", rate=20_000, seconds=2)
    )
    assert np.median(sick[:, 0]) > 1.5 * np.median(healthy_survey[:, 0])
    assert sick[:, 1].mean() > 1.1 * healthy_survey[:, 1].mean()


def test_myopathic_potentials_are_smaller_and_shorter(healthy_survey):
    sick = needle_survey(Scenario.for_cause("myopathy", electrodes="needle", rate=20_000, seconds=2))
    assert np.median(sick[:, 0]) < 0.6 * np.median(healthy_survey[:, 0])
    assert sick[:, 1].mean() < 0.9 * healthy_survey[:, 1].mean()


@pytest.mark.parametrize("name", MUSCLES)
def test_every_muscle_has_room_for_its_fibres(name):
    scenario = Scenario(muscle=MUSCLES[name])
    units, muscle = motor_units(scenario), scenario.muscle
    area = np.pi / 4 * muscle.width_mm * muscle.thickness_mm
    thinner = (muscle.diameter_um / 55) ** 2
    assert units.fibres.sum() / area * thinner <= MOST_FIBRES_PER_MM2
    placed = fibres_of(scenario, units, len(units) // 2)
    assert np.all((placed.y_mm >= muscle.depth_mm) & (placed.y_mm <= muscle.depth_mm + muscle.thickness_mm))


def test_survivors_grow_only_up_to_the_cap_and_the_dead_have_no_fibres():
    scenario = Scenario.for_cause("post_polio", severity=2.0)
    units = motor_units(scenario)
    assert np.all(units.fibres[~units.alive] == 0)
    grown = units.fibres[units.alive] / units.healthy_fibres[units.alive]
    assert grown.max() <= scenario.remodelling.reinnervation * 1.02
    assert units.alive.mean() == pytest.approx(1 - scenario.remodelling.lost_units, abs=0.01)


def test_a_round_arm_gives_much_the_same_potentials_as_a_flat_one():
    flat = wave(GRID, fibre())
    round_one = wave(replace(GRID, muscle=replace(Muscle(), limb_mm=50)), fibre())
    assert np.corrcoef(flat.ravel(), round_one.ravel())[0, 1] > 0.95
    assert 0.7 < np.ptp(round_one[:, 9]) / np.ptp(flat[:, 9]) < 1.5


def test_a_limb_too_thin_for_its_muscle_is_refused():
    with pytest.raises(InputError, match="no room"):
        wave(replace(GRID, muscle=replace(Muscle(), limb_mm=30)), fibre())
