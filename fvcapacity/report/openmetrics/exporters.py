"""Whether a target can be scraped, and whether the databases behind exporters answer: what a simulation can say.

A simulation knows a database as a service with queues, CPU and disks. Its transactions, cache hits and connections by
state are not part of the model, so no figure stands for them: what it knows of the traffic of databases is told under
the names of services (``http_requests_total`` counts their calls).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from fvcapacity.report.openmetrics.pods import Pod
from fvcapacity.report.openmetrics.series import Collected, Family

_EXPORTERS = {
    "postgres-exporter": Family("pg_up", "gauge", "Whether the PostgreSQL server answers."),
    "mongodb-exporter": Family("mongodb_up", "gauge", "Whether the MongoDB server answers."),
    "redis-exporter": Family("redis_up", "gauge", "Whether the Redis server answers."),
}
UP = Family("up", "gauge", "Whether a target could be scraped.")


def add_target(collected: Collected, pod: Pod, containers: pd.DataFrame) -> None:
    """Add whether a pod could be scraped: while its containers run. A pod that is pending is no target yet.

    Parameters
    ----------
    containers
        Rows of the table ``containers`` of the pod's workload; the job is the service that it serves.
    """
    serving = containers[containers["service"] != ""]
    if serving.empty:
        return
    bound = pod.samples["node"].to_numpy() != ""
    running = pod.samples["running"].to_numpy(bool).astype(np.int64)
    service = str(serving["service"].iloc[0])
    who = {"namespace": str(serving["namespace"].iloc[0]), "pod": pod.name, "service": service}
    collected.add(UP, {**who, "job": service, "instance": pod.name}, pod.times_ms[bound], running[bound])


def add_exporters(collected: Collected, pod: Pod, containers: pd.DataFrame) -> None:
    """Add what the exporters beside a database in its pod would say; it answers when the pod is ready.

    Parameters
    ----------
    containers
        Rows of the table ``containers`` of the pod's workload. An exporter is known by the name of its image.
    """
    for namespace, image in zip(containers["namespace"], containers["image"], strict=True):
        name = str(image).rsplit("/", 1)[-1].partition("@")[0].partition(":")[0].replace("_", "-")
        family = _EXPORTERS.get(name)
        if family is not None:
            ready = pod.samples["ready"].to_numpy(bool).astype(np.int64)
            labels = {"namespace": str(namespace), "pod": pod.name, "job": name, "instance": pod.name}
            collected.add(family, labels, pod.times_ms, ready)
