"""Quantities and durations: Kubernetes' own answers, and the way back."""

from __future__ import annotations

import pytest

from fvcapacity import units
from fvcapacity.units import parse_quantity as parse


@pytest.mark.parametrize(
    ("text", "cores"), [("100m", 0.1), ("0.5", 0.5), ("2", 2.0), (1.5, 1.5), ("1.5m", 0.002), ("1e3m", None)]
)
def test_cpu(text: str | float, cores: float | None) -> None:
    if cores is None:
        with pytest.raises(ValueError, match="not a Kubernetes quantity"):
            units.parse_cpu_cores(text)
    else:
        assert units.parse_cpu_cores(text) == cores


@pytest.mark.parametrize(
    ("text", "count"), [("128Mi", 134_217_728), ("1k", 1000), ("1.5Gi", 1_610_612_736), ("0.1m", 1), (64, 64)]
)
def test_bytes(text: str | int, count: int) -> None:
    assert units.parse_bytes(text) == count


@pytest.mark.parametrize("text", ["", "abc", "1 Gi", "1K", "--1", "١", "1e", "1ki", True])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="quantity"):
        units.parse_quantity(text)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [("1.5Gi", "1536Mi"), ("0.1", "100m"), ("1000m", "1"), ("0.5Ki", "512"), ("12e6", "12e6"), ("0Ki", "0")],
)
def test_canonical(text: str, canonical: str) -> None:
    assert str(units.parse_quantity(text)) == canonical


def test_formats() -> None:
    assert units.format_cpu(0.25) == "250m"
    assert units.format_bytes(384 * 1024**2) == "384Mi"


@pytest.mark.parametrize("text", [".", "+", "-", "Mi", "-.k"])
def test_a_missing_number_is_zero_for_kubernetes_and_a_slip_where_people_write(text: str) -> None:
    assert units.parse_quantity(text).exact == 0
    with pytest.raises(ValueError, match="not a Kubernetes quantity"):
        units.parse_written_quantity(text)


@pytest.mark.parametrize(
    ("total", "canonical"),
    [
        (parse("1Gi") + parse("512Mi"), "1536Mi"),
        (parse("0") + parse("1Ki"), "1Ki"),
        (parse("2") - parse("500m"), "1500m"),
        (-parse("1.5Gi"), "-1536Mi"),
        (units.Quantity.of_milli(1250), "1250m"),
        (units.Quantity.of_bytes(3 * 2**20), "3Mi"),
    ],
)
def test_arithmetic_keeps_the_family_of_the_first(total: units.Quantity, canonical: str) -> None:
    assert str(total) == canonical


def test_numbers_are_compared_however_they_are_written() -> None:
    assert [parse("1k").compare(parse(other)) for other in ("1000", "1Ki", "1")] == [0, -1, 1]
    assert [parse(text).sign for text in ("-1m", "0Ki", "1n")] == [-1, 0, 1]


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("90s", 90 * 10**9),
        ("1h30m", 5400 * 10**9),
        ("250ms", 250 * 10**6),
        ("2d", 172_800 * 10**9),
        ("1.5s", 15 * 10**8),
    ],
)
def test_durations(text: str, nanoseconds: int) -> None:
    assert units.parse_duration_ns(text) == nanoseconds


@pytest.mark.parametrize("text", ["", "5", "5 s", "s", "5x", "-5s"])
def test_bad_durations(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        units.parse_duration_ns(text)


def test_durations_come_back() -> None:
    for text in ("1d2h3m4s", "500ms", "1m30s", "0s"):
        assert units.format_duration(0 if text == "0s" else units.parse_duration_ns(text)) == text
