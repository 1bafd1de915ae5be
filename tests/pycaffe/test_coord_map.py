from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from layerzoo.pycaffe import NetSpec
from layerzoo.pycaffe import layers as L
from layerzoo.pycaffe.coord_map import (
    AxisMismatchException,
    CoordMap,
    compose,
    coord_map_from_to,
    crop,
    inverse,
)


def _spec(kernel: Any = 3, stride: Any = 1, pad: Any = 0, pool: Any = 2, up: Any = 2, up_pad: Any = 0) -> Any:
    n = NetSpec()
    n.data, n.aux = L.Input(shape={"dim": [2, 1, 100, 100]}), L.Input(shape={"dim": [2, 1, 20, 20]})
    n.conv = L.Convolution(n.data, num_output=10, kernel_size=kernel, stride=stride, pad=pad)
    n.pool = L.Pooling(n.conv, kernel_size=pool, stride=pool, pad=0)
    n.up = L.Deconvolution(n.pool, num_output=10, kernel_size=2 * np.array(up), stride=up, pad=up_pad)
    return n


@pytest.mark.parametrize(
    ("more", "offset"),
    [({}, 0), ({"pool": 4, "up": 4}, -1), ({"pad": 7}, -7), ({"up_pad": 7}, 7), ({"pad": 7, "up_pad": 7}, 0)],
)
def test_coord_map_from_to_over_conv_pool_and_deconv(more: dict[str, int], offset: int) -> None:
    n = _spec(**more)
    axis, scale, shift = coord_map_from_to(n.up, n.data)
    assert (axis, scale, shift) == (1, 1, offset)


def test_coord_map_from_to_ignores_layers_without_geometry() -> None:
    n = _spec()
    n.relu = L.ReLU(n.up)
    n.one = L.Convolution(n.relu, num_output=10, kernel_size=1, stride=1, pad=0)
    for top in (n.relu, n.one):
        assert coord_map_from_to(top, n.data) == coord_map_from_to(n.up, n.data)


def test_coord_map_from_to_treats_axes_separately() -> None:
    n3, n5, both = (
        _spec(kernel, stride, pad)
        for kernel, stride, pad in [(3, 1, 0), (5, 2, 10), ([3, 5], [1, 2], [0, 10])]
    )
    _, scale, offset = coord_map_from_to(both.up, both.data)
    for index, single in enumerate((n3, n5)):
        _, a, b = coord_map_from_to(single.up, single.data)
        assert (scale[index], offset[index]) == (a, b)


def test_coord_map_from_to_reads_the_pad_in_front() -> None:
    n = _spec(pad=7)
    n.sides = L.Convolution(n.data, num_output=10, kernel_size=3, pad_begin=7, pad_end=2)
    assert coord_map_from_to(n.sides, n.data) == coord_map_from_to(n.conv, n.data)
    n.causal = L.Convolution(n.data, num_output=10, kernel_size=3, causal=True)
    with pytest.raises(AssertionError, match="pads of sides"):
        coord_map_from_to(n.causal, n.data)


def test_coord_map_from_to_with_three_axes() -> None:
    n = NetSpec()
    n.data = L.Input(shape={"dim": [2, 3, 100, 100, 100]})
    n.conv = L.Convolution(n.data, kernel_size=[3, 3, 3], stride=[1, 1, 1], pad=[0, 1, 2])
    n.pool = L.Pooling(n.conv, kernel_size=2, stride=2, pad=0)
    n.up = L.Deconvolution(n.pool, kernel_size=4, stride=2, pad=0)
    axis, scale, offset = coord_map_from_to(n.up, n.data)
    assert axis == 1
    assert (scale == 1).all()
    assert offset[0] - 1 == offset[1] == offset[2] + 1


def test_crop_has_the_offset_that_aligns_the_tops() -> None:
    n = _spec(pad=3)
    layer = crop(n.up, n.data).fn
    assert layer.params["crop_param"] == {"axis": 2, "offset": [3]}
    n.crop = L.Crop(n.up, n.data, axis=2, offset=5)
    axis, scale, offset = coord_map_from_to(n.crop, n.data)
    assert (axis, scale, offset) == (1, 1, -3 + 5)


def test_coord_map_from_to_with_several_bottoms_and_tops() -> None:
    n = _spec()
    n.a, n.b = L.Convolution(n.data, n.aux, ntop=2, num_output=1, kernel_size=5, stride=2, pad=0)
    assert coord_map_from_to(n.a, n.data) == coord_map_from_to(n.b, n.aux)


def test_coord_map_errors() -> None:
    n = _spec()
    n.ip = L.InnerProduct(n.up, num_output=10)
    with pytest.raises(RuntimeError, match="spatial layers"):
        coord_map_from_to(n.ip, n.data)
    n = _spec(pool=3)
    with pytest.raises(AssertionError, match="scale mismatch"):
        crop(n.up, n.data)
    n = _spec(up_pad=10)
    with pytest.raises(AssertionError, match="negative"):
        crop(n.up, n.data)
    with pytest.raises(AxisMismatchException):
        compose(CoordMap(1, 1, 0), CoordMap(2, 1, 0))


def test_compose_and_inverse_by_hand() -> None:
    assert compose(CoordMap(1, 2, 3), CoordMap(None, 5, 7)) == (1, 10, 17)
    assert inverse(CoordMap(1, 2, 3)) == (1, 0.5, -1.5)
