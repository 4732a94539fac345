"""A server on loopback that answers as a Prometheus would on a bad day: each answer is scripted, each request kept."""

from __future__ import annotations

import json
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit


@dataclass(frozen=True)
class Reply:
    """One answer: its status, body and headers; ``wait_s`` before it, ``cut`` bytes left out at its end."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    wait_s: float = 0.0
    cut: int = 0


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]


def ok(result: Any, *, kind: str = "matrix", **more: Any) -> Reply:
    """Return an answer of the API."""
    return Reply(
        body=json.dumps({"status": "success", "data": {"resultType": kind, "result": result}, **more}).encode()
    )


def refused(status: int, error: str, kind: str = "bad_data", **headers: str) -> Reply:
    """Return an error of the API."""
    body = json.dumps({"status": "error", "errorType": kind, "error": error}).encode()
    return Reply(status, body, tuple((name.replace("_", "-"), value) for name, value in headers.items()))


def page(status: int, text: str) -> Reply:
    """Return a web page."""
    return Reply(status, text.encode(), (("Content-Type", "text/html"),))


def forwarded(url: str, asked: Asked) -> Reply:
    """Return what the server at ``url`` answers to a request."""
    form = urlencode(asked.params)
    if asked.method == "POST":
        request = urllib.request.Request(f"{url}{asked.path}", form.encode())
    else:
        request = urllib.request.Request(f"{url}{asked.path}?{form}")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return Reply(answer.status, answer.read())
    except urllib.error.HTTPError as error:
        return Reply(error.code, error.read())


Script = Callable[[Asked], Reply]


@dataclass
class FakePrometheus:
    """What was asked so far, and who answers."""

    url: str
    script: Script
    asked: list[Asked] = field(default_factory=list)

    def count(self, path: str = "") -> int:
        """Return how many requests went to a path that ends so."""
        return sum(item.path.endswith(path) for item in self.asked)


@contextmanager
def fake_prometheus(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[FakePrometheus]:
    """Serve ``script`` on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body are two packets: the second would wait 40 ms

        def do_GET(self) -> None:
            self._answer("")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())

        def _answer(self, form: str) -> None:
            parts = urlsplit(self.path)
            given = parse_qs(parts.query) | parse_qs(form)
            params = {name: values[0] for name, values in given.items()}
            asked = Asked(self.command, parts.path, params, dict(self.headers.items()))
            fake.asked.append(asked)
            reply = fake.script(asked)
            time.sleep(reply.wait_s)
            try:
                if any(name == "Date" for name, _ in reply.headers):
                    self.send_response_only(reply.status)
                else:
                    self.send_response(reply.status)
                for name, value in reply.headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body[: len(reply.body) - reply.cut])
                if reply.cut:
                    self.close_connection = True
            except OSError:
                self.close_connection = True  # the client had enough

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a handshake that fails is the client's to tell
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    fake = FakePrometheus(f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_address[1]}", script)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
