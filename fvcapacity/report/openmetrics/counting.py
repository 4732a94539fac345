"""From what happened in bins to counters, and from fine histograms to the buckets of an exporter."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from fvcapacity.dataplane.histogram import HIGHEST_BIT, edges_ns
from fvcapacity.report.openmetrics.series import Floats, Ints, Values

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Default buckets of prom-client, and of ingress-nginx (``--time-buckets``)."""


def cumulative(values: Values) -> Values:
    """Return a counter that starts at 0: one sample more than there are bins, at their edges."""
    return np.concatenate([np.zeros(1, values.dtype), np.cumsum(values)])


def edges_ms(start_ms: int, starts_s: Floats, covered_s: Floats) -> Ints:
    """Return the instants at which bins begin, and the one at which the last ends, in milliseconds since 1970."""
    ends = starts_s + covered_s
    instants = np.concatenate([starts_s[:1], ends])
    return np.asarray(start_ms + np.rint(instants * 1000), np.int64)


def bucket_counters(histogram: pd.DataFrame, starts_s: Floats, ended: Ints) -> tuple[Ints, Floats]:
    """Return the cumulative buckets of a histogram, and its sum, at the edges of bins.

    The response times are known by windows (five minutes; days of a long run). Within a window each bucket grows in
    proportion to the requests that had ended, rounded down, so that buckets never fall, neither in time nor towards
    larger ones, and are exact at the window's end. A fine bin counts where its upper edge lies (it is 1.6 % wide); what
    is summed is its middle.

    Parameters
    ----------
    histogram
        Rows of one route or service: ``time_s`` of the window, ``bin``, ``count``.
    starts_s
        float64, shape (bins,): starts of the bins, from the window's start.
    ended
        int64, shape (bins,): requests that ended in each, of the kind that the histogram counts.

    Returns
    -------
    tuple
        int64 of shape (bins + 1, buckets + 1), the last bucket being infinite, and float64 of shape (bins + 1,).
    """
    return split_counters(histogram, starts_s, {"": ended})[""]


def split_counters(
    histogram: pd.DataFrame, starts_s: Floats, ended: Mapping[str, Ints]
) -> dict[str, tuple[Ints, Floats]]:
    """Return what `bucket_counters` returns for each of several ways to end that share one histogram.

    The result does not know how the times of one way to end differ from those of another: in each window all get the
    same distribution, in whole requests. The rarest takes its part of each bucket first, rounded down, the next its
    part of the rest, and the last what remains; so buckets never fall, and add up to the histogram.

    Parameters
    ----------
    ended
        By way to end (a status): int64, shape (bins,).
    """
    if histogram.empty:
        size = len(starts_s) + 1
        return {name: (np.zeros((size, len(BUCKETS_S) + 1), np.int64), np.zeros(size)) for name in ended}
    begins, rest, sums = _windows(histogram)
    window = np.clip(np.searchsorted(begins, starts_s + 1e-6, side="right") - 1, 0, None)
    whole = {
        name: np.bincount(window, weights=counts, minlength=len(begins)).astype(np.int64)
        for name, counts in ended.items()
    }
    left = np.sum(list(whole.values()), axis=0)
    per_request = sums / np.maximum(left, 1)
    found = {}
    for number, name in enumerate(sorted(ended, key=lambda name: int(whole[name].sum())), 1):
        last = number == len(ended)
        part = rest if last else rest * whole[name][:, None] // np.maximum(left, 1)[:, None]
        part_sums = sums if len(ended) == 1 else per_request * whole[name]
        found[name] = _grown(part, part_sums, window, ended[name])
        rest, left = rest - part, left - whole[name]
    return {name: found[name] for name in ended}


def _windows(histogram: pd.DataFrame) -> tuple[Floats, Ints, Floats]:
    """Return the starts of the windows of a histogram, their cumulative buckets and their sums of response times."""
    begins, of_row = np.unique(histogram["time_s"].to_numpy(float), return_inverse=True)
    edges = np.append(edges_ns(), 2 << HIGHEST_BIT) / 1e9
    bins, counts = histogram["bin"].to_numpy(np.int64), histogram["count"].to_numpy(np.int64)
    upper = edges[bins + 1]
    totals = np.zeros((len(begins), len(BUCKETS_S) + 1), np.int64)
    for number, limit in enumerate((*BUCKETS_S, np.inf)):
        kept = upper <= limit * (1 + 1e-9)
        totals[:, number] = np.bincount(of_row[kept], weights=counts[kept], minlength=len(begins))
    middles = (edges[bins] + upper) / 2
    sums = np.bincount(of_row, weights=counts * middles, minlength=len(begins)).astype(np.float64)
    return begins, totals, sums


def _grown(totals: Ints, sums: Floats, window: Ints, ended: Ints) -> tuple[Ints, Floats]:
    """Spread the totals of windows over their bins, in proportion to what ended."""
    running = np.cumsum(ended)
    first = np.searchsorted(window, np.arange(len(totals)))
    before = np.concatenate([np.zeros(1, np.int64), running])[first]
    whole = np.bincount(window, weights=ended, minlength=len(totals)).astype(np.int64)
    inside = running - before[window]
    share_top, share_bottom = inside[:, None], np.maximum(whole[window], 1)[:, None]
    past = np.concatenate([np.zeros((1, totals.shape[1]), np.int64), np.cumsum(totals, axis=0)])[:-1]
    grown = past[window] + totals[window] * share_top // share_bottom
    past_sum = np.concatenate([np.zeros(1), np.cumsum(sums)])[:-1]
    grown_sum = past_sum[window] + sums[window] * (inside / share_bottom[:, 0])
    zero_row = np.zeros((1, totals.shape[1]), np.int64)
    return np.concatenate([zero_row, grown]), np.concatenate([np.zeros(1), grown_sum])


def bucket_labels() -> list[str]:
    """Return the values of the label ``le``."""
    return [*(f"{edge:g}" for edge in BUCKETS_S), "+Inf"]
