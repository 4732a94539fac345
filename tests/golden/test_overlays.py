"""What an overlay holds, to the letter.

After a wanted change: ``FVCAP_UPDATE_GOLDEN=1 python -m pytest tests/golden`` and read the difference.
"""

import os
import shutil
from pathlib import Path

import pytest

from fvcapacity.inputs import load_scenario
from fvcapacity.report.overlay import verify, write_overlay
from tests.support.garden import write_garden
from tests.support.overlays import PROPOSAL

HERE = Path(__file__).parent


@pytest.mark.parametrize("patch_format", ["strategic", "json6902"])
def test_overlay(tmp_path, monkeypatch, patch_format):
    monkeypatch.setattr(verify, "check_schema", lambda objects: None)  # whether or not the extra is installed
    (tmp_path / "manifests").mkdir()
    path = write_garden(tmp_path)
    (tmp_path / "manifests" / "kustomization.yaml").write_text("resources: [garden.yaml]\n")
    overlay = write_overlay(
        load_scenario(path), PROPOSAL, tmp_path / "recommended", patch_format=patch_format, helm=True, kubectl=None
    )
    golden = HERE / f"overlay-{patch_format}"
    if os.environ.get("FVCAP_UPDATE_GOLDEN"):
        shutil.rmtree(golden, ignore_errors=True)
        shutil.copytree(overlay.directory, golden)
    assert files(overlay.directory) == files(golden)


def files(directory):
    return {
        path.relative_to(directory).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }
