"""Second derivatives of a net's loss: products with vectors, and the whole matrix.

Passes run the plain plan, in which each layer runs by itself: operations in the place of several layers need
not have second derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import prod
from typing import NamedTuple

import torch
from torch import Tensor

from layerzoo.engine.gradient_sync import GradientSync
from layerzoo.errors import ConfigError, Fault
from layerzoo.memory.device import is_out_of_memory
from layerzoo.net import Feed, Net, Plan
from layerzoo.optimizer.objective import Matrix
from layerzoo.plan import Step

_AT_ONCE = 2**26
"""Numbers of all blobs of a pass, times the rows of a matrix that are computed at once."""
_MOST_ROWS = 256
_REFUSALS = frozenset({"torch::autograd::Error", "torch::autograd::NotImplemented", "_RefuseBackward"})
"""Nodes in the place of derivatives that torch, or a layer on arrays, can't give."""


class _Loss(NamedTuple):
    """The bottoms of a loss layer that the params reach, and the derivative of its loss by copies of them."""

    bottoms: list[Tensor]
    copies: list[Tensor]
    slopes: list[Tensor]


class NetCurvature:
    """Second derivatives of the mean loss of all data by some params, at their current values.

    Args:
        net: the training net.
        feeds: of its ``iter_size`` passes; called again for each product, unless there is one pass.
        sync: of the processes that train it.
        params: those by which the loss is differentiated.
        matrix: the Hessian, or the Gauss-Newton matrix, of the loss layers' second derivatives alone.
    """

    def __init__(
        self,
        net: Net,
        feeds: Sequence[Callable[[], Feed]],
        sync: GradientSync,
        params: Sequence[Tensor],
        matrix: Matrix,
    ) -> None:
        self._net, self._feeds, self._sync = net, feeds, sync
        self._params, self._matrix = list(params), matrix
        self._kept: _Pass | None = None

    def product(self, vector: Sequence[Tensor]) -> list[Tensor]:
        """The matrix times a vector, given and returned in parts that are shaped as the params."""
        given = [part.to(param.dtype) for part, param in zip(vector, self._params, strict=True)]
        return self._mean(lambda one: one.product(given))

    def matrix(self) -> Tensor:
        """The whole matrix; rows and columns are the values of the params, one param after another."""
        (whole,) = self._mean(lambda one: [one.whole()])
        return (whole + whole.T) / 2

    def _mean(self, of: Callable[[_Pass], list[Tensor]]) -> list[Tensor]:
        """The mean over passes and processes."""
        total: list[Tensor] | None = None
        with self._sync.joint():
            for feed in self._feeds:
                with _blamed(self._net, feed):
                    parts = of(self._pass(feed))
                total = parts if total is None else torch._foreach_add(total, parts)  # type: ignore[assignment]
        assert total is not None
        if len(self._feeds) > 1:
            torch._foreach_div_(total, len(self._feeds))
        self._sync.ranks.average(total)
        return total

    def _pass(self, feed: Callable[[], Feed]) -> _Pass:
        if self._kept is not None:
            return self._kept
        made = _Pass(self._net, feed(), self._params, self._matrix)
        if len(self._feeds) == 1:
            self._kept = made
        return made


