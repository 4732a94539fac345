import json

import pytest
from typer.testing import CliRunner

from fvcapacity.cli.main import app
from fvcapacity.report import doctor

runner = CliRunner()


def test_all_is_well_here():
    done = runner.invoke(app, ["doctor", "--format", "json"])
    document = json.loads(done.stdout)
    assert done.exit_code == 0, document
    assert document["healthy"]
    assert {item["group"] for item in document["findings"]} == {
        "fvcapacity", "libraries", "extras", "programs", "cache", "machine"
    }  # fmt: skip


def test_what_is_missing_is_told_with_how_to_get_it(monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda *_, **__: None)
    done = runner.invoke(app, ["doctor"])
    assert done.exit_code == 0  # programs are welcome, not needed
    assert "missing promtool" in done.stdout
    assert "Debian's package git" in done.stdout


def test_a_needed_library_that_is_missing_or_old_is_a_failure(monkeypatch):
    monkeypatch.setattr(
        doctor, "requires", lambda _: ["nothing-of-that-name>=2", "numpy>=99.1", 'dask>=1; extra == "x"']
    )
    done = runner.invoke(app, ["doctor", "--quiet"])
    assert done.exit_code == 1
    assert "nothing-of-that-name" in done.stdout
    assert "older than 99.1" in done.stdout
    assert "pip install 'numpy>=99.1'" in done.stdout


def test_a_library_that_cannot_be_loaded_is_a_failure(monkeypatch):
    def load(name):
        raise OSError("libgomp.so.1: cannot open shared object file")

    monkeypatch.setattr(doctor.importlib, "import_module", load)
    done = runner.invoke(app, ["doctor"])
    assert done.exit_code == 1
    assert "libgomp.so.1" in done.stdout


def test_a_program_that_cannot_be_run_is_broken(monkeypatch, tmp_path):
    broken = tmp_path / "promtool"
    broken.write_text("#!/nowhere/at/all\n")
    broken.chmod(0o755)
    monkeypatch.setenv("FVCAP_PROMTOOL", str(broken))
    found = {item.name: item for item in doctor.examine() if item.group == "programs"}
    assert found["promtool"].status == "broken"


def test_no_cache_is_told(monkeypatch):
    def nowhere():
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("fvcapacity.semantics.jit.user_cache", nowhere)
    done = runner.invoke(app, ["doctor"])
    assert done.exit_code == 0
    assert "XDG_CACHE_HOME" in done.stdout


@pytest.mark.parametrize("quiet", [True, False])
def test_quiet_says_only_what_is_wrong(quiet):
    done = runner.invoke(app, ["doctor", *(["--quiet"] if quiet else [])])
    assert (done.stdout == "") is quiet


def test_every_extra_for_users_is_looked_at():
    from importlib.metadata import metadata

    from fvcapacity.report.doctor import EXTRAS

    for_developers = {"all", "dev", "docs", "fuzz", "test"}
    assert set(metadata("fvcapacity").get_all("Provides-Extra")) - for_developers == set(EXTRAS)
