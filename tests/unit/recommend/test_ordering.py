"""What must grow is read first."""

import pytest

from fvcapacity.recommend.ordering import needed_first


def ordered(fields):
    return [name for name, *_ in needed_first(fields, lambda field: field[1:])]


def test_what_grows_comes_first_and_both_parts_keep_their_order():
    fields = [
        ("request", "900m", "60m"),
        ("limit", "200m", "0.35"),
        ("nodes", 3, 1),
        ("memory", "64Mi", "0.1Gi"),
    ]
    assert ordered(fields) == ["limit", "memory", "request", "nodes"]


@pytest.mark.parametrize(
    ("today", "value", "first"),
    [(None, "1", False), ("1", None, True), ("m6i.large", "m6i.xlarge", False), ("1", "1000m", False), (2.5, 3, True)],
)
def test_what_grows(today, value, first):
    assert ordered([("other", 1, 1), ("this", today, value)])[0] == ("this" if first else "other")
