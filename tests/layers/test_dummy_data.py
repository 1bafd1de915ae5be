from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """
layer {
  name: "l" type: "DummyData" top: "a" top: "b"
  dummy_data_param {
    shape { dim: 2 dim: 3 } shape { dim: 4 }
    data_filler { type: "gaussian" } data_filler { value: 2 }
  }
}
"""


def dummy(make, tops=1, **fields):
    return make("DummyData", top=[f"t{i}" for i in range(tops)], dummy_data_param=fields)


def test_filler_defaults_to_zeros(make):
    assert dummy(make, shape=[{"dim": [2, 3]}])().tolist() == [[0] * 3] * 2


def test_filler_and_shape_are_shared_or_per_top(make):
    a, b = dummy(make, 2, shape=[{"dim": [2]}], data_filler=[{"value": 3}])()
    assert a.tolist() == b.tolist() == [3, 3]
    a, b = dummy(make, 2, shape=[{"dim": [2]}, {"dim": [1]}], data_filler=[{"value": 3}, {"value": 4}])()
    assert a.tolist() == [3, 3]
    assert b.tolist() == [4]


def test_legacy_num_channels_height_width_give_the_shape(make):
    a, b = dummy(make, 2, num=[2], channels=[3], height=[4], width=[5, 6])()
    assert a.shape == (2, 3, 4, 5)
    assert b.shape == (2, 3, 4, 6)


def test_values_repeat_over_the_first_axes_and_are_not_random(make):
    filler = {"type": "values", "values": [1, 0, 0, 1]}
    layer = dummy(make, shape=[{"dim": [3, 2, 2]}], data_filler=[filler])
    assert layer().tolist() == [[[1, 0], [0, 1]]] * 3
    assert layer() is layer.initial_tops()[0]
    assert layer.randomness(layer.param) is None
    filler["values"] = [1, 2, 3]
    with pytest.raises(LayerFault, match="3 values for a blob") as caught:
        dummy(make, shape=[{"dim": [3, 2, 2]}], data_filler=[filler])
    assert caught.value.field == "dummy_data_param.data_filler.values"


def test_constants_are_filled_once_and_random_values_each_pass(make):
    fillers = [{"type": "constant", "value": 1}, {"type": "uniform"}, {"type": "uniform"}]
    layer = dummy(make, 3, shape=[{"dim": [50]}], data_filler=fillers)
    a, b, c = layer()
    assert not torch.equal(b, c)
    layer.clock.batch += 1
    later = layer()
    assert later[0] is a
    assert not torch.equal(later[1], b)
    layer.clock.batch -= 1
    assert torch.equal(layer()[1], b)


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({}, "num", "0 of num for 2 tops"),
        ({"num": [1, 1, 1], "channels": [1], "height": [1], "width": [1]}, "num", "3 of num for 2 tops"),
        ({"num": [1], "channels": [1], "height": [1]}, "width", "0 of width for 2 tops"),
        ({"num": [1], "shape": [{"dim": [1]}]}, "shape", "both shape and num"),
        ({"shape": [{"dim": [1]}] * 3}, "shape", "3 of shape for 2 tops"),
        ({"shape": [{"dim": [0]}]}, "shape", "each axis must be at least 1"),
        ({"shape": [{"dim": [1]}], "data_filler": [{}] * 3}, "data_filler", "3 of data_filler"),
        (
            {"shape": [{"dim": [1]}], "data_filler": [{"type": "gausian"}]},
            "data_filler.type",
            "type 'gausian'",
        ),
    ],
)
def test_faults(make, fields, field, message):
    with pytest.raises(LayerFault, match=message) as caught:
        dummy(make, 2, **fields)
    assert caught.value.field == f"dummy_data_param.{field}"


def test_processes_share_the_rows_of_a_larger_random_blob(make):
    fillers = [{"type": "gaussian"}, {"value": 4}]
    whole = dummy(make, 2, shape=[{"dim": [6, 2]}, {"dim": [2]}], data_filler=fillers)
    shares = [dummy(make, 2, shape=[{"dim": [2, 2]}, {"dim": [2]}], data_filler=fillers) for _ in range(3)]
    for rank, layer in enumerate(shares):
        layer.clock.rank, layer.clock.ranks = rank, 3
    whole.clock.batch = 4
    for layer in shares:
        layer.clock.batch = 4
    tops = [layer() for layer in shares]
    assert torch.equal(torch.stack([random for random, _ in tops], 1).flatten(0, 1), whole()[0])
    assert all(fixed.tolist() == [4, 4] for _, fixed in tops)
