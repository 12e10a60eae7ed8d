r"""Which habits make a person's own twitching worse: a lagged regression that admits what it cannot tell.

Daily intensity (0 to 10) is binomial, daily counts are negative binomial; the linear
predictor is

.. math:: \eta_t = \beta_0 + \delta t + \sum_k \sum_{l=0}^{L} \beta_{kl} x_{k,t-l} + u_t,

with stationary AR(1) noise :math:`u`, so that good and bad spells are not mistaken for
effects, and effects shrunk towards none. The posterior is a nested Laplace approximation
(Rue, Martino & Chopin 2009, J R Stat Soc B 71:319): Newton steps for the latent field,
a grid over the three hyperparameters. Missing days need no filling in: they carry no
likelihood.

Scans of single correlations, as diary applications use them, name a false trigger in nine
diaries of ten because symptoms come in spells; `tests/diary` measures ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, solveh_banded
from scipy.special import expit, gammaln, ndtr

Array = NDArray[np.float64]

LAGS = 2
"""A habit may act on the same day and on the two days after."""

EFFECT_SD = 0.15
"""Prior standard deviation of one lag's effect (log scale) per usual step: most effects are small."""

SMALLEST_DIARY_DAYS = 14
"""Fewer days with an entry are not analysed."""

TRIGGER_PROBABILITY = 0.975
NEGLIGIBLE = 0.10
"""An interval inside ±10 % counts as no sign of an effect."""

NOTICEABLE = 0.20
"""The effect for which the number of further days is stated."""

HIGHEST_INTENSITY = 10

Verdict = Literal["likely trigger", "likely relief", "no sign", "cannot tell yet"]


@dataclass(frozen=True, slots=True)
class Trigger:
    """What the diary says about one habit.

    Attributes
    ----------
    factor : str
        Name of the habit.
    step : float
        The usual step in its own unit (one standard deviation, or 1 for yes/no).
    change : float
        Relative change of twitching per usual step, summed over the day and the two after.
    low, high : float
        95 % interval of the change.
    probability_harmful : float
        Posterior probability that more of it means more twitching.
    verdict : str
        One of four fixed phrases.
    days_needed : int or None
        About how many more days would show a change of 20 %; None where the verdict stands.
    """

    factor: str
    step: float
    change: float
    low: float
    high: float
    probability_harmful: float
    verdict: Verdict
    days_needed: int | None


@dataclass(frozen=True, slots=True)
class TriggerAnalysis:
    """All habits analysed together, with what they rest on."""

    days: int
    triggers: tuple[Trigger, ...]
    left_out: tuple[tuple[str, str], ...]


def find_triggers(
    outcome: Sequence[float | None],
    factors: Mapping[str, Sequence[float | None]],
    *,
    family: Literal["intensity", "count"] = "intensity",
) -> TriggerAnalysis:
    """Estimate the effect of each habit on the twitching of the same and the next two days.

    Parameters
    ----------
    outcome : sequence of float or None, one per calendar day
        Intensity 0 to 10, or a count; None on days without an entry.
    factors : mapping of name to sequence of the same length
        Habits; a missing value is taken as the person's usual one.
    family : {'intensity', 'count'}
        What the outcome is.

    Returns
    -------
    TriggerAnalysis
        In the order of `factors`; habits that hardly vary are listed under `left_out`.
    """
    y = np.array([np.nan if value is None else float(value) for value in outcome])
    days = int(np.isfinite(y).sum())
    if days < SMALLEST_DIARY_DAYS:
        why = f"{days} days with an entry; {SMALLEST_DIARY_DAYS} are needed"
        return TriggerAnalysis(days, (), tuple((name, why) for name in factors))
    columns: dict[str, Array] = {}
    steps: dict[str, float] = {}
    left_out: list[tuple[str, str]] = []
    for name, values in factors.items():
        column, step, problem = _standardised(values, len(y))
        if problem:
            left_out.append((name, problem))
        else:
            columns[name], steps[name] = column, step
    if not columns:
        return TriggerAnalysis(days, (), tuple(left_out))
    posterior = _fit(y, list(columns.values()), family)
    triggers = tuple(
        _describe(name, steps[name], posterior, place, days) for place, name in enumerate(columns)
    )
    return TriggerAnalysis(days, triggers, tuple(left_out))


def _standardised(values: Sequence[float | None], length: int) -> tuple[Array, float, str]:
    column = np.array([np.nan if value is None else float(value) for value in values])
    if column.size != length:
        raise ValueError("every factor needs one value a day, as the outcome has")
    known = column[np.isfinite(column)]
    if known.size < SMALLEST_DIARY_DAYS:
        return column, 1.0, f"noted on {known.size} days only"
    yes_no = bool(np.isin(known, (0.0, 1.0)).all())
    spread = float(known.std())
    if spread < 1e-9 or (yes_no and min(known.sum(), (1 - known).sum()) < 3):
        return column, 1.0, "it was nearly the same every day"
    step = 1.0 if yes_no else spread
    centred = (column - known.mean()) / step
    return np.nan_to_num(centred), step, ""


