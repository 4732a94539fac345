"""Where output goes, in which colours, and what of somebody else's text never reaches a terminal."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from fvcapacity.cli import progress, terminal
from fvcapacity.cli.failures import error_text, problem_text
from fvcapacity.cli.main import app
from fvcapacity.cli.render_table import drawn
from fvcapacity.cli.source_lines import WIDTH, marked_length
from fvcapacity.cli.terminal import Painted, clean, colored
from fvcapacity.errors import InputError, Location, Problem, SourceError

runner = CliRunner()
HOSTILE = "\x1b[2J\x1b]0;title\x07red\r\u202egnp\x9b31m\x00"
SHOWN = "\\u001b[2J\\u001b]0;title\\u0007red\\u000d\\u202egnp\\u009b31m\\u0000"
SGR = re.compile("\x1b\\[[0-9;]*m")


def commands(group: typer.Typer | None = None, name: str = "") -> Iterator[str]:
    group = group or app
    for command in group.registered_commands:
        assert command.callback is not None
        yield f"{name}{command.name or command.callback.__name__.replace('_', '-')}"
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        yield from commands(inner.typer_instance, f"{inner.name} ")


@pytest.mark.parametrize("command", [*commands()])
def test_every_command_has_the_common_options(command):
    help_text = runner.invoke(app, [*command.split(), "--help"]).stdout
    for option in ("--quiet", "--color", "--lang"):
        assert option in help_text


def test_output_goes_through_one_module():
    """What `--quiet`, colours and cleaning promise holds by construction: nobody else writes."""
    writes = re.compile(r"typer\.echo\(|\bprint\(|sys\.std(out|err)\.write|Console\(|isatty\(")
    for path in Path("fvcapacity/cli").glob("*.py"):
        text = re.sub(r'""".*?"""', "", path.read_text(), flags=re.DOTALL)
        found = {line.strip() for line in text.splitlines() if writes.search(line)}
        found = {line for line in found if "console.print(" not in line and "_print(" not in line}
        allowed = {"terminal.py", "render_table.py"}
        if path.name == "init.py":
            found = {line for line in found if "sys.stdin.isatty()" not in line}
        assert not found or path.name in allowed, (path.name, found)


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A few files, so that many commands have something to say."""
    (tmp_path / "k8s.yaml").write_text(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {a: b}}\n"
        "  template:\n    metadata: {labels: {a: b}}\n    spec: {containers: [{name: web, image: 'nginx:latest'}]}\n"
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {a: b}, ports: [{port: 80}]}\n"
    )
    (tmp_path / "access.log").write_text(
        '127.0.0.1 - - [14/Feb/2026:18:00:01 +0000] "GET / HTTP/1.1" 200 5 "-" "-"\n' * 3
    )
    (tmp_path / "bill.csv").write_text("A,B\n1,2\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


COMMANDS = {
    "init": ["init", "--from", "k8s.yaml", "--out", "new"],
    "doctor": ["doctor"],
    "check": ["check", "k8s.yaml"],
    "diff": ["diff", "k8s.yaml", "k8s.yaml"],
    "read-logs": ["read-logs", "access.log", "--out", "logs"],
    "focus check": ["focus", "check", "bill.csv"],
    "schema": ["schema"],
    "version": ["version"],
    "export grafana": ["export", "grafana"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_quiet_leaves_stderr_to_errors(shop, command):
    done = runner.invoke(app, [*COMMANDS[command], "--quiet"])
    assert done.exit_code in (0, 1, 2)
    assert done.stderr == ""


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("how", "env"),
    [([], {}), (["--color", "never"], {"FORCE_COLOR": "1"}), ([], {"NO_COLOR": "1", "FORCE_COLOR": "1"})],
)
def test_a_pipe_has_no_escapes_unless_asked(shop, command, how, env):
    done = runner.invoke(app, [*COMMANDS[command], *how], env=env)
    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize(("how", "env"), [(["--color", "always"], {"NO_COLOR": "1"}), ([], {"FORCE_COLOR": "1"})])
@pytest.mark.parametrize("command", ["doctor", "check", "diff", "read-logs"])
def test_colours_survive_a_pipe_when_asked(shop, command, how, env):
    assert "\x1b[" in runner.invoke(app, [*COMMANDS[command], *how], env=env).stdout


def test_errors_are_coloured_as_well(shop):
    done = runner.invoke(app, ["simulate", "nowhere.yaml", "--color", "always"])
    assert "\x1b[1;31merror\x1b[0m" in done.stderr


@pytest.mark.parametrize(
    ("choice", "env", "is_terminal", "expected"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_who_decides_on_colours(monkeypatch, choice, env, is_terminal, expected):
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal, raising=False)
    with terminal.settings(color=terminal.ColorChoice(choice)):
        assert colored(sys.stdout) is expected


def test_bars_move_on_terminals_alone_and_not_when_quiet(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert terminal.moving()
    assert not terminal.moving(quiet=True)
    with terminal.settings(quiet=True):
        assert not terminal.moving()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress.progress_bar(1, quiet=False) as bar:
        assert bar is None


def test_what_a_terminal_obeys_is_shown():
    assert clean(HOSTILE) == SHOWN
    assert clean("tab\tand\nline, ñ, 日本, 🌷") == "tab\tand\nline, ñ, 日本, 🌷"


def test_json_stays_what_it_is():
    text = json.dumps({"name": HOSTILE}, ensure_ascii=False)
    assert json.loads(clean(text)) == {"name": HOSTILE}
    assert not terminal._OBEYED.search(clean(text))


@pytest.mark.parametrize("color", [False, True])
def test_a_table_sends_its_own_escapes_alone(color):
    from rich.table import Table
    from rich.text import Text

    def draw(console):
        table = Table("head")
        table.add_row(HOSTILE)
        console.print(table)
        console.print(Text(HOSTILE, style="bold"))

    text = drawn(draw, 100, color)
    assert not terminal._OBEYED.search(SGR.sub("", text))
    assert ("\x1b[1m" in text) is color


def test_text_added_to_painted_text_is_cleaned():
    assert Painted("\x1b[1mbold\x1b[0m") + "\x1b[8m" == "\x1b[1mbold\x1b[0m\\u001b[8m"


@pytest.mark.parametrize(
    "error",
    [
        InputError(Problem(HOSTILE, Location(HOSTILE), HOSTILE, HOSTILE, rule="x")),
        SourceError(HOSTILE, hint=HOSTILE, query=HOSTILE),
    ],
)
def test_errors_send_no_escapes_of_others(error):
    assert not terminal._OBEYED.search(error_text(error))
    assert not terminal._OBEYED.search(SGR.sub("", error_text(error, color=True)))


@pytest.mark.parametrize(
    ("line", "column", "marked"),
    [
        ("  cpu: 100 m  # half", 8, "100 m"),
        ("  cpu: '100 m'  # half", 8, "'100 m'"),
        ('  cpu: "a \\" b", memory: 3', 8, '"a \\" b"'),
        ("{cpu: 1.5, memory: 64Mi}", 7, "1.5"),
        ("{cpu: [1, [2]], memory: 64Mi}", 7, "[1, [2]]"),
        ("  limits: [1,", 11, "["),
        ("  cpu: 1", 3, "cpu"),
        ("  url: http://x:80/a", 8, "http://x:80/a"),
        ("  - name: shp", 11, "shp"),
        ("key:", 1, "key"),
        ("key: ", 6, ""),
    ],
)
def test_the_whole_value_is_marked(line, column, marked):
    assert line[column - 1 :][: marked_length(line, column - 1)] == (marked or line[column - 1 :][:1])


def test_a_long_line_is_cut_around_its_place(tmp_path):
    file = tmp_path / "long.yaml"
    file.write_text("a: [" + "1, " * 5000 + "x" * 300 + ", " + "2, " * 5000 + "]\n")
    column = 5 + 3 * 5000
    lines = problem_text(Problem("no number", Location(str(file), 1, column))).splitlines()
    assert all(len(line) <= WIDTH + 8 for line in lines[1:])
    assert lines[1].endswith("…")
    assert lines[1][lines[2].index("^")] == "x"


def test_a_file_that_is_gone_or_huge_shows_no_line(tmp_path):
    assert problem_text(Problem("m", Location(str(tmp_path / "x"), 1, 1))).count("\n") == 0
    assert problem_text(Problem("m", Location(str(tmp_path), 1, 1))).count("\n") == 0
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as file:
        file.truncate(2**30)
    assert problem_text(Problem("m", Location(str(huge), 1, 1))).count("\n") == 0


def test_thousands_of_problems_are_counted():
    text = error_text(InputError(Problem(f"number {n}") for n in range(5000)))
    assert text.endswith("\n5,000 problems; the first 200 are shown.")
    assert text.count("\n") < 500


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_answer_that_the_disk_has_no_room_for_is_no_defect(unbuffered):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "fvcapacity", "version"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: the answer cannot be written: No space left on device",
        "  = what stdout leads to has to take it",
    ]
