"""Each check is tried on a layer that breaks its promise; layers that keep all promises pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from layerzoo.contract.checks import CHECKS
from layerzoo.contract.example import Example, example_of
from layerzoo.errors import ContractError
from layerzoo.layer import LAYERS, Layer, Shape, register
from layerzoo.schema import LayerParameter


class Halved(torch.autograd.Function):
    """A square with half of its gradient."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, *diffs: Tensor) -> Tensor:
        return diffs[0] * ctx.saved_tensors[0]


class Once(torch.autograd.Function):
    """A cube with the right gradient, but without second derivatives."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, *diffs: Tensor) -> Tensor:
        return diffs[0] * 3 * ctx.saved_tensors[0].detach() ** 2


def forward_of(promise: str) -> Any:
    """A forward pass that breaks a promise."""

    def in_place(self: Layer, x: Tensor) -> Tensor:
        with torch.no_grad():
            x.mul_(1.5)
        return x * 2

    return {
        "shapes": lambda self, x: x.sum(),
        "dtypes": lambda self, x: x.float() * 2,
        "batch sizes": lambda self, x: x * len(x) / self.rows,
        "in place": in_place,
        "gradients": lambda self, x: Halved.apply(x),
        "second gradients": lambda self, x: Once.apply(x),
        "determinism": lambda self, x: x + torch.rand(1),
        "files": lambda self, x: self.fc(x) * self.hidden,
        "seed": lambda self, x: x * self.factor,
        "copies": lambda self, x: x * (1 + (id(self) != self.first)),
    }[promise]


@pytest.fixture
def broken(request: pytest.FixtureRequest) -> Iterator[Example]:
    """An example of a layer that breaks the promise of the fixture's parameter."""
    generator = torch.Generator()
    generator.seed()

    class BreaksForTest(Layer):
        forward = forward_of(request.param)

        def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
            super().__init__(param, bottom_shapes)
            self.rows = bottom_shapes[0][0]
            self.first = id(self)
            if request.param == "files":
                self.fc = nn.Linear(bottom_shapes[0][-1], bottom_shapes[0][-1])
                self.hidden = torch.rand(1)  # not a buffer, so not saved
            elif request.param == "seed":
                self.factor = nn.Parameter(torch.rand(1, generator=generator))

    register(BreaksForTest)
    yield example_of(BreaksForTest)
    del LAYERS._known["BreaksForTest"]


FAULTS = {
    "shapes": r"bottoms \[\(3, 4\)\] give tops \[\(\)\]; top_shapes says \[\(3, 4\)\]",
    "dtypes": "bottoms of float64 give tops of float32",
    "batch sizes": r"bottoms \[\(1, 4\)\] give other values in a layer built for \[\(3, 4\)\]",
    "in place": "forward overwrites bottom 0",
    "gradients": r"the gradient for the input of shape \(3, 4\) doesn't agree with finite differences",
    "second gradients": r"the second derivative for the input of shape \(3, 4\) doesn't agree",
    "determinism": "two passes over the same bottoms differ",
    "seed": "two layers with the same seed start with different params",
    "files": "it has state that is neither a param nor a buffer",
    "copies": "a deep copy gives other values",
}


@pytest.mark.parametrize(
    ("broken", "promise", "message"),
    [(name, name, text) for name, text in FAULTS.items()],
    indirect=["broken"],
)
def test_check_raises_for_a_broken_promise(broken: Example, promise: str, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        CHECKS[promise](broken)


def test_checks_are_all_tried() -> None:
    assert list(FAULTS) == list(CHECKS)


@pytest.mark.parametrize("name", ["ReLU", "InnerProduct", "Convolution", "EuclideanLoss", "Concat"])
def test_checks_pass_on_builtin_layers(name: str) -> None:
    inside = {
        "InnerProduct": "inner_product_param { num_output: 2 weight_filler { type: 'xavier' } }",
        "Convolution": "convolution_param { num_output: 2 kernel_size: 3 weight_filler { type: 'xavier' } }",
    }
    example = example_of(LAYERS[name], inside.get(name, ""))
    for check in CHECKS.values():
        check(example)


@pytest.mark.parametrize("broken", ["gradients"], indirect=True)
def test_gradients_are_not_compared_if_they_are_surrogates(
    broken: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ContractError, match="finite differences"):
        CHECKS["gradients"](broken)
    monkeypatch.setattr(broken.kind, "surrogate_gradient", classmethod(lambda cls, param: "half of it"))
    CHECKS["gradients"](broken)
