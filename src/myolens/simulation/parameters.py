"""The parameters of body and experiment, each with its range, meaning and source.

Every class is frozen; a variant is made with `dataclasses.replace` or
`myolens.simulation.scenario_with`. The metadata of each field (``low``, ``high``,
``what``, ``source``) is what the command line, the documentation and the sliders of
the web application show. Sources are named by first author and year; "estimate" marks
a figure chosen by this project.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from myolens.errors import InputError


def parameter(default: float, low: float, high: float, what: str, source: str) -> Any:
    """Declare a numeric field with its range, meaning and source."""
    return field(default=default, metadata={"low": low, "high": high, "what": what, "source": source})


def check_ranges(part: Any, prefix: str = "") -> None:
    """Raise `InputError` for the first field of a dataclass outside its declared range."""
    for item in fields(part):
        if "low" not in item.metadata:
            continue
        value, low, high = getattr(part, item.name), item.metadata["low"], item.metadata["high"]
        if not low <= value <= high:
            raise InputError(
                f"{prefix}{item.name} is {value:g}", mend=f"Choose a value from {low:g} to {high:g}"
            )


@dataclass(frozen=True, slots=True)
class Axon:
    """Blood and membrane of the motor axon; factors are relative to a healthy axon."""

    potassium_mm: float = parameter(4.2, 1.5, 9.0, "serum potassium, mmol/L", "Kuwabara 2007")
    sodium_mm: float = parameter(144.2, 100, 180, "serum sodium, mmol/L", "Howells 2012")
    calcium_mm: float = parameter(1.2, 0.3, 2.5, "ionised calcium, mmol/L", "Hille 1975")
    magnesium_mm: float = parameter(0.55, 0.05, 6.0, "ionised magnesium, mmol/L", "Hille 1975")
    ph: float = parameter(7.4, 6.8, 7.8, "acidity outside the axon", "Hille 1975")
    temperature_c: float = parameter(33.0, 20, 42, "temperature of the nerve, °C", "nerve-norms data")
    persistent_sodium: float = parameter(1.0, 0.2, 4.0, "persistent sodium current, factor", "Kanai 2006")
    slow_potassium: float = parameter(1.0, 0.1, 2.0, "slow potassium conductance, factor", "Howells 2012")
    fast_potassium: float = parameter(1.0, 0.1, 2.0, "fast potassium conductance, factor", "Howells 2012")
    pump: float = parameter(1.0, 0.2, 3.0, "sodium-potassium pump, factor", "Kiernan 2000")
    gating_shift_mv: float = parameter(0.0, -10, 10, "further shift of all gates, mV", "Hille 1975")
    periaxonal_potassium_mm: float = parameter(
        0.0, -1, 4, "potassium gathered around the axon, mmol/L", "Kiernan 2000"
    )


@dataclass(frozen=True, slots=True)
class Ectopic:
    """Discharges that arise in the axon or motor neuron by themselves.

    A site is one motor unit with a place that fires. Long intervals are
    exponential with a dead time (Kleine 2008, 23 of 30 units in ALS); a fraction of
    events are doublets or multiplets; ``bursts`` groups discharges as in myokymia.
    """

    sites: float = parameter(0, 0, 60, "motor units with a site that fires by itself", "Kleine 2008")
    rate_per_min: float = parameter(2.0, 0, 400, "events per minute at each site", "Bashford 2020")
    rate_spread: float = parameter(0.5, 0, 1.5, "spread of the sites' rates, SD of the logarithm", "estimate")
    doublet_fraction: float = parameter(0.0, 0, 1, "events of two or more discharges", "Kleine 2008")
    discharges_per_burst: float = parameter(
        2.0, 2, 60, "mean discharges in an event of several", "Maddison 2006"
    )
    burst_interval_ms: float = parameter(5.0, 3, 200, "first interval within an event, ms", "Kleine 2008")
    burst_slowing: float = parameter(0.0, 0, 0.5, "lengthening of each next interval", "Maddison 2006")
    regularity: float = parameter(
        1.0, 1, 60, "gamma shape of intervals between events; 1 is Poisson", "Kleine 2008"
    )
    neuronal_fraction: float = parameter(
        0.0, 0, 1, "events that are runs at the soma's preferred interval of 80 ms", "Kleine 2008"
    )
    shared_fraction: float = parameter(0.0, 0, 1, "events time-locked in a second unit", "de Carvalho 2013")
    branch_failure: float = parameter(
        0.0, 0, 0.9, "chance that a branch of the axon does not carry a discharge", "de Carvalho 1998"
    )
    size_bias: float = parameter(
        0.0, -1, 1, "sites in large (+1) or small, first recruited units (-1)", "de Carvalho 2016"
    )


@dataclass(frozen=True, slots=True)
class Pool:
    """Motor neurons: size principle, rate coding, common drive (Fuglevand 1993; Potvin 2017)."""

    recruitment_range: float = parameter(50, 5, 200, "last over first recruitment threshold", "Potvin 2017")
    minimum_rate_hz: float = parameter(8, 3, 15, "discharge rate at recruitment, Hz", "Fuglevand 1993")
    peak_rate_hz: float = parameter(35, 15, 60, "peak rate of the first unit, Hz", "Fuglevand 1993")
    peak_rate_fall_hz: float = parameter(10, 0, 30, "fall of the peak rate to the last unit", "Potvin 2017")
    gain: float = parameter(1.0, 0.2, 4, "rate in Hz per unit of excitation", "Fuglevand 1993")
    interval_cv: float = parameter(0.18, 0.02, 0.5, "variation of single intervals", "Fuglevand 1993")
    common_drive: float = parameter(0.03, 0, 0.3, "variation of the shared drive, 0-3 Hz", "De Luca 1982")
    tremor_hz: float = parameter(9.0, 3, 14, "frequency of tremor in the drive, Hz", "estimate")
    tremor_depth: float = parameter(0.0, 0, 1, "depth of tremor in the drive", "estimate")
    rest_drive: float = parameter(0.0, 0, 0.6, "drive while the person relaxes, of MVC", "estimate")
    arousal: float = parameter(
        1.0, 0.5, 2.0, "monoamine tone; scales the persistent inward current", "Kim 2017"
    )
    inhibition: float = parameter(
        0.0, 0, 0.03, "inhibition of dendrites, mS/cm²; cancels the persistent inward current", "Kim 2017"
    )
    fatigue: bool = False  # rates adapt and units lose force while they fire (Potvin 2017)


@dataclass(frozen=True, slots=True)
class Junction:
    """Neuromuscular junction: quantal release, depletion and safety factor."""

    quantal_size: float = parameter(
        1.0, 0.05, 2, "response to one quantum, factor", "Lambert & Elmqvist 1971"
    )
    release: float = parameter(
        1.0, 0.02, 3, "quanta released, factor besides calcium and magnesium", "Lambert & Elmqvist 1971"
    )
    release_probability: float = parameter(
        0.08, 0.005, 0.6, "fraction of the ready store released by an impulse", "estimate"
    )
    safety_factor: float = parameter(
        2.5, 0.5, 6, "median end-plate potential over threshold", "Wood & Slater 2001"
    )
    safety_spread: float = parameter(0.25, 0.02, 1, "SD of the logarithm over fibres", "estimate")
    facilitation: float = parameter(0.0, 0, 1, "growth of release per impulse at high rates", "estimate")


@dataclass(frozen=True, slots=True)
class Remodelling:
    """What disease has done to motor units and fibres."""

    lost_units: float = parameter(0.0, 0, 0.95, "fraction of motor neurons lost", "Howells 2018")
    reinnervation: float = parameter(
        1.0, 1, 8, "largest growth of a surviving unit by adopted fibres", "estimate"
    )
    immaturity: float = parameter(
        0.0, 0, 1, "share of adopted fibres with new, slow and unsafe end plates", "estimate"
    )
    fibre_loss: float = parameter(0.0, 0, 0.8, "fraction of fibres lost within units", "estimate")
    diameter_spread: float = parameter(1.0, 0.5, 3, "SD of fibre diameters, factor", "estimate")
    diameter_scale: float = parameter(1.0, 0.4, 1.6, "mean fibre diameter, factor", "estimate")
    fibrillating_fibres: float = parameter(
        0, 0, 40, "denervated fibres near a needle that fire by themselves", "Kimura 2013"
    )
    sharp_waves: float = parameter(0.3, 0, 1, "share of them seen as positive sharp waves", "Kimura 2013")
    early_recruitment: float = parameter(1.0, 1, 6, "drive needed for a given effort, factor", "estimate")


@dataclass(frozen=True, slots=True)
class Muscle:
    """A muscle and what lies over it: x across, y into the depth, z along the fibres, in mm."""

    name: str = "biceps"
    units: float = parameter(200, 10, 1000, "motor units simulated", "Cao 2020 (MUNIX 180 in biceps)")
    # Feinstein 1955 counted 750; single-fibre density (about 1.5) and packing allow nearer 300.
    fibres_per_unit: float = parameter(300, 10, 3000, "mean fibres of a unit", "estimate")
    innervation_range: float = parameter(12, 2, 100, "most over fewest fibres of a unit", "estimate")
    width_mm: float = parameter(28, 4, 120, "width of the cross-section", "estimate")
    thickness_mm: float = parameter(22, 2, 60, "depth of the cross-section", "estimate")
    depth_mm: float = parameter(0.0, 0, 40, "depth of the muscle below the fat", "estimate")
    fat_mm: float = parameter(4.0, 0.2, 40, "thickness of the fat", "estimate")
    skin_mm: float = parameter(1.3, 0.5, 4, "thickness of the skin", "estimate")
    limb_mm: float = parameter(0.0, 0, 150, "radius of a round limb; 0 takes the skin as flat", "Farina 2004")
    fibre_length_mm: float = parameter(130, 15, 400, "length of the fibres", "estimate")
    endplate_spread_mm: float = parameter(4.0, 0, 20, "SD of the units' end-plate centres", "estimate")
    tendon_spread_mm: float = parameter(5.0, 0, 20, "SD of the fibres' ends", "estimate")
    territory_low_mm: float = parameter(5.0, 1, 20, "diameter of the smallest territory", "Buchthal 1957")
    territory_high_mm: float = parameter(11.0, 1, 40, "diameter of the largest territory", "Buchthal 1957")
    fibre_speed: float = parameter(1.0, 0.4, 1.4, "conduction velocity of fibres, factor", "estimate")
    velocity_recovery: float = parameter(
        0.22, 0, 0.5, "speeding of a fibre's second impulse; 0 for none", "Buchthal & Engbaek 1963"
    )
    force: float = parameter(1.0, 0.05, 1.5, "force of a twitch, factor", "estimate")
    diameter_um: float = parameter(55, 20, 90, "mean fibre diameter", "Hamilton-Wright 2005")
    diameter_sd_um: float = parameter(9, 1, 30, "SD of the fibre diameter", "Hamilton-Wright 2005")
    temperature_c: float = parameter(35.0, 20, 41, "temperature of the muscle, °C", "estimate")
    weakest_twitch_mn: float = parameter(10, 0.1, 200, "twitch force of the smallest unit, mN", "estimate")
    twitch_range: float = parameter(100, 5, 200, "strongest over weakest twitch", "Potvin 2017")
    slowest_twitch_ms: float = parameter(90, 30, 200, "longest contraction time, ms", "Potvin 2017")


def _muscle(
    name: str, units: float, fibres: float, width: float, thickness: float, length: float, **more: float
) -> Muscle:
    return Muscle(
        name=name,
        units=units,
        fibres_per_unit=fibres,
        width_mm=width,
        thickness_mm=thickness,
        fibre_length_mm=length,
        **more,
    )


MUSCLES: dict[str, Muscle] = {
    "biceps": Muscle(),
    "extensor_carpi_radialis": _muscle(
        "extensor_carpi_radialis", 204, 120, 12, 7.6, 75, depth_mm=3, fat_mm=3
    ),
    "flexor_carpi_ulnaris": _muscle("flexor_carpi_ulnaris", 422, 130, 18, 11.5, 60, depth_mm=2, fat_mm=3),
    "first_dorsal_interosseous": _muscle(
        "first_dorsal_interosseous", 120, 200, 15, 9, 32, fat_mm=1.5, weakest_twitch_mn=1.5,
        endplate_spread_mm=2, tendon_spread_mm=2, territory_low_mm=3, territory_high_mm=7,
    ),
    "abductor_pollicis_brevis": _muscle(
        "abductor_pollicis_brevis", 190, 150, 14, 7, 40, fat_mm=1.5, weakest_twitch_mn=1.5,
        endplate_spread_mm=2, tendon_spread_mm=2, territory_low_mm=3, territory_high_mm=6,
    ),
    "tibialis_anterior": _muscle("tibialis_anterior", 250, 280, 25, 22, 70, fat_mm=4),
    "gastrocnemius": _muscle("gastrocnemius", 300, 350, 55, 16, 50, fat_mm=6),
    "orbicularis_oculi": _muscle(
        "orbicularis_oculi", 60, 25, 25, 3, 30, fat_mm=0.5, skin_mm=0.8, diameter_um=30, diameter_sd_um=5,
        weakest_twitch_mn=0.3, twitch_range=20, slowest_twitch_ms=45, endplate_spread_mm=5,
        tendon_spread_mm=3, territory_low_mm=2, territory_high_mm=4,
    ),
}  # fmt: skip
"""Muscles by name.

