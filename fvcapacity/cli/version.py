"""``fvcap version``: what is installed."""

from __future__ import annotations

from fvcapacity.cli.terminal import say


def version() -> None:
    """Print what is installed and emulated."""
    import platform
    from importlib.metadata import version as installed

    from fvcapacity.scenario.model import KUBERNETES_RELEASE

    say(f"fvcapacity {installed('fvcapacity')} (Kubernetes {KUBERNETES_RELEASE}, Python {platform.python_version()})")
