"""Who caused the bill: every line of every day, told apart to the last cent.

OpenCost's rule ("Workload Costs" and "Idle Costs", OpenCost Specification 0.1): of a machine, a container is charged
for the greater of its request and its use, for CPU and for memory; what nobody is charged for is idle. Where the
containers of a kind of machine are charged for more than it has (a request that is not used, and somebody else using
it), all are charged less, in proportion. Volumes, backups and load balancers belong to the workload that they are there
for, traffic out to the route that sent it. What works for everybody is shared, and what nobody is known for is
unallocated: both stand in rows of their own.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd

from fvcapacity.cost.calendar import Day, local_dates
from fvcapacity.cost.ledger import STAGING
from fvcapacity.cost.machines import cpu_part, machine_hours, pods_by_machines, purchase_of, resource_of
from fvcapacity.cost.result_days import result_days, result_zone
from fvcapacity.cost.usage import RESOURCES, container_days
from fvcapacity.errors import InputError
from fvcapacity.results.result import Result
from fvcapacity.results.route_tables import ALL
from fvcapacity.tabular.columns import Column, TableSpec
from fvcapacity.tabular.frames import conform

Share = Literal["allocated", "idle", "shared", "unallocated"]
Dimension = Literal["service", "route", "team", "namespace"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)

ALLOCATION = TableSpec(
    "allocation",
    "A part of one line of the bill of one day, and who caused it; the parts of a line add up to it.",
    (
        Column("replication", "", "int64", "Number of the replication, from 0."),
        Column("environment", "", "string", "production, or staging."),
        Column("day", "", "string", "The calendar day, as in `bill_days`."),
        Column("start_utc", "", "utc", "Start of the part of the day that lies in the window."),
        Column("end_utc", "", "utc", "Its end."),
        Column("category", "", "string", "Of the line."),
        Column("kind", "", "string", "Of the line."),
        Column("item", "", "string", "Of the line."),
        Column("resource", "", "string", "Of the line."),
        Column("share", "", "string", "allocated, idle, shared or unallocated."),
        Column("component", "", "string", "cpu, memory, or the line's category."),
        Column("namespace", "", "string", "Whose it is; empty if nobody's."),
        Column("team", "", "string", "Whose it is; empty if nobody's."),
        Column("service", "", "string", "Whose it is; empty if nobody's."),
        Column("workload", "", "string", "Whose it is; empty if nobody's."),
        Column("container", "", "string", "Of CPU and memory: whose it is."),
        Column("route", "", "string", "Of traffic out, and of what is told apart by route: which one."),
        Column("used_ratio", "1", "float64", "Of CPU and memory: what was used of what is charged; empty otherwise."),
        Column("cost_usd", "USD", "float64", "What it comes to."),
    ),
)
_OF_LINE = ["replication", "environment", "day", "start_utc", "end_utc", "category", "kind", "item", "resource"]
_WHOSE = ["team", "service"]
_NAMED = ["workload", "container", "route"]
_PART = ["line", "share", "component", "workload", "container", "route", "used_ratio", "cost_usd"]
"""Of a part: the number of its line, and what is said of it."""
_MACHINE = ["replication", "day", "resource", "purchase"]
"""What tells the lines of machines apart."""


def allocate(result: Result) -> pd.DataFrame:
    """Return the table `ALLOCATION` of a result: the parts of every line that has a cost.

    Raises
    ------
    InputError
        When the result has no bill.
    """
    lines = priced_days(result)
    lines = lines[lines["cost_usd"].notna()].reset_index(drop=True)
    lines["line"] = lines.index
    machines = (lines["kind"] == "instance") & (lines["environment"] != STAGING)
    egress, logs = lines["kind"] == "egress", lines["kind"] == "logs"
    parts = [
        _of_machines(result, lines[machines]),
        _of_egress(result, lines[egress]),
        _of_logs(result, lines[logs]),
        _of_owners(result, lines[~(machines | egress | logs)]),
    ]
    if not any(len(part) for part in parts):  # nothing has a price
        return conform(ALLOCATION, {column.name: [] for column in ALLOCATION.columns})
    joined = pd.concat([part.reindex(columns=_PART) for part in parts if len(part)], ignore_index=True)
    table = _with_owners(joined, lines[[*_OF_LINE, "namespace"]], result.tables["owners"])
    order = ["replication", "start_utc", "environment", "line", "share", "component", "service"]
    return conform(ALLOCATION, table.sort_values(order, kind="stable")[[column.name for column in ALLOCATION.columns]])


def priced_days(result: Result) -> pd.DataFrame:
    """Return the table ``bill_days`` of a result.

    Raises
    ------
    InputError
        When it has none.
    """
    if "bill_days" not in result.tables:
        raise InputError(
            "the result has no bill",
            hint="name a price list in the scenario (`cost: {prices: ...}`) and simulate it again",
        )
    return result.tables["bill_days"]


def by_route(allocation: pd.DataFrame, result: Result) -> pd.DataFrame:
    """Return an allocation in which what serves requests is told apart by route.

    A workload's costs go to the routes that come to it, by the CPU that they take there: requests of the day times
    what the topology says of one. What serves no request, or served none that day, is shared.
    """
    weights = _route_weights(result)
    open_rows = (allocation["share"] == "allocated") & (allocation["route"] == "")
    told, rest = allocation[open_rows], allocation[~open_rows]
    keys = ["replication", "day", "workload"]
    split = told.drop(columns="route").merge(weights, on=keys, how="left")
    known = split["weight"].notna()
    split["cost_usd"] = np.where(known, split["cost_usd"] * split["weight"].fillna(1.0), split["cost_usd"])
    split["share"] = np.where(known, split["share"], "shared")
    split["route"] = split["route"].fillna("")
    return conform(ALLOCATION, pd.concat([split[rest.columns], rest], ignore_index=True))


def _of_machines(result: Result, lines: pd.DataFrame) -> pd.DataFrame:
    """Tell the machines apart: containers by what they are charged for, and what is left as idle."""
    if lines.empty:
        return lines
    days = result_days(result)
    used = _charged(result, days)
    lines = lines[["line", *_MACHINE, "cost_usd"]].merge(_capacities(result, days), on=_MACHINE, how="left")
    known, unknown = lines[lines["cpu_part"].notna()], lines[lines["cpu_part"].isna()]
    parts = [_of_resource(known, used, name, unit) for name, unit in RESOURCES.items()]
    # A machine of no known size: nobody can be charged for a part of it.
    return pd.concat([*parts, unknown.assign(share="unallocated", component="compute")], ignore_index=True)


def _of_resource(lines: pd.DataFrame, used: pd.DataFrame, name: str, unit: str) -> pd.DataFrame:
    """Tell the CPU or the memory of machines apart."""
    capacity, charged = f"capacity_{unit}", f"{name}_charged_{unit}"
    part = lines["cpu_part"] if name == "cpu" else 1 - lines["cpu_part"]
    whole = lines[["line", *_MACHINE, capacity]].assign(cost_usd=lines["cost_usd"] * part)
    columns = [*_MACHINE, "workload", "container", charged, f"{name}_used_{unit}"]
    rows = whole.merge(used[columns], on=_MACHINE, how="inner")
    total = rows.groupby("line")[charged].transform("sum")
    rows["cost_usd"] *= rows[charged] / total.where(total > rows[capacity], rows[capacity])
    rows["used_ratio"] = rows[f"{name}_used_{unit}"] / rows[charged].where(rows[charged] > 0)
    taken = rows.groupby("line")["cost_usd"].sum()
    idle = whole.assign(cost_usd=whole["cost_usd"] - whole["line"].map(taken).fillna(0.0), share="idle")
    return pd.concat([rows.assign(share="allocated"), idle], ignore_index=True).assign(component=name)


def _charged(result: Result, days: dict[int, list[Day]]) -> pd.DataFrame:
    """Return what containers are charged for on each kind of machine."""
    used = container_days(result, result_zone(result))
    pods, nodes = result.tables["pods"], result.tables["nodes"]
    placed = [
        pods_by_machines(pods[pods["replication"] == number], nodes[nodes["replication"] == number], of_days).assign(
            replication=number
        )
        for number, of_days in days.items()
    ]
    rows = used.merge(pd.concat(placed, ignore_index=True), on=["replication", "day", "workload"], how="inner")
    for name, unit in RESOURCES.items():
        for what in ("request", "used", "charged"):
            rows[f"{name}_{what}_{unit}"] *= rows["share"]
    return rows.drop(columns="share")


def _capacities(result: Result, days: dict[int, list[Day]]) -> pd.DataFrame:
    """Return what the machines of each kind had on each day, and which part of their price is their CPU's."""
    sizes = result.tables["machines"]
    kinds = zip(resource_of(sizes), purchase_of(sizes), strict=True)
    machines = zip(kinds, sizes["cpu_cores"], sizes["memory_bytes"], strict=True)
    known = {kind: (float(cores), float(memory)) for kind, cores, memory in machines if cores > 0 and memory > 0}
    nodes, rows = result.tables["nodes"], []
    for number, of_days in days.items():
        own = nodes[nodes["replication"] == number]
        for day in of_days:
            for (resource, purchase), hours in machine_hours(own, day).items():
                if (resource, purchase) in known:
                    cores, memory = known[resource, purchase]
                    part = cpu_part(cores, memory)
                    rows.append((number, day.date, resource, purchase, part, cores * hours, memory * hours))
    names = ["replication", "day", "resource", "purchase", "cpu_part", "capacity_core_h", "capacity_byte_h"]
    return pd.DataFrame(rows, columns=names)


