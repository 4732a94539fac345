import math

import numpy as np
import pytest

from fvcapacity.results.estimators import Estimate, estimate_mean
from fvcapacity.results.stopping import BATCH, Decision, StoppingRule, decide, stopping_part

NAN = math.nan
RULE = StoppingRule(0.05, maximum=40)


def estimate(mean, half, samples=5):
    return Estimate(mean, None if half is None else mean - half, None if half is None else mean + half, samples)


@pytest.mark.parametrize(
    ("mean", "half", "replications", "scale", "reason", "reached"),
    [
        (100.0, 5.0, 5, None, "precise", 0.05),  # at most, not less than
        (100.0, 5.1, 5, None, None, 0.051),
        (-100.0, 4.0, 5, None, "precise", 0.04),  # a negative mean has a size too
        (100.0, 5.1, 40, None, "maximum", 0.051),
        (100.0, 4.9, 40, None, "precise", 0.049),  # the last batch may be the one that does it
        (100.0, 0.0, 5, None, "constant", 0.0),
        (0.0, 0.0, 5, None, "constant", None),
        (0.0, 1.0, 5, None, None, None),  # no share of zero
        (0.0, 1.0, 40, None, "maximum", None),
        (1.0, 4.0, 5, 100.0, "precise", 0.04),  # a difference, against the mean of what it is a difference from
        (1.0, 4.0, 5, -100.0, "precise", 0.04),
        (1.0, 4.0, 5, 0.0, None, None),
        (1.0, 4.0, 5, NAN, None, None),
        (5.0, None, 5, None, None, None),  # only one replication has a figure
        (5.0, None, 40, None, "maximum", None),
    ],
)
def test_decisions(mean, half, replications, scale, reason, reached):
    samples = 5 if half is not None else 1
    decision = decide(RULE, replications, estimate(mean, half, samples), scale)
    assert decision.reason == reason
    assert decision.reached == (None if reached is None else pytest.approx(reached))


def test_nothing_to_measure_stops_at_once():
    assert decide(RULE, 5, estimate_mean([NAN] * 5)) == Decision("undefined", None)


def test_batches_are_whole_up_to_the_maximum():
    rule = StoppingRule(0.05, maximum=12)
    counts = [0]
    while counts[-1] < rule.maximum:
        counts.append(rule.after(counts[-1]))
    assert counts == [0, BATCH, 2 * BATCH, 12]


@pytest.mark.parametrize(
    "arguments", [(0.0,), (1.0,), (-0.05,), (NAN,), (0.05, "p95", BATCH - 1), (0.05, "cheerfulness")]
)
def test_rules_that_cannot_be(arguments):
    with pytest.raises(ValueError, match=r"share|maximum|none of"):
        StoppingRule(*arguments)


def test_the_interval_covers_the_mean_nearly_as_often_as_it_says():
    """Stopping where the spread looks small costs a little coverage; Law's tables have about 0.93 at this width."""
    rng = np.random.default_rng(5)
    rule = StoppingRule(0.05, maximum=10_000)
    covered, counts = 0, []
    for _ in range(400):
        sample, decision = [], Decision(None, None)
        while decision.reason is None:
            sample += rng.normal(100, 10, rule.after(len(sample)) - len(sample)).tolist()
            decision = decide(rule, len(sample), estimate_mean(sample))
        last = estimate_mean(sample)
        covered += last.low <= 100 <= last.high
        counts.append(len(sample))
    assert covered / 400 > 0.88
    assert 14 < np.mean(counts) < 24  # a fixed number would have to be about (1.96 * 10 / 5)^2 = 16
    assert all(count % BATCH == 0 for count in counts)


@pytest.mark.parametrize(
    ("decision", "reason", "sentence"),
    [
        (
            Decision("precise", 0.0423),
            "precise",
            "Stopped after 15 replications: the 95 % interval of p95 is ±4.23 % of its mean (5 % asked).",
        ),
        (
            Decision("maximum", 0.0712),
            "maximum",
            "Stopped at the maximum of 15 replications: the 95 % interval of p95 is ±7.12 % of its mean (5 % asked).",
        ),
        (
            Decision("maximum", None),
            "maximum",
            "Stopped at the maximum of 15 replications: the 95 % interval of p95 cannot be put as a share of its mean, "
            "which is zero or missing (5 % asked).",
        ),
        (
            Decision("constant", None),
            "constant",
            "Stopped after 15 replications: p95 was the same in each, which leaves no interval to narrow.",
        ),
        (
            Decision("undefined", None),
            "undefined",
            "Stopped after 15 replications: none of them has a figure for p95, which leaves nothing to make precise.",
        ),
        (
            Decision(None, None),
            "interrupted",
            "Interrupted after 15 replications, before a decision on the precision of p95 (5 % asked).",
        ),
    ],
)
def test_what_is_said(decision, reason, sentence):
    part = stopping_part(RULE, decision, 15, "p95")
    assert (part.reason, part.sentence) == (reason, sentence)
    assert (part.precision_percent, part.max_replications, part.replications) == (5.0, 40, 15)
