"""Batches at fixed addresses, which recorded steps read."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.net import Feed

SLOTS = 2
"""Buffers: one is filled while a launch reads the other."""


class StaticInputs:
    """Two buffers of the batches of several passes.

    Args:
        feed: a batch, for shapes and types.
        passes: number of passes that one launch makes at most.
    """

    def __init__(self, feed: Feed, passes: int) -> None:
        self._held = {
            index: blob.new_empty((SLOTS, passes, *blob.shape)) for index, blob in feed.blobs.items()
        }

    def fit(self, feeds: Sequence[Feed]) -> bool:
        """Whether batches have the shapes and types of the buffers."""
        return all(
            feed.blobs.keys() == self._held.keys()
            and all(
                blob.shape == self._held[index].shape[2:] and blob.dtype == self._held[index].dtype
                for index, blob in feed.blobs.items()
            )
            for feed in feeds
        )

    @torch.no_grad()
    def fill(self, slot: int, feeds: Sequence[Feed]) -> None:
        """Copy batches into a buffer."""
        for place, feed in enumerate(feeds):
            for index, blob in feed.blobs.items():
                self._held[index][slot, place].copy_(blob)

    def read(self, slot: Tensor, place: int) -> dict[int, Tensor]:
        """A batch of a buffer, by index of the blob.

        Args:
            slot: the buffer, on the device; int64, shape (1,).
            place: the pass, from 0.
        """
        return {index: held[:, place].index_select(0, slot).squeeze(0) for index, held in self._held.items()}
