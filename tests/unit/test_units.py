"""Quantities and durations: Kubernetes' own answers, and the way back."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from fvcapacity import units

VECTORS = Path("../shared/truth/kubernetes/quantities.json.gz")


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


@pytest.mark.parametrize("text", ["", "abc", "1 Gi", "1K", "--1", "١", "1e", "Mi", True])
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


@pytest.mark.skipif(not VECTORS.exists(), reason="the recorded answers of Kubernetes are not beside this checkout")
def test_recorded_answers_of_kubernetes() -> None:
    checked = 0
    for case in json.loads(gzip.decompress(VECTORS.read_bytes()))["cases"]:
        text, expected = case["input"]["a"], case["expected"]
        # A bare sign or dot is 0 in Go; we refuse it, because in a manifest it is a slip.
        if case["input"]["op"] != "parse" or "go_int64_quirk" in case.get("tags", ()) or text in (".", "+", "-"):
            continue
        checked += 1
        if expected.get("error"):
            with pytest.raises(ValueError, match="quantity"):
                units.parse_quantity(text)
            continue
        quantity = units.parse_quantity(text)
        assert str(quantity) == expected["canonical"], text
        assert quantity.value == expected["value"], text
        assert quantity.milli_value == expected["milli_value"], text
    assert checked > 150


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
