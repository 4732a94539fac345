"""How far the CPU of an interval belongs to the requests of its neighbours.

Requests that are open across the edge of an interval, and counters that were read some seconds apart from each other,
let a share ``a`` of a route's work appear in the next interval (or, when CPU is read first, in the one before):

    D ((1 - a) X[t] + a X[t - 1])  =  D X[t]  +  D a (X[t - 1] - X[t]).

So the column of a difference takes up what is smeared, and the coefficient of ``X[t]`` stays the demand. Such a
column is taken only for routes and directions in which it matters (t above 4, all of them tried together): it costs
precision.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fvcapacity.frozen import Frozen
from fvcapacity.study.calibrate.regression import Floats

SIGNIFICANT = 4.0
ROWS_PER_COLUMN = 30


class Carry(Frozen):
    """That work of a column's requests shows in a neighbouring interval: 1 the next one, -1 the one before."""

    column: int
    direction: int


def difference(requests: Floats, direction: int) -> Floats:
    """Return the neighbour's requests minus the interval's own, shape as ``requests``; NaN at the end."""
    other = np.full_like(requests, np.nan)
    if direction > 0:
        other[1:] = requests[:-1]
    else:
        other[:-1] = requests[1:]
    return np.asarray(other - requests)


def find_carries(
    requests: Floats, fixed: Floats, y: Floats, weights: Floats, used: npt.NDArray[np.bool_]
) -> tuple[Carry, ...]:
    """Return for which columns work shows in a neighbouring interval.

    Parameters
    ----------
    requests
        Shape (intervals, columns), all intervals.
    fixed
        The column beside them, shape (intervals,).
    y, weights, used
        Shape (intervals,): what is explained, its weights, and which intervals count.
    """
    wanted = [Carry(column, direction) for direction in (1, -1) for column in range(requests.shape[1])]
    extra = carry_columns(requests, tuple(wanted))
    rows = used & ~np.isnan(extra).any(axis=1)
    design = np.column_stack([fixed, requests, extra])[rows]
    if rows.sum() < ROWS_PER_COLUMN * design.shape[1]:
        return ()
    root = np.sqrt(weights[rows])
    scale = np.maximum(np.sqrt((design**2).mean(axis=0)), 1e-300)
    weighted = design / scale * root[:, None]
    gram = weighted.T @ weighted
    gram += 1e-10 * np.trace(gram) / len(gram) * np.eye(len(gram))
    solution = np.linalg.solve(gram, weighted.T @ (root * y[rows]))
    left = root * y[rows] - weighted @ solution
    error = np.sqrt(np.diag(np.linalg.inv(gram)) * (left @ left) / (len(left) - len(solution)))
    t = (solution / np.maximum(error, 1e-300))[-len(wanted) :]
    return tuple(carry for carry, value in zip(wanted, t, strict=True) if value > SIGNIFICANT)


def carry_columns(requests: Floats, carries: tuple[Carry, ...]) -> Floats:
    """Return the columns of the carries, shape (intervals, carries)."""
    if not carries:
        return np.zeros((len(requests), 0))
    moved = {direction: difference(requests, direction) for direction in {carry.direction for carry in carries}}
    return np.column_stack([moved[carry.direction][:, carry.column] for carry in carries])
