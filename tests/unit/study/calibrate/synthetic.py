"""Measurements of the two-route shop of tests/support/shops.py with known demands, made without a simulation."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

import fvcapacity as fv
from fvcapacity.inputs.measurements import TRAFFIC, USAGE, Measurements, Provenance, joined
from fvcapacity.scenario.model import Scenario
from fvcapacity.tabular.frames import conform
from tests.support.shops import write_shop

START = datetime(2026, 3, 2, tzinfo=UTC)
DEMANDS_S = {"list": 0.021, "buy": 0.055}
BACKGROUND = 0.004
BASE, EACH = 60 * 2**20, 300 * 2**10


def scenario(directory: Path, **files: str) -> Scenario:
    return fv.load_scenario(write_shop(directory, **files))


@dataclass
class Made:
    """Measurements in the making: change an array, then call `measurements`."""

    intervals: int = 2880
    interval_s: float = 15.0
    seed: int = 0
    carry: float = 0.0
    noise: float = 0.4
    counts: dict[str, np.ndarray] = field(default_factory=dict)
    usage: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        day = 1 + 0.6 * np.sin(np.arange(self.intervals) * self.interval_s / 86400 * 2 * np.pi)
        self.counts = {"list": rng.poisson(30 * day).astype(float), "buy": rng.poisson(10 * day).astype(float)}
        self.usage = {"pods": np.ones(self.intervals)}
        self.finish(rng)

    def finish(self, rng: np.random.Generator) -> None:
        """Work out CPU, memory and visits from the counts."""
        work = np.zeros(self.intervals)
        for route, demand in DEMANDS_S.items():
            x = self.counts[route]
            mean = demand * ((1 - self.carry) * x + self.carry * np.concatenate([[x[0]], x[:-1]]))
            work += mean + rng.normal(size=self.intervals) * demand * self.noise * np.sqrt(x)
        pods = self.usage["pods"]
        open_requests = rng.poisson(0.4 * (self.counts["list"] + self.counts["buy"]) / 10).astype(float)
        self.usage |= {
            "cpu_core_s": np.maximum(work, 0) + BACKGROUND * pods * self.interval_s,
            "requests": self.counts["list"] + self.counts["buy"],
            "failed": np.zeros(self.intervals),
            "open_requests": open_requests,
            "memory_bytes": BASE * pods + EACH * open_requests + rng.normal(size=self.intervals) * 2**16,
        }

    def measurements(self, service: str = "shop") -> Measurements:
        times = pd.date_range(START, periods=self.intervals, freq=pd.Timedelta(self.interval_s, "s"))
        traffic = pd.concat(
            pd.DataFrame({"time_utc": times, "route": route, "requests": counts, "failed": 0.0})
            for route, counts in self.counts.items()
        )
        usage = [
            pd.DataFrame({"time_utc": times, "service": service, "measure": name, "value": values})
            for name, values in self.usage.items()
        ]
        provenance = Provenance(source="made", start=START, end=times[-1].to_pydatetime(), interval_s=self.interval_s)
        return Measurements(provenance, conform(TRAFFIC, traffic), joined(USAGE, usage))
