"""Where compiled code is kept: read-only homes, no place at all, and several processes at once."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

import fvcapacity as fv
from fvcapacity.dataplane.fast import prepare
from fvcapacity.run import checkpoints_of
from fvcapacity.semantics import jit
from fvcapacity.semantics.jit import code_name, user_cache
from tests.support import compiled

ROOT = Path(__file__).resolve().parents[2]

NOWHERE = "/proc/nowhere"
"""Nobody can make a directory here, not even root."""

COMPILE = """
from fvcapacity.semantics import draw, jit
assert draw.mix(1, 2) == draw.mix.py_func(1, 2)
print(sum(draw.mix.stats.cache_hits.values()), sum(draw.mix.stats.cache_misses.values()))
print(jit.ready_mark("test"))
"""


def environment(**values: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", **values}


def start(code: str, **values: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(**values), stdout=subprocess.PIPE, text=True
    )


def run(code: str, **values: str) -> list[str]:
    process = start(code, **values)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return out.splitlines()


def test_processes_that_fill_a_fresh_cache_at_once_leave_it_to_the_next(tmp_path: Path) -> None:
    together = [start(COMPILE, XDG_CACHE_HOME=str(tmp_path)) for _ in range(2)]
    for process in together:
        process.communicate(timeout=120)
        assert process.returncode == 0
    hits, mark = run(COMPILE, XDG_CACHE_HOME=str(tmp_path))
    assert hits == "1 0"
    assert Path(mark).parent.parent == tmp_path / "fvcapacity"


def test_without_a_home_to_write_to_it_is_kept_with_temporary_files(tmp_path: Path) -> None:
    """Also for a Numba that was imported before us; the package itself, which may be read-only, is left alone."""
    before = sorted(ROOT.glob("fvcapacity/**/*.nb*"))
    hits, mark = run("import numba\n" + COMPILE, XDG_CACHE_HOME=NOWHERE, TMPDIR=str(tmp_path))
    assert hits == "0 1"
    assert Path(mark).parent.parent == tmp_path / f"fvcapacity-{os.getuid()}"
    assert list(tmp_path.rglob("*.nbi"))
    assert sorted(ROOT.glob("fvcapacity/**/*.nb*")) == before


def test_without_any_place_it_works_uncached() -> None:
    nowhere = f"import tempfile\ntempfile.tempdir = {NOWHERE!r}\n"
    assert run(nowhere + COMPILE, XDG_CACHE_HOME=NOWHERE) == ["0 1", "None"]


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No home to write to, and a directory of temporary files."""
    monkeypatch.setenv("XDG_CACHE_HOME", NOWHERE)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path / f"fvcapacity-{os.getuid()}"


