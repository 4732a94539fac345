"""Input that means harm, or comes close to it: what a fuzzer found, and what one would try."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
import time
import zlib
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from fvcapacity.cost.focus import check_focus
from fvcapacity.errors import FvcapError, InputError, SourceError
from fvcapacity.inputs import counts_file, load_scenario, yaml_nodes
from fvcapacity.inputs.access_log import LogOptions, read_access_logs
from fvcapacity.inputs.counts_file import read_counts
from fvcapacity.inputs.manifests import read_manifests
from fvcapacity.inputs.patterns import matches_whole
from fvcapacity.inputs.prometheus import session as session_module
from fvcapacity.inputs.prometheus.client import Backoff, PrometheusClient
from fvcapacity.inputs.prometheus.ranges import fetch_grid, samples_of
from fvcapacity.inputs.yaml_source import MAX_FILE_BYTES, parse_yaml, read_text
from fvcapacity.report.overlay.patch_files import file_name
from fvcapacity.tabular import parquet_input
from fvcapacity.units import parse_bytes, parse_cpu_cores, parse_duration_ns, parse_quantity
from tests.support import shops
from tests.support.fake_prometheus import Reply, fake_prometheus

UTC = ZoneInfo("UTC")


def rules(caught) -> set[str]:
    return {problem.rule for problem in caught.value.problems}


# --- YAML -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a: &a [x]\n" + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
         "yaml-alias-bomb"),
        ("&a [*a]", "yaml-alias"),
        ("[" * 5000 + "]" * 5000, "yaml-depth"),
        ("{a: " * 5000 + "}" * 5000, "yaml-depth"),
        ("- " * 5000 + "x", "yaml-depth"),
        ('!!python/object/apply:os.system ["touch /tmp/owned"]', "yaml-tag"),
        ("a: !!python/name:os.system x", "yaml-trap"),
        ("a: \x00", "yaml-syntax"),
    ],
)  # fmt: skip
def test_yaml_that_means_harm_is_a_problem(text, rule):
    began = time.perf_counter()
    with pytest.raises(InputError) as caught:
        parse_yaml(text)
    assert rule in rules(caught)
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize("text", ["[" + "1," * 2000 + "]", "{" + ",".join(f'"{n}":1' for n in range(2000)) + "}"])
def test_more_values_than_memory_is_meant_for(monkeypatch, text):
    monkeypatch.setattr(yaml_nodes, "MAX_NODES", 1000)
    monkeypatch.setattr("fvcapacity.inputs.yaml_source.MAX_NODES", 1000)
    with pytest.raises(InputError) as caught:
        parse_yaml(text)
    assert "file-too-large" in rules(caught)


def test_a_device_is_read_up_to_its_bound(tmp_path):
    """A symbolic link to /dev/zero has no size and no end."""
    link = tmp_path / "topology.yaml"
    link.symlink_to("/dev/zero")
    text, problems = read_text(link)
    assert text is None
    assert problems[0].rule == "file-too-large"
    assert MAX_FILE_BYTES < 2**30


# --- quantities and times ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parse", [parse_bytes, parse_cpu_cores])
@pytest.mark.parametrize("text", ["1e400", "9" * 400, 10**400, 1e308, "9999999999999E", "1e-999", "1e999", "9" * 5000])
def test_amounts_beyond_any_machine_are_refused(parse, text):
    with pytest.raises(ValueError, match=r"beyond|no quantity") as caught:
        parse(text)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("text", ["99999999999d", "1" * 5000 + "s", "9" * 400 + "h"])
def test_durations_beyond_time_are_refused(text):
    with pytest.raises(ValueError, match=r"292 years|characters"):
        parse_duration_ns(text)


def test_a_long_text_is_no_quantity_at_once():
    began = time.perf_counter()
    for parse in (parse_quantity, parse_duration_ns):
        with pytest.raises(ValueError, match="characters"):
            parse("1" * 10**6)
    assert time.perf_counter() - began < 0.5


# --- scenarios and manifests ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("nodes.general.cpu", 1e308),
        ("nodes.general.memory", "9999999999999E"),
        ("window.duration", "99999999999d"),
        ("window.start", "9999-12-31T23:59:59"),
        ("window.start", "0001-01-01T00:00:00"),
        ("time_zone", "../../../../etc/passwd"),
        ("time_zone", "a\x00b"),
        ("topology", "\x00"),
        ("topology", "x" * 5000),
        ("topology", "/dev/stdin/../zero"),
        ("manifests", ["\x00"]),
        ("manifests", ["9" * 400]),
        ("cost", {"prices": "9" * 400}),
        ("recommend.instances", "\x00"),
        ("window.duration", "5000d"),
        ("nodes.general.count", 10**9),
        ("nodes.general.maximum", 10**9),
        ("traffic.file", "x" * 5000),
        ("name", "../../x"),
        ("name", "a" * 70_000),
        ("seed", 10**400),
        ("replications", 10**9),
    ],
)
def test_odd_values_of_a_scenario_are_problems(tmp_path, field, value):
    with pytest.raises(FvcapError):
        load_scenario(shops.write_shop(tmp_path), overrides={field: value})


DEPLOYMENT = yaml.safe_load(shops.MANIFESTS.split("---")[0])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.selector.matchLabels", 7),
        ("spec.template.metadata.labels", [1]),
        ("spec.template.spec.containers.0.resources.requests.cpu", 10**400),
        ("spec.template.spec.containers.0.resources.limits.cpu", "1e300"),
        ("spec.template.spec.containers.0.resources.limits.memory", "1e300"),
        ("spec.template.spec.containers", {"a": 1}),
        ("metadata.name", {"a": 1}),
        ("metadata", []),
        ("spec.replicas", 2**31 - 1),
    ],
)
def test_manifests_of_odd_shapes_are_problems(tmp_path, path, value):
    data = json.loads(json.dumps(DEPLOYMENT))
    holder = data
    *keys, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    for key in keys:
        holder = holder[key]
    holder[last] = value
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(data))
    assert read_manifests([tmp_path / "x.yaml"]).errors


@pytest.mark.parametrize(
    "text",
    [
        'resources: ["a\\0b"]',
        f"resources: [{'a' * 3000}]",
        f"patches: [{{path: {'a' * 300}}}]",
        'patches: [{patch: "\\0"}]',
        "resources: [/etc/passwd]",
        "resources: [../outside.yaml]",
        "resources: [link.yaml]",
    ],
)
def test_kustomizations_of_odd_shapes_are_problems(tmp_path, text):
    inner = tmp_path / "k"
    inner.mkdir()
    (tmp_path / "outside.yaml").write_text(shops.MANIFESTS)
    (inner / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (inner / "kustomization.yaml").write_text(text)
    problems = read_manifests([inner]).errors
    assert problems
    assert not any("root:" in str(problem) for problem in problems)


@pytest.mark.parametrize("name", ["*", "(", "(a+)+$", "[", "\x00", "a{99999}"])
def test_patterns_of_a_target_that_are_none_match_nothing(tmp_path, name):
    (tmp_path / "shop.yaml").write_text(shops.MANIFESTS)
    patch = {"target": {"kind": "Deployment", "name": name}, "patch": "[{op: remove, path: /spec/replicas}]"}
    text = yaml.safe_dump({"resources": ["shop.yaml"], "patches": [patch]})
    (tmp_path / "kustomization.yaml").write_text(text)
    (workload,) = read_manifests([tmp_path]).objects.workloads
    assert workload.replicas == 1


def test_a_pattern_that_takes_years_elsewhere_takes_no_time_here():
    began = time.perf_counter()
    assert not matches_whole("(a+)+$", "a" * 60 + "!")
    assert matches_whole("shop|cart.*", "cart-service")
    assert not matches_whole("sho", "shop")
    assert not matches_whole("(", "(")
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize("name", ["../../x", "..", "/etc/passwd", "a\x00b", "\x1b[2J", "A" * 9])
def test_no_object_names_a_file_outside(name):
    found = file_name({"kind": "Deployment", "metadata": {"name": name}})
    assert re.fullmatch(r"deployment-[a-z0-9.-]+\.yaml", found)
    assert Path(found).name == found


def test_values_of_secrets_are_in_no_error(tmp_path):
    (tmp_path / "s.yaml").write_text("kind: Secret\nstringData: {password: hunter2secret, x: [}\n")
    done = subprocess.run(
        [sys.executable, "-m", "fvcapacity", "check", str(tmp_path / "s.yaml"), "--color", "always"],
        capture_output=True, text=True, check=False, env={**os.environ},
    )  # fmt: skip
    assert done.returncode == 2
    assert "hunter2secret" not in done.stdout + done.stderr


# --- traffic, logs, bills ---------------------------------------------------------------------------------------------


def bomb(line: bytes, megabytes: int) -> bytes:
    """A gzip member of a thousandth of what it unfolds to."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = line * (2**20 // len(line) + 1)
    return b"".join(packer.compress(block) for _ in range(megabytes)) + packer.flush()


