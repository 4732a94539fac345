"""One mechanism at a time is put into a calm run; the sentence must name it with its figures."""

import pytest

from fvcapacity.control.history import ClusterEvent, HpaSample
from fvcapacity.dataplane.histogram import bin_of
from fvcapacity.dataplane.statistics import RouteColumn, ServiceColumn
from fvcapacity.results.bottleneck import find_bottleneck
from fvcapacity.results.tables import build_tables
from tests.unit.results import synthetic

MINUTE = synthetic.MINUTE_NS
SECOND = 10**9


def service(name):
    return synthetic.SERVICES.index(name)


def found(outcome, status="missed", scenario=None):
    scenario = scenario or synthetic.make_scenario()
    return find_bottleneck(build_tables(scenario, synthetic.make_program(), [outcome]), scenario, status)


def calm():
    return synthetic.make_outcome(calm=True)


def fail_requests(outcome, minutes, column, each):
    """Turn served checkouts of some minutes into failed ones."""
    route = list(synthetic.SHARES).index("checkout")
    counts = outcome.statistics.route_counts[minutes, route]
    counts[:, RouteColumn.SERVED] -= each
    counts[:, column] += each


def test_throttling_is_told_with_share_onset_and_limit():
    result = found(synthetic.make_outcome())
    assert result.sentence == (
        "order-service is throttled in 61 % of its periods from 18:20: its limit of 200m is spent, "
        "and its HPA stands at its maximum of 4 replicas."
    )
    assert result.findings[0].kind == "throttling"
    assert result.findings[0].share_percent > 95


def test_a_passing_throttling_has_an_end():
    outcome = synthetic.make_outcome()
    counts = outcome.statistics.service_counts
    quiet = counts[60].copy()
    counts[130:] = quiet
    assert "from 18:20 to 19:00" in found(outcome).sentence


def test_throttling_that_costs_most_is_told_however_rare_with_its_worst_moment():
    outcome = synthetic.make_outcome()
    counts = outcome.statistics.service_counts[:, service("order-service")]
    counts[:, ServiceColumn.THROTTLED_PERIODS] //= 4
    counts[120:125, ServiceColumn.THROTTLED_PERIODS] *= 3
    counts[:, ServiceColumn.QUEUE_WAIT_NS] //= 100
    sentence = found(outcome).sentence
    assert sentence.startswith("order-service is throttled in 17 % of its periods from 18:20, 46 % at 18:50: its limit")


def test_a_window_of_several_days_names_the_weekday():
    from zoneinfo import ZoneInfo

    import pandas as pd

    from fvcapacity.results.lost_time import span_of

    lost = pd.Series(0.0, index=[60.0 * minute for minute in range(2 * 1440)])
    lost.iloc[1440 + 1080 :] = 1.0
    span = span_of(lost, pd.Timestamp("2026-02-13T03:00:00Z"), ZoneInfo("America/Santiago"))
    assert span.words == "from Sat 18:05"
    assert span.at(0.0) == "at Fri 00:00"


def test_queueing_without_throttling():
    outcome = calm()
    counts = outcome.statistics.service_counts[:, service("postgres")]
    counts[100:, ServiceColumn.QUEUE_WAIT_NS] = counts[100:, ServiceColumn.VISITS] * 2 * SECOND
    result = found(outcome)
    assert result.sentence == (
        "calls of postgres wait 2,000 ms on average from 18:30 for a free thread: all threads of its pods are busy."
    )


def test_contention_names_the_nodes():
    outcome = calm()
    counts = outcome.statistics.service_counts[:, service("api-gateway")]
    counts[:, ServiceColumn.BURST_NS] = 3 * counts[:, ServiceColumn.CPU_NS]
    counts[:, ServiceColumn.THROTTLED_WAIT_NS] = 0
    assert found(outcome).sentence == (
        "CPU bursts of api-gateway take 3.0 times their CPU time throughout: its nodes are short of CPU."
    )


@pytest.mark.parametrize(
    ("column", "why"),
    [
        (RouteColumn.QUEUE_FULL, "its listen queues were full"),
        (RouteColumn.NO_ENDPOINT, "no pod was ready to listen"),
        (RouteColumn.CONNECTION_REFUSED, "no pod was ready to listen"),
    ],
)
def test_refusals_count_as_the_clients_time_out(column, why):
    outcome = calm()
    fail_requests(outcome, slice(120, 140), column, 10)
    outcome.statistics.service_counts[120:140, service("order-service"), ServiceColumn.REFUSED] = 10
    result = found(outcome)
    assert result.sentence == f"order-service refused 200 calls from 18:50 to 19:10: {why}."
    # 200 failed requests, each counted as the client's 30 s; the rest is the queue of a calm day
    assert result.findings[0].lost_s == pytest.approx(200 * 30, rel=0.01)


