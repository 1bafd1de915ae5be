"""Data layers of two nets that read samples of different shapes."""

from __future__ import annotations

import pytest

from layerzoo.errors import WeightsError
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.net.sizes import different_sizes

TEXT = """
layer {{ name: "d" type: "MemoryData" top: "data" top: "label" memory_data_param {{
  batch_size: {batch} channels: 1 height: {side} width: {side} }} }}
layer {{ name: "ip1" type: "InnerProduct" bottom: "data" top: "ip1" inner_product_param {{ num_output: 2 }} }}
"""


def net(phase: str, side: int, batch: int = 2) -> Net:
    return Net(parse_net(TEXT.format(side=side, batch=batch)), phase)  # type: ignore[arg-type]  # a phase


def test_layers_and_shapes_are_named() -> None:
    train, test = net("TRAIN", 4), net("TEST", 5)
    with pytest.raises(WeightsError) as caught:
        test.share_with(train)
    assert caught.value.exit_code == 2
    assert str(caught.value) == (
        "can't share params of layer 'ip1': [(2, 25), (2,)] here, [(2, 16), (2,)] there; layer 'd' (TEST, "
        "<prototxt>:2:1) gives 'data' with samples of 1 x 5 x 5, layer 'd' (TRAIN, <prototxt>:2:1) of "
        "1 x 4 x 4: resize or crop both to one size"
    )


def test_equal_samples_in_other_batches_explain_nothing() -> None:
    assert different_sizes(net("TRAIN", 4).graph, net("TEST", 4, 7).graph) == ""
