"""Second derivatives of nets against torch's functional interface over a plain function."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch.func import jacrev

from layerzoo.engine.curvature import NetCurvature
from layerzoo.engine.gradient_sync import LocalGradients
from layerzoo.errors import ConfigError
from layerzoo.loader import parse_net
from layerzoo.net import Net

HEAD = """
layer { name: "data" type: "Input" top: "x" input_param { shape { dim: 6 dim: 3 } } }
layer { name: "label" type: "Input" top: "t" input_param { shape { dim: 6 %s } } }
layer { name: "ip1" type: "InnerProduct" bottom: "x" top: "h"
        inner_product_param { num_output: 4 weight_filler { type: "gaussian" std: 0.7 } } }
layer { name: "act" type: "TanH" bottom: "h" top: "h" }
layer { name: "ip2" type: "InnerProduct" bottom: "h" top: "y"
        inner_product_param { num_output: 2 weight_filler { type: "gaussian" std: 0.7 } } }
"""
LOSSES = {
    "euclidean": ("dim: 2", 'layer { name: "l" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "l" }'),
    "softmax": (
        "",
        'layer { name: "l" type: "SoftmaxWithLoss" bottom: "y" bottom: "t" top: "l" loss_weight: 0.5 }',
    ),
    "sigmoid": (
        "dim: 2",
        'layer { name: "l" type: "SigmoidCrossEntropyLoss" bottom: "y" bottom: "t" top: "l" }',
    ),
}


def net_of(name: str, more: str = "") -> tuple[Net, list[torch.Tensor]]:
    """A net of a loss, and values of its inputs for two passes."""
    shape, loss = LOSSES[name]
    net = Net(parse_net(HEAD % shape + loss + more).message, seed=3)
    generator = torch.Generator().manual_seed(7)
    x = torch.randn(12, 3, generator=generator)
    t = torch.randint(0, 2, (12,) if name == "softmax" else (12, 2), generator=generator).float()
    return net, [x, t]


def curvature_of(net: Net, values: list[torch.Tensor], matrix: str, passes: int = 1) -> NetCurvature:
    def feed(part: int):
        return net.fetch(part) | {
            blob.index: value.chunk(2)[part] for blob, value in zip(net.graph.inputs, values, strict=True)
        }

    feeds = [partial(feed, part) for part in range(passes)]
    return NetCurvature(net, feeds, LocalGradients(net), net.learnable, matrix)


def plain(name, values, passes):
    """The mean loss, and the losses' bottoms, as functions of the params in one vector."""

    def scores(w, part):
        w1, b1, w2, b2 = w[:12].view(4, 3), w[12:16], w[16:24].view(2, 4), w[24:26]
        return torch.tanh(values[0].chunk(2)[part] @ w1.T + b1) @ w2.T + b2

    def loss_of(y, part):
        t = values[1].chunk(2)[part]
        if name == "euclidean":
            return ((y - t) ** 2).sum() / 2 / 6
        if name == "softmax":
            return 0.5 * torch.nn.functional.cross_entropy(y, t.long())
        return torch.nn.functional.binary_cross_entropy_with_logits(y, t, reduction="sum") / 6

    def loss(w):
        return sum(loss_of(scores(w, part), part) for part in range(passes)) / passes

    def gauss_newton(w):
        total = torch.zeros(26, 26)
        for part in range(passes):
            jacobian = jacrev(lambda w: scores(w, part).flatten())(w)  # noqa: B023 (called at once)
            y = scores(w, part).detach()
            inner = jacrev(jacrev(lambda y: loss_of(y.view(6, 2), part)))(y.flatten())  # noqa: B023
            total += jacobian.T @ inner @ jacobian
        return total / passes

    return loss, gauss_newton


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("name", LOSSES)
def test_hessian_is_torchs(name, passes):
    net, values = net_of(name)
    loss, _ = plain(name, values, passes)
    at = torch.cat([param.detach().flatten() for param in net.learnable])
    expected = jacrev(jacrev(loss))(at)
    curvature = curvature_of(net, values, "Hessian", passes)
    assert torch.allclose(curvature.matrix(), expected, atol=1e-6)
    vector = torch.randn(26, generator=torch.Generator().manual_seed(1))
    parts = [part.view(p.shape) for part, p in zip(vector.split([12, 4, 8, 2]), net.learnable, strict=True)]
    for _ in range(2):  # the graph is kept
        product = torch.cat([part.flatten() for part in curvature.product(parts)])
        assert torch.allclose(product, expected @ vector, atol=1e-5)


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("name", LOSSES)
def test_gauss_newton_matrix_is_that_of_jacobians(name, passes):
    net, values = net_of(name)
    _, matrix = plain(name, values, passes)
    expected = matrix(torch.cat([param.detach().flatten() for param in net.learnable]))
    curvature = curvature_of(net, values, "Gauss-Newton", passes)
    vector = torch.randn(26, generator=torch.Generator().manual_seed(1))
    parts = [part.view(p.shape) for part, p in zip(vector.split([12, 4, 8, 2]), net.learnable, strict=True)]
    product = torch.cat([part.flatten() for part in curvature.product(parts)])
    assert torch.allclose(product, expected @ vector, atol=1e-5)
    assert float(product @ vector) > 0


