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


def test_a_document_of_this_release():
    money = {"today_usd": 440.0, "usd": 362.0, "today_proven_usd": {"mean": 441.5, "low_95": 440.0}, "proven_usd": None}
    fields = [
        {"path": "deployment/web.limits.cpu", "today": "200m", "value": "350m", "changes": True, "why": "it is spent"},
        {"path": "deployment/db.limits.cpu", "today": "500m", "value": "500m", "changes": False, "why": "it is enough"},
    ]
    part = recommendation_part({"verdict": "recommended", "money": money, "fields": fields, "sentence": "Saves."})
    assert (part.today_usd, part.usd) == (441.5, 362.0)
    assert [(item.path, item.before, item.after) for item in part.changes] == [
        ("deployment/web.limits.cpu", "200m", "350m")
    ]


def test_changes_that_are_none():
    assert recommendation_part({"changes": {"path": "x"}}).changes == []


def test_a_whole_number_of_hundreds_of_digits_is_no_money():
    assert recommendation_part({"usd": 10**400, "today_usd": -(10**400)}).usd is None
