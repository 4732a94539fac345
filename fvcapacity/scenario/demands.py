"""What a topology expects of a request: visits and CPU of each service, by route and by program.

A *program* is what is written down once: a route, or an operation (``auth-service.verify``). Inline steps of a call
belong to the program that holds them. Expectations take branches by their probability, and count neither retries nor
time-outs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from fvcapacity.scenario.call_graph import called_service
from fvcapacity.scenario.topology import Step, Topology

Part = tuple[str, str]
"""A program and the service whose CPU it spends: ``("auth-service.verify", "auth-service")``."""


Call = tuple[str, str, str]
"""A route, who calls, and the service that is called."""


@dataclass
class Demands:
    """Expectations of one request of each route.

    Attributes
    ----------
    visits
        Calls of a service, by (route, service).
    cpu_s
        CPU at a service in core seconds, by (route, service).
    parts_s
        The same by (route, part): the parts of one service add up to its ``cpu_s``.
    calls
        Calls of a service by another, by (route, caller, service); the caller of a route's first call is ``""``.
    call_cpu_s, call_wait_s
        What the called service spends on them itself: CPU, and waiting for what is no service (an API outside).
    programs
        Routes that may come to a program, by program; in the order in which they are first met.
    """

    visits: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    cpu_s: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    parts_s: dict[tuple[str, Part], float] = field(default_factory=lambda: defaultdict(float))
    calls: dict[Call, float] = field(default_factory=lambda: defaultdict(float))
    call_cpu_s: dict[Call, float] = field(default_factory=lambda: defaultdict(float))
    call_wait_s: dict[Call, float] = field(default_factory=lambda: defaultdict(float))

    programs: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def routes_of(self, service: str) -> list[str]:
        """Return the routes that may come to a service, in the order of the topology."""
        return [route for route, name in self.visits if name == service]


def expected_demands(topology: Topology) -> Demands:
    """Return what the topology expects of a request of each route.

    Parameters
    ----------
    topology
        Without circles of operations (``check_topology`` refuses them).
    """
    demands = Demands()
    for name, route in topology.routes.items():
        _Walk(topology, demands, name).steps(route.steps, ("", ""), f"routes.{name}", 1.0)
    return demands


@dataclass
class _Walk:
    topology: Topology
    demands: Demands
    route: str

    def steps(self, steps: Sequence[Step], at: tuple[str, str], program: str, weight: float) -> None:
        """Walk over steps of a service: ``at`` is who called it, and its name."""
        if self.route not in self.demands.programs[program]:
            self.demands.programs[program].append(self.route)
        for step in steps:
            self.step(step, at, program, weight)

    def step(self, step: Step, at: tuple[str, str], program: str, weight: float) -> None:
        service = at[1]
        if step.cpu is not None and service:
            seconds = weight * step.cpu.mean_ms / 1e3
            self.demands.cpu_s[self.route, service] += seconds
            self.demands.parts_s[self.route, (program, service)] += seconds
            self.demands.call_cpu_s[self.route, *at] += seconds
        elif step.wait is not None and service:
            self.demands.call_wait_s[self.route, *at] += weight * step.wait.mean_ms / 1e3
        elif step.branch is not None:
            self.steps(step.branch.then, at, program, weight * step.branch.probability)
            self.steps(step.branch.otherwise, at, program, weight * (1 - step.branch.probability))
        elif step.parallel is not None:
            self.steps(step.parallel, at, program, weight)
        elif step.call is not None:
            self.call(step, service, program, weight)

    def call(self, step: Step, caller: str, program: str, weight: float) -> None:
        call = step.call or ""
        target = called_service(self.topology, call)
        if target is None:
            return
        self.demands.visits[self.route, target] += weight
        self.demands.calls[self.route, caller, target] += weight
        if step.steps is not None:
            self.steps(step.steps, (caller, target), program, weight)
        elif call != target:
            operation = self.topology.services[target].operations[call.rpartition(".")[2]]
            self.steps(operation.steps, (caller, target), call, weight)
