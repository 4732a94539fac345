from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from fvcapacity.errors import InputError
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
