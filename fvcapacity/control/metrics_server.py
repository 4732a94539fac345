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
from fvcapacity.dataplane.plane import Observation


def metrics_server(cluster: Cluster) -> Process:
    """Scrape at multiples of the resolution. The kubelets' own sampling delay is taken as nothing."""
    periodic = cluster.state.periodic
    while True:
        yield At(cluster.env, periodic["metrics-server"], Rank.METRICS)
        scrape(cluster)
        periodic["metrics-server"] = cluster.now + cluster.timings.metrics_resolution


def scrape(cluster: Cluster) -> None:
    """Read all containers and keep one value for each pod that an HPA looks at; the kubelets look at memory as well."""
    seen, state = cluster.observe(), cluster.state
    window = cluster.now - state.last_scrape_ns
    for target in {record.target for record in state.hpas.values()} & state.workloads.keys():
        for pod in state.workloads[target].pods.values():
            pod.usage = _usage(pod, seen, state.last_scrape_ns, cluster.now, window)
    keep_served(cluster, seen)
    watch(cluster, seen)
    state.last_scrape_ns = cluster.now


def _usage(pod: PodRecord, seen: Observation, before_ns: int, now_ns: int, window_ns: int) -> Usage | None:
    """Return a pod's usage, or None when a container does not run or has not run for a whole window."""
    serving = pod.shape.serving
    cpu_ns = 0
    if serving is not None:
        reading = seen.containers.get(pod.uid)
        if reading is None:
            return None
        cpu_ns = reading.cpu_ns - pod.scraped_cpu_ns
        pod.scraped_cpu_ns = reading.cpu_ns
        pod.memory_bytes = reading.memory_bytes
    if not pod.container_running or pod.container_since_ns > before_ns:
        return None
    shape = pod.shape
    if serving is None:
        return Usage(now_ns, window_ns, shape.steady, shape.steady_total)
    name = serving.container
    (cores, base), (steady_milli, _) = shape.background[name], shape.steady[name]
    milli, memory = reported_milli(cores + cpu_ns / window_ns), base + pod.memory_bytes
    total = shape.steady_total[0] - steady_milli + milli, shape.steady_total[1] + pod.memory_bytes
    return Usage(now_ns, window_ns, {**shape.steady, name: (milli, memory)}, total)
