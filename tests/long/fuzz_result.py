"""A result directory that somebody sent: values of its documents, cells and bytes of its tables, one or a few changed.

Bytes are a recipe. From 128 on the first byte is a seed of luck, by which odd values are put into single places; below
it names a file, and what follows is its new content, or (0xff first) places and the bytes that stand there then. What
can be read is then told, by one of those who tell results: the page, bills, metrics, a review.
"""

from __future__ import annotations

import copy
import json
import random
import tempfile
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

import fvcapacity as fv
from fvcapacity.cost.focus.export import export_focus
from fvcapacity.cost.statement import cost_of
from fvcapacity.inputs.documents import read_document
from fvcapacity.report.openmetrics.export import export_openmetrics
from fvcapacity.report.page import UNREAD, report_html
from fvcapacity.report.review import review_html, review_markdown
from fvcapacity.results.columns import HISTOGRAMS, TABLES
from fvcapacity.results.incidents import find_incidents
from fvcapacity.results.result import Result, load_result
from fvcapacity.review.quarter import forecast_part, review_quarter
from fvcapacity.review.recommendation import recommendation_part
from tests.support.repositories import PRICES
from tests.support.reviews import FORECAST, RECOMMENDATION
from tests.support.shops import COUNTS, HPA, MANIFESTS, SCENARIO, write_shop

MARK = "hostile"
MARKUP = (
    f"</script><{MARK}>", f'"><{MARK} a="', f"<!--<{MARK}>", f"&lt;<{MARK} onload=x>", f"]]><{MARK}>", f"'><{MARK}>",
    f"</title></style><{MARK}>", f"{{{{ {MARK} }}}}",
)  # fmt: skip
"""Names that would be elements of a page, if one of them were not escaped."""
ODD_CELLS: tuple[Any, ...] = (
    -1, 0, 1, 2**31, 2**53, 2**63 - 1, -(2**63), 0.5, -0.0, 1e308, 5e-324, float("inf"), float("-inf"), float("nan"),
    None, "", "all", "x", "a" * 70_000, "\x00", "\u202e", "../../etc/passwd", True, False, *MARKUP,
)  # fmt: skip
_SCENARIO = (
    SCENARIO.replace("duration: 5m", "duration: 10m")
    + "cost: {prices: prices.yaml, region: r1}\nreplications: 2\nmonitoring: {pods: true}\n"
    + "requests: {start: 2026-02-14T18:01:00, duration: 10s}\n"
    + "special_days: [{name: valentines, rule: FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=14}]\n"
)
_EVENT = "  events: [{name: campaign, start: 2026-02-14T18:02:00, duration: 2m, multiply: 1.5}]\n"
_TOLD = 3
"""One in so many results that can be read is told."""


