"""Query profiles: which metric of an exporter is which of our measures, as a small YAML that a user can write."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from fvcapacity.errors import InputError, Problem
from fvcapacity.inputs.model_validation import nearest
from fvcapacity.inputs.prometheus.labels import LABEL_NAME, METRIC_NAME, Template, is_matchers
from fvcapacity.inputs.provenance import Measure
from fvcapacity.inputs.yaml_document import YamlDocument
from fvcapacity.inputs.yaml_source import load_model, parse_yaml, validate_model
from fvcapacity.scenario.base import Model

SHIPPED = (
    "ingress-nginx",
    "prom-client",
    "kube-state-metrics",
    "cadvisor",
    "postgres-exporter",
    "mongodb-exporter",
    "redis-exporter",
)
"""Names of the profiles that come with fvcapacity, in the order in which they are asked."""


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _not_empty(value: tuple[Any, ...]) -> tuple[Any, ...]:
    if not value:  # min_length would complain of lists whose entries are wrong, too
        raise ValueError("the list is empty; give one entry or more")
    return value


def _metric(value: str) -> str:
    if not METRIC_NAME.fullmatch(value):
        raise ValueError(f"{value!r} is no name of a metric; labels go into where:")
    return value


def _label(value: str) -> str:
    if not LABEL_NAME.fullmatch(value):
        raise ValueError(f"{value!r} is no name of a label")
    return value


def _template(value: str) -> str:
    problem = Template(value).problem() if value else ""
    if problem:
        raise ValueError(f"{value!r}: {problem}")
    return value


def _matchers(value: str) -> str:
    if not is_matchers(value):
        raise ValueError(f'{value!r} is no list of matchers; write it like container!="", image!=""')
    return value


def _regex(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"{value!r} is no regular expression: {error}") from None
    return value


LabelName = Annotated[str, AfterValidator(_label)]
NameTemplate = Annotated[str, AfterValidator(_template)]


class ProfileQuery(Model):
    """One metric, and what it tells."""

    name: str = Field(min_length=1, description="Short name of the query, unique in the profile.")
    metric: Annotated[
        tuple[Annotated[str, AfterValidator(_metric)], ...],
        BeforeValidator(_listed, json_schema_input_type=str | list[str]),
        AfterValidator(_not_empty),
        Field(
            description="Name of the metric; of several, the first that the server has is taken.",
            json_schema_extra={"minItems": 1},
        ),
    ]
    kind: Literal["counter", "gauge", "histogram"] = Field(
        description="How it is read: growth of a counter, mean of a gauge, growth of a histogram's buckets."
    )
    measure: Measure | None = Field(None, description="What it measures; a histogram measures response times.")
    where: Annotated[str, AfterValidator(_matchers)] = Field("", description="Matchers of labels, as PromQL has them.")
    namespace: Annotated[
        tuple[LabelName, ...], BeforeValidator(_listed, json_schema_input_type=str | list[str])
    ] = Field(
        ("namespace",), description="Label of the namespace (the first that the series have); [] for none."
    )  # fmt: skip
    service: NameTemplate = Field(
        "{workload}",
        description="Name of the service, of labels; {workload} is the pod's Deployment, StatefulSet ... "
        "Empty where the series tell of routes alone.",
    )
    pod: LabelName = Field("pod", description="Label that names the pod, for {workload}.")
    route: NameTemplate = Field("", description="Name of the route, of labels; empty where there are no routes.")
    failed: dict[LabelName, Annotated[str, AfterValidator(_regex)]] = Field(
        default_factory=dict, description="Labels and patterns of series that count failed requests."
    )
    identity: tuple[LabelName, ...] = Field(
        (), description="Labels that tell a series from others; series that agree in them are one, counted once. "
        "Default: all labels but those that say who scraped."
    )  # fmt: skip
    over_time: Literal["avg", "max", "min", "last"] = Field("avg", description="A gauge's samples of one interval.")
    across: Literal["sum", "max"] = Field("sum", description="A gauge's series of one service.")
    scale: float = Field(1.0, gt=0, description="Factor to our unit (0.001 for milliseconds).")
    required: bool = Field(False, description="Whether its absence is an error.")

    @model_validator(mode="after")
    def _fits(self) -> ProfileQuery:
        if self.kind == "histogram" and self.measure is not None:
            raise ValueError("a histogram measures response times; leave measure out")
        if self.kind != "histogram" and self.measure is None:
            raise ValueError("measure is missing: say what the metric measures")
        if self.kind == "gauge" and (self.route or self.failed):
            raise ValueError("route and failed belong to counters and histograms, not to a gauge")
        if not self.service and (not self.route or self.measure not in (None, "requests")):
            raise ValueError("without a service there has to be a route, for requests or response times")
        if self.failed and self.measure != "requests":
            raise ValueError("failed belongs to measure: requests")
        return self


class Profile(Model):
    """What one exporter tells."""

    profile: str = Field(min_length=1, description="Name of the profile.")
    about: str = Field("", description="What it reads, in a sentence.")
    queries: Annotated[tuple[ProfileQuery, ...], AfterValidator(_not_empty)] = Field(
        description="Its metrics.", json_schema_extra={"minItems": 1}
    )


def load_profiles(names: Iterable[str]) -> list[Profile]:
    """Return profiles: shipped ones by name, others by path; all of the shipped ones when none is named.

    Raises
    ------
    InputError
        With all problems of all of them.
    """
    profiles: list[Profile] = []
    problems: list[Problem] = []
    for name in tuple(names) or SHIPPED:
        try:
            profiles.append(_load(name))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return profiles


def shipped_text(name: str) -> str:
    """Return the text of a shipped profile, as a start for one's own."""
    return files("fvcapacity.inputs.prometheus").joinpath("profiles", f"{name}.yaml").read_text(encoding="utf-8")


def profile_schema() -> dict[str, Any]:
    """Return the JSON Schema of a profile."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Profile.model_json_schema()}


def _load(name: str) -> Profile:
    if name in SHIPPED:
        document = parse_yaml(shipped_text(name), f"{name}.yaml")[0]
        profile, problems = validate_model(Profile, document)
        if profile is None:
            raise InputError(problems)
    elif "/" not in name and not name.endswith((".yaml", ".yml", ".json")):
        close = nearest(name, SHIPPED)
        hint = f"did you mean {close!r}?" if close else f"shipped: {', '.join(SHIPPED)}; or give the path of a file"
        raise InputError(Problem(f"no profile is named {name!r}", field="--profile", hint=hint, rule="unknown-profile"))
    else:
        profile, document = load_model(Path(name), Profile)
    problems = _twice(profile, document)
    if problems:
        raise InputError(problems)
    return profile


def _twice(profile: Profile, document: YamlDocument) -> list[Problem]:
    seen: set[str] = set()
    problems = []
    for number, query in enumerate(profile.queries):
        if query.name in seen:
            place = document.location(("queries", number, "name"))
            message = f"a second query is named {query.name!r}"
            problems.append(Problem(message, place, f"queries[{number}].name", "rename one", rule="name-twice"))
        seen.add(query.name)
    return problems
