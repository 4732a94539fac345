"""What is fuzzed: every way in for somebody else's text. A target takes bytes and may raise nothing but `FvcapError`.

Each target has seeds that are right, so that a fuzzer begins behind the first check. The first byte of what a fuzzer
gives chooses between the rest as it is, and a seed of which single values are replaced by odd ones.
"""

from __future__ import annotations

import copy
import gzip
import json
import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import requests
import yaml
from prometheus_api_client import PrometheusConnect
from requests.adapters import BaseAdapter

from fvcapacity.cost.focus import check_focus
from fvcapacity.errors import FvcapError, InvariantError
from fvcapacity.inputs import load_scenario
from fvcapacity.inputs.access_log import LogOptions, read_access_logs
from fvcapacity.inputs.bills.load import load_bill
from fvcapacity.inputs.counts_file import read_counts
from fvcapacity.inputs.manifests import read_manifests
from fvcapacity.inputs.manifests.located import plain
from fvcapacity.inputs.prometheus import client
from fvcapacity.inputs.prometheus.pull import pull
from fvcapacity.report.starter.graph import graph_of
from fvcapacity.scenario.findings import check_cluster
from fvcapacity.units import (
    format_bytes,
    parse_bytes,
    parse_cpu_cores,
    parse_duration_ns,
    parse_quantity,
    parse_written_quantity,
)
from tests.support import shops

Target = Callable[[bytes], None]
_ROOT = Path(tempfile.mkdtemp(prefix="fvcapacity-fuzz-"))
ODD: list[Any] = [
    None, True, False, "", " ", "no", "0", -1, 0, 1, 2**31, 2**63, 2**64, -(2**63) - 1, 10**400, 0.5, -0.0, 1e308,
    -1e308, 5e-324, float("inf"), float("nan"), "1e999", "1e-999", "1e400", "999999999999999999999E", "9" * 400, "-5m",
    "1" * 5000 + "d", "99999999999d", "1ns", "100%", "-1%", "٣", "１", "../../../etc/passwd", "/dev/zero", "/dev/stdin",
    "~", "\x00", "\x1b[2J", "\u202e", "\ud83c\udf37", "\u2028", "a" * 70_000, "*", "?", "[", "{}", "{{", "%s", "${x}",
    "(a+)+$", [], {}, [[]], [None], {"": None}, {"a": {"b": []}}, [{}, {}], {"name": "x"}, "9999-12-31T23:59:59",
    "0001-01-01T00:00:00", "2026-02-30T00:00:00", "2026-02-14T18:00:00+99:99", "2026-02-14T18:00:00-23:59",
    "1677-09-21T00:12:43", "2262-04-11T23:47:17", "America/../../etc/passwd", "UTC", "deployment/x", "x/y/z",
    {"matchLabels": {"a": "b"}}, {"cpu": {"mean_ms": 1e300}}, {"call": "shop.list"}, ["a", 1, None, {}],
    "0 0 30 2 *", "*/0 * * * *", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=SECONDLY;INTERVAL=0",
]  # fmt: skip
"""Values that a field does not expect."""


@dataclass(frozen=True)
class Fuzzed:
    """A way in.

    Attributes
    ----------
    run
        Takes the bytes.
    seeds
        Bytes that are right; none when a target makes its own of whatever bytes it gets.
    words
        What a fuzzer puts in (libFuzzer's dictionary).
    """

    run: Target
    seeds: Sequence[bytes]
    words: Sequence[str] = ()


def run(name: str, data: bytes) -> None:
    """Give bytes to a target; what it raises beyond `FvcapError` is a finding, and so is a bug that it tells of."""
    target = TARGETS[name]
    try:
        target.run(_made(target, data))
    except InvariantError:
        raise
    except FvcapError as error:
        str(error)


def _made(target: Fuzzed, data: bytes) -> bytes:
    if not target.seeds:
        return data
    if not data or data[0] < 128:
        return data[1:]
    seed = target.seeds[data[0] % len(target.seeds)]
    return _mutated(seed, random.Random(data[1:]))


