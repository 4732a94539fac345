"""How long a moved slider takes until the new card is there: CPU time, on the shop of the README.

A tenth of a second is what people take for "at once" (Miller 1968). Twice that is let pass, for slow machines; the
figures of one are in ``docs/how-to/library.md``.
"""

from __future__ import annotations

import time
from typing import Any

import pytest

import fvcapacity as fv
from tests.benchmarks.shop import SHOP

pytestmark = pytest.mark.benchmark_run

MUST_S, ALLOWANCE = 0.1, 2


def test_sliders_answer_at_once(benchmark: Any) -> None:
    pytest.importorskip("ipywidgets")
    desk = fv.what_if(fv.load_scenario(SHOP)).sliders("deployment/auth-service")
    limit = desk.knobs["deployment/auth-service/auth-service.limits.cpu"]
    desk.traffic.value, limit.value = 1.25, "300m"
    seen = {desk.answer.value}

    def move(times: tuple[float, ...], limits: tuple[str, ...]) -> float:
        """Move each slider to places where it was not before; the longest time that one took."""
        longest = 0.0
        for slider, place in [*((desk.traffic, value) for value in times), *((limit, value) for value in limits)]:
            started = time.process_time()
            slider.value = place
            longest = max(longest, time.process_time() - started)
            seen.add(desk.answer.value)
        return longest

    def twice() -> float:
        """What is slow is slow both times; who else uses the machine is not there both times."""
        return min(
            move((1.5, 2.0, 3.0), ("350m", "400m", "450m", "600m")),
            move((1.75, 2.5, 4.0), ("250m", "500m", "700m", "800m")),
        )

    longest = benchmark.pedantic(twice, rounds=1)
    benchmark.extra_info["longest_s"] = round(longest, 3)
    assert len(seen) == 15  # every move was answered anew
    assert longest < ALLOWANCE * MUST_S
