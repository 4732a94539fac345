"""When enough replications have been run: a sequential rule for a relative precision.

Replications are run in whole batches; after each, the rule looks at the confidence interval and stops when its
half-width is at most a given share of the mean. This is the sequential procedure of A. M. Law, *Simulation Modeling
and Analysis*, 5th ed. 2015, section 9.4.1 ("Obtaining a specified precision"), without his correction of the share
g to g / (1 + g), so that what is asked for is the width that is printed. That the interval still covers the mean as
often as it says when the width goes to zero was shown by Y. S. Chow and H. Robbins, "On the asymptotic theory of
fixed-width sequential confidence intervals for the mean", Annals of Mathematical Statistics 36 (1965) 457-462. With few
replications it covers a little less often, because the rule likes to stop where the spread looks small by chance: hence
a first batch of five, and whole batches.

The rule sees figures in the order of the replications and after whole batches only, so that it does not depend on how
many processes ran them.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

from fvcapacity.frozen import Frozen
from fvcapacity.results.estimators import Estimate
from fvcapacity.results.summary import StoppingPart

StoppingMeasure = Literal["p95", "errors", "cost"]
STOPPING_MEASURES: tuple[str, ...] = get_args(StoppingMeasure)
StopReason = Literal["precise", "constant", "undefined", "maximum"]

BATCH = 5
"""Replications in a batch, and the fewest that allow a decision."""
MAX_REPLICATIONS = 40


class StoppingRule(Frozen):
    """How precise a figure has to be.

    Attributes
    ----------
    precision
        Largest half-width of the 95 % interval, as a share of the mean (0.05 is 5 %); more than 0, less than 1.
    measure
        Figure that is looked at.
    maximum
        Replications after which the rule gives up; at least `BATCH`.

    Raises
    ------
    ValueError
        When a value is out of its range.
    """

    precision: float
    measure: StoppingMeasure = "p95"
    maximum: int = MAX_REPLICATIONS

    def __post_init__(self) -> None:
        if not 0 < self.precision < 1:
            raise ValueError(f"a precision is a share between 0 and 1, like 0.05 for 5 %; not {self.precision:g}")
        if self.measure not in STOPPING_MEASURES:
            raise ValueError(f"the measure {self.measure!r} is none of {', '.join(STOPPING_MEASURES)}")
        if self.maximum < BATCH:
            raise ValueError(f"a maximum of {self.maximum} replications is less than the first batch of {BATCH}")

    def after(self, replications: int) -> int:
        """Return how many replications there are when one more batch has been run."""
        return min(replications + BATCH, self.maximum)


class Decision(Frozen):
    """What the rule says after a batch.

    Attributes
    ----------
    reason
        None: go on. ``precise``: the interval is narrow enough. ``constant``: every replication gave the same, so that
        there is no interval to narrow. ``undefined``: no replication has a figure. ``maximum``: no more are allowed.
    reached
        Half-width over the size of the mean; None when there is no such ratio.
    """

    reason: StopReason | None
    reached: float | None


def decide(rule: StoppingRule, replications: int, estimate: Estimate, scale: float | None = None) -> Decision:
    """Decide whether to stop after a batch.

    Parameters
    ----------
    rule
        What is asked for.
    replications
        How many have been run.
    estimate
        Of the figure, over all of them.
    scale
        What the half-width is a share of; default: the estimate's own mean. Its sign does not matter.
    """
    if estimate.samples == 0:
        return Decision("undefined", None)
    half = estimate.half_width
    whole = abs(estimate.mean if scale is None else scale)
    reached = half / whole if half is not None and whole > 0 and math.isfinite(whole) else None
    if half == 0:
        return Decision("constant", reached)
    if reached is not None and reached <= rule.precision:
        return Decision("precise", reached)
    return Decision("maximum" if replications >= rule.maximum else None, reached)


def stopping_part(
    rule: StoppingRule, decision: Decision, replications: int, words: str, of: str = "its mean"
) -> StoppingPart:
    """Return what a summary says of the rule's last decision (one without a reason was an interruption).

    Parameters
    ----------
    words
        What was measured: ``p95 over all user requests``.
    of
        What the precision is a share of.
    """
    return StoppingPart(
        measure=rule.measure,
        precision_percent=round(100 * rule.precision, 9),
        reached_percent=None if decision.reached is None else 100 * decision.reached,
        replications=replications,
        max_replications=rule.maximum,
        reason=decision.reason or "interrupted",
        sentence=_sentence(rule, decision, f"{replications} replications", words, of),
    )


def _sentence(rule: StoppingRule, decision: Decision, count: str, words: str, of: str) -> str:
    asked = f"{_percent(rule.precision)} asked"
    interval = f"the 95 % interval of {words} "
    if decision.reached is None:
        interval += f"cannot be put as a share of {of}, which is zero or missing ({asked})"
    else:
        interval += f"is ±{_percent(decision.reached)} of {of} ({asked})"
    if decision.reason == "precise":
        return f"Stopped after {count}: {interval}."
    if decision.reason == "maximum":
        return f"Stopped at the maximum of {count}: {interval}."
    if decision.reason == "constant":
        return f"Stopped after {count}: {words} was the same in each, which leaves no interval to narrow."
    if decision.reason == "undefined":
        return f"Stopped after {count}: none of them has a figure for {words}, which leaves nothing to make precise."
    return f"Interrupted after {count}, before a decision on the precision of {words} ({asked})."


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
