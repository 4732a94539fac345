"""The one table of every table of a result: which columns, of which unit and type, and what they mean.

The tables are built through `fvcapacity.tabular.frames.conform`, which holds them to what stands here, and
``docs/reference/results.md`` is generated from it.
"""

from __future__ import annotations

from fvcapacity.results.money_columns import BILL, BILL_DAYS, MACHINES, MONEY, OWNERS, ROUTE_DEMANDS
from fvcapacity.tabular.columns import Column, TableSpec


def _counts(*pairs: tuple[str, str]) -> tuple[Column, ...]:
    return tuple(Column(name, "requests", "int64", meaning) for name, meaning in pairs)


REPLICATION = Column("replication", "", "int64", "Number of the replication, from 0.")
TIME = (
    Column("time_utc", "", "utc", "Start of the bin, or instant of the sample."),
    Column("time_s", "s", "float64", "The same, counted from the start of the window."),
)
COVERED = Column("covered_s", "s", "float64", "How much of the bin was simulated (less at the run's end).")
CAUSES = _counts(
    ("timeout", "Failed: the client gave up waiting."),
    ("queue_full", "Failed: a listen queue was full."),
    ("no_endpoint", "Failed: a service had no ready pod."),
    ("connection_refused", "Failed: a pod was known but did not listen."),
    ("oom_killed", "Failed: a container was killed at its memory limit."),
    ("terminated", "Failed: a container was stopped."),
    ("circuit_open", "Failed: a circuit breaker refused to try."),
    ("error_response", "Failed: a new version answered with an error."),
)
PERCENTILES = tuple(
    Column(f"p{percent}_s", "s", "float64", f"{percent} % of the requests took at most this long; empty if none.")
    for percent in (50, 90, 95, 99)
)
ROUTE = Column("route", "", "string", "Name of the route; `all` is the whole of the user routes.")
SERVICE = Column("service", "", "string", "Kubernetes Service that was called.")
WORKLOAD = Column("workload", "", "string", "`kind/name` of the workload.")
FAILED = Column("failed", "requests", "int64", "Requests that ended in an error.")
ERROR_RATIO = Column("error_ratio", "1", "float64", "Failed requests per request; empty if there was none.")
EGRESS = Column("egress_bytes", "bytes", "int64", "Bytes sent to clients.")

_SERVICE_BYTES = (
    Column("log_bytes", "bytes", "int64", "Log lines written."),
    Column("written_bytes", "bytes", "int64", "Bytes written to volumes."),
    Column("response_bytes", "bytes", "int64", "Bytes answered."),
)
_SERVICE_CALLS = (
    Column("visits", "calls", "int64", "Calls that ended at the service, well or not (no probes)."),
    Column("failed", "calls", "int64", "Of these, the ones that ended in an error."),
    Column("refused", "calls", "int64", "Calls that found no listening container or a full queue."),
    Column("retries", "calls", "int64", "Attempts beyond the first that callers made."),
    Column("cpu_core_s", "core s", "float64", "CPU spent, probes included."),
)
_PERIODS = (
    Column(
        "periods",
        "periods",
        "int64",
        "CFS periods in which a container with a quota drew on it, or just had.",
    ),
    Column("throttled_periods", "periods", "int64", "Of these, the ones in which it was throttled."),
)
_PROBES = (
    Column("probes", "probes", "int64", "Probes sent."),
    Column("probe_failures", "probes", "int64", "Probes that failed or timed out."),
)

ROUTES = TableSpec(
    "routes",
    "One route in one replication, over the window.",
    (
        REPLICATION,
        ROUTE,
        Column("user", "", "bool", "Whether the objectives judge the route."),
        Column("requests", "requests", "int64", "Requests that arrived in the window."),
        Column("open_at_start", "requests", "int64", "Requests of the warm-up still open at the start."),
        Column("served", "requests", "int64", "Requests that ended well."),
        FAILED,
        Column("open_at_end", "requests", "int64", "Requests still open when the run ended."),
        *CAUSES,
        Column("error_ratio", "1", "float64", "Failed requests per ended request; empty if none ended."),
        *PERCENTILES,
        EGRESS,
    ),
)

