"""Who we are to a server: secrets come from files and environment variables, and are never shown.

The file that says so (``--auth FILE``) holds names alone::

    bearer: {file: /var/run/secrets/prometheus/token}   # or {env: PROMETHEUS_TOKEN}
    basic: {user: reader, password: {env: PROMETHEUS_PASSWORD}}
    client_certificate: {certificate: client.pem, key: client.key}
    ca: ca.pem
    headers:
      X-Scope-OrgID: {env: TENANT}
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from pydantic import Field, model_validator

from fvcapacity.errors import InputError, Location, Problem
from fvcapacity.frozen import replace
from fvcapacity.inputs.yaml_source import load_model
from fvcapacity.scenario.base import Model

SHOWN = "***"
"""What stands in a text in the place of a secret."""
Place = Callable[..., Location | None]
_SHORTEST_SCRUBBED = 4
"""Shorter values (a tenant named 7) would take half of every message with them."""
_SECRET_NAME = re.compile(r"token|passw|secret|api[-_]?key|credential|auth", re.IGNORECASE)
_VALUE = re.compile(r"""[:,\[-]\s+['"]?([^\s{}\[\],'"]{4,})""")
"""What may be a value in a file of YAML."""
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


class SecretSource(Model):
    """Where a secret is read from: exactly one of a file and an environment variable."""

    file: str | None = None
    env: str | None = None

    @model_validator(mode="after")
    def _one(self) -> SecretSource:
        if (self.file is None) == (self.env is None):
            raise ValueError("name either a file or an environment variable (env)")
        return self


class Basic(Model):
    """User and password."""

    user: str
    password: SecretSource


class ClientCertificate(Model):
    """A certificate that the server knows us by, and its private key, as PEM files."""

    certificate: str
    key: str | None = None


class AuthFile(Model):
    """How to be let in; no field of it is a secret."""

    bearer: SecretSource | None = None
    basic: Basic | None = None
    client_certificate: ClientCertificate | None = None
    ca: str | None = None
    headers: dict[str, SecretSource] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_way(self) -> AuthFile:
        if self.bearer is not None and self.basic is not None:
            raise ValueError("give a bearer or basic, not both: a request has one Authorization header")
        for name in self.headers:
            if not _HEADER_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name of a header")
            if name.lower() == "authorization":
                raise ValueError("the Authorization header is written by bearer or basic")
        return self


@dataclass(frozen=True)
class Credentials:
    """What a session needs to be let in. Its text never shows a secret.

    Attributes
    ----------
    headers
        Headers of every request, Authorization among them.
    verify
        Path of the CA's certificates; True for those of the system.
    certificate
        Paths of a client certificate and its key.
    """

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    verify: str | bool = True
    certificate: tuple[str, str] | str | None = None
    secrets: frozenset[str] = field(default_factory=frozenset, repr=False)

    def scrub(self, text: str) -> str:
        """Return a text with every secret in it, plain or encoded, replaced."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, SHOWN)
        return text


def load_credentials(path: str | Path) -> Credentials:
    """Read how to be let in, and the secrets from where the file says they are.

    Relative paths start from the directory of the file.

    Raises
    ------
    InputError
        With all problems: unknown keys, files that cannot be read, variables that are not set.
    """
    try:
        auth, document = load_model(path, AuthFile)
    except InputError as error:
        raise InputError([_unseen(problem, Path(path)) for problem in error.problems]) from None
    problems: list[Problem] = []

    def place(*where: str | int) -> Location:
        return replace(document.location(where), private=True)

    credentials = _resolve(auth, Path(path).parent, place, problems)
    if problems:
        raise InputError(problems)
    return credentials


def _unseen(problem: Problem, path: Path) -> Problem:
    """Return a problem without anything that stands in the file: somebody may have written a secret there."""
    place = replace(problem.location, private=True) if problem.location is not None else None
    message, hint = problem.message, problem.hint
    try:
        words = set(_VALUE.findall(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError):
        words = set()
    for word in sorted(words, key=len, reverse=True):
        message, hint = message.replace(word, SHOWN), hint.replace(word, SHOWN)
    return replace(problem, message=message, hint=hint, location=place)


def make_credentials(auth: AuthFile, base: Path | None = None) -> Credentials:
    """Return the credentials that an `AuthFile` made in memory describes; paths start from ``base``.

    Raises
    ------
    InputError
        With all files that cannot be read and variables that are not set.
    """
    problems: list[Problem] = []
    credentials = _resolve(auth, base or Path(), lambda *_: None, problems)
    if problems:
        raise InputError(problems)
    return credentials


def looks_secret(name: str) -> bool:
    """Tell whether a parameter's or label's name says that its value is a secret."""
    return _SECRET_NAME.search(name) is not None


def refuse_secret_in_url(url: str) -> None:
    """Refuse an address that carries a user or a password, or that is none.

    Raises
    ------
    InputError
        Without showing the address's secret part.
    """
    try:
        parts = urlsplit(url)
        host, user = parts.hostname, "@" in parts.netloc
        _ = parts.port
    except ValueError:
        host, user, parts = None, "@" in url, urlsplit("")
    if user:
        message = "the address carries a user or password before the @"
        hint = "leave them out; name a file or an environment variable in --auth FILE (basic: {user, password})"
        raise InputError(Problem(message, field="URL", hint=hint, rule="secret-in-url"))
    if parts.scheme not in ("http", "https") or not host:
        message = f"{url!r} is no address of a server"
        raise InputError(
            Problem(message, field="URL", hint="write it like https://prometheus.example.com", rule="no-url")
        )
    if parts.query or parts.fragment:
        message = "the address carries parameters after a ? or #"
        hint = "give the address alone; parameters of every request go into --param NAME=VALUE"
        raise InputError(Problem(message, field="URL", hint=hint, rule="no-url"))


def _resolve(auth: AuthFile, base: Path, place: Place, problems: list[Problem]) -> Credentials:
    reader = _Reader(base, place, problems)
    headers: dict[str, str] = {}
    secrets: set[str] = set()
    if auth.bearer is not None:
        token = reader.secret(auth.bearer, "bearer")
        headers["Authorization"] = f"Bearer {token}"
        secrets |= _spellings(token)
    if auth.basic is not None:
        password = reader.secret(auth.basic.password, "basic", "password")
        packed = base64.b64encode(f"{auth.basic.user}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {packed}"
        secrets |= _spellings(password) | {packed}
    for name, source in auth.headers.items():
        value = reader.secret(source, "headers", name)
        headers[name] = value
        secrets |= _spellings(value)
    certificate: tuple[str, str] | str | None = None
    if auth.client_certificate is not None:
        given = auth.client_certificate
        own = reader.path(given.certificate, "client_certificate", "certificate")
        certificate = (own, reader.path(given.key, "client_certificate", "key")) if given.key is not None else own
    verify: str | bool = reader.path(auth.ca, "ca") if auth.ca is not None else _system_ca()
    return Credentials(
        headers, verify, certificate, frozenset(text for text in secrets if len(text) >= _SHORTEST_SCRUBBED)
    )


class _Reader:
    """Reads secrets and files, and notes what cannot be read."""

    def __init__(self, base: Path, place: Place, problems: list[Problem]) -> None:
        self._base = base
        self._place = place
        self._problems = problems

    def secret(self, source: SecretSource, *where: str) -> str:
        """Return a secret, without the line feed at its end; "" when it is a problem."""
        if source.env is not None:
            text = os.environ.get(source.env)
            if text is None:
                self._complain(f"the environment variable {source.env!r} is not set", where, f"export {source.env}=...")
                return ""
            what = f"the environment variable {source.env!r}"
        else:
            path = self._base / str(source.file)
            what = f"the file {source.file!r}"
            try:
                text = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or "it is not text"
                self._complain(f"{what} cannot be read: {reason}", where, "check the path and who may read it")
                return ""
        text = text.strip()
        if not text or not text.isprintable() or not text.isascii():
            state = "empty" if not text else "more than one line of plain characters"
            self._complain(f"{what} is {state}", where, "put the secret there, alone on one line")
            return ""
        return text

    def path(self, given: str, *where: str) -> str:
        """Return the path of a file that has to be there."""
        path = self._base / given
        if not path.is_file():
            self._complain(f"the file {given!r} does not exist", where, "check the path")
        return str(path)

    def _complain(self, message: str, where: tuple[str, ...], hint: str) -> None:
        self._problems.append(Problem(message, self._place(*where), ".".join(where), hint, rule="unreadable-secret"))


def _spellings(secret: str) -> set[str]:
    """Return a secret as it may come back in a text: plain, percent-encoded, in base64."""
    return {secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()}


def _system_ca() -> str | bool:
    """Return the CA file that the environment names for everything, if any."""
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or True
