"""How much more traffic a system bears: bisected on the same customers, and what breaks first, and next.

Scale thins and thickens one stream of customers, so that those of a smaller multiple are among those of a larger one.
Each replication is bisected by itself; their multiples are a sample, and give an interval. A search is done on the
stretches of the window that matter most (`fvcapacity.study.peaks`), and what it finds is then replayed over the whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from fvcapacity.display.plots import Plots
from fvcapacity.errors import ScenarioError
from fvcapacity.frozen import Frozen, replace
from fvcapacity.results.estimators import Estimate, estimate_mean
from fvcapacity.scenario.model import Scenario
from fvcapacity.study.mending import Mend, mends
from fvcapacity.study.peaks import LENGTH_NS, STEP_NS, Peak, peaks
from fvcapacity.study.shown import HEADROOM_PLOTS, headroom_html
from fvcapacity.study.trial import Trial, failing_window, try_all, try_out

if TYPE_CHECKING:
    from matplotlib.figure import Figure


LARGEST = 64.0
SMALLEST = 1 / 64
RESOLUTION = 1.02
MOST_MENDS = 6
"""Steps of one field that are tried before a break is said not to be mended by it."""

Tell = Callable[[str], None]
Limit = Literal["found", "never holds", "never breaks"]


class Break(Frozen):
    """The first failing trial above a multiple that holds.

    Attributes
    ----------
    multiple
        Of the traffic, at which it was seen.
    stretch
        Where in the window.
    at_utc
        Start of the first failing window of five minutes.
    reason, bottleneck
        What the verdict says, and what holds the system back.
    """

    multiple: float
    stretch: Peak
    at_utc: pd.Timestamp
    reason: str
    bottleneck: str


class Bisection(Frozen):
    """What one replication bears.

    Attributes
    ----------
    holds, breaks
        Largest multiple that was seen to hold (0 when none was), and smallest above it that was seen to break (infinite
        when none was).
    """

    replication: int
    holds: float
    breaks: float
    first: Break | None
    limit: Limit

    @property
    def multiple(self) -> float:
        """The middle of the two, in ratio; NaN when one of them was not seen."""
        return math.sqrt(self.holds * self.breaks) if self.limit == "found" else math.nan


class Stage(Frozen):
    """Headroom of one system: the given one, or one in which what broke first was mended.

    Attributes
    ----------
    mended
        What was changed in all, in words; empty for the system as it is.
    multiple
        Geometric mean over the replications.
    """

    mended: tuple[str, ...]
    bisections: tuple[Bisection, ...]
    multiple: Estimate

    @property
    def first(self) -> Break | None:
        """What breaks first: that of the replication with the smallest multiple."""
        seen = [item for item in self.bisections if item.first is not None]
        return min(seen, key=lambda item: item.holds).first if seen else None

    @property
    def limit(self) -> Limit:
        """``found`` when every replication has a multiple; else what the first of the others met."""
        return next((item.limit for item in self.bisections if item.limit != "found"), "found")


@dataclass(frozen=True, eq=False)
class Headroom:
    """The headroom of a scenario.

    Attributes
    ----------
    stages
        The system as it is, then with one cause after the other mended.
    stretches
        Where it was searched.
    whole
        A replay of the whole window at the largest multiple that held in every replication; None when it was not asked
        for, or nothing held.
    trials
        Every trial: ``stage, replication, multiple, stretch, holds, excess``.
    stopped
        Why there are no further stages; empty when none was asked for.
    scenario
        That was asked about.
    """

    scenario: Scenario = field(repr=False)
    stages: tuple[Stage, ...]
    stretches: tuple[Peak, ...]
    whole: Trial | None
    trials: pd.DataFrame = field(repr=False)
    stopped: str = ""

    @property
    def plot(self) -> Plots:
        """The figures: ``plot()`` is the overview, ``plot(name)`` one of ``plot.names``.

        Raises
        ------
        InputError
            When it is called with another name, with the list of names.
        """
        return Plots(HEADROOM_PLOTS, self._draw)

    def _draw(self, name: str) -> Figure:
        from fvcapacity.plots.headroom import draw_headroom  # matplotlib, only when it is needed

        return draw_headroom(self._summary())

    def _repr_html_(self) -> str:
        return headroom_html(self._summary())

    def _summary(self) -> dict[str, Any]:
        from fvcapacity.study.headroom_summary import headroom_summary  # it is made of what stands here

        return headroom_summary(self)


def headroom(
    scenario: Scenario,
    *,
    replications: int = 5,
    jobs: int = 1,
    next_breaks: int = 1,
    confirm: bool = True,
    resolution: float = RESOLUTION,
    tell: Tell | None = None,
) -> Headroom:
    """Find the largest multiple of the traffic that keeps the objectives.

    Parameters
    ----------
    scenario
        With open arrivals: virtual users of a closed loop have no multiple.
    replications
        Each is bisected by itself.
    jobs
        Processes to spread them over. The result does not depend on it.
    next_breaks
        How many causes are mended, one after the other, to find what would break then.
    confirm
        Replay the whole window at the largest multiple that held in every replication, and search where it fails too.
    resolution
        Ratio of the two multiples, one that holds and one that does not, at which a bisection stops.
    tell
        Told in a few words what is being done.

    Returns
    -------
    Headroom
        What the system bears in multiples of its traffic, with a 95 % interval, what breaks first, and all trials.

    Raises
    ------
    ScenarioError
        When the traffic has no multiple.
    """
    if scenario.traffic is None:
        hint = "give traffic as rates (weekly or a file); for users, vary their number"
        raise ScenarioError("a closed loop of users has no multiple of its traffic", hint=hint)
    search = _Search(replications, jobs, resolution, tell or (lambda words: None))
    stretches = peaks(scenario)
    stage, whole, stretches = search.confirmed(scenario, stretches, confirm)
    stages, system, stopped = [stage], scenario, ""
    for _ in range(next_breaks):
        found = search.after_mending(system, stages[-1], stretches)
        if isinstance(found, str):
            stopped = found
            break
        system, stage = found
        stages.append(stage)
    frame = pd.DataFrame(search.rows, columns=["stage", "replication", "multiple", "stretch", "holds", "excess"])
    return Headroom(scenario, tuple(stages), tuple(stretches), whole, frame, stopped)


@dataclass
class _Search:
    replications: int
    jobs: int
    resolution: float
    tell: Tell
    rows: list[tuple[int, int, float, str, bool, float]] = field(default_factory=list)
    stage: int = 0

    def confirmed(
        self, scenario: Scenario, stretches: list[Peak], confirm: bool
    ) -> tuple[Stage, Trial | None, list[Peak]]:
        """Bisect, replay the whole, and search again where the whole fails and no stretch looked."""
        stage = self.bisected(scenario, stretches, ())
        whole = Peak(0, scenario.file.window.duration, "the whole window")
        if not confirm or stretches == [whole]:
            return stage, None, stretches
        multiple = min(item.holds for item in stage.bisections)
        if multiple == 0:
            return stage, None, stretches
        self.tell(f"the whole window at {multiple:.2f} times the traffic")
        trial = try_out(scaled(scenario, multiple), whole)
        if trial.holds:
            return stage, trial, stretches
        wider = [_around_failure(trial, scenario), *stretches]
        stage = self.bisected(scenario, wider, ())
        multiple = min(item.holds for item in stage.bisections)
        return stage, try_out(scaled(scenario, multiple), whole) if multiple else None, wider

    def after_mending(self, system: Scenario, stage: Stage, stretches: Sequence[Peak]) -> tuple[Scenario, Stage] | str:
        """Mend what broke first until it bears more; the next stage, or why there is none."""
        first = stage.first
        if first is None:
            return "nothing broke"
        done: list[Mend] = []
        for _ in range(MOST_MENDS):
            trial = try_out(scaled(system, first.multiple), first.stretch, _replication_of(stage))
            if trial.holds:
                break
            mend = next(iter(mends(system, trial.result)), None)
            if mend is None:
                return f"no number of the manifests mends it: {first.bottleneck}"
            self.tell(f"mended: {mend.words}")
            system = system.with_values(mend.values)
            done.append(mend)
        else:
            return f"{MOST_MENDS} steps did not mend it, the last: {done[-1].words}"
        self.stage += 1
        words = (*stage.mended, *_summed(done))
        return system, self.bisected(system, stretches, words)

    def bisected(self, scenario: Scenario, stretches: Sequence[Peak], mended: tuple[str, ...]) -> Stage:
        self.tell("bisecting" if not mended else f"bisecting with {'; '.join(mended)}")
        numbers = range(self.replications)
        if self.jobs == 1:
            found = [bisect(scenario, stretches, number, self.resolution) for number in numbers]
        else:
            from joblib import Parallel, delayed

            plain = replace(scenario, patcher=None, reader=None)
            found = Parallel(n_jobs=self.jobs)(
                delayed(bisect)(plain, stretches, number, self.resolution) for number in numbers
            )
        for bisection, rows in found:
            self.rows += [(self.stage, bisection.replication, *row) for row in rows]
        bisections = tuple(bisection for bisection, _ in found)
        return Stage(mended, bisections, _geometric([item.multiple for item in bisections]))


Row = tuple[float, str, bool, float]


def bisect(
    scenario: Scenario, stretches: Sequence[Peak], replication: int, resolution: float = RESOLUTION
) -> tuple[Bisection, list[Row]]:
    """Bisect the multiple of one replication.

    Returns
    -------
    tuple
        What it bears, and every trial: multiple, stretch, whether it holds, excess.
    """
    rows: list[Row] = []
    breaks: dict[float, Break] = {}

    def holds(multiple: float) -> bool:
        system = scaled(scenario, multiple)
        for peak, trial in zip(stretches, try_all(system, stretches, replication), strict=False):
            rows.append((multiple, peak.reason, trial.holds, trial.excess))
            failed = failing_window(trial)
            if failed is not None:
                sentence = str(trial.result.summary["bottleneck"]["sentence"])
                breaks[multiple] = Break(multiple, peak, failed[1], failed[0], sentence)
                return False
        return True

    low, high = _bracket(holds)
    while low > 0 and high < math.inf and high / low > resolution:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if holds(middle) else (low, middle)
    limit: Limit = "never holds" if low == 0 else "never breaks" if high == math.inf else "found"
    return Bisection(replication, low, high, breaks.get(high), limit), rows


def _bracket(holds: Callable[[float], bool]) -> tuple[float, float]:
    """Return a multiple that holds and one that does not, doubled or halved from 1; 0 or infinity for none."""
    if holds(1.0):
        low = 1.0
        while low < LARGEST:
            if not holds(2 * low):
                return low, 2 * low
            low *= 2
        return low, math.inf
    high = 1.0
    while high > SMALLEST:
        if holds(high / 2):
            return high / 2, high
        high /= 2
    return 0.0, high


def scaled(scenario: Scenario, multiple: float) -> Scenario:
    """Return a scenario under a multiple of its traffic."""
    traffic = scenario.file.traffic
    changed = traffic.model_copy(update={"scale": traffic.scale * multiple})
    return replace(scenario, file=scenario.file.model_copy(update={"traffic": changed}))


def _geometric(multiples: Sequence[float]) -> Estimate:
    """Estimate the mean of multiples by their logarithms: twice the traffic is as far from it as half of it."""
    logs = estimate_mean([math.log(multiple) for multiple in multiples])
    low, high = (None if bound is None else math.exp(bound) for bound in (logs.low, logs.high))
    return Estimate(math.exp(logs.mean), low, high, logs.samples)


def _replication_of(stage: Stage) -> int:
    seen = [item for item in stage.bisections if item.first is not None]
    return min(seen, key=lambda item: item.holds).replication


def _around_failure(trial: Trial, scenario: Scenario) -> Peak:
    failed = failing_window(trial)
    assert failed is not None, "the trial does not hold"
    at = failed[1].value - scenario.start_ns
    duration = min(2 * LENGTH_NS, scenario.file.window.duration)
    start = min(max(at - LENGTH_NS, 0), scenario.file.window.duration - duration)
    return Peak(start // STEP_NS * STEP_NS, duration, "where the whole window fails first")


def _summed(done: Sequence[Mend]) -> tuple[str, ...]:
    """Return what was done in words, steps of one field as one: ``CPU limit of shop 200m -> 450m``."""
    firsts: dict[str, str] = {}
    lasts: dict[str, str] = {}
    for mend in done:
        head, _, after = mend.words.rpartition(" -> ")
        subject, _, before = head.rpartition(" ")
        key = subject or mend.words
        firsts.setdefault(key, f"{subject} {before}" if head else mend.words)
        lasts[key] = after if head else ""
    return tuple(f"{first} -> {lasts[key]}" if lasts[key] else first for key, first in firsts.items())