Biceps from the sources of its fields. Forearm areas, unit counts and depths are near those of the
NeuroMotion table (Ma 2024); small hand muscles after MUNIX counts of Cao 2020 and Feinstein 1955; the
others are estimates within anatomical ranges.
"""


@dataclass(frozen=True, slots=True)
class Artefacts:
    """What else the electrodes pick up."""

    wander_uv: float = parameter(3.0, 0, 2000, "slow wander of the baseline, µV rms", "estimate")
    ecg_uv: float = parameter(0.0, 0, 500, "peak of the heartbeat, µV", "estimate")
    heart_rate_per_min: float = parameter(66, 30, 200, "heartbeats per minute", "estimate")
    pops: float = parameter(0, 0, 100, "electrode pops in the recording", "estimate")
    pop_uv: float = parameter(400, 0, 10000, "height of a pop, µV", "estimate")
    noise_slope: float = parameter(0.6, 0, 1.5, "power of the noise falls as f to minus this", "Huigen 2002")


@dataclass(frozen=True, slots=True)
class Mechanics:
    """From force to a phone on the skin."""

    rate_hz: float = parameter(200, 20, 2000, "samples per second of force and acceleration", "estimate")
    skin_hz: float = parameter(20, 5, 60, "natural frequency of the skin over the muscle", "estimate")
    damping: float = parameter(0.45, 0.05, 2, "damping ratio of the skin", "estimate")
    phone_noise_ug: float = parameter(
        200, 0, 2000, "noise of the phone's accelerometer, µg per root hertz", "estimate"
    )
    fat_decay_mm: float = parameter(6.0, 1, 50, "fat that weakens the movement to 1/e", "estimate")
