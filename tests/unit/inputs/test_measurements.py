import gzip
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from fvcapacity.errors import InputError
from fvcapacity.inputs import measured_files
from fvcapacity.inputs.measurements import LATENCY, USAGE, Measurements, Provenance, empty, load_measurements

START = datetime(2026, 2, 9, tzinfo=UTC)


def _measured() -> Measurements:
    times = pd.to_datetime([START, START], utc=True)
    traffic = pd.DataFrame(
        {"time_utc": times, "route": ["GET /", "GET /api"], "requests": [3.0, None], "failed": [0.0, None]}
    )
    usage = pd.DataFrame({"time_utc": times[:1], "service": ["cart"], "measure": ["cpu_core_s"], "value": [1.5]})
    provenance = Provenance(source="http://127.0.0.1:9090", start=START, end=START, interval_s=60.0)
    return Measurements(provenance, traffic, usage)


def test_a_directory_comes_back_as_it_was(tmp_path: Path):
    _measured().save(tmp_path / "measured")
    back = load_measurements(tmp_path / "measured")
    assert back.provenance == _measured().provenance
    assert back.traffic["requests"].isna().tolist() == [False, True]
    assert back.usage.equals(_measured().usage.astype(back.usage.dtypes))
    assert back.latency.equals(empty(LATENCY))


def test_the_same_bytes_every_time(tmp_path: Path):
    first, second = (_measured().save(tmp_path / name) / "traffic.csv.gz" for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()


def test_nothing_of_another_is_replaced(tmp_path: Path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(InputError):
        _measured().save(tmp_path / "mine")
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"


@pytest.mark.parametrize("damage", ["measurements.json", "traffic.csv.gz", "usage.parquet", "latency.parquet"])
def test_a_damaged_directory_is_named(tmp_path: Path, damage: str):
    target = _measured().save(tmp_path / "measured")
    (target / damage).write_bytes(b"\x1f\x8b nothing")
    with pytest.raises(InputError) as caught:
        load_measurements(target)
    assert "measured" in str(caught.value)
    assert USAGE.name in str(caught.value) or "hint" in str(caught.value)


def test_traffic_that_unfolds_without_end_is_refused(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(measured_files, "FREE_BYTES", 2**10)
    target = _measured().save(tmp_path / "measured")
    (target / "traffic.csv.gz").write_bytes(gzip.compress(b"2026-02-14T18:00:00Z,/,1,0\n" * 500_000))
    with pytest.raises(InputError, match="unfolds to more than"):
        load_measurements(target)


def test_traffic_that_was_cut_off_is_an_input_error(tmp_path: Path):
    target = _measured().save(tmp_path / "measured")
    content = (target / "traffic.csv.gz").read_bytes()
    for cut in (content[:-5], content[: len(content) // 2], content[:20] + bytes([content[20] ^ 0xFF]) + content[21:]):
        (target / "traffic.csv.gz").write_bytes(cut)
        with pytest.raises(InputError, match="no measurements"):
            load_measurements(target)


def test_a_column_that_nobody_knows_is_an_input_error(tmp_path: Path):
    target = _measured().save(tmp_path / "measured")
    table = pq.read_table(target / "usage.parquet")
    pq.write_table(table.append_column("colour", table["service"]), target / "usage.parquet")
    with pytest.raises(InputError, match="'colour'"):
        load_measurements(target)
