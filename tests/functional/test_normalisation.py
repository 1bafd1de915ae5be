from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from google.protobuf import text_format

from layerzoo.functional.normalisation import (
    batch_statistics,
    by_statistics,
    joint_statistics,
    normalised,
    replaced,
)
from layerzoo.layer import LAYERS
from layerzoo.schema import TRAIN, LayerParameter

X = torch.tensor([[1.0, 10], [3, 30]])


def test_batch_statistics_are_mean_and_biased_variance():
    y, mean, variance = batch_statistics(X, torch.tensor([1.0, 2]), torch.tensor([0.0, 1]), 0)
    assert y.flatten().tolist() == pytest.approx([-1, -1, 1, 3])
    assert (mean.tolist(), variance.tolist()) == ([2, 20], [1, 100])


def test_one_value_per_channel_becomes_the_bias():
    y, mean, variance = batch_statistics(X[:1], torch.ones(2), torch.tensor([5.0, 6]), 0.1)
    assert (y.tolist(), mean.tolist(), variance.tolist()) == ([[5, 6]], [1, 10], [0, 0])


def test_normalised_by_given_numbers():
    y = normalised(X, torch.tensor([1.0, 0]), torch.tensor([2.0, 0.1]), torch.tensor([3.0, 1]), torch.ones(2))
    assert y.flatten().tolist() == pytest.approx([1, 2, 13, 4])


class ChosenRows(torch.nn.Module):
    """Normalises the rows that are above 0, of which a trace doesn't know the number."""

    def __init__(self, affine):
        super().__init__()
        self.affine = affine

    def forward(self, x):
        chosen = x[x[:, 0] > 0]
        mean, variance = torch.tensor([1.0, 20]), torch.tensor([4.0, 100])
        return by_statistics(chosen, mean, variance, *self.affine, 0.5)


@pytest.mark.parametrize("affine", [(None, None), (torch.tensor([3.0, 1]), torch.tensor([1.0, 2]))])
def test_by_statistics_is_traced_for_any_number_of_rows(affine):
    net = ChosenRows(affine)
    program = torch.export.export(net, (X,)).module()
    expected = (X - torch.tensor([1.0, 20])) / torch.tensor([4.5, 100.5]).sqrt()
    if affine[0] is not None:
        expected = expected * affine[0] + affine[1]
    for x, rows in ((X, expected), (-X, expected[:0]), (X * torch.tensor([[1.0], [-1]]), expected[:1])):
        torch.testing.assert_close(net(x), rows)
        torch.testing.assert_close(program(x), rows)


def test_replaced_stores_the_value_and_keeps_the_gradient():
    param = torch.nn.Parameter(torch.tensor([1.0, 5]))
    (replaced(param, param.clamp(max=2)) * torch.tensor([10.0, 20])).sum().backward()
    assert param.tolist() == [1, 2]
    assert param.grad.tolist() == [10, 20]


class Joint:
    """Two passes in threads of a process, which add up what both give, as `joint_sum` does over processes."""

    def __init__(self):
        self.barrier = threading.Barrier(2, timeout=20)
        self.given = [None, None]

    def of(self, rank):
        def joint(value):
            self.given[rank] = value
            self.barrier.wait()
            total = self.given[0] + self.given[1]
            self.barrier.wait()
            return total

        return joint

    def run(self, call):
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(lambda rank: call(rank, self.of(rank)), (0, 1)))


NORMALISING = {
    "BatchNorm": "batch_norm_param { moving_average_fraction: 0.9 eps: 0.01 }",
    "BatchNorm with scale_bias": "batch_norm_param { scale_bias: true scale_filler { value: 3 } }",
    "BatchNorm in part": "batch_norm_param { disable_variance: true }",
    "BN": "bn_param { slope_filler { value: 2 } bias_filler { value: 1 } dialect: CAFFE_WINDOWS }",
    "BN of SegNet": "bn_param { scale_filler { value: 2 } bn_mode: LEARN }",
    "CuDNNBatchNorm": "batch_norm_param { momentum: 0.9 }",
}


@pytest.mark.parametrize("kind", NORMALISING)
def test_joint_statistics_of_two_parts_are_those_of_the_whole(kind):
    """Of 5 and of 2 items: values, gradients, second derivatives, and the running statistics."""
    x = torch.randn(7, 3, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    weights = torch.randn(7, 3, 4, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    parts = [slice(0, 5), slice(5, 7)]

    def built():
        text = f'name: "l" type: "{kind.split()[0]}" {NORMALISING[kind]}'
        param = text_format.Parse(text, LayerParameter(phase=TRAIN))
        layer = LAYERS[param.type](param, [(7, 3, 4)])
        layer.fill_params(1)
        return layer.double()

    def of_both(layers, rows, joints):
        blobs = [x[part].clone().requires_grad_() for part in rows]

        def forward(rank, joint):
            layers[rank].clock.joint_sum = joint
            return layers[rank](blobs[rank])

        tops = joints(forward)
        total = sum((top.sin() * weights[part]).sum() for top, part in zip(tops, rows, strict=True))
        slopes = torch.autograd.grad(total, blobs, create_graph=True)
        curves = torch.autograd.grad(sum((slope**3).sum() for slope in slopes), blobs)
        return [torch.cat(each) for each in (tops, slopes, curves)]

    whole, split = built(), [built(), built()]
    expected = of_both([whole], [slice(0, 7)], lambda forward: [forward(0, None)])
    for own, other in zip(of_both(split, parts, Joint().run), expected, strict=True):
        torch.testing.assert_close(own, other)
    for layer in split:
        for blob, other in zip(layer.blobs, whole.blobs, strict=True):
            torch.testing.assert_close(blob, other)


def test_joint_statistics_of_sixteen_bits_are_those_of_fp32():
    x = torch.randn(6, 3, generator=torch.Generator().manual_seed(1)).bfloat16()
    expected, mean, variance = joint_statistics(x.float(), None, None, 1e-5, lambda total: total)
    y, *statistics = joint_statistics(x, None, None, 1e-5, lambda total: total)
    assert y.dtype == torch.bfloat16
    assert torch.equal(y, expected.bfloat16())
    assert torch.equal(torch.stack(statistics), torch.stack([mean, variance]))
