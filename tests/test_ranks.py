"""Processes that speak to each other."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import torch

from layerzoo.errors import UsageError
from layerzoo.ranks import Ranks
from tests.together import environments, finish, run_together, start_together

SPEAKING = """
import torch
from layerzoo.ranks import Ranks
ranks = Ranks.started_together()
n = ranks.rank
kinds = [torch.full((2, 3), 1. + n), torch.tensor(float(4 * n)), torch.tensor([2. * n], dtype=torch.float64)]
ranks.average(kinds)
assert [k.flatten()[0].item() for k in kinds] == [2., 4., 2.] and kinds[0].shape == (2, 3), kinds
ranks.spread(told := [torch.tensor([7. + n]), torch.tensor([n])])
assert [t.item() for t in told] == [7., 0], told
assert ranks.agree({"rank": n}) == {"rank": 0}
called = []
assert ranks.first(lambda: called.append(n)) is None and called == [0][n:]
assert ranks.union([1, 4, 4][n]) == 5
assert ranks.gather(n) == ([0, 1, 2] if ranks.leads else [n])
ranks.note("all")
ranks.wait()
assert ranks.note("all") > 3 and ranks.note(f"by {n}") == 1
ranks.wait()
print(ranks.rank, ranks.count, ranks.leads, ranks.device)
"""


def test_three_processes(tmp_path: Path) -> None:
    found = run_together(["-c", SPEAKING], tmp_path, count=3)
    assert [(code, out.split()) for code, out, _ in found] == [
        (0, ["0", "3", "True", "None"]),
        (0, ["1", "3", "False", "None"]),
        (0, ["2", "3", "False", "None"]),
    ], found


def test_one_that_ends_is_told_of_by_the_others(tmp_path: Path) -> None:
    text = """
import os, torch
from layerzoo.ranks import Ranks
ranks = Ranks.started_together()
if ranks.rank == 1:
    os._exit(3)
ranks.average([torch.zeros(1)])
"""
    (code, _, err), (ended, _, _) = finish(start_together(["-c", text], tmp_path))
    assert (code, ended) == (1, 3)
    assert "another of the processes that train together has ended; its own message says why" in err
    assert "third_party" not in err.rpartition("Deserted: ")[2]


def test_alone_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    ranks = Ranks.started_together()
    tensor = torch.tensor([1.5])
    ranks.average([tensor])
    ranks.spread([tensor])
    assert (ranks.rank, ranks.count, ranks.leads, ranks.device) == (0, 1, True, None)
    assert tensor.item() == 1.5
    assert (ranks.agree(3), ranks.union(6), ranks.first(lambda: 4), ranks.gather(5)) == (3, 6, 4, [5])
    ranks.wait()
    assert [ranks.note("x"), ranks.note("x")] == [1, 1]


@pytest.mark.parametrize(
    ("count", "rank", "said"),
    [("2", "0", "MASTER_ADDR expected, but not set"), ("2", "x", "'x'"), ("two", "0", "'two'")],
)
def test_a_count_without_a_place_to_meet(
    monkeypatch: pytest.MonkeyPatch, count: str, rank: str, said: str
) -> None:
    monkeypatch.setenv("WORLD_SIZE", count)
    monkeypatch.setenv("RANK", rank)
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    with pytest.raises(UsageError, match="start several processes by torchrun") as found:
        Ranks.started_together()
    assert said in str(found.value)


def test_one_that_nobody_joins(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environments(2)[0].items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("layerzoo.ranks._MEETING", timedelta(seconds=0.5))
    with pytest.raises(UsageError, match="WORLD_SIZE is 2, but the processes don't find each other"):
        Ranks.started_together()


@pytest.mark.parametrize(("gpus", "expected"), [(0, None), (2, "cuda:1"), (4, "cuda:3")])
def test_each_takes_a_gpu(monkeypatch: pytest.MonkeyPatch, gpus: int, expected: str | None) -> None:
    """Its own, or one that it shares."""
    monkeypatch.setattr("torch.cuda.device_count", lambda: gpus)
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    ranks = Ranks()
    ranks.rank, ranks.count = 3, 4
    assert (ranks.device and str(ranks.device)) == expected
