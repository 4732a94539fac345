"""One grammar of plots: ``answer.plot()`` is the overview, ``answer.plot("latency")`` one by its name.

``answer.plot`` alone lists the names. matplotlib is imported when something is drawn, not before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from fvcapacity.display.html import Html, table
from fvcapacity.errors import InputError, Problem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OVERVIEW = "overview"


class Plots:
    """The figures of one answer, by name; calling it draws one.

    Parameters
    ----------
    words
        Name to what is to be seen; the first is ``overview``.
    draw
        Makes the figure of a name.
    """

    def __init__(self, words: Mapping[str, str], draw: Callable[[str], Figure]) -> None:
        self._words, self._draw = dict(words), draw

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the figures, the overview first."""
        return tuple(self._words)

    def __call__(self, name: str = OVERVIEW) -> Figure:
        """Draw a figure.

        Parameters
        ----------
        name
            One of `names`.

        Returns
        -------
        matplotlib.figure.Figure
            Tied to no window; a notebook shows it, ``figure.savefig(path)`` writes it.

        Raises
        ------
        InputError
            When there is no such figure, with the names that there are.
        """
        if name not in self._words:
            from difflib import get_close_matches  # only who misspells waits for it

            near = get_close_matches(str(name), self._words, 1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise InputError(Problem(f"there is no plot {name!r}", hint=f"{hint}there are {', '.join(self._words)}"))
        return self._draw(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    def __repr__(self) -> str:
        width = max(map(len, self._words))
        return "\n".join(f'plot("{name}"){" " * (width - len(name))}  {said}' for name, said in self._words.items())

    def _repr_html_(self) -> Html:
        return table(("plot", ""), [(f'.plot("{name}")', said) for name, said in self._words.items()], left=(0, 1))
