"""The same draws under another choice: other manifests, spot machines, a reservation of the base load."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from fvcapacity.analytic.analysis import load_of
from fvcapacity.frozen import Frozen, replace
from fvcapacity.review.capacity import capacity_of
from fvcapacity.review.expected import Expected
from fvcapacity.review.forecast_summary import Spread, WhatIfPart
from fvcapacity.review.money import Money, money_of
from fvcapacity.review.reservations import reserve, spot_hours
from fvcapacity.scenario.model import NodePool, Scenario
from fvcapacity.scenario.patch import Change

Floats = npt.NDArray[np.float64]
Term = Literal["1y", "3y"]


class WhatIfs(Frozen):
    """What the lines are compared with.

    Attributes
    ----------
    expected, money
        The forecast as things are.
    calibration
        As `money_of` takes it: it was measured on the system as it is and is taken to hold for its variants.
    multiples
        Range of the multiples that draws reach.
    """

    expected: Expected
    money: Money
    calibration: Floats
    multiples: tuple[float, float]


def what_ifs(
    base: WhatIfs,
    *,
    patches: Mapping[str, Sequence[Change]],
    spot: float | None,
    reserve: Term | None,
    tell: Callable[[str], None] | None = None,
) -> list[WhatIfPart]:
    """Return a line for each alternative.

    Parameters
    ----------
    patches
        Name to changes of the manifests.
    spot
        Share of each pool's machines.
    reserve
        Term of a reservation.
    """
    found = [_patched(base, name, changes, tell) for name, changes in patches.items()]
    if spot is not None:
        found.append(_on_spot(base, spot))
    if reserve is not None:
        found += _reserved(base, reserve)
    return found


def _patched(base: WhatIfs, name: str, changes: Sequence[Change], tell: Callable[[str], None] | None) -> WhatIfPart:
    scenario = base.expected.scenario.with_patch(*changes)
    load = replace(load_of(scenario), rates=base.expected.load.rates)
    expected = replace(base.expected, scenario=scenario, load=load)
    capacity = capacity_of(scenario, load, *base.multiples, tell)
    money = money_of(expected, capacity, base.calibration)
    saving = base.money.total - money.total
    sentence = f"with {name}: {_usd(money.total)}, {_difference(saving)}"
    if money.unpriced != base.money.unpriced:
        sentence += "; not the same items have a price"
    return WhatIfPart(
        kind="patch",
        name=name,
        usd=Spread.of(money.total),
        saving_usd=Spread.of(saving),
        priced=True,
        sentence=sentence,
    )


def _on_spot(base: WhatIfs, share: float) -> WhatIfPart:
    name = f"{100 * share:g} % spot"
    missing, saving = [], np.zeros(len(base.money.total))
    for number, pool in _pools(base):
        dear, cheap = _price(base.expected.scenario, pool), _price(base.expected.scenario, pool, spot=True)
        if pool.spot:
            continue
        if dear is None or cheap is None:
            missing.append(pool.instance_type)
        else:
            saving += spot_hours(base.money.hours_at[:, number], share) * (dear - cheap)
    if missing:
        sentence = f"with {name}: not known, the price list has no spot price of {', '.join(missing)}{_where(base)}"
        return WhatIfPart(kind="spot", name=name, usd=None, saving_usd=None, priced=False, sentence=sentence)
    total = base.money.total - saving
    sentence = f"with {name}: {_usd(total)}, {_difference(saving)}; interruptions are not in it"
    return WhatIfPart(
        kind="spot", name=name, usd=Spread.of(total), saving_usd=Spread.of(saving), priced=True, sentence=sentence
    )  # fmt: skip


def _reserved(base: WhatIfs, term: Term) -> Iterator[WhatIfPart]:
    scenario = base.expected.scenario
    for number, pool in _pools(base):
        dear, reserved = _price(scenario, pool), _reserved_price(scenario, pool, term)
        if pool.spot:
            continue
        found = reserve(base.money.hours_at[:, number], dear or np.nan, reserved if dear is not None else None)
        name = f"a reservation of {pool.instance_type} for {term}"
        always = int((found.usage > 1 - 1e-9).sum())
        if dear is None or reserved is None:
            sentence = (
                f"with {name}: not known, the price list has no reserved price{_where(base)}; {always} machines are "
                f"needed in every hour, so that any price below {dear or float('nan'):.4g} USD an hour pays for them"
            )
            yield _reservation_part(base, pool, term, name, always, found.usage, sentence)
            continue
        before = base.money.hours_at[:, number] @ np.arange(base.money.hours_at.shape[2]) * dear
        saving = before - found.usd
        sentence = (
            f"with {name}: reserve {found.machines} machines (one pays when it is needed in "
            f"{100 * found.break_even:.0f} % of the hours): {_difference(saving)}, if the rest of the term is "
            "like this quarter"
        )
        part = _reservation_part(base, pool, term, name, found.machines, found.usage, sentence)
        yield part.model_copy(
            update={
                "break_even": found.break_even,
                "usd": Spread.of(base.money.total - saving),
                "saving_usd": Spread.of(saving),
                "priced": True,
            }
        )


def _reservation_part(
    base: WhatIfs, pool: NodePool, term: Term, name: str, machines: int, usage: Floats, sentence: str
) -> WhatIfPart:
    pools = base.expected.scenario.file.nodes
    return WhatIfPart(
        kind="reservation",
        name=name,
        pool=next(key for key, item in pools.items() if item is pool),
        machines=machines,
        term=term,
        usage=[float(share) for share in usage],
        usd=None,
        saving_usd=None,
        priced=False,
        sentence=sentence,
    )


def _pools(base: WhatIfs) -> list[tuple[int, NodePool]]:
    return [(number, base.expected.scenario.file.nodes[name]) for number, name in enumerate(base.money.pools)]


def _price(scenario: Scenario, pool: NodePool, *, spot: bool | None = None) -> float | None:
    assert scenario.prices is not None
    assert scenario.file.cost is not None
    wanted = pool.spot if spot is None else spot
    price = scenario.prices.instance(pool.instance_type, scenario.file.cost.region, spot=wanted)
    return None if price is None else price.usd_per_hour


def _reserved_price(scenario: Scenario, pool: NodePool, term: Term) -> float | None:
    assert scenario.prices is not None
    assert scenario.file.cost is not None
    price = scenario.prices.instance(
        pool.instance_type, scenario.file.cost.region, purchase="reserved_1y" if term == "1y" else "reserved_3y"
    )
    return None if price is None else price.usd_per_hour


def _where(base: WhatIfs) -> str:
    cost = base.expected.scenario.file.cost
    return f" in {cost.region}" if cost is not None and cost.region else ""


def _usd(values: Floats) -> str:
    low, median, high = np.quantile(values, [0.1, 0.5, 0.9])
    return f"{median:,.2f} USD ({low:,.2f} to {high:,.2f} in 80 % of the draws)"


def _difference(saving: Floats) -> str:
    low, median, high = np.quantile(saving, [0.1, 0.5, 0.9])
    if abs(median) < 0.005 and high - low < 0.01:
        return "the same"
    word = "less" if median >= 0 else "more"
    low, high = sorted((abs(low), abs(high))) if low * high > 0 else (low, high)
    return f"{abs(median):,.2f} USD {word} ({low:,.2f} to {high:,.2f})"