ROUTE_MINUTES = TableSpec(
    "route_minutes",
    "One route in one minute: arrivals by the minute of arrival, ends by the minute of the end.",
    (
        REPLICATION,
        ROUTE,
        *TIME,
        COVERED,
        Column("requests", "requests", "int64", "Requests that arrived."),
        Column("served", "requests", "int64", "Requests that ended well."),
        FAILED,
        *CAUSES,
        EGRESS,
    ),
)

ROUTE_WINDOWS = TableSpec(
    "route_windows",
    "One route, or `all`, in one window of five minutes: what the objectives are judged on.",
    (
        REPLICATION,
        ROUTE,
        *TIME,
        COVERED,
        Column("requests", "requests", "int64", "Requests that ended, and in the last window the open ones."),
        FAILED,
        ERROR_RATIO,
        *PERCENTILES,
        Column("complete", "", "bool", "False when the run was interrupted in this window."),
        Column("judged", "", "bool", "Whether the objectives are judged on this row."),
    ),
)

SERVICES = TableSpec(
    "services",
    "One service in one replication, over the window.",
    (
        REPLICATION,
        SERVICE,
        WORKLOAD,
        *_SERVICE_CALLS,
        *_PERIODS,
        Column("throttled_periods_ratio", "1", "float64", "Throttled periods per period; empty if none."),
        Column("elapsed_mean_s", "s", "float64", "Mean wall time of a visit, from arrival to answer."),
        Column("queue_wait_mean_s", "s", "float64", "Mean time per visit in the queue for a thread."),
        Column("throttled_wait_mean_s", "s", "float64", "Mean time per visit with the quota spent."),
        Column("queue_share", "1", "float64", "Share of the elapsed time spent in queues for a thread."),
        Column("cpu_share", "1", "float64", "Share spent in CPU bursts that ran (contention included)."),
        Column("throttled_share", "1", "float64", "Share spent standing still with the quota spent."),
        Column("others_share", "1", "float64", "The rest: calls to others, pools, disks, the network."),
        *(c for c in PERCENTILES),
        Column("restarts", "restarts", "int64", "Restarts of the pods that lived in the window."),
        Column("oom_kills", "kills", "int64", "Of these, the ones by the kernel at the memory limit."),
        Column("memory_peak_bytes", "bytes", "int64", "Largest pod at the minute samples."),
        Column("cpu_request_cores", "cores", "float64", "CPU request of the container; empty if none."),
        Column("cpu_limit_cores", "cores", "float64", "CPU limit of the container; empty if none."),
        Column("memory_limit_bytes", "bytes", "float64", "Memory limit of the container; empty if none."),
        *_PROBES,
        *_SERVICE_BYTES,
    ),
)

WORKLOADS = TableSpec(
    "workloads",
    "One workload in one replication: extremes of its minutes in the window.",
    (
        REPLICATION,
        WORKLOAD,
        Column("desired_min", "pods", "int64", "Fewest replicas that the controller wanted."),
        Column("desired_max", "pods", "int64", "Most replicas that the controller wanted."),
        Column("ready_min", "pods", "int64", "Fewest pods that were ready."),
        Column("ready_max", "pods", "int64", "Most pods that were ready."),
        Column("pending_max", "pods", "int64", "Most pods that no node could take."),
        Column("minutes_at_maximum", "min", "int64", "Minutes in which its HPA's maximum was wanted; 0 without HPA."),
        Column("memory_peak_bytes", "bytes", "int64", "Largest pod at the minute samples."),
    ),
)

POOLS = TableSpec(
    "pools",
    "One node pool in one replication: extremes of its minutes in the window.",
    (
        REPLICATION,
        Column("pool", "", "string", "Node pool."),
        Column("nodes_min", "nodes", "int64", "Fewest machines."),
        Column("nodes_max", "nodes", "int64", "Most machines."),
    ),
)