def _of_egress(result: Result, lines: pd.DataFrame) -> pd.DataFrame:
    """Tell traffic out apart by the route that sent it; it belongs to the service where the route begins."""
    if lines.empty:
        return lines
    routes = _daily(result, "route_minutes", "route", "egress_bytes")
    entries = result.tables["route_paths"].set_index("route")["entry"]
    demands = result.tables["route_demands"]
    workloads = dict(zip(demands["service"], demands["workload"], strict=True))
    routes["workload"] = routes["route"].map(entries).map(workloads).fillna("")
    return _spread(lines, routes, "egress_bytes").assign(component=lines["category"].iloc[0])


def _of_logs(result: Result, lines: pd.DataFrame) -> pd.DataFrame:
    """Tell the log service apart by the bytes that services wrote."""
    if lines.empty:
        return lines
    services = _daily(result, "service_minutes", "service", "log_bytes")
    demands = result.tables["route_demands"]
    services["workload"] = services["service"].map(dict(zip(demands["service"], demands["workload"], strict=True)))
    services = services.drop(columns="service").fillna({"workload": ""})
    return _spread(lines, services, "log_bytes").assign(component=lines["category"].iloc[0])


def _spread(lines: pd.DataFrame, by: pd.DataFrame, weight: str) -> pd.DataFrame:
    """Spread the lines of a day in proportion to a column; a line without anything to go by is unallocated."""
    keys = ["replication", "day"]
    by = by[by[weight] > 0]
    rows = lines[["line", *keys, "cost_usd"]].merge(by, on=keys, how="left")
    total = rows.groupby("line")[weight].transform("sum")
    known = rows[weight].notna()
    rows["cost_usd"] = rows["cost_usd"] * np.where(known, rows[weight] / total.where(total > 0, 1.0), 1.0)
    return rows.assign(share=np.where(known, "allocated", "unallocated"))


