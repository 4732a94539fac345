import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fvcapacity.cli.main import app
from fvcapacity.errors import InvariantError, Location, PlaneError, Problem, ScenarioError, SourceError
from fvcapacity.results.result import load_result
from tests.unit.cli.fakes import FakeRun, install, no_plots, result_of

runner = CliRunner()


@pytest.fixture(scope="module")
def missed():
    return result_of(None)


@pytest.fixture(scope="module")
def held():
    return result_of(None, calm=True)


@pytest.fixture
def fake(monkeypatch, tmp_path, missed):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("fvcapacity.plots.writing_plots", no_plots)
    return install(monkeypatch, FakeRun(result=missed))


def simulate(*arguments):
    return runner.invoke(app, ["simulate", "scenario.yaml", *arguments])


def test_the_result_goes_to_stdout_and_the_rest_to_stderr(fake):
    done = simulate()
    assert done.exit_code == 0
    assert done.stdout.startswith("MISSED  synthetic: Sat 14 Feb 2026 17:00 America/Santiago, 3h\n")
    assert done.stderr == "Result: results/synthetic\n"


def test_compiling_is_announced_and_not_when_quiet(fake):
    fake.compiling = "Compiling the fast data plane"
    assert simulate().stderr.splitlines()[0] == "Compiling the fast data plane"
    assert simulate("--quiet").stderr == ""


def test_what_a_cluster_would_refuse_is_said_and_simulated(fake, monkeypatch):
    place = Location("k8s/hpa.yaml", 9, 3)
    refused = Problem("there is no deployment/shop", place, "hpa/shop", rule="hpa-target-missing")
    risky = Problem("no budget", place, "deployment/web", severity="warning", rule="no-pdb")
    monkeypatch.setattr("fvcapacity.scenario.findings.check_cluster", lambda cluster: [refused, risky])
    done = simulate()
    assert done.exit_code == 0
    assert done.stdout
    told = done.stderr.splitlines()
    assert told[0] == "k8s/hpa.yaml:9:3: error: hpa/shop: there is no deployment/shop [hpa-target-missing]"
    assert told[1].startswith("A cluster would refuse that, or it does nothing there: fvcap check ")
    assert "no budget" not in done.stderr
    assert len(simulate("--quiet").stderr.splitlines()) == 1


def test_requests_of_a_stretch_of_time_are_asked_for(fake):
    simulate("--requests-from", "2026-02-14T18:00:00", "--requests-for", "10m")
    overrides = fake.calls[0]["overrides"]
    assert overrides == {"requests.start": "2026-02-14T18:00:00", "requests.duration": "10m"}


def test_the_interval_of_samples_is_asked_for(fake):
    simulate("--monitoring-interval", "15s")
    assert fake.calls[0]["overrides"] == {"monitoring.interval": "15s"}


def test_a_process_for_each_core_unless_told(fake):
    simulate()
    assert fake.calls[-1]["jobs"] >= 1
    simulate("--jobs", "3")
    assert fake.calls[-1]["jobs"] == 3


def test_quiet_is_quiet(fake):
    assert simulate("--quiet").stderr == ""


def test_the_default_directory_is_named_by_the_scenario(fake, missed):
    simulate()
    assert load_result("results/synthetic") == missed
    assert Path("results/synthetic/plots").is_dir()


def test_another_directory(fake, missed):
    simulate("--out", "elsewhere/x")
    assert load_result("elsewhere/x") == missed


def test_json_is_the_summary(fake, missed):
    assert json.loads(simulate("--format", "json").stdout) == missed.summary


def test_markdown(fake):
    assert simulate("--format", "markdown").stdout.startswith("# MISSED  synthetic")


def test_events_follow_the_table(fake):
    lines = simulate("--events").stdout.splitlines()
    assert lines[-2].startswith("LAST SEEN")
    assert lines[-1].startswith(
        "2026-02-14 18:51:00 (x2 over 19m)   Warning   OOMKilling   pod/order-service-1   Memory"
    )


def test_events_of_one_object(fake):
    for of in ("deployment/order-service", "pod/order-service-1"):
        assert simulate("--events-for", of).stdout.splitlines()[-1].startswith("2026-02-14 18:51:00 (x2 over 19m)")
    assert simulate("--events-for", "node/general-1").stdout.endswith("\nNo events of node/general-1.\n")


@pytest.mark.parametrize(
    ("arguments", "result", "code"),
    [
        ([], "missed", 0),
        (["--enforce"], "missed", 1),
        (["--enforce"], "held", 0),
    ],
)
def test_enforce_makes_a_missed_objective_an_exit_status(fake, request, arguments, result, code):
    fake.result = request.getfixturevalue(result)
    assert simulate(*arguments).exit_code == code


