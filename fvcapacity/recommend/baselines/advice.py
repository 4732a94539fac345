"""What a tool says of a container, and of a whole system."""

from __future__ import annotations

from collections.abc import Mapping

from fvcapacity.frozen import Frozen, field

ContainerKey = tuple[str, str]
"""``kind/name`` of the workload, and the name of the container."""


class Advice(Frozen):
    """Resources of one container.

    Attributes
    ----------
    requests, limits
        Resource (``cpu`` in cores, ``memory`` in bytes) to its amount. None takes it away; a resource that is absent
        stays as it is, because the tool says nothing of it.
    why
        In a few words: what the tool does, and why it says nothing where it does not.
    """

    requests: Mapping[str, float | None] = field(default_factory=dict)
    limits: Mapping[str, float | None] = field(default_factory=dict)
    why: str = ""


class Baseline(Frozen):
    """What a tool says of a system.

    Attributes
    ----------
    name
        Of the tool.
    containers
        Advice by workload and container.
    autoscalers
        HPA (by name) to the fields that change (``min``, ``max``, ``target.cpu``), as their paths end.
    source
        Where its rules stand.
    """

    name: str
    containers: Mapping[ContainerKey, Advice]
    autoscalers: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    source: str = ""