@cache
def pristine() -> tuple[Path, dict[str, bytes]]:
    """Return the directory of a small result, and its files as they were."""
    home = Path(tempfile.mkdtemp(prefix="fvcapacity-fuzz-result-"))
    scenario = write_shop(home / "shop", counts=COUNTS.replace(",90", ",30"), scenario=_scenario())
    (home / "shop" / "prices.yaml").write_text(PRICES)
    (home / "shop" / "manifests" / "shop.yaml").write_text(MANIFESTS + HPA)
    root = fv.simulate(fv.load_scenario(scenario)).save(home / "result")
    for path in root.rglob("*.csv"):
        path.unlink()  # nobody reads them
    return root, {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def _scenario() -> str:
    return _SCENARIO.replace("  arrivals: {kind: poisson}\n", "  arrivals: {kind: poisson}\n" + _EVENT)


def try_result(data: bytes, change: Callable[[Any, random.Random], Any]) -> None:
    """Read a result of which something is changed, and tell it.

    Parameters
    ----------
    change
        Puts odd values into a document.
    """
    root, files = pristine()
    luck = random.Random(data)
    name = _written(root, files, data, luck, change)
    try:
        _try(root, name, luck)
    finally:
        (root / name).write_bytes(files[name])


def try_documents(data: bytes, change: Callable[[Any, random.Random], Any]) -> None:
    """Review a result that is right with a recommendation and a forecast that somebody sent."""
    root, _ = pristine()
    file, luck = root.parent / "document.json", random.Random(data)
    if data[:1] < b"\x80":
        file.write_bytes(data[1:])
    else:
        seed = luck.choice([RECOMMENDATION, FORECAST])
        document = _marked(change(copy.deepcopy(seed), luck), luck)
        file.write_bytes(json.dumps(document).encode("utf-8", "surrogatepass"))
    document = read_document(file)
    summary = dict(_own_review())
    if "schema_version" in document:
        summary["forecast"] = forecast_part(document).model_dump(mode="json")
    else:
        summary["recommendation"] = recommendation_part(document).model_dump(mode="json")
    review_markdown(summary, "en")
    if luck.randrange(_TOLD) == 0:  # its charts take a second
        _check_markup(review_html(summary, "es"))


@cache
def _own_review() -> dict[str, Any]:
    return review_quarter([load_result(pristine()[0])], "2026Q1").summary


def _written(root: Path, files: dict[str, bytes], data: bytes, luck: random.Random, change: Any) -> str:
    names = list(files)
    first, rest = (data[0], data[1:]) if data else (0, b"")
    if first < 128:
        name = names[first % len(names)]
        if rest[:1] == b"\xff":
            (root / name).write_bytes(_edited(files[name], rest[1:]))
        else:
            (root / name).write_bytes(rest)
        return name
    name = luck.choice(["summary.json", "scenario.yaml", *names])
    if name == "summary.json":
        document = change(json.loads(files[name]), luck)
        text = json.dumps(_marked(document, luck))
    elif name == "scenario.yaml":
        text = yaml.safe_dump(_marked(change(yaml.safe_load(files[name]), luck), luck))
    else:
        _write_odd_table(root / name, files[name], luck)
        return name
    (root / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    return name


def _edited(content: bytes, edits: bytes) -> bytes:
    """Return content with bytes changed: three for the place, counted from the end, and one that stands there then."""
    changed = bytearray(content)
    for at in range(0, len(edits) - 3, 4):
        changed[-1 - int.from_bytes(edits[at : at + 3], "big") % len(changed)] = edits[at + 3]
    return bytes(changed)


def _marked(document: Any, luck: random.Random) -> Any:
    """Return a document in which some texts are markup."""
    if isinstance(document, dict):
        return {key: _marked(value, luck) for key, value in document.items()}
    if isinstance(document, list):
        return [_marked(value, luck) for value in document]
    return luck.choice(MARKUP) if isinstance(document, str) and luck.random() < 0.01 else document


def _write_odd_table(path: Path, content: bytes, luck: random.Random) -> None:
    table = pq.read_table(pa.BufferReader(content))
    rows = table.to_pydict()
    columns = {name: table[name] for name in table.column_names}
    for _ in range(luck.randint(1, 3)):
        name = luck.choice(list(rows))
        how = luck.random()
        if how < 0.05:
            columns.pop(name, None)
        elif how < 0.1:
            columns[luck.choice(["x", "replication", "time_s"])] = columns.get(name, table[name])
        else:
            columns[name] = _odd_column(table[name].type, rows[name], luck)
    if luck.random() < 0.1:
        columns = {name: column.slice(0, 0) for name, column in columns.items()}
    try:
        written = pa.table(columns)
    except pa.ArrowException:  # columns of several lengths
        written = table
    pq.write_table(written, path)


def _odd_column(kind: pa.DataType, values: list[Any], luck: random.Random) -> pa.ChunkedArray:
    whole = luck.random() < 0.2
    odd = luck.choice(ODD_CELLS)
    for at in range(len(values)) if whole else [luck.randrange(len(values))] if values else []:
        values[at] = odd
    try:
        made = pa.array(values, kind)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        made = pa.array([None if value is None else str(value) for value in values])
    return pa.chunked_array([made])


def _try(root: Path, name: str, luck: random.Random) -> None:
    others = {**TABLES, **HISTOGRAMS}.keys() - {Path(name).stem}
    load_result(root, without=others)  # quick, and most end here
    if luck.randrange(_TOLD) == 0:
        result = load_result(root, without=() if luck.random() < 0.5 else UNREAD)
        luck.choice(_TELLERS)(result)


def _page(result: Result) -> None:
    _check_markup(report_html(result, "es", against=result))


def _notebook(result: Result) -> None:
    _check_markup(result._repr_html_())


def _cost(result: Result) -> None:
    cost_of(result)


def _focus(result: Result) -> None:
    with tempfile.TemporaryDirectory() as home:
        export_focus(result, Path(home) / "focus.csv")


def _metrics(result: Result) -> None:
    if "pod_samples" not in result.tables:
        return
    with tempfile.TemporaryDirectory() as home:
        export_openmetrics(result, Path(home) / "metrics")


def _incidents(result: Result) -> None:
    find_incidents(result.tables, result.summary)


def _review(result: Result) -> None:
    made = review_quarter([result], "2026Q1")
    _check_markup(review_html(made.summary, "en"))
    review_markdown(made.summary, "es")


_TELLERS: tuple[Callable[[Result], None], ...] = (_page, _notebook, _cost, _focus, _metrics, _incidents, _review)


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == MARK or any(name == MARK or name.startswith("on") for name, _ in attrs):
            self.found.append(tag)


def _check_markup(html: str) -> None:
    elements = _Elements()
    elements.feed(html)
    assert not elements.found, f"a name became markup: {elements.found}"
