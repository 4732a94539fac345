"""What the dashboard shows: panels, each with queries that a real cluster and a simulated one both answer.

The queries name metrics of ingress-nginx, prom-client, cAdvisor and kube-state-metrics (v2). Gauges and rates of single
objects are taken by ``max by`` their identity before they are added up: two scrapers or a pair of servers would
otherwise count everything twice. Rates are of five minutes, four times the interval of a minute and more.
"""

from __future__ import annotations

from fvcapacity.frozen import Frozen

SELECTOR = "$SELECTOR"
"""Stands in a query for what differs between the two sides inside of braces: which run."""
OFFSET = "$OFFSET"
"""Stands in a query behind a selector for what differs there: how far back the real days lie."""


class Query(Frozen):
    """One query of a panel.

    Attributes
    ----------
    expression
        PromQL with `SELECTOR` in each pair of braces and `OFFSET` behind each selector.
    legend
        Grafana's name of its series; labels in double braces.
    """

    expression: str
    legend: str


class Panel(Frozen):
    """One panel.

    Attributes
    ----------
    unit
        Grafana's name of the unit.
    needs
        A metric without which a cluster has nothing to show here, such as that of an HPA.
    """

    title: str
    unit: str
    queries: tuple[Query, ...]
    description: str = ""
    needs: str = ""


def _rate(metric: str, matchers: str) -> str:
    return f"rate({_select(metric, matchers)}[5m] {OFFSET})"


def _select(metric: str, matchers: str) -> str:
    return f"{metric}{{{matchers},{SELECTOR}}}"


def _now(metric: str, matchers: str) -> str:
    return f"{_select(metric, matchers)} {OFFSET}"


_HERE = 'namespace=~"$namespace"'
_EDGE = 'exported_namespace=~"$namespace"'
_CONTAINER = f'{_HERE},container!="",container!="POD",image!=""'
_SERVICE = f'{_HERE},service=~"$service"'
_MEMORY = f'{_HERE},resource="memory"'
_PENDING = f'{_HERE},phase="Pending"'
_READY = 'condition="Ready",status="true"'


def _container_rate(metric: str) -> str:
    return f"sum by (container) (max by (namespace, pod, container) ({_rate(metric, _CONTAINER)}))"


def _share_5xx(metric: str, matchers: str, status: str, by: str) -> str:
    """Return failed by all; a service without failures has the share 0, not none."""
    failed = _rate(metric, f'{matchers},{status}=~"5.."')
    every = f"sum by ({by}) ({_rate(metric, matchers)})"
    return f"(sum by ({by}) ({failed}) or 0 * {every}) / ({every} > 0)"


def _resource(kind: str, resource: str) -> str:
    metric = f"kube_pod_container_resource_{kind}"
    chosen = _now(metric, f'{_HERE},resource="{resource}"')
    return f"sum by (container) (max by (namespace, pod, container) ({chosen}))"


def _quantile(metric: str, matchers: str, by: str) -> str:
    return f"histogram_quantile(0.95, sum by (le, {by}) ({_rate(f'{metric}_bucket', matchers)}))"


_INGRESS = "nginx_ingress_controller_requests"
_SECONDS = "http_request_duration_seconds"
_AUTOSCALER = "kube_horizontalpodautoscaler"
_BY_AUTOSCALER = "max by (horizontalpodautoscaler)"

PANELS: tuple[Panel, ...] = (
    Panel(
        "Requests at the ingress",
        "reqps",
        (Query(f"sum by (exported_service) ({_rate(_INGRESS, _EDGE)})", "{{exported_service}}"),),
    ),
    Panel(
        "p95 at the ingress",
        "s",
        (
            Query(
                _quantile("nginx_ingress_controller_request_duration_seconds", _EDGE, "exported_service"),
                "{{exported_service}}",
            ),
        ),
        "Interpolated within a bucket; above the largest one (10 s) it stays there.",
    ),
    Panel(
        "Errors at the ingress",
        "percentunit",
        (Query(_share_5xx(_INGRESS, _EDGE, "status", "exported_service"), "{{exported_service}}"),),
        "Share of 5xx of all answers.",
    ),
    Panel(
        "Requests of services",
        "reqps",
        (Query(f"sum by (service) ({_rate(f'{_SECONDS}_count', _SERVICE)})", "{{service}}"),),
    ),
    Panel("p95 of services", "s", (Query(_quantile(_SECONDS, _SERVICE, "service"), "{{service}}"),)),
    Panel(
        "Errors of services",
        "percentunit",
        (Query(_share_5xx("http_requests_total", _SERVICE, "status_code", "service"), "{{service}}"),),
        "Share of 5xx of all answers; needs a counter http_requests_total.",
    ),
    Panel("CPU", "cores", (Query(_container_rate("container_cpu_usage_seconds_total"), "{{container}}"),)),
    Panel(
        "CPU of what was requested",
        "percentunit",
        (
            Query(
                f"{_container_rate('container_cpu_usage_seconds_total')} / {_resource('requests', 'cpu')}",
                "{{container}}",
            ),
        ),
        "What a HorizontalPodAutoscaler compares with its target.",
    ),
    Panel(
        "Throttled periods",
        "percentunit",
        (
            Query(
                f"{_container_rate('container_cpu_cfs_throttled_periods_total')}"
                f" / ({_container_rate('container_cpu_cfs_periods_total')} > 0)",
                "{{container}}",
            ),
        ),
        "Share of the CFS periods in which a container had used up its limit.",
    ),
    Panel(
        "Memory of the largest pod",
        "bytes",
        (Query(f"max by (container) ({_now('container_memory_working_set_bytes', _CONTAINER)})", "{{container}}"),),
    ),
    Panel(
        "Memory of the largest pod by its limit",
        "percentunit",
        (
            Query(
                f"max by (container) (max by (namespace, pod, container) "
                f"({_now('container_memory_working_set_bytes', _CONTAINER)})"
                f" / on (namespace, pod, container) max by (namespace, pod, container) "
                f"({_now('kube_pod_container_resource_limits', _MEMORY)}))",
                "{{container}}",
            ),
        ),
    ),
    Panel(
        "Restarts in 15 minutes",
        "short",
        (
            Query(
                "sum by (container) (max by (namespace, pod, container) "
                f"(increase({_select('kube_pod_container_status_restarts_total', _HERE)}[15m] {OFFSET})))",
                "{{container}}",
            ),
        ),
    ),
    Panel(
        "Ready replicas",
        "short",
        (
            Query(
                f"max by (deployment) ({_now('kube_deployment_status_replicas_ready', _HERE)})",
                "{{deployment}}",
            ),
        ),
    ),
    Panel(
        "Replicas by the maximum of the HPA",
        "percentunit",
        (
            Query(
                f"{_BY_AUTOSCALER} ({_now(f'{_AUTOSCALER}_status_desired_replicas', _HERE)})"
                f" / {_BY_AUTOSCALER} ({_now(f'{_AUTOSCALER}_spec_max_replicas', _HERE)})",
                "{{horizontalpodautoscaler}}",
            ),
        ),
        needs=f"{_AUTOSCALER}_spec_max_replicas",
    ),
    Panel(
        "Pending pods",
        "short",
        (
            Query(
                f"sum(max by (namespace, pod) ({_now('kube_pod_status_phase', _PENDING)}))",
                "pending",
            ),
        ),
    ),
    Panel(
        "Nodes that are ready",
        "short",
        (
            Query(
                f"sum(max by (node) ({_now('kube_node_status_condition', _READY)}))",
                "nodes",
            ),
        ),
    ),
)
