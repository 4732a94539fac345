"""Pod templates and containers, with the defaults that the API server fills in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

from fvcapacity.decisions.scheduler.nodes import HostPort
from fvcapacity.errors import Location
from fvcapacity.frozen import replace
from fvcapacity.inputs.manifests.fields import Fields
from fvcapacity.inputs.manifests.located import plain
from fvcapacity.scenario.cluster import Container, PodTemplate, Probe, ProbeHandler
from fvcapacity.scenario.secret_names import looks_secret

SYSTEM_PRIORITIES = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
"""Priority classes that every cluster has (``pkg/apis/scheduling/types.go``)."""

_SLEEP = re.compile(r"^\s*(?:/bin/|/usr/bin/)?sleep\s+([0-9]+(?:\.[0-9]+)?)(s|m)?\b")
_PROBE_KEYS = (
    "httpGet", "tcpSocket", "exec", "grpc", "initialDelaySeconds", "periodSeconds", "timeoutSeconds",
    "successThreshold", "failureThreshold", "terminationGracePeriodSeconds",
)  # fmt: skip
_CONTAINER_KEYS = (
    "name", "image", "imagePullPolicy", "command", "args", "workingDir", "ports", "env", "envFrom", "resources",
    "resizePolicy", "restartPolicy", "restartPolicyRules", "volumeMounts", "volumeDevices", "livenessProbe",
    "readinessProbe", "startupProbe", "lifecycle", "terminationMessagePath", "terminationMessagePolicy",
    "securityContext", "stdin", "stdinOnce", "tty",
)  # fmt: skip


def read_template(template: Fields, claim_templates: Iterable[str] = ()) -> PodTemplate:
    """Read a pod template (or a Pod) with its containers.

    ``claim_templates`` are the names of a StatefulSet's claim templates.
    """
    metadata, spec = template.child("metadata"), template.child("spec")
    containers = [*_init_containers(spec), *(_container(item, "app") for item in spec.items("containers"))]
    host_network = spec.boolean("hostNetwork")
    if host_network:
        containers = [_on_host_network(container) for container in containers]
    if not spec.list("containers"):
        spec.problem("containers", "a pod has no containers", "add containers: with a name and an image")
    if spec.has("resources"):
        message = "resources of the whole pod are not modelled; those of its containers count"
        spec.problem("resources", message, rule="not-modelled", severity="note")
    priority_class = spec.text("priorityClassName")
    claims = [
        volume.child("persistentVolumeClaim").text("claimName")
        for volume in spec.items("volumes")
        if volume.has("persistentVolumeClaim")
    ]
    return PodTemplate(
        containers=tuple(containers),
        labels=metadata.texts("labels"),
        annotations=metadata.texts("annotations"),
        service_account=spec.text("serviceAccountName") or spec.text("serviceAccount") or "default",
        node_selector=spec.texts("nodeSelector"),
        affinity=spec.mapping("affinity"),
        tolerations=tuple(plain(item.data) for item in spec.items("tolerations")),
        topology_spread=tuple(plain(item.data) for item in spec.items("topologySpreadConstraints")),
        priority=spec.integer("priority", SYSTEM_PRIORITIES.get(priority_class, 0), minimum=-(2**31)) or 0,
        priority_class=priority_class,
        termination_grace_s=spec.number("terminationGracePeriodSeconds", 30),
        volume_claims=tuple(dict.fromkeys([*filter(None, claims), *claim_templates])),
        local_volumes=tuple(volume.text("name") for volume in spec.items("volumes") if _on_disk(volume)),
        preempts=spec.choice("preemptionPolicy", ("PreemptLowerPriority", "Never"), "") != "Never",
        host_network=host_network,
    )


def _on_disk(volume: Fields) -> bool:
    """Tell whether a volume lies on the node's own disk."""
    memory = volume.child("emptyDir").text("medium") == "Memory" if volume.has("emptyDir") else True
    return volume.has("hostPath") or not memory


def _init_containers(spec: Fields) -> Iterable[Container]:
    for item in spec.items("initContainers"):
        sidecar = item.choice("restartPolicy", ("Always", "Never", "OnFailure"), "") == "Always"
        yield _container(item, "sidecar" if sidecar else "init")


def _container(fields: Fields, kind: Literal["app", "init", "sidecar"]) -> Container:
    fields.refuse_unknown(_CONTAINER_KEYS)
    name = fields.text("name")
    if not name:
        fields.problem("", "a container has no name", "add name: ...")
    resources = fields.child("resources")
    resources.refuse_unknown(("limits", "requests", "claims"))
    requests, limits = resources.child("requests"), resources.child("limits")
    cpu_limit, memory_limit = limits.amount("cpu"), limits.amount("memory")
    # SetDefaults_Pod: a request that is not written is the limit.
    cpu_request = requests.amount("cpu") or (None if requests.has("cpu") else cpu_limit)
    memory_request = requests.amount("memory") or (None if requests.has("memory") else memory_limit)
    literal, referenced = _environment(fields)
    return Container(
        name=name,
        image=fields.text("image"),
        kind=kind,
        cpu_request_cores=None if cpu_request is None else cpu_request.milli_value / 1000,
        cpu_limit_cores=None if cpu_limit is None else cpu_limit.milli_value / 1000,
        memory_request_bytes=None if memory_request is None else memory_request.value,
        memory_limit_bytes=None if memory_limit is None else memory_limit.value,
        other_requests=_other_requests(requests, limits),
        host_ports=_host_ports(fields),
        ports=_ports(fields),
        liveness=_probe(fields, "livenessProbe"),
        readiness=_probe(fields, "readinessProbe"),
        startup=_probe(fields, "startupProbe"),
        pre_stop_s=_pre_stop(fields.child("lifecycle").child("preStop")),
        literal_secrets=literal,
        secret_refs=referenced,
        places=_places(fields, requests, limits),
        location=fields.data.at,
    )


