"""Record what recording rules would have recorded, into the database itself, before alerts are looked at.

``promtool tsdb create-blocks-from rules`` does this too, but needs a range on the edges of two-hour blocks (else it may
write nothing and say nothing: prometheus/prometheus#19714), asks the server hour by hour, and does not let one rule
read what another records. Here each rule is one range query, in rounds: a rule comes after those whose metrics it
reads.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from fvcapacity.inputs.prometheus.backfill import backfill
from fvcapacity.inputs.prometheus.client import PrometheusClient
from fvcapacity.inputs.prometheus.evaluate import Evaluations, Labels, evaluate
from fvcapacity.inputs.prometheus.expressions import metrics_of
from fvcapacity.inputs.prometheus.rules import Rule, RuleGroup
from fvcapacity.inputs.prometheus.server import LocalPrometheus

_DAY_S = 86_400
Recording = tuple[RuleGroup, Rule]


def record(
    groups: Sequence[RuleGroup],
    data: Path,
    start_s: int,
    end_s: int,
    *,
    lookback_s: float,
    tell: Callable[[str], None] | None = None,
) -> list[str]:
    """Add the metrics of all recording rules to a database.

    Parameters
    ----------
    data
        Database that `backfill` made; no server may run over it.
    lookback_s
        How long a sample counts after its instant.

    Returns
    -------
    list of str
        What went wrong with single rules.

    Raises
    ------
    SourceError
        When Prometheus or promtool is missing or fails.
    """
    complaints = []
    for round_ in recording_rounds(groups):
        with tempfile.TemporaryDirectory(prefix="fvcap-recorded-") as work:
            with LocalPrometheus(data, lookback_s=lookback_s) as server, PrometheusClient(server.url) as client:
                found = []
                for group, rule in round_:
                    if tell is not None:
                        tell(f"recording {rule.name}")
                    evaluations = evaluate(client, group, rule, start_s, end_s)
                    complaints += [f"{rule.name}: {text}" for text in evaluations.complaints]
                    found.append((rule.name, evaluations))
            files = list(_write(found, Path(work)))
            if files:
                backfill(files, data)
    return complaints


def recording_rounds(groups: Sequence[RuleGroup]) -> list[list[Recording]]:
    """Return recording rules in rounds: each reads only what earlier rounds recorded.

    A rule that reads its own metric, or one of two that read each other, sees what was recorded before it: nothing.
    """
    left = [(group, rule) for group in groups for rule in group.rules if rule.kind == "record"]
    rounds: list[list[Recording]] = []
    while left:
        missing = {rule.name for _, rule in left}
        now = [item for item in left if not missing & (set(metrics_of(item[1].expr)) - {item[1].name})] or left
        rounds.append(now)
        left = [item for item in left if item not in now]
    return rounds


def _write(found: Sequence[tuple[str, Evaluations]], work: Path) -> Iterator[Path]:
    """Write the samples as OpenMetrics, one file a day."""
    by_day: dict[int, dict[str, dict[Labels, list[str]]]] = {}
    for name, evaluations in found:
        for time_ns, vector in evaluations.vectors:
            for labels, value in (vector or {}).items():
                of_day = by_day.setdefault(time_ns // 10**9 // _DAY_S, {})
                text = f"{_number(value)} {time_ns // 10**9}"
                of_day.setdefault(name, {}).setdefault(labels, []).append(text)
    for day, families in sorted(by_day.items()):
        path = work / f"{day}.om"
        with path.open("w", encoding="utf-8") as file:
            for name, series in families.items():
                file.write(f"# TYPE {name} unknown\n")
                for labels, samples in series.items():
                    head = name + _braces(labels)
                    file.writelines(f"{head} {sample}\n" for sample in samples)
            file.write("# EOF\n")
        yield path


def _braces(labels: Labels) -> str:
    own = [f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in labels if name != "__name__"]
    return "{" + ",".join(own) + "}" if own else ""


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return repr(value) if math.isfinite(value) else "+Inf" if value > 0 else "-Inf"
