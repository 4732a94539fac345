"""How Karpenter buys machines for pods, and gives them back, as pure functions.

``packing`` puts pods on machines that could be had, ``preferences`` gives up wishes one by one, and ``consolidation``
finds machines that are empty, or whose pods fit elsewhere or on a cheaper one.
"""

from fvcapacity.decisions.karpenter.consolidation import (
    Candidate,
    Command,
    Market,
    allowed_disruptions,
    consolidate,
    disruption_cost,
    empty_nodes,
)
from fvcapacity.decisions.karpenter.packing import Claim, Offer, Packing, Pool, pack

__all__ = [
    "Candidate",
    "Claim",
    "Command",
    "Market",
    "Offer",
    "Packing",
    "Pool",
    "allowed_disruptions",
    "consolidate",
    "disruption_cost",
    "empty_nodes",
    "pack",
]
