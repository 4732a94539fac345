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
    """Requests come in clusters."""
    mean_size: float = Field(default=1.6, gt=0, le=100)
    """Requests of one user, on average."""
    spread: DurationNs = 3_000_000_000
    """Mean time by which a request follows its user."""


class PoissonArrivals(Model):
    """A Poisson stream with the given rate."""

    kind: Literal["poisson"] = "poisson"
    """Requests know nothing of each other."""


class GammaArrivals(Model):
    """A Poisson stream whose rate is mixed by a gamma variable in every ``slot``.

    ``dispersion`` is the variance/mean of the counts of one slot.
    """

    kind: Literal["gamma"] = "gamma"
    """The rate itself varies at random."""
    dispersion: float = Field(default=2.1, gt=1, le=100)
    """Variance over mean of the counts of one slot."""
    slot: DurationNs = 10_000_000_000
    """Length of a stretch with one rate."""


Arrivals = ClusteredArrivals | PoissonArrivals | GammaArrivals


class TrafficEvent(Model):
    """A planned change of the traffic, such as a campaign: "from 18:00 for 2 h, times 2.5"."""

    name: str = ""
    """For reports."""
    start: datetime
    """Local time of the scenario's time zone, unless it carries an offset."""
    duration: DurationNs = Field(gt=0)
    """How long it is at its height."""
    ramp: DurationNs = 0
    """Linear rise before ``start`` and fall after the end."""
    multiply: float = Field(default=1.0, ge=0)
    """Factor on the traffic at its height."""
    shares: dict[str, float] = Field(default_factory=dict)
    """Factor on single routes while the event lasts; the total is then scaled back to stay the same."""
    basis: Basis | None = None
    source: str = ""


class WeeklyShape(Model):
    """Requests a second by hour of the week: ``mean_rps`` times a factor table."""

    file: str
    """YAML with ``hour_of_week`` (168 factors, Monday 00:00 first, mean 1)."""
    mean_rps: float = Field(gt=0)
    """Requests a second, on average over the week."""


class UserStage(Model):
    """From ``at`` (after the start) so many virtual users are active."""

    at: DurationNs
    """Since the start of the window."""
    users: int = Field(ge=0, le=100_000)
    """Virtual users from then on."""


class ClosedLoop(Model):
    """Virtual users who visit ``journey`` over and over, thinking in between (a load test)."""

    journey: tuple[str, ...] = Field(min_length=1)
    """Routes that a user visits, one after the other, over and over."""
    think: DurationNs = 1_000_000_000
    """From an answer to the next request."""
    stages: tuple[UserStage, ...] = Field(min_length=1)
    """How many users there are, and when."""
    max_rps: float | None = Field(default=None, gt=0)
    """Most requests a second that the load generator sends; None: no limit."""


class Traffic(Model):
    """Exactly one source (``weekly``, ``file`` or ``users``), and what is done to it."""

    weekly: WeeklyShape | None = None
    """Rates by the hour of the week."""
    file: str | None = None
    """Counts of requests by interval (CSV, Parquet), with a column ``route`` or without one."""
    users: ClosedLoop | None = None
    """A closed loop: a load test."""
    sparse: bool = False
    """The file lists non-zero intervals only: what it leaves out is zero. (Also by a first line ``# sparse``.)"""
    read_from: datetime | None = None
    """Instant of the file that the scenario's start is; default: the scenario's start itself."""
    scale: float = Field(default=1.0, ge=0)
    """Factor on everything."""
    arrivals: Arrivals = Field(default=ClusteredArrivals(), discriminator="kind")
    """How requests arrive within an interval."""
    events: tuple[TrafficEvent, ...] = ()
    """Planned changes, on top of each other."""
    fill_gaps: Literal["refuse", "zero", "interpolate"] = "refuse"
    """What to do where the file has no figure inside the window: a gap is missing, never zero."""

    @model_validator(mode="after")
    def _one_source(self) -> Traffic:
        given = [name for name in ("weekly", "file", "users") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"traffic needs exactly one of weekly, file, users; this has {given or 'none'}")
        return self
