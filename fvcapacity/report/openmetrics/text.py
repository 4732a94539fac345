"""Write series as OpenMetrics text: families together, series together, instants ascending, in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO

from fvcapacity.report.openmetrics.series import Collected, Ints, Series

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def write_text(collected: Collected, common: Mapping[str, str], out: IO[str], *, head: str = "") -> int:
    """Write all series, and return how many samples that were.

    Parameters
    ----------
    common
        Labels that every series carries.
    head
        A remark, given as the help of no metric: OpenMetrics knows no comments, so that it stands in the help of the
        first family.
    """
    samples = 0
    texts: dict[int, list[str]] = {}
    for number, (family, series) in enumerate(collected.series.items()):
        remark = f" {head}" if head and number == 0 else ""
        out.write(f"# HELP {family.name} {_escaped(family.help + remark)}\n# TYPE {family.name} {family.type}\n")
        for one in series:
            samples += len(one.times_ms)
            out.write(_lines(one, common, texts))
    out.write("# EOF\n")
    return samples


def labels_text(labels: Mapping[str, str]) -> str:
    """Return labels as they stand in braces; empty ones, which mean the same as none, are left out."""
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items() if value)


def _lines(series: Series, common: Mapping[str, str], texts: dict[int, list[str]]) -> str:
    """Return the lines of a series, put together by joins alone: a week is millions of them."""
    labels = labels_text({**series.labels, **common})
    start = f"{series.family.name}{series.suffix}{{{labels}}} "
    instants = texts.get(id(series.times_ms))
    if instants is None:
        instants = _instants(series.times_ms)
        texts[id(series.times_ms)] = instants
    values = series.values
    if (values == values[0]).all():
        start = f"{start}{values[0].item()!r}"
        return start + start.join(instants)
    parts = [start] * (3 * len(instants))
    parts[1::3] = map(repr, values.tolist())
    parts[2::3] = instants
    return "".join(parts)


def _instants(times_ms: Ints) -> list[str]:
    return [f" {whole}.{rest:03d}\n" for whole, rest in (divmod(time, 1000) for time in times_ms.tolist())]


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)
