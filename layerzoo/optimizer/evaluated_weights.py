"""Weights other than those that train: for testing and publishing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import ClassVar

import torch
from torch import Tensor

from layerzoo.errors import SnapshotError


class EvaluatedWeights(ABC):
    """Base of means of the params that take their place in tests, and in what is published.

    Args:
        params: the params.

    Attributes:
        updates: whether `update` does something.
        params: the params, detached; where a param's memory changes, they have to be set anew.
    """

    updates: ClassVar[bool] = True

    def __init__(self, params: Sequence[Tensor]) -> None:
        self.params = [tensor.detach() for tensor in params]

    @property
    @abstractmethod
    def means(self) -> list[Tensor]:
        """The mean of each param."""

    @abstractmethod
    def restart(self) -> None:
        """Begin with the current params, unless an update was made."""

    @abstractmethod
    def update(self, iteration: int) -> None:
        """Update the means with the current params, after ``iteration`` iterations (1 after the first)."""

    @abstractmethod
    def load(self, saved: Sequence[Tensor]) -> None:
        """Take over the `means` of a snapshot whose weights and history are loaded.

        Raises:
            SnapshotError: see `check`.
        """

    def check(self, saved: Sequence[Tensor]) -> None:
        """Check that the `means` of a snapshot can be loaded.

        Raises:
            SnapshotError: their count or shapes differ: the snapshot is of another net.
        """
        if [tuple(tensor.shape) for tensor in saved] != [tuple(param.shape) for param in self.params]:
            raise SnapshotError(
                f"the snapshot's {len(saved)} averaged params don't fit this net's {len(self.params)}: "
                "was it taken with another net?"
            )

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Context in which the params hold the means."""
        means, params = self.means, self.params
        before = [param.clone() for param in params]
        with torch.no_grad():
            torch._foreach_copy_(params, means)
        try:
            yield
        finally:
            with torch.no_grad():
                torch._foreach_copy_(params, before)


class WeightsOfUpdates(EvaluatedWeights):
    """The weights of several updates; params of none of them stand for themselves.

    Args:
        params: all params.
        parts: the weights of an update by the indices of its params.
    """

    updates = False

    def __init__(self, params: Sequence[Tensor], parts: Mapping[tuple[int, ...], EvaluatedWeights]) -> None:
        super().__init__(params)
        self._parts = parts

    @property
    def means(self) -> list[Tensor]:
        """The mean of each param, computed anew."""
        means = [param.clone() for param in self.params]
        for places, part in self._parts.items():
            for place, mean in zip(places, part.means, strict=True):
                means[place] = mean
        return means

    def restart(self) -> None:
        """Begin with the current params, unless an update was made."""
        for part in self._parts.values():
            part.restart()

    def update(self, iteration: int) -> None:
        """Do nothing: the rules have updated theirs."""

    def load(self, saved: Sequence[Tensor]) -> None:
        """Check the `means` of a snapshot; they follow from its weights and history.

        Raises:
            SnapshotError: see `check`.
        """
        self.check(saved)
