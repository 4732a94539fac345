"""By which factor the CPU steps of a program are scaled so that each route's demand is the measured one.

The rule
--------
1. *By program.* The programs of a service (its operations, and inline steps) get one factor each, such that the
   demands of all routes fit best, each weighted by its certainty. Routes that share an operation share its factor.
   What the data say nothing of keeps the factor of the whole service.
2. *By route.* When that does not explain the demands (chi-square test at 1 %, and a difference of more than 2 % at a
   route that carries 1 % of the service's CPU or more), each route gets a factor of its own on top: the operations
   are then written once for every route that needs it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import stats

from fvcapacity.scenario.demands import Demands, Part
from fvcapacity.study.calibrate.by_route import Coefficient, RouteFit
from fvcapacity.study.calibrate.regression import Floats

REJECTED = 0.01
WORTH_SPLITTING = 0.02
CARRIES = 0.01
_RIDGE = 1e-3
"""Weight of "as the whole service" beside the data, where a factor is uncertain by the size of itself."""


@dataclass
class Factors:
    """Factors on CPU steps.

    Attributes
    ----------
    parts
        By (program, service).
    routes
        On top of it, by (route, service); 1 where nothing stands.
    variability
        On the coefficient of variation of CPU steps, by service.
    split
        Services whose operations are written by route, with the reason.
    """

    parts: dict[Part, float] = field(default_factory=dict)
    routes: dict[tuple[str, str], float] = field(default_factory=dict)
    split: dict[str, str] = field(default_factory=dict)
    variability: dict[str, float] = field(default_factory=dict)

    def of(self, route: str, program: str, service: str) -> float:
        """Return the factor of the CPU steps of a program at a service, when a route runs it."""
        return self.parts.get((program, service), 1.0) * self.routes.get((route, service), 1.0)


def find_factors(fits: dict[str, RouteFit], demands: Demands) -> Factors:
    """Return the factors that give every route its measured demand at every service."""
    factors = Factors()
    for service, fitted in fits.items():
        _of_service(fitted, service, demands, factors)
    return factors


def _of_service(fitted: RouteFit, service: str, demands: Demands, factors: Factors) -> None:
    measured = [item for item in fitted.coefficients if item.prior > 0 and np.isfinite(item.high)]
    parts = sorted({part for route, part in demands.parts_s if part[1] == service})
    if not measured or not parts:
        return
    uses = np.array([[demands.parts_s.get((item.route, part), 0.0) for part in parts] for item in measured])
    rows, targets, covariance = _equations(fitted, measured, uses)
    whole = float(sum(item.estimate * _weight(item) for item in measured)) / max(
        float(sum(item.prior * _weight(item) for item in measured)), 1e-300
    )
    by_part = _solve(rows, targets, covariance, whole)
    factors.parts |= {part: float(factor) for part, factor in zip(parts, by_part, strict=True)}
    predicted = uses @ by_part
    off = [
        item
        for item, value in zip(measured, predicted, strict=True)
        if item.share >= CARRIES and abs(item.estimate - value) > WORTH_SPLITTING * max(item.estimate, value)
    ]
    misfit = targets - rows @ by_part
    free = rows[:, by_part > 0]  # a factor that was stopped at zero explains nothing
    freedom = len(targets) - (int(np.linalg.matrix_rank(free)) if free.size else 0)
    if not off or freedom <= 0:
        return
    square = float(misfit @ np.linalg.solve(covariance, misfit))
    chance = float(stats.chi2.sf(square, freedom))
    if chance < REJECTED:
        names = ", ".join(item.route for item in off)
        factors.split[service] = f"one factor an operation does not explain {names} (p = {chance:.1g})"
        for item, value in zip(measured, predicted, strict=True):
            if value > 0:
                factors.routes[item.route, service] = item.estimate / value


def _weight(item: Coefficient) -> float:
    """Return the requests of a route, up to a common factor."""
    return item.share / item.estimate if item.estimate > 0 else 0.0


def _equations(fitted: RouteFit, measured: list[Coefficient], uses: Floats) -> tuple[Floats, Floats, Floats]:
    """Return rows, targets and their covariance: an equation for a route, or for a group known by its sum."""
    rows, targets, errors, places = [], [], [], []
    done: set[str] = set()
    for item in measured:
        if item.route in done:
            continue
        group = [i for i, other in enumerate(measured) if other.route == item.route or other.route in item.group]
        weights = np.array([1.0 if len(group) == 1 else _weight(measured[i]) for i in group])
        done |= {measured[i].route for i in group}
        if weights.sum() <= 0:
            weights = np.ones(len(group))
        rows.append(weights @ uses[group])
        targets.append(float(weights @ [measured[i].estimate for i in group]))
        half = (item.high - item.low) / 3.92 / max(item.estimate, 1e-300)
        errors.append(max(half * targets[-1], item.prior * 1e-4, 1e-12))
        places.append(fitted.free.index(item.route) if item.route in fitted.free else -1)
    covariance = np.diag(np.square(errors))
    for i, one in enumerate(places):
        for j, two in enumerate(places):
            if i != j and one >= 0 and two >= 0:
                covariance[i, j] = fitted.covariance[one, two]
            elif i == j and one >= 0:
                covariance[i, i] = max(fitted.covariance[one, one], covariance[i, i] * 1e-4)
    return np.array(rows), np.array(targets), _positive(covariance)


def _positive(covariance: Floats) -> Floats:
    """Return the matrix with a floor under its eigenvalues: a sampled one may be singular."""
    scale = np.sqrt(np.diag(covariance))
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    floored = (vectors * np.maximum(values, 1e-6)) @ vectors.T
    return np.asarray(floored * np.outer(scale, scale))


def _solve(rows: Floats, targets: Floats, covariance: Floats, whole: float) -> Floats:
    """Return the factors that fit best, at least zero; weakly drawn to that of the whole service."""
    from scipy.optimize import nnls

    root = np.linalg.inv(np.linalg.cholesky(covariance))
    ridge = np.sqrt(_RIDGE) * np.eye(rows.shape[1])
    design = np.vstack([root @ rows, ridge])
    solution, _ = nnls(design, np.concatenate([root @ targets, np.sqrt(_RIDGE) * np.full(rows.shape[1], whole)]))
    return np.asarray(solution, np.float64)
