"""Every pydantic error becomes a problem that a person can act on."""

from __future__ import annotations

import pytest

from fvcapacity.inputs.yaml_source import parse_yaml, validate_model
from fvcapacity.scenario.base import DurationNs, Model
from fvcapacity.scenario.model import ScenarioFile, Window
from fvcapacity.scenario.topology import Topology
from fvcapacity.scenario.traffic import Traffic


class Mixed(Model):
    count: int | str
    limit: float | None = None
    pause: DurationNs = 0
    tags: tuple[str, ...] = ()


TOPOLOGY = """\
services:
  shop:
    threads: {main: {kind: event, count: 0}}
    thread: 1
routes:
  home:
    path: /
    steps:
      - call: shop
        steps:
          - {cpu: {mean_ms: 3, cvv: 1}}
          - {cpu: {mean_ms: 3}, timeout: 3s}
"""

CASES = [
    # model, text, place, field, message, hint
    (Traffic, "file: 5", "1:7", "file", "expected text, found 5", 'write "5" in quotes'),
    (Traffic, "file: a\nscale: -1", "2:8", "scale", "-1 is out of range", "0 or more"),
    (Traffic, "file: a\nscal: 1", "2:1", "scal", "unknown key 'scal'", "did you mean 'scale'?"),
    (Traffic, "file: a\nxyz: 1", "2:1", "xyz", "unknown key 'xyz'", "known keys here: weekly, file"),
    (Traffic, "users: {journey: [a]}", "1:1", "users.stages", "the key 'stages' is missing", "add stages"),
    (Traffic, "file: a\narrivals: {kind: poison}", "2:11", "arrivals", "kind is 'poison'", "poisson"),
    (Traffic, "file: a\narrivals: {spread: 1s}", "2:11", "arrivals", "the key 'kind' is missing", "kind:"),
    (Traffic, "file: a\narrivals: {kind: gamma, slot: 10}", "2:31", "arrivals.slot", "10 has no unit", ""),
    (Traffic, "file: a\narrivals: {kind: gamma, slott: 1s}", "2:25", "arrivals.slott", "unknown key", "'slot'"),
    (Traffic, "file: a\nfill_gaps: zeros", "2:12", "fill_gaps", "'zeros' is not one of", "did you mean zero?"),
    (Traffic, "file: a\nevents: {start: x}", "2:9", "events", "expected a list", "dash"),
    (Traffic, "file: a\nevents:\n- {start: soon, duration: 1h}", "3:11", "events[0].start", "date and time", ""),
    (Traffic, "{}", "1:1", "", "exactly one of weekly, file, users", ""),
    (Window, "start: 2027-02-14T00:00:00\nduration: 1h\nwarm-up: 1m", "3:1", "warm-up", "unknown key", "'warm_up'"),
    (Window, "start: 2027-02-14T00:00:00\nduraton: 1h", "1:1", "duration", "is missing", "'duraton' meant"),
    (Mixed, "count: [1]", "1:8", "count", "expected a whole number or text, found a list of 1", ""),
    (Mixed, "count: 1\nlimit: many", "2:8", "limit", "expected a number, found 'many'", "plain number"),
    (Mixed, "count: 1\ntags: red", "2:7", "tags", "expected a list, found 'red'", "dash"),
    (Mixed, "count:", "1:7", "count", "found nothing (null)", "remove the key"),
    (Mixed, "- 1", "1:1", "", "expected a mapping, found a list of 1", ""),
    (Topology, TOPOLOGY, "3:28", "services.shop.threads.main.kind", "'event' is not one of", "event_loop"),
    (Topology, TOPOLOGY, "3:42", "services.shop.threads.main.count", "0 is out of range", "1 or more"),
    (Topology, TOPOLOGY, "4:5", "services.shop.thread", "unknown key 'thread'", "did you mean 'threads'?"),
    (Topology, TOPOLOGY, "11:32", "routes.home.steps[0].steps[0].cpu.cvv", "unknown key 'cvv'", "'cv'"),
    (Topology, TOPOLOGY, "12:13", "routes.home.steps[0].steps[1]", "belong to a call", ""),
    (ScenarioFile, "name: Big_Name", "1:7", "name", "'Big_Name' does not have the right form", "must match"),
    (ScenarioFile, "nodes: {a: {cpu: abc}}", "1:18", "nodes.a.cpu", "'abc' is not a Kubernetes quantity", ""),
]  # fmt: skip


@pytest.mark.parametrize(("model", "text", "place", "field", "message", "hint"), CASES)
def test_problems_name_place_field_value_and_remedy(
    model: type[Model], text: str, place: str, field: str, message: str, hint: str
) -> None:
    instance, problems = validate_model(model, parse_yaml(text, "f.yaml")[0])
    assert instance is None
    found = [p for p in problems if p.field == field and message in p.message and hint in p.hint]
    assert found, [str(problem) for problem in problems]
    assert str(found[0].location) == f"f.yaml:{place}"
    assert not any("Extra inputs" in problem.message for problem in problems)


def test_all_problems_come_in_the_order_of_the_file() -> None:
    _, problems = validate_model(Topology, parse_yaml(TOPOLOGY)[0])
    assert [p.location.line for p in problems if p.location] == [3, 3, 4, 11, 12]


def test_a_union_is_one_problem_not_one_for_each_member() -> None:
    _, problems = validate_model(Mixed, parse_yaml("count: {a: 1}")[0])
    assert len(problems) == 1


def test_a_good_document_gives_the_instance() -> None:
    instance, problems = validate_model(Mixed, parse_yaml("count: 3\npause: 90s")[0])
    assert instance == Mixed(count=3, pause="90s")  # type: ignore[arg-type]
    assert problems == []
