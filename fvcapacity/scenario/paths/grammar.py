"""The grammar of paths: ``KIND/NAME[/CONTAINER].FIELD``, as in ``deployment/postgres/exporter.limits.cpu``.

A name with dots in it stands in double quotes (``deployment/"shop.web".replicas``). What has no name begins with the
part of the scenario's file: ``traffic.scale``. Where a container may be named and is not, the first app container is
meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from fvcapacity.errors import Problem, ScenarioError
from fvcapacity.scenario.finding import did_you_mean
from fvcapacity.scenario.paths.kinds import KEY, OWNERS, ROOTS, PathKind, kinds_of

_NAME = re.compile(r'"([^"]+)"|([^./"]+)')
_SHAPE = "write it like deployment/order-service.limits.cpu"


@dataclass(frozen=True, slots=True)
class FieldPath:
    """A field of the system by its path.

    Attributes
    ----------
    owner
        First word: ``deployment``, ``hpa``, ``nodes``, ``traffic``...
    name
        Name of the object; empty for parts of the scenario's file.
    container
        Container, when the path names one.
    key
        What stands for ``*`` in the kind's field: a resource, a variable, a metric.
    kind
        What kind of field it is.
    """

    owner: str
    name: str
    container: str
    key: str
    kind: PathKind = field(repr=False)

    @property
    def object(self) -> str:
        """The object whose field it is: ``deployment/order-service``."""
        return f"{self.owner}/{quoted(self.name)}" if self.name else self.owner

    def __str__(self) -> str:
        """Return the path as it is written."""
        inner = f"/{quoted(self.container)}" if self.container else ""
        words = ".".join(self.key if word == KEY else word for word in self.kind.words)
        return f"{self.object}{inner}" + (f".{words}" if words else "")


def parse_path(text: str) -> FieldPath:
    """Parse a path.

    Raises
    ------
    ScenarioError
        When it is none; says at which character, and what the nearest is.
    """
    if not isinstance(text, str):
        raise ScenarioError(Problem(f"{text!r} is no path", hint=_SHAPE, rule="path"))
    return _Parser(text).parse()


@dataclass(slots=True)
class _Parser:
    text: str
    at: int = 0

    def parse(self) -> FieldPath:
        owner = self._word("the kind of a field's owner")
        if owner not in OWNERS:
            raise self._error(f"{owner!r} is no kind of object", 0, did_you_mean(owner, OWNERS))
        name = container = ""
        if owner not in ROOTS:
            self._expect("/", f"the name of a {owner}")
            name = self._word(f"the name of a {owner}")
            if self.text[self.at : self.at + 1] == "/":
                self.at += 1
                container_at, container = self.at, self._word("the name of a container")
        rest_at = self.at + 1
        if self.at < len(self.text):
            self._expect(".", "a field")
        kind, key = self._field(owner, self.text[rest_at:], rest_at)
        if container and not kind.in_container:
            raise self._error(f"{kind.field} is no field of a container", container_at, f"leave out /{container}")
        return FieldPath(owner, name, container, key, kind)

    def _word(self, what: str) -> str:
        match = _NAME.match(self.text, self.at)
        if match is None:
            raise self._error(f"{what} is missing", self.at, _SHAPE)
        self.at = match.end()
        return match.group(1) or match.group(2)

    def _expect(self, sign: str, what: str) -> None:
        if self.text[self.at : self.at + 1] != sign:
            raise self._error(f"{sign!r} and {what} are missing", self.at, _SHAPE)
        self.at += 1

    def _field(self, owner: str, rest: str, at: int) -> tuple[PathKind, str]:
        known = kinds_of(owner)
        for kind in known:
            fixed, star, _ = kind.field.partition(KEY)
            if (star and rest.startswith(fixed) and len(rest) > len(fixed)) or (not star and rest == kind.field):
                return kind, rest[len(fixed) :] if star else ""
        shown = [kind.field.replace(KEY, "KEY") for kind in known]
        if not rest:
            raise self._error(f"a field of {owner} is missing", len(self.text), f"there are: {', '.join(shown)}")
        raise self._error(f"{owner} has no field {rest!r}", at, _nearest_field(rest, known))

    def _error(self, message: str, at: int, hint: str) -> ScenarioError:
        message = f"{message} (character {at + 1})"
        return ScenarioError(Problem(message, field=self.text, hint=hint, rule="path"))


def _nearest_field(rest: str, known: list[PathKind]) -> str:
    """Return a hint: the kind whose fixed words are nearest, with the key that was given."""
    given = rest.split(".")
    shown = []
    for kind in known:
        key = ".".join(given[len(kind.words) - 1 :]) or "KEY"
        shown.append(".".join(key if word == KEY else word for word in kind.words))
    every = ", ".join(kind.field.replace(KEY, "KEY") for kind in known)
    return did_you_mean(rest, dict.fromkeys(shown), otherwise=f"there are: {every}")


def quoted(name: str) -> str:
    """Return a name as it stands in a path: in quotes when it has a dot or a slash in it."""
    return f'"{name}"' if "." in name or "/" in name else name