def _mutated(seed: bytes, luck: random.Random) -> bytes:
    """Return a seed with odd values in the place of single ones: in its structure, or in its cells."""
    try:
        text = seed.decode()
        if text.startswith(("{", "[")):
            return json.dumps(_changed(json.loads(text), luck)).encode("utf-8", "surrogatepass")
        if ": " in text and "\n---" not in text and "," not in text.splitlines()[0]:
            return yaml.safe_dump(_changed(yaml.safe_load(text), luck)).encode("utf-8", "surrogatepass")
        if "\n---" in text:
            parts = [_changed(part, luck) for part in yaml.safe_load_all(text)]
            return yaml.safe_dump_all(parts).encode("utf-8", "surrogatepass")
    except (UnicodeDecodeError, ValueError, yaml.YAMLError):
        pass
    return _changed_cells(seed, luck)


def _changed(data: Any, luck: random.Random) -> Any:
    for _ in range(luck.randint(1, 3)):
        places = list(_places(data))
        if not places:
            return copy.deepcopy(luck.choice(ODD))
        holder, key = luck.choice(places)
        how = luck.random()
        if how < 0.1 and isinstance(holder, dict):
            holder[luck.choice(["", "x", "name", "kind", "<<", "..", key])] = holder.pop(key)
        elif how < 0.2:
            other, at = luck.choice(places)
            holder[key] = json.loads(json.dumps(other[at], default=str))
        elif how < 0.3 and isinstance(holder, dict):
            holder.pop(key)
        else:
            holder[key] = copy.deepcopy(luck.choice(ODD))
    return data


def _places(data: Any) -> Any:
    if isinstance(data, dict):
        for key, value in data.items():
            yield data, key
            yield from _places(value)
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield data, number
            yield from _places(value)


def _changed_cells(seed: bytes, luck: random.Random) -> bytes:
    """Return lines with odd cells, or lines that are doubled, cut or out of order."""
    lines = seed.split(b"\n")
    for _ in range(luck.randint(1, 4)):
        number = luck.randrange(len(lines))
        separator = b"," if b"," in lines[number] else b" "
        cells = lines[number].split(separator)
        odd = str(luck.choice(ODD)).encode("utf-8", "surrogatepass")
        how = luck.random()
        if how < 0.6:
            cells[luck.randrange(len(cells))] = odd
            lines[number] = separator.join(cells)
        elif how < 0.7:
            lines.insert(number, luck.choice(lines))
        elif how < 0.8:
            lines[number] = lines[number][: luck.randrange(len(lines[number]) + 1)]
        elif how < 0.9:
            lines[number] = separator.join([*cells, odd])
        else:
            luck.shuffle(lines)
    return b"\n".join(lines)


def _shop(name: str) -> Path:
    directory = _ROOT / name
    if not directory.exists():
        shops.write_shop(directory)
    return directory


def _scenario(data: bytes) -> None:
    directory = _shop("scenario")
    (directory / "scenario.yaml").write_bytes(data)
    load_scenario(directory / "scenario.yaml")


def _topology(data: bytes) -> None:
    directory = _shop("topology")
    (directory / "topology.yaml").write_bytes(data)
    load_scenario(directory / "scenario.yaml")


def _manifests(data: bytes) -> None:
    file = _ROOT / "manifests.yaml"
    file.write_bytes(data)
    manifests = read_manifests([file])
    if not manifests.errors:
        check_cluster(manifests.objects)
        graph_of(manifests.objects, [plain(item) for item in manifests.raw])


def _kustomization(data: bytes) -> None:
    directory = _ROOT / "kustomization"
    directory.mkdir(exist_ok=True)
    (directory / "shop.yaml").write_text(shops.MANIFESTS)
    (directory / "kustomization.yaml").write_bytes(data)
    read_manifests([directory])


