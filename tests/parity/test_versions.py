"""New versions beside old ones: weights, other demands, errors, and what is counted of them, on both planes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from fvcapacity.dataplane.plane import ContainerUsage, DrainContainer, EventKind, SetEndpoints, StopContainer
from fvcapacity.dataplane.statistics import Cause, ServiceColumn
from fvcapacity.dataplane.trace import Step
from tests.parity.harness import Play, Run, check
from tests.parity.words import at, call, every, one, pod, program, restarting, start, threads, wait
from tests.support.tiny import MS, SECOND, Tiny, cpu

CASES: dict[str, tuple[Callable[[], Tiny | Play], Callable[[Run], Any]]] = {}


def case(shows: Callable[[Run], Any]) -> Callable[[Callable[[], Tiny | Play]], Callable[[], Tiny | Play]]:
    """Enter a system; ``shows`` tells whether its phenomenon occurred."""

    def enter(make: Callable[[], Tiny | Play]) -> Callable[[], Tiny | Play]:
        CASES[make.__name__] = make, shows
        return make

    return enter


def weights(weight: int | None, pods: tuple[int, ...] = (1, 2), canaries: tuple[int, ...] = (3,)) -> SetEndpoints:
    return SetEndpoints(service=0, pods=pods, canaries=canaries if weight is not None else (), weight=weight)


def last(run: Run, uid: int) -> ContainerUsage:
    return run.observations[-1].containers[uid]


def visits(run: Run, begin_s: float, end_s: float) -> Counter[int]:
    lines = run.lines(Step.VISIT)
    return Counter(line.pod for line in lines if begin_s * SECOND <= line.time_ns < end_s * SECOND)


def chosen(run: Run) -> dict[int, int]:
    return {line.identity: line.pod for line in run.lines(Step.VISIT)}


# -- weights -------------------------------------------------------------------------------------------


def shares_follow(run: Run) -> bool:
    """A fifth and then a half of 2,000 requests each; the other pods share the rest alike."""
    none, fifth, half = (visits(run, begin, begin + 10) for begin in (0, 10, 20))
    return none[3] == 0 and 340 < fifth[3] < 460 and 920 < half[3] < 1080 and 430 < half[1] < 570


@case(shares_follow)
def weights_split_the_requests() -> Play:
    system = Tiny(one(cpu(1)), every(5, 30_000), [pod("s"), pod("s"), pod("s")])
    script = [(0, [weights(0)]), (10 * SECOND, [weights(20)]), (20 * SECOND, [weights(50)])]
    return Play(system, script)


@case(lambda run: visits(run, 0, 30).keys() == {3} and run.ended(Cause.SERVED) == 100)
def all_weight_on_the_new_version() -> Play:
    return Play(Tiny(one(cpu(1)), every(5, 500), [pod("s")] * 3), [(0, [weights(100)])])


@case(lambda run: 20 < run.ended(Cause.NO_ENDPOINT) < 80 and run.ended(Cause.SERVED) > 100)
def a_share_without_pods_is_lost() -> Play:
    """The router goes by weights, not by who is there."""
    return Play(Tiny(one(cpu(1)), every(5, 1000), [pod("s")] * 2), [(0, [weights(25, canaries=())])])


@case(lambda run: run.ended(Cause.NO_ENDPOINT) > 100 and 20 < run.ended(Cause.SERVED) < 80)
def the_rest_without_pods_is_lost() -> Play:
    return Play(Tiny(one(cpu(1)), every(5, 1000), [pod("s")] * 3), [(0, [weights(25, pods=())])])


@case(lambda run: 30 < visits(run, 0, 1)[3] < 80 and visits(run, 1, 2)[3] == 0)
def weights_rule_over_turns_and_are_taken_back() -> Play:
    system = Tiny(one(cpu(1), balancing="round_robin"), every(5, 2000), [pod("s")] * 3)
    return Play(system, [(0, [weights(25)]), (SECOND, [weights(None)])])


@case(lambda run: len(visits(run, 0, 1)) == 3 and len(visits(run, 1, 2)) == 2)
def weights_rule_over_connections_that_are_kept() -> Play:
    system = Tiny(one(cpu(1), balancing="sticky", connections_per_client=8), every(5, 2000), [pod("s")] * 3)
    return Play(system, [(0, [weights(25)]), (SECOND, [weights(None)])])


@case(lambda run: run.pods()[-1] == 1 and 3 in run.pods())
def the_new_version_goes_while_it_has_a_share() -> Play:
    system = Tiny(one(cpu(1)), every(5, 1000), [pod("s"), pod("s"), pod("s")])
    script = [
        (0, [weights(50)]),
        (500 * MS, [StopContainer(pod=3), weights(50, pods=(1,), canaries=(3,)), weights(None, pods=(1,))]),
    ]
    return Play(system, script)


# -- demands and errors --------------------------------------------------------------------------------


@case(lambda run: run.responses() == {10 * MS, 16 * MS} and run.total(ServiceColumn.CPU_NS) % MS == 0)
def a_version_that_costs_more() -> Play:
    system = Tiny(one(cpu(10)), every(50, 5000), [pod("s"), pod("s", demand_milli=1600)])
    return Play(system, [(0, [weights(30, pods=(1,), canaries=(2,))])])


@case(lambda run: run.responses() == {3_330_001})
def a_demand_that_does_not_divide_is_rounded_up() -> Tiny:
    return Tiny(one(cpu(10.000001)), every(20, 200), [pod("s", demand_milli=333)])


@case(lambda run: run.responses() == {23 * MS})
def only_cpu_costs_more_not_what_is_waited_for() -> Tiny:
    return Tiny(one(cpu(1), wait(20)), every(100, 500), [pod("s", demand_milli=3000)])


@case(lambda run: 200 < run.ended(Cause.ERROR_RESPONSE) < 300 and run.responses() == {4 * MS})
def a_version_that_fails_a_quarter() -> Tiny:
    """Errors cost what answers cost."""
    return Tiny(one(cpu(4)), every(10, 10_000), [pod("s", error_ppm=250_000)])


@case(lambda run: run.ended(Cause.ERROR_RESPONSE) < 100 < run.steps(Step.RETRIED) and run.ended(Cause.SERVED) > 900)
def errors_are_tried_again() -> Tiny:
    entry = call("a", cpu(1), call("b", cpu(1), retries=1))
    return Tiny(program(entry, a={}, b={}), every(10, 10_000), [pod("a"), pod("b", error_ppm=250_000)])


@case(lambda run: run.ended(Cause.SERVED) == 100 and run.total(ServiceColumn.FAILED) == 100)
def errors_of_what_is_optional() -> Tiny:
    entry = call("a", cpu(1), call("b", cpu(1), optional=True))
    return Tiny(program(entry, a={}, b={}), every(10, 1000), [pod("a"), pod("b", error_ppm=1_000_000)])


@case(lambda run: run.ended(Cause.ERROR_RESPONSE) and run.ended(Cause.CIRCUIT_OPEN))
def errors_open_a_breaker() -> Tiny:
    entry = call("a", cpu(1), call("b", cpu(1), breaker={"failures": 3, "open": "100ms"}))
    return Tiny(program(entry, a={}, b={}), every(10, 5000), [pod("a"), pod("b", error_ppm=700_000)])


# -- what is counted -----------------------------------------------------------------------------------


@case(lambda run: (last(run, 1).answered, last(run, 1).failed, last(run, 1).slow) == (4, 0, 2))
def slow_answers_are_counted_apart() -> Play:
    """The second and third wait for the first; exactly at the limit is not too slow."""
    system = Tiny(one(cpu(10)), at(0, 0, 0, 100), [pod("s", watch_ns=10 * MS)])
    return Play(system, looks=[5 * MS, 10 * MS, 15 * MS, SECOND])


@case(lambda run: (last(run, 1).answered, last(run, 2).answered) == (0, 10))
def only_who_is_watched_is_counted() -> Play:
    system = Tiny(one(cpu(1), balancing="round_robin"), every(10, 200), [pod("s"), pod("s", watch_ns=0)])
    return Play(system, looks=[SECOND])


@case(lambda run: (last(run, 1).answered, last(run, 1).failed, last(run, 1).slow) == (4, 2, 0))
def refused_attempts_are_failed_answers() -> Play:
    system = Tiny(one(cpu(10), **threads(limit=1)), at(0, 1, 2, 3), [pod("s", watch_ns=SECOND)])
    return Play(system, looks=[SECOND])


@case(lambda run: last(run, 1).failed == 3 == run.ended(Cause.TIMEOUT))
def answers_that_nobody_waits_for_are_failed() -> Play:
    system = Tiny(program(call("s", cpu(40)), "30ms", s=threads(3)), at(0, 50, 100), [pod("s", watch_ns=SECOND)])
    return Play(system, looks=[SECOND])


@case(lambda run: last(run, 1).failed == 3 == run.ended(Cause.TIMEOUT))
def cancelled_attempts_are_failed() -> Play:
    entry = call("s", cpu(40), timeout="30ms", cancel_on_timeout=True)
    return Play(Tiny(program(entry, s=threads(3)), at(0, 50, 100), [pod("s", watch_ns=SECOND)]), looks=[SECOND])


@case(
    lambda run: (
        last(run, 1).failed > 3 and last(run, 1).answered > last(run, 1).failed and run.told(EventKind.OOM_KILLED)
    )
)
def counts_outlive_a_restart() -> Play:
    entry = call("s", cpu(30), request_memory=100)

    def begin(uid: int, restart: int = 0) -> Any:
        return start(uid, memory=250, restart=restart, watch_ns=SECOND)

    control = restarting(50, begin, 0, 1)
    system = Tiny(program(entry, s=threads(1)), [*at(10, 11, 12, 200, 400, 500, 501, 502), *at(700)])
    return Play(system, [(0, [begin(1), SetEndpoints(service=0, pods=(1,))])], control, looks=[300 * MS, SECOND])


@case(lambda run: last(run, 1).failed == 1 and run.ended(Cause.CONNECTION_REFUSED) == 1)
def a_draining_version_refuses() -> Play:
    system = Tiny(one(cpu(50)), at(0, 20), [pod("s", watch_ns=SECOND)])
    return Play(system, [(10 * MS, [DrainContainer(pod=1)])], looks=[SECOND])


@pytest.mark.parametrize("name", list(CASES))
def test_case(name: str) -> None:
    make, shows = CASES[name]
    system = make()
    run = check(system if isinstance(system, Play) else Play(system))
    assert shows(run), "the phenomenon of this case did not occur"


def test_who_went_to_the_new_version_stays_there_when_its_share_grows() -> None:
    runs = [check(Play(Tiny(one(cpu(1)), every(5, 5000), [pod("s")] * 3), [(0, [weights(w)])])) for w in (0, 10, 40)]
    none, tenth, more = (chosen(run) for run in runs)
    canary = {identity for identity, uid in tenth.items() if uid == 3}
    assert 60 < len(canary) < 140
    assert canary < {identity for identity, uid in more.items() if uid == 3}
    assert all(tenth[identity] == uid for identity, uid in none.items() if identity not in canary)
