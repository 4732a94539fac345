"""Rules of the user's own for what rows of a bill pay for, where the providers' words do not say it.

::

    rules:
      - where: {ServiceName: "^Acme Hosting$", ChargeDescription: "root server (?P<name>[A-Z0-9]+)"}
        kind: instance
      - where: {ServiceName: Domains}
        kind: other
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, field_validator

from fvcapacity.inputs.bills.bill import Kind, Purchase, Recognised
from fvcapacity.inputs.yaml_source import load_model
from fvcapacity.scenario.base import Model


class MapRule(Model):
    """One rule: rows that it fits are of a kind."""

    where: dict[str, str] = Field(min_length=1)
    """Column to a regular expression that its cell must hold; all of them must fit. A group ``name`` is the name."""
    kind: Kind
    name: str = ""
    """Instance type, disk family and so on."""
    purchase: Purchase = "on_demand"

    @field_validator("where")
    @classmethod
    def _expressions(cls, where: dict[str, str]) -> dict[str, str]:
        for column, pattern in where.items():
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} for {column} is no regular expression: {error}") from None
        return where

    def recognise(self, cells: Mapping[str, str]) -> Recognised | None:
        """Return what a row is; None when the rule does not fit."""
        name = self.name
        for column, pattern in self.where.items():
            found = re.search(pattern, cells.get(column, ""))
            if found is None:
                return None
            name = found.groupdict().get("name") or name
        return Recognised(self.kind, name, self.purchase)


class BillMap(Model):
    """A file of rules; the first that fits counts."""

    rules: tuple[MapRule, ...] = Field(min_length=1)

    @property
    def columns(self) -> set[str]:
        """Columns that the rules ask for."""
        return {column for rule in self.rules for column in rule.where}

    def recognise(self, cells: Mapping[str, str]) -> Recognised | None:
        """Return what a row is; None when no rule fits."""
        return next((found for rule in self.rules if (found := rule.recognise(cells)) is not None), None)


def load_bill_map(path: str | Path) -> BillMap:
    """Read a file of rules.

    Raises
    ------
    InputError
        With all problems of the file.
    """
    found, _ = load_model(path, BillMap)
    return found
