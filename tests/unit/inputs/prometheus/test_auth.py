"""Credentials: from files and variables alone, and never shown."""

from __future__ import annotations

import base64
import logging
import shutil
import ssl
import subprocess
import traceback

import pytest

from fvcapacity.errors import InputError, SourceError
from fvcapacity.inputs.prometheus.auth import AuthFile, SecretSource, load_credentials, looks_secret, make_credentials
from fvcapacity.inputs.prometheus.client import PrometheusClient
from tests.support.fake_prometheus import Reply, fake_prometheus, ok

SECRET = "s3cr3t+t0ken/with=signs"
SPELLINGS = (SECRET, "s3cr3t%2Bt0ken%2Fwith%3Dsigns", base64.b64encode(SECRET.encode()).decode())
BASIC = base64.b64encode(f"reader:{SECRET}".encode()).decode()


def _load(tmp_path, text: str):
    (tmp_path / "token").write_text(f"{SECRET}\n")
    (tmp_path / "ca.pem").write_text("not read here")
    path = tmp_path / "auth.yaml"
    path.write_text(text)
    return load_credentials(path)


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("bearer: {file: token}", {"Authorization": f"Bearer {SECRET}"}),
        ("bearer: {env: FVCAP_TEST_TOKEN}", {"Authorization": f"Bearer {SECRET}"}),
        ("basic: {user: reader, password: {file: token}}", {"Authorization": f"Basic {BASIC}"}),
        ("headers: {X-Scope-OrgID: {env: FVCAP_TEST_TENANT}}", {"X-Scope-OrgID": "flores"}),
    ],
)
def test_where_secrets_come_from(tmp_path, monkeypatch, text, headers):
    monkeypatch.setenv("FVCAP_TEST_TOKEN", SECRET)
    monkeypatch.setenv("FVCAP_TEST_TENANT", "flores")
    credentials = _load(tmp_path, text)
    assert dict(credentials.headers) == headers
    with fake_prometheus(lambda _: ok([], kind="vector")) as server:
        PrometheusClient(server.url, credentials).query("up")
    assert headers.items() <= server.asked[0].headers.items()


def test_files_are_found_beside_the_file(tmp_path):
    credentials = _load(tmp_path, "ca: ca.pem\nclient_certificate: {certificate: ca.pem, key: token}")
    assert credentials.verify == str(tmp_path / "ca.pem")
    assert credentials.certificate == (str(tmp_path / "ca.pem"), str(tmp_path / "token"))


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (f"bearer: {SECRET}", 1, "expected a mapping"),
        ("bearer: {file: nowhere}", 1, "No such file"),
        ("bearer: {env: FVCAP_NO_SUCH}", 1, "export FVCAP_NO_SUCH"),
        ("bearer: {file: token, env: X}", 1, "either a file or an environment variable"),
        ("bearer: {file: token}\nbasic: {user: a, password: {file: token}}", 1, "not both"),
        ("basic: {user: a, password: {file: token}, token: x}", 1, "unknown key"),
        ("headers:\n  Authorization: {file: token}", 1, "written by bearer or basic"),
        ("headers:\n  'X Y': {file: token}", 1, "no name of a header"),
        ("ca: missing.pem", 1, "does not exist"),
    ],
)
def test_what_is_wrong_has_a_place_and_no_secret(tmp_path, text, line, says):
    with pytest.raises(InputError) as caught:
        _load(tmp_path, text)
    problem = caught.value.problems[0]
    assert says in f"{problem.message} {problem.hint}"
    assert problem.location.line == line
    assert SECRET not in str(caught.value)


def test_a_variable_with_several_lines_is_refused_unseen(monkeypatch):
    monkeypatch.setenv("FVCAP_TEST_TOKEN", f"{SECRET}\nX-Injected: yes")
    with pytest.raises(InputError, match="more than one line") as caught:
        make_credentials(AuthFile(bearer=SecretSource(env="FVCAP_TEST_TOKEN")))
    assert SECRET not in str(caught.value)


def test_no_failure_shows_a_secret(tmp_path, caplog):
    """A server that says back whatever it was sent, in every way that a failure can be told."""
    caplog.set_level(logging.DEBUG)
    credentials = _load(tmp_path, "basic: {user: reader, password: {file: token}}\nheaders: {X-Tenant: {file: token}}")
    echo = " ".join((*SPELLINGS, BASIC)).encode()
    replies = [
        Reply(status, body, (("Location", f"http://elsewhere/{SPELLINGS[1]}"),))
        for status in (200, 302, 400, 401, 403, 404, 422, 429, 500, 503)
        for body in (echo, b'{"status":"error","error":"' + echo + b'"}', b"<html><title>" + echo + b"</title>")
    ]
    texts = [repr(credentials), str(credentials)]
    for reply in replies:
        with fake_prometheus(lambda _, reply=reply: reply) as server:
            client = PrometheusClient(server.url, credentials, sleep=lambda _: None)
            with pytest.raises(SourceError) as caught:
                client.query(f'up{{x="{SECRET}"}}')
        error = caught.value
        texts += [str(error), error.hint, error.query, repr(error), "".join(traceback.format_exception(error))]
    shown = "\n".join([*texts, caplog.text])
    for secret in (*SPELLINGS, BASIC):
        assert secret not in shown
    assert "***" in shown


@pytest.mark.parametrize(("name", "secret"), [("token", True), ("api_key", True), ("Password", True), ("dedup", False)])
def test_names_of_secrets(name, secret):
    assert looks_secret(name) == secret


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl on the PATH to make certificates with")
    where = tmp_path_factory.mktemp("tls")
    for name, more in (("server", ["-addext", "subjectAltName=IP:127.0.0.1"]), ("client", [])):
        command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        command += ["-days", "2", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem", *more]
        subprocess.run(command, cwd=where, check=True, capture_output=True)
    return where


class TestTls:
    """A server with a certificate of a CA of our own, which wants one of us."""

    @pytest.fixture
    def server(self, keys):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(keys / "client.pem"))
        context.load_cert_chain(keys / "server.pem", keys / "server.key")
        context.verify_mode = ssl.CERT_REQUIRED
        with fake_prometheus(lambda _: ok([], kind="vector"), context) as server:
            yield server

    def test_own_ca_and_client_certificate(self, keys, server):
        (keys / "auth.yaml").write_text(
            "ca: server.pem\nclient_certificate: {certificate: client.pem, key: client.key}\n"
        )
        assert PrometheusClient(server.url, load_credentials(keys / "auth.yaml")).query("up").result == []

    def test_a_ca_that_nobody_knows(self, keys, server):
        with pytest.raises(SourceError) as caught:
            PrometheusClient(server.url, sleep=lambda _: None).query("up")
        assert (caught.value.rule, caught.value.retryable) == ("tls", False)
        assert "ca:" in caught.value.hint

    def test_without_our_certificate(self, keys, server):
        (keys / "auth.yaml").write_text("ca: server.pem\n")
        with pytest.raises(SourceError) as caught:
            PrometheusClient(server.url, load_credentials(keys / "auth.yaml"), sleep=lambda _: None).query("up")
        assert caught.value.rule in ("tls", "unreachable")
