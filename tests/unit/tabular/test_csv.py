"""Tables as CSV for people."""

from __future__ import annotations

import pandas as pd
import pytest

from fvcapacity.tabular.storage import write_csv


@pytest.fixture
def table():
    instants = ["2026-02-14T18:00:00.75Z", None, "1969-12-31T23:59:59.5Z"]
    return pd.DataFrame(
        {
            "route": ["front-page", "", "checkout"],
            "time_utc": pd.to_datetime(instants, utc=True, format="ISO8601"),
            "p95_s": [0.1 + 0.2, float("nan"), 60.0],
            "requests": [3, 0, 1 << 40],
            "judged": [True, False, True],
        }
    )


def written(table, tmp_path):
    write_csv(table, tmp_path / "t.csv")
    return (tmp_path / "t.csv").read_bytes().decode("utf-8").split("\n")


def test_every_kind_of_value(table, tmp_path):
    assert written(table, tmp_path) == [
        "route,time_utc,p95_s,requests,judged",
        "front-page,2026-02-14T18:00:00Z,0.30000000000000004,3,true",
        ",,,0,false",
        "checkout,1969-12-31T23:59:59Z,60,1099511627776,true",
        "",
    ]


def test_texts_stand_in_quotes_where_one_needs_it(table, tmp_path):
    table["route"] = ['a, "b"', "", "rosas para mamá"]
    lines = written(table, tmp_path)
    assert lines[1].startswith('"a, ""b""","2026-02-14T18:00:00Z",0.30000000000000004,3,true')
    assert pd.read_csv(tmp_path / "t.csv", keep_default_na=False)["route"].tolist() == ['a, "b"', "", "rosas para mamá"]


def test_no_rows_leave_a_header(table, tmp_path):
    assert written(table.iloc[:0], tmp_path) == ["route,time_utc,p95_s,requests,judged", ""]
