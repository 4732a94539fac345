"""metrics-server: every resolution, what each pod used since the scrape before.

The real one keeps this of every pod. Nobody but the HPAs reads it, so the model keeps it of their pods.
"""

from __future__ import annotations

from collections.abc import Mapping

from fvcapacity.control.clock import At, Rank
from fvcapacity.control.cluster import Cluster, Process
from fvcapacity.control.custom_metrics import keep_served
from fvcapacity.control.eviction_manager import watch
from fvcapacity.control.shapes import reported_milli
from fvcapacity.control.state import PodRecord
from fvcapacity.dataplane.plane import ContainerUsage
from fvcapacity.decisions.hpa import Sampling


def metrics_server(cluster: Cluster) -> Process:
    """Scrape at multiples of the resolution. The kubelets' own sampling delay is taken as nothing."""
    periodic = cluster.state.periodic
    while True:
        yield At(cluster.env, periodic["metrics-server"], Rank.METRICS)
        scrape(cluster)
        periodic["metrics-server"] = cluster.now + cluster.timings.metrics_resolution


def scrape(cluster: Cluster) -> None:
    """Read all containers and keep one value for each pod that an HPA looks at; the kubelets look at memory as well."""
    seen, state, now = cluster.observe(), cluster.state, cluster.now
    last = Sampling(now, now - state.last_scrape.timestamp_ns)
    for target in {record.target for record in state.hpas.values()} & state.workloads.keys():
        for pod in state.workloads[target].pods.values():
            pod.usage = _usage(pod, seen.containers.get(pod.uid), last)
    keep_served(cluster, seen)
    watch(cluster, seen)
    state.last_scrape = last


def _usage(pod: PodRecord, reading: ContainerUsage | None, sampling: Sampling) -> tuple[int, int] | None:
    """Return a pod's usage, or None when a container does not run or has not run for a whole window."""
    shape, window_ns = pod.shape, sampling.window_ns
    milli, memory = shape.steady_total
    if shape.serving is not None:
        if reading is None:
            return None
        cpu_ns = reading.cpu_ns - pod.scraped_cpu_ns
        pod.scraped_cpu_ns, pod.memory_bytes = reading.cpu_ns, reading.memory_bytes
        cores, steady_milli = shape.serving_steady
        milli += reported_milli(cores + cpu_ns / window_ns) - steady_milli
        memory += pod.memory_bytes
    if not pod.container_running or pod.container_since_ns > sampling.timestamp_ns - window_ns:
        return None
    return milli, memory * 1000


def container_usage(pod: PodRecord) -> Mapping[str, tuple[int, int]]:
    """Return a pod's usage by container: what is not the steady one of the others is that of the serving one."""
    if pod.usage is None:
        return {}
    shape, (milli, memory) = pod.shape, pod.usage
    used = {name: (cpu, size * 1000) for name, (cpu, size) in shape.steady.items()}
    if shape.serving is not None:
        own, base = used[shape.serving.container]
        total_milli, total = shape.steady_total
        used[shape.serving.container] = own + milli - total_milli, base + memory - total * 1000
    return used
