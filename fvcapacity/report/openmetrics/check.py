"""Read OpenMetrics files with our own eyes: promtool takes descending instants, milliseconds and NaN in silence.

Rules: the OpenMetrics text format 1.0 (families together, counters end in ``_total``, ``# EOF`` last, no blank lines),
and what a database needs besides: ascending instants in each series, instants of this age, finite values, counters that
do not fall, buckets that do not fall towards larger ones.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from fvcapacity.errors import Location, Problem

_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
_SAMPLE = re.compile(rf"([a-zA-Z_:][a-zA-Z0-9_:]*)(\{{(?:{_LABEL},?)*\}})? (\S+) (\S+)")
_ENDINGS = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_count", "_sum"), "unknown": ("",)}
_YEAR_2100 = 4_102_444_800.0
MOST = 20
"""Problems that are told of a file; more are counted."""


@dataclass
class _Reader:
    file: str
    problems: list[Problem] = field(default_factory=list)
    count: int = 0
    families: set[str] = field(default_factory=set)
    family: str = ""
    type: str = ""
    last: dict[str, tuple[float, float]] = field(default_factory=dict)
    samples: int = 0
    ended: bool = False

    def read(self, lines: Iterable[str]) -> None:
        for number, line in enumerate(lines, 1):
            text = line.removesuffix("\n")
            if self.ended:
                self._wrong(number, "something stands after # EOF")
            elif text == "# EOF":
                self.ended = True
            elif text.startswith("# "):
                self._comment(number, text)
            else:
                self._sample(number, text)
        if not self.ended:
            self._wrong(0, "the file does not end with # EOF")

    def _comment(self, number: int, text: str) -> None:
        _, word, name, rest = [*text.split(" ", 3), "", "", ""][:4]
        if word == "HELP":
            return
        if word != "TYPE" or rest not in _ENDINGS:
            self._wrong(number, f"{text!r} is no line of a family that is written here")
            return
        if name in self.families:
            self._wrong(number, f"the family {name} is not together in one place")
        self.families.add(name)
        self.family, self.type, self.last = name, rest, {}

    def _sample(self, number: int, text: str) -> None:
        match = _SAMPLE.fullmatch(text)
        if match is None:
            self._wrong(number, "this is no sample: name, labels, value, instant")
            return
        name, labels, value_text, time_text = match.groups()
        ending = name.removeprefix(self.family)
        if not self.family or not name.startswith(self.family) or ending not in _ENDINGS[self.type]:
            self._wrong(number, f"{name} does not belong to the {self.type or 'missing'} family {self.family}")
            return
        self.samples += 1
        value, time = _number(value_text), _number(time_text)
        if not math.isfinite(value):
            self._wrong(number, f"the value {value_text} is none that a database can work with")
        if not 0 <= time < _YEAR_2100:
            self._wrong(number, f"the instant {time_text} is not in seconds since 1970")
        key = f"{name}{labels or ''}"
        before = self.last.get(key)
        if before is not None and time <= before[0]:
            self._wrong(number, f"the instant {time_text} is not after the one before it in its series")
        if before is not None and ending in ("_total", "_bucket", "_count") and value < before[1]:
            self._wrong(number, f"the counter falls from {before[1]:g} to {value:g}")
        self.last[key] = (time, value)

    def _wrong(self, number: int, message: str) -> None:
        self.count += 1
        if self.count <= MOST:
            place = Location(self.file, number or None)
            hint = "this is a fault of the export: please report it"
            self.problems.append(Problem(message, place, hint=hint, rule="openmetrics"))


def check_openmetrics(path: Path) -> tuple[int, list[Problem]]:
    """Return how many samples a file holds, and what is wrong with it.

    A counter that falls is a fault here: what is exported begins at 0, and another series follows a pod that ends.
    """
    reader = _Reader(str(path))
    with path.open(encoding="utf-8", newline="\n") as lines:
        reader.read(lines)
    if reader.count > MOST:
        more = f"and {reader.count - MOST} more problems"
        reader.problems.append(Problem(more, Location(str(path)), rule="openmetrics"))
    return reader.samples, reader.problems


def bucket_problems(lines: Iterable[str]) -> Iterator[str]:
    """Yield each bucket of a text that is smaller than the one before it of the same series and instant."""
    seen: dict[tuple[str, str], dict[float, float]] = {}
    for line in lines:
        match = _SAMPLE.fullmatch(line.removesuffix("\n"))
        if match is None or not match[1].endswith("_bucket"):
            continue
        limit = re.search(r'le="([^"]+)"', match[2] or "")
        rest = re.sub(r'le="[^"]+",?', "", match[2] or "")
        if limit is not None:
            seen.setdefault((match[1] + rest, match[4]), {})[_number(limit[1])] = _number(match[3])
    for (series, time), buckets in seen.items():
        values = [buckets[limit] for limit in sorted(buckets)]
        if any(later < earlier for earlier, later in pairwise(values)):
            yield f"{series} at {time}"


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
