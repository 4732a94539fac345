"""SARIF: the shape that code hosts read."""

from __future__ import annotations

from fvcapacity.errors import Location, Problem
from fvcapacity.scenario.findings import to_sarif

PROBLEMS = [
    Problem(
        "too much",
        Location("./base/a b.yaml", 3, 7),
        "deployment/x.limits.cpu",
        "ask for less",
        "error",
        "request-above-limit",
    ),
    Problem("again", Location("base/c.yaml"), "", "", "error", "request-above-limit"),
    Problem("no place", None, "", "did you mean it?", "note", "unknown-kind"),
    Problem("absolute", Location("/srv/x.yaml", 1), severity="warning"),
]


def test_a_log_with_rules_levels_and_regions() -> None:
    log = to_sarif(PROBLEMS, version="1.2")
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    driver = log["runs"][0]["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("fvcapacity", "1.2")
    assert [(rule["id"], rule["defaultConfiguration"]["level"]) for rule in driver["rules"]] == [
        ("request-above-limit", "error"),
        ("unknown-kind", "note"),
        ("problem", "warning"),
    ]
    results = log["runs"][0]["results"]
    assert [(r["ruleId"], r["ruleIndex"], r["level"]) for r in results] == [
        ("request-above-limit", 0, "error"),
        ("request-above-limit", 0, "error"),
        ("unknown-kind", 1, "note"),
        ("problem", 2, "warning"),
    ]
    assert results[0]["message"]["text"] == "too much. Remedy: ask for less."
    assert results[0]["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "base/a%20b.yaml"},
                "region": {"startLine": 3, "startColumn": 7},
            },
            "logicalLocations": [{"fullyQualifiedName": "deployment/x.limits.cpu"}],
        }
    ]
    assert results[1]["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "base/c.yaml"}}}]
    assert "locations" not in results[2]
    assert results[3]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "file:///srv/x.yaml"


def test_no_findings_are_a_valid_log_too() -> None:
    assert to_sarif([])["runs"][0]["results"] == []
