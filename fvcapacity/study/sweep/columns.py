"""The tables of a sweep. Columns of the varied fields follow, named by their paths."""

from __future__ import annotations

from fvcapacity.tabular.columns import Column, TableSpec

_FIGURES = (
    Column("requests", "1", "int64", "user requests that arrived in the window"),
    Column("p50_s", "s", "float64", "median of their response times; empty without a request"),
    Column("p95_s", "s", "float64", "95th percentile"),
    Column("p99_s", "s", "float64", "99th percentile"),
    Column("worst_p95_s", "s", "float64", "largest p95 of a route in a judged window of five minutes"),
    Column("error_ratio", "1", "float64", "share that failed"),
    Column("cost_usd", "USD", "float64", "bill of the window; empty without prices"),
    Column("node_hours", "h", "float64", "machine time that was paid"),
)
_OF_RUN = (
    Column("replication", "", "int64", "number of the run; the same number draws the same customers at every point"),
    Column("seed", "", "int64", "its seed"),
    Column("status", "", "string", "holds, missed or nothing to judge: this run alone"),
    *_FIGURES,
    Column(
        "windows",
        "",
        "string",
        "JSON: for each objective and route [judged windows, failing windows, worst value in the objective's unit]",
    ),
    Column("key", "", "string", "hash of what was run: scenario, inputs, seed, sources and versions"),
)
FINISHED = TableSpec("finished", "One run as it came in.", _OF_RUN)
RUNS = TableSpec(
    "runs",
    "One run: a replication of a point.",
    (Column("point", "", "int64", "number of the point in the grid, from 0"), *_OF_RUN),
    open_ended=True,
)
INTERVALS = ("p95_s", "worst_p95_s", "error_ratio", "cost_usd", "node_hours")
"""Figures whose mean over the runs of a point has an interval."""
_BY_NAME = {column.name: column for column in _FIGURES}
POINTS = TableSpec(
    "points",
    "One point: a combination of values.",
    (
        Column("point", "", "int64", "number of the point in the grid, from 0"),
        Column("runs", "1", "int64", "replications"),
        Column("status", "", "string", "verdict over the windows of all its runs: holds, missed or nothing to judge"),
        Column("held_in", "1", "int64", "runs that hold by themselves"),
        *(
            Column(f"{name}{suffix}", _BY_NAME[name].unit, "float64", meaning.format(_BY_NAME[name].meaning))
            for name in INTERVALS
            for suffix, meaning in (
                ("", "mean: {}"),
                ("_low_95", "lower bound of its 95 % interval (Student's t); empty with one run"),
                ("_high_95", "upper bound"),
            )
        ),
        Column("reason", "", "string", "the worst of what misses an objective; empty where nothing does"),
    ),
    open_ended=True,
)