@pytest.mark.parametrize(
    ("arguments", "overrides"),
    [
        (["--scale", "2.5"], {"traffic.scale": 2.5}),
        (["--arrivals", "poisson"], {"traffic.arrivals": {"kind": "poisson"}}),
        (["--start", "2026-02-13 18:00"], {"window.start": "2026-02-13 18:00"}),
        (["--duration", "2h"], {"window.duration": "2h"}),
        (["--traffic-from", "1995-07-03T10:00"], {"traffic.read_from": "1995-07-03T10:00"}),
        (
            ["--traffic", "data/counts.csv"],
            {"traffic.file": "data/counts.csv", "traffic.weekly": None, "traffic.users": None},
        ),
        ([], {}),
    ],
)
def test_options_become_fields_of_the_scenario(fake, arguments, overrides):
    assert simulate(*arguments).exit_code == 0
    assert fake.calls[0] == {"path": Path("scenario.yaml"), "overrides": overrides}


def test_the_traffic_file_is_told_relative_to_the_scenario(fake):
    runner.invoke(app, ["simulate", "scenarios/shop.yaml", "--traffic", "counts.csv"])
    assert fake.calls[0]["overrides"]["traffic.file"] == "../counts.csv"


def test_options_of_the_run(fake):
    simulate("--seed", "7", "--replications", "3", "--jobs", "2", "--plane", "simpy")
    options = fake.calls[1]
    assert (options["seed"], options["replications"], options["jobs"], options["plane"]) == (7, 3, 2, "simpy")
    assert options["progress"] is None  # stderr is no terminal here


@pytest.mark.parametrize("text", ["5%", "0.05", "5 %"])
def test_a_precision_is_a_share(fake, text):
    assert simulate("--precision", text, "--measure", "errors", "--max-replications", "12").exit_code == 0
    options = fake.calls[1]
    assert (options["precision"], options["measure"], options["max_replications"]) == (0.05, "errors", 12)
    assert options["replications"] is None


def test_a_precision_and_a_number_are_refused(fake):
    done = simulate("--precision", "5%", "--replications", "3")
    assert done.exit_code == 2
    assert "leave one of them out" in " ".join(done.stderr.split())
    assert fake.calls == []


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (PlaneError("too many pods", hint="use fewer"), 4, "error: too many pods\n  = use fewer"),
        (SourceError("Prometheus does not answer"), 3, "error: Prometheus does not answer"),
        (InvariantError("a request was lost"), 70, "error: a request was lost"),
        (KeyError("x"), 70, "defect: KeyError: 'x'"),
        (KeyboardInterrupt(), 130, "Interrupted before anything was finished; nothing was written."),
    ],
)
def test_errors_have_a_message_and_a_status(fake, error, code, text):
    fake.error = error
    done = simulate()
    assert done.exit_code == code
    assert text in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not Path("results").exists()


def test_debug_shows_the_traceback(fake):
    fake.error = KeyError("x")
    done = simulate("--debug")
    assert done.exit_code == 70
    assert "Traceback" in done.stderr


def test_all_problems_of_a_load_are_told_with_their_lines(fake):
    Path("scenario.yaml").write_text("name: shop\nwindow:\n\tstart: later\n  secret: hunter2\n")
    fake.load_error = ScenarioError(
        [
            Problem("'later' is no time", Location("scenario.yaml", 3, 9), "window.start", "write 2026-02-14T17:00"),
            Problem("unknown key", Location("scenario.yaml", 4, 3), rule="unknown-key"),
            Problem("the file is missing", Location("gone.yaml", 1, 1)),
        ]
    )
    done = simulate()
    assert done.exit_code == 2
    assert done.stderr == (
        "scenario.yaml:3:9: error: window.start: 'later' is no time\n"
        "  3 | \tstart: later\n"
        "    | \t       ^^^^^\n"
        "  = write 2026-02-14T17:00\n"
        "\n"
        "scenario.yaml:4:3: error: unknown key [unknown-key]\n"  # the line might hold a secret: it is not shown
        "\n"
        "gone.yaml:1:1: error: the file is missing\n"
        "\n"
        "3 problems.\n"
    )


def test_a_line_of_a_manifest_with_secrets_is_never_shown(fake):
    Path("s.yaml").write_text("kind: Secret\ndata:\n  key: aHVudGVyMg==\n")
    fake.load_error = ScenarioError(Problem("not base64", Location("s.yaml", 3, 8)))
    assert "aHVudGVyMg" not in simulate().stderr


def test_an_interruption_keeps_what_is_finished(fake):
    fake.result = result_of(None, 73)
    done = simulate("--enforce")
    assert done.exit_code == 130
    assert "Interrupted: replication 1 reached 1h3m of 3h." in " ".join(done.stdout.split())
    assert "marked incomplete" in done.stderr
    assert not load_result("results/synthetic").complete


def test_a_directory_that_is_not_ours_is_refused_before_the_run(fake):
    Path("mine").mkdir()
    Path("mine/diary.txt").write_text("dear diary")
    done = simulate("--out", "mine")
    assert done.exit_code == 2
    assert "something else than a result" in done.stderr
    assert len(fake.calls) == 1  # loaded, not run


@pytest.mark.parametrize(
    "arguments", [["--scale", "-1"], ["--jobs", "0"], ["--plane", "warp"], ["--format", "xml"], ["--precision", "5"]]
)
def test_options_that_cannot_be_are_refused(fake, arguments):
    assert simulate(*arguments).exit_code == 2
    assert fake.calls == []
