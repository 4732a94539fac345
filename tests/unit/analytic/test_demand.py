"""The demand matrix of small topologies, added up by hand."""

from __future__ import annotations

import numpy as np
import pytest

from fvcapacity.analytic.demand import demand_of
from tests.support.tiny import cpu, program_of


def test_branches_parallel_calls_and_operations() -> None:
    program = program_of(
        {
            "web": {"threads": {"main": {}, "pool": {"count": 4}}},
            "cache": {},
            "db": {"disk_iops": 100, "operations": {"find": {"steps": [cpu(3, "exponential")], "response_bytes": 500}}},
        },
        {
            "page": {
                "steps": [
                    {
                        "call": "web",
                        "steps": [
                            cpu(2),
                            {
                                "branch": {
                                    "probability": 0.75,
                                    "then": [{"call": "cache", "steps": [cpu(1)]}],
                                    "otherwise": [
                                        {"call": "db.find", "written_bytes": 100},
                                        {"parallel": [{"call": "db.find"}, {"call": "cache", "steps": [cpu(4)]}]},
                                        cpu(10, threads="pool"),
                                    ],
                                }
                            },
                            cpu(1),
                        ],
                    }
                ]
            },
            "write": {"steps": [{"call": "db", "steps": [{"disk": {"operations": 2}}, {"wait": {"mean_ms": 50}}]}]},
        },
    )
    demand = demand_of(program)
    web, cache, db = range(3)
    assert demand.visits.tolist() == [[1.0, 0.75 + 0.25, 0.5], [0.0, 0.0, 1.0]]
    assert demand.cpu_s[0, web] == pytest.approx(0.002 + 0.001 + 0.25 * 0.010)
    assert demand.cpu_s[0, cache] == pytest.approx(0.75 * 0.001 + 0.25 * 0.004)
    assert demand.cpu_s[0, db] == pytest.approx(0.5 * 0.003)
    assert demand.cpu_s[1].tolist() == [0.0, 0.0, 0.0]
    assert demand.disk_operations[1].tolist() == [0.0, 0.0, 2.0]
    # thread groups: web main, web pool, cache, db
    assert demand.bursts[0] == pytest.approx([2.0, 0.25, 1.0, 0.5])
    assert demand.burst_s2[0] == pytest.approx(
        [0.002**2 + 0.001**2, 0.25 * 0.010**2, 0.75 * 0.001**2 + 0.25 * 0.004**2, 0.5 * 2 * 0.003**2]
    )
    assert demand.written_bytes[0, db] == pytest.approx(25.0)
    assert demand.response_bytes[0, db] == pytest.approx(250.0)


@pytest.mark.parametrize(
    ("step", "scv"),
    [
        (cpu(5), 0.0),
        (cpu(5, "exponential"), 1.0),
        (cpu(5, "uniform"), 1 / 3),
        (cpu(5, "lognormal", cv=0.7), 0.49),
        ({"cpu": {"distribution": "recorded", "values_ms": [2, 4, 6]}}, (8 / 3) / 16),
    ],
)
def test_how_much_a_burst_varies(step: dict[str, object], scv: float) -> None:
    program = program_of({"s": {}}, {"r": {"steps": [{"call": "s", "steps": [step]}]}})
    demand = demand_of(program)
    mean = demand.burst_s[0, 0]
    assert demand.burst_s2[0, 0] / mean**2 - 1 == pytest.approx(scv)


def test_a_branch_that_is_never_taken_costs_nothing() -> None:
    never = {"branch": {"probability": 0.0, "then": [cpu(9)], "otherwise": []}}
    program = program_of({"s": {}}, {"r": {"steps": [{"call": "s", "steps": [never, cpu(1)]}]}})
    assert demand_of(program).cpu_s == pytest.approx(np.array([[0.001]]))
