"""The compiled form of a scenario's topology: names for people, arrays for planes.

`compile_program` makes it (see ``compile.py``); ``layout.py`` is the table of the arrays.
"""

from __future__ import annotations

from fvcapacity.frozen import Frozen
from fvcapacity.program.layout import ProgramArrays


class Program(Frozen):
    """What both planes run.

    Attributes
    ----------
    routes, services
        Names, in the order in which every array counts them.
    user_routes
        Whether the objectives judge the route.
    workloads
        Per service the ``kind/name`` of the workload whose pods serve it.
    containers
        Per service the name of the container that serves it.
    arrays
        Read-only NamedTuple of flat arrays.
    """

    routes: tuple[str, ...]
    services: tuple[str, ...]
    user_routes: tuple[bool, ...]
    workloads: tuple[str, ...]
    containers: tuple[str, ...]
    arrays: ProgramArrays

    def service_of_workload(self, key: str) -> int | None:
        """Return the index of the service that a workload serves, or None."""
        return self.workloads.index(key) if key in self.workloads else None
