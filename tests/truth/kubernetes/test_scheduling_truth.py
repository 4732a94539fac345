"""The recorded answers of kube-scheduler and cluster autoscaler, and proof that their runner can fail."""

from __future__ import annotations

import copy
import gzip
import json
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.truth.kubernetes.__main__ import main
from tests.truth.kubernetes.runner import run_document

VECTORS = Path(__file__).parent / "vectors"
Case = dict[str, Any]


@cache
def load(name: str) -> dict[str, Any]:
    return json.loads(gzip.decompress((VECTORS / f"{name}.json.gz").read_bytes()))


def test_what_the_recorded_answers_are_about() -> None:
    scheduler, autoscaler = load("scheduler_scores")["cases"], load("cluster_autoscaler")["cases"]
    kinds = Counter(case["input"].get("plugin", case["kind"]) for case in scheduler)
    assert kinds == {"resources": 750, "PodTopologySpread": 190, "NodeAffinity": 110, "TaintToleration": 90}
    strategies = Counter(s["type"] for case in scheduler for s in case["input"].get("strategies", ()))
    assert strategies == {
        "BalancedAllocation": 974,
        "LeastAllocated": 942,
        "MostAllocated": 927,
        "RequestedToCapacityRatio": 457,
    }
    assert Counter(case["input"]["op"] for case in autoscaler) == {"utilization": 88, "least_waste": 60}


def found(name: str, wanted: Callable[[Case], bool]) -> Case:
    return copy.deepcopy(next(case for case in load(name)["cases"] if wanted(case)))


def resources() -> Case:
    return found("scheduler_scores", lambda case: case["expected"].get("reasons") == ["Insufficient cpu"])


def spread() -> Case:
    return found(
        "scheduler_scores",
        lambda c: c["input"].get("plugin") == "PodTopologySpread" and c["expected"]["scores"] is not None,
    )


def affinity() -> Case:
    return found("scheduler_scores", lambda c: "NotInPreFilterResult" in json.dumps(c["expected"]))


def least_waste() -> Case:
    return found("cluster_autoscaler", lambda case: case["input"]["op"] == "least_waste")


def utilization() -> Case:
    return found("cluster_autoscaler", lambda case: "cpu" in case["expected"])


def pod(case: Case) -> Case:
    return case["input"]["pod"]


@pytest.mark.parametrize(
    ("case", "change"),
    [
        (resources(), lambda c: c["expected"].update(fits=True)),
        (resources(), lambda c: c["expected"]["scores"].__setitem__(0, c["expected"]["scores"][0] + 1)),
        (resources(), lambda c: c["expected"]["pod_requests"].update(cpu="12345")),
        (resources(), lambda c: c["expected"]["insufficient_all"].pop()),
        (resources(), lambda c: c["expected"]["node_nonzero"].update(cpu_m=-1)),
        (resources(), lambda c: c["expected"].update(surprise=1)),
        (resources(), lambda c: c["input"].update(surprise=1)),
        (resources(), lambda c: c["input"]["strategies"][0].update(type="Surprise")),
        (resources(), lambda c: c["input"]["strategies"][0].update(surprise=1)),
        (resources(), lambda c: pod(c)["spec"].update(hostNetwork=True)),
        (resources(), lambda c: pod(c)["spec"]["containers"][0].update(surprise=1)),
        (resources(), lambda c: c["input"]["node"].update(surprise=1)),
        (resources(), lambda c: c.update(kind="surprise")),
        (resources(), lambda c: c.update(surprise=1)),
        (spread(), lambda c: c["expected"]["filter"].update(n0={"code": "Unschedulable", "reasons": []})),
        (spread(), lambda c: c["expected"]["raw_scores"].update(n0=-1)),
        (spread(), lambda c: c["expected"]["scores"].update(n0=-1)),
        (spread(), lambda c: c["input"].update(plugin="Surprise")),
        (spread(), lambda c: pod(c)["spec"]["topologySpreadConstraints"][0].update(surprise=1)),
        (spread(), lambda c: pod(c)["spec"].update(affinity={"podAffinity": {}})),
        (affinity(), lambda c: c["expected"]["filter"].update(n0=None)),
        (affinity(), lambda c: pod(c)["spec"].update(tolerations=[{"key": "a", "operator": "Gt"}])),
        (least_waste(), lambda c: c["expected"].update(best=[])),
        (least_waste(), lambda c: c["expected"]["wasted"].update(g0=0.5)),
        (least_waste(), lambda c: c["input"]["options"][0].update(surprise=1)),
        (utilization(), lambda c: c["expected"].update(cpu=c["expected"]["cpu"] + 1e-15)),
        (utilization(), lambda c: c["expected"].update(resource="surprise")),
        (utilization(), lambda c: c["input"].update(op="surprise")),
        (utilization(), lambda c: c["input"]["pods"][0].update(surprise=1)),
    ],
)
def test_the_runner_fails_on_what_it_cannot_confirm(case: Case, change: Callable[[Case], Any]) -> None:
    name = "scheduler_scores" if "kind" in case else "cluster_autoscaler"
    assert [outcome.ok for outcome in run_document({"meta": {}, "cases": [case]}, name)] == [True]
    altered = copy.deepcopy(case)
    change(altered)
    assert altered != case
    assert [outcome.ok for outcome in run_document({"meta": {}, "cases": [altered]}, name)] == [False]


def test_the_command_ends_with_the_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cluster_autoscaler.json.gz").write_bytes((VECTORS / "cluster_autoscaler.json.gz").read_bytes())
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.endswith("148 passed, 0 failed\n")
