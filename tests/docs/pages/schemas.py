"""The JSON Schemas, by the command that writes what they describe."""

from __future__ import annotations

import json

from tests.docs.pages.text import DOCS, NOTE, plain, table

_WRITTEN = {
    "scenario": "a scenario file, for editors",
    "summary": "`fvcap simulate --format json`, `summary.json` of a result",
    "comparison": "`fvcap compare --format json`",
    "headroom": "`fvcap headroom --format json`",
    "recommendation": "`fvcap recommend --format json`, `recommendation.json`",
    "sweep": "`fvcap sweep --format json`",
    "plan": "`fvcap plan --format json`, `plan.json`",
    "difference": "`fvcap diff --format json`",
    "gate": "`fvcap gate --format json`",
    "cost": "`fvcap cost --format json`",
    "forecast": "`fvcap forecast --format json`",
    "review": "`review.json` of `fvcap review`",
    "reconciliation": "`fvcap reconcile --format json`",
    "profile": "a profile of queries for `fvcap pull --profile`",
}

_HEAD = f"""\
# JSON Schemas

What fvcapacity reads and writes as JSON or YAML is described by a JSON Schema (draft 2020-12). `fvcap schema NAME` prints each.

{NOTE}"""

_FOOT = """
In an editor with the YAML language server, the first line of a scenario names its schema, and fields are completed and checked:

```yaml
# yaml-language-server: $schema=../docs/reference/scenario.schema.json
```
"""


def schemas_markdown() -> str:
    """Return the page."""
    rows = []
    for path in sorted((DOCS / "reference").glob("*.schema.json")):
        name = path.name.removesuffix(".schema.json")
        schema = json.loads(path.read_text(encoding="utf-8"))
        says = plain(schema.get("description", "")).partition("\n\n")[0]
        rows.append((f"[`{name}`]({path.name})", _WRITTEN.get(name, "`--format json`"), says))
    return "\n".join([_HEAD, table(("schema", "of what", "it says of itself"), rows)]) + _FOOT