def _of_owners(result: Result, lines: pd.DataFrame) -> pd.DataFrame:
    """Give what is there for one workload to it; the control plane and staging are shared."""
    if lines.empty:
        return lines
    owned = lines["owner"].isin(result.tables["owners"]["workload"]) & (lines["environment"] != STAGING)
    shared = (lines["kind"] == "control_plane") | (lines["environment"] == STAGING)
    share = np.where(owned, "allocated", np.where(shared, "shared", "unallocated"))
    component = lines["category"].where(lines["kind"] != "control_plane", "control plane")
    return lines.assign(share=share, component=component, workload=lines["owner"].where(owned, ""))


def _with_owners(parts: pd.DataFrame, lines: pd.DataFrame, owners: pd.DataFrame) -> pd.DataFrame:
    """Add what the lines say, and whose workloads are; those of namespaces that work for everybody are shared."""
    of_line = lines.take(parts["line"].to_numpy()).reset_index(drop=True)
    known = owners.drop_duplicates("workload").set_index("workload")
    names = parts[_NAMED].astype(object).fillna("")
    whose = known.reindex(names["workload"])
    own = whose.index.isin(known.index)
    namespace = np.where(own, whose["namespace"].to_numpy(), of_line["namespace"].to_numpy())
    shared = own & whose["shared"].eq(True).to_numpy() & (parts["share"] == "allocated").to_numpy()
    return of_line.assign(
        **{name: parts[name] for name in ("line", "component", "used_ratio", "cost_usd")},
        **{name: names[name] for name in _NAMED},
        **{name: whose[name].fillna("").to_numpy() for name in _WHOSE},
        namespace=namespace,
        share=parts["share"].mask(shared, "shared"),
    )


def _route_weights(result: Result) -> pd.DataFrame:
    """Return the share of each route in what each workload did on each day."""
    requests = _daily(result, "route_minutes", "route", "requests")
    rows = requests.merge(result.tables["route_demands"], on="route", how="inner")
    rows["weight"] = rows["requests"] * rows["cpu_core_s"]
    rows = rows.groupby(["replication", "day", "workload", "route"], sort=False)["weight"].sum().reset_index()
    total = rows.groupby(["replication", "day", "workload"])["weight"].transform("sum")
    rows["weight"] = rows["weight"] / total.where(total > 0)
    return rows[rows["weight"] > 0]


def _daily(result: Result, table: str, name: str, column: str) -> pd.DataFrame:
    minutes = result.tables[table]
    minutes = minutes[minutes[name] != ALL]
    days = local_dates(minutes["time_utc"], result_zone(result))
    return minutes.assign(day=days).groupby(["replication", "day", name], sort=False)[column].sum().reset_index()
