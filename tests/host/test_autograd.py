from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from layerzoo.host.autograd import OnHost, where
from layerzoo.host.blob import Blob


class Square:
    """The square of its bottom, computed on arrays."""

    name = "square"
    user: Any = SimpleNamespace(blobs=[])

    def __init__(self) -> None:
        self.anchor = torch.empty(0)
        self.bottom_blobs, self.top_blobs = [Blob((2,))], [Blob((2,))]

    def forward_blobs(self, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> None:
        tops[0].data[...] = bottoms[0].data ** 2

    def backward_blobs(self, tops: Sequence[Blob], down: Sequence[bool], bottoms: Sequence[Blob]) -> None:
        if down[0]:
            bottoms[0].diff[...] = 2 * bottoms[0].data * tops[0].diff


def test_on_host_has_the_gradient_of_the_layers_backward() -> None:
    x = torch.tensor([3.0, 4.0], requires_grad=True)
    (y,) = OnHost.apply(Square(), 1, x)  # type: ignore[no-untyped-call]  # torch's
    assert y.tolist() == [9, 16]
    assert torch.autograd.grad(y.sum(), x)[0].tolist() == [6, 8]


def test_on_host_refuses_second_derivatives() -> None:
    x = torch.tensor([3.0, 4.0], requires_grad=True)
    (y,) = OnHost.apply(Square(), 1, x)  # type: ignore[no-untyped-call]  # torch's
    (slope,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    assert slope.tolist() == [6, 8]
    with pytest.raises(RuntimeError, match="layer 'square' has no second derivative"):
        slope.sum().backward()


def test_where_names_the_layer_and_its_shapes() -> None:
    assert where("a", [(2, 3)]) == "in layer 'a' (Python), bottoms: (2, 3)"
    assert where("a", []) == "in layer 'a' (Python), bottoms: none"
