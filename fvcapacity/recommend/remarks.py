"""What is said of connections and volumes beside a recommendation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fvcapacity.recommend.candidates import Values
from fvcapacity.recommend.companions import Handover
from fvcapacity.recommend.connections import advise_pools
from fvcapacity.recommend.evaluation import Evaluator, Place
from fvcapacity.recommend.evidence import fresh_bills
from fvcapacity.recommend.volumes import GIB, advise_volume
from fvcapacity.scenario.cluster import VolumeClaim
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.serving import serving_workload

_DAY_S = 86_400.0
LEAST_MIB = 1.0
"""Growth a day below which nothing is said of a volume."""


def connection_remarks(
    handover: Handover, evaluator: Evaluator, places: Sequence[Place], peaks: Mapping[str, int]
) -> list[str]:
    """Return what there is to say of connection pools; sizes that fit are handed over where the peaks hold with them.

    Parameters
    ----------
    handover
        Grows by the sizes that were tried and hold.
    evaluator
        Over the system with everything that is handed over.
    places
        Where the search tried.
    peaks
        Workload to the most pods that the replay wanted.
    """
    system = evaluator.candidates.made(handover.candidate)
    if isinstance(system, str):
        return []
    remarks = []
    for advice in advise_pools(system, peaks=peaks):
        if advice.fits:
            continue
        sizes = {path: size for path, size in advice.sizes.items() if size != system.value(path)}
        tried = evaluator.outcomes({**handover.candidate, **sizes}, places)
        failed = next((outcome for outcome in tried if not outcome.holds), None)
        if failed is not None:
            remarks.append(f"{advice.why}. Tried, and not handed over: {failed.reason}")
            continue
        for path, size in sizes.items():
            handover.put(path, system.value(path), size, advice.why)
    return remarks


def volume_remarks(values: Values, evaluator: Evaluator, replications: int) -> list[str]:
    """Return how fast the claims fill by what the replays wrote; their sizes stay, because nobody said what is on them.

    Parameters
    ----------
    values
        Of the system that was proven.
    replications
        Of the proof, whose replays are taken.
    """
    system = evaluator.candidates.made(values)
    if isinstance(system, str):
        return []
    daily: dict[str, float] = {}
    month = evaluator.candidates.month
    for stretch, outcomes in fresh_bills(values, evaluator, replications).items():
        share = month[stretch] / sum(month.values())
        for outcome in outcomes:
            for service, count in outcome.written_bytes.items():
                daily[service] = daily.get(service, 0.0) + share * count / outcome.hours * 24 / len(outcomes)
    return list(_volumes(system, daily))


def _volumes(system: Scenario, daily: Mapping[str, float]) -> Iterator[str]:
    for service, count in daily.items():
        if count < LEAST_MIB * 2**20:
            continue
        for claim in _claims(system, service):
            if claim.storage_bytes:
                advice = advise_volume(claim.storage_bytes, 0, count, _DAY_S)
                days = advice.full_in_days
                full = "is not full within ten years" if days is None else f"is 80 % full after {days:.0f} days"
                yield (
                    f"{service} writes {count / 2**20:.1f} MiB a day: claim {claim.name} of"
                    f" {claim.storage_bytes / GIB:g} GiB, were it empty now and all of it kept, {full}. It stays."
                )


def _claims(system: Scenario, service: str) -> Iterator[VolumeClaim]:
    workload = serving_workload(system.cluster, service)
    if workload is not None:
        yield from workload.claim_templates
        for claim in system.cluster.claims:
            if claim.namespace == workload.namespace and claim.name in workload.template.volume_claims:
                yield claim
