"""What a quarter may cost: machines of every draw at their price, and all else by the requests that come."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from fvcapacity.cost.billing import Stretch, bill_table, lines_of
from fvcapacity.cost.ledger import Ledger
from fvcapacity.cost.of_run import balancers_of_routes, saved_backups
from fvcapacity.cost.projection import bill_total
from fvcapacity.cost.staging import staging_lines, staging_nodes
from fvcapacity.errors import ScenarioError
from fvcapacity.frozen import Frozen
from fvcapacity.program.program import Program
from fvcapacity.results.route_paths import route_paths
from fvcapacity.review.capacity import Capacity
from fvcapacity.review.expected import Expected
from fvcapacity.scenario.model import Scenario
from fvcapacity.units import NS_PER_S

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_HOUR_NS = 3_600 * NS_PER_S


class Money(Frozen):
    """Dollars of a quarter in every draw.

    Attributes
    ----------
    months
        First days of the months.
    machines
        float64, shape (draws, months, pools); without the pools that have no price.
    others
        float64, shape (draws, months): volumes, load balancers, control plane, traffic and so on.
    node_hours
        float64, shape (draws, months, pools).
    hours_at
        float64, shape (draws, pools, machines): hours of the quarter with exactly so many machines.
    by_category
        Category to its dollars, float64, shape (draws,).
    unpriced
        Items without a price: every figure leaves them out.
    notes
        What to know of the prices.
    """

    months: tuple[date, ...]
    pools: tuple[str, ...]
    machines: Floats
    others: Floats
    node_hours: Floats
    hours_at: Floats
    by_category: dict[str, Floats]
    unpriced: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def by_month(self) -> Floats:
        """Dollars, shape (draws, months)."""
        return np.asarray(self.machines.sum(axis=2) + self.others, np.float64)

    @property
    def total(self) -> Floats:
        """Dollars of the quarter, shape (draws,)."""
        return np.asarray(self.by_month.sum(axis=1), np.float64)


def money_of(expected: Expected, capacity: Capacity, calibration: Floats) -> Money:
    """Return what a quarter costs in every draw.

    Parameters
    ----------
    expected, capacity
        What comes, and the machines that it takes.
    calibration
        float64, shape (days, pools): machine-hours of replays per machine-hour of closed forms.

    Raises
    ------
    ScenarioError
        When the scenario has no prices.
    """
    scenario = expected.scenario
    if scenario.prices is None or scenario.file.cost is None:
        hint = "add `cost: {prices: ..., region: ...}`"
        raise ScenarioError("the scenario has no prices, so that no money can be forecast", hint=hint)
    days = expected.quarter.days
    months = expected.quarter.months
    month_of_day = np.array([months.index(day.replace(day=1)) for day in days])
    node_hours, hours_at = _node_hours(expected, capacity, month_of_day, calibration)
    prices, unpriced = _machine_prices(scenario, capacity.pools)
    machines = node_hours * np.nan_to_num(prices)
    others, categories, missing, notes = _others(expected, month_of_day)
    by_category = {"compute": machines.sum(axis=(1, 2))}
    for name, usd in categories.items():
        by_category[name] = by_category.get(name, 0.0) + usd
    return Money(
        months, capacity.pools, machines, others, node_hours, hours_at, by_category,
        tuple(dict.fromkeys((*unpriced, *missing))), notes,
    )  # fmt: skip


def _node_hours(
    expected: Expected, capacity: Capacity, month_of_day: Ints, calibration: Floats
) -> tuple[Floats, Floats]:
    """Return machine-hours by draw, month and pool, and hours by draw, pool and number of machines."""
    multipliers, hours = expected.multipliers, capacity.covered_h
    month_of_hour = month_of_day[expected.day_of_hour]
    most, pools = int(capacity.nodes.max()), len(capacity.pools)
    found = np.zeros((len(multipliers), int(month_of_day.max()) + 1, pools))
    hours_at = np.zeros((len(multipliers), pools, most + 1))
    for draw, row in enumerate(multipliers):
        nodes = capacity.nodes_at(row[expected.day_of_hour])
        for pool in range(pools):
            paid = nodes[:, pool] * hours * calibration[expected.day_of_hour, pool]
            found[draw, :, pool] = np.bincount(month_of_hour, weights=paid, minlength=found.shape[1])
            hours_at[draw, pool] = np.bincount(nodes[:, pool], weights=hours, minlength=most + 1)
    return found, hours_at


def _machine_prices(scenario: Scenario, pools: tuple[str, ...]) -> tuple[Floats, list[str]]:
    assert scenario.prices is not None
    assert scenario.file.cost is not None
    prices, unpriced = np.full(len(pools), np.nan), []
    for number, name in enumerate(pools):
        pool = scenario.file.nodes[name]
        price = scenario.prices.instance(pool.instance_type, scenario.file.cost.region, spot=pool.spot)
        if price is None:
            unpriced.append(f"nodes {name} ({pool.instance_type}{', spot' if pool.spot else ''})")
        else:
            prices[number] = price.usd_per_hour
    return prices, unpriced


def _others(
    expected: Expected, month_of_day: Ints
) -> tuple[Floats, dict[str, Floats], tuple[str, ...], tuple[str, ...]]:
    """Return all but machines: what is there whatever comes, and what grows with the requests of a month.

    The bill of the expected requests less that of none is taken as proportional to the requests. Prices by amount make
    that a little wrong where a draw crosses a border of theirs.
    """
    requests = _by_month(expected.draws.requests, month_of_day)
    middle = _by_month(expected.base[None, :], month_of_day)[0]
    multiples = requests / np.maximum(middle, 1e-9)
    usd = np.zeros_like(requests)
    categories: dict[str, Floats] = {}
    unpriced: dict[str, None] = {}
    notes: dict[str, None] = {}
    for month in range(requests.shape[1]):
        idle = _bill(expected, month, month_of_day, with_traffic=False)
        busy = _bill(expected, month, month_of_day, with_traffic=True)
        unpriced |= dict.fromkeys(bill_total(busy).unpriced)
        notes |= dict.fromkeys(note for note in busy["note"] if "more than a year" in note or "has no date" in note)
        for category, whole in busy.groupby("category")["cost_usd"].sum(min_count=1).dropna().items():
            fixed = float(idle.loc[idle["category"] == category, "cost_usd"].sum())
            own = fixed + (float(whole) - fixed) * multiples[:, month]
            usd[:, month] += own
            categories[str(category)] = categories.get(str(category), np.zeros(len(usd))) + own
    return usd, categories, tuple(unpriced), tuple(notes)


def _bill(expected: Expected, month: int, month_of_day: Ints, *, with_traffic: bool) -> pd.DataFrame:
    """Return the bill of a month without production's machines; volumes have the size of their claims."""
    scenario, rates, demand = expected.scenario, expected.load.rates, expected.load.demand
    program, cost = expected.load.program, scenario.file.cost
    assert scenario.prices is not None
    assert cost is not None
    inside = month_of_day[expected.day_of_hour] == month
    hours = float(rates.covered_s[inside].sum()) / 3600
    requests = (rates.mean_rps[inside] * rates.covered_s[inside, None]).sum(axis=0) * with_traffic
    sent = requests * program.arrays.call_response_bytes[program.arrays.route_call]
    ledger = Ledger(scenario.prices, cost.region, expected.quarter.first)
    stretch = Stretch(
        start_ns=0,
        end_ns=round(hours * _HOUR_NS),
        egress_bytes=round(float(sent.sum())),
        balanced_bytes=_balanced(scenario, program, sent),
        log_bytes=round(float((requests @ demand.log_bytes).sum())),
        saved=saved_backups(scenario),
    )
    lines = lines_of(ledger, cost, (), scenario.cluster, stretch)
    return bill_table([*lines, *staging_lines(ledger, scenario, staging_nodes(scenario), hours)])


def _balanced(scenario: Scenario, program: Program, sent: Floats) -> dict[str, int]:
    """Return what goes through each load balancer."""
    balancers = balancers_of_routes(scenario, route_paths(scenario, program))
    found: dict[str, int] = {}
    for route, count in zip(program.routes, sent.tolist(), strict=True):
        if route in balancers:
            found[balancers[route]] = found.get(balancers[route], 0) + round(count)
    return found


def _by_month(values: Floats, month_of_day: Ints) -> Floats:
    found = np.zeros((len(values), int(month_of_day.max()) + 1))
    for month in range(found.shape[1]):
        found[:, month] = values[:, month_of_day == month].sum(axis=1)
    return found
