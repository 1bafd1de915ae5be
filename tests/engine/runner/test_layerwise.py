from __future__ import annotations

import pytest
import torch

from layerzoo.engine.runner.layerwise import Layerwise
from layerzoo.errors import UsageError
from layerzoo.loader import parse_net
from layerzoo.net import Feed, Net

NET = """force_backward: true
layer { name: 'in' type: 'Input' top: 'x' input_param { shape { dim: 1 dim: 2 } } }
layer { name: 'ip' type: 'InnerProduct' bottom: 'x' top: 'y'
  inner_product_param { num_output: 2 bias_term: false weight_filler { type: 'constant' value: 2 } } }
layer { name: 'relu' type: 'ReLU' bottom: 'y' top: 'y' relu_param { negative_slope: 0.5 } }
layer { name: 'sum' type: 'Reduction' bottom: 'y' top: 's' loss_weight: 3 }"""


def _runner(text: str = NET) -> tuple[Net, Layerwise]:
    net = Net(parse_net(text), phase="TRAIN")
    return net, Layerwise(net)


def test_forward_and_backward_by_hand() -> None:
    net, runner = _runner()
    loss = runner.forward(Feed({0: torch.tensor([[1.0, -2.0]])}))
    assert loss == -6  # y = -2, -2; relu: -1, -1; their sum times 3
    runner.backward()
    assert runner.diff[0] is not None
    assert runner.diff[0].tolist() == [[6, 6]]
    grad = net.params["ip"][0].grad
    assert grad is not None
    assert grad.tolist() == [[1.5, -3], [1.5, -3]]


def test_backward_of_an_in_place_layer_with_a_view_of_the_blob() -> None:
    _, runner = _runner()
    view = runner.blobs[1].data
    for _ in range(2):
        runner.forward(Feed({0: torch.tensor([[1.0, -2.0]])}))
        assert view.tolist() == [[-1, -1]]
        runner.backward()
        assert runner.blobs[0].diff.tolist() == [[6, 6]]


def test_backward_adds_to_gradients_of_params_not_of_blobs() -> None:
    net, runner = _runner()
    runner.forward(Feed({0: torch.tensor([[1.0, -2.0]])}))
    runner.backward()
    runner.backward()  # without a new forward pass
    grad = net.params["ip"][0].grad
    assert grad is not None
    assert runner.diff[0] is not None
    # the in-place layer's bottom is overwritten by now: its slope is taken at -1, as Caffe does
    assert grad.tolist() == [[3, -6], [3, -6]]
    assert runner.diff[0].tolist() == [[6, 6]]


def test_backward_uses_changed_params() -> None:
    net, runner = _runner()
    runner.forward(Feed({0: torch.tensor([[1.0, -2.0]])}))
    with torch.no_grad():
        net.params["ip"][0].fill_(10)
    runner.backward()
    assert runner.diff[0] is not None
    assert runner.diff[0].tolist() == [[30, 30]]


def test_statistics_are_updated_once_per_forward_pass() -> None:
    text = """force_backward: true
    layer { name: 'in' type: 'Input' top: 'x' input_param { shape { dim: 4 dim: 1 } } }
    layer { name: 'bn' type: 'BatchNorm' bottom: 'x' top: 'y' }"""
    net, runner = _runner(text)
    runner.forward(Feed({0: torch.arange(4.0)[:, None]}))
    runner.diff[1] = torch.ones(4, 1)
    runner.backward()
    runner.backward()
    assert net.params["bn"][2].item() == 1


def test_partial_passes() -> None:
    _, runner = _runner()
    runner.forward(Feed({0: torch.tensor([[1.0, -2.0]])}), end=1)
    assert runner.data[3] is None
    runner.blobs[1].data[...] = 4
    assert runner.forward(start=3) == 24
    runner.backward(end=3)
    assert runner.diff[1] is not None
    assert runner.diff[1].tolist() == [[3, 3]]
    assert runner.diff[0] is None


def test_backward_sums_gradients_of_blobs_shared_without_splits() -> None:
    text = """force_backward: true
    layer { name: 'in' type: 'Input' top: 'x' input_param { shape { dim: 2 } } }
    layer { name: 'a' type: 'Power' bottom: 'x' top: 'a' power_param { scale: 2 } loss_weight: 1 }
    layer { name: 'b' type: 'Power' bottom: 'a' top: 'b' power_param { scale: 5 } loss_weight: 1 }
    layer { name: 'c' type: 'Power' bottom: 'a' top: 'c' power_param { scale: 7 } loss_weight: 1 }"""
    _, runner = _runner(text)
    for _ in range(2):
        runner.forward(Feed({0: torch.ones(2)}))
        runner.backward()
        assert runner.diff[0] is not None
        assert runner.diff[0].tolist() == [26, 26]


def test_propagate_down_decides_whether_an_input_gets_a_gradient() -> None:
    text = """layer { name: 'in' type: 'Input' top: 'x' input_param { shape { dim: 2 } } }
    layer { name: 'a' type: 'Power' bottom: 'x' top: 'a' power_param { scale: 2 } propagate_down: %s
            loss_weight: 3 }"""
    for forced, flag, expected in (
        ("", "true", [6, 6]),
        ("", "false", None),
        ("force_backward: true ", "false", [6, 6]),
    ):
        _, runner = _runner(forced + text % flag)
        runner.forward(Feed({0: torch.ones(2)}))
        runner.backward()
        assert (None if runner.diff[0] is None else runner.diff[0].tolist()) == expected


