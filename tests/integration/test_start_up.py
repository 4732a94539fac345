"""How a short run starts: what it must not load, what it leaves alone, and that SciPy is whole afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fvcapacity.cli.main import app

ROOT = Path(__file__).resolve().parents[2]

NOT_FOR_A_MINUTE = {
    "bokeh", "charset_normalizer", "distributed", "jinja2", "joblib", "kubernetes_validate", "matplotlib",
    "numpy.f2py", "numpy.testing", "prometheus_api_client", "requests", "rich.progress",
    "scipy.linalg", "scipy.optimize", "scipy.sparse", "scipy.special", "scipy.stats", "statsmodels", "unittest",
    "urllib3",
    "fvcapacity.analytic.analysis", "fvcapacity.dataplane.reference.plane", "fvcapacity.inputs.access_log", "fvcapacity.inputs.prometheus",
    "fvcapacity.interactive", "fvcapacity.plots", "fvcapacity.recommend", "fvcapacity.report", "fvcapacity.review",
    "fvcapacity.study",
}  # fmt: skip
"""What takes longer to load than it is of use to a run of one minute."""

RUN = """
import atexit, gc, json, os, sys
from fvcapacity.cli.main import main
sys.argv = ["fvcap", "simulate", "scenarios/valentines.yaml", "--duration", "1m", "--replications", "1",
            "--out", {out!r}]
def tell():
    told = {{"modules": sorted(sys.modules), "threads": os.environ.get("OPENBLAS_NUM_THREADS"),
             "collecting": gc.isenabled(), "frozen": gc.get_freeze_count()}}
    from scipy.linalg import cython_blas, solve
    told["solved"] = solve([[2.0]], [4.0]).tolist()
    print("\\n" + json.dumps(told), flush=True)
atexit.register(tell)
main()
"""


def minute(out: Path, **values: str) -> Any:
    kept = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(out=str(out))],
        cwd=ROOT, env={**kept, **values}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def told_with_threads(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The first of all: it compiles what is not compiled yet, and loads more for it."""
    return minute(tmp_path_factory.mktemp("first") / "minute", OPENBLAS_NUM_THREADS="2")


@pytest.fixture(scope="module")
def told(told_with_threads: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return minute(tmp_path_factory.mktemp("second") / "minute")


def test_a_minute_loads_nothing_that_it_does_not_need(told: Any) -> None:
    assert not NOT_FOR_A_MINUTE & set(told["modules"])


def test_the_process_is_made_quick_and_then_collects_again(told: Any) -> None:
    assert told["threads"] == "1"
    assert told["collecting"]
    assert told["frozen"] > 100_000


def test_linear_algebra_is_found_by_whoever_asks_for_it_later(told: Any) -> None:
    assert told["solved"] == [2.0]


REFRESH = """
from fvcapacity.cli.start_up import load_compiled_rules, own_process
from fvcapacity.semantics import draw
from numba.core.base import BaseContext
own_process()
read, times = BaseContext.refresh, []
def counted(context):
    times.append(context)
    read(context)
BaseContext.refresh = counted
load_compiled_rules()
assert BaseContext.refresh is counted
print(len(times))
print(draw.unit(3) == draw.unit.py_func(3))
"""


def test_registries_are_read_once_and_then_as_always() -> None:
    done = subprocess.run([sys.executable, "-c", REFRESH], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "True"]


def test_the_user_may_have_threads(told_with_threads: Any) -> None:
    assert told_with_threads["threads"] == "2"


def test_only_the_command_that_is_named_is_described() -> None:
    def names(*words: str) -> list[str]:
        return [command.callback.__name__ for command in app.for_words(words).registered_commands]

    everything = names()
    assert names("simulate") == ["simulate"]
    assert names("read-logs", "--help") == ["read_logs"]
    assert names("simulat") == names("--help") == names("export") == everything
    assert len(everything) > 20


END = """
import atexit, os, sys, threading, time
from fvcapacity.cli.start_up import ending, own_process
end_at_once = os._exit
def told_end(status):
    print("at-once", flush=True)
    end_at_once(status)
os._exit = told_end
def late():
    time.sleep(0.2)
    print("late")
{own}
atexit.register(print, "told")
if {thread}:
    threading.Thread(target=late).start()
with ending():
    print("done")
    raise SystemExit({code!r})
"""


def end(code: object, *, own: bool = True, thread: bool = False) -> tuple[int, list[str]]:
    program = END.format(own="own_process()" if own else "", thread=thread, code=code)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT)
    return done.returncode, (done.stdout + done.stderr).split()


@pytest.mark.parametrize(("code", "status"), [(None, 0), (0, 0), (3, 3), (130, 130)])
def test_a_command_ends_at_once_with_its_status(code: int | None, status: int) -> None:
    assert end(code) == (status, ["done", "told", "at-once"])


def test_words_as_a_status_a_thread_and_a_process_that_is_not_ours_end_as_python_ends() -> None:
    assert end("broken") == (1, ["done", "told", "broken"])
    assert end(3, thread=True) == (3, ["done", "late", "told"])
    assert end(3, own=False) == (3, ["done", "told"])


def test_output_that_nobody_takes_is_told_as_python_tells_it() -> None:
    program = END.format(own="own_process()", thread=False, code=0)
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, env=buffered, check=False
        )
    assert done.returncode == 120
    assert b"No space left" in done.stderr
