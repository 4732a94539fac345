"""Repeated events are one with a count, as the API server holds them."""

from __future__ import annotations

import pandas as pd
import pytest

from fvcapacity.results.event_lines import folded_events

START = pd.Timestamp("2026-02-14T22:00:00Z")


def table(*rows: tuple[float, str, str, str]) -> pd.DataFrame:
    """Events by second, reason, object and workload."""
    return pd.DataFrame(
        {
            "replication": 0,
            "time_utc": START + pd.Timedelta(seconds=at),
            "time_s": at,
            "type": "Warning" if reason == "BackOff" else "Normal",
            "reason": reason,
            "object": name,
            "workload": workload,
            "message": f"{reason} of {name}",
        }
        for at, reason, name, workload in rows
    )


WEB = ("pod/web-1", "deployment/web")
DB = ("pod/db-0", "statefulset/db")


@pytest.mark.parametrize(
    ("rows", "of", "lines"),
    [
        ([(5, "Started", *WEB)], "", [(5, "Started", 1, 0)]),
        ([(5, "BackOff", *WEB), (25, "BackOff", *WEB), (65, "BackOff", *WEB)], "", [(65, "BackOff", 3, 60)]),
        # in the order in which they were last seen
        ([(1, "BackOff", *WEB), (2, "Started", *DB), (3, "BackOff", *WEB)], "", [(2, "Started", 1, 0), (3, "BackOff", 2, 2)]),
        # an hour without it, and the API server has forgotten it
        ([(0, "BackOff", *WEB), (3600, "BackOff", *WEB)], "", [(3600, "BackOff", 2, 3600)]),
        ([(0, "BackOff", *WEB), (3601, "BackOff", *WEB)], "", [(0, "BackOff", 1, 0), (3601, "BackOff", 1, 0)]),
        ([(1, "Started", *WEB), (2, "Started", *DB)], "pod/db-0", [(2, "Started", 1, 0)]),
        ([(1, "Started", *WEB), (2, "Started", *DB)], "deployment/web", [(1, "Started", 1, 0)]),
        ([(1, "Started", *WEB)], "deployment/other", []),
    ],
)  # fmt: skip
def test_folded(rows: list, of: str, lines: list) -> None:
    found = [(line.last_utc, line.reason, line.count, line.over_s) for line in folded_events(table(*rows), of)]
    assert found == [(START + pd.Timedelta(seconds=at), *rest) for at, *rest in lines]