def _quantity(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    for parse in (parse_quantity, parse_written_quantity, parse_cpu_cores, parse_duration_ns):
        try:
            found = parse(text)
        except ValueError:
            continue
        str(found)
    try:
        assert parse_bytes(format_bytes(abs(parse_bytes(text)))) == abs(parse_bytes(text))
    except ValueError:
        return


def _log(data: bytes) -> None:
    file = _ROOT / ("access.log.gz" if data[:2] == b"\x1f\x8b" else "access.log")
    file.write_bytes(data)
    log = read_access_logs([str(file)], LogOptions(most_unreadable=1.0))
    for _ in log.traffic():
        pass


def _traffic(data: bytes) -> None:
    file = _ROOT / ("counts.csv.gz" if data[:2] == b"\x1f\x8b" else "counts.csv")
    file.write_bytes(data)
    counts, problems = read_counts(file, ZoneInfo("America/Santiago"))
    assert counts is not None or problems
    directory = _shop("traffic")
    (directory / "counts.csv").write_bytes(data)
    load_scenario(directory / "scenario.yaml")


def _bill(data: bytes) -> None:
    file = _ROOT / "bill.csv"
    file.write_bytes(data)
    load_bill(file, start=datetime(2026, 2, 13, tzinfo=UTC), end=datetime(2026, 2, 15, tzinfo=UTC))


def _focus(data: bytes) -> None:
    file = _ROOT / "focus.csv"
    file.write_bytes(data)
    check_focus(file)


class _Scripted(BaseAdapter):
    """Answers of a Prometheus, without a server: what is fuzzed for every question but the time."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.body = body

    def send(self, request: Any, *_: Any, **__: Any) -> requests.Response:
        asked = request.body if isinstance(request.body, str) else ""
        time_asked = "query=time" in f"{request.url} {asked}"
        response = requests.Response()
        response.status_code = 200
        response.request, response.url = request, request.url
        response.headers["Content-Type"] = "application/json"
        response._content = _NOW if time_asked else self.body
        return response

    def close(self) -> None:
        """Nothing is open."""


_NOW = b'{"status":"success","data":{"resultType":"scalar","result":[1770596400,"1770596400"]}}'
_PROFILE = """\
profile: own
queries:
  - {name: requests, metric: requests_total, kind: counter, measure: requests, service: "{service}", route: "{method} {path}"}
  - {name: memory, metric: memory_bytes, kind: gauge, measure: memory_bytes, service: "{service}"}
  - {name: latency, metric: latency_seconds, kind: histogram, service: "{service}"}
"""


def _prometheus(data: bytes) -> None:
    profile = _ROOT / "own.yaml"
    if not profile.exists():
        profile.write_text(_PROFILE)
        client.PrometheusClient.__init__.__kwdefaults__["sleep"] = lambda seconds: None
    session = requests.Session()
    connect = PrometheusConnect("http://127.0.0.1:9", session=session, method="POST")
    session.mount("http://127.0.0.1:9", _Scripted(data))
    start, end = datetime.fromtimestamp(1770595200, UTC), datetime.fromtimestamp(1770595800, UTC)
    found = pull("http://127.0.0.1:9", start=start, end=end, profiles=[str(profile)], min_coverage=0.0, connect=connect)
    found.measurements()


def _result(data: bytes) -> None:
    from tests.long.fuzz_result import try_result  # it runs a simulation first

    try_result(data, _changed)


def _document(data: bytes) -> None:
    from tests.long.fuzz_result import try_documents

    try_documents(data, _changed)


_LABELS = {"__name__": "requests_total", "service": "cart", "path": "/", "method": "GET", "le": "0.5", "job": "x"}
_SERIES = [{"metric": _LABELS, "values": [[1770595200 + 15 * n, str(30 * n)] for n in range(41)]}]
_ANSWERS = [
    {"status": "success", "data": {"resultType": "matrix", "result": _SERIES}},
    {"status": "success", "data": {"resultType": "vector", "result": [{"metric": _LABELS, "value": [1770595800, "1"]}]}},
    {"status": "success", "data": ["up", "requests_total", "memory_bytes", "latency_seconds"]},
    {"status": "error", "errorType": "bad_data", "error": "query processing would load too many samples"},
]  # fmt: skip
_LOG = (
    b'127.0.0.1 - - [14/Feb/2026:18:00:01 +0000] "GET /a/1 HTTP/1.1" 200 5 "-" "Mozilla" 0.012\n'
    b'::1 - - [14/Feb/2026:18:00:02 -0300] "POST /b HTTP/1.1" 502 - "http://x/" "curl" -\n'
)
_JSON_LOG = b'{"time":"2026-02-14T18:00:01Z","request":"GET /a HTTP/1.1","status":200,"request_time":0.01}\n' * 3
_CUR = (
    b"line_item_usage_start_date,line_item_usage_end_date,line_item_line_item_type,line_item_product_code,"
    b"line_item_usage_type,line_item_operation,line_item_usage_amount,line_item_unblended_cost,"
    b"line_item_currency_code,line_item_resource_id,product_instance_type,pricing_unit\n"
    b"2026-02-14T00:00:00Z,2026-02-14T01:00:00Z,Usage,AmazonEC2,BoxUsage:m5.large,RunInstances,1,0.096,USD,i-1,"
    b"m5.large,Hrs\n"
)


def _focus_seed() -> bytes:
    from fvcapacity.cost.focus.columns import FOCUS_COLUMNS as COLUMNS

    names = list(COLUMNS)
    values = {
        "BilledCost": "1.5", "EffectiveCost": "1.5", "ListCost": "2", "ContractedCost": "1.5", "BillingCurrency": "USD",
        "ChargePeriodStart": "2026-02-14T00:00:00Z", "ChargePeriodEnd": "2026-02-14T01:00:00Z",
        "BillingPeriodStart": "2026-02-01T00:00:00Z", "BillingPeriodEnd": "2026-03-01T00:00:00Z",
        "ChargeCategory": "Usage", "ServiceCategory": "Compute", "ProviderName": "x", "Tags": '"{""a"": ""b""}"',
    }  # fmt: skip
    row = ",".join(values.get(name, "") for name in names)
    return (",".join(names) + "\n" + row + "\n").encode()


_COUNTS = shops.COUNTS.encode()
_KUSTOMIZATION = b"""\
resources: [shop.yaml]
namespace: other
commonLabels: {a: b}
replicas: [{name: shop, count: 3}]
images: [{name: shop, newTag: "2"}]
patches:
  - target: {kind: Deployment, name: shop}
    patch: |-
      - {op: replace, path: /spec/replicas, value: 4}
"""
_YAML_WORDS = [
    "&a",
    "*a",
    "<<: *a",
    "!!int",
    "!!python/object:os.system",
    "---",
    "...",
    "|",
    ">-",
    "? ",
    "- ",
    "{",
    "[",
]
TARGETS: dict[str, Fuzzed] = {
    "scenario": Fuzzed(_scenario, [shops.SCENARIO.encode()], [*_YAML_WORDS, "window", "duration", "holdout", "nodes"]),
    "topology": Fuzzed(_topology, [shops.TOPOLOGY.encode()], [*_YAML_WORDS, "steps", "call", "parallel", "branch"]),
    "manifests": Fuzzed(
        _manifests, [(shops.MANIFESTS + shops.HPA).encode()], [*_YAML_WORDS, "apiVersion", "resources", "limits", "1e999"]
    ),
    "kustomization": Fuzzed(_kustomization, [_KUSTOMIZATION], [*_YAML_WORDS, "resources", "components", "../", "op"]),
    "quantity": Fuzzed(_quantity, [b"250m", b"1.5Gi", b"12e6", b"1h30m", b"-3"], ["Ki", "Ei", "E", "e", "n", "ms"]),
    "log": Fuzzed(_log, [_LOG, _JSON_LOG, gzip.compress(_LOG)], ["HTTP/1.1", "[", '"', "\\x22", "{", "}"]),
    "traffic": Fuzzed(_traffic, [_COUNTS, gzip.compress(_COUNTS)], ["timestamp", "route", "requests", "# sparse", "NaN"]),
    "bill": Fuzzed(_bill, [_CUR, _focus_seed()], ["USD", "Usage", "2026-02-14T00:00:00Z", '"', "NaN", "1e999"]),
    "focus": Fuzzed(_focus, [_focus_seed()], ["USD", "Usage", "Credit", '"', "NaN", "Infinity"]),
    "result": Fuzzed(_result, [], ["NaN", "Infinity", "PAR1"]),
    "document": Fuzzed(_document, [], ["NaN", '{"', "changes", "months"]),
    "prometheus": Fuzzed(_prometheus, [json.dumps(item).encode() for item in _ANSWERS], ["NaN", "+Inf", '"result"']),
}  # fmt: skip
