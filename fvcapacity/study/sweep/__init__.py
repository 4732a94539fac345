"""Sweeps: a scenario over the grid of the values of some fields, on one machine or on many."""

from __future__ import annotations

from fvcapacity.study.sweep.sweep import Sweep, sweep

__all__ = ["Sweep", "sweep"]
