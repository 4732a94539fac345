"""Checkpoints are pickles: they are read from a directory of our own alone, or not at all."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from fvcapacity.checkpoint import Checkpoints

RUNNING = SimpleNamespace(earlier=())


@pytest.fixture
def checkpoints(tmp_path):
    made = object.__new__(Checkpoints)  # its name is a hash of a scenario, which does not matter here
    made.directory = tmp_path / "checkpoints" / "run"
    made.keep_running(0, 1, RUNNING)
    return made


def test_what_was_kept_is_found_again(checkpoints):
    assert checkpoints.directory.stat().st_mode & 0o777 == 0o700
    kept = checkpoints.load(0, 1)
    assert kept is not None
    assert kept.content == RUNNING
    assert checkpoints.load(0, 2) is None


@pytest.mark.parametrize("mode", [0o777, 0o720, 0o702])
def test_a_directory_that_others_can_write_to_holds_none(checkpoints, mode):
    checkpoints.directory.chmod(mode)
    assert checkpoints.load(0, 1) is None


def test_a_link_to_a_directory_holds_none(checkpoints, tmp_path):
    checkpoints.directory.rename(tmp_path / "elsewhere")
    checkpoints.directory.symlink_to(tmp_path / "elsewhere")
    assert checkpoints.load(0, 1) is None


def test_no_directory_holds_none(checkpoints):
    checkpoints.forget()
    assert checkpoints.load(0, 1) is None
