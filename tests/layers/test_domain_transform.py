from __future__ import annotations

import math

import pytest
import torch

from layerzoo.errors import DataError, LayerFault


def weights(edges, spatial, spread, iterations, smallest, iteration):
    sigma = spatial * math.sqrt(3) * 2 ** (iterations - iteration - 1) / math.sqrt(4**iterations - 1)
    return [
        min(1, max(smallest, math.exp(-math.sqrt(2) / sigma * (1 + e * spatial / spread)))) for e in edges
    ]


def test_a_row_is_filtered_forwards_then_backwards(make):
    x, edges = [1.0, 5, 2], [0.0, 3, 0]
    layer = make(
        "DomainTransform", (1, 1, 1, 3), (1, 1, 1, 3), (1, 2, 1, 1), domain_transform_param={"num_iter": 2}
    )
    y = list(x)
    for iteration in range(2):
        w = weights(edges, 50, 5, 2, 0, iteration)
        for i in (1, 2):
            y[i] += w[i] * (y[i - 1] - y[i])
        for i in (1, 0):
            y[i] += w[i + 1] * (y[i + 1] - y[i])
    top = layer(
        torch.tensor(x).view(1, 1, 1, 3),
        torch.tensor(edges).view(1, 1, 1, 3),
        torch.tensor([1.0, 3]).view(1, 2, 1, 1),
    )
    assert top.flatten().tolist() == pytest.approx(y, rel=1e-5)


def test_what_is_outside_of_the_given_size_stays(make):
    layer = make("DomainTransform", (1, 1, 3, 3), (1, 1, 3, 3), (1, 2, 1, 1))
    x = torch.arange(9.0).view(1, 1, 3, 3)
    y = layer(x, torch.zeros_like(x), torch.tensor([2.0, 2]).view(1, 2, 1, 1))
    assert torch.equal(y[..., 2], x[..., 2])
    assert torch.equal(y[..., 2, :], x[..., 2, :])
    assert not torch.allclose(y[..., :2, :2], x[..., :2, :2])


def test_a_size_above_the_bottom_is_an_error(make):
    layer = make("DomainTransform", (1, 1, 2, 2), (1, 1, 2, 2), (1, 2, 1, 1))
    x = torch.zeros(1, 1, 2, 2)
    with pytest.raises(DataError, match="a size of"):
        layer(x, x, torch.tensor([3.0, 2]).view(1, 2, 1, 1))


@pytest.mark.parametrize(
    "fields", [{"num_iter": 0}, {"spatial_sigma": 0}, {"range_sigma": -1}, {"min_weight": -1}]
)
def test_values_out_of_range_are_refused(shapes, fields):
    with pytest.raises(LayerFault):
        shapes("DomainTransform", (1, 1, 2, 2), (1, 1, 2, 2), (1, 2, 1, 1), domain_transform_param=fields)


def test_bottoms_of_other_shapes_are_refused(shapes):
    with pytest.raises(LayerFault, match="expected"):
        shapes("DomainTransform", (1, 2, 2, 2), (1, 2, 2, 2), (1, 2, 1, 1))
    with pytest.raises(LayerFault, match="sizes of shape"):
        shapes("DomainTransform", (1, 2, 2, 2), (1, 1, 2, 2), (1, 1, 1, 1))
