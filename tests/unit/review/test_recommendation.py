import pytest

from fvcapacity.review.recommendation import recommendation_part

CHANGE = {"path": "deployment/web.limits.cpu", "before": "200m", "after": "350m"}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"verdict": "holds", "today_usd": 440.5, "usd": 362}, ("holds", 440.5, 362.0)),
        (
            {"verdict": {"status": "holds", "reason": "all kept"}, "today_usd": {"mean": 3.0}, "usd": None},
            ("holds", 3.0, None),
        ),
        ({"usd": "cheap", "today_usd": True, "verdict": 7}, ("7", None, None)),
        ({"usd": float("inf"), "today_usd": float("nan")}, ("", None, None)),
        ({}, ("", None, None)),
    ],
)
def test_what_is_there_is_taken(document, expected):
    part = recommendation_part(document)
    assert (part.verdict, part.today_usd, part.usd) == expected
    assert part.changes == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (CHANGE, ("deployment/web.limits.cpu", "200m", "350m")),
        ({"field": "hpa/web.min", "old": 2, "new": 1}, ("hpa/web.min", "2", "1")),
        ({"path": "hpa/web.min", "after": None}, ("hpa/web.min", "", "")),
        ("more memory", ("more memory", "", "")),
    ],
)
def test_changes_of_other_versions(change, expected):
    (part,) = recommendation_part({"changes": [change]}).changes
    assert (part.path, part.before, part.after) == expected


def test_changes_that_are_none():
    assert recommendation_part({"changes": {"path": "x"}}).changes == []
