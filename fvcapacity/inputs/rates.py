"""Read a file of exchange rates."""

from __future__ import annotations

from pathlib import Path

from fvcapacity.errors import PriceError
from fvcapacity.inputs.yaml_source import load_model
from fvcapacity.scenario.costs import Rate, RateList


def load_rates(path: str | Path) -> tuple[Rate, ...]:
    """Read and check a file of exchange rates (see ``data/prices/rates.yaml``).

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    tuple of Rate
        What a US dollar is worth in each currency, with the day and the source of the rate.

    Raises
    ------
    PriceError
        With all problems of the file.
    """
    return load_model(path, RateList, PriceError)[0].rates
