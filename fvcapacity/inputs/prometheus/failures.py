"""From what went wrong between us and a server to a `SourceError` that says what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import requests

from fvcapacity.errors import SourceError
from fvcapacity.inputs.prometheus.session import TooLargeError

Scrub = Callable[[str], str]
_TOO_MUCH = re.compile(r"too many samples|exceeded maximum resolution|max(imum)? (number of )?(samples|points)", re.I)
_SLOW = re.compile(r"timed out|timeout|context (deadline|canceled)", re.I)
_EXCERPT = 300


class TooMuchError(SourceError):
    """The server refuses the amount: the same query over less time may pass."""


def from_answer(response: requests.Response, query: str, scrub: Scrub) -> SourceError:
    """Return what an answer that carries no result means; ``scrub`` takes secrets out of what it says."""
    status = response.status_code
    if response.is_redirect:
        return _redirect(scrub(response.headers.get("Location", "elsewhere")), query)
    document = _document(response)
    if document is None and status == 200:
        return _not_json(scrub(response.text), query)
    said = _said(response, document, scrub)
    if status == 200:
        hint = "check that the address is that of a Prometheus API (…/api/v1/query answers there)"
        return SourceError(f"what came back is no answer to a query: {said}", hint=hint, query=query, rule="not-json")
    if status in (401, 403):
        return _refused(status, said, query)
    if document is not None and _TOO_MUCH.search(said):
        hint = "ask for less at once: a larger --step, a shorter range, or raise the server's limit"
        return TooMuchError(
            f"the query is too large for the server ({status}): {said}", hint=hint, query=query, rule="too-much"
        )
    if status == 422 or (status == 503 and document is not None and _SLOW.search(said)):
        return _unexecuted(status, said, query)
    if status == 400:
        hint = "correct the query (of the profile, when it is one), or the parameters of every request"
        return SourceError(
            f"the server does not understand the query (400): {said}", hint=hint, query=query, rule="bad-query"
        )
    if status == 404:
        hint = "check the address; Mimir and Thanos often stand under a path, such as https://host/prometheus"
        return SourceError(f"nothing answers there (404): {said}", hint=hint, query=query, rule="not-found")
    if status == 429:
        hint = "the server limits how often it may be asked: wait, or lower --parallel; what was fetched is kept"
        return SourceError(
            f"too many requests (429): {said}", hint=hint, query=query, retryable=True, rule="rate-limited"
        )
    hint = "look at the server; the same command goes on with what was fetched"
    retryable = status in (502, 503, 504)
    return SourceError(
        f"the server failed ({status}): {said}", hint=hint, query=query, retryable=retryable, rule="server-failed"
    )


def from_exception(error: Exception, query: str, timeout_s: float) -> SourceError:
    """Return what an exception of the transport means."""
    if isinstance(error, TooLargeError):
        hint = "ask for less at once: a larger --step, a shorter range or fewer namespaces; or it is no Prometheus"
        return SourceError(f"{error}", hint=hint, query=query, rule="too-large")
    if isinstance(error, requests.exceptions.ConnectTimeout):
        hint = "check the address, the network and whether the server runs"
        return SourceError(
            "the server cannot be reached: no connection in time",
            hint=hint,
            query=query,
            retryable=True,
            rule="unreachable",
        )
    if isinstance(error, requests.exceptions.Timeout):
        hint = "give it more time with --timeout, or ask for less: a larger --step or fewer namespaces"
        message = f"the server did not answer within {timeout_s:g} s"
        return SourceError(message, hint=hint, query=query, retryable=True, rule="timeout")
    if isinstance(error, requests.exceptions.SSLError):
        hint = "name the CA's certificates with ca: in --auth FILE (or --ca FILE); check the client certificate"
        return SourceError(f"no trusted connection: {_reason(error)}", hint=hint, query=query, rule="tls")
    if isinstance(error, requests.exceptions.ProxyError):
        hint = "check the proxy that the environment names (HTTPS_PROXY, NO_PROXY)"
        return SourceError(f"the proxy failed: {_reason(error)}", hint=hint, query=query, retryable=True, rule="proxy")
    if isinstance(error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError):
        return _cut_off(query)
    if isinstance(error, requests.exceptions.RetryError):
        hint = "look at the server; the same command goes on with what was fetched"
        message = "the server failed again and again, and the client gave up"
        return SourceError(message, hint=hint, query=query, retryable=True, rule="gave-up")
    if isinstance(error, requests.exceptions.ConnectionError):
        hint = "check the address, the network and whether the server runs"
        return SourceError(
            f"the server cannot be reached: {_reason(error)}",
            hint=hint,
            query=query,
            retryable=True,
            rule="unreachable",
        )
    if isinstance(error, OSError):  # a certificate or CA file that requests cannot read
        return SourceError(
            f"no request can be sent: {_reason(error)}",
            hint="check the files that --auth names",
            query=query,
            rule="tls",
        )
    return SourceError(
        f"no request can be sent: {type(error).__name__}",
        hint="check the address and headers",
        query=query,
        rule="no-request",
    )


def is_retried(error: SourceError) -> bool:
    """Tell whether asking again at once is right: the server was not there, or turned us away unheard."""
    return error.rule in ("unreachable", "rate-limited") or (error.rule == "server-failed" and error.retryable)


def _redirect(target: str, query: str) -> SourceError:
    target = target.split("?")[0].split("#")[0]
    hint = "a login page? Give credentials with --auth FILE; if the server has moved, give its new address"
    return SourceError(f"the server sends us on to {target}", hint=hint, query=query, rule="redirected")


def _not_json(text: str, query: str) -> SourceError:
    start = text[:200].lstrip()
    if start[:1] == "{":
        return _cut_off(query)
    title = re.search(r"<title[^>]*>([^<]{1,80})", text[:20_000], re.I)
    if start[:1] == "<":
        named = f" ({title.group(1).strip()!r})" if title else ""
        hint = "a login page? Give credentials with --auth FILE, or the address behind the login"
        return SourceError(f"a web page came back instead of JSON{named}", hint=hint, query=query, rule="not-json")
    hint = "check that the address is that of a Prometheus API (…/api/v1/query answers there)"
    return SourceError("what came back is no JSON", hint=hint, query=query, rule="not-json")


def _cut_off(query: str) -> SourceError:
    hint = "give the same command again: it goes on from what was fetched; a proxy may cut long answers"
    return SourceError("the answer was cut off", hint=hint, query=query, retryable=True, rule="cut-off")


def _refused(status: int, said: str, query: str) -> SourceError:
    if status == 401:
        hint = "give credentials with --auth FILE, or renew them"
        return SourceError(f"the server does not know us (401): {said}", hint=hint, query=query, rule="unauthorised")
    hint = "ask for the right to query, or name the tenant in headers: of --auth FILE"
    return SourceError(f"the server refuses us (403): {said}", hint=hint, query=query, rule="forbidden")


def _unexecuted(status: int, said: str, query: str) -> SourceError:
    if _SLOW.search(said):
        hint = "the server's own time limit: ask for less at once (a larger --step, fewer namespaces), or raise it"
        return TooMuchError(
            f"the query took the server too long ({status}): {said}", hint=hint, query=query, rule="too-slow"
        )
    hint = "the server could not run the query: two series may match where one is expected; correct the profile"
    return SourceError(f"the query failed ({status}): {said}", hint=hint, query=query, rule="query-failed")


def _document(response: requests.Response) -> dict[str, Any] | None:
    try:
        document = json.loads(response.content)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _said(response: requests.Response, document: dict[str, Any] | None, scrub: Scrub) -> str:
    """Return what the server says in its answer, in one line."""
    if document is not None:
        text = str(document.get("error") or document.get("message") or document.get("errorType") or "no reason given")
    else:
        text = re.sub(r"<[^>]+>", " ", response.text[:20_000]) or response.reason or "no reason given"
    text = " ".join(scrub(text).split()) or "no reason given"
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}..."


def _reason(error: Exception) -> str:
    """Return the innermost reason of a chain of exceptions, without objects' addresses."""
    text = str(error)
    for pattern in (r"\[Errno -?\d+\] ([^'\")]+)", r"\[SSL: [A-Z_]+\] ([^(]+)", r"certificate verify failed: ([^(]+)"):
        found = re.search(pattern, text)
        if found:
            return found.group(1).strip()
    return re.sub(r"<[^>]* object at 0x[0-9a-f]+>", "", text)[:_EXCERPT] or type(error).__name__
