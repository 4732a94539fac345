"""The reference page of the tables, generated from their description."""

from __future__ import annotations

from collections.abc import Iterable

from fvcapacity.dataplane.histogram import RELATIVE_ERROR
from fvcapacity.results.columns import HISTOGRAMS, TABLES
from fvcapacity.tabular.columns import TableSpec

_HEAD = f"""# The tables of a result

A result is a directory: `summary.json` (see `summary.schema.json`), `scenario.yaml` (the scenario as it was run),
`tables/` (each as Parquet and CSV), `histograms/` (Parquet) and `plots/`. `fvcapacity.load_result` reads it.

- The warm-up is left out everywhere; pods and nodes may have begun before the window.
- `time_utc` is an instant in UTC, `time_s` the same in seconds since the start of the window.
- Each replication has its own rows, numbered in `replication`.
- In a window longer than a week the tables of minutes and `hpa_metrics` hold hours: counts are added up, and of samples
  the most remains (the fewest of what is ready or updated, the mean of CPU use). The minutes themselves lie in
  `minutes/` (Parquet, a row group for each simulated day; `result.minutes.read(name, from_s=..., until_s=...)`), and
  there is one histogram a day.
- Percentiles come from log-spaced histograms and are off by at most {100 * RELATIVE_ERROR:.2g} %.
- Requests that are still open at the end count in the percentiles with their age, a lower bound.

This page is generated: `fvcap schema tables > docs/reference/results.md`.
"""


def tables_markdown() -> str:
    """Return the page."""
    return "\n".join([_HEAD, *_sections(TABLES.values()), "# Histograms\n", *_sections(HISTOGRAMS.values())])


def _sections(specs: Iterable[TableSpec]) -> Iterable[str]:
    for spec in specs:
        yield f"## {spec.name}\n\n{spec.row}\n\n| column | unit | type | meaning |\n| --- | --- | --- | --- |"
        for column in spec.columns:
            yield f"| `{column.name}` | {column.unit} | {column.dtype} | {column.meaning} |"
        yield "\nFurther columns may follow.\n" if spec.open_ended else ""
