"""One pull in a process of its own, measured: ``python -m tests.long.pull_once URL fvcapacity|plain STEP [raw] OUT``.

Prints JSON: seconds in all, seconds of them that the server took (from a request's start to the last byte of its
answer), points, and the peak of memory in MB. Imports are not counted as time, but as memory.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import requests

START, DAYS = 1_770_595_200, 7
PROFILE = """\
profile: week
queries:
  - {name: requests, metric: http_requests_total, kind: counter, measure: requests, service: "{service}"}
"""
waited_s = 0.0
_request = requests.Session.request


def _timed(self, *args, **kwargs):
    global waited_s
    began = time.perf_counter()
    try:
        return _request(self, *args, **kwargs)
    finally:
        waited_s += time.perf_counter() - began


def plain(url: str, step: int) -> int:
    """The library alone, which holds all of it: pieces as the server allows."""
    from prometheus_api_client import PrometheusConnect

    client, points, kept = PrometheusConnect(url, method="POST"), DAYS * 86_400 // step, []
    for first in range(0, points, 10_000):
        instants = [START + (1 + index) * step for index in (first, min(first + 10_000, points) - 1)]
        start, end = (datetime.fromtimestamp(instant, UTC) for instant in instants)
        kept += client.custom_query_range(
            "sum by (service) (increase(http_requests_total[60s]))", start, end, str(step)
        )
    return sum(len(series["values"]) for series in kept)


def ours(url: str, step: int, counts: str, out: Path) -> int:
    """The whole of a pull, to the files."""
    from fvcapacity.inputs.prometheus.pull import pull

    out.parent.mkdir(parents=True, exist_ok=True)
    profile = out.with_suffix(".yaml")
    profile.write_text(PROFILE)
    start, end = (datetime.fromtimestamp(START + days * 86_400, UTC) for days in (0, DAYS))
    pulled = pull(url, start=start, end=end, step_s=step, profiles=[str(profile)], counts=counts, out=out)
    return sum(item.samples for item in pulled.provenance.coverage)


def main() -> None:
    url, who, step, counts, out = sys.argv[1:]
    if who == "plain":
        import prometheus_api_client.prometheus_connect  # noqa: F401 - before the clock starts
    else:
        import fvcapacity.inputs.prometheus.pull  # noqa: F401
    requests.Session.request = _timed
    began = time.perf_counter()
    points = plain(url, int(step)) if who == "plain" else ours(url, int(step), counts, Path(out))
    total = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"total_s": total, "server_s": waited_s, "points": points, "peak_mb": peak}))


if __name__ == "__main__":
    main()
