from __future__ import annotations

import pytest
import torch
from torch.autograd import gradcheck

from layerzoo.errors import LayerFault

THREE = 'type: "Slice" top: "a" top: "b" top: "c" '
X = torch.arange(12.0).reshape(2, 6)


def test_tops_are_equal_pieces_by_default(make):
    a, b, c = make(THREE, (2, 6))(X)
    assert a.tolist() == [[0.0, 1.0], [6.0, 7.0]]
    assert b.tolist() == [[2.0, 3.0], [8.0, 9.0]]
    assert c.tolist() == [[4.0, 5.0], [10.0, 11.0]]


def test_slice_points_divide_the_axis(make):
    a, b, c = make(THREE + "slice_param { slice_point: 1 slice_point: 4 }", (2, 6))(X)
    assert [t.shape[1] for t in (a, b, c)] == [1, 3, 2]
    assert b.tolist() == [[1.0, 2.0, 3.0], [7.0, 8.0, 9.0]]


def test_slice_dim_works_for_another_batch_size(make):
    layer = make('type: "Slice" top: "a" top: "b" slice_param { slice_dim: 0 }', (2, 6))
    a, b = layer(torch.arange(4.0).reshape(4, 1))
    assert a.tolist() == [[0.0], [1.0]]
    assert b.tolist() == [[2.0], [3.0]]


def test_single_top_is_the_bottom(make):
    assert make('type: "Slice" top: "a"', (2, 6))(X).equal(X)


def test_gradient(make):
    x = torch.randn(2, 3, 6, dtype=torch.float64, requires_grad=True)
    layer = make(THREE + "slice_param { axis: -1 slice_point: 1 slice_point: 2 }", (2, 3, 6))
    assert gradcheck(layer, (x,))


def test_shapes(shapes):
    assert shapes(THREE, (2, 6)) == [(2, 2)] * 3
    assert shapes(THREE + "slice_param { slice_point: 1 slice_point: 4 }", (2, 6)) == [(2, 1), (2, 3), (2, 2)]
    with pytest.raises(LayerFault, match=r"axis 1 of a bottom of shape \(2, 7\) doesn't divide into 3 equal"):
        shapes(THREE, (2, 7))
    with pytest.raises(LayerFault, match="1 slice points for 3 tops; expected 2"):
        shapes(THREE + "slice_param { slice_point: 1 }", (2, 6))
    for points in ("slice_point: 4 slice_point: 4", "slice_point: 2 slice_point: 6"):
        with pytest.raises(LayerFault, match="they must increase, between 1 and 5"):
            shapes(THREE + "slice_param { " + points + " }", (2, 6))
    with pytest.raises(LayerFault, match="axis and slice_dim are both given"):
        shapes(THREE + "slice_param { axis: 1 slice_dim: 1 }", (2, 6))
