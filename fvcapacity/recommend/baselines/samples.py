"""Usage by container, as a monitoring system would have it, from the samples of a result.

A pod's sample tells the CPU of the container that serves, and CPU and memory of the pod. What the other containers
use is their steady load, as the topology says it; so is the background of the one that serves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from fvcapacity.frozen import Frozen
from fvcapacity.program.compile import compile_program
from fvcapacity.recommend.baselines.advice import ContainerKey
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.serving import steady_loads

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class PodSeries(Frozen):
    """One container of one pod, in order of time.

    Attributes
    ----------
    pod
        Name of the pod.
    time_ns
        int64: ends of the intervals, nanoseconds since 1970.
    interval_s
        float64: their lengths.
    cpu_core_s
        float64: CPU in each.
    memory_bytes
        float64: working set at each end.
    oom_kills
        int64: kills for want of memory in each.
    """

    pod: str
    time_ns: Ints
    interval_s: Floats
    cpu_core_s: Floats
    memory_bytes: Floats
    oom_kills: Ints

    @property
    def cpu_cores(self) -> Floats:
        """Mean CPU of each interval."""
        return self.cpu_core_s / self.interval_s


class ContainerSeries(Frozen):
    """All pods' series of one container of a workload."""

    key: ContainerKey
    pods: tuple[PodSeries, ...]


def container_series(
    samples: pd.DataFrame, scenario: Scenario, replication: int = 0
) -> dict[ContainerKey, ContainerSeries]:
    """Return the usage of every container of which there are samples.

    Parameters
    ----------
    samples
        The ``pod_samples`` of a result (``fvcapacity.results.columns``).
    replication
        A monitoring system sees one course of events.
    """
    own = samples[(samples["replication"] == replication) & samples["running"].astype(bool)]
    own = own[own["interval_s"] > 0]
    loads = _steady(scenario)
    found: dict[ContainerKey, list[PodSeries]] = {}
    for (workload, _, pod), rows in own.groupby(["workload", "uid", "pod"], sort=False):
        for name, series in _containers(str(pod), rows.sort_values("time_utc"), loads.get(str(workload), {})):
            found.setdefault((str(workload), name), []).append(series)
    return {key: ContainerSeries(key, tuple(pods)) for key, pods in found.items()}


class _Load(Frozen):
    cores: float
    memory: int
    serving: bool


def _steady(scenario: Scenario) -> dict[str, dict[str, _Load]]:
    """Return each workload's containers with their steady loads."""
    program = compile_program(scenario.topology, scenario.cluster)
    found = {}
    for workload in scenario.cluster.workloads:
        number = program.service_of_workload(workload.key)
        service = None if number is None else program.services[number]
        serving = None if number is None else program.containers[number]
        loads = steady_loads(workload, scenario.topology, service, serving)
        found[workload.key] = {name: _Load(*load, name == serving) for name, load in loads.items()}
    return found


def _containers(pod: str, rows: pd.DataFrame, loads: Mapping[str, _Load]) -> Iterator[tuple[str, PodSeries]]:
    """Yield the containers of one pod; the one that serves has what the others leave of the pod's memory."""
    time_ns = rows["time_utc"].to_numpy("datetime64[ns]").astype(np.int64)
    interval = rows["interval_s"].to_numpy(np.float64)
    serving_cpu, memory = (rows[name].to_numpy(np.float64) for name in ("serving_cpu_core_s", "memory_bytes"))
    kills = rows["oom_kills"].to_numpy(np.int64)
    killed = np.diff(kills, prepend=kills[:1] if kills.size else kills)
    beside = sum(load.memory for load in loads.values() if not load.serving)
    alone = not any(load.serving for load in loads.values()) and len(loads) == 1
    for name, load in loads.items():
        cpu, held = load.cores * interval, np.full(len(interval), float(load.memory))
        if load.serving:
            cpu, held = cpu + serving_cpu, np.maximum(memory - beside, 0.0)
        elif alone:
            cpu, held = rows["cpu_core_s"].to_numpy(np.float64), memory
        yield (
            name,
            PodSeries(pod, time_ns, interval, cpu, held, killed if load.serving or alone else np.zeros_like(killed)),
        )
