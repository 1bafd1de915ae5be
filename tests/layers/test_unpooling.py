from __future__ import annotations

import pytest
import torch

from layerzoo.errors import DataError, LayerFault
from layerzoo.export import export_python
from layerzoo.loader import parse_net
from layerzoo.net import Net

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 2 dim: 2 dim: 5 dim: 4 } data_filler { type: "uniform" min: -1 max: 1 } }
}
layer {
  name: "p" type: "Pooling" bottom: "x" top: "p" top: "mask" pooling_param { kernel_size: 3 stride: 2 }
}
layer { name: "mask" type: "Unpooling" bottom: "p" bottom: "mask" bottom: "x" top: "a"
  pooling_param { kernel_size: 3 stride: 2 } }
layer { name: "nearest" type: "Unpooling" bottom: "p" top: "b"
  unpooling_param { method: NEAREST size: 5 size: 4 } pooling_param { kernel_size: 3 stride: 2 } }
layer { name: "ave" type: "Unpooling" bottom: "p" bottom: "x" top: "c"
  unpooling_param { method: AVE } pooling_param { kernel_size: 3 stride: 2 } }
layer { name: "first" type: "Unpooling" bottom: "p" top: "d"
  unpooling_param { method: FIRST } pooling_param { kernel_size: 3 stride: 2 } }
