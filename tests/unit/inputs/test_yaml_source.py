"""YAML in: what is refused, where it is said to stand, and that nothing from outside can break the reader."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fvcapacity.errors import InputError, Location, TrafficError
from fvcapacity.inputs.yaml_source import (
    MAX_FILE_BYTES,
    load_model,
    load_yaml,
    parse_yaml,
    read_documents,
)
from fvcapacity.scenario.traffic import WeeklyShape

TRAPS = [
    # written, value in manifests, value under kustomize, part of the hint
    ("no", False, "no", '"no"'),
    ("Yes", True, "Yes", '"Yes"'),
    ("on", True, "on", "or true"),
    ("OFF", False, "OFF", "or false"),
    ("010", 8, 8, "or 10 for the number"),
    ("0o10", 8, 8, '"0o10"'),
    ("0x1F", 31, 31, "or 31"),
    ("1_000", 1000, 1000, "or 1000"),
    ("1e3", 1000.0, 1000.0, "or 1000.0"),
    ("1.5e3", 1500.0, 1500.0, "or 1500.0"),
    ("12:30:00", "12:30:00", "12:30:00", '"12:30:00"'),
    ("08:30", "08:30", "08:30", '"08:30"'),
]


@pytest.mark.parametrize(("written", "kubernetes", "kustomize", "hint"), TRAPS, ids=lambda v: str(v))
def test_yaml_1_1_traps_are_refused_in_our_files_and_read_as_kubernetes_does_in_manifests(
    written: str, kubernetes: object, kustomize: object, hint: str
) -> None:
    text = f"a: {written}\n"
    _, problems = read_documents(text, "f.yaml")
    assert [problem.rule for problem in problems] == ["yaml-trap"]
    assert problems[0].location == Location("f.yaml", 1, 4)
    assert written in problems[0].message
    assert hint in problems[0].hint
    for dialect, expected in (("kubernetes", kubernetes), ("kustomize", kustomize)):
        documents, problems = read_documents(text, "f.yaml", dialect=dialect)  # type: ignore[arg-type]
        assert not problems
        assert documents[0].data == {"a": expected}
        assert type(documents[0].data["a"]) is type(expected)
    assert parse_yaml(f'a: "{written}"')[0].data == {"a": written}


PLAIN = [
    ("true", True),
    ("False", False),
    ("~", None),
    ("", None),
    ("null", None),
    ("12", 12),
    ("-3", -3),
    ("0", 0),
    ("0.5", 0.5),
    ("1.", 1.0),
    ("-.5", -0.5),
    ("1.5e+3", 1500.0),
    (".inf", float("inf")),
    ("2027-02-14", "2027-02-14"),
    ("2027-02-14T09:00:00", "2027-02-14T09:00:00"),
    ("2027-02-14T09:00:00-03:00", "2027-02-14T09:00:00-03:00"),
    ("250m", "250m"),
    ("80:8080", "80:8080"),
    ("y", "y"),
    ("1.2.3", "1.2.3"),
    ("!!str 12", "12"),
    ("!!float 3", 3.0),
    ("é", "é"),
]


@pytest.mark.parametrize(("written", "expected"), PLAIN, ids=lambda v: str(v))
def test_plain_scalars_of_our_files(written: str, expected: object) -> None:
    value = parse_yaml(f"a: {written}")[0].data["a"]
    assert value == expected
    assert type(value) is type(expected)


def test_all_problems_of_a_text_come_at_once_in_order() -> None:
    with pytest.raises(InputError) as caught:
        parse_yaml("a: no\nb: 010\nc: 1\nc: 2\nd: !x 1\non: *gone\n", "f.yaml")
    lines = [(p.location.line if p.location else 0, p.rule) for p in caught.value.problems]
    assert lines == [
        (1, "yaml-trap"),
        (2, "yaml-trap"),
        (4, "duplicate-key"),
        (5, "yaml-trap"),
        (6, "yaml-trap"),
        (6, "yaml-alias"),
    ]


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        ("a: [1\n", "yaml-syntax", 2),
        ("a:\n\t- 1\n", "yaml-syntax", 2),
        ("a: 'x\n", "yaml-syntax", 2),
        ("a: 1\n  b: 2\n", "yaml-syntax", 2),
        ("[" * 5000, "yaml-depth", 1),
        ("- " * 5000, "yaml-depth", 1),
        ("{a: " * 5000, "yaml-depth", 1),
        ("a: &a [*a]", "yaml-alias", 1),
        (b"a: 1\nb: \xff\xfe\n", "yaml-encoding", 2),
        ("a: \ud800", "yaml-encoding", None),
        ("? [1, 2]\n: x\n", "yaml-key", 1),
        (f"a: {'9' * 5000}", "yaml-trap", 1),
        ("a: \x07", "yaml-syntax", None),
    ],
    ids=lambda v: repr(v)[:30],
)
def test_what_cannot_be_read_is_a_problem_with_a_place(text: str | bytes, rule: str, line: int | None) -> None:
    _, problems = read_documents(text, "f.yaml")
    assert problems[0].rule == rule
    assert problems[0].location is not None
    assert problems[0].location.line == line
    assert problems[0].location.file == "f.yaml"


def test_a_billion_laughs_is_refused_quickly() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 30)]
    documents, problems = read_documents("\n".join(lines), "f.yaml")
    assert [problem.rule for problem in problems] == ["yaml-alias-bomb"]
    assert not documents


def test_anchors_and_merge_keys_work_and_know_their_places() -> None:
    text = "base: &b {x: 1, y: 2}\nc:\n  <<: *b\n  y: 3\nd: *b\ne:\n  <<: [*b, {x: 9, z: 4}]\n"
    document = parse_yaml(text, "f.yaml")[0]
    assert document.data["c"] == {"x": 1, "y": 3}
    assert document.data["d"] == {"x": 1, "y": 2}
    assert document.data["e"] == {"x": 1, "y": 2, "z": 4}
    assert document.location(("c", "x")) == Location("f.yaml", 1, 14)
    assert document.location(("c", "y")) == Location("f.yaml", 4, 6)
    assert document.location(("c", "y"), at="key") == Location("f.yaml", 4, 3)


def test_locations_fall_back_to_the_nearest_parent_and_pass_over_union_tags() -> None:
    document = parse_yaml("a:\n  b:\n    - c: 1\n", "f.yaml")[0]
    assert document.location(("a", "b", 0, "c")) == Location("f.yaml", 3, 10)
    assert document.location(("a", "tag", "b", 0, "c")) == Location("f.yaml", 3, 10)
    assert document.location(("a", "b", 0, "missing")) == Location("f.yaml", 3, 7)
    assert document.location(("a", "b", 7)) == Location("f.yaml", 2, 3)
    assert document.location(("missing",)) == Location("f.yaml", 1, 1)
    assert document.location(()) == Location("f.yaml", 1, 1)
    assert document.written(("a", "b", 0, "c")) == "1"
    assert document.written(("a", "b")) is None


@pytest.mark.parametrize(
    "data",
    [{"a": [1, 2.5, None, True, "x"]}, {"face": "\U0001f600"}, [{"deep": [[[]]]}], {"n": 1e3, "t": "no"}, {}],
)
@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_json_is_read_as_json(data: object, indent: int | str | None) -> None:
    for ascii_only in (True, False):
        text = json.dumps(data, indent=indent, ensure_ascii=ascii_only)
        assert [document.data for document in parse_yaml(text)] == [data]


def test_documents_that_are_empty_are_left_out() -> None:
    assert [d.data for d in parse_yaml("---\n---\na: 1\n---\n# nothing\n---\nb: 2\n")] == [{"a": 1}, {"b": 2}]
    assert parse_yaml("") == []


def test_files_are_read_or_the_reason_is_given(tmp_path: Path) -> None:
    (tmp_path / "traffic.yaml").write_bytes(b"\xef\xbb\xbffile: a.csv\nmean_rps: 3\n")
    shape, document = load_model(tmp_path / "traffic.yaml", WeeklyShape)
    assert (shape.file, shape.mean_rps) == ("a.csv", 3.0)
    assert document.location(("mean_rps",)).line == 2
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as stream:
        stream.truncate(MAX_FILE_BYTES + 1)
    for path, rule, hint in (
        (tmp_path / "trafic.yaml", "missing-file", "did you mean"),
        (tmp_path, "unreadable-file", ""),
        (huge, "file-too-large", "split"),
        (tmp_path / "no" / "such.yaml", "missing-file", "does not exist either"),
    ):
        with pytest.raises(TrafficError) as caught:
            load_yaml(path, error_class=TrafficError)
        assert caught.value.problems[0].rule == rule
        assert hint in caught.value.problems[0].hint
    for text, rule in (("", "empty-file"), ("a: 1\n---\nb: 2\n", "many-documents")):
        (tmp_path / "x.yaml").write_text(text)
        with pytest.raises(InputError) as refused:
            load_model(tmp_path / "x.yaml", WeeklyShape)
        assert refused.value.problems[0].rule == rule


_YAML_LIKE = st.lists(
    st.sampled_from([
        "a", "b:", "- ", "\n", "  ", "&x ", "*x", "<<: ", "[", "]", "{", "}", ",", ": ", "'", '"', "|", ">", "#",
        "---", "...", "!!int ", "!t ", "~", "no", "010", "1e9999", "0x", "\t", "%", "@", "? ", "é", "\ufeff", "\\",
    ]),
    max_size=40,
).map("".join)  # fmt: skip


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.one_of(_YAML_LIKE, st.text(max_size=80), st.binary(max_size=80)))
def test_any_text_gives_documents_or_problems(text: str | bytes) -> None:
    for dialect in ("strict", "kubernetes", "kustomize"):
        documents, problems = read_documents(text, "f.yaml", dialect=dialect)  # type: ignore[arg-type]
        assert all(str(problem) and problem.rule for problem in problems)
        assert all(str(document.location(("a", 0))).startswith("f.yaml") for document in documents)
