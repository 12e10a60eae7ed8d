"""The knowledge base loads, is consistent, and says what is wrong with a broken one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from myolens.errors import InputError
from myolens.knowledge import Knowledge, check, load, loading
from myolens.knowledge.model import CriticalValue, Probability, Severity, Strength


def test_the_shipped_knowledge_is_consistent(knowledge: Knowledge) -> None:
    assert check(knowledge) == ()


def test_the_shipped_knowledge_covers_the_contract(knowledge: Knowledge) -> None:
    assert len(knowledge.findings) >= 220
    assert len(knowledge.medicines) >= 150
    assert {"motor_neuron_disease", "benign_fasciculation", "hypokalaemia"} <= set(knowledge.causes)


def test_a_kept_copy_is_the_same_as_the_files(
    knowledge: Knowledge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    files = {path.relative_to(loading.DATA): path.read_bytes() for path in loading._files(loading.DATA)}
    fresh = loading._checked(files, knowledge.version)
    loading._keep(fresh)
    assert loading._cached(knowledge.version) == fresh == knowledge


def test_a_damaged_kept_copy_is_made_again(
    knowledge: Knowledge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = loading._cache_file(knowledge.version)
    path.parent.mkdir(parents=True)
    path.write_text('{"version": "', encoding="utf-8")
    assert loading._cached(knowledge.version) is None
    path.write_text('{"version": "0", "causes": {}}', encoding="utf-8")
    assert loading._cached(knowledge.version) is None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "own"
    shutil.copytree(loading.DATA, copy)
    return copy


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- code: zinc\n  nmae: Zinc\n", "labs.yaml entry 1"),
        ("- {code: zinc\n", "not valid YAML"),
        ("- just words\n", "labs.yaml entry 1"),
        (b"\xff\xfe\x00bad", "labs.yaml"),
        ("[" * 5000, "labs.yaml"),
    ],
)
def test_a_broken_file_is_named(folder: Path, text: str | bytes, said: str) -> None:
    (folder / "labs.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=said):
        load(folder)


def test_a_code_defined_twice_is_refused(folder: Path) -> None:
    sources = folder / "sources.yaml"
    sources.write_text(sources.read_text() + "- {id: NG127, citation: again, kind: guideline}\n")
    with pytest.raises(InputError, match="NG127 is defined twice"):
        load(folder)


def test_missing_and_empty_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        load(tmp_path / "nowhere")
    with pytest.raises(InputError):
        load(tmp_path)


def altered(knowledge: Knowledge, **parts: object) -> Knowledge:
    return knowledge.model_copy(update=parts)


def test_check_finds_an_effect_below_the_leak(knowledge: Knowledge) -> None:
    cause = knowledge.causes["hypokalaemia"]
    effect = cause.findings[0]
    leak = knowledge.findings[effect.finding].leak.value
    low = effect.model_copy(update={"value": leak / 2, "low": 0.0})
    wrong = cause.model_copy(update={"findings": (low, *cause.findings[1:])})
    problems = check(altered(knowledge, causes={**knowledge.causes, "hypokalaemia": wrong}))
    assert any("below its leak" in problem for problem in problems)


def test_check_finds_grades_that_do_not_run_in_order_or_belong_to_nothing(knowledge: Knowledge) -> None:
    lab = knowledge.labs["potassium"]
    turned = lab.grades[0].model_copy(update={"moderate": 2.5, "severe": 3.0})
    labs = knowledge.labs | {"potassium": lab.model_copy(update={"grades": (turned,)})}
    assert any("potassium: low does not run" in each for each in check(altered(knowledge, labs=labs)))
    ungraded = {code: each for code, each in knowledge.severities.items() if code != "pain"}
    problems = check(altered(knowledge, severities=ungraded))
    assert "tetanus: pain is graded, but its usual shares are not stated" in problems
    with pytest.raises(ValueError, match="do not sum to 1"):
        Severity(mild=0.5, moderate=0.3, severe=0.3, strength=Strength.ESTIMATE, sources=("x",))


def test_check_finds_a_missing_cause_and_its_orphans(knowledge: Knowledge) -> None:
    causes = {code: cause for code, cause in knowledge.causes.items() if code != "hypocalcaemia"}
    problems = check(altered(knowledge, causes=causes))
    assert "cause hypocalcaemia of the contract is missing" in problems
    assert any("hypocalcaemia does not exist" in problem for problem in problems)


def test_check_finds_a_circle_of_implications(knowledge: Knowledge) -> None:
    weakness = knowledge.findings["weakness"].model_copy(update={"implies": ("arm_weakness",)})
    problems = check(altered(knowledge, findings={**knowledge.findings, "weakness": weakness}))
    assert "weakness implies itself in a circle" in problems


def test_check_finds_a_rule_that_can_never_fire(knowledge: Knowledge) -> None:
    rule = knowledge.triage[0]
    never = rule.when.model_copy(update={"present": ("arm_weakness",), "absent": ("weakness",)})
    problems = check(
        altered(knowledge, triage=(rule.model_copy(update={"when": never}), *knowledge.triage[1:]))
    )
    assert any("cannot be present and absent at once" in problem for problem in problems)


def test_check_finds_an_untestable_warning_and_an_unused_or_unknown_source(knowledge: Knowledge) -> None:
    silent = knowledge.findings["dysphagia"].model_copy(update={"ask": ""})
    leak = Probability(value=0.1, low=0.1, high=0.1, strength=Strength.ESTIMATE, sources=("nobody",))
    wrong = knowledge.findings["anxiety"].model_copy(update={"leak": leak})
    findings = {**knowledge.findings, "dysphagia": silent, "anxiety": wrong}
    problems = check(altered(knowledge, findings=findings))
    assert any(problem.startswith("dysphagia bears on urgency") for problem in problems)
    assert "anxiety: source nobody does not exist" in problems


def test_check_finds_a_name_with_two_meanings(knowledge: Knowledge) -> None:
    double = knowledge.findings["tremor"].model_copy(update={"synonyms": ("myoclonus",)})
    problems = check(altered(knowledge, findings={**knowledge.findings, "tremor": double}))
    assert any("'myoclonus' means both" in problem for problem in problems)


def test_critical_values_lie_outside_the_normal_range(knowledge: Knowledge) -> None:
    """A value inside the laboratory's own range is never urgent."""

    def outside(critical: CriticalValue, low: float | None, high: float | None) -> bool:
        if critical.direction == "at_or_below":
            return low is None or critical.value < low
        return high is None or critical.value > high

    for lab in knowledge.labs.values():
        assert all(outside(critical, lab.normal_low, lab.normal_high) for critical in lab.critical), lab.code


@pytest.mark.parametrize(
    ("lab", "direction", "value", "level"),
    [
        ("potassium", "at_or_below", 2.5, "emergency"),
        ("potassium", "at_or_above", 6.5, "emergency"),
        ("calcium", "at_or_below", 1.9, "emergency"),
        ("calcium", "at_or_above", 3.5, "emergency"),
        ("magnesium", "at_or_below", 0.4, "emergency"),
        ("sodium", "at_or_below", 120, "emergency"),
        ("phosphate", "at_or_below", 0.3, "emergency"),
        ("creatine_kinase", "at_or_above", 5000, "emergency"),
    ],
)
def test_critical_values_of_the_guidelines(
    knowledge: Knowledge, lab: str, direction: str, value: float, level: str
) -> None:
    """UK Kidney Association 2023, Society for Endocrinology, limits for telephoned results."""
    held = {(str(c.direction), c.value): c.level.value for c in knowledge.labs[lab].critical}
    assert held[(direction, value)] == level
