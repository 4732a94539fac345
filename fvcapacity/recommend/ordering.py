"""The order in which changed fields are read: first what the objectives need more of, then what can be saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from fvcapacity.units import parse_quantity

T = TypeVar("T")


def needed_first(fields: Iterable[T], values: Callable[[T], tuple[Any, Any]]) -> list[T]:
    """Return fields with those that grow before the others, which both keep their order.

    Parameters
    ----------
    fields
        What changes.
    values
        Returns what a field says today and what it is to say: quantities, numbers, or None for nothing.
    """
    return sorted(fields, key=lambda field: not _grows(*values(field)))


def _grows(today: Any, value: Any) -> bool:
    """Tell whether something becomes more; a limit that is taken away is more than any."""
    if today is None or value is None:
        return today is not None
    try:
        return parse_quantity(today) < parse_quantity(value)
    except (TypeError, ValueError):  # a name, such as the type of a machine
        return False
