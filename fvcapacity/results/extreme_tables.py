"""The tables of the workloads and of the node pools: how far their minutes went, over the window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from fvcapacity.frozen import asdict
from fvcapacity.results import columns
from fvcapacity.results.outcome import RunOutcome
from fvcapacity.results.totals import Totals
from fvcapacity.scenario.cluster import ClusterObjects
from fvcapacity.tabular.columns import TableSpec
from fvcapacity.tabular.frames import conform


def largest_sizes(cluster: ClusterObjects) -> dict[str, int]:
    """Return the maximum of every workload that an HPA scales."""
    return {f"{hpa.target_kind.lower()}/{hpa.target_name}": hpa.max_replicas for hpa in cluster.autoscalers}


def workload_table(outcome: RunOutcome, totals: Totals) -> pd.DataFrame:
    """Return the table ``workloads`` of one replication."""
    return _table(columns.WORKLOADS, "workload", outcome, totals.workloads)


def pool_table(outcome: RunOutcome, totals: Totals) -> pd.DataFrame:
    """Return the table ``pools`` of one replication."""
    return _table(columns.POOLS, "pool", outcome, totals.pools)


def _table(spec: TableSpec, key: str, outcome: RunOutcome, extremes: Mapping[str, Any]) -> pd.DataFrame:
    rows = [{"replication": outcome.replication, key: name, **asdict(found)} for name, found in extremes.items()]
    return conform(spec, {column.name: [row[column.name] for row in rows] for column in spec.columns})
