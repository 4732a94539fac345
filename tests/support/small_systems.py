"""Small systems with prices, for searches: one or two services, minutes of traffic."""

from __future__ import annotations

from pathlib import Path

import fvcapacity as fv
from tests.support.shops import MANIFESTS, SCENARIO, TOPOLOGY, write_shop

PRICES = """\
name: test
description: a made-up list
currency: USD
prices:
  - {kind: instance, name: D2s_v5, region: any, unit: per_hour, price: 0.1, source: made up, as_of: 2026-01-01}
"""


def without_secret(directory: Path) -> Path:
    """Take the Secret, which no overlay may copy, out of a small system's manifests; return their file."""
    path = directory / "manifests" / "shop.yaml"
    text = path.read_text()
    path.write_text(text[: text.index("---\napiVersion: v1\nkind: Secret")])
    return path


def small_system(
    directory: Path,
    *,
    cpu: str = "900m",
    memory: str = "512Mi",
    limit: str = "1",
    memory_limit: str = "512Mi",
    replicas: int = 3,
    nodes: int = 3,
    per_minute: int = 600,
    mean_ms: int = 5,
    recommend: str = "{headroom: none, surge: false, redundancy: false}",
) -> fv.Scenario:
    """Return a Deployment of one service on machines of 0.1 USD an hour, under a steady load."""
    scenario = (
        SCENARIO.replace("plane: simpy", "plane: fast")
        .replace("warm_up: 0s", "warm_up: 5m")
        .replace("count: 1\n    maximum: 2", f"count: {nodes}\n    minimum: {nodes}\n    maximum: 6")
    )
    scenario += f"cost: {{prices: prices.yaml, region: any}}\nrecommend: {recommend}\n"
    topology = TOPOLOGY.replace("mean_ms: 20", f"mean_ms: {mean_ms}").replace("mean_ms: 40", f"mean_ms: {mean_ms}")
    topology = topology.replace("container: shop\n", "container: shop\n    memory: {base: 48Mi}\n")
    counts = "timestamp,requests\n" + "".join(
        f"2026-02-14T{h}:{m:02d}:00,{per_minute}\n" for h in (17, 18) for m in range(60)
    )
    path = write_shop(directory, scenario=scenario, topology=topology, counts=counts)
    (directory / "prices.yaml").write_text(PRICES)
    manifests = MANIFESTS.replace("replicas: 1", f"replicas: {replicas}").replace(
        "resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 150m, memory: 128Mi}}",
        f"resources: {{requests: {{cpu: {cpu}, memory: {memory}}}, limits: {{cpu: {limit}, memory: {memory_limit}}}}}",
    )
    assert manifests.count(f"cpu: {cpu}")
    (directory / "manifests" / "shop.yaml").write_text(manifests)
    return fv.load_scenario(path)
