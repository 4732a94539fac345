"""What is paid for and not used: containers, machines, volumes and load balancers, by the money a month.

The four do not overlap: what containers reserve and do not use is theirs, what nobody reserves is the machines'.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd

from fvcapacity.cost.allocation import priced_days
from fvcapacity.cost.ledger import STAGING
from fvcapacity.cost.prices import MONTH_HOURS
from fvcapacity.cost.result_days import simulated_hours
from fvcapacity.results.result import Result
from fvcapacity.tabular.columns import Column, TableSpec
from fvcapacity.tabular.frames import conform

FULL_RATIO = 0.8
"""How full a volume may well be: room beyond that is wasted."""

WASTE = TableSpec(
    "waste",
    "One thing that is paid for and not used, over the replications.",
    (
        Column("kind", "", "string", "container, machines, volume or load balancer."),
        Column("subject", "", "string", "Which one: `kind/name/container`, `pool/type`, `namespace/name`."),
        Column("namespace", "", "string", "Its namespace; empty for machines."),
        Column("team", "", "string", "Whose it is; empty if nobody's."),
        Column("used_ratio", "1", "float64", "What is used of what is paid for; empty if unknown."),
        Column("month_usd", "USD", "float64", "What is wasted in a month of 730 hours; empty if there is no price."),
        Column("why", "", "string", "In words."),
    ),
)


def waste_of(result: Result, allocation: pd.DataFrame, *, least_usd: float = 0.005) -> pd.DataFrame:
    """Return the table `WASTE`, by money; what has no price comes last.

    Parameters
    ----------
    allocation
        What `allocate` returned.
    least_usd
        What wastes less a month is left out.
    """
    monthly = _monthly(result)
    found = pd.concat(
        [
            _containers(allocation, monthly),
            _machines(allocation, monthly),
            _volumes(result, monthly),
            _load_balancers(result, monthly),
        ],
        ignore_index=True,
    )
    found = found[found["month_usd"].isna() | (found["month_usd"] >= least_usd)]
    order = found.sort_values(["month_usd", "kind", "subject"], ascending=[False, True, True], na_position="last")
    return conform(WASTE, order.reset_index(drop=True))


def _monthly(result: Result) -> Callable[[pd.Series[float], pd.Series[int]], float]:
    """Return how amounts of all replications become the mean of a month."""
    hours = simulated_hours(result)

    def monthly(amounts: pd.Series[float], replications: pd.Series[int]) -> float:
        sums = amounts.groupby(replications).sum(min_count=1)
        parts = [float(sums.get(number, 0.0)) * MONTH_HOURS / length for number, length in hours.items() if length > 0]
        return sum(parts) / len(parts) if parts else math.nan

    return monthly


def _containers(rows: pd.DataFrame, monthly: Callable[..., float]) -> pd.DataFrame:
    rows = rows[rows["container"] != ""]
    unused = rows["cost_usd"] * (1 - rows["used_ratio"].fillna(1.0))
    rows = rows.assign(unused=unused, used=rows["cost_usd"] - unused)
    found = []
    for (workload, container), group in rows.groupby(["workload", "container"], sort=False):
        shares = group.groupby("component")[["used", "cost_usd"]].sum()
        ratios = (shares["used"] / shares["cost_usd"].where(shares["cost_usd"] > 0)).dropna().to_dict()
        parts = [f"{100 * ratios[name]:.0f} % of its {_WORDS[name]}" for name in _WORDS if name in ratios]
        total = float(group["cost_usd"].sum())
        found.append(
            {
                "kind": "container",
                "subject": f"{workload}/{container}",
                "namespace": group["namespace"].iloc[0],
                "team": group["team"].iloc[0],
                "used_ratio": float(group["used"].sum()) / total if total > 0 else math.nan,
                "month_usd": monthly(group["unused"], group["replication"]),
                "why": f"uses {' and '.join(parts)}" if parts else "reserves nothing",
            }
        )
    return _frame(found)


_WORDS = {"cpu": "CPU", "memory": "memory"}


def _machines(rows: pd.DataFrame, monthly: Callable[..., float]) -> pd.DataFrame:
    rows = rows[(rows["kind"] == "instance") & (rows["environment"] != STAGING)]
    found = []
    for resource, group in rows.groupby("resource", sort=False):
        idle = group[group["share"] == "idle"]
        parts = []
        for name, words in _WORDS.items():
            total = float(group.loc[group["component"] == name, "cost_usd"].sum())
            left = float(idle.loc[idle["component"] == name, "cost_usd"].sum())
            if total > 0:
                parts.append(f"{100 * left / total:.0f} % of the {words}")
        total, left = float(group["cost_usd"].sum()), float(idle["cost_usd"].sum())
        found.append(
            {
                "kind": "machines",
                "subject": str(resource),
                "namespace": "",
                "team": "",
                "used_ratio": 1 - left / total if total > 0 else math.nan,
                "month_usd": monthly(idle["cost_usd"], idle["replication"]),
                "why": f"nobody asks for {' and '.join(parts)}" if parts else "costs nothing",
            }
        )
    return _frame(found)


def _volumes(result: Result, monthly: Callable[..., float]) -> pd.DataFrame:
    lines = priced_days(result)
    lines = lines[(lines["kind"] == "volume") & (lines["environment"] != STAGING)]
    found = []
    for resource, group in lines.groupby("resource", sort=False):
        cost = group["cost_usd"]
        if not (group["owner"] != "").any():
            used, why, wasted = 0.0, "no workload mounts it", cost
        elif group["used_ratio"].notna().any():
            used = float(group["used_ratio"].iloc[-1])
            why = f"{100 * used:.0f} % full; it may be {100 * FULL_RATIO:.0f} %"
            wasted = cost * (1 - group["used_ratio"] / FULL_RATIO).clip(lower=0)
            if used >= FULL_RATIO:
                continue
        else:
            continue  # how full it is, nobody has said
        found.append(
            {
                "kind": "volume",
                "subject": str(resource),
                "namespace": group["namespace"].iloc[0],
                "team": _team(result, group["owner"].iloc[0]),
                "used_ratio": used,
                "month_usd": math.nan if cost.isna().all() else monthly(wasted, group["replication"]),
                "why": why,
            }
        )
    return _frame(found)


def _load_balancers(result: Result, monthly: Callable[..., float]) -> pd.DataFrame:
    lines, owners = priced_days(result), result.tables["owners"]
    lines = lines[(lines["kind"] == "load_balancer") & (lines["environment"] != STAGING)]
    entries = set(owners.loc[owners["entry"], "workload"])
    found = []
    for resource, group in lines.groupby("resource", sort=False):
        if set(group["owner"]) & entries:
            continue
        cost = group["cost_usd"]
        found.append(
            {
                "kind": "load balancer",
                "subject": str(resource),
                "namespace": group["namespace"].iloc[0],
                "team": _team(result, group["owner"].iloc[0]),
                "used_ratio": 0.0,
                "month_usd": math.nan if cost.isna().all() else monthly(cost, group["replication"]),
                "why": "no route of the topology comes in by it",
            }
        )
    return _frame(found)


def _team(result: Result, workload: str) -> str:
    owners = result.tables["owners"]
    own = owners.loc[owners["workload"] == workload, "team"]
    return str(own.iloc[0]) if len(own) else ""


def _frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    names = [column.name for column in WASTE.columns]
    return conform(WASTE, {name: [row[name] for row in rows] for name in names})
