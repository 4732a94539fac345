"""Labels of series: selectors in PromQL, names made of labels, and which labels only tell who scraped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from fvcapacity.frozen import Frozen

Labels = tuple[tuple[str, str], ...]
"""Labels of a series, sorted by name."""

SCRAPE_LABELS = ("prometheus", "prometheus_replica", "replica", "monitor", "receive", "job", "endpoint", "metrics_path")
"""Labels that say who scraped, and through which configuration: series that differ in them alone are one.

HA pairs differ in ``prometheus_replica`` or ``replica``; a second scraper in ``job``, ``endpoint``, ``metrics_path``.
"""
_NAME = r"[a-zA-Z_][a-zA-Z0-9_]*"
_MATCHER = rf'\s*{_NAME}\s*(?:=~|!~|!=|=)\s*(?:"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\')\s*'
_MATCHERS = re.compile(rf"(?:{_MATCHER})(?:,{_MATCHER})*,?\s*|")
_PLACE = re.compile(rf"\{{({_NAME}(?:\|{_NAME})*)\}}")
LABEL_NAME = re.compile(_NAME)
METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


def is_matchers(text: str) -> bool:
    """Tell whether a text is what may stand between the braces of a selector."""
    return _MATCHERS.fullmatch(text) is not None


def quoted(value: str) -> str:
    """Return a label's value as PromQL writes it."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def selector(metric: str, *matchers: str) -> str:
    """Return a selector of a metric; empty matchers are left out."""
    inside = ",".join(text.strip().rstrip(",") for text in matchers if text.strip())
    return f"{metric}{{{inside}}}" if inside else metric


def one_of(label: str, values: Iterable[str]) -> str:
    """Return a matcher for any of some values; "" for none."""
    given = list(values)
    if not given:
        return ""
    if len(given) == 1:
        return f"{label}={quoted(given[0])}"
    return f"{label}=~{quoted('|'.join(re.escape(value) for value in given))}"


class Template(Frozen):
    """A name made of labels: ``{method} {path|route}`` takes ``path``, or ``route`` where a series has no path."""

    text: str

    @property
    def labels(self) -> frozenset[str]:
        """All labels that it may take."""
        return frozenset(name for group in _PLACE.findall(self.text) for name in group.split("|"))

    def fill(self, labels: Mapping[str, str]) -> str:
        """Return the name; labels that are missing leave nothing, and "" is no name at all."""

        def first(found: re.Match[str]) -> str:
            return next((labels[name] for name in found.group(1).split("|") if labels.get(name)), "")

        return " ".join(_PLACE.sub(first, self.text).split())

    def problem(self) -> str:
        """Return what is wrong with it; "" for nothing."""
        rest = _PLACE.sub("", self.text)
        if "{" in rest or "}" in rest:
            return "a label stands between braces, alternatives with | between them, like {method} {path|route}"
        return "" if _PLACE.search(self.text) else "it names no label, like {service}"
