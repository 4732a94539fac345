"""A past that we wrote, as series of metrics, for a real Prometheus on loopback."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fvcapacity.inputs.prometheus.backfill import backfill


@dataclass(frozen=True)
class Written:
    """One series: its labels, instants in seconds and values."""

    labels: dict[str, str]
    times: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Family:
    """One metric. A counter's name ends in _total; a histogram's series carry their suffix as the label ``suffix``."""

    name: str
    kind: str
    series: Sequence[Written]


def openmetrics(families: Iterable[Family]) -> Iterator[str]:
    """Yield the lines of a text for promtool."""
    for family in families:
        base = family.name.removesuffix("_total") if family.kind == "counter" else family.name
        yield f"# TYPE {base} {family.kind}\n"
        for series in family.series:
            labels = dict(series.labels)
            name = family.name + labels.pop("suffix", "")
            inside = ",".join(f'{key}="{value}"' for key, value in labels.items())
            for at, value in zip(series.times.tolist(), series.values.tolist(), strict=True):
                yield f"{name}{{{inside}}} {value!r} {at:.3f}\n"
    yield "# EOF\n"


def write_past(families: Sequence[Family], data: Path) -> None:
    """Write the families into a database at ``data``."""
    text = data.with_suffix(".om")
    with text.open("w") as file:
        file.writelines(openmetrics(families))
    backfill([text], data, expected_samples=sum(series.times.size for family in families for series in family.series))
    text.unlink()
