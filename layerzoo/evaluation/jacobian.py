"""The Jacobian of a blob by another, and the gradient of the loss by each layer's params."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, prod, sqrt
from typing import Final

import torch
from torch import Tensor

from layerzoo.errors import NonFiniteError, OutOfMemoryError, UsageError
from layerzoo.memory.device import available_memory
from layerzoo.net import Net

MAX_DECOMPOSED: Final = 6000
"""The largest number of singular values that are computed: the time grows with its square."""
_AT_ONCE: Final = 2**26
"""Numbers of all blobs of a pass, times the rows that are computed at once."""
_MOST_ROWS: Final = 256
_SHARE: Final = 0.8
"""The share of the available memory that a Jacobian may take."""


@dataclass(frozen=True)
class Jacobian:
    """The derivatives of all values of one blob by all values of another.

    Attributes:
        of: the blob that is differentiated.
        wrt: the blob by which it is.
        of_shape, wrt_shape: their shapes.
        matrix: the derivatives: a row for each value of ``of``, a column for each of ``wrt``.
        singular_values: of the matrix, the largest first, in 64 bits; None if there are more than
            `MAX_DECOMPOSED`.
    """

    of: str
    wrt: str
    of_shape: tuple[int, ...]
    wrt_shape: tuple[int, ...]
    matrix: Tensor
    singular_values: Tensor | None

    @property
    def values(self) -> Tensor:
        """The derivatives in the shape of ``of`` and then that of ``wrt``, as ``jacrev`` gives them."""
        return self.matrix.reshape(*self.of_shape, *self.wrt_shape)

    @property
    def norm(self) -> float:
        """The Frobenius norm."""
        return float(torch.linalg.vector_norm(self.matrix, dtype=torch.float64))

    @property
    def rank(self) -> int | None:
        """The number of singular values above rounding errors, as of ``torch.linalg.matrix_rank``."""
        if self.singular_values is None:
            return None
        least = max(self.matrix.shape) * torch.finfo(self.matrix.dtype).eps
        return int((self.singular_values > self.singular_values[0] * least).sum())

    @property
    def condition(self) -> float | None:
        """The largest singular value by the smallest; infinite if the rank isn't full."""
        if self.singular_values is None:
            return None
        full = self.rank == len(self.singular_values)
        return float(self.singular_values[0] / self.singular_values[-1]) if full else inf


@dataclass(frozen=True)
class LayerGradient:
    """The gradient of the loss by the params of a layer.

    Attributes:
        layer: its name.
        count: the number of its params that learn.
        weight: the Euclidean norm of the params.
        gradient: the norm of the gradient.
    """

    layer: str
    count: int
    weight: float
    gradient: float


