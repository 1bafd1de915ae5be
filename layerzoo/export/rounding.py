"""What rounding decides: rows of lists that small changes of a net's inputs alter.

A net that chooses boxes by thresholds, or rounds their corners, has inputs at which a change in the last
digit gives another choice. Any other program may choose otherwise there, so such rows tell nothing of how
well it agrees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import torch
from torch import Tensor

from layerzoo.export.rows import Rows, in_order_of, scaled

_CHANGES: Final = 12
"""The number of changes that tell which rows rounding decides."""
_SIZE: Final = 3e-6
"""Standard deviation of these changes, relative: some times that of rounding, so that few rows are missed."""
MOST: Final = 0.05
"""The largest fraction of a list that rounding may decide; above it nothing is left out."""


def changed(inputs: Sequence[Tensor], count: int, size: float) -> Iterator[list[Tensor]]:
    """Inputs with small changes of the images, always the same ones.

    Args:
        inputs: the inputs; those of four axes are images.
        count: how many.
        size: standard deviation of the changes, relative.
    """
    generator = torch.Generator().manual_seed(0)
    for _ in range(count):
        yield [
            blob * (1 + size * torch.randn(blob.shape, generator=generator)) if blob.dim() == 4 else blob
            for blob in inputs
        ]


@torch.no_grad()
def undecided_rows(
    run: Callable[..., Sequence[Tensor]],
    given: Sequence[Tensor],
    names: Sequence[str],
    lists: Mapping[str, Rows],
    tolerance: float,
) -> dict[str, Tensor]:
    """The rows of a net's outputs that rounding decides at some inputs.

    Args:
        run: the net: its inputs in order to its outputs in order.
        given: the inputs.
        names: names of the outputs.
        lists: those that are lists of rows; lists of the same number of rows have the same order.
        tolerance: rows that differ by more, after `scaled`, are others.

    Returns:
        for each list which of its rows are undecided; without those of which more than `MOST` are, or of
        which a change alters the number of rows.
    """
    expected = dict(zip(names, run(*given), strict=True))
    undecided = {
        name: torch.zeros(expected[name].shape[axis], dtype=torch.bool) for name, (axis, _) in lists.items()
    }
    for inputs in changed(given, _CHANGES, _SIZE):
        received = dict(zip(names, run(*inputs), strict=True))
        if any(received[name].shape != expected[name].shape for name in lists):
            return {}
        received = in_order_of(expected, received, lists, tolerance)
        for name, rows in lists.items():
            undecided[name] |= _differ(expected[name], received[name], rows, tolerance)
    for count in {len(mask) for mask in undecided.values()}:
        together = [name for name, mask in undecided.items() if len(mask) == count]
        either = torch.stack([undecided[name] for name in together]).any(0)
        undecided.update(dict.fromkeys(together, either))
    return {name: mask for name, mask in undecided.items() if mask.any() and mask.double().mean() <= MOST}


def without(
    blobs: Mapping[str, Tensor], lists: Mapping[str, Rows], rows: Mapping[str, Tensor]
) -> list[Tensor]:
    """Outputs without some rows of lists."""
    return [
        blob.index_select(lists[name].axis, (~rows[name]).nonzero()[:, 0]) if name in rows else blob
        for name, blob in blobs.items()
    ]


def _differ(right: Tensor, other: Tensor, rows: Rows, tolerance: float) -> Tensor:
    """Which rows differ, shape (rows,)."""
    apart = (scaled(right, right, rows) - scaled(other, right, rows)).abs().nan_to_num(torch.inf)
    return (
        apart.movedim(rows.axis, 0).flatten(1).amax(1) > tolerance if apart.dim() > 1 else apart > tolerance
    )
