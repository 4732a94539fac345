"""Progress bars on stderr: simulated time, speed, requests; or bytes of files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fvcapacity.cli.terminal import error_console, moving
from fvcapacity.cli.tongue import tongue_asked_for
from fvcapacity.units import format_duration

if TYPE_CHECKING:
    from rich.progress import Progress, Task

    from fvcapacity.inputs.prometheus.gather import PullProgress
    from fvcapacity.results.outcome import ProgressUpdate


class ProgressBook:
    """What is known of the progress of all replications, and one bar that shows it."""

    def __init__(self, bar: Progress, replications: int) -> None:
        self._bar = bar
        self._replications = replications
        self._latest: dict[int, ProgressUpdate] = {}
        self._say = tongue_asked_for()
        self._task = bar.add_task(self._say("bar.starting"), total=None, simulated="", speed="", requests="")

    def __call__(self, update: ProgressUpdate) -> None:
        """Take an update of one replication."""
        self._latest[update.replication] = update
        done_ns = sum(item.time_ns for item in self._latest.values())
        requests = sum(item.requests for item in self._latest.values())
        finished = sum(item.time_ns >= item.duration_ns for item in self._latest.values())
        task: Task = self._bar.tasks[self._task]
        elapsed_s = task.elapsed or 0.0
        speed = f"{done_ns / 1e9 / elapsed_s:,.0f}x" if elapsed_s > 0.5 else ""
        self._bar.update(
            self._task,
            description=self._say("bar.simulating")
            if self._replications == 1
            else self._say("bar.replications", done=finished, n=self._replications),
            total=update.duration_ns * self._replications,
            completed=done_ns,
            simulated=format_duration(update.time_ns // 60_000_000_000 * 60_000_000_000),
            speed=speed,
            requests=self._say("bar.requests", n=self._say.figure(f"{requests:,}")),
        )


@contextmanager
def byte_bar(total: int, *, quiet: bool) -> Iterator[Callable[[int], None] | None]:
    """Yield a callback that is told of more bytes and draws a bar on stderr; None as in `progress_bar`.

    Parameters
    ----------
    total
        Bytes in all; 0 when nobody knows.
    """
    if not moving(quiet=quiet):
        yield None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=error_console(), transient=True) as bar:
        task = bar.add_task("reading", total=total or None)
        yield lambda count: bar.advance(task, count)


@contextmanager
def progress_bar(replications: int, *, quiet: bool) -> Iterator[Callable[[ProgressUpdate], None] | None]:
    """Yield a callback that draws a bar on stderr; None when stderr is no terminal or nothing is wanted."""
    if not moving(quiet=quiet):
        yield None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns: tuple[Any, ...] = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[simulated]}"),
        TextColumn("{task.fields[speed]}"),
        TextColumn("{task.fields[requests]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=error_console(), transient=True) as bar:
        yield ProgressBook(bar, replications)


@contextmanager
def saying(*, quiet: bool) -> Iterator[Callable[[str], None] | None]:
    """Yield a callback that shows on stderr, in a line that moves, what is being done; None when nothing is wanted."""
    if not moving(quiet=quiet):
        yield None
        return

    with error_console().status("starting") as status:
        yield status.update


@contextmanager
def pieces_bar(*, quiet: bool) -> Iterator[Callable[[PullProgress], None] | None]:
    """Yield a callback that draws how much was fetched, as `progress_bar` does."""
    if not moving(quiet=quiet):
        yield None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=error_console(), transient=True) as bar:
        task = bar.add_task("looking at the metrics", total=None)
        yield lambda update: bar.update(
            task, total=update.total, completed=update.done, description=f"fetching {update.query}"
        )


@contextmanager
def runs_bar(*, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Yield a callback that draws how many runs are finished, as `progress_bar` does."""
    if not moving(quiet=quiet):
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=error_console(), transient=True) as bar:
        task = bar.add_task("sweeping", total=None)
        yield lambda done, total: bar.update(task, total=total, completed=done)
