"""Rule files and the metrics in their expressions."""

from __future__ import annotations

from pathlib import Path

import pytest

from fvcapacity.errors import InputError, Location
from fvcapacity.inputs.prometheus.evaluate import alert_labels
from fvcapacity.inputs.prometheus.expressions import metrics_of, selectors_of
from fvcapacity.inputs.prometheus.recording import recording_rounds
from fvcapacity.inputs.prometheus.rules import Rule, RuleGroup, load_rules
from tests.support.prometheus import needs_prometheus

S = 10**9
SHOP = Path(__file__).parents[4] / "data" / "flores-victoria" / "base" / "monitoring" / "alert-rules.yaml"
PLAIN = """\
groups:
  - name: shop
    interval: 30s
    limit: 5
    rules:
      - {record: "job:errors:ratio", expr: "sum by (job) (rate(errors_total[5m]))"}
      - alert: Errors
        expr: job:errors:ratio > 0.01
        for: 1h30m
        keep_firing_for: 1d
        labels: {severity: page}
        annotations: {summary: "{{ $labels.job }} has {{ $value }}"}
"""
OBJECT = """\
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: a}
spec:
  groups: [{name: one, rules: [{alert: A, expr: "up == 0"}]}]
"""


@pytest.mark.parametrize(
    ("expression", "metrics"),
    [
        ("up == 0", ["up"]),
        ('sum by (job, pod) (rate(http_requests_total{code=~"5..|up"}[5m]))', ["http_requests_total"]),
        ("sum(a) by (pod) / on (pod) group_left (node) max without (x) (b) > 1e3", ["a", "b"]),
        ('{__name__="node:cpu", job="x"} and ignoring (le) c unless d', ["node:cpu", "c", "d"]),
        ('{__name__=~"node_.*"}', []),
        ("histogram_quantile(0.95, sum by (le) (rate(b_bucket[5m] offset 1h))) > bool 0.5", ["b_bucket"]),
        ("avg_over_time(a[1h:5m] @ end()) # not_this\n + inf", ["a"]),
        ("'text \"up\"' == scalar(vector(1))", []),
        ("a or absent(b{x='{y'})", ["a", "b"]),
        ("0x1F + 5m * sum(quantile)", ["quantile"]),
    ],
)
def test_metrics(expression: str, metrics: list[str]) -> None:
    assert list(metrics_of(expression)) == metrics


def test_selectors() -> None:
    expression = 'sum by (a) (rate(m{x="1",y=~"b.*"}[5m] offset 1h)) / n and {__name__="o"} > on (p) m{x="1",y=~"b.*"}'
    assert selectors_of(expression) == ('m{x="1",y=~"b.*"}', "n", '{__name__="o"}')


@needs_prometheus
class TestFiles:
    def test_a_plain_file(self, tmp_path):
        (tmp_path / "r.yaml").write_text(PLAIN)
        (group,) = load_rules([tmp_path / "r.yaml"])
        assert (group.name, group.interval_ns, group.limit) == ("shop", 30 * S, 5)
        record, alert = group.rules
        assert (record.kind, record.name) == ("record", "job:errors:ratio")
        assert (alert.hold_ns, alert.keep_firing_ns, alert.severity) == (5400 * S, 86_400 * S, "page")
        assert alert.annotations == {"summary": "{{ $labels.job }} has {{ $value }}"}
        assert str(alert.location) == f"{tmp_path}/r.yaml:8:15"

    def test_objects_lists_and_what_stands_beside_them(self, tmp_path):
        (tmp_path / "one.yaml").write_text("apiVersion: v1\nkind: Service\nmetadata: {name: x}\n---\n" + OBJECT)
        nested = OBJECT.replace("\n", "\n    ").rstrip()
        (tmp_path / "list.yaml").write_text(f"apiVersion: v1\nkind: List\nitems:\n  - {nested}\n")
        groups = load_rules([tmp_path / "one.yaml", tmp_path / "list.yaml"])
        assert [rule.name for group in groups for rule in group.rules] == ["A", "A"]
        assert groups[0].interval_ns == 60 * S

    def test_the_shops_own(self):
        assert sum(len(group.rules) for group in load_rules([SHOP])) == 9

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (PLAIN.replace("> 0.01", "> 0.01)"), r"r\.yaml:8:15: Errors: could not parse expression"),
            (PLAIN.replace("1h30m", "90"), r"r\.yaml:9:14: .*for"),
            (PLAIN.replace("alert: Errors", "alrt: Errors"), r"r\.yaml:7:9: .*alrt"),
            (PLAIN.replace("severity: page", "a-b: page"), r"r\.yaml:8:15: Errors: invalid label name: a-b"),
            (PLAIN + PLAIN.partition("\n")[2], r"r\.yaml:13:5: the group 'shop' stands twice, first in line 2"),
            ("kind: Service\n", r"r\.yaml: the file holds no rules"),
        ],
    )
    def test_what_is_wrong_is_told_with_its_place(self, tmp_path, text, said):
        (tmp_path / "r.yaml").write_text(text)
        with pytest.raises(InputError, match=said):
            load_rules([tmp_path / "r.yaml"])


def rule(name: str, expr: str, kind: str = "record", **labels: str) -> Rule:
    return Rule(kind, name, expr, Location("r.yaml"), labels=labels)  # type: ignore[arg-type]


def group(*rules: Rule) -> RuleGroup:
    return RuleGroup("g", Location("r.yaml"), 60 * S, 0, rules)


def test_what_is_recorded_first_is_what_others_read() -> None:
    groups = [group(rule("c", "sum(b)"), rule("a", "x")), group(rule("b", "a + a offset 1h"), rule("A", "c", "alert"))]
    assert [[item.name for _, item in round_] for round_ in recording_rounds(groups)] == [["a"], ["b"], ["c"]]
    circle = [group(rule("a", "b"), rule("b", "a"), rule("s", "s offset 1m"))]
    assert [[item.name for _, item in round_] for round_ in recording_rounds(circle)] == [["s"], ["a", "b"]]


def test_labels_of_an_alert() -> None:
    own = rule("A", "x", "alert", severity="{{ $labels.level }}", pod="", team="t-{{$labels.pod}}", odd="{{ $value }}")
    found = dict(alert_labels(own, {"__name__": "x", "pod": "p", "level": "page"}))
    assert found == {
        "alertname": "A", "level": "page", "severity": "page", "team": "t-p", "odd": "{{ $value }}",
    }  # fmt: skip
