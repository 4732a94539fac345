"""What is fetched in one go: merged, kept, found again, and asked for in halves."""

from __future__ import annotations

import numpy as np
import pytest

from fvcapacity.errors import InputError, SourceError
from fvcapacity.inputs.prometheus.pieces import Keeper, Piece, Samples, fetch_raw
from tests.support.fake_prometheus import fake_prometheus, ok, refused
from tests.unit.inputs.prometheus.test_client import client_of

PIECE = Piece((Samples((("a", "ü"), ("b", "2")), np.array([1.0, 2.0]), np.array([0.5, np.nan])),), ("careful",))


def _same(one: Piece, other: Piece) -> bool:
    return one.warnings == other.warnings and all(
        a.labels == b.labels and np.array_equal(a.times, b.times) and np.array_equal(a.values, b.values, equal_nan=True)
        for a, b in zip(one.series, other.series, strict=True)
    )


@pytest.mark.parametrize("piece", [PIECE, Piece(())], ids=["a series", "nothing"])
def test_a_piece_is_found_again(tmp_path, piece):
    Keeper(tmp_path / "kept", "here").get("q", lambda: piece)
    keeper = Keeper(tmp_path / "kept", "here")
    assert _same(keeper.get("q", _never), piece)
    assert (keeper.found, keeper.kept) == (1, 0)


def test_another_question_or_source_is_asked(tmp_path):
    Keeper(tmp_path, "here").get("q", lambda: PIECE)
    for keeper, question in ((Keeper(tmp_path, "there"), "q"), (Keeper(tmp_path, "here"), "p")):
        with pytest.raises(AssertionError, match="asked"):
            keeper.get(question, _never)


@pytest.mark.parametrize("keep", [0, 10, 200, -30])
def test_a_damaged_piece_is_asked_for_again(tmp_path, keep):
    Keeper(tmp_path, "here").get("q", lambda: PIECE)
    (path,) = tmp_path.glob("*.npz")
    path.write_bytes(path.read_bytes()[:keep])
    keeper = Keeper(tmp_path, "here")
    assert _same(keeper.get("q", lambda: PIECE), PIECE)
    assert keeper.kept == 1


HEAD = np.frombuffer(b'{"labels": [[["a", "b"]]], "warnings": []}', np.uint8)
TWO = np.array([1.0, 2.0])


class Spy:
    """Says when it is unpickled."""

    def __reduce__(self):
        return pytest.fail, ("a pickle was read",)


@pytest.mark.parametrize(
    "changed",
    [
        {"times": np.array([Spy(), 1], object)},
        {"head": np.frombuffer(b"[]", np.uint8)},
        {"head": np.frombuffer(b'{"labels": 7, "warnings": []}', np.uint8)},
        {"head": np.frombuffer(b"[" * 100_000, np.uint8)},
        {"sizes": np.array([3])},
        {"sizes": np.array([-1, 3])},
        {"sizes": np.array(["x"])},
        {"values": np.array([[1.0, 2.0]])},
        {"values": np.array(["1", "2"])},
    ],
)
def test_a_piece_of_another_shape_is_asked_for_again(tmp_path, changed):
    Keeper(tmp_path, "here").get("q", lambda: PIECE)
    (path,) = tmp_path.glob("*.npz")
    np.savez(path, allow_pickle=True, **({"head": HEAD, "sizes": np.array([2]), "times": TWO, "values": TWO} | changed))
    assert _same(Keeper(tmp_path, "here").get("q", lambda: PIECE), PIECE)


def test_a_piece_that_was_packed_is_not_unfolded(tmp_path):
    Keeper(tmp_path, "here").get("q", lambda: PIECE)
    (path,) = tmp_path.glob("*.npz")
    zeros = np.zeros(1_000_000)
    np.savez_compressed(path, head=HEAD, sizes=np.array([zeros.size]), times=zeros, values=zeros)
    assert _same(Keeper(tmp_path, "here").get("q", lambda: PIECE), PIECE)


def test_discarding_leaves_what_is_not_ours(tmp_path):
    keeper = Keeper(tmp_path / "kept", "here")
    keeper.get("q", lambda: PIECE)
    (tmp_path / "kept" / "letter.txt").write_text("dear")
    keeper.discard()
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["letter.txt"]


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot be kept"):
        Keeper(tmp_path / "file" / "kept", "here").get("q", lambda: PIECE)


def test_a_series_that_an_answer_holds_twice_counts_once():
    series = {"metric": {"pod": "a"}, "values": [[0, "1"], [15, "2"]]}
    later = {"metric": {"pod": "a"}, "values": [[15, "2"], [30, "4"]]}
    with fake_prometheus(lambda _: ok([series, series, later])) as server:
        (found,) = fetch_raw(client_of(server.url), "x_total", 0, 30).series
    assert found.times.tolist() == [0, 15, 30]
    assert found.values.tolist() == [1, 2, 4]


def test_raw_samples_that_are_too_much_are_asked_for_in_halves():
    def script(asked):
        end, span = float(asked.params["time"]), int(asked.params["query"].partition("[")[2].removesuffix("s]"))
        if span > 100:
            return refused(422, "query processing would load too many samples into memory", "execution")
        times = range(int(end) - span, int(end) + 1, 25)
        return ok([{"metric": {}, "values": [[at, str(at)] for at in times]}])

    with fake_prometheus(script) as server:
        (found,) = fetch_raw(client_of(server.url), "x_total", 0, 400).series
        assert found.times.tolist() == list(range(0, 401, 25))
        with pytest.raises(SourceError, match="too many samples"):
            fetch_raw(client_of(server.url), "x_total", 0, 100_000)


def _never() -> Piece:
    raise AssertionError("asked")
