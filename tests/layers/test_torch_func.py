"""Transforms of torch.func over each registered layer type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch

from layerzoo.contract.example import Example, nudged, run
from layerzoo.layer import LAYERS
from tests.layers.examples import each_types_examples

Scalar = Callable[[dict[str, torch.Tensor]], torch.Tensor]


@dataclass
class Function:
    """A layer as a pure function of its bottoms and params that require a gradient.

    Attributes:
        point: their values, by name; bottoms are named by their index.
    """

    example: Example
    point: dict[str, torch.Tensor]

    @classmethod
    def of(cls, example: Example) -> Function | None:
        """Function of an example; None if no top has a gradient."""
        layer = example.layer(torch.float64)
        leaves = {str(i): nudged(b).double().requires_grad_() for i, b in enumerate(example.bottoms)}
        tops = [top for top in run(layer, list(leaves.values())) if top.requires_grad]
        leaves |= {name: blob for name, blob in layer.named_parameters() if blob.requires_grad}
        if not tops:
            return None
        seeds = [torch.ones_like(top) for top in tops]
        grads = torch.autograd.grad(tops, list(leaves.values()), seeds, allow_unused=True)
        pairs = zip(leaves.items(), grads, strict=True)
        return cls(example, {name: leaf.detach() for (name, leaf), grad in pairs if grad is not None})

    @property
    def is_surrogate(self) -> bool:
        """Whether the gradient isn't the derivative of the forward pass."""
        return self.example.kind.surrogate_gradient(self.example.param) is not None

    def scalar(self) -> Scalar:
        """Sum of the sines of all tops of a new layer; nonlinear even for a linear layer."""
        layer = self.example.layer(torch.float64)
        fixed = [nudged(b).double() for b in self.example.bottoms]

        def scalar(point: dict[str, torch.Tensor]) -> torch.Tensor:
            bottoms = tuple(point.get(str(i), b) for i, b in enumerate(fixed))
            params = {name: value for name, value in point.items() if not name.isdigit()}
            result = torch.func.functional_call(layer, params, bottoms)
            tops = result if isinstance(result, tuple) else (result,)
            return torch.stack([top.sin().sum() for top in tops]).sum()

        return scalar

    def gradient(self, point: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Gradient of `scalar` by autograd, without a transform."""
        leaves = {name: value.detach().requires_grad_() for name, value in point.items()}
        grads = torch.autograd.grad(self.scalar()(leaves), list(leaves.values()))
        return dict(zip(leaves, grads, strict=True))


# some of torch's own rules use deprecated functions, and some are slow
transforms = pytest.mark.filterwarnings(
    "ignore:.torch.jit.script. is deprecated:DeprecationWarning",
    "ignore:There is a performance drop:UserWarning",
)


@transforms
@each_types_examples
def test_transforms_of_torch_func_agree_with_autograd(examples: list[Example]) -> None:
    """``grad``, ``jvp``, ``vmap`` and products with the Hessian."""
    func = torch.func
    for example in examples:
        function = Function.of(example)
        if function is None:
            assert LAYERS[example.param.type].no_gradient, "no_gradient must say why"
            continue
        point = function.point
        expected = function.gradient(point)
        torch.testing.assert_close(func.grad(function.scalar())(point), expected)
        if not function.is_surrogate:
            ahead = {name: torch.cos(3 * value) for name, value in point.items()}
            slope = func.jvp(function.scalar(), (point,), (ahead,))[1]
            along = torch.stack([(expected[n] * ahead[n]).sum() for n in point]).sum()
            torch.testing.assert_close(slope, along)
            reverse = func.vjp(func.grad(function.scalar()), point)[1](ahead)[0]
            forward = func.jvp(func.grad(function.scalar()), (point,), (ahead,))[1]
            torch.testing.assert_close(forward, reverse)  # a Hessian is symmetric
        two = {name: torch.stack([value, value * 0.9]) for name, value in point.items()}
        both = func.vmap(func.grad(function.scalar()), randomness="same")(two)
        for index in range(2):
            one = function.gradient({name: value[index] for name, value in two.items()})
            torch.testing.assert_close({name: value[index] for name, value in both.items()}, one)


@transforms
@each_types_examples
def test_hessians_of_small_examples_agree_with_autograd(examples: list[Example]) -> None:
    for example in examples:
        function = Function.of(example)
        if function is None or sum(value.numel() for value in function.point.values()) > 100:
            continue
        if function.is_surrogate:  # it needs no forward-mode derivative
            continue
        names, scalar = list(function.point), function.scalar()

        def of_values(
            *values: torch.Tensor, names: list[str] = names, scalar: Scalar = scalar
        ) -> torch.Tensor:
            return scalar(dict(zip(names, values, strict=True)))

        expected = torch.autograd.functional.hessian(of_values, tuple(function.point.values()))
        blocks = {one: dict(zip(names, row, strict=True)) for one, row in zip(names, expected, strict=True)}
        forward = torch.func.jacfwd(torch.func.jacrev(function.scalar()), randomness="same")(function.point)
        torch.testing.assert_close(forward, blocks)
        reverse = torch.func.jacrev(torch.func.jacrev(function.scalar()))(function.point)
        torch.testing.assert_close(reverse, blocks)
