"""``fvcap schema``: the schemas of what goes in and what comes out."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from fvcapacity.cli.terminal import say


class Document(StrEnum):
    """What can be described."""

    SCENARIO = "scenario"
    SUMMARY = "summary"
    COMPARISON = "comparison"
    PROFILE = "profile"
    DIFFERENCE = "difference"
    HEADROOM = "headroom"
    RECOMMENDATION = "recommendation"
    PLAN = "plan"
    GATE = "gate"
    RECONCILIATION = "reconciliation"
    COST = "cost"
    FORECAST = "forecast"
    REVIEW = "review"
    SWEEP = "sweep"
    TABLES = "tables"
    PATHS = "paths"


def schema(
    document: Annotated[
        Document, typer.Argument(help="JSON Schema; tables and paths as Markdown.")
    ] = Document.SCENARIO,
) -> None:
    """Print the JSON Schema of a scenario.

    Editors complete and check scenarios with it. Other documents describe what a result holds.
    """
    say(document_text(document), nl=False)


def document_text(document: Document) -> str:
    """Return a document as it stands in ``docs/reference/``."""
    import json

    from fvcapacity.cost.cost_summary import cost_schema
    from fvcapacity.cost.reconciliation import reconciliation_schema
    from fvcapacity.inputs.prometheus.profiles import profile_schema
    from fvcapacity.recommend.document import recommendation_schema
    from fvcapacity.report.difference.document import difference_schema
    from fvcapacity.report.gate.document import gate_schema
    from fvcapacity.results.reference import tables_markdown
    from fvcapacity.results.summary import summary_schema
    from fvcapacity.review.forecast_summary import forecast_schema
    from fvcapacity.review.quarter_summary import review_schema
    from fvcapacity.scenario.model import ScenarioFile
    from fvcapacity.scenario.paths.reference import paths_markdown
    from fvcapacity.study.comparison import comparison_schema
    from fvcapacity.study.headroom_summary import headroom_schema
    from fvcapacity.study.planning.summary import plan_schema
    from fvcapacity.study.sweep.summary import sweep_schema

    if document is Document.TABLES:
        return tables_markdown()
    if document is Document.PATHS:
        return paths_markdown()
    if document is Document.SUMMARY:
        body = summary_schema()
    elif document is Document.COMPARISON:
        body = comparison_schema()
    elif document is Document.DIFFERENCE:
        body = difference_schema()
    elif document is Document.HEADROOM:
        body = headroom_schema()
    elif document is Document.RECOMMENDATION:
        body = recommendation_schema()
    elif document is Document.PLAN:
        body = plan_schema()
    elif document is Document.GATE:
        body = gate_schema()
    elif document is Document.RECONCILIATION:
        body = reconciliation_schema()
    elif document is Document.COST:
        body = cost_schema()
    elif document is Document.FORECAST:
        body = forecast_schema()
    elif document is Document.REVIEW:
        body = review_schema()
    elif document is Document.SWEEP:
        body = sweep_schema()
    elif document is Document.PROFILE:
        body = profile_schema()
    else:
        body = {"$schema": "https://json-schema.org/draft/2020-12/schema", **ScenarioFile.model_json_schema()}
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"
