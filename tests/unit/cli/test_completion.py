"""What Tab offers, asked as the three shells ask, and once in the real ones."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

import pytest

from fvcapacity.cli.main import app

SCENARIO = "scenarios/valentines.yaml"
PROGRAM = [sys.executable, "-c", "import sys; sys.argv[0] = 'fvcap'; from fvcapacity.cli.main import app; app()"]


def asked(shell: str, line: str) -> str:
    """Return what is printed, by the code that a process of its own would run: most of its time would be imports."""
    printed, complained = io.StringIO(), io.StringIO()
    with (
        patch.dict(os.environ, given(shell, line)), patch.object(sys, "argv", ["fvcap"]),
        redirect_stdout(printed), redirect_stderr(complained), pytest.raises(SystemExit),
    ):  # fmt: skip
        app(prog_name="fvcap")  # which is not to be told from how these tests were started
    assert complained.getvalue() == ""
    return printed.getvalue()


def given(shell: str, line: str) -> dict[str, str]:
    """Return what a shell puts into the environment."""
    words = shlex.split(line) + ([""] if line.endswith(" ") else [])
    asks = {"_FVCAP_COMPLETE": f"complete_{shell}"}
    if shell == "bash":
        return asks | {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    return asks | {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_process_answers_the_same(shell):
    line = "fvcap simulate scenarios/val"
    environment = {**os.environ, **given(shell, line)}
    done = subprocess.run(PROGRAM, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert SCENARIO in done.stdout
    assert (done.stdout, done.stderr) == (asked(shell, line), "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("line", "offered", "not_offered"),
    [
        ("fvcap sim", "simulate", "compare"),
        ("fvcap simulate scenarios/val", SCENARIO, "load-test"),
        ("fvcap simulate data/flores-victoria/topo", "", "topology.yaml"),
        (f"fvcap recommend {SCENARIO} --explain deployment/pro", "deployment/product-service", "hpa"),
    ],
)
def test_each_shell_is_answered(shell, line, offered, not_offered):
    said = asked(shell, line)
    assert offered in said
    assert not_offered not in said


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        (f"fvcap recommend {SCENARIO} --pin hpa/product-service.m", "hpa/product-service.max"),
        (f"fvcap recommend {SCENARIO} --bound deployment/product-service.l", "deployment/product-service.limits.cpu="),
        (f"fvcap simulate {SCENARIO} --events-for statefulset/pos", "statefulset/postgres"),
        ("fvcap gate sc", "scenarios/"),
        ("fvcap schema comp", "comparison"),
    ],
)
def test_names_inside_of_the_scenario_are_offered(line, offered):
    assert offered in asked("bash", line).split()


def test_results_come_before_other_directories(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "summary.json").write_text("{}")
    assert asked("bash", f"fvcap cost {tmp_path}/").split() == [f"{tmp_path}/b", f"{tmp_path}/a/"]


def test_what_cannot_be_read_offers_nothing(tmp_path):
    (tmp_path / "x.yaml").write_text("topology: no\nmanifests: [\n")
    assert asked("bash", f"fvcap recommend {tmp_path}/x.yaml --explain ").strip() == ""
    assert asked("bash", "fvcap recommend nowhere.yaml --explain ").strip() == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_itself_takes_the_script(shell, tmp_path):
    """The script that `fvcap --show-completion` prints is one that the shell can read."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    env = {**os.environ, "_FVCAP_COMPLETE": f"source_{shell}"}
    script = subprocess.run(PROGRAM, env=env, capture_output=True, text=True, check=True).stdout
    assert "fvcap" in script
    path = Path(tmp_path / "script")
    path.write_text(script)
    done = subprocess.run([shell, "-n", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_bash_completes_for_real(tmp_path):
    """A real bash, with the script sourced and its function called as Tab does."""
    launcher = tmp_path / "fvcap"
    launcher.write_text(f'#!/bin/sh\nexec {shlex.join(PROGRAM)} "$@"\n')
    launcher.chmod(0o755)
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    script = (
        'eval "$(_FVCAP_COMPLETE=source_bash fvcap)"; COMP_WORDS=(fvcap simulate scenarios/val); COMP_CWORD=2; '
        '_fvcap_completion fvcap; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, check=False)
    assert done.stdout.split() == [SCENARIO], done.stderr
