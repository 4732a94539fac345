"""metrics-server: every resolution, what each pod used since the scrape before.

The real one keeps this of every pod. Nobody but the HPAs reads it, so the model keeps it of their pods.
"""

from __future__ import annotations

from fvcapacity.control.clock import At, Rank
from fvcapacity.control.cluster import Cluster, Process
from fvcapacity.control.custom_metrics import keep_served
from fvcapacity.control.eviction_manager import watch
from fvcapacity.control.shapes import reported_milli
from fvcapacity.control.state import PodRecord, Usage
from fvcapacity.dataplane.plane import ContainerUsage
from fvcapacity.decisions.hpa import PodMetric


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
    for target in {record.target for record in state.hpas.values()} & state.workloads.keys():
        for pod in state.workloads[target].pods.values():
            pod.usage = _usage(pod, seen.containers.get(pod.uid), state.last_scrape_ns, now)
    keep_served(cluster, seen)
    watch(cluster, seen)
    state.last_scrape_ns = now


def _usage(pod: PodRecord, reading: ContainerUsage | None, before_ns: int, now_ns: int) -> Usage | None:
    """Return a pod's usage, or None when a container does not run or has not run for a whole window."""
    shape = pod.shape
    serving, window_ns, cpu_ns = shape.serving, now_ns - before_ns, 0
    if serving is not None:
        if reading is None:
            return None
        cpu_ns = reading.cpu_ns - pod.scraped_cpu_ns
        pod.scraped_cpu_ns, pod.memory_bytes = reading.cpu_ns, reading.memory_bytes
    if not pod.container_running or pod.container_since_ns > before_ns:
        return None
    (milli, memory), own = shape.steady_total, None
    if serving is not None:
        (cores, base), (steady_milli, _) = shape.background[serving.container], shape.steady[serving.container]
        own = reported_milli(cores + cpu_ns / window_ns), base + pod.memory_bytes
        milli, memory = milli - steady_milli + own[0], memory + pod.memory_bytes
    return Usage(PodMetric(milli, now_ns, window_ns), PodMetric(memory * 1000, now_ns, window_ns), shape, own)
