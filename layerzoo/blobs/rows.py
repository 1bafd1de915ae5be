"""The rows of a tensor, along its first axis, that each of several processes holds."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def rows_of(rows: int, rank: int, count: int) -> range:
    """The rows that a process holds: as many as each before it, fewer or none at the end (``torch.chunk``).

    Args:
        rows: of the whole tensor.
        rank: the process's number.
        count: number of processes.
    """
    each = -(-rows // count)
    first = min(rank * each, rows)
    return range(first, min(first + each, rows))


@torch.no_grad()
def copy_values(target: Tensor, values: Tensor) -> None:
    """Copy values into a tensor; into one of which each process holds some rows (a DTensor), only these.

    Args:
        target: the tensor.
        values: as many values as it has, in its order.
    """
    values = values.view(target.shape)
    mesh: Any = getattr(target, "device_mesh", None)
    if mesh is None:
        target.copy_(values)
        return
    own = rows_of(len(values), mesh.get_local_rank(), mesh.size())
    target.to_local().copy_(values[own.start : own.stop])  # type: ignore[attr-defined]  # of a DTensor