def test_a_packed_traffic_file_unfolds_to_its_bound(tmp_path, monkeypatch):
    monkeypatch.setattr(counts_file, "MAX_UNPACKED_BYTES", 2**20)
    (tmp_path / "counts.csv.gz").write_bytes(bomb(b"2026-02-14T18:00:00,1\n", 4))
    counts, problems = read_counts(tmp_path / "counts.csv.gz", UTC)
    assert counts is None
    assert [problem.rule for problem in problems] == ["file-too-large"]


@pytest.mark.parametrize("text", ["timestamp,requests\n" + "1,1\n" * 5000, "a," * 200_000 + "\n1\n"])
def test_more_rows_or_columns_than_memory_is_meant_for(tmp_path, monkeypatch, text):
    monkeypatch.setattr(counts_file, "MAX_ROWS", 1000)
    (tmp_path / "counts.csv").write_text(text)
    _, problems = read_counts(tmp_path / "counts.csv", UTC)
    assert [problem.rule for problem in problems] == ["file-too-large"]


def test_parquet_of_few_bytes_and_many_rows_is_no_traffic(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_input, "FREE_CELLS", 1000)
    zeros = pa.array([0] * 1_000_000, pa.int64())
    pq.write_table(pa.table({"timestamp": zeros, "requests": zeros}), tmp_path / "counts.parquet")
    counts, problems = read_counts(tmp_path / "counts.parquet", UTC)
    assert counts is None
    assert "1,000,000 rows" in problems[0].message


