"""Buckets, against torch's own plan."""

from __future__ import annotations

import random

import pytest
import torch
from torch import distributed as dist

from layerzoo.scaling.buckets import BYTES, FIRST_BYTES, bucket_plan


def torchs(sizes: list[int], first: int, later: int) -> list[list[int]]:
    tensors = [torch.empty(size // 4, device="meta") for size in sizes]
    plan, _ = dist._compute_bucket_assignment_by_size(tensors, [first, later])
    return [list(bucket) for bucket in plan]


@pytest.mark.parametrize("seed", range(20))
def test_bucket_plan_is_torchs(seed: int) -> None:
    draw = random.Random(seed)
    sizes = [4 * draw.choice([1, 10, 64, 100, 1000]) for _ in range(draw.randint(1, 40))]
    assert [list(bucket) for bucket in bucket_plan(sizes, 256, 1024)] == torchs(sizes, 256, 1024)


def test_bucket_plan_has_torchs_sizes() -> None:
    assert FIRST_BYTES == dist._DEFAULT_FIRST_BUCKET_BYTES
    assert torch.nn.parallel.distributed._DEFAULT_BUCKET_CAP_MB * 2**20 == BYTES
    sizes = [FIRST_BYTES - 4, 4, BYTES - 4, BYTES, 8]
    assert bucket_plan(sizes) == [range(2), range(2, 4), range(4, 5)]


def test_bucket_plan_of_nothing_is_empty() -> None:
    assert bucket_plan([]) == []
