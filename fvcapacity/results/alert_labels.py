"""Labels of alerts as tables and figures show them."""

from __future__ import annotations

from collections.abc import Iterable

HIDDEN = frozenset({"alertname", "scenario", "run_id", "severity"})
"""Labels that say nothing of what an alert is about."""


def label_text(labels: Iterable[tuple[str, str]]) -> str:
    """Return the labels that tell what an alert is about: ``container=cart, pod=cart-1``."""
    return ", ".join(f"{name}={value}" for name, value in labels if name not in HIDDEN)


def short_labels(text: str) -> str:
    """Return such labels in short: no namespace, no container beside its pod, and of a single one its value alone."""
    pairs = dict(pair.partition("=")[::2] for pair in text.split(", ") if pair)
    pairs.pop("namespace", None)
    if "pod" in pairs:
        pairs.pop("container", None)
    if pairs.keys() == {"method", "path"}:
        return f"{pairs['method']} {pairs['path']}"
    return next(iter(pairs.values())) if len(pairs) == 1 else ", ".join(f"{name}={it}" for name, it in pairs.items())
