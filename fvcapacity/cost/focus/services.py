"""How the things of a bill are called in FOCUS: service, category, resource."""

from __future__ import annotations

from fvcapacity.frozen import Frozen


class FocusService(Frozen):
    """One kind of thing that is paid for.

    Attributes
    ----------
    category, subcategory
        ``ServiceCategory`` and ``ServiceSubcategory`` of FOCUS 1.2.
    name
        ``ServiceName`` where the provider's own is not known.
    meter
        ``SkuMeter``: what is counted.
    resource_type
        ``ResourceType`` of what is paid for.
    """

    category: str
    subcategory: str
    name: str
    meter: str
    resource_type: str


SERVICES: dict[str, FocusService] = {
    "instance": FocusService("Compute", "Virtual Machines", "Virtual Machines", "Machine hours", "Node Pool"),
    "control_plane": FocusService("Compute", "Containers", "Kubernetes", "Control plane hours", "Cluster"),
    "volume": FocusService("Storage", "Block Storage", "Block Storage", "Volume capacity", "Volume"),
    "volume_iops": FocusService("Storage", "Block Storage", "Block Storage", "Volume IOPS", "Volume"),
    "volume_throughput": FocusService("Storage", "Block Storage", "Block Storage", "Volume throughput", "Volume"),
    "snapshot": FocusService("Storage", "Backup Storage", "Snapshots", "Snapshot capacity", "Backup"),
    "object_storage": FocusService("Storage", "Object Storage", "Object Storage", "Bucket capacity", "Bucket"),
    "load_balancer": FocusService(
        "Networking", "Application Networking", "Load Balancing", "Load balancer hours", "Load Balancer"
    ),
    "load_balancer_data": FocusService(
        "Networking", "Application Networking", "Load Balancing", "Load balancer data", "Load Balancer"
    ),
    "load_balancer_capacity": FocusService(
        "Networking", "Application Networking", "Load Balancing", "Load balancer capacity", "Load Balancer"
    ),
    "egress": FocusService("Networking", "Network Connectivity", "Data Transfer", "Data transfer out", "Cluster"),
    "logs": FocusService("Management and Governance", "Observability", "Logging", "Logs taken in", "Cluster"),
}
OTHER = FocusService("Other", "Other (Other)", "Other", "Other", "Other")


class Provider(Frozen):
    """Who sends the bill, and what it calls its services where we know.

    A service has one subcategory (FOCUS, *Service Name*), so that snapshots have a name of their own.
    """

    name: str
    services: dict[str, str]

    def service(self, kind: str) -> str:
        """Return the ``ServiceName`` of a kind."""
        return self.services.get(kind, SERVICES.get(kind, OTHER).name)


_AWS = {
    "instance": "Amazon Elastic Compute Cloud",
    "control_plane": "Amazon Elastic Kubernetes Service",
    "volume": "Amazon Elastic Block Store",
    "volume_iops": "Amazon Elastic Block Store",
    "volume_throughput": "Amazon Elastic Block Store",
    "snapshot": "Amazon EBS Snapshots",
    "object_storage": "Amazon Simple Storage Service",
    "load_balancer": "Elastic Load Balancing",
    "load_balancer_data": "Elastic Load Balancing",
    "load_balancer_capacity": "Elastic Load Balancing",
    "egress": "AWS Data Transfer",
    "logs": "Amazon CloudWatch",
}
_AZURE = {
    "instance": "Virtual Machines",
    "control_plane": "Azure Kubernetes Service",
    "volume": "Azure Disk Storage",
    "snapshot": "Azure Managed Disk Snapshots",
    "object_storage": "Azure Blob Storage",
    "load_balancer": "Azure Load Balancer",
    "egress": "Bandwidth",
    "logs": "Azure Monitor",
}
_GCP = {
    "instance": "Compute Engine",
    "control_plane": "Google Kubernetes Engine",
    "volume": "Persistent Disk",
    "snapshot": "Persistent Disk Snapshots",
    "object_storage": "Cloud Storage",
    "load_balancer": "Cloud Load Balancing",
    "logs": "Cloud Logging",
}
PROVIDERS: dict[str, Provider] = {
    "aws": Provider("AWS", _AWS),
    "azure": Provider("Microsoft", _AZURE),
    "gcp": Provider("Google Cloud", _GCP),
}
"""By the name of a price list's file."""


def provider_of(prices: str) -> Provider:
    """Return the provider of a price list, by the name of its file; another one is called as its file."""
    stem = prices.replace("\\", "/").rpartition("/")[2].partition(".")[0]
    return PROVIDERS.get(stem, Provider(stem or "unknown", {}))
