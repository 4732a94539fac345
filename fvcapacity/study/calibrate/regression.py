"""Weighted non-negative least squares with intervals from a moving-block bootstrap.

Estimate
--------
``y = X b + e`` with ``b >= 0`` (Lawson and Hanson, *Solving Least Squares Problems*, 1974, chapter 23) and
``Var e = v0 + v1 (X b)``: a service's noise grows with its load, since every request brings its own. ``v0`` and ``v1``
come from a regression of the squared residuals on the fitted values, and the weights ``1 / Var e`` from them, twice
over (feasible generalised least squares; Wooldridge, *Introductory Econometrics*, section 8.4).

Intervals
---------
Rows are put into blocks of neighbours, which are drawn with replacement (moving blocks; Künsch, Annals of Statistics
17(3), 1989), because residuals of neighbours are alike. The intervals are those of the estimator *without* the bound:
it is unbiased wherever the truth lies, while the bounded one piles up at zero and its bootstrap fails there (Andrews,
Econometrica 68(2), 2000). They are then cut at zero. Half-width: Student's t times the bootstrap's standard error.

Everything that a replicate needs of a block is its matrix ``X' W X`` and vector ``X' W y``: replicates are sums of
them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.optimize import nnls

from fvcapacity.frozen import Frozen

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

REPLICATES = 400
CONFIDENCE = 0.95
_ROUNDS = 2
_PARTS_OF_A_BLOCK = 12
"""A moving block begins at any twelfth of its length: as good as at any row, and quicker."""
OUTLIER = 25.0
"""Median absolute deviations (as standard deviations of a normal) from which on a row belongs to something else."""
LEAST_BLOCKS = 20
"""Blocks are shortened until there are so many; fewer say nothing of an interval."""


class Fit(Frozen):
    """A regression: estimates, intervals and what is left over.

    Attributes
    ----------
    estimate, low, high
        float64, shape (columns,): bounded at zero; the interval is that of 95 %.
    covariance
        float64, shape (columns, columns): of the estimator without the bound, from the bootstrap.
    fitted, residuals, weights
        float64, shape (rows,).
    explained
        Share of the variance of ``y`` that is explained (R^2 with weights).
    variance
        ``(v0, v1)``: variance of a row is ``v0 + v1 fitted``.
    blocks
        Length of a block in rows.
    """

    estimate: Floats
    low: Floats
    high: Floats
    covariance: Floats
    fitted: Floats
    residuals: Floats
    weights: Floats
    explained: float
    variance: tuple[float, float]
    blocks: int

    @property
    def standard_error(self) -> Floats:
        """Standard error of every column."""
        return np.asarray(np.sqrt(np.maximum(np.diag(self.covariance), 0.0)))


def fit(x: Floats, y: Floats, *, block: int, seed: int = 0, replicates: int = REPLICATES) -> Fit:
    """Return the weighted non-negative fit of ``y`` on the columns of ``x``.

    Parameters
    ----------
    x
        Shape (rows, columns), in the order of time, without gaps in the values (rows may be missing).
    y
        Shape (rows,).
    block
        Rows of a block of the bootstrap; made shorter where the rows are few.
    seed
        Of the bootstrap.
    """
    scale = np.sqrt((x * x).mean(axis=0))
    scale[scale == 0] = 1.0
    columns = x / scale
    weights = np.ones(len(y))
    variance = (0.0, 0.0)
    for _ in range(_ROUNDS):
        solution = solve_bounded(columns, y, weights)
        variance = _variance(columns @ solution, y - columns @ solution)
        weights = _weights(columns @ solution, variance)
    solution = solve_bounded(columns, y, weights)
    covariance, error_df = _bootstrap(columns, y, weights, block, seed, replicates)
    free = _solve(columns.T @ (columns * weights[:, None]), columns.T @ (weights * y))
    half = stats.t.ppf(0.5 + CONFIDENCE / 2, error_df) * np.sqrt(np.maximum(np.diag(covariance), 0.0))
    fitted = columns @ solution
    mean = float(np.average(y, weights=weights))
    total = float((weights * (y - mean) ** 2).sum())
    left = float((weights * (y - fitted) ** 2).sum())
    return Fit(
        estimate=solution / scale,
        low=np.maximum(np.minimum(free - half, solution), 0.0) / scale,
        high=np.maximum(np.maximum(free + half, solution), 0.0) / scale,
        covariance=covariance / np.outer(scale, scale),
        fitted=fitted,
        residuals=y - fitted,
        weights=weights,
        explained=1 - left / total if total > 0 else float("nan"),
        variance=variance,
        blocks=_block_length(len(y), block),
    )


def near_the_rest(x: Floats, y: Floats, *, block: int, least: float = 0.0) -> npt.NDArray[np.bool_]:
    """Tell which rows are not outliers: within `OUTLIER` robust standard deviations of a first fit.

    A start of a process, a job, or a counter's jump lies far beyond that; chance never does.

    Parameters
    ----------
    least
        A residual that is smaller than this is no outlier in any case.
    """
    first = fit(x, y, block=block, replicates=2)
    scaled = first.residuals * np.sqrt(first.weights)
    centre = np.median(scaled)
    spread = 1.4826 * float(np.median(np.abs(scaled - centre)))
    if spread <= 0:
        return np.ones(len(y), np.bool_)
    return np.asarray((np.abs(scaled - centre) <= OUTLIER * spread) | (np.abs(first.residuals) < least))


def solve_bounded(x: Floats, y: Floats, weights: Floats) -> Floats:
    """Return the weighted least-squares solution with no negative entry."""
    root = np.sqrt(weights)[:, None]
    triangle = np.asarray(np.linalg.qr(np.column_stack([x, y]) * root, mode="r"))
    solution, _ = nnls(triangle[:, :-1], triangle[:, -1])
    return np.asarray(solution, np.float64)


def _variance(fitted: Floats, residuals: Floats) -> tuple[float, float]:
    """Return ``(v0, v1)`` of ``Var = v0 + v1 fitted``, both at least zero.

    Means of the squares in 20 classes of the fitted value are regressed, each by its relative error: single squares
    have long tails, and the classes of little load would be lost among them.
    """
    order = np.argsort(fitted)
    classes = [part for part in np.array_split(order, 20) if len(part)]
    level = np.array([fitted[part].mean() for part in classes])
    square = np.array([np.mean(residuals[part] ** 2) for part in classes])
    floor = max(float(square.mean()), 1e-300) * 1e-3
    weight = 1 / np.maximum(square, floor)
    design = np.column_stack([np.ones_like(level), np.maximum(level, 0.0)]) * weight[:, None]
    (v0, v1), _ = nnls(design, square * weight)
    return float(v0), float(v1)


def _weights(fitted: Floats, variance: tuple[float, float]) -> Floats:
    spread = variance[0] + variance[1] * np.maximum(fitted, 0.0)
    floor = float(spread.mean()) * 1e-3
    if floor <= 0:
        return np.ones(len(fitted))
    weights = 1 / np.maximum(spread, floor)
    return np.asarray(weights / weights.mean())


def _block_length(rows: int, block: int) -> int:
    return int(max(min(block, rows // LEAST_BLOCKS), 1))


def _bootstrap(x: Floats, y: Floats, weights: Floats, block: int, seed: int, replicates: int) -> tuple[Floats, int]:
    """Return the covariance of the estimator without the bound, and its degrees of freedom."""
    length = _block_length(len(y), block)
    part = max(length // _PARTS_OF_A_BLOCK, 1)
    parts_of_block = max(length // part, 1)
    grams, moments = _parts(x, y, weights, part)
    starts = len(grams) - parts_of_block + 1
    cumulative = (np.concatenate([np.zeros_like(item[:1]), item.cumsum(axis=0)]) for item in (grams, moments))
    block_grams, block_moments = (item[parts_of_block:] - item[:-parts_of_block] for item in cumulative)
    number = max(round(len(grams) / parts_of_block), 2)
    draws = np.random.default_rng(seed).integers(0, max(starts, 1), (replicates, number))
    counts = np.zeros((replicates, len(block_grams)))
    np.add.at(counts, (np.repeat(np.arange(replicates), number), draws.ravel()), 1.0)
    flat = counts @ block_grams.reshape(len(block_grams), -1)
    right = counts @ block_moments
    estimates = _solve(flat.reshape(replicates, x.shape[1], x.shape[1]), right)
    covariance = np.cov(estimates, rowvar=False).reshape(x.shape[1], x.shape[1]) * number / max(number - 1, 1)
    return np.asarray(covariance, np.float64), max(number - 1, 1)


def _parts(x: Floats, y: Floats, weights: Floats, part: int) -> tuple[Floats, Floats]:
    """Return ``X' W X`` and ``X' W y`` of every part of so many rows (the last may be longer)."""
    edges = np.arange(0, max(len(y) - part, 0) + 1, part)
    weighted = x * weights[:, None]
    outer = np.einsum("ni,nj->nij", weighted, x)
    return np.add.reduceat(outer, edges, axis=0), np.add.reduceat(weighted * y[:, None], edges, axis=0)


def _solve(grams: Floats, moments: Floats) -> Floats:
    """Solve normal equations, one or many; a column that says nothing (or is another's double) is left near zero."""
    columns = grams.shape[-1]
    ridge = 1e-10 * np.trace(grams, axis1=-2, axis2=-1)[..., None, None] / columns
    return np.asarray(np.linalg.solve(grams + ridge * np.eye(columns), moments[..., None])[..., 0], np.float64)
