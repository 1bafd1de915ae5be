"""Each promise is broken once, and found to be; a layer that keeps all is found to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from layerzoo.contract.checks import CHECKS
from layerzoo.contract.example import Example, example_of
from layerzoo.contract.verdicts import verdicts
from layerzoo.errors import ContractError
from layerzoo.layer import LAYERS, Layer, Shape, register
from layerzoo.schema import LayerParameter


class Halved(torch.autograd.Function):
    """A square whose gradient is half of the right one."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, *diffs: Tensor) -> Tensor:
        return diffs[0] * ctx.saved_tensors[0]


class Once(torch.autograd.Function):
    """A cube whose gradient is right, and has none of its own."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, *diffs: Tensor) -> Tensor:
        return diffs[0] * 3 * ctx.saved_tensors[0].detach() ** 2


def forward_of(promise: str) -> Any:
    """A forward pass that breaks one promise."""

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
def made(request: pytest.FixtureRequest) -> Iterator[Example]:
    """An example of a layer with the forward pass of the promise that it breaks."""
    drawn = torch.Generator()
    drawn.seed()

    class BreaksForTest(Layer):
        forward = forward_of(request.param)

        def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
            super().__init__(param, bottom_shapes)
            self.rows = bottom_shapes[0][0]
            self.first = id(self)
            if request.param == "files":
                self.fc = nn.Linear(bottom_shapes[0][-1], bottom_shapes[0][-1])
                self.hidden = torch.rand(1)  # no buffer: it is not saved
            elif request.param == "seed":
                self.factor = nn.Parameter(torch.rand(1, generator=drawn))

    register(BreaksForTest)
    yield example_of(BreaksForTest)
    del LAYERS._known["BreaksForTest"]


PROMISES = [name for name in CHECKS if name != "files"]


@pytest.mark.parametrize(("made", "promise"), [(name, name) for name in CHECKS], indirect=["made"])
def test_a_broken_promise_is_found(made: Example, promise: str) -> None:
    with pytest.raises(ContractError):
        CHECKS[promise](made)


@pytest.mark.parametrize("made", ["gradients"], indirect=True)
def test_verdicts_tell_each_promise(made: Example) -> None:
    found = {verdict.promise: verdict.faults for verdict in verdicts([made])}
    assert list(found) == list(CHECKS)
    assert found["gradients"] == ("the gradient for the input of shape (3, 4) is not that of differences",)
    assert found["shapes"] == ()


@pytest.mark.parametrize("name", ["ReLU", "InnerProduct", "Convolution", "EuclideanLoss", "Concat"])
def test_layers_of_layerzoos_keep_all(name: str) -> None:
    inside = {
        "InnerProduct": "inner_product_param { num_output: 2 weight_filler { type: 'xavier' } }",
        "Convolution": "convolution_param { num_output: 2 kernel_size: 3 weight_filler { type: 'xavier' } }",
    }
    example = example_of(LAYERS[name], inside.get(name, ""))
    assert [verdict for verdict in verdicts([example]) if verdict.faults] == []


def test_example_of_a_class_that_takes_no_shape() -> None:
    with pytest.raises(ContractError, match="no example of Reshape: "):
        example_of(LAYERS["Reshape"], "reshape_param { shape { dim: 77 } }")
