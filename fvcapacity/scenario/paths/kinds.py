"""The table of every field that has a path: where it stands, what it takes, what holds when it is not written."""

from __future__ import annotations

from collections.abc import Mapping

from fvcapacity.frozen import Frozen

POD = "<pod>"
"""Step that stands for the way to the pod template's spec."""
CONTAINER = "<container>"
"""Step that stands for the way to the container."""
KEY = "*"
"""The rest of the path, taken as it is: the name of a resource, a variable, a metric."""

WORKLOADS = ("deployment", "statefulset", "daemonset", "replicaset", "job", "cronjob", "pod")
KIND_NAMES: Mapping[str, str] = {
    "deployment": "Deployment",
    "statefulset": "StatefulSet",
    "daemonset": "DaemonSet",
    "replicaset": "ReplicaSet",
    "job": "Job",
    "cronjob": "CronJob",
    "pod": "Pod",
    "hpa": "HorizontalPodAutoscaler",
    "pdb": "PodDisruptionBudget",
    "pvc": "PersistentVolumeClaim",
    "quota": "ResourceQuota",
    "limitrange": "LimitRange",
}
"""First word of a path to the kind of the API; what is not here is no object of the manifests."""
OWNER_OF_KIND: Mapping[str, str] = {kind: owner for owner, kind in KIND_NAMES.items()}
"""Kind of the API to the first word of its paths."""
LIMIT_TYPES: Mapping[str, str] = {"container": "Container", "pod": "Pod", "pvc": "PersistentVolumeClaim"}
"""Word of a LimitRange's path to the ``type`` of its items."""


class PathKind(Frozen):
    """One kind of field.

    Attributes
    ----------
    owners
        First words of the paths that have it.
    field
        What follows the name; ``*`` stands for a key that is taken as it is, to the end of the path.
    value
        Name of the kind of value (``VALUE_KINDS``).
    meaning
        One line for the reference page.
    steps
        Way from the object (or from the model of the scenario) to the field.
    absent
        What holds when the field is not written.
    in_container
        Whether ``/CONTAINER`` may follow the name.
    """

    owners: tuple[str, ...]
    field: str
    value: str
    meaning: str
    steps: tuple[str, ...]
    absent: str = ""
    in_container: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """The parts of ``field``."""
        return tuple(self.field.split(".")) if self.field else ()

    def example(self, owner: str) -> str:
        """Return the path as the reference page shows it."""
        name = "" if owner in ROOTS else "/NAME"
        inner = "[/CONTAINER]" if self.in_container else ""
        field = f".{self.field.replace(KEY, 'KEY')}" if self.field else ""
        return f"{owner}{name}{inner}{field}"


ROOTS = ("traffic", "objectives", "cluster", "seed", "replications", "provisioner")
"""First words without a name: parts of the scenario's file."""


def _container(field: str, value: str, meaning: str, *steps: str, absent: str = "") -> PathKind:
    return PathKind(WORKLOADS, field, value, meaning, (CONTAINER, *steps), absent, in_container=True)


def _of(owners: str, field: str, value: str, meaning: str, *steps: str, absent: str = "") -> PathKind:
    return PathKind(tuple(owners.split()), field, value, meaning, steps, absent)


def _probes() -> list[PathKind]:
    rows = []
    for probe in ("liveness", "readiness", "startup"):
        for name, value, absent in (
            ("initialDelaySeconds", "seconds", "0"),
            ("periodSeconds", "count from 1", "10"),
            ("timeoutSeconds", "count from 1", "1"),
            ("failureThreshold", "count from 1", "3"),
        ):
            meaning = f"of the {probe} probe, which must be there"
            rows.append(_container(f"{probe}.{name}", value, meaning, f"{probe}Probe", name, absent=absent))
    return rows


def _behavior() -> list[PathKind]:
    rows = []
    for way, window, policies in (("scaleUp", "0", "4/15s, 100%/15s"), ("scaleDown", "300", "100%/15s")):
        at = ("spec", "behavior", way)
        name = f"behavior.{way}"
        window_field = "stabilizationWindowSeconds"
        rows += [
            _of(
                "hpa", f"{name}.{window_field}", "seconds to 1 h", "looks back so far", *at, window_field, absent=window
            ),
            _of("hpa", f"{name}.selectPolicy", "mode", "which policy counts", *at, "selectPolicy", absent="Max"),
            _of("hpa", f"{name}.policies", "policies", "how fast", *at, "policies", absent=policies),
            _of("hpa", f"{name}.tolerance", "tolerance", "how far off is near enough", *at, "tolerance", absent="100m"),
        ]
    return rows


