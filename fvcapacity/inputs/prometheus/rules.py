"""Rules as Prometheus and the Prometheus Operator read them: groups of recording and alerting rules, with their places.

Plain rule files (``groups:``), ``PrometheusRule`` objects, and lists of them as ``kubectl get -o yaml`` prints them.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from fvcapacity.errors import InputError, Location, Problem, SourceError
from fvcapacity.frozen import Frozen, field
from fvcapacity.inputs.prometheus.programs import run_promtool
from fvcapacity.inputs.yaml_source import YamlDocument, load_yaml, validate_model
from fvcapacity.scenario.base import Model
from fvcapacity.units import parse_duration_ns

DEFAULT_INTERVAL_NS = 60 * 10**9
"""``global.evaluation_interval`` of Prometheus, which holds for groups that name none."""
_YEAR = re.compile(r"(\d+)y")


def _duration(value: Any) -> Any:
    if value in (0, "0"):
        return 0
    if isinstance(value, str):
        return parse_duration_ns(_YEAR.sub(lambda found: f"{int(found[1]) * 365}d", value))
    raise ValueError("a duration is written with its unit, like 30s or 5m")


RuleDuration = Annotated[int, BeforeValidator(_duration)]


class _Rule(Model):
    record: str | None = None
    alert: str | None = None
    expr: str
    hold: RuleDuration = Field(default=0, alias="for")
    keep_firing_for: RuleDuration = 0
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one(self) -> _Rule:
        if (self.record is None) == (self.alert is None):
            raise ValueError("a rule is either a record or an alert")
        if self.record is not None and (self.hold or self.keep_firing_for or self.annotations):
            raise ValueError("for, keep_firing_for and annotations are those of alerts, not of records")
        return self


class _Group(Model):
    model_config = ConfigDict(frozen=True, extra="ignore")  # other systems' fields, such as partial_response_strategy

    name: str
    interval: RuleDuration = DEFAULT_INTERVAL_NS
    limit: int = Field(default=0, ge=0)
    labels: dict[str, str] = Field(default_factory=dict)
    rules: tuple[_Rule, ...] = ()


class _File(Model):
    groups: tuple[_Group, ...]


class _Object(Model):
    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Literal["PrometheusRule"]
    spec: _File


class _List(Model):
    model_config = ConfigDict(frozen=True, extra="ignore")

    items: tuple[_Object, ...]


class Rule(Frozen):
    """One rule of a group; ``name`` is that of the alert, or of the metric that is recorded."""

    kind: Literal["alert", "record"]
    name: str
    expr: str
    location: Location
    hold_ns: int = 0
    keep_firing_ns: int = 0
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)

    @property
    def severity(self) -> str:
        """The label that teams route by; empty when there is none."""
        return self.labels.get("severity", "")


class RuleGroup(Frozen):
    """Rules that are evaluated together, one after the other, every ``interval_ns``."""

    name: str
    location: Location
    interval_ns: int
    limit: int
    rules: tuple[Rule, ...]


def load_rules(paths: Sequence[str | Path]) -> tuple[RuleGroup, ...]:
    """Read rule files.

    Raises
    ------
    InputError
        With all problems of all files: what is no rule, and what promtool says of expressions and labels.
    SourceError
        When promtool is missing.
    """
    problems: list[Problem] = []
    groups: list[RuleGroup] = []
    for path in paths:
        try:
            documents = load_yaml(path, dialect="kubernetes")
        except InputError as error:
            problems.extend(error.problems)
            continue
        found = [group for document in documents for group in _groups(document, problems)]
        if not found and not problems:
            hint = "a rule file begins with groups:, or is an object of kind PrometheusRule"
            problems.append(Problem("the file holds no rules", Location(str(path)), hint=hint, rule="no-rules"))
        groups += found
    _check_names(groups, problems)
    problems = problems or _promtool_problems(groups)
    if problems:
        raise InputError(problems)
    return tuple(groups)


def _groups(document: YamlDocument, problems: list[Problem]) -> list[RuleGroup]:
    data = document.data
    kind = data.get("kind") if isinstance(data, dict) else None
    if kind is not None and kind not in ("PrometheusRule", "PrometheusRuleList", "List"):
        return []  # another object that stands in the same file
    if kind is None:
        plain, more = validate_model(_File, document)
        parts: list[tuple[tuple[str | int, ...], _File]] = [] if plain is None else [((), plain)]
    elif kind == "PrometheusRule":
        single, more = validate_model(_Object, document)
        parts = [] if single is None else [(("spec",), single.spec)]
    else:
        several, more = validate_model(_List, document)
        parts = [] if several is None else [(("items", n, "spec"), item.spec) for n, item in enumerate(several.items)]
    problems.extend(more)
    return [
        _group(group, document, (*where, "groups", number))
        for where, file in parts
        for number, group in enumerate(file.groups)
    ]


def _group(group: _Group, document: YamlDocument, where: tuple[str | int, ...]) -> RuleGroup:
    rules = tuple(
        Rule(
            kind="alert" if rule.alert is not None else "record",
            name=str(rule.alert if rule.alert is not None else rule.record),
            expr=rule.expr,
            location=document.location((*where, "rules", number, "expr")),
            hold_ns=rule.hold,
            keep_firing_ns=rule.keep_firing_for,
            labels={**group.labels, **rule.labels},
            annotations=rule.annotations,
        )
        for number, rule in enumerate(group.rules)
    )
    return RuleGroup(group.name, document.location(where), group.interval or DEFAULT_INTERVAL_NS, group.limit, rules)


def _check_names(groups: Iterable[RuleGroup], problems: list[Problem]) -> None:
    seen: dict[tuple[str, str], RuleGroup] = {}
    for group in groups:
        key = (group.location.file, group.name)
        if key in seen:
            first = seen[key].location
            message = f"the group {group.name!r} stands twice, first in line {first.line}"
            problems.append(Problem(message, group.location, hint="rename one of them", rule="duplicate-group"))
        seen[key] = group


def _promtool_problems(groups: Sequence[RuleGroup]) -> list[Problem]:
    """Return what ``promtool check rules`` says, each at the place of its rule."""
    problems = []
    with tempfile.TemporaryDirectory(prefix="fvcap-rules-") as work:
        for number, group in enumerate(groups):
            path = Path(work) / f"{number}.yaml"
            path.write_text(json.dumps(plain_rules([group])), encoding="utf-8")
            try:
                run_promtool(["check", "rules", path])
            except SourceError as error:
                if "promtool refused" not in str(error):
                    raise
                problems += _messages(str(error), group)
    return problems


def _messages(said: str, group: RuleGroup) -> list[Problem]:
    found = re.findall(r'group "[^"]*", rule (\d+), "[^"]*": (.+)', said)
    hint = "promtool check rules says so"
    if not found:
        return [Problem(f"group {group.name!r}: {said}", group.location, hint=hint, rule="bad-rule")]
    return [
        Problem(
            f"{group.rules[int(number) - 1].name}: {message.strip()}",
            group.rules[int(number) - 1].location,
            hint=hint,
            rule="bad-rule",
        )
        for number, message in dict.fromkeys(found)
    ]


def plain_rules(groups: Sequence[RuleGroup]) -> dict[str, Any]:
    """Return groups as a plain rule file says them."""
    return {
        "groups": [
            {
                "name": group.name,
                "interval": f"{group.interval_ns // 10**6}ms",
                "rules": [_plain(rule) for rule in group.rules],
            }
            for group in groups
        ]
    }


def _plain(rule: Rule) -> dict[str, Any]:
    body: dict[str, Any] = {rule.kind: rule.name, "expr": rule.expr, "labels": rule.labels}
    if rule.kind == "alert":
        body |= {
            "for": f"{rule.hold_ns // 10**6}ms",
            "keep_firing_for": f"{rule.keep_firing_ns // 10**6}ms",
            "annotations": rule.annotations,
        }
    return body
