"""Demands written back: shared operations stay shared where they can, and every route's total is the measured one."""

import numpy as np
import pytest
import yaml

from fvcapacity.scenario.demands import expected_demands
from fvcapacity.scenario.topology import Topology
from fvcapacity.study.calibrate.by_route import Coefficient, RouteFit
from fvcapacity.study.calibrate.factors import Factors, find_factors
from fvcapacity.study.calibrate.rewrite import rewrite_topology
from fvcapacity.study.calibrate.rows import Rows

TOPOLOGY = Topology.model_validate(
    yaml.safe_load("""
services:
  gate:
    operations:
      read: {steps: [{cpu: {mean_ms: 1}}, {call: auth.verify}, {call: store.get}]}
      write: {steps: [{cpu: {mean_ms: 1}}, {call: auth.verify}, {call: store.get}, {call: store.put}]}
  auth:
    operations:
      verify: {steps: [{cpu: {mean_ms: 2}}, {branch: {probability: 0.25, then: [{call: store.get}]}}]}
  store:
    operations:
      get: {steps: [{cpu: {mean_ms: 4}}]}
      put: {steps: [{cpu: {mean_ms: 3, distribution: constant}}]}
routes:
  read: {path: /a, share: 3, steps: [{call: gate.read}]}
  write: {path: /b, share: 1, steps: [{call: gate.write}]}
""")
)


def _fit(service: str, demands_ms: dict[str, float], error: float = 0.001) -> RouteFit:
    """A fit that found these demands, each known to a share of it."""
    before = expected_demands(TOPOLOGY).cpu_s
    found = tuple(
        Coefficient(
            route=route,
            service=service,
            prior=before[route, service],
            estimate=ms / 1e3,
            low=ms / 1e3 * (1 - 1.96 * error),
            high=ms / 1e3 * (1 + 1.96 * error),
            share=0.5,
            inflation=1.0,
        )
        for route, ms in demands_ms.items()
    )
    none = np.zeros(0)
    return RouteFit(
        service=service,
        interval_s=15.0,
        rows=Rows(np.zeros(0, bool), {}),
        coefficients=found,
        background=(0.0, 0.0, 0.0),
        carry=0.0,
        explained=1.0,
        condition=1.0,
        observed=none,
        predicted=none,
        residual_sd=0.0,
        residual_lag1=0.0,
        variance=(0.0, 0.0),
        free=tuple(demands_ms),
        covariance=np.diag([(ms / 1e3 * error) ** 2 for ms in demands_ms.values()]),
    )


def _written(fits: dict[str, RouteFit]) -> tuple[Topology, Factors]:
    demands = expected_demands(TOPOLOGY)
    factors = find_factors(fits, demands)
    return rewrite_topology(TOPOLOGY, demands, factors, lambda service, routes: f"measured at {service}"), factors


def _ms(topology: Topology, route: str, service: str) -> float:
    return 1e3 * expected_demands(topology).cpu_s[route, service]


def test_the_demands_of_the_topology_itself():
    assert _ms(TOPOLOGY, "read", "gate") == pytest.approx(1)
    assert _ms(TOPOLOGY, "read", "store") == pytest.approx(4 * 1.25)
    assert _ms(TOPOLOGY, "write", "store") == pytest.approx(4 * 1.25 + 3)
    assert expected_demands(TOPOLOGY).visits["write", "store"] == pytest.approx(2.25)


def test_one_factor_an_operation_is_enough_where_it_explains_the_routes():
    # get takes 6 ms, put 1 ms: one factor for the service would not do, one for each operation does
    written, factors = _written({"store": _fit("store", {"read": 7.5, "write": 8.5})})
    assert not factors.split
    assert set(written.services["store"].operations) == {"get", "put"}
    assert written.services["store"].operations["get"].steps[0].cpu.mean_ms == pytest.approx(6, rel=0.01)
    assert written.services["store"].operations["put"].steps[0].cpu.mean_ms == pytest.approx(1, rel=0.03)
    assert written.services["store"].operations["put"].steps[0].cpu.distribution == "constant"


def test_an_operation_is_split_by_route_only_where_the_data_demand_it():
    written, factors = _written({"auth": _fit("auth", {"read": 2.0, "write": 5.0})})
    assert "auth" in factors.split
    assert set(written.services["auth"].operations) == {"verify", "verify-for-write"}
    assert written.services["gate"].operations["write"].steps[1].call == "auth.verify-for-write"
    assert written.services["gate"].operations["read"].steps[1].call == "auth.verify"
    assert _ms(written, "read", "auth") == pytest.approx(2.0, rel=1e-3)
    assert _ms(written, "write", "auth") == pytest.approx(5.0, rel=1e-3)
    assert set(written.services["store"].operations) == {"get", "put"}  # what is called below stays shared


def test_a_split_below_splits_its_callers():
    written, _ = _written({"store": _fit("store", {"read": 5.0, "write": 2.0})})  # less for more work
    assert _ms(written, "read", "store") == pytest.approx(5.0, rel=1e-3)
    assert _ms(written, "write", "store") == pytest.approx(2.0, rel=1e-3)
    assert "verify-for-write" in written.services["auth"].operations  # it calls store.get, which is another for each


def test_differences_within_their_uncertainty_split_nothing():
    written, factors = _written({"auth": _fit("auth", {"read": 2.0, "write": 2.4}, error=0.15)})
    assert not factors.split
    assert set(written.services["auth"].operations) == {"verify"}


def test_variability_scales_lognormal_steps_alone():
    factors = Factors(variability={"store": 2.0})
    written = rewrite_topology(TOPOLOGY, expected_demands(TOPOLOGY), factors, lambda service, routes: "")
    assert written.services["store"].operations["get"].steps[0].cpu.cv == pytest.approx(1.0)
    assert written.services["store"].operations["put"].steps[0].cpu.cv == pytest.approx(0.5)
    assert written.services["auth"].operations["verify"] == TOPOLOGY.services["auth"].operations["verify"]
