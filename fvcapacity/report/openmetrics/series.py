"""What a metric is made of: families, and series of samples within them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from fvcapacity.frozen import Frozen

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Values = Floats | Ints


class Family(Frozen):
    """A metric family, named as OpenMetrics names it: a counter without its ``_total``."""

    name: str
    type: Literal["counter", "gauge", "histogram", "unknown"]
    help: str


class Series(Frozen):
    """One series.

    Attributes
    ----------
    family
        It belongs to.
    suffix
        Of its name: ``_total`` of a counter; ``_bucket``, ``_count`` and ``_sum`` of a histogram.
    labels
        Without those that every series carries.
    times_ms
        int64, shape (samples,): ascending, milliseconds since 1970.
    values
        int64 or float64, shape (samples,).
    """

    family: Family
    labels: Mapping[str, str]
    times_ms: Ints
    values: Values
    suffix: str = ""


@dataclass(slots=True)
class Collected:
    """Series by their families, in the order in which they were added."""

    series: dict[Family, list[Series]] = field(default_factory=dict)

    def add(
        self, family: Family, labels: Mapping[str, str], times_ms: Ints, values: Values, suffix: str | None = None
    ) -> None:
        """Add a series; one without samples is left out."""
        if len(times_ms):
            ending = suffix if suffix is not None else "_total" if family.type == "counter" else ""
            self.series.setdefault(family, []).append(Series(family, labels, times_ms, values, ending))
