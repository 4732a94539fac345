"""The tables of a result that are about money: bills, and what is needed to say who caused them."""

from __future__ import annotations

from fvcapacity.tabular.columns import Column, TableSpec

_REPLICATION = Column("replication", "", "int64", "Number of the replication, from 0.")
_WORKLOAD = Column("workload", "", "string", "`kind/name` of the workload.")
_LINE = (
    Column("category", "", "string", "Compute, storage, network and so on."),
    Column("item", "", "string", "What is paid for."),
    Column("quantity", "see unit", "float64", "How much of it."),
    Column("unit", "", "string", "Unit of the quantity."),
    Column("unit_price_usd", "USD", "float64", "Price of one unit."),
    Column("cost_usd", "USD", "float64", "Quantity times price."),
)

BILL = TableSpec("bill", "One line of the bill of the window.", _LINE, open_ended=True)

BILL_DAYS = TableSpec(
    "bill_days",
    "One line of the bill of one calendar day of the scenario's time zone; their sum is the `bill`.",
    (
        _REPLICATION,
        Column("environment", "", "string", "production, or staging."),
        Column("day", "", "string", "The day, as 2026-02-14."),
        Column("start_utc", "", "utc", "Start of the part of the day that lies in the window."),
        Column("end_utc", "", "utc", "Its end."),
        *_LINE,
        Column("basis", "", "string", "`list price`, `stand-in` (another region's), or `no price`."),
        Column("source", "", "string", "Where the price comes from; empty without one."),
        Column("as_of", "", "string", "Day of the price, or `unknown`; empty without one."),
        Column("note", "", "string", "What to know of the line."),
        Column("kind", "", "string", "As price lists name it: instance, volume, egress and so on."),
        Column("resource", "", "string", "What is paid for, whatever its price: `pool/type`, `namespace/volume`."),
        Column("namespace", "", "string", "Namespace of what is paid for; empty if it belongs to the cluster."),
        Column("owner", "", "string", "Workload (or `service/name`) that it is there for; empty if for all."),
        Column("purchase", "", "string", "Of machines: on_demand or spot."),
        Column("region", "", "string", "Region that the price is of; empty without one."),
        Column("used_ratio", "1", "float64", "Of a volume: how full it is in the evening; empty if unknown."),
    ),
)

MACHINES = TableSpec(
    "machines",
    "One kind of machine of one node pool: its size.",
    (
        Column("pool", "", "string", "Node pool."),
        Column("instance_type", "", "string", "Its type at the provider."),
        Column("spot", "", "bool", "Whether it is a spot machine."),
        Column("cpu_cores", "cores", "float64", "CPU of the whole machine."),
        Column("memory_bytes", "bytes", "int64", "Memory of the whole machine."),
    ),
)

OWNERS = TableSpec(
    "owners",
    "One workload: whose it is.",
    (
        _WORKLOAD,
        Column("namespace", "", "string", "Its namespace."),
        Column("service", "", "string", "Service that selects its pods; its own name if none does."),
        Column("team", "", "string", "Value of the label that names the team; empty if it has none."),
        Column("serves", "", "bool", "Whether requests of the topology come to it."),
        Column("entry", "", "bool", "Whether routes begin at it."),
        Column("shared", "", "bool", "Whether its namespace works for everybody."),
    ),
)

ROUTE_DEMANDS = TableSpec(
    "route_demands",
    "What one request of a route costs at a service on average, by the topology (retries and failures left out).",
    (
        Column("route", "", "string", "Name of the route."),
        Column("service", "", "string", "Kubernetes Service that is called."),
        _WORKLOAD,
        Column("visits", "calls", "float64", "Calls that reach the service."),
        Column("cpu_core_s", "core s", "float64", "CPU that they take."),
        Column("log_bytes", "bytes", "float64", "Log lines that they write."),
        Column("written_bytes", "bytes", "float64", "Bytes that they write to volumes."),
    ),
)

MONEY = (BILL, BILL_DAYS, MACHINES, OWNERS, ROUTE_DEMANDS)
"""All of them: a result has them when it has prices."""
