"""The scenario file of a first scenario, as text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fvcapacity.frozen import Frozen
from fvcapacity.report.starter.options import StartOptions
from fvcapacity.report.starter.pools import Pool
from fvcapacity.report.starter.text import comment, number, scalar


class Said(Frozen):
    """What the scenario file says beyond the options.

    Attributes
    ----------
    manifests
        Paths relative to the file.
    start, duration
        The window, in local time.
    measured
        Whether the traffic is counted (a file) or assumed (the shape of a week).
    gaps
        Whether figures are missing inside the window.
    cost
        Price list, list of instances and region; None for no money.
    remarks
        What was assumed or left out.
    """

    manifests: tuple[str, ...]
    start: datetime
    duration: str
    measured: str
    gaps: bool
    pool: Pool
    cost: tuple[str, str, str] | None
    remarks: Sequence[str]


def scenario_text(options: StartOptions, said: Said) -> str:
    """Return the scenario as YAML."""
    lines = comment(
        "Made by `fvcap init`. It runs as it is; how far it can be believed depends on what you replace of what is "
        "ASSUMED, here and in topology.yaml."
    )
    lines += [line for remark in said.remarks for line in comment(f"- {remark}")]
    lines += [f"name: {scalar(options.name)}", f"manifests: [{', '.join(map(scalar, said.manifests))}]"]
    lines += ["topology: topology.yaml", f"time_zone: {scalar(options.time_zone)}", ""]
    lines += [
        "window:",
        f"  start: {said.start:%Y-%m-%dT%H:%M:%S}",
        f"  duration: {said.duration}",
        "  warm_up: 10m",
        "",
    ]
    lines += _traffic(options, said)
    lines += ["", *_nodes(said.pool)]
    lines += ["", "objectives:", *comment("assumed: the p95 of every five minutes, and the share of errors", "  ")]
    lines += [f"  p95_ms: {number(options.p95_ms)}", "  error_percent: 1", "  failing_windows_percent: 1", ""]
    if said.cost is not None:
        prices, instances, region = said.cost
        lines += ["cost:", f"  prices: {prices}  # list prices of the provider; replace them by those of your contract"]
        lines += [f"  region: {region}", "", "recommend:", f"  instances: {instances}", ""]
    lines += ["seed: 1", "replications: 1"]
    return "\n".join(lines) + "\n"


def _traffic(options: StartOptions, said: Said) -> list[str]:
    if said.measured:
        lines = ["traffic:", *comment("counted by the Prometheus, by route and minute", "  ")]
        lines += [f"  file: {said.measured}"]
        return lines + (
            ["  fill_gaps: interpolate  # figures are missing; see measured/measurements.json"] if said.gaps else []
        )
    return [
        "traffic:",
        *comment("ASSUMED: how busy each hour is (traffic.yaml), and how much there is in all. Counts of your own "
                 "replace it: `file: counts.csv.gz`, which `fvcap pull` and `fvcap read-logs` write.", "  "),
        "  weekly:",
        "    file: traffic.yaml",
        f"    mean_rps: {number(options.rps)}  # assumed",
    ]  # fmt: skip


def _nodes(pool: Pool) -> list[str]:
    labels = ", ".join(f"{scalar(key)}: {scalar(value)}" for key, value in pool.labels.items())
    return [
        "nodes:",
        *comment("assumed: as many machines as the requests need, at most as many as all HPAs at their maximum need",
                 "  "),
        "  general:",
        f"    instance_type: {scalar(pool.instance_type)}",
        f"    cpu: {pool.cpu}",
        f"    memory: {pool.memory}",
        f"    allocatable_cpu: {pool.allocatable_cpu}",
        f"    allocatable_memory: {pool.allocatable_memory}",
        f"    count: {pool.count}",
        f"    minimum: {pool.count}",
        f"    maximum: {pool.maximum}",
        f"    labels: {{{labels}}}",
        "    basis: assumed",
    ]  # fmt: skip
