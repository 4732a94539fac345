"""The money of a run: its bill by calendar days, the bill as their sum, and what is needed to say who caused it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd

from fvcapacity.cost.billing import IDENTITY, PROVENANCE, Saved, Stretch, bill_table, lines_of
from fvcapacity.cost.calendar import Day, days_of, local_dates
from fvcapacity.cost.ledger import Ledger, Line
from fvcapacity.cost.owners import machine_table, owner_table, route_demand_table
from fvcapacity.cost.staging import staging_lines, staging_nodes
from fvcapacity.cost.volumes import Fill, fills, volumes_of
from fvcapacity.program.program import Program
from fvcapacity.results.money_columns import BILL, BILL_DAYS
from fvcapacity.results.outcome import RunOutcome
from fvcapacity.results.route_tables import ALL
from fvcapacity.scenario.backup_plan import stored_by_service
from fvcapacity.scenario.costs import CostSettings
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.serving import selected_workload, serving_workload
from fvcapacity.tabular.frames import conform
from fvcapacity.units import NS_PER_S

LINE_COLUMNS = (*(column.name for column in BILL.columns), *PROVENANCE, *IDENTITY)
_ADDED_UP = ("quantity", "cost_usd")
BILLED_FROM = ("route_minutes", "service_minutes", "route_paths")
"""Tables that a bill is worked out from: what was sent, logged and written, and by which load balancer."""


def money_of_run(
    scenario: Scenario, program: Program, outcomes: Sequence[RunOutcome], tables: dict[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Return the tables of money of a run; none when the scenario names no prices.

    Parameters
    ----------
    tables
        Of all replications: what was sent, logged and written is taken from them.
    """
    days = _days_of_run(scenario, outcomes, tables)
    if days is None:
        return {}
    return {
        "bill": conform(BILL, bill_of_days(days)),
        "bill_days": conform(BILL_DAYS, days),
        "machines": machine_table(outcomes),
        "owners": owner_table(scenario, program),
        "route_demands": route_demand_table(program),
    }


