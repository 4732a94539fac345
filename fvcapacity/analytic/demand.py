"""What one request of each route costs where: the demand matrix of the utilization law.

Expectations over the branches of a program (Denning and Buzen, "The operational analysis of queueing network models",
Computing Surveys 10, 1978: demand is visits times service time). Retries, time-outs and failures are left out.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from fvcapacity.frozen import Frozen
from fvcapacity.program.layout import Op, ProgramArrays
from fvcapacity.program.program import Program
from fvcapacity.semantics.draw import CONSTANT, EXPONENTIAL, LOGNORMAL, UNIFORM
from fvcapacity.units import NS_PER_S

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_SCV = {CONSTANT: 0.0, EXPONENTIAL: 1.0, UNIFORM: 1 / 3}


class Demand(Frozen):
    """Demand of one request, by route.

    Attributes
    ----------
    visits
        float64, shape (routes, services): calls that reach the service.
    cpu_s
        float64, shape (routes, services): core-seconds.
    bursts, burst_s, burst_s2
        float64, shape (routes, groups): CPU bursts on each thread group, the sum of their means (core-seconds) and of
        their second moments.
    disk_operations
        float64, shape (routes, services).
    response_bytes, log_bytes, written_bytes
        float64, shape (routes, services).
    op_reached
        float64, shape (operations,): how often a request of its route comes there.
    op_call, op_route
        int64, shape (operations,): the call whose visit it belongs to, and the route.
    op_scv
        float64, shape (operations,): squared coefficient of variation of its time.
    """

    visits: Floats
    cpu_s: Floats
    bursts: Floats
    burst_s: Floats
    burst_s2: Floats
    disk_operations: Floats
    response_bytes: Floats
    log_bytes: Floats
    written_bytes: Floats
    op_reached: Floats
    op_call: Ints
    op_route: Ints
    op_scv: Floats


def demand_of(program: Program) -> Demand:
    """Return the demand of a program's routes."""
    arrays = program.arrays
    reached, op_call, op_route = _reach(arrays)
    call_reached, call_route = _calls(arrays, reached, op_call, op_route)
    scv = _variation(arrays)
    service = arrays.call_service[op_call]
    group = arrays.group_first[service] + arrays.op_group
    mean_s = arrays.op_mean_ns / NS_PER_S
    cpu = arrays.op_kind == Op.CPU
    disk = arrays.op_kind == Op.DISK
    shape = (len(program.routes), len(program.services))
    groups = (len(program.routes), len(arrays.group_threads))
    return Demand(
        visits=_table(shape, call_route, arrays.call_service, call_reached),
        cpu_s=_table(shape, op_route[cpu], service[cpu], (reached * mean_s)[cpu]),
        bursts=_table(groups, op_route[cpu], group[cpu], reached[cpu]),
        burst_s=_table(groups, op_route[cpu], group[cpu], (reached * mean_s)[cpu]),
        burst_s2=_table(groups, op_route[cpu], group[cpu], (reached * mean_s**2 * (1 + scv))[cpu]),
        disk_operations=_table(shape, op_route[disk], service[disk], (reached * arrays.op_mean_ns)[disk]),
        **{
            name: _table(shape, call_route, arrays.call_service, call_reached * getattr(arrays, f"call_{name}"))
            for name in ("response_bytes", "log_bytes", "written_bytes")
        },
        op_reached=reached,
        op_call=op_call,
        op_route=op_route,
        op_scv=scv,
    )


def _reach(arrays: ProgramArrays) -> tuple[Floats, Ints, Ints]:
    """Walk once over all operations: programs only jump forward, and a call's program stands behind its caller's."""
    kinds, a, b = arrays.op_kind.tolist(), arrays.op_a.tolist(), arrays.op_b.tolist()
    mean, starts = arrays.op_mean_ns.tolist(), arrays.call_start.tolist()
    count = len(kinds)
    reached, call_of, route_of = [0.0] * (count + 1), [-1] * (count + 1), [-1] * (count + 1)

    def enter(call: int, route: int, often: float) -> None:
        reached[starts[call]], call_of[starts[call]], route_of[starts[call]] = often, call, route

    def go_on(to: int, i: int, often: float) -> None:
        reached[to] += often
        call_of[to], route_of[to] = call_of[i], route_of[i]

    for route, call in enumerate(arrays.route_call.tolist()):
        enter(call, route, 1.0)
    for i, kind in enumerate(kinds):
        often = reached[i]
        if kind == Op.BRANCH:
            go_on(i + 1, i, often * mean[i])
            go_on(a[i], i, often * (1 - mean[i]))
        elif kind == Op.JUMP:
            go_on(a[i], i, often)
        elif kind != Op.END:
            for call in range(a[i], a[i] + b[i]) if kind == Op.CALL else ():
                enter(call, route_of[i], often)
            go_on(i + 1, i, often)
    return np.array(reached[:count]), np.array(call_of[:count], np.int64), np.array(route_of[:count], np.int64)


def _calls(arrays: ProgramArrays, reached: Floats, op_call: Ints, op_route: Ints) -> tuple[Floats, Ints]:
    """Return how often each call is made by a request of its route, and the route."""
    return reached[arrays.call_start], op_route[arrays.call_start]


def _variation(arrays: ProgramArrays) -> Floats:
    """Return the squared coefficient of variation of each operation's time."""
    found = np.zeros(len(arrays.op_kind))
    for i, dist in enumerate(arrays.op_dist.tolist()):
        if dist == LOGNORMAL:
            found[i] = math.expm1(arrays.op_sigma[i] ** 2)
        elif dist in _SCV:
            found[i] = _SCV[dist]
        else:
            values = arrays.recorded_ns[arrays.op_a[i] : arrays.op_a[i] + arrays.op_b[i]]
            mean = values.mean() if values.size else 0.0
            found[i] = values.var() / mean**2 if mean else 0.0
    return found


def added_up(values: Floats, columns: Ints, count: int) -> Floats:
    """Return columns added up by the number that each of them belongs to, shape (rows, count)."""
    total = np.zeros((len(values), count))
    for column, number in enumerate(columns.tolist()):
        total[:, number] += values[:, column]
    return total


def _table(shape: tuple[int, int], rows: Ints, columns: Ints, values: Floats) -> Floats:
    table = np.zeros(shape)
    np.add.at(table, (rows, columns), values)
    return table
