"""Files written can be read again, and the truth beside them is complete."""

import json

import numpy as np
import pytest

import myolens
from myolens.errors import InputError
from myolens.simulation import Scenario, example_scenario, save, simulate, truth_json
from myolens.simulation.parameters import Ectopic

SMALL = Scenario(seconds=10, electrodes="grid 4x4", rate=1024, ectopic=Ectopic(sites=3, rate_per_min=30))


@pytest.fixture(scope="module")
def made():
    return simulate(SMALL)


@pytest.mark.parametrize(("ending", "error_uv"), [(".edf", 0.02), (".bdf", 1e-4), (".csv", 6e-4)])
def test_what_is_saved_is_what_is_read(made, tmp_path, ending, error_uv):
    path = save(made, tmp_path / f"rec{ending}")
    (read,) = [r for r in myolens.read(path) if r.indices()] or list(myolens.read(path))
    assert read.rate == pytest.approx(1024)
    assert [c.name for c in read.channels] == [c.name for c in made.recording.channels]
    assert np.abs(read.microvolts() - made.recording.microvolts()).max() < error_uv


def test_truth_lies_beside_the_recording_and_names_every_discharge(made, tmp_path):
    save(made, tmp_path / "rec.edf", truth=tmp_path / "truth.json")
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert truth["schema"] == "myolens.truth/1"
    assert len(truth["events"]) == len(made.truth)
    assert truth["events"] == sorted(truth["events"], key=lambda event: event["time_s"])
    assert set(truth["events"][0]) == {"time_s", "unit", "channel", "peak_to_peak_uv", "origin"}
    assert truth["scenario"]["muscle"]["name"] == "biceps"
    assert truth == json.loads(json.dumps(truth_json(made)))


def test_a_saved_recording_says_that_it_was_simulated(made, tmp_path):
    head = save(made, tmp_path / "rec.edf").read_bytes()[:256]
    assert b"simulated" in head


@pytest.mark.parametrize("name", ["rec.txt", "rec", "rec.edf.gz"])
def test_other_endings_are_refused(made, tmp_path, name):
    with pytest.raises(InputError, match="End it in"):
        save(made, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named_and_nothing_is_left(made, tmp_path):
    with pytest.raises(InputError, match="no folder"):
        save(made, tmp_path / "none" / "rec.edf")
    assert list(tmp_path.iterdir()) == []


def test_a_length_that_edf_cannot_hold_is_refused_and_csv_takes_it(tmp_path):
    odd = simulate(Scenario(seconds=2.5, electrodes="bipolar"))
    with pytest.raises(InputError, match="one-second"):
        save(odd, tmp_path / "rec.edf")
    assert list(tmp_path.iterdir()) == []
    assert save(odd, tmp_path / "rec.csv").exists()


def test_the_example_fits_in_the_package(tmp_path):
    assert save(simulate(example_scenario()), tmp_path / "example.edf").stat().st_size < 600_000