SERVICE_MINUTES = TableSpec(
    "service_minutes",
    "One service in one minute.",
    (
        REPLICATION,
        SERVICE,
        *TIME,
        COVERED,
        *_SERVICE_CALLS,
        Column("queue_wait_s", "s", "float64", "Time in the queue for a thread, summed."),
        Column("throttled_wait_s", "s", "float64", "Time of running bursts with the quota spent, summed."),
        Column("burst_s", "s", "float64", "Wall time of CPU bursts, throttling and contention included."),
        Column("elapsed_s", "s", "float64", "Wall time of visits, summed."),
        *_PERIODS,
        *_PROBES,
        *_SERVICE_BYTES,
    ),
)

WORKLOAD_MINUTES = TableSpec(
    "workload_minutes",
    "State of one workload at one minute.",
    (
        REPLICATION,
        WORKLOAD,
        *TIME,
        Column("desired", "pods", "int64", "Replicas that the controller wants."),
        Column("current", "pods", "int64", "Pods that exist and are not being deleted."),
        Column("ready", "pods", "int64", "Pods that are ready."),
        Column("updated", "pods", "int64", "Of the current pods, those of the newest version."),
        Column("pending", "pods", "int64", "Pods that no node could take."),
        Column("cpu_request_cores", "cores", "float64", "CPU requests of the current pods."),
        Column("memory_request_bytes", "bytes", "int64", "Memory requests of the current pods."),
        Column("cpu_usage_cores", "cores", "float64", "Mean CPU use of the minute before."),
        Column("memory_bytes", "bytes", "int64", "Memory of all pods."),
        Column("memory_peak_bytes", "bytes", "int64", "Memory of the largest pod."),
    ),
)

NODE_MINUTES = TableSpec(
    "node_minutes",
    "State of one node pool at one minute.",
    (
        REPLICATION,
        Column("pool", "", "string", "Node pool."),
        *TIME,
        Column("nodes", "nodes", "int64", "Machines that exist."),
        Column("ready_nodes", "nodes", "int64", "Machines that take pods."),
        Column("cpu_capacity_cores", "cores", "float64", "CPU of the machines."),
        Column("cpu_allocatable_cores", "cores", "float64", "CPU left for pods."),
        Column("cpu_requested_cores", "cores", "float64", "CPU requests of the pods on them."),
        Column("memory_allocatable_bytes", "bytes", "int64", "Memory left for pods."),
        Column("memory_requested_bytes", "bytes", "int64", "Memory requests of the pods on them."),
    ),
)

HPA = TableSpec(
    "hpa",
    "One sync of a HorizontalPodAutoscaler that changed something or ended a minute.",
    (
        REPLICATION,
        Column("hpa", "", "string", "`hpa/name`."),
        *TIME,
        Column("current", "pods", "int64", "Replicas before the sync."),
        Column("desired", "pods", "int64", "Replicas after it."),
        Column("minimum", "pods", "int64", "Its `minReplicas` then: what the manifests or a schedule say."),
        Column("reasons", "", "string", "Condition reasons as Kubernetes spells them, joined by `;`."),
    ),
)

HPA_METRICS = TableSpec(
    "hpa_metrics",
    "One metric of one sync of an HPA.",
    (
        REPLICATION,
        Column("hpa", "", "string", "`hpa/name`."),
        *TIME,
        Column("metric", "", "string", "`cpu`, `memory` or `pods/name`."),
        Column("value", "% or 1", "float64", "Percent for utilization, else plain; empty if it was missing."),
    ),
)


def _instants(*pairs: tuple[str, str]) -> tuple[Column, ...]:
    return tuple(
        Column(f"{name}_s", "s", "float64", f"{meaning}, from the window's start; empty if it never was.")
        for name, meaning in pairs
    )


PODS = TableSpec(
    "pods",
    "One pod that lived in the window (it may be older).",
    (
        REPLICATION,
        Column("uid", "", "int64", "Number of the pod, never used twice."),
        Column("pod", "", "string", "Name of the pod."),
        WORKLOAD,
        Column("revision", "", "int64", "Version of the workload that it was made from; 1 is that of the manifests."),
        Column("node", "", "string", "Node that took it; empty while pending."),
        Column("created_utc", "", "utc", "Creation."),
        *_instants(
            ("created", "Creation"),
            ("scheduled", "Binding to its node"),
            ("started", "First start of its serving container"),
            ("ready", "First readiness"),
            ("deleted", "Deletion"),
        ),
        Column("restarts", "restarts", "int64", "Restarts of its containers."),
        Column("oom_kills", "kills", "int64", "Of these, the ones by the kernel at the memory limit."),
    ),
)