def _places(fields: Fields, requests: Fields, limits: Fields) -> dict[str, Location]:
    places = fields.places("", "image", "resources", "ports")
    places |= requests.places("requests.", "cpu", "memory") | limits.places("limits.", "cpu", "memory")
    for name in ("liveness", "readiness", "startup"):
        if fields.has(f"{name}Probe"):
            places[name] = fields.place(f"{name}Probe")
    return places


def _ports(fields: Fields) -> dict[str, int]:
    ports = {}
    for item in fields.items("ports"):
        number = item.integer("containerPort", minimum=1, maximum=65_535)
        if number is None:
            if not item.has("containerPort"):
                item.problem("containerPort", "a port has no containerPort", "add containerPort: ...")
            continue
        ports[item.text("name") or str(number)] = number
    return ports


def _host_ports(fields: Fields) -> tuple[HostPort, ...]:
    found = []
    for item in fields.items("ports"):
        number = item.integer("hostPort", 0, maximum=65_535)
        if number:
            found.append(HostPort(number, item.text("protocol", "TCP"), item.text("hostIP") or "0.0.0.0"))
    return tuple(found)


def _on_host_network(container: Container) -> Container:
    """Return a container whose ports are those of the machine (``defaultHostNetworkPorts``)."""
    taken = {port.port for port in container.host_ports}
    more = tuple(HostPort(number) for number in dict.fromkeys(container.ports.values()) if number not in taken)
    return replace(container, host_ports=(*container.host_ports, *more))


def _other_requests(requests: Fields, limits: Fields) -> dict[str, int]:
    """Return what is requested of resources other than CPU and memory; a request that is not written is the limit."""
    names = [name for name in dict.fromkeys((*requests.data, *limits.data)) if name not in ("cpu", "memory")]
    amounts = {name: (requests if requests.has(name) else limits).amount(name) for name in names}
    return {name: amount.value for name, amount in amounts.items() if amount is not None}


def _probe(container: Fields, key: str) -> Probe | None:
    if not container.has(key):
        return None
    fields = container.child(key)
    fields.refuse_unknown(_PROBE_KEYS)
    handlers: dict[str, ProbeHandler] = {"httpGet": "http", "tcpSocket": "tcp", "exec": "exec", "grpc": "grpc"}
    given = [name for name in handlers if fields.has(name)]
    if len(given) != 1:
        hint = f"write exactly one of {', '.join(handlers)}"
        fields.problem("", f"a probe has {len(given) or 'no'} handlers", hint)
        return None
    target = fields.child(given[0])
    success = fields.positive("successThreshold", 1)
    if key != "readinessProbe" and success != 1:
        fields.problem("successThreshold", f"{success} is not allowed here", "write 1, or leave it out")
        success = 1
    grace = None
    if key == "readinessProbe" and fields.has("terminationGracePeriodSeconds"):
        hint = "leave it out: this probe ends no container"
        fields.problem("terminationGracePeriodSeconds", "it is not allowed in a readiness probe", hint)
    elif fields.has("terminationGracePeriodSeconds"):
        grace = fields.positive("terminationGracePeriodSeconds", 1)
    return Probe(
        handler=handlers[given[0]],
        initial_delay_s=fields.number("initialDelaySeconds", 0),
        period_s=fields.positive("periodSeconds", 10),
        timeout_s=fields.positive("timeoutSeconds", 1),
        success_threshold=success,
        failure_threshold=fields.positive("failureThreshold", 3),
        termination_grace_s=grace,
        path=target.text("path", "/") if given[0] == "httpGet" else "",
        port=None if given[0] == "exec" else target.integer_or_text("port"),
    )


def _pre_stop(hook: Fields) -> float:
    """Return how long a preStop hook sleeps; a hook of another kind counts as 0."""
    if hook.has("sleep"):
        return float(hook.child("sleep").number("seconds", 0))
    words = [str(word) for word in hook.child("exec").list("command")]
    command = " ".join(words)
    if words[:1] and words[0].rsplit("/", 1)[-1] in ("sh", "bash", "ash") and "-c" in words:
        command = " ".join(words[words.index("-c") + 1 :])
    match = _SLEEP.match(command)
    return float(match.group(1)) * (60 if match.group(2) == "m" else 1) if match else 0.0


def _environment(fields: Fields) -> tuple[Mapping[str, Location | None], tuple[str, ...]]:
    """Return the names of secrets written as literals, and of the Secrets referred to. No value is kept."""
    literal: dict[str, Location | None] = {}
    referenced: list[str] = []
    for item in fields.items("env"):
        name = item.text("name")
        if looks_secret(name):
            if _is_literal(item):
                literal[name] = item.place("value")
        else:
            item.text("value")
        referenced.append(item.child("valueFrom").child("secretKeyRef").text("name"))
    referenced += [item.child("secretRef").text("name") for item in fields.items("envFrom")]
    return literal, tuple(dict.fromkeys(filter(None, referenced)))


def _is_literal(item: Fields) -> bool:
    """Tell whether a variable carries its value itself. The value must not reach any message."""
    value = item.data.get("value")
    if value is not None and not isinstance(value, str):
        item.problem("value", "the value is not text", "write it in quotes", rule="manifest-type")
    return value not in (None, "") and not str(value).startswith("$(")


def template_names(fields: Fields) -> list[str]:
    """Return the names of a StatefulSet's claim templates."""
    return [item.child("metadata").text("name") for item in fields.items("volumeClaimTemplates")]
