"""Result directories that somebody sent: damaged, out of bounds, or meant to harm."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fvcapacity.errors import InputError
from fvcapacity.report.openmetrics.export import export_openmetrics
from fvcapacity.report.page import report_html
from fvcapacity.report.page.flow import flow_of
from fvcapacity.results.columns import TABLES
from fvcapacity.results.result import load_result
from fvcapacity.results.scenario_reading import scenario_said
from fvcapacity.results.soundness import check_table
from fvcapacity.tabular import parquet_input
from tests.support.pages import evening


@pytest.fixture(scope="module")
def sent(tmp_path_factory):
    return evening().save(tmp_path_factory.mktemp("results") / "sent")


@pytest.fixture
def root(sent, tmp_path):
    """A copy of which every file may be changed."""
    copy = tmp_path / "sent"
    for path in sent.rglob("*"):
        if path.is_file() and path.suffix != ".csv":
            target = copy / path.relative_to(sent)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, target)
    return copy


def put(path, content: bytes | str) -> None:
    path.unlink()  # the copy is a link
    path.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)


def put_summary(root, *path, value) -> None:
    document = json.loads((root / "summary.json").read_text())
    inner = document
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    put(root / "summary.json", json.dumps(document))


def put_table(path, table: pa.Table, **options) -> None:
    path.unlink()
    pq.write_table(table, path, **options)


def put_cell(path, column: str, value, kind: pa.DataType | None = None) -> None:
    table = pq.read_table(path)
    values = [value, *table[column].to_pylist()[1:]]
    put_table(path, table.set_column(table.column_names.index(column), column, pa.array(values, kind)))


def refused(root, file: str, *words: str) -> None:
    with pytest.raises(InputError) as caught:
        load_result(root)
    said = str(caught.value)
    assert str(root / file) in said
    for word in words:
        assert word in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "nested"),
        ('{"schema_version": ' + "[" * 500 + "]" * 500 + "}", "nested"),
        ('{"schema_version": NaN}', "NaN is no number"),
        ('{"schema_version": ' + "1" * 5000 + "}", "no JSON"),
        ("\ud800", "cannot be read"),
        ("[]", "list"),
    ],
)
def test_a_summary_that_is_no_document(root, text, words):
    put(root / "summary.json", text)
    refused(root, "summary.json", words)


def test_a_summary_behind_an_endless_device(root):
    (root / "summary.json").unlink()
    (root / "summary.json").symlink_to("/dev/zero")
    refused(root, "summary.json", "64 MiB")


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("run", "seed"), "7", "run.seed"),  # what is used is the document, not what the model made of it
        (("scenario", "time_zone"), "../../etc/passwd", "no time zone"),
        (("scenario", "time_zone"), "America", "no time zone"),
        (("scenario", "start_utc"), "yesterdayZ", "no instant"),
        (("scenario", "start_utc"), "9999-01-01T00:00:00Z", "year 9999"),
        (("scenario", "duration_s"), 1e300, "ten years"),
        (("scenario", "duration_s"), 0, "ten years"),
        (("run", "simulated_s"), [1e9], "lengths of 2 replications"),
        (("run", "simulated_s"), [1e9, -1], "more was simulated"),
        (("routes",), [], "'all'"),
        (("verdict", "objectives"), [], "p95 and errors"),
        (("services", 0, "restarts_max"), 10**400, "2^63"),
        (("cost", "total_usd", "mean"), 1e308, "2^63"),
        (("verdict", "objectives", 0, "scopes", 0, "worst_utc"), "Z", "worst_utc"),
    ],
)
def test_figures_that_no_run_can_have(root, path, value, words):
    put_summary(root, *path, value=value)
    refused(root, "summary.json", words)


def test_all_that_is_wrong_with_a_summary_is_told_at_once(root):
    put_summary(root, "scenario", "time_zone", value="x")
    put_summary(root, "scenario", "duration_s", value=-1)
    refused(root, "summary.json", "no time zone", "ten years")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- 1\n", "one mapping"),
        ("", "one mapping"),
        ("{" * 3000, "scenario.yaml:1"),
        ("a: &a [x, x, x]\n" + "".join(f"b{n}: &b{n} [*{'a' if not n else f'b{n - 1}'}, " + f"*{'a' if not n else f'b{n - 1}'}]\n" for n in range(40)), "alias"),
        ("name: x\n", "is missing"),
        ("!!python/object/apply:os.system [id]", "scenario.yaml"),
    ],
)  # fmt: skip
def test_a_scenario_that_no_run_wrote(root, text, words):
    put(root / "scenario.yaml", text)
    refused(root, "scenario.yaml", words)


def test_an_event_of_another_age_is_in_no_window(root):
    said = (root / "scenario.yaml").read_text()
    event = "events: [{name: campaign, start: '9999-12-31T23:59:59-23:59', duration: 90000d}]"
    assert "events: []" in said
    put(root / "scenario.yaml", said.replace("events: []", event))
    assert "campaign" not in report_html(load_result(root))


@pytest.mark.parametrize(
    ("table", "column", "value", "words"),
    [
        ("hpa", "time_s", 1e300, "outside of the window"),
        ("hpa", "time_s", float("nan"), "outside of the window"),
        ("hpa", "replication", 7, "2 replications"),
        ("hpa", "replication", -1, "2 replications"),
        ("services", "cpu_core_s", float("inf"), "cpu_core_s"),
        ("services", "visits", -1, "2^53"),
        ("services", "visits", 2**62, "2^53"),
        ("services", "visits", None, "empty cells"),
        ("services", "service", None, "empty cells"),
        ("services", "visits", 0.5, "visits"),
        ("services", "visits", "many", "visits"),
        ("services", "service", "a" * 70_000, "70,000 bytes"),
        ("route_calls", "caller", "nobody", "nobody calls"),
        ("nodes", "created_utc", pd.Timestamp("1700-01-01", tz="UTC"), "century"),
    ],
)
def test_cells_that_no_run_can_have(root, table, column, value, words):
    path = root / "tables" / f"{table}.parquet"
    kind = None if isinstance(value, str | float) else pq.read_schema(path).field(column).type
    if isinstance(value, str) and column == "visits":
        put_table(path, _texts(pq.read_table(path), column, value))
    else:
        put_cell(path, column, value, kind)
    refused(root, f"tables/{table}.parquet", table, words)


def _texts(table: pa.Table, column: str, value: str) -> pa.Table:
    return table.set_column(table.column_names.index(column), column, pa.array([value] * len(table)))


def test_a_column_of_lists_or_a_second_of_one_name(root):
    path = root / "tables" / "pools.parquet"
    table = pq.read_table(path)
    put_table(path, table.set_column(1, "pool", pa.array([["x"]] * len(table))))
    refused(root, "tables/pools.parquet", "single values")
    put_table(path, table.append_column("pool", table["pool"]))
    refused(root, "tables/pools.parquet", "one name")
    put_table(path, table.append_column("colour", table["pool"]))
    refused(root, "tables/pools.parquet", "'colour'", "another release")


def test_text_that_is_no_text(root):
    path = root / "tables" / "pools.parquet"
    table = pq.read_table(path)
    broken = pa.array([b"\xff\xfe"] * len(table)).view(pa.string())
    put_table(path, table.set_column(1, "pool", broken))
    refused(root, "tables/pools.parquet", "UTF8")


def test_metadata_of_a_table_are_not_obeyed(root):
    path = root / "tables" / "pools.parquet"
    table = pq.read_table(path)
    index = {
        "index_columns": ["pool"],
        "columns": [{"name": "pool", "numpy_type": "__import__('os')"}],
        "pandas_version": "x",
    }
    put_table(path, table.replace_schema_metadata({"pandas": json.dumps(index)}))
    pd.testing.assert_frame_equal(load_result(root).tables["pools"], evening().tables["pools"])


@pytest.mark.parametrize("cut", [0, 4, 100, -1, -9])
def test_a_truncated_table_names_its_file(root, cut):
    path = root / "tables" / "routes.parquet"
    put(path, path.read_bytes()[:cut])
    refused(root, "tables/routes.parquet", "the table routes cannot be read")


def test_every_mangled_byte_of_a_table_ends_in_an_error_or_a_table(root):
    path = root / "tables" / "pools.parquet"
    content = path.read_bytes()
    everything = {**evening().tables, **evening().histograms}.keys() - {"pools"}
    for at in range(0, len(content), 29):
        put(path, content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        try:
            load_result(root, without=everything)
        except InputError as error:
            assert "pools.parquet" in str(error)  # noqa: PT017 - either is right


def test_a_pipe_in_the_place_of_a_table_keeps_nobody_waiting(root):
    path = root / "tables" / "routes.parquet"
    path.unlink()
    os.mkfifo(path)
    refused(root, "tables/routes.parquet", "no regular file")


def test_few_bytes_that_stand_for_many_rows(root):
    path = root / "tables" / "pools.parquet"
    rows = 8_000_000
    zeros = pa.array([0] * rows, pa.int64())
    names = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x"]))
    put_table(path, pa.table({"replication": zeros, "pool": names, "nodes_min": zeros, "nodes_max": zeros}))
    assert path.stat().st_size < 200_000
    refused(root, "tables/pools.parquet", "8,000,000 rows", "cells may be")


def test_one_long_text_that_every_row_repeats(root, monkeypatch):
    monkeypatch.setattr(parquet_input, "FREE_TEXT_BYTES", 2**20)
    path = root / "tables" / "pools.parquet"
    rows = 100_000
    zeros = pa.array([0] * rows, pa.int64())
    names = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * 60_000]))
    put_table(path, pa.table({"replication": zeros, "pool": names, "nodes_min": zeros, "nodes_max": zeros}))
    refused(root, "tables/pools.parquet", "texts come to more than")


def test_calls_that_join_and_part_again_take_no_time(sent):
    # 20 layers of two services that all call each other: two to the twentieth ways
    rows = [("r", "", f"s0-{b}", 1.0, 0.0, 0.0) for b in range(2)]
    rows += [("r", f"s{n}-{a}", f"s{n + 1}-{b}", 1.0, 0.0, 0.0) for n in range(19) for a in range(2) for b in range(2)]
    result = load_result(sent)
    calls = pd.DataFrame(rows, columns=result.tables["route_calls"].columns)
    services = pd.concat(
        [result.tables["services"].head(1).assign(service=f"s{n}-{b}") for n in range(20) for b in range(2)]
    )
    result.tables["route_calls"], result.tables["services"] = calls, services
    began = time.monotonic()
    assert flow_of(result) is not None
    assert time.monotonic() - began < 5


def test_a_circle_of_calls_ends(sent):
    result = load_result(sent)
    rows = [
        ("checkout", "", "a", 1.0, 0.1, 0.1),
        ("checkout", "a", "b", 1.0, 0.1, 0.1),
        ("checkout", "b", "a", 1.0, 0.1, 0.1),
    ]
    result.tables["route_calls"] = pd.DataFrame(rows, columns=result.tables["route_calls"].columns)
    assert flow_of(result) is not None


def test_the_scenario_of_a_result_is_read_within_bounds():
    assert scenario_said("a: 1\n") == {"a": 1}
    with pytest.raises(InputError, match="scenario"):
        scenario_said("[1]")
    with pytest.raises(InputError):
        scenario_said("a: " + "[" * 5000)


def test_a_result_of_which_nothing_was_simulated_has_no_metrics(sent, tmp_path):
    result = load_result(sent)
    result.tables["route_minutes"] = result.tables["route_minutes"].head(0)
    with pytest.raises(InputError, match="nothing was simulated"):
        export_openmetrics(result, tmp_path / "metrics")


def test_words_of_ours_are_ours(sent):
    table = pd.DataFrame({column.name: ["x"] for column in TABLES["bill_days"].columns if column.dtype == "string"})
    spec = replace(TABLES["bill_days"], columns=tuple(c for c in TABLES["bill_days"].columns if c.dtype == "string"))
    with pytest.raises(InputError, match="'x' is neither production nor staging"):
        check_table(spec, table, load_result(sent).summary, sent / "bill_days.parquet")