_SCALED = "deployment statefulset replicaset"
_UPDATE = ("spec", "strategy", "rollingUpdate")
PATH_KINDS: tuple[PathKind, ...] = (
    _container("requests.*", "amount", "resource request (`cpu`, `memory`, ...)", "resources", "requests", KEY,
               absent="the limit, when there is one"),
    _container("limits.*", "amount", "resource limit", "resources", "limits", KEY, absent="no limit"),
    _container("env.*", "text", "environment variable; not one that holds a secret", "env", KEY),
    _container("heap", "heap", "`--max-old-space-size` in the variable NODE_OPTIONS", "env", "NODE_OPTIONS",
               absent="what Node.js derives"),
    *_probes(),
    _of(_SCALED, "replicas", "count", "pods; not where an HPA decides", "spec", "replicas", absent="1"),
    _of("deployment", "strategy.maxSurge", "count or share", "pods above, in a roll-out", *_UPDATE, "maxSurge",
        absent="25%"),
    _of("deployment", "strategy.maxUnavailable", "count or share", "pods missing, in a roll-out", *_UPDATE,
        "maxUnavailable", absent="25%"),
    _of(" ".join(WORKLOADS), "terminationGracePeriodSeconds", "seconds", "time to end", POD,
        "terminationGracePeriodSeconds", absent="30"),
    _of("statefulset", "claims.*", "bytes", "size of a claim template; can only grow", "volumeClaimTemplates", KEY,
        "spec", "resources", "requests", "storage"),
    _of("hpa", "min", "count from 1", "fewest pods", "spec", "minReplicas", absent="1"),
    _of("hpa", "max", "count from 1", "most pods", "spec", "maxReplicas"),
    PathKind(("hpa",), "target.*", "target", "target of a metric by its name (`cpu`, `memory`, `pending_orders`)",
             ("spec", "metrics", KEY), "80 for cpu, when there is no metric at all", in_container=True),
    *_behavior(),
    _of("pvc", "size", "bytes", "storage; can only grow", "spec", "resources", "requests", "storage"),
    _of("pdb", "minAvailable", "count or share", "pods that must stay", "spec", "minAvailable"),
    _of("pdb", "maxUnavailable", "count or share", "pods that may be missing", "spec", "maxUnavailable"),
    _of("quota", "hard.*", "amount", "bound of a ResourceQuota (`requests.cpu`, `pods`, ...)", "spec", "hard", KEY,
        absent="no bound"),
    *(
        _of("limitrange", f"{of}.{bound}.*", "amount", meaning, "spec", "limits", of, bound, KEY, absent="no bound")
        for of in ("container", "pod", "pvc")
        for bound, meaning in (("min", "least amount"), ("max", "largest amount"))
    ),
    _of("limitrange", "container.default.*", "amount", "limit of containers that write none", "spec", "limits",
        "container", "default", KEY),
    _of("limitrange", "container.defaultRequest.*", "amount", "request of containers that write none", "spec", "limits",
        "container", "defaultRequest", KEY),
    _of("limitrange", "container.maxLimitRequestRatio.*", "quantity", "largest ratio of limit to request", "spec",
        "limits", "container", "maxLimitRequestRatio", KEY),
    _of("nodes", "count", "count", "machines at the start", "count"),
    _of("nodes", "minimum", "count", "fewest machines", "minimum", absent="0"),
    _of("nodes", "maximum", "count", "most machines", "maximum"),
    _of("nodes", "instance_type", "name", "type of the machines; together with their size", "instance_type"),
    _of("nodes", "cpu", "cpu", "CPU of a machine", "cpu"),
    _of("nodes", "memory", "bytes", "memory of a machine", "memory"),
    _of("nodes", "allocatable_cpu", "cpu", "what pods may have of it", "allocatable_cpu"),
    _of("nodes", "allocatable_memory", "bytes", "what pods may have of it", "allocatable_memory"),
    _of("nodes", "max_pods", "count from 1", "pods on a machine", "max_pods", absent="110"),
    _of("nodes", "zones", "names", "zones of the pool", "zones", absent="zone-1"),
    _of("nodes", "spot", "flag", "whether machines are bought as spot", "spot", absent="false"),
    _of("nodes", "boot", "duration", "from the decision to a Ready node", "boot", absent="90s"),
    _of("topology", "pools.*", "count from 1", "connections of one pod to a service", "pools", KEY),
    _of("topology", "threads.*", "count from 1", "threads of a group, by its name", "threads", KEY, "count"),
    _of("traffic", "scale", "ratio", "factor on the traffic", "traffic", "scale", absent="1"),
    _of("objectives", "p95_ms", "positive", "bound of the p95, milliseconds", "objectives", "p95_ms", absent="500"),
    _of("objectives", "error_percent", "of hundred", "bound of the errors, per cent", "objectives", "error_percent",
        absent="1"),
    _of("objectives", "failing_windows_percent", "of hundred", "windows that may fail, per cent", "objectives",
        "failing_windows_percent", absent="1"),
    _of("seed", "", "count", "seed of every random number", "seed", absent="1"),
    _of("replications", "", "count from 1", "runs", "replications", absent="1"),
)  # fmt: skip
"""Every kind of field. The reference page is made of it."""

OWNERS: tuple[str, ...] = tuple(dict.fromkeys(owner for kind in PATH_KINDS for owner in kind.owners))
"""Every first word of a path."""


def kinds_of(owner: str) -> list[PathKind]:
    """Return the kinds of field that a first word has."""
    return [kind for kind in PATH_KINDS if owner in kind.owners]
