"""The ends of the pipeline that read: scenarios, manifests, traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fvcapacity.inputs.scenario import load_scenario

__all__ = ["load_scenario"]


def __getattr__(name: str) -> Any:
    """Import the loader at its first use: who reads YAML alone loads no tables and no scenario models."""
    if name != "load_scenario":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from fvcapacity.inputs.scenario import load_scenario

    return load_scenario
