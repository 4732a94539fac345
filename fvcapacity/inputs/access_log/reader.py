"""Read logs, block after block, into counts by route and interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fvcapacity.errors import InputError, Location, Problem
from fvcapacity.frozen import replace
from fvcapacity.inputs.access_log.audience import AUDIENCES, audience_of_agent, audience_of_request
from fvcapacity.inputs.access_log.clock import NEVER_SHOWN, LogClock
from fvcapacity.inputs.access_log.detect import choose_format
from fvcapacity.inputs.access_log.fields import MOST_KEPT, Fields, LogFormat
from fvcapacity.inputs.access_log.ledger import FileRecord, Ledger
from fvcapacity.inputs.access_log.options import LogOptions
from fvcapacity.inputs.access_log.routes import NO_REQUEST, GivenRoutes, LearnedRoutes, Routes, numbers_alike
from fvcapacity.inputs.access_log.stream import Block, LogFile
from fvcapacity.inputs.access_log.tally import Floats, Ints, Tally
from fvcapacity.units import NS_PER_S

MOST_CELLS = 100_000_000
"""Counts that may be in memory, 4 bytes each: routes times intervals, whatever the size of the log."""
LIVE_ROUTES = 8
"""While routes are learned, so many times the wanted number are told apart."""

Progress = Callable[[int], None]


class LogReader:
    """Reads files one after the other; what is known grows in ``tally``, ``routes`` and ``ledger``."""

    def __init__(self, options: LogOptions) -> None:
        self.options = options
        self.tally = Tally(options.step_ns)
        self.ledger = Ledger()
        self.merged: dict[int, int] = {}
        self.routes: Routes = (
            LearnedRoutes(options.most_values, LIVE_ROUTES * options.most_routes, self._merge)
            if options.routes is None
            else GivenRoutes(options.routes)
        )
        self.clock = LogClock(options.zone)
        self._numbers: dict[bytes, int] = {}

    def read(self, log: LogFile, on_bytes: Progress | None = None) -> None:
        """Count the entries of one file."""
        record = FileRecord(log.name)
        self.ledger.files.append(record)
        log_format: LogFormat | None = None
        for block in log.blocks(on_bytes):
            if log_format is None:
                log_format = choose_format(self.options.log_format, self.options.fields, block.data, log.name)
                if log_format is None:
                    continue
                record.format = log_format.name
                self.ledger.meanings.append(log_format.meaning)
            self._block(block, log_format.read(block.data), record)
            self._check_size()
        record.damage = log.damage

    def _block(self, block: Block, fields: Fields, record: FileRecord) -> None:
        record.lines += len(fields.times) + len(fields.unreadable) + fields.others
        self.ledger.others += fields.others
        for bad in fields.unreadable:
            self.ledger.refuse(f"{block.file}:{block.first_line + bad.line}", bad.reason, bad.text)
        if not fields.times:
            return
        instants = np.array(self.clock.instants(fields.times), np.int64)
        columns = np.array(self._columns(fields.requests, fields.statuses), np.int64)
        known = instants >= 0
        if not known.all():
            self._refuse_times(block, fields, instants)
        self._follow(block, fields, instants[known], np.flatnonzero(known), record)
        self.ledger.no_request += int((known & (columns == NO_REQUEST)).sum())
        kept = known & (columns != NO_REQUEST) & self._wanted(fields)
        durations = None if fields.durations_s is None else np.array(fields.durations_s, np.float64)
        self._count(columns, instants, np.array(fields.statuses, np.int64), durations, kept)

    def _count(self, columns: Ints, instants: Ints, statuses: Ints, durations: Floats | None, kept: Any) -> None:
        if durations is not None and self.options.at_arrival:
            instants = self._arrivals(instants, durations)
        inside = np.ones(instants.size, bool)
        if self.options.from_ns is not None:
            inside &= instants >= self.options.from_ns
        if self.options.until_ns is not None:
            inside &= instants < self.options.until_ns
        self.ledger.outside += int((kept & ~inside).sum())
        kept = kept & inside
        self.ledger.counted += int(kept.sum())
        self.tally.add(
            columns[kept], instants[kept], statuses[kept], None if durations is None else durations[kept]
        )  # fmt: skip

    def _arrivals(self, instants: Ints, durations: Floats) -> Ints:
        """Return when the requests came. A logged whole second is taken for its middle."""
        known = np.isfinite(durations) & (durations >= 0) & (durations < 86_400)
        self.ledger.shifted += int(known.sum())
        middle = 0 if (instants % NS_PER_S).any() else NS_PER_S // 2
        came = instants + middle - np.rint(np.where(known, durations, 0.0) * NS_PER_S).astype(np.int64)
        return np.where(known, np.maximum(came, 0), instants)

    def _columns(self, requests: Sequence[bytes], statuses: Sequence[int]) -> list[int]:
        """Return the route of each request; most paths were seen before."""
        if self.routes.numbers_alike:
            requests = numbers_alike(requests)
        found: list[Any] = list(map(self._numbers.get, requests))
        if None in found:
            for index, number in enumerate(found):
                if number is None:
                    found[index] = self._number(requests[index], statuses[index])
        if self.merged:
            found = [self.merged.get(number, number) for number in found]
        return found

    def _number(self, request: bytes, status: int) -> int:
        number = self._numbers.get(request)
        if number is None:
            number, lasting = self.routes.find(request, status)
            if lasting:
                if len(self._numbers) >= MOST_KEPT:
                    self._numbers.clear()
                self._numbers[request] = number
        return number

    def _merge(self, old: int, new: int) -> None:
        self.tally.merge(old, new)
        self.merged = {earlier: new if later == old else later for earlier, later in self.merged.items()} | {old: new}

    def _wanted(self, fields: Fields) -> Any:
        """Count health checks and robots, and return who is wanted."""
        audience = np.array(list(map(audience_of_request.__getitem__, fields.requests)), np.int8)
        if fields.agents is not None:
            by_agent = np.array(list(map(audience_of_agent.__getitem__, fields.agents)), np.int8)
            audience = np.where(by_agent > 0, by_agent, audience)
        wanted = np.ones(audience.size, bool)
        for number, name in enumerate(AUDIENCES, 1):
            theirs = audience == number
            self.ledger.audiences[number - 1] += int(theirs.sum())
            if name in self.options.leave_out:
                wanted &= ~theirs
        return wanted

    def _refuse_times(self, block: Block, fields: Fields, instants: Ints) -> None:
        lines = block.data.split(b"\n")
        for index in np.flatnonzero(instants < 0).tolist():
            line = index if fields.lines is None else fields.lines[index]
            reason = "the time cannot be read"
            if instants[index] == NEVER_SHOWN:
                reason = f"the clock of {self.options.zone.key} never shows this time"
            self.ledger.refuse(f"{block.file}:{block.first_line + line}", reason, lines[line])

    def _follow(self, block: Block, fields: Fields, instants: Ints, rows: Ints, record: FileRecord) -> None:
        """Take down where the clock went back."""
        record.entries += instants.size
        if not instants.size:
            return
        first, last = int(instants.min()), int(instants.max())
        latest = np.maximum.accumulate(np.append(instants[0] if record.last_ns is None else record.last_ns, instants))
        back = latest[1:] - instants
        ledger = self.ledger
        ledger.backwards += int((back > NS_PER_S).sum())
        worst = int(back.argmax())
        if back[worst] > ledger.furthest_ns:
            row = int(rows[worst])
            line = row if fields.lines is None else fields.lines[row]
            ledger.furthest_ns = int(back[worst])
            ledger.furthest_place = f"{block.file}:{block.first_line + line}"
        record.first_ns = first if record.first_ns is None else min(first, record.first_ns)
        record.last_ns = last if record.last_ns is None else max(last, record.last_ns)

    def _check_size(self) -> None:
        if self.tally.size > MOST_CELLS:
            message = f"the log covers more than {MOST_CELLS:,} pairs of a route and an interval"
            hint = "take longer intervals (--step 1m), a stretch (--from, --until) or fewer routes (--max-routes)"
            raise InputError(Problem(message, field="--step", hint=hint, rule="log-too-long"))


def in_order_of_time(paths: Sequence[str], options: LogOptions) -> list[LogFile]:
    """Return the logs, the one that begins first in front; as given when one of them is a pipe.

    Raises
    ------
    InputError
        When one is missing, no file, or named twice.
    """
    problems = []
    seen: dict[Any, str] = {}
    for path in paths:
        place = Location("<stdin>" if path == "-" else path)
        identity: Any = path
        if path != "-":
            if not Path(path).exists():
                problems.append(Problem("the file does not exist", place, rule="missing-file"))
                continue
            if Path(path).is_dir():
                hint = f"name the files: {path}/access.log*"
                problems.append(Problem("is a directory, not a log", place, hint=hint, rule="unreadable-file"))
                continue
            status = Path(path).stat()
            identity = (status.st_dev, status.st_ino)
        if identity in seen:
            hint = "its requests would be counted twice"
            problems.append(Problem(f"is the same file as {seen[identity]}", place, hint=hint, rule="log-twice"))
        seen[identity] = path
    if problems:
        raise InputError(problems)
    logs = [LogFile(path) for path in paths]
    if not all(log.repeatable for log in logs):
        return logs
    return sorted(logs, key=lambda log: _begins(log, options))  # stable: without a time as given


def _begins(log: LogFile, options: LogOptions) -> int:
    """Return the first time of a log; 0 when nothing in its first block has one."""
    block = next(iter(log.blocks()), None)
    if block is None:
        return 0
    head = replace(block, data=block.data[: 1 << 16].rpartition(b"\n")[0] or block.data)
    log_format = choose_format(options.log_format, options.fields, head.data, log.name)
    if log_format is None:
        return 0
    clock = LogClock(options.zone)
    return next((instant for instant in clock.instants(log_format.read(head.data).times) if instant >= 0), 0)