@dataclass(frozen=True, slots=True)
class _Posterior:
    """Mixture of Gaussians for each habit's total effect."""

    weights: Array
    means: Array
    sds: Array

    def moments(self, place: int) -> tuple[float, float]:
        mean = float(self.weights @ self.means[:, place])
        second = float(self.weights @ (self.sds[:, place] ** 2 + self.means[:, place] ** 2))
        return mean, float(np.sqrt(max(second - mean**2, 1e-12)))

    def probability_above(self, place: int, level: float = 0.0) -> float:
        tail = ndtr((self.means[:, place] - level) / self.sds[:, place])
        return float(self.weights @ tail)

    def quantile(self, place: int, share: float) -> float:
        mean, sd = self.moments(place)
        low, high = mean - 8 * sd, mean + 8 * sd
        for _ in range(60):
            middle = (low + high) / 2
            if 1 - self.probability_above(place, middle) < share:
                low = middle
            else:
                high = middle
        return (low + high) / 2


def _describe(name: str, step: float, posterior: _Posterior, place: int, days: int) -> Trigger:
    mean, sd = posterior.moments(place)
    low, high = (float(np.expm1(posterior.quantile(place, share))) for share in (0.025, 0.975))
    harmful = posterior.probability_above(place)
    verdict: Verdict
    needed: int | None = None
    if harmful >= TRIGGER_PROBABILITY:
        verdict = "likely trigger"
    elif harmful <= 1 - TRIGGER_PROBABILITY:
        verdict = "likely relief"
    elif low > -NEGLIGIBLE and high < NEGLIGIBLE:
        verdict = "no sign"
    else:
        verdict = "cannot tell yet"
        needed = _days_needed(sd, days)
    return Trigger(name, step, float(np.expm1(mean)), low, high, harmful, verdict, needed)


def _days_needed(sd: float, days: int) -> int:
    """Further days until an effect of 20 % would be 2.8 standard errors (80 % power at 95 %).

    Information grows with days; the prior's share is taken off first.
    """
    prior = 1.0 / (EFFECT_SD**2 * (LAGS + 1))
    per_day = max(1.0 / sd**2 - prior, 1e-3) / days
    wanted = (2.8 / np.log1p(NOTICEABLE)) ** 2
    more = (wanted - days * per_day) / per_day
    return int(min(max(7.0, more), 3650.0))


def _fit(y: Array, columns: list[Array], family: Literal["intensity", "count"]) -> _Posterior:
    from scipy.optimize import minimize

    time = np.linspace(-1, 1, y.size)
    lagged = [_lag(column, lag) for column in columns for lag in range(LAGS + 1)]
    design = np.column_stack([np.ones(y.size), time, *lagged])
    prior = np.concatenate([[1 / 10.0**2, 1 / 1.0**2], np.full(len(lagged), 1 / EFFECT_SD**2)])
    seen = np.isfinite(y)
    counts = np.where(seen, y, 0.0)
    totals = np.zeros((len(columns), design.shape[1]))
    for place in range(len(columns)):
        first = 2 + place * (LAGS + 1)
        totals[place, first : first + LAGS + 1] = 1.0

    def evaluate(theta: Array) -> tuple[float, Array, Array]:
        return _laplace(theta, counts, seen, design, prior, family)

    start = np.array([1.0, 0.5, np.log(0.35)])
    found = minimize(
        lambda theta: -evaluate(theta)[0], start, method="Nelder-Mead",
        options={"xatol": 0.05, "fatol": 0.05, "maxfev": 120},
    )  # fmt: skip
    spread = np.array([0.6, 0.45, 0.4])
    logs, means, sds = [], [], []
    for offset in product((-1.0, 0.0, 1.0), repeat=3):
        log_evidence, coefficients, covariance = evaluate(found.x + spread * np.array(offset))
        logs.append(log_evidence)
        scale = _log_scale(design, coefficients, seen, family)
        means.append(scale * (totals @ coefficients))
        sds.append(scale * np.sqrt(np.einsum("ij,jk,ik->i", totals, covariance, totals)))
    weights = np.exp(np.array(logs) - max(logs))
    return _Posterior(weights / weights.sum(), np.array(means), np.array(sds))


def _lag(column: Array, lag: int) -> Array:
    return column if lag == 0 else np.concatenate([np.zeros(lag), column[:-lag]])


def _log_scale(
    design: Array, coefficients: Array, seen: NDArray[np.bool_], family: Literal["intensity", "count"]
) -> float:
    """Relative change per unit of the predictor: 1 for counts, 1 − p̄ on the logit scale of intensity."""
    if family == "count":
        return 1.0
    return float(1 - expit(design[seen][:, :2] @ coefficients[:2]).mean())


