"""A scenario at another commit: what is the commit's, what is the working tree's, and what is said when it is not there."""

import pytest

from fvcapacity.errors import InputError, SourceError
from fvcapacity.inputs.at_ref import OWN_TRAFFIC, load_sides_at_ref
from fvcapacity.inputs.git_tree import git_tree
from tests.support.repositories import PRICED, commit, git, shop_repository
from tests.support.shops import COUNTS, MANIFESTS, TOPOLOGY


@pytest.fixture
def scenario(tmp_path):
    return shop_repository(tmp_path)


def sides(path, ref="main", overrides=None):
    with load_sides_at_ref(path, ref, overrides) as found:
        return found


def test_manifests_are_those_of_the_commit(scenario):
    shop = scenario.parent / "manifests" / "shop.yaml"
    shop.write_text(MANIFESTS.replace("cpu: 150m", "cpu: 600m"))
    found = sides(scenario)
    limits = [s.cluster.workloads[0].template.containers[0].cpu_limit_cores for s in (found.first, found.second)]
    assert limits == [0.15, 0.6]
    assert found.first.name == f"main ({found.commit[:12]})"


def test_nothing_of_the_repository_is_touched(scenario):
    home = scenario.parent
    (home / "manifests" / "shop.yaml").write_text(MANIFESTS.replace("150m", "600m"))
    (home / "staged.txt").write_text("x")
    git(home, "add", "staged.txt")
    before = git(home, "status", "--porcelain"), git(home, "rev-parse", "HEAD"), sorted((home / ".git").iterdir())
    sides(scenario)
    after = git(home, "status", "--porcelain"), git(home, "rev-parse", "HEAD"), sorted((home / ".git").iterdir())
    assert after == before


def test_what_did_not_change_is_the_same(scenario):
    found = sides(scenario)
    one, two = found.first.scenario, found.second.scenario
    assert one.file == two.file
    assert one.input_hashes == two.input_hashes


def test_traffic_window_and_prices_are_the_branchs(scenario):
    home = scenario.parent
    scenario.write_text(PRICED.replace("duration: 5m", "duration: 10m"))
    (home / "counts.csv").write_text(COUNTS.replace(",90", ",180"))
    (home / "prices.yaml").write_text((home / "prices.yaml").read_text().replace("0.134", "0.5"))
    found = sides(scenario, overrides={"traffic.scale": 2.0})
    one, two = found.first.scenario, found.second.scenario
    assert one.file.window == two.file.window
    assert one.file.traffic == two.file.traffic
    assert one.file.traffic.scale == 2
    assert (one.traffic.rps == two.traffic.rps).all()
    assert one.prices == two.prices


def test_node_pools_are_the_commits(scenario):
    scenario.write_text(PRICED.replace("D2s_v5", "D4s_v5"))
    found = sides(scenario)
    assert [s.scenario.file.nodes["general"].instance_type for s in (found.first, found.second)] == ["D2s_v5", "D4s_v5"]


def test_files_outside_the_repository_are_found(tmp_path):
    (tmp_path / "counts.csv").write_text(COUNTS)
    home = tmp_path / "repository"
    home.mkdir()
    scenario = shop_repository(home, PRICED.replace("file: counts.csv", "file: ../counts.csv"))
    found = sides(scenario)
    assert found.first.scenario.input_hashes == found.second.scenario.input_hashes


def test_routes_that_the_commit_does_not_know(scenario):
    home = scenario.parent
    (home / "topology.yaml").write_text(TOPOLOGY.replace("  buy: {path: /buy", "  pay: {path: /pay", 1))
    routed = "timestamp,route,requests\n" + "".join(f"2026-02-14T18:{m:02d}:00,pay,90\n" for m in range(20))
    (home / "counts.csv").write_text(routed)
    found = sides(scenario)
    assert found.notes == (OWN_TRAFFIC,)


@pytest.mark.parametrize(
    ("ref", "what", "hint"),
    [
        ("nowhere", "git knows no commit 'nowhere'", "fetch-depth: 0"),
        ("--all", "git knows no commit '--all'", ""),
        ("empty", "'scenario.yaml' does not exist at empty", "nothing to be compared with"),
    ],
)
def test_what_the_ref_does_not_have(scenario, ref, what, hint):
    home = scenario.parent
    git(home, "switch", "--quiet", "--orphan", "empty")
    git(home, "commit", "--quiet", "--allow-empty", "--message", "Nothing")
    git(home, "switch", "--quiet", "main")
    with pytest.raises(InputError) as caught:
        sides(scenario, ref)
    assert what in caught.value.problems[0].message
    assert hint in caught.value.problems[0].hint


def test_problems_of_the_commit_are_placed_in_it(scenario):
    home = scenario.parent
    shop = home / "manifests" / "shop.yaml"
    shop.write_text(MANIFESTS.replace("cpu: 150m", "cpu: lots"))
    commit(home, "Break it")
    shop.write_text(MANIFESTS)
    with pytest.raises(InputError) as caught:
        sides(scenario)
    places = {str(problem.location).rpartition(":")[0].rpartition(":")[0] for problem in caught.value.problems}
    assert places == {"main:manifests/shop.yaml"}


def test_a_file_in_no_repository(tmp_path):
    path = tmp_path / "scenario.yaml"
    path.write_text("x")
    with pytest.raises(InputError, match="lies in no git repository"), git_tree(path, "main"):
        pass


def test_files_that_archives_leave_out_are_there(scenario):
    home = scenario.parent
    (home / ".gitattributes").write_text("manifests export-ignore\n")
    commit(home, "Leave manifests out of archives")
    with git_tree(scenario, "main") as tree:
        assert tree.at(home / "manifests" / "shop.yaml").read_text() == MANIFESTS
    assert not tree.root.exists()


def test_without_git(scenario, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SourceError, match="git cannot be run"), git_tree(scenario, "main"):
        pass
