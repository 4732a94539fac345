"""The parts of a recommendation's document: strict models, from which its JSON Schema is made."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from fvcapacity.recommend.answer import AnswerVerdict
from fvcapacity.recommend.slack import Cause
from fvcapacity.results.summary import Figure, Part, Utc
from fvcapacity.scenario.paths.values import Value
from fvcapacity.scenario.recommendation import Bound


class MoneyPart(Part):
    """A month by the scenario's calendar, in USD; null where it was not worked out."""

    today_usd: float | None = Field(description="from bills of the search's replays")
    usd: float | None
    today_proven_usd: Figure | None = Field(description="from bills of the proof's replays, with other seeds")
    proven_usd: Figure | None


class FieldPart(Part):
    """A field of the system that was decided, with its sentence."""

    path: str
    owner: str = Field(description="workload that it belongs to, or the object itself")
    today: Value
    value: Value = Field(description="null: not written")
    changes: bool
    why: str


class ObjectPart(Part):
    """A new object that goes along."""

    kind: str
    name: str
    namespace: str
    spec: dict[str, Any]
    why: str


class PointPart(Part):
    """A candidate that holds at the peaks, and than which none that was tried is both cheaper and faster."""

    values: dict[str, Value]
    machines_usd: float = Field(description="a month of the machines as the search reckons it; no bill")
    requests_usd: float = Field(description="a month of the machines' shares that are requested")
    p95_s: float


class NearestPart(Part):
    """What comes nearest where nothing holds."""

    values: dict[str, Value]
    excess: float | None = Field(description="its worst figure over its threshold; null when it has none")
    why_not: str
    bears: float | None = Field(description="largest multiple of the traffic that it was seen to bear")


class PlacePart(Part):
    """Where candidates were tried out."""

    stretch: str
    start_utc: Utc
    duration_s: float
    reason: str
    replication: int


class ProofPart(Part):
    """One system over one part of the time, replayed with seeds that the search has not seen."""

    part: Literal["history", "holdout"]
    trials: int
    held: int
    p95_s: Figure = Field(description="over all user requests; of the worst stretch")
    error_ratio: Figure
    oom_kills: int
    throttled_ratio: float = Field(description="of the service with the most, at most")
    slack_ratio: float | None = Field(description="CPU requested and not used, over what is requested")
    first_failure: str


class SystemPart(Part):
    """A system of the proof."""

    name: str
    values: dict[str, Value]
    holds: bool
    usd: Figure | None
    proofs: list[ProofPart]
    why_not: str = Field(description="why it could not be replayed at all; else empty")


class EvidencePart(Part):
    """The proof."""

    sentence: str
    holds: bool
    cheaper_than: list[str] = Field(description="systems that hold too and cost more")
    beaten_by: list[str] = Field(description="systems that hold too and cost less")
    systems: list[SystemPart]


class ContainerPart(Part):
    """What a container requests with the recommendation, and what it uses at the peaks."""

    container: str
    cpu_request_cores: float | None
    cpu_used_cores: float | None = Field(description="covers the policy's share of the container-minutes")
    memory_request_bytes: int | None
    memory_used_bytes: float | None = Field(description="the largest working set")


class IdlePart(Part):
    """One container's part of the slack, over a month."""

    container: str
    requested_cores: float = Field(description="of a pod")
    used_cores: float = Field(description="of a pod; the mean")
    slack_ratio: float
    core_hours: float = Field(description="requested and not used, of all pods")
    usd: float = Field(description="what that share of the cheapest machine costs")
    cause: Cause = Field(
        description="least: the least that the policy lets anything request; cover: as little as covers what is used; "
        "scaled: beyond that, of what an HPA scales by its CPU; "
        "more: all else"
    )


class SlackPart(Part):
    """CPU that is requested and not used, over a month of the history."""

    sentence: str
    ratio: float | None
    covered_ratio: float | None = Field(description="share of the container-minutes in which no more is used")
    parts: list[IdlePart]


class MissingPart(Part):
    """What of the history's traffic was filled in."""

    intervals: int
    filled: int
    ratio: float
    longest_gap_s: float


class PolicyPart(Part):
    """What was kept to besides the objectives, widened for missing traffic."""

    pins: list[str]
    bounds: dict[str, Bound]
    cover_percent: float
    memory_margin_percent: float
    quota_margin_percent: float
    cpu_limits: bool
    throttled_percent: float | None
    headroom: str
    surge: bool


class RecommendationDocument(Part):
    """The whole document."""

    model_config = ConfigDict(title="A recommendation of fvcapacity")

    schema_version: Literal["fvcapacity/recommendation/1"]
    scenario: str
    sha256: str = Field(description="of the scenario and the hashes of its inputs")
    seed: int
    verdict: AnswerVerdict
    sentence: str
    nearest: str = Field(description="the nearest thing that can be had; empty when there is a recommendation")
    complete: bool = Field(description="false when the search ran out of time")
    money: MoneyPart
    fields: list[FieldPart] = Field(description="all that was decided, also what stays")
    objects: list[ObjectPart]
    pools: dict[str, dict[str, Any] | None] = Field(
        description="node pools that come, as a scenario writes them; null: it goes"
    )
    front: list[PointPart]
    nearest_candidate: NearestPart | None
    mended: list[str] = Field(description="what it took to get to something that holds")
    tried_at: list[PlacePart]
    candidates: int = Field(description="that were tried on all of these places")
    evidence: EvidencePart | None
    containers: list[ContainerPart]
    slack: SlackPart | None
    binding: dict[str, int] = Field(description="constraint to how many fields it keeps from being cheaper")
    policy: PolicyPart
    missing: MissingPart
    notes: list[str]
