"""Which routes cannot be told apart, because they always move together.

Two measures are used, both after the service's other columns are taken out (weighted):

- the *variance inflation* of a column, ``1 / (1 - R^2)`` of it on the others (Belsley, Kuh and Welsch, *Regression
  Diagnostics*, 1980): how many times as large the variance of its coefficient is as it would be alone;
- the correlation of two estimates.

Columns are put together when their coefficients are strongly correlated and at least one of them says next to nothing
by itself: their sum is then known far better than its parts.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fvcapacity.frozen import Frozen
from fvcapacity.study.calibrate.regression import Floats

PROPORTIONAL = 0.9995
"""Two columns of a larger correlation are one: what differs is rounding and edges of intervals."""
INFLATED = 100.0
"""From this variance inflation on, a coefficient that is also uncertain is not given by itself."""
OPPOSED = -0.9
UNCERTAIN = 0.5
"""Half-width per estimate from which a coefficient says next to nothing."""


class Separation(Frozen):
    """What can be told apart.

    Attributes
    ----------
    groups
        Positions of columns that go together; single columns are groups of one.
    inflation
        Variance inflation of every column.
    condition
        Condition number of the correlation matrix of the columns (Belsley: from 30 on, trouble).
    """

    groups: tuple[tuple[int, ...], ...]
    inflation: Floats
    condition: float


def inflation_of(x: Floats, weights: Floats) -> tuple[Floats, Floats, float]:
    """Return correlation, variance inflation, and condition number of weighted columns."""
    mean = np.average(x, axis=0, weights=weights)
    centred = (x - mean) * np.sqrt(weights)[:, None]
    norm = np.sqrt((centred**2).sum(axis=0))
    constant = norm <= 1e-9 * np.maximum(np.sqrt((weights[:, None] * x**2).sum(axis=0)), 1e-300)
    safe = np.where(constant, 1.0, norm)
    correlation = (centred / safe).T @ (centred / safe)
    np.fill_diagonal(correlation, 1.0)
    values, vectors = np.linalg.eigh(correlation)
    values = np.maximum(values, 1e-15)
    inflation = (vectors**2 / values).sum(axis=1)
    inflation = np.where(constant, np.inf, np.maximum(inflation, 1.0))
    return correlation, np.asarray(inflation), float(np.sqrt(values[-1] / values[0]))


def proportional_groups(x: Floats, weights: Floats) -> Separation:
    """Put together the columns that are each other's multiples."""
    correlation, inflation, condition = inflation_of(x, weights)
    constant = np.isinf(inflation)
    together = (correlation > PROPORTIONAL) | (constant[:, None] & constant[None, :])
    return Separation(_components(together), inflation, condition)


def correlated_groups(estimate: Floats, covariance: Floats, inflation: Floats) -> tuple[tuple[int, ...], ...]:
    """Put together the columns whose coefficients only their sum makes certain."""
    error = np.sqrt(np.maximum(np.diag(covariance), 1e-300))
    correlation = covariance / np.outer(error, error)
    uncertain = (1.96 * error > UNCERTAIN * np.maximum(estimate, 1e-300)) & (inflation > INFLATED)
    together = (correlation < OPPOSED) & (uncertain[:, None] | uncertain[None, :])
    return _components(together)


def _components(together: npt.NDArray[np.bool_]) -> tuple[tuple[int, ...], ...]:
    """Return connected components, each in ascending order."""
    from scipy.sparse.csgraph import connected_components

    _, labels = connected_components(together, directed=False)
    return tuple(tuple(np.flatnonzero(labels == label).tolist()) for label in np.unique(labels))
