"""Questions to a Prometheus: `PrometheusConnect` carries them; retries, typed errors and warnings are ours."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from prometheus_api_client import PrometheusConnect
from prometheus_api_client.exceptions import PrometheusApiClientException

from fvcapacity.errors import SourceError
from fvcapacity.frozen import Frozen
from fvcapacity.inputs.prometheus.auth import Credentials, refuse_secret_in_url
from fvcapacity.inputs.prometheus.failures import from_answer, from_exception, is_retried
from fvcapacity.inputs.prometheus.session import NO_RETRIES, make_session, watch
from fvcapacity.inputs.prometheus.shapes import check_series, refuse_shape

CONNECT_TIMEOUT_S = 10.0
_LONGEST_WAIT_S = 30.0

logging.getLogger("urllib3").setLevel(logging.WARNING)  # its debug lines would hold addresses and headers of proxies


class Answer(Frozen):
    """What one request gave: series as the API returns them, and what it warned of."""

    result: list[dict[str, Any]]
    warnings: tuple[str, ...] = ()


class Backoff(Frozen):
    """How often a request is tried, and how long we wait in between (doubled each time, with jitter)."""

    attempts: int = 4
    first_wait_s: float = 0.5


class PrometheusClient:
    """A server that is asked in PromQL.

    Parameters
    ----------
    url
        Address, with the path that Thanos, Mimir or a proxy need (``https://host/prometheus``).
    credentials
        How to be let in.
    timeout_s
        How long an answer may take.
    params
        Parameters of every request (``{"dedup": "true", "partial_response": "false"}`` for Thanos).
    connect
        A `PrometheusConnect` of your own; it is used as it is, with its own session and timeout.

    Raises
    ------
    InputError
        When the address carries a user or password, or is none.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials | None = None,
        *,
        timeout_s: float = 120.0,
        params: Mapping[str, str] | None = None,
        connect: PrometheusConnect | None = None,
        backoff: Backoff | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        refuse_secret_in_url(url)
        self.url = url.rstrip("/")
        self.timeout_s = timeout_s
        self._credentials = credentials or Credentials()
        self._params = dict(params or {})
        self._backoff = backoff or Backoff()
        self._sleep = sleep
        self._lock = threading.Lock()
        self._sent = 0
        self._clock_skew_s: float | None = None
        if connect is None:
            connect = PrometheusConnect(
                self.url,
                session=make_session(self.url, self._credentials),
                retry=NO_RETRIES,
                timeout=(CONNECT_TIMEOUT_S, timeout_s),
                method="POST",
            )
        self._server_timeout = f"{max(int(timeout_s * 0.9), 1)}s"  # so that it tells us before we give up
        self._connect = connect
        self._last = watch(connect._session)

    def __enter__(self) -> PrometheusClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._connect.close()

    @property
    def sent(self) -> int:
        """Requests sent so far, repetitions among them."""
        return self._sent

    @property
    def clock_skew_s(self) -> float | None:
        """Server's clock minus ours, to the second, as of the first answer; None before it."""
        return self._clock_skew_s

    def query(self, query: str, at_s: float | None = None, params: Mapping[str, str] | None = None) -> Answer:
        """Evaluate a query at one instant (seconds since 1970; default: the server's now).

        Raises
        ------
        SourceError
            When there is no answer, or it is not one to the question.
        """
        result, warnings = self._evaluated(query, at_s, params)
        return Answer(check_series(result, query), warnings)

    def _evaluated(
        self, query: str, at_s: float | None = None, params: Mapping[str, str] | None = None
    ) -> tuple[Any, tuple[str, ...]]:
        extra = {**self._params, **(params or {}), "timeout": self._server_timeout}
        if at_s is not None:
            extra["time"] = repr(float(at_s))
        return self._ask(query, lambda: self._connect.custom_query(query, params=extra))

    def query_range(self, query: str, start_s: int, end_s: int, step_s: int) -> Answer:
        """Evaluate a query at ``start_s``, ``start_s + step_s``, ... up to ``end_s``, in one request.

        Raises
        ------
        SourceError
            When there is no answer; `TooMuchError` when the server would answer for less time.
        """
        extra = {**self._params, "timeout": self._server_timeout}
        start, end = (datetime.fromtimestamp(instant, UTC) for instant in (start_s, end_s))
        result, warnings = self._ask(
            query, lambda: self._connect.custom_query_range(query, start, end, str(step_s), params=extra)
        )
        return Answer(check_series(result, query), warnings)

    def metric_names(self) -> list[str]:
        """Return the names of all metrics that the server knows.

        Raises
        ------
        SourceError
            When there is no answer.
        """
        extra = dict(self._params)
        names, _ = self._ask("", lambda: self._connect.get_label_values("__name__", params=extra))
        return [str(name) for name in names] if isinstance(names, list) else []

    def now_s(self) -> float:
        """Return the server's time, in seconds since 1970.

        Raises
        ------
        SourceError
            When there is no answer.
        """
        result, _ = self._evaluated("time()")
        try:
            pair = result[0]["value"] if isinstance(result[0], dict) else result  # VictoriaMetrics knows no scalars
            now_s = float(pair[1])
            datetime.fromtimestamp(now_s, UTC)
        except (LookupError, TypeError, ValueError, OverflowError, OSError):
            refuse_shape("time()", "it is no time")
        return now_s

    def _ask(self, query: str, call: Callable[[], Any]) -> tuple[Any, tuple[str, ...]]:
        wait_s = self._backoff.first_wait_s
        for attempt in range(1, self._backoff.attempts + 1):
            try:
                result = self._once(query, call)
            except SourceError as error:
                if attempt == self._backoff.attempts or not is_retried(error):
                    raise
                self._sleep(max(self._wanted_wait_s(), wait_s * random.uniform(0.75, 1.25)))
                wait_s *= 2
                continue
            return result, tuple(map(self._credentials.scrub, _warnings(self._last.take())))
        raise AssertionError("unreachable")

    def _once(self, query: str, call: Callable[[], Any]) -> Any:
        """Ask once; turn whatever goes wrong into a `SourceError` without a secret and without a cause that has one."""
        self._last.take()
        with self._lock:
            self._sent += 1
        try:
            result = call()
            self._note_clock(self._last.response)
            return result
        except (PrometheusApiClientException, KeyError, TypeError, requests.exceptions.JSONDecodeError):
            # no result in the answer, whatever else it is
            response = self._last.response
            error = (
                from_answer(response, query, self._credentials.scrub)
                if response is not None
                else SourceError("the server gave no answer", query=query, retryable=True, rule="unreachable")
            )
        except (requests.exceptions.RequestException, OSError, ValueError) as problem:
            error = from_exception(problem, query, self.timeout_s)
        scrub = self._credentials.scrub
        raise type(error)(
            scrub(str(error)), hint=error.hint, retryable=error.retryable, query=scrub(query), rule=error.rule
        ) from None

    def _wanted_wait_s(self) -> float:
        """Return how long the server asked us to wait."""
        response = self._last.response
        text = response.headers.get("Retry-After", "") if response is not None else ""
        return min(float(text), _LONGEST_WAIT_S) if text.isdigit() else 0.0

    def _note_clock(self, response: requests.Response | None) -> None:
        date = response.headers.get("Date") if response is not None else None
        if self._clock_skew_s is not None or not date:
            return
        try:
            self._clock_skew_s = parsedate_to_datetime(date).timestamp() - time.time()
        except (ValueError, TypeError):
            self._clock_skew_s = 0.0


def _warnings(response: requests.Response | None) -> tuple[str, ...]:
    """Return the warnings of an answer; it is read a second time only when it has some."""
    if response is None or (b'"warnings"' not in response.content and b'"infos"' not in response.content):
        return ()
    document = response.json()
    found = [document.get(key) for key in ("warnings", "infos")]
    return tuple(str(text) for texts in found if isinstance(texts, list) for text in texts)
