"""``fvcap``: the commands, put together. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import sys

from fvcapacity.cli.alerts import alerts
from fvcapacity.cli.backtest import backtest
from fvcapacity.cli.calibrate import calibrate
from fvcapacity.cli.check import check
from fvcapacity.cli.common import App
from fvcapacity.cli.compare import compare
from fvcapacity.cli.cost import cost
from fvcapacity.cli.diff import diff
from fvcapacity.cli.doctor import doctor
from fvcapacity.cli.export import export
from fvcapacity.cli.focus import focus
from fvcapacity.cli.forecast import forecast
from fvcapacity.cli.gate import gate
from fvcapacity.cli.headroom import headroom
from fvcapacity.cli.init import init
from fvcapacity.cli.plan import plan
from fvcapacity.cli.pull import pull
from fvcapacity.cli.read_logs import read_logs
from fvcapacity.cli.recommend import recommend
from fvcapacity.cli.reconcile import reconcile
from fvcapacity.cli.report import report
from fvcapacity.cli.review import review
from fvcapacity.cli.schema import schema
from fvcapacity.cli.serve_prometheus import serve_prometheus
from fvcapacity.cli.simulate import simulate
from fvcapacity.cli.start_up import ending, own_process
from fvcapacity.cli.sweep import sweep
from fvcapacity.cli.version import version

app = App(
    name="fvcap",
    help="Capacity, autoscaling and cost of Kubernetes systems, request by request.",
    epilog="Exit status: 0 done, 1 an objective was missed (--enforce) or a finding is an error, 2 input that cannot "
    "be used, 3 a source that failed, 4 the data plane stopped, 70 a defect, 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(init)
app.command()(simulate)
app.command()(compare)
app.command()(headroom)
app.command()(sweep)
app.command()(recommend)
app.command()(plan)
app.command()(cost)
app.command()(forecast)
app.command()(review)
app.command()(report)
app.command()(calibrate)
app.command()(backtest)
app.command()(check)
app.command()(alerts)
app.add_typer(export, name="export")
app.add_typer(focus, name="focus")
app.command()(reconcile)
app.command()(serve_prometheus)
app.command()(diff)
app.command()(gate)
app.command()(pull)
app.command("read-logs")(read_logs)
app.command()(schema)
app.command()(doctor)
app.command()(version)


def main() -> None:
    """Run the command line, in a process of its own."""
    own_process()
    with ending():
        app.for_words(sys.argv[1:])()
