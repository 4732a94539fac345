"""What a row of a bill pays for, told by the words that providers use for it.

The words are those of the providers' own documents: AWS usage types (``BoxUsage:m5.large``, ``EBS:VolumeUsage.gp3``,
``LoadBalancerUsage``), the service categories of FOCUS 1.0 to 1.2, and the meters of Azure and Google Cloud.
"""

from __future__ import annotations

import re
from functools import lru_cache

from fvcapacity.frozen import Frozen
from fvcapacity.inputs.bills.bill import Kind, Purchase, Recognised

Properties = tuple[tuple[str, str], ...]


class Words(Frozen):
    """What a row says of itself, whichever format it comes in.

    Attributes
    ----------
    charge
        ``ChargeCategory`` of FOCUS: Usage, Purchase, Tax, Credit, Adjustment.
    category, subcategory
        Of the service (FOCUS).
    service
        Name of the service, or product code.
    meter
        Meter, usage type, description: all that may name the thing.
    purchase
        How it was bought.
    properties
        Properties of the price, such as ``InstanceType``.
    """

    charge: str
    service: str
    meter: str
    category: str = ""
    subcategory: str = ""
    purchase: Purchase = "on_demand"
    properties: Properties = ()


_CHARGES: dict[str, Kind] = {"tax": "tax", "credit": "credit", "purchase": "purchase", "adjustment": "adjustment"}
_AWS_MACHINE = re.compile(r"(?:BoxUsage|SpotUsage|HeavyUsage|DedicatedUsage|UnusedBox)(?::([a-z0-9-]+\.[a-z0-9-]+))?")
_AWS_VOLUME = re.compile(r"EBS:Volume(?:Usage|P-IOPS|P-Throughput|IOUsage)(?:\.([a-z0-9-]+))?")
"""Such as ``EBS:VolumeUsage.gp3``."""
_AWS_TYPE = re.compile(r"\b([a-z]+[0-9]+[a-z-]*\.(?:metal|nano|micro|small|medium|[0-9]*x?large))\b")
_AZURE_DISK = re.compile(r"\b([PSE][0-9]{1,2})\b(?= (?:LRS|ZRS) Disk|$)")
_SPOT = re.compile(r"\bspot\b|SpotUsage|preemptible", re.IGNORECASE)

# The first rule that fits counts: narrow ones stand before wide ones.
_RULES: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("volume_iops", re.compile(r"VolumeP-IOPS|Volume IOPS|provisioned iops", re.IGNORECASE)),
    ("volume_throughput", re.compile(r"VolumeP-Throughput|Volume throughput|provisioned throughput", re.IGNORECASE)),
    ("snapshot", re.compile(r"snapshot|Backup Storage", re.IGNORECASE)),
    ("volume", re.compile(r"EBS:Volume|Block Storage|managed disk|\bdisk\b|persistent disk|PD[- ]", re.IGNORECASE)),
    ("load_balancer_capacity", re.compile(r"LCUUsage|load balancer capacity", re.IGNORECASE)),
    ("load_balancer_data", re.compile(r"load balanc\w+ data|data processed", re.IGNORECASE)),
    ("load_balancer", re.compile(r"load ?balanc|forwarding rule", re.IGNORECASE)),
    ("control_plane", re.compile(r"kubernetes|AmazonEKS|\bEKS\b|\bAKS\b|\bGKE\b|Compute/Containers", re.IGNORECASE)),
    ("egress", re.compile(r"DataTransfer-Out|data transfer out|egress|bandwidth|Networking/Data Transfer", re.I)),
    ("object_storage", re.compile(r"TimedStorage|Object Storage|blob storage|AmazonS3|cloud storage", re.IGNORECASE)),
    ("logs", re.compile(r"CloudWatch|log analytics|\blogging\b|VendedLog|Observability", re.IGNORECASE)),
    ("instance", re.compile(r"BoxUsage|SpotUsage|HeavyUsage|virtual machine|Compute/Virtual Machines", re.IGNORECASE)),
)


@lru_cache(maxsize=8192)
def recognise(words: Words) -> Recognised:
    """Return what a row pays for; ``other`` when its words say nothing that a price list knows."""
    charge = _CHARGES.get(words.charge.lower())
    if charge is not None:
        return Recognised(charge)
    text = " ".join((words.service, words.meter, f"{words.category}/{words.subcategory}"))
    kind: Kind = next((kind for kind, pattern in _RULES if pattern.search(text)), "other")
    if kind == "other" and _instance_type(words):
        kind = "instance"
    if kind == "instance":
        purchase: Purchase = "spot" if words.purchase == "on_demand" and _SPOT.search(words.meter) else words.purchase
        return Recognised(kind, _instance_type(words), purchase)
    return Recognised(kind, _disk(words) if kind.startswith("volume") else "")


def plain_name(name: str) -> str:
    """Return a name without what providers write in several ways: ``Standard_D2s_v5`` and ``D2s v5`` are the same."""
    return re.sub(r"[^a-z0-9.]", "", name.lower().removeprefix("standard_").removeprefix("basic_"))


def _instance_type(words: Words) -> str:
    given = dict(words.properties).get("InstanceType", "")
    found = _AWS_MACHINE.search(words.meter)
    other = _AWS_TYPE.search(words.meter)
    if given or (found and found[1]):
        return given or (found[1] if found else "")
    return other[1] if other else ""


def _disk(words: Words) -> str:
    properties = dict(words.properties)
    given = properties.get("StorageClass") or properties.get("x_DiskType") or ""
    found = _AWS_VOLUME.search(words.meter) or _AZURE_DISK.search(words.meter)
    return given or ((found[1] or "") if found else "")