"""
WINDOW = {"kernel_size": 2, "stride": 2}


def unpooling(make, *bottoms, pooling=None, **fields):
    return make("Unpooling", *bottoms, unpooling_param=fields, pooling_param=pooling or WINDOW)


def test_mask_of_pooling_puts_maxima_back(make):
    x = torch.tensor([[1.0, 9, 3, 4, 2], [5, 6, 7, 8, 1], [0, 1, 3, 2, 5]]).view(1, 1, 3, 5)
    pooled, mask = make("Pooling", x.shape, top=["p", "m"], pooling_param=WINDOW)(x)
    top = unpooling(make, (1, 1, 2, 3), (1, 1, 2, 3), x.shape)(pooled, mask, x)
    assert top[0, 0].tolist() == [[0, 9, 0, 0, 2], [0, 0, 0, 8, 0], [0, 1, 3, 0, 5]]


@pytest.mark.parametrize("axes", [1, 3])
def test_mask_over_other_numbers_of_axes(make, axes):
    x = torch.randn(2, 3, *[6] * axes)
    pooled, mask = make("Pooling", x.shape, top=["p", "m"], pooling_param=WINDOW)(x)
    top = unpooling(make, pooled.shape, mask.shape, size=[6])(pooled, mask)
    torch.testing.assert_close(top.sum(), pooled.sum())
    assert torch.equal(top[top != 0], x[top != 0])
    assert (top != 0).sum() == pooled.numel()


def test_value_that_another_replaced_gets_no_gradient(make):
    x = torch.tensor([[[1.0, 2, 3]]], requires_grad=True)
    layer = unpooling(make, (1, 1, 3), (1, 1, 3), pooling={"kernel_size": 2})
    top = layer(x, torch.tensor([[[1.0, 1, 2]]]))
    assert top.tolist() == [[[0, 2, 3, 0]]]
    (top * torch.tensor([1.0, 10, 100, 1000])).sum().backward()
    assert x.grad.tolist() == [[[0, 10, 100]]]


def test_value_of_a_window_outside_the_image_is_lost(make):
    fields = {"kernel_size": 1, "stride": 3}
    x = torch.tensor([[[5.0, 6, 7]]])
    pooled, mask = make("Pooling", x.shape, top=["p", "m"], pooling_param=fields)(x)
    assert mask.tolist() == [[[0, -1]]]
    top = unpooling(make, pooled.shape, mask.shape, x.shape, pooling=fields)(pooled, mask, x)
    assert top.tolist() == [[[5, 0, 0]]]


def test_index_out_of_range_is_an_error_of_the_data(make):
    layer = unpooling(make, (1, 1, 2), (1, 1, 2))
    with pytest.raises(DataError, match="layer 'l': index 4 is out of range; 0 to 3 exist"):
        layer(torch.ones(1, 1, 2), torch.tensor([[[0.0, 4]]]))


def test_methods_without_a_mask_by_hand(make):
    x = torch.tensor([[[[1.0, 2]]]])
    by_method = {
        "NEAREST": [[1, 1, 2, 2], [1, 1, 2, 2]],
        "AVE": [[0.25, 0.25, 0.5, 0.5], [0.25, 0.25, 0.5, 0.5]],
        "FIRST": [[1, 0, 2, 0], [0, 0, 0, 0]],
    }
    for method, expected in by_method.items():
        assert unpooling(make, (1, 1, 1, 2), method=method)(x)[0, 0].tolist() == expected


@pytest.mark.parametrize("pool", ["AVE", "AVE_EXC_PAD"])
def test_ave_is_the_gradient_of_pooling(make, pool):
    pooling = {"pool": pool, "kernel_size": 3, "stride": 2, "pad": 1}
    x = torch.zeros(2, 3, 6, 7, requires_grad=True)
    pooled = make("Pooling", x.shape, pooling_param=pooling)(x)
    values = torch.randn(pooled.shape)
    pooled.backward(values)
    layer = unpooling(make, pooled.shape, x.shape, pooling=pooling, method="AVE")
    torch.testing.assert_close(layer(values, x), x.grad)


@pytest.mark.parametrize("method", ["NEAREST", "AVE", "FIRST"])
def test_global_pooling_is_undone_at_a_given_size(make, method):
    layer = unpooling(make, (1, 1, 1, 1), pooling={"global_pooling": True}, method=method, size=[2, 3])
    top = layer(torch.full((1, 1, 1, 1), 6.0))[0, 0]
    expected = {"NEAREST": torch.full((2, 3), 6.0), "AVE": torch.ones(2, 3), "FIRST": torch.zeros(2, 3)}[
        method
    ]
    if method == "FIRST":
        expected[0, 0] = 6
    torch.testing.assert_close(top, expected)


def test_size_is_that_of_the_windows_by_default(shapes):
    fields = {"method": "FIRST"}
    pooling = {"kernel_size": 3, "stride": 2, "pad": 1}
    assert shapes("Unpooling", (1, 2, 3, 4), unpooling_param=fields, pooling_param=pooling) == [(1, 2, 5, 7)]


@pytest.mark.parametrize(
    ("bottoms", "fields", "message", "field", "bottom"),
    [
        (1, {}, "method MASK without a mask", "unpooling_param.method", None),
        (3, {"method": "AVE"}, "3 bottoms with method AVE", None, 2),
        (2, {"method": "AVE", "size": [6]}, "both size and a bottom", "unpooling_param.size", None),
        (1, {"method": "AVE", "size": [9]}, "makes 5 x 5 of 9 x 9, not 3 x 3", "unpooling_param.size", None),
        (1, {"method": "AVE", "size": [1]}, "makes 1 x 1 of 1 x 1", "unpooling_param.size", None),
        (1, {"method": "AVE", "size": [6, 0]}, r"size \[6, 0\] for 2", "unpooling_param.size", None),
        (2, {"method": "AVE"}, "makes 2 x 2 of 3 x 3, not 3 x 3", None, 1),
    ],
)
def test_settings_that_contradict_are_refused(shapes, bottoms, fields, message, field, bottom):
    pooling = {"kernel_size": 2, "stride": 2}
    with pytest.raises(LayerFault, match=message) as caught:
        shapes("Unpooling", *[(1, 1, 3, 3)] * bottoms, unpooling_param=fields, pooling_param=pooling)
    assert (caught.value.field, caught.value.bottom) == (field, bottom)


@pytest.mark.parametrize(
    ("pooling", "fields", "message"),
    [
        ({"pool": "AVE", "kernel_size": 2}, {}, "method MASK for a pooling of type AVE"),
        ({"global_pooling": True}, {"method": "AVE"}, "global pooling doesn't say the size"),
        ({"kernel_size": 2, "round_mode": "FLOOR"}, {"method": "AVE", "size": [1]}, "makes nothing of 1 x 1"),
    ],
)
def test_poolings_that_do_not_fit_are_refused(shapes, pooling, fields, message):
    bottoms = [(1, 1, 1, 1)] * (1 if fields else 2)
    with pytest.raises(LayerFault, match=message):
        shapes("Unpooling", *bottoms, unpooling_param=fields, pooling_param=pooling)


@pytest.mark.parametrize("method", ["MASK", "NEAREST", "AVE", "FIRST"])
@pytest.mark.parametrize(
    "pooling", ["kernel_size: 2 stride: 2", "kernel_size: 3 stride: 2 pad: 1", "stride: 3 kernel_size: 2"]
)
def test_python_source_agrees(tmp_path, method, pooling):
    mask = 'bottom: "m"' if method == "MASK" else ""
    text = f"""
    layer {{ name: "x" type: "Input" top: "x" top: "m"
      input_param {{ shape {{ dim: 2 dim: 2 dim: 3 dim: 2 }} }} }}
    layer {{ name: "y" type: "Unpooling" bottom: "x" {mask} top: "y"
      unpooling_param {{ method: {method} }} pooling_param {{ {pooling} }} }}
    """
    assert export_python(Net(parse_net(text).message, "TEST"), tmp_path / "net.py") < 1e-6
