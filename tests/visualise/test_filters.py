"""Pictures of filters."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from layerzoo.errors import UsageError
from layerzoo.visualise import filter_figures
from tests.visualise.nets import net_of, small_net


def test_filters_are_drawn_for_each_layer_that_has_them() -> None:
    figures = list(filter_figures(small_net()))
    assert [figure.name for figure in figures] == ["filters-conv", "filters-ip"]
    assert "weight of 4 x 1 x 3 x 3" in figures[0].caption
    assert "a row for each output" in figures[1].caption
    assert figures[1].picture.size == (64 * 16, 3 * 16)


def test_filters_of_one_channel_have_a_tile_each_in_order() -> None:
    net = small_net()
    weight = net.params["conv"][0]
    with torch.no_grad():
        weight.zero_()
        weight[1, 0, 0, 2] = 2
        weight[2, 0, 1, 1] = -2
    picture = next(iter(filter_figures(net, ["conv"]))).picture
    zoom, side = 32, 3 * 32 + 2
    places = [(side + 2 * zoom + 9, 9), (zoom + 9, side + zoom + 9), (9, 9)]
    assert [picture.getpixel(place) for place in places] == [(178, 24, 43), (33, 102, 172), (247, 247, 247)]


@pytest.mark.parametrize(("rgb", "colour"), [(False, (128, 128, 255)), (True, (255, 128, 128))])
def test_filters_of_images_are_in_colour(rgb: bool, colour: tuple[int, int, int]) -> None:
    net = small_net(channels=3)
    with torch.no_grad():
        net.params["conv"][0].zero_()
        net.params["conv"][0][0, 0] = 3
    picture = next(iter(filter_figures(net, ["conv"], rgb=rgb))).picture
    assert picture.getpixel((9, 9)) == colour
    assert picture.getpixel((120, 9)) == (128, 128, 128)


def test_filters_of_many_channels_have_a_row_for_each_filter() -> None:
    net = small_net(channels=2)
    with torch.no_grad():
        net.params["conv"][0].copy_(torch.arange(8.0).reshape(4, 2, 1, 1).expand(-1, -1, 3, 3))
    figure = next(iter(filter_figures(net, ["conv"])))
    side = 3 * 32 + 2
    assert figure.picture.size == (2 * side + 2, 4 * side + 2)
    grey = [figure.picture.getpixel((x * side + 9, y * side + 9))[0] for y in range(4) for x in range(2)]
    assert grey == [round(255 * value / 7) for value in range(8)]
    assert "a row for each filter, a column for each channel" in figure.caption


def test_filters_beyond_the_most_are_left_out_and_said() -> None:
    figure = next(iter(filter_figures(small_net(), ["conv"], most=3)))
    assert "the first 3 of 4" in figure.caption


def test_weights_of_images_are_drawn_as_images() -> None:
    net = net_of("""
    name: linear
    layer:
    - {name: data, type: Input, top: data, input_param: {shape: {dim: [1, 1, 4, 5]}}}
    - {name: ip, type: InnerProduct, bottom: data, top: ip, inner_product_param: {num_output: 2}}
    """)
    with torch.no_grad():
        net.params["ip"][0].copy_(torch.arange(40.0).reshape(2, 20))
    picture = next(iter(filter_figures(net))).picture
    zoom = 96 // 5
    corner = picture.getpixel((2 + 4 * zoom + 3, 2 + 3 * zoom + 3))
    assert corner == (round(255 * 19 / 39),) * 3, "the last value of the first output"


def test_weights_over_one_axis_have_a_row_for_each_channel() -> None:
    net = net_of("""
    name: sequences
    layer:
    - {name: data, type: Input, top: data, input_param: {shape: {dim: [1, 4, 9]}}}
    - {name: conv, type: Convolution, bottom: data, top: conv,
       convolution_param: {num_output: 2, kernel_size: 3, weight_filler: {type: gaussian}}}
    """)
    figure = next(iter(filter_figures(net)))
    assert "weight of 2 x 4 x 3" in figure.caption
    assert np.asarray(figure.picture).shape[0] == 4 * 24 + 4


def test_layer_without_filters_is_refused_with_those_that_have_some() -> None:
    with pytest.raises(UsageError, match=r"layer 'relu' \(ReLU\).*layers with filters: conv, ip"):
        list(filter_figures(small_net(), ["relu"]))
    with pytest.raises(UsageError, match="did you mean 'conv'"):
        list(filter_figures(small_net(), ["con"]))


def test_net_without_filters_is_refused() -> None:
    net = net_of("""
    name: plain
    layer:
    - {name: data, type: Input, top: data, input_param: {shape: {dim: [1, 4]}}}
    - {name: relu, type: ReLU, bottom: data, top: out}
    """)
    with pytest.raises(UsageError, match="net 'plain' has no layer with filters"):
        list(filter_figures(net))
