"""The HTTP session below every question to a server: our credentials, no redirects, answers kept for a closer look.

prometheus-api-client throws away what an answer says besides its result (warnings, the kind of an error), and sends a
query's text in the address even with POST. Both are mended here, below it, so that it stays as it is.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import requests
from requests.utils import get_environ_proxies
from urllib3.util import Retry

from fvcapacity.inputs.prometheus.auth import Credentials

_FORM_ENDPOINTS = ("/api/v1/query", "/api/v1/query_range", "/api/v1/labels")
NO_RETRIES = Retry(total=0, redirect=0, raise_on_status=False)
"""Retries are ours (`client.py`): urllib3 would repeat a query that just overloaded the server, and lose its answer."""
MAX_ANSWER_BYTES = 256 * 2**20
"""Of one answer, unpacked. Pieces are planned to be a tenth of it."""
_PIECE_BYTES = 65_536
"""Read at once; packed, it unfolds to a thousand times as much at most."""


class LastAnswer(threading.local):
    """The answer that this thread got last."""

    response: requests.Response | None = None

    def take(self) -> requests.Response | None:
        """Return the answer, and forget it."""
        response, self.response = self.response, None
        return response


class Session(requests.Session):
    """A session that sends long queries in the body and follows no redirect (a login page is no answer)."""

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request."""
        if str(method).upper() == "POST" and str(url).endswith(_FORM_ENDPOINTS) and "data" not in kwargs:
            kwargs["data"] = kwargs.pop("params", None)
        kwargs["allow_redirects"] = False
        return super().request(method, url, *args, **kwargs)

    def send(self, request: Any, **kwargs: Any) -> requests.Response:
        """Send one request, and read no more of its answer than memory is meant for."""
        later = bool(kwargs.pop("stream", False))
        response = super().send(request, stream=True, **kwargs)
        if hasattr(response.raw, "stream"):
            response.raw = _Bounded(response.raw)
        if not later:
            response.content  # noqa: B018 (it is read now, and kept)
        return response


class TooLargeError(requests.exceptions.RequestException):
    """An answer that unfolds to more than `MAX_ANSWER_BYTES`."""


class _Bounded:
    """The body of an answer, unpacked on the way, up to its bound."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def stream(self, amount: int, decode_content: bool | None = None) -> Iterator[bytes]:
        """Yield pieces of the body."""
        taken = 0
        for piece in self._raw.stream(_PIECE_BYTES, decode_content=decode_content):
            taken += len(piece)
            if taken > MAX_ANSWER_BYTES:
                self._raw.close()
                raise TooLargeError(f"the answer is larger than {MAX_ANSWER_BYTES // 2**20} MiB")
            yield piece


def make_session(url: str, credentials: Credentials) -> Session:
    """Return a session for one server.

    ``trust_env`` is off: credentials from ``~/.netrc`` would be secrets that we do not know to hide. Proxies and the
    CA file of the environment are still used.
    """
    session = Session()
    session.trust_env = False
    session.proxies.update(get_environ_proxies(url, no_proxy=None))
    session.headers.update(credentials.headers)
    session.headers["User-Agent"] = "fvcapacity"
    session.verify = credentials.verify
    session.cert = credentials.certificate
    return session


def watch(session: requests.Session) -> LastAnswer:
    """Let a session keep the last answer of every thread."""
    last = LastAnswer()

    def keep(response: requests.Response, *_: Any, **__: Any) -> requests.Response:
        last.response = response
        return response

    session.hooks.setdefault("response", [])
    session.hooks["response"].append(keep)
    return last
