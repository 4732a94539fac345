"""When a controller tries again what failed (``client-go/util/workqueue/default_rate_limiters.go``).

Every controller's queue counts the failures of each item and waits 5 ms, 10 ms, 20 ms, ... up to 1000 s; a sync without
an error makes it forget them. (The overall limit of ten retries a second, with a burst of a hundred, is not reached by
single items.)
"""

from __future__ import annotations

BASE_DELAY_NS = 5 * 10**6
MAX_DELAY_NS = 1000 * 10**9


def retry_delay(failures: int) -> tuple[int, str]:
    """Return after how many nanoseconds an item is taken up again, given how often it failed before this time."""
    delay = BASE_DELAY_NS << min(failures, 40)
    return (delay, "BackOff") if delay < MAX_DELAY_NS else (MAX_DELAY_NS, "MaxDelay")