NODES = TableSpec(
    "nodes",
    "One machine that existed in the window (it may be older).",
    (
        REPLICATION,
        Column("node", "", "string", "Name of the machine."),
        Column("pool", "", "string", "Its node pool."),
        Column("instance_type", "", "string", "Its type at the provider."),
        Column("zone", "", "string", "Its zone."),
        Column("spot", "", "bool", "Whether it is a spot machine."),
        Column("created_utc", "", "utc", "The order of the machine; it is paid from here on."),
        *_instants(("created", "The order"), ("ready", "First readiness"), ("deleted", "Deletion")),
        Column("paid_s", "s", "float64", "Time inside the window for which it is paid."),
    ),
)

EVENTS = TableSpec(
    "events",
    "One event, as `kubectl get events` would show it.",
    (
        REPLICATION,
        *TIME,
        Column("type", "", "string", "Normal or Warning."),
        Column("reason", "", "string", "Kubernetes' reason string."),
        Column("object", "", "string", "`kind/name` of the object."),
        WORKLOAD,
        Column("message", "", "string", "What happened."),
    ),
)

REQUESTS = TableSpec(
    "requests",
    "One request that arrived in the stretch that the scenario wanted written down, and ended.",
    (
        REPLICATION,
        Column("route", "", "string", "Name of the route."),
        Column("time_utc", "", "utc", "When it arrived."),
        Column("time_s", "s", "float64", "The same, counted from the start of the window."),
        Column("response_time_s", "s", "float64", "From its arrival to the answer, or until its user gave up."),
        Column("cause", "", "string", "`served`, or why it failed."),
    ),
)

BACKUPS = TableSpec(
    "backups",
    "One volume in one backup that begins in the window; the same in every replication.",
    (
        Column("backup", "", "string", "Name of the schedule."),
        SERVICE,
        *TIME,
        Column("duration_s", "s", "float64", "How long the volume of the service takes."),
        Column("data_bytes", "bytes", "int64", "What is saved: all data, changed or not."),
        Column("method", "", "string", "file-system or snapshot."),
    ),
)

ROUTE_SAMPLES = TableSpec(
    "route_samples",
    "One route in one interval of `monitoring`; only when that is shorter than a minute.",
    ROUTE_MINUTES.columns,
)

SERVICE_SAMPLES = TableSpec(
    "service_samples",
    "One service in one interval of `monitoring`; only when that is shorter than a minute.",
    SERVICE_MINUTES.columns,
)

CONTAINERS = TableSpec(
    "containers",
    "One container of a pod template, init containers left out; the same in every replication.",
    (
        WORKLOAD,
        Column("namespace", "", "string", "Namespace of the workload."),
        Column("container", "", "string", "Name of the container."),
        Column("image", "", "string", "Its image."),
        Column("service", "", "string", "Service whose requests it serves; empty if none."),
        Column("cpu_request_cores", "cores", "float64", "CPU request; empty if none."),
        Column("cpu_limit_cores", "cores", "float64", "CPU limit; empty if none."),
        Column("memory_request_bytes", "bytes", "float64", "Memory request; empty if none."),
        Column("memory_limit_bytes", "bytes", "float64", "Memory limit; empty if none."),
        Column("steady_cpu_cores", "cores", "float64", "CPU that it takes besides requests."),
        Column("steady_memory_bytes", "bytes", "int64", "Memory that it takes besides what serves requests."),
    ),
)

ROUTE_PATHS = TableSpec(
    "route_paths",
    "One route as the topology describes it; the same in every replication.",
    (
        Column("route", "", "string", "Name of the route."),
        Column("method", "", "string", "Its method."),
        Column("path", "", "string", "Its path, with parameters as `:name`."),
        Column("entry", "", "string", "Service that a request comes to first."),
        Column("application", "", "string", "The one service that the entry passes it on to, if it is a proxy."),
    ),
)

