"""The container's files: what can be held without building an image."""

import inspect
import os
import subprocess
from pathlib import Path

import pytest
import yaml

import fvcapacity
from fvcapacity.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "docs" / "how-to" / "container"


def _entrypoint(tmp_path: Path, *arguments: str) -> list[str]:
    """Run the entry point with programs that tell what they were called with."""
    programs = tmp_path / "bin"
    programs.mkdir(exist_ok=True)
    for name in ("fvcap", "dask"):
        (programs / name).write_text(f'#!/bin/sh\necho {name} "$@"\necho "$NUMBA_CACHE_DIR"\n')
        (programs / name).chmod(0o755)
    (tmp_path / "image").mkdir(exist_ok=True)
    (tmp_path / "image" / "code.nbc").write_text("compiled")
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "TMPDIR": str(tmp_path),
        "FVCAP_COMPILED": str(tmp_path / "image"),
    }
    done = subprocess.run(
        ["sh", str(HOME / "entrypoint"), *arguments], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("arguments", "called"),
    [
        (("simulate", "a.yaml"), "fvcap simulate a.yaml"),
        ((), "fvcap"),
        (("dask", "worker", "tcp://s:8786"), "dask worker tcp://s:8786"),
    ],
)
def test_the_entry_point_brings_compiled_code_to_where_it_may_be_written(tmp_path, arguments, called):
    for _ in range(2):  # a container that is started again
        assert _entrypoint(tmp_path, *arguments) == [called, str(tmp_path / "compiled")]
    assert (tmp_path / "compiled" / "code.nbc").read_text() == "compiled"


def test_the_image_runs_without_rights_and_copies_what_is_there():
    lines = (HOME / "Containerfile").read_text().splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER")]
    assert users == ["10001"]
    base = next(line for line in lines if line.startswith("ARG BASE="))
    assert "latest" not in base
    assert base.count(":") == 1
    for line in lines:
        if line.startswith("COPY") and "--from" not in line:
            sources = [word for word in line.split()[1:-1] if not word.startswith("--")]
            assert all((ROOT / source).exists() for source in sources), line


def test_the_cluster_runs_this_release_by_options_that_there_are():
    documents = list(yaml.safe_load_all((HOME / "dask.yaml").read_text()))
    pods = [item["spec"]["template"]["spec"] for item in documents if item["kind"] in ("Deployment", "Job")]
    assert len(pods) == 3
    for pod in pods:
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            assert container["image"].endswith(f"fvcapacity:{fvcapacity.__version__}")
            assert container["securityContext"]["readOnlyRootFilesystem"]
    sweep = next(item for item in documents if item["kind"] == "Job")["spec"]["template"]["spec"]["containers"][0]
    command = next(item for item in app.registered_commands if item.callback.__name__ == "sweep")
    taken = set(inspect.signature(command.callback).parameters)
    options = [word.removeprefix("--").partition("=")[0] for word in sweep["args"] if word.startswith("--")]
    assert options
    assert set(options) <= taken
