"""Ions outside and inside the axon: reversal potentials, currents, pump and surface charge."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myolens.errors import InputError

FARADAY_C_PER_MOL = 96485.33212
GAS_J_PER_MOL_K = 8.31446261815324
ZERO_CELSIUS_K = 273.15

MV_PER_DECADE_OF_DIVALENTS = 22.5
"""Shift of nodal sodium activation per tenfold change of divalent ions: 20 to 25 mV in Hille,
Woodhull & Shapiro 1975 (Phil Trans R Soc B 270:301), node of Ranvier; the middle is used."""

MAGNESIUM_POTENCY = 0.5
"""Potency of magnesium against calcium in screening. The order Mg < Ca is from Hille et al. 1975;
the number is an estimate (0.3 to 0.7 are as good)."""

MV_PER_PH_UNIT = 3.75
"""Shift by protons near pH 7.4. Estimate: deprotonation of the groups fitted by Hille et al. 1975
gives 0.5 to 1 mV for 0.2 units."""

_RANGES = {
    "potassium_mm": (0.5, 15.0),
    "sodium_mm": (80.0, 200.0),
    "calcium_mm": (0.1, 5.0),
    "magnesium_mm": (0.02, 10.0),
    "ph": (6.5, 8.0),
    "temperature_c": (15.0, 43.0),
    "potassium_inside_mm": (50.0, 250.0),
    "sodium_inside_mm": (1.0, 60.0),
}


@dataclass(frozen=True, kw_only=True)
class Milieu:
    """What surrounds and fills the axon.

    Calcium and magnesium are the *ionised* concentrations. The defaults are
    the control state of the fitted axon (median nerve at the wrist, 33 °C):
    a healthy adult at rest.

    Parameters
    ----------
    potassium_mm, sodium_mm, calcium_mm, magnesium_mm : float
        Concentrations in serum, mmol/L.
    ph : float
        Outside.
    temperature_c : float
        Of the nerve.
    potassium_inside_mm, sodium_inside_mm : float
        Concentrations in the axoplasm, mmol/L.

    Raises
    ------
    InputError
        When a value lies outside what a living person could have.
    """

    potassium_mm: float = 4.2
    sodium_mm: float = 144.2
    calcium_mm: float = 1.2
    magnesium_mm: float = 0.55
    ph: float = 7.4
    temperature_c: float = 33.0
    potassium_inside_mm: float = 155.0
    sodium_inside_mm: float = 9.0

    def __post_init__(self) -> None:
        for field in fields(self):
            low, high = _RANGES[field.name]
            value = getattr(self, field.name)
            if not low <= value <= high:
                raise InputError(
                    f"{field.name} is {value:g}, which no living axon has",
                    where=field.name,
                    mend=f"Give a value from {low:g} to {high:g}",
                )


CONTROL = Milieu()


def thermal_mv(temperature_c: float) -> float:
    """RT/F in mV (Nernst 1889)."""
    return 1000.0 * GAS_J_PER_MOL_K * (temperature_c + ZERO_CELSIUS_K) / FARADAY_C_PER_MOL


def nernst_mv(outside_mm: float, inside_mm: float, temperature_c: float, *, valence: int = 1) -> float:
    """Equilibrium potential, inside against outside, of one ion.

    Parameters
    ----------
    outside_mm, inside_mm : float
        Concentrations, mmol/L; both positive.
    temperature_c : float
        Temperature, °C.
    valence : int, optional
        Charge of the ion.

    Returns
    -------
    float
        Potential, mV.
    """
    if outside_mm <= 0 or inside_mm <= 0:
        raise InputError("a concentration must be above zero for an equilibrium potential to exist")
    return thermal_mv(temperature_c) / valence * float(np.log(outside_mm / inside_mm))


def ghk_pa(
    potential_mv: ArrayLike,
    permeability_e9_cm3_per_s: float,
    outside_mm: float,
    inside_mm: float,
    temperature_c: float,
) -> NDArray[np.float64]:
    """Current of a monovalent cation by the constant-field equation.

    Goldman 1943; Hodgkin & Katz 1949 (J Physiol 108:37); in the form that
    Dodge & Frankenhaeuser 1959 use for the node of Ranvier.

    Parameters
    ----------
    potential_mv : array_like
        Inside against outside, mV.
    permeability_e9_cm3_per_s : float
        Permeability times area, 10⁻⁹ cm³/s.
    outside_mm, inside_mm : float
        Concentrations, mmol/L.
    temperature_c : float
        Temperature, °C.

    Returns
    -------
    ndarray
        Outward current, pA, shape of `potential_mv`.
    """
    u = np.asarray(potential_mv, dtype=np.float64) / thermal_mv(temperature_c)
    small = np.abs(u) < 1e-6
    safe = np.where(small, 1.0, u)
    # u/(1 − e^u) → −1 + u/2 as u → 0
    ratio = np.where(small, -1.0 + u / 2.0, safe / -np.expm1(safe))
    # 1e-9 cm³/s · 1e-6 mol/cm³ per mM · C/mol · 1e12 pA/A
    scale = permeability_e9_cm3_per_s * FARADAY_C_PER_MOL * 1e-3
    return np.asarray(scale * ratio * (outside_mm - inside_mm * np.exp(u)), dtype=np.float64)


def screening_shift_mv(milieu: Milieu, *, control: Milieu = CONTROL) -> float:
    """How far gating is displaced along the voltage axis by surface-charge screening.

    Negative when divalent ions or protons are short: every gate then opens
    at a more negative potential (Frankenhaeuser & Hodgkin 1957; Hille,
    Woodhull & Shapiro 1975). A logarithmic rule is used because pure
    screening by the Grahame equation explains only a third of the measured
    shift; the rest is binding, whose constants are not known in man.

    Returns
    -------
    float
        Shift, mV; zero in the control state.
    """
    now = milieu.calcium_mm + MAGNESIUM_POTENCY * milieu.magnesium_mm
    then = control.calcium_mm + MAGNESIUM_POTENCY * control.magnesium_mm
    divalent = MV_PER_DECADE_OF_DIVALENTS * float(np.log10(now / then))
    return divalent - MV_PER_PH_UNIT * (milieu.ph - control.ph)


def pump_activity(milieu: Milieu, *, control: Milieu = CONTROL) -> float:
    """Rate of the sodium–potassium pump as a multiple of its control rate.

    I ∝ (1 + K_Na/[Na]i)⁻³ (1 + K_K/[K]o)⁻², with half-saturation 10 mM for
    sodium inside (estimate) and 1.5 mM for potassium outside, the form used in
    models of human myelinated axons (Hennings, Arendt-Nielsen & Andersen 2005).
    Temperature is left out: the warm model axon hyperpolarises by 2 mV without
    it, and human axons ask for less, not more (Howells et al. 2013, J Physiol
    591:3063).

    Returns
    -------
    float
        1 in the control state.
    """

    def rate(m: Milieu) -> float:
        sodium = (1 + 10.0 / m.sodium_inside_mm) ** -3.0
        potassium = (1 + 1.5 / m.potassium_mm) ** -2.0
        return float(sodium * potassium)

    return rate(milieu) / rate(control)