def test_a_lost_node_is_named_when_its_pods_do_not_answer():
    outcome = calm()
    counts = outcome.statistics.service_counts[120:140, service("order-service")]
    counts[:, ServiceColumn.REFUSED] += 10
    fail_requests(outcome, slice(120, 140), RouteColumn.NO_ENDPOINT, 10)
    begun = ClusterEvent(
        time_ns=110 * MINUTE,
        type="Warning",
        reason="FaultBegan",
        object="node/general-2",
        message="the machine stopped",
    )
    outcome.history.events.append(begun)
    sentence = "order-service did not take 200 calls from 18:50 to 19:10: node general-2 was lost."
    assert found(outcome).sentence == sentence


def test_oom_kills_are_told_with_the_memory_limit():
    outcome = calm()
    fail_requests(outcome, slice(120, 140), RouteColumn.OOM_KILLED, 10)
    outcome.history.pods[service("order-service")].restarts = 7
    outcome.history.pods[service("order-service")].oom_kills = 7
    assert found(outcome).sentence == "order-service was OOM-killed 7 times: its memory limit of 256Mi is spent."


def test_restarts_by_the_probe_are_not_oom_kills():
    outcome = calm()
    fail_requests(outcome, slice(120, 140), RouteColumn.TERMINATED, 10)
    outcome.history.pods[service("order-service")].restarts = 4
    outcome.statistics.service_counts[120:140, service("order-service"), ServiceColumn.PROBE_FAILURES] = 3
    assert found(outcome).sentence == "containers of order-service were restarted 4 times (60 probes failed)."


def test_pods_without_a_node_are_told_with_the_full_pool():
    outcome = synthetic.make_outcome()
    history = outcome.history
    history.workloads[:] = [
        sample._replace(pending=2)
        if sample.workload == "deployment/order-service" and sample.time_ns >= 100 * MINUTE
        else sample
        for sample in history.workloads
    ]
    history.cluster[:] = [sample._replace(nodes=6) for sample in history.cluster]
    assert "up to 2 pods find no node: pool general stands at its maximum of 6" in found(outcome).sentence


def test_a_blind_hpa_is_told():
    outcome = synthetic.make_outcome()
    outcome.history.hpas[:] = [
        HpaSample(
            time_ns=sample.time_ns,
            hpa=sample.hpa,
            current=1,
            desired=1,
            minimum=1,
            reasons=("FailedGetResourceMetric",),
            metrics=(("cpu", None),),
        )
        for sample in outcome.history.hpas
    ]
    assert found(outcome).sentence.endswith("and its HPA cannot read its metrics.")


def test_memory_near_its_limit_is_a_finding():
    outcome = calm()
    outcome.history.workloads[:] = [
        sample._replace(memory_peak_bytes=250 << 20) if sample.workload == "deployment/frontend" else sample
        for sample in outcome.history.workloads
    ]
    kinds = {finding.kind: finding.sentence for finding in found(outcome, "holds").findings}
    assert kinds["memory_near_limit"] == "the largest pod of frontend holds 98 % of its 256Mi"


def test_a_system_that_holds_has_no_bottleneck():
    assert found(calm(), "holds").sentence.startswith("Nothing holds the system back")


def test_a_missed_objective_without_waiting_is_blamed_on_the_work():
    outcome = calm()
    for column in (ServiceColumn.QUEUE_WAIT_NS, ServiceColumn.THROTTLED_WAIT_NS):
        outcome.statistics.service_counts[:, :, column] = 0
    outcome.statistics.service_counts[:, :, ServiceColumn.BURST_NS] = outcome.statistics.service_counts[
        :, :, ServiceColumn.CPU_NS
    ]
    assert "the most CPU goes to api-gateway, 8.0 ms a visit" in found(outcome).sentence


def test_nothing_was_simulated():
    outcome = synthetic.make_outcome(stop_minute=5)
    assert found(outcome, "nothing to judge").sentence == "Nothing was simulated after the warm-up."


def test_the_oracle_of_this_file_bins_as_the_planes_do():
    assert bin_of(10**8) == synthetic._bins(10**8)
