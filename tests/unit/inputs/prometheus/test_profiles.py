"""Profiles: those that come along are good, and what is wrong with others is told all at once."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from fvcapacity.errors import InputError
from fvcapacity.inputs.prometheus.profiles import SHIPPED, load_profiles, profile_schema, shipped_text

OWN = """\
profile: own
queries:
  - name: requests
    metric: my_requests_total
    kind: counter
    measure: requests
"""


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_profiles_fit_the_schema(name):
    (profile,) = load_profiles([name])
    assert profile.profile == name
    assert profile.about
    jsonschema.validate(yaml.safe_load(shipped_text(name)), profile_schema())


def test_all_shipped_ones_are_the_default():
    assert [profile.profile for profile in load_profiles(())] == list(SHIPPED)


def test_a_profile_of_ones_own(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(OWN)
    (profile,) = load_profiles([str(path)])
    assert profile.queries[0].metric == ("my_requests_total",)
    assert profile.queries[0].namespace == ("namespace",)


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("kind: counter", "kind: count", 5, "counter"),
        ("metric: my_requests_total", "metric: 'my requests'", 4, "no name of a metric"),
        ("metric: my_requests_total", "metric: []", 4, "one entry or more"),
        ("metric: my_requests_total", "metrics: up", 4, "unknown key 'metrics'"),
        ("measure: requests", "measure: request", 6, "did you mean requests"),
        ("    measure: requests\n", "", 3, "measure is missing"),
        ("kind: counter", "kind: histogram", 3, "leave measure out"),
        ("measure: requests", "measure: requests\n    where: 'a'", 7, "list of matchers"),
        ("measure: requests", "measure: requests\n    route: '{method'", 7, "between braces"),
        ("measure: requests", "measure: requests\n    service: cart", 7, "names no label"),
        ("measure: requests", "measure: requests\n    failed: {status: '5(.'}", 7, "regular expression"),
        ("measure: requests", "measure: cpu_core_s\n    failed: {status: '5..'}", 3, "failed belongs to"),
        ("measure: requests", "measure: requests\n    service: ''", 3, "has to be a route"),
        ("kind: counter", "kind: gauge\n    route: '{path}'", 3, "not to a gauge"),
        ("measure: requests\n", "measure: requests\n  - {name: requests, metric: up, kind: gauge, measure: pods}\n", 7, "second query"),
    ],
    ids=lambda value: value if isinstance(value, str) and "\n" not in value else "",
)  # fmt: skip
def test_what_is_wrong_has_a_place(tmp_path, old, new, line, says):
    path = tmp_path / "own.yaml"
    path.write_text(OWN.replace(old, new))
    with pytest.raises(InputError) as caught:
        load_profiles([str(path)])
    told = [problem for problem in caught.value.problems if says in f"{problem.message} {problem.hint}"]
    assert told, str(caught.value)
    assert (told[0].location.file, told[0].location.line) == (str(path), line)


def test_an_unknown_name_and_a_missing_file_are_told_together(tmp_path):
    with pytest.raises(InputError) as caught:
        load_profiles(["prom-clint", str(tmp_path / "none.yaml")])
    assert [problem.rule for problem in caught.value.problems] == ["unknown-profile", "missing-file"]
    assert "prom-client" in caught.value.problems[0].hint


def test_the_profile_in_the_documentation_can_be_used(tmp_path):
    page = (Path(__file__).resolve().parents[4] / "docs/how-to/pull-from-prometheus.md").read_text()
    (shown,) = [block for block in re.findall(r"```yaml\n(.*?)```", page, re.S) if block.startswith("profile:")]
    (tmp_path / "own.yaml").write_text(shown)
    (profile,) = load_profiles([str(tmp_path / "own.yaml")])
    assert [query.kind for query in profile.queries] == ["counter", "histogram"]
