from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import LAYERS
from layerzoo.schema import TEST, TRAIN, LayerParameter, PoolingParameter

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 2 dim: 2 dim: 5 dim: 4 } data_filler { type: "uniform" min: 1 max: 2 } }
}
layer {
  name: "drawn" type: "Pooling" bottom: "x" top: "drawn"
  pooling_param { pool: STOCHASTIC kernel_size: 3 stride: 2 }
}
layer {
  name: "padded" type: "Pooling" bottom: "x" top: "padded"
  pooling_param { pool: AVE kernel_shape: [3, 2] pad_shape: [2, 1] }
}
layer { name: "apart" type: "Pooling" bottom: "x" top: "apart" pooling_param { kernel_size: 1 stride: 3 } }
"""

MAX, AVE, STOCHASTIC = PoolingParameter.MAX, PoolingParameter.AVE, PoolingParameter.STOCHASTIC
LOWEST = torch.finfo(torch.float32).min


def pool(make, x, phase=TRAIN, top=("y",), **fields):
    layer = make("Pooling", tuple(x.shape), phase=phase, top=list(top), pooling_param=fields)
    y = layer(x)
    kind = type(layer)
    tops = y if isinstance(y, tuple) else (y,)
    assert [tuple(t.shape) for t in tops] == kind.top_shapes(layer.param, [tuple(x.shape)])
    return y


def row(*values):
    return torch.tensor(values, dtype=torch.float32).reshape(1, 1, 1, -1)


def column(*values):
    return torch.tensor(values, dtype=torch.float32).reshape(1, 1, -1)


def test_max_rounds_up(make):
    y = pool(make, row(1, 5, 2, 4, 3, 0), kernel_h=1, kernel_w=3, stride_h=1, stride_w=2)
    assert y.flatten().tolist() == [5, 4, 3]  # 1 5 2, 2 4 3, 3 0


def test_floor_round_mode_drops_partial_windows(make):
    y = pool(make, column(1, 5, 2, 4, 3, 0), kernel_size=3, stride=2, round_mode=PoolingParameter.FLOOR)
    assert y.flatten().tolist() == [5, 4]


def test_max_ignores_padding(make):
    assert pool(make, column(-3, -2, -1), kernel_size=2, pad=1).flatten().tolist() == [-3, -2, -1, -1]


def test_mean_counts_padding_but_nothing_beyond(make):
    # kernel 3, stride 2 over 0 | 3 6 9 12 | 0: 0 3 6, 6 9 12, and 12 0 cut at the end of the pad
    y = pool(make, column(3, 6, 9, 12), pool=AVE, kernel_size=3, stride=2, pad=1)
    assert y.flatten().tolist() == [3, 9, 6]


def test_last_window_starting_in_padding_is_dropped(make):
    # 0 | 1 2 | 0 has windows 0 1 and 2 0, no third; without pad a partial last window is kept
    assert pool(make, column(1, 2), kernel_size=2, stride=2, pad=1).flatten().tolist() == [1, 2]
    assert pool(make, column(1, 2, 3), kernel_size=2, stride=2).flatten().tolist() == [2, 3]


def test_padding_along_one_axis_drops_last_windows_along_all(make):
    # width 5, stride 3, kernel 1: starts at 0, 3 and, rounded up, 6; only the height is padded
    y = pool(make, torch.ones(1, 1, 3, 5), kernel_h=2, kernel_w=1, stride_h=1, stride_w=3, pad_h=1, pad_w=0)
    assert y.shape == (1, 1, 4, 2)


def test_windows_outside_the_bottom_are_lowest_or_zero(make):
    # windows start at 0, 2 and 4; there are 4 elements
    x = column(1, 2, 3, 4)
    assert pool(make, x, kernel_size=1, stride=2).flatten().tolist() == [1, 3, LOWEST]
    assert pool(make, x, pool=AVE, kernel_size=1, stride=2).flatten().tolist() == [1, 3, 0]
    y, mask = pool(make, x, top=("y", "mask"), kernel_size=1, stride=2)
    assert y.flatten().tolist() == [1, 3, LOWEST]
    assert mask.flatten().tolist() == [0, 2, -1]


def test_windows_outside_the_bottom_cause_a_warning(make):
    def warnings(size, **fields):
        layer = make("Pooling", (1, 1, size, size), pooling_param=fields)
        return type(layer).check(layer.param, [(1, 1, size, size)])

    (warning,) = warnings(4, kernel_size=1, stride=2)
    assert warning.startswith("the last window lies outside the bottom (1, 1, 4, 4)")
    assert warnings(5, kernel_size=1, stride=2) == []
    assert warnings(4, kernel_size=1, stride=2, round_mode=PoolingParameter.FLOOR) == []
    assert warnings(4, kernel_size=2, stride=2) == []


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("kernel", [2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 4])
@pytest.mark.parametrize("pad", [0, 1, 2, 4])
@pytest.mark.parametrize("size", [4, 5, 7])
def test_values_agree_with_loop(make, axes, kernel, stride, pad, size):
    if pad >= kernel:
        with pytest.raises(LayerFault, match="as large as the kernel"):
            pool(make, torch.ones(1, 1, *[size] * axes), kernel_size=kernel, pad=pad)
        return
    if size + 2 * pad + stride <= kernel:
        with pytest.raises(LayerFault, match="doesn't fit"):
            pool(make, torch.ones(1, 1, *[size] * axes), kernel_size=kernel, stride=stride, pad=pad)
        return
    line = torch.randn(size, generator=torch.Generator().manual_seed(size))
    most, mean, place = [], [], []
    count = -(-(size + 2 * pad - kernel) // stride) + 1
    if pad and (count - 1) * stride >= size + pad:
        count -= 1
    for i in range(count):
        start = i * stride - pad
        end = min(start + kernel, size + pad)
        inside = [j for j in range(start, end) if 0 <= j < size]
        most.append(max((line[j].item() for j in inside), default=LOWEST))
        place.append(max(inside, key=lambda j: line[j], default=-1))
        mean.append(sum(line[j].item() for j in inside) / max(1, end - start))
    # vary the values along one axis, repeat them along the others
    x = line.expand(1, 1, *[size] * axes)
    got = pool(make, x, pool=MAX, kernel_size=kernel, stride=stride, pad=pad)
    assert got.shape == (1, 1, *[count] * axes)
    assert got.flatten()[:count].tolist() == pytest.approx(most)
    masked, mask = pool(make, x, top=("y", "m"), pool=MAX, kernel_size=kernel, stride=stride, pad=pad)
    assert torch.equal(masked, got)
    assert mask.flatten()[:count].tolist() == place
    along = pool(make, line.reshape(1, 1, -1), pool=AVE, kernel_size=kernel, stride=stride, pad=pad)
    assert along.flatten().tolist() == pytest.approx(mean, abs=1e-6)


def test_mask_with_pad_over_half_the_kernel(make):
    x = torch.arange(12.0).reshape(1, 1, 3, 4)
    y, mask = pool(make, x, top=("y", "m"), kernel_size=3, stride=2, pad=2)
    assert torch.equal(y, mask)  # each value equals its index
    assert y[0, 0].tolist() == [[0, 2, 3], [8, 10, 11], [8, 10, 11]]


def test_first_of_equal_maxima_gets_the_gradient(make):
    x = torch.zeros(1, 1, 2, 2, requires_grad=True)
    pool(make, x, global_pooling=True).backward()
    assert x.grad.flatten().tolist() == [1, 0, 0, 0]


def test_global_pooling_covers_the_whole_image(make):
    layer = make("Pooling", (1, 1, 2, 2), pooling_param={"pool": AVE, "global_pooling": True})
    assert layer(torch.arange(6.0).reshape(1, 1, 2, 3)).tolist() == [[[[2.5]]]]


def test_stochastic_test_phase_weights_by_value(make):
    y = pool(make, column(1, 3, 0, 0, 2), TEST, pool=STOCHASTIC, kernel_size=2, stride=2)
    assert y.flatten().tolist() == [10 / 4, 0, 2]


def test_stochastic_train_phase_draws_by_value(make):
    x = torch.tensor([1.0, 3]).repeat(20_000).reshape(1, 1, -1)
    y = pool(make, x, pool=STOCHASTIC, kernel_size=2, stride=2)
    assert set(y.flatten().tolist()) == {1, 3}
    assert (y == 3).double().mean().item() == pytest.approx(0.75, abs=0.015)  # five standard deviations


def test_stochastic_gradient_reaches_only_drawn_values(make):
    x = torch.rand(2, 3, 6, 6) + 0.1
    x.requires_grad_()
    y = pool(make, x, pool=STOCHASTIC, kernel_size=2, stride=2)
    y.sum().backward()
    assert x.grad.sum() == y.numel()
    assert torch.equal((x * x.grad).sum(), y.sum()) or (x * x.grad).sum().item() == pytest.approx(
        y.sum().item()
    )


def test_stochastic_never_draws_a_zero(make):
    x = torch.tensor([0.0, 0, 5, 0] * 500).reshape(1, 1, -1)
    assert pool(make, x, pool=STOCHASTIC, kernel_size=4, stride=4).unique().tolist() == [5]


def test_kernel_shape_is_per_axis(make):
    x = torch.arange(24.0).reshape(1, 1, 2, 3, 4)
    y = pool(make, x, kernel_shape=[1, 3, 2], stride_shape=[1, 1, 2], pad_shape=[0, 0, 0])
    assert y.flatten().tolist() == [9, 11, 21, 23]


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({}, "kernel_size", "kernel_size is missing"),
        ({"kernel_size": 0}, "kernel_size", "must be at least 1"),
        ({"kernel_h": 2}, "kernel_size", "got 2 x 0"),
        ({"kernel_size": 2, "stride": 0}, "stride", "must be at least 1"),
        ({"kernel_size": 2, "kernel_h": 2, "kernel_w": 2}, "kernel_size", "both kernel_size and kernel_h"),
        ({"kernel_size": 2, "kernel_shape": [2, 2]}, "kernel_shape", "both kernel_size and kernel_shape"),
        ({"kernel_shape": [2, 2, 2]}, "kernel_size", "3 numbers; the bottom has 2"),
        ({"kernel_size": 2, "pad": 2}, "pad", "as large as the kernel"),
        ({"kernel_size": 3, "pad": 1, "pool": STOCHASTIC}, "pad", "takes no pad"),
        ({"kernel_size": 9}, "kernel_size", "9 x 9 doesn't fit into a bottom of 4 x 4"),
        ({"global_pooling": True, "kernel_size": 2}, "kernel_size", "takes no kernel"),
        ({"global_pooling": True, "pad": 1}, "global_pooling", "takes no pad"),
    ],
)
def test_faults(make, fields, field, message):
    with pytest.raises(LayerFault, match=message) as caught:
        make("Pooling", (1, 1, 4, 4), pooling_param=fields)
    assert caught.value.field == f"pooling_param.{field}"


@pytest.mark.parametrize("shape", [(3, 4), (1, 1, 2, 2, 2, 2)])
def test_number_of_axes_is_checked(make, shape):
    with pytest.raises(LayerFault, match="can't be pooled") as caught:
        make("Pooling", shape, pooling_param={"kernel_size": 2})
    assert caught.value.bottom == 0


def test_mask_requires_max_pooling(make):
    with pytest.raises(LayerFault, match="AVE pooling has one top"):
        make("Pooling", (1, 1, 4, 4), top=["y", "m"], pooling_param={"pool": AVE, "kernel_size": 2})


def test_kernel_may_exceed_image_by_less_than_a_stride(make):
    assert pool(make, column(1, 3), pool=AVE, kernel_size=3, stride=2).flatten().tolist() == [2]


def test_stride_that_puts_windows_far_outside_is_a_fault() -> None:
    param = LayerParameter(type="Pooling", bottom=["x"], top=["y"])
    param.pooling_param.kernel_size, param.pooling_param.stride = 2, 2**31 - 1
    with pytest.raises(LayerFault, match="far outside the bottom") as raised:
        LAYERS["Pooling"].check(param, [(1, 1, 4, 4)])
    assert raised.value.field == "pooling_param.stride"
