from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.layers import lrn as module
from layerzoo.schema import LRNParameter

WITHIN = LRNParameter.WITHIN_CHANNEL


def lrn(make, shape, **fields):
    return make("LRN", shape, lrn_param=fields)


def test_across_channels_by_hand(make):
    layer = lrn(make, (1, 4, 1, 1), local_size=3, alpha=3, beta=1, k=2)
    x = torch.tensor([1.0, 2, 3, 4]).reshape(1, 4, 1, 1)
    # alpha / size is 1: sums of squares 1+4, 1+4+9, 4+9+16, 9+16, plus k = 2
    assert layer(x).flatten().tolist() == pytest.approx([1 / 7, 2 / 16, 3 / 31, 4 / 27])


def test_within_channel_by_hand(make):
    layer = lrn(make, (1, 1, 1, 3), local_size=3, alpha=9, beta=1, k=50, norm_region=WITHIN)
    # alpha / area is 1: sums of squares 1+4, 1+4+9, 4+9, plus 1 for any k
    y = layer(torch.tensor([1.0, 2, 3]).reshape(1, 1, 1, 3))
    assert y.flatten().tolist() == pytest.approx([1 / 6, 2 / 15, 3 / 14])


@pytest.mark.parametrize("beta", [0.75, 0.5, 1, 0.6])
@pytest.mark.parametrize("size", [1, 3, 5, 9])
@pytest.mark.parametrize("piece", [1, 60, 10**6])
def test_across_channels_agrees_with_torch(make, monkeypatch, beta, size, piece):
    monkeypatch.setattr(module, "_CHUNK", piece)
    x = torch.randn(3, 6, 5, 4, dtype=torch.float64, requires_grad=True)
    y = lrn(make, (3, 6, 5, 4), local_size=size, alpha=0.5, beta=beta, k=1.5)(x)
    want = torch.nn.functional.local_response_norm(x, size, 0.5, float(torch.tensor(beta)), 1.5)
    assert torch.allclose(y, want)
    out = torch.randn_like(y)
    assert torch.allclose(*(torch.autograd.grad(v, x, out)[0] for v in (y, want)))


@pytest.mark.parametrize("beta", [0.75, 0.5, 0.6])
@pytest.mark.parametrize("region", [0, WITHIN])
def test_second_derivatives_agree_with_finite_differences(make, beta, region):
    layer = lrn(make, (2, 4, 2, 2), local_size=3, alpha=0.5, beta=beta, k=1.5, norm_region=region)
    x = torch.randn(2, 4, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(layer, x)


@pytest.mark.parametrize("region", [0, WITHIN])
def test_compiled_and_exported_layers_give_the_same_values(make, region):
    x = torch.randn(2, 6, 5, 4, requires_grad=True)
    layer = lrn(make, (2, 6, 5, 4), alpha=0.5, norm_region=region)
    y = layer(x)
    gradient = torch.autograd.grad(y.sum(), x)[0]
    compiled = torch.compile(layer, backend="aot_eager", fullgraph=True)
    assert torch.allclose(compiled(x), y)
    assert torch.allclose(torch.autograd.grad(compiled(x).sum(), x)[0], gradient, atol=1e-6)
    exported = torch.export.export(layer, (x.detach(),)).module()
    assert torch.allclose(exported(x), y)


def test_precision_is_unaffected_by_distant_large_channels(make):
    x = torch.ones(1, 64, 1, 1)
    x[0, 0] = 1e6
    y = lrn(make, (1, 64, 1, 1), local_size=5, alpha=5, beta=1)(x)
    assert y[0, 10:60].flatten().tolist() == pytest.approx([1 / 6] * 50)


@pytest.mark.parametrize("shape", [(2, 5), (2, 5, 3), (2, 5, 2, 2, 2)])
def test_across_channels_for_any_number_of_axes(make, shape):
    x = torch.randn(shape)
    y = lrn(make, shape, local_size=3)(x)
    assert torch.allclose(y[1], lrn(make, shape, local_size=3)(x[1:])[0])
    assert y.shape == shape


def test_faults(make):
    with pytest.raises(LayerFault, match="must be odd: got 4") as caught:
        lrn(make, (1, 4, 2, 2), local_size=4)
    assert caught.value.field == "lrn_param.local_size"
    with pytest.raises(LayerFault, match=r"\(1, 4, 2\); LRN takes 4 axes"):
        lrn(make, (1, 4, 2), norm_region=WITHIN)
    with pytest.raises(LayerFault, match="LRN takes 4 axes"):
        lrn(make, (4,))
