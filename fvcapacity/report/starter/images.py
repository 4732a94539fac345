"""What an image's name tells of how its container serves. Everything here is assumed, and written down as that."""

from __future__ import annotations

import re
from typing import Literal

from fvcapacity.frozen import Frozen

Role = Literal["app", "web", "store", "front", "platform"]


class Guess(Frozen):
    """How a container probably serves.

    Attributes
    ----------
    role
        ``store`` is what others keep data in, ``front`` an ingress controller, ``platform`` what serves no request of
        a user (monitoring, logging, backups).
    threads, count, queue_limit
        Its thread group, as a topology has it.
    base_mib, startup_cpu_ms, visit_cpu_ms
        Memory when idle, CPU before it listens, CPU of one request.
    words
        Why, for a comment.
    """

    role: Role
    threads: Literal["event_loop", "per_request"]
    count: int
    queue_limit: int
    base_mib: int
    startup_cpu_ms: int
    visit_cpu_ms: float
    words: str


_PLATFORM = Guess("platform", "event_loop", 1, 511, 32, 100, 0.5, "serves no request of a user")
_KNOWN: tuple[tuple[str, Guess], ...] = (
    (r"exporter|prometheus|alertmanager|grafana|kibana|elasticsearch|opensearch|fluent|loki|promtail|velero|coredns"
     r"|kube-|metrics-server|csi|cert-manager|argocd|registrar|livenessprobe|jaeger|otel|opentelemetry", _PLATFORM),
    (r"ingress|traefik|kong|contour|haproxy",
     Guess("front", "event_loop", 2, 4096, 90, 500, 0.2, "an ingress controller: one event loop a core")),
    (r"postgres|pgbouncer|timescale",
     Guess("store", "per_request", 100, 0, 110, 250, 0.8, "PostgreSQL: a process a connection, 100 by default")),
    (r"mysql|mariadb|percona",
     Guess("store", "per_request", 151, 0, 200, 500, 0.8, "MySQL: a thread a connection, 151 by default")),
    (r"mongo", Guess("store", "per_request", 200, 511, 120, 400, 0.8, "MongoDB: a thread a connection")),
    (r"redis|valkey|dragonfly|keydb",
     Guess("store", "event_loop", 1, 511, 8, 20, 0.05, "Redis: one thread runs all commands")),
    (r"memcached", Guess("store", "event_loop", 4, 1024, 64, 20, 0.05, "memcached: four threads")),
    (r"rabbitmq|kafka|nats|pulsar|activemq",
     Guess("store", "event_loop", 2, 1024, 200, 2000, 0.3, "a message broker")),
    (r"nginx|httpd|caddy|apache|envoy|frontend|static",
     Guess("web", "event_loop", 2, 511, 12, 40, 0.2, "a web server: two event loops")),
    (r"openjdk|temurin|tomcat|spring|jetty|keycloak|quarkus|java|jdk|jre",
     Guess("app", "per_request", 200, 100, 220, 8000, 2.0, "Java: a thread a request, 200 by default")),
    (r"python|django|flask|gunicorn|uvicorn|fastapi",
     Guess("app", "per_request", 4, 2048, 70, 900, 4.0, "Python: four workers")),
    (r"ruby|rails|puma", Guess("app", "per_request", 5, 1024, 120, 2500, 4.0, "Ruby: five threads")),
    (r"php|wordpress|drupal", Guess("app", "per_request", 5, 511, 50, 300, 4.0, "PHP-FPM: five children")),
    (r"golang|\bgo\b", Guess("app", "event_loop", 2, 4096, 15, 50, 0.8, "Go: as many threads as cores, here two")),
)  # fmt: skip
_UNKNOWN = Guess("app", "event_loop", 1, 511, 55, 400, 2.0, "its image tells nothing: one event loop, as Node.js has")


def guess_of(image: str, name: str) -> Guess:
    """Return how a container with this image probably serves; ``name`` of its workload tells what its image does not.

    Only the last part of the image counts: a registry or an organisation says nothing of what runs.
    """
    short = image.split("@")[0].rsplit("/", 1)[-1].split(":")[0].lower()
    whole = image.split("@")[0].lower()
    for text in (short, name.lower(), whole):
        for pattern, guess in _KNOWN:
            if re.search(pattern, text) and not (text is whole and guess is not _PLATFORM and guess.role != "front"):
                return guess
    return _UNKNOWN
