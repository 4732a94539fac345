"""The tables of a calibration: what a row is, and what its columns mean."""

from __future__ import annotations

from fvcapacity.tabular.columns import Column, TableSpec

_SERVICE = Column("service", "", "string", "Service of the topology.")
_ROUTE = Column("route", "", "string", "Route of the topology.")
_BASIS = Column("basis", "", "string", "`measured`, or `assumed` where only the sum of the group is known.")
_GROUP = Column("group", "", "string", "Routes that cannot be told apart from it, joined by `;`; the split is assumed.")


def _estimate(name: str, unit: str, meaning: str) -> tuple[Column, ...]:
    return (
        Column(name, unit, "float64", meaning),
        Column(f"{name}_low", unit, "float64", "Lower end of the 95 % interval."),
        Column(f"{name}_high", unit, "float64", "Upper end of the 95 % interval."),
    )


DEMANDS = TableSpec(
    "demands",
    "One route at one service: the CPU that a request of it takes there.",
    (
        _SERVICE,
        _ROUTE,
        *_estimate("cpu_ms", "ms", "CPU of one request."),
        Column("before_ms", "ms", "float64", "What the topology said before."),
        Column("share", "1", "float64", "Share of the service's CPU in the measured time."),
        Column("inflation", "1", "float64", "Variance inflation of the route's requests; large: moves with others."),
        _BASIS,
        _GROUP,
    ),
)

QUALITY = TableSpec(
    "quality",
    "One service: how well its CPU is explained.",
    (
        _SERVICE,
        Column("verdict", "", "string", "`good`, `usable`, `doubtful` or `not calibrated`."),
        Column("reason", "", "string", "Why it is not good; empty when it is."),
        Column("intervals", "", "int64", "Intervals that were used."),
        Column("left_out", "", "string", "Intervals that were not, by reason."),
        Column("coverage", "1", "float64", "Share of the intervals in which all was measured."),
        Column("explained", "1", "float64", "Share of the variance of the CPU that is explained (weighted R^2)."),
        *_estimate("background_millicores", "m", "CPU of a pod without requests, probes included."),
        Column("residual_sd_millicores", "m", "float64", "Standard deviation of the residuals."),
        Column("residual_lag1", "1", "float64", "Correlation of neighbouring residuals."),
        Column("carry", "1", "float64", "Share of an interval's work that shows in the next one."),
        Column("condition", "1", "float64", "Condition number of the routes' requests."),
        Column("hourly_error", "1", "float64", "Mean absolute error of an hour's CPU on held-back days."),
        Column("biased_hours", "", "string", "Local hours with a significant bias of more than 5 %, joined by `;`."),
    ),
)

MEMORY = TableSpec(
    "memory",
    "One service: its memory.",
    (
        _SERVICE,
        *_estimate("base_mib", "MiB", "Memory of a pod without requests."),
        *_estimate("per_open_request_kib", "KiB", "Memory that an open request holds."),
        Column("open_from", "", "string", "Where the open requests come from: `gauge` or `Little's law`."),
        Column("explained", "1", "float64", "Share of the variance that is explained."),
        Column("note", "", "string", "What could not be told, and why."),
    ),
)

VISITS = TableSpec(
    "visits",
    "One route at one service: calls of the service that a request of the route makes.",
    (
        _SERVICE,
        _ROUTE,
        *_estimate("visits", "calls", "Calls of one request."),
        Column("call_graph", "calls", "float64", "What the topology says."),
        _BASIS,
        _GROUP,
    ),
)

DISPERSION = TableSpec(
    "dispersion",
    "Variance per mean of the counts of a length within a minute; 1 is a Poisson stream.",
    (
        Column("length_s", "s", "float64", "Length of the counts."),
        *_estimate("by_route", "1", "Pooled over routes."),
        *_estimate("whole", "1", "Of all routes together."),
    ),
)

HOURLY_BIAS = TableSpec(
    "hourly_bias",
    "One hour of the local day of one service, on days that the fit had not seen.",
    (
        _SERVICE,
        Column("hour", "h", "int64", "Local hour."),
        Column("days", "days", "int64", "Days in the mean."),
        *_estimate("bias", "1", "Predicted minus measured CPU, per measured."),
        Column("flagged", "", "bool", "Whether it is significant and more than 5 %."),
    ),
)

VARIABILITY = TableSpec(
    "variability",
    "One service: by what its demands' coefficients of variation were multiplied to meet the measured latency.",
    (
        _SERVICE,
        *_estimate("multiplier", "1", "Factor on every `cv` of its CPU steps."),
        Column("distance_before", "1", "float64", "Largest gap of the measured and simulated shares below an edge."),
        Column("distance_after", "1", "float64", "The same with the multiplier."),
        Column("noise", "1", "float64", "The same between two simulations that differ in their seed alone."),
        Column("requests", "requests", "int64", "Measured requests in the windows that were simulated."),
        Column("own_share", "1", "float64", "Share of a visit that is its own work; 1 if it calls nobody."),
        Column("basis", "", "string", "`measured`, or `assumed` where the latency does not tell."),
    ),
)

FIT_HOURS = TableSpec(
    "fit_hours",
    "One service in one hour: CPU as it was measured and as the fit gives it, in the intervals that have both.",
    (
        Column("time_utc", "", "utc", "Start of the hour."),
        _SERVICE,
        Column("measured_cores", "cores", "float64", "Mean CPU."),
        Column("predicted_cores", "cores", "float64", "Mean CPU by the fit."),
    ),
)

TABLES = {
    spec.name: spec for spec in (QUALITY, DEMANDS, MEMORY, VISITS, DISPERSION, VARIABILITY, HOURLY_BIAS, FIT_HOURS)
}
