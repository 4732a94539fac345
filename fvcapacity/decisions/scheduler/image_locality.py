"""ImageLocality (``plugins/imagelocality/image_locality.go``): nodes that hold a pod's images already."""

from __future__ import annotations

from collections.abc import Sequence

from fvcapacity.decisions.scheduler.nodes import NodeView, SchedulingPod

_MIB = 1024 * 1024
_SMALLEST = 23 * _MIB
_LARGEST_A_CONTAINER = 1000 * _MIB


def image_scores(pod: SchedulingPod, candidates: Sequence[NodeView], nodes: Sequence[NodeView]) -> list[int]:
    """Return 0..100 for each candidate: the more of the pod's images it holds.

    An image counts its size times the share of all nodes that hold it, so that pods do not flock to the first one.
    """
    if not pod.images or not any(node.images for node in candidates):
        return [0] * len(candidates)
    names = [full_name(image) for image in pod.images]
    spread = {name: sum(1 for node in nodes if name in node.images) / len(nodes) for name in set(names)}
    largest = _LARGEST_A_CONTAINER * len(names)
    found = []
    for node in candidates:
        total = sum(int(node.images[name] * spread[name]) for name in names if name in node.images)
        total = min(max(total, _SMALLEST), largest)
        found.append(100 * (total - _SMALLEST) // (largest - _SMALLEST))
    return found


def full_name(image: str) -> str:
    """Return an image's name with its tag (``normalizedImageName``)."""
    return image if image.rfind(":") > image.rfind("/") else f"{image}:latest"
