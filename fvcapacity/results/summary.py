"""The summary of a result: what ``--format json`` prints and ``summary.json`` holds.

The models are strict and are the only way to make a summary, so that every document fits the JSON Schema in
``docs/reference/summary.schema.json``, which is generated from them. Figures that do not exist (a percentile of no
request, an interval of one replication) are null.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

SCHEMA_VERSION: Final = "fvcapacity/summary/1"
"""Changes when a reader of older documents would stumble."""

Status = Literal["holds", "missed", "nothing to judge"]
Share = Annotated[float, Field(ge=0)]


class Part(BaseModel):
    """A part of the summary: frozen, no unknown keys, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class Figure(Part):
    """A mean over replications and its 95 % confidence interval (Student's t)."""

    mean: float | None = Field(description="null when there was nothing to measure")
    low_95: float | None = Field(description="null with one replication: it allows no interval")
    high_95: float | None


def _utc(text: str) -> str:
    if not text.endswith("Z"):
        raise ValueError(f"{text!r} is no instant in UTC")
    return text


Utc = Annotated[str, AfterValidator(_utc), Field(description="ISO 8601 in UTC", examples=["2026-02-14T21:20:00Z"])]


class ScenarioPart(Part):
    """What was asked."""

    name: str
    description: str
    sha256: str = Field(description="of the scenario as run and the hashes of its inputs")
    start_utc: Utc
    time_zone: str
    duration_s: float
    warm_up_s: float
    traffic: str = Field(description="where the traffic comes from, in words")
    inputs: dict[str, str] = Field(description="SHA-256 of every file that was read")
    findings: list[str] = Field(description="what was remarkable when the scenario was loaded")


class StoppingPart(Part):
    """Why a run of an open number of replications stopped (``--precision``)."""

    measure: Literal["p95", "errors", "cost"]
    precision_percent: float = Field(description="asked: half of the 95 % interval, in percent of the mean")
    reached_percent: float | None = Field(description="reached; null when there is no interval or nothing to divide by")
    replications: int
    max_replications: int
    reason: Literal["precise", "constant", "undefined", "maximum", "interrupted"] = Field(
        description="constant: the same in every replication; undefined: no replication has a figure"
    )
    sentence: str


class RunPart(Part):
    """What is needed to repeat the run, and how far it came."""

    plane: str
    seed: int
    replications: int = Field(description="replications in this result")
    asked_replications: int
    replications_in_figures: int = Field(description="the complete ones; all when none is complete")
    stopping: StoppingPart | None = Field(default=None, description="null when the number of replications was fixed")
    complete: bool = Field(description="false when the run was interrupted")
    simulated_s: list[float] = Field(description="seconds of the window that each replication simulated")
    kubernetes: str = Field(description="release whose rules are emulated")
    versions: dict[str, str]


class ScopePart(Part):
    """One objective on one route, or on ``all``."""

    scope: str
    status: Status
    judged_windows: int
    failing_windows: int
    failing_percent: float
    worst_value: float | None
    worst_utc: Utc | None


class ObjectivePart(Part):
    """One objective over all its scopes. ``threshold`` and ``worst_value`` are in ``unit``."""

    objective: Literal["p95", "errors"]
    threshold: float
    unit: Literal["ms", "%"]
    allowed_failing_percent: float
    status: Status
    reason: str
    held_in_replications: int
    scopes: list[ScopePart]


class VerdictPart(Part):
    """Whether the objectives are kept."""

    status: Status
    reason: str
    objectives: list[ObjectivePart]


class FindingPart(Part):
    """One thing that was found; ``lost_s`` is per replication."""

    kind: str
    subject: str
    sentence: str
    lost_s: Share
    share_percent: Share


class BottleneckPart(Part):
    """What holds the system back."""

    sentence: str
    findings: list[FindingPart]


class RoutePart(Part):
    """One route, or ``all``: means over replications."""

    route: str
    user: bool
    requests: Figure
    served: Figure
    failed: Figure
    open_at_end: Figure
    errors_by_cause: dict[str, float] = Field(description="mean number of failed requests; causes without any left out")
    error_ratio: Figure
    p50_s: Figure
    p90_s: Figure
    p95_s: Figure
    p99_s: Figure


class ServicePart(Part):
    """One service: means over replications; restarts, kills and memory: the largest replication."""

    service: str
    workload: str
    replicas_min: int | None = Field(description="ready pods at the minute samples; null without samples")
    replicas_max: int | None
    visits: Figure
    failed: Figure
    refused: Figure
    cpu_core_s: Figure
    cpu_limit_cores: float | None
    throttled_periods_ratio: Figure
    elapsed_mean_s: Figure
    queue_wait_mean_s: Figure
    queue_share: Figure
    cpu_share: Figure
    throttled_share: Figure
    others_share: Figure
    restarts_max: int
    oom_kills_max: int
    memory_peak_bytes: int
    memory_limit_bytes: int | None


class ScalingPart(Part):
    """How one workload was scaled over all replications."""

    workload: str
    hpa_minimum: int | None = Field(description="null when no HPA scales it")
    hpa_maximum: int | None
    desired_min: int
    desired_max: int
    ready_min: int
    ready_max: int
    pending_max: int
    minutes_at_maximum: Figure


class NodesPart(Part):
    """One node pool over all replications."""

    pool: str
    nodes_min: int
    nodes_max: int
    node_hours: Figure


class RecoveryPart(Part):
    """What one schedule of backups is good for. Estimated from data and throughput, not simulated."""

    backup: str
    schedule: str = Field(description="cron line in UTC")
    method: Literal["file-system", "snapshot"]
    services: list[str]
    runs_in_window: int
    data_bytes: int = Field(description="saved by one backup")
    stored_bytes: int = Field(description="of all that are kept: the first whole, the later ones what has changed")
    duration_s: float = Field(description="of one backup, its volumes one after the other")
    rpo_s: float = Field(description="how old the last good backup is at worst")
    rto_s: float = Field(description="from a disaster until the pods are ready again")
    basis: Literal["documented", "measured", "assumed"] | None
    sentence: str


class CostPart(Part):
    """Money for the window, not for a month."""

    total_usd: Figure
    by_category_usd: dict[str, Figure]
    per_thousand_served_usd: Figure
    currency: str
    unpriced: list[str] = Field(description="items of the bill without a price: every figure here leaves them out")


class Summary(Part):
    """The whole summary."""

    model_config = ConfigDict(title="Summary of a fvcapacity result")

    schema_version: Literal["fvcapacity/summary/1"]
    scenario: ScenarioPart
    run: RunPart
    verdict: VerdictPart
    bottleneck: BottleneckPart
    percentile_relative_error: float = Field(description="largest relative error of every percentile")
    routes: list[RoutePart]
    services: list[ServicePart]
    scaling: list[ScalingPart]
    nodes: list[NodesPart]
    cost: CostPart | None
    recovery: list[RecoveryPart] = Field(default=[], description="one a schedule of backups")
    notes: list[str] = Field(description="what a reader must know to read the figures")


def summary_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a summary."""
    schema = Summary.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
