"""Upgrading the 3-D layers of C3D."""

from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError
from layerzoo.legacy import upgrade_net
from layerzoo.schema import PoolingParameter
from tests.upgrading import tree, upgraded


def test_convolution_as_published_is_upgraded() -> None:
    net, done = upgraded("""
        layers {
          name: "conv1a" type: CONVOLUTION3D bottom: "data" top: "conv1a" blobs_lr: 1 blobs_lr: 2
          convolution_param {
            num_output: 64 kernel_size: 3 kernel_depth: 5 pad: 1 temporal_pad: 2 filter_group: 4
            weight_filler { type: "gaussian" std: 0.01 }
          }
        }
    """)
    assert done == ["1 layer of format V1", "1 3-D layer of C3D"]
    (layer,) = net.layer
    param = layer.convolution_param
    assert (layer.type, param.num_output, param.weight_filler.type) == ("Convolution", 64, "gaussian")
    assert list(param.kernel_size) == [5, 3, 3]
    assert list(param.pad) == [2, 1, 1]
    assert list(param.stride) == []
    assert len(layer.param) == 2


def test_separate_messages_are_upgraded() -> None:
    net, _ = upgraded("""
        layers { type: DECONVOLUTION3D convolution3d_param {
          num_output: 2 kernel_size: 4 kernel_depth: 2 temporal_stride: 2 group: 2 } }
        layers { type: POOLING3D pooling3d_param { pool: AVE kernel_size: 2 kernel_depth: 1 stride: 2 } }
    """)
    deconvolution, pooling = net.layer
    assert deconvolution.type == "Deconvolution"
    assert list(deconvolution.convolution_param.kernel_size) == [2, 4, 4]
    assert list(deconvolution.convolution_param.stride) == [2, 1, 1]
    assert deconvolution.convolution_param.group == 2
    param = pooling.pooling_param
    assert (pooling.type, param.pool) == ("Pooling", PoolingParameter.AVE)
    assert list(param.kernel_shape) == [1, 2, 2]
    assert list(param.stride_shape) == [1, 2, 2]
    assert list(param.pad_shape) == []
    assert not param.HasField("kernel_size")


def test_pooling_as_published_is_upgraded() -> None:
    net, _ = upgraded("""
        layers { type: POOLING3D pooling_param {
          pool: MAX kernel_size: 2 kernel_depth: 2 stride: 2 temporal_stride: 2 pad: 1 } }
    """)
    param = net.layer[0].pooling_param
    assert (list(param.kernel_shape), list(param.stride_shape)) == ([2, 2, 2], [2, 2, 2])
    assert list(param.pad_shape) == [0, 1, 1]


def test_missing_size_is_a_fault() -> None:
    with pytest.raises(ConfigError) as caught:
        upgrade_net(tree('layers { name: "c" type: CONVOLUTION3D\n convolution_param { kernel_size: 3 } }'))
    (fault,) = caught.value.faults
    assert (fault.message, fault.layer) == ("a 3-D layer without kernel_depth", "c")
    assert str(fault.origin) == "old.prototxt:2:2"
