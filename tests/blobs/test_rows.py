"""The rows of a tensor that each process holds."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from layerzoo.blobs.rows import copy_values, rows_of


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("rows", [0, 1, 2, 5, 6, 9])
def test_rows_are_those_of_torch_chunks(rows: int, count: int) -> None:
    chunks = list(torch.arange(rows).chunk(count)) if rows else []
    chunks += [torch.empty(0, dtype=torch.int64)] * (count - len(chunks))
    assert [list(rows_of(rows, rank, count)) for rank in range(count)] == [each.tolist() for each in chunks]


def test_copy_values_takes_those_of_own_rows() -> None:
    local = torch.zeros(2, 2)
    mesh = SimpleNamespace(get_local_rank=lambda: 1, size=lambda: 2)
    part = SimpleNamespace(shape=(3, 2), device_mesh=mesh, to_local=lambda: local[:1])
    copy_values(part, torch.arange(6.0))  # type: ignore[arg-type]  # a tensor of several processes
    assert local.tolist() == [[4, 5], [0, 0]]
    whole = torch.zeros(3, 2)
    copy_values(whole, torch.arange(6.0))
    assert whole.tolist() == [[0, 1], [2, 3], [4, 5]]