def test_temporary_files_are_for_our_eyes_alone(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert user_cache() == temporary
    assert temporary.stat().st_mode & 0o077 == 0
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", NOWHERE)
    assert user_cache() == temporary


@pytest.mark.parametrize("link", [False, True])
def test_a_directory_that_others_may_have_filled_is_not_used(temporary: Path, link: bool) -> None:
    planted = temporary.with_name("planted") if link else temporary
    planted.mkdir()
    planted.chmod(0o700 if link else 0o777)
    if link:
        temporary.symlink_to(planted)
    with pytest.raises(PermissionError, match="not ours alone"):
        user_cache()


def test_a_long_run_without_a_place_for_its_days_says_what_to_do(temporary: Path) -> None:
    temporary.write_text("in the way")
    scenario = fv.load_scenario(ROOT / "scenarios" / "ordinary-week.yaml", overrides={"window.duration": "2d"})
    with pytest.raises(fv.InputError) as caught:
        checkpoints_of(scenario)
    assert "XDG_CACHE_HOME" in str(caught.value.hint)


def test_code_is_named_by_what_goes_into_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def name(flag: str) -> str:
        monkeypatch.setenv("NUMBA_BOUNDSCHECK", flag)
        return code_name.__wrapped__()  # what is kept for the process is what it began with

    said, unsaid, checked = name("0"), name(""), name("1")
    assert said == unsaid != checked
    assert code_name() in {said, checked}
    monkeypatch.setattr(jit, "_PACKAGE", ROOT / "elsewhere" / "fvcapacity")  # where Numba would find nothing
    assert name("1") not in {said, checked}


SHARE = """
from fvcapacity.dataplane.fast.layout import CORE
from fvcapacity.dataplane.fast.tree import play
from fvcapacity.semantics.jit import compile_for, share_parts
share_parts()
compile_for(play, CORE, 1)
print(sum(play.stats.cache_hits.values()), sum(play.stats.cache_misses.values()))
"""


def test_a_part_that_one_process_compiled_is_taken_by_another(tmp_path: Path) -> None:
    assert run(SHARE, XDG_CACHE_HOME=str(tmp_path)) == ["0 1"]
    assert run(SHARE, XDG_CACHE_HOME=str(tmp_path)) == ["1 0"]


def test_a_part_is_not_kept_where_nothing_can_be_kept() -> None:
    nowhere = f"import tempfile\ntempfile.tempdir = {NOWHERE!r}\n"
    code = nowhere + SHARE.replace("print(", "assert play.signatures\n#")
    assert run(code, XDG_CACHE_HOME=NOWHERE) == []


@pytest.mark.parametrize("program", [NOWHERE, "/bin/false"], ids=["does not start", "does not live"])
def test_without_its_helper_a_process_compiles_alone(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", program)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(prepare, "ready_mark", lambda name: Path(NOWHERE))
    with prepare._helper():
        done = True
    assert done


def test_a_helper_imports_nothing_from_where_the_user_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    begun: list[list[str]] = []

    def refuse(words: list[str]) -> None:
        begun.append(words)
        raise OSError

    monkeypatch.setattr(prepare, "_begin_process", refuse)
    monkeypatch.setattr(prepare.os, "cpu_count", lambda: 2)
    with prepare._helper():
        pass
    (tmp_path / "numba.py").write_text("raise SystemExit('somebody else is asked')")
    options = begun[0][: begun[0].index("-m")]
    subprocess.run([*options, "-c", "import numba"], cwd=tmp_path, check=True, env=environment())


def test_a_helper_ends_with_whoever_was_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def begin(words: list[str], **options: object) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(["sleep", "60"]))
        return started[-1]

    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(prepare, "ready_mark", lambda name: Path(NOWHERE))
    monkeypatch.setattr(prepare, "_begin_process", begin)
    with pytest.raises(KeyboardInterrupt), prepare._helper():
        raise KeyboardInterrupt
    assert started[0].poll() is not None


def test_what_a_helper_compiles_takes_whole_numbers_only() -> None:
    """A wrong number of them would end the helper unseen, and this process would compile alone."""
    for function, numbers in prepare.HELPERS_WORK:
        names = list(inspect.signature(function.py_func).parameters)
        assert names[0] == "s"
        assert len(names) == 1 + numbers, function


@pytest.mark.parametrize("killed", [False, True])
def test_tests_wait_for_the_kernel_until_its_compiler_has_ended(tmp_path: Path, killed: bool) -> None:
    process = compiled.begin(tmp_path / "lock", ["sleep", "60" if killed else "0.5"])
    if killed:
        process.kill()
    compiled.wait(tmp_path / "lock")
    assert process.wait(timeout=0.2) == (-9 if killed else 0)


def test_a_compiler_that_nobody_waits_for_is_ended(tmp_path: Path) -> None:
    deaf = compiled.begin(tmp_path / "lock", ["sh", "-c", "trap '' INT; exec sleep 60"])
    compiled.end(deaf, patience_s=0.1)
    assert deaf.poll() is not None


@pytest.mark.parametrize(
    ("places", "needed"),
    [
        (["tests"], True),
        (["tests/parity/test_corpus.py::test_case"], True),
        (["tests/unit/decisions", "tests/unit/study/test_compare.py"], True),
        (["tests/unit"], True),
        (["tests/unit/decisions", "tests/docs"], False),
        (["tests/unit/test_units.py"], False),
    ],
)
def test_the_kernel_is_compiled_for_rooms_that_need_it(places: list[str], needed: bool) -> None:
    assert compiled.is_needed(places) is needed
