"""Which minimums may be raised for a wave: what a replay that was left to the HPA came to want."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from fvcapacity.frozen import Frozen
from fvcapacity.scenario.model import Scenario
from fvcapacity.study.planning.figures import Outcome, minimum_of, most_of

HALF = 0.5


class Candidate(Frozen):
    """Minimums that may hold from before a wave's rise to its end: value by path, and in words which they are."""

    words: str
    values: Mapping[str, int]


def present_minimums(scenario: Scenario) -> dict[str, int]:
    """Return the minimums of HPAs and node pools as manifests and scenario say them, by path."""
    found = {minimum_of(f"hpa/{hpa.name}"): hpa.min_replicas for hpa in scenario.cluster.autoscalers}
    if scenario.file.provisioner == "karpenter":  # its machines have no minimum, other pools keep their count
        return found
    return {**found, **{minimum_of(f"nodes/{name}"): pool.minimum for name, pool in scenario.file.nodes.items()}}


def candidates(scenario: Scenario, alone: Sequence[Outcome]) -> list[Candidate]:
    """Return what may be tried for a wave, from what the HPA wanted when it was left alone.

    Pods as many as it came to want, and half of the way there; the machines that these took, with the pods or without
    them: warm machines let an HPA follow in the time that pods take.
    """
    present = present_minimums(scenario)
    pods = _raised(present, most_of([outcome.wanted for outcome in alone]))
    machines = _raised(present, most_of([outcome.machines for outcome in alone]))
    half = {path: present[path] + math.ceil(HALF * (most - present[path])) for path, most in pods.items()}
    tried = [
        Candidate("pods", pods),
        Candidate("half of the pods", half),
        Candidate("pods and machines", {**pods, **machines} if machines else {}),
        Candidate("machines", machines),
    ]
    found: list[Candidate] = []
    for candidate in tried:
        if candidate.values and all(candidate.values != other.values for other in found):
            found.append(candidate)
    return found


def _raised(present: Mapping[str, int], wanted: Mapping[str, int]) -> dict[str, int]:
    return {path: wanted[path] for path, minimum in present.items() if wanted.get(path, 0) > minimum}
