"""Every error code: its exit status, what it says, what to do, and where it is raised. Read from the sources."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from fvcapacity import errors
from fvcapacity.scenario.findings.rules import RULES
from tests.docs.pages.text import NOTE, PACKAGE, ROOT, first_sentence, statements, table

_HEAD = f"""\
# Errors and findings

Whatever is wrong is said at once: every problem with its file, line and field, the value that was seen, and what to do. The short name
in brackets (`[unknown-route]`) is stable; filters, SARIF and this page go by it. `--debug` shows where in the program an error comes
from, which nobody should need.

```text
scenarios/shop.yaml:12:10: error: traffic.scale: there is no infinite traffic [infinite]
  12 |   scale: .inf
     |          ^^^^
  = write a number

1 problem.
```

`…` stands for what was seen.

{NOTE}"""
_MESSAGE_AT = {"Finding": 2}


@dataclass
class Told:
    """What the sources say of one code."""

    messages: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    severities: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)


def errors_markdown() -> str:
    """Return the page."""
    kinds = [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, errors.FvcapError)]
    classes = table(
        ("exception", "exit status", "when"),
        ((f"`{kind.__name__}`", str(kind.code), first_sentence(kind.__doc__ or "")) for kind in kinds),
    )
    findings = table(
        ("finding", "severity", "what it is about"),
        ((f"`{name}`", rule.severity, rule.text) for name, rule in sorted(RULES.items())),
    )
    rows = [
        (f"`{code}`", ", ".join(sorted(told.severities)), _some(told.messages), _some(told.hints), _places(told.files))
        for code, told in sorted(codes().items())
        if code not in RULES
    ]
    return "\n".join([
        _HEAD, "## Exceptions\n", classes,
        "## Findings in manifests\n", "`fvcap check` and every load of a scenario hold the manifests to these.\n", findings,
        "## Problems, by their code\n", table(("code", "severity", "what it says", "what to do", "raised in"), rows),
    ])  # fmt: skip


@cache
def codes() -> dict[str, Told]:
    """Return what the sources say of every code."""
    found: defaultdict[str, Told] = defaultdict(Told)
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        values = _assigned(tree)
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            keywords = {item.arg: item.value for item in call.keywords if item.arg}
            code = _text(keywords.get("rule"), values, call)
            if code is None or "…" in code or _name(call) == "Rule":
                continue
            told = found[code]
            told.files.add(path.relative_to(ROOT).as_posix())
            _collect(told, call, keywords, values)
    return found


def _collect(told: Told, call: ast.Call, keywords: dict[str, ast.expr], values: _Values) -> None:
    at = _MESSAGE_AT.get(_name(call), 1 if _name(call) in ("problem", "_problem") and _first_is_key(call) else 0)
    message = keywords.get("message") or (call.args[at] if len(call.args) > at else None)
    hint = keywords.get("hint") or (call.args[at + 1] if len(call.args) > at + 1 and at == 2 else None)
    for node, texts in ((message, told.messages), (hint, told.hints)):
        text = _text(node, values, call)
        if text and text.strip(" …") and text not in texts:
            texts.append(text)
    severity = _text(keywords.get("severity"), values, call)
    told.severities.add(severity or ("remark" if _name(call) == "Remark" else "error"))


def _first_is_key(call: ast.Call) -> bool:
    return len(call.args) > 1 and isinstance(call.args[0], ast.Constant) and " " not in str(call.args[0].value)


_Values = list[tuple[str, int, ast.expr]]


def _assigned(tree: ast.Module) -> _Values:
    """Return what names stand for: (name, line, value), so that the nearest one above a call is found."""
    found: _Values = []
    for node in statements(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found.append((node.targets[0].id, node.lineno, node.value))
    return sorted(found, key=lambda item: item[1])


def _text(node: ast.expr | None, values: _Values, call: ast.Call) -> str | None:
    """Return what an expression says, with an ellipsis for what is only known when it runs; None when it is no text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return (_text(node.left, values, call) or "…") + (_text(node.right, values, call) or "…")
    if isinstance(node, ast.IfExp):
        return _text(node.body, values, call)
    if isinstance(node, ast.Name):
        above = [value for name, line, value in values if name == node.id and line <= call.lineno]
        return _text(above[-1], values, call) if above and not isinstance(above[-1], ast.Name) else None
    return None


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _some(texts: list[str], most: int = 4) -> str:
    shown = [" ".join(text.split()).replace("<", "&lt;") for text in texts[:most]]
    more = [f"({len(texts) - most} more)"] if len(texts) > most else []
    return "; ".join([*shown, *more])


def _places(files: set[str]) -> str:
    return ", ".join(f"`{Path(name).relative_to('fvcapacity').as_posix()}`" for name in sorted(files))