@pytest.mark.parametrize("column", [pa.array([[1]]), pa.array([{"a": 1}])])
def test_parquet_of_nested_cells_is_no_traffic(tmp_path, column):
    pq.write_table(pa.table({"timestamp": pa.array([0]), "requests": column}), tmp_path / "counts.parquet")
    counts, problems = read_counts(tmp_path / "counts.parquet", UTC)
    assert counts is None
    assert "single values" in problems[0].message


def test_an_index_of_pandas_is_a_column_when_it_has_a_name(tmp_path):
    times = pd.date_range("2026-02-14T18:00:00Z", periods=3, freq="min")
    frame = pd.DataFrame({"timestamp": times, "requests": [1, 2, 3]})
    frame.set_index("timestamp").to_parquet(tmp_path / "named.parquet")
    frame[frame["requests"] > 1].to_parquet(tmp_path / "unnamed.parquet")
    for name, requests in (("named", [1, 2, 3]), ("unnamed", [2, 3])):
        counts, problems = read_counts(tmp_path / f"{name}.parquet", UTC)
        assert not problems
        assert counts is not None
        assert counts.requests.tolist() == requests


def test_cells_beyond_the_header_say_nothing_on_stderr(tmp_path, recwarn):
    (tmp_path / "counts.csv").write_text("timestamp,requests\n2026-02-14T18:00:00,1,2,3\n2026-02-14T18:01:00,1\n")
    read_counts(tmp_path / "counts.csv", UTC)
    assert not recwarn.list


@pytest.mark.parametrize("packed", [True, False])
def test_a_line_without_end_in_a_bill(tmp_path, packed):
    data = b"BilledCost,BillingCurrency\n" + b"1" * (40 * 2**20)
    (tmp_path / "bill.csv").write_bytes(gzip.compress(data, 1) if packed else data)
    with pytest.raises(InputError, match="longer than"):
        list(check_focus(tmp_path / "bill.csv").problems)


def test_a_log_without_line_feeds_takes_little_memory(tmp_path):
    (tmp_path / "access.log.gz").write_bytes(bomb(b"GET / HTTP/1.1 ", 64))
    with pytest.raises(FvcapError):
        read_access_logs([str(tmp_path / "access.log.gz")], LogOptions())


# --- answers of a Prometheus ------------------------------------------------------------------------------------------


def client_of(url: str) -> PrometheusClient:
    return PrometheusClient(url, backoff=Backoff(attempts=1), sleep=lambda seconds: None)


@pytest.mark.parametrize("packed", [True, False])
def test_an_answer_without_end_is_refused(monkeypatch, packed):
    monkeypatch.setattr(session_module, "MAX_ANSWER_BYTES", 2**20)
    body = b'{"status":"success","data":{"resultType":"vector","result":[' + b" " * 2**23 + b"]}}"
    reply = Reply(
        body=gzip.compress(body) if packed else body, headers=(("Content-Encoding", "gzip"),) if packed else ()
    )
    with (
        fake_prometheus(lambda _: reply) as server,
        client_of(server.url) as client,
        pytest.raises(SourceError) as caught,
    ):
        client.query("up")
    assert caught.value.rule == "too-large"


ODD_SERIES = [
    None, 7, "x", {}, [7], [[]], [{"metric": None}], [{"metric": {"a": 1}}], [{"metric": {}, "values": 7}],
    [{"metric": {}, "values": [7]}], [{"metric": {}, "values": [[]]}], [{"metric": {}, "values": [["x", "1"]]}],
    [{"metric": {}, "values": [[1770595200, {}]]}], [{"metric": {}, "values": [[1e300, "1"]]}],
    [{"metric": {}, "values": [[10**400, "1"]]}], [{"metric": {}, "values": [[1770595200, "1" * 10 + "x"]]}],
    [{"metric": {}, "values": [[1e9, "1"]]}], [{"metric": {}, "values": [[float("nan"), "1"]]}],
]  # fmt: skip


@pytest.mark.parametrize("result", ODD_SERIES)
def test_answers_of_odd_shapes_are_failures_of_the_source(result):
    body = json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}).encode()
    with fake_prometheus(lambda _: Reply(body=body)) as server, client_of(server.url) as client:
        with pytest.raises(SourceError):
            fetch_grid(client, "up", 1770595200, 10, 60)
        with pytest.raises(SourceError):
            client.now_s()


def test_samples_that_are_right_are_read():
    times, values = samples_of({"metric": {}, "values": [[1.5, "NaN"], [2, "+Inf"], [3, "7"]]})
    assert times.tolist() == [1.5, 2.0, 3.0]
    assert values[2] == 7
