"""What the clouds leave to pods, against figures worked out from their own rules."""

from __future__ import annotations

import pytest

from fvcapacity.cost.allocatable import allocatable, eks_max_pods

MIB = 2**20
GIB = 2**30
ESTIMATE = 0.075


@pytest.mark.parametrize(
    ("instance_type", "cpu", "gib", "max_pods", "millicores", "mib"),
    [
        ("m6i.large", 2, 8, 29, 1930, 6903),
        ("m6i.xlarge", 4, 16, 58, 3920, 14162),
        ("m6i.2xlarge", 8, 32, 58, 7910, 29317),
        ("r6i.large", 2, 16, 29, 1930, 14481),
        ("t3.medium", 2, 4, 17, 1930, 3246),
        ("c6i.xlarge", 4, 8, 58, 3920, 6584),
    ],
)
def test_eks(instance_type, cpu, gib, max_pods, millicores, mib):
    found = allocatable("eks", cpu, gib * GIB, max_pods, vm_overhead_ratio=ESTIMATE)
    assert found.cpu_cores == millicores / 1000
    assert found.memory_bytes // MIB == mib


@pytest.mark.parametrize(("interfaces", "addresses", "pods"), [(3, 10, 29), (4, 15, 58), (3, 6, 17)])
def test_eks_pods(interfaces, addresses, pods):
    assert eks_max_pods(interfaces, addresses) == pods


@pytest.mark.parametrize(
    ("cpu", "memory_mib", "millicores", "mib"),
    [
        (4, 16 * 1024, 3920, 13622),
        (2, 8 * 1024, 1930, 6249),
        (1, 512, 940, 512 - 255 - 100),  # below 1 GiB a fixed amount
        (1, 4 * 1024, 940, 4096 - 1024 - 100),
        (64, 256 * 1024, 63770, 262144 - 1024 - 819.2 - 819.2 - 6881.28 - 2621.44 - 100),
    ],
)
def test_gke(cpu, memory_mib, millicores, mib):
    found = allocatable("gke", cpu, memory_mib * MIB)
    assert found.cpu_cores == millicores / 1000
    assert found.memory_bytes / MIB == pytest.approx(mib, abs=0.6)


@pytest.mark.parametrize(
    ("cores", "reserved_milli"), [(1, 60), (2, 100), (4, 140), (8, 180), (16, 260), (32, 420), (64, 740)]
)
def test_aks_cpu(cores, reserved_milli):
    assert allocatable("aks", cores, 16 * GIB).cpu_cores == (1000 * cores - reserved_milli) / 1000


def test_aks_memory_by_pods():
    # the documentation's example: 8 GB, 30 pods: 650 MB and the eviction threshold
    found = allocatable("aks", 2, 8 * 10**9, 30)
    assert found.memory_bytes == 8 * 10**9 - 650 * 10**6 - 100 * MIB
    assert found.memory_bytes / 8e9 == pytest.approx(0.906, abs=0.001)


def test_aks_memory_at_most_a_quarter():
    # Standard_D2s_v5 with 110 pods
    assert allocatable("aks", 2, 8 * GIB, 110).memory_bytes == (8192 - 2048 - 100) * MIB


@pytest.mark.parametrize("provider", ["aks", "eks", "gke"])
def test_never_more_than_there_is_nor_less_than_nothing(provider):
    assert allocatable(provider, 1, 64 * MIB).memory_bytes == 0
    sizes = [allocatable(provider, 4, gib * GIB, 30).memory_bytes for gib in range(2, 200)]
    assert sizes == sorted(sizes)
    assert all(found < gib * GIB for found, gib in zip(sizes, range(2, 200), strict=True))


@pytest.mark.parametrize(
    ("cpu", "memory", "pods", "overhead"), [(0, GIB, 1, 0), (1, 0, 1, 0), (1, GIB, 0, 0), (1, GIB, 1, 1)]
)
def test_impossible_machines_are_refused(cpu, memory, pods, overhead):
    with pytest.raises(ValueError, match="no machine has"):
        allocatable("eks", cpu, memory, pods, vm_overhead_ratio=overhead)
