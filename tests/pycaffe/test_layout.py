"""Layers, blobs and params of a net under Caffe's names and order."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

import layerzoo.pycaffe as caffe
from layerzoo.host import Blob
from layerzoo.pycaffe import Net
from tests.pycaffe.conftest import NET, Write


def test_layout_has_caffes_names_and_order(net: Net) -> None:
    assert (net.inputs, net.outputs) == ([], ["loss"])
    assert list(net.blobs) == ["data", "label", "conv", "scores", "loss"]
    assert net.top_names == OrderedDict(
        [("data", ["data", "label"]), ("conv", ["conv"]), ("ip", ["scores"]), ("loss", ["loss"])]
    )
    assert net.bottom_names == OrderedDict(
        [("data", []), ("conv", ["data"]), ("ip", ["conv"]), ("loss", ["scores", "label"])]
    )
    assert list(net._layer_names) == list(net.layer_dict) == ["data", "conv", "ip", "loss"]
    assert [layer.type for layer in net.layers] == [
        "DummyData",
        "Convolution",
        "InnerProduct",
        "SoftmaxWithLoss",
    ]
    assert [len(layer.blobs) for layer in net.layers] == [0, 2, 2, 0]
    assert net.blob_loss_weights["loss"] == 1
    assert list(net.params) == ["conv", "ip"]
    assert [blob.shape for blob in net.params["conv"]] == [(11, 2, 2, 2), (11,)]


def test_splits_have_caffes_names(write: Write) -> None:
    ip = "layer {{ name: 'ip{0}' type: 'InnerProduct' bottom: '{1}' top: 'ip{0}' {2} }}"
    param = "inner_product_param { num_output: 2 weight_filler { type: 'constant' value: 1 } }"
    text = (
        "force_backward: true input: 'data' input_shape { dim: 1 dim: 3 } "
        + ip.format(1, "data", param)
        + "layer { name: 'relu' type: 'ReLU' bottom: 'ip1' top: 'ip1' }"
        + ip.format(2, "ip1", param)
        + ip.format(3, "ip1", param)
    )
    net = Net(write(text), caffe.TEST)
    assert list(net.blobs) == ["data", "ip1", "ip1_relu_0_split_0", "ip1_relu_0_split_1", "ip2", "ip3"]
    assert list(net._layer_names) == ["input", "ip1", "relu", "ip1_relu_0_split", "ip2", "ip3"]
    assert (net.inputs, net.outputs) == (["data"], ["ip2", "ip3"])
    net.forward(data=np.ones((1, 3)))
    net.backward(ip2=np.ones((1, 2)), ip3=np.full((1, 2), 2.0))
    assert net.blobs["ip1_relu_0_split_0"].diff.tolist() == [[2, 2]]
    assert net.blobs["ip1_relu_0_split_1"].diff.tolist() == [[4, 4]]
    assert net.blobs["ip1"].diff.tolist() == [[6, 6]]
    assert net.blobs["data"].diff.tolist() == [[12, 12, 12]]


def test_in_place_layers_share_one_blob(write: Write) -> None:
    text = (
        "input: 'x' input_shape { dim: 2 } "
        "layer { name: 'double' type: 'Power' bottom: 'x' top: 'y' power_param { scale: 2 } }"
        "layer { name: 'relu' type: 'ReLU' bottom: 'y' top: 'y' }"
    )
    net = Net(write(text), caffe.TEST)
    net.forward(x=np.array([-1.0, 1]), end="double")
    assert net.blobs["y"].data.tolist() == [-2, 2]
    net.blobs["y"].data[1] = 5
    net.forward(start="relu")
    assert net.blobs["y"].data.tolist() == [0, 5]


def test_automatic_tops_are_not_outputs(write: Write) -> None:
    text = NET.replace("bottom: 'label' top: 'loss'", "bottom: 'label'")
    net = Net(write(text), caffe.TRAIN)
    assert net.outputs == []
    assert list(net.blobs)[-1] == "(automatic)"
    assert net._forward(0, 3) > 0


@pytest.mark.parametrize("name", ["blobs", "params", "inputs", "outputs", "layers", "layer_dict"])
def test_properties_are_read_only(net: Net, name: str) -> None:
    with pytest.raises(AttributeError, match="can't set attribute"):
        setattr(net, name, {})
    net.anything = 1  # type: ignore[attr-defined]  # as in Caffe, other attributes can be set


def test_layer_reshape_sets_the_shapes_of_tops(net: Net) -> None:
    conv = net.layer_dict["conv"]
    bottom, top = [Blob((7, 2, 5, 5))], [Blob()]
    conv.setup(bottom, top)
    conv.reshape(bottom, top)
    assert top[0].shape == (7, 11, 10, 10)


def test_params_of_another_shape_are_used_and_saved(write: Write, tmp_path: Path) -> None:
    text = (
        "input: 'x' input_shape { dim: 2 dim: 3 } layer { name: 'ip' type: 'InnerProduct' "
        "bottom: 'x' top: 'y' inner_product_param { num_output: %d } }"
    )
    net = Net(write(text % 2), caffe.TEST)
    weight, bias = net.params["ip"]
    weight.reshape(4, 3)
    bias.reshape(4)
    weight.data[...] = np.arange(12).reshape(4, 3)
    bias.data[...] = 1
    net.save(str(tmp_path / "wide.caffemodel"))
    wide = Net(write(text % 4, "wide.prototxt"), str(tmp_path / "wide.caffemodel"), caffe.TEST)
    assert wide.forward(x=np.ones((2, 3)))["y"].tolist() == [[4, 13, 22, 31]] * 2


def test_shape_is_a_writable_copy(net: Net) -> None:
    blob = net.blobs["data"]
    shape = blob.shape
    assert shape == (5, 2, 3, 4)
    assert shape != (5, 2, 3)
    assert np.zeros((5, 2, 3, 4)).shape == shape
    assert {(5, 2, 3, 4): 1}[shape] == 1
    shape[0] = 3
    assert blob.shape == [5, 2, 3, 4]
    blob.reshape(*shape)
    assert blob.data.shape == (3, 2, 3, 4)
    assert f"{blob.shape} {net.blobs['loss'].shape}" == "[3, 2, 3, 4] []"


def test_layer_blobs_can_be_replaced_by_another_nets(net: Net, tmp_path: Path) -> None:
    other = Net(str(tmp_path / "net.prototxt"), caffe.TRAIN)
    mine, theirs = net.layers[1].blobs, other.layers[1].blobs
    mine[0] = theirs[0]
    assert np.shares_memory(mine[0].data, theirs[0].data)
    assert np.shares_memory(mine[0].diff, theirs[0].diff)
    other.params["conv"][0].data[...] = 0
    net.forward()
    np.testing.assert_allclose(net.blobs["conv"].data[0, 0], net.params["conv"][1].data[0])
    mine[:] = theirs
    assert np.shares_memory(mine[1].data, theirs[1].data)