def _laplace(
    theta: Array,
    y: Array,
    seen: NDArray[np.bool_],
    design: Array,
    prior: Array,
    family: Literal["intensity", "count"],
) -> tuple[float, Array, Array]:
    """Log evidence of the hyperparameters, and mean and covariance of the coefficients there."""
    size = float(np.exp(np.clip(theta[0], -3, 8)))
    rho = float(np.tanh(np.clip(theta[1], -2, 3)))
    sd = float(np.exp(np.clip(theta[2], -5, 2)))
    innovation = 1.0 / (sd**2 * (1 - rho**2))
    diagonal = np.full(y.size, (1 + rho**2) * innovation)
    diagonal[[0, -1]] = innovation
    off = np.full(y.size - 1, -rho * innovation)
    w, u = np.zeros(design.shape[1]), np.zeros(y.size)
    mean = y[seen].mean()
    share = np.clip(mean / HIGHEST_INTENSITY, 0.02, 0.98)
    w[0] = np.log(share / (1 - share)) if family == "intensity" else np.log(max(mean, 0.1))

    def objective(w: Array, u: Array) -> float:
        value, _, _ = _likelihood(design @ w + u, y, seen, size, family)
        smooth = float(np.sum(diagonal * u**2) + 2 * np.sum(off * u[:-1] * u[1:]))
        return value - 0.5 * float(prior @ w**2) - 0.5 * smooth

    current = objective(w, u)
    for _ in range(30):
        _, slope, curvature = _likelihood(design @ w + u, y, seen, size, family)
        right_w = design.T @ slope - prior * w
        right_u = slope - _tridiagonal(diagonal, off, u)
        band, schur, solved = _factor(diagonal, off, curvature, design, prior)
        plain = solveh_banded(band, right_u, lower=True)
        step_w = cho_solve(schur, right_w - (curvature[:, None] * design).T @ plain)
        step_u = plain - solved @ step_w
        fraction = 1.0
        while fraction > 1e-3:
            proposed = objective(w + fraction * step_w, u + fraction * step_u)
            if proposed >= current - 1e-9:
                break
            fraction /= 2
        w, u = w + fraction * step_w, u + fraction * step_u
        if abs(proposed - current) < 1e-8:
            break
        current = proposed
    _, _, curvature = _likelihood(design @ w + u, y, seen, size, family)
    band, schur, _ = _factor(diagonal, off, curvature, design, prior)
    log_precision = _log_determinant(diagonal, off) + float(np.log(prior).sum())
    log_hessian = _log_determinant(band[0], band[1, :-1]) + 2 * float(np.log(np.diag(schur[0])).sum())
    hyper = -0.5 * ((theta[0] - 1.0) ** 2 / 4 + (theta[1] - 0.5) ** 2 / 0.5 + (theta[2] + 1.2) ** 2 / 0.8)
    covariance = cho_solve(schur, np.eye(design.shape[1]))
    return objective(w, u) + 0.5 * (log_precision - log_hessian) + hyper, w, covariance


def _factor(
    diagonal: Array, off: Array, curvature: Array, design: Array, prior: Array
) -> tuple[Array, tuple[Array, bool], Array]:
    """Banded matrix of the noise block, Schur complement of the coefficients, and their coupling."""
    band = np.zeros((2, diagonal.size))
    band[0] = diagonal + curvature
    band[1, :-1] = off
    weighted = curvature[:, None] * design
    solved = solveh_banded(band, weighted, lower=True)
    inner = np.diag(prior) + design.T @ weighted - weighted.T @ solved
    factor, lower = cho_factor(inner, lower=True)
    return band, (factor, lower), solved


def _tridiagonal(diagonal: Array, off: Array, values: Array) -> Array:
    product_ = diagonal * values
    product_[:-1] += off * values[1:]
    product_[1:] += off * values[:-1]
    return product_


def _log_determinant(diagonal: Array, off: Array) -> float:
    total, pivot = 0.0, 1.0
    for place, value in enumerate(diagonal):
        pivot = value - (off[place - 1] ** 2 / pivot if place else 0.0)
        total += np.log(pivot)
    return float(total)


def _likelihood(
    eta: Array, y: Array, seen: NDArray[np.bool_], size: float, family: Literal["intensity", "count"]
) -> tuple[float, Array, Array]:
    """Log likelihood, its slope, and its (non-negative) curvature in the predictor."""
    eta = np.clip(eta, -20, 20)
    if family == "intensity":
        p = expit(eta)
        value = y * eta - HIGHEST_INTENSITY * np.logaddexp(0, eta)
        slope, curvature = y - HIGHEST_INTENSITY * p, HIGHEST_INTENSITY * p * (1 - p)
    else:
        rate = np.exp(eta)
        value = (
            gammaln(y + size) - gammaln(size) - gammaln(y + 1)
            + size * np.log(size / (size + rate)) + y * (eta - np.log(size + rate))
        )  # fmt: skip
        slope = y - (y + size) * rate / (size + rate)
        curvature = (y + size) * size * rate / (size + rate) ** 2
    return float(value[seen].sum()), np.where(seen, slope, 0.0), np.where(seen, curvature, 0.0)
