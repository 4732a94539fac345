"""Read a price list."""

from __future__ import annotations

from pathlib import Path

from fvcapacity.errors import Location, PriceError, Problem
from fvcapacity.inputs.model_validation import nearest
from fvcapacity.inputs.yaml_document import YamlDocument
from fvcapacity.inputs.yaml_source import load_model
from fvcapacity.scenario.prices import PriceList


def load_price_list(path: str | Path) -> PriceList:
    """Read and check a price list.

    Raises
    ------
    PriceError
        With all problems of the file: what is not a price, figures given twice, names that the list lacks.
    """
    prices, document = load_model(path, PriceList, PriceError)
    problems = [*_twice(prices, document), *_unsold(prices, document), *_unknown_names(prices, document)]
    if problems:
        raise PriceError(problems)
    return prices


def _twice(prices: PriceList, document: YamlDocument) -> list[Problem]:
    first: dict[object, Location] = {}
    problems = []
    for number, price in enumerate(prices.prices):
        place = document.location(("prices", number))
        if price.identity in first:
            message = f"{price.kind} {price.name!r} ({price.purchase}) has a second price in region {price.region!r}"
            hint = f"keep one; the first stands in line {first[price.identity].line}"
            problems.append(Problem(message, place, f"prices[{number}]", hint, rule="price-twice"))
        first.setdefault(price.identity, place)
    return problems


def _unsold(prices: PriceList, document: YamlDocument) -> list[Problem]:
    """Complain about disks of a size that the list says is not sold: no claim would ever pay for them."""
    problems = []
    for number, price in enumerate(prices.prices):
        sold = prices.disk_sizes.get(price.name, ())
        if price.kind == "volume" and sold and price.size_gib not in sold:
            path = ("prices", number, "size_gib")
            size = "no size" if price.size_gib is None else f"{price.size_gib:g} GiB"
            message = f"{size} is not among the disk_sizes of {price.name!r}"
            hint = "add the size to disk_sizes, or correct it"
            problems.append(
                Problem(message, document.location(path), f"prices[{number}].size_gib", hint, rule="unsold-size")
            )
    return problems


def _unknown_names(prices: PriceList, document: YamlDocument) -> list[Problem]:
    """Complain about defaults and storage classes that name what the list has no figure for."""
    wanted = [(("defaults", kind), kind, name) for kind, name in prices.defaults if name is not None]
    wanted += [(("storage_classes", key), "volume", name) for key, name in prices.storage_classes.items()]
    problems = []
    for path, kind, name in wanted:
        known = sorted({price.name for price in prices.prices if price.kind == kind})
        if name not in known:
            close = nearest(name, known)
            hint = f"did you mean {close!r}?" if close else f"names of the list: {', '.join(known) or 'none'}"
            message = f"the list has no {kind} named {name!r}"
            problems.append(Problem(message, document.location(path), ".".join(path), hint, rule="unknown-price"))
    return problems
