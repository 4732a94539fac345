"""A desk of sliders over closed forms (ipywidgets, in the extra ``notebooks``). It holds widgets and no arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fvcapacity.display.html import joined, line
from fvcapacity.errors import InputError, Problem
from fvcapacity.scenario.finding import did_you_mean
from fvcapacity.scenario.paths import Value
from fvcapacity.units import format_cpu, parse_cpu_cores

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fvcapacity.interactive.model import WhatIf

NO_LIMIT = "none"
_TRAFFIC = [0.25, 0.5, 0.75, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0]
_CPU_M = [*range(50, 500, 50), *range(500, 1000, 100), *range(1000, 2001, 250)]
_MOST_PODS = 20


class Sliders:
    """Sliders for the traffic and for one workload at a time; what was changed of the others stays changed.

    Attributes
    ----------
    box
        The widget to show.
    traffic, workload, knobs, reset
        The slider of the multiple, the choice of the workload, its sliders by path, and the button.
    answer
        The widget that shows the answer's card.
    values
        What is changed now, by path.
    """

    def __init__(self, model: WhatIf, workload: str | None = None) -> None:
        self._widgets = _ipywidgets()
        self._model, self._quiet = model, False
        self.values: dict[str, Value] = {}
        names = list(dict.fromkeys(model.load.program.workloads))
        begin = _nearest(model) if workload is None else workload
        if begin not in names:
            message = f"no service of workload {begin!r} is called"
            raise InputError(Problem(message, hint=did_you_mean(begin, names) or f"there are {', '.join(names)}"))
        self.traffic = self._slider(_TRAFFIC, 1.0, "traffic, times", disabled=model.scenario.traffic is None)
        self.workload = self._widgets.Dropdown(options=names, value=begin, description="workload", style=_WIDE)
        self.reset = self._widgets.Button(description="as it is")
        self.answer = self._widgets.HTML()
        self.knobs: dict[str, Any] = {}
        self._panel = self._widgets.VBox()
        self.box = self._widgets.VBox([self.traffic, self.workload, self._panel, self.reset, self.answer])
        self.traffic.observe(self._moved, "value")
        self.workload.observe(self._turned, "value")
        self.reset.on_click(self._reset)
        self._lay_out()
        self.refresh()

    def refresh(self) -> None:
        """Ask the model for what the sliders say, and show the answer, or everything that is wrong with it."""
        try:
            html: str = self._model.ask(self.traffic.value, self.values)._repr_html_()
        except InputError as error:
            html = joined(line(problem) for problem in error.problems)
        self.answer.value = html

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        return {**self.box._repr_mimebundle_(), "text/html": self.answer.value}

    def _moved(self, change: Any) -> None:
        if self._quiet:
            return
        for path, knob in self.knobs.items():
            value = None if knob.value == NO_LIMIT else knob.value
            if value == self._model.scenario.value(path):
                self.values.pop(path, None)
            else:
                self.values[path] = value
        self.refresh()

    def _turned(self, change: Any) -> None:
        self._lay_out()

    def _reset(self, button: Any) -> None:
        self.values.clear()
        with self._silently():
            self.traffic.value = 1.0
        self._lay_out()
        self.refresh()

    def _lay_out(self) -> None:
        """Put the sliders of the chosen workload on the desk, at what they were moved to before."""
        scenario = self._model.scenario
        self.knobs = {}
        for path, words, options in _knobs(self._model, self.workload.value):
            now = self.values[path] if path in self.values else scenario.value(path)
            shown = NO_LIMIT if now is None else now
            knob = self._slider(_with(options, shown), shown, words)
            knob.observe(self._moved, "value")
            self.knobs[path] = knob
        self._panel.children = tuple(self.knobs.values())

    def _slider(self, options: Sequence[object], value: object, words: str, **more: Any) -> Any:
        width = self._widgets.Layout(width="36em")
        return self._widgets.SelectionSlider(
            options=options, value=value, description=words, style=_WIDE, layout=width, **more
        )

    @contextmanager
    def _silently(self) -> Iterator[None]:
        self._quiet = True
        try:
            yield
        finally:
            self._quiet = False


_WIDE = {"description_width": "11em"}


def widget_bundle(model: WhatIf) -> dict[str, Any]:
    """Return the sliders as a notebook takes them; without ipywidgets, how to get them."""
    try:
        return dict(Sliders(model).box._repr_mimebundle_())
    except InputError as error:
        return {"text/plain": f"{model!r}\n{error}"}


def _ipywidgets() -> Any:
    try:
        import ipywidgets
    except ImportError:
        hint = "pip install 'fvcapacity[notebooks]'; without sliders, use what_if(scenario).ask(...)"
        raise InputError(Problem("sliders need ipywidgets, which is not installed", hint=hint)) from None
    return ipywidgets


def _nearest(model: WhatIf) -> str:
    """Return the workload of the service that is nearest to its end today."""
    program = model.load.program
    return program.workloads[program.services.index(model.ask().services["service"].iloc[0])]


def _knobs(model: WhatIf, workload: str) -> Iterator[tuple[str, str, list[object]]]:
    """Yield path, words and choices of what a workload can be given."""
    program, cluster = model.load.program, model.scenario.cluster
    container = program.containers[program.workloads.index(workload)]
    cpu: list[object] = [format_cpu(m / 1000) for m in _CPU_M]
    yield f"{workload}/{container}.limits.cpu", "CPU limit", [*cpu, NO_LIMIT]
    yield f"{workload}/{container}.requests.cpu", "CPU request", cpu
    pods: list[object] = list(range(1, _MOST_PODS + 1))
    for hpa in cluster.autoscalers:
        if f"{hpa.target_kind.lower()}/{hpa.target_name}" == workload:
            yield f"hpa/{hpa.name}.min", "HPA, fewest pods", pods
            yield f"hpa/{hpa.name}.max", "HPA, most pods", pods
            return
    if not workload.startswith("daemonset/"):
        yield f"{workload}.replicas", "replicas", pods


def _with(options: list[object], value: object) -> list[object]:
    """Return choices with the present value among them, in order."""
    if value in options:
        return options
    known = [item for item in options if item != NO_LIMIT]
    return [*sorted([*known, value], key=_size), *([NO_LIMIT] if NO_LIMIT in options or value == NO_LIMIT else [])]


def _size(value: object) -> float:
    if value == NO_LIMIT:
        return float("inf")
    return float(value) if isinstance(value, int) else parse_cpu_cores(str(value))