def test_backward_in_place_stops_at_a_layer_without_gradient() -> None:
    text = """force_backward: true
    layer { name: 'in' type: 'Input' top: 'x' input_param { shape { dim: 2 } } }
    layer { name: 'a' type: 'Power' bottom: 'x' top: 'a' power_param { scale: 2 } }
    layer { name: 't' type: 'Threshold' bottom: 'a' top: 'a' loss_weight: 1 }"""
    _, runner = _runner(text)
    assert runner.forward(Feed({0: torch.tensor([-1.0, 1.0])})) == 1
    runner.backward()
    assert runner.diff[0] is not None
    assert runner.diff[0].tolist() == [0, 0]


def test_forward_with_other_shapes() -> None:
    text = """layer { name: 'in' type: 'Input' top: 'x' input_param { shape { dim: 1 dim: 2 dim: 4 } } }
    layer { name: 'r' type: 'Reshape' bottom: 'x' top: 'y' reshape_param { shape { dim: 0 dim: -1 } } }
    layer { name: 'p' type: 'Reduction' bottom: 'y' top: 's' reduction_param { axis: 1 } }"""
    _, runner = _runner(text)
    runner.forward(Feed({0: torch.ones(3, 5)}))
    assert runner.data[2] is not None
    assert runner.data[2].tolist() == [5, 5, 5]
    runner.blobs[0].reshape(2, 2, 3, 1)
    runner.reshape()
    assert [blob.shape for blob in runner.blobs] == [(2, 2, 3, 1), (2, 6), (2,)]


def test_forward_refuses_shapes_that_do_not_fit() -> None:
    _, runner = _runner()
    with pytest.raises(UsageError, match="layer 'ip'") as caught:
        runner.forward(Feed({0: torch.ones(1, 3)}))
    assert "in layer 'ip' (InnerProduct" in caught.value.__notes__[0]


SHARING = """layer {{ name: 'in' type: 'Input' top: 'x' input_param {{ shape {{ dim: 2 dim: 3 }} }} }}
layer {{ name: 'share' bottom: 'x' top: 'y' {} }}"""


@pytest.mark.parametrize(
    "layer",
    [
        "type: 'Slice'",
        "type: 'Concat'",
        "type: 'Reshape' reshape_param { shape { dim: 3 dim: 2 } }",
    ],
)
def test_tops_that_share_memory_show_the_bottom_before_any_pass(layer: str) -> None:
    _, runner = _runner(SHARING.format(layer))
    x, y = runner.blobs
    x.data[...] = 5
    assert (y.data == 5).all()
    y.data[0, 0] = 7
    assert x.data[0, 0] == 7
    seen = y.data
    runner.forward()
    x.data[1] = 9
    assert seen.reshape(-1).tolist() == [7, 5, 5, 9, 9, 9]
    x.reshape(50, 3)  # to other memory
    runner.net.graph.layers[1].param.reshape_param.shape.dim[:] = [3, -1]
    runner.reshape()
    x.data[...] = 2
    assert y.data.size == 150
    assert (y.data == 2).all()


def test_tops_that_share_memory_may_be_read_first() -> None:
    _, runner = _runner(SHARING.format("type: 'Slice'"))
    x, y = runner.blobs
    y.data[...] = 4
    assert (x.data == 4).all()
    runner.forward(Feed({0: torch.ones(2, 3)}))
    assert (y.data == 1).all()


@pytest.mark.parametrize("layer", ["type: 'Flatten'", "type: 'Split'", "type: 'Slice' top: 'z'"])
def test_tops_without_shared_memory_are_zeros_before_any_pass(layer: str) -> None:
    text = SHARING.format(layer).replace("dim: 3", "dim: 4")
    _, runner = _runner(text)
    runner.blobs[0].data[...] = 5
    assert not any(blob.data.any() for blob in runner.blobs[1:])


def test_dummy_data_shows_constants_and_no_random_values_before_a_pass() -> None:
    _, runner = _runner(
        "layer { name: 'd' type: 'DummyData' top: 'random' top: 'seven' dummy_data_param { shape { dim: 3 } "
        "data_filler { type: 'uniform' min: 1 max: 2 } data_filler { value: 7 } } }"
    )
    assert [blob.data.tolist() for blob in runner.blobs] == [[0, 0, 0], [7, 7, 7]]
    runner.forward()
    assert (runner.blobs[0].data >= 1).all()


def test_reshape_uses_the_values_of_a_selector() -> None:
    _, runner = _runner(
        "layer { name: 'in' type: 'Input' top: 'x' top: 'keep' "
        "input_param { shape { dim: 4 dim: 3 } shape { dim: 4 } } }"
        "layer { name: 'f' type: 'Filter' bottom: 'x' bottom: 'keep' top: 'kept' }"
        "layer { name: 'ip' type: 'InnerProduct' bottom: 'kept' top: 'y' "
        "inner_product_param { num_output: 5 } }"
    )
    _, keep, kept, y = runner.blobs
    assert (kept.shape, y.shape) == ([4, 3], [4, 5])
    keep.data[...] = [0, 1, 1, 0]
    runner.reshape()
    assert (kept.shape, y.shape) == ([2, 3], [2, 5])
    keep.reshape(5)
    with pytest.raises(UsageError, match="layer 'f': a bottom of shape"):
        runner.reshape()
