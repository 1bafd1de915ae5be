"""The loss of all data as a function of the params, as full-batch rules see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from torch import Tensor

Matrix = Literal["Hessian", "Gauss-Newton"]
"""Of second derivatives of the loss: all, or those through the loss layers alone."""


class Curvature(Protocol):
    """The second derivatives of the loss at some values of the params, which may not change meanwhile."""

    def product(self, vector: Sequence[Tensor]) -> list[Tensor]:
        """The matrix times a vector, given and returned in parts that are shaped as the params."""

    def matrix(self) -> Tensor:
        """The whole matrix; rows and columns are the values of the params, one param after another."""


class Objective(Protocol):
    """The loss of all data; rules of first order call it, and use nothing else."""

    def __call__(self) -> Tensor | float:
        """Set ``param.grad`` to the sums over ``iter_size`` passes; returns the mean loss."""

    def loss(self) -> float:
        """The mean loss, without gradients."""

    def curvature(self, params: Sequence[Tensor], matrix: Matrix) -> Curvature:
        """The second derivatives of the mean loss at the current params.

        Args:
            params: those by which the loss is differentiated.
            matrix: which second derivatives.

        Raises:
            ConfigError: a layer has no second derivative.
        """
