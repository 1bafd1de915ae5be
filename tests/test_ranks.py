"""Collective calls of several processes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import torch

from layerzoo.errors import UsageError
from layerzoo.ranks import Ranks
from tests.processes import environments, finish, run_processes, start_processes

COLLECTIVES = """
import pytest, torch
from layerzoo.ranks import Ranks, joint_sum
ranks = Ranks.from_environment()
n = ranks.rank
large = torch.full((256, 300), 3. * n)
turned = torch.full((256, 300), 3. * n).t()
ranks.average([large, turned])
assert (large == 3).all() and (turned == 3).all()
kinds = [torch.full((2, 3), 1. + n), torch.tensor(float(4 * n)), torch.tensor([2. * n], dtype=torch.float64)]
ranks.average(kinds)
assert [k.flatten()[0].item() for k in kinds] == [2., 4., 2.] and kinds[0].shape == (2, 3), kinds
ranks.broadcast(sent := [torch.tensor([7. + n]), torch.tensor([n])])
assert [t.item() for t in sent] == [7., 0], sent
count = torch.tensor([0, 5, 1][n])
assert ranks.shared_count(count) == 2 and count == [0, 5, 1][n]  # 6 / 3
assert ranks.shared_count(torch.tensor(0)).item() == pytest.approx(1 / 3)
x = torch.tensor([1. + n, 2.], requires_grad=True)
total = joint_sum(x * x)
assert total.tolist() == [14, 12], total  # 1 + 4 + 9
(slope,) = torch.autograd.grad((total * (n + 1)).sum(), x, create_graph=True)
assert slope.tolist() == [6 * 2 * (1. + n), 6 * 4.], slope  # the weights of all processes are 1 + 2 + 3
(curve,) = torch.autograd.grad(slope.sum(), x)
assert curve.tolist() == [12, 12], curve
assert ranks.from_main({"rank": n}) == {"rank": 0}
called = []
assert ranks.on_main(lambda: called.append(n)) is None and called == [0][n:]
assert ranks.bitwise_or([1, 4, 4][n]) == 5
assert ranks.gather(n) == ([0, 1, 2] if ranks.is_main else [n])
ranks.increment("all")
ranks.barrier()
assert ranks.increment("all") > 3 and ranks.increment(f"by {n}") == 1
ranks.barrier()
print(ranks.rank, ranks.count, ranks.is_main, ranks.device)
"""


def test_ranks_call_each_other_in_three_processes(tmp_path: Path) -> None:
    results = run_processes(["-c", COLLECTIVES], tmp_path, count=3)
    assert [(code, out.split()) for code, out, _ in results] == [
        (0, ["0", "3", "True", "None"]),
        (0, ["1", "3", "False", "None"]),
        (0, ["2", "3", "False", "None"]),
    ], results


def test_peer_lost_error_names_the_cause(tmp_path: Path) -> None:
    text = """
import os, torch
from layerzoo.ranks import Ranks
ranks = Ranks.from_environment()
if ranks.rank == 1:
    os._exit(3)
ranks.average([torch.zeros(1)])
"""
    (code, _, err), (ended, _, _) = finish(start_processes(["-c", text], tmp_path))
    assert (code, ended) == (1, 3)
    assert "another of the processes has ended; its own message says why" in err
    assert "third_party" not in err.rpartition("PeerLostError: ")[2]


def test_ranks_of_a_single_process_have_no_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    ranks = Ranks.from_environment()
    tensor = torch.tensor([1.5])
    ranks.average([tensor])
    ranks.broadcast([tensor])
    assert (ranks.rank, ranks.count, ranks.is_main, ranks.device) == (0, 1, True, None)
    assert tensor.item() == 1.5
    assert (ranks.from_main(3), ranks.bitwise_or(6), ranks.on_main(lambda: 4), ranks.gather(5)) == (
        3,
        6,
        4,
        [5],
    )
    ranks.barrier()
    assert [ranks.increment("x"), ranks.increment("x")] == [1, 1]


@pytest.mark.parametrize(
    ("count", "rank", "reason"),
    [("2", "0", "MASTER_ADDR expected, but not set"), ("2", "x", "'x'"), ("two", "0", "'two'")],
)
def test_from_environment_refuses_an_incomplete_one(
    monkeypatch: pytest.MonkeyPatch, count: str, rank: str, reason: str
) -> None:
    monkeypatch.setenv("WORLD_SIZE", count)
    monkeypatch.setenv("RANK", rank)
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    with pytest.raises(UsageError, match="start several processes by layerzoo train") as raised:
        Ranks.from_environment()
    assert reason in str(raised.value)


def test_from_environment_times_out_if_no_other_process_connects(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environments(2)[0].items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("layerzoo.ranks._START_TIMEOUT", timedelta(seconds=0.5))
    with pytest.raises(UsageError, match="WORLD_SIZE is 2, but the processes can't connect"):
        Ranks.from_environment()


@pytest.mark.parametrize(("gpus", "expected"), [(0, None), (2, "cuda:1"), (4, "cuda:3")])
def test_device_is_a_gpu_for_each_rank(
    monkeypatch: pytest.MonkeyPatch, gpus: int, expected: str | None
) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: gpus)
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    ranks = Ranks()
    ranks.rank, ranks.count = 3, 4
    assert (ranks.device and str(ranks.device)) == expected
