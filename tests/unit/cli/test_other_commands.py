import json

import jsonschema
import pytest
from typer.testing import CliRunner

from fvcapacity.cli.main import app
from fvcapacity.cli.progress import ProgressBook, progress_bar
from fvcapacity.results.outcome import ProgressUpdate

runner = CliRunner()


def test_version_names_package_and_release():
    done = runner.invoke(app, ["version"])
    assert done.exit_code == 0
    assert done.stdout.startswith("fvcapacity 0.")
    assert "Kubernetes 1." in done.stdout


@pytest.mark.parametrize("document", ["scenario", "summary"])
def test_schemas_are_schemas(document):
    done = runner.invoke(app, ["schema", document])
    jsonschema.Draft202012Validator.check_schema(json.loads(done.stdout))


def test_the_scenario_schema_completes_durations_as_text():
    schema = json.loads(runner.invoke(app, ["schema"]).stdout)
    assert schema["$defs"]["Window"]["properties"]["duration"]["type"] == "string"
    assert schema["additionalProperties"] is False


def test_no_progress_without_a_terminal():
    with progress_bar(1, quiet=False) as progress:
        assert progress is None


def test_progress_adds_up_over_replications():
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(file=open("/dev/null", "w"))) as bar:  # noqa: PTH123
        book = ProgressBook(bar, 2)
        book(ProgressUpdate(0, 100 * 10**9, 100 * 10**9, 10))
        book(ProgressUpdate(1, 50 * 10**9, 100 * 10**9, 5))
        task = bar.tasks[0]
        assert (task.completed, task.total) == (150 * 10**9, 200 * 10**9)
        assert task.description == "replications 1/2"
        assert task.fields["requests"] == "15 requests"
