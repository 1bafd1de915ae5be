"""Weights of ``caffe.Net``: files, and sharing with another net."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import layerzoo.pycaffe as caffe
from layerzoo.pycaffe import Net
from tests.pycaffe.conftest import NET, Write


@pytest.mark.parametrize("how", ["save", "save_hdf5"])
def test_save_and_load_round_trip(net: Net, write: Write, tmp_path: Path, how: str) -> None:
    saved = str(tmp_path / "saved")  # no suffix: the method determines the format
    getattr(net, how)(saved)
    other = Net(write(NET), caffe.TRAIN)
    other.load_hdf5(saved) if how == "save_hdf5" else other.copy_from(saved)
    for name, blobs in net.params.items():
        for blob, loaded in zip(blobs, other.params[name], strict=True):
            np.testing.assert_array_equal(blob.data, loaded.data)


def test_weights_of_another_shape_are_refused(net: Net, write: Write, tmp_path: Path) -> None:
    net.save(str(tmp_path / "w"))
    other = Net(write(NET.replace("num_output: 13", "num_output: 12")), caffe.TRAIN)
    with pytest.raises(RuntimeError, match="ip/0"):
        other.copy_from(str(tmp_path / "w"))


def test_share_with_shares_values_but_not_gradients(net: Net, write: Write) -> None:
    other = Net(write(NET), caffe.TRAIN)
    other.share_with(net)
    net.params["conv"][0].data[...] = 7
    assert (other.params["conv"][0].data == 7).all()
    other.params["conv"][0].diff[...] = 1
    assert not net.params["conv"][0].diff.any()


def test_share_with_reaches_every_user_of_a_param(write: Write) -> None:
    """Including layers that only one net has, and layers with another shape; gradients aren't shared."""
    text = """layer { name: "in" type: "Input" top: "x" top: "i"
      input_param { shape { dim: 1 dim: 3 } shape { dim: 1 dim: 3 dim: 1 dim: 1 } } }
    layer { name: "c" type: "Convolution" bottom: "i" top: "c" param { name: "w" }
      convolution_param { num_output: 2 kernel_size: 1 bias_term: false weight_filler { value: 0.5 } } }
    layer { name: "b" type: "InnerProduct" bottom: "x" top: "b" param { name: "w" share_mode: PERMISSIVE }
      inner_product_param { num_output: 2 bias_term: false } }"""
    user = """layer { name: "d" type: "InnerProduct" bottom: "x" top: "d"
      param { name: "w" share_mode: PERMISSIVE } inner_product_param { num_output: 2 bias_term: false } }"""
    trained, tested = Net(write(text), caffe.TRAIN), Net(write(text + user), caffe.TEST)
    tested.share_with(trained)
    trained.params["c"][0].data[...] = np.arange(6.0).reshape(2, 3, 1, 1)
    assert tested.params["d"][0].data.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert tested.params["b"][0].shape == (2, 3)
    tested.blobs["x"].data[...] = 1
    tested.blobs["i"].data[...] = 1
    out = tested.forward()
    assert sorted(out) == ["b", "c", "d"]
    assert all(top.ravel().tolist() == [3.0, 12.0] for top in out.values())
    tested.params["b"][0].diff[...] = 1
    assert tested.params["c"][0].diff.ravel().tolist() == [1.0] * 6
    assert not trained.params["c"][0].diff.any()


def test_weights_with_another_number_of_blobs_are_refused(write: Write, tmp_path: Path) -> None:
    text = (
        "input: 'x' input_shape { dim: 2 dim: 3 } layer { name: 'ip' type: 'InnerProduct' "
        "bottom: 'x' top: 'y' inner_product_param { num_output: 2 bias_term: %s } }"
    )
    with_bias = Net(write(text % "true"), caffe.TEST)
    without = Net(write(text % "false", "without.prototxt"), caffe.TEST)
    for net, saved in ((with_bias, without), (without, with_bias)):
        saved.save(str(tmp_path / "w.caffemodel"))
        with pytest.raises(RuntimeError, match="incompatible number of blobs: ip/1"):
            net.copy_from(str(tmp_path / "w.caffemodel"))


def test_weights_passed_as_net_are_refused(write: Write) -> None:
    with pytest.raises(RuntimeError, match="holds weights; the net comes first"):
        Net(write("", "w.caffemodel"), write(NET), caffe.TEST)
