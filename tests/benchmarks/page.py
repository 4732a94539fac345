"""The findings as a table on the terminal, and as docs/explanation/performance.md."""

from __future__ import annotations

import os
import platform
import subprocess
import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.bounds import BOUNDS, rate, seconds, times
from tests.benchmarks.chain import mean_response_ms
from tests.benchmarks.findings import Findings
from tests.benchmarks.shop import REPOSITORY

COMMAND = "python -m tests.benchmarks --write docs/explanation/performance.md"

Row = Sequence[str]


def bound_rows(found: Findings) -> list[Row]:
    """Return what was measured beside what must hold."""
    return [
        (bound.what, bound.limit(bound.must), bound.limit(bound.goal), bound.form(value), bound.verdict(value))
        for name, bound in BOUNDS.items()
        if (value := found.figures.get(name)) is not None
    ]


def terminal(found: Findings) -> str:
    """Return the table as text."""
    rows = [("what", "must", "goal", "measured", ""), *bound_rows(found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def page(found: Findings) -> str:
    """Return the whole page."""
    return _PAGE.format(
        machine=_markdown(("", ""), _machine()),
        command=COMMAND,
        bounds=_markdown(("What", "Must", "Goal", "Measured", ""), bound_rows(found)),
        tools=_markdown(("Chain of queues", "Requests a CPU second", "Fast plane is"), _tools(found)),
        theory=f"{mean_response_ms():.2f}",
        mean=f"{found.mean_ms:.2f}",
        days=found.quarter.days if found.quarter else 0,
        quarter=_markdown(("", ""), _quarter(found)),
        shop=_markdown(("Shop at the evening's peak", "Requests", "CPU time", "Requests a CPU second"), _shop(found)),
        memory=_markdown(
            ("Shop at a constant rate", "Requests", "Peak of the process", "Added by the run"), _memory(found)
        ),
        clusters=_markdown(("Cluster", "Requests", "Probes", "CPU time", "Each", "A visit"), _clusters(found)),
        limits=_limits(found),
    )


def _markdown(heads: Row, rows: Sequence[Row]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


# -- where it was measured -----------------------------------------------------------------------------------


def _machine() -> list[Row]:
    return [
        ("processor", _processor()),
        ("cores", str(os.cpu_count())),
        ("system", f"{platform.system()} {platform.machine()}"),
        ("Python", platform.python_version()),
        ("Numba, NumPy", f"{version('numba')}, {version('numpy')}"),
        ("SimPy, Ciw", f"{version('simpy')}, {version('ciw')}"),
        ("commit", _commit()),
        ("date", f"{datetime.now(UTC):%Y-%m-%d}"),
    ]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")


def _commit() -> str:
    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=REPOSITORY, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", "fvcapacity", "tests/benchmarks")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + (", with changes" if changed else "")


# -- the tables ----------------------------------------------------------------------------------------------


def _tools(found: Findings) -> list[Row]:
    fast = found.chain["fast plane"]
    return [(tool, rate(spent.rate), times(fast.rate / spent.rate)) for tool, spent in found.chain.items()]


def _shop(found: Findings) -> list[Row]:
    return [(name, f"{spent.work:,}", seconds(spent.seconds), rate(spent.rate)) for name, spent in found.shop.items()]


def _memory(found: Findings) -> list[Row]:
    return [
        (name, f"{memory.requests:,}", _megabytes(memory.peak_bytes), _megabytes(memory.added_bytes))
        for name, memory in found.memory.items()
    ]


def _quarter(found: Findings) -> list[Row]:
    ran = found.quarter
    if ran is None:
        return []
    told = {
        "simulated days": f"{ran.days}",
        "requests": f"{ran.requests:,}",
        "wall time": seconds(ran.wall_s),
        "CPU time": seconds(ran.cpu_s),
        "peak memory of the process": _megabytes(ran.peak_bytes),
        "size of the result": _megabytes(ran.result_bytes),
    }
    return list(told.items())


def _megabytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB"


def _clusters(found: Findings) -> list[Row]:
    return [
        (
            name,
            f"{carried.requests:,}",
            f"{carried.probes:,}",
            seconds(carried.seconds),
            f"{carried.each * 1e6:.2f} µs",
            f"{carried.visit * 1e6:.2f} µs",
        )
        for name, carried in found.clusters.items()
    ]


def _limits(found: Findings) -> str:
    names = ("kernel", "arrivals", "control", "observations", "commands", "rest")
    rows = []
    for workload, parts in found.parts.items():
        shares = parts.shares()
        rows.append((workload, seconds(parts.total.seconds), *(f"{shares[name]:.0%}" for name in names)))
    table = _markdown(("Workload", "CPU time", *(name.capitalize() for name in names)), rows)
    said = "\n".join(textwrap.fill(f"- {text}", 120, subsequent_indent="  ") for text in _sentences(found))
    return f"{table}\n\n{said}"


def _sentences(found: Findings) -> list[str]:
    said = []
    for workload, parts in found.parts.items():
        shares, each = parts.shares(), parts.events / parts.total.work
        largest = max(shares, key=lambda name: shares[name])
        nanoseconds = shares["kernel"] * parts.total.seconds / parts.events * 1e9
        said.append(
            f"{workload[0].upper()}{workload[1:]}: a request is {each:.1f} events of {nanoseconds:.0f} ns in the kernel; "
            f"the largest part is {_PARTS[largest]} with {shares[largest]:.0%}. Were it free, the run would be "
            f"{times(1 / (1 - shares[largest]))} as fast; were everything but the kernel free, "
            f"{times(1 / shares['kernel'])}."
        )
    if found.day is not None:
        said.append(f"The whole day ran at {rate(found.day.rate)} ({found.day.work:,} requests).")
    first, warm, library = (found.figures[name] for name in ("first", "warm", "library"))
    said.append(
        f"Start-up: a warm `fvcap simulate` takes {seconds(warm)}, the same as a library, without what a command spares "
        f"a process of its own, {seconds(library)}; nearly all of it is loading. Compiling takes {seconds(first - warm)} "
        "of the first run."
    )
    return said


_PARTS = {
    "kernel": "the kernel",
    "arrivals": "the making of arrivals",
    "control": "the control plane",
    "observations": "what metrics-server reads",
    "commands": "the carrying out of commands",
    "rest": "the run loop and its set-up",
}

_PAGE = """\
# How fast it is

<!-- Written by `{command}`: do not edit. -->

Everything below was measured in one run of

```bash
{command}
```

{machine}

Times are CPU seconds of one core (wall seconds for start-up), the best of several runs, with the code compiled
beforehand. Every measure asserts how much work was done: all requests of the chain were served, every request of the
shop has ended or is still open, and both planes counted the same in every bin.

## What must hold

{bounds}

"Goal" in the last column: the goal is reached; "kept": what must hold does; "missed": it does not.

The three lines about ten times the rate ask three things. With servers ten times as fast a request meets the same
queues, and what is left is whether the rate itself costs anything. On the same cluster more requests are open at a time
and more of them wait. On a larger cluster there is ten times the state: the queue of next events is deeper, and less of
it is in the processor's nearest cache.

## Beside other simulators

Three stations of 2, 3 and 2 servers at 70 % load, exponential services, Poisson arrivals; the making of the arrivals is
counted. Queueing theory says {theory} ms for the mean response, the fast plane {mean} ms (read off a histogram that is at
most 0.8 % wrong).

{tools}

For orientation, other tools on the same chain of queues, measured once on a machine of the same kind and not repeated
here, in requests a CPU second: a binary heap in C++ (-O3) 4.22 M, the same loop in Numba 4.06 M, in plain Python 432 k;
SimPy with callbacks and queues of its own 225 k; uqSim (C++, -O3) 223 k; SimPy as usually written 42 k; Ciw 19 k;
AsyncFlow 6.6 k; happysim 6.2 k; salabim 3.3 k. The two heap loops know three queues and nothing else: no time-outs, no
CPU that is shared, no limits, no probes.

The whole shop, with its controllers, probes, limits and time-outs, from 18:55 on Valentine's Day: an hour, and a quarter
of one. The evening's peak lasts three hours, the scenario two days. What a run costs whatever its traffic (start-up of
all pods, the syncs of the controllers) weighs the more the shorter it is, and the more the less traffic there is: the
ratio is told for both lengths.

{shop}

## Memory

Peak resident memory of a process of its own. The interpreter, the libraries and the compiled code are most of it.

{memory}

## A long run

`fvcap simulate scenarios/ordinary-week.yaml --duration {days}d --replications 1`, from the scenario to the written result:
tables by the hour, minutes in files, figures. Days are put away one by one, so that memory does not grow with them (see
`docs/decisions/0011-long-runs-in-hours.md`).

{quarter}

## A big cluster

The same 2,000 requests a second, each visiting two pods, on two sizes of cluster. Each pod has two probes every 10 s,
and "each" is a request or a probe.

{clusters}

## What limits it now

Shares of the CPU time, from watches around the parts of a run: the compiled kernel, the making of arrivals, the control
plane, what it reads of the data plane, what it tells the data plane, and the rest (set-up, run loop).

{limits}
"""
