"""A bill of three days as a result holds it, and provider's bills as files."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd

DAYS = ("2026-02-13", "2026-02-14", "2026-02-15")
START = pd.Timestamp("2026-02-13T03:00:00Z")  # midnight in Santiago, in summer
NODES = {
    "category": "compute",
    "item": "nodes general (m5.large)",
    "unit": "hours",
    "unit_price_usd": 0.096,
    "kind": "instance",
    "resource": "general/m5.large",
    "purchase": "on_demand",
}
SPOT = NODES | {
    "item": "nodes burst (m5.large, spot)",
    "unit_price_usd": 0.035,
    "resource": "burst/m5.large",
    "purchase": "spot",
}
PLANE = {
    "category": "compute",
    "item": "control plane",
    "unit": "hours",
    "unit_price_usd": 0.1,
    "kind": "control_plane",
}
DISK = {
    "category": "storage",
    "item": "volume data (gp3)",
    "unit": "GiB-months",
    "unit_price_usd": 0.08,
    "kind": "volume",
    "resource": "flowers/data",
    "namespace": "flowers",
    "owner": "statefulset/postgres",
}
EGRESS = {"category": "network", "item": "internet egress", "unit": "GiB", "unit_price_usd": 0.09, "kind": "egress"}
LOGS = {"category": "logs", "item": "logs", "unit": "GiB", "unit_price_usd": float("nan"), "kind": "logs"}
QUANTITIES = ((NODES, 72.0), (SPOT, 7.3), (PLANE, 24.0), (DISK, 40 * 24 / 730), (EGRESS, 3.25), (LOGS, 1.0))
"""Of a day of replication 0; another has 10 % more machines for each number."""


def bill_days(replications: int = 1, lines: Any = QUANTITIES, scale: float = 1.0) -> pd.DataFrame:
    """Return the table ``bill_days``."""
    rows = []
    for replication in range(replications):
        for number, day in enumerate(DAYS):
            for line, amount in lines:
                start = START + pd.Timedelta(days=number)
                quantity = amount * scale * (1 + 0.1 * replication if line["kind"] == "instance" else 1)
                blank = dict.fromkeys(("resource", "namespace", "owner", "purchase"), "")
                priced = line["unit_price_usd"] == line["unit_price_usd"]
                rows.append(
                    {
                        "replication": replication,
                        "environment": "production",
                        "day": day,
                        "start_utc": start,
                        "end_utc": start + pd.Timedelta(days=1),
                        **blank,
                        **line,
                        "quantity": quantity,
                        "cost_usd": quantity * line["unit_price_usd"],
                        "basis": "list price" if priced else "no price",
                        "source": "a list" if priced else "",
                        "as_of": "2026-07-20" if priced else "",
                        "note": "",
                        "region": "us-east-1" if priced else "",
                    }
                )
    return pd.DataFrame(rows)


def result_with(table: pd.DataFrame | None = None, **scenario: Any) -> Any:
    """Return what of a result an export and a reconciliation look at."""
    tables = {} if table is None else {"bill_days": table}
    about = {"name": "three-days", "sha256": "0123456789abcdef" * 4, "time_zone": "America/Santiago"}
    window = {"start_utc": "2026-02-13T03:00:00Z", "duration_s": 3 * 86_400.0}
    text = "cost:\n  prices: ../data/prices/aws.yaml\n  region: us-east-1\n"
    return SimpleNamespace(tables=tables, summary={"scenario": about | window | scenario}, scenario_yaml=text)


CUR_HEADER = (
    "line_item_usage_start_date,line_item_usage_end_date,line_item_line_item_type,line_item_product_code,"
    "line_item_usage_type,line_item_usage_amount,pricing_unit,line_item_unblended_cost,line_item_currency_code,"
    "product_instance_type,line_item_line_item_description,reservation_effective_cost,pricing_public_on_demand_cost"
)
_DAY = "2026-02-14T03:00:00Z,2026-02-15T03:00:00Z"
CUR_ROWS = (
    f"{_DAY},Usage,AmazonEC2,SAE1-BoxUsage:m5.large,200,Hrs,20.00,USD,m5.large,on demand Linux,,20.00",
    f"{_DAY},DiscountedUsage,AmazonEC2,BoxUsage:m5.large,24,Hrs,0,USD,m5.large,reserved,1.38,2.304",
    f"{_DAY},Usage,AmazonEC2,EBS:VolumeUsage.gp3,4,GB-Mo,0.32,USD,,gp3 storage,,0.32",
    f'{_DAY},Usage,AmazonEKS,USE1-AmazonEKS-Hours:perCluster,24,Hours,2.40,USD,,"EKS, cluster hours",,2.40',
    f"{_DAY},Usage,AmazonEC2,DataTransfer-Out-Bytes,5,GB,0.45,USD,,out to the internet,,0.45",
    f"{_DAY},Usage,AmazonRoute53,HostedZone,1,HostedZones,0.50,USD,,zone,,0.50",
    "2026-02-01T00:00:00Z,2026-03-01T00:00:00Z,Tax,AmazonEC2,,,,2.80,USD,,tax of February,,",
    "2026-02-20T00:00:00Z,2026-02-21T00:00:00Z,Usage,AmazonEC2,BoxUsage:m5.large,24,Hrs,2.30,USD,m5.large,later,,",
)


def write_cur(path: Path, rows: Any = CUR_ROWS, header: str = CUR_HEADER) -> Path:
    """Write an AWS Cost and Usage Report."""
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path
