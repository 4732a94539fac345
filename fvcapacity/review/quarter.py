"""What a quarter was: its bill and who caused it, what was idle, incidents against objectives, advice and forecast."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fvcapacity.errors import InputError, Problem
from fvcapacity.frozen import Frozen
from fvcapacity.inputs.documents import read_document
from fvcapacity.inputs.scenario import load_scenario
from fvcapacity.results.result import Result
from fvcapacity.review.forecast import ForecastOptions
from fvcapacity.review.forecast import forecast as forecast_of
from fvcapacity.review.forecast_summary import ForecastSummary
from fvcapacity.review.quality import quality_part
from fvcapacity.review.quarter_money import QuarterMoney, money_of_quarter
from fvcapacity.review.quarter_summary import (
    SCHEMA_VERSION,
    DayOfBillPart,
    IdlePart,
    MonthOfBillPart,
    ReviewSummary,
    ShareOfBillPart,
    WastePart,
)
from fvcapacity.review.quarters import Quarter
from fvcapacity.review.recommendation import recommendation_part

_MOST_WASTED = 10


class QuarterReview(Frozen):
    """A review of a quarter.

    Attributes
    ----------
    summary
        The document (``docs/reference/review.schema.json``): figures, in no language.
    """

    summary: dict[str, Any]

    def to_json(self) -> str:
        """Return it as JSON text.

        Returns
        -------
        str
            JSON text, indented, with a line break at its end.
        """
        return json.dumps(self.summary, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def review_quarter(
    results: Sequence[Result],
    quarter: str,
    *,
    previous: Sequence[Result] = (),
    recommendation: Mapping[str, Any] | None = None,
    forecast: Mapping[str, Any] | None = None,
) -> QuarterReview:
    """Return the review of a quarter from finished runs of some of its days, or of all of them.

    Parameters
    ----------
    results
        Of runs whose windows lie in the quarter. Days that none of them has are as those that are like them.
    quarter
        ``2026Q1``.
    previous
        Of runs of the quarter before.
    recommendation
        What ``fvcap recommend`` found (``recommendation.json``).
    forecast
        What ``fvcap forecast`` said of the next quarter (``Forecast.summary``).

    Returns
    -------
    QuarterReview
        Its document (``docs/reference/review.schema.json``), in no language; `write_review` makes pages of it.

    Raises
    ------
    InputError
        When a result has no bill, none of the days is of the quarter, or a day was simulated twice.
    """
    wanted = Quarter.parse(quarter)
    now = money_of_quarter(results, wanted)
    before = money_of_quarter(previous, wanted.previous) if previous else None
    waste = _idle(now, before)
    summary = ReviewSummary(
        schema_version=SCHEMA_VERSION,
        quarter=str(wanted),
        first_day=str(wanted.first),
        last_day=str(wanted.days[-1]),
        time_zone=now.time_zone,
        scenarios=list(dict.fromkeys(str(item.summary["scenario"]["name"]) for item in results)),
        simulated_days=now.like.days_simulated,
        total_usd=now.total,
        requests=now.requests,
        usd_per_thousand=1000 * now.total / now.requests if now.requests else None,
        previous_quarter=None if before is None else str(wanted.previous),
        previous_total_usd=None if before is None else before.total,
        previous_requests=None if before is None else before.requests,
        by_category=_shares(now.by_category, None if before is None else before.by_category),
        by_service=_shares(now.by_service, None if before is None else before.by_service),
        months=_months(now),
        days=[
            DayOfBillPart(day=str(day), usd=float(usd), requests=float(requests), simulated=float(share))
            for day, usd, requests, share in zip(
                wanted.days, now.usd_by_day, now.requests_by_day, now.like.covered, strict=True
            )
        ],
        idle=waste,
        quality=quality_part(results),
        recommendation=None if recommendation is None else recommendation_part(recommendation),
        forecast=None if forecast is None else forecast_part(forecast),
        notes=[*now.notes(results), *([] if before is None else before.notes_of_previous())],
    )
    return QuarterReview(summary.model_dump(mode="json"))


def forecast_part(document: Mapping[str, Any]) -> ForecastSummary:
    """Return the document of a forecast, checked.

    Raises
    ------
    InputError
        When it is none.
    """
    from pydantic import ValidationError

    try:
        return ForecastSummary.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = f"this is no forecast that can be read: {where}: {first['msg']}"
        raise InputError(
            Problem(message, field="--forecast", hint="make it with fvcap forecast --format json")
        ) from None


Row = tuple[str, str]


def _shares(now: Mapping[Row, float], before: Mapping[Row, float] | None) -> list[ShareOfBillPart]:
    """Return the parts of a bill, the dearest first, with what each came to in the quarter before."""
    keys = [*now, *(key for key in before or {} if key not in now)]
    parts = [
        ShareOfBillPart(
            name=name, kind=kind, usd=now.get((name, kind), 0.0),
            previous_usd=None if before is None else before.get((name, kind), 0.0),
        )
        for name, kind in keys
    ]  # fmt: skip
    order = ("service", "", "shared", "idle", "unallocated")
    return sorted(parts, key=lambda part: (order.index(part.kind), -part.usd, part.name))


def _months(now: QuarterMoney) -> list[MonthOfBillPart]:
    found = []
    for month in now.like.quarter.months:
        inside = [number for number, day in enumerate(now.like.quarter.days) if day.replace(day=1) == month]
        found.append(
            MonthOfBillPart(
                month=f"{month:%Y-%m}",
                usd=float(now.usd_by_day[inside].sum()),
                requests=float(now.requests_by_day[inside].sum()),
            )
        )
    return found


def _idle(now: QuarterMoney, before: QuarterMoney | None) -> IdlePart | None:
    if not now.total:
        return None
    return IdlePart(
        usd=now.idle,
        percent=100 * now.idle / now.total,
        previous_percent=100 * before.idle / before.total if before is not None and before.total else None,
        wasted=[WastePart(**row) for row in now.wasted[:_MOST_WASTED]],
    )


def next_quarter_forecast(
    source: str | Path, quarter: str, *, budget_usd: float | None = None, tell: Callable[[str], None] | None = None
) -> dict[str, Any]:
    """Return the forecast of the quarter after another: one that was made, or a new one of a scenario.

    A new one replays no day: its machine-hours are those of closed forms.

    Parameters
    ----------
    source
        A document of ``fvcap forecast --format json``, or a scenario (YAML).
    quarter
        The quarter that is reviewed.
    budget_usd
        What is planned for the next one; a document that was made keeps its own.
    tell
        Told what is being done.

    Raises
    ------
    InputError
        When neither can be read.
    """
    path = Path(source)
    if path.suffix not in (".yaml", ".yml"):
        return read_document(path)
    scenario = load_scenario(path)
    options = ForecastOptions(budget_usd=budget_usd, replays=False)
    return forecast_of(scenario, str(Quarter.parse(quarter).next), options, tell=tell).summary
