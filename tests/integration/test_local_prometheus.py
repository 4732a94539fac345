import os
import socket
import time
from pathlib import Path

import pytest
import requests

from fvcapacity.errors import InputError, SourceError
from fvcapacity.inputs.prometheus.backfill import backfill, prepare_data
from fvcapacity.inputs.prometheus.server import LocalPrometheus
from tests.support.prometheus import needs_prometheus

pytestmark = needs_prometheus
START = 1_771_000_000
TEXT = (
    "# TYPE bouquets counter\n"
    + "".join(f'bouquets_total{{shop="one"}} {n} {START + 15 * n}\n' for n in range(40))
    + "# EOF\n"
)


def _backfilled(directory: Path) -> Path:
    (directory / "day.om").write_text(TEXT)
    backfill([directory / "day.om"], directory / "data", expected_samples=40)
    return directory / "data"


def test_what_was_written_is_read_back_and_the_process_ends(tmp_path: Path):
    with LocalPrometheus(_backfilled(tmp_path), lookback_s=30) as server:
        pid = server.pid
        answer = requests.post(
            f"{server.url}/api/v1/query", data={"query": "bouquets_total", "time": START + 585}, timeout=10
        )
        assert answer.json()["data"]["result"][0]["value"][1] == "39"
        later = requests.post(
            f"{server.url}/api/v1/query", data={"query": "bouquets_total", "time": START + 640}, timeout=10
        )
        assert later.json()["data"]["result"] == []  # the series has ended, and is seen for half a minute only
    assert pid is not None
    for _ in range(50):
        if not Path(f"/proc/{pid}").exists():
            break
        time.sleep(0.1)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_samples_that_promtool_drops_in_silence_are_missed(tmp_path: Path):
    (tmp_path / "day.om").write_text(TEXT)
    with pytest.raises(SourceError, match="40 samples, the files have 41"):
        backfill([tmp_path / "day.om"], tmp_path / "data", expected_samples=41)


def test_what_promtool_refuses_is_said(tmp_path: Path):
    (tmp_path / "day.om").write_text("bouquets_total 1\n")
    with pytest.raises(SourceError, match="promtool refused"):
        backfill([tmp_path / "day.om"], tmp_path / "data")


def test_the_database_of_another_is_left_alone(tmp_path: Path):
    (tmp_path / "data" / "wal").mkdir(parents=True)
    with pytest.raises(InputError, match="something else"):
        prepare_data(tmp_path / "data")


def test_a_server_that_does_not_come_up_says_why(tmp_path: Path):
    rules = tmp_path / "rules.yaml"
    rules.write_text("groups: [{name: x, rules: [{alert: A, expr: 'sum('}]}]")
    with pytest.raises(SourceError, match="ended at its start"), LocalPrometheus(tmp_path / "data", rules=[rules]):
        pass


def test_a_missing_program_is_named_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FVCAP_PROMETHEUS", str(tmp_path / "nowhere"))
    with pytest.raises(SourceError, match="prometheus is missing") as caught, LocalPrometheus(tmp_path / "data"):
        pass
    assert "FVCAP_PROMETHEUS" in caught.value.hint


def test_a_port_that_another_server_holds_is_refused(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(InputError, match=rf"--port: port {taken} of 127.0.0.1 is taken"):
            LocalPrometheus(tmp_path / "data", port=taken).__enter__()


def test_rules_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nosuch\.yaml: the file does not exist"):
        LocalPrometheus(tmp_path / "data", rules=[tmp_path / "nosuch.yaml"]).__enter__()