def bill_of_run(
    scenario: Scenario, outcomes: Sequence[RunOutcome], tables: dict[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Return the bill alone of what `money_of_run` returns, for who does not ask who caused it.

    Parameters
    ----------
    tables
        `BILLED_FROM`, of all replications.
    """
    days = _days_of_run(scenario, outcomes, tables)
    return {} if days is None else {"bill": conform(BILL, bill_of_days(days))}


def _days_of_run(
    scenario: Scenario, outcomes: Sequence[RunOutcome], tables: dict[str, pd.DataFrame]
) -> pd.DataFrame | None:
    cost, prices = scenario.file.cost, scenario.prices
    if cost is None or prices is None:
        return None
    run_date = datetime.fromtimestamp(scenario.start_ns / NS_PER_S, UTC).date()
    ledger = Ledger(prices, cost.region, run_date)
    flows = _Flows(scenario, tables)
    return pd.concat([_days(scenario, cost, ledger, flows, outcome) for outcome in outcomes], ignore_index=True)


def bill_of_days(days: pd.DataFrame) -> pd.DataFrame:
    """Return the bill as the sum of its days: lines of the same thing at the same price are put together."""
    keys = ["replication", *(name for name in LINE_COLUMNS if name not in _ADDED_UP)]
    number = days.groupby(keys, sort=False, dropna=False).ngroup()
    grouped = days.groupby(number, sort=True)
    bill = grouped[[*LINE_COLUMNS, "replication"]].first()
    for name in _ADDED_UP:
        # A sum of nothing but unknowns is unknown.
        bill[name] = grouped[name].sum(min_count=1)
    bill["unit_price_usd"] = grouped["unit_price_usd"].first()
    return bill.sort_values("replication", kind="stable").reset_index(drop=True)


def _days(scenario: Scenario, cost: CostSettings, ledger: Ledger, flows: _Flows, outcome: RunOutcome) -> pd.DataFrame:
    number, start = outcome.replication, outcome.warm_up_ns
    length = min(outcome.complete_until_ns, start + outcome.duration_ns) - start
    days = days_of(scenario.start_ns, length, scenario.file.time_zone)
    filled = flows.fills(cost, number, days)
    saved = saved_backups(scenario)
    other = staging_nodes(scenario)
    frames: list[pd.DataFrame] = []
    sent: dict[str, int] = {}
    for position, day in enumerate(days):
        egress = flows.egress(number, day)
        stretch = Stretch(
            start_ns=start + day.start_ns,
            end_ns=start + day.end_ns,
            egress_bytes=egress,
            egress_before_bytes=sent.get(day.month, 0),
            balanced_bytes=flows.balanced(number, day),
            log_bytes=flows.logged(number, day),
            fills={name: of_days[position] for name, of_days in filled.items()},
            saved=saved,
        )
        sent[day.month] = sent.get(day.month, 0) + egress
        lines = lines_of(ledger, cost, outcome.history.nodes, scenario.cluster, stretch)
        lines += staging_lines(ledger, scenario, other, stretch.hours)
        frames.append(dated(lines, day, scenario.start_ns).assign(replication=number))
    return pd.concat(frames, ignore_index=True)


def dated(lines: list[Line], day: Day, start_ns: int) -> pd.DataFrame:
    """Return the lines of a day as a table; ``start_ns`` is the epoch (UTC) of the start of the window."""
    instants = {"start_utc": day.start_ns + start_ns, "end_utc": day.end_ns + start_ns}
    return bill_table(lines).assign(
        day=day.date,
        used_ratio=[line.used_ratio for line in lines],
        **{name: pd.Timestamp(at, tz="UTC").as_unit("ns") for name, at in instants.items()},
    )


def saved_backups(scenario: Scenario) -> list[Saved]:
    """Return what the backups of a scenario weigh, by service."""
    found = []
    for backup in scenario.file.backups:
        for service, stored in stored_by_service(scenario, backup).items():
            workload = serving_workload(scenario.cluster, service)
            owner, namespace = ("", "") if workload is None else (workload.key, workload.namespace)
            found.append(Saved(backup.name, service, owner, namespace, stored, backup.method))
    return found


@dataclass
class _Flows:
    """Bytes by replication and day, from the tables of minutes (or hours)."""

    scenario: Scenario
    tables: dict[str, pd.DataFrame]

    def __post_init__(self) -> None:
        zone = self.scenario.file.time_zone
        routes, services = self.tables["route_minutes"], self.tables["service_minutes"]
        routes = routes[routes["route"] != ALL]
        routes = routes.assign(day=local_dates(routes["time_utc"], zone))
        services = services.assign(day=local_dates(services["time_utc"], zone))
        self._egress = routes.groupby(["replication", "day", "route"])["egress_bytes"].sum()
        self._services = services.groupby(["replication", "day", "service"])[["log_bytes", "written_bytes"]].sum()
        self._balancers = balancers_of_routes(self.scenario, self.tables["route_paths"])

    def egress(self, number: int, day: Day) -> int:
        """Return what went out."""
        return sum(self._by_route(number, day).values())

    def balanced(self, number: int, day: Day) -> dict[str, int]:
        """Return what went through each load balancer."""
        found: dict[str, int] = {}
        for route, count in self._by_route(number, day).items():
            name = self._balancers.get(route)
            if name is not None:
                found[name] = found.get(name, 0) + count
        return found

    def logged(self, number: int, day: Day) -> int:
        """Return the bytes of all log lines."""
        return sum(self._by_service(number, day, "log_bytes").values())

    def fills(self, cost: CostSettings, number: int, days: Sequence[Day]) -> dict[str, list[Fill]]:
        """Return the volumes of which more is known than their claim, day by day."""
        services = {
            workload.key: name
            for name in self.scenario.topology.services
            if (workload := serving_workload(self.scenario.cluster, name)) is not None
        }
        hours, found = [day.hours for day in days], {}
        for volume in volumes_of(self.scenario.cluster):
            use = cost.volumes.get(volume.name)
            if use is None:
                continue
            service = services.get(volume.owner, "")
            added = [
                float(self.logged(number, day))
                if use.logs
                else self._by_service(number, day, "written_bytes").get(service, 0) / volume.count
                for day in days
            ]
            found[volume.name] = fills(volume, use, added, hours)
        return found

    def _by_route(self, number: int, day: Day) -> dict[str, int]:
        return _part(self._egress, number, day.date)

    def _by_service(self, number: int, day: Day, column: str) -> dict[str, int]:
        return _part(self._services[column], number, day.date)


def _part(series: pd.Series[int], number: int, date: str) -> dict[str, int]:
    if (number, date) not in series.index:
        return {}
    part: pd.Series[int] = series.loc[(number, date)]  # type: ignore[assignment]
    return {str(name): int(count) for name, count in part.items()}


def balancers_of_routes(scenario: Scenario, paths: pd.DataFrame) -> dict[str, str]:
    """Return by route the load balancer (``namespace/name``) that its requests come in by, as far as there is one."""
    cluster = scenario.cluster
    by_workload: dict[str, list[str]] = {}
    for service in cluster.services:
        if service.type == "LoadBalancer":
            name = f"{service.namespace}/{service.name}"
            workload = selected_workload(cluster, service)
            by_workload.setdefault("" if workload is None else workload.key, []).append(name)
    found = {}
    for route, entry in zip(paths["route"], paths["entry"], strict=True):
        workload = serving_workload(cluster, entry)
        names = by_workload.get(workload.key, []) if workload is not None else []
        own = [name for name in names if name.partition("/")[2] == entry]
        if names:
            found[str(route)] = (own or names)[0]
    return found
