"""What the user says about traffic: how much, when, and with what burstiness."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field, model_validator

from fvcapacity.scenario.base import Basis, DurationNs, Model


class ClusteredArrivals(Model):
    """Neyman-Scott process: users come as a Poisson stream, each brings a small cluster of requests.

    Sizes are Poisson with ``mean_size``; each request follows its user by an exponential time of mean
    ``spread``. Counts then have variance/mean 1 + mean_size over long intervals.
    """

    kind: Literal["cluster"] = "cluster"
    mean_size: float = Field(default=1.6, gt=0, le=100)
    spread: DurationNs = 3_000_000_000


class PoissonArrivals(Model):
    """A Poisson stream with the given rate."""

    kind: Literal["poisson"] = "poisson"


class GammaArrivals(Model):
    """A Poisson stream whose rate is mixed by a gamma variable in every ``slot``.

    ``dispersion`` is the variance/mean of the counts of one slot.
    """

    kind: Literal["gamma"] = "gamma"
    dispersion: float = Field(default=2.1, gt=1, le=100)
    slot: DurationNs = 10_000_000_000


Arrivals = ClusteredArrivals | PoissonArrivals | GammaArrivals


class TrafficEvent(Model):
    """A planned change of the traffic, such as a campaign: "from 18:00 for 2 h, times 2.5"."""

    name: str = ""
    start: datetime
    duration: DurationNs = Field(gt=0)
    ramp: DurationNs = 0
    """Linear rise before ``start`` and fall after the end."""
    multiply: float = Field(default=1.0, ge=0)
    shares: dict[str, float] = Field(default_factory=dict)
    """Factor on single routes while the event lasts; the total is then scaled back to stay the same."""
    basis: Basis | None = None
    source: str = ""


class WeeklyShape(Model):
    """Requests a second by hour of the week: ``mean_rps`` times a factor table."""

    file: str
    """YAML with ``hour_of_week`` (168 factors, Monday 00:00 first, mean 1)."""
    mean_rps: float = Field(gt=0)


class UserStage(Model):
    """From ``at`` (after the start) so many virtual users are active."""

    at: DurationNs
    users: int = Field(ge=0, le=100_000)


class ClosedLoop(Model):
    """Virtual users who visit ``journey`` over and over, thinking in between (a load test)."""

    journey: tuple[str, ...] = Field(min_length=1)
    think: DurationNs = 1_000_000_000
    stages: tuple[UserStage, ...] = Field(min_length=1)
    max_rps: float | None = Field(default=None, gt=0)


class Traffic(Model):
    """Exactly one source (``weekly``, ``file`` or ``users``), and what is done to it."""

    weekly: WeeklyShape | None = None
    file: str | None = None
    users: ClosedLoop | None = None
    sparse: bool = False
    """The file lists non-zero intervals only: what it leaves out is zero. (Also by a first line ``# sparse``.)"""
    read_from: datetime | None = None
    """Instant of the file that the scenario's start is; default: the scenario's start itself."""
    scale: float = Field(default=1.0, ge=0)
    arrivals: Arrivals = Field(default=ClusteredArrivals(), discriminator="kind")
    events: tuple[TrafficEvent, ...] = ()
    fill_gaps: Literal["refuse", "zero", "interpolate"] = "refuse"
    """What to do where the file has no figure inside the window: a gap is missing, never zero."""

    @model_validator(mode="after")
    def _one_source(self) -> Traffic:
        given = [name for name in ("weekly", "file", "users") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"traffic needs exactly one of weekly, file, users; this has {given or 'none'}")
        return self
