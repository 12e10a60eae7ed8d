"""The report says what the assessment and the analysis say, and nothing reaches the network."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from myolens.assessment.result import Assessment
from myolens.assessment.words import per_hundred
from myolens.case import Case, Lab
from myolens.emg.analysis import Analysis, Estimate
from myolens.recording import Channel, ChannelKind, Recording
from myolens.reports import Examined, report
from myolens.reports.fhir import bundle
from myolens.reports.figures import unit_shape
from myolens.reports.page import likely_causes
from myolens.reports.pdf import pdf
from myolens.reports.svg import Scale
from myolens.reports.traces import MAXIMUM_COLUMNS, traces_of

TODAY = date(2026, 1, 5)


@pytest.fixture(scope="module")
def page(assessment: Assessment, case: Case, recording: Recording, analysis: Analysis) -> str:
    return report(assessment, case, [Examined(recording, analysis)], today=TODAY)


def test_urgency_stands_before_causes_and_recordings(page: str) -> None:
    order = [
        page.index(words) for words in ("See your GP within 2 weeks", "What fits best", "Recording: two")
    ]
    assert order == sorted(order)


def test_rate_is_stated_with_its_interval(page: str) -> None:
    assert "6.5 per minute (95% interval 2.4 to 14.2)" in page


def test_nothing_a_person_wrote_becomes_markup(page: str) -> None:
    assert "<b>worried</b>" not in page
    assert "&lt;i&gt;odd&lt;/i&gt;" in page


def test_page_asks_nothing_of_the_network(page: str) -> None:
    loaded = re.findall(r'(?:src|action)="([^"]*)"|url\(([^)]*)\)|@import|<link[^>]*href="([^"]*)"', page)
    assert {part for match in loaded for part in match if part} <= {"data:,"}
    assert "default-src 'none'" in page
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|sendBeacon)\(", page)


def test_every_citation_leads_to_a_listed_source(page: str) -> None:
    cited = set(re.findall(r'href="#(source-\d+)"', page))
    listed = set(re.findall(r'id="(source-\d+)"', page))
    assert cited
    assert cited <= listed


def test_serious_causes_below_the_list_are_not_among_the_likely(assessment: Assessment) -> None:
    assert [cause.cause for cause in likely_causes(assessment)] == ["benign_fasciculation"]


def test_probabilities_are_never_said_to_be_none_or_all() -> None:
    assert per_hundred(0.0) == "fewer than 1"
    assert per_hundred(1.0) == "more than 99"
    assert per_hundred(0.421) == "42"


def test_same_input_gives_the_same_page(
    page: str, assessment: Assessment, case: Case, recording: Recording, analysis: Analysis
) -> None:
    assert report(assessment, case, [Examined(recording, analysis)], today=TODAY) == page


def embedded(page: str) -> dict:
    match = re.search(r'<script type="application/json" id="trace-1">(.*?)</script>', page, re.S)
    assert match
    return json.loads(match.group(1))


def test_viewer_holds_every_event_and_the_signal_itself(page: str, analysis: Analysis) -> None:
    data = embedded(page)
    assert [event["t"] for event in data["events"]] == [event.time_s for event in analysis.events]
    assert data["excluded"] == [{"a": 20.0, "b": 25.0}]
    trace = data["traces"][0]
    values = np.frombuffer(base64.b64decode(trace["least"]), "<i2") * trace["scale"]
    at = round(analysis.events[0].time_s / trace["step"])
    assert np.ptp(values[at - 20 : at + 20]) == pytest.approx(240, rel=0.15)
    assert np.std(values[at + 200 : at + 3000]) == pytest.approx(4, rel=0.2)


def test_envelope_keeps_the_extremes_of_a_long_recording(analysis: Analysis) -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(0, 20, (1, 900_000)).astype(np.int16)
    values[0, 654_321] = 3000
    channel = Channel("EMG 1", "uV", ChannelKind.SURFACE_EMG)
    recording = Recording.from_array(values, 1000.0, [channel], source="long")
    trace = traces_of(recording, replace(analysis, channels=("EMG 1",), seconds=900.0))[0]
    assert trace.least.size <= MAXIMUM_COLUMNS
    column = int(654.321 / trace.seconds_per_column)
    assert trace.greatest[column] == trace.greatest.max()
    assert trace.greatest.max() == pytest.approx(3000, rel=0.05)


def test_recording_alone_makes_a_report(recording: Recording, analysis: Analysis) -> None:
    page = report(examined=[Examined(recording, analysis)], today=TODAY)
    assert "Recording report" in page
    assert "What fits best" not in page


def test_nothing_counted_is_said(recording: Recording, analysis: Analysis) -> None:
    nothing = replace(analysis, rate_per_min=None, events=(), units=(), analysed_seconds=0.0)
    page = report(examined=[Examined(recording, nothing)], failures=["broken.edf: is empty."], today=TODAY)
    assert "Nothing could be counted" in page
    assert "broken.edf: is empty." in page


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 60), (-389, 0), (0.001, 0.0042), (3, 3)])
def test_ticks_are_round_and_inside(low: float, high: float) -> None:
    ticks = Scale(low, high, 0, 100).ticks()
    assert all(low <= tick <= high for tick in ticks)
    assert 1 <= len(ticks) <= 12


def test_pdf_is_tagged_and_holds_the_same_words(
    assessment: Assessment, case: Case, recording: Recording, analysis: Analysis
) -> None:
    content = pdf(assessment, case, [Examined(recording, analysis)], today=TODAY)
    assert content.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in content
    assert b"/MarkInfo" in content


def test_pdf_of_a_recording_alone(recording: Recording, analysis: Analysis) -> None:
    empty = replace(analysis, events=(), units=(), rate_per_min=Estimate(0.0, 0.0, 4.0))
    assert pdf(examined=[Examined(recording, empty)], today=TODAY).startswith(b"%PDF-")


def test_fhir_bundle_refers_only_to_what_it_holds(
    assessment: Assessment, case: Case, recording: Recording, analysis: Analysis
) -> None:
    told = case.model_copy(
        update={"labs": (Lab(name="potassium", value=2.9, unit="mmol/L"),), "medicines": ("salbutamol",)}
    )
    document = bundle(
        assessment,
        told,
        [Examined(recording, analysis)],
        loinc={"potassium": "2823-3"},
        now=datetime(2026, 1, 5, tzinfo=UTC),
    )
    held = {entry["fullUrl"] for entry in document["entry"]}
    referred = set(re.findall(r'"reference": "([^"]+)"', json.dumps(document)))
    assert referred <= held
    kinds = [entry["resource"]["resourceType"] for entry in document["entry"]]
    assert kinds[0] == "Composition"
    assert "Condition" not in kinds
    risk = next(e["resource"] for e in document["entry"] if e["resource"]["resourceType"] == "RiskAssessment")
    assert risk["prediction"][0]["probabilityDecimal"] == 0.62
    lab = next(
        e["resource"] for e in document["entry"] if e["resource"].get("code", {}).get("text") == "potassium"
    )
    assert lab["valueQuantity"]["value"] == 2.9
    assert lab["code"]["coding"][0]["code"] == "2823-3"


NEEDLE = {
    "reading": "neurogenic",
    "direction": "neurogenic",
    "seconds": 20.0,
    "rest_seconds": 6.0,
    "noise_uv": 4.0,
    "reasons": ["mean amplitude 3896 is above 881 (TAref)"],
    "notes": [],
    "spontaneous": [
        {"name": "fibrillation", "confidence": "clear", "discharges": 40, "reasons": ["2 ms", "regular"]}
    ],
    "rates_per_min": {"fibrillation": {"value": 400.0, "low": 212.4, "high": 701.3, "level": 0.95}},
    "potentials": [
        {"amplitude_uv": 3793.3, "duration_ms": 8.56, "area_uv_ms": 3905.5, "phases": 5, "turns": 5,
         "size_index": 2.188, "jiggle": None, "rate_hz": 10.4, "discharges": 127, "polyphasic": True}
    ],
}  # fmt: skip


def test_needle_reading_leads_its_report(recording: Recording, analysis: Analysis) -> None:
    examined = Examined(recording, replace(analysis, kind="needle_emg", details={"needle": NEEDLE}))
    page = report(examined=[examined], today=TODAY)
    assert "Neurogenic change, on 1 motor unit potentials; at rest fibrillation." in page
    for words in (
        "mean amplitude 3896 is above",
        "3793",
        "8.6",
        "2.19",
        "fibrillation",
        "1 of 1",
        "212.4 to 701.3",
    ):
        assert words in page
    assert pdf(examined=[examined], today=TODAY).startswith(b"%PDF-")


def test_a_unit_is_drawn_with_its_largest_deflection_at_nought(analysis: Analysis) -> None:
    template = np.zeros((len(analysis.channels), 90), np.float32)
    template[0, 40] = -50.0
    unit = replace(analysis.units[0], template=template, template_rate=2000.0, channel=analysis.channels[0])
    picture = unit_shape(unit, analysis)
    drawn = re.search(r'<polyline[^>]*points="([^"]+)"', picture)
    assert drawn
    points = [tuple(map(float, point.split(","))) for point in drawn.group(1).split()]
    lowest = max(points, key=lambda point: point[1])
    nought = re.search(r'<text x="([\d.]+)"[^>]*>0</text>', picture)
    assert nought and lowest[0] == pytest.approx(float(nought.group(1)), abs=0.2)


def test_repetitive_stimulation_is_shown_train_by_train(recording: Recording, analysis: Analysis) -> None:
    falls = {"amplitude_decrement_percent": 25.0, "area_decrement_percent": 24.6, "increment_percent": 0.0}
    train = {
        "start_s": 0.5,
        "stimuli": 5,
        "rate_hz": 3.0,
        "amplitudes_mv": [10.0, 9.0, 8.0, 7.5, 7.6],
        **falls,
    }
    found = {"channel": "APB", "trains": [train], "abnormal": True, "increment": None,
             "reasons": ["train at 0.5 s, 3.0 Hz: amplitude falls by 25.0 %"]}  # fmt: skip
    examined = Examined(recording, replace(analysis, details={"stimulation": found}))
    page = report(examined=[examined], today=TODAY)
    for words in (
        "Repetitive stimulation, APB",
        "The response falls.",
        "10.00",
        "25 %",
        "amplitude falls by 25.0 %",
    ):
        assert words in page
    assert pdf(examined=[examined], today=TODAY).startswith(b"%PDF-")


@pytest.mark.parametrize(
    "words", ["\x00\x1b[31m", "\ufffe", "🎉 肌肉跳动 ارتعاش", "#let x = 1 $ * _ ` \\ ]]>"]
)
def test_pdf_prints_whatever_a_person_wrote(assessment: Assessment, words: str) -> None:
    content = pdf(assessment, Case(id=words, complaint=words), today=TODAY)
    assert content.startswith(b"%PDF-")
