"""A topology with measured numbers: CPU steps scaled, operations written by route where the data demand it.

An operation whose steps come out alike for all of its routes stays as it is, once. Where they do not, routes that agree
share one, under the name ``OPERATION-for-ROUTE``; the largest company of routes keeps the name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fvcapacity.scenario.call_graph import called_service
from fvcapacity.scenario.demands import Demands
from fvcapacity.scenario.topology import Branch, CpuStep, Operation, Step, Topology
from fvcapacity.study.calibrate.factors import Factors

DIGITS = 5
"""Significant digits of a written demand."""

MOST_VARIABLE = 20.0
"""The largest coefficient of variation that a topology takes."""

Source = Callable[[str, tuple[str, ...]], str]
"""What is written as the source of a CPU step: from its service and the routes that come to it."""


def rewrite_topology(topology: Topology, demands: Demands, factors: Factors, source: Source) -> Topology:
    """Return the topology with every CPU step scaled; everything else is as it was.

    Parameters
    ----------
    demands
        Of ``topology``: which routes come to which program.
    source
        Gives the text that says where a number comes from; steps for which it is empty are left without.
    """
    return _Rewriter(topology, demands, factors, source).run()


@dataclass
class _Rewriter:
    topology: Topology
    demands: Demands
    factors: Factors
    source: Source
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    """New name of an operation, by (old call, route)."""
    operations: dict[str, dict[str, Operation]] = field(default_factory=dict)

    def run(self) -> Topology:
        self.operations = {name: dict(service.operations) for name, service in self.topology.services.items()}
        for call in self._inner_first():
            self._operation(call)
        routes = {
            name: route.model_copy(update={"steps": self._steps(route.steps, "", f"routes.{name}", (name,))})
            for name, route in self.topology.routes.items()
        }
        services = {
            name: service.model_copy(update={"operations": self.operations[name]}) if service.operations else service
            for name, service in self.topology.services.items()
        }
        return self.topology.model_copy(update={"services": services, "routes": routes})

    def _inner_first(self) -> list[str]:
        """Return the operations that routes come to, the called ones before their callers."""
        order: list[str] = []
        for program in self.demands.programs:
            if not program.startswith("routes."):
                self._visit(program, order)
        return order

    def _visit(self, call: str, order: list[str]) -> None:
        if call in order:
            return
        for inner in _calls(self._program(call).steps):
            if inner not in self.topology.services and called_service(self.topology, inner):
                self._visit(inner, order)
        order.append(call)

    def _program(self, call: str) -> Operation:
        service, _, short = call.rpartition(".")
        return self.topology.services[service].operations[short]

    def _operation(self, call: str) -> None:
        service, _, short = call.rpartition(".")
        program = self._program(call)
        alike: dict[str, list[str]] = {}
        for route in self.demands.programs[call]:
            steps = self._steps(program.steps, service, call, (route,), silent=True)
            alike.setdefault(repr(steps), []).append(route)
        companies = sorted(alike.values(), key=len, reverse=True)
        for number, routes in enumerate(companies):
            name = short if number == 0 else self._free_name(service, f"{short}-for-{routes[0]}")
            steps = self._steps(program.steps, service, call, tuple(routes))
            self.operations[service][name] = program.model_copy(update={"steps": steps})
            self.names |= {(call, route): f"{service}.{name}" for route in routes}

    def _free_name(self, service: str, wanted: str) -> str:
        name, number = wanted, 2
        while name in self.operations[service]:
            name, number = f"{wanted}-{number}", number + 1
        return name

    def _steps(
        self, steps: tuple[Step, ...], service: str, program: str, routes: tuple[str, ...], *, silent: bool = False
    ) -> tuple[Step, ...]:
        return tuple(self._step(step, service, program, routes, silent) for step in steps)

    def _step(self, step: Step, service: str, program: str, routes: tuple[str, ...], silent: bool) -> Step:
        if step.cpu is not None and service:
            return step.model_copy(update={"cpu": self._cpu(step.cpu, service, program, routes, silent)})
        if step.branch is not None:
            return step.model_copy(update={"branch": self._branch(step.branch, service, program, routes, silent)})
        if step.parallel is not None:
            return step.model_copy(
                update={"parallel": self._steps(step.parallel, service, program, routes, silent=silent)}
            )
        if step.call is None:
            return step
        if step.steps is not None:
            inner = self._steps(step.steps, step.call, program, routes, silent=silent)
            return step.model_copy(update={"steps": inner})
        return step.model_copy(update={"call": self.names.get((step.call, routes[0]), step.call)})

    def _branch(self, branch: Branch, service: str, program: str, routes: tuple[str, ...], silent: bool) -> Branch:
        ways: dict[str, object] = {
            str(name): self._steps(getattr(branch, name), service, program, routes, silent=silent)
            for name in ("then", "otherwise")
            if name in branch.model_fields_set
        }
        return branch.model_copy(update=ways)

    def _cpu(self, cpu: CpuStep, service: str, program: str, routes: tuple[str, ...], silent: bool) -> CpuStep:
        factor = self.factors.of(routes[0], program, service)
        update: dict[str, object] = {"mean_ms": float(f"{cpu.mean_ms * factor:.{DIGITS}g}")}
        if service in self.factors.variability and cpu.distribution == "lognormal":
            update["cv"] = min(round(cpu.cv * self.factors.variability[service], 4), MOST_VARIABLE)
        text = "" if silent else self.source(service, routes)
        if text:
            update |= {"basis": "measured", "source": text}
        return cpu.model_copy(update=update)


def _calls(steps: tuple[Step, ...]) -> list[str]:
    found = []
    for step in steps:
        if step.call is not None:
            found.append(step.call)
        for inner in (step.steps, step.parallel):
            found += _calls(inner or ())
        if step.branch is not None:
            found += _calls(step.branch.then) + _calls(step.branch.otherwise)
    return found
