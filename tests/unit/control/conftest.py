"""What holds in every run of the control plane, whatever is tested."""

from __future__ import annotations

from typing import Any

import pytest

from fvcapacity.control.control_plane import ControlPlane
from fvcapacity.control.hpa import selected_pods


@pytest.fixture(autouse=True)
def _kept_pods_are_as_they_would_be_listed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every workload keep its pods as an HPA does, and hold them against a new list after every event."""
    run_to = ControlPlane.run_to

    def checked(control: ControlPlane, *given: Any) -> None:
        run_to(control, *given)
        for workload in control.state.workloads.values():
            kept, workload.seen = workload.seen, None
            anew = selected_pods(workload)
            assert kept in (None, anew), f"{workload.key} at {given[0]} ns"

    monkeypatch.setattr(ControlPlane, "run_to", checked)
