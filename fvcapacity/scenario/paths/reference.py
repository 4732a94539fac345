"""The reference page of the paths, made of the table of their kinds."""

from __future__ import annotations

from collections.abc import Iterator

from fvcapacity.scenario.paths.kinds import KIND_NAMES, PATH_KINDS, WORKLOADS, PathKind
from fvcapacity.scenario.paths.values import VALUE_KINDS

_HEAD = """\
# Paths

A path names one field of the system. The same paths stand in changes (`Scenario.with_values`), bounds, explanations and
differences (`fvcap diff`). This page is made of the table in `fvcapacity/scenario/paths/kinds.py`
(`fvcap schema paths`).

```
KIND/NAME[/CONTAINER].FIELD      deployment/order-service.limits.cpu
                                 statefulset/postgres/postgres-exporter.limits.memory
PART.FIELD                       traffic.scale
```

- Without a container the first one of `containers` is meant. Init containers are named.
- `KEY` is everything that follows, as it is: `requests.ephemeral-storage`, `limits.nvidia.com/gpu`, `env.PORT`.
- A name with a dot or a slash in it stands in double quotes: `deployment/"shop.web".replicas`.
- Values are read and printed in one form: `250m`, `384Mi`, `25%`, `5m`, 70. What is given may be written otherwise
  (0.25 for `250m`, bytes as a number). Null (`None`) means "not written": it takes a field out.
- `Scenario.value(path)` gives what is written; the default in the table holds where nothing is.

What cannot be is refused, everything at once: a request above its limit, 0 CPU, a minimum above the maximum, a volume
that shrinks, replicas where an HPA decides, a heap above the memory limit, a variable that holds a secret.
"""
_EVERY_WORKLOAD = f"""\
What a container or a pod has is the same for {", ".join(WORKLOADS)}; it is shown for a Deployment."""
_SECTIONS = (
    ("Workloads", WORKLOADS),
    ("Autoscalers", ("hpa",)),
    ("Volumes, budgets, quotas and limits", ("pvc", "pdb", "quota", "limitrange")),
    ("What no manifest holds", ("nodes", "topology", "traffic", "objectives", "seed", "replications")),
)


def paths_markdown() -> str:
    """Return the page."""
    parts = [_HEAD]
    for title, owners in _SECTIONS:
        rows = [kind for kind in PATH_KINDS if kind.owners[0] in owners]
        note = [_EVERY_WORKLOAD, ""] if owners == WORKLOADS else []
        parts.append("\n".join([f"## {title}", "", *note, *_rows(rows)]) + "\n")
    kinds = ", ".join(f"`{owner}` {kind}" for owner, kind in KIND_NAMES.items())
    parts.append(f"## Kinds\n\n{kinds}.\n")
    return "\n".join(parts)


def _rows(kinds: list[PathKind]) -> Iterator[str]:
    yield "| Path | What | Value | Not written |"
    yield "|---|---|---|---|"
    for kind in kinds:
        owner = kind.owners[0]
        some = len(kind.owners) > 1 and kind.owners != WORKLOADS
        others = f" (also {', '.join(kind.owners[1:])})" if some else ""
        unit = VALUE_KINDS[kind.value].unit
        yield f"| `{kind.example(owner)}` | {kind.meaning}{others} | {unit} | {kind.absent} |"
