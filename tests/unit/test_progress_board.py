"""Progress of replications in other processes."""

from __future__ import annotations

import time

from joblib import Parallel, delayed

from fvcapacity.progress_board import told_from_elsewhere
from fvcapacity.results.outcome import ProgressUpdate

HOUR = 3600 * 10**9


def _work(board, number):
    board(ProgressUpdate(number, HOUR // 2, HOUR, 10))
    deadline = time.monotonic() + 30
    while board.rows()[:, 0].min() < HOUR // 2 and time.monotonic() < deadline:
        time.sleep(0.01)  # until the others are as far
    time.sleep(0.5)
    board(ProgressUpdate(number, HOUR, HOUR, 20))


def test_what_other_processes_tell_arrives_while_they_work_and_at_the_end():
    told = []
    with told_from_elsewhere(told.append, range(3, 5), HOUR) as board:
        Parallel(n_jobs=2)(delayed(_work)(board, number) for number in (3, 4))
    by_replication = {number: [(u.time_ns, u.requests) for u in told if u.replication == number] for number in (3, 4)}
    assert by_replication == {3: [(HOUR // 2, 10), (HOUR, 20)], 4: [(HOUR // 2, 10), (HOUR, 20)]}
    assert {update.duration_ns for update in told} == {HOUR}


def test_the_last_word_is_told_although_the_block_ends_at_once():
    told = []
    with told_from_elsewhere(told.append, range(1), HOUR) as board:
        board(ProgressUpdate(0, HOUR, HOUR, 7))
    assert told == [ProgressUpdate(0, HOUR, HOUR, 7)]
    assert not board.path.exists()


def test_nobody_is_told_when_nobody_asks():
    with told_from_elsewhere(None, range(2), HOUR) as board:
        assert board is None
