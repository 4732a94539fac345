"""What happened while a log was read, and what of it a reader of the figures has to know."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from fvcapacity.errors import InputError, Problem
from fvcapacity.inputs.access_log.audience import AUDIENCES
from fvcapacity.inputs.access_log.masking import masked
from fvcapacity.inputs.access_log.options import LogOptions
from fvcapacity.inputs.measurements import Remark
from fvcapacity.units import NS_PER_S, format_duration

SHOWN = 5
"""Unreadable lines that are shown one by one."""
BACKWARDS_NS = 60 * NS_PER_S
"""Workers write a little out of order; a clock that goes back by more than this is told."""


@dataclass
class FileRecord:
    """What was read of one file; times are the first and the last that were logged."""

    name: str
    format: str = ""
    lines: int = 0
    entries: int = 0
    first_ns: int | None = None
    last_ns: int | None = None
    damage: str = ""


@dataclass
class Ledger:
    """Counts of everything that was no ordinary entry."""

    files: list[FileRecord] = field(default_factory=list)
    meanings: list[str] = field(default_factory=list)
    unreadable: int = 0
    shown: list[str] = field(default_factory=list)
    others: int = 0
    no_request: int = 0
    outside: int = 0
    audiences: list[int] = field(default_factory=lambda: [0] * len(AUDIENCES))
    backwards: int = 0
    furthest_ns: int = 0
    furthest_place: str = ""
    shifted: int = 0
    counted: int = 0
    in_other: int = 0

    @property
    def lines(self) -> int:
        """Lines that are not empty."""
        return sum(record.lines for record in self.files)

    def refuse(self, place: str, reason: str, text: bytes) -> None:
        """Take down a line that cannot be read."""
        self.unreadable += 1
        if len(self.shown) < SHOWN:
            self.shown.append(f"{place}: {reason}: {masked(text)}")

    def check(self, options: LogOptions) -> None:
        """Refuse figures that too much is missing of, or that there are none of.

        Raises
        ------
        InputError
            With the first lines that could not be read.
        """
        if self.unreadable > options.most_unreadable * self.lines:
            share = 100 * self.unreadable / self.lines
            message = (
                f"{self.unreadable:,} of {self.lines:,} lines ({share:.1f} %) cannot be read, more than the "
                f"{100 * options.most_unreadable:g} % that are let pass"
            )
            hint = "say what the lines look like with --log-format, or let more pass with --max-unreadable"
            raise InputError(Problem("\n    ".join([message, *self.shown]), hint=hint, rule="log-unreadable"))
        if not self.counted:
            why = [f"{text}: {count:,}" for count, text in self._left_out() if count]
            message = "there is no request to count" + (f" ({'; '.join(why)})" if why else "")
            raise InputError(Problem(message, hint="check the files, --from and --until", rule="log-empty"))

    def _left_out(self) -> list[tuple[int, str]]:
        return [
            (self.unreadable, "lines that cannot be read"),
            (self.others, "lines that are no requests"),
            (self.no_request, "lines without an HTTP request"),
            (self.outside, "requests outside --from and --until"),
        ]

    def remarks(self, options: LogOptions) -> list[Remark]:
        """Return everything that a reader of the figures has to know."""
        out = [Remark(rule="log-format", message=meaning) for meaning in dict.fromkeys(self.meanings)]
        for record in self.files:
            if record.damage:
                message = f"{record.name}: {record.damage}; the {record.entries:,} entries before are counted"
                hint = "copy the file anew: its last lines are missing"
                out.append(Remark(severity="warning", rule="log-damaged", message=message, hint=hint))
            elif not record.lines:
                out.append(Remark(severity="warning", rule="log-empty", message=f"{record.name}: the file is empty"))
        if self.unreadable:
            message = f"{self.unreadable:,} of {self.lines:,} lines cannot be read: " + "; ".join(self.shown)
            out.append(Remark(severity="warning", rule="log-unreadable", message=message))
        if self.others:
            message = f"{self.others:,} lines are no requests (messages of the application) and are left out"
            out.append(Remark(rule="log-other-lines", message=message))
        if self.no_request:
            message = f"{self.no_request:,} lines hold no HTTP request (such as a 400 to a port scan) and are left out"
            out.append(Remark(rule="log-no-request", message=message))
        if self.outside:
            out.append(Remark(rule="log-outside", message=f"{self.outside:,} requests lie outside --from and --until"))
        out += self._audience_remarks(options)
        if self.furthest_ns > BACKWARDS_NS:
            message = (
                f"{self.backwards:,} lines are earlier than a line before them, by up to "
                f"{format_duration(self.furthest_ns)} ({self.furthest_place}); they are counted where they belong"
            )
            out.append(Remark(severity="warning", rule="log-order", message=message))
        out += self._overlaps()
        if self.shifted:
            message = (
                "requests are counted when they came: the logged time, which is that of the answer, less the response "
                "time"
            )
            out.append(Remark(rule="log-arrival", message=message))
        return out

    def _audience_remarks(self, options: LogOptions) -> list[Remark]:
        out = []
        for name, count in zip(AUDIENCES, self.audiences, strict=True):
            if not count:
                continue
            what = f"{count:,} requests are {name.replace('-', ' ')} by their user agent or path"
            if name in options.leave_out:
                out.append(Remark(rule=f"log-{name}", message=f"{what}; they are left out"))
            else:
                hint = f"--without {name} leaves them out"
                out.append(Remark(rule=f"log-{name}", message=f"{what}; they are counted", hint=hint))
        return out

    def _overlaps(self) -> list[Remark]:
        known = [(record.first_ns, record.last_ns, record.name) for record in self.files if record.first_ns is not None]
        overlapping = [
            f"{first[2]} and {second[2]}"
            for first, second in pairwise(known)
            if (first[1] or 0) - (second[0] or 0) > BACKWARDS_NS
        ]
        if not overlapping:
            return []
        message = f"files overlap in time: {', '.join(overlapping[:3])}; all of their lines are counted"
        hint = "as it should be for several servers; a file that stands there twice would be counted twice"
        return [Remark(rule="log-overlap", message=message, hint=hint)]