def test_gauss_newton_adds_the_losses():
    more = 'layer { name: "m" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "m" loss_weight: 2 }'
    net, values = net_of("euclidean", more)
    one, _ = net_of("euclidean")
    parts = [torch.ones_like(param) for param in net.learnable]
    three = curvature_of(net, values, "Gauss-Newton").product(parts)
    single = curvature_of(one, values, "Gauss-Newton").product(parts)
    for a, b in zip(three, single, strict=True):
        assert torch.allclose(a, 3 * b, atol=1e-5)


def test_param_under_no_loss_has_zeros():
    more = """layer { name: "aside" type: "InnerProduct" bottom: "h" top: "z"
                      inner_product_param { num_output: 1 } }"""
    net, values = net_of("euclidean", more)
    for matrix in ("Hessian", "Gauss-Newton"):
        product = curvature_of(net, values, matrix).product([torch.ones_like(p) for p in net.learnable])
        assert not any(part.any() for part in product[4:])
        assert product[0].any()
    whole = curvature_of(net, values, "Hessian").matrix()
    assert whole.shape == (31, 31)
    assert not whole[26:].any()


def test_linear_loss_has_no_curvature():
    text = """
    layer { name: "data" type: "Input" top: "x" input_param { shape { dim: 6 dim: 3 } } }
    layer { name: "ip" type: "InnerProduct" bottom: "x" top: "h" inner_product_param { num_output: 1 } }
    layer { name: "sum" type: "Reduction" bottom: "h" top: "l" loss_weight: 1 }
    """
    net = Net(parse_net(text).message)
    curvature = curvature_of(net, [torch.randn(12, 3)], "Hessian")
    assert not curvature.matrix().any()


def test_layer_without_second_derivative_is_named(monkeypatch):
    class Once(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return 2 * x * grad

    net, values = net_of("euclidean")
    monkeypatch.setattr(type(net.layer("act")), "forward", lambda self, x: Once.apply(x))
    for matrix in ("Hessian", "Gauss-Newton"):
        with pytest.raises(ConfigError) as caught:
            curvature_of(net, values, matrix).product([torch.ones_like(p) for p in net.learnable])
        (fault,) = caught.value.faults
        assert fault.layer == "act"
        assert "TanH has no second derivative" in fault.message
    with pytest.raises(ConfigError):
        curvature_of(net, values, "Hessian").matrix()


def test_layer_whose_backward_pass_is_not_vectorised_gives_the_same_matrix(monkeypatch):
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return Double.apply(x, grad)

    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, grad):
            ctx.save_for_backward(x, grad)
            return 2 * x * grad

        @staticmethod
        def backward(ctx, again):
            x, grad = ctx.saved_tensors
            if torch._C._functorch.is_batchedtensor(again):
                raise RuntimeError("not vectorised")
            return 2 * grad * again, 2 * x * again

    net, values = net_of("euclidean")
    act = type(net.layer("act"))
    monkeypatch.setattr(act, "forward", lambda self, x: x * x)
    expected = curvature_of(net, values, "Hessian").matrix()
    monkeypatch.setattr(act, "forward", lambda self, x: Square.apply(x))
    assert torch.allclose(curvature_of(net, values, "Hessian").matrix(), expected, atol=1e-6)
