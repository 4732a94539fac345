"""What figures rest on without knowing it: prices that lack or are old, numbers that are assumed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel

from fvcapacity.results.result import Result
from fvcapacity.results.summary import Part
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.topology import Distribution

UnknownKind = Literal["missing price", "price", "assumed"]
_SHOWN = 6


class UnknownPart(Part):
    """One thing that is not known for certain."""

    kind: UnknownKind
    sentence: str


def unknowns(scenario: Scenario, result: Result) -> list[UnknownPart]:
    """Return what a reader of a scenario's figures must not take for known.

    Parameters
    ----------
    scenario
        The scenario.
    result
        What its replay gave: its bill carries what is to be known of each price.
    """
    return [*_prices(result), *_assumed(scenario)]


def _prices(result: Result) -> Iterator[UnknownPart]:
    cost = result.summary["cost"]
    if cost is None:
        yield UnknownPart(kind="missing price", sentence="There is no price list: no money is known")
        return
    if cost["unpriced"]:
        message = f"Without a price, and left out of the cost: {', '.join(cost['unpriced'])}"
        yield UnknownPart(kind="missing price", sentence=message)
    bill = result.tables["bill"]
    if "note" not in bill:
        return
    priced = bill[bill["cost_usd"].notna() & (bill["note"] != "")]
    for note, rows in priced.groupby("note", sort=False):
        yield UnknownPart(kind="price", sentence=f"{_listed(list(dict.fromkeys(rows['item'])))}: {note}")


def _assumed(scenario: Scenario) -> Iterator[UnknownPart]:
    """Yield the services whose demands are assumed, not measured or documented."""
    topology = scenario.topology
    bases: dict[str, set[str]] = {
        name: set(_bases(service, service.basis or topology.basis)) for name, service in topology.services.items()
    }
    assumed = [name for name, found in bases.items() if "assumed" in found]
    if assumed:
        message = (
            f"The demands of {len(assumed)} of {len(bases)} services are assumed, not measured: {_listed(assumed)}"
        )
        yield UnknownPart(kind="assumed", sentence=message)


def _bases(model: object, inherited: str) -> Iterator[str]:
    """Yield the basis of every demand inside a model; what says nothing has that of what holds it."""
    if isinstance(model, dict | tuple | list):
        for item in model.values() if isinstance(model, dict) else model:
            yield from _bases(item, inherited)
    elif isinstance(model, BaseModel):
        own = getattr(model, "basis", None) or inherited
        if isinstance(model, Distribution):
            yield own
        for name in type(model).model_fields:
            yield from _bases(getattr(model, name), own)


def _listed(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
