"""An analysis as it is stored: written by `to_stored`, checked, and read back by `from_stored`."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from myolens.case import Finding
from myolens.emg.analysis import Analysis, Estimate, Event, Quality, Unit
from myolens.errors import InputError
from myolens.recording import ChannelKind, Recording, Span

KEPT_SHAPES = 8
"""Units whose average potential is stored: as many as are ever drawn."""

MOST_EVENTS = 2_000_000


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class _Details(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)


class _Event(_Stored):
    time_s: float = Field(ge=0)
    unit: int | None = Field(ge=1)
    channel: str = Field(max_length=200)
    peak_to_peak_uv: float | None
    snr_db: float


class _Unit(_Stored):
    unit: int = Field(ge=1)
    events: int = Field(ge=0)
    rate_per_min: float = Field(ge=0)
    channel: str = Field(max_length=200)
    amplitude_cv: float | None
    median_interval_s: float | None
    doublets: int = Field(ge=0)


class _Rate(_Stored):
    value: float = Field(ge=0)
    low: float = Field(ge=0)
    high: float = Field(ge=0)
    level: float = Field(gt=0, lt=1)


class _Span(_Stored):
    start_s: float
    end_s: float
    reason: str = Field(max_length=500)


class _Quality(_Stored):
    verdict: Literal["good", "fair", "poor", "unusable"]
    noise_uv: float | None
    detectable_uv: float | None
    problems: tuple[str, ...]


class _Spontaneous(_Details):
    name: str
    confidence: float
    discharges: int
    reasons: tuple[str, ...]


class _Potential(_Details):
    amplitude_uv: float
    duration_ms: float
    area_uv_ms: float | None = None
    phases: float | None = None
    turns: float | None = None
    size_index: float | None = None
    jiggle: float | None = None
    rate_hz: float | None = None
    discharges: float | None = None
    polyphasic: bool


class _Needle(_Details):
    """The part of a needle reading that pages show."""

    reading: str
    direction: str | None
    seconds: float
    rest_seconds: float
    noise_uv: float | None = None
    reasons: tuple[str, ...]
    spontaneous: tuple[_Spontaneous, ...]
    rates_per_min: dict[str, _Rate] = {}
    potentials: tuple[_Potential, ...]


class _Train(_Details):
    start_s: float
    stimuli: int
    rate_hz: float
    amplitudes_mv: tuple[float, ...] = Field(min_length=1)
    amplitude_decrement_percent: float
    area_decrement_percent: float
    increment_percent: float


class _Stimulation(_Details):
    """The part of repetitive stimulation that pages show."""

    channel: str = Field(max_length=200)
    trains: tuple[_Train, ...]
    abnormal: bool | None
    increment: bool | None
    reasons: tuple[str, ...]


class _Dispersion(_Details):
    index: float = Field(ge=1)


class _Analysis(_Details):
    """The document of `Analysis.to_json`; what is not named here is kept as it is."""

    recording: str = Field(max_length=255)
    kind: ChannelKind
    muscle: str | None = Field(max_length=200)
    seconds: float = Field(ge=0)
    analysed_seconds: float = Field(ge=0)
    events: tuple[_Event, ...] = Field(max_length=MOST_EVENTS)
    units: tuple[_Unit, ...]
    rate_per_min: _Rate | None
    excluded: tuple[_Span, ...]
    quality: _Quality
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    dispersion: _Dispersion | None = None
    needle: _Needle | None = None
    stimulation: _Stimulation | None = None


class _Channel(_Stored):
    name: str = Field(max_length=200)
    unit: str | None = Field(max_length=40)
    kind: ChannelKind


class StoredAnalysis(_Stored):
    """What is kept of an analysis: its JSON document, and what drawing it needs besides.

    Attributes
    ----------
    place : int
        Which recording of the file it is of.
    rate : float
        Samples per second.
    channels : tuple
        Every channel of the recording.
    analysed : tuple of str
        Channels analysed, in the order of the shapes' rows.
    positions_mm : tuple
        Their grid positions, None where unknown.
    shapes : dict of unit to str
        Average potentials of the most active units, 16-bit, base64; see `shape_scale_uv`.
    shape_scale_uv, shape_rate : float
        µV per step, and samples per second of the shapes.
    analysis : dict
        ``myolens.analysis/1``.
    """

    place: int = Field(ge=0)
    rate: float = Field(gt=0)
    channels: tuple[_Channel, ...]
    analysed: tuple[str, ...]
    positions_mm: tuple[tuple[float, float] | None, ...]
    shapes: dict[int, str]
    shape_scale_uv: float = Field(ge=0)
    shape_rate: float = Field(ge=0)
    analysis: _Analysis


def to_stored(recording: Recording, analysis: Analysis, *, place: int) -> dict[str, Any]:
    """Return an analysis as plain data to be kept; `from_stored` gives it back."""
    drawn = analysis.units[:KEPT_SHAPES]
    peak = max((float(np.abs(unit.template).max(initial=0)) for unit in drawn), default=0.0)
    scale = peak / 32_000 or 1.0
    return {
        "place": place,
        "rate": recording.rate,
        "channels": [
            {"name": c.name, "unit": "µV" if recording.is_voltage(row) else c.unit, "kind": str(c.kind)}
            for row, c in enumerate(recording.channels)
        ],
        "analysed": list(analysis.channels),
        "positions_mm": [None if place is None else list(place) for place in analysis.positions_mm],
        "shapes": {str(unit.unit): _packed(unit.template, scale) for unit in drawn},
        "shape_scale_uv": scale,
        "shape_rate": drawn[0].template_rate if drawn else 0.0,
        "analysis": analysis.to_json(),
    }


def stored_analysis(data: object, *, where: str | None = None) -> StoredAnalysis:
    """Check plain data as a stored analysis.

    Raises
    ------
    InputError
        With the field that does not hold what it should.
    """
    try:
        stored = StoredAnalysis.model_validate(data)
    except (ValidationError, RecursionError) as error:
        field = "nested too deeply"
        if isinstance(error, ValidationError):
            field = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise InputError(f"the analysis cannot be used ({field})", where=where) from None
    rows = len(stored.analysed)
    shapes = [_unpacked(shape, rows, stored.shape_scale_uv) for shape in stored.shapes.values()]
    if len(stored.positions_mm) != rows or any(shape is None for shape in shapes):
        raise InputError("the analysis does not fit its channels", where=where)
    names = set(stored.analysed)
    used = {event.channel for event in stored.analysis.events} | {u.channel for u in stored.analysis.units}
    if used - names:
        raise InputError("the analysis names a channel it does not have", where=where)
    return stored


def from_stored(stored: StoredAnalysis) -> Analysis:
    """Return the analysis of plain data; units beyond those kept have an empty shape."""
    told = stored.analysis
    details = dict(told.model_extra or {})
    details.pop("schema", None)
    for name in ("dispersion", "needle", "stimulation"):
        part = getattr(told, name)
        if part is not None:
            details[name] = part.model_dump(mode="json")
    rows = len(stored.analysed)
    return Analysis(
        recording=told.recording,
        kind=str(told.kind),
        muscle=told.muscle,
        rate=stored.rate,
        channels=stored.analysed,
        positions_mm=stored.positions_mm,
        seconds=told.seconds,
        analysed_seconds=told.analysed_seconds,
        events=tuple(Event(**event.model_dump()) for event in told.events),
        units=tuple(
            Unit(
                **unit.model_dump(),
                template=_shape(stored, unit.unit, rows),
                template_rate=stored.shape_rate or stored.rate,
            )
            for unit in told.units
        ),
        rate_per_min=None if told.rate_per_min is None else Estimate(**told.rate_per_min.model_dump()),
        excluded=tuple(Span(**span.model_dump()) for span in told.excluded),
        quality=Quality(**told.quality.model_dump()),
        findings=told.findings,
        notes=told.notes,
        details=details,
    )


def _packed(template: NDArray[np.float32], scale: float) -> str:
    return b64encode(np.round(template / scale).astype("<i2").tobytes()).decode("ascii")


def _unpacked(words: str, rows: int, scale: float) -> NDArray[np.float32] | None:
    try:
        values = np.frombuffer(b64decode(words, validate=True), "<i2")
    except ValueError:
        return None
    if rows == 0 or values.size % rows:
        return None
    return (values.reshape(rows, -1) * scale).astype(np.float32)


def _shape(stored: StoredAnalysis, unit: int, rows: int) -> NDArray[np.float32]:
    shape = _unpacked(stored.shapes[unit], rows, stored.shape_scale_uv) if unit in stored.shapes else None
    return np.zeros((rows, 0), np.float32) if shape is None else shape