ROUTE_CALLS = TableSpec(
    "route_calls",
    "Who calls whom for one request of a route on average, by the topology (retries and failures left out).",
    (
        Column("route", "", "string", "Name of the route."),
        Column("caller", "", "string", "Service that calls; empty for the client."),
        Column("service", "", "string", "Service that is called."),
        Column("calls", "calls", "float64", "How often."),
        Column("cpu_core_s", "core s", "float64", "CPU that the called service itself takes for them."),
        Column("wait_s", "s", "float64", "Time that it waits for others that are no services, like an API outside."),
    ),
)

POD_SAMPLES = TableSpec(
    "pod_samples",
    "One pod at the end of one interval of `monitoring`, as the kubelet's metrics would show it.",
    (
        REPLICATION,
        Column("uid", "", "int64", "Number of the pod, never used twice."),
        Column("pod", "", "string", "Name of the pod."),
        WORKLOAD,
        Column("node", "", "string", "Node that it runs on; empty while pending."),
        *TIME,
        Column("interval_s", "s", "float64", "Length of the interval before, or less for a pod that was born in it."),
        Column("cpu_core_s", "core s", "float64", "CPU that its containers spent in the interval before."),
        Column(
            "serving_cpu_core_s",
            "core s",
            "float64",
            "Of this, by its serving container for requests, probes and its start (no steady load).",
        ),
        Column("periods", "periods", "int64", "CFS periods of the serving container in the interval before."),
        Column("throttled_periods", "periods", "int64", "Of these, the ones in which it was throttled."),
        Column("memory_bytes", "bytes", "int64", "Working set of all containers now."),
        Column("open_requests", "requests", "int64", "Requests that it holds now."),
        Column("running", "", "bool", "Whether its containers run."),
        Column("ready", "", "bool", "Whether it is ready."),
        Column("restarts", "restarts", "int64", "Restarts of its containers up to now."),
        Column("oom_kills", "kills", "int64", "Of these, the ones by the kernel at the memory limit."),
    ),
)

OPTIONAL = (
    *("backups", "pod_samples", "requests", "route_calls", "route_samples", "service_samples"),
    *(spec.name for spec in MONEY),
)
"""Tables that a result has only when they were asked for, with prices, or since they exist (``route_calls``)."""

TABLES: dict[str, TableSpec] = {
    spec.name: spec
    for spec in (
        ROUTES,
        SERVICES,
        WORKLOADS,
        POOLS,
        ROUTE_WINDOWS,
        ROUTE_MINUTES,
        SERVICE_MINUTES,
        WORKLOAD_MINUTES,
        NODE_MINUTES,
        HPA,
        HPA_METRICS,
        PODS,
        NODES,
        EVENTS,
        BACKUPS,
        BILL,
        BILL_DAYS,
        MACHINES,
        OWNERS,
        ROUTE_DEMANDS,
        REQUESTS,
        ROUTE_SAMPLES,
        SERVICE_SAMPLES,
        POD_SAMPLES,
        CONTAINERS,
        ROUTE_PATHS,
        ROUTE_CALLS,
    )
}

_HISTOGRAM_END = (
    Column("bin", "", "int64", "Number of the bin."),
    Column("from_s", "s", "float64", "Lower edge of the bin."),
    Column("count", "requests", "int64", "Requests in it; bins without any are left out."),
)
HISTOGRAMS: dict[str, TableSpec] = {
    spec.name: spec
    for spec in (
        TableSpec(
            "route_histogram",
            "Response times of a route in one window of five minutes, as clients see them, served or not.",
            (REPLICATION, ROUTE, Column("time_s", "s", "float64", "Start of the window."), *_HISTOGRAM_END),
        ),
        TableSpec(
            "route_open_histogram",
            "Ages of the requests of a route that were still open when the run ended.",
            (REPLICATION, ROUTE, *_HISTOGRAM_END),
        ),
        TableSpec(
            "service_histogram",
            "Wall times of the visits of a service that ended well, in one window of five minutes.",
            (REPLICATION, SERVICE, Column("time_s", "s", "float64", "Start of the window."), *_HISTOGRAM_END),
        ),
    )
}