def jacobian(net: Net, inputs: Mapping[str, Tensor], of: str, wrt: str) -> Jacobian:
    """The Jacobian of one blob by another, in the mode that the net is in.

    It holds all inputs but ``wrt`` fixed, and all that depends on ``wrt`` follows it. Memory is that of the
    matrix and of some rows' backward passes.

    Args:
        net: the net.
        inputs: its inputs and data, by name; what they leave out is read, see `FunctionalNet`.
        of: the blob that is differentiated.
        wrt: an input, a top of a data layer, or a blob inside the net.

    Raises:
        NonFiniteError: a derivative is NaN or infinite.
        OutOfMemoryError: the matrix is larger than the available memory.
        UsageError: a blob does not exist, or one doesn't depend on the other by derivatives.
    """
    params, function = net.functional([of])
    start = inputs[wrt] if wrt in inputs else net.functional([wrt])[1](params, inputs)[wrt]
    if not start.is_floating_point():
        raise UsageError(f"-wrt {wrt}: a blob of integers has no derivatives")
    x = start.detach().to(net.dtype).requires_grad_()
    y = function(params, {**inputs, wrt: x})[of]
    if not y.requires_grad:
        why = "it doesn't depend on it, or a layer between them reads numbers as indices or compares them"
        raise UsageError(f"no derivative leads from {wrt} to {of}: {why}; choose others by -of and -wrt")
    if not bool(y.isfinite().all()):
        raise NonFiniteError(f"values of {of} are NaN or infinite, so it has no derivatives")
    _check_memory(y, x, of, wrt)
    size = sum(prod(blob.shape or ()) for blob in net.graph.blobs)
    matrix = _rows(y, x, max(1, min(_MOST_ROWS, _AT_ONCE // max(1, size), y.numel())))
    if not bool(matrix.isfinite().all()):
        raise NonFiniteError(f"derivatives of {of} by {wrt} are NaN or infinite")
    singular = torch.linalg.svdvals(matrix.double()) if min(matrix.shape) <= MAX_DECOMPOSED else None
    return Jacobian(of, wrt, tuple(y.shape), tuple(x.shape), matrix, singular)


def layer_gradients(net: Net, inputs: Mapping[str, Tensor]) -> tuple[float, list[LayerGradient]]:
    """The loss, and its gradient by the params of each layer that learns; a shared param is in each.

    Args:
        net: the net.
        inputs: as for `jacobian`.

    Raises:
        UsageError: the net has no loss, or an input that it needs is missing.
    """
    params, function = net.functional()
    leaves = {name: value.clone().requires_grad_() for name, value in params.items()}
    loss = function.loss(leaves, inputs)
    found: tuple[Tensor | None, ...] = (None,) * len(leaves)
    if loss.requires_grad:
        found = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True)
    gradients = dict(zip(leaves, found, strict=True))
    names = {id(param): name for name, param in net.named_parameters()}
    of_layers: dict[int, dict[str, None]] = {}
    for place in net.param_places:
        name = names[id(net.param_places[place])]
        if name in leaves:
            of_layers.setdefault(place[0], {})[name] = None
    return float(loss.detach()), [
        LayerGradient(
            net.graph.layers[index].name,
            sum(params[name].numel() for name in own),
            _norm([params[name] for name in own]),
            _norm([gradients[name] for name in own]),
        )
        for index, own in of_layers.items()
    ]


def _check_memory(y: Tensor, x: Tensor, of: str, wrt: str) -> None:
    """Check that a matrix and its singular values fit into memory."""
    rows, columns = y.numel(), x.numel()
    doubles = 2 if min(rows, columns) <= MAX_DECOMPOSED else 0  # a copy, and what the decomposition takes
    needed = rows * columns * (x.element_size() + 8 * doubles)
    available = available_memory(x.device)
    if available is not None and needed > _SHARE * available:
        blobs = [f"{name} ({' x '.join(map(str, blob.shape))})" for name, blob in ((of, y), (wrt, x))]
        sizes = [f"{size / 2**30:.1f} GiB" for size in (needed, available)]
        raise OutOfMemoryError(
            f"the Jacobian of {' by '.join(blobs)} is {rows:,} x {columns:,}: it takes {sizes[0]}, of "
            f"{sizes[1]} available; choose smaller blobs by -of and -wrt, or fewer -samples"
        )


def _rows(y: Tensor, x: Tensor, at_once: int) -> Tensor:
    """The Jacobian as a matrix, some rows at a time."""
    count = y.numel()
    matrix = x.new_empty(count, x.numel())
    batched = True
    for first in range(0, count, at_once):
        units = y.new_zeros(min(at_once, count - first), count)
        units[:, first:].fill_diagonal_(1)
        given = units.view(-1, *y.shape)
        rows: Tensor | None = None
        if batched:
            try:
                (rows,) = torch.autograd.grad(y, x, given, retain_graph=True, is_grads_batched=True)
            except RuntimeError:  # a layer whose backward pass can't be vectorised
                batched = False
        if rows is None:
            rows = torch.stack([torch.autograd.grad(y, x, one, retain_graph=True)[0] for one in given])
        matrix[first : first + len(units)] = rows.reshape(len(units), -1)
    return matrix


def _norm(tensors: list[Tensor] | list[Tensor | None]) -> float:
    return sqrt(
        sum(
            float(torch.linalg.vector_norm(one, dtype=torch.float64)) ** 2
            for one in tensors
            if one is not None
        )
    )