class _Pass:
    """One pass with the graph of its first derivatives."""

    def __init__(self, net: Net, feed: Feed, params: list[Tensor], matrix: Matrix) -> None:
        self.params = params
        self._size = sum(prod(blob.shape or ()) for blob in net.graph.blobs)
        plan = Plan(net.graph, net.ordered_layers(), _kept_blobs(net, matrix))
        values = net.run(feed, plan)
        self._losses: list[_Loss] | None = None
        if matrix == "Hessian":
            loss = net.loss(values)
            self._gradients = _derivatives(loss, params) if loss.requires_grad else _zeros(params)
        else:
            self._losses = [_loss(net, step, values) for step in loss_steps(net, plan)]

    def product(self, vector: list[Tensor]) -> list[Tensor]:
        if self._losses is None:
            return self._backward(self._gradients, self.params, vector)
        total = _zeros(self.params)
        for one in self._losses:
            if one.bottoms and one.slopes:
                parts = self._backward(one.bottoms, self.params, self._through(one, vector))
                torch._foreach_add_(total, parts)
        return total

    def whole(self) -> Tensor:
        """The matrix, some rows at a time."""
        sizes = [param.numel() for param in self.params]
        count = sum(sizes)
        like = torch.cat([param.detach().flatten() for param in self.params])
        rows = max(1, min(_MOST_ROWS, _AT_ONCE // max(1, self._size), count))
        whole = like.new_empty(count, count)
        for first in range(0, count, rows):
            units = torch.zeros(min(rows, count - first), count, dtype=like.dtype, device=like.device)
            units[:, first:].fill_diagonal_(1)
            whole[first : first + rows] = self._rows(units, sizes)
        return whole

    def _rows(self, units: Tensor, sizes: list[int]) -> Tensor:
        parts = [
            part.reshape(len(units), *param.shape).to(param.dtype)
            for part, param in zip(torch.split(units, sizes, 1), self.params, strict=True)
        ]
        try:
            found = self._backward(self._gradients, self.params, parts, batched=True)
        except RuntimeError:  # a layer whose backward pass can't be vectorised
            single = [
                torch.cat([part.flatten() for part in self.product([part[row] for part in parts])])
                for row in range(len(units))
            ]
            return torch.stack(single)
        return torch.cat([part.flatten(1) for part in found], 1)

    def _through(self, one: _Loss, vector: list[Tensor]) -> list[Tensor]:
        """The loss's second derivative by its bottoms, times the bottoms' derivative along a vector."""
        # the derivative along a vector is that of the backward pass by what it is given
        given = [torch.zeros_like(bottom, requires_grad=True) for bottom in one.bottoms]
        back = torch.autograd.grad(
            one.bottoms, self.params, given, create_graph=True, allow_unused=True, materialize_grads=True
        )
        along = self._backward(_differentiable(back), given, vector)
        return self._backward(one.slopes, one.copies, along)

    @staticmethod
    def _backward(
        outputs: Sequence[Tensor], inputs: list[Tensor], given: list[Tensor], batched: bool = False
    ) -> list[Tensor]:
        """Gradients of outputs by inputs; zeros where none reaches."""
        lead = (len(given[0]),) if batched else ()
        pairs = [(out, of) for out, of in zip(outputs, given, strict=True) if out.requires_grad]
        found: Sequence[Tensor | None] = [None] * len(inputs)
        if pairs:
            found = torch.autograd.grad(
                [out for out, _ in pairs],
                inputs,
                [of for _, of in pairs],
                retain_graph=True,
                allow_unused=True,
                is_grads_batched=batched,
            )
        return [
            of.new_zeros(*lead, *of.shape) if part is None else part
            for part, of in zip(found, inputs, strict=True)
        ]


def loss_steps(net: Net, plan: Plan) -> list[Step]:
    """The steps of a plan that compute losses."""
    losses = {index for index, _ in net.graph.losses}
    return [step for step in plan.steps if not losses.isdisjoint(step.tops)]


def _kept_blobs(net: Net, matrix: Matrix) -> set[int]:
    kept = {index for index, _ in net.graph.losses}
    if matrix == "Gauss-Newton":
        plain = Plan(net.graph, net.ordered_layers())
        kept.update(bottom for step in loss_steps(net, plain) for bottom in step.bottoms)
    return kept


def _loss(net: Net, step: Step, values: Sequence[Tensor | None]) -> _Loss:
    """A loss layer once more, on copies of its bottoms."""
    bottoms, copies, given = [], [], []
    for place, index in enumerate(step.bottoms):
        value = values[index]
        assert value is not None, "it is kept"
        if value.requires_grad and place not in step.cut:
            copy = value.detach().requires_grad_()
            bottoms.append(value)
            copies.append(copy)
            given.append(copy)
        else:
            given.append(value.detach())
    made = step.layer(*given)
    tops = made if isinstance(made, tuple) else (made,)
    weights = dict(net.graph.losses)
    total = sum(top.sum() * weights[t] for t, top in zip(step.tops, tops, strict=True) if t in weights)
    assert isinstance(total, Tensor)
    slopes = _derivatives(total, copies) if copies and total.requires_grad else []
    return _Loss(bottoms, copies, slopes)


def _derivatives(loss: Tensor, inputs: list[Tensor]) -> list[Tensor]:
    """Derivatives of a loss with a graph of their own; zeros where none reaches."""
    found = torch.autograd.grad(loss, inputs, create_graph=True, allow_unused=True, materialize_grads=True)
    return _differentiable(found)


def _differentiable(gradients: Sequence[Tensor]) -> list[Tensor]:
    """Gradients that are to be differentiated.

    Raises:
        RuntimeError: an operation says that its own can't be. ``torch.autograd.grad`` skips it, with a wrong
            result, since no input is below it.
    """
    seen: set[object] = set()
    pending = [gradient.grad_fn for gradient in gradients]
    while pending:
        node = pending.pop()
        if node is None or node in seen:
            continue
        if node.name() in _REFUSALS:
            raise RuntimeError("its backward pass can't be differentiated")
        seen.add(node)
        pending += [below for below, _ in node.next_functions]
    return list(gradients)


def _zeros(params: list[Tensor]) -> list[Tensor]:
    return [torch.zeros_like(param) for param in params]


@contextmanager
def _blamed(net: Net, feed: Callable[[], Feed]) -> Iterator[None]:
    """A block whose error, if a layer has no second derivative, becomes a fault of that layer."""
    try:
        yield
    except RuntimeError as error:
        step = None if is_out_of_memory(error) else _without_second_derivative(net, feed())
        if step is None:
            raise
        layer = step.layer
        raise ConfigError(
            Fault(
                f"a solver of second order differentiates gradients, but {layer.type_name} has no second "
                f"derivative: {str(error).splitlines()[0]}",
                layer=layer.name,
                hint="LBFGS, BFGS and NonlinearCG need first derivatives only",
            )
        ) from error


def _without_second_derivative(net: Net, feed: Feed) -> Step | None:
    """The first layer of a pass whose gradients can't be differentiated."""
    plan = Plan(net.graph, net.ordered_layers())
    values = net.run(feed, plan)
    for step in plan.steps:
        leaves = []
        for index in step.bottoms:
            value = values[index]
            assert value is not None, "all are kept"
            leaves.append(value.detach().requires_grad_(value.is_floating_point()))
        try:
            # clones, since a layer may overwrite its bottoms
            made = step.layer(*(leaf.clone() for leaf in leaves))
            tops = made if isinstance(made, tuple) else (made,)
            total = sum(top.square().sum() for top in tops if top.requires_grad)
            inputs = [leaf for leaf in leaves if leaf.requires_grad]
            inputs += [param for param in step.layer.parameters() if param.requires_grad]
            if isinstance(total, Tensor) and inputs:
                slopes = _derivatives(total, inputs)
                again = sum(slope.square().sum() for slope in slopes if slope.requires_grad)
                if isinstance(again, Tensor):
                    torch.autograd.grad(again, inputs, allow_unused=True)
        except RuntimeError:
            return step
    return None
