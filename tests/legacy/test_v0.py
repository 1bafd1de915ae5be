"""Upgrading V0 and its padding layers."""

from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError
from layerzoo.legacy import upgrade_net
from layerzoo.schema import PoolingParameter
from tests.upgrading import tree, upgraded

NET = """
name: "old"
layers {
  layer {
    name: "data" type: "data" source: "somewhere" meanfile: "mean" batchsize: 8 cropsize: 27 mirror: true
    scale: 0.5 rand_skip: 3
  }
  top: "data" top: "label"
}
layers { layer { name: "pad1" type: "padding" pad: 2 } bottom: "data" top: "pad1" }
layers {
  layer {
    name: "conv1" type: "conv" num_output: 4 kernelsize: 5 stride: 2 group: 1 biasterm: false
    weight_filler { type: "gaussian" std: 0.01 }
    blobs_lr: 1. blobs_lr: 2. weight_decay: 1. weight_decay: 0.
  }
  bottom: "pad1" top: "conv1"
}
layers { layer { name: "norm" type: "lrn" local_size: 3 alpha: 0.1 beta: 0.5 k: 2 } bottom: "conv1" top: "n" }
layers { layer { name: "pool1" type: "pool" pool: AVE kernelsize: 3 pad: 1 } bottom: "n" top: "pool1" }
layers { layer { name: "drop" type: "dropout" dropout_ratio: 0.25 } bottom: "pool1" top: "pool1" }
layers { layer { name: "fc" type: "innerproduct" num_output: 10 } bottom: "pool1" top: "fc" }
layers { layer { name: "loss" type: "softmax_loss" } bottom: "fc" bottom: "label" }
"""


def test_fields_move_to_their_current_places() -> None:
    net, done = upgraded(NET)
    assert done == ["7 layers of format V0", "1 padding layer folded"]
    data, conv, norm, pool, drop, fc, loss = net.layer
    types = [layer.type for layer in net.layer]
    assert types == ["Data", "Convolution", "LRN", "Pooling", "Dropout", "InnerProduct", "SoftmaxWithLoss"]

    assert list(data.top) == ["data", "label"]
    assert (data.data_param.source, data.data_param.batch_size, data.data_param.rand_skip) == (
        "somewhere",
        8,
        3,
    )
    transform = data.transform_param
    assert (transform.mean_file, transform.crop_size, transform.mirror) == ("mean", 27, True)
    assert transform.scale == 0.5
    assert not data.data_param.HasField("mean_file")

    assert (list(conv.bottom), list(conv.top)) == (["data"], ["conv1"])
    param = conv.convolution_param
    assert (param.num_output, list(param.kernel_size), list(param.stride)) == (4, [5], [2])
    assert list(param.pad) == [2]
    assert (param.group, param.bias_term) == (1, False)
    assert param.weight_filler.type == "gaussian"
    assert [(p.lr_mult, p.decay_mult) for p in conv.param] == [(1, 1), (2, 0)]

    assert norm.lrn_param.local_size == 3
    assert norm.lrn_param.k == 2
    assert pool.pooling_param.pool == PoolingParameter.AVE
    assert (pool.pooling_param.kernel_size, pool.pooling_param.pad) == (3, 1)
    assert drop.dropout_param.dropout_ratio == 0.25
    assert fc.inner_product_param.num_output == 10
    assert list(loss.bottom) == ["fc", "label"]


def test_fields_of_data_layers_move() -> None:
    net, _ = upgraded("""
        layers { layer { type: "window_data" source: "w" det_fg_threshold: 0.6 det_bg_threshold: 0.4
                         det_fg_fraction: 0.3 det_context_pad: 16 det_crop_mode: "square" } top: "a" }
        layers { layer { type: "images" source: "i" shuffle_images: 1 new_height: 5 new_width: 6 } top: "b" }
        layers { layer { type: "hdf5_data" source: "h" batchsize: 2 } top: "c" }
        layers { layer { type: "hdf5_output" hdf5_output_param { file_name: "o" } } bottom: "c" }
        layers { layer { type: "concat" concat_dim: 0 } bottom: "a" bottom: "b" top: "d" }
        layers { layer { type: "infogain_loss" source: "g" } bottom: "d" }
    """)
    window, images, data, output, concat, loss = net.layer
    param = window.window_data_param
    assert (param.source, param.context_pad, param.crop_mode) == ("w", 16, "square")
    assert [round(x, 3) for x in (param.fg_threshold, param.bg_threshold, param.fg_fraction)] == [
        0.6,
        0.4,
        0.3,
    ]
    assert images.image_data_param.shuffle
    assert (images.image_data_param.new_height, images.image_data_param.new_width) == (5, 6)
    assert data.hdf5_data_param.batch_size == 2
    assert output.hdf5_output_param.file_name == "o"
    assert concat.concat_param.concat_dim == 0
    assert loss.infogain_loss_param.source == "g"


def test_padding_layer_replaces_the_pad_of_all_its_readers() -> None:
    net, done = upgraded("""
        input: "x" input_dim: 1 input_dim: 2 input_dim: 3 input_dim: 4
        layers { layer { name: "p" type: "padding" pad: 3 } bottom: "x" top: "p" }
        layers { layer { name: "a" type: "conv" pad: 1 } bottom: "p" top: "a" }
        layers { layer { name: "b" type: "pool" } bottom: "p" top: "b" }
    """)
    assert done[1] == "1 padding layer folded"
    first, conv, pool = net.layer
    assert first.type == "Input"
    assert (list(conv.bottom), list(conv.convolution_param.pad)) == (["x"], [3])
    assert (list(pool.bottom), pool.pooling_param.pad) == (["x"], 3)


def test_padding_layer_before_another_type_is_a_fault_at_its_line() -> None:
    root = tree("""
layers { layer { name: "p" type: "padding" pad: 3 } bottom: "x" top: "p" }
layers { layer { name: "r" type: "relu" } bottom: "p" top: "r" }
""")
    with pytest.raises(ConfigError) as caught:
        upgrade_net(root)
    (fault,) = caught.value.faults
    assert fault.message == "a 'relu' layer reads a padding layer"
    assert fault.layer == "r"
    assert str(fault.origin) == "old.prototxt:3:51"


def test_field_of_another_type_is_dropped_with_a_note() -> None:
    net, done = upgraded(
        'layers { layer { name: "r" type: "relu" alpha: 3 new_num: 1 } bottom: "x" top: "x" }'
    )
    assert done == ["1 layer of format V0", "'alpha' dropped from layer 'r': not a field of 'relu'"]
    assert net.layer[0].type == "ReLU"
    assert not net.layer[0].HasField("lrn_param")


def test_unknown_field_keeps_its_position() -> None:
    root = tree('layers {\n  layer { type: "data" subtraction: 114 }\n}')
    upgrade_net(root)
    (layer,) = root.all("layer")
    node = layer.first("subtraction")
    assert node is not None
    assert str(node.origin) == "old.prototxt:2:24"
