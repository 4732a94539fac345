"""The rules of both planes, one by one: what each says, where it is written down, and which tests hold it to that."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

from tests.docs.pages.text import NOTE, PACKAGE, ROOT, first_sentence, plain, statements, table

ROOMS = (
    ("semantics", "Requests: what happens to them on a node"),
    ("decisions", "Pods, nodes and alerts: what is no controller's alone"),
    ("decisions/hpa", "Horizontal Pod Autoscaler"),
    ("decisions/scheduler", "kube-scheduler"),
    ("decisions/rollout", "Deployments and other roll-outs"),
    ("decisions/cluster_autoscaler", "Cluster autoscaler"),
    ("decisions/karpenter", "Karpenter"),
    ("decisions/admission", "Admission: quotas and limit ranges"),
    ("decisions/vpa", "Vertical Pod Autoscaler's recommender"),
)
NO_RULES = {"semantics/jit"}
"""Machinery."""

SOURCES = {
    "semantics/balancing": "kube-proxy: `pkg/proxy/iptables/proxier.go` (endpoints by `--probability`), `pkg/proxy/ipvs`",
    "semantics/cpu": "Linux, `kernel/sched/fair.c` and `Documentation/scheduler/sched-eevdf.rst`; weights from `cpu.shares` as the kubelet writes them (`MilliCPUToShares` of `pkg/kubelet/cm/helpers_linux.go`)",
    "semantics/draw": "the finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014); Box and Muller (1958) for log-normal times",
    "semantics/events": "own convention; the order of `decisions` at one instant is that of the controllers' periods",
    "semantics/faults": "own model of a fault; time-outs by the caller, name look-ups by `resolv.conf`'s rule of one look-up a new call",
    "semantics/memory": "Linux, `Documentation/admin-guide/cgroup-v2.rst` (`memory.max`), `mm/oom_kill.c`",
    "semantics/versions": "traffic weights as Argo Rollouts gives them to a traffic router",
    "decisions/backups": "arithmetic over what Velero's documentation says of schedules, snapshots and file copies",
    "decisions/faults": "Poisson process: exponential times between faults",
    "decisions/pod_lifecycle": "`pkg/kubelet/kuberuntime`, `pkg/kubelet/kubelet.go` (`MaxContainerBackOff`), `pkg/controller/controller_utils.go` (`ActivePodsWithRanks`)",
    "decisions/hpa/limits": "`pkg/controller/podautoscaler/horizontal.go` (`convertDesiredReplicasWithBehaviorRate`, `calculateScaleUpLimit`)",
    "decisions/hpa/metrics": "`pkg/controller/podautoscaler/replica_calculator.go` (`groupPods`)",
    "decisions/hpa/stabilization": "`pkg/controller/podautoscaler/horizontal.go` (`stabilizeRecommendationWithBehaviors`)",
    "decisions/rollout/in_place": "`pkg/controller/statefulset/stateful_set_control.go`, `pkg/controller/daemon/update.go`",
    "decisions/rollout/model": "`pkg/controller/deployment/util/deployment_util.go`",
    "decisions/scheduler/nodes": "`pkg/scheduler/framework/types.go` (`NodeInfo`)",
    "decisions/vpa/recommender": "`vertical-pod-autoscaler/pkg/recommender` (kubernetes/autoscaler)",
}  # fmt: skip
"""Of modules whose docstrings name none."""

_HEAD = f"""\
# The rules, one by one

Everything that the model knows of Kubernetes and of the kernel is a pure function: no clock, no random generator, no input or
output. Both data planes call the very same functions of `fvcapacity/semantics/`; the control plane's processes call those of
`fvcapacity/decisions/`. What a rule says is the first sentence of its docstring. The source is the file in which the real thing
does it; the tests are those that call the rule. Tests under `tests/truth/` hold recorded answers of the real code or kernel
against it, those under `tests/parity/` plane against plane.

What follows from the rules, and what is not among them: [two planes](two-planes.md), [validation](validation.md),
[limits of the model](limits.md).

{NOTE}"""


def rules_markdown() -> str:
    """Return the page."""
    return "\n".join([_HEAD, *(part for room, title in ROOMS for part in _room(room, title))])


def modules(room: str) -> list[Path]:
    """Return the modules of a room that hold rules."""
    found = sorted((PACKAGE / room).glob("*.py"))
    return [path for path in found if path.stem != "__init__" and _key(path) not in NO_RULES]


def _room(room: str, title: str) -> Iterator[str]:
    about = ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text(encoding="utf-8"))) or ""
    yield f"## {title}\n\n{plain(about)}\n"
    for path in modules(room):
        yield _module(path)


def _key(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").as_posix()


def _module(path: Path) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parts = [f"### `{path.relative_to(PACKAGE).as_posix()}`\n", plain(ast.get_docstring(tree) or "") + "\n"]
    if source := SOURCES.get(_key(path)):
        parts.append(f"Source: {source}.\n")
    rules = [(name, text) for name, text in _public(tree) if text]
    if rules:
        parts.append(table(("rule", "says"), ((f"`{name}`", text) for name, text in rules)))
    tests = holders_of(path)
    parts.append(f"Held by {', '.join(f'`{name}`' for name in tests)}.\n")
    return "\n".join(parts)


def _public(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node.name, first_sentence(ast.get_docstring(node) or "")


def source_of(path: Path) -> str:
    """Return where the real rule of a module is to be found; empty when nothing says so."""
    docstrings = " ".join(
        ast.get_docstring(node) or ""
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
    )
    cited = re.findall(r"``[^`]*(?:\.go|\.c|\.rst|pkg/\w+|plugins/\w+|[a-z-]+/[a-z-]+/[a-z/]+)``", docstrings)
    return SOURCES.get(_key(path), "") or " ".join(cited)


def holders_of(path: Path) -> list[str]:
    """Return the test files that use a module's rules: by its name, through its package, or through the process that asks it."""
    module = f"fvcapacity.{_key(path).replace('/', '.')}"
    direct = _users("tests")[module]
    if held := _that_hold(direct):
        return held
    callers = {caller for caller in _users("fvcapacity")[module] if caller}
    held = {test for caller in callers for test in _users("tests")[_dotted(caller)]}
    return _that_hold(held)


def _that_hold(files: set[str]) -> list[str]:
    """Return tests and truth suites; what helps them or measures is left out."""
    return sorted(name for name in files if Path(name).name.startswith("test_") or name.startswith("tests/truth/"))


def _dotted(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def _users(top: str) -> defaultdict[str, set[str]]:
    """Return which files of a tree import each module, by the module in which a name is really written."""
    users: defaultdict[str, set[str]] = defaultdict(set)
    for path in sorted((ROOT / top).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        for node in statements(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("fvcapacity."):
                for item in node.names:
                    users[_written_in(node.module, item.name)].add(name)
    return users


@cache
def _written_in(module: str, name: str) -> str:
    if (PACKAGE / Path(*module.split(".")[1:], f"{name}.py")).exists():
        return f"{module}.{name}"
    if not module.startswith(("fvcapacity.decisions", "fvcapacity.semantics")):
        return module
    item = getattr(import_module(module), name, None)
    item = getattr(item, "py_func", item)  # a compiled rule stands for the function that it was made of
    home = getattr(item, "__module__", None)
    return home if isinstance(home, str) and home.startswith("fvcapacity.") else module
